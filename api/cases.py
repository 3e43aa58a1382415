"""The life of a case: what may be done with it now, each action, many at once, its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from api.case_bodies import (
    ActionIn,
    ActionPath,
    CaseOut,
    ContactIn,
    ContactOut,
    FollowKey,
    ManyIn,
    ManyOut,
    ProofOut,
    ResultOut,
    TaskActionIn,
    TaskPath,
    TransitionOut,
)
from api.deps import IfMatch, Wired, Wiring, Work
from api.locate import Graphs
from api.problems import problem_of
from services import cases as service
from services import idempotency
from services.cases import Asked, CaseView, contacts

router = APIRouter(prefix="/api/v1/incidents", tags=["cases"])


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
