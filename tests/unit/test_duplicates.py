"""Duplicates by distance, time and item: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.duplicates import LEAST_SCORE, REACH_M, SPAN, Sighting, common_share, likely_duplicates

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LAMP = Sighting("A", 0.0, 0.0, NOON, "Lamp out", "010203")


def new(**changes):
    return replace(LAMP, **{"no": "", "at": NOON + timedelta(hours=1), **changes})


def test_same_item_near_and_soon_is_proposed_with_reason():
    (found,) = likely_duplicates(new(x=6.0, y=8.0, item="light broken"), [LAMP])
    assert (found.no, found.distance_m, found.hours, found.reason) == ("A", 10.0, 1.0, "same-item")
    assert 0.8 < found.score < 1.0


def test_same_words_count_where_nobody_chose_an_item():
    (found,) = likely_duplicates(new(item="lamp, out!", item_code=None), [LAMP])
    assert found.reason == "same-words"


def test_description_may_name_the_thing():
    other = replace(LAMP, item="市政设施", item_code=None, description="门口路灯不亮三天了")
    (found,) = likely_duplicates(new(item="路灯不亮", item_code=None), [other])
    assert (found.reason, found.score > 0.9) == ("alike-words", True)
    (back,) = likely_duplicates(replace(other, no=""), [replace(LAMP, item="路灯不亮", item_code=None)])
    assert back.reason == "alike-words"


def test_another_item_at_the_same_spot_is_no_duplicate():
    assert likely_duplicates(new(item_code="090909", item="Dirty wall"), [LAMP]) == []
    assert likely_duplicates(new(item_code=None, item="Dirty wall"), [LAMP]) == []


def test_far_and_old_are_left_out_but_unsure_places_reach_farther():
    assert likely_duplicates(new(x=REACH_M + 1), [LAMP]) == []
    assert likely_duplicates(new(at=NOON + SPAN + timedelta(hours=1)), [LAMP]) == []
    assert likely_duplicates(new(x=120.0, accuracy_m=100.0), [LAMP])
    # a place that is unsure by kilometres is near everything: it proves nothing
    assert likely_duplicates(new(x=3 * REACH_M, accuracy_m=5000.0), [LAMP]) == []


def test_itself_is_not_its_duplicate():
    assert likely_duplicates(LAMP, [LAMP]) == []


def test_best_first_and_no_more_than_asked():
    crowd = [replace(LAMP, no=str(k), x=float(k)) for k in range(20)]
    found = likely_duplicates(new(), crowd, most=3)
    assert [each.no for each in found] == ["0", "1", "2"]


@pytest.mark.parametrize(("one", "other", "share"), [("", "x", 0.0), ("a", "a", 1.0), ("ab", "abc", 1.0)])
def test_common_share_of_short_texts(one, other, share):
    assert common_share(one, other) == share


_numbers = st.floats(-500, 500, allow_nan=False)
_sightings = st.builds(
    Sighting,
    no=st.text("abc", min_size=1, max_size=2),
    x=_numbers,
    y=_numbers,
    at=st.integers(-2000, 2000).map(lambda hours: NOON + timedelta(hours=hours)),
    item=st.sampled_from(["lamp", "lamp out", "路灯", "路灯不亮", "树倒"]),
    item_code=st.sampled_from([None, "1", "2"]),
    accuracy_m=st.floats(0, 200),
)


@settings(max_examples=60)
@given(_sightings, st.lists(_sightings, max_size=8), _numbers, st.integers(-50, 50))
def test_scores_do_not_depend_on_order_shift_or_date(report, earlier, shift, days):
    found = likely_duplicates(report, earlier, most=99)
    assert all(LEAST_SCORE <= each.score <= 1 for each in found)
    assert sorted(each.score for each in found) == [each.score for each in found][::-1]
    again = likely_duplicates(report, earlier[::-1], most=99)
    assert sorted(map(repr, again)) == sorted(map(repr, found))
    later = timedelta(days=days)
    moved = [replace(each, x=each.x + shift, at=each.at + later) for each in earlier]
    shifted = likely_duplicates(replace(report, x=report.x + shift, at=report.at + later), moved, most=99)
    assert [each.score for each in shifted] == pytest.approx([each.score for each in found], abs=2e-3)
