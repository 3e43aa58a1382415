"""Reports written each month, about the local month that is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gis.errors import InvalidInputError, NotFoundError
from store.database import kept_reports as sql
from store.database import plans as plan_sql
from store.database.jobs import add_job, set_queue_id, take_turn
from store.database.models import ReportSchedule
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.jobs import add_to_queue

JOB: Final = "report"
ROLES: Final = ("analyst", "planner", "camera_administrator")
CHANGEABLE: Final = ("title", "format", "lang", "day", "hour", "active")


def month_before(local: datetime) -> str:
    """Return the month before the one of a local time, YYYY-MM.

    Examples
    --------
    >>> month_before(datetime(2026, 1, 31, 8)), month_before(datetime(2026, 12, 1, 0))
    ('2025-12', '2026-11')
    """
    return f"{local.replace(day=1) - timedelta(days=1):%Y-%m}"


def due_month(schedule: ReportSchedule, now: datetime) -> str | None:
    """Return the local month that a schedule should be written of now, or None.

    It is the month that ended last, from the schedule's day and hour on, once: a server that was down writes it later.
    """
    local = now.astimezone(ZoneInfo(schedule.time_zone))
    if local < local.replace(day=schedule.day, hour=schedule.hour, minute=0, second=0, microsecond=0):
        return None
    month = month_before(local)
    return month if schedule.last_month is None or schedule.last_month < month else None


def next_at(schedule: ReportSchedule, now: datetime) -> datetime | None:
    """Return when a schedule is due next; None when it rests."""
    if not schedule.active:
        return None
    local = now.astimezone(ZoneInfo(schedule.time_zone))
    this = local.replace(day=schedule.day, hour=schedule.hour, minute=0, second=0, microsecond=0)
    if schedule.last_month is None or schedule.last_month < month_before(local):
        return max(this, local) if this < local else this
    # the first of the next month, then the day: months are of unequal length
    following = (local.replace(day=28, hour=12) + timedelta(days=4)).replace(day=schedule.day)
    return following.replace(hour=schedule.hour, minute=0, second=0, microsecond=0)


def add_schedule(work: UnitOfWork, asked: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Have a report written each month.

    Parameters
    ----------
    work : UnitOfWork
    asked : dict
        ``name``, ``title``, ``format``, ``lang``, ``day``, ``hour``, ``time_zone``; ``plan`` or None for the plan in
        use.
    now : datetime

    Raises
    ------
    InvalidInputError
        A value does not fit.
    """
    work.actor.require(*ROLES)
    plan = plan_sql.get_plan(work.session, asked["plan"]) if asked.get("plan") else None
    territory_id = plan.territory_id if plan is not None else find_territory(work.session, None).id
    schedule = ReportSchedule(
        territory_id=territory_id,
        plan_id=plan.id if plan is not None else None,
        author_id=work.actor.account_id,
        active=True,
        **{name: asked[name] for name in ("name", "title", "format", "lang", "day", "hour", "time_zone")},
    )
    _check(schedule)
    if due_month(schedule, now) is not None:
        schedule.last_month = due_month(schedule, now)  # this month's day is past: it begins with the next
    sql.add_schedule(work.session, schedule)
    return told(schedule, now)


def list_schedules(work: UnitOfWork, *, now: datetime) -> list[dict[str, Any]]:
    """Return all schedules with when each is due next."""
    return [told(schedule, now) for schedule in sql.list_schedules(work.session)]


def change_schedule(work: UnitOfWork, schedule_id: UUID, changes: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Change fields of `CHANGEABLE`.

    Raises
    ------
    NotFoundError
        There is no such schedule.
    InvalidInputError
        A value does not fit.
    """
    work.actor.require(*ROLES)
    schedule = _get(work, schedule_id)
    for name, value in changes.items():
        if name not in CHANGEABLE or value is None:
            raise InvalidInputError(f"'{name}' of a schedule can't be changed so.", field=name)
        setattr(schedule, name, value)
    _check(schedule)
    work.session.flush()
    return told(schedule, now)


def delete_schedule(work: UnitOfWork, schedule_id: UUID) -> None:
    """Stop writing a report each month; what was written stays."""
    work.actor.require(*ROLES)
    sql.delete_schedule(work.session, _get(work, schedule_id))


def queue_reports(work: UnitOfWork, *, now: datetime) -> int:
    """Queue the reports that are due, on behalf of who scheduled each; return how many."""
    take_turn(work.session, JOB)
    count = 0
    for schedule in sql.list_schedules(work.session, active=True):
        month = due_month(schedule, now)
        if month is None:
            continue
        args = {"schedule": str(schedule.id), "month": month}
        job = add_job(work.session, kind=JOB, args=args, account_id=schedule.author_id)
        set_queue_id(work.session, job, add_to_queue(work.session, job.id))
        schedule.last_month, schedule.last_at = month, now
        count += 1
    work.session.flush()
    return count


def told(schedule: ReportSchedule, now: datetime) -> dict[str, Any]:
    """Return what there is to say of a schedule."""
    names = ("id", "name", "title", "format", "lang", "day", "hour", "time_zone", "active", "last_month", "last_at")
    return {
        **{name: getattr(schedule, name) for name in names},
        "plan": schedule.plan_id,
        "next_at": next_at(schedule, now),
    }


def _get(work: UnitOfWork, schedule_id: UUID) -> ReportSchedule:
    schedule = sql.get_schedule(work.session, schedule_id)
    if schedule is None:
        raise NotFoundError("There is no such schedule.", schedule=str(schedule_id))
    return schedule


def _check(schedule: ReportSchedule) -> None:
    from services.reports.building import NAMES, check_format  # noqa: PLC0415 - folium and fonts take seconds
    from services.reports.kept import checked_title  # noqa: PLC0415 - as above

    schedule.title = checked_title(schedule.title)
    check_format(schedule.format)
    if schedule.name not in NAMES:
        raise InvalidInputError(f"There is no report {schedule.name[:40]}.", field="name")
    if schedule.lang not in ("en", "zh"):
        raise InvalidInputError("A report is written in en or zh.", field="lang")
    if not (1 <= schedule.day <= 28 and 0 <= schedule.hour <= 23):
        raise InvalidInputError("The day is 1 to 28, which every month has, and the hour 0 to 23.", field="day")
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInputError(
            f"'{schedule.time_zone[:40]}' is no known time zone; give a name such as Asia/Shanghai.", field="time_zone"
        ) from error
