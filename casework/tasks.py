"""Child tasks of a case: what a unit that countersigns or was called in, or whoever must answer, may do with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from casework.case import ActionRefused

CHILD_KINDS: Final = frozenset({"countersign", "joint_call"})
"""Tasks of other units than the lead; they must be done before the lead reports done."""
OPEN_STATES: Final = frozenset({"asked", "reported_in", "done"})
_SETTLED: Final = frozenset({"signed", "cancelled"})
_DONE: Final = _SETTLED | {"done"}


@dataclass(frozen=True, slots=True)
class TaskAction:
    """One thing that may be done with a task.

    Attributes
    ----------
    sources : frozenset of str
        States of the task.
    target : str or None
        State after it; None leaves it.
    roles : frozenset of str
        Who may, beside the task's own unit where `by_unit`.
    by_unit : bool
        Whether it is for an account of the task's own unit.
    """

    name: str
    zh: str
    sources: frozenset[str]
    target: str | None
    roles: frozenset[str] = frozenset()
    by_unit: bool = False


def _action(
    name: str, zh: str, sources: str, target: str | None, roles: str = "", *, by_unit: bool = False
) -> TaskAction:
    return TaskAction(name, zh, frozenset(sources.split()), target, frozenset(roles.split()), by_unit)


TASK_ACTIONS: Final[Mapping[str, tuple[TaskAction, ...]]] = {
    "countersign": (
        _action("sign", "会签", "asked", "signed", by_unit=True),
        _action("cancel", "撤销", "asked", "cancelled", "dispatcher shift_leader"),
    ),
    "joint_call": (
        _action("report_in", "报到", "asked", "reported_in", by_unit=True),
        _action("done", "办结", "reported_in", "done", by_unit=True),
        _action("sign", "签章", "done", "signed", by_unit=True),
        _action("rate", "评价", "signed", None, "street_office"),
        _action("cancel", "撤销", "asked reported_in done", "cancelled", "street_office"),
    ),
    "supervise": (
        _action("done", "答复", "asked", "done", "shift_leader dispatcher handling_unit"),
        _action("sign", "认可", "done", "signed", "supervisor"),
        _action("cancel", "撤销", "asked done", "cancelled", "supervisor"),
    ),
}
"""Per kind of task; tasks of the machine's own steps (to verify, to check, to handle) move with those steps."""


def task_offers(kind: str, state: str, *, roles: frozenset[str], own_unit: bool, rated: bool = False) -> list[str]:
    """Return what somebody may do with a task now.

    Parameters
    ----------
    kind, state : str
        Of the task.
    roles : frozenset of str
        Of who asks.
    own_unit : bool
        Whether the task is of the unit that the account belongs to.
    rated : bool
        Whether it has its score already.

    Returns
    -------
    list of str

    Examples
    --------
    >>> task_offers("joint_call", "asked", roles=frozenset({"handling_unit"}), own_unit=True)
    ['report_in']
    >>> task_offers("joint_call", "signed", roles=frozenset({"street_office"}), own_unit=False)
    ['rate']
    """
    return [
        each.name
        for each in TASK_ACTIONS.get(kind, ())
        if state in each.sources
        and ((each.by_unit and own_unit and "handling_unit" in roles) or bool(each.roles & roles))
        and not (each.name == "rate" and rated)
    ]


def take(kind: str, state: str, action: str, *, roles: frozenset[str], own_unit: bool, rated: bool = False) -> str:
    """Return the state of a task after an action, or refuse it.

    Raises
    ------
    ActionRefused
        ``unknown-action``, ``wrong-state`` or ``wrong-role``; a second score is refused as ``guard``.
    """
    row = next((each for each in TASK_ACTIONS.get(kind, ()) if each.name == action), None)
    if row is None:
        raise ActionRefused("unknown-action", f"A task of this kind knows no '{action}'.", action=action, kind=kind)
    if state not in row.sources:
        raise ActionRefused(
            "wrong-state", f"'{action}' is not possible: the task is {state}.", action=action, state=state
        )
    if row.name == "rate" and rated:
        raise ActionRefused("guard", "The task has its score already.", action=action, what="rated once")
    if action not in task_offers(kind, state, roles=roles, own_unit=own_unit):
        raise ActionRefused("wrong-role", f"'{action}' is for another unit or role.", action=action, state=state)
    return row.target or state


def all_done(tasks: Mapping[object, tuple[str, str]]) -> bool:
    """Whether every child task (key → kind, state) is done, so that the lead may report done.

    Examples
    --------
    >>> all_done({1: ("countersign", "signed"), 2: ("check", "asked")}), all_done({1: ("joint_call", "asked")})
    (True, False)
    """
    return all(state in _DONE for kind, state in tasks.values() if kind in CHILD_KINDS)


def all_settled(tasks: Mapping[object, tuple[str, str]]) -> bool:
    """Whether nobody owes anything any more, so that the case may be closed.

    Examples
    --------
    >>> all_settled({1: ("joint_call", "done")}), all_settled({1: ("supervise", "done")})
    (False, True)
    """
    return all(
        state in (_DONE if kind == "supervise" else _SETTLED)
        for kind, state in tasks.values()
        if kind in CHILD_KINDS or kind == "supervise"
    )
