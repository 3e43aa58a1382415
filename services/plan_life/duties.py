"""Who answers for what: the list of responsibilities of each grid kind, of a territory or of one grid (定责)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gis.errors import InvalidInputError, NotFoundError
from store.database import duties as sql
from store.database.models import Plan
from store.database.models.plan import GRID_KINDS
from store.database.partition import find_territory
from store.database.work import UnitOfWork

DUTY_LENGTH = 300
MOST_DUTIES = 200


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of a role; `unit` is the code of the unit that leads it, where one does."""

    role: str
    duty_en: str
    duty_zh: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class DutyList:
    """The duties in force, and whose list they are: ``grid``, ``territory`` or ``default``."""

    source: str
    duties: list[Duty]


def duties_of(work: UnitOfWork, territory_id: UUID, kind: str, grid_id: UUID | None = None) -> DutyList:
    """Return the duties of grids of a kind: the grid's own list, else the territory's, else the one we start with."""
    _known(kind)
    rows = sql.read_duties(work.session, territory_id, kind, grid_id)
    for source, mine in (
        ("grid", [row for row in rows if row.grid_id is not None]),
        ("territory", [row for row in rows if row.grid_id is None and row.territory_id is not None]),
        ("default", [row for row in rows if row.territory_id is None]),
    ):
        if mine:
            return DutyList(source, [Duty(row.role, row.duty_en, row.duty_zh, row.unit) for row in mine])
    return DutyList("default", [])


def set_duties(
    work: UnitOfWork, territory: UUID | str | None, kind: str, duties: list[Duty], *, grid: str | None = None
) -> DutyList:
    """Write the duties of a kind of grid in a territory, or of one grid; an empty list goes back to the wider one.

    Raises
    ------
    InvalidInputError
        A duty without words, or an unknown role.
    NotFoundError
        No such grid or unit.
    """
    work.actor.require("planner", "reviewer")
    _known(kind)
    if len(duties) > MOST_DUTIES:
        raise InvalidInputError(f"At most {MOST_DUTIES} duties.", field="duties")
    place = find_territory(work.session, territory)
    grid_id = None
    if grid is not None:
        grid_id = sql.grid_named(work.session, place.id, kind, grid)
        if grid_id is None:
            raise NotFoundError(f"There is no grid {grid} of this kind.", grid=grid)
    roles, units = sql.role_codes(work.session), sql.unit_ids(work.session, place.id)
    rows = []
    for number, duty in enumerate(duties, start=1):
        if duty.role not in roles:
            known = ", ".join(sorted(roles))
            raise InvalidInputError(f"There is no role '{duty.role}'; known: {known}.", field="role", row=number)
        words = (duty.duty_en.strip() or duty.duty_zh.strip(), duty.duty_zh.strip() or duty.duty_en.strip())
        if not words[0] or max(map(len, words)) > DUTY_LENGTH:
            raise InvalidInputError(f"A duty has 1 to {DUTY_LENGTH} characters.", field="duty_en", row=number)
        if duty.unit is not None and duty.unit not in units:
            raise NotFoundError(f"There is no unit {duty.unit}.", unit=duty.unit, row=number)
        rows.append((duty.role, *words, units[duty.unit] if duty.unit is not None else None))
    sql.replace_duties(work.session, place.id, kind, grid_id, rows)
    return duties_of(work, place.id, kind, grid_id)


def place_of(work: UnitOfWork, territory: UUID | str | None) -> UUID:
    """Return the id of the named territory, or of the only one."""
    return find_territory(work.session, territory).id


def grids_without(work: UnitOfWork, plan: Plan) -> list[str]:
    """Return codes of the grids of a plan that have no responsibilities."""
    return sql.grids_without_duties(work.session, plan.id, plan.territory_id, plan.kind)


def _known(kind: str) -> None:
    if kind not in GRID_KINDS:
        raise InvalidInputError(f"There is no grid kind '{kind}'; known: {', '.join(GRID_KINDS)}.", field="kind")
