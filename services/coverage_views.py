"""The newest coverage figures of a plan, as the analyst reads them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from gis.errors import NotFoundError
from store.database import coverage as sql
from store.database import plans as plan_sql
from store.database.models import CoverageRun
from store.database.partition import find_territory
from store.database.work import UnitOfWork

_FIGURES = (
    "grid_id", "street_m", "seen_m", "seen_m_upper", "k2_m", "places", "places_seen", "places_seen_upper", "cameras",
    "online", "gap_score", "incidents", "reasons",
)  # fmt: skip


def newest(work: UnitOfWork, plan_id: UUID | None = None) -> dict[str, Any]:
    """Return run, summary and grids of the newest run of a plan (of the plan in use when None), worst grids first.

    Raises
    ------
    NotFoundError
        No such plan, or no run of it yet.
    """
    if plan_id is None:
        territory = find_territory(work.session, None)
        plan = plan_sql.current_plan(work.session, territory.id)
        if plan is None:
            raise NotFoundError(f"{territory.name} has no plan yet.", territory=territory.name)
        plan_id = plan.id
    else:
        plan_sql.get_plan(work.session, plan_id)
    run = sql.newest_run(work.session, plan_id)
    if run is None:
        raise NotFoundError("There is no coverage run of this plan yet; start one.", plan=str(plan_id))
    grids = []
    for row in sql.coverage_rows(work.session, run.id):
        figures = {name: getattr(row.CoverageGrid, name) for name in _FIGURES}
        unseen = max(0.0, figures["street_m"] - figures["seen_m"])
        grids.append({**figures, "fid": row.fid, "code": row.code, "name": row.name, "unseen_m": unseen})
    return {"run": run_facts(run), "summary": run.summary, "grids": grids}


def finished(work: UnitOfWork, plan_id: UUID, needs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the run that equal inputs had already, or None."""
    from services.coverage import CoverageSpec, finished_run  # noqa: PLC0415 - brings in compiled kernels

    run = finished_run(work, plan_id, CoverageSpec(**needs))
    return run_facts(run) if run is not None else None


def run_facts(run: CoverageRun) -> dict[str, Any]:
    """Return what there is to say of a run."""
    return {
        "id": run.id,
        "plan_id": run.plan_id,
        "at": run.created_at.isoformat(),
        "seconds": run.seconds,
        "spec": run.spec,
    }
