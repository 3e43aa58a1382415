"""`gridward locate`: which grid a place is in, who answers for it, who and what is near."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.context import JsonOption, command_context, show

app = typer.Typer()


@app.command()
def locate(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Address or name of a place.", show_default=False)
    ] = None,
    at: Annotated[
        tuple[float, float] | None,
        typer.Option("--at", metavar="LON LAT", help="Coordinates, in the system of --crs.", show_default=False),
    ] = None,
    crs: Annotated[str, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:<number>.")] = "wgs84",
    accuracy: Annotated[float, typer.Option(help="How far off the coordinates may be, in metres.")] = 0.0,
    door: Annotated[str | None, typer.Option(help="Door code.", show_default=False)] = None,
    camera: Annotated[str | None, typer.Option(help="Camera, by code or reference.", show_default=False)] = None,
    grid: Annotated[str | None, typer.Option(help="Grid code.", show_default=False)] = None,
    component: Annotated[str | None, typer.Option(help="Code of a city component.", show_default=False)] = None,
    kind: Annotated[str, typer.Option(help="Kind of grid.")] = "household",
    as_json: JsonOption = False,
) -> None:
    """Say which grid a place is in, who answers for it, who is near, which cameras see it and what stands there."""
    from services.locate import Place
    from services.locate import locate as ask
    from services.nearest_staff import StreetGraphs

    context = command_context(ctx)
    x, y = at or (None, None)
    place = Place(
        x, y, crs, accuracy, door_code=door, address=name, camera=camera, grid_code=grid, component=component, kind=kind
    )
    with context.database.work(context.actor) as work:
        answer = ask(work, StreetGraphs(), place, now=datetime.now(UTC)).answer
    show(answer, lambda: _text(answer), as_json=as_json)


def _text(answer: dict[str, Any]) -> str:
    point = answer["point"]
    lines = [] if point is None else [f"{point['lon']:.6f}, {point['lat']:.6f}: {answer['placement']}"]
    if answer.get("hint") == "placeholder":
        lines.append("  this position stands for 'not known'")
    if answer["candidates"]:
        lines.append("Turned round it would be:" if answer.get("hint") == "swapped" else "Which of these?")
        lines += [
            f"  {each['label']}  {each['detail'] or ''}  ({each['lon']:.6f}, {each['lat']:.6f})"
            for each in answer["candidates"]
        ]
    for grid in answer["grids"]:
        head = f"{grid['head']['work_no']} ({grid['head']['reason']})" if grid["head"] else "no head"
        lines.append(f"  grid {grid['code']} {grid['name']}: {head}; border {grid['distance_m']:.0f} m")
    lines += [f"  deputy {each['work_no']}" for each in answer["deputies"]]
    for each in answer["staff"][:5]:
        way = f"{each['walk_m']:.0f} m walk" if each["walk_m"] is not None else f"{each['straight_m']:.0f} m straight"
        lines.append(f"  near: {each['work_no']} {way}; {each['reason']}")
    cameras = [*answer["cameras"]["seeing"], *answer["cameras"]["nearest"]]
    lines += [
        f"  camera {each['ref'] or each['gb28181_id'] or each['id']}: {each['distance_m']:.0f} m, {each['text']}"
        for each in cameras[:5]
    ]
    if answer["component"]:
        part = answer["component"]
        lines.append(
            f"  {part['kind']} {part['code16']}: {part['distance_m']:.0f} m; owner {part['owner_unit'] or '–'}"
        )
    return "\n".join(lines)
