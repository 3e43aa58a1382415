"""A case as the state machine sees it, who acts on it, and the step that results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.chain import GENESIS
from gis.errors import ConflictError


class ActionRefused(ConflictError):  # noqa: N818 - the contract's name
    """An action that the state, the role, a guard or a missing fact forbids.

    Parameters
    ----------
    code : str
        ``unknown-action``, ``wrong-state``, ``wrong-role``, ``guard`` or ``missing``.
    message : str
        What is in the way.
    **fields
        ``action``, ``state`` and, for a guard or a missing fact, ``what``.
    """

    code = "action-refused"

    def __init__(self, code: str, message: str = "", **fields: object) -> None:
        super().__init__(message or f"The action is refused: {code}.", **fields)
        self.code = code  # type: ignore[misc]  # the contract names the refusal, not the class


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts on a case.

    Attributes
    ----------
    id : UUID or None
        Account; None for the system and for a reporter without an account.
    roles : frozenset of str
        Roles of the state machine that hold now.
    """

    id: UUID | None
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """What the state machine must know of an incident; `state` None is a report not yet registered.

    Attributes
    ----------
    since : datetime or None
        When the present state began; windows are counted from it.
    pending, requested_by
        An open request (return, suspension, extension, void) and who made it.
    openers, dispatchers, handlers, checkers, rejecters : frozenset of UUID
        Accounts that ever did so, over all cycles: they are kept apart. Who reopened or closed is among the openers.
    unit, returned_from : str or None
        The unit that leads now, and the one that gave the case back last.
    wrong_dispatches : int
        How often a case that was given back went to another unit.
    prev : str
        Digest of the last step.
    """

    state: str | None = None
    since: datetime | None = None
    severity: str = "minor"
    urgent: bool = False
    item_set: bool = False
    place_set: bool = False
    handling_level: str = "grid"
    pending: str | None = None
    requested_by: UUID | None = None
    openers: frozenset[UUID] = frozenset()
    dispatchers: frozenset[UUID] = frozenset()
    handlers: frozenset[UUID] = frozenset()
    checkers: frozenset[UUID] = frozenset()
    rejecters: frozenset[UUID] = frozenset()
    unit: str | None = None
    returned_from: str | None = None
    wrong_dispatches: int = 0
    supervised: bool = False
    self_handled: bool = False
    cycle: int = 1
    rated_cycle: int = 0
    rework_count: int = 0
    extensions: int = 0
    appeals: int = 0
    seq: int = 0
    prev: str = GENESIS


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of a case, ready to be stored: `case` is the case after it."""

    seq: int
    action: str
    from_state: str | None
    to_state: str
    actor_id: UUID | None
    at: datetime
    reason: str | None
    facts: Mapping[str, Any]
    prev: str
    digest: str
    case: Case = field(repr=False)
