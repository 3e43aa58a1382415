"""The tasks that a step of the machine asks for, moves on or calls off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from casework.case import Transition
from casework.limits import due_at, read_limit
from services import calendars
from services.cases.standing import Standing
from store.database import case_tasks as sql
from store.database.work import UnitOfWork

OPEN: Final = ("asked", "reported_in", "done")
REPORT_IN: Final = "2 work hours"
REPORT_IN_URGENT: Final = "PT30M"
DEADLOCK: Final = "2 work days"
Follow = Callable[[UnitOfWork, Standing, Transition], None]


def follow(work: UnitOfWork, at: Standing, step: Transition) -> None:
    """Bring the tasks of a case after a step of its own."""
    for each in _FOLLOWING.get(step.action, ()):
        each(work, at, step)


def _asked(at: Standing, kind: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - columns of a task
    return {
        "kind": kind, "state": "asked", "cycle": at.case.cycle, "unit_id": None, "account_id": None,
        "asked_by": at.actor.id, "asked_at": at.now, "report_in_by": None, "due_at": None, **values,
    }  # fmt: skip


def _inspect(kind: str) -> Follow:
    def ask(work: UnitOfWork, at: Standing, step: Transition) -> None:
        sql.add(work.session, at.key, [_asked(at, kind, account_id=UUID(step.facts["inspector"]))])

    return ask


def _move(kinds: tuple[str, ...], sources: tuple[str, ...], state: str, stamp: str | None = None) -> Follow:
    def change(work: UnitOfWork, at: Standing, _step: Transition) -> None:
        values: dict[str, Any] = {"state": state} | ({stamp: at.now} if stamp else {})
        sql.move(work.session, at.key, kinds, sources=sources, values=values)

    return change


def _dispatched(work: UnitOfWork, at: Standing, step: Transition) -> None:
    lead = _asked(at, "handle", unit_id=UUID(step.facts["unit"]))
    others = [_asked(at, "countersign", unit_id=UUID(unit)) for unit in step.facts.get("countersigning", ())]
    sql.add(work.session, at.key, [lead, *others])


def _called(work: UnitOfWork, at: Standing, step: Transition) -> None:
    _, calendar = calendars.calendar_of(work, at.row.territory_id)
    report_in = due_at(at.now, read_limit(REPORT_IN_URGENT if at.case.urgent else REPORT_IN), calendar)
    settled = due_at(at.now, read_limit(DEADLOCK), calendar)
    rows = [
        _asked(at, "joint_call", unit_id=UUID(unit), report_in_by=report_in, due_at=settled)
        for unit in step.facts["departments"]
    ]
    sql.add(work.session, at.key, rows)


def _supervised(work: UnitOfWork, at: Standing, step: Transition) -> None:
    due = datetime.fromisoformat(step.facts["answer_due"])
    sql.add(work.session, at.key, [_asked(at, "supervise", due_at=due)])


_EVERYTHING: Final = ("verify", "check", "handle", "countersign", "joint_call", "supervise")
_CALL_OFF: Final = _move(_EVERYTHING, OPEN, "cancelled")
_CALL_OFF_DISPATCH: Final = _move(("handle", "countersign"), OPEN, "cancelled")
_FOLLOWING: Final[Mapping[str, tuple[Follow, ...]]] = {
    "ask_verification": (_inspect("verify"),),
    "verification_done": (_move(("verify",), OPEN, "signed", "done_at"),),
    "dispatch": (_dispatched,),
    "recall": (_CALL_OFF_DISPATCH,),
    "approve_return": (_CALL_OFF_DISPATCH,),
    "sign": (_move(("handle",), ("asked",), "reported_in", "reported_in_at"),),
    "report_done": (_move(("handle",), ("asked", "reported_in"), "done", "done_at"),),
    "send_to_check": (_inspect("check"),),
    "pass_check": (_move(("check",), OPEN, "signed", "done_at"), _move(("handle",), ("done",), "signed", "signed_at")),
    "fail_check": (_move(("check",), OPEN, "signed", "done_at"), _move(("handle",), ("done",), "reported_in")),
    "fail_check_self_handled": (_move(("check",), OPEN, "signed", "done_at"),),
    "approve_void": (_CALL_OFF,),
    "reject": (_CALL_OFF,),
    "link_duplicate": (_CALL_OFF,),
    "refer": (_CALL_OFF,),
    "supervise": (_supervised,),
    "joint_call": (_called,),
}
