"""Messages folded into the history of a camera."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.camera_history import History, Period, State, fold

START = datetime(2026, 11, 1, tzinfo=UTC)
ON, OFF = State(online=True), State(online=False)
EMPTY = History((), None)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


messages = st.lists(
    st.tuples(
        st.integers(0, 30).map(at),
        st.builds(State, st.booleans(), st.sampled_from([None, True, False]), st.sampled_from([None, True, False])),
    ),
    max_size=12,
)


def fold_one_by_one(told: list[tuple[datetime, State]]) -> History:
    history = EMPTY
    for message in told:
        history, _ = fold(history, [message], before=ON)
    return history


@given(messages)
def test_periods_follow_each_other_without_gap_or_overlap(told):
    history = fold_one_by_one(told)
    if not told:
        assert history == EMPTY
        return
    assert history.periods[-1].high is None
    assert history.heard == max(moment for moment, _ in told)
    for before, after in pairwise(history.periods):
        assert before.low < before.high == after.low
    assert history.periods[0].low == min(moment for moment, _ in told)


@given(messages)
def test_the_same_messages_again_change_nothing(told):
    once, _ = fold(EMPTY, told, before=ON)
    again, _ = fold(once, told[-1:], before=ON) if told else (once, 0)
    newest = max((moment for moment, _ in told), default=None)
    repeated = [message for message in told if message[0] == newest][-1:]
    twice, _ = fold(once, repeated, before=ON)
    assert twice == once
    assert again.heard == once.heard


@given(
    st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=10, unique_by=lambda told: told[0]), st.randoms()
)
def test_the_order_of_arrival_does_not_matter_to_the_present(told, random):
    wanted = max(told, default=None)
    shuffled = list(told)
    random.shuffle(shuffled)
    history = fold_one_by_one([(at(hour), State(online=online)) for hour, online in shuffled])
    assert history.present == (None if wanted is None else State(online=wanted[1]))


def test_a_late_message_makes_past_but_not_present():
    known, _ = fold(EMPTY, [(at(0), ON), (at(10), ON)], before=ON)
    found, late = fold(known, [(at(4), OFF)], before=ON)
    assert late == 1
    assert found.periods == (Period(at(0), at(4), ON), Period(at(4), at(10), OFF), Period(at(10), None, ON))
    assert fold(found, [(at(4), OFF)], before=ON) == (found, 1)


def test_a_message_before_all_others_lengthens_the_history():
    known, _ = fold(EMPTY, [(at(5), OFF)], before=ON)
    found, _ = fold(known, [(at(1), OFF)], before=ON)
    assert found.periods == (Period(at(1), None, OFF),)


def test_what_is_not_said_stays():
    found, _ = fold(EMPTY, [(at(0), State(True, True, True)), (at(1), State(serviceable=False))], before=ON)
    assert found.present == State(True, True, False)


def test_a_correction_of_the_same_moment_takes_its_place():
    found, late = fold(EMPTY, [(at(0), ON), (at(0), OFF)], before=ON)
    assert (found.periods, late) == ((Period(at(0), None, OFF),), 0)
