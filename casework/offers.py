"""What an actor may do with a case now, before any form is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from casework.case import Actor, Case
from casework.guards import LEVELS, first_unmet, kept_apart
from casework.machine import Action, machine

# guards about what the form will say
_OF_THE_FORM: Final = frozenset({"master open", "master not a duplicate", "direct parent only"})


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that would be taken if the form brings what it needs; `target` None leaves the state."""

    action: str
    zh: str
    needs: tuple[str, ...]
    target: str | None


def offers(case: Case, *, actor: Actor, now: datetime, facts: Mapping[str, Any]) -> list[Offer]:
    """Return the actions of the table that are open to an actor, in the table's order.

    Parameters
    ----------
    case : Case
    actor : Actor
    now : datetime
    facts : Mapping
        Answers to the guards that the case itself doesn't know, as `casework.states.apply` takes them.

    Returns
    -------
    list of Offer

    Examples
    --------
    >>> from datetime import UTC
    >>> desk = Actor(None, frozenset({"intake_officer"}))
    >>> found = offers(Case(state="RESOLVED"), actor=desk, now=datetime(2026, 1, 1, tzinfo=UTC), facts={})
    >>> [offer.action for offer in found]
    ['request_void', 'send_to_check', 'escalate']
    """
    return [
        Offer(row.name, row.zh, row.needs, row.target)
        for row in machine().actions.values()
        if _open_to(row, case, actor, now, facts)
    ]


def _open_to(row: Action, case: Case, actor: Actor, now: datetime, facts: Mapping[str, Any]) -> bool:
    if case.state not in row.sources or not actor.roles & row.roles:
        return False
    if row.name == "escalate" and case.handling_level == LEVELS[-1]:
        return False
    guards = tuple(guard for guard in row.guards if guard not in _OF_THE_FORM)
    return first_unmet(guards, case, actor, now, facts) is None and kept_apart(row.name, case, actor) is None
