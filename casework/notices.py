"""Who is told of a step: whoever owes the next one, decides a request, made it, was called or stands above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from casework.case import Actor, Case, Transition
from casework.machine import machine

LEVEL_TOLD: Final[Mapping[str, str]] = {
    "grid": "grid_staff",
    "village": "grid_staff",
    "town": "street_office",
    "county": "supervisor",
    "city": "supervisor",
}
"""Who hears that a case came up to a level."""
_TAKEN_FROM: Final = frozenset({"recall", "approve_return", "approve_void"})
"""Steps that take a case away from its unit: that one is told."""
_TO_UNIT: Final = frozenset({"fail_check", "supervise", "resume"})
"""Steps after which its unit has more to do."""
_TASKS: Final[Mapping[tuple[str, str], str]] = {
    ("joint_call", "report_in"): "street_office",
    ("joint_call", "done"): "street_office",
    ("joint_call", "sign"): "street_office",
    ("supervise", "done"): "supervisor",
}
# of a request to void, which several roles make, only the account counts
_ASKS: Final[Mapping[str, str]] = {"void": "intake_officer"}
_BACK_TO_UNIT: Final = frozenset({"rate", "cancel"})


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of a step: a role, of one unit or one account where those are named.

    Attributes
    ----------
    role : str
        Of the state table.
    unit : str or None
        Only accounts of this unit.
    account : UUID or None
        Only this account.
    """

    role: str
    unit: str | None = None
    account: UUID | None = None


def told_of(before: Case, step: Transition, actor: Actor) -> tuple[Told, ...]:
    """Return who is told of a step of the machine, each once.

    Parameters
    ----------
    before : Case
        The case before the step.
    step : Transition
    actor : Actor
        Who took it: nobody is told of what lies on their own desk now.

    Returns
    -------
    tuple of Told

    Examples
    --------
    >>> from casework.states import apply
    >>> leader = Actor(UUID(int=1), frozenset({"shift_leader"}))
    >>> case = Case(state="ACCEPTED", item_set=True, place_set=True)
    >>> from datetime import UTC, datetime
    >>> step = apply(case, "open", actor=leader, now=datetime(2026, 1, 1, tzinfo=UTC),
    ...              facts={"filing_condition_met": True})
    >>> told_of(case, step, leader)
    (Told(role='dispatcher', unit=None, account=None),)
    """
    return tuple(dict.fromkeys(_told(before, step, actor)))


def _told(before: Case, step: Transition, actor: Actor) -> Iterator[Told]:
    yield from _whoever_owes(step, actor)
    verb, _, kind = step.action.partition("_")
    if verb == "request":
        yield from (Told(role) for role in sorted(machine().actions[f"approve_{kind}"].roles))
    if verb in ("approve", "refuse") and before.requested_by is not None:
        yield Told(_ASKS.get(kind, "handling_unit"), account=before.requested_by)
    if step.action in _TAKEN_FROM and before.unit is not None:
        yield Told("handling_unit", unit=before.unit)
    if step.action in _TO_UNIT and step.case.unit is not None:
        yield Told("handling_unit", unit=step.case.unit)
    for unit in (*step.facts.get("countersigning", ()), *step.facts.get("departments", ())):
        yield Told("handling_unit", unit=str(unit))
    if step.action == "escalate":
        yield from (Told(LEVEL_TOLD[level]) for level in step.facts.get("told", ()) if level in LEVEL_TOLD)
    if step.action == "supervise":
        yield from (Told(role) for role in ("shift_leader", "dispatcher"))


def _whoever_owes(step: Transition, actor: Actor) -> Iterator[Told]:
    """Tell whom the state table names for the new state, unless it is who brought the case there."""
    role = machine().states[step.to_state]["timer_owner"]
    if step.to_state == step.from_state or role in (None, "system") or role in actor.roles:
        return
    if role == "inspector":
        chosen = step.facts.get("inspector")
        yield Told(role, account=UUID(chosen) if chosen else None)
    else:
        yield Told(role, unit=step.case.unit if role == "handling_unit" else None)


def told_of_task(kind: str, action: str, *, unit: str | None, lead: str | None) -> tuple[Told, ...]:
    """Return who is told of a step of a child task.

    Parameters
    ----------
    kind : str
        ``countersign``, ``joint_call`` or ``supervise``.
    action : str
        ``report_in``, ``done``, ``sign``, ``rate`` or ``cancel``.
    unit : str or None
        Whose task it is.
    lead : str or None
        The unit that leads the case: it waits for countersigning ones.

    Examples
    --------
    >>> told_of_task("joint_call", "report_in", unit="u", lead=None)
    (Told(role='street_office', unit=None, account=None),)
    """
    if (kind, action) in _TASKS:
        return (Told(_TASKS[kind, action]),)
    if action in _BACK_TO_UNIT and unit is not None:
        return (Told("handling_unit", unit=unit),)
    if kind == "countersign" and action == "sign" and lead is not None:
        return (Told("handling_unit", unit=lead),)
    return ()
