"""The organisation: the tree of areas with grids and vacancies, the tree of units, and the roles there are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import IfMatch, Work
from api.moments import Day
from api.plan_history import At, SettingsOf
from api.plans import Kind
from services import organisation, units

router = APIRouter(prefix="/api/v1", tags=["organisation"])
Territory = Annotated[UUID | None, Query(description="May be left out where only one is loaded.")]
Code = Annotated[str, Field(min_length=1, max_length=60)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=60)]


class AreaNode(BaseModel):
    """An area of the tree; `grids`, `vacant`, `households` and `staff` are its own, without those below."""

    id: UUID
    code: str
    kind: str
    name: str
    parent_id: UUID | None
    grids: int
    vacant: int
    households: int
    staff: int
    valid_from: date | None
    valid_to: Day | None


class UnitOut(BaseModel):
    """A unit; `valid_to` is the first day on which it is no more.

    `above_id` is the unit that it stands below on the day that is asked for: its parent or, where that one is closed,
    the nearest one above which is not.
    """

    model_config = ConfigDict(from_attributes=True)

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
    valid_to: Day | None
    staff: int
    revision: int


class OrganisationOut(BaseModel):
    """Areas, parents first, and units, as of a moment."""

    territory: UUID
    at: datetime
    areas: list[AreaNode]
    units: list[UnitOut]


class UnitsOut(BaseModel):
    """Units in the order of codes."""

    units: list[UnitOut]


class UnitAnswer(BaseModel):
    """One unit."""

    unit: UnitOut


class UnitIn(BaseModel):
    """A unit to set up."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name: Name
    kind: Word = "department"
    parent: UUID | None = None
    area: UUID | None = None
    valid_from: Day | None = None
    territory: UUID | None = None


class UnitChange(BaseModel):
    """What to change; `parent`, `area`, `valid_from` and `valid_to` may be null."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    kind: Word | None = None
    parent: UUID | None = None
    area: UUID | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None


class RoleOut(BaseModel):
    """A role that assignments give."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name_en: str
    name_zh: str


class RolesOut(BaseModel):
    """All roles."""

    roles: list[RoleOut]


class RoleIn(BaseModel):
    """A role to add."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    name_en: Name
    name_zh: Name


@router.get("/organisation", operation_id="get_organisation")
def get_organisation(
    work: Work, settings: SettingsOf, territory: Territory = None, kind: Kind = "household", at: At = None
) -> OrganisationOut:
    """Return the trees of areas and units as of a date."""
    from services.plan_life.asof import moment_of  # noqa: PLC0415 - brings in the engines

    zone = settings.cases.time_zone
    moment = moment_of(at, time_zone=zone)
    day = moment.astimezone(ZoneInfo(zone)).date()
    found = units.organisation(work, at=moment, day=day, territory=territory, kind=kind)
    return OrganisationOut(
        territory=found["territory"],
        at=moment,
        areas=[AreaNode.model_validate(area) for area in found["areas"]],
        units=[UnitOut.model_validate(unit) for unit in found["units"]],
    )


@router.get("/units", operation_id="list_units")
def list_units(
    work: Work,
    territory: Territory = None,
    on: Annotated[Day | None, Query(description="Only those that are there on this day.")] = None,
) -> UnitsOut:
    """Return departments, centres and teams."""
    found = units.list_units(work, day=on, territory=territory)
    return UnitsOut(units=[UnitOut.model_validate(unit) for unit in found])


@router.post("/units", status_code=201, operation_id="add_unit")
def add_unit(work: Work, response: Response, given: UnitIn) -> UnitAnswer:
    """Set up a unit."""
    return _unit(units.add_unit(work, **given.model_dump()), response)


@router.get("/units/{unit}", operation_id="get_unit")
def get_unit(work: Work, response: Response, unit: UUID) -> UnitAnswer:
    """Return a unit."""
    return _unit(units.get_unit(work, unit), response)


@router.patch("/units/{unit}", operation_id="change_unit")
def change_unit(work: Work, response: Response, unit: UUID, change: UnitChange, revision: IfMatch) -> UnitAnswer:
    """Rename, move or close a unit; 409 `tree-cycle` when it would stand above itself."""
    given = change.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name not in ("name", "kind")}
    return _unit(units.change_unit(work, unit, changes, revision=revision), response)


@router.get("/roles", operation_id="list_roles")
def list_roles(work: Work) -> RolesOut:
    """Return the roles that assignments may give."""
    return RolesOut(roles=[RoleOut.model_validate(role) for role in organisation.list_roles(work)])


@router.post("/roles", status_code=201, operation_id="add_role")
def add_role(work: Work, given: RoleIn) -> RoleOut:
    """Add a role."""
    return RoleOut.model_validate(organisation.add_role(work, given.code, name_en=given.name_en, name_zh=given.name_zh))


def _unit(found: units.UnitView, response: Response) -> UnitAnswer:
    response.headers["ETag"] = f'"{found.revision}"'
    return UnitAnswer(unit=UnitOut.model_validate(found))
