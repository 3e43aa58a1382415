"""`gridward area`: draft, review and publish changes of areas, and see what became of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.context import JsonOption, command_context, show
from gis.wording import counted

app = typer.Typer(help="Change areas from a day on; list them as of any day.", no_args_is_help=True)
ChangeArgument = Annotated[str, typer.Argument(metavar="NAME|ID", help="Change set, from `gridward area changes`.")]
CrsOption = Annotated[str | None, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Report only, save nothing.")]
ReplacesOption = Annotated[
    list[str] | None,
    typer.Option(help="Kind of the areas that end, such as community (that of the new ones); may be repeated."),
]
NoteOption = Annotated[str, typer.Option(help="A remark that goes on record.")]
ReasonOption = Annotated[str, typer.Option(help="Why.")]
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


@app.command()
def change(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Polygons with code and name: every area that is new or drawn anew.")],
    name: Annotated[str, typer.Option(help="Of the change set, such as the number of the decision.")],
    effective: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the new boundaries.")
    ] = None,
    basis: Annotated[str, typer.Option(help="The decision.")] = "",
    replaces: ReplacesOption = None,
    crs: CrsOption = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN")] = None,
    dry_run: DryRunOption = False,
    publish_now: Annotated[
        bool, typer.Option("--publish", help="Publish it, too; only where one person may (GRIDWARD_PUBLISH_ALONE).")
    ] = False,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draft new boundaries and tell what they would do; they come into force when the draft is published."""
    from cli.load import read_mapping
    from services.plan_life import area_changes, area_publishing, publishing, review

    context = command_context(ctx)
    alone, zone = context.settings.access.publish_alone, context.settings.cases.time_zone
    if publish_now and not alone:
        raise review.second_person("publishes")
    kinds = ",".join(replaces) if replaces else None
    decision = area_changes.Decision(name, None if effective is None else effective.date(), basis, kinds)
    facts: dict[str, Any] = {"status": None}
    with context.database.owner_work(context.actor) as work:
        report, made = area_changes.draft_areas(
            work,
            file,
            decision,
            territory=territory,
            crs=crs,
            mapping=read_mapping(mapping or []),
            dry_run=dry_run,
            time_zone=zone,
        )
        if made is not None:
            facts["status"] = "draft"
        if made is not None and publish_now:
            asked = publishing.Publication(basis=basis, single_person=alone, time_zone=zone)
            facts["status"] = area_publishing.publish(work, made, asked).status
    facts |= {"change_set": None if made is None else str(made), **report.to_dict()}
    lines = _report_lines(report, dry_run=dry_run)
    if made is not None:
        lines.append(f"  change set {made}: {facts['status']}")
    show(facts, "\n".join(lines), as_json=as_json)


@app.command()
def redraw(
    ctx: typer.Context,
    change_set: ChangeArgument,
    file: Annotated[Path, typer.Argument(help="Polygons with code and name.")],
    replaces: ReplacesOption = None,
    crs: CrsOption = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN")] = None,
    dry_run: DryRunOption = False,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put other boundaries into a draft."""
    from cli.load import read_mapping
    from services.plan_life import area_changes

    context = command_context(ctx)
    with context.database.owner_work(context.actor) as work:
        found = area_changes.find_set(work, change_set, territory)
        report = area_changes.redraw_areas(
            work, found, file, replaces=",".join(replaces) if replaces else None, crs=crs,
            mapping=read_mapping(mapping or []), dry_run=dry_run, time_zone=context.settings.cases.time_zone,
        )  # fmt: skip
    facts = {"change_set": str(found), **report.to_dict()}
    show(facts, "\n".join(_report_lines(report, dry_run=dry_run)), as_json=as_json)


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
    """List the decisions that change areas, newest first."""
    from dataclasses import asdict

    from services.plan_life import area_changes

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        sets = [asdict(each) for each in area_changes.list_sets(work)]
    lines = [
        f"{each['id']}  {each['status']:9}  {each['effective_on'] or 'no day yet':10}  {each['name']}" for each in sets
    ]
    show(sets, "\n".join(lines) or "No areas were changed yet.", as_json=as_json)


@app.command("show")
def show_change(
    ctx: typer.Context, change_set: ChangeArgument, territory: TerritoryOption = None, as_json: JsonOption = False
) -> None:
    """Show a change set: its areas, what ends, warnings, steps and comments."""
    from dataclasses import asdict

    from services.plan_life import area_changes, area_states

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = area_changes.find_set(work, change_set, territory)
        whole = area_changes.whole_change(work, found)
        steps, said = area_states.history(work, found), area_states.comments(work, found)
    one = whole.change
    lines = [
        f"{one.name}: {one.status}, from {one.effective_on or 'a day to be named'}; by {one.author or '–'}",
        f"  basis: {one.basis or '–'}",
        (
            f"  {counted(len(whole.ended), 'area ends', 'areas end')}, "
            f"{counted(len(whole.areas), 'begins', 'begin')}: {_counts(one.figures.get('kinds', {}))}"
        ),
    ]
    lines += [f"  warning: {warning}" for warning in whole.warnings]
    lines += [f"  {step.at:%Y-%m-%d %H:%M}  {step.action:12}  {step.actor or '–'}  {step.note}" for step in steps]
    lines += [f"  {each.author or '–'}: {each.text} {each.area_code or ''}".rstrip() for each in said]
    facts = {**asdict(whole), "steps": [asdict(step) for step in steps], "comments": [asdict(each) for each in said]}
    show(facts, "\n".join(lines), as_json=as_json)


def _noted(name: str, step: str, words: str) -> None:
    """Make a command of a step that a remark may go with."""

    def command(
        ctx: typer.Context,
        change_set: ChangeArgument,
        note: NoteOption = "",
        territory: TerritoryOption = None,
        as_json: JsonOption = False,
    ) -> None:
        from services.plan_life import area_states

        take = getattr(area_states, step)
        _step(ctx, change_set, territory, as_json, lambda work, one: take(work, one, expected=None, note=note))

    app.command(name, help=words)(command)


_noted("review", "submit", "Send a draft to review.")
_noted("recall", "recall", "Take a change set out of review again, to draw it anew.")
_noted("approve", "approve", "Approve a change set in review.")


@app.command("send-back")
def send_back(
    ctx: typer.Context,
    change_set: ChangeArgument,
    reason: ReasonOption,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a change set in review back to its author with a reason."""
    from services.plan_life import area_states

    _step(
        ctx, change_set, territory, as_json,
        lambda work, one: area_states.send_back(work, one, expected=None, reason=reason),
    )  # fmt: skip


@app.command()
def comment(
    ctx: typer.Context,
    change_set: ChangeArgument,
    text: Annotated[str, typer.Argument(help="What to say.")],
    area: Annotated[str | None, typer.Option(help="Code of an area that begins or ends by it.")] = None,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say something on a change set, or on one of its areas."""
    from dataclasses import asdict

    from services.plan_life import area_changes, area_states

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = area_changes.find_set(work, change_set, territory)
        made = area_states.add_comment(work, found, text, area_code=area)
    show(asdict(made), "Noted.", as_json=as_json)


@app.command()
def publish(
    ctx: typer.Context,
    change_set: ChangeArgument,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; the draft's without it.")
    ] = None,
    basis: Annotated[str, typer.Option(help="The decision; the draft's without it.")] = "",
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a change set, today or on a day to come; the areas that it covers end then."""
    from services.plan_life import area_publishing, publishing

    zone = command_context(ctx).settings.cases.time_zone
    asked = publishing.Publication(basis=basis, effective_on=None if on is None else on.date(), time_zone=zone)
    _step(ctx, change_set, territory, as_json, lambda work, one: area_publishing.publish(work, one, asked))


@app.command()
def withdraw(
    ctx: typer.Context,
    change_set: ChangeArgument,
    reason: ReasonOption,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back a change set that waits for its day; the present areas go on."""
    from services.plan_life import area_publishing

    zone = command_context(ctx).settings.cases.time_zone
    _step(
        ctx, change_set, territory, as_json,
        lambda work, one: area_publishing.withdraw(work, one, expected=None, reason=reason, time_zone=zone),
    )  # fmt: skip


@app.command()
def delete(
    ctx: typer.Context, change_set: ChangeArgument, territory: TerritoryOption = None, as_json: JsonOption = False
) -> None:
    """Delete a draft."""
    from services.plan_life import area_changes, area_states

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = area_changes.find_set(work, change_set, territory)
        area_states.delete(work, found, expected=None)
    show({"change_set": str(found), "deleted": True}, "Deleted.", as_json=as_json)


@app.command()
def lineage(
    ctx: typer.Context, change_set: ChangeArgument, territory: TerritoryOption = None, as_json: JsonOption = False
) -> None:
    """Show what became (or would become) of the areas before a change set, with shares of ground and households."""
    from services.plan_life import area_changes

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        rows = area_changes.lineage_of(work, area_changes.find_set(work, change_set, territory))
    lines = [
        f"{row['from_code']:14} → {row['to_code']:14} {row['kind']:9} {row['area_share']:>6.1%} of its ground, "
        f"{row['household_share']:>6.1%} of its households"
        for row in rows
    ]
    show(rows, "\n".join(lines) or "Nothing changed hands.", as_json=as_json)


def _step(ctx: typer.Context, words: str, territory: str | None, as_json: bool, take: Callable[..., Any]) -> None:
    """Take a step with the change set that is meant, and say where it is then."""
    from services.plan_life import area_changes

    context = command_context(ctx)
    with context.database.owner_work(context.actor) as work:
        done = take(work, area_changes.find_set(work, words, territory))
        facts = {
            "change_set": str(done.id),
            "name": done.name,
            "status": done.status,
            "effective_on": None if done.effective_on is None else str(done.effective_on),
            "revision": done.revision,
            "figures": done.figures,
        }
    day = f" from {facts['effective_on']}" if facts["status"] in ("scheduled", "published") else ""
    show(facts, f"{facts['name']} is {facts['status']}{day}.", as_json=as_json)


def _report_lines(report: Any, *, dry_run: bool) -> list[str]:  # noqa: ANN401 - imported late
    lines = [f"{'Would change' if dry_run else 'Drafted'}: {_counts(report.counts)}."]
    return lines + [f"  warning: {warning}" for warning in report.warnings]


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
