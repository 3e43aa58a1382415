"""What must hold of a water plan beyond what holds of every plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from grid_partition import TilingReport
from grid_partition.nesting import check_nesting
from services.partition.drawing import describe_faults
from services.plan_check_words import problem
from store.database import plans as plan_sql
from store.database import water as sql
from store.database.bulk import Columns
from store.database.work import UnitOfWork

#: Metres of a reach that may lie in a neighbour's grid where several reaches meet in one point.
MEETING_M = 1.0
#: Metres by which the 1 cm grid may push a bank off the line that it follows.
_ROUNDING_M = 0.03


def without_flagged(report: TilingReport, exclave: npt.ArrayLike) -> TilingReport:
    """Take the pieces of flagged grids out of a report: where reaches cross, one of them can't be in one piece.

    Parameters
    ----------
    report : TilingReport
    exclave : (k,) array of bool
        Grids that are flagged as lying in several pieces.
    """
    flagged = np.asarray(exclave, dtype=bool)
    left = [
        fault
        for fault in report.faults
        if not (fault.kind == "stray piece" and all(flagged[child] for child in fault.children))
    ]
    return replace(report, faults=left)


def metres_outside(lines: npt.NDArray[np.object_], strips: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Measure how much of each reach lies outside its own strip, beyond what rounding does.

    Parameters
    ----------
    lines : (n,) array of LineString or MultiLineString, metric CRS
    strips : (n,) array of Polygon or MultiPolygon

    Returns
    -------
    (n,) float64
        Metres.
    """
    beside = shapely.difference(lines, shapely.buffer(strips, _ROUNDING_M, quad_segs=1))
    return np.asarray(shapely.length(beside), dtype=np.float64)


def water_problems(work: UnitOfWork, plan_id: UUID, srid: int) -> list[dict[str, Any]]:
    """Prove a stored water plan: grids tile their strip, each reach is in its warden's grid, no grid is without one.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
        A water plan.
    srid : int
        Metric CRS of the territory.

    Returns
    -------
    list of dict
        As in `services.plan_check.PlanCheck`.
    """
    rows = sql.reach_shapes(work.session, plan_id)
    known = set(rows["code"].tolist())
    grids = sql.grid_ids(work.session, plan_id)
    problems = [problem("reach-missing", code, [code]) for code in sorted(set(grids) - known)]
    if not len(rows["code"]):
        return problems
    lines = np.asarray(to_metric(rows["geom"], srid), dtype=object)
    strips = np.asarray(to_metric(rows["strip"], srid), dtype=object)
    outside = metres_outside(lines, strips)
    for row in np.flatnonzero(outside > MEETING_M).tolist():
        code = str(rows["code"][row])
        problems.append(problem("reach-outside", code, [code], length_m=round(float(outside[row]), 3)))
    return problems + _tiling(plan_sql.grid_shapes(work.session, plan_id), work, plan_id, srid)


def _tiling(grids: Columns, work: UnitOfWork, plan_id: UUID, srid: int) -> list[dict[str, Any]]:
    """Check the grids against the plots of their areas; where reaches cross, one grid is in two flagged pieces."""
    atoms = plan_sql.atom_shapes(work.session, plan_id)
    if not len(atoms["label"]):
        return []
    number = {area: place for place, area in enumerate(dict.fromkeys(grids["area_id"]))}
    report = check_nesting(
        np.asarray(to_metric(atoms["geom"], srid), dtype=object),
        [number.get(area, -1) for area in atoms["area_id"]],
        np.asarray(to_metric(grids["geom"], srid), dtype=object),
        [number[area] for area in grids["area_id"]],
    )
    report = without_flagged(report, grids["exclave"])
    return [
        problem(fault["kind"].replace(" ", "-"), fault["place"], sentence="strip")
        for fault in describe_faults(report, srid)
    ]
