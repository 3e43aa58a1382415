"""The root of every error that Gridward raises on purpose.

An error carries a stable ``code`` (kebab-case), a sentence for people and typed fields. It knows nothing of
HTTP or exit codes: ``api/problems.py`` and ``cli/main.py`` each map the classes once.
"""

from __future__ import annotations

from typing import ClassVar


class GridwardError(Exception):
    """Something that a person can understand and act on.

    Parameters
    ----------
    message : str
        What happened, where, and what to do; one or two sentences.
    **fields
        Typed details, shown beside the sentence (``file``, ``row``, ``column``, ``place`` and the like).
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


class InvalidInputError(GridwardError):
    """The input is of the wrong form; sending it again unchanged fails again."""

    code = "invalid-input"


class InvalidGeometryError(InvalidInputError):
    """A geometry is of the wrong type, not finite, outside the earth, empty or self-crossing."""

    code = "invalid-geometry"


class UnknownCrsError(InvalidInputError):
    """Coordinates came without a reference system, or with one that does not fit them."""

    code = "unknown-crs"


class NotFoundError(GridwardError):
    """The named thing does not exist, or is not visible to this actor."""

    code = "not-found"


class ConflictError(GridwardError):
    """The request is well formed but does not fit the present state."""

    code = "conflict"


class StaleRevisionError(ConflictError):
    """The thing changed since the caller read it; the current version rides along in ``current``."""

    code = "stale-revision"


class RevisionRequiredError(GridwardError):
    """A change must say which revision it changes."""

    code = "revision-required"


class NotAllowedError(GridwardError):
    """The actor may not do this."""

    code = "not-allowed"


class NotSignedInError(GridwardError):
    """No valid session, token or sign-in link."""

    code = "not-signed-in"


class UnavailableError(GridwardError):
    """A part that is needed is missing or down (database, PostGIS, disk, port); the sentence has the remedy."""

    code = "unavailable"


class CancelledError(GridwardError):
    """A long piece of work was stopped on request; nothing was saved."""

    code = "cancelled"
