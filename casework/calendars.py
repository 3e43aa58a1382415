"""Work calendars: hours, holidays and make-up days (调休), as prefix sums of worked time.

A country announces its holidays and swaps one year ahead, so a calendar knows which years are announced; what is
reckoned over any other year is provisional and says so.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError

Instants: TypeAlias = npt.NDArray[np.int64]
"""Microseconds since 1970-01-01T00:00Z."""
Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Times of work within a day: (from, to) in minutes after local midnight, ascending, apart."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MINUTES: Final = 24 * 60
_MINUTE: Final = 60_000_000
YEARS: Final = (1900, 2200)
"""Years in which a calendar can reckon."""


def to_instant(moment: datetime) -> int:
    """Return microseconds since 1970.

    Raises
    ------
    InvalidInputError
        A moment without a time zone.

    Examples
    --------
    >>> to_instant(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    if moment.tzinfo is None:
        raise InvalidInputError("A moment needs a time zone.", field="at", moment=moment.isoformat())
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_moment(instant: int) -> datetime:
    """Return the moment of an instant, in UTC."""
    return EPOCH + timedelta(microseconds=int(instant))


@dataclass(frozen=True, slots=True, order=True)
class SpecialDay:
    """A day that differs from its weekday.

    Attributes
    ----------
    day : date
    works : bool
        A make-up day is worked, a holiday is not.
    name : str
    hours : tuple of (int, int) or None
        Other hours than the calendar's own, for a worked day.
    """

    day: date
    works: bool
    name: str = ""
    hours: Spans | None = None


@dataclass(frozen=True)
class WorkCalendar:
    """Who works when.

    Attributes
    ----------
    code, name_en, name_zh : str
    zone : str
        IANA time zone of the hours.
    hours : tuple of (int, int)
        Of an ordinary working day, in minutes after local midnight.
    week : frozenset of int
        Weekdays worked, Monday is 0.
    days : tuple of SpecialDay
        In the order of time, one per day.
    announced : frozenset of int or None
        Years whose special days are official; None where nothing is announced year by year.
    """

    code: str
    zone: str
    hours: Spans
    week: frozenset[int] = frozenset(range(5))
    days: tuple[SpecialDay, ...] = ()
    announced: frozenset[int] | None = None
    name_en: str = field(default="", compare=False)
    name_zh: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _check_spans(self.hours, "hours")
        if not self.week or not self.week <= frozenset(range(7)):
            raise InvalidInputError("A calendar works on some of the weekdays 0 (Monday) to 6.", field="week")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidInputError(f"There is no time zone '{self.zone[:60]}'.", field="zone") from error
        for one, two in pairwise(self.days):
            if one.day >= two.day:
                raise InvalidInputError(f"{two.day} is given twice or out of order.", field="days", day=str(two.day))
        for special in self.days:
            if special.hours is not None:
                _check_spans(special.hours, str(special.day))
            if not YEARS[0] <= special.day.year < YEARS[1]:
                raise InvalidInputError(f"{special.day} is not a day of our time.", field="days", day=str(special.day))

    @cached_property
    def special(self) -> Mapping[date, SpecialDay]:
        """Special days by date."""
        return {special.day: special for special in self.days}

    def hours_of(self, day: date) -> Spans:
        """Return the times of work on a day; empty on a day off."""
        special = self.special.get(day)
        if special is None:
            return self.hours if day.weekday() in self.week else ()
        return (special.hours or self.hours) if special.works else ()

    def is_provisional(self, first: int, last: int) -> bool:
        """Whether any year from `first` to `last` is not announced yet."""
        return self.announced is not None and not self.announced.issuperset(range(first, last + 1))


def _check_spans(spans: Spans, place: str) -> None:
    ends = [edge for span in spans for edge in span]
    if not ends or ends[0] < 0 or ends[-1] > _DAY_MINUTES or any(one >= two for one, two in pairwise(ends)):
        raise InvalidInputError("Hours of work are spans within one day, ascending and apart.", field=place)


@dataclass(frozen=True, slots=True, eq=False)
class WorkTime:
    """A calendar over some years as sorted arrays: any sum or date of it is one binary search.

    Attributes
    ----------
    opens, closes : (n,) array of int64
        Begin and end of each span of work, instants.
    before : (n + 1,) array of int64
        Worked microseconds before each span, and in all.
    midnights : (d + 1,) array of int64
        Instant at which each local day begins, and the end of the last.
    workdays : (w,) array of int64
        Index of each worked day among the days.
    evenings : (w,) array of int64
        Instant at which the work of each worked day ends.
    """

    opens: Instants
    closes: Instants
    before: Instants
    midnights: Instants
    workdays: Instants
    evenings: Instants

    def worked(self, instants: npt.ArrayLike) -> Instants:
        """Return the worked microseconds from the begin of the years to each instant."""
        at = np.asarray(instants, dtype=np.int64)
        span = np.maximum(np.searchsorted(self.opens, at, side="right") - 1, 0)
        inside = np.clip(at, self.opens[span], self.closes[span]) - self.opens[span]
        return np.asarray(self.before[span] + inside, dtype=np.int64)

    def when(self, worked: npt.ArrayLike) -> Instants:
        """Return the first instant by which so much was worked; the inverse of `worked`.

        Raises
        ------
        BeyondYearsError
            More than is worked in these years.
        """
        sums = np.asarray(worked, dtype=np.int64)
        if sums.size and int(sums.max()) > int(self.before[-1]):
            raise BeyondYearsError("This is beyond the years of the calendar.", field="calendar")
        span = np.searchsorted(self.before[1:], sums, side="left")
        return np.asarray(self.opens[span] + (sums - self.before[span]), dtype=np.int64)

    def evening_after(self, instants: npt.ArrayLike, days: npt.ArrayLike) -> Instants:
        """Return the end of work of the n-th worked day after the local day of each instant.

        Raises
        ------
        BeyondYearsError
            The day lies after these years.
        """
        at = np.asarray(instants, dtype=np.int64)
        today = np.searchsorted(self.midnights, at, side="right") - 1
        place = np.searchsorted(self.workdays, today, side="right") + np.asarray(days, dtype=np.int64) - 1
        if place.size and int(np.max(place)) >= len(self.evenings):
            raise BeyondYearsError("This is beyond the years of the calendar.", field="calendar")
        return np.asarray(self.evenings[place], dtype=np.int64)


class BeyondYearsError(InvalidInputError):
    """A date beyond the years that a calendar can reckon."""

    code = "beyond-calendar"


@lru_cache(maxsize=64)
def work_time(calendar: WorkCalendar, first: int, last: int) -> WorkTime:
    """Lay out a calendar over the years `first` to `last`.

    Parameters
    ----------
    calendar : WorkCalendar
    first, last : int
        Years, both included.

    Raises
    ------
    BeyondYearsError
        Years in which no calendar can reckon, or in which nothing is worked.
    """
    if first > last or first < YEARS[0] or last >= YEARS[1]:
        raise BeyondYearsError(f"Calendars reckon in the years {YEARS[0]} to {YEARS[1] - 1}.", field="calendar")
    zone = ZoneInfo(calendar.zone)
    begin = date(first, 1, 1)
    count = (date(last + 1, 1, 1) - begin).days
    midnights = np.array([_instant(zone, begin + timedelta(days=n), 0) for n in range(count + 1)], dtype=np.int64)
    opens: list[int] = []
    closes: list[int] = []
    workdays: list[int] = []
    evenings: list[int] = []
    for n in range(count):
        day = begin + timedelta(days=n)
        spans = _of_day(zone, day, calendar.hours_of(day), int(midnights[n]), int(midnights[n + 1]))
        if spans:
            opens.extend(one for one, _ in spans)
            closes.extend(two for _, two in spans)
            workdays.append(n)
            evenings.append(spans[-1][1])
    if not opens:
        raise BeyondYearsError(f"Nobody works in the years {first} to {last}.", field="calendar")
    arrays = [np.array(values, dtype=np.int64) for values in (opens, closes, workdays, evenings)]
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(arrays[1] - arrays[0])])
    return WorkTime(arrays[0], arrays[1], sums, midnights, arrays[2], arrays[3])


def _of_day(zone: ZoneInfo, day: date, spans: Spans, midnight: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of a day as instants; a day on which the clocks change is read minute by minute."""
    if end - midnight == _DAY_MINUTES * _MINUTE:
        return [(midnight + one * _MINUTE, midnight + two * _MINUTE) for one, two in spans]
    edges = [(_instant(zone, day, one), _instant(zone, day, two)) for one, two in spans]
    # hours that the clocks leap over are worked by nobody
    return [(one, two) for one, two in edges if one < two]


def _instant(zone: ZoneInfo, day: date, minute: int) -> int:
    """Return when a local clock first shows `minute` or, where it leaps over it, when it leaps."""
    naive = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == naive:
        return to_instant(moment)
    early = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = moment.astimezone(zone).utcoffset()
    seconds = range(int((moment - early).total_seconds()) + 1)
    leap = bisect_left(
        seconds, True, key=lambda second: (early + timedelta(seconds=second)).astimezone(zone).utcoffset() == after
    )
    return to_instant(early + timedelta(seconds=leap))


def read_hours(words: Iterable[str], *, place: str = "hours") -> Spans:
    """Read hours of work.

    Parameters
    ----------
    words : iterable of str
        Such as ``"08:30-12:00"``.
    place : str
        Named in an error.

    Raises
    ------
    InvalidInputError
        Words of another form, or spans that overlap.

    Examples
    --------
    >>> read_hours(["08:30-12:00", "14:00-17:30"])
    ((510, 720), (840, 1050))
    """
    spans = []
    for word in words:
        match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*[-–~]\s*(\d{1,2}):(\d{2})\s*", str(word))
        if match is None or int(match[2]) > 59 or int(match[4]) > 59:
            raise InvalidInputError(f"Hours are written like 08:30-12:00, not '{str(word)[:40]}'.", field=place)
        spans.append((int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])))
    found = tuple(spans)
    _check_spans(found, place)
    return found


def write_hours(spans: Spans) -> list[str]:
    """Write hours as `read_hours` reads them."""
    return ["-".join(f"{edge // 60:02d}:{edge % 60:02d}" for edge in span) for span in spans]


def read_calendar(body: Mapping[str, Any]) -> WorkCalendar:
    """Read a calendar from its JSON form (docs/how-to/catalogue.md shows one).

    Parameters
    ----------
    body : Mapping
        ``code``, ``zone``, ``hours`` and optionally ``name_en``, ``name_zh``, ``week`` (1 = Monday), ``years``: year →
        ``announced``, ``off`` and ``work``, each day → name or ``{name, hours}``; a key may be a range of days
        ``2025-10-01/2025-10-08``.

    Raises
    ------
    InvalidInputError
        With the ``place`` in the file.
    """
    if not isinstance(body, Mapping):
        raise InvalidInputError("A calendar is a JSON object.", place="$")
    for name in ("code", "zone"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise InvalidInputError(f"A calendar has a {name}.", place=name)
    hours, week = body.get("hours"), body.get("week", [1, 2, 3, 4, 5])
    if not isinstance(hours, list) or not isinstance(week, list) or not all(isinstance(day, int) for day in week):
        raise InvalidInputError("'hours' and 'week' are lists.", place="hours")
    years = body.get("years", {})
    if not isinstance(years, Mapping):
        raise InvalidInputError("'years' maps each year to its days.", place="years")
    days: list[SpecialDay] = []
    announced = {int(year) for year, told in years.items() if _year(year, told).get("announced") is True}
    for year, told in years.items():
        for kind, works in (("off", False), ("work", True)):
            days += _days(int(year), told.get(kind, {}), works, f"years.{year}.{kind}")
    return WorkCalendar(
        body["code"].strip(),
        body["zone"].strip(),
        read_hours(hours),
        frozenset(day - 1 for day in week),
        tuple(sorted(days)),
        frozenset(announced) if body.get("announced_yearly", bool(years)) else None,
        str(body.get("name_en", "")),
        str(body.get("name_zh", "")),
    )


def _year(year: object, told: object) -> Mapping[str, Any]:
    if not re.fullmatch(r"\d{4}", str(year)) or not isinstance(told, Mapping):
        raise InvalidInputError(f"'{str(year)[:20]}' is not a year with its days.", place="years")
    return told


def _days(year: int, told: object, works: bool, place: str) -> list[SpecialDay]:
    if not isinstance(told, Mapping):
        raise InvalidInputError("Days are written as a JSON object: day to name.", place=place)
    found = []
    for key, value in told.items():
        where = f"{place}.{key}"
        first, _, last = str(key).partition("/")
        try:
            begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError as error:
            raise InvalidInputError(f"'{str(key)[:40]}' is not a day.", place=where) from error
        if not begin.year == end.year == year or begin > end:
            raise InvalidInputError(f"'{str(key)[:40]}' is not in the year {year}.", place=where)
        name = value.get("name", "") if isinstance(value, Mapping) else value
        hours = value.get("hours") if isinstance(value, Mapping) else None
        spans = None if hours is None else read_hours(hours, place=where)
        found += [SpecialDay(begin + timedelta(days=n), works, str(name), spans) for n in range((end - begin).days + 1)]
    return found


@cache
def china() -> WorkCalendar:
    """Return the calendar that ships with the package: China's holidays and make-up days as announced.

    Examples
    --------
    >>> china().hours_of(date(2025, 9, 28)), china().is_provisional(2026, 2027)
    (((510, 720), (840, 1050)), True)
    """
    text = resources.files("casework").joinpath("china_calendar.json").read_text("utf-8")
    return read_calendar(json.loads(text))
