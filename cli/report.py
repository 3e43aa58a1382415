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
    name: Annotated[str, typer.Argument(help="Which report: coverage, cameras or facilities.")],
    out: Annotated[Path, typer.Option(help="File to write: .html, .pdf, .xlsx, .csv or .gpkg.")],
    file_format: Annotated[
        str | None, typer.Option("--format", help="html, pdf, xlsx, csv or gpkg; the file's ending without it.")
    ] = None,
    plan: Annotated[UUID | None, typer.Option(help="Id of the plan; the current one without it.")] = None,
    run: Annotated[UUID | None, typer.Option(help="Id of a coverage run; the newest without it.")] = None,
    area: Annotated[str | None, typer.Option(help="Code of the area that a coverage report is of.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Longest walk that a report on facilities counts; 15 without it.")
    ] = None,
    territory: Annotated[str | None, typer.Option(help="Name, where several are loaded.")] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Write a report as one file: a page that opens with the network off, A4, a workbook, a table or map layers."""
    from services.current_plan import current_plan_id
    from services.placement_views import area_id
    from services.reports import build, write

    context = command_context(ctx)
    wanted = file_format or out.suffix.lower().lstrip(".") or "html"
    with context.database.work(context.actor) as work:
        chosen = plan or current_plan_id(work, territory)
        within = UUID(area_id(work, chosen, area)) if area else None
        content = build(work, name, chosen, lang=lang, file_format=wanted, run_id=run, area_id=within, minutes=minutes)
    write(out, content)
    facts = {"file": str(out), "format": wanted, "bytes": len(content)}
    show(facts, f"{out} written ({len(content) / 1e6:.1f} MB).", as_json=as_json)
