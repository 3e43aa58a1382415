"""`gridward calendar`: the work calendar that limits are counted on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.context import JsonOption, command_context, show
from gis.wording import counted

app = typer.Typer(help="Show and load the work calendar; reckon when a limit is due.", no_args_is_help=True)
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


@app.command("show")
def show_calendar(ctx: typer.Context, territory: TerritoryOption = None, as_json: JsonOption = False) -> None:
    """Show the calendar that holds."""
    from casework.calendars import write_hours
    from services import calendars

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        view = calendars.show(work, territory)
    calendar = view.calendar
    facts: dict[str, Any] = {
        "code": calendar.code,
        "version": view.version,
        "zone": calendar.zone,
        "hours": write_hours(calendar.hours),
        "week": sorted(day + 1 for day in calendar.week),
        "announced": None if calendar.announced is None else sorted(calendar.announced),
        "days": [{"day": str(one.day), "works": one.works, "name": one.name} for one in calendar.days],
    }
    show(facts, lambda: _text(facts), as_json=as_json)


def _text(facts: dict[str, Any]) -> str:
    announced = facts["announced"]
    years = "none need to be" if announced is None else ", ".join(map(str, announced)) or "none"
    lines = [
        f"{facts['code']}, version {facts['version']}, {facts['zone']}: {', '.join(facts['hours'])}",
        f"weekdays {facts['week']}; announced years: {years}",
    ]
    return "\n".join(
        [*lines, *(f"  {one['day']} {'works' if one['works'] else 'off':<5} {one['name']}" for one in facts["days"])]
    )


@app.command()
def load(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON; the guide of the catalogue shows one.")],
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put another calendar in force; running clocks are reckoned anew."""
    from gis.errors import InvalidInputError
    from services import calendars

    try:
        body = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{file} is no JSON: {error}.", file=str(file)) from error
    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        view, moved = calendars.save(work, body, now=datetime.now(UTC), territory=territory)
    facts = {"code": view.calendar.code, "version": view.version, "clocks": moved, "job": view.job_id}
    clocks = f"{counted(moved, 'clock')} moved" if view.job_id is None else f"job {view.job_id} reckons the clocks"
    show(facts, f"{facts['code']} holds as version {view.version}; {clocks}.", as_json=as_json)


@app.command()
def due(
    ctx: typer.Context,
    start: Annotated[str, typer.Argument(help="Such as 2025-09-26T16:00+08:00.")],
    limit: Annotated[str, typer.Argument(help="Such as '4 工作时' or '5 work days'.")],
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say when a limit would be due."""
    from zoneinfo import ZoneInfo

    from casework.limits import read_limit
    from gis.errors import InvalidInputError
    from services import calendars

    try:
        moment = datetime.fromisoformat(start)
    except ValueError as error:
        raise InvalidInputError(f"'{start[:40]}' is no time such as 2025-09-26T16:00+08:00.", field="start") from error
    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        zone = ZoneInfo(calendars.show(work, territory).calendar.zone)
        begin = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        found, provisional = calendars.due(work, begin, read_limit(limit), territory=territory)
    local = found.astimezone(zone).isoformat()
    words = f"{local}{' (provisional: a year in between is not announced)' if provisional else ''}"
    show({"due_at": local, "provisional": provisional}, words, as_json=as_json)
