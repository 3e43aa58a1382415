"""`gridward plates`: codes for the plates of a grid, as a sheet to cut out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.context import JsonOption, command_context, show
from gis.wording import counted

app = typer.Typer()


@app.command()
def plates(
    ctx: typer.Context,
    grid: Annotated[str, typer.Argument(help="Code or id of the grid.")],
    out: Annotated[Path, typer.Option(help="PDF to write.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="grid, place or camera: what to issue codes for; all without it.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Where phones reach the page; the setting GRIDWARD_PUBLIC_URL without it.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Issue the codes that a grid lacks and write all of its plates as a sheet (A4)."""
    from gis.errors import InvalidInputError
    from services import plates as service

    context = command_context(ctx)
    base = url or context.settings.http.public_url
    if base is None:
        raise InvalidInputError(
            "Say where phones reach the page: it is printed into the codes.", field="url",
            remedy="Give --url https://grid.example.gov, or set GRIDWARD_PUBLIC_URL.",
        )  # fmt: skip
    if lang not in ("en", "zh"):
        raise InvalidInputError("The language is en or zh.", field="lang")
    with context.database.work(context.actor) as work:
        issued = service.issue(work, grid, kind or service.KINDS)
        content = service.sheet(work, grid, base_url=base.rstrip("/"), language=lang)
    out.write_bytes(content)
    facts = {"file": str(out), "plates": len(issued), "bytes": len(content)}
    show(facts, f"{out} written: {counted(len(issued), 'plate')}.", as_json=as_json)
