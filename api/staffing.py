"""Staffing: heads of a plan's grids, ratio rules, vacancies of any date, proposals to look at and put in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.deps import IfMatch, Work
from api.jobs import JobAnswer
from api.plan_history import At, SettingsOf
from api.plans import Kind
from services import jobs

router = APIRouter(prefix="/api/v1", tags=["staff"])
Territory = Annotated[UUID | None, Query(description="May be left out where only one is loaded.")]
Within = Literal["village", "town", "anywhere"]


class HeadsIn(BaseModel):
    """How heads are given."""

    model_config = ConfigDict(extra="forbid")

    max_grids: Annotated[int, Field(ge=1, le=1000, description="Grids that one head may hold.")] = 4


class RuleOut(BaseModel):
    """A rule that the roster can't meet."""

    rule: str
    lacking: int
    grids: list[str]


class HeadsOut(BaseModel):
    """Who heads the grids of a plan now; `vacancies` are codes of grids without a head.

    `unplaced` are work numbers of those who got none because a distance is set and they have no duty point.
    """

    model_config = ConfigDict(from_attributes=True)

    grids: int
    heads: int
    deputies: int
    kept: int
    most_grids: int
    vacancies: list[str]
    violations: list[RuleOut]
    unplaced: list[str]


@router.post("/plans/{plan_id}/heads", operation_id="assign_plan_heads")
def assign_plan_heads(work: Work, plan_id: UUID, how: HeadsIn | None = None) -> HeadsOut:
    """Give each grid one head from its own village, near and evenly; name what can't be filled."""
    from services import staff  # noqa: PLC0415 - brings in the engines, which reading plans does not need

    report = staff.assign_heads(work, plan_id, max_grids=(how or HeadsIn()).max_grids)
    return HeadsOut.model_validate(report)


class WayBody(BaseModel):
    """One way to meet a rule; `every` goes with households."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    per: Literal["grid", "village", "town", "household", "group"]
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    every: Annotated[int, Field(ge=1, le=100_000)] = 1


class RuleChange(BaseModel):
    """What to put differently in a rule, for good or for one proposal."""

    model_config = ConfigDict(extra="forbid")

    title_en: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    title_zh: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    role: Annotated[str | None, Field(max_length=40)] = None
    grid_kind: Annotated[str | None, Field(max_length=40)] = None
    ways: Annotated[list[WayBody] | None, Field(min_length=1, max_length=5)] = None
    posts: Annotated[list[Annotated[str, Field(max_length=60)]] | None, Field(max_length=60)] = None
    skill: Annotated[str | None, Field(max_length=60)] = None
    max_posts: Annotated[int | None, Field(ge=1, le=1000, description="Posts that one may hold; 1 is exclusive.")] = (
        None
    )
    within: Within | None = None
    max_distance_m: Annotated[float | None, Field(gt=0)] = None
    max_households: Annotated[int | None, Field(ge=1)] = None
    counts_only: StrictBool | None = None
    optional: StrictBool | None = None
    active: StrictBool | None = None


class RatioRuleOut(BaseModel):
    """A rule: how many holders of a role there have to be; kept when one of its ways is."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    title_en: str
    title_zh: str
    role: str
    grid_kind: str
    ways: list[WayBody]
    posts: list[str]
    skill: str | None
    max_posts: int
    within: Within
    max_distance_m: float | None
    max_households: int | None
    counts_only: bool
    optional: bool
    active: bool
    own: bool
    revision: int


class RatioRulesOut(BaseModel):
    """The rules of a territory in order."""

    rules: list[RatioRuleOut]


class VacancyOut(BaseModel):
    """A place that a rule finds short of people."""

    rule: str
    role: str
    place: Literal["grid", "village", "town"]
    code: str
    name: str
    grid_id: UUID | None
    area_id: UUID | None
    lacking: int
    households: int
    lon: float
    lat: float


class AbsentHeadOut(BaseModel):
    """A grid whose head is away, until when, and the deputies who stand in."""

    grid_id: UUID
    code: str
    name: str
    head: str
    until: datetime | None
    deputies: list[str]
    lon: float
    lat: float


class RuleSum(BaseModel):
    """How many people a rule lacks in all."""

    rule: str
    title_en: str
    title_zh: str
    role: str
    lacking: int


class VacanciesOut(BaseModel):
    """What is vacant at a moment."""

    at: datetime
    kind: str
    territory: UUID
    grids: int
    rules: list[RuleSum]
    vacancies: list[VacancyOut]
    absent: list[AbsentHeadOut]


class StaffingIn(BaseModel):
    """Which plan to staff; `rules` puts rules differently for this proposal only."""

    model_config = ConfigDict(extra="forbid")

    plan: UUID
    rules: Annotated[dict[str, RuleChange], Field(max_length=100)] = {}


class LackOut(BaseModel):
    """A rule that could not be kept, why, and the codes of the places it lacks people in."""

    rule: str
    reason: str
    lacking: int
    places: list[str]


class MoveOut(BaseModel):
    """A post that would change hands; work numbers, null is nobody."""

    kind: str
    code: str
    staff: str | None
    was: str | None


class RoleStaffed(BaseModel):
    """How one role would be filled, and what that changes against today; `unplaced` as in the heads of a plan."""

    role: str
    rules: list[str]
    people: int
    eligible: int
    most_posts: int
    gap: float
    kept: int
    new: int
    changed: int
    ended: int
    optional: bool
    vacancies: list[str]
    unplaced: list[str] = []
    violations: list[LackOut]
    moves: list[MoveOut]


class StaffingOut(BaseModel):
    """A proposal; `gap` is how far it may be from the best, 0 is proven best."""

    id: UUID
    plan_id: UUID
    status: Literal["proposed", "applied"]
    grids: int
    roles: list[RoleStaffed]
    made_at: datetime
    applied_at: datetime | None
    revision: int


class StaffingAnswer(BaseModel):
    """One proposal."""

    staffing: StaffingOut


@router.get("/ratio-rules", operation_id="list_ratio_rules")
def list_rules(work: Work, territory: Territory = None) -> RatioRulesOut:
    """Return the ratio rules, those that Gridward starts with included."""
    from services import staff_rules  # noqa: PLC0415 - brings in the engines, which other routes do not need

    found = staff_rules.list_rules(work, territory)
    return RatioRulesOut(rules=[RatioRuleOut.model_validate(rule) for rule in found])


@router.put("/ratio-rules/{code}", operation_id="put_ratio_rule")
def put_rule(
    work: Work, response: Response, code: str, change: RuleChange, revision: IfMatch, territory: Territory = None
) -> RatioRuleOut:
    """Change a rule, or make a new one (`If-Match: "0"`); one that Gridward starts with becomes the territory's own."""
    from services import staff_rules  # noqa: PLC0415 - as above

    rule = staff_rules.put_rule(work, code, _changes(change), revision=revision, territory=territory)
    response.headers["ETag"] = f'"{rule.revision}"'
    return RatioRuleOut.model_validate(rule)


@router.get("/vacancies", operation_id="list_vacancies")
def list_vacancies(
    work: Work, settings: SettingsOf, territory: Territory = None, kind: Kind = "household", at: At = None
) -> VacanciesOut:
    """Return what is vacant at a date, rule by rule, and which heads are away with who stands in."""
    return VacanciesOut.model_validate(_vacancies(work, settings, territory, kind, at))


@router.get("/vacancies.geojson", operation_id="map_vacancies")
def map_vacancies(
    work: Work, settings: SettingsOf, territory: Territory = None, kind: Kind = "household", at: At = None
) -> dict[str, Any]:
    """Return vacancies of a date as GeoJSON: shapes of grids, middles of villages and towns."""
    from services import staff_vacancies  # noqa: PLC0415 - as above

    return staff_vacancies.as_geojson(work, _vacancies(work, settings, territory, kind, at))


@router.post("/staffing", status_code=202, operation_id="propose_staffing")
def propose_staffing(work: Work, asked: StaffingIn) -> JobAnswer:
    """Work out who would hold which post by the rules; the job's result names the proposal. Nothing changes yet."""
    work.actor.require("planner", "shift_leader")
    rules = {code: _changes(change) for code, change in asked.rules.items()}
    return JobAnswer.of(jobs.start_job(work, "staffing", {"plan": str(asked.plan), "rules": rules}))


@router.get("/staffing/{proposal}", operation_id="get_staffing")
def get_staffing(work: Work, response: Response, proposal: UUID) -> StaffingAnswer:
    """Return a proposal with every post that would change hands."""
    from services import staff  # noqa: PLC0415 - as above

    return _staffing(staff.get_proposal(work, proposal), response)


@router.post("/staffing/{proposal}/apply", operation_id="apply_staffing")
def apply_staffing(work: Work, response: Response, proposal: UUID, revision: IfMatch) -> StaffingAnswer:
    """Put a proposal in force; 409 `staffing-changed` when posts changed hands since it was worked out."""
    from services import staff  # noqa: PLC0415 - as above

    return _staffing(staff.apply(work, proposal, revision=revision, now=datetime.now(UTC)), response)


def _vacancies(work: Work, settings: SettingsOf, territory: UUID | None, kind: str, at: str | None) -> dict[str, Any]:
    from services import staff_vacancies  # noqa: PLC0415 - as above
    from services.plan_life.asof import moment_of  # noqa: PLC0415 - as above

    moment = moment_of(at, time_zone=settings.cases.time_zone)
    return staff_vacancies.vacancies(work, at=moment, territory=territory, kind=kind)


def _changes(change: RuleChange) -> dict[str, Any]:
    nullable = ("skill", "max_distance_m", "max_households")
    given = change.model_dump(exclude_unset=True)
    return {name: value for name, value in given.items() if value is not None or name in nullable}


def _staffing(found: Any, response: Response) -> StaffingAnswer:  # noqa: ANN401 - a StaffingProposal
    response.headers["ETag"] = f'"{found.revision}"'
    told = {
        "id": found.id, "plan_id": found.plan_id, "status": found.status, "made_at": found.made_at,
        "applied_at": found.applied_at, "revision": found.revision, "grids": found.result["grids"],
        "roles": found.result["roles"],
    }  # fmt: skip
    return StaffingAnswer.model_validate({"staffing": told})
