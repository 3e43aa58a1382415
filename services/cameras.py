"""Cameras: what is known of one, and changing it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import shapely

from gis.errors import InvalidInputError, NotFoundError, StaleRevisionError
from services.camera_history import State
from services.camera_status import note_change
from store.database import camera_status as status_sql
from store.database import cameras as sql
from store.database.models import Camera, Territory
from store.database.work import UnitOfWork

CHANGEABLE: Final = (
    "azimuth", "hfov", "max_range", "height_m", "ptz", "dome", "indoor", "networked", "online", "serviceable", "owner",
    "purpose", "lon", "lat",
)  # fmt: skip
_OPTIONAL: Final = frozenset({"azimuth", "hfov", "height_m"})
_RANGES: Final[dict[str, tuple[float, float, str]]] = {
    "azimuth": (0.0, math.nextafter(360.0, 0), "from 0 to less than 360 degrees, clockwise from north"),
    "hfov": (0.1, 360.0, "above 0 and at most 360 degrees"),
    "max_range": (0.0, 5000.0, "from 0 to 5000 metres"),
    "height_m": (0.0, 500.0, "from 0 to 500 metres"),
    "lon": (-180.0, 180.0, "from -180 to 180 degrees"),
    "lat": (-90.0, 90.0, "from -90 to 90 degrees"),
}
_STATES: Final = ("online", "networked", "serviceable")
_LOOKS: Final = ("azimuth", "hfov", "max_range", "ptz", "dome", "indoor")


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera as a map object; position in EPSG:4326, angles in degrees, lengths in metres."""

    id: UUID
    fid: int
    gb28181_id: str | None
    ref: str | None
    kind: str
    owner: str
    purpose: str
    mount: str
    azimuth: float | None
    hfov: float | None
    max_range: float
    height_m: float | None
    ptz: bool
    dome: bool
    indoor: bool
    networked: bool
    online: bool
    serviceable: bool
    lon: float
    lat: float
    demo: bool
    revision: int


def kind_of(*, ptz: bool, dome: bool, hfov: float | None, azimuth: float | None) -> str:
    """Return ``ptz``, ``dome``, ``fixed``, or ``unknown`` where the heading of a fixed camera is.

    Examples
    --------
    >>> kind_of(ptz=False, dome=False, hfov=60.0, azimuth=None)
    'unknown'
    """
    if ptz:
        return "ptz"
    if dome or (hfov is not None and hfov >= 360):
        return "dome"
    return "unknown" if azimuth is None else "fixed"


def get_camera(work: UnitOfWork, named: str) -> CameraView:
    """Return a camera by id; by 20-digit code or reference, too, for whoever may know these.

    Raises
    ------
    NotFoundError
        No such camera.
    """
    return _shown(work, _find(work, named))


def change_camera(work: UnitOfWork, named: str, changes: dict[str, Any], *, revision: int, now: datetime) -> CameraView:
    """Change what is known of a camera.

    Parameters
    ----------
    work : UnitOfWork
    named : str
        Id, 20-digit code or reference.
    changes : dict
        Field → new value, of `CHANGEABLE`; None makes an angle or the height unknown again.
    revision : int
        Revision that the caller saw.
    now : datetime

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    InvalidInputError
        A value is out of range.
    """
    work.actor.require("camera_administrator", "planner")
    if changes.keys() & _STATES:
        status_sql.take_turns(work.session)  # before the camera is locked: a batch takes them in this order
    camera = _find(work, named, lock=True)
    if camera.revision != revision:
        raise StaleRevisionError(
            "The camera was changed since you read it; look at the present version first.", current=_shown(work, camera)
        )
    wanted = {name: checked_value(name, value) for name, value in changes.items()}
    before = _view(camera)
    different = {name: value for name, value in wanted.items() if getattr(before, name) != value}
    if not different:
        return _shown(work, camera)
    place = [float(different.pop(axis, getattr(before, axis))) for axis in ("lon", "lat")]
    _move(work, camera, shapely.Point(place))
    for name, value in different.items():
        setattr(camera, name, value)
    camera.revision += 1
    work.session.flush()
    if different.keys() & _STATES:
        told = State(*(getattr(camera, name) if name in different else None for name in _STATES))
        note_change(work, camera.id, told, now=now)
    for x, y in {(before.lon, before.lat), (camera.point.x, camera.point.y)}:
        work.touch("cameras", camera.territory_id, (x, y, x, y))
        work.touch("view_sheds", camera.territory_id, (x, y, x, y))
    if different.keys() & {*_STATES, *_LOOKS} or before.lon != camera.point.x or before.lat != camera.point.y:
        _let_coverage_follow(work, camera, before, recast=bool(different.keys() & _LOOKS), now=now)
    return _shown(work, camera)


def _let_coverage_follow(work: UnitOfWork, camera: Camera, before: CameraView, *, recast: bool, now: datetime) -> None:
    from services.live_coverage import Change, follow  # noqa: PLC0415 - brings in compiled kernels

    moved = (before.lon, before.lat) != (camera.point.x, camera.point.y)
    change = Change(
        [camera.id],
        views=[camera.id] if recast or moved else [],
        places=[(before.lon, before.lat)] if moved else [],
    )
    with work.everywhere():  # a view reaches over the border of an area
        follow(work, camera.territory_id, change, now=now)


def _move(work: UnitOfWork, camera: Camera, place: shapely.Point) -> None:
    """Put a camera elsewhere in its territory.

    Raises
    ------
    InvalidInputError
        The place is outside the territory's box.
    """
    if place.equals(camera.point):
        return
    territory = work.session.get_one(Territory, camera.territory_id)
    if not shapely.box(*territory.outline.bounds).covers(place):
        raise InvalidInputError(
            f"The camera would stand outside {territory.name}.", field="lon", lon=place.x, lat=place.y
        )
    camera.point = place


def _find(work: UnitOfWork, named: str, *, lock: bool = False) -> Camera:
    try:
        key: str | UUID = UUID(named)
    except ValueError:
        key = named
    # names in the network are masked: trying them out must not tell whose they are
    known = isinstance(key, UUID) or work.actor.may("camera_network")
    camera = sql.find_camera(work.session, key, lock=lock) if known else None
    if camera is None:
        raise NotFoundError(f"There is no camera {named[:80]}.", camera=named[:80])
    return camera


def checked_value(name: str, value: Any) -> Any:  # noqa: ANN401 - a field of any kind
    """Return a value that a camera may have; what is out of range or may not be empty is refused."""
    if name not in CHANGEABLE:
        raise InvalidInputError(f"'{name}' of a camera can't be changed here.", field=name)
    if value is None and name not in _OPTIONAL:
        raise InvalidInputError(f"'{name}' can't be empty.", field=name)
    if name in _RANGES and value is not None:
        low, high, words = _RANGES[name]
        if not (isinstance(value, (int, float)) and math.isfinite(value) and low <= value <= high):
            raise InvalidInputError(f"'{name}' is {words}.", field=name)
        return float(value)
    return value


def _shown(work: UnitOfWork, camera: Camera) -> CameraView:
    """Return a camera as the actor may see it: how it is reached on its network needs a right of its own."""
    view = _view(camera)
    return view if work.actor.may("camera_network") else replace(view, gb28181_id=None, ref=None)


def _view(camera: Camera) -> CameraView:
    return CameraView(
        camera.id,
        camera.fid,
        camera.gb28181_id,
        camera.source_ref,
        kind_of(ptz=camera.ptz, dome=camera.dome, hfov=camera.hfov, azimuth=camera.azimuth),
        camera.owner,
        camera.purpose,
        camera.mount,
        camera.azimuth,
        camera.hfov,
        camera.max_range,
        camera.height_m,
        camera.ptz,
        camera.dome,
        camera.indoor,
        camera.networked,
        camera.online,
        camera.serviceable,
        camera.point.x,
        camera.point.y,
        camera.demo,
        camera.revision,
    )
