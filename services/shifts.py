"""Shifts: single ones, patterns that write out their periods, and absences in which deputies stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID

from gis.errors import InvalidInputError, NotFoundError
from store.database import organisation as staff_sql
from store.database import organisation_shifts as sql
from store.database.models import Absence, ShiftPattern, Staff
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.types import Range

_ROLES = ("planner", "shift_leader")
LONGEST_SHIFT: Final = timedelta(hours=36)
LONGEST_PATTERN: Final = timedelta(days=732)
LONGEST_LOOK: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rhythm of duty.

    Attributes
    ----------
    first_day, last_day : date
        Both included.
    cycle_days : int
        After so many days it begins anew: 7 is a week, 3 is one day in three.
    on_days : tuple of int
        Days of the cycle on duty; 0 is `first_day`.
    starts, ends : time
        By the local clock; an end at or before the start is on the next day.
    """

    first_day: date
    last_day: date
    cycle_days: int
    on_days: tuple[int, ...]
    starts: time
    ends: time


def expand(pattern: Pattern, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """Write out the periods of a pattern.

    A period keeps its local times when clocks change within it, so it may be an hour longer or shorter. A local time
    that the change leaps over is moved by the hour that is missing.

    Parameters
    ----------
    pattern : Pattern
    zone : tzinfo

    Returns
    -------
    list of (datetime, datetime)
        In order, with offset.

    Raises
    ------
    InvalidInputError
        Days or times make no sense, or the pattern is longer than two years.

    Examples
    --------
    >>> from datetime import UTC
    >>> week = Pattern(date(2026, 3, 2), date(2026, 3, 15), 7, (0, 4), time(22), time(6))
    >>> [str(since)[:16] for since, _ in expand(week, UTC)]
    ['2026-03-02 22:00', '2026-03-06 22:00', '2026-03-09 22:00', '2026-03-13 22:00']
    >>> str(expand(week, UTC)[0][1])[:16]
    '2026-03-03 06:00'
    """
    if pattern.last_day < pattern.first_day:
        raise InvalidInputError("The last day is before the first.", field="last_day")
    if pattern.last_day - pattern.first_day > LONGEST_PATTERN:
        raise InvalidInputError("A pattern is written out for two years at most.", field="last_day")
    if not 1 <= pattern.cycle_days <= 366:
        raise InvalidInputError("A cycle has 1 to 366 days.", field="cycle_days")
    days = sorted(set(pattern.on_days))
    if not days or not 0 <= days[0] <= days[-1] < pattern.cycle_days:
        raise InvalidInputError("Days on duty are days of the cycle, counted from 0.", field="on_days")
    overnight = timedelta(days=1 if pattern.ends <= pattern.starts else 0)
    periods = []
    for number in range((pattern.last_day - pattern.first_day).days + 1):
        if number % pattern.cycle_days not in days:
            continue
        day = pattern.first_day + timedelta(days=number)
        since = datetime.combine(day, pattern.starts, zone)
        periods.append((since, datetime.combine(day + overnight, pattern.ends, zone)))
    return periods


def list_shifts(
    work: UnitOfWork,
    *,
    since: datetime,
    until: datetime | None = None,
    staff: UUID | None = None,
    territory: UUID | str | None = None,
) -> list[dict[str, Any]]:
    """Return the shifts within a period, at most three months; a week when no end is given.

    Raises
    ------
    InvalidInputError
        The period is empty or too long.
    """
    place = find_territory(work.session, territory)
    end = until or since + timedelta(days=7)
    if not since < end <= since + LONGEST_LOOK:
        raise InvalidInputError("Shifts are listed for three months at most, from an earlier time.", field="until")
    return sql.list_shifts(work.session, place.id, (since, end), staff)


def add_shift(work: UnitOfWork, staff: UUID, since: datetime, until: datetime) -> int:
    """Add a single shift; returns 0 when it is there already.

    Raises
    ------
    InvalidInputError
        It ends before it begins, or is longer than a day and a half.
    """
    work.actor.require(*_ROLES)
    member = _member(work, staff)
    check_period(since, until)
    added = sql.add_shifts(work.session, [(member.id, since, until, None)])
    _tell(work, member)
    return added


def add_pattern(work: UnitOfWork, staff: UUID, pattern: Pattern, *, zone: tzinfo) -> tuple[UUID, int]:
    """Add a pattern and write out its shifts; returns its id and how many shifts are new."""
    work.actor.require(*_ROLES)
    member = _member(work, staff)
    periods = expand(pattern, zone)
    row = ShiftPattern(
        staff_id=member.id, first_day=pattern.first_day, last_day=pattern.last_day, cycle_days=pattern.cycle_days,
        on_days=sorted(set(pattern.on_days)), starts=pattern.starts, ends=pattern.ends,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    added = sql.add_shifts(work.session, [(member.id, since, until, row.id) for since, until in periods])
    _tell(work, member)
    return row.id, added


def remove_shift(work: UnitOfWork, shift_id: UUID) -> None:
    """Remove one shift, whether a pattern wrote it or not.

    Raises
    ------
    NotFoundError
        There is no such shift.
    """
    work.actor.require(*_ROLES)
    shift = sql.find_shift(work.session, shift_id)
    if shift is None:
        raise NotFoundError("There is no such shift.", shift=str(shift_id))
    member = _member(work, shift.staff_id)
    work.session.delete(shift)
    work.session.flush()
    _tell(work, member)


def remove_pattern(work: UnitOfWork, pattern_id: UUID) -> None:
    """Remove a pattern with every shift that it wrote.

    Raises
    ------
    NotFoundError
        There is no such pattern.
    """
    work.actor.require(*_ROLES)
    pattern = sql.find_pattern(work.session, pattern_id)
    if pattern is None:
        raise NotFoundError("There is no such pattern of shifts.", pattern=str(pattern_id))
    member = _member(work, pattern.staff_id)
    work.session.delete(pattern)
    work.session.flush()
    _tell(work, member)


def add_absence(work: UnitOfWork, staff: UUID, since: datetime, until: datetime) -> UUID:
    """Note that a member of staff is not there for a time; why is not kept.

    Raises
    ------
    InvalidInputError
        It ends before it begins.
    """
    work.actor.require(*_ROLES)
    member = _member(work, staff)
    if until <= since:
        raise InvalidInputError("An absence ends after it began.", field="until")
    row = Absence(staff_id=member.id, period=Range(since, until, bounds="[)"))
    work.session.add(row)
    work.session.flush()
    _tell(work, member, heads=True)
    return row.id


def remove_absence(work: UnitOfWork, absence_id: UUID) -> None:
    """Take an absence back.

    Raises
    ------
    NotFoundError
        There is no such absence.
    """
    work.actor.require(*_ROLES)
    absence = sql.find_absence(work.session, absence_id)
    if absence is None:
        raise NotFoundError("There is no such absence.", absence=str(absence_id))
    member = _member(work, absence.staff_id)
    work.session.delete(absence)
    work.session.flush()
    _tell(work, member, heads=True)


def check_period(since: datetime, until: datetime) -> None:
    """Refuse a shift that ends before it begins or lasts longer than a day and a half."""
    if until <= since:
        raise InvalidInputError("A shift ends after it began.", field="until")
    if until - since > LONGEST_SHIFT:
        raise InvalidInputError("A shift lasts 36 hours at most.", field="until")


def days_of(weekdays: Sequence[int], first_day: date) -> tuple[int, ...]:
    """Return days of a week-long cycle that begins on `first_day`, from weekdays (1 is Monday, 7 is Sunday).

    Examples
    --------
    >>> days_of([1, 2], date(2026, 3, 4))
    (5, 6)
    """
    return tuple(sorted((weekday - 1 - first_day.weekday()) % 7 for weekday in weekdays))


def _tell(work: UnitOfWork, member: Staff, *, heads: bool = False) -> None:
    """Tell who looks at the organisation; with `heads`, that others may answer for grids now, as the map shows."""
    for layer in ("grids", "grid_labels") if heads else ():
        work.touch(layer, member.territory_id)
    work.announce("organisation", {}, member.territory_id)


def _member(work: UnitOfWork, staff: UUID) -> Staff:
    member = staff_sql.find_staff(work.session, staff)
    if member is None:
        raise NotFoundError("There is no such member of staff.", staff=str(staff))
    return member
