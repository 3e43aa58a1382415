"""Proofs state only what is true, and give up rather than guess."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tilings import board

from gis.adjacency import rook_adjacency
from grid_partition.problem import PartProblem, csr
from grid_partition.proofs import Effort, joined_ends, missed_sums, neighbours_of, reachable_sums


def problem_of(geometry, demand):
    n, pairs = len(geometry), rook_adjacency(geometry)
    atom = np.column_stack([shapely.length(geometry), shapely.area(geometry), demand, np.ones(n)])
    none = np.full(n, -1)
    return PartProblem(
        *csr(n, pairs.first, pairs.second, pairs.length), atom, 2, 1.0, 0.9, 1.1, none, none, 0.0, seed=0
    )


@given(
    load=st.lists(st.integers(0, 40), min_size=1, max_size=9),
    low=st.integers(1, 90),
    width=st.integers(0, 20),
    scale=st.sampled_from([1.0, 0.1, 0.01]),
)
def test_sums_are_those_of_all_subsets(load, low, width, scale):
    every = {sum(some) for size in range(1, len(load) + 1) for some in combinations(load, size)} - {0}
    found = missed_sums(np.array(load) * scale, low * scale, (low + width) * scale, Effort())
    if any(low <= each <= low + width for each in every) or not every:
        assert found is None
    else:
        below, above = {each for each in every if each < low}, {each for each in every if each > low + width}
        wanted = [*([max(below)] if below else []), *([min(above)] if above else [])]
        assert found == pytest.approx([each * scale for each in wanted])


@pytest.mark.parametrize(
    ("load", "band", "effort"),
    [
        ([np.pi, np.e], (4, 5), Effort()),
        ([30, 30], (0, 20), Effort()),
        ([30, 30], (40, 50), Effort(bits=10)),
        ([30, 30], (40e6, 50e6), Effort()),
    ],
)
def test_nothing_is_proven_of_what_cannot_be_counted(load, band, effort):
    assert missed_sums(np.array(load, dtype=float), *band, effort) is None


def test_ends_join_from_both_sides_of_the_root():
    # a row: three at each end hang on the fourth, which is the one with a grid's worth
    problem = problem_of(board(9, 1), np.array([1.0, 1, 1, 9, 9, 9, 1, 1, 1]))
    assert joined_ends(problem, 4.0).tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 2]
    # the heaviest unit, where the search begins, hangs on a neck itself
    problem = problem_of(board(5, 1), np.array([3.0, 2, 2, 2, 2]))
    assert joined_ends(problem, 4.0).tolist() == [0, 0, 1, 2, 2]


def test_a_ring_has_no_ends():
    ring = board(5, 5)[[i for i in range(25) if i not in (6, 7, 8, 11, 12, 13, 16, 17, 18)]]
    assert len(np.unique(joined_ends(problem_of(ring, np.ones(16)), 9.0))) == 16


def test_necks_are_tried_across_ground_without_demand():
    problem = problem_of(board(5, 1), np.array([20.0, 0, 0, 90, 15]))
    around = neighbours_of(problem, np.arange(5))
    assert around.beside[0] == {3}
    assert reachable_sums(around, 0, (50, 100), Effort()) == (20.0, 110.0)
    assert reachable_sums(around, 0, (105, 115), Effort()) is None
    assert reachable_sums(around, 0, (50, 100), Effort(sets=1)) is None
    # alone it is too little, and all there is is too little, too
    assert reachable_sums(around, 0, (500, 600), Effort()) == (125.0,)


def test_necks_beside_wide_empty_ground_are_left_open():
    plain = shapely.box(0, 0, 700, 10)
    geometry = np.r_[[plain], board(70, 1, origin=(0, 10))[::2], board(70, 1, origin=(0, -10))[::2]]
    around = neighbours_of(problem_of(geometry, np.r_[0.0, np.ones(70)]), np.arange(71))
    assert reachable_sums(around, 1, (100, 200), Effort()) is None
