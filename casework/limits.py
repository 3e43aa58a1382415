"""Limits as people write them, and when they are over: round the clock, in worked time of a calendar, or in days."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


_LENGTH: Final = {
    Unit.MINUTE: 60_000_000,
    Unit.EMERGENCY_HOUR: 3_600_000_000,
    Unit.EMERGENCY_DAY: 86_400_000_000,
    Unit.WORK_HOUR: 3_600_000_000,
}
_WHOLE: Final = frozenset({Unit.WORK_DAY, Unit.DAY})
WORKED: Final = frozenset({Unit.WORK_HOUR, Unit.WORK_DAY})
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
        return reckon(calendar, begin, lambda time: time.evening_after(begin, int(limit.amount)))
    length = round(limit.amount * _LENGTH[limit.unit])
    if limit.unit is Unit.WORK_HOUR:
        return reckon(calendar, begin, lambda time: time.when(time.worked(begin) + length))
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


def reckon(calendar: WorkCalendar, around: Instants, ask: Callable[[WorkTime], Instants]) -> Instants:
    """Ask a calendar laid out over enough years: more of them until the answer lies within.

    Parameters
    ----------
    calendar : WorkCalendar
    around : (n,) array of int64
        Instants that the question is about.
    ask : callable
        Given the calendar's work time over some years, returns an array.
    """
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


def is_provisional(start: datetime, due: datetime, calendar: WorkCalendar) -> bool:
    """Whether a due time was reckoned over a year whose holidays are not announced yet."""
    zone = ZoneInfo(calendar.zone)
    return calendar.is_provisional(start.astimezone(zone).year, due.astimezone(zone).year)


def dues(start: datetime, limits: Sequence[Limit], calendar: WorkCalendar) -> list[datetime]:
    """Return when each of some limits that follow each other is due."""
    found: list[datetime] = []
    for limit in limits:
        start = due_at(start, limit, calendar)
        found.append(start)
    return found
