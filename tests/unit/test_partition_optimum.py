"""Tiny grounds, cut in every possible way: the division found is the best one, by the engine's own price."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import shapely

from gis.adjacency import components, rook_adjacency
from grid_partition import PartitionOptions, partition_units


def ground(rng, n):
    """Return ``n`` neighbouring rectangles of an uneven board, one connected piece."""
    xs, ys = (np.r_[0.0, np.cumsum(rng.integers(5, 15, 4))] for _ in range(2))
    cells = [(0, 0)]
    while len(cells) < n:
        i, j = cells[rng.integers(len(cells))]
        step = [(1, 0), (-1, 0), (0, 1), (0, -1)][rng.integers(4)]
        new = (i + step[0], j + step[1])
        if new not in cells and 0 <= new[0] < 4 and 0 <= new[1] < 4:
            cells.append(new)
    at = np.array(cells)
    return shapely.box(xs[at[:, 0]], ys[at[:, 1]], xs[at[:, 0] + 1], ys[at[:, 1] + 1])


def price(geometry, demand, labels, k, barriers):
    """Price a division afresh: shape, balance and the band, as a coarse ground is judged; none if a grid is torn."""
    pairs = rook_adjacency(geometry)
    same = labels[pairs.first] == labels[pairs.second]
    if components(len(labels), pairs.first[same], pairs.second[same]).max() + 1 != k:
        return np.inf
    strict = 1.0 + min(4.0 * k / len(labels), 1.0)
    mean = demand.sum() / k
    total = 0.0
    for r in range(k):
        whole = shapely.union_all(geometry[labels == r])
        around = shapely.boundary(whole)
        on = shapely.length(shapely.intersection(around, barriers)) if barriers is not None else 0.0
        outer = shapely.boundary(shapely.union_all(geometry))
        if barriers is not None:
            on = shapely.length(shapely.intersection(around, shapely.union(barriers, outer)))
        paid = shapely.length(around) - 0.7 * on
        off = (demand[labels == r].sum() - mean) / mean
        total += paid**2 / (4 * np.pi * whole.area) + strict * off**2
        if abs(off) > 0.1 + 1e-12:
            total += strict + 5.0 * strict * (abs(off) - 0.1)
    return total


def best(geometry, demand, k, barriers):
    """Try every labelling in which each grid is named when it is first met."""
    found = np.inf
    for rest in product(range(k), repeat=len(geometry) - 1):
        labels = np.array((0, *rest))
        if len(set(labels.tolist())) == k and all(np.diff(np.unique(labels, return_index=True)[1]) > 0):
            found = min(found, price(geometry, demand, labels, k, barriers))
    return found


def _excess(seed, n, k, *, weighted, fenced):
    """Return how much dearer the division found is than the best one, as a share."""
    rng = np.random.default_rng(seed)
    geometry = ground(rng, n)
    demand = rng.integers(1, 9, n).astype(float) if weighted else np.ones(n)
    barriers = shapely.boundary(geometry[int(rng.integers(n))]) if fenced else None
    options = PartitionOptions(barriers=None if barriers is None else [barriers])
    found = partition_units(geometry, demand, grids=k, seed=1, options=options)
    return price(geometry, demand, found.labels, k, barriers) / best(geometry, demand, k, barriers) - 1.0


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fenced", [False, True])
def test_tiny_ground_is_cut_in_the_best_way(weighted, fenced):
    cases = [(6, 2), (7, 2), (8, 2), (6, 3), (7, 3)]
    excess = [_excess(seed, *case, weighted=weighted, fenced=fenced) for seed, case in enumerate(cases)]
    assert max(excess) <= 0.02


def test_ten_units_are_cut_in_the_best_way_but_for_rare_ground():
    excess = [_excess(seed, 10, 2, weighted=True, fenced=True) for seed in range(10, 20)]
    # one best division has no other near it from which single moves could find it
    assert sum(each <= 0.02 for each in excess) >= 9
