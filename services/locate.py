"""What is here: grid and head, who is near, which cameras see the place, who owns the broken thing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np

from gis.codes import ungrouped
from gis.crs import parse_declared_crs, xy_to_wgs84
from gis.errors import InvalidGeometryError, InvalidInputError, NotFoundError
from gis.placeholders import placeholder_rows
from services.located import ON_BORDER_M, camera_told, deputies_of, grid_told, head_of, placement_of
from services.nearest_staff import StreetGraphs, with_walks
from services.plates import get_plate
from store.database import gazetteer as names
from store.database import locate as sql
from store.database.addresses import read_doors
from store.database.locate import COMPONENT_WITHIN_M, HereQuery
from store.database.work import UnitOfWork

SAME_PLACE_M: Final = 30.0
"""Doors of one address that are nearer to each other than this are one place."""
LARGEST_ACCURACY_M: Final = 50_000.0
MOST_DOORS: Final = 11
"""One more than the candidates that are told."""
_METHODS: Final = ("door_code", "address", "camera", "grid_code", "component", "plate")
_NOWHERE: Final = (181.0, 91.0, 181.0, 91.0)
"""A box that holds nothing on earth."""


@dataclass(frozen=True, slots=True)
class Place:
    """How a place is given: coordinates, or exactly one of the words.

    Attributes
    ----------
    x, y : float or None
        Longitude and latitude, or easting and northing where `crs` is projected.
    crs : str
        Declared reference system of x and y.
    accuracy_m : float
        Radius of the error circle.
    kind : str
        Kind of grid that is asked about.
    at : datetime or None
        Moment that heads, shifts and plans are looked up for; now when None.
    floor : int or None
        Floor of a building: dedicated grids lie over each other.
    """

    x: float | None = None
    y: float | None = None
    crs: str = "wgs84"
    accuracy_m: float = 0.0
    door_code: str | None = None
    address: str | None = None
    camera: str | None = None
    grid_code: str | None = None
    plate: str | None = None
    component: str | None = None
    kind: str = "household"
    at: datetime | None = None
    territory: UUID | None = None
    floor: int | None = None


@dataclass(slots=True)
class Located:
    """The answer, and what a report needs of it beyond the answer.

    Attributes
    ----------
    answer : dict
        JSON of the contract. Its ``hint`` is ``swapped`` where longitude and latitude seem to have changed places, the
        position turned round is then a candidate; ``placeholder`` where the position stands for "nobody knows".
    territory_id : UUID or None
    point : tuple of float or None
        Longitude, latitude.
    versions : list of UUID
        Grid versions that the place may be in, the likeliest first; empty outside every grid.
    codes : tuple of int
        Area, town and county of the (nearest) grid; zeros where there is none.
    """

    answer: dict[str, Any]
    territory_id: UUID | None = None
    point: tuple[float, float] | None = None
    versions: list[UUID] = field(default_factory=list)
    codes: tuple[int, int, int] = (0, 0, 0)
    component_id: UUID | None = None


def locate(work: UnitOfWork, graphs: StreetGraphs, place: Place, *, now: datetime) -> Located:
    """Say what is at a place.

    Parameters
    ----------
    work : UnitOfWork
    graphs : StreetGraphs
        Shared by all requests of the process.
    place : Place
    now : datetime

    Raises
    ------
    InvalidInputError
        No place or several are given, or the coordinates are not on earth.
    NotFoundError
        Nothing has this code or address.
    """
    moment = place.at or now
    method, text = _method(place)
    if text is None:
        point = _declared_point(place)
        return _at(work, graphs, place, point, method, moment)
    if method == "plate":
        return _at(work, graphs, place, _point_of_plate(work, text), method, moment)
    if method == "address":
        doors = graphs.addresses.find(work, text, limit=MOST_DOORS, territory=place.territory)
        rows = read_doors(work.session, doors)
    else:
        rows = sql.find_by_words(work.session, method, text, territory=place.territory)
    exact = method != "address" or any(row.exact for row in rows)
    if method == "address" and not exact:
        # the name of a place goes before a door whose address only holds it
        named = names.find_named(work.session, text, sounds=_letters(text), territory=place.territory)
        if named:
            return _at_name(work, graphs, place, named, moment)
        # a number is a door's: only words may be the beginning of a name
        begun = [] if any(sign.isdigit() for sign in text) else _begun(work, text, place)
        if begun and not rows:
            return _at_name(work, graphs, place, begun, moment)
        rows = [*begun, *rows]
    if not rows:
        raise NotFoundError(f"Nothing is known by the {method.replace('_', ' ')} '{text}'.", **{method: text})
    if method == "address" and exact:
        rows = [row for row in rows if row.exact]
    candidates = [_candidate(row) for row in rows]
    if not _one_place(candidates):
        return _ambiguous(candidates[:10], method, moment)
    return _at(work, graphs, place, (candidates[0]["lon"], candidates[0]["lat"]), method, moment)


def _candidate(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {
        "kind": row.kind,
        "label": row.label,
        "detail": row.detail,
        "id": str(row.id),
        "lon": row.lon,
        "lat": row.lat,
    }


def _begun(work: UnitOfWork, text: str, place: Place) -> list[Any]:
    return names.find_begun(work.session, text, sounds=_letters(text), territory=place.territory)


def _letters(text: str) -> str | None:
    joined = "".join(text.split()).replace("'", "").casefold()
    return joined if joined.isascii() and joined.isalnum() and joined[:2].isalpha() else None


def _at_name(work: UnitOfWork, graphs: StreetGraphs, place: Place, named: list[Any], moment: datetime) -> Located:
    candidates = [_candidate(row) for row in named]
    if not _one_place(candidates):
        return _ambiguous(candidates[:10], "name", moment)
    # whoever names a village means somewhere in it
    reach = max(place.accuracy_m, min(named[0].reach_m, LARGEST_ACCURACY_M))
    found = replace(place, accuracy_m=reach)
    return _at(work, graphs, found, (candidates[0]["lon"], candidates[0]["lat"]), "name", moment)


def _method(place: Place) -> tuple[str, str | None]:
    given = [(name, getattr(place, name)) for name in _METHODS if getattr(place, name) is not None]
    has_point = place.x is not None or place.y is not None
    if len(given) + has_point != 1:
        raise InvalidInputError(
            "Give exactly one of: lon and lat, door_code, address, camera, grid_code, component, plate.",
            given=[name for name, _ in given] + (["lon"] if has_point else []),
        )
    if has_point:
        return "coordinates", None
    name, text = given[0]
    clean = " ".join(str(text).split())
    if not clean or len(clean) > 200:
        raise InvalidInputError(f"'{name}' is empty or too long.", field=name)
    # pages show codes in groups, and people copy them from there
    return name, clean if name == "address" else ungrouped(clean)


def _point_of_plate(work: UnitOfWork, text: str) -> tuple[float, float]:
    plate = get_plate(work, text)
    if plate.lon is None or plate.lat is None:
        raise NotFoundError("What this plate stands for is in no plan any more.", plate=plate.code)
    return plate.lon, plate.lat


def _declared_point(place: Place) -> tuple[float, float]:
    if place.x is None or place.y is None:
        raise InvalidInputError("A point needs both lon and lat.", field="lat" if place.y is None else "lon")
    if not 0 <= place.accuracy_m <= LARGEST_ACCURACY_M:
        raise InvalidInputError(
            f"'accuracy_m' is a radius from 0 to {LARGEST_ACCURACY_M:.0f} metres.", field="accuracy_m"
        )
    declared = parse_declared_crs(place.crs)
    if not (math.isfinite(place.x) and math.isfinite(place.y)):
        raise InvalidGeometryError("The coordinates are not finite numbers.", field="lon")
    if declared.is_lonlat:
        _check_on_earth(place.x, place.y)
    lon, lat = (float(value) for value in xy_to_wgs84([[place.x, place.y]], declared)[0])
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise InvalidGeometryError(f"These coordinates are nowhere in {place.crs}.", field="lon")
    _check_on_earth(lon, lat)
    return lon, lat


def _check_on_earth(lon: float, lat: float) -> None:
    if abs(lon) <= 180 and abs(lat) <= 90:
        return
    said = f"{lon}, {lat} is not on earth (longitude, latitude)."
    if abs(lat) <= 180 and abs(lon) <= 90:
        fix = {"lon": lat, "lat": lon}
        raise InvalidGeometryError(f"{said} Latitude and longitude look swapped.", lon=lon, lat=lat, fix=fix)
    raise InvalidGeometryError(f"{said} Is it another reference system?", lon=lon, lat=lat)


def _one_place(candidates: list[dict[str, Any]]) -> bool:
    first = candidates[0]
    here = (first["lon"], first["lat"])
    return all(metres_between(here, (other["lon"], other["lat"])) <= SAME_PLACE_M for other in candidates[1:])


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return roughly how far two positions (longitude, latitude) are apart; for thresholds, not for measures."""
    north = (other[1] - one[1]) * 110_574
    east = (other[0] - one[0]) * 111_320 * math.cos(math.radians(one[1]))
    return math.hypot(north, east)


def _ambiguous(candidates: list[dict[str, Any]], method: str, moment: datetime) -> Located:
    return Located(
        {
            "point": None,
            "placement": "ambiguous",
            "grids": [],
            "head": None,
            "deputies": [],
            "staff": [],
            "cameras": {"seeing": [], "nearest": []},
            "component": None,
            "candidates": candidates,
            "located_by": method,
            "at": moment.isoformat(),
        }
    )


def _at(
    work: UnitOfWork, graphs: StreetGraphs, place: Place, point: tuple[float, float], method: str, moment: datetime
) -> Located:
    lon, lat = point
    radius = max(place.accuracy_m, ON_BORDER_M)
    query = HereQuery(
        lon, lat, radius, box_around(lon, lat, radius), place.kind, moment, place.territory, floor=place.floor
    )
    here = sql.read_here(work.session, query)
    if here["territory"] is None:
        raise NotFoundError("There is no territory yet; load one first with `gridward load osm FILE`.")
    grids = here["grids"] or []
    placement = placement_of(grids, radius)
    hint = _hint(here, point)
    if placement == "outside":
        # no grid is near to a place that stands for "nobody knows"
        grids = [] if hint == "placeholder" else grids[:1]
    staff = with_walks(work, graphs, here, point)
    hidden = {} if work.actor.may("camera_network") else {"gb28181_id": None, "ref": None}
    cameras = [camera_told(each | hidden) for each in here["cameras"] or []]
    first = grids[0] if grids else None
    heads = [head_of(grid, lost=placement == "outside") for grid in grids]
    answer = {
        "point": {"lon": lon, "lat": lat, "accuracy_m": place.accuracy_m},
        "placement": placement,
        "grids": [grid_told(grid, head) for grid, head in zip(grids, heads, strict=True)],
        "head": heads[0] if heads else None,
        "deputies": deputies_of(first) if first and placement != "outside" else [],
        "staff": staff,
        "cameras": {
            "seeing": [each for each in cameras if each["reason"] == "sees"],
            "nearest": [each for each in cameras if each["reason"] != "sees"][: query.cameras],
        },
        "component": here["component"]
        and {**here["component"], "reason": f"nearest within {COMPONENT_WITHIN_M:.0f} m"},
        "candidates": [_turned(here["turned"], lon, lat)] if hint == "swapped" else [],
        "hint": hint,
        "located_by": method,
        "at": moment.isoformat(),
        "plan": {"id": here["plan_id"], "status": here["plan_status"]} if here["plan_id"] else None,
    }
    return Located(
        answer,
        UUID(here["territory"]["id"]),
        point,
        [] if placement == "outside" else [UUID(grid["version"]) for grid in grids],
        (first["area_code"], first["town_code"], first["county_code"]) if first else (0, 0, 0),
        UUID(here["component"]["id"]) if here["component"] else None,
    )


def _hint(here: dict[str, Any], point: tuple[float, float]) -> str | None:
    if here["turned"] is not None:
        return "swapped"
    nowhere = not here["territory"]["inside"] and placeholder_rows(np.array([point]), _NOWHERE)[0]
    return "placeholder" if nowhere else None


def _turned(territory: str | None, lon: float, lat: float) -> dict[str, Any]:
    """Offer a position whose longitude and latitude changed places, turned round."""
    label = f"{lat:.6f}, {lon:.6f}"
    return {"kind": "coordinate", "label": label, "detail": territory, "id": None, "lon": lat, "lat": lon}


def box_around(lon: float, lat: float, radius: float) -> tuple[float, float, float, float]:
    """Return a box that surely holds the circle; distances themselves are measured on the ellipsoid."""
    north = radius / 110_000 + 1e-9
    east = min(180.0, radius / (110_000 * max(0.01, math.cos(math.radians(lat)))) + 1e-9)
    return lon - east, lat - north, lon + east, lat + north
