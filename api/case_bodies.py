"""What goes in and out with cases: actions, tasks, histories, proofs, contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.duplicates import DuplicateOut
from api.incidents import IncidentOut
from api.media import MediaOut
from api.moments import Day, Moment
from services.cases import Asked, contacts
from services.cases.asked import MOST_MEDIA, MOST_UNITS, REASON_LENGTH, TEXT_LENGTH
from services.cases.bulk import MOST

Name = Annotated[str, Field(min_length=1, max_length=200)]


class UnitName(BaseModel):
    """A unit by its names."""

    id: UUID
    code: str
    name: str


class AccountName(BaseModel):
    """An account acting in office."""

    id: UUID
    name: str


class ActionOut(BaseModel):
    """An action open to the account: what its form needs, and what it may hold; no target leaves the state."""

    model_config = ConfigDict(from_attributes=True)

    action: str
    zh: str
    needs: list[str]
    may: list[str]
    target: str | None


class TaskOut(BaseModel):
    """A task of a unit or an account, and what this account may do with it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    state: str
    cycle: int
    unit: UnitName | None
    account: AccountName | None
    asked_at: datetime
    report_in_by: datetime | None
    due_at: datetime | None
    reported_in_at: datetime | None
    done_at: datetime | None
    signed_at: datetime | None
    deadlocked_at: datetime | None
    score: int | None
    actions: list[str]


class TransitionOut(BaseModel):
    """One step of the history."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    action: str
    zh: str
    from_state: str | None
    to_state: str
    at: datetime
    actor: AccountName | None
    reason: str | None
    text: str | None
    erased: bool
    facts: dict[str, Any]
    digest: str


class LinkedOut(BaseModel):
    """A report of the same thing, linked to this case."""

    no: str
    item: str
    item_code: str | None
    state: str
    severity: str
    channel: str
    reported_at: datetime
    revision: int


class EarlierResultOut(BaseModel):
    """What a clock was due at until `at`, when it was reckoned anew for another calendar or rule (`reason`)."""

    model_config = ConfigDict(from_attributes=True)

    due_at: datetime
    reason: str
    at: datetime


class ClockOut(BaseModel):
    """A clock of a case; `share` is of its limit, 1 is all of it. Results before it was reckoned anew stay beside."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    phase: int
    name: str
    state: str
    owes: str
    started_at: datetime
    due_at: datetime | None
    paused: bool
    share: float
    colour: str
    provisional: bool
    earlier: list[EarlierResultOut]


class ClocksOut(BaseModel):
    """The open clocks of a case: of its stage, in all, of the phases of handling, and until a review."""

    model_config = ConfigDict(from_attributes=True)

    stage: ClockOut | None
    total: ClockOut | None
    phases: list[ClockOut]
    review: ClockOut | None


class CaseOut(BaseModel):
    """A whole case."""

    model_config = ConfigDict(from_attributes=True)

    incident: IncidentOut
    actions: list[ActionOut]
    tasks: list[TaskOut]
    transitions: list[TransitionOut]
    clocks: ClocksOut
    media: list[MediaOut]
    duplicates: list[LinkedOut]
    proposed: list[DuplicateOut]
    follow: str | None = Field(
        default=None, description="Fresh one-time key for whoever reported, after a step they are told of; shown once."
    )


class ActionIn(BaseModel):
    """The fields of every form; each action reads its own."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=REASON_LENGTH)] | None = None
    text: Annotated[str, Field(max_length=TEXT_LENGTH)] | None = None
    unit: Name | None = None
    units: Annotated[list[Name], Field(max_length=MOST_UNITS)] = []
    departments: Annotated[list[Name], Field(max_length=MOST_UNITS)] = []
    inspector: Name | None = None
    worker: Name | None = None
    outcome: Name | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    review_date: Day | None = None
    master: Name | None = None
    to_level: Name | None = None
    answer_due: Moment | None = None
    outside_body: Name | None = None
    score: Annotated[int, Field(ge=1, le=5)] | None = None
    media: Annotated[list[UUID], Field(max_length=MOST_MEDIA)] = []

    def asked(self) -> Asked:
        """Return what the service reads."""
        told = {name: getattr(self, name) for name in ActionIn.model_fields}
        lists = {name: tuple(told[name]) for name in ("units", "departments", "media")}
        return Asked(**(told | lists))


class CaseName(BaseModel):
    """A case, and the revision that was seen."""

    no: Name
    revision: int


class ManyIn(ActionIn):
    """One action for many cases."""

    action: Name
    incidents: Annotated[list[CaseName], Field(min_length=1, max_length=MOST)]


class ResultOut(BaseModel):
    """What became of one case: its state and revision, or the problem that it met."""

    no: str
    done: bool
    state: str | None
    revision: int | None
    problem: dict[str, Any] | None


class ManyOut(BaseModel):
    """One result for each case, in the order sent."""

    results: list[ResultOut]


class ProofOut(BaseModel):
    """What a check of one case found."""

    model_config = ConfigDict(from_attributes=True)

    no: str
    steps: int
    head: str
    intact: bool
    broken_at: int | None
    changed_texts: list[int]
    erased_texts: list[int]
    differs: list[str]
    known: bool


class FollowKey(BaseModel):
    """A key for whoever reported: goes into the page's address after ``#/follow/``."""

    follow: str


class ContactIn(BaseModel):
    """How to reach whoever reported."""

    model_config = ConfigDict(extra="forbid")

    contact: Annotated[str, Field(min_length=1, max_length=contacts.CONTACT_LENGTH)]


class ContactOut(BaseModel):
    """The same, and when it was written down."""

    model_config = ConfigDict(from_attributes=True)

    contact: str
    written_at: datetime


class ActionPath(BaseModel):
    """Which case, and which action of the state table."""

    no: str
    action: str


class TaskPath(BaseModel):
    """Which task of which case, and what is done with it."""

    no: str
    task_id: UUID
    action: Literal["report_in", "done", "sign", "rate", "cancel"]


class TaskActionIn(BaseModel):
    """What a step of a task comes with."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=REASON_LENGTH)] | None = None
    text: Annotated[str, Field(max_length=TEXT_LENGTH)] | None = None
    score: Annotated[int, Field(ge=1, le=5)] | None = None
