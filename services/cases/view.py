"""A case as its card shows it: the report, what may be done now, its tasks and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.machine import machine
from casework.offers import offers
from casework.tasks import task_offers
from services import clocks, duplicates, incident_views, media
from services.cases.needs import CHOSEN, field_of
from services.cases.standing import Standing, guard_facts, standing_and
from services.clocks import CaseClocks
from services.duplicates import LikelyDuplicate
from services.incident_views import IncidentView
from services.media import MediaView
from store.database import cases as sql
from store.database import clocks as clock_sql
from store.database import media as media_sql
from store.database.work import UnitOfWork

# what a form may add beside what an action needs
MAY = {
    "ask_verification": ("inspector", "text"), "verification_done": ("lon", "lat", "text", "media"),
    "dispatch": ("units", "text"), "sign": ("worker",), "send_to_check": ("inspector",), "escalate": ("to_level",),
    "report_done": ("text",), "pass_check": ("text",), "fail_check": ("text",), "close": ("text",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActionOffer:
    """An action open to the account: fields that its form needs, and those that it may hold."""

    action: str
    zh: str
    needs: list[str]
    may: list[str]
    target: str | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task, and what the account may do with it."""

    id: UUID
    kind: str
    state: str
    cycle: int
    unit: dict[str, Any] | None
    account: dict[str, Any] | None
    asked_at: datetime
    report_in_by: datetime | None
    due_at: datetime | None
    reported_in_at: datetime | None
    done_at: datetime | None
    signed_at: datetime | None
    deadlocked_at: datetime | None
    score: int | None
    actions: list[str]


@dataclass(frozen=True, slots=True)
class TransitionView:
    """One step of the history; `reason` and `text` are None where there was none or they were erased."""

    seq: int
    action: str
    zh: str
    from_state: str | None
    to_state: str
    at: datetime
    actor: dict[str, Any] | None
    reason: str | None
    text: str | None
    erased: bool
    facts: dict[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A whole case."""

    incident: IncidentView
    actions: list[ActionOffer]
    tasks: list[TaskView]
    transitions: list[TransitionView]
    clocks: CaseClocks
    media: list[MediaView]
    duplicates: list[dict[str, Any]]
    proposed: list[LikelyDuplicate]


# of the facts of a step those that tell a person something; guards and digests stay in the chain
SHOWN_FACTS = frozenset(
    {"changed", "countersigning", "departments", "item", "item_code", "kind", "master", "moved", "outcome",
     "outside_body", "review_date", "score", "severity", "task", "to_level", "told", "unit", "answer_due"}
)  # fmt: skip
# states in which a case can still be linked to another
_PROPOSING = machine().actions["link_duplicate"].sources
OTHER_ZH = {"amend": "更正", "task": "任务"}


def read_case(work: UnitOfWork, no: str, *, now: datetime) -> CaseView:
    """Return a case for whoever asks.

    Raises
    ------
    NotFoundError
        No incident of this number.
    """
    return case_view(work, incident_views.read_row(work, no), now=now)


def case_view(work: UnitOfWork, row: Any, *, now: datetime) -> CaseView:  # noqa: ANN401 - a database row
    """Return the case of a row that is read already."""
    key = (row.month, row.id)
    near = duplicates.near_question(row) if row.state in _PROPOSING else None
    questions = [
        sql.steps_question(key), clock_sql.clocks_question([key]), media_sql.of_incident_question(*key),
        sql.linked_question(row.id), *([near] if near else ()),
    ]  # fmt: skip
    at, (steps, running, photos, linked, *around) = standing_and(work, row, questions, now=now)
    return CaseView(
        incident_views.view_of(row, work.actor.account_id),
        offers_of(work, at),
        tasks_of(at),
        _transitions(steps),
        clocks.clocks_from(work, [key], running, now=now)[key],
        media.views_from(photos),
        [each._asdict() for each in linked],
        duplicates.likely_of(row, around[0]) if around else [],
    )


def offers_of(work: UnitOfWork, at: Standing) -> list[ActionOffer]:
    """Return the actions that are open to the account now."""
    open_now = offers(at.case, actor=at.actor, now=at.now, facts=guard_facts(work, at) | _of_master(at))
    return [
        ActionOffer(
            offer.action,
            offer.zh,
            list(dict.fromkeys(field_of(need) for need in offer.needs if need not in CHOSEN)),
            list(MAY.get(offer.action, ())),
            offer.target,
        )
        for offer in open_now
    ]


def _of_master(at: Standing) -> dict[str, Any]:
    return {"master_state": at.row.master_state} if at.row.master_no else {}


def tasks_of(at: Standing) -> list[TaskView]:
    """Return the tasks of a case with what the account may do with each."""
    return [
        TaskView(
            id=row.id, kind=row.kind, state=row.state, cycle=row.cycle,
            unit={"id": row.unit_id, "code": row.unit_code, "name": row.unit_name} if row.unit_id else None,
            account={"id": row.account_id, "name": row.account_name} if row.account_id else None,
            asked_at=row.asked_at, report_in_by=row.report_in_by, due_at=row.due_at,
            reported_in_at=row.reported_in_at, done_at=row.done_at, signed_at=row.signed_at,
            deadlocked_at=row.deadlocked_at, score=row.score,
            actions=task_offers(
                row.kind, row.state, roles=at.actor.roles, own_unit=at.own_unit(row.unit_id),
                rated=row.score is not None,
            ),
        )
        for row in at.tasks
    ]  # fmt: skip


def _transitions(steps: Sequence[Any]) -> list[TransitionView]:
    known = machine().actions
    return [
        TransitionView(
            seq=row.seq, action=row.action,
            zh=known[row.action].zh if row.action in known else OTHER_ZH.get(row.action.partition("_")[0], row.action),
            from_state=row.from_state, to_state=row.to_state, at=row.at,
            actor={"id": row.actor_id, "name": row.actor_name} if row.actor_id else None,
            reason=row.reason, text=row.words, erased=row.erased_at is not None,
            facts={name: value for name, value in row.facts.items() if name in SHOWN_FACTS}, digest=row.digest,
        )
        for row in steps
    ]  # fmt: skip
