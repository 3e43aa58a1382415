"""Staff in office and the posts they hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.deps import IfMatch, Work
from api.moments import Moment
from api.organisation import Code, Name
from api.organisation_shifts import AbsenceOut, PatternOut, ShiftOut
from api.plan_history import SettingsOf
from services import organisation

router = APIRouter(prefix="/api/v1", tags=["organisation"])
Share = Annotated[float, Field(gt=0, le=1)]
Day = Annotated[str | None, Field(max_length=40, description="Day (its end) or time with offset; left out: now.")]
Skills = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=30)]
Most = Annotated[int | None, Field(ge=0, le=1000, description="Posts at most; what the rule says when left out.")]


class StaffOut(BaseModel):
    """A member of staff in office; `posts_held` are role and code of grid or area."""

    id: UUID
    work_no: str
    name: str
    post: str
    unit_id: UUID | None
    unit_name: str | None
    area_id: UUID | None
    area_code: str | None
    area_name: str | None
    skills: list[str]
    max_posts: int | None
    full_time: bool
    active: bool
    lon: float | None
    lat: float | None
    on_duty: bool
    absent: bool
    posts_held: list[str]
    revision: int


class StaffPage(BaseModel):
    """A page of staff; `next` is what to send as `after` for the one that follows."""

    staff: list[StaffOut]
    next: str | None


class StaffListQuery(BaseModel):
    """Which staff a list shows."""

    model_config = ConfigDict(extra="forbid")

    territory: UUID | None = None
    area: Annotated[UUID | None, Field(description="Of this area and those below.")] = None
    unit: UUID | None = None
    q: Annotated[str | None, Field(max_length=80, description="Part of work number, name or post.")] = None
    at: Day = None
    after: Annotated[str | None, Field(max_length=60)] = None
    limit: Annotated[int, Field(ge=1, le=organisation.LARGEST_PAGE)] = 100


class AssignmentListQuery(BaseModel):
    """Which assignments a list shows."""

    model_config = ConfigDict(extra="forbid")

    territory: UUID | None = None
    staff: UUID | None = None
    grid: UUID | None = None
    area: UUID | None = None
    role: Annotated[str | None, Field(max_length=40)] = None
    at: Day = None
    whenever: Annotated[bool, Field(description="Past ones and those to come, too.")] = False
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 1000


class AssignmentOut(BaseModel):
    """Who holds which role for which grid or area, and when."""

    id: UUID
    staff_id: UUID
    work_no: str
    name: str
    post: str
    role: str
    is_head: bool
    share: float
    ex_officio: bool
    grid_id: UUID | None
    grid_code: str | None
    grid_kind: str | None
    area_id: UUID | None
    area_code: str | None
    area_name: str | None
    since: datetime | None
    until: datetime | None
    revision: int


class DutyLine(BaseModel):
    """What a role answers for."""

    role: str
    duty_en: str
    duty_zh: str


class OneStaffOut(StaffOut):
    """A member of staff with posts of any time, duties of today, and the shifts of two weeks."""

    assignments: list[AssignmentOut]
    responsibilities: list[DutyLine]
    shifts: list[ShiftOut]
    patterns: list[PatternOut]
    absences: list[AbsenceOut]


class StaffAnswer(BaseModel):
    """One member of staff."""

    staff: OneStaffOut


class StaffChange(BaseModel):
    """What to change; `unit`, `area`, `office` and `max_posts` may be null."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    post: Name | None = None
    unit: UUID | None = None
    area: UUID | None = None
    skills: Skills | None = None
    max_posts: Most = None
    full_time: StrictBool | None = None
    active: StrictBool | None = None
    office: Annotated[
        tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]] | None,
        Field(description="Longitude and latitude of the post of duty, EPSG:4326."),
    ] = None


class StaffIn(StaffChange):
    """A member of staff to add: work number, name and post."""

    work_no: Code
    name: Name
    post: Name
    territory: UUID | None = None


class AssignmentIn(BaseModel):
    """A role to give for one grid or one area; `replace` ends who heads the grid at that moment."""

    model_config = ConfigDict(extra="forbid")

    staff: UUID
    role: Annotated[str, Field(max_length=40)]
    grid: UUID | None = None
    area: UUID | None = None
    share: Share = 1.0
    ex_officio: StrictBool = False
    since: Moment | None = None
    until: Moment | None = None
    replace: StrictBool = False


class AssignmentChange(BaseModel):
    """What to change; `until` may be null: open."""

    model_config = ConfigDict(extra="forbid")

    share: Share | None = None
    ex_officio: StrictBool | None = None
    until: Moment | None = None


class AssignmentAnswer(BaseModel):
    """One assignment."""

    assignment: AssignmentOut


class AssignmentPage(BaseModel):
    """A page of assignments; `next` is what to send as `after`."""

    assignments: list[AssignmentOut]
    next: UUID | None


@router.get("/staff", operation_id="list_staff")
def list_staff(work: Work, settings: SettingsOf, asked: Annotated[StaffListQuery, Query()]) -> StaffPage:
    """Return staff in the order of work numbers."""
    from services.plan_life.asof import moment_of  # noqa: PLC0415 - brings in the engines

    found = organisation.list_staff(
        work, at=moment_of(asked.at, time_zone=settings.cases.time_zone), territory=asked.territory, area=asked.area,
        unit=asked.unit, words=asked.q, after=asked.after, limit=asked.limit,
    )  # fmt: skip
    return StaffPage.model_validate(found)


@router.post("/staff", status_code=201, operation_id="add_staff")
def add_staff(work: Work, response: Response, given: StaffIn) -> StaffAnswer:
    """Add a member of staff in office."""
    values = given.model_dump(exclude_unset=True, exclude={"territory"})
    found = organisation.add_staff(work, values, at=datetime.now(UTC), territory=given.territory)
    return _staff(StaffAnswer.model_validate({"staff": found}), response)


@router.get("/staff/{staff}", operation_id="get_staff")
def get_staff(work: Work, response: Response, staff: UUID) -> StaffAnswer:
    """Return a member of staff with posts, duties, shifts and absences."""
    found = organisation.get_staff(work, staff, at=datetime.now(UTC))
    return _staff(StaffAnswer.model_validate({"staff": found}), response)


@router.patch("/staff/{staff}", operation_id="change_staff")
def change_staff(work: Work, response: Response, staff: UUID, change: StaffChange, revision: IfMatch) -> StaffAnswer:
    """Change a member of staff."""
    given = change.model_dump(exclude_unset=True)
    fixed = ("name", "post", "skills", "full_time", "active")
    changes = {name: value for name, value in given.items() if value is not None or name not in fixed}
    found = organisation.change_staff(work, staff, changes, revision=revision, at=datetime.now(UTC))
    return _staff(StaffAnswer.model_validate({"staff": found}), response)


@router.get("/assignments", operation_id="list_assignments")
def list_assignments(
    work: Work, settings: SettingsOf, asked: Annotated[AssignmentListQuery, Query()]
) -> AssignmentPage:
    """Return who holds which post at a moment, or whenever."""
    from services.plan_life.asof import moment_of  # noqa: PLC0415 - as above

    moment = None if asked.whenever else moment_of(asked.at, time_zone=settings.cases.time_zone)
    query = {
        "at": moment, "staff_id": asked.staff, "grid_id": asked.grid, "area_id": asked.area, "role": asked.role,
        "after": asked.after, "limit": asked.limit,
    }  # fmt: skip
    return AssignmentPage.model_validate(organisation.list_assignments(work, query, territory=asked.territory))


@router.post("/assignments", status_code=201, operation_id="add_assignment")
def add_assignment(work: Work, response: Response, given: AssignmentIn) -> AssignmentAnswer:
    """Give a role; 409 `two-heads` when somebody heads the grid then, `held-already` for a post held twice."""
    values = given.model_dump(exclude={"replace"})
    made = organisation.assign(work, values, now=datetime.now(UTC), replace=given.replace)
    return _assignment(AssignmentAnswer.model_validate({"assignment": made}), response)


@router.get("/assignments/{assignment}", operation_id="get_assignment")
def get_assignment(work: Work, response: Response, assignment: UUID) -> AssignmentAnswer:
    """Return an assignment."""
    found = organisation.get_assignment(work, assignment)
    return _assignment(AssignmentAnswer.model_validate({"assignment": found}), response)


@router.patch("/assignments/{assignment}", operation_id="change_assignment")
def change_assignment(
    work: Work, response: Response, assignment: UUID, change: AssignmentChange, revision: IfMatch
) -> AssignmentAnswer:
    """Change share, ex-officio or end."""
    given = change.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name == "until"}
    made = organisation.change_assignment(work, assignment, changes, revision=revision)
    return _assignment(AssignmentAnswer.model_validate({"assignment": made}), response)


@router.delete("/assignments/{assignment}", status_code=204, operation_id="end_assignment")
def end_assignment(work: Work, assignment: UUID, revision: IfMatch) -> None:
    """End an assignment now."""
    organisation.end_assignment(work, assignment, revision=revision, now=datetime.now(UTC))


def _staff(answer: StaffAnswer, response: Response) -> StaffAnswer:
    response.headers["ETag"] = f'"{answer.staff.revision}"'
    return answer


def _assignment(answer: AssignmentAnswer, response: Response) -> AssignmentAnswer:
    response.headers["ETag"] = f'"{answer.assignment.revision}"'
    return answer
