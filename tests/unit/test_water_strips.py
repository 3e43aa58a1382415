"""Wardens' grids along waters: they tile the strip, hold their own reach, and are in one piece where that can be."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_partition.invariants import check_tiling
from grid_partition.water import partition_network
from grid_partition.water_bridges import crossing_points
from grid_partition.water_sites import sites_along
from grid_partition.water_strips import water_strips

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


def strip_faults(strips):
    """Return faults of the tiling but for grids that a crossing parts."""
    if not len(strips.geometry):  # a network may be drawn without a single channel
        return []
    report = check_tiling(strips.corridor, strips.geometry)
    return [fault.kind for fault in report.faults if fault.kind != "stray piece"]


def test_one_channel_has_one_strip_of_the_width_asked_for():
    found = partition_network([line((0, 0), (1000, 0))], target_length=1000)
    strips = water_strips(found, bank=15.0)
    assert len(strips.geometry) == 1
    assert shapely.bounds(strips.geometry[0]) == pytest.approx((-15, -15, 1015, 15), abs=0.01)
    assert strips.outside.tolist() == [0.0]
    assert shapely.area(strips.atom).sum() == pytest.approx(strips.geometry[0].area)


def test_borders_halve_the_angle_where_reaches_meet():
    names = ["A", "B", "C"]
    star = [line((0, 0), (500, 0)), line((0, 0), (-250, 433)), line((0, 0), (-250, -433))]
    strips = water_strips(partition_network(star, target_length=500, names=names), bank=20.0)
    assert strips.outside.max() < 0.6
    areas = shapely.area(strips.geometry)
    assert areas == pytest.approx([areas.mean()] * 3, rel=0.02)
    assert not check_tiling(strips.corridor, strips.geometry).faults


def test_parallel_channels_keep_to_their_own_strip_however_near():
    found = partition_network([line((0, 0), (900, 0)), line((0, 2), (900, 2.5))], target_length=900)
    strips = water_strips(found, bank=15.0)
    assert len(strips.geometry) == 2
    assert strips.outside.max() == 0.0
    assert not check_tiling(strips.corridor, strips.geometry).faults
    assert shapely.area(strips.geometry) == pytest.approx([strips.corridor.area / 2] * 2, rel=0.02)


def test_water_surfaces_beside_a_reach_belong_to_it_and_far_ones_do_not():
    found = partition_network([line((0, 0), (1000, 0))], target_length=1000)
    lake, pond = shapely.box(400, -200, 600, 50), shapely.box(0, 500, 50, 550)
    strips = water_strips(found, bank=15.0, surfaces=[lake, pond])
    assert shapely.area(shapely.difference(lake, strips.corridor)) < 0.1
    assert not shapely.intersects(strips.corridor, pond)


def test_water_that_only_another_reach_touches_goes_with_that_one():
    # an arm of the lake comes near the long canal, but its water is that of the drain
    arm = shapely.Polygon([(500, 290), (500, 310), (100, 310), (100, 30), (140, 30), (140, 290)])
    found = partition_network([line((0, 0), (1000, 0)), line((500, 100), (500, 500))], target_length=1000)
    strips = water_strips(found, bank=15.0, surfaces=[arm])
    assert not check_tiling(strips.corridor, strips.geometry).faults
    drain = int(found.length.argmin())
    assert shapely.area(shapely.difference(arm, strips.geometry[drain])) < 0.1


def test_strip_stays_within_the_ground_given():
    ground = shapely.box(0, 0, 1000, 500)
    found = partition_network([line((0, 5), (1000, 5))], target_length=500)
    strips = water_strips(found, bank=15.0, within=ground)
    assert shapely.area(shapely.difference(strips.corridor, ground)) < 0.01
    assert strips.corridor.area == pytest.approx(20 * 1000, rel=1e-3)


def test_a_corner_of_the_ground_without_water_is_left_out():
    # the strip reaches over a notch into ground on its other side, where no water is
    ground = shapely.Polygon([(0, 0), (1000, 0), (1000, 100), (510, 100), (505, 20), (500, 100), (0, 100)])
    found = partition_network([line((0, 95), (495, 95))], target_length=500, parents=[ground])
    strips = water_strips(found, bank=15.0, within=ground)
    assert shapely.get_num_geometries(strips.geometry).tolist() == [1]


def test_reaches_that_cross_leave_one_of_them_in_two_pieces():
    cross = [line((-400, 0), (400, 0)), line((0, -400), (0, 400))]
    whole = partition_network(cross, target_length=800, names=["A", "B"])
    strips = water_strips(whole, bank=10.0)
    assert not strip_faults(strips)
    assert shapely.get_num_geometries(strips.geometry).max() <= 2
    assert strips.outside.max() < 1.0


def test_no_water_has_no_strip():
    strips = water_strips(partition_network([], target_length=100), bank=15.0)
    assert (len(strips.geometry), strips.corridor.is_empty, len(strips.atom)) == (0, True, 0)
    assert len(sites_along([], [], step=10.0).xy) == 0


@pytest.mark.parametrize("bank", [0.0, -1.0, np.inf, np.nan])
def test_a_bank_that_cannot_be_meant_is_refused(bank):
    with pytest.raises(InvalidInputError) as refused:
        water_strips(partition_network([line((0, 0), (9, 0))], target_length=9), bank=bank)
    assert refused.value.fields["field"] == "bank"


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 5), st.floats(0.5, 1.0), st.integers(0, 2**16), st.floats(200, 1500), st.floats(3, 60))
def test_any_network_is_tiled_and_each_reach_lies_in_its_strip(side, keep, seed, target, bank):
    channels = lattice(side, 300.0, keep, np.random.default_rng(seed))
    found = partition_network(channels, target_length=target)
    strips = water_strips(found, bank=bank)
    assert len(strips.geometry) == len(found.length)
    assert not strip_faults(strips)
    assert strips.outside.max(initial=0.0) < 1.0
    assert shapely.area(strips.geometry).sum() == pytest.approx(strips.corridor.area if len(channels) else 0.0)
    assert (shapely.get_type_id(strips.atom) == shapely.GeometryType.POLYGON).all()


def test_equal_input_moved_gives_the_same_strips_moved():
    channels = lattice(3, 300.0, 0.9, np.random.default_rng(5))
    moved = shapely.transform(channels, lambda xy: xy + 1000.0)
    one = water_strips(partition_network(channels, target_length=700), bank=15.0)
    other = water_strips(partition_network(moved, target_length=700), bank=15.0)
    assert shapely.area(other.geometry) == pytest.approx(shapely.area(one.geometry), rel=1e-3)


def test_sites_at_a_meeting_are_equally_far_from_it():
    found = sites_along([line((0, 0), (100, 0)), line((0, 0), (60, 80))], [0, 1], step=10.0)
    far = np.hypot(*found.xy.T)
    assert sorted(far[found.piece == 0])[:4] == pytest.approx(sorted(far[found.piece == 1])[:4])
    assert far.min() == pytest.approx(0.25)


def test_bridges_are_found_where_roads_cross_and_run_along():
    river = line((0, 0), (100, 0))
    roads = [line((50, -5), (50, 5)), line((70, 0), (90, 0)), line((0, 50), (100, 50))]
    assert crossing_points([river], roads).tolist() == [[50.0, 0.0], [80.0, 0.0]]
    assert crossing_points([river], []).shape == (0, 2)


def test_water_on_the_slanting_edge_of_the_ground_keeps_its_strip():
    edge = shapely.LineString([(0.0, 0.0), (1000.07, 333.31), (2900.13, 981.77)])
    ground = shapely.Polygon([*edge.coords, (2900.0, 3000.0), (0.0, 3000.0)])
    found = partition_network([edge], target_length=500)
    strips = water_strips(found, bank=15.0, within=ground)
    assert (shapely.area(strips.geometry) > 5000).all()
    assert strips.outside.max() < 1.0
