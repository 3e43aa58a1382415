"""When a request must be over: after that no statement of it is begun, and so nothing of it is committed."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any

from gis.errors import UnavailableError


class TookTooLongError(UnavailableError):
    """A request was not answered within the time that one may take."""

    code = "took-too-long"


@dataclass(slots=True)
class Deadline:
    """The moment, on the monotonic clock, that a request must be answered by; None when it has been."""

    until: float | None


deadline: ContextVar[Deadline | None] = ContextVar("gridward_deadline", default=None)
"""Of the request that this code works for, in its threads too; None outside of requests."""


def refuse_late_statements(*_cursor: Any) -> None:  # noqa: ANN401 - the arguments of SQLAlchemy's event
    """Raise TookTooLongError before a statement of a request whose time is over.

    Its thread can't be stopped from outside; the statement that it is in has a limit of its own.
    """
    current = deadline.get()
    if current is not None and current.until is not None and monotonic() > current.until:
        raise TookTooLongError("This took too long and was stopped; nothing was changed. Try again, or ask for less.")
