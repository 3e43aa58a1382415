"""What a caller saw against what is there now: the one check of `expected` for every edit."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from gis.errors import RevisionRequiredError, StaleRevisionError

__all__ = ["check_expected"]


def check_expected(expected: Mapping[UUID, int] | None, current: Mapping[UUID, int], state: object) -> None:
    """Compare the revisions that a caller saw with those in the database.

    Parameters
    ----------
    expected : mapping or None
        Revision by id from the request; None when it sent none.
    current : mapping
        Revision by id now, of everything that the change touches.
    state : object
        JSON of the present version, or a function that makes it; rides along so that the caller can show both.

    Raises
    ------
    RevisionRequiredError
        Something that the change touches is not in `expected`.
    StaleRevisionError
        Somebody else was faster.
    """
    missing = sorted(str(key) for key in current if expected is None or key not in expected)
    if expected is None or missing:
        raise RevisionRequiredError("Say in `expected` which revision of each touched thing you saw.", missing=missing)
    stale = sorted(str(key) for key, revision in current.items() if expected[key] != revision)
    if stale:
        raise StaleRevisionError(
            "This was changed since you read it; look at the present version first.",
            stale=stale,
            current=state() if callable(state) else state,
        )
