"""New buildings since a plan was made: count today's doors into its atoms, and say which grids left the band."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.index import first_holding
from gis.measure import group_sums
from grid_partition.atoms import NEAR
from services.plan_life.comparing import metric_points
from services.plan_life.states import locked, note_step
from store.database import plan_life as sql
from store.database import plan_refresh as refresh_sql
from store.database import plans as plan_sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

Ints = npt.NDArray[np.int64]
SHOWN = 50


@dataclass(slots=True)
class RefreshReport:
    """What today's doors changed.

    Attributes
    ----------
    atoms_changed, grids_changed : int
    households_before, households_after, dwellings_before, dwellings_after : int
    grids : list of dict
        Those that changed: id, code, households before and after, deviation before and after, revision.
    left_band, entered_band : list of str
        Codes of grids.
    outside : dict
        Doors in no atom: ``dwellings``, ``households``, and the first ``places`` (lon, lat).
    """

    atoms_changed: int
    grids_changed: int
    households_before: int
    households_after: int
    dwellings_before: int
    dwellings_after: int
    grids: list[dict[str, Any]] = field(default_factory=list)
    left_band: list[str] = field(default_factory=list)
    entered_band: list[str] = field(default_factory=list)
    outside: dict[str, Any] = field(default_factory=dict)


def refresh_atoms(
    work: UnitOfWork, plan_id: UUID, *, expected: int | None = None, now: datetime | None = None
) -> RefreshReport:
    """Count the doors as they are now into a draft's atoms by location, and renew the figures of its grids.

    Raises
    ------
    WrongStateError
        The plan is no draft: figures of a plan in review or in force are what was decided on.
    """
    work.actor.require("planner")
    moment = now or datetime.now(UTC)
    plan = locked(work, plan_id, expected, "draft")
    territory = work.session.get_one(Territory, plan.territory_id)
    atoms = plan_sql.atom_shapes(work.session, plan_id)
    lonlat, households = sql.doors(work.session, territory.id)
    atom = _homes(np.asarray(to_metric(atoms["geom"], territory.metric_srid), dtype=object), lonlat, territory)
    inside = atom >= 0
    demand = group_sums(atom[inside], households[inside], len(atoms["label"])).round().astype(np.int64)
    doors = np.bincount(atom[inside], minlength=len(atoms["label"]))
    changed = np.flatnonzero(demand != np.asarray(atoms["demand"], dtype=np.int64))
    refresh_sql.write_atoms(work.session, plan_id, atoms["label"], demand, doors)
    report = _renew_grids(work, plan, atoms, demand, doors)
    report.atoms_changed = len(changed)
    report.outside = {
        "dwellings": int((~inside).sum()),
        "households": int(households[~inside].sum()),
        "places": lonlat[~inside][:20].tolist(),
    }
    facts = {"households": report.households_after, "was": report.households_before, "grids": report.grids_changed}
    note_step(work, plan, "refresh", at=moment, facts=facts)
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, plan.territory_id)
    return report


def _homes(atoms: npt.NDArray[np.object_], lonlat: npt.NDArray[np.float64], territory: Territory) -> Ints:
    """Find the atom of each door; one just outside the ground counts in the atom beside it, as when atoms are made."""
    points = metric_points(lonlat, territory.metric_srid)
    if not len(points) or not len(atoms):
        return np.full(len(points), -1, dtype=np.int64)
    found = first_holding(atoms, points)
    lost = np.flatnonzero(found < 0)
    if len(lost):
        which, nearest = shapely.STRtree(atoms).query_nearest(points[lost], max_distance=NEAR, all_matches=False)
        found[lost[which]] = nearest
    return found


def _renew_grids(work: UnitOfWork, plan: Plan, atoms: dict[str, Any], demand: Ints, doors: Ints) -> RefreshReport:
    rows = refresh_sql.grid_figures(work.session, plan.id)
    place = {row.grid_id: at for at, row in enumerate(rows)}
    of_grid = np.array([place.get(grid, -1) for grid in atoms["grid_id"]], dtype=np.int64)
    held = of_grid >= 0
    after = group_sums(of_grid[held], demand[held], len(rows)).round().astype(np.int64)
    dwellings = group_sums(of_grid[held], doors[held], len(rows)).round().astype(np.int64)
    before = np.array([row.households for row in rows], dtype=np.int64)
    doors_before = np.array([row.dwellings for row in rows], dtype=np.int64)
    _, area = np.unique([str(row.area_id) for row in rows], return_inverse=True)
    mean = (group_sums(area, after, int(area.max(initial=0)) + 1) / np.maximum(np.bincount(area), 1))[area]
    deviation = np.divide(after - mean, mean, out=np.zeros(len(rows)), where=mean > 0)
    was = np.array([row.deviation for row in rows])
    changed = (after != before) | (dwellings != doors_before)
    refresh_sql.write_grids(
        work.session, plan.id, [row.grid_id for row in rows],
        households=after, dwellings=dwellings, deviation=deviation, raised=changed,
    )  # fmt: skip
    tolerance = float((plan.spec or {}).get("tolerance", 0.1))
    plan.quality = {
        **(plan.quality or {}),
        "households": int(after.sum()),
        "max_deviation": float(np.abs(deviation).max(initial=0)),
        "mean_deviation": float(np.abs(deviation).mean()) if len(rows) else 0.0,
        "share_within": float((np.abs(deviation) <= tolerance).mean()) if len(rows) else 1.0,
    }
    in_band, was_in_band = np.abs(deviation) <= tolerance + 1e-12, np.abs(was) <= tolerance + 1e-12
    grids = [
        {
            "id": rows[at].grid_id, "code": rows[at].code, "households_before": int(before[at]),
            "households": int(after[at]), "deviation_before": float(was[at]), "deviation": float(deviation[at]),
            "in_band": bool(in_band[at]), "revision": int(rows[at].revision) + 1,
        }
        for at in np.flatnonzero(changed).tolist()
    ]  # fmt: skip
    return RefreshReport(
        0, len(grids), int(before.sum()), int(after.sum()), int(doors_before.sum()), int(dwellings.sum()), grids,
        [rows[at].code for at in np.flatnonzero(was_in_band & ~in_band).tolist()],
        [rows[at].code for at in np.flatnonzero(~was_in_band & in_band).tolist()],
    )  # fmt: skip
