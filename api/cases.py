"""The life of a case: what may be done with it now, each action, many at once, its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.deps import IfMatch, Wired, Wiring, Work
from api.duplicates import DuplicateOut
from api.incidents import IncidentOut
from api.locate import Graphs
from api.media import MediaOut
from api.problems import problem_of
from services import cases as service
from services import idempotency
from services.cases import Asked, CaseView, contacts
from services.cases.asked import MOST_MEDIA, MOST_UNITS, REASON_LENGTH, TEXT_LENGTH
from services.cases.bulk import MOST

router = APIRouter(prefix="/api/v1/incidents", tags=["cases"])
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
    state: str
    severity: str
    channel: str
    reported_at: datetime
    revision: int


class ClockOut(BaseModel):
    """A clock of a case; `share` is of its limit, 1 is all of it."""

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
    review_date: date | None = None
    master: Name | None = None
    to_level: Name | None = None
    answer_due: AwareDatetime | None = None
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


class Repeatable:
    """A change that a client may send again with the same Idempotency-Key and revision: it happens once."""

    def __init__(self, key: str | None, route: str, body: bytes) -> None:
        self.key = key
        self.route = route
        self.body = body

    def respond(self, work: Work, compute: Callable[[], CaseOut]) -> Response:
        """Return the answer of `compute`, or the one that this key got before; keys for reporters are not kept."""
        secret: list[str | None] = [None]

        def once() -> tuple[int, dict[str, Any]]:
            case = compute()
            secret[0] = case.follow
            return 200, case.model_copy(update={"follow": None}).model_dump(mode="json")

        if self.key is None:
            answer = idempotency.Answer(*once())
        else:
            answer = idempotency.answer_once(work, route=self.route, key=self.key, request_body=self.body, compute=once)
        body = answer.body | {"follow": secret[0]}
        headers = {"ETag": f'"{body["incident"]["revision"]}"'}
        if answer.repeated:
            headers["Idempotent-Replay"] = "true"
        return Response(orjson.dumps(body), headers=headers, media_type="application/json")


async def repeatable(
    request: Request,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Any unique text (a UUID); a repeat gets the first answer."),
    ] = None,
    if_match: Annotated[str | None, Header(alias="If-Match", include_in_schema=False)] = None,
) -> Repeatable:
    """Read the optional Idempotency-Key; the address and the revision are part of what it stands for."""
    body = f"{request.url.path}\n{if_match or ''}\n".encode() + await request.body()
    return Repeatable(key, f"{request.method} case", body)


Again = Annotated[Repeatable, Depends(repeatable)]


@router.get("/{no}", operation_id="get_incident")
def get_incident(work: Work, response: Response, no: str) -> CaseOut:
    """Return a case: the report, what this account may do now, tasks, history, duplicates."""
    case = case_out(work, no)
    response.headers["ETag"] = f'"{case.incident.revision}"'
    return case


@router.get("/{no}/transitions", operation_id="list_transitions")
def list_transitions(work: Work, no: str) -> list[TransitionOut]:
    """Return the history of a case, first to last."""
    return case_out(work, no).transitions


@router.post("/{no}/actions/{action}", operation_id="act_on_incident", response_model=CaseOut)
def act_on_incident(
    work: Work, graphs: Graphs, again: Again, where: Annotated[ActionPath, Path()], body: ActionIn, revision: IfMatch
) -> Response:
    """Take one action of the state table; 409 says what is in the way, 412 that somebody else was faster."""

    def compute() -> CaseOut:
        done = service.act(
            work, where.no, where.action, body.asked(), revision=revision, now=datetime.now(UTC), graphs=graphs
        )
        return case_out(work, where.no).model_copy(update={"follow": done.follow})

    return again.respond(work, compute)


@router.post("/actions", operation_id="act_on_incidents")
def act_on_incidents(work: Work, graphs: Graphs, body: ManyIn) -> ManyOut:
    """Take one action on many cases: each succeeds or fails for itself, in the order sent."""
    cases = [(each.no, each.revision) for each in body.incidents]
    results = service.act_on_many(work, body.action, cases, body.asked(), now=datetime.now(UTC), graphs=graphs)
    return ManyOut(results=[_result(each) for each in results])


def _result(found: service.Result) -> ResultOut:
    error = found.problem
    told = None if error is None else orjson.loads(problem_of(error).body)
    return ResultOut(no=found.no, done=found.done, state=found.state, revision=found.revision, problem=told)


@router.get("/{no}/verify", operation_id="verify_incident")
def verify_incident(
    work: Work,
    no: str,
    known: Annotated[str | None, Query(max_length=64, description="Digest of a step, written down earlier.")] = None,
) -> ProofOut:
    """Prove that the history is whole, that texts are those written, and that the steps lead to the case."""
    return ProofOut.model_validate(service.verify(work, no, now=datetime.now(UTC), known=known))


@router.post("/{no}/follow", operation_id="make_follow_link", status_code=201)
def make_follow_link(work: Work, no: str) -> FollowKey:
    """Make a one-time key for whoever reported, to be handed over; it is shown once."""
    return FollowKey(follow=service.hand_over(work, no, now=datetime.now(UTC)))


@router.put("/{no}/contact", operation_id="put_contact", status_code=204)
def put_contact(work: Work, wired: Wired, no: str, body: ContactIn) -> None:
    """Seal how to reach whoever reported; needs the right to it."""
    contacts.put_contact(work, no, body.contact, key=_contact_key(wired), now=datetime.now(UTC))


@router.get("/{no}/contact", operation_id="get_contact")
def get_contact(work: Work, wired: Wired, no: str) -> ContactOut:
    """Return how to reach whoever reported; each reading leaves a line in the audit trail."""
    return ContactOut.model_validate(contacts.get_contact(work, no, key=_contact_key(wired)))


@router.delete("/{no}/contact", operation_id="delete_contact", status_code=204)
def delete_contact(work: Work, no: str) -> None:
    """Erase it before its time."""
    contacts.erase_contact(work, no)


def _contact_key(wired: Wiring) -> str:
    return contacts.contact_key(wired.settings.database.home, wired.settings.cases.contact_key_file)


@router.post("/{no}/tasks/{task_id}/{action}", operation_id="act_on_task", response_model=CaseOut)
def act_on_task(
    work: Work, again: Again, where: Annotated[TaskPath, Path()], body: TaskActionIn, revision: IfMatch
) -> Response:
    """Move a task on: a unit reports in, is done, signs; the street rates; whoever asked calls it off."""

    def compute() -> CaseOut:
        asked = Asked(reason=body.reason, text=body.text, score=body.score)
        service.act_on_task(
            work, where.no, where.task_id, where.action, asked, revision=revision, now=datetime.now(UTC)
        )
        return case_out(work, where.no)

    return again.respond(work, compute)


def case_out(work: Work, no: str) -> CaseOut:
    """Return a case as it goes out."""
    found: CaseView = service.read_case(work, no, now=datetime.now(UTC))
    return CaseOut.model_validate(found)
