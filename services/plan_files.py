"""Plans as files."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from services.grid_shapes import simplified
from store.database import plans as sql
from store.database import water as water_sql
from store.database.models import Territory
from store.database.work import UnitOfWork
from store.files.grids import write_grids
from store.files.reaches import write_reaches


def export(work: UnitOfWork, plan_id: UUID, path: Path, *, simplify: float | None = None) -> int:
    """Write a plan's grids to `path`, a water plan's reaches with them; return how many grids.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    path : Path
    simplify : float or None
        Metres: write borders with fewer vertices, still without gaps and overlaps.
    """
    work.actor.require("planner", "reviewer", "analyst")
    plan = sql.get_plan(work.session, plan_id)
    columns = sql.grid_shapes(work.session, plan_id)
    if simplify is not None:
        srid = work.session.get_one(Territory, plan.territory_id).metric_srid
        columns = {**columns, "geom": simplified(columns["geom"], simplify, srid)}
    write_grids(columns, path)
    if plan.kind == "water":
        write_reaches(water_sql.reach_shapes(work.session, plan_id), path)
    return len(columns["code"])
