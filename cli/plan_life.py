"""The life of plans on the command line: review, history, comparison, impact, handover, import, restated figures."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.context import CommandContext, JsonOption, command_context, show
from cli.progress import progress_bar
from gis.wording import counted

PlanArgument = Annotated[UUID, typer.Argument(help="Id of the plan, from `gridward plan list`.")]
ReasonOption = Annotated[str, typer.Option(help="Why.")]
NoteOption = Annotated[str, typer.Option(help="A remark that goes on record.")]
LangOption = Annotated[str, typer.Option(help="en or zh.")]
AtOption = Annotated[str | None, typer.Option(help="Day or time; now without it.")]
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


def submit(ctx: typer.Context, plan: PlanArgument, note: NoteOption = "", as_json: JsonOption = False) -> None:
    """Send a draft to review."""
    from services.plan_life import states

    _step(command_context(ctx), plan, as_json, lambda work, seen: states.submit(work, plan, expected=seen, note=note))


def approve(ctx: typer.Context, plan: PlanArgument, note: NoteOption = "", as_json: JsonOption = False) -> None:
    """Approve a plan in review."""
    from services.plan_life import states

    _step(command_context(ctx), plan, as_json, lambda work, seen: states.approve(work, plan, expected=seen, note=note))


def send_back(ctx: typer.Context, plan: PlanArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """Send a plan in review back to its author with a reason."""
    from services.plan_life import states

    _step(
        command_context(ctx),
        plan,
        as_json,
        lambda work, seen: states.send_back(work, plan, expected=seen, reason=reason),
    )


def withdraw(ctx: typer.Context, plan: PlanArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """Take back a plan that waits for its day."""
    from services.plan_life import publishing

    _step(
        command_context(ctx), plan, as_json,
        lambda work, seen: publishing.withdraw(work, plan, expected=seen, reason=reason),
    )  # fmt: skip


def retire(ctx: typer.Context, plan: PlanArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """End a published plan without a successor."""
    from services.plan_life import publishing

    _step(
        command_context(ctx), plan, as_json,
        lambda work, seen: publishing.retire(work, plan, expected=seen, reason=reason),
    )  # fmt: skip


def delete(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Delete a draft with its grids."""
    from services import plan_views
    from services.plan_life import states

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        states.delete(work, plan, expected=plan_views.get_plan(work, plan).revision)
    show({"plan": str(plan), "deleted": True}, "Deleted.", as_json=as_json)


def history(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Show what happened to a plan."""
    from dataclasses import asdict

    from services.plan_life import states

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        steps = [asdict(step) for step in states.history(work, plan)]
    lines = [
        f"{step['at']:%Y-%m-%d %H:%M}  {step['action']:12}  {step['actor'] or '–'}  {step['note']}" for step in steps
    ]
    show(steps, "\n".join(lines) or "Nothing yet.", as_json=as_json)


def current(
    ctx: typer.Context,
    kind: Annotated[str, typer.Option(help="Grid kind.")] = "household",
    at: AtOption = None,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which plan is, was or will be in force."""
    from dataclasses import asdict

    from services.plan_life import asof

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        moment = asof.moment_of(at, time_zone=context.settings.cases.time_zone)
        plan = asof.current_plan(work, territory, kind, moment)
    show(asdict(plan), f"{plan.id}  {plan.status}  {plan.name}, in force from {plan.effective_at}", as_json=as_json)


def diff(
    ctx: typer.Context,
    plan: PlanArgument,
    other: Annotated[UUID, typer.Argument(help="The newer plan.")],
    as_json: JsonOption = False,
) -> None:
    """Compare two plans: which grids stayed, and what moved from where to where."""
    from dataclasses import asdict

    from services.plan_life import comparing

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = comparing.compare(work, plan, other)
        facts = {"summary": found.summary, "grids": [asdict(grid) for grid in found.grids]}
    counts = ", ".join(
        f"{found.summary[kind]} {kind}" for kind in ("kept", "changed", "split", "merged", "new", "gone")
    )
    moved, hectares = found.summary["households_moved"], found.summary["area_moved_m2"] / 1e4
    lines = [f"{counts}; {counted(moved, 'household')} and {hectares:,.1f} ha change grid."]
    lines += [
        f"  {grid.code}  {grid.status:10}  {_dash(grid.households_before)} → {_dash(grid.households_after)} households"
        for grid in found.grids
        if grid.status != "kept"
    ]
    show(facts, "\n".join(lines), as_json=as_json)


def impact(
    ctx: typer.Context,
    plan: PlanArgument,
    out: Annotated[Path | None, typer.Option(help="Write a workbook (.xlsx).")] = None,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show what publishing would change, and what is open before it."""
    from gis.errors import InvalidInputError
    from services.plan_life import impact as impacts
    from services.plan_life import impact_sheet
    from services.reports import write

    _known_language(lang)
    if out is not None and out.suffix.lower() != ".xlsx":
        raise InvalidInputError(f"{out.name}: the impact sheet is written as .xlsx.", file=out.name)
    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = impacts.impact(work, plan)
    if out is not None:
        write(out, impact_sheet.workbook(found, lang=lang))
    show(found, lambda: impact_sheet.text(found) + (f"\nWritten to {out}." if out else ""), as_json=as_json)


def handover(
    ctx: typer.Context,
    plan: PlanArgument,
    out: Annotated[Path, typer.Option(help="Folder of the sheets, one .html each.")],
    grid: Annotated[list[str] | None, typer.Option(help="Code of a grid; repeat it; all without it.")] = None,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Write the handover sheet of each grid: map, figures, lists, signatures and seal; opens offline."""
    from services.plan_life import handover as sheets

    _known_language(lang)
    context = command_context(ctx)
    with progress_bar("writing sheets", hidden=as_json) as tell, context.database.work(context.actor) as work:
        count = sheets.write_sheets(work, plan, out, grids=grid, lang=lang, progress=tell)
    show({"folder": str(out), "sheets": count}, f"{counted(count, 'sheet')} written to {out}.", as_json=as_json)


def refresh(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Count today's doors into a draft, and say which grids left the band."""
    from dataclasses import asdict

    from services.plan_life import refreshing

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        report = refreshing.refresh_atoms(work, plan)
    households = f"{report.households_before:,} → {counted(report.households_after, 'household')}"
    lines = [
        f"{households}, {report.dwellings_before:,} → {counted(report.dwellings_after, 'door')}.",
        f"  {counted(report.grids_changed, 'grid')} changed; left the band: {', '.join(report.left_band) or 'none'}",
    ]
    if report.outside.get("dwellings"):
        lines.append(f"  {counted(report.outside['dwellings'], 'door lies', 'doors lie')} in no grid.")
    show(asdict(report), "\n".join(lines), as_json=as_json)


def restate(
    ctx: typer.Context,
    on: Annotated[str, typer.Option(help="Boundaries that answer: plan:ID or areas:KIND.")],
    measure: Annotated[str, typer.Option(help="households, incidents or cameras.")] = "households",
    of: Annotated[str | None, typer.Option(help="Whose totals: plan:ID, or areas:KIND with --totals.")] = None,
    totals: Annotated[Path | None, typer.Option(help="CSV of code,value by the boundaries of --of.")] = None,
    at: AtOption = None,
    of_at: Annotated[str | None, typer.Option(help="Day on which areas of --of are taken.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Incidents from this day.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Incidents up to this day.")] = None,
    by: Annotated[str, typer.Option(help="Shares that carry totals: household or area.")] = "household",
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restate a figure on any boundaries: points counted again, stored totals carried over by shares."""
    from dataclasses import asdict

    from services.plan_life import asof, statistics

    context = command_context(ctx)
    zone = context.settings.cases.time_zone
    asked = statistics.Question(
        on=on,
        at=asof.moment_of(at, time_zone=zone),
        measure=measure,
        since=None if since is None else asof.day_start(since, field="from", time_zone=zone),
        until=None if until is None else asof.moment_of(until, time_zone=zone),
        of=of,
        of_at=None if of_at is None else asof.moment_of(of_at, time_zone=zone),
        totals=None if totals is None else _totals(totals),
        by=by,
        time_zone=zone,
    )
    with context.database.work(context.actor) as work:
        found = statistics.restated(work, territory, asked)
    lines = [f"{row['code']:18}  {row['value']:>12,.1f}  {row['method']:11}  {row['name']}" for row in found.rows]
    lines.append(f"{'outside':18}  {found.outside:>12,.1f}")
    show(asdict(found), "\n".join(lines), as_json=as_json)


def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Polygons: .geojson, .gpkg, .shp (or zipped), or .csv with a column wkt.")
    ],
    kind: Annotated[str, typer.Option(help="Grid kind.")] = "household",
    name: Annotated[str | None, typer.Option(help="Of the plan; the file's without it.")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="code or name.")] = None,
    crs: Annotated[str | None, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend borders that do not meet.")] = False,
    tolerance: Annotated[float, typer.Option(help="Metres within which corners are one.", min=0, max=100)] = 0.5,
    overlap: Annotated[str, typer.Option(help="Who gets contested ground: border, first or smaller.")] = "border",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only, save nothing.")] = False,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import drawn grids as a draft; borders that do not meet are refused with their places, or mended."""
    from dataclasses import asdict

    from cli.load import read_mapping
    from services.plan_life import downloads, importing

    context = command_context(ctx)
    asked = importing.ImportOptions(kind, name, repair, tolerance, overlap)
    with (
        progress_bar(f"importing {file.name}", hidden=as_json) as tell,
        downloads.opened(file) as layer,
        context.database.work(context.actor) as work,
    ):
        report = importing.import_plan(
            work, layer, asked, progress=lambda done, _note: tell(done), territory=territory, crs=crs,
            mapping=read_mapping(mapping or []), dry_run=dry_run,
        )  # fmt: skip
    show(asdict(report), lambda: _import_text(report), as_json=as_json)


def _import_text(report: Any) -> str:  # noqa: ANN401 - imported late
    verb = "would become" if report.dry_run else "became"
    grids = "a grid" if report.grids == 1 else "grids"
    lines = [
        (
            f"{counted(report.grids, 'polygon')} of {report.file} {verb} {grids} with "
            f"{counted(report.households, 'household')}."
        ),
        f"  {counted(report.atoms, 'atom')}; {counted(report.codes_kept, 'code')} kept, {report.codes_given} given",
    ]
    if report.plan_id:
        lines.append(f"  plan {report.plan_id}")
    lines += [
        f"  {change['kind']} at {change['place'][0]:.6f}, {change['place'][1]:.6f}: {change['area_m2']:,.2f} m²"
        f" ({', '.join(change['grids']) or 'nobody'}) → {change['given_to'] or 'left open'}"
        for change in report.changes[:20]
    ]
    if len(report.changes) > 20:
        lines.append(f"  … and {len(report.changes) - 20} more")
    lines += [f"  warning: {warning}" for warning in report.warnings]
    return "\n".join(lines)


def _step(context: CommandContext, plan: UUID, as_json: bool, take: Any) -> None:  # noqa: ANN401 - a small function
    """Take a step from the plan as it is now, and say where it is then."""
    from services import plan_views

    with context.database.work(context.actor) as work:
        done = take(work, plan_views.get_plan(work, plan).revision)
        facts = {"plan": str(done.id), "status": done.status, "revision": done.revision}
    show(facts, f"The plan is {facts['status']} now.", as_json=as_json)


def _known_language(lang: str) -> None:
    if lang not in ("en", "zh"):
        raise typer.BadParameter("en or zh.", param_hint="--lang")


def _dash(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _totals(path: Path) -> dict[str, float]:
    """Read code,value rows; a header is skipped."""
    from gis.errors import InvalidInputError

    found: dict[str, float] = {}
    with path.open(newline="", encoding="utf-8-sig") as stream:
        for number, row in enumerate(csv.reader(stream), start=1):
            if len(row) < 2 or not row[0].strip():
                continue
            try:
                found[row[0].strip()] = float(row[1])
            except ValueError as error:
                if number > 1:
                    raise InvalidInputError(
                        f"{path.name}: line {number} has no number.", file=path.name, row=number
                    ) from error
    return found
