"""The start around fixed units: balance and shape as good as on free ground."""

from __future__ import annotations

import numpy as np
import pytest
from tilings import board, pieces_by_brute_force

from grid_partition import PartitionOptions, partition_units


def with_locked(side, grids, locked):
    """A board, its free partition, and some of the grids found as fixed labels."""
    demand = np.random.default_rng(0).integers(0, 9, side * side)
    free = partition_units(board(side, side), demand, grids=grids)
    kept = np.random.default_rng(1).choice(grids, locked, replace=False)
    return demand, free, np.where(np.isin(free.labels, kept), free.labels, -1)


@pytest.mark.parametrize("closed", [False, True])
def test_locked_grids_leave_the_rest_as_good_as_free(closed):
    demand, free, fixed = with_locked(90, 30, 4)
    options = PartitionOptions(fixed=fixed, closed=closed)
    result = partition_units(board(90, 90), demand, grids=30, seed=5, options=options)
    assert free.quality.share_within == result.quality.share_within == 1.0
    assert result.quality.compactness >= 0.9 * free.quality.compactness
    held = fixed >= 0
    assert np.array_equal(result.labels[held], fixed[held])
    assert pieces_by_brute_force(board(90, 90), result.labels) == 30


def test_single_fixed_units_leave_the_grids_as_good_as_free():
    demand = np.random.default_rng(0).integers(0, 9, 3600)
    fixed = np.full(3600, -1)
    fixed[np.random.default_rng(2).choice(3600, 10, replace=False)] = np.arange(10)
    result = partition_units(board(60, 60), demand, grids=20, options=PartitionOptions(fixed=fixed))
    assert result.quality.share_within == 1.0
    assert np.array_equal(result.labels[fixed >= 0], fixed[fixed >= 0])
    assert pieces_by_brute_force(board(60, 60), result.labels) == 20


def test_fixed_units_side_by_side_each_get_a_grid():
    fixed = np.full(900, -1)
    fixed[[435, 436, 465, 466]] = np.arange(4)
    result = partition_units(board(30, 30), np.ones(900), grids=9, options=PartitionOptions(fixed=fixed))
    assert result.labels[[435, 436, 465, 466]].tolist() == [0, 1, 2, 3]
    assert result.quality.share_within >= 7 / 9
    assert pieces_by_brute_force(board(30, 30), result.labels) == 9


def test_closed_wall_parts_ground_into_its_own_shares():
    fixed = np.full(600, -1)
    fixed[np.arange(600) % 30 == 9] = 0
    options = PartitionOptions(fixed=fixed, closed=True, band=(50, 65))
    result = partition_units(board(30, 20), np.ones(600), target=58, options=options)
    # 180 west of the wall, 400 east of it
    assert np.array_equal(result.labels == 0, fixed == 0)
    west = np.unique(result.labels[np.arange(600) % 30 < 9])
    assert len(west) == 3
    assert result.quality.share_within == 10 / 11  # the wall has 20
    assert len(result.demand) == 11
