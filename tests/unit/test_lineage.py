"""lineage: shares of ground and households, the names of what happened, totals carried over."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tilings import board, voronoi

from gis.errors import InvalidInputError
from gis.overlay import dissolve
from grid_partition.lineage import lineage, restate


def tiling(cells, count, rng):
    """Dissolve cells into about `count` unions with every label used."""
    labels = rng.integers(0, count, len(cells))
    labels = np.unique(labels, return_inverse=True)[1]
    return dissolve(cells, labels, int(labels.max()) + 1), labels


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), n=st.integers(4, 40), before=st.integers(1, 8), after=st.integers(1, 8))
def test_shares_add_up_and_no_household_is_lost(seed, n, before, after):
    rng = np.random.default_rng(seed)
    cells = voronoi(n, rng)
    old, _ = tiling(cells, before, rng)
    new, _ = tiling(cells, after, rng)
    points = shapely.points(rng.uniform(0, 1000, (60, 2)))
    weight = rng.integers(1, 9, 60)
    found = lineage(old, new, same=np.full(len(old), -1), points=points, weight=weight)
    for row in range(len(old)):
        mine = found.source == row
        assert found.area_share[mine].sum() + found.lost_share[row] == pytest.approx(1.0, abs=1e-12)
        assert found.household_share[mine].sum() + found.lost_household_share[row] == pytest.approx(1.0, abs=1e-12)
    assert found.households.sum() + found.lost_households.sum() == weight.sum()
    assert found.area.sum() == pytest.approx(shapely.area(old).sum(), rel=1e-9)
    values, lost = restate(found, np.arange(len(old)), len(new))
    assert values.sum() + lost == pytest.approx(np.arange(len(old)).sum())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 100_000), n=st.integers(2, 30))
def test_the_same_tiling_is_kept_whole(seed, n):
    cells = voronoi(n, np.random.default_rng(seed))
    found = lineage(cells, cells, same=np.arange(len(cells)))
    assert (found.source == found.target).all()
    assert set(found.kind.tolist()) == {"keep"}
    assert found.area_share.tolist() == [1.0] * len(cells)


def test_each_kind_has_its_name():
    squares = board(6, 1)
    #      0 stays, 1 is renamed, 2 gets a number, 3 + 4 merge, 5 is split
    new = [squares[0], squares[1], squares[2], shapely.union(squares[3], squares[4]),
           shapely.box(50, 0, 55, 10), shapely.box(55, 0, 60, 10)]  # fmt: skip
    found = lineage(squares, new, same=[0, 1, -1, -1, -1, -1], renamed=[False, True, False, False, False, False])
    assert list(zip(found.source.tolist(), found.target.tolist(), found.kind.tolist(), strict=True)) == [
        (0, 0, "keep"), (1, 1, "rename"), (2, 2, "renumber"), (3, 3, "merge"), (4, 3, "merge"), (5, 4, "split"),
        (5, 5, "split"),
    ]  # fmt: skip


def test_ground_between_two_that_go_on_is_a_transfer():
    old, new = board(2, 1), [shapely.box(0, 0, 6, 10), shapely.box(6, 0, 20, 10)]
    found = lineage(old, new, same=[0, 1], points=shapely.points([[8, 5], [2, 5]]), weight=[7, 3])
    assert found.kind.tolist() == ["keep", "transfer", "keep"]
    assert found.household_share.tolist() == [0.3, 0.7, 1.0]
    assert found.area.tolist() == [60.0, 40.0, 100.0]


def test_a_rounded_border_moves_nothing():
    old, new = board(2, 1), [shapely.box(0, 0, 10.01, 10), shapely.box(10.01, 0, 20, 10)]
    found = lineage(old, new, same=[0, 1], points=shapely.points([[10.005, 5]]))
    assert found.kind.tolist() == ["keep", "keep"]
    assert found.households.sum() == 1
    assert found.lost_area.tolist() == [0.0, 0.0]


def test_lost_ground_is_told():
    found = lineage(board(2, 1), board(1, 1), same=[0, -1], points=shapely.points([[15, 5], [99, 99]]), weight=[4, 5])
    assert found.lost_share.tolist() == [0.0, 1.0]
    assert found.lost_households.tolist() == [0.0, 4.0]
    values, lost = restate(found, [1, 10], 1, by="area")
    assert (values.tolist(), lost) == ([1.0], 10.0)


def test_nothing_gives_nothing():
    found = lineage([], board(1, 1), same=[], points=shapely.points([[5, 5]]))
    assert len(found.source) == 0
    assert lineage(board(1, 1), [], same=[-1], points=shapely.points([[5, 5]])).lost_households.tolist() == [1.0]


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInputError, match="one row"):
        lineage(board(2, 1), board(2, 1), same=[0])
    with pytest.raises(InvalidInputError, match="totals"):
        restate(lineage(board(2, 1), board(2, 1), same=[0, 1]), [1], 2)
