"""`gridward coverage`: what cameras see, and where the gaps are."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show
from cli.progress import progress_bar

app = typer.Typer(help="Find what cameras see and where the gaps are.", no_args_is_help=True)
PlanOption = Annotated[UUID | None, typer.Option("--plan", help="Id of the plan; the current one without it.")]
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


KOption = Annotated[int, typer.Option("--k", help="Cameras that ought to see each street and key place, 1 to 3.")]
StatusOption = Annotated[
    str, typer.Option(help="Cameras that count: all, networked, online or serviceable.", metavar="STATUS")
]
LevelOption = Annotated[
    str | None, typer.Option(help="Detail that counts, such as observe or discern (IEC 62676-4).", metavar="NAME")
]
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
    named: Annotated[
        list[str] | None, typer.Option(help="Id of a key place that detail above discern is wanted for; repeatable.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why that detail is wanted.")] = None,
    assumed_px: Annotated[int | None, typer.Option(help="Pixels across the picture where unknown.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Cast the view sheds and measure what is seen in each grid: now, as of a day, or averaged over a month."""
    from services.coverage import run_coverage
    from services.coverage_spec import CoverageSpec
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    spec = CoverageSpec(
        k=k, status=status, level=level, on=on, month=month, assumed_px=assumed_px, named=tuple(named or ()),
        reason=reason, time_zone=context.settings.cases.time_zone,
    )  # fmt: skip
    with progress_bar("coverage", hidden=as_json) as tell, context.database.work(context.actor) as work:
        made, reused = run_coverage(work, plan or current_plan_id(work, territory), spec, progress=tell)
        facts = {"run": str(made.id), "reused": reused, "seconds": made.seconds, **made.summary}
    show(facts, lambda: _summary_text(facts), as_json=as_json)


@app.command()
def gaps(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    limit: Annotated[int, typer.Option(help="How many, the worst first.", min=1)] = 20,
    as_json: JsonOption = False,
) -> None:
    """List gaps, the worst first, with the reason."""
    from services import coverage
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        rows = coverage.list_gaps(work, plan or current_plan_id(work, territory), limit=limit)
    show(rows, lambda: _gap_text(rows), as_json=as_json)


def _summary_text(facts: dict[str, Any]) -> str:
    streets = facts["streets_m"] or 1.0
    return "\n".join(
        [
            (
                f"Streets seen      {facts['seen_m'] / streets:.1%} of {facts['streets_m'] / 1000:.1f} km "
                f"(at most {facts['seen_m_upper'] / streets:.1%} if every unknown heading looked right)"
            ),
            (
                f"Key places seen   {facts['key_places_seen']:.4g} of {facts['key_places']} "
                f"(at most {facts['key_places_seen_upper']:.4g})"
            ),
            (
                f"Cameras           {facts['cameras_online']:.6g} of {facts['cameras']} online, "
                f"{facts['cameras_unknown_heading']} of unknown heading"
            ),
            *[
                f"With a camera     {unit['with_camera']} of {unit['units']} units ({unit['unit']}; official count)"
                for unit in facts["official"]
            ],
            *(
                [f"Availability      {facts['availability']['mean']:.2%} on average"]
                if facts.get("availability") and facts["availability"]["mean"] is not None
                else []
            ),
            f"Gaps              {facts['gaps']}",
        ]
    )


def _gap_text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "No gap. Run `gridward coverage run` first if there is no run yet."
    return "\n".join(
        f"{row['score']:8.2f}  {row['grid']}  {row['kind']:9}  {row['what']}  {row['lon']:.5f}, {row['lat']:.5f}"
        for row in rows
    )
