"""`gridward plan rivers`: the named rivers of a water plan, by level, with the chiefs they need."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show
from gis.wording import counted


def rivers(
    ctx: typer.Context,
    plan: Annotated[UUID, typer.Argument(help="Id of a water plan, from `gridward plan list`.")],
    out: Annotated[Path | None, typer.Option(help="Write the table to this file: .csv or .xlsx.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List which areas each named river passes at every level, with metres, share and the river chiefs it needs."""
    from services import rivers as service

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = service.plan_rivers(work, plan)
        rows = service.river_rows(found)
        if out is not None:
            service.save_rivers(rows, out)
    facts = asdict(found)
    del facts["plan"]
    facts["file"] = str(out) if out else None
    show(facts, lambda: _text(facts, rows), as_json=as_json)


def _text(facts: dict[str, Any], rows: list[tuple[Any, ...]]) -> str:
    reaches = counted(facts["unnamed_reaches"], "reach", "reaches")
    lines = [
        (
            f"{counted(len(facts['rivers']), 'named river')}, {counted(facts['posts'], 'post')} of river chiefs, "
            f"{facts['filled']} filled"
        ),
        f"{facts['unnamed_m'] / 1000:,.1f} km in {reaches} without a name",
    ]
    if facts["file"]:
        return "\n".join([*lines, f"{counted(len(rows), 'row')} written to {facts['file']}."])
    if rows:
        lines.append(f"{'river':20}  {'level':8}  {'area':24}  {'metres':>9}  {'share':>6}  chief")
    lines += [
        f"{river:20}  {level:8}  {area_code + ' ' + area:24}  {metres:>9,.0f}  {share:>6.1%}  {holders or 'none'}"
        for river, level, _, area_code, area, metres, share, holders in rows
    ]
    return "\n".join(lines)
