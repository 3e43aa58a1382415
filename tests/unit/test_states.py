"""The state machine: everything listed works, everything else is refused."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from casework.case import Case
from casework.chain import first_broken
from casework.guards import ASKED_OF_CALLER, LEVELS, fact_of
from casework.machine import machine, window
from casework.states import ActionRefused, Actor, apply, step_content

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
STATES = (None, *machine().states)
ACTIONS = machine().actions
ROLES = tuple(machine().roles)

GENEROUS = {
    **{fact_of(guard): True for guard in ASKED_OF_CALLER},
    **{need.replace(" ", "_"): "x" for row in ACTIONS.values() for need in row.needs},
    "item": "lamp-out",
    "place": True,
    "master_state": "OPENED",
    "to_level": "village",
}
PENDING = {"return": "return", "suspension": "suspension", "extension": "extension", "void": "void"}


def case_for(action: str, state: str | None) -> Case:
    """Build a case in `state` whose guards all let `action` pass."""
    kind = action.partition("_")[2] if action.startswith(("approve_", "refuse_")) else ""
    archived = action == "archive"
    return Case(
        state=state,
        since=NOW - (window("CLOSED") + timedelta(days=1) if archived else timedelta(hours=1)),
        item_set=True,
        place_set=True,
        pending=PENDING.get(kind),
        requested_by=TWO if kind in PENDING else None,
        dispatchers=frozenset({ONE}) if action == "recall" else frozenset(),
        self_handled=action == "fail_check_self_handled",
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_apply_allows_exactly_the_listed_states_and_roles(action: str) -> None:
    row = ACTIONS[action]
    for state, role in itertools.product(STATES, ROLES):
        case = case_for(action, state)
        listed = (state in row.sources if row.sources else state is None) and role in row.roles
        actor = Actor(ONE, frozenset({role}))
        if listed:
            step = apply(case, action, actor=actor, now=NOW, reason="because", facts=GENEROUS)
            assert step.to_state == (row.target or state)
            assert step.case.state == step.to_state
            assert (step.seq, step.prev, step.from_state) == (1, "", state)
        else:
            with pytest.raises(ActionRefused) as refused:
                apply(case, action, actor=actor, now=NOW, reason="because", facts=GENEROUS)
            assert refused.value.code in {"wrong-state", "wrong-role"}


@pytest.mark.parametrize(("action", "need"), [(row.name, need) for row in ACTIONS.values() for need in row.needs])
def test_apply_refuses_without_what_the_action_needs(action: str, need: str) -> None:
    row = ACTIONS[action]
    facts = {key: value for key, value in GENEROUS.items() if key != need.replace(" ", "_")}
    state = next(iter(sorted(row.sources)), None)
    with pytest.raises(ActionRefused) as refused:
        apply(
            case_for(action, state),
            action,
            actor=Actor(ONE, row.roles),
            now=NOW,
            reason=None if need == "reason" else "because",
            facts=facts,
        )
    assert refused.value.code == "missing"
    assert refused.value.fields["what"] == need


BREAKS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "severity minor": ({"severity": "major"}, {}),
    "item set": ({"item_set": False}, {}),
    "place set": ({"place_set": False}, {}),
    "item not urgent": ({"urgent": True}, {}),
    "within window": ({"since": NOW - timedelta(days=11)}, {}),
    "window over": ({"since": NOW - timedelta(days=9)}, {}),
    "first appeal": ({"appeals": 1}, {}),
    "master open": ({}, {"master_state": "CLOSED"}),
    "master not a duplicate": ({}, {"master_state": "DUPLICATE"}),
    "within 72 h or master voided": ({"since": NOW - timedelta(hours=73)}, {}),
    "dispatcher did not open": ({"openers": frozenset({ONE})}, {}),
    "own dispatch": ({"dispatchers": frozenset({TWO})}, {}),
    "no request pending": ({"pending": "void"}, {}),
    "pending=return": ({"pending": "void"}, {}),
    "pending=suspension": ({"pending": None}, {}),
    "pending=extension": ({"pending": "return"}, {}),
    "pending=void": ({"pending": None}, {}),
    "approver is not the requester": ({"requested_by": ONE}, {}),
    "at most 2": ({"extensions": 2}, {}),
    "inspector is not the handler": ({"handlers": frozenset({ONE})}, {}),
    "self_handled": ({"self_handled": False}, {}),
    "not self_handled": ({"self_handled": True}, {}),
    "closer did not dispatch": ({"dispatchers": frozenset({ONE})}, {}),
    "once per cycle": ({"rated_cycle": 1}, {}),
    "direct parent only": ({}, {"to_level": "city"}),
    **{guard: ({}, {fact_of(guard): False}) for guard in ASKED_OF_CALLER},
}
ALWAYS_TRUE_HERE = {"not signed"}  # the action starts from DISPATCHED alone, which is what the guard says


@pytest.mark.parametrize(
    ("action", "guard"),
    [(row.name, guard) for row in ACTIONS.values() for guard in row.guards if guard not in ALWAYS_TRUE_HERE],
)
def test_apply_refuses_when_a_guard_does_not_hold(action: str, guard: str) -> None:
    row = ACTIONS[action]
    state = next(iter(sorted(row.sources)), None)
    changes, facts = BREAKS[guard]
    case = dataclasses.replace(case_for(action, state), **changes)
    with pytest.raises(ActionRefused) as refused:
        apply(case, action, actor=Actor(ONE, row.roles), now=NOW, reason="because", facts={**GENEROUS, **facts})
    assert refused.value.code == "guard"
    assert refused.value.fields["what"] == guard


def test_apply_refuses_an_unknown_action() -> None:
    with pytest.raises(ActionRefused) as refused:
        apply(Case(), "teleport", actor=Actor(ONE, frozenset(ROLES)), now=NOW)
    assert refused.value.code == "unknown-action"


def test_every_open_state_has_a_way_out_and_a_timer() -> None:
    for name, state in machine().states.items():
        leaving = [row for row in ACTIONS.values() if name in row.sources and row.target not in {None, name}]
        assert bool(leaving) != bool(state["terminal"]), name
        if state["open"]:
            assert state["timer"], name


def test_escalation_goes_to_the_direct_parent_unless_critical() -> None:
    staff = Actor(ONE, frozenset({"dispatcher"}))
    case = Case(state="OPENED", since=NOW, handling_level="grid")
    step = apply(case, "escalate", actor=staff, now=NOW, reason="r", facts={"to_level": "village"})
    assert step.case.handling_level == "village"
    assert step.to_state == "OPENED"
    critical = dataclasses.replace(case, severity="critical")
    assert (
        apply(critical, "escalate", actor=staff, now=NOW, reason="r", facts={"to_level": "county"}).case.handling_level
        == "county"
    )
    top = dataclasses.replace(case, handling_level=LEVELS[-1])
    with pytest.raises(ActionRefused):
        apply(top, "escalate", actor=staff, now=NOW, reason="r", facts={"to_level": "city"})


def test_whole_life_keeps_roles_apart_and_chains_digests() -> None:
    people = {
        "desk": Actor(ONE, frozenset({"intake_officer"})),
        "leader": Actor(TWO, frozenset({"shift_leader"})),
        "both": Actor(TWO, frozenset({"shift_leader", "dispatcher"})),
        "dispatcher": Actor(THREE, frozenset({"dispatcher", "shift_leader"})),
        "unit": Actor(UUID(int=4), frozenset({"handling_unit", "inspector"})),
        "inspector": Actor(UUID(int=5), frozenset({"inspector"})),
        "system": Actor(None, frozenset({"system"})),
    }
    done = {"lead_unit": True, "all_child_tasks_done": True, "photo_after": "m1"}
    steps = [
        ("register", "desk", {"intake_key": "k", "item": "lamp", "place": True}),
        ("accept", "desk", {}),
        ("open", "leader", {"filing_condition_met": True}),
        ("dispatch", "dispatcher", {"unit": "u"}),
        ("sign", "unit", {"own_task": True, "worker": "w"}),
        ("request_suspension", "unit", {"review_date": "2026-12-01"}),
        ("approve_suspension", "dispatcher", {}),
        ("resume", "system", {}),
        ("report_done", "unit", done),
        ("send_to_check", "system", {"inspector": "i"}),
        ("fail_check", "inspector", {"photo": "p"}),
        ("report_done", "unit", done),
        ("send_to_check", "system", {"inspector": "i"}),
        ("pass_check", "inspector", {"photo": "p"}),
        ("close", "leader", {"closing_condition_met": True}),
        ("reopen", "inspector", {}),
    ]
    case, rows = Case(), []
    for minute, (action, who, facts) in enumerate(steps):
        if action == "dispatch":
            with pytest.raises(ActionRefused, match="did not open"):
                apply(case, action, actor=people["both"], now=NOW, facts=facts)
        if action == "pass_check":
            with pytest.raises(ActionRefused, match="not the handler"):
                apply(case, action, actor=people["unit"], now=NOW, facts=facts)
        if action == "close":
            with pytest.raises(ActionRefused, match="did not dispatch"):
                apply(case, action, actor=people["dispatcher"], now=NOW, facts=facts)
        at = NOW + timedelta(minutes=minute)
        step = apply(case, action, actor=people[who], now=at, reason="because", facts=facts)
        case = step.case
        content = step_content(
            step.seq,
            step.action,
            from_state=step.from_state,
            to_state=step.to_state,
            actor_id=step.actor_id,
            at=step.at,
            facts=step.facts,
        )
        rows.append((step.prev, step.digest, content))
    assert (case.state, case.cycle, case.rework_count, case.seq) == ("OPENED", 2, 1, len(steps))
    assert case.pending is None
    assert first_broken(rows) is None
    rows[3][2]["to"] = "CLOSED"
    assert first_broken(rows) == 3
    del rows[2]
    assert first_broken(rows) == 2
