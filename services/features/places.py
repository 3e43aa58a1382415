"""Key places and facilities as features: what stands where, with the coverage that follows key places."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import shapely

from gis.errors import InvalidInputError
from services.features.bodies import FeatureBody
from services.features.ground import follow_place, on_grid, territory_of
from store.database import feature_edits as sql
from store.database.models import Facility, KeyPlace, Territory
from store.database.work import UnitOfWork

KEY_PLACE_ROLES: Final = ("planner", "analyst")
FACILITY_ROLES: Final = ("planner",)
HEAVIEST: Final = 1000.0


def create_key_place(work: UnitOfWork, body: FeatureBody, territory: UUID | None, now: datetime) -> int:
    """Add a key place; returns its feature number."""
    place, point = _put(work, body, territory)
    row = KeyPlace(territory_id=place.id, point=point, **_values(body.properties))
    work.session.add(row)
    work.session.flush()
    _announce(work, "key_places", place.id, [point])
    follow_place(work, place, [point], now=now)
    return row.fid


def change_key_place(work: UnitOfWork, fid: int, body: FeatureBody, _revision: int, now: datetime) -> int:
    """Change a key place; returns its feature number."""
    row = sql.row_of(work.session, KeyPlace, fid)
    territory = work.session.get_one(Territory, row.territory_id)
    points = _change(work, row, body, territory)
    _announce(work, "key_places", row.territory_id, points)
    if len(points) > 1 or "weight" in body.properties or "kind" in body.properties:
        follow_place(work, territory, points, now=now)
    return row.fid


def remove_key_place(work: UnitOfWork, fid: int, now: datetime) -> None:
    """Remove a key place."""
    row = sql.row_of(work.session, KeyPlace, fid)
    territory, point = work.session.get_one(Territory, row.territory_id), row.point
    _announce(work, "key_places", row.territory_id, [point])
    with work.everywhere():
        sql.release_gaps(work.session, row.id)
    work.session.delete(row)
    work.session.flush()
    follow_place(work, territory, [point], now=now)


def create_facility(work: UnitOfWork, body: FeatureBody, territory: UUID | None, _now: datetime) -> int:
    """Add a facility; returns its feature number."""
    place, point = _put(work, body, territory)
    row = Facility(territory_id=place.id, point=point, **_values(body.properties))
    work.session.add(row)
    work.session.flush()
    _announce(work, "facilities", place.id, [point])
    return row.fid


def change_facility(work: UnitOfWork, fid: int, body: FeatureBody, _revision: int, _now: datetime) -> int:
    """Change a facility; returns its feature number."""
    row = sql.row_of(work.session, Facility, fid)
    points = _change(work, row, body, work.session.get_one(Territory, row.territory_id))
    _announce(work, "facilities", row.territory_id, points)
    return row.fid


def remove_facility(work: UnitOfWork, fid: int, _now: datetime) -> None:
    """Remove a facility."""
    row = sql.row_of(work.session, Facility, fid)
    _announce(work, "facilities", row.territory_id, [row.point])
    work.session.delete(row)
    work.session.flush()


def _put(work: UnitOfWork, body: FeatureBody, territory: UUID | None) -> tuple[Territory, shapely.Point]:
    assert body.geometry is not None  # noqa: S101 - the caller checked
    place = territory_of(work, body.geometry, territory)
    return place, on_grid(body.geometry, place)  # type: ignore[arg-type]


def _change(work: UnitOfWork, row: KeyPlace | Facility, body: FeatureBody, territory: Territory) -> list[shapely.Point]:
    """Write what is another; returns where it is, and was if it moved."""
    points = [row.point]
    if body.geometry is not None:
        territory_of(work, body.geometry, territory.id)
        row.point = on_grid(body.geometry, territory)  # type: ignore[arg-type]
        points.append(row.point)
    for name, value in _values(body.properties).items():
        setattr(row, name, value)
    row.revision += 1
    work.session.flush()
    return points


def _values(told: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapping of checked values
    values: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in told.items()}
    if "kind" in values and not values["kind"]:
        raise InvalidInputError("'kind' can't be empty.", field="kind")
    if not 0 <= float(values.get("weight", 0)) <= HEAVIEST:
        raise InvalidInputError(f"'weight' is from 0 to {HEAVIEST:.0f}.", field="weight")
    return values


def _announce(work: UnitOfWork, layer: str, territory: UUID, points: list[shapely.Point]) -> None:
    west, south, east, north = (float(side) for side in shapely.total_bounds(points))
    work.touch(layer, territory, (west, south, east, north))
