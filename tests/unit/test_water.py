"""Water reaches: whole, of about equal length, cut at borders, and mapped to the ground they pass."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.errors import InvalidGeometryError, InvalidInputError
from grid_partition.water import partition_network, reach_shares
from grid_partition.water_trees import best_cuts

pytestmark = pytest.mark.kernel


def line(*xy):
    return shapely.LineString(xy)


def lattice(side, spacing, keep, rng):
    """Channels between the crossings of a jittered lattice."""
    node = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) * spacing
    node = np.round(node + rng.normal(0, spacing / 10, node.shape), 2)
    ends = np.r_[
        np.stack([node[:, :-1], node[:, 1:]], axis=2).reshape(-1, 2, 2),
        np.stack([node[:-1], node[1:]], axis=2).reshape(-1, 2, 2),
    ]
    return shapely.linestrings(ends[rng.random(len(ends)) < keep])


def pieces_of(geometry):
    """Count the connected pieces of lines by an independent rule."""
    parts = shapely.get_parts(geometry)
    i, j = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=0.001)
    return connected_components(coo_array((np.ones(len(i)), (i, j)), shape=(len(parts),) * 2))[0]


def test_long_channel_is_cut_evenly():
    found = partition_network([line((0, 0), (4200, 0))], target_length=1000)
    assert found.length.tolist() == pytest.approx([1050.0] * 4, abs=51)
    assert found.fits.all()
    assert found.feasible.all()
    assert not found.stub.any()


@pytest.mark.slow
def test_every_reach_is_one_piece_and_no_metre_is_lost():
    channels = lattice(15, 400.0, 0.85, np.random.default_rng(1))
    found = partition_network(channels, target_length=1000)
    assert [pieces_of(geometry) for geometry in found.geometry] == [1] * len(found.geometry)
    assert found.length.sum() == pytest.approx(shapely.length(shapely.union_all(channels)), rel=1e-6)
    assert shapely.length(found.geometry) == pytest.approx(found.length)
    assert found.fits[found.feasible].mean() >= 0.95


def test_reaches_end_at_borders():
    villages = [shapely.box(-10, -10, 1500, 10), shapely.box(1500, -10, 3010, 10)]
    found = partition_network([line((0, 0), (3000, 0))], target_length=1000, parents=villages)
    assert sorted(found.parent.tolist()) == [0, 0, 1, 1] or sorted(found.parent.tolist()) == [0, 1]
    shares = reach_shares(found, villages)
    assert len(shares.reach) == len(found.length)
    assert shares.share.tolist() == pytest.approx([1.0] * len(shares.reach))


@pytest.mark.parametrize(("name", "joined"), [("Long Canal", True), ("", False)])
def test_stub_joins_the_same_named_channel_across_the_border(name, joined):
    villages = [shapely.box(0, -10, 1000, 10), shapely.box(1000, -10, 3000, 10)]
    found = partition_network([line((0, 0), (1060, 0))], target_length=1000, parents=villages, names=[name])
    assert len(found.length) == (1 if joined else 2)
    assert found.stub.any() != joined
    shares = reach_shares(found, villages)
    assert shares.length.sum() == pytest.approx(1060.0)
    if joined:
        assert shares.share.tolist() == pytest.approx([1000 / 1060, 60 / 1060])
        assert found.parent.tolist() == [0]


def test_reach_ends_at_a_sluice_when_that_costs_nothing():
    sluice = shapely.Point(930, 3)
    found = partition_network([line((0, 0), (2000, 0))], target_length=1000, cut_points=[sluice])
    assert sorted(found.length.round().tolist()) == [930.0, 1070.0]


def ends_of(found):
    """Places where some reach ends or passes a meeting of channels."""
    xy = np.concatenate([shapely.get_coordinates(shapely.get_point(found.piece, at)) for at in (0, -1)])
    return np.unique(xy.round(2), axis=0)


def test_reaches_end_at_bridges_wherever_these_lie_near_enough():
    bridges = np.column_stack([np.arange(130.0, 10_000.0, 130.0), np.full(76, 2.0)])
    found = partition_network([line((0, 0), (10_000, 0))], target_length=1000, cut_points=bridges)
    assert found.fits.all()
    assert set(ends_of(found)[:, 0].tolist()) <= {0.0, 10_000.0, *bridges[:, 0].tolist()}


def test_water_between_far_bridges_is_divided_evenly():
    found = partition_network([line((0, 0), (6000, 0))], target_length=1000, cut_points=[(3000, 0)])
    assert found.length.tolist() == pytest.approx([1000.0] * 6)


@pytest.mark.slow
def test_reaches_of_a_dense_net_end_at_joints_where_they_can():
    channels = lattice(15, 400.0, 0.9, np.random.default_rng(4))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(channels, 0.5, normalized=True))
    found = partition_network(channels, target_length=1000, cut_points=middle)
    joints = np.round(np.r_[middle, shapely.get_coordinates(channels)], 2)
    away = np.array([np.hypot(*(joints - xy).T).min() > 0.02 for xy in ends_of(found)])
    assert away.sum() <= 0.05 * len(found.length)
    assert found.fits[found.feasible].mean() >= 0.95


def test_reach_always_ends_where_it_must():
    sluices = [(700.0, 4.0), (1000.0, 0.0)]
    told = {"target_length": 1000, "cut_points": sluices}
    found = partition_network([line((0, 0), (2000, 0))], must_cut=[True, False], **told)
    assert sorted(found.length.round(2).tolist()) == [700.0, 1300.0]
    assert not found.feasible.any()
    free = partition_network([line((0, 0), (2000, 0))], **told)
    assert free.length.tolist() == [1000.0, 1000.0]


def test_all_waters_end_at_a_sluice_in_their_confluence():
    star = [line((0, 0), (400, 0)), line((0, 0), (-400, 0)), line((0, 0), (0, 400))]
    found = partition_network(star, target_length=1200, cut_points=[(0.0, 0.0)], must_cut=[True])
    assert found.length.tolist() == [400.0] * 3


def test_border_cuts_stubs_too_when_asked():
    villages = [shapely.box(0, -10, 1000, 10), shapely.box(1000, -10, 3000, 10)]
    told = {"target_length": 1000, "parents": villages, "names": ["Long Canal"]}
    assert len(partition_network([line((0, 0), (1060, 0))], **told).length) == 1
    found = partition_network([line((0, 0), (1060, 0))], join_stubs=False, **told)
    assert sorted(found.length.tolist()) == [60.0, 1000.0]
    assert sorted(found.parent.tolist()) == [0, 1]


def test_closed_ring_is_a_channel():
    moat = shapely.LinearRing([(0, 0), (500, 0), (500, 500), (0, 500)])
    found = partition_network([moat, line((500, 250), (1500, 250))], target_length=1000)
    assert found.length.tolist() == pytest.approx([1000.0] * 3)
    alone = partition_network([shapely.LinearRing([(0, 0), (20, 0), (20, 20)])], target_length=1000)
    assert alone.length.tolist() == pytest.approx([40 + np.hypot(20, 20)], abs=0.02)


def least_misfits(tree, length, band):
    """Try every set of cuts of a tree of pieces that hang on nodes: the fewest reaches outside of the band."""
    m = len(length)
    pairs = [(a, b) for a in range(m) for b in range(a) if set(tree[a]) & set(tree[b])]
    best = m
    for code in range(2 ** len(pairs)):
        kept = np.array([pair for at, pair in enumerate(pairs) if code >> at & 1]).reshape(-1, 2).T
        matrix = coo_array((np.ones(len(kept[0])), (kept[0], kept[1])), shape=(m, m))
        label = connected_components(matrix, directed=False)[1]
        load = np.bincount(label, weights=length)
        best = min(best, int(((load < band[0]) | (load > band[1])).sum()))
    return best


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2**16), min_size=2, max_size=5), st.integers(0, 2**16))
def test_no_cuts_of_a_small_tree_leave_fewer_misfits(choices, seed):
    rng = np.random.default_rng(seed)
    tree = [(0, 1)] + [(choice % (row + 2), row + 2) for row, choice in enumerate(choices)]
    degree = np.bincount(np.ravel(tree))
    length = rng.uniform(30, 100, len(tree)).round(2)
    net = np.array([[a, row] for row, ends in enumerate(tree) for a in ends])
    order = np.argsort(net[:, 0], kind="stable")
    start = np.searchsorted(net[order, 0], np.arange(len(degree) + 1))
    tail, head = np.array(tree, dtype=np.int64).T.copy()
    arrays = (start.astype(np.int64), net[order, 1].astype(np.int64), tail, head)
    state = np.array([7, 9], dtype=np.uint64)
    band = np.array([160.0, 200.0, 240.0])
    _, label = best_cuts(arrays, length, np.full(len(degree), 0.001), band, (1, state))
    load = np.bincount(np.unique(label, return_inverse=True)[1], weights=length)
    misfits = int(((load < 160.0) | (load > 240.0)).sum())
    if degree.max() <= 3:
        assert misfits == least_misfits(tree, length, (160.0, 240.0))


def test_what_branches_forbid_is_told_from_what_was_missed():
    star = [line((0, 0), (700, 0)), line((0, 0), (-700, 0)), line((0, 0), (0, 700))]
    found = partition_network(star, target_length=1000)
    assert found.feasible.all()
    assert not found.fits.all()
    assert found.settled.all()


def test_crossing_channels_meet_and_doubled_ones_count_once():
    cross = [line((0, 0), (1000, 0)), line((500, -500), (500, 500)), line((0, 0), (1000, 0))]
    found = partition_network(cross, target_length=2000)
    assert found.length.tolist() == pytest.approx([2000.0])


def test_water_on_a_border_counts_half_on_either_side():
    found = partition_network([line((0, 0), (1000, 0))], target_length=1000)
    shares = reach_shares(found, [shapely.box(0, 0, 1000, 50), shapely.box(0, -50, 1000, 0)])
    assert shares.share.tolist() == pytest.approx([0.5, 0.5])


def test_reach_has_the_name_of_most_of_it():
    found = partition_network(
        [line((0, 0), (700, 0)), line((700, 0), (1000, 0))], target_length=1000, names=["East River", "Drain"]
    )
    assert found.name.tolist() == ["East River"]


def test_component_that_divides_badly_is_told():
    found = partition_network([line((0, 0), (1400, 0)), line((0, 9000), (100, 9000))], target_length=1000)
    assert sorted(found.length.tolist()) == pytest.approx([100.0, 700.0, 700.0])
    assert not found.feasible.any()
    assert found.stub.tolist() == [True, False, False]


def test_no_water_makes_no_reaches():
    found = partition_network([], target_length=1000)
    assert len(found.length) == 0
    assert len(reach_shares(found, [shapely.box(0, 0, 1, 1)]).reach) == 0


def test_equal_input_gives_equal_reaches():
    channels = lattice(8, 400.0, 0.8, np.random.default_rng(3))
    one, other = partition_network(channels, target_length=900), partition_network(channels, target_length=900)
    assert (one.piece_label == other.piece_label).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 7), st.floats(0.4, 1.0), st.integers(0, 2**16), st.floats(300, 3000))
def test_any_network_is_kept_whole(side, keep, seed, target):
    channels = lattice(side, 300.0, keep, np.random.default_rng(seed))
    found = partition_network(channels, target_length=target)
    assert [pieces_of(geometry) for geometry in found.geometry] == [1] * len(found.geometry)
    assert found.length.sum() == pytest.approx(shapely.length(shapely.union_all(channels)), rel=1e-6)
    assert set(found.piece_label.tolist()) == set(range(len(found.length)))


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"target_length": 0.0}, InvalidInputError, "target_length"),
        ({"lines": [shapely.Point(0, 0)]}, InvalidGeometryError, "lines"),
        ({"lines": [line((0, 0), (np.inf, 1))]}, InvalidGeometryError, "lines"),
        ({"names": ["a", "b"]}, InvalidInputError, "names"),
        ({"cut_points": [[np.nan, 0.0]]}, InvalidInputError, "cut_points"),
        ({"cut_points": [[1.0, 0.0]], "must_cut": [True, False]}, InvalidInputError, "must_cut"),
        ({"cut_points": [[1.0, 0.0]], "must_cut": [1.0]}, InvalidInputError, "must_cut"),
        ({"parents": [line((0, 0), (1, 1))]}, InvalidGeometryError, "parents"),
    ],
)
def test_input_that_cannot_be_meant_is_refused(change, error, field):
    arguments = {"lines": [line((0, 0), (1000, 0))], "target_length": 500.0, **change}
    with pytest.raises(error) as refused:
        partition_network(arguments.pop("lines"), **arguments)
    assert refused.value.fields["field"] == field
