"""What an action changes in the case beside its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from casework.case import Actor, Case

Facts = Mapping[str, Any]
Changes = dict[str, Any]
Effect = Callable[[Case, Actor, Facts], Changes]

_CLEARED: Final[Changes] = {"pending": None, "requested_by": None}


def _with(people: frozenset[UUID], actor: Actor) -> frozenset[UUID]:
    return people if actor.id is None else people | {actor.id}


def _clear(_case: Case, _actor: Actor, _facts: Facts) -> Changes:
    return dict(_CLEARED)


def _ask(kind: str) -> Effect:
    return lambda _case, actor, _facts: {"pending": kind, "requested_by": actor.id}


def _registered(case: Case, _actor: Actor, facts: Facts) -> Changes:
    return {
        "item_set": bool(facts.get("item")),
        "place_set": bool(facts.get("place")),
        "severity": facts.get("severity", case.severity),
        "urgent": bool(facts.get("urgent", case.urgent)),
    }


def _dispatched(case: Case, actor: Actor, facts: Facts) -> Changes:
    unit = str(facts["unit"])
    wrong = case.returned_from is not None and case.returned_from != unit
    return {
        "dispatchers": _with(case.dispatchers, actor),
        "unit": unit,
        "returned_from": None,
        "wrong_dispatches": case.wrong_dispatches + wrong,
    }


def _returned(case: Case, _actor: Actor, _facts: Facts) -> Changes:
    return {**_CLEARED, "unit": None, "returned_from": case.unit}


def _checked(case: Case, actor: Actor, _facts: Facts) -> Changes:
    return {"checkers": _with(case.checkers, actor)}


def _amended(case: Case, _actor: Actor, facts: Facts) -> Changes:
    return {
        "severity": facts.get("severity", case.severity),
        "urgent": bool(facts.get("urgent", case.urgent)),
        "item_set": case.item_set or bool(facts.get("item")),
        "place_set": case.place_set or bool(facts.get("place")),
    }


def _rework(case: Case, actor: Actor, facts: Facts) -> Changes:
    return {**_checked(case, actor, facts), "rework_count": case.rework_count + 1}


def _reopened(case: Case, actor: Actor, _facts: Facts) -> Changes:
    # whoever reopens is an opener too: the one who dispatches next must be somebody else
    return {"cycle": case.cycle + 1, "openers": _with(case.openers, actor), "unit": None}


_EFFECTS: Final[Mapping[str, Effect]] = {
    "register": _registered,
    "self_handle": lambda case, actor, _f: {"self_handled": True, "handlers": _with(case.handlers, actor)},
    "verification_done": lambda case, _a, facts: {"place_set": case.place_set or bool(facts.get("place"))},
    "appeal": lambda case, _a, _f: {"appeals": case.appeals + 1},
    "open": lambda case, actor, _f: {"openers": _with(case.openers, actor)},
    "dispatch": _dispatched,
    "reject": lambda case, actor, _f: {"rejecters": _with(case.rejecters, actor)},
    "sign": lambda case, actor, _f: {"handlers": _with(case.handlers, actor)},
    "report_done": lambda case, actor, _f: {"handlers": _with(case.handlers, actor)},
    "request_return": _ask("return"),
    "approve_return": _returned,
    "refuse_return": _clear,
    "recall": lambda _c, _a, _f: {**_CLEARED, "unit": None},
    "request_suspension": _ask("suspension"),
    "approve_suspension": _clear,
    "refuse_suspension": _clear,
    "request_extension": _ask("extension"),
    "approve_extension": lambda case, _a, _f: {**_CLEARED, "extensions": case.extensions + 1},
    "refuse_extension": _clear,
    "request_void": _ask("void"),
    "approve_void": _clear,
    "refuse_void": _clear,
    "fail_check": _rework,
    "pass_check": _checked,
    "fail_check_self_handled": lambda case, actor, facts: {**_checked(case, actor, facts), "self_handled": False},
    # whoever closed may not dispatch it after a reopening, any more than whoever opened
    "close": lambda case, actor, _f: {"openers": _with(case.openers, actor)},
    "reopen": _reopened,
    "rate": lambda case, _a, _f: {"rated_cycle": case.cycle},
    "supervise": lambda _c, _a, _f: {"supervised": True},
    "amend": _amended,
    "escalate": lambda _c, _a, facts: {"handling_level": facts["to_level"]},
}


def after(action: str, case: Case, actor: Actor, facts: Facts) -> Changes:
    """Return the fields of the case that `action` changes, apart from the state.

    Parameters
    ----------
    action : str
        Name of an action of the table, or of a step outside it (``amend``, those of tasks).
    case : Case
        Before the action.
    actor : Actor
        Who acts.
    facts : Mapping
        What the action came with.

    Returns
    -------
    dict
        Field name → new value.
    """
    effect = _EFFECTS.get(action)
    return effect(case, actor, facts) if effect is not None else {}
