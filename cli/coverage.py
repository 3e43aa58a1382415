"""`gridward coverage`: what cameras see, and where the gaps are."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from cli import coverage_text as text
from cli.context import JsonOption, command_context, show
from cli.progress import progress_bar

app = typer.Typer(help="Find what cameras see and where the gaps are.", no_args_is_help=True)
PlanOption = Annotated[UUID | None, typer.Option("--plan", help="Id of the plan; the current one without it.")]
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


RunOption = Annotated[UUID | None, typer.Option("--run", help="Id of a run, as of a day; the newest without it.")]
KOption = Annotated[int, typer.Option("--k", help="Cameras that ought to see each street and key place, 1 to 3.")]
StatusOption = Annotated[
    str, typer.Option(help="Cameras that count: all, networked, online or serviceable.", metavar="STATUS")
]
LevelOption = Annotated[
    str | None,
    typer.Option(
        help="Detail that counts, such as observe (IEC 62676-4). Without it discern, where the sensor is known.",
        metavar="NAME",
    ),
]
NamedOption = Annotated[
    list[str] | None,
    typer.Option("--named", help="Id of a key place that detail above discern is wanted for; repeatable."),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why that detail is wanted.")]
OnOption = Annotated[str | None, typer.Option("--on", help="As of a local day, YYYY-MM-DD.", metavar="DAY")]
MonthOption = Annotated[str | None, typer.Option(help="Averaged over a local month, YYYY-MM.", metavar="MONTH")]


@app.command()
def run(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    k: KOption = 1,
    status: StatusOption = "online",
    level: LevelOption = None,
    on: OnOption = None,
    month: MonthOption = None,
    ptz: Annotated[str, typer.Option(help="Turning cameras: reachable, or now (their present pose).")] = "reachable",
    named: NamedOption = None,
    reason: ReasonOption = None,
    assumed_px: Annotated[int | None, typer.Option(help="Pixels across the picture where unknown.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Cast the view sheds and measure what is seen in each grid: now, as of a day, or averaged over a month."""
    from services.coverage import run_coverage
    from services.coverage_spec import CoverageSpec
    from services.coverage_views import told_summary
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    spec = CoverageSpec(
        k=k, status=status, level=level, on=on, month=month, assumed_px=assumed_px, named=tuple(named or ()),
        ptz=ptz, reason=reason, time_zone=context.settings.cases.time_zone,
    )  # fmt: skip
    with progress_bar("coverage", hidden=as_json) as tell, context.database.work(context.actor) as work:
        made, reused = run_coverage(work, plan or current_plan_id(work, territory), spec, progress=tell)
        facts = {"run": str(made.id), "reused": reused, "seconds": made.seconds, **told_summary(work, made)}
    show(facts, lambda: text.summary_text(facts, level=level), as_json=as_json)


@app.command()
def gaps(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    run_id: RunOption = None,
    limit: Annotated[int, typer.Option(help="How many, the worst first.", min=1)] = 20,
    as_json: JsonOption = False,
) -> None:
    """List gaps, the worst first, with the reason."""
    from services import coverage
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        rows = coverage.list_gaps(work, plan or current_plan_id(work, territory), limit=limit, run_id=run_id)
    show(rows, lambda: text.gap_text(rows), as_json=as_json)


@app.command()
def areas(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    run_id: RunOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the figures up by village, town and county, with rates against their targets and what cameras cost."""
    from services import coverage_views as views
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = views.areas(work, views.run_of(work, run_id, plan or current_plan_id(work, territory)))
    show(found, lambda: text.area_text(found), as_json=as_json)


@app.command()
def check(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the live figures beside a whole computation, as every night; a difference is shown and mended."""
    from datetime import UTC, datetime

    from services import live_check
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = live_check.check(work, plan or current_plan_id(work, territory), now=datetime.now(UTC))
    facts = {"equal": found.equal, "seconds": found.seconds, "differences": found.differences}
    lines = [f"{row['figure']}: live {row['live']}, whole {row['whole']}" for row in found.differences]
    show(
        facts,
        "\n".join(["The live figures are right."] if found.equal else ["They differed:", *lines]),
        as_json=as_json,
    )


@app.command()
def facilities(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    of: Annotated[str, typer.Option(help="facility, or post (of staff).")] = "facility",
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    minutes: Annotated[float, typer.Option(help="Longest walk.")] = 15.0,
    pace: Annotated[float, typer.Option(help="Metres a minute.")] = 75.0,
    as_json: JsonOption = False,
) -> None:
    """Tell which villages have a facility or post, and who can walk to one along streets."""
    from services import facilities as service
    from services.current_plan import current_plan_id
    from services.nearest_staff import StreetGraphs

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = service.coverage_of(
            work, plan or current_plan_id(work, territory), StreetGraphs(), of=of, kind=kind, minutes=minutes, pace=pace
        )
    show(found, lambda: text.facility_text(found), as_json=as_json)


@app.command()
def costs(
    ctx: typer.Context,
    territory: TerritoryOption = None,
    prices: Annotated[
        list[str] | None, typer.Option("--set", help="KIND=PURCHASE[,YEARLY[,CURRENCY]]; repeatable, replaces all.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what cameras of each kind cost here, or set it."""
    from services.coverage_areas import read_costs, read_prices, set_costs

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        if prices:
            set_costs(work, read_prices(prices), territory)
        found = read_costs(work, territory)
    lines = [f"{row['kind']:12}{row['purchase']:14,.2f}{row['yearly']:12,.2f} {row['currency']}" for row in found]
    show(found, "\n".join(lines) or "No price is known.", as_json=as_json)


@app.command()
def redundant(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    limit: Annotated[int, typer.Option(help="Longest list.", min=1)] = 20,
    as_json: JsonOption = False,
) -> None:
    """List cameras that could go, or be turned, with no loss of what is seen."""
    from services.coverage_redundant import redundant as find
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = find(work, plan or current_plan_id(work, territory), limit=limit)
    show(found, lambda: text.redundant_text(found), as_json=as_json)


@app.command()
def compare(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(help="Run, plan, day (YYYY-MM-DD), month (YYYY-MM) or 'now'.")],
    second: Annotated[str, typer.Argument(help="The same, to compare with.")],
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    k: KOption = 1,
    status: StatusOption = "online",
    limit: Annotated[int, typer.Option(help="Grids listed, the largest change first.", min=1)] = 10,
    as_json: JsonOption = False,
) -> None:
    """Set two days, months, plans or runs beside each other; what is missing is computed first."""
    from services.coverage_compare import compare as compare_runs
    from services.coverage_sides import run_of_side
    from services.coverage_spec import CoverageSpec
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    asked = CoverageSpec(k=k, status=status, time_zone=context.settings.cases.time_zone)
    with progress_bar("comparison", hidden=as_json) as tell, context.database.work(context.actor) as work:
        usual = plan or current_plan_id(work, territory)
        runs = [run_of_side(work, side, usual, asked, progress=tell) for side in (first, second)]
        found = compare_runs(work, runs[0], runs[1])
    show(found, lambda: text.comparison_text(found, limit), as_json=as_json)


@app.command()
def place(
    ctx: typer.Context,
    budget: Annotated[float | None, typer.Option(help="How many cameras, or how much money.", min=0)] = None,
    cover: Annotated[
        float | None,
        typer.Option(help="Propose the fewest that see this share, up to 1, of what allowed places could see."),
    ] = None,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    unit: Annotated[str, typer.Option(help="What the budget counts: cameras or money.")] = "cameras",
    k: KOption = 1,
    level: LevelOption = None,
    named: NamedOption = None,
    reason: ReasonOption = None,
    within: Annotated[str | None, typer.Option(help="Code of an area to stay in.")] = None,
    kind: Annotated[str, typer.Option(help="Kind of camera, as it is priced.")] = "fixed",
    hfov: Annotated[float, typer.Option(help="Its field of view, degrees.")] = 75.0,
    max_range: Annotated[float, typer.Option("--range", help="Its range, metres.")] = 80.0,
    sensor_px: Annotated[int, typer.Option(help="Pixels across its picture.")] = 1920,
    on: Annotated[
        list[str] | None, typer.Option(help="Where cameras may hang: pole, wall, junction; repeatable.")
    ] = None,
    headings: Annotated[int, typer.Option(help="Headings tried at each place.")] = 8,
    minimum: Annotated[
        list[str] | None, typer.Option(help="Cameras that an area gets at least, as CODE=COUNT; repeatable.")
    ] = None,
    prohibited: Annotated[
        list[str] | None, typer.Option(help="Further kind of building or place to keep away from; repeatable.")
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Don't count the cameras that are up.")] = False,
    certify: Annotated[bool, typer.Option("--certify", help="Prove how far from the best possible it is.")] = False,
    name: Annotated[str | None, typer.Option(help="What to call the proposal.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Propose where further cameras help most, or the fewest that see enough, and keep the proposal."""
    from services.current_plan import current_plan_id
    from services.placement_spec import CameraKind, PlacementSpec
    from services.placement_views import area_id, get_placement, read_minima
    from services.placements import propose

    context = command_context(ctx)
    with progress_bar("placement", hidden=as_json) as tell, context.database.work(context.actor) as work:
        chosen = plan or current_plan_id(work, territory)
        given: dict[str, Any] = {"places": tuple(on)} if on else {}
        if prohibited is not None:
            given["prohibited"] = tuple(prohibited)
        spec = PlacementSpec(
            budget=budget, cover=cover, unit=unit, k=k, level=level, named=tuple(named or ()), reason=reason,
            headings=headings, count_existing=not alone, certify=certify,
            within=area_id(work, chosen, within) if within else None, minima=read_minima(work, chosen, minimum or []),
            camera=CameraKind(kind, hfov, max_range, sensor_px), **given,
        )  # fmt: skip
        made, reused = propose(work, chosen, spec, name=name, progress=tell)
        facts = {**get_placement(work, made.id), "reused": reused}
    for camera in facts["cameras"]:
        camera.pop("shed")
    show(facts, lambda: text.placement_text(facts), as_json=as_json)
