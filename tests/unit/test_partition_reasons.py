"""Nothing outside the tolerance or the band is silent: each such grid has a reason, and each reason is true."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tilings import board, voronoi

from gis.adjacency import components, rook_adjacency
from grid_partition import PartitionOptions, partition_units


def of_kind(result, kind):
    return [misfit for misfit in result.misfits if misfit.kind == kind]


def outside(result, options):
    """Grids outside the band, or the tolerance about their parent's mean."""
    if options.band is not None:
        low, high = options.band
        return np.flatnonzero((result.demand < low * (1 - 1e-9)) | (result.demand > high * (1 + 1e-9)))
    return np.flatnonzero(np.abs(result.deviation) > options.tolerance + 1e-9)


def comb(teeth, length, *, whole):
    """A spine without demand, and teeth of ``length`` on it: one unit each, or cut into squares."""
    spine = board(2 * teeth - 1, 1)
    if whole:
        hung = [shapely.box(20.0 * t, 10, 20.0 * t + 10, 10 + 10.0 * length) for t in range(teeth)]
        return np.r_[spine, np.array(hung)], np.r_[np.zeros(len(spine)), np.full(teeth, float(length))]
    hung = np.concatenate([board(1, length, origin=(20.0 * t, 10)) for t in range(teeth)])
    return np.r_[spine, hung], np.r_[np.zeros(len(spine)), np.ones(len(hung))]


@pytest.mark.parametrize("options", [PartitionOptions(), PartitionOptions(band=(72, 88))])
def test_whole_units_that_no_sum_fits_are_told(options):
    geometry, demand = comb(50, 30, whole=True)
    result = partition_units(geometry, demand, target=80, options=options)
    assert result.quality.share_within == 0.0
    (told,) = result.misfits
    assert told.kind == "whole units"
    assert told.grids == tuple(range(len(result.demand)))
    assert told.sums == (60.0, 90.0)
    assert told.text == f"units of 30: sums 60 or 90, none in {told.low:.3g}–{told.high:.3g}"
    assert result.infeasible == []


def test_teeth_that_cannot_be_cut_off_count_as_whole():
    geometry, demand = comb(20, 30, whole=False)
    result = partition_units(geometry, demand, target=80, options=PartitionOptions(band=(72, 88)))
    (told,) = result.misfits
    assert (told.kind, told.sums) == ("whole units", (60.0, 90.0))
    # from either end of the spine on, two teeth are too few to be cut off
    assert told.text == "ends that hang on one unit, of 30 to 90: sums 60 or 90, none in 72–88"


def test_a_unit_that_reaches_too_little_or_too_much_is_told():
    # 20 with a neighbour of 90 beside it, at the end of an even row
    geometry, demand = board(12, 1), np.r_[20.0, 90.0, np.full(10, 10.0)]
    result = partition_units(geometry, demand, grids=2, options=PartitionOptions(band=(100, 109)))
    (told,) = of_kind(result, "neck")
    # the end of the row can't be cut off: it is too small for a grid
    assert told.sums == (110.0,)
    assert told.text == "units at a neck: 110, none in 100–109"


def test_no_count_fits_is_told_with_both_counts():
    result = partition_units(board(5, 2), np.full(10, 43.0), target=300)
    (told,) = result.misfits
    assert (told.kind, told.parent, told.counts) == ("count", 0, ((1, 430.0), (2, 215.0)))
    assert told.text == "k=1: 430, k=2: 215"
    assert told.grids == (0, 1)


def test_parts_are_told_apart_and_nothing_inside_the_band_is_infeasible():
    geometry = np.r_[board(7, 1), board(8, 10, origin=(1000, 0))]
    for target in range(12, 60):
        result = partition_units(geometry, np.ones(87), target=target)
        for parent, k, each in result.infeasible:
            assert parent == 0
            assert not 0.9 * target <= each <= 1.1 * target, (target, k, each)


def test_a_part_that_no_count_fits_is_told_though_the_parent_as_a_whole_does():
    geometry = np.r_[board(10, 10), board(10, 10, origin=(1000, 0))]
    result = partition_units(geometry, np.ones(200), grids=5)
    told = of_kind(result, "count")
    assert [one.counts for one in told] == [((2, 50.0), (3, 100 / 3))] * 2
    assert sorted(len(one.grids) for one in told) == [2, 3]
    assert result.infeasible == [(0, 2, 50.0), (0, 3, 100 / 3)]
    assert result.quality.share_within == 0.0


def test_units_and_fixed_grids_beyond_the_band_are_told():
    demand = np.ones(400)
    demand[210] = 400.0
    (told,) = partition_units(board(20, 20), demand, grids=8).misfits
    assert told.kind == "unit"
    assert len(told.grids) == 8
    assert told.text.startswith("one unit alone has 400 (at most 110); the other 7 grids share 399: 57 each")
    fixed = np.full(400, -1)
    fixed[:200] = 0
    (told,) = partition_units(board(20, 20), np.ones(400), grids=10, options=PartitionOptions(fixed=fixed)).misfits
    assert told.kind == "fixed"
    assert told.text.startswith("fixed units alone have 200 (at most 44); the other 9 grids share 200: 22.2 each")


def test_closed_grids_outside_the_band_are_told():
    fixed = np.full(72, -1)
    kept = (np.arange(72) % 12 < 3) & (np.arange(72) // 12 < 4)
    fixed[kept] = 0
    options = PartitionOptions(fixed=fixed, closed=True)
    result = partition_units(board(12, 6), np.ones(72), target=20, options=options)
    told = {grid for misfit in of_kind(result, "fixed") for grid in misfit.grids}
    assert int(result.labels[0]) in told
    assert set(outside(result, options)) <= {grid for misfit in result.misfits for grid in misfit.grids}


def test_a_joined_islet_that_overfills_its_grid_is_told():
    geometry = np.r_[board(2, 1), board(4, 1, origin=(1000, 0))]
    result = partition_units(geometry, [10, 10, 1, 1, 1, 1], target=10)
    (told,) = result.misfits
    assert (told.kind, told.grids) == ("exclave", (0, 1))
    assert told.text == "an exclave of 4 joined: 14 (10.8–13.2); the other grid has 10"


def test_what_the_search_left_is_told_honestly():
    rng = np.random.default_rng(5)
    geometry = voronoi(40, rng)
    demand = rng.integers(5, 60, len(geometry)).astype(float)
    options = PartitionOptions(tolerance=0.001)
    result = partition_units(geometry, demand, grids=7, options=options)
    (told,) = of_kind(result, "search")
    assert told.text.startswith(f"the search left {len(told.grids)} grid")
    assert told.text.endswith("best found")


def test_nobody_and_everything_within_have_no_reasons():
    assert partition_units(board(6, 6), np.zeros(36), grids=4).misfits == []
    assert partition_units(board(6, 6), np.ones(36), grids=4).misfits == []


def in_band(geometry, demand, low, high):
    """Whether some division puts every grid into the band: by trying all unions of connected sets."""
    n, pairs = len(demand), rook_adjacency(geometry)
    sets = []
    for size in range(1, n + 1):
        for members in combinations(range(n), size):
            mine = np.zeros(n, dtype=bool)
            mine[list(members)] = True
            use = mine[pairs.first] & mine[pairs.second]
            place = np.cumsum(mine) - 1
            if low <= demand[mine].sum() <= high and (
                components(size, place[pairs.first[use]], place[pairs.second[use]]).max() == 0
            ):
                sets.append(sum(1 << v for v in members))
    reached, front, whole = {0}, [0], (1 << n) - 1
    while front:
        taken = front.pop()
        free = next((v for v in range(n) if not taken >> v & 1), None)
        for each in sets if free is not None else ():
            if each >> free & 1 and not each & taken and taken | each not in reached:
                reached.add(taken | each)
                front.append(taken | each)
    return whole in reached


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(4, 9), k=st.integers(2, 3), tolerance=st.sampled_from([0.02, 0.1]))
def test_proven_reasons_are_true(seed, n, k, tolerance):
    rng = np.random.default_rng(seed)
    cells = {(0, 0)}
    while len(cells) < n:  # a straggling ground: most of it hangs on necks
        x, y = sorted(cells)[rng.integers(len(cells))]
        cells.add([(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)][rng.integers(4)])
    x, y = 10.0 * np.array(sorted(cells), dtype=float).T
    geometry, demand = shapely.box(x, y, x + 10, y + 10), rng.integers(0, 7, n).astype(float)
    result = partition_units(geometry, demand, grids=k, seed=seed, options=PartitionOptions(tolerance=tolerance))
    for misfit in result.misfits:
        if misfit.kind in ("whole units", "neck", "unit"):
            assert not in_band(geometry, demand, misfit.low * (1 - 1e-9), misfit.high * (1 + 1e-9)), misfit


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_grid_outside_is_silent(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    size = data.draw(st.sampled_from([(12, 6), (30, 1), (7, 7)]))
    geometry = np.r_[board(*size), board(3, 2, origin=(1000, 0)), board(1, 2, origin=(2000, 50))]
    n = len(geometry)
    demand = rng.choice([rng.integers(0, 6, n), np.round(10 ** rng.uniform(-1, 3, n), 2)]).astype(float)
    within = rng.integers(0, 2, n) if data.draw(st.booleans()) else np.zeros(n, dtype=int)
    low = float(rng.integers(1, 40))
    band = (low, low + float(rng.integers(1, 40))) if data.draw(st.booleans()) else None
    fixed = np.full(n, -1)
    if data.draw(st.booleans()):
        fixed[0] = 0
    options = PartitionOptions(band=band, tolerance=float(rng.choice([0.01, 0.1, 0.3])), fixed=fixed)
    if data.draw(st.booleans()):
        asked = {"grids": int(rng.integers(2, 9))}
    else:
        asked = {"target": float(rng.uniform(0.05, 0.6) * demand.sum() + 1.0)}
    result = partition_units(geometry, demand, within=within, seed=1, options=options, **asked)
    told = {grid for misfit in result.misfits for grid in misfit.grids}
    assert set(outside(result, options).tolist()) <= told
    for misfit in result.misfits:
        assert misfit.text
        assert misfit.grids
        assert {int(result.parent_of_grid[grid]) for grid in misfit.grids} == {misfit.parent}
