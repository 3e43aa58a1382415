"""A calendar's written form, and a file of some years alone beside the calendar that holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casework.calendars import WorkCalendar, read_calendar, write_hours


def write_calendar(calendar: WorkCalendar) -> dict[str, Any]:
    """Write a calendar as `casework.calendars.read_calendar` reads it.

    Examples
    --------
    >>> from casework.calendars import china
    >>> read_calendar(write_calendar(china())) == china()
    True
    """
    years: dict[str, dict[str, Any]] = {
        str(year): {"announced": True, "off": {}, "work": {}} for year in sorted(calendar.announced or ())
    }
    for special in calendar.days:
        told = years.setdefault(str(special.day.year), {"off": {}, "work": {}})
        value = special.name if special.hours is None else {"name": special.name, "hours": write_hours(special.hours)}
        told["work" if special.works else "off"][special.day.isoformat()] = value
    return {
        "code": calendar.code,
        "zone": calendar.zone,
        "hours": write_hours(calendar.hours),
        "week": sorted(day + 1 for day in calendar.week),
        "name_en": calendar.name_en,
        "name_zh": calendar.name_zh,
        "announced_yearly": calendar.announced is not None,
        "years": years,
    }


def read_beside(body: Any, holds: WorkCalendar) -> WorkCalendar:  # noqa: ANN401 - JSON of any kind
    """Read a calendar's file; one with ``years`` and no ``hours`` changes those years and leaves the rest.

    Parameters
    ----------
    body : Mapping
        As `casework.calendars.read_calendar` takes it.
    holds : WorkCalendar
        The calendar that a file of years is laid beside.

    Raises
    ------
    InvalidInputError
        With the ``place`` in the file.
    """
    years = body.get("years") if isinstance(body, Mapping) and "hours" not in body else None
    if not isinstance(years, Mapping) or not years:
        return read_calendar(body)
    whole = write_calendar(holds)
    return read_calendar({**whole, **body, "years": {**whole["years"], **years}})
