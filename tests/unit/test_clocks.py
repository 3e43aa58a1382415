"""Limits and clocks: due times on real calendars, pauses, extensions, shares, colours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.calendars import BeyondYearsError, WorkCalendar, china, read_hours, to_instant
from casework.clocks import (
    Clock,
    Colour,
    Measure,
    Turn,
    between,
    colour,
    due_of,
    elapsed,
    extend,
    moment_of,
    pause,
    replay,
    resume,
    share,
    start_clock,
    start_many,
)
from casework.limits import Limit, Unit, due_at, due_instants, dues, is_provisional, read_limit
from gis.errors import InvalidInputError

ROUND_THE_YEAR = st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
LIMITS = st.builds(
    Limit, st.integers(1, 40).map(float), st.sampled_from([unit for unit in Unit if unit is not Unit.EMERGENCY_DAY])
)
HELSINKI = WorkCalendar("fi", "Europe/Helsinki", read_hours(["08:00-16:00"]))


def china_time(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2025-09-26T16:00", "4 工作时", "2025-09-28T11:00"),
        ("2025-09-30T10:00", "5 工作日", "2025-10-14T17:30"),
        ("2025-09-26T17:30", "0.5 工作时", "2025-09-28T09:00"),
        ("2025-09-26T13:00", "1.5 work hours", "2025-09-26T15:30"),
        ("2025-09-27T03:00", "3.5 工作时", "2025-09-28T12:00"),
        ("2025-09-26T16:00", "3 紧急工作时", "2025-09-26T19:00"),
        ("2025-09-26T16:00", "2 紧急工作日", "2025-09-28T16:00"),
        ("2025-09-26T16:00", "PT30M", "2025-09-26T16:30"),
        ("2025-09-26T16:00", "P10D", "2025-10-06T16:00"),
        ("2026-02-13T16:00", "4 工作时", "2026-02-14T11:00"),
        ("2026-02-14T10:00", "1 工作日", "2026-02-24T17:30"),
        ("2024-02-28T10:00", "1 天", "2024-02-29T10:00"),
        ("2028-02-28T10:00", "1 工作日", "2028-02-29T17:30"),
    ],
)
def test_limits_are_due_when_an_office_in_china_would_say(start: str, limit: str, due: str) -> None:
    assert due_at(china_time(start), read_limit(limit), china()) == china_time(due)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        # the clocks go forward on 29 March 2026 and back on 25 October
        ("2026-03-28T10:00+02:00", "1 day", "2026-03-29T10:00+03:00"),
        ("2026-03-28T10:00+02:00", "24 emergency hours", "2026-03-29T11:00+03:00"),
        ("2026-10-23T15:00+03:00", "2 work hours", "2026-10-26T09:00+02:00"),
        ("2026-10-24T10:00+03:00", "1 day", "2026-10-25T10:00+02:00"),
    ],
)
def test_limits_across_a_change_of_the_clocks(start: str, limit: str, due: str) -> None:
    found = due_at(datetime.fromisoformat(start), read_limit(limit), HELSINKI)
    assert found == datetime.fromisoformat(due)


@settings(max_examples=60, deadline=None)
@given(ROUND_THE_YEAR, LIMITS)
def test_a_clock_is_due_when_its_limit_is(start: datetime, limit: Limit) -> None:
    clock = start_clock(start, [limit], china())
    due = due_at(start, limit, china())
    assert due > start
    assert due_of(clock, china()) == due
    assert share(clock, due, china()) == 1
    assert elapsed(clock, start, china()) == 0
    assert elapsed(clock, start - timedelta(hours=1), china()) == 0, "a clock that runs ahead counts nothing"


@settings(max_examples=40, deadline=None)
@given(st.lists(ROUND_THE_YEAR, min_size=1, max_size=6), LIMITS)
def test_many_due_times_at_once_are_the_same_as_one_by_one(starts: list[datetime], limit: Limit) -> None:
    found = due_instants(np.array([to_instant(start) for start in starts]), limit, china())
    assert found.tolist() == [to_instant(due_at(start, limit, china())) for start in starts]


@settings(max_examples=60, deadline=None)
@given(ROUND_THE_YEAR, LIMITS, st.lists(st.integers(0, 5 * 86400), min_size=2, max_size=6))
def test_the_total_is_the_sum_of_the_stages_less_the_pauses(start: datetime, limit: Limit, gaps: list[int]) -> None:
    """Stages follow each other; each second one is a pause of the total."""
    edges = [start]
    for gap in gaps:
        edges.append(edges[-1] + timedelta(seconds=gap))
    total = start_clock(start, [limit], china())
    stages = paused = 0
    for number, (one, two) in enumerate(pairwise(edges)):
        spell = between(total.measure, one, two, china())
        stages += spell
        total = pause(total, one, china()) if number % 2 else resume(total, one)
        paused += spell if number % 2 else 0
    assert elapsed(total, edges[-1], china()) == stages - paused


@settings(max_examples=60, deadline=None)
@given(ROUND_THE_YEAR, LIMITS, st.integers(0, 20 * 86400), st.integers(0, 20 * 86400))
def test_a_pause_moves_the_due_time_by_what_it_took(start: datetime, limit: Limit, run: int, rest: int) -> None:
    clock = start_clock(start, [limit], china())
    stop, go = start + timedelta(seconds=run), start + timedelta(seconds=run + rest)
    held = pause(clock, stop, china())
    assert due_of(held, china()) is None
    assert elapsed(held, go, china()) == elapsed(clock, stop, china())
    assert pause(held, go, china()) == held
    again = resume(held, go)
    assert resume(again, go + timedelta(hours=1)) == again
    left = clock.total - again.spent
    due = due_of(again, china())
    assert due is not None
    assert due >= go
    if left > 0:
        assert between(clock.measure, go, due, china()) == left


@settings(max_examples=60, deadline=None)
@given(ROUND_THE_YEAR, LIMITS)
def test_shares_come_in_their_order(start: datetime, limit: Limit) -> None:
    clock = start_clock(start, [limit], china())
    moments = [moment_of(clock, percent, china()) for percent in (80, 100, 150)]
    assert all(one is not None and two is not None and one <= two for one, two in pairwise(moments))
    for percent, moment in zip((80, 100, 150), moments, strict=True):
        assert moment is not None
        assert share(clock, moment, china()) >= percent / 100


def test_colours_follow_the_share() -> None:
    clock = start_clock(china_time("2025-09-25T08:30"), [read_limit("5 工作时")], china())
    at = china_time
    assert colour(clock, at("2025-09-25T14:29"), china()) is Colour.OK
    assert colour(clock, at("2025-09-25T14:30"), china()) is Colour.SOON
    assert colour(clock, at("2025-09-25T15:30"), china()) is Colour.SOON, "at the due time it is not late"
    assert colour(clock, at("2025-09-25T15:31"), china()) is Colour.LATE
    assert colour(pause(clock, at("2025-09-25T15:00"), china()), at("2025-10-25T15:00"), china()) is Colour.PAUSED
    evening = start_clock(at("2025-09-25T08:30"), [read_limit("7 工作时")], china())
    assert colour(evening, at("2025-09-25T20:00"), china()) is Colour.LATE, "the night doesn't hide it"


def test_phases_follow_each_other() -> None:
    start = china_time("2025-09-27T02:00")
    phases = [read_limit("3 紧急工作时"), read_limit("8 紧急工作时"), read_limit("5 工作日")]
    found = dues(start, phases, china())
    assert [moment.isoformat() for moment in found] == [
        "2025-09-26T21:00:00+00:00", "2025-09-27T05:00:00+00:00", "2025-10-10T09:30:00+00:00"]  # fmt: skip
    clock = start_clock(start, phases, china())
    assert clock.measure is Measure.WORK
    assert due_of(clock, china()) == found[-1]


def test_an_extension_goes_on_from_the_due_time_or_from_now() -> None:
    start = china_time("2025-09-26T16:00")
    clock = start_clock(start, [read_limit("4 工作时")], china())
    early = extend(clock, read_limit("2 工作时"), china_time("2025-09-26T17:00"), china())
    assert due_of(early, china()) == china_time("2025-09-28T14:30") - timedelta(minutes=0) + timedelta(minutes=30)
    late = extend(clock, read_limit("2 工作时"), china_time("2025-09-28T15:00"), china())
    assert due_of(late, china()) == china_time("2025-09-28T17:00")
    held = pause(clock, china_time("2025-09-26T17:00"), china())
    assert (
        extend(held, read_limit("2 工作时"), china_time("2025-09-26T17:10"), china()).total
        == held.total + 7_200_000_000
    )


def test_due_times_over_years_that_nobody_announced_say_so() -> None:
    assert not is_provisional(china_time("2026-12-20T10:00"), china_time("2026-12-31T17:30"), china())
    assert is_provisional(china_time("2026-12-20T10:00"), china_time("2027-01-04T17:30"), china())


@pytest.mark.parametrize("words", ["", "4", "工作时", "four work hours", "-4 工作时", "0 工作时", "4 weeks", "P", "1e9 天", "1.5 工作日", "9999 天", "0.5 days"])  # fmt: skip
def test_a_limit_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_limit(words)
    assert refused.value.fields["field"] == "limit"


@settings(max_examples=40, deadline=None)
@given(LIMITS)
def test_a_limit_reads_as_it_is_written(limit: Limit) -> None:
    assert read_limit(str(limit)) == limit


def test_what_no_clock_can_do_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="needs a limit"):
        start_clock(china_time("2025-09-26T16:00"), [], china())
    with pytest.raises(BeyondYearsError):
        due_at(datetime(2199, 6, 1, tzinfo=UTC), read_limit("3000 工作日"), china())
    assert due_instants(np.zeros(0, dtype=np.int64), read_limit("1 工作日"), china()).shape == (0,)
    assert moment_of(Clock(Measure.WALL, 10, 0, None), 80, china()) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(ROUND_THE_YEAR, min_size=1, max_size=5), st.lists(LIMITS, min_size=1, max_size=3))
def test_many_clocks_at_once_are_the_same_as_one_by_one(starts: list[datetime], limits: list[Limit]) -> None:
    measure, totals, due = start_many(np.array([to_instant(start) for start in starts]), limits, china())
    for place, start in enumerate(starts):
        clock = start_clock(start, limits, china())
        assert (clock.measure, clock.total) == (measure, totals[place])
        assert to_instant(dues(start, limits, china())[-1]) == due[place]
    with pytest.raises(InvalidInputError):
        start_many(np.zeros(1, dtype=np.int64), [], china())


@settings(max_examples=40, deadline=None)
@given(ROUND_THE_YEAR, LIMITS, st.lists(st.integers(1, 5 * 86400), min_size=3, max_size=3))
def test_a_clock_that_goes_through_it_again_is_the_same(start: datetime, limit: Limit, gaps: list[int]) -> None:
    one = start + timedelta(seconds=gaps[0])
    two = one + timedelta(seconds=gaps[1])
    three = two + timedelta(seconds=gaps[2])
    clock = resume(pause(start_clock(start, [limit], china()), one, china()), two)
    clock = extend(clock, limit, three, china())
    turns = [Turn("pause", one), Turn("resume", two), Turn("extend", three, limit)]
    assert replay(start, [limit], turns, china()) == clock
