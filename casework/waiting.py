"""What waits for whom: the steps that lead a case on, and the requests that somebody must decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from casework.machine import machine

LEADING: Final[Mapping[str, str]] = {
    "accept": "intake_officer", "send_to_check": "intake_officer", "verification_done": "inspector",
    "pass_check": "inspector", "open": "shift_leader", "close": "shift_leader", "dispatch": "dispatcher",
    "sign": "handling_unit", "report_done": "handling_unit",
}  # fmt: skip
"""The step that leads a case on from a state, and the duty that takes it."""
OF_THEIR_OWN: Final = frozenset({"inspector", "handling_unit"})
"""Duties that only cases of their own wait for: those an inspector was named for, those a unit has."""


def states_waiting(role: str) -> frozenset[str]:
    """Return the states in which a case waits for a duty.

    Examples
    --------
    >>> sorted(states_waiting("intake_officer")), states_waiting("planner")
    (['REPORTED', 'RESOLVED'], frozenset())
    """
    sources = [machine().actions[action].sources for action, whose in LEADING.items() if whose == role]
    return frozenset().union(*sources)


def decides(roles: frozenset[str]) -> frozenset[str]:
    """Return the kinds of requests that some duties decide.

    Examples
    --------
    >>> sorted(decides(frozenset({"dispatcher"})))
    ['return', 'suspension']
    """
    return frozenset(
        action.removeprefix("approve_")
        for action, row in machine().actions.items()
        if action.startswith("approve_") and row.roles & roles
    )
