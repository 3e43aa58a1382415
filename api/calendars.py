"""Work calendars: which one holds, a new one, and when a limit would be due."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.case_bodies import ClockOut
from api.deps import Work
from api.moments import Day, Moment
from casework.calendars import write_hours
from casework.limits import read_limit
from services import calendars, clocks, incident_views
from services.calendars import CalendarView

router = APIRouter(prefix="/api/v1", tags=["calendars"])
Territory = Annotated[UUID | None, Query(description="The only one without it.")]


class CalendarDayOut(BaseModel):
    """A day that differs from its weekday."""

    day: Day
    works: bool
    name: str
    hours: list[str] | None


class CalendarOut(BaseModel):
    """A work calendar. `announced` are the years whose days are official: null where none need to be."""

    id: UUID | None
    version: int
    code: str
    name_en: str
    name_zh: str
    zone: str
    hours: list[str]
    week: list[int]
    announced: list[int] | None
    days: list[CalendarDayOut]
    loaded_at: datetime | None

    @classmethod
    def of(cls, view: CalendarView) -> CalendarOut:
        """Build the answer from the service's result."""
        calendar = view.calendar
        days = [
            CalendarDayOut(
                day=one.day,
                works=one.works,
                name=one.name,
                hours=None if one.hours is None else write_hours(one.hours),
            )
            for one in calendar.days
        ]
        return cls(
            id=view.id,
            version=view.version,
            code=calendar.code,
            name_en=calendar.name_en,
            name_zh=calendar.name_zh,
            zone=calendar.zone,
            hours=write_hours(calendar.hours),
            week=sorted(day + 1 for day in calendar.week),
            announced=None if calendar.announced is None else sorted(calendar.announced),
            days=days,
            loaded_at=view.loaded_at,
        )


class CalendarIn(BaseModel):
    """A work calendar as its file holds it; with `years` and no `hours` those years change and the rest stays."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    zone: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    hours: Annotated[list[str] | None, Field(min_length=1, max_length=10)] = None
    week: Annotated[list[int] | None, Field(min_length=1, max_length=7)] = None
    name_en: Annotated[str | None, Field(max_length=100)] = None
    name_zh: Annotated[str | None, Field(max_length=100)] = None
    announced_yearly: StrictBool | None = None
    years: dict[str, dict[str, Any]] = {}


class CalendarSaved(BaseModel):
    """The calendar that holds now, and how many running clocks got another due time; many are left to a `job`."""

    calendar: CalendarOut
    clocks_moved: int
    job: UUID | None


class DueOut(BaseModel):
    """When a limit is over; `provisional` where a year in between is not announced."""

    due_at: datetime
    provisional: bool


class ReckoningOut(BaseModel):
    """What a clock was reckoned to, and why: the first result stays beside every later one."""

    kind: str
    phase: int
    state: str
    seq: int
    reason: str
    due_at: datetime | None
    provisional: bool
    limits: list[list[Any]]
    at: datetime


class CaseClocksOut(BaseModel):
    """The clocks of a case that run or rest, and everything they were ever reckoned to."""

    stage: ClockOut | None
    total: ClockOut | None
    phases: list[ClockOut]
    review: ClockOut | None
    results: list[ReckoningOut]


@router.get("/calendars", summary="The work calendar that holds", operation_id="get_calendar")
def get_calendar(work: Work, territory: Territory = None) -> CalendarOut:
    """Return the calendar that limits are counted on."""
    return CalendarOut.of(calendars.show(work, territory))


@router.put("/calendars", summary="Put another work calendar in force", operation_id="save_calendar")
def save_calendar(work: Work, body: CalendarIn, territory: Territory = None) -> CalendarSaved:
    """Save a new version; running clocks are reckoned anew and the results before stay."""
    told = body.model_dump(exclude_none=True, exclude_unset=True)
    view, moved = calendars.save(work, told, now=datetime.now(UTC), territory=territory)
    return CalendarSaved(calendar=CalendarOut.of(view), clocks_moved=moved, job=view.job_id)


@router.get("/calendars/due", summary="When a limit would be due", operation_id="reckon_due")
def reckon_due(
    work: Work,
    start: Annotated[Moment, Query(description="When it starts.")],
    time_limit: Annotated[str, Query(min_length=1, max_length=40, description="Such as `4 工作时` or `5 work days`.")],
    territory: Territory = None,
) -> DueOut:
    """Return when a limit that starts at a moment is over."""
    due, provisional = calendars.due(work, start, read_limit(time_limit), territory=territory)
    return DueOut(due_at=due, provisional=provisional)


@router.get("/incidents/{no}/clocks", summary="Clocks of a case", operation_id="get_incident_clocks")
def get_clocks(work: Work, no: str) -> CaseClocksOut:
    """Return the clocks of a case and all results they ever had."""
    row = incident_views.read_row(work, no)
    key = (row.month, row.id)
    found = clocks.clocks_of(work, [key], now=datetime.now(UTC))[key]
    results = [ReckoningOut.model_validate(one) for one in clocks.results_of(work, *key)]
    return CaseClocksOut(
        stage=_clock(found.stage),
        total=_clock(found.total),
        phases=[ClockOut.model_validate(one) for one in found.phases],
        review=_clock(found.review),
        results=results,
    )


def _clock(view: object | None) -> ClockOut | None:
    return None if view is None else ClockOut.model_validate(view)
