"""SQL of what waits for an account: cases to lead on, requests to decide, tasks to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from casework.tasks import TASK_ACTIONS
from casework.waiting import OF_THEIR_OWN, decides, states_waiting

_TAKEN_BACK: Final = frozenset({"cancel"})
"""Things that may be done with a task, which nobody waits for."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Whose work is asked for: an account, the unit it acts for, and its duties."""

    account_id: UUID | None
    unit_id: UUID | None
    roles: frozenset[str]


# whoever took one side of a case is kept from the other, so nothing of it waits for them
_APART: Final[Mapping[str, str]] = {
    "intake_officer": " and (i.state <> 'REPORTED' or i.appeals = 0 or (:me = any(i.rejecters)) is not true)",
    "shift_leader": " and (:me = any(i.dispatchers)) is not true and (i.state <> 'CHECKED' or i.pending is null)",
    "dispatcher": " and (:me = any(i.openers)) is not true",
    "inspector": (
        " and (i.month, i.id) in (select t.month, t.incident_id from task t"
        " where t.account_id = :me and t.state in ('asked', 'reported_in', 'done'))"
    ),
    # what a unit asked for is decided elsewhere; until then it waits
    "handling_unit": " and i.unit_id = :my_unit and i.pending is null",
}


def waiting_condition(duty: Duty) -> tuple[str, dict[str, Any]]:
    """Return the condition for the open cases that wait for an account, and its values.

    A case waits where the account may lead it on, decide a request that somebody else made, or move a task of its unit
    or its duty.
    """
    values: dict[str, Any] = {"me": duty.account_id, "my_unit": duty.unit_id}
    parts = []
    for role, apart in _APART.items():
        states = states_waiting(role)
        if role in duty.roles and states:
            values[f"waiting_{role}"] = sorted(states)
            parts.append(f"i.state = any(:waiting_{role}){apart}")
    kinds = decides(duty.roles)
    if kinds:
        values["decided"] = sorted(kinds)
        parts.append("i.pending = any(:decided) and i.requested_by is distinct from :me")
    parts += [*_of_unit(duty), *_of_duty(duty)]
    return " or ".join(f"({part})" for part in parts) or "false", values


def has_duty(roles: frozenset[str]) -> bool:
    """Whether cases can wait for an account of these duties at all.

    Examples
    --------
    >>> has_duty(frozenset({"analyst"})), has_duty(frozenset({"supervisor"}))
    (False, True)
    """
    return waiting_condition(Duty(None, None, roles))[0] != "false"


def _pairs(wanted: Callable[[Any], bool]) -> list[tuple[str, str]]:
    """Return the kinds and states of tasks in which something may be done that is `wanted`; rating comes apart."""
    return sorted(
        {
            (kind, state)
            for kind, actions in TASK_ACTIONS.items()
            for action in actions
            if action.name not in _TAKEN_BACK | {"rate"} and wanted(action)
            for state in action.sources
        }
    )


def _listed(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(f"('{kind}', '{state}')" for kind, state in pairs)


def _of_unit(duty: Duty) -> list[str]:
    pairs = _pairs(lambda action: action.by_unit)
    if "handling_unit" not in duty.roles or not pairs:
        return []
    return [f"{_OF_UNIT} and (t.kind, t.state) in ({_listed(pairs)}))"]


def _of_duty(duty: Duty) -> list[str]:
    parts = []
    pairs = _pairs(lambda action: bool(action.roles & duty.roles))
    if pairs:
        # such tasks are those of supervised cases, which are few
        parts.append(f"i.supervised and exists ({_OF_CASE} and (t.kind, t.state) in ({_listed(pairs)}))")
    if "street_office" in duty.roles:
        parts.append(f"exists ({_OF_CASE} and t.kind = 'joint_call' and t.state = 'signed' and t.score is null)")
    return parts


# the index over open tasks holds units
_OF_UNIT: Final = (
    "(i.month, i.id) in (select t.month, t.incident_id from task t where t.unit_id = :my_unit"
    " and t.state in ('asked', 'reported_in', 'done')"
)
_OF_CASE: Final = "select from task t where t.month = i.month and t.incident_id = i.id"
assert _APART.keys() >= OF_THEIR_OWN  # noqa: S101 - their cases would be everybody's
