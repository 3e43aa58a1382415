"""`gridward area`: change areas from a day on, and see what became of them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show

app = typer.Typer(help="Change areas from a day on; list them as of any day.", no_args_is_help=True)
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


@app.command()
def change(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Polygons with code and name: every area that is new or drawn anew.")],
    name: Annotated[str, typer.Option(help="Of the change set, such as the number of the decision.")],
    effective: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day of the new boundaries.")],
    basis: Annotated[str, typer.Option(help="The decision.")] = "",
    replaces: Annotated[str | None, typer.Option(help="Kind of the areas that end; that of the new ones.")] = None,
    crs: Annotated[str | None, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only, save nothing.")] = False,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put new boundaries in force from a day on; the old ones end, and where their ground went is kept."""
    from cli.load import read_mapping
    from services.plan_life import area_changes

    context = command_context(ctx)
    decision = area_changes.Decision(name, effective.date(), basis, replaces)
    with context.database.owner_work(context.actor) as work:
        report, made = area_changes.change_areas(
            work, file, decision, territory=territory, crs=crs, mapping=read_mapping(mapping or []), dry_run=dry_run
        )
    facts = {"change_set": None if made is None else str(made), **report.to_dict()}
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in report.counts.items())
    lines = [f"{'Would change' if dry_run else 'Changed'}: {counts}."]
    lines += [f"  warning: {warning}" for warning in report.warnings]
    if made is not None:
        lines.append(f"  change set {made}")
    show(facts, "\n".join(lines), as_json=as_json)


@app.command("list")
def list_(
    ctx: typer.Context,
    at: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; today without it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the areas valid on a day."""
    from dataclasses import asdict

    from services import territories

    context = command_context(ctx)
    day: date | None = None if at is None else at.date()
    with context.database.work(context.actor) as work:
        areas = [asdict(area) for area in territories.list_areas(work, None, day)]
    show(areas, "\n".join(f"{area['code']:14} {area['kind']:8} {area['name']}" for area in areas), as_json=as_json)


@app.command()
def changes(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the decisions that changed areas, newest first."""
    from dataclasses import asdict

    from services.plan_life import area_changes

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        sets = [asdict(each) for each in area_changes.list_sets(work)]
    lines = [f"{each['id']}  {each['effective_on']}  {each['name']}" for each in sets]
    show(sets, "\n".join(lines) or "No areas were changed yet.", as_json=as_json)


@app.command()
def lineage(
    ctx: typer.Context,
    change_set: Annotated[UUID, typer.Argument(help="Id, from `gridward area changes`.")],
    as_json: JsonOption = False,
) -> None:
    """Show what became of the areas before a change set, with shares of ground and households."""
    from services.plan_life import area_changes

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        rows = [row._asdict() for row in area_changes.lineage_of(work, change_set)]
    lines = [
        f"{row['from_code']:14} → {row['to_code']:14} {row['kind']:9} {row['area_share']:>6.1%} of its ground, "
        f"{row['household_share']:>6.1%} of its households"
        for row in rows
    ]
    show(rows, "\n".join(lines) or "Nothing changed hands.", as_json=as_json)
