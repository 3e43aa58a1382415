"""Days as the territory counts them: they begin at its own midnight, wherever the server stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def local_day(moment: datetime, time_zone: str = "UTC") -> date:
    """Return the day on which a moment falls.

    Parameters
    ----------
    moment : datetime
        With a time zone.
    time_zone : str
        Of the territory.

    Examples
    --------
    >>> local_day(datetime(2026, 11, 21, 16, tzinfo=UTC), "Asia/Shanghai").isoformat()
    '2026-11-22'
    """
    return moment.astimezone(ZoneInfo(time_zone)).date()


def day_begins(day: date, time_zone: str = "UTC") -> datetime:
    """Return when a day begins, in UTC.

    Examples
    --------
    >>> day_begins(date(2026, 11, 22), "Asia/Shanghai").isoformat()
    '2026-11-21T16:00:00+00:00'
    """
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
