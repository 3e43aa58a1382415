"""Service areas: households within a walk, by area, checked against walks one by one."""

import numpy as np
import pytest
import shapely

from gis.errors import InvalidInputError
from gis.network import build_street_graph, walking_distances
from grid_coverage import reach_by_area
from grid_coverage.service_area import weighted_median

LINES = [shapely.LineString([(0, 0), (1000, 0)]), shapely.LineString([(500, 0), (500, 800)])]


def test_counts_are_those_of_walks_one_by_one() -> None:
    rng = np.random.default_rng(3)
    graph = build_street_graph(LINES)
    posts, doors = rng.uniform(0, 900, (4, 2)), rng.uniform(0, 900, (60, 2))
    load, area, home = rng.integers(1, 9, 60), rng.integers(-1, 3, 60), np.array([0, 2, 2, -1])
    found = reach_by_area(graph, posts, doors, load, area_of_post=home, area_of_door=area, areas=3, minutes=8, pace=75)
    walk = walking_distances(graph, posts, doors).min(axis=0)
    np.testing.assert_allclose(found.minutes, walk / 75)
    for one in range(3):
        assert found.households[one] == load[area == one].sum()
        assert found.reached[one] == load[(area == one) & (walk <= 600)].sum()
    assert found.posts.tolist() == [1, 0, 2]


def test_no_post_reaches_nobody_and_odd_walks_are_refused() -> None:
    graph = build_street_graph(LINES)
    asked = {"area_of_post": [], "area_of_door": [0], "areas": 1}
    found = reach_by_area(graph, [], [[10, 0]], [5], minutes=5, pace=75, **asked)
    assert (found.reached.tolist(), np.isinf(found.minutes).all()) == ([0.0], True)
    for minutes, pace in ((0, 75), (5, float("nan")), (float("inf"), 75)):
        with pytest.raises(InvalidInputError, match="above 0"):
            reach_by_area(graph, [], [[10, 0]], [5], minutes=minutes, pace=pace, **asked)


def test_median_is_by_weight() -> None:
    assert weighted_median([5, 1, 9], [1, 1, 1]) == 5
    assert weighted_median([5, 1], [0, 3]) == 1
    assert weighted_median([5], [0]) is None
