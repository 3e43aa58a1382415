"""`gridward partition`: divide a territory into balanced, contiguous grids and save them as a draft plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.context import CommandContext, JsonOption, command_context, show
from cli.nets import (
    CodeOption,
    CrsOption,
    DryRunOption,
    FloorsOption,
    NameFieldOption,
    NetFile,
    NetOption,
    RejectsOption,
    SheetOption,
    SkipOption,
    dedicated_text,
    partition_file,
)
from cli.progress import progress_bar
from gis.wording import counted

if TYPE_CHECKING:
    from services.partition import PlanSpec

app = typer.Typer()

# lines of each list that a person is shown; --json has them all
SHOWN = 12

_ROWS = (
    ("grids", "grids", "{}"),
    ("households", "households", "{:,}"),
    ("share_within", "inside the band", "{:.1%}"),
    ("max_deviation", "largest deviation", "{:.1%}"),
    ("mean_deviation", "mean deviation", "{:.1%}"),
    ("compactness", "compactness (PP)", "{:.3f}"),
    ("area_error_m2", "tiling error", "{:.4f} m²"),
)


KindArgument = Annotated[
    str,
    typer.Argument(
        help="Grid kind: household, natural_village, micro, ten_household, cell, water, police, safety, dedicated."
    ),
]
WithinOption = Annotated[str | None, typer.Option(help="Code of the area to divide; all of the territory without it.")]
TargetOption = Annotated[
    int | None,
    typer.Option(
        help="Households a grid; 300, 65 (micro), 10 (ten_household), 3000 (police), 1000 (safety). Metres a side for "
        "cells (100) and of a reach of water (1000); companies for dedicated grids (60)."
    ),
]
GridsOption = Annotated[int | None, typer.Option(help="Number of household grids, instead of --target.")]
ToleranceOption = Annotated[float, typer.Option(help="Allowed deviation from the mean, as a fraction.")]
BandOption = Annotated[
    str | None, typer.Option(metavar="LOW-HIGH", help="Households that a grid may have, such as 240-360.")
]
RulesOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="How areas of each class are divided: urban_rural (towns by households, villages whole), or JSON.",
    ),
]
EvenOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT",
        help="Also spread evenly: incidents (of the last year), area, cameras; walk shortens the head's ways.",
    ),
]
BarrierCostOption = Annotated[
    float | None,
    typer.Option(help="Cost of a metre of border on a street, of open ground's 1: less follows streets more."),
]
KeepOption = Annotated[
    str | None,
    typer.Option(
        metavar="PLAN|current", help="Start from this plan: locked grids stay, grids that live on keep their code."
    ),
]
ChurnOption = Annotated[float, typer.Option(help="With --keep: the price of moving households to another grid.")]
BankOption = Annotated[
    float | None,
    typer.Option(metavar="METRES", help="Water: width of the managed strip on either side; usually 15."),
]
CutAtOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PLACE",
        help="Water: end reaches at every sluice (also weirs, locks, dams), bridge, or border whatever their length"
        " becomes; may be repeated. Without it area borders cut but for stubs of a channel, and reaches end at"
        " confluences, bridges and sluices wherever these leave them within a fifth of the target.",
    ),
]
SliverOption = Annotated[
    float,
    typer.Option(metavar="METRES", help="A long grid, or piece of one, that is narrower is refused as a sliver."),
]
SeedOption = Annotated[int, typer.Option(help="Equal seeds and data give equal plans.")]
TerritoryOption = Annotated[str | None, typer.Option(help="Name of the territory, where several are loaded.")]
NameOption = Annotated[str | None, typer.Option(help="Name of the plan.")]


@app.command()
def partition(
    ctx: typer.Context,
    kind: KindArgument = "household",
    within: WithinOption = None,
    target: TargetOption = None,
    grids: GridsOption = None,
    tolerance: ToleranceOption = 0.10,
    band: BandOption = None,
    rules: RulesOption = None,
    even: EvenOption = None,
    barrier_cost: BarrierCostOption = None,
    keep: KeepOption = None,
    churn: ChurnOption = 5.0,
    bank: BankOption = None,
    cut_at: CutAtOption = None,
    sliver_width: SliverOption = 1.0,
    seed: SeedOption = 0,
    territory: TerritoryOption = None,
    name: NameOption = None,
    net: NetOption = None,
    floors: FloorsOption = None,
    code: CodeOption = None,
    name_field: NameFieldOption = None,
    crs: CrsOption = None,
    sheet: SheetOption = None,
    rejects: RejectsOption = None,
    skip_rejected: SkipOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Divide a territory into balanced grids, each in one piece, saved as a draft plan; Ctrl-C leaves nothing."""
    from services.partition import PlanSpec, read_band, read_rules, usual_target

    context = command_context(ctx)
    limits = read_band(band) if band is not None else None
    spec = PlanSpec(
        kind=kind,
        target=usual_target(kind, limits) if target is None and grids is None else target,
        grids=grids,
        tolerance=tolerance,
        within=within,
        seed=seed,
        band=limits,
        rules=read_rules(rules) if rules is not None else (),
        even=tuple(even or ()),  # type: ignore[arg-type]  # check() knows the words
        barrier_cost=barrier_cost,
        keep=keep,
        churn=churn,
        code_pattern=context.settings.plans.grid_codes.get(kind),
        bank=bank,
        sliver_width=sliver_width,
        cut_at=tuple(cut_at or ()),  # type: ignore[arg-type]  # as above
    )
    given = NetFile(net, floors, code, name_field, crs, sheet, rejects, skip_rejected, dry_run)
    if given.path is not None:
        partition_file(context, spec, given, territory=territory, name=name, as_json=as_json)
    else:
        _propose(context, spec, territory=territory, name=name, as_json=as_json)


def _propose(
    context: CommandContext, spec: PlanSpec, *, territory: str | None, name: str | None, as_json: bool
) -> None:
    """Make the plan and tell of it."""
    from services.partition import explain, propose_plan

    with progress_bar("dividing", hidden=as_json) as tell, context.database.work(context.actor) as work:
        made = propose_plan(work, spec, territory=territory, name=name, progress=tell)
        facts = {
            "kind": spec.kind,
            "plan": str(made.plan_id),
            "reused": made.reused,
            "quality": made.quality,
            "infeasible": made.infeasible,
            "explained": explain(made.infeasible, made.quality),
            "moved": made.moved,
        }
    show(facts, lambda: _text(facts), as_json=as_json)


def _text(facts: dict[str, Any]) -> str:
    from services.partition.outside import outside_lines
    from services.partition.water import quality_lines

    quality = facts["quality"]
    if facts["kind"] == "dedicated":
        return dedicated_text(facts)
    lines = [
        f"Plan {facts['plan']}"
        + (" (equal inputs: the plan that was there)" if facts["reused"] else " saved as a draft"),
    ]
    if facts["kind"] == "water":
        return "\n".join(lines + quality_lines(quality))
    lines += [f"  {label:<20}  {shown.format(quality[key])}" for key, label, shown in _ROWS if key in quality]
    if "contiguous" in quality:
        whole = "yes" if quality["contiguous"] else "no"
        lines.append(f"  one piece each        {whole} ({quality.get('exclaves', 0)} flagged exclaves)")
    if facts["kind"] == "cell":  # households are counted in cells, not balanced over them
        lines = [line for line in lines if "deviation" not in line and "tolerance" not in line]
    lines += _more_quality(quality)
    if "outside_band" in quality:
        lines += outside_lines(facts["kind"], quality)
    return "\n".join(lines + _moved(facts["moved"]) + _misfits(facts))


def _more_quality(quality: dict[str, Any]) -> list[str]:
    lines = []
    on_barriers = quality.get("cut_on_barriers")
    if on_barriers is not None and on_barriers == on_barriers:  # noqa: PLR0124 - nan where nothing was cut
        lines.append(f"  border on barriers    {on_barriers:.1%}")
    even = quality.get("even") or {}
    if "walk_minutes" in quality:
        lines.append(f"  head's mean walk      {_walk(even.get('walk'), quality['walk_minutes'])}")
    lines += [f"  {what + ' a grid':<20}  {_spread(told)}" for what, told in even.items() if what != "walk"]
    for divided, areas in (quality.get("areas_by_class") or {}).items():
        lines.append(f"  {'areas by ' + divided.split('_')[-1]:<20}  {areas}")
    return lines


_BEFORE = {"plan in use": "in the plan in use", "without the wish": "without this wish"}


def _spread(told: dict[str, Any]) -> str:
    """Say how even a load is, beside the state before."""
    before = f"{told['before']:.0%} {_BEFORE[told['before_of']]} → " if "before" in told else ""
    return f"{told['mean']:,.1f}, spread {before}{told['spread']:.0%}"


def _walk(told: dict[str, Any] | None, minutes: float) -> str:
    if not told or "before" not in told:
        return f"{minutes:.1f} min"
    return f"{told['before']:.1f} min {_BEFORE[told['before_of']]} → {minutes:.1f} min"


def _moved(moved: dict[str, Any] | None) -> list[str]:
    if moved is None:
        return []
    lines = [
        f"Against the plan in use ({moved['plan']}):",
        f"  households that move  {moved['households']:,} ({moved['share']:.1%})",
        (
            f"  grids                 {counted(moved['kept'], 'lives on', 'live on')}, "
            f"{counted(moved['retired'], 'ends', 'end')}, {counted(moved['new'], 'is new', 'are new')}"
        ),
    ]
    for row in moved["grids"][:SHOWN]:
        called = row["grid"] if row["was"] in (None, row["grid"]) else f"{row['grid'] or '-'} (was {row['was']})"
        lines.append(f"    {called}: {row['before']} → {row['after']}, gains {row['gained']}, loses {row['lost']}")
    return lines + _rest(len(moved["grids"]))


def _misfits(facts: dict[str, Any]) -> list[str]:
    lines = []
    # kinds that list their grids outside the band have told the reasons there
    if facts["explained"] and "outside_band" not in facts["quality"]:
        lines.append("Why grids are outside the band or tolerance (k = grids: households in each):")
        lines += [f"    {line}" for line in facts["explained"][:SHOWN]] + _rest(len(facts["explained"]))
    large = facts["quality"].get("oversized") or []
    if large:
        lines.append("Places that hold more households than one grid may:")
        for item in large[:SHOWN]:
            lon, lat = item["place"]
            lines.append(f"    {item['area']}: {counted(item['households'], 'household')} at {lon:.5f}, {lat:.5f}")
        lines += _rest(len(large))
    return lines


def _rest(count: int) -> list[str]:
    return [f"    … and {count - SHOWN} more"] if count > SHOWN else []
