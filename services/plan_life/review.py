"""The way of what a second person approves: draft, review, and back. Plans and change sets of areas go it alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError, StaleRevisionError
from services.plan_check_words import problem
from store.database.models import ChangeSet, Plan
from store.database.work import UnitOfWork

NOTE_LENGTH = 2000
T = TypeVar("T", Plan, ChangeSet)


class NotReadyError(ConflictError):
    """A plan can't be published yet; the open points ride along in ``open``."""

    code = "plan-not-ready"


class SecondPersonError(NotReadyError):
    """The step needs somebody else than the author."""

    code = "second-person"


@dataclass(frozen=True, slots=True)
class StepView:
    """One step in the life of a plan or a change set."""

    id: UUID
    action: str
    actor: str | None
    note: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A step to put on record; without an actor it came about by itself."""

    action: str
    actor_id: UUID | None
    note: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Review(Generic[T]):
    """The steps of one sort of thing.

    Attributes
    ----------
    noun : str
        What it is called in sentences.
    field : str
        What its id is called in problems.
    drawers : tuple of str
        Roles that draw it, send it to review and take it out again.
    wrong : type of ConflictError
        Raised where it is in another state than a step starts from.
    take : callable
        Returns it by id, locked.
    view : callable
        Returns what others see of it, for whoever was overtaken.
    record : callable
        Writes a step and tells whoever looks at it.
    """

    noun: str
    field: str
    drawers: tuple[str, ...]
    wrong: type[ConflictError]
    take: Callable[[UnitOfWork, UUID], T]
    view: Callable[[UnitOfWork, UUID], object]
    record: Callable[[UnitOfWork, T, Step], None]

    def locked(self, work: UnitOfWork, one_id: UUID, expected: int | None, *states: str) -> T:
        """Return it to be changed: in one of `states`, and as the caller saw it.

        Parameters
        ----------
        work : UnitOfWork
        one_id : UUID
        expected : int or None
            Revision that the caller saw; None skips the question.
        *states : str
            Where the step may start.

        Raises
        ------
        StaleRevisionError
            Somebody else was faster; it rides along as it is in ``current``.
        ConflictError
            It is in another state: the class is that of `wrong`.
        """
        one = self.take(work, one_id)
        if expected is not None and expected != one.revision:
            told = f"The {self.noun} was changed since you read it; look at the present version first."
            raise StaleRevisionError(told, current=self.view(work, one_id))
        if one.status not in states:
            wanted = f"The {self.noun} is {one.status}; this needs one that is {' or '.join(states)}."
            raise self.wrong(wanted, status=one.status, wanted=list(states), **{self.field: str(one_id)})
        return one

    def note_step(
        self,
        work: UnitOfWork,
        one: T,
        action: str,
        note: str = "",
        *,
        at: datetime,
        facts: dict[str, Any] | None = None,
        by_timer: bool = False,
    ) -> None:
        """Put a step on record, raise the revision and tell whoever looks at it."""
        one.revision += 1
        actor = None if by_timer else work.actor.account_id
        self.record(work, one, Step(action, actor, note, facts or {}, at))

    def submit(
        self, work: UnitOfWork, one_id: UUID, *, expected: int | None, note: str = "", now: datetime | None = None
    ) -> T:
        """Send a draft to review; it stays as drawn until it is sent back."""
        work.actor.require(*self.drawers)
        moment = now or datetime.now(UTC)
        one = self.locked(work, one_id, expected, "draft")
        one.status, one.submitted_at, one.approved_at, one.approver_id = "review", moment, None, None
        self.note_step(work, one, "submit", trimmed(note, "note"), at=moment)
        return one

    def approve(
        self,
        work: UnitOfWork,
        one_id: UUID,
        *,
        expected: int | None,
        note: str = "",
        single_person: bool = False,
        now: datetime | None = None,
    ) -> T:
        """Approve what is in review: another person than its author.

        Raises
        ------
        SecondPersonError
            The author tries.
        """
        work.actor.require("planner", "reviewer")
        moment = now or datetime.now(UTC)
        one = self.locked(work, one_id, expected, "review")
        self.require_second_person(work, one, "approves", single_person=single_person)
        one.approved_at, one.approver_id = moment, work.actor.account_id
        self.note_step(work, one, "approve", trimmed(note, "note"), at=moment)
        return one

    def send_back(
        self,
        work: UnitOfWork,
        one_id: UUID,
        *,
        expected: int | None,
        reason: str,
        single_person: bool = False,
        now: datetime | None = None,
    ) -> T:
        """Send what is in review back to its author with a reason; it is a draft again."""
        work.actor.require("planner", "reviewer")
        moment = now or datetime.now(UTC)
        told = required_reason(reason)
        one = self.locked(work, one_id, expected, "review")
        self.require_second_person(work, one, "sends back", single_person=single_person)
        one.status, one.submitted_at, one.approved_at, one.approver_id = "draft", None, None, None
        self.note_step(work, one, "send_back", told, at=moment)
        return one

    def recall(
        self, work: UnitOfWork, one_id: UUID, *, expected: int | None, note: str = "", now: datetime | None = None
    ) -> T:
        """Take it out of review again, to work on it: its author, or another planner."""
        work.actor.require(*self.drawers)
        moment = now or datetime.now(UTC)
        one = self.locked(work, one_id, expected, "review")
        one.status, one.submitted_at, one.approved_at, one.approver_id = "draft", None, None, None
        self.note_step(work, one, "recall", trimmed(note, "note"), at=moment)
        return one

    def require_second_person(self, work: UnitOfWork, one: T, does: str, *, single_person: bool) -> None:
        """Refuse the author, unless the office has one planner only."""
        if not single_person and one.author_id is not None and one.author_id == work.actor.account_id:
            raise second_person(does, **{self.field: str(one.id)})


def second_person(does: str, **fields: object) -> SecondPersonError:
    """Return the refusal of a step that needs another person."""
    told = f"A second person {does}: its author may not."
    return SecondPersonError(told, open=[problem("second-person", None)], **fields)


def trimmed(words: str, field: str) -> str:
    """Return a remark, trimmed; refuse a longer one than is kept."""
    told = words.strip()
    if len(told) > NOTE_LENGTH:
        raise InvalidInputError(f"At most {NOTE_LENGTH} characters.", field=field)
    return told


def required_reason(words: str) -> str:
    """Return why, trimmed; refuse nothing said."""
    told = trimmed(words, "reason")
    if not told:
        raise InvalidInputError("Say why.", field="reason")
    return told


def required_text(words: str) -> str:
    """Return a comment, trimmed; refuse nothing said."""
    told = trimmed(words, "text")
    if not told:
        raise InvalidInputError("A comment needs words.", field="text")
    return told
