"""Proposals whose cameras a person put: begun without a search, or changed after one; measured all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat
from gis.errors import InvalidInputError
from grid_coverage import ViewSheds
from services.coverage_scene import Cast, Scene, cast, read_scene
from services.coverage_spec import CEILING
from services.placement_site import find_demand, rows_of
from services.placement_spec import PlacementSpec, spec_of
from services.placements import added_weight, measure_with
from services.private_ground import check_private
from services.proposed_views import Proposed, cast_proposed
from store.database import placements as sql
from store.database import plans as plan_sql
from store.database.bulk import ewkb_hex
from store.database.models import Placement, Plan, Territory
from store.database.work import UnitOfWork

MOST_CAMERAS = 5000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Put:
    """Cameras with what they see and add."""

    cameras: list[Proposed]
    mounts: list[str]
    sheds: ViewSheds
    gain: Floats
    scene: Scene
    view: Cast
    summary: dict[str, Any]


def add_by_hand(
    work: UnitOfWork,
    plan_id: UUID,
    spec: PlacementSpec,
    cameras: Sequence[dict[str, Any]],
    *,
    name: str | None = None,
) -> Placement:
    """Keep cameras that a person put as a proposal.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    spec : PlacementSpec
        Its needs count; the budget becomes what the cameras take.
    cameras : sequence of dict
        Fields of `services.proposed_views.Proposed`, with ``mount`` where it is known.
    name : str, optional

    Raises
    ------
    NotFoundError
        There is no such plan.
    PrivacyError
        A camera looks into a privacy zone, or from near at a home.
    InvalidInputError
        A camera is out of range or has no heading, or there are none.
    """
    work.actor.require("analyst", "planner", "camera_administrator")
    spec = replace(spec, budget=float(len(cameras)), unit="cameras")
    spec.check()
    if not 0 < len(cameras) <= MOST_CAMERAS:
        raise InvalidInputError(f"Give 1 to {MOST_CAMERAS} cameras.", field="cameras")
    put = _put(work, plan_sql.get_plan(work.session, plan_id), spec, cameras)
    placement = Placement(
        id=uuid4(),
        plan_id=plan_id,
        digest=uuid4().hex,  # no search has these inputs
        name=(name or "").strip() or f"{len(cameras)} cameras",
        spec=asdict(spec),
        summary={**_nothing_searched(spec), **put.summary},
        edited=True,
        author_id=work.actor.account_id,
    )
    sql.add_placement(work.session, placement)
    sql.replace_cameras(work.session, placement.id, _rows(placement.id, put, 0.0))
    return placement


def replace_cameras(work: UnitOfWork, placement: Placement, cameras: Sequence[dict[str, Any]]) -> None:
    """Put other cameras in the place of a proposal's own; `add_by_hand` tells what may go wrong."""
    spec = spec_of(placement.spec)
    put = _put(work, work.session.get_one(Plan, placement.plan_id), spec, cameras)
    price = placement.summary.get("cost", 0.0) / max(1, placement.summary.get("cameras", 1))
    placement.summary = {
        **placement.summary,
        **put.summary,
        "cost": price * len(put.cameras),
        "bound": None,
        "gap": None,
    }
    placement.edited = True
    rows = _rows(placement.id, put, price if spec.unit == "money" else 0.0)
    sql.replace_cameras(work.session, placement.id, rows)


def _put(work: UnitOfWork, plan: Plan, spec: PlacementSpec, cameras: Sequence[dict[str, Any]]) -> _Put:
    told = [
        Proposed(**{key: value for key, value in camera.items() if key != "mount"}).completed(None, spec.coverage)
        for camera in cameras
    ]
    for row, camera in enumerate(told):
        camera.check(row)
        if camera.azimuth is None and not (camera.ptz or camera.dome):
            raise InvalidInputError(f"Camera {row} needs a heading.", row=row, field="azimuth")
    views = cast_proposed(work, work.session.get_one(Territory, plan.territory_id), told, spec.coverage)
    check_private(views.looks_in, [camera.azimuth for camera in told])
    scene = read_scene(work, plan, spec.coverage)
    view = cast(scene, spec.coverage)
    points, demand = find_demand(work, scene, view, spec)
    gain = added_weight(views.sheds, points, demand)
    before, after = measure_with(scene, spec, view), measure_with(scene, spec, view, views.sheds)
    summary = {
        "cameras": len(told),
        "covered": float(gain.sum()),
        "demand": float((demand.weight * demand.need).sum()),
        "seen_m_before": float(before.seen_m[:, 0].sum()),
        "seen_m_after": float(after.seen_m[:, 0].sum()),
        "seen_m_upper_before": float(before.seen_m_upper[:, 0].sum()),
        "seen_m_upper_after": float(after.seen_m_upper[:, 0].sum()),
        "places_seen_before": float(before.places_seen.sum()),
        "places_seen_after": float(after.places_seen.sum()),
        "places_seen_upper_before": float(before.places_seen_upper.sum()),
        "places_seen_upper_after": float(after.places_seen_upper.sum()),
    }
    mounts = [str(camera.get("mount") or "hand") for camera in cameras]
    return _Put(told, mounts, views.sheds, gain, scene, view, summary)


def _nothing_searched(spec: PlacementSpec) -> dict[str, Any]:
    density = spec.coverage.density or CEILING
    return {
        "budget": spec.budget, "unit": spec.unit, "currency": None, "cost": spec.budget, "reachable": None,
        "bound": None, "gap": None, "cover": None, "target": None, "reached": None, "least_cost": None, "candidates": 0,
        "refused": {}, "minima": [],
        "note_en": f"Put by hand. Views are cut where they fall below {density:.0f} pixels a metre; none looks into a "
        "privacy zone or, from near, at a home.",
        "note_zh": f"人工布点。视域截至每米 {density:.0f} 像素；均不可见隐私保护区，也不近距离拍摄住宅立面。",
    }  # fmt: skip


def _rows(placement_id: UUID, put: _Put, price: float) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each camera, in the order given."""
    if not put.cameras:
        return
    many = np.array([shapely.MultiPolygon([shape]) for shape in put.sheds.polygon])
    shapes = ewkb_hex(to_lonlat(many, put.scene.territory.metric_srid))
    stands = ewkb_hex(shapely.points([(camera.lon, camera.lat) for camera in put.cameras]))
    home = rows_of(put.scene.shapes, put.sheds.xy)
    for row, camera in enumerate(put.cameras):
        yield (
            placement_id, row + 1, stands[row], None if camera.azimuth is None else camera.azimuth % 360.0,
            camera.hfov, camera.max_range, camera.sensor_px, camera.ptz, camera.dome, put.mounts[row],
            float(put.gain[row]), price, put.scene.grids["id"][home[row]] if home[row] >= 0 else None, shapes[row],
        )  # fmt: skip
