"""Proposals as people see and change them: list, one with its cameras, other cameras in their place, removal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_lonlat
from gis.errors import InvalidInputError, NotFoundError, StaleRevisionError
from services.coverage_views import geojson
from services.placement_spec import Minimum, spec_of
from store.database import coverage_areas as area_sql
from store.database import placements as sql
from store.database import plans as plan_sql
from store.database.bulk import ewkb_hex
from store.database.models import Placement, Plan, Territory
from store.database.work import UnitOfWork

_ROLES = ("analyst", "planner", "camera_administrator")


class PrivacyError(InvalidInputError):
    """A proposed camera looks into a privacy zone."""

    code = "privacy"


def list_placements(work: UnitOfWork, plan_id: UUID) -> list[dict[str, Any]]:
    """Return the proposals of a plan, newest first, without their cameras."""
    plan_sql.get_plan(work.session, plan_id)
    return sql.list_placements(work.session, plan_id=plan_id)


def get_placement(work: UnitOfWork, placement_id: UUID) -> dict[str, Any]:
    """Return a proposal with its cameras.

    Raises
    ------
    NotFoundError
        There is none.
    """
    sql.get_placement(work.session, placement_id)
    told = sql.list_placements(work.session, placement_id=placement_id)[0]
    cameras = sql.read_cameras(work.session, placement_id)
    for camera in cameras:
        camera["shed"] = geojson(shapely.from_wkb(bytes(camera.pop("geom"))))
    return {**told, "cameras": cameras}


def area_id(work: UnitOfWork, plan_id: UUID, code: str) -> str:
    """Return the id of an area of a plan's territory by its code.

    Raises
    ------
    NotFoundError
        There is none.
    """
    territory = plan_sql.get_plan(work.session, plan_id).territory_id
    for row in area_sql.area_tree(work.session, territory):
        if row.code == code:
            return str(row.id)
    raise NotFoundError(f"There is no area {code[:40]}.", area=code[:40])


def read_minima(work: UnitOfWork, plan_id: UUID, told: Sequence[str]) -> tuple[Minimum, ...]:
    """Read minima written as CODE=COUNT.

    Raises
    ------
    InvalidInputError
        One is written otherwise.
    """
    found = []
    for text in told:
        code, equals, count = text.partition("=")
        if not equals or not count.isascii() or not count.isdigit():
            raise InvalidInputError("A minimum is written CODE=COUNT.", field="minimum", given=text[:40])
        found.append(Minimum(area_id(work, plan_id, code), int(count)))
    return tuple(found)


def remove_placement(work: UnitOfWork, placement_id: UUID) -> None:
    """Remove a proposal."""
    work.actor.require(*_ROLES)
    work.session.delete(sql.get_placement(work.session, placement_id, lock=True))
    work.session.flush()


def change_placement(
    work: UnitOfWork,
    placement_id: UUID,
    *,
    revision: int,
    name: str | None = None,
    cameras: Sequence[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Rename a proposal, or put other cameras in the place of its own; their views and gains are computed again.

    Parameters
    ----------
    work : UnitOfWork
    placement_id : UUID
    revision : int
        Revision that the caller saw.
    name : str, optional
    cameras : sequence of dict, optional
        Fields of `services.what_if.Proposed`, with ``mount`` where it is known.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    PrivacyError
        One of the cameras looks into a privacy zone.
    InvalidInputError
        A camera is out of range, or the name is empty.
    """
    work.actor.require(*_ROLES)
    placement = sql.get_placement(work.session, placement_id, lock=True)
    if placement.revision != revision:
        raise StaleRevisionError(
            "The proposal was changed since you read it; look at the present version first.",
            current=get_placement(work, placement_id),
        )
    if name is not None:
        if not name.strip():
            raise InvalidInputError("A proposal needs a name.", field="name")
        placement.name = name.strip()
    if cameras is not None:
        _replace_cameras(work, placement, cameras)
    placement.revision += 1
    work.session.flush()
    return get_placement(work, placement_id)


def _replace_cameras(work: UnitOfWork, placement: Placement, cameras: Sequence[dict[str, Any]]) -> None:
    from services.coverage_scene import cast, read_scene  # noqa: PLC0415 - brings in compiled kernels
    from services.placement_site import find_demand, rows_of  # noqa: PLC0415
    from services.placements import added_weight, measure_with  # noqa: PLC0415
    from services.what_if import Proposed, cast_proposed, refusal  # noqa: PLC0415

    plan = work.session.get_one(Plan, placement.plan_id)
    territory = work.session.get_one(Territory, plan.territory_id)
    spec = spec_of(placement.spec)
    told = [Proposed(**{key: value for key, value in camera.items() if key != "mount"}) for camera in cameras]
    for row, camera in enumerate(told):
        camera.check(row)
        if camera.azimuth is None and not (camera.ptz or camera.dome):
            raise InvalidInputError(f"Camera {row} needs a heading.", row=row, field="azimuth")
    views = cast_proposed(work, territory, told, spec.coverage)
    for row, zones in enumerate(views.overlap):
        why = refusal(zones)
        if why is not None:
            raise PrivacyError(f"Camera {row + 1} can't be proposed. {why[0]}", row=row, zone=str(zones[0]["zone_id"]))
    scene = read_scene(work, plan, spec.coverage)
    view = cast(scene, spec.coverage)
    points, demand = find_demand(work, scene, view, spec)
    gain = added_weight(views.sheds, points, demand)
    after = measure_with(scene, spec, view, views.sheds)
    price = placement.summary.get("cost", 0.0) / max(1, placement.summary.get("cameras", 1))
    placement.summary = {
        **placement.summary,
        "cameras": len(told),
        "cost": price * len(told),
        "covered": float(gain.sum()),
        "bound": None,
        "gap": None,
        "seen_m_after": float(after.seen_m[:, 0].sum()),
        "places_seen_after": float(after.places_seen.sum()),
    }
    placement.edited = True
    shapes = np.empty(0, dtype=object)
    if told:
        many = np.array([shapely.MultiPolygon([shape]) for shape in views.sheds.polygon])
        shapes = to_lonlat(many, territory.metric_srid)
    home = rows_of(scene.shapes, views.sheds.xy)
    stands = ewkb_hex(shapely.points([(camera.lon, camera.lat) for camera in told])) if told else []
    rows = [
        (
            placement.id, row + 1, stands[row], None if camera.azimuth is None else camera.azimuth % 360.0,
            camera.hfov, camera.max_range, camera.sensor_px, camera.ptz, camera.dome,
            str(cameras[row].get("mount") or "hand"), float(gain[row]), price if spec.unit == "money" else 0.0,
            scene.grids["id"][home[row]] if home[row] >= 0 else None, ewkb_hex(shapes[[row]])[0],
        )
        for row, camera in enumerate(told)
    ]  # fmt: skip
    sql.replace_cameras(work.session, placement.id, rows)
