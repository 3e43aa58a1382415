"""Buildings that appear or go: walls of the view sheds, so coverage follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import shapely

from gis.crs import to_lonlat, to_metric
from gis.errors import InvalidGeometryError, InvalidInputError, NotFoundError
from gis.validity import accept
from store.database import buildings as sql
from store.database.models import Building, Territory
from store.database.partition import find_territory
from store.database.work import UnitOfWork

ROLES = ("planner", "camera_administrator")
TALLEST = 1000.0  # metres


@dataclass(frozen=True, slots=True)
class BuildingView:
    """A footprint as it is stored."""

    id: UUID
    fid: int
    kind: str
    height_m: float | None


def add_building(
    work: UnitOfWork,
    geometry: dict[str, Any],
    *,
    kind: str,
    height_m: float | None,
    territory: UUID | None,
    now: datetime,
) -> BuildingView:
    """Put up a building.

    Parameters
    ----------
    work : UnitOfWork
    geometry : dict
        GeoJSON Polygon or MultiPolygon, EPSG:4326.
    kind : str
    height_m : float or None
    territory : UUID or None
        The only one without it.
    now : datetime

    Raises
    ------
    InvalidGeometryError
        The footprint is none, or lies outside the territory.
    InvalidInputError
        The height is no building's.
    """
    work.actor.require(*ROLES)
    place = find_territory(work.session, territory)
    if height_m is not None and not 0 < height_m <= TALLEST:
        raise InvalidInputError(f"A building is above 0 and at most {TALLEST:.0f} metres high.", field="height_m")
    building = Building(territory_id=place.id, kind=kind, height_m=height_m, geom=_footprint(place, geometry))
    sql.add(work.session, building)
    _follow(work, building, now=now)
    return _view(building)


def remove_building(work: UnitOfWork, fid: int, *, now: datetime) -> None:
    """Take a building away.

    Raises
    ------
    NotFoundError
        There is no such building.
    """
    work.actor.require(*ROLES)
    building = sql.find(work.session, fid)
    if building is None:
        raise NotFoundError(f"There is no building {fid}.", building=fid)
    sql.remove(work.session, building)
    _follow(work, building, now=now)


def _footprint(territory: Territory, geometry: dict[str, Any]) -> shapely.MultiPolygon:
    """Check a footprint, on the centimetre grid."""
    try:
        given = shapely.from_geojson(orjson.dumps(geometry))
    except (shapely.GEOSException, TypeError) as error:
        said = str(error)
        why = " A ring has at least four points, the last one the first again." if "ring" in said.lower() else ""
        raise InvalidGeometryError(f"The footprint is no GeoJSON polygon.{why}", field="geometry") from error
    lonlat = accept(np.array([given]), bounds=(-180.0, -90.0, 180.0, 90.0), metric=False)
    shape = accept(to_metric(lonlat, territory.metric_srid))[0]
    outline = to_metric(territory.outline, territory.metric_srid)
    if not shapely.intersects(outline, shape):
        raise InvalidGeometryError(f"The footprint lies outside {territory.name}.", field="geometry")
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    found: shapely.MultiPolygon = to_lonlat(shapely.MultiPolygon(parts), territory.metric_srid)
    return found


def _follow(work: UnitOfWork, building: Building, *, now: datetime) -> None:
    from services.live_buildings import follow_building  # noqa: PLC0415 - brings in compiled kernels

    work.session.flush()
    work.touch("buildings", building.territory_id, building.geom.bounds)
    follow_building(work, building.territory_id, building.geom, now=now)


def _view(building: Building) -> BuildingView:
    return BuildingView(building.id, building.fid, building.kind, building.height_m)
