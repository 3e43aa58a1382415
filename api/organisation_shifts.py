"""Shifts, the patterns that write them out, and absences."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.deps import Work
from api.moments import Day, Moment
from api.organisation import Territory
from api.plan_history import SettingsOf
from services import shifts

router = APIRouter(prefix="/api/v1", tags=["organisation"])


class ShiftOut(BaseModel):
    """A time on duty; `absent` when the member of staff is away during some of it."""

    id: UUID
    staff_id: UUID
    work_no: str
    name: str
    post: str
    area_name: str | None
    since: datetime
    until: datetime
    pattern_id: UUID | None
    absent: bool


class PatternOut(BaseModel):
    """A rhythm of duty."""

    id: UUID
    first_day: Day
    last_day: Day
    cycle_days: int
    on_days: list[int]
    starts: time
    ends: time


class AbsenceOut(BaseModel):
    """A time away."""

    id: UUID
    since: datetime
    until: datetime


class PatternIn(BaseModel):
    """A rhythm: days of a cycle counted from 0 on its first day, from when to when by the local clock."""

    model_config = ConfigDict(extra="forbid")

    first_day: Day
    last_day: Day
    cycle_days: Annotated[int, Field(ge=1, le=366)] = 7
    on_days: Annotated[list[Annotated[int, Field(ge=0, le=365)]], Field(min_length=1, max_length=366)]
    starts: time
    ends: time


class ShiftIn(BaseModel):
    """A single shift (`since` and `until`), or a `pattern` that writes out its shifts."""

    model_config = ConfigDict(extra="forbid")

    staff: UUID
    since: Moment | None = None
    until: Moment | None = None
    pattern: PatternIn | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.pattern is None) == (self.since is None or self.until is None):
            raise ValueError("give since and until, or a pattern")
        return self


class ShiftsOut(BaseModel):
    """Shifts of a period in the order of their beginnings."""

    shifts: list[ShiftOut]


class ShiftsAdded(BaseModel):
    """How many shifts are new, and the pattern that wrote them."""

    added: int
    pattern_id: UUID | None


class AbsenceIn(BaseModel):
    """A time away; why is not asked."""

    model_config = ConfigDict(extra="forbid")

    staff: UUID
    since: Moment
    until: Moment


class AbsenceAdded(BaseModel):
    """The absence."""

    id: UUID


@router.get("/shifts", operation_id="list_shifts")
def list_shifts(
    work: Work,
    territory: Territory = None,
    staff: UUID | None = None,
    since: Annotated[Moment | None, Query(description="Now when left out.")] = None,
    until: Annotated[Moment | None, Query(description="A week later when left out.")] = None,
) -> ShiftsOut:
    """Return the shifts of a period, three months at most."""
    found = shifts.list_shifts(work, since=since or datetime.now(UTC), until=until, staff=staff, territory=territory)
    return ShiftsOut.model_validate({"shifts": found})


@router.post("/shifts", status_code=201, operation_id="add_shifts")
def add_shifts(work: Work, settings: SettingsOf, given: ShiftIn) -> ShiftsAdded:
    """Add a shift, or a pattern with all its shifts; what is there already is left alone."""
    if given.pattern is not None:
        told = given.pattern.model_dump()
        pattern = shifts.Pattern(**{**told, "on_days": tuple(told["on_days"])})
        made, added = shifts.add_pattern(work, given.staff, pattern, zone=ZoneInfo(settings.cases.time_zone))
        return ShiftsAdded(added=added, pattern_id=made)
    assert given.since is not None and given.until is not None  # noqa: PT018, S101 - the model saw to it
    return ShiftsAdded(added=shifts.add_shift(work, given.staff, given.since, given.until), pattern_id=None)


@router.delete("/shifts/{shift}", status_code=204, operation_id="remove_shift")
def remove_shift(work: Work, shift: UUID) -> None:
    """Remove one shift."""
    shifts.remove_shift(work, shift)


@router.delete("/shift-patterns/{pattern}", status_code=204, operation_id="remove_shift_pattern")
def remove_pattern(work: Work, pattern: UUID) -> None:
    """Remove a pattern with the shifts that it wrote."""
    shifts.remove_pattern(work, pattern)


@router.post("/absences", status_code=201, operation_id="add_absence")
def add_absence(work: Work, given: AbsenceIn) -> AbsenceAdded:
    """Note a time away; deputies stand in for a head."""
    return AbsenceAdded(id=shifts.add_absence(work, given.staff, given.since, given.until))


@router.delete("/absences/{absence}", status_code=204, operation_id="remove_absence")
def remove_absence(work: Work, absence: UUID) -> None:
    """Take an absence back."""
    shifts.remove_absence(work, absence)
