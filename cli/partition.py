"""`gridward partition`: divide a territory into balanced, contiguous grids and save them as a draft plan."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.context import JsonOption, command_context, show
from cli.progress import progress_bar

app = typer.Typer()


@app.command()
def partition(
    ctx: typer.Context,
    kind: Annotated[
        str, typer.Argument(help="Grid kind: household, natural_village, micro, ten_household or cell.")
    ] = "household",
    within: Annotated[
        str | None, typer.Option(help="Code of the area to divide; all of the territory without it.")
    ] = None,
    target: Annotated[
        int | None,
        typer.Option(
            help="Households a grid, metres a side for cells; 300, 65 (micro), 10 (ten_household), 100 (cell)."
        ),
    ] = None,
    grids: Annotated[int | None, typer.Option(help="Number of household grids, instead of --target.")] = None,
    tolerance: Annotated[float, typer.Option(help="Allowed deviation from the mean, as a fraction.")] = 0.10,
    seed: Annotated[int, typer.Option(help="Equal seeds and data give equal plans.")] = 0,
    territory: Annotated[str | None, typer.Option(help="Name of the territory, where several are loaded.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the plan.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Divide a territory into grids of about equal households, each in one piece, and save a draft plan."""
    from services.partition import TARGETS, PlanSpec, propose_plan

    if target is None and grids is None:
        target = TARGETS.get(kind, 300)
    spec = PlanSpec(kind=kind, target=target, grids=grids, tolerance=tolerance, within=within, seed=seed)
    context = command_context(ctx)
    with progress_bar("dividing", hidden=as_json) as tell, context.database.work(context.actor) as work:
        made = propose_plan(work, spec, territory=territory, name=name, progress=tell)
        facts = {
            "kind": kind,
            "plan": str(made.plan_id),
            "reused": made.reused,
            "quality": made.quality,
            "infeasible": made.infeasible,
        }
    show(facts, lambda: _text(facts), as_json=as_json)


def _text(facts: dict[str, Any]) -> str:
    from services.partition.kinds import quality_rows

    quality = facts["quality"]
    lines = [
        f"Plan {facts['plan']}"
        + (" (equal inputs: the plan that was there)" if facts["reused"] else " saved as a draft"),
        f"  grids                 {quality['grids']}",
        f"  households            {quality['households']:,}",
        f"  within tolerance      {quality['share_within']:.1%}",
        f"  largest deviation     {quality['max_deviation']:.1%}",
        f"  mean deviation        {quality['mean_deviation']:.1%}",
        f"  compactness (PP)      {quality['compactness']:.3f}",
        f"  one piece each        {'yes' if quality['contiguous'] else 'no'} ({quality['exclaves']} flagged exclaves)",
        f"  tiling error          {quality['area_error_m2']:.4f} m²",
    ]
    if facts["kind"] == "cell":  # households are counted in cells, not balanced over them
        lines = [line for line in lines if "deviation" not in line and "tolerance" not in line]
    lines += [f"  {label:<20}  {value}" for label, value in quality_rows(facts["kind"], quality)]
    lines += [
        f"  {item['area']}: {item['grids']} grids would hold {item['households_a_grid']:.0f} households each"
        for item in facts["infeasible"]
    ]
    return "\n".join(lines)
