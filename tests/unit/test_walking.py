"""How far a head walks, by hand."""

import numpy as np
import pytest

from grid_partition.walking import DETOUR, PACE, walk_metres, walking_minutes


def test_walks_are_measured_from_the_middle_of_the_households():
    places = [[0, 0], [100, 0], [0, 500], [7, 7]]
    mean, farthest = walk_metres(places, [3, 1, 0, 5], np.array([0, 0, 0, 1]), 3)
    # the middle lies at 25 m: three households walk 25 m, one 75 m; the empty door counts for nothing
    assert mean.tolist() == pytest.approx([37.5, 0.0, 0.0])
    assert farthest.tolist() == pytest.approx([75.0, 0.0, 0.0])


def test_minutes_follow_the_pace_and_the_detour():
    assert walking_minutes([0.0, PACE / DETOUR]).tolist() == pytest.approx([0.0, 1.0])
