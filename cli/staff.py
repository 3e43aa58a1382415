"""`gridward staff`: assign heads to grids, list vacancies."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show

app = typer.Typer(help="Assign staff to grids and list vacancies.", no_args_is_help=True)
PlanOption = Annotated[UUID | None, typer.Option("--plan", help="Id of the plan; the current one without it.")]
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


@app.command()
def assign(
    ctx: typer.Context,
    plan: PlanOption = None,
    territory: TerritoryOption = None,
    max_grids: Annotated[int, typer.Option(help="Grids that one head may hold.")] = 4,
    as_json: JsonOption = False,
) -> None:
    """Give each grid one head from its own village, near and evenly; name what can't be filled."""
    from services import staff
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        report = staff.assign_heads(work, plan or current_plan_id(work, territory), max_grids=max_grids)
    facts = asdict(report)
    show(facts, lambda: _text(facts), as_json=as_json)


@app.command()
def vacancies(
    ctx: typer.Context, plan: PlanOption = None, territory: TerritoryOption = None, as_json: JsonOption = False
) -> None:
    """List grids that nobody heads."""
    from services import staff
    from services.current_plan import current_plan_id

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        codes = staff.vacancies(work, plan or current_plan_id(work, territory))
    show({"vacancies": codes}, "\n".join(codes) or "Every grid has a head.", as_json=as_json)


def _text(facts: dict[str, Any]) -> str:
    lines = [
        (
            f"{facts['grids'] - len(facts['vacancies'])} of {facts['grids']} grids have a head "
            f"({facts['heads']} heads, at most {facts['most_grids']} grids each); {facts['deputies']} have a deputy."
        )
    ]
    lines += [
        f"  rule {item['rule']}: {item['lacking']} lacking ({', '.join(item['grids'][:8])}"
        + (" …)" if len(item["grids"]) > 8 else ")")
        for item in facts["violations"]
    ]
    return "\n".join(lines)
