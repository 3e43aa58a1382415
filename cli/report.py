"""`gridward report`: files that open anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show

app = typer.Typer()


@app.command()
def report(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Which report: coverage.")],
    out: Annotated[Path, typer.Option(help="File to write (.html).")],
    plan: Annotated[UUID | None, typer.Option(help="Id of the plan; the current one without it.")] = None,
    territory: Annotated[str | None, typer.Option(help="Name, where several are loaded.")] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Write a report as one file that opens with the network off."""
    from services.current_plan import current_plan_id
    from services.reports import build, write

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        page = build(work, name, plan or current_plan_id(work, territory), lang=lang)
    write(out, page)
    show({"file": str(out), "bytes": len(page)}, f"{out} written ({len(page) / 1e6:.1f} MB).", as_json=as_json)
