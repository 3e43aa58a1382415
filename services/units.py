"""Units: departments, centres and teams as a tree of any depth with valid time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError, NotFoundError, StaleRevisionError
from store.database import organisation as sql
from store.database.models import Unit
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.types import Range

_ROLES = ("planner", "shift_leader")


class TreeCycleError(ConflictError):
    """A unit would be above itself; ``cycle`` names the units of the ring, from the one that was to be moved."""

    code = "tree-cycle"


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit as lists show it.

    Attributes
    ----------
    parent_id : UUID or None
        The unit above it, as it was set down.
    above_id : UUID or None
        The unit that it stands below on the day that is looked at: its parent or, where that one is closed, the
        nearest one above which is not.
    """

    id: UUID
    code: str
    kind: str
    name: str
    parent_id: UUID | None
    above_id: UUID | None
    area_id: UUID | None
    area_code: str | None
    area_name: str | None
    valid_from: date | None
    valid_to: date | None
    staff: int
    revision: int


def organisation(
    work: UnitOfWork, *, at: datetime, day: date, territory: UUID | str | None = None, kind: str = "household"
) -> dict[str, Any]:
    """Return the tree of areas with grids, vacancies and staff, and the tree of units, as of a moment."""
    place = find_territory(work.session, territory)
    areas = sql.area_tree(work.session, place.id, kind, at, day)
    return {"territory": place.id, "at": at, "areas": areas, "units": _views(work, place.id, day)}


def list_units(work: UnitOfWork, *, day: date | None, territory: UUID | str | None = None) -> list[UnitView]:
    """Return the units of a day (None: of any), in the order of codes."""
    return _views(work, find_territory(work.session, territory).id, day)


def get_unit(work: UnitOfWork, unit_id: UUID) -> UnitView:
    """Return a unit.

    Raises
    ------
    NotFoundError
        There is no such unit.
    """
    unit = _found(work, unit_id)
    return _views(work, unit.territory_id, None, unit.id)[0]


def add_unit(
    work: UnitOfWork,
    *,
    code: str,
    name: str,
    kind: str = "department",
    parent: UUID | None = None,
    area: UUID | None = None,
    valid_from: date | None = None,
    territory: UUID | str | None = None,
) -> UnitView:
    """Set up a unit, from a day on; one without was always there.

    Raises
    ------
    ConflictError
        The code is taken.
    InvalidInputError
        There is no such parent or area.
    """
    work.actor.require(*_ROLES)
    place = find_territory(work.session, territory)
    if sql.unit_coded(work.session, code) is not None:
        raise ConflictError(f"There is a unit with the code {code} already.", field="code", unit=code)
    unit = Unit(territory_id=place.id, code=code, name=name, kind=kind, valid=_valid(valid_from, None))
    unit.parent_id, unit.area_id = _parent(work, place.id, parent), _area(work, place.id, area)
    work.session.add(unit)
    work.session.flush()
    work.announce("organisation", {}, place.id)
    return get_unit(work, unit.id)


def change_unit(work: UnitOfWork, unit_id: UUID, changes: dict[str, Any], *, revision: int) -> UnitView:
    """Rename, move or close a unit.

    Parameters
    ----------
    work : UnitOfWork
    unit_id : UUID
    changes : dict
        ``name``, ``kind``, ``parent`` (UUID or None), ``area`` (UUID or None), ``valid_from`` and ``valid_to``
        (date or None, the first day on which it is no more).
    revision : int
        That the caller saw.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster.
    TreeCycleError
        The unit would be above itself.
    """
    work.actor.require(*_ROLES)
    unit = _found(work, unit_id, lock=True)
    if unit.revision != revision:
        now = get_unit(work, unit_id)
        raise StaleRevisionError(
            "The unit was changed since you read it; look at the present version first.",
            current={"code": now.code, "name": now.name, "revision": now.revision},
        )
    if "parent" in changes:
        _move(work, unit, changes["parent"])
    if "area" in changes:
        unit.area_id = _area(work, unit.territory_id, changes["area"])
    unit.valid = _valid(changes.get("valid_from", unit.valid.lower), changes.get("valid_to", unit.valid.upper))
    for name in ("name", "kind"):
        if name in changes:
            setattr(unit, name, changes[name])
    unit.revision += 1
    work.session.flush()
    work.announce("organisation", {}, unit.territory_id)
    return get_unit(work, unit_id)


def _valid(first: date | None, last: date | None) -> Range[date]:
    if last is not None and first is not None and last <= first:
        raise InvalidInputError("A unit ends after it began.", field="valid_to")
    return Range(first, last, bounds="[)")


def _parent(work: UnitOfWork, territory_id: UUID, parent: UUID | None) -> UUID | None:
    if parent is None:
        return None
    found = sql.find_unit(work.session, parent)
    if found is None or found.territory_id != territory_id:
        raise InvalidInputError("There is no such unit to stand above it.", field="parent")
    return found.id


def _move(work: UnitOfWork, unit: Unit, parent: UUID | None) -> None:
    """Have a unit stand below another, or on top; the database looks again where two people change the tree at once."""
    found = _parent(work, unit.territory_id, parent)
    ring = _ring(work, unit, found)
    if not ring and not sql.place_unit(work.session, unit, found):
        ring = _ring(work, unit, found) or [unit.code]
    if ring:
        raise TreeCycleError(
            f"{unit.name} can't stand there: it would be above itself ({' → '.join(ring)}).",
            field="parent", unit=unit.code, cycle=ring, why_zh=f"单位不能隶属于自己的下级：{' → '.join(ring)}。",
        )  # fmt: skip


def _ring(work: UnitOfWork, unit: Unit, parent: UUID | None) -> list[str]:
    """Return the codes of the ring that `parent` above `unit` would close, upwards; empty where it closes none."""
    above = [] if parent is None else list(sql.units_above(work.session, parent))
    place = next((number for number, each in enumerate(above) if each.id == unit.id), None)
    return [] if place is None else [unit.code, *(each.code for each in above[: place + 1])]


def _area(work: UnitOfWork, territory_id: UUID, area: UUID | None) -> UUID | None:
    if area is not None and sql.area_of(work.session, territory_id, area) is None:
        raise InvalidInputError("There is no such area.", field="area")
    return area


def _found(work: UnitOfWork, unit_id: UUID, *, lock: bool = False) -> Unit:
    unit = sql.find_unit(work.session, unit_id, lock=lock)
    if unit is None:
        raise NotFoundError("There is no such unit.", unit=str(unit_id))
    return unit


def _views(work: UnitOfWork, territory_id: UUID, day: date | None, unit_id: UUID | None = None) -> list[UnitView]:
    return [UnitView(**row) for row in sql.list_units(work.session, territory_id, day, unit_id)]
