"""Work calendars of a territory: which one holds, and a new version of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final
from uuid import UUID

from casework.calendar_years import read_beside
from casework.calendars import SpecialDay, WorkCalendar, china, read_hours, write_hours
from casework.limits import Limit, due_at, is_provisional
from services.access import record
from store.database import catalogue as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

KEPT: Final = 32
USUAL_HOURS: Final = ("08:30-12:00", "14:00-17:30")
_CHINESE_ZONES: Final = frozenset({"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "Asia/Urumqi", "PRC"})
_known: OrderedDict[UUID, WorkCalendar] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A calendar as it is shown; `id` is None for the one that holds until a territory has its own.

    `job_id` is the job that still reckons running clocks on it, where it was just put in force and they are many.
    """

    id: UUID | None
    version: int
    loaded_at: datetime | None
    calendar: WorkCalendar
    job_id: UUID | None = None


def calendar_of(work: UnitOfWork, territory_id: UUID) -> tuple[UUID | None, WorkCalendar]:
    """Return the calendar that holds in a territory, with its id.

    Until one is loaded that is China's where the installation's time zone is Chinese, and else Monday to Friday.
    """
    found = sql.calendar_id(work.session, territory_id)
    return found, by_id(work, found)


def by_id(work: UnitOfWork, calendar: UUID | None) -> WorkCalendar:
    """Return a version of a calendar; versions never change, so a process reads each once."""
    if calendar is None:
        zone = sql.session_zone(work.session)
        return china() if zone in _CHINESE_ZONES else WorkCalendar("usual", zone, read_hours(USUAL_HOURS))
    with _lock:
        if calendar in _known:
            _known.move_to_end(calendar)
            return _known[calendar]
    read = _read(work, calendar).calendar
    with _lock:
        _known[calendar] = read
        if len(_known) > KEPT:
            _known.popitem(last=False)
    return read


def show(work: UnitOfWork, territory: UUID | str | None = None) -> CalendarView:
    """Return the calendar that holds in a territory."""
    found, calendar = calendar_of(work, find_territory(work.session, territory).id)
    return CalendarView(None, 0, None, calendar) if found is None else _read(work, found)


def _read(work: UnitOfWork, calendar: UUID) -> CalendarView:
    row, days = sql.read_calendar(work.session, calendar)
    special = tuple(
        SpecialDay(day.day, day.works, day.title, None if day.hours is None else read_hours(day.hours)) for day in days
    )
    found = WorkCalendar(
        row.code,
        row.zone,
        read_hours(row.hours),
        frozenset(day - 1 for day in row.week),
        special,
        None if row.announced is None else frozenset(row.announced),
        row.title_en,
        row.title_zh,
    )
    return CalendarView(row.id, row.version, row.loaded_at, found)


def save(
    work: UnitOfWork, body: Mapping[str, Any] | WorkCalendar, *, now: datetime, territory: UUID | str | None = None
) -> tuple[CalendarView, int]:
    """Make a calendar the one that holds, and reckon every running clock of the territory anew; many are a job's.

    Parameters
    ----------
    work : UnitOfWork
    body : Mapping or WorkCalendar
        As `casework.calendars.read_calendar` takes it; one with ``years`` and no ``hours`` changes those years of the
        calendar that holds.
    now : datetime
    territory : UUID, str or None

    Returns
    -------
    (CalendarView, int)
        The new version, and how many clocks got another due time.

    Raises
    ------
    InvalidInputError
        With the ``place`` in the body.
    """
    from services.clock_recompute import recompute_or_start  # noqa: PLC0415 - it reads calendars

    work.actor.require("system_administrator", "shift_leader")
    place = find_territory(work.session, territory)
    calendar = body if isinstance(body, WorkCalendar) else read_beside(body, calendar_of(work, place.id)[1])
    values = {
        "territory_id": place.id,
        "code": calendar.code,
        "title_en": calendar.name_en,
        "title_zh": calendar.name_zh,
        "zone": calendar.zone,
        "hours": write_hours(calendar.hours),
        "week": sorted(day + 1 for day in calendar.week),
        "announced": None if calendar.announced is None else sorted(calendar.announced),
        "loaded_by": work.actor.account_id,
    }
    found, version = sql.add_calendar(work.session, values, [_day(special) for special in calendar.days])
    work.session.flush()
    moved, job = recompute_or_start(work, place.id, reason="calendar", now=now)
    details = {"version": version, "clocks": moved, "job": job and str(job)}
    record(work, "calendar.save", target=calendar.code, details=details)
    return CalendarView(found, version, now, calendar, job), moved


def _day(special: SpecialDay) -> dict[str, Any]:
    hours = None if special.hours is None else write_hours(special.hours)
    return {"day": special.day, "works": special.works, "title": special.name, "hours": hours}


def due(
    work: UnitOfWork, start: datetime, limit: Limit, *, territory: UUID | str | None = None
) -> tuple[datetime, bool]:
    """Return when a limit that starts at `start` is over, and whether a year in between is not announced."""
    _, calendar = calendar_of(work, find_territory(work.session, territory).id)
    found = due_at(start, limit, calendar)
    return found, is_provisional(start, found, calendar)
