"""Who is told of a step: whoever owes the next, decides a request, made it, was called or stands above."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from casework.case import Actor, Case
from casework.machine import machine
from casework.notices import LEVEL_TOLD, Told, told_of, told_of_task
from casework.states import apply

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)
UNIT, NEXT = str(UUID(int=11)), str(UUID(int=12))
YES = {"filing_condition_met": True, "own_task": True, "lead_unit": True, "closing_condition_met": True}


def told(action, role, *, facts=None, **case):
    before = Case(**{"item_set": True, "place_set": True, "since": NOW, "requested_by": OTHER, **case})
    actor = Actor(ME, frozenset({role}))
    step = apply(before, action, actor=actor, now=NOW + timedelta(hours=1), reason="r", facts=YES | (facts or {}))
    return told_of(before, step, actor)


@pytest.mark.parametrize(
    ("action", "role", "case", "facts", "expected"),
    [
        ("ask_verification", "intake_officer", {"state": "REPORTED"}, {"inspector": str(OTHER), "inspector_of_the_grid": "x"},
         [Told("inspector", account=OTHER)]),
        ("verification_done", "inspector", {"state": "VERIFYING"}, {"outcome": "x", "place": True}, [Told("intake_officer")]),
        ("accept", "intake_officer", {"state": "REPORTED"}, {}, [Told("shift_leader")]),
        ("appeal", "reporter", {"state": "REJECTED"}, {}, [Told("intake_officer")]),
        ("refer", "shift_leader", {"state": "ACCEPTED"}, {"outside_body": "power company"}, [Told("outside_body")]),
        ("dispatch", "dispatcher", {"state": "OPENED"}, {"unit": UNIT, "countersigning": [NEXT]},
         [Told("handling_unit", unit=UNIT), Told("handling_unit", unit=NEXT)]),
        ("recall", "dispatcher", {"state": "DISPATCHED", "unit": UNIT, "dispatchers": frozenset({ME})}, {},
         [Told("handling_unit", unit=UNIT)]),
        ("sign", "handling_unit", {"state": "DISPATCHED", "unit": UNIT}, {"worker": "w"}, []),
        ("request_return", "handling_unit", {"state": "IN_PROGRESS", "unit": UNIT}, {}, [Told("dispatcher")]),
        ("request_suspension", "handling_unit", {"state": "IN_PROGRESS"}, {"review_date": str(date(2026, 4, 1))},
         [Told("dispatcher"), Told("shift_leader")]),
        ("request_extension", "handling_unit", {"state": "IN_PROGRESS"}, {}, [Told("shift_leader")]),
        ("approve_return", "dispatcher", {"state": "IN_PROGRESS", "unit": UNIT, "pending": "return"}, {},
         [Told("handling_unit", account=OTHER), Told("handling_unit", unit=UNIT)]),
        ("refuse_extension", "shift_leader", {"state": "IN_PROGRESS", "pending": "extension"}, {},
         [Told("handling_unit", account=OTHER)]),
        ("approve_void", "shift_leader", {"state": "OPENED", "pending": "void"}, {}, [Told("intake_officer", account=OTHER)]),
        ("fail_check", "inspector", {"state": "CHECKING", "unit": UNIT}, {"photo": 1}, [Told("handling_unit", unit=UNIT)]),
        ("pass_check", "inspector", {"state": "CHECKING", "unit": UNIT}, {"photo": 1}, [Told("shift_leader")]),
        ("close", "shift_leader", {"state": "CHECKED"}, {}, []),
        ("reopen", "reporter", {"state": "CLOSED"}, {}, [Told("dispatcher")]),
        ("supervise", "supervisor", {"state": "IN_PROGRESS", "unit": UNIT}, {"answer_due": "2026-03-03T00:00:00+00:00"},
         [Told("handling_unit", unit=UNIT), Told("shift_leader"), Told("dispatcher")]),
        ("joint_call", "street_office", {"state": "IN_PROGRESS", "unit": UNIT}, {"departments": [NEXT]},
         [Told("handling_unit", unit=NEXT)]),
        ("escalate", "dispatcher", {"state": "OPENED", "handling_level": "village"}, {"to_level": "town", "told": ["town"]},
         [Told("street_office")]),
        ("escalate", "dispatcher", {"state": "OPENED", "severity": "critical"},
         {"to_level": "county", "told": ["town", "county"]}, [Told("street_office"), Told("supervisor")]),
    ],
)  # fmt: skip
def test_each_step_is_told_to_whom_it_concerns(action, role, case, facts, expected):
    assert list(told(action, role, facts=facts, **case)) == expected


def test_steps_of_child_tasks_are_told_to_the_other_side():
    unit = {"unit": UNIT, "lead": NEXT}
    assert told_of_task("joint_call", "report_in", **unit) == (Told("street_office"),)
    assert told_of_task("joint_call", "rate", **unit) == (Told("handling_unit", unit=UNIT),)
    assert told_of_task("supervise", "done", **unit) == (Told("supervisor"),)
    assert told_of_task("countersign", "sign", **unit) == (Told("handling_unit", unit=NEXT),)
    assert told_of_task("supervise", "sign", **unit) == ()


def test_roles_that_are_told_are_those_of_the_table():
    assert set(LEVEL_TOLD.values()) <= set(machine().roles)
    assert told("request_void", "inspector", state="CHECKING")[0].role in machine().roles
