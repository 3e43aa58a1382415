"""A case rebuilt from its steps alone: the row must say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from casework.case import Actor, Case
from casework.effects import after

_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One stored step, as far as a replay needs it."""

    seq: int
    action: str
    to_state: str
    actor_id: UUID | None
    at: datetime
    facts: Mapping[str, Any]
    digest: str


def replay(steps: Iterable[Step]) -> Case:
    """Walk through the steps of a case, first to last.

    Parameters
    ----------
    steps : iterable of Step
        In order of their sequence number.

    Returns
    -------
    Case
        As it stands after the last step.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> case = replay([Step(1, "register", "REPORTED", None, at, {"item": "lamp", "place": True}, "d1")])
    >>> case.state, case.seq, case.item_set
    ('REPORTED', 1, True)
    """
    case = Case()
    for step in steps:
        changed = after(step.action, case, Actor(step.actor_id, _NOBODY), step.facts)
        since = step.at if step.to_state != case.state else case.since
        case = replace(case, **changed, state=step.to_state, since=since, seq=step.seq, prev=step.digest)
    return case


def differences(first: Case, second: Case) -> list[str]:
    """Return the names of the fields in which two cases differ.

    Examples
    --------
    >>> differences(Case(state="OPENED"), Case(state="CLOSED", cycle=2))
    ['state', 'cycle']
    """
    return [each.name for each in fields(Case) if getattr(first, each.name) != getattr(second, each.name)]
