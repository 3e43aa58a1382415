"""The conditions of the state table: those that a case can answer itself, and those that the caller must state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from casework.case import Actor, Case
from casework.machine import machine, window

LEVELS: Final = ("micro", "grid", "village", "town", "county", "city")
"""Handling levels, lowest first; escalation goes to the next one only."""
_CRITICAL_LEVELS: Final = frozenset({"town", "county"})
_UNLINK_WINDOW: Final = timedelta(hours=72)

Facts = Mapping[str, Any]
Guard = Callable[[Case, Actor, datetime, Facts], bool]


def _age(case: Case, now: datetime) -> timedelta:
    return now - case.since if case.since is not None else timedelta.max


def _within_window(case: Case, _actor: Actor, now: datetime, _facts: Facts) -> bool:
    return case.state is not None and _age(case, now) <= window(case.state)


def _window_over(case: Case, _actor: Actor, now: datetime, _facts: Facts) -> bool:
    return case.state is not None and _age(case, now) > window(case.state)


def _unlink_in_time(case: Case, _actor: Actor, now: datetime, facts: Facts) -> bool:
    return facts.get("master_state") == "VOIDED" or _age(case, now) <= _UNLINK_WINDOW


def _master_open(_case: Case, _actor: Actor, _now: datetime, facts: Facts) -> bool:
    # a duplicate is not open either, but deserves its own sentence
    state = machine().states.get(str(facts.get("master_state")))
    return state is not None and (bool(state["open"]) or facts.get("master_state") == "DUPLICATE")


def _direct_parent(case: Case, _actor: Actor, _now: datetime, facts: Facts) -> bool:
    to_level = facts.get("to_level")
    if case.severity == "critical" and to_level in _CRITICAL_LEVELS:
        return LEVELS.index(str(to_level)) > LEVELS.index(case.handling_level)
    here = LEVELS.index(case.handling_level)
    return here + 1 < len(LEVELS) and to_level == LEVELS[here + 1]


def _pending(kind: str) -> Guard:
    return lambda case, _actor, _now, _facts: case.pending == kind


# the system and an anonymous reporter have no id, so they are nobody's earlier self
_KNOWN: Final[Mapping[str, Guard]] = {
    "severity minor": lambda case, _a, _n, _f: case.severity == "minor",
    "item set": lambda case, _a, _n, _f: case.item_set,
    "place set": lambda case, _a, _n, _f: case.place_set,
    "item not urgent": lambda case, _a, _n, _f: not case.urgent,
    "within window": _within_window,
    "window over": _window_over,
    "first appeal": lambda case, _a, _n, _f: case.appeals == 0,
    "master open": _master_open,
    "master not a duplicate": lambda _c, _a, _n, facts: facts.get("master_state") != "DUPLICATE",
    "within 72 h or master voided": _unlink_in_time,
    "dispatcher did not open": lambda case, actor, _n, _f: actor.id not in case.openers,
    "own dispatch": lambda case, actor, _n, _f: actor.id in case.dispatchers,
    "not signed": lambda case, _a, _n, _f: case.state == "DISPATCHED",
    "no request pending": lambda case, _a, _n, _f: case.pending is None,
    "pending=return": _pending("return"),
    "pending=suspension": _pending("suspension"),
    "pending=extension": _pending("extension"),
    "pending=void": _pending("void"),
    "approver is not the requester": lambda case, actor, _n, _f: actor.id is not None and actor.id != case.requested_by,
    "at most 2": lambda case, _a, _n, _f: case.extensions < 2,
    "inspector is not the handler": lambda case, actor, _n, _f: actor.id not in case.handlers,
    "self_handled": lambda case, _a, _n, _f: case.self_handled,
    "not self_handled": lambda case, _a, _n, _f: not case.self_handled,
    "closer did not dispatch": lambda case, actor, _n, _f: actor.id not in case.dispatchers,
    "once per cycle": lambda case, _a, _n, _f: case.rated_cycle < case.cycle,
    "direct parent only": _direct_parent,
}

ASKED_OF_CALLER: Final = frozenset(
    {
        "own grid",
        "item allows self-handling",
        "filing condition met",
        "own task",
        "lead unit",
        "all child tasks done",
        "closing condition met",
    }
)
"""Guards about other tables than the case: the caller states them in ``facts``, absent means no."""


# what the invariants ask beyond the table: a step that would make one person both sides of a pair
_KEPT_APART: Final[Mapping[str, tuple[str, str]]] = {
    "open": ("dispatchers", "opener did not dispatch"),
    "reopen": ("dispatchers", "opener did not dispatch"),
    "sign": ("checkers", "handler did not check"),
    "report_done": ("checkers", "handler did not check"),
    "self_handle": ("checkers", "handler did not check"),
    "fail_check_self_handled": ("handlers", "inspector is not the handler"),
}
_AFTER_APPEAL: Final = frozenset({"accept", "reject", "ask_verification", "refer", "link_duplicate"})


def kept_apart(action: str, case: Case, actor: Actor) -> str | None:
    """Return which pair of duties `action` would bring into one hand, or None.

    Parameters
    ----------
    action : str
    case : Case
    actor : Actor
        The system and an anonymous reporter are nobody's earlier self.

    Returns
    -------
    str or None
        In the words of a guard.
    """
    if actor.id is None:
        return None
    people, guard = _KEPT_APART.get(action, (None, None))
    if people is not None and actor.id in getattr(case, people):
        return guard
    if case.appeals and action in _AFTER_APPEAL and actor.id in case.rejecters:
        return "another intake officer after an appeal"
    return None


def fact_of(guard: str) -> str:
    """Return the key under which the caller states a guard.

    Examples
    --------
    >>> fact_of("item allows self-handling")
    'item_allows_self_handling'
    """
    return guard.replace(" ", "_").replace("-", "_")


def first_unmet(guards: tuple[str, ...], case: Case, actor: Actor, now: datetime, facts: Facts) -> str | None:
    """Return the first guard that does not hold, or None.

    Parameters
    ----------
    guards : tuple of str
        As the table names them.
    case, actor, now, facts
        As given to `casework.states.apply`.

    Returns
    -------
    str or None

    Raises
    ------
    LookupError
        The table names a guard that the code does not know.
    """
    for guard in guards:
        if guard in ASKED_OF_CALLER:
            holds = facts.get(fact_of(guard)) is True
        elif guard in _KNOWN:
            holds = _KNOWN[guard](case, actor, now, facts)
        else:
            raise LookupError(f"unknown guard in the state table: {guard}")
        if not holds:
            return guard
    return None
