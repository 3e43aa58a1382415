"""Plans as files."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np

from grid_partition.inner_borders import inner_borders
from services.grid_shapes import simplified
from store.database import plans as sql
from store.database import water as water_sql
from store.database.bulk import Columns
from store.database.models import Territory
from store.database.work import UnitOfWork
from store.files.atom_borders import WITH_ATOMS, write_atom_borders
from store.files.grids import write_grids
from store.files.reaches import write_reaches


def export(work: UnitOfWork, plan_id: UUID, path: Path, *, simplify: float | None = None) -> int:
    """Write a plan's grids to `path`, a water plan's reaches with them; return how many grids.

    GeoPackage and GeoJSON hold the lines between the atoms, too: an import brings back the plan to the last corner.

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
    if simplify is None and path.suffix.lower() in WITH_ATOMS:
        _write_atom_borders(work, plan_id, columns, path)
    if plan.kind == "water":
        write_reaches(water_sql.reach_shapes(work.session, plan_id), path)
    return len(columns["code"])


def _write_atom_borders(work: UnitOfWork, plan_id: UUID, grids: Columns, path: Path) -> None:
    """Put the lines between the atoms beside the grids, so that an import elsewhere brings back the same plan."""
    atoms = sql.atom_shapes(work.session, plan_id)
    row = {grid: place for place, grid in enumerate(grids["id"])}
    home = np.array([row.get(grid, -1) for grid in atoms["grid_id"]], dtype=np.int64)
    if len(home) and (home >= 0).all():
        write_atom_borders(list(grids["code"]), inner_borders(atoms["geom"], home, len(row)), path)
