"""Plans as files."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from store.database import plans as sql
from store.database.work import UnitOfWork
from store.files.grids import write_grids


def export(work: UnitOfWork, plan_id: UUID, path: Path) -> int:
    """Write a plan's grids to `path`; return how many."""
    work.actor.require("planner", "reviewer", "analyst")
    sql.get_plan(work.session, plan_id)
    columns = sql.grid_shapes(work.session, plan_id)
    write_grids(columns, path)
    return len(columns["code"])
