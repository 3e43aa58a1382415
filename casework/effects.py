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


def _registered(_case: Case, _actor: Actor, facts: Facts) -> Changes:
    return {"item_set": bool(facts.get("item")), "place_set": bool(facts.get("place"))}


def _rework(case: Case, _actor: Actor, _facts: Facts) -> Changes:
    return {"rework_count": case.rework_count + 1}


def _reopened(case: Case, actor: Actor, _facts: Facts) -> Changes:
    # whoever reopens is an opener too: the one who dispatches next must be somebody else
    return {"cycle": case.cycle + 1, "openers": _with(case.openers, actor)}


_EFFECTS: Final[Mapping[str, Effect]] = {
    "register": _registered,
    "self_handle": lambda case, actor, _f: {"self_handled": True, "handlers": _with(case.handlers, actor)},
    "verification_done": lambda case, _a, facts: {"place_set": case.place_set or bool(facts.get("place"))},
    "appeal": lambda case, _a, _f: {"appeals": case.appeals + 1},
    "open": lambda case, actor, _f: {"openers": _with(case.openers, actor)},
    "dispatch": lambda case, actor, _f: {"dispatchers": _with(case.dispatchers, actor)},
    "sign": lambda case, actor, _f: {"handlers": _with(case.handlers, actor)},
    "report_done": lambda case, actor, _f: {"handlers": _with(case.handlers, actor)},
    "request_return": _ask("return"),
    "approve_return": _clear,
    "refuse_return": _clear,
    "recall": _clear,
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
    "fail_check_self_handled": lambda _c, _a, _f: {"self_handled": False},
    "reopen": _reopened,
    "rate": lambda case, _a, _f: {"rated_cycle": case.cycle},
    "escalate": lambda _c, _a, facts: {"handling_level": facts["to_level"]},
}


def after(action: str, case: Case, actor: Actor, facts: Facts) -> Changes:
    """Return the fields of the case that `action` changes, apart from the state.

    Parameters
    ----------
    action : str
        Name of an action of the table.
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
