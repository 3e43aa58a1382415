"""Walks of many groups in one search each: the same as asked one by one."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.network import build_street_graph, walking_distances
from grid_partition.walks import walks_in_groups

pytestmark = pytest.mark.kernel


def streets(rng, side=9):
    node = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) * 60.0 + rng.normal(0, 6, (side, side, 2))
    ends = np.r_[
        np.stack([node[:, :-1], node[:, 1:]], axis=2).reshape(-1, 2, 2),
        np.stack([node[:-1], node[1:]], axis=2).reshape(-1, 2, 2),
    ]
    return build_street_graph(shapely.linestrings(ends[rng.random(len(ends)) < 0.8].round(2)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.floats(50, 900))
def test_walks_of_groups_are_those_of_single_searches(seed, limit):
    rng = np.random.default_rng(seed)
    graph = streets(rng)
    origins, targets = rng.uniform(-20, 500, (6, 2)), rng.uniform(-20, 500, (60, 2))
    group = rng.integers(0, 6, 60)
    found = walks_in_groups(graph, origins, targets, group, np.full(6, limit))
    expected = np.array(
        [walking_distances(graph, origins[[g]], [xy], limit=limit)[0, 0] for g, xy in zip(group, targets, strict=True)]
    )
    # a limit that is just reached may fall to either side
    sure = np.abs(np.where(np.isfinite(expected), expected, 0.0) - limit) > 1e-6
    assert found[sure] == pytest.approx(expected[sure])


def test_nobody_and_nowhere_have_no_walks():
    graph = streets(np.random.default_rng(1))
    assert walks_in_groups(graph, np.empty((0, 2)), np.empty((0, 2)), [], []).tolist() == []
    empty = build_street_graph([])
    assert walks_in_groups(empty, [[0, 0]], [[1, 1]], [0], [100.0]).tolist() == [np.inf]
