"""Cutting areas in two and moving ground between them: nothing is lost, nothing lies in two."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_partition.area_cuts import AreasApartError, cut_in_two, joined, moved_ground, place_in
from grid_partition.edits import InvalidLineError, LineCutsTooOftenError, LineMissesError, NothingChangesError

WEST, EAST = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 180, 100)
FAR = shapely.box(500, 0, 600, 100)
#: A hundredth of a millimetre of width along a border a kilometre long.
CLOSE = 0.01
bounded = st.floats(min_value=-20, max_value=120, allow_nan=False)


def line(*points):
    return shapely.LineString(points)


def exact(whole, *parts):
    """Parts cover the whole, and share no ground."""
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(parts), whole)) < CLOSE * 10
    for at, part in enumerate(parts):
        assert part.is_valid
        assert not part.is_empty
        for other in parts[at + 1 :]:
            assert shapely.area(shapely.intersection(part, other)) == 0.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(bounded, bounded), min_size=2, max_size=5))
def test_a_cut_gives_two_parts_that_are_the_whole(points):
    try:
        larger, smaller = cut_in_two(WEST, line(*points))
    except (InvalidLineError, LineMissesError, LineCutsTooOftenError):
        return
    assert larger.area >= smaller.area - CLOSE * 300
    exact(WEST, larger, smaller)
    assert shapely.get_num_geometries(smaller) == 1


@settings(max_examples=200, deadline=None)
@given(st.tuples(bounded, bounded), st.floats(1, 90), st.floats(1, 90))
def test_moved_ground_leaves_the_sum_as_it_was(corner, wide, high):
    x, y = corner
    ground = shapely.box(x, y, x + wide, y + high)
    try:
        giver, taker = moved_ground(WEST, EAST, ground)
    except (AreasApartError, NothingChangesError):
        return
    exact(shapely.union(WEST, EAST), giver, taker)
    assert taker.area > EAST.area


def test_a_border_hands_over_what_lies_beside_the_taker():
    giver, taker = moved_ground(WEST, EAST, line((70, -5), (70, 105)))
    assert (giver.bounds, taker.bounds) == ((0, 0, 70, 100), (70, 0, 180, 100))
    giver, taker = moved_ground(WEST, EAST, line((20, -5), (20, 105)))
    assert (giver.area, taker.area) == (2000, 16000)


def test_an_exclave_stays_with_the_larger_part():
    whole = shapely.MultiPolygon([WEST, FAR])
    larger, smaller = cut_in_two(whole, line((30, -5), (30, 105)))
    assert smaller.area == pytest.approx(3000)
    assert shapely.covers(larger, FAR)


def test_joined_areas_lie_side_by_side():
    assert joined(np.array([WEST, EAST], dtype=object)).area == 18000
    with pytest.raises(AreasApartError) as refused:
        joined(np.array([WEST, EAST, FAR], dtype=object))
    assert FAR.contains(place_in(refused.value))
    corner = shapely.box(100, 100, 150, 150)
    with pytest.raises(AreasApartError):
        joined(np.array([WEST, corner], dtype=object))


@pytest.mark.parametrize(
    ("drawn", "error"),
    [
        (line((300, 0), (400, 0)), LineMissesError),
        (line((-5, 20), (105, 20), (105, 60), (-5, 60)), LineCutsTooOftenError),
        (line((0, 0), (50, 50), (50, 0), (0, 50)), InvalidLineError),
        (shapely.box(200, 0, 210, 10), NothingChangesError),
        (shapely.box(-1, -1, 101, 101), NothingChangesError),
        (shapely.box(10, 10, 20, 20), AreasApartError),
    ],
)
def test_what_moves_nothing_is_refused_with_its_place(drawn, error):
    with pytest.raises(error) as refused:
        moved_ground(WEST, EAST, drawn)
    assert place_in(refused.value) is not None


def test_a_refusal_without_a_place_has_none():
    assert place_in(InvalidInputError("no")) is None
