"""Bulk location and placeholders: pure."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.bulk_locate import rows_holding
from gis.placeholders import placeholder_rows, swapped_rows

BOX = (-76.71, 39.19, -76.52, 39.38)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-1, 6), st.floats(-1, 6)), max_size=30), st.randoms(use_true_random=False))
def test_each_point_gets_the_first_square_that_holds_it_in_any_order(points, random):
    corners = [(x, y) for x in range(5) for y in range(5)]
    squares = np.array([shapely.box(x, y, x + 1, y + 1) for x, y in corners])
    xy = np.array(points, dtype=float).reshape(-1, 2)
    found = rows_holding(squares, xy)
    expected = [
        next((k for k, square in enumerate(squares) if square.intersects(shapely.Point(point))), -1) for point in points
    ]
    assert found.tolist() == expected
    order = list(range(len(points)))
    random.shuffle(order)
    assert rows_holding(squares, xy[order]).tolist() == [expected[k] for k in order]


def test_nothing_in_nothing():
    assert rows_holding(np.array([], dtype=object), np.array([[1.0, 1.0]])).tolist() == [-1]
    assert rows_holding(np.array([shapely.box(0, 0, 1, 1)]), np.empty((0, 2))).tolist() == []


def test_placeholders_are_told_from_places():
    rows = np.array([[0, 0], [-77, 39], [np.nan, 39.3], [-76.6, 39.3], [-70.1, 41.2]] + [[-75.123456, 40.1]] * 30)
    found = placeholder_rows(rows, BOX)
    assert found[:5].tolist() == [True, True, False, False, False]
    assert found[5:].all(), "thirty reports can't lie on one spot in another state"


def test_many_reports_at_one_spot_in_town_are_a_hot_spot():
    assert not placeholder_rows(np.tile([-76.6, 39.3], (500, 1)), BOX).any()
    assert not placeholder_rows(np.array([[8.0, 47.0]]), (7.0, 46.0, 9.0, 48.0)).any()


def test_swapped_rows_lie_in_town_when_turned_round():
    assert swapped_rows(np.array([[39.3, -76.6], [-76.6, 39.3], [10, 10], [np.nan, 1]]), BOX).tolist() == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_spot_beside_nothing_is_nothing():
    rows = np.array([[0.00001, 0.00001], [-0.0049, 0.0099], [0.00001, 39.3], [0.02, 0.0]])
    assert placeholder_rows(rows, BOX).tolist() == [True, True, False, False]
