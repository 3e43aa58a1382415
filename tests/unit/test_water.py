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
        ({"parents": [line((0, 0), (1, 1))]}, InvalidGeometryError, "parents"),
    ],
)
def test_input_that_cannot_be_meant_is_refused(change, error, field):
    arguments = {"lines": [line((0, 0), (1000, 0))], "target_length": 500.0, **change}
    with pytest.raises(error) as refused:
        partition_network(arguments.pop("lines"), **arguments)
    assert refused.value.fields["field"] == field
