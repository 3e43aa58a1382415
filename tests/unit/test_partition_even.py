"""What no partition can balance is left as even as can be: no grid is sacrificed for the figures of the others."""

from __future__ import annotations

import numpy as np
import pytest
from tilings import board, pieces_by_brute_force

from gis.errors import InvalidInputError
from grid_partition import PartitionOptions, partition_units
from grid_partition.allocate import fitting_count
from grid_partition.wanted import wanted_of


def spread(demand):
    return float(np.max(demand) - np.min(demand))


def test_a_fixed_grid_too_big_leaves_the_rest_even():
    fixed = np.full(400, -1)
    fixed[:200] = 0
    result = partition_units(board(20, 20), np.ones(400), grids=10, options=PartitionOptions(fixed=fixed))
    assert result.demand[0] == 200
    assert (result.labels[:200] == 0).all()
    others = result.demand[1:]
    assert others.sum() == 200
    assert others.min() >= 20
    assert others.max() <= 24.5
    assert pieces_by_brute_force(board(20, 20), result.labels) == 10


def test_a_unit_too_big_leaves_the_rest_even_for_a_number_of_grids_too():
    demand = np.ones(400)
    demand[210] = 400.0
    result = partition_units(board(20, 20), demand, grids=8)
    others = np.sort(result.demand)[:-1]
    assert others.min() >= 51
    assert others.max() <= 63


def test_parts_are_balanced_apart():
    geometry = np.r_[board(10, 10), board(10, 10, origin=(100, 100))]
    result = partition_units(geometry, np.ones(200), grids=5)
    west = np.unique(result.labels[:100])
    assert sorted(len(np.unique(half)) for half in (result.labels[:100], result.labels[100:])) == [2, 3]
    for mine in (west, np.setdiff1d(np.arange(5), west)):
        assert spread(result.demand[mine]) <= 2


def test_islets_count_where_they_are_joined():
    # the islet lies off the second island, though the first is bigger: it is the second that has room for two grids
    geometry = np.r_[board(10, 2), board(9, 2, origin=(1000, 0)), board(2, 4, origin=(1200, 0))]
    result = partition_units(geometry, np.ones(46), target=13)
    assert len(np.unique(result.labels[:20])) == 2
    assert spread(result.demand[np.unique(result.labels[20:])]) <= 2


@pytest.mark.parametrize(
    ("demand", "target", "band", "count"),
    [
        (470, 300, (240, 480), 1),
        (470, 300, (240, 360), 2),
        (750, 300, (100, 360), 3),
        (90, 300, (240, 360), 1),
        (470, 300, (10, 20), 2),
    ],
)
def test_the_number_of_grids_fits_the_band_where_one_does(demand, target, band, count):
    assert fitting_count(demand, target, band) == count


def test_a_band_about_no_target_takes_the_number_that_fits():
    result = partition_units(board(10, 10), np.full(100, 4.7), target=300, options=PartitionOptions(band=(240, 480)))
    assert result.demand == pytest.approx([470])
    assert result.infeasible == []


@pytest.mark.parametrize("grids", [2, 3, 5, 9])
def test_grids_are_shared_out_with_the_least_squares(grids):
    rng = np.random.default_rng(grids)
    size = rng.integers(2, 12, 2)
    geometry = np.r_[board(int(size[0]), 4), board(int(size[1]), 4, origin=(1000, 0))]
    within = np.repeat([0, 1], size * 4)
    result = partition_units(geometry, np.ones(len(geometry)), grids=grids, within=within)
    mean, of_parent = len(geometry) / grids, np.bincount(result.parent_of_grid)

    def squares(first):
        return sum(k * (load / k - mean) ** 2 for k, load in zip((first, grids - first), size * 4, strict=True))

    assert squares(of_parent[0]) == pytest.approx(min(squares(first) for first in range(1, grids)))


def test_what_a_grid_should_have_leaves_full_ones_aside():
    load, free = np.r_[500.0, np.full(50, 10.0)], np.full(51, -1)
    found = wanted_of(load, free, 5, limits=(180.0, 220.0), tolerance=0.1, closed=False)
    assert (found.mean, found.full, found.shut) == (125.0, 1, 0)
    assert (found.low, found.high) == pytest.approx((115.0, 135.0))  # a unit wide
    # where the limits hold the mean of the others, they stay
    kept = wanted_of(load, free, 5, limits=(100.0, 130.0), tolerance=0.1, closed=False)
    assert (kept.mean, kept.low, kept.high) == (125.0, 100.0, 130.0)


def test_wild_demand_is_cut_evenly_beside_its_giants():
    demand = np.ones(900)
    demand[[0, 899]] = 1e12
    result = partition_units(board(30, 30), demand, grids=9)
    others = np.sort(result.demand)[:-2]
    assert others.min() >= 0.85 * others.mean()
    assert others.max() <= 1.15 * others.mean()


def test_closed_units_that_leave_nothing_are_refused_in_words():
    options = PartitionOptions(fixed=np.zeros(4, dtype=int), closed=True)
    with pytest.raises(InvalidInputError, match="no room"):
        partition_units(board(4, 1), np.ones(4), grids=2, options=options)
