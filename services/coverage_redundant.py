"""Cameras that could go, or be turned, with no loss of what is seen."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import meridian_convergence, to_lonlat
from grid_coverage import KeyPoints, Streets, view_sheds
from grid_coverage.candidates import Private, covered_points, street_points
from grid_coverage.redundant import Spare, spare_cameras
from services.cameras import kind_of
from services.coverage_scene import STREET_WEIGHTS, Cast, Scene, Views, camera_views, cast, read_scene
from services.coverage_spec import CoverageSpec
from services.coverage_views import run_facts, run_of
from services.live_scene import spec_of
from services.private_ground import near_of, private_ground
from store.database.models import Plan
from store.database.work import UnitOfWork

HEADINGS: Final = 24  # tried for a camera that could be turned
USUAL_PX: Final = 1920  # pixels across the picture of a camera that nothing more is known of
STEP_M: Final = 5.0  # metres of street that one point stands for when turning
NOTE: Final = {
    "note_en": "Without loss of seen street or key places, at the number of cameras that the run asks for. Yards and "
    "evidence of the past are not weighed; whoever owns the camera decides.",
    "note_zh": "按本次运行要求的摄像机台数，不减少可见街道和重点部位。未计入院落和历史取证需要；由产权单位决定。",
}


def redundant(work: UnitOfWork, plan_id: UUID | None, *, limit: int = 50) -> dict[str, Any]:
    """List cameras that can all go together, and those of them that would see something new when turned.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID or None
        The plan in use when None.
    limit : int
        Longest list.

    Raises
    ------
    NotFoundError
        The plan has no coverage run yet.
    """
    run = run_of(work, None, plan_id)
    spec = spec_of(run)
    plan = work.session.get_one(Plan, run.plan_id)
    scene = read_scene(work, plan, spec)
    view = cast(scene, spec)
    counted = np.flatnonzero(scene.times.share(spec.status) > 0)
    streets, places = _demand(scene, view, spec)
    spare = spare_cameras(scene.shapes, view.sheds.take(counted), streets=streets, key_points=places, folds=spec.k)
    rows = counted[spare.removable]
    return {
        "run": run_facts(run),
        "count": len(rows),
        "removable": [
            {
                **_told(scene, int(row)),
                "sees_m": round(float(spare.sees_m[at]), 1),
                "loss_m": round(float(spare.loss_m[at]), 2),
                "loss_places": int(spare.loss_places[at]),
            }
            for row, at in zip(rows[:limit], spare.removable[:limit], strict=True)
        ],
        "turnable": _turnable(work, scene, view, spec, (counted, spare))[:limit],
        **NOTE,
    }


def _demand(scene: Scene, view: Cast, spec: CoverageSpec) -> tuple[Streets, KeyPoints]:
    weights = np.array([STREET_WEIGHTS[str(kind)] for kind in scene.streets["kind"]])
    weight = np.asarray(scene.places["weight"], dtype=np.float64) if len(view.points) else 1.0
    return Streets.of(scene.lines, weights if len(weights) else 1.0), KeyPoints.of(view.points, weight, spec.k)


def _told(scene: Scene, row: int) -> dict[str, Any]:
    camera = {name: scene.cameras[name][row] for name in ("id", "name", "azimuth", "hfov", "ptz", "dome")}
    point = scene.cameras["point"][row]
    kind = kind_of(ptz=bool(camera["ptz"]), dome=bool(camera["dome"]), hfov=camera["hfov"], azimuth=camera["azimuth"])
    return {
        "id": camera["id"],
        "ref": str(camera["name"]),
        "kind": kind,
        "azimuth": camera["azimuth"],
        "lon": point.x,
        "lat": point.y,
    }


def _turnable(
    work: UnitOfWork, scene: Scene, view: Cast, spec: CoverageSpec, found: tuple[npt.NDArray[np.int64], Spare]
) -> list[dict[str, Any]]:
    """Try every heading of the cameras that could go; tell where each would see most that lacks a camera."""
    counted, spare = found
    rows = np.array([row for row in counted[spare.removable] if _told(scene, int(row))["kind"] == "fixed"], dtype=int)
    if not len(rows):
        return []
    srid = scene.territory.metric_srid
    looks = camera_views(scene.cameras, srid, spec)
    turns = np.tile(np.arange(HEADINGS) * 360.0 / HEADINGS, len(rows))
    owner = np.repeat(rows, HEADINGS)
    sheds = view_sheds(
        view.sheds.xy[owner], view.walls, azimuth=turns, hfov=looks.hfov[owner], max_range=looks.reach[owner]
    )
    points, metres = _lacking(scene, view, spec, counted)
    gain = covered_points(sheds, points)
    allowed = _private(work, scene, spec, looks, owner).allows(sheds)
    weight = np.where(allowed, np.asarray(gain @ (metres + 100.0 * (metres == 0.0)) if len(points) else 0.0), 0.0)
    told = []
    heading = (turns + meridian_convergence(to_lonlat(shapely.points(view.sheds.xy[owner]), srid), srid)) % 360.0
    for number, row in enumerate(rows):
        best = number * HEADINGS + int(np.argmax(weight[number * HEADINGS : (number + 1) * HEADINGS]))
        if weight[best] > 0:
            own = gain.indices[gain.indptr[best] : gain.indptr[best + 1]]
            told.append(
                {
                    **_told(scene, int(row)),
                    "new_azimuth": round(float(heading[best]), 1) % 360.0,
                    "gain_m": round(float(metres[own].sum()), 1),
                    "gain_places": int((metres[own] == 0).sum()),
                }
            )
    return sorted(told, key=lambda each: (-each["gain_places"], -each["gain_m"], each["ref"]))


def _private(work: UnitOfWork, scene: Scene, spec: CoverageSpec, looks: Views, owner: npt.NDArray[np.int64]) -> Private:
    """Return what turned cameras may not look at; `owner` is the camera of each view."""
    ground = private_ground(work, scene.territory)
    usual = spec.assumed_px or USUAL_PX
    pixels = np.array([float(usual if each is None else each) for each in scene.cameras["sensor_px"][owner]])
    return Private(ground.shapes, ground.homes, near_of(pixels, looks.hfov[owner], looks.reach[owner]))


def _lacking(
    scene: Scene, view: Cast, spec: CoverageSpec, counted: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return points of streets and key places in the grids that lack cameras, with their metres (0 for places)."""
    streets, _ = _demand(scene, view, spec)
    xy, _ = street_points(streets, step=STEP_M)
    length = shapely.length(streets.line)
    pieces = np.ceil(length / STEP_M).astype(np.int64)
    metres = np.repeat(length / np.maximum(1, pieces), pieces)
    points = np.concatenate([xy, view.points.reshape(-1, 2)])
    worth = np.concatenate([metres, np.zeros(len(view.points))])
    inside = np.zeros(len(points), dtype=bool)
    at, _ = shapely.STRtree(scene.shapes).query(shapely.points(points), predicate="intersects")
    inside[at] = True
    seen = np.bincount(covered_points(view.sheds.take(counted), points).indices, minlength=len(points))
    rows = np.flatnonzero(inside & (seen < spec.k))
    return points[rows], worth[rows]
