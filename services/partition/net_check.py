"""What must hold of a stored net or plan of dedicated grids beyond what holds of every plan."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat, to_metric
from grid_partition.dedicated import floor_conflicts
from grid_partition.overlays import overlapping_pairs
from services.partition.dedicated import TOUCH_M2, floor_bounds
from services.partition.net_files import INSIDE, OVERLAP_M2
from services.plan_check_words import problem
from store.database import dedicated as dedicated_sql
from store.database import nets as sql
from store.database.bulk import Columns
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

#: Kinds whose heads another department names: their grids may stand without one here.
HEADED_ELSEWHERE = ("police", "safety")


def net_problems(work: UnitOfWork, plan: Plan) -> list[dict[str, Any]]:
    """Prove a stored net: no ground twice (no floor twice for dedicated grids), nothing outside, footprints held.

    Parameters
    ----------
    work : UnitOfWork
    plan : Plan
        Of police, safety or dedicated grids.

    Returns
    -------
    list of dict
        As in `services.plan_check.PlanCheck`.
    """
    territory = work.session.get_one(Territory, plan.territory_id)
    net = sql.net_shapes(work.session, plan.id)
    if not len(net["id"]):
        return [problem("empty", None)]
    shapes = np.asarray(to_metric(net["geom"], territory.metric_srid), dtype=object)
    problems = _faulty(net, shapes) + _outside(territory, net, shapes)
    if plan.kind == "dedicated":
        return problems + _floors_twice(territory, net, shapes) + _off_footprint(work, plan.id, net, shapes)
    return problems + _ground_twice(territory, net, shapes)


def _faulty(net: Columns, shapes: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    return [
        problem("invalid", str(net["code"][row]), [str(net["code"][row])], sentence="invalid-shape", reason=str(reason))
        for row, reason in enumerate(np.atleast_1d(shapely.is_valid_reason(shapes)).tolist())
        if reason != "Valid Geometry"
    ]


def _outside(territory: Territory, net: Columns, shapes: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    outline = np.asarray(to_metric(np.array([territory.outline], dtype=object), territory.metric_srid))[0]
    share = shapely.area(shapely.intersection(shapes, outline)) / shapely.area(shapes)
    return [
        problem("outside", _place(shapes[row], territory), [str(net["code"][row])], share=float(1 - share[row]))
        for row in np.flatnonzero(share < INSIDE).tolist()
    ]


def _ground_twice(territory: Territory, net: Columns, shapes: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    problems = []
    for one, other, area in overlapping_pairs(shapes, least=OVERLAP_M2):
        codes = [str(net["code"][one]), str(net["code"][other])]
        place = _place(shapely.intersection(shapes[one], shapes[other]), territory)
        problems.append(problem("overlap", place, codes, sentence="shared-ground", area_m2=float(area)))
    return problems


def _floors_twice(territory: Territory, net: Columns, shapes: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    spans = [
        None if low is None or low != low else (int(low), int(high))  # noqa: PLR0124 - nan
        for low, high in zip(net["floor_low"].tolist(), net["floor_high"].tolist(), strict=True)
    ]
    problems = []
    for one, other in floor_conflicts(shapes, *floor_bounds(spans), least=TOUCH_M2):
        codes = [str(net["code"][one]), str(net["code"][other])]
        problems.append(problem("floors", _place(shapes[one], territory), codes))
    return problems


def _off_footprint(
    work: UnitOfWork, plan_id: UUID, net: Columns, shapes: npt.NDArray[np.object_]
) -> list[dict[str, Any]]:
    """Tell grids whose buildings were loaded anew since: they keep the old outline, which a planner should look at."""
    held = dedicated_sql.grids_without_building(work.session, plan_id)
    at = {grid: row for row, grid in enumerate(net["id"])}
    return [
        problem("building-gone", str(net["code"][at[grid]]), [str(net["code"][at[grid]])], blocks=False)
        for grid in held
        if grid in at and len(shapes)
    ]


def _place(shape: shapely.Geometry, territory: Territory) -> list[float]:
    point = to_lonlat(np.array([shapely.point_on_surface(shape)], dtype=object), territory.metric_srid)[0]
    return [point.x, point.y]
