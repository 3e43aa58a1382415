"""Work calendars: prefix sums against a walk through the minutes, swaps, clock changes, bad input."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.calendar_years import read_beside, write_calendar
from casework.calendars import (
    BeyondYearsError,
    SpecialDay,
    WorkCalendar,
    china,
    read_calendar,
    read_hours,
    to_instant,
    to_moment,
    work_time,
    write_hours,
)
from gis.errors import InvalidInputError

OFFICE = read_hours(["08:30-12:00", "14:00-17:30"])
ZONES = ("Asia/Shanghai", "Europe/Helsinki", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Beirut")
HOUR = 3_600_000_000


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """Any hours, week, zone and special days of 2026."""
    edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
    spans = tuple(zip(edges[::2], edges[1::2], strict=False))
    offsets = draw(st.sets(st.integers(0, 364), max_size=12))
    days = tuple(
        SpecialDay(date(2026, 1, 1) + timedelta(days=n), draw(st.booleans()), "special") for n in sorted(offsets)
    )
    week = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return WorkCalendar("any", draw(st.sampled_from(ZONES)), spans, week, days)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def walked(calendar: WorkCalendar, start: datetime, end: datetime) -> int:
    """Worked minutes between two moments, minute by minute."""
    zone = ZoneInfo(calendar.zone)
    found, moment = 0, start
    while moment < end:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        found += any(one <= minute < two for one, two in calendar.hours_of(local.date()))
        moment += timedelta(minutes=1)
    return found


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(0, 364), st.integers(0, 3 * 1440))
def test_worked_time_is_what_a_walk_through_the_minutes_counts(calendar: WorkCalendar, day: int, minutes: int) -> None:
    # America/New_York and its like repeat an hour: hours that end within it are walked twice, so it stays out
    if calendar.zone not in {"Asia/Shanghai", "Asia/Kathmandu"}:
        return
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    end = start + timedelta(minutes=minutes)
    one, two = work_time(calendar, 2025, 2027).worked([to_instant(start), to_instant(end)])
    assert int(two - one) == walked(calendar, start, end) * 60_000_000


@settings(max_examples=60, deadline=None)
@given(calendars(), st.lists(MOMENTS, min_size=1, max_size=8), st.integers(0, 400 * HOUR))
def test_when_is_the_first_instant_with_so_much_work(
    calendar: WorkCalendar, moments: list[datetime], more: int
) -> None:
    time = work_time(calendar, 2025, 2030)
    at = np.array(sorted(map(to_instant, moments)))
    done = time.worked(at)
    assert (np.diff(done) >= 0).all(), "work never runs back"
    assert (np.diff(done) <= np.diff(at)).all(), "nor faster than time"
    assert (time.when(done) <= at).all()
    later = done + more
    try:
        found = time.when(later)
    except BeyondYearsError:
        return
    assert (time.worked(found) == later).all()
    before = found[later > 0] - 1
    assert (time.worked(before) == later[later > 0] - 1).all(), "an instant earlier one instant less was worked"


@settings(max_examples=40, deadline=None)
@given(calendars(), calendars())
def test_a_calendar_is_read_as_it_was_written_and_a_year_alone_changes_no_other(
    calendar: WorkCalendar, other: WorkCalendar
) -> None:
    assert read_calendar(write_calendar(calendar)) == calendar
    assert read_beside(write_calendar(other), calendar) == other, "a whole one takes its place"
    holds = replace(calendar, days=(SpecialDay(date(2025, 1, 1), False, "New Year"), *calendar.days))
    years = write_calendar(other)["years"]
    if years:
        found = read_beside({"years": years}, holds)
        assert found == replace(holds, days=(holds.days[0], *other.days))


@settings(max_examples=40, deadline=None)
@given(calendars(), MOMENTS, st.integers(1, 30))
def test_work_days_are_counted_from_the_day_after(calendar: WorkCalendar, moment: datetime, days: int) -> None:
    found = to_moment(int(work_time(calendar, 2025, 2035).evening_after([to_instant(moment)], [days])[0]))
    zone = ZoneInfo(calendar.zone)
    first, last = moment.astimezone(zone).date(), (found - timedelta(microseconds=1)).astimezone(zone).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(bool(calendar.hours_of(day)) for day in between) == days
    assert calendar.hours_of(last)


def test_swaps_make_weekends_work_and_weekdays_rest() -> None:
    calendar = china()
    assert calendar.hours_of(date(2025, 9, 28)) == OFFICE, "a Sunday worked for the National Day"
    assert calendar.hours_of(date(2025, 10, 8)) == ()
    assert calendar.hours_of(date(2026, 2, 14)) == OFFICE, "a Saturday worked for the Spring Festival"
    assert calendar.hours_of(date(2026, 2, 23)) == ()
    assert calendar.hours_of(date(2026, 2, 24)) == OFFICE
    worked = {
        year: sum(bool(calendar.hours_of(date(year, 1, 1) + timedelta(days=n))) for n in range(365))
        for year in (2025, 2026)
    }
    assert worked == {2025: 248, 2026: 248}, "365 days less 104 on weekends and 13 of holidays"


def test_years_that_nobody_announced_are_provisional() -> None:
    assert not china().is_provisional(2025, 2026)
    assert china().is_provisional(2026, 2027)
    assert china().hours_of(date(2027, 2, 8)) == (), "the days that the law names are off even so"
    assert not WorkCalendar("plain", "UTC", OFFICE).is_provisional(1990, 2100)


@pytest.mark.parametrize(
    ("zone", "day", "hours", "worked"),
    [
        ("Europe/Helsinki", date(2026, 3, 29), 23, 1380),
        ("Europe/Helsinki", date(2026, 10, 25), 25, 1500),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5, 1410),
        ("Asia/Beirut", date(2026, 3, 29), 23, 1380),
    ],
)
def test_days_on_which_the_clocks_change(zone: str, day: date, hours: float, worked: int) -> None:
    time = work_time(WorkCalendar("round", zone, ((0, 1440),), frozenset(range(7))), 2026, 2026)
    number = (day - date(2026, 1, 1)).days
    begin, end = time.midnights[number], time.midnights[number + 1]
    assert (end - begin) / HOUR == hours
    assert int(time.worked([end])[0] - time.worked([begin])[0]) == worked * 60_000_000


def test_hours_that_the_clocks_leap_over_are_nobodys() -> None:
    night = WorkCalendar(
        "night", "Europe/Helsinki", read_hours(["01:00-03:30", "03:40-03:45", "04:00-05:00"]), frozenset(range(7))
    )
    time = work_time(night, 2026, 2026)
    begin = to_instant(datetime(2026, 3, 28, 22, tzinfo=UTC))
    one, two = time.worked([begin, begin + 23 * HOUR])
    assert two - one == 3 * HOUR, "01:00 to 03:00 and 04:00 to 05:00"
    leap = WorkCalendar("leap", "UTC", OFFICE)
    assert leap.hours_of(date(2028, 2, 29)) == OFFICE


def test_hours_read_as_they_are_written() -> None:
    assert read_hours(write_hours(OFFICE)) == OFFICE
    assert read_hours(["00:00-24:00"]) == ((0, 1440),)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ([], "$"),
        ({"zone": "UTC", "hours": ["08:00-12:00"]}, "code"),
        ({"code": "x", "zone": " ", "hours": ["08:00-12:00"]}, "zone"),
        ({"code": "x", "zone": "UTC", "hours": "08:00-12:00"}, "hours"),
        ({"code": "x", "zone": "UTC", "hours": ["8-12"]}, "hours"),
        ({"code": "x", "zone": "UTC", "hours": ["12:00-08:00"]}, "hours"),
        ({"code": "x", "zone": "UTC", "hours": ["08:00-12:00"], "week": ["Mon"]}, "hours"),
        ({"code": "x", "zone": "UTC", "hours": ["08:00-12:00"], "years": []}, "years"),
        ({"code": "x", "zone": "UTC", "hours": ["08:00-12:00"], "years": {"26": {}}}, "years"),
        ({"code": "x", "zone": "UTC", "hours": ["08:00-12:00"], "years": {"2026": {"off": []}}}, "years.2026.off"),
        (
            {"code": "x", "zone": "UTC", "hours": ["08:00-12:00"], "years": {"2026": {"off": {"soon": "x"}}}},
            "years.2026.off.soon",
        ),
        (
            {"code": "x", "zone": "UTC", "hours": ["08:00-12:00"], "years": {"2026": {"off": {"2025-01-01": "x"}}}},
            "years.2026.off.2025-01-01",
        ),
    ],
)
def test_a_calendar_of_the_wrong_form_names_the_place(body: object, place: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_calendar(body)  # type: ignore[arg-type]
    assert refused.value.fields.get("place", refused.value.fields.get("field")) == place


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    both = {"2026": {"off": {"2026-10-01": "a"}, "work": {"2026-10-01": "b"}}}
    with pytest.raises(InvalidInputError, match="twice"):
        read_calendar({"code": "x", "zone": "UTC", "hours": ["08:00-12:00"], "years": both})
    with pytest.raises(InvalidInputError, match="time zone"):
        WorkCalendar("x", "Mars/Olympus", OFFICE)
    with pytest.raises(InvalidInputError, match="weekdays"):
        WorkCalendar("x", "UTC", OFFICE, frozenset({7}))
    with pytest.raises(InvalidInputError, match="our time"):
        WorkCalendar("x", "UTC", OFFICE, days=(SpecialDay(date(1800, 1, 1), works=False),))
    with pytest.raises(InvalidInputError, match="within one day"):
        WorkCalendar("x", "UTC", OFFICE, days=(SpecialDay(date(2026, 1, 1), works=True, hours=()),))
    with pytest.raises(BeyondYearsError):
        work_time(WorkCalendar("x", "UTC", OFFICE), 2199, 2200)
    with pytest.raises(InvalidInputError, match="time zone"):
        to_instant(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    off = tuple(SpecialDay(date(2026, 1, 1) + timedelta(days=n), works=False) for n in range(365))
    with pytest.raises(BeyondYearsError, match="Nobody"):
        work_time(WorkCalendar("idle", "UTC", OFFICE, days=off), 2026, 2026)


def test_a_day_may_have_hours_of_its_own() -> None:
    body = {
        "code": "x",
        "zone": "UTC",
        "hours": ["08:00-12:00"],
        "years": {"2026": {"announced": True, "work": {"2026-12-26": {"name": "sale", "hours": ["10:00-11:00"]}}}},
    }
    calendar = read_calendar(body)
    assert calendar.hours_of(date(2026, 12, 26)) == ((600, 660),)
    assert calendar.announced == frozenset({2026})
