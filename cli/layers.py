"""`gridward layers`: map layers as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show
from gis.wording import counted

app = typer.Typer(help="Take map layers out for use without a network.", no_args_is_help=True)


@app.callback()
def layers() -> None:
    """Take map layers out for use without a network."""


@app.command()
def pmtiles(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(help="File to write: .pmtiles.")],
    collections: Annotated[
        str | None, typer.Option(help="Layers, separated by commas; all without it.", show_default=False)
    ] = None,
    bbox: Annotated[
        str | None, typer.Option(help="west,south,east,north in degrees; the territory without it.", show_default=False)
    ] = None,
    max_zoom: Annotated[int, typer.Option(help="Deepest zoom, to 16.")] = 16,
    plan: Annotated[UUID | None, typer.Option(help="Plan to show; the current one without it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write map layers as one file of vector tiles, for MapLibre, QGIS and GDAL without a server."""
    from services import tile_export
    from services.layers import Look

    context = command_context(ctx)
    box = tile_export.parse_box(bbox) if bbox is not None else None
    chosen = tile_export.require_collections(collections) if collections is not None else []
    with context.database.work(context.actor) as work:
        written = tile_export.export_layers(
            work, out, collections=chosen, box=box, look=Look(plan=plan), max_zoom=max_zoom
        )
    facts = {"file": str(out), "tiles": written.tiles, "bytes": written.size}
    show(facts, f"{counted(written.tiles, 'tile')} written to {out} ({written.size / 1e6:.1f} MB).", as_json=as_json)
