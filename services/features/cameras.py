"""Cameras as features: put up, changed and taken down, with the coverage that follows."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import shapely

from gis.errors import ConflictError, InvalidInputError
from services.cameras import CHANGEABLE, change_camera, checked_value
from services.features.bodies import FeatureBody
from services.features.ground import follow_removal, on_grid, territory_of
from services.ingest.osm_rows import DEFAULT_RANGE_M
from store.database import cameras as camera_sql
from store.database import feature_edits as sql
from store.database import live_coverage as live_sql
from store.database.models import Camera, Territory
from store.database.work import UnitOfWork

ROLES: Final = ("camera_administrator", "planner")
DEFAULTS: Final[dict[str, Any]] = {
    "gb28181_id": None, "ref": None, "azimuth": None, "online": True, "owner": "", "purpose": "", "hfov": None,
    "max_range": DEFAULT_RANGE_M, "height_m": None, "ptz": False, "dome": False, "indoor": False, "networked": True,
    "serviceable": True,
}  # fmt: skip
_NAMES: Final = {"gb28181_id": "gb28181_id", "ref": "source_ref"}
_CODE: Final = re.compile(r"[0-9]{20}")


def create(work: UnitOfWork, body: FeatureBody, territory: UUID | None, now: datetime) -> int:
    """Put up a camera; returns its feature number."""
    assert body.geometry is not None  # noqa: S101 - the caller checked
    place = territory_of(work, body.geometry, territory)
    camera = Camera(
        territory_id=place.id,
        point=on_grid(body.geometry, place),  # type: ignore[arg-type]
        **{name: checked_value(name, value) for name, value in body.properties.items() if name in CHANGEABLE},
        **_names(work, body.properties),
    )
    work.session.add(camera)
    work.session.flush()
    _announce(work, camera)
    from services.live_coverage import Change, follow  # noqa: PLC0415 - brings in compiled kernels

    with work.everywhere():
        follow(work, place.id, Change([camera.id], views=[camera.id]), now=now)
    return camera.fid


def change(work: UnitOfWork, fid: int, body: FeatureBody, revision: int, now: datetime) -> int:
    """Change a camera; returns its feature number."""
    camera = sql.row_of(work.session, Camera, fid)
    names = _names(work, body.properties, camera)
    values = {name: value for name, value in body.properties.items() if name in CHANGEABLE}
    if body.geometry is not None:
        territory = work.session.get_one(Territory, camera.territory_id)
        point = on_grid(body.geometry, territory)  # type: ignore[arg-type]
        values |= {"lon": point.x, "lat": point.y}
    if values:
        change_camera(work, str(camera.id), values, revision=revision, now=now)
    if names:
        for column, value in names.items():
            setattr(camera, column, value)
        if camera.revision == revision:  # nothing else was different
            camera.revision += 1
        work.session.flush()
        _announce(work, camera)
    return camera.fid


def remove(work: UnitOfWork, fid: int, now: datetime) -> None:
    """Take a camera down."""
    camera = sql.row_of(work.session, Camera, fid)
    territory = work.session.get_one(Territory, camera.territory_id)
    point = camera.point
    gone, seen = camera.id, live_sql.sheds_of(work.session, [camera.id])
    _announce(work, camera)
    work.session.delete(camera)
    work.session.flush()
    follow_removal(work, territory, gone, seen, point, now=now)


def _announce(work: UnitOfWork, camera: Camera) -> None:
    box = shapely.bounds(camera.point)
    for layer in ("cameras", "view_sheds"):
        work.touch(layer, camera.territory_id, (float(box[0]), float(box[1]), float(box[2]), float(box[3])))


def _names(work: UnitOfWork, told: Any, camera: Camera | None = None) -> dict[str, str | None]:  # noqa: ANN401
    """Return code and reference by their columns; each names one camera only.

    Raises
    ------
    InvalidInputError
        A code that is not of 20 digits.
    ConflictError
        Another camera has it.
    """
    given = {column: (told[name] or "").strip() or None for name, column in _NAMES.items() if name in told}
    code = given.get("gb28181_id")
    if code is not None and not _CODE.fullmatch(code):
        raise InvalidInputError("A code of GB/T 28181 has 20 digits.", field="gb28181_id")
    for value in filter(None, given.values()):
        other = camera_sql.find_camera(work.session, value)
        if other is not None and (camera is None or other.id != camera.id):
            raise ConflictError(f"Another camera is called {value}.", camera=value)
    return given
