"""Many clocks reckoned at once: what each may count, when it speaks up, and what it says next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from casework import clocks
from casework.calendars import Instants, WorkCalendar, to_instant, to_moment
from casework.clocks import SHARES, Clock, Measure, Turn
from casework.limits import Limit

NEVER: Final = np.iinfo(np.int64).min
"""Stands for an instant that there is none of: while a clock rests, or once it has said all."""
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Reckoned:
    """Many clocks; one row of each array per clock.

    Attributes
    ----------
    measure : (n,) array of Measure
    total, spent : (n,) array of int64
        As in `casework.clocks.Clock`.
    since : (n,) array of int64
        Instants; `NEVER` while a clock rests.
    shares : (n, 3) array of int64
        Instants at which it reaches each of `SHARES`; `NEVER` while it rests.
    """

    measure: npt.NDArray[Any]
    total: Instants
    spent: Instants
    since: Instants
    shares: Instants

    @property
    def runs(self) -> Flags:
        """Which of them run."""
        return np.asarray(self.since != NEVER, dtype=bool)


def reckon_clocks(
    starts: Instants,
    limits: Sequence[Sequence[Limit]],
    which: npt.NDArray[np.int64],
    turns: Mapping[int, Sequence[Turn]],
    calendar: WorkCalendar,
) -> Reckoned:
    """Reckon clocks: those that only ran all at once by their limits, the others turn by turn.

    Parameters
    ----------
    starts : (n,) array of int64
        Instants.
    limits : sequence
        Limits that follow each other, for each kind of clock.
    which : (n,) array of int64
        The row of `limits` that each clock goes by.
    turns : Mapping
        By row what happened to a clock, in the order of time; none for those that only ran.
    calendar : WorkCalendar

    Returns
    -------
    Reckoned
    """
    size = len(starts)
    found = Reckoned(
        np.empty(size, dtype=object), np.zeros(size, np.int64), np.zeros(size, np.int64), starts.copy(),
        np.full((size, len(SHARES)), NEVER, np.int64),
    )  # fmt: skip
    ran = np.ones(size, dtype=bool)
    ran[list(turns)] = False
    for kind, each in enumerate(limits):
        rows = np.flatnonzero(ran & (which == kind))
        if len(rows):
            found.measure[rows], found.total[rows], _ = clocks.start_many(starts[rows], each, calendar)
    for row, happened in turns.items():
        clock = clocks.replay(to_moment(int(starts[row])), limits[which[row]], happened, calendar)
        _put(found, row, clock)
    for measure in Measure:
        rows = np.flatnonzero((found.measure == measure) & found.runs)
        for place, percent in enumerate(SHARES) if len(rows) else ():
            found.shares[rows, place] = clocks.moments_of(
                found.since[rows], found.total[rows], found.spent[rows], measure=measure, percent=percent,
                calendar=calendar,
            )  # fmt: skip
    return found


def _put(found: Reckoned, row: int, clock: Clock) -> None:
    found.measure[row], found.total[row], found.spent[row] = clock.measure, clock.total, clock.spent
    found.since[row] = NEVER if clock.since is None else to_instant(clock.since)


def are_provisional(found: Reckoned, calendar: WorkCalendar) -> Flags:
    """Return which due times were reckoned over a year whose holidays are not announced yet."""
    lacking = np.zeros(len(found.since), dtype=bool)
    runs = found.runs
    if calendar.announced is None or not runs.any():
        return lacking
    begin, end = found.since[runs], found.shares[runs, SHARES.index(100)]
    first, last = to_moment(int(begin.min())).year - 1, to_moment(int(end.max())).year + 1
    zone = ZoneInfo(calendar.zone)
    years = range(first, last + 1)
    news = [to_instant(datetime.combine(date(year, 1, 1), datetime.min.time(), zone)) for year in years]
    unknown = np.concatenate([[0], np.cumsum([year not in calendar.announced for year in years])])
    one, two = (np.searchsorted(news, instants, side="right") for instants in (begin, end))
    lacking[runs] = unknown[two] > unknown[one - 1]
    return lacking


def what_is_said(found: Reckoned, fired: Instants, now: datetime) -> tuple[Instants, Flags, Instants]:
    """Return what many clocks have said, which of them begin a round anew, and when each speaks up next.

    What was said too early may be said again when it is time.

    Parameters
    ----------
    found : Reckoned
    fired : (n,) array of int64
        The highest share that each said so far, 0 for none.
    now : datetime

    Returns
    -------
    fired : (n,) array of int64
    anew : (n,) array of bool
    next_at : (n,) array of int64
        Instants, `NEVER` for none.
    """
    runs, percents = found.runs, np.array((0, *SHARES))
    reached = percents[(found.shares <= to_instant(now)).sum(axis=1)]
    anew = runs & (fired > reached)
    said = np.where(anew, reached, fired)
    coming = np.searchsorted(SHARES, said, side="right")
    after = np.concatenate([found.shares, np.full((len(fired), 1), NEVER)], axis=1)
    return said, anew, after[np.arange(len(fired)), coming]
