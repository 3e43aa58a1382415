"""What if: the view of proposed cameras and what they would change, while the hand is on the mouse.

Nothing is saved. Sheds of the cameras that are there are taken as stored; only the grids that a proposed or removed
view touches are measured, before and after.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat
from gis.errors import InvalidInputError
from grid_coverage import GapTable, KeyPoints, Needs, Streets, ViewSheds, gaps_by_grid
from services.coverage_scene import STREET_WEIGHTS, Scene
from services.coverage_spec import CoverageSpec
from services.coverage_views import run_of
from services.live_scene import read_around, spec_of
from services.proposed_views import Proposed, cast_proposed, joined, told_views
from store.database import live_coverage as sql
from store.database.bulk import ewkb_hex
from store.database.models import CoverageRun, Plan, Territory
from store.database.work import UnitOfWork

MOST_CAMERAS: Final = 200
_CHANGES: Final = ("seen_m", "seen_m_upper", "places_seen", "places_seen_upper", "gap_score", "gap_score_least")


def what_if(
    work: UnitOfWork,
    plan_id: UUID | None,
    cameras: Sequence[Proposed],
    *,
    remove: Sequence[UUID] = (),
    needs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Tell what proposed cameras would see, and what that changes in the grids they touch.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID or None
        The plan in use when None.
    cameras : sequence of Proposed
    remove : sequence of UUID
        Cameras that would go.
    needs : dict, optional
        ``k``, ``status`` and ``level`` in the place of those of the plan's newest run.

    Raises
    ------
    NotFoundError
        The plan has no coverage run yet.
    InvalidInputError
        A camera is out of range, outside the earth, or there are too many.
    """
    started = time.perf_counter()
    if not 0 < len(cameras) + len(remove) <= MOST_CAMERAS:
        raise InvalidInputError(f"Give 1 to {MOST_CAMERAS} cameras.", field="cameras")
    for row, camera in enumerate(cameras):
        camera.check(row)
    run = run_of(work, None, plan_id)
    spec = replace(spec_of(run), **{name: value for name, value in (needs or {}).items() if value is not None})
    spec.check()
    territory = work.session.get_one(Territory, work.session.get_one(Plan, run.plan_id).territory_id)
    views = cast_proposed(work, territory, cameras, spec)
    gone = {*remove, *(camera.id for camera in cameras if camera.id is not None)}
    grids, change, already = _change(work, territory, run, spec, views.sheds, gone)
    told = told_views(territory, cameras, views)
    return {
        "run_id": run.id,
        "cameras": [{**view, "already_m2": seen} for view, seen in zip(told, already, strict=True)],
        "grids": grids,
        "change": change,
        "ms": round(1000 * (time.perf_counter() - started), 1),
    }


def _change(
    work: UnitOfWork,
    territory: Territory,
    run: CoverageRun,
    spec: CoverageSpec,
    sheds: ViewSheds,
    gone: set[UUID],
) -> tuple[list[dict[str, Any]], dict[str, float], list[float | None]]:
    """Measure the touched grids before and after, and how much of each view cameras that stay see today."""
    seen = sheds.polygon[~shapely.is_empty(sheds.polygon)]
    outlines = to_lonlat(seen, territory.metric_srid) if len(seen) else seen
    shapes = ewkb_hex(outlines) if len(seen) else []
    touched: dict[UUID, sql.Box] = {}
    for group in sql.touched_grids(work.session, run.plan_id, shapes, sorted(gone)):
        touched |= group
    if not touched:
        return [], dict.fromkeys(_CHANGES, 0.0), [None] * len(sheds)
    sides = np.array([*touched.values(), *shapely.bounds(outlines)])
    low, high = sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    scene, view, _ = read_around(work, territory, run, box, wanted=set(touched))
    mine = np.flatnonzero([grid in touched for grid in scene.grids["id"]])
    counted = scene.times.share(spec.status) > 0
    stays = np.array([camera not in gone for camera in scene.cameras["id"]], dtype=bool)
    staying = view.sheds.take(counted & stays)
    before = _measured(scene, spec, mine, view.sheds.take(counted))
    after = _measured(scene, spec, mine, joined([staying, sheds]))
    found = []
    for row, grid in enumerate(mine):
        figures = [_figures(table, row) for table in (before, after)]
        told = {"grid_id": scene.grids["id"][grid], "code": scene.grids["code"][grid]}
        found.append({**told, "before": figures[0], "after": figures[1]})
    change = {name: round(sum(grid["after"][name] - grid["before"][name] for grid in found), 6) for name in _CHANGES}
    return found, change, _already(sheds, staying)


def _already(sheds: ViewSheds, today: ViewSheds) -> list[float | None]:
    """Return how many m² of each view other cameras surely see: shares of its outline, which lacks bits of its arcs."""
    seen = today.polygon[today.known]
    tree = shapely.STRtree(seen)
    found: list[float | None] = []
    for shed, area in zip(sheds.polygon, sheds.area, strict=True):
        near = seen[np.sort(tree.query(shed, predicate="intersects"))]
        shared = shapely.intersection(shed, shapely.union_all(near)).area if len(near) else 0.0
        found.append(round(float(area) * min(1.0, shared / shed.area), 2) if shared else 0.0)
    return found


def _measured(scene: Scene, spec: CoverageSpec, grids: npt.NDArray[np.int64], sheds: ViewSheds) -> GapTable:
    weights = np.array([STREET_WEIGHTS[str(kind)] for kind in scene.streets["kind"]])
    weight = np.asarray(scene.places["weight"], dtype=np.float64) if len(scene.points) else 1.0
    return gaps_by_grid(
        scene.shapes[grids],
        sheds,
        streets=Streets.of(scene.lines, weights if len(weights) else 1.0),
        key_points=KeyPoints.of(scene.points, weight, spec.k),
        needs=Needs(street_folds=spec.k, incidents=scene.incidents[grids]),
    )


def _figures(table: GapTable, row: int) -> dict[str, float]:
    return {
        "street_m": float(table.street_m[row]),
        "seen_m": float(table.seen_m[row, 0]),
        "seen_m_upper": float(table.seen_m_upper[row, 0]),
        "k2_m": float(table.seen_m[row, 1]),
        "k3_m": float(table.seen_m[row, 2]),
        "k2_m_upper": float(table.seen_m_upper[row, 1]),
        "k3_m_upper": float(table.seen_m_upper[row, 2]),
        "places": int(table.places[row]),
        "places_seen": float(table.places_seen[row]),
        "places_seen_upper": float(table.places_seen_upper[row]),
        "gap_score": float(table.score[row]),
        "gap_score_least": float(table.score_least[row]),
    }
