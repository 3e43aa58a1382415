"""Why an edit is turned away because of the state of the plan."""

from __future__ import annotations

from gis.errors import ConflictError, InvalidInputError

__all__ = [
    "CodeTakenError",
    "NothingToUndoError",
    "PlanClosedError",
    "TooManyVerticesError",
    "UndoBlockedError",
]


class PlanClosedError(ConflictError):
    """Only a draft can be edited; copy a published or retired plan into a draft first."""

    code = "plan-not-draft"


class CodeTakenError(ConflictError):
    """A grid code was given before; codes are never reused."""

    code = "code-taken"


class NothingToUndoError(ConflictError):
    """The caller has no edit in this plan to take back, or to do again."""

    code = "nothing-to-undo"


class UndoBlockedError(ConflictError):
    """Somebody else has edited the same grids since."""

    code = "undo-blocked"


class TooManyVerticesError(InvalidInputError):
    """A drawn shape has more vertices than a person draws."""

    code = "too-many-vertices"
