"""One action on many cases: each for itself, none lost, none in the way of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gis.errors import GridwardError, InvalidInputError
from services.cases.act import act
from services.cases.asked import Asked
from services.nearest_staff import StreetGraphs
from store.database.work import UnitOfWork

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case: its state and revision, or what was in the way."""

    no: str
    done: bool
    state: str | None = None
    revision: int | None = None
    problem: GridwardError | None = None


def act_on_many(
    work: UnitOfWork,
    action: str,
    cases: Sequence[tuple[str, int]],
    asked: Asked,
    *,
    now: datetime,
    graphs: StreetGraphs | None = None,
) -> list[Result]:
    """Take one action on each of some cases (number, revision), in the order given.

    Returns
    -------
    list of Result
        One for each, in the same order.

    Raises
    ------
    InvalidInputError
        None, too many, or one case twice.
    """
    numbers = [no for no, _ in cases]
    if not 0 < len(cases) <= MOST:
        raise InvalidInputError(f"Name 1 to {MOST} cases.", field="incidents")
    if len(set(numbers)) != len(numbers):
        raise InvalidInputError("A case is named twice.", field="incidents")
    found: dict[str, Result] = {}
    # in one order, so that two desks acting on the same cases don't wait for each other in a ring
    for no, revision in sorted(cases):
        found[no] = _one(work, no, action, asked, revision=revision, now=now, graphs=graphs)
    return [found[no] for no in numbers]


def _one(work: UnitOfWork, no: str, action: str, asked: Asked, **options: Any) -> Result:  # noqa: ANN401 - act's own
    try:
        with work.session.begin_nested():
            done = act(work, no, action, asked, **options)
    except GridwardError as error:
        return Result(no, done=False, problem=error)
    return Result(no, done=True, state=done.state, revision=done.revision)
