"""Many clocks reckoned at once come to what each comes to alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.calendars import china, to_instant
from casework.clocks import SHARES, Clock, Turn, moment_of, replay, start_clock
from casework.limits import Limit, Unit, is_provisional, read_limit
from casework.reckoned import NEVER, are_provisional, reckon_clocks, what_is_said

MOMENTS = st.datetimes(datetime(2024, 11, 1), datetime(2026, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
LIMITS = [[read_limit("4 工作时")], [Limit(5, Unit.WORK_DAY)], [read_limit("2 紧急工作时"), read_limit("1 工作日")],
          [Limit(30, Unit.MINUTE)]]  # fmt: skip
HOURS = st.integers(1, 400).map(lambda hours: timedelta(hours=hours))


@st.composite
def clocks(draw: st.DrawFn) -> tuple[datetime, int, list[Turn]]:
    """When a clock starts, which limits it goes by, and what happens to it."""
    start = draw(MOMENTS)
    kinds = ["pause", "resume", "extend"][: draw(st.integers(0, 3))]
    turns, at = [], start
    for kind in kinds:
        at += draw(HOURS)
        turns.append(Turn(kind, at, Limit(2, Unit.WORK_HOUR) if kind == "extend" else None))
    return start, draw(st.integers(0, len(LIMITS) - 1)), turns


def alone(start: datetime, which: int, turns: list[Turn]) -> Clock:
    limits = LIMITS[which]
    return replay(start, limits, turns, china()) if turns else start_clock(start, limits, china())


# the first example lays the calendar out, which takes as long as the machine is busy
@settings(deadline=None)
@given(st.lists(clocks(), max_size=12), st.lists(st.sampled_from((0, *SHARES)), min_size=12, max_size=12), MOMENTS)
def test_many_clocks_come_to_what_each_comes_to_alone(
    given_clocks: list[tuple[datetime, int, list[Turn]]], fired: list[int], now: datetime
) -> None:
    starts = np.array([to_instant(start) for start, _, _ in given_clocks], dtype=np.int64)
    which = np.array([which for _, which, _ in given_clocks], dtype=np.int64)
    turns = {row: turns for row, (_, _, turns) in enumerate(given_clocks) if turns}
    found = reckon_clocks(starts, LIMITS, which, turns, china())
    provisional = are_provisional(found, china())
    said, anew, coming = what_is_said(found, np.array(fired[: len(starts)], dtype=np.int64), now)
    for row, told in enumerate(given_clocks):
        clock = alone(*told)
        assert (found.measure[row], found.total[row], found.spent[row]) == (clock.measure, clock.total, clock.spent)
        moments = [moment_of(clock, percent, china()) for percent in SHARES]
        shares = [NEVER if moment is None else to_instant(moment) for moment in moments]
        assert found.shares[row].tolist() == shares
        assert found.since[row] == (NEVER if clock.since is None else to_instant(clock.since))
        due = moments[1]
        runs = clock.since is not None and due is not None
        assert provisional[row] == (runs and is_provisional(clock.since, due, china()))
        reached = max((one for one, at in zip(SHARES, moments, strict=True) if at is not None and at <= now), default=0)
        again = runs and fired[row] > reached
        then = reached if again else fired[row]
        left = [at for one, at in zip(SHARES, shares, strict=True) if one > then]
        assert (said[row], anew[row], coming[row]) == (then, again, left[0] if left else NEVER)
