"""Plans: lists, grids with their figures, proposing and publishing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Work, settings_of
from api.jobs import JobAnswer
from services import jobs, plan_views
from services.settings import Settings

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
Box = tuple[float, float, float, float]
Kind = Literal[
    "household", "natural_village", "water", "micro", "ten_household", "dedicated", "police", "safety", "cell"
]


class PlanOut(BaseModel):
    """A plan and its quality."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    territory_id: UUID
    kind: str
    name: str
    status: Literal["draft", "review", "scheduled", "published", "retired"]
    created_at: datetime
    households: int | None
    grids: int | None
    quality: dict[str, Any]
    spec: dict[str, Any]
    revision: int
    author: str | None
    basis: str
    effective_on: date | None
    published_at: datetime | None
    based_on: UUID | None
    approver: str | None
    submitted_at: datetime | None
    approved_at: datetime | None
    effective_at: datetime | None
    retired_at: datetime | None


class Plans(BaseModel):
    """Plans, newest first."""

    plans: list[PlanOut]


class HeadOut(BaseModel):
    """Who heads a grid."""

    work_no: str
    name: str


class GridOut(BaseModel):
    """A grid with its figures; `deviation` is a signed fraction of the mean."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    fid: int
    code: str
    name: str
    area_code: str
    area_name: str
    households: int
    dwellings: int
    deviation: float
    area_m2: float
    compactness: float
    exclave: bool
    locked: bool
    head: HeadOut | None
    bbox: Box
    centre: tuple[float, float]
    revision: int
    floor_low: int | None = None
    floor_high: int | None = None
    zone: str | None = None
    load: float | None = None


class PlanGridsOut(BaseModel):
    """A plan with its grids in code order."""

    model_config = ConfigDict(from_attributes=True)

    plan: PlanOut
    mean_households: float
    tolerance: float
    grids: list[GridOut]


class RuleIn(BaseModel):
    """How areas of one class are divided."""

    model_config = ConfigDict(extra="forbid")

    divide: Literal["household", "natural_village"] = "household"
    name: Annotated[str, Field(max_length=200, description="Pattern of the name, such as *村; | between several.")] = ""
    kinds: Annotated[list[str], Field(max_length=10)] = []
    density_from: Annotated[float | None, Field(ge=0, description="Households per km².")] = None
    density_below: Annotated[float | None, Field(ge=0, description="Households per km².")] = None
    target: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    band: tuple[float, float] | None = None
    tolerance: Annotated[float | None, Field(gt=0, le=1)] = None


class Proposal(BaseModel):
    """What a new plan is asked to be."""

    model_config = ConfigDict(extra="forbid")

    territory: UUID | None = None
    kind: Kind = "household"
    target: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="Households a grid, or metres (cell, water).")
    ] = None
    grids: Annotated[int | None, Field(ge=1, le=1_000_000, description="Number of grids.")] = None
    tolerance: Annotated[float, Field(gt=0, le=1)] = 0.10
    band: Annotated[
        tuple[float, float] | None, Field(description="Households that a grid may have, lowest and highest.")
    ] = None
    rules: Annotated[
        Literal["urban_rural"] | list[RuleIn],
        Field(max_length=100, description="How areas of each class are divided; the first rule that fits counts."),
    ] = []
    even: Annotated[
        list[Literal["incidents", "area", "cameras", "walk"]],
        Field(max_length=4, description="What to spread evenly besides households; walk: short ways for the head."),
    ] = []
    barrier_cost: Annotated[
        float | None, Field(gt=0, le=1, description="Cost of a metre of border on a street; open ground costs 1.")
    ] = None
    keep: Annotated[
        UUID | Literal["current"] | None,
        Field(description="Plan to start from: its locked grids stay, grids that live on keep their identity."),
    ] = None
    churn: Annotated[float, Field(ge=0, le=1e6, description="With keep: the price of moving households.")] = 5.0
    bank: Annotated[
        float | None, Field(ge=1, le=1000, description="Water: metres of the managed strip on either side.")
    ] = None
    cut_at: Annotated[
        list[Literal["sluice", "bridge", "border"]],
        Field(
            max_length=3,
            description="Water: where reaches end whatever their length becomes; elsewhere at confluences, bridges and"
            " sluices where lengths allow, and at borders but for stubs of a channel.",
        ),
    ] = []
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    within: Annotated[str | None, Field(max_length=40, description="Code of the area to divide.")] = None
    name: Annotated[str | None, Field(max_length=120)] = None


@router.get("", operation_id="list_plans")
def list_plans(work: Work, territory: UUID | None = None) -> Plans:
    """Return plans, newest first."""
    return Plans(plans=[PlanOut.model_validate(plan) for plan in plan_views.list_plans(work, territory)])


@router.get("/{plan_id}", operation_id="get_plan")
def get_plan(work: Work, plan_id: UUID) -> dict[Literal["plan"], PlanOut]:
    """Return one plan."""
    return {"plan": PlanOut.model_validate(plan_views.get_plan(work, plan_id))}


@router.get("/{plan_id}/grids", operation_id="list_plan_grids")
def list_plan_grids(work: Work, plan_id: UUID) -> PlanGridsOut:
    """Return a plan's grids with their figures and heads."""
    return PlanGridsOut.model_validate(plan_views.plan_grids(work, plan_id))


@router.post("", status_code=202, operation_id="propose_plan")
def propose_plan(work: Work, proposal: Proposal, settings: Annotated[Settings, Depends(settings_of)]) -> JobAnswer:
    """Start dividing a territory into grids; the job's result names the draft."""
    work.actor.require("planner")
    from services.partition import PlanSpec, built_in_rules, parse_rules, usual_target  # noqa: PLC0415 - as below

    args = proposal.model_dump(mode="json", exclude_none=True)
    if proposal.target is None and proposal.grids is None:
        args["target"] = usual_target(proposal.kind, proposal.band)
    if proposal.rules == "urban_rural":
        args["rules"] = [asdict(rule) for rule in built_in_rules()[proposal.rules]]
    if proposal.kind in settings.plans.grid_codes:
        args["code_pattern"] = settings.plans.grid_codes[proposal.kind]
    asked = {key: value for key, value in args.items() if key not in ("territory", "name")}
    # what can't be meant is said now, not by a job that fails later
    PlanSpec(**{"target": None, **asked, "rules": parse_rules(args["rules"])}).check()
    return JobAnswer.of(jobs.start_job(work, "partition", args))
