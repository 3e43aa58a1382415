"""Any date: the plan in force, its grids, posts; statistics on any boundaries; responsibilities."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Work, settings_of
from api.plans import GridOut, Kind, PlanOut
from services.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["history"])
SettingsOf = Annotated[Settings, Depends(settings_of)]
At = Annotated[str | None, Query(max_length=40, description="Day (its end) or time with offset; left out: now.")]


class DatedGridOut(GridOut):
    """A grid as it was at a moment."""

    plan_id: UUID
    valid_from: datetime | None
    valid_to: datetime | None


class GridsAt(BaseModel):
    """Grids in force at a moment."""

    at: datetime
    grids: list[DatedGridOut]


class PostOut(BaseModel):
    """Who holds a post, since and until when."""

    work_no: str
    name: str
    post: str
    role: str
    is_head: bool
    share: float
    grid_id: UUID | None
    grid_code: str | None
    area_code: str | None
    area_name: str | None
    since: datetime | None
    until: datetime | None


class PostsAt(BaseModel):
    """Posts held at a moment."""

    at: datetime
    assignments: list[PostOut]


class FigureOut(BaseModel):
    """A figure on one unit: what was counted by place, and what was carried over by shares."""

    id: UUID
    code: str
    name: str
    value: float
    counted: float
    apportioned: float
    method: Literal["exact", "apportioned", "mixed"]


class StatisticsOut(BaseModel):
    """A figure on a boundary set; rows and `outside` add up to `total`."""

    model_config = ConfigDict(from_attributes=True)

    measure: str
    on: str
    at: datetime
    rows: list[FigureOut]
    outside: float
    total: float


class StatisticsQuery(BaseModel):
    """What is asked of the statistics."""

    model_config = ConfigDict(extra="forbid")

    on: Annotated[str, Field(max_length=80, description="Boundaries that answer: plan:ID or areas:KIND.")]
    measure: Literal["households", "incidents", "cameras"] = "households"
    territory: UUID | None = None
    at: Annotated[str | None, Field(max_length=40, description="Day on which areas are taken; left out: now.")] = None
    since: Annotated[str | None, Field(alias="from", max_length=40, description="Incidents from this day.")] = None
    until: Annotated[str | None, Field(alias="to", max_length=40, description="Incidents up to this day.")] = None
    of: Annotated[str | None, Field(max_length=80, description="plan:ID whose stored households are restated.")] = None


class Totals(BaseModel):
    """Totals by code of old boundaries, to be carried over to others."""

    model_config = ConfigDict(extra="forbid")

    territory: UUID | None = None
    measure: Annotated[str, Field(max_length=80)] = "total"
    of: Annotated[str, Field(max_length=80, description="plan:ID or areas:KIND: what the codes belong to.")]
    of_at: Annotated[str | None, Field(max_length=40, description="Day on which areas of `of` are taken.")] = None
    on: Annotated[str, Field(max_length=80, description="plan:ID or areas:KIND: what answers.")]
    at: Annotated[str | None, Field(max_length=40, description="Day on which areas of `on` are taken.")] = None
    totals: dict[str, float]
    by: Literal["household", "area"] = "household"


class DutyOut(BaseModel):
    """One duty of a role; `unit` is the code of the unit that leads it."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    role: Annotated[str, Field(max_length=40)]
    duty_en: Annotated[str, Field(max_length=300)] = ""
    duty_zh: Annotated[str, Field(max_length=300)] = ""
    unit: Annotated[str | None, Field(max_length=80)] = None


class DutiesOut(BaseModel):
    """Duties in force, and whose list they are."""

    model_config = ConfigDict(from_attributes=True)

    source: Literal["grid", "territory", "default"]
    duties: list[DutyOut]


class DutiesIn(BaseModel):
    """The whole list of a kind of grid in a territory, or of one grid; empty goes back to the wider list."""

    model_config = ConfigDict(extra="forbid")

    territory: UUID | None = None
    kind: Kind = "household"
    grid: Annotated[str | None, Field(max_length=40, description="Code of one grid.")] = None
    duties: Annotated[list[DutyOut], Field(max_length=200)]


@router.get("/plans/current", operation_id="get_current_plan")
def get_current_plan(
    work: Work, settings: SettingsOf, territory: UUID | None = None, kind: Kind = "household", at: At = None
) -> dict[Literal["plan"], PlanOut]:
    """Return the plan that is, was or will be in force."""
    from services.plan_life import asof  # noqa: PLC0415 - brings in the engines

    moment = asof.moment_of(at, time_zone=settings.cases.time_zone)
    return {"plan": PlanOut.model_validate(asof.current_plan(work, territory, kind, moment))}


@router.get("/grids", operation_id="list_grids_at")
def list_grids_at(
    work: Work, settings: SettingsOf, territory: UUID | None = None, kind: Kind = "household", at: At = None
) -> GridsAt:
    """Return the grids in force at a moment, each with who headed it then."""
    from services.plan_life import asof  # noqa: PLC0415 - as above

    moment = asof.moment_of(at, time_zone=settings.cases.time_zone)
    grids = [DatedGridOut.model_validate(grid) for grid in asof.grids_at(work, territory, kind, moment)]
    return GridsAt(at=moment, grids=grids)


@router.get("/staff/assignments", operation_id="list_assignments_at")
def list_assignments_at(
    work: Work,
    settings: SettingsOf,
    territory: UUID | None = None,
    grid: Annotated[str | None, Query(max_length=40, description="Id or code of a grid.")] = None,
    at: At = None,
) -> PostsAt:
    """Return who held which post at a moment."""
    from services.plan_life import asof  # noqa: PLC0415 - as above

    moment = asof.moment_of(at, time_zone=settings.cases.time_zone)
    posts = [PostOut.model_validate(post) for post in asof.posts_at(work, territory, grid, moment)]
    return PostsAt(at=moment, assignments=posts)


@router.get("/statistics", operation_id="get_statistics")
def get_statistics(work: Work, settings: SettingsOf, query: Annotated[StatisticsQuery, Query()]) -> StatisticsOut:
    """Return a figure on any boundaries: points counted again, or a plan's stored totals carried over."""
    from services.plan_life import asof, statistics  # noqa: PLC0415 - as above

    zone = settings.cases.time_zone
    asked = statistics.Question(
        on=query.on,
        at=asof.moment_of(query.at, time_zone=zone),
        measure=query.measure,
        since=None if query.since is None else asof.day_start(query.since, field="from", time_zone=zone),
        until=None if query.until is None else asof.moment_of(query.until, time_zone=zone),
        of=query.of,
        time_zone=zone,
    )
    return StatisticsOut.model_validate(statistics.restated(work, query.territory, asked))


@router.post("/statistics/restate", operation_id="restate_totals")
def restate_totals(work: Work, settings: SettingsOf, given: Totals) -> StatisticsOut:
    """Carry totals by old boundaries over to others, by households or ground."""
    from services.plan_life import asof, statistics  # noqa: PLC0415 - as above

    zone = settings.cases.time_zone
    at = asof.moment_of(given.at, time_zone=zone)
    asked = statistics.Question(
        on=given.on,
        at=at,
        measure=given.measure,
        of=given.of,
        of_at=at if given.of_at is None else asof.moment_of(given.of_at, time_zone=zone),
        totals=given.totals,
        by=given.by,
        time_zone=zone,
    )
    return StatisticsOut.model_validate(statistics.restated(work, given.territory, asked))


@router.get("/responsibilities", operation_id="list_responsibilities")
def list_responsibilities(
    work: Work,
    territory: UUID | None = None,
    kind: Kind = "household",
    grid: Annotated[UUID | None, Query(description="Id of one grid.")] = None,
) -> DutiesOut:
    """Return the duties of a kind of grid, or of one grid, and whose list they are."""
    from services.plan_life import duties  # noqa: PLC0415 - as above

    return DutiesOut.model_validate(duties.duties_of(work, duties.place_of(work, territory), kind, grid))


@router.put("/responsibilities", operation_id="set_responsibilities")
def set_responsibilities(work: Work, given: DutiesIn) -> DutiesOut:
    """Write the duties of a kind of grid in a territory, or of one grid."""
    from services.plan_life import duties  # noqa: PLC0415 - as above

    listed = [duties.Duty(each.role, each.duty_en, each.duty_zh, each.unit) for each in given.duties]
    return DutiesOut.model_validate(duties.set_duties(work, given.territory, given.kind, listed, grid=given.grid))
