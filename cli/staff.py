"""`gridward staff`: fill posts by the rules, list vacancies of any date, import rosters and posts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from cli import staff_rules
from cli.context import JsonOption, command_context, show
from cli.load import (
    CrsOption,
    DryRunOption,
    MapOption,
    RejectsOption,
    SheetOption,
    SkipOption,
    ZoneOption,
    read_mapping,
    run,
)
from gis.wording import counted

app = typer.Typer(help="Assign staff to grids and list vacancies.", no_args_is_help=True)
app.add_typer(staff_rules.app, name="rules")
PlanOption = Annotated[UUID | None, typer.Option("--plan", help="Id of the plan; the current one without it.")]
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]
LOADERS = {
    "units": "load_units", "staff": "load_staff", "assignments": "load_assignments", "shifts": "load_shifts",
    "post-counts": "load_post_counts",
}  # fmt: skip
SHOWN = 8


@app.command()
def assign(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    max_grids: Annotated[int, typer.Option(help="Grids that one head may hold.")] = 4,
    by_rules: Annotated[
        bool, typer.Option("--by-rules", help="Fill every role by the territory's ratio rules, not heads alone.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what the rules would change against today; implies --by-rules.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give each grid one head from its own village, near and evenly; name what can't be filled."""
    from services import staff
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    now = datetime.now(UTC)
    with context.database.work(context.actor) as work:
        chosen = plan or current_plan_id(work, territory)
        if by_rules or preview:
            made = staff.propose(work, chosen, now=now)
            if not preview:
                made = staff.apply(work, made.id, revision=made.revision, now=now)
            roles = [
                {name: value for name, value in role.items() if name != "holders"} for role in made.result["roles"]
            ]
            told = {"staffing": str(made.id), "status": made.status, "grids": made.result["grids"], "roles": roles}
            told["counted"] = made.result.get("counted", [])
        else:
            told = asdict(staff.assign_heads(work, chosen, max_grids=max_grids))
    show(told, lambda: _roles_text(told) if "roles" in told else _text(told), as_json=as_json)


@app.command()
def vacancies(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    at: Annotated[
        str | None, typer.Option("--at", help="A day or a time: every rule, as of then, and heads who are away.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List grids that nobody heads; with --at, what every rule lacks at a date."""
    from services import staff, staff_vacancies
    from services.current_plan import current_plan_id
    from services.plan_life.asof import moment_of

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        if at is not None:
            moment = moment_of(at, time_zone=context.settings.cases.time_zone)
            found = staff_vacancies.vacancies(work, at=moment, territory=territory)
            show(found, lambda: _vacancies_text(found), as_json=as_json)
            return
        codes = staff.vacancies(work, plan or current_plan_id(work, territory))
    show({"vacancies": codes}, "\n".join(codes) or "Every grid has a head.", as_json=as_json)


@app.command()
def units(
    ctx: typer.Context,
    territory: TerritoryOption = None,
    at: Annotated[str | None, typer.Option("--at", help="A day; today when left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the tree of units of a day."""
    from services import units as tree
    from services.plan_life.asof import moment_of

    context = command_context(ctx)
    zone = context.settings.cases.time_zone
    day = moment_of(at, time_zone=zone).astimezone(ZoneInfo(zone)).date()
    with context.database.work(context.actor) as work:
        found = tree.list_units(work, day=day, territory=territory)
    rows = [asdict(unit) for unit in found]
    show({"units": rows}, lambda: "\n".join(_branch(rows, None, "")) or "There are no units.", as_json=as_json)


@app.command("import")
def import_file(
    ctx: typer.Context,
    what: Annotated[
        Literal["units", "staff", "assignments", "shifts", "post-counts"], typer.Argument(help="What it holds.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX.", show_default=False)],
    crs: CrsOption = None,
    mapping: MapOption = None,
    territory: TerritoryOption = None,
    dry_run: DryRunOption = False,
    skip_rejected: SkipOption = False,
    rejects: RejectsOption = None,
    sheet: SheetOption = None,
    timezone: ZoneOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import units, a roster, posts, shifts or counts of posts; a file goes in whole or not at all."""
    from services import ingest

    options: dict[str, Any] = {
        "territory": territory, "crs": crs, "mapping": read_mapping(mapping or []), "dry_run": dry_run,
        "skip_rejected": skip_rejected, "sheet": sheet, "timezone": timezone,
    }  # fmt: skip
    run(command_context(ctx), getattr(ingest, LOADERS[what]), file, options, rejects=rejects, as_json=as_json)


def _text(facts: dict[str, Any]) -> str:
    lines = [
        (
            f"{facts['grids'] - len(facts['vacancies'])} of {counted(facts['grids'], 'grid')} with a head "
            f"({counted(facts['heads'], 'head')}, at most {counted(facts['most_grids'], 'grid')} each); "
            f"{facts['deputies']} with a deputy."
        )
    ]
    lines += [
        f"  rule {item['rule']}: {item['lacking']} lacking ({_some(item['grids'])})" for item in facts["violations"]
    ]
    lines += _unplaced("  ", facts)
    return "\n".join(lines)


def _roles_text(told: dict[str, Any]) -> str:
    verb = "Put in force" if told["status"] == "applied" else "Proposed, nothing changed yet"
    lines = [f"{verb}: staffing {told['staffing']} of {counted(told['grids'], 'grid')}."]
    for role in told["roles"]:
        gap = "proven best" if role["gap"] == 0 else f"at most {role['gap']:.1%} from the best"
        lines.append(
            f"  {role['role']}: {role['people']} of {counted(role['eligible'], 'person', 'people')}, "
            f"at most {counted(role['most_posts'], 'post')} each;"
            f" {role['kept']} stay, {role['new']} new, {role['changed']} change hands, {role['ended']} end; {gap}"
        )
        lines += [
            f"    rule {each['rule']} ({each['reason']}): {each['lacking']} lacking ({_some(each['places'])})"
            for each in role["violations"]
        ]
        lines += _unplaced("    ", role)
    if told["counted"]:
        lines.append(
            f"  Only counted, filled by nobody: {', '.join(told['counted'])}. See `gridward staff vacancies --at`."
        )
    return "\n".join(lines)


def _vacancies_text(found: dict[str, Any]) -> str:
    lines = [f"{counted(found['grids'], 'grid')} as of {found['at']:%Y-%m-%d %H:%M} UTC."]
    for rule in found["rules"]:
        places = [each["code"] for each in found["vacancies"] if each["rule"] == rule["rule"]]
        lines.append(f"  {rule['title_en']}: {rule['lacking']} lacking" + (f" ({_some(places)})" if places else ""))
    for each in found["absent"]:
        stand = f"stood in for by {', '.join(each['deputies'])}" if each["deputies"] else "nobody stands in"
        lines.append(f"  {each['code']}: {each['head']} is away, {stand}")
    return "\n".join(lines)


def _unplaced(indent: str, told: dict[str, Any]) -> list[str]:
    out = told.get("unplaced") or []
    return [f"{indent}left out, no duty point known where a distance is set: {_some(out)}"] if out else []


def _branch(rows: list[dict[str, Any]], above: UUID | None, indent: str) -> list[str]:
    lines = []
    for row in rows:
        if row["above_id"] == above:
            closed = "" if row["above_id"] == row["parent_id"] else ", the unit above it is closed"
            lines.append(f"{indent}{row['code']} {row['name']} ({row['kind']}){closed}")
            lines += _branch(rows, row["id"], f"{indent}  ")
    return lines


def _some(codes: list[str]) -> str:
    return ", ".join(codes[:SHOWN]) + (" …" if len(codes) > SHOWN else "")
