"""The clocks that run against limits: shares, pauses, extensions, colours.

Time is measured on the wall (紧急工作时 run round the clock) or as worked time of a calendar; a clock counts one of the
two, so pausing and going on is addition. All sums are whole microseconds, so the parts add up to the whole exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from casework.calendars import Instants, WorkCalendar, to_instant, to_moment
from casework.limits import WORKED, Limit, due_at, due_instants, dues, reckon
from gis.errors import InvalidInputError

SHARES: Final = (80, 100, 150)
"""Percent of the limit at which a clock speaks up."""


class Measure(StrEnum):
    """What a clock counts."""

    WALL = "wall"
    WORK = "work"


class Colour(StrEnum):
    """How a clock looks."""

    OK = "ok"
    SOON = "soon"
    LATE = "late"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock: what it counts, how much it may, and how much it has.

    Attributes
    ----------
    measure : Measure
    total : int
        Microseconds of the measure until it is due.
    spent : int
        Microseconds counted before `since`.
    since : datetime or None
        Since when it runs; None while it is paused.
    """

    measure: Measure
    total: int
    spent: int
    since: datetime | None


def between(measure: Measure, start: datetime, end: datetime, calendar: WorkCalendar) -> int:
    """Return the microseconds from `start` to `end` in a measure; nothing when the end is first (clock skew)."""
    one, two = to_instant(start), to_instant(end)
    if two <= one:
        return 0
    if measure is Measure.WALL:
        return two - one
    worked = reckon(calendar, np.array([one, two], dtype=np.int64), lambda time: time.worked([one, two]))
    return int(worked[1] - worked[0])


def start_clock(start: datetime, limits: Sequence[Limit], calendar: WorkCalendar) -> Clock:
    """Start a clock on limits that follow each other.

    It counts worked time as soon as one of the limits does: a last phase in work days makes the whole one that rests
    at night. Each limit begins where the one before it is due.

    Parameters
    ----------
    start : datetime
    limits : sequence of Limit
        At least one.
    calendar : WorkCalendar
    """
    if not limits:
        raise InvalidInputError("A clock needs a limit.", field="limit")
    measure = Measure.WORK if any(limit.unit in WORKED for limit in limits) else Measure.WALL
    end = dues(start, limits, calendar)[-1]
    return Clock(measure, between(measure, start, end, calendar), 0, to_moment(to_instant(start)))


def elapsed(clock: Clock, now: datetime, calendar: WorkCalendar) -> int:
    """Return what a clock has counted by `now`, in microseconds of its measure."""
    return clock.spent + (0 if clock.since is None else between(clock.measure, clock.since, now, calendar))


def share(clock: Clock, now: datetime, calendar: WorkCalendar) -> float:
    """Return what part of its limit a clock has counted by `now`; 1 is all of it."""
    return elapsed(clock, now, calendar) / clock.total


def moment_of(clock: Clock, percent: int, calendar: WorkCalendar) -> datetime | None:
    """Return when a clock reaches a share of its limit; None while it is paused.

    Where it had reached the share when it went on, that is the moment of going on.
    """
    if clock.since is None:
        return None
    found = moments_of(
        np.array([to_instant(clock.since)]),
        np.array([clock.total]),
        np.array([clock.spent]),
        measure=clock.measure,
        percent=percent,
        calendar=calendar,
    )
    return to_moment(int(found[0]))


def moments_of(
    since: Instants,
    total: Instants,
    spent: Instants,
    *,
    measure: Measure,
    percent: int,
    calendar: WorkCalendar,
) -> Instants:
    """Return when each of many running clocks reaches a share of its limit.

    Parameters
    ----------
    since, total, spent : (n,) array of int64
        As in `Clock`; all of one measure.
    measure : Measure
    percent : int
    calendar : WorkCalendar

    Returns
    -------
    (n,) array of int64
        Instants, never before `since`.
    """
    left = np.maximum(-(-(total * percent) // 100) - spent, 0)
    if measure is Measure.WALL:
        return np.asarray(since + left, dtype=np.int64)
    found = reckon(calendar, since, lambda time: time.when(time.worked(since) + left))
    return np.asarray(np.maximum(found, since), dtype=np.int64)


def due_of(clock: Clock, calendar: WorkCalendar) -> datetime | None:
    """Return when a clock is due; None while it is paused."""
    return moment_of(clock, 100, calendar)


def pause(clock: Clock, now: datetime, calendar: WorkCalendar) -> Clock:
    """Stop counting; a paused clock stays as it is."""
    return replace(clock, spent=elapsed(clock, now, calendar), since=None)


def resume(clock: Clock, now: datetime) -> Clock:
    """Go on counting; a running clock stays as it is."""
    return clock if clock.since is not None else replace(clock, since=to_moment(to_instant(now)))


def extend(clock: Clock, limit: Limit, now: datetime, calendar: WorkCalendar) -> Clock:
    """Give a clock a further limit, from when it is due or, where that is over, from now.

    Parameters
    ----------
    clock : Clock
    limit : Limit
        Counted in the clock's own measure.
    now : datetime
    calendar : WorkCalendar
    """
    due = due_of(clock, calendar)
    start = now if due is None else max(due, now)
    more = between(clock.measure, start, due_at(start, limit, calendar), calendar)
    # counted from the due time: what is over by now was the reporter's time, not the unit's
    over = 0 if due is None else between(clock.measure, due, start, calendar)
    return replace(clock, total=clock.total + over + more)


def colour(clock: Clock, now: datetime, calendar: WorkCalendar) -> Colour:
    """Return how a clock looks: amber from 80 %, red after its due time, grey while it is paused."""
    if clock.since is None:
        return Colour.PAUSED
    if now > (moment_of(clock, 100, calendar) or now):
        return Colour.LATE
    return Colour.SOON if now >= (moment_of(clock, SHARES[0], calendar) or now) else Colour.OK


def start_many(
    starts: Instants, limits: Sequence[Limit], calendar: WorkCalendar
) -> tuple[Measure, npt.NDArray[np.int64], Instants]:
    """Start many clocks on the same limits; the same as `start_clock` one by one.

    Parameters
    ----------
    starts : (n,) array of int64
        Instants.
    limits : sequence of Limit
    calendar : WorkCalendar

    Returns
    -------
    measure : Measure
    total : (n,) array of int64
        Microseconds of the measure.
    due : (n,) array of int64
        Instants.
    """
    if not limits:
        raise InvalidInputError("A clock needs a limit.", field="limit")
    measure = Measure.WORK if any(limit.unit in WORKED for limit in limits) else Measure.WALL
    due = starts
    for limit in limits:
        due = due_instants(due, limit, calendar)
    if measure is Measure.WALL:
        return measure, due - starts, due
    both = reckon(
        calendar, np.concatenate([starts, due]), lambda time: np.stack([time.worked(starts), time.worked(due)])
    )
    return measure, both[1] - both[0], due


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that happened to a clock: it was paused, went on, or got a further limit."""

    what: str
    at: datetime
    limit: Limit | None = None


def replay(start: datetime, limits: Sequence[Limit], turns: Sequence[Turn], calendar: WorkCalendar) -> Clock:
    """Reckon a clock anew on another calendar or other limits: all that happened to it happens again.

    Parameters
    ----------
    start : datetime
    limits : sequence of Limit
    turns : sequence of Turn
        In the order of time.
    calendar : WorkCalendar
    """
    clock = start_clock(start, limits, calendar)
    for turn in turns:
        if turn.what == "pause":
            clock = pause(clock, turn.at, calendar)
        elif turn.what == "resume":
            clock = resume(clock, turn.at)
        elif turn.limit is not None:
            clock = extend(clock, turn.limit, turn.at, calendar)
    return clock
