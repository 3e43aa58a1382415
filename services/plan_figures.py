"""Figures of plans that were edited: an edit writes its grids only, so a plan's own row keeps those of its proposal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from store.database import plan_totals
from store.database.models import Plan
from store.database.work import UnitOfWork

__all__ = ["quality_counted", "quality_now"]

#: What only the partitioner can tell; no longer true once a border moved.
_STALE = ("cut_length", "cut_on_barriers", "outside_band", "infeasible", "misfits")


def quality_now(work: UnitOfWork, plans: Iterable[Plan]) -> dict[UUID, dict[str, Any]]:
    """Return the quality of each plan as it is now: stored for proposals, counted anew for plans with edits.

    An account of some areas gets figures of the grids there: what is stored tells of the whole plan.
    """
    if work.actor.is_limited:
        return _in_sight(work, [plan.id for plan in plans])
    known = {plan.id: dict(plan.quality or {}) for plan in plans}
    for row in plan_totals.edited_totals(work.session, list(known)):
        kept = {name: value for name, value in known[row.plan_id].items() if name not in _STALE}
        fresh = {
            name: getattr(row, name)
            for name in ("grids", "max_deviation", "mean_deviation", "share_within", "compactness", "exclaves", "edits")
        }
        known[row.plan_id] = {
            **kept,
            **fresh,
            "households": int(row.households),
            "share_within": float(row.share_within),
        }
    return known


def quality_counted(work: UnitOfWork, plan: Plan) -> dict[str, Any]:
    """Return the quality of a plan whose grids were just written, counted from them whatever its log says."""
    kept = {name: value for name, value in (plan.quality or {}).items() if name not in _STALE}
    return {**kept, **_in_sight(work, [plan.id])[plan.id]}


def _in_sight(work: UnitOfWork, plans: list[UUID]) -> dict[UUID, dict[str, Any]]:
    names = ("grids", "max_deviation", "mean_deviation", "compactness", "exclaves")
    return {
        row.plan_id: {
            **{name: getattr(row, name) for name in names},
            "households": int(row.households),
            "share_within": float(row.share_within),
            "mean_households": row.households / row.grids if row.grids else 0.0,
        }
        for row in plan_totals.totals_in_sight(work.session, plans)
    }
