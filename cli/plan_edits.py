"""`gridward plan draft|undo|redo|log`: make an editable copy of a plan, and walk through its edits."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show

if TYPE_CHECKING:
    from services.plan_edits import EditAnswer

PlanArgument = Annotated[UUID, typer.Argument(help="Id of the plan, from `gridward plan list`.")]


def draft(
    ctx: typer.Context,
    plan: PlanArgument,
    name: Annotated[str | None, typer.Option(help="Name of the draft; that of the plan when left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Copy a plan into a draft that can be edited; its grids keep their identity and code."""
    from services import plan_edits

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        made = plan_edits.make_draft(work, plan, name=name)
    show({"plan": str(made), "based_on": str(plan)}, f"Draft {made} is ready to be edited.", as_json=as_json)


def undo(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Take back the latest edit made from this command line."""
    from services import plan_edits

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        answer = plan_edits.undo(work, plan)
    _tell(answer, "Taken back", as_json=as_json)


def redo(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Do the latest edit that was taken back from this command line again."""
    from services import plan_edits

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        answer = plan_edits.redo(work, plan)
    _tell(answer, "Done again", as_json=as_json)


def log(
    ctx: typer.Context,
    plan: PlanArgument,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Lines at most.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show who edited what and when, newest first."""
    from services import plan_edits

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        rows = [asdict(row) for row in plan_edits.edit_log(work, plan, limit=limit)]
    facts: list[dict[str, Any]] = [
        {**row, "at": row["at"].isoformat(), "grids": [str(grid) for grid in row["grids"]]} for row in rows
    ]
    lines = [f"{'no':>8}  {'at':19}  {'edit':8}  {'state':7}  {'grids':>5}  by"]
    lines += [
        f"{row['seq']:>8}  {row['at'][:19]}  {row['kind']:8}  {row['state']:7}  {len(row['grids']):>5}  "
        f"{row['author'] or 'system'}"
        for row in facts
    ]
    show(facts, "\n".join(lines) if facts else "Nobody has edited this plan.", as_json=as_json)


def _tell(answer: EditAnswer, what: str, *, as_json: bool) -> None:
    codes = ", ".join(grid.code for grid in answer.grids)
    facts = {
        "seq": answer.seq,
        "undoes": answer.undoes,
        "grids": [str(grid.id) for grid in answer.grids],
        "removed": [str(grid) for grid in answer.removed],
        "can_undo": answer.totals.can_undo,
        "can_redo": answer.totals.can_redo,
    }
    show(facts, f"{what}: edit {answer.undoes}, grids {codes}; {answer.totals.can_undo} more to undo.", as_json=as_json)
