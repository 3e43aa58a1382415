"""Limits and the clocks that run against them: due times, shares, pauses, extensions, colours.

Time is measured on the wall (紧急工作时 run round the clock) or as worked time of a calendar; a clock counts one of the
two, so pausing and going on is addition. All sums are whole microseconds, so the parts add up to the whole exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from casework.calendars import (
    YEARS,
    BeyondYearsError,
    Instants,
    WorkCalendar,
    WorkTime,
    to_instant,
    to_moment,
    work_time,
)
from gis.errors import InvalidInputError

SHARES: Final = (80, 100, 150)
"""Percent of the limit at which a clock speaks up."""
LONGEST: Final = 3650
"""Days that no limit exceeds: a longer one is a slip of the pen."""


class Unit(StrEnum):
    """What a limit is counted in."""

    MINUTE = "minute"
    EMERGENCY_HOUR = "emergency_hour"
    EMERGENCY_DAY = "emergency_day"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    DAY = "day"


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


_LENGTH: Final = {
    Unit.MINUTE: 60_000_000,
    Unit.EMERGENCY_HOUR: 3_600_000_000,
    Unit.EMERGENCY_DAY: 86_400_000_000,
    Unit.WORK_HOUR: 3_600_000_000,
}
_WHOLE: Final = frozenset({Unit.WORK_DAY, Unit.DAY})
_WORKED: Final = frozenset({Unit.WORK_HOUR, Unit.WORK_DAY})
_IN_DAYS: Final = {
    Unit.MINUTE: 1 / 1440,
    Unit.EMERGENCY_HOUR: 1 / 24,
    Unit.EMERGENCY_DAY: 1.0,
    Unit.WORK_HOUR: 1 / 24,
    Unit.WORK_DAY: 1.0,
    Unit.DAY: 1.0,
}
_WORDS: Final = {
    "minute": Unit.MINUTE,
    "min": Unit.MINUTE,
    "分钟": Unit.MINUTE,
    "emergency hour": Unit.EMERGENCY_HOUR,
    "紧急工作时": Unit.EMERGENCY_HOUR,
    "紧急工时": Unit.EMERGENCY_HOUR,
    "hour": Unit.EMERGENCY_HOUR,
    "小时": Unit.EMERGENCY_HOUR,
    "emergency day": Unit.EMERGENCY_DAY,
    "紧急工作日": Unit.EMERGENCY_DAY,
    "work hour": Unit.WORK_HOUR,
    "工作时": Unit.WORK_HOUR,
    "工作小时": Unit.WORK_HOUR,
    "工时": Unit.WORK_HOUR,
    "work day": Unit.WORK_DAY,
    "working day": Unit.WORK_DAY,
    "工作日": Unit.WORK_DAY,
    "day": Unit.DAY,
    "天": Unit.DAY,
    "日": Unit.DAY,
    "自然日": Unit.DAY,
}
_ISO: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


@dataclass(frozen=True, slots=True)
class Limit:
    """So much time, in a unit.

    Attributes
    ----------
    amount : float
        More than nothing; whole for days and work days.
    unit : Unit
    """

    amount: float
    unit: Unit

    def __post_init__(self) -> None:
        if not 0 < self.amount * _IN_DAYS[self.unit] <= LONGEST:
            raise InvalidInputError(
                f"A limit is more than nothing and at most {LONGEST} days, not {self.amount}.", field="limit"
            )
        if self.unit in _WHOLE and self.amount != int(self.amount):
            raise InvalidInputError(
                "Days and work days are whole; say half a day in hours.", field="limit", amount=self.amount
            )

    def __str__(self) -> str:
        """Write it as `read_limit` reads it."""
        return f"{self.amount:g} {self.unit.replace('_', ' ')}"


def read_limit(words: str) -> Limit:
    """Read a limit as people, files and the state table write it.

    Parameters
    ----------
    words : str
        Such as ``"4 工作时"``, ``"1.5 work hours"``, ``"PT30M"``, ``"P10D"``. Plain hours run round the clock.

    Raises
    ------
    InvalidInputError
        No number with a unit.

    Examples
    --------
    >>> read_limit("1.5 work hours")
    Limit(amount=1.5, unit=<Unit.WORK_HOUR: 'work_hour'>)
    >>> str(read_limit("PT30M"))
    '30 minute'
    """
    text = str(words).strip().replace("_", " ")
    iso = _ISO.fullmatch(text)
    if iso is not None and any(iso.groups()):
        days, hours, minutes = (int(part or 0) for part in iso.groups())
        if not hours and not minutes:
            return Limit(days, Unit.DAY)
        return Limit(days * 1440 + hours * 60 + minutes, Unit.MINUTE)
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,4})?)\s*(?:个)?\s*([a-z ]+?|[\u4e00-\u9fff]+)s?", text, re.IGNORECASE)
    unit = _WORDS.get(match[2].lower().strip()) if match else None
    if match is None or unit is None:
        raise InvalidInputError(
            f"'{text[:40]}' is not a limit: a number and one of 分钟, 紧急工作时, 紧急工作日, 工作时, 工作日, 天.",
            field="limit",
        )
    return Limit(float(match[1]), unit)


def due_instants(starts: npt.ArrayLike, limit: Limit, calendar: WorkCalendar) -> Instants:
    """Return when a limit that starts at each instant is over.

    Work days and days are counted from the day after the start; the last work day ends with its hours.

    Parameters
    ----------
    starts : (n,) array of int64
        Microseconds since 1970.
    limit : Limit
    calendar : WorkCalendar

    Returns
    -------
    (n,) array of int64

    Raises
    ------
    BeyondYearsError
        A date that no calendar reckons.
    """
    begin = np.asarray(starts, dtype=np.int64)
    if limit.unit is Unit.DAY:
        return _days_later(begin, int(limit.amount), calendar.zone)
    if limit.unit is Unit.WORK_DAY:
        return _reckon(calendar, begin, lambda time: time.evening_after(begin, int(limit.amount)))
    length = round(limit.amount * _LENGTH[limit.unit])
    if limit.unit is Unit.WORK_HOUR:
        return _reckon(calendar, begin, lambda time: time.when(time.worked(begin) + length))
    return np.asarray(begin + length, dtype=np.int64)


def due_at(start: datetime, limit: Limit, calendar: WorkCalendar) -> datetime:
    """Return when a limit that starts at `start` is over, in UTC.

    Examples
    --------
    >>> from casework.calendars import china
    >>> start = datetime.fromisoformat("2025-09-26T16:00+08:00")
    >>> due_at(start, read_limit("4 工作时"), china()).isoformat()
    '2025-09-28T03:00:00+00:00'
    """
    return to_moment(int(due_instants(np.array([to_instant(start)]), limit, calendar)[0]))


def _days_later(starts: Instants, days: int, zone: str) -> Instants:
    """Return the same local time some days later, whatever the clocks do in between."""
    local = ZoneInfo(zone)
    found = []
    for start in starts.ravel().tolist():
        moment = to_moment(start).astimezone(local)
        later = (moment.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=local)
        found.append(to_instant(later))
    return np.array(found, dtype=np.int64).reshape(starts.shape)


def _reckon(calendar: WorkCalendar, around: Instants, ask: Callable[[WorkTime], Instants]) -> Instants:
    """Ask a calendar laid out over enough years: more of them until the answer lies within."""
    if not around.size:
        return np.zeros(0, dtype=np.int64)
    first = to_moment(int(around.min())).year - 1
    last = to_moment(int(around.max())).year + 1
    for more in (1, 3, 15):
        try:
            return ask(work_time(calendar, first, min(last + more, YEARS[1] - 1)))
        except BeyondYearsError:
            if more == 15 or last + more >= YEARS[1] - 1:
                raise
    raise AssertionError("the last turn of the loop returns or raises")  # pragma: no cover


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
    worked = _reckon(calendar, np.array([one, two], dtype=np.int64), lambda time: time.worked([one, two]))
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
    measure = Measure.WORK if any(limit.unit in _WORKED for limit in limits) else Measure.WALL
    end = dues(start, limits, calendar)[-1]
    return Clock(measure, between(measure, start, end, calendar), 0, to_moment(to_instant(start)))


def dues(start: datetime, limits: Sequence[Limit], calendar: WorkCalendar) -> list[datetime]:
    """Return when each of some limits that follow each other is due."""
    found: list[datetime] = []
    for limit in limits:
        start = due_at(start, limit, calendar)
        found.append(start)
    return found


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
    found = _reckon(calendar, since, lambda time: time.when(time.worked(since) + left))
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


def is_provisional(start: datetime, due: datetime, calendar: WorkCalendar) -> bool:
    """Whether a due time was reckoned over a year whose holidays are not announced yet."""
    zone = ZoneInfo(calendar.zone)
    return calendar.is_provisional(start.astimezone(zone).year, due.astimezone(zone).year)


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
    measure = Measure.WORK if any(limit.unit in _WORKED for limit in limits) else Measure.WALL
    due = starts
    for limit in limits:
        due = due_instants(due, limit, calendar)
    if measure is Measure.WALL:
        return measure, due - starts, due
    both = _reckon(
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
