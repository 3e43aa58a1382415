"""Nets on grids and floors on footprints: what is shared adds up, what is held twice is found."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tilings import board

from gis.errors import GridwardError, InvalidInputError
from grid_partition.dedicated import dedicated_grids, floor_conflicts
from grid_partition.overlays import map_overlay, overlapping_pairs
from services.partition.floors import floor_number

boxes = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12), st.integers(1, 12))


def _box(west, south, wide, high):
    return shapely.box(west, south, west + wide, south + high)


@given(st.lists(boxes, min_size=1, max_size=12))
def test_overlapping_pairs_are_those_of_brute_force(shapes):
    polygons = [_box(*shape) for shape in shapes]
    expected = [
        (i, j, polygons[i].intersection(polygons[j]).area)
        for i in range(len(polygons))
        for j in range(i + 1, len(polygons))
        if polygons[i].intersection(polygons[j]).area > 0.01
    ]
    found = overlapping_pairs(polygons)
    assert [pair[:2] for pair in found] == [pair[:2] for pair in expected]
    assert [pair[2] for pair in found] == pytest.approx([pair[2] for pair in expected])


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.one_of(st.none(), st.tuples(st.integers(-2, 9), st.integers(0, 4)))),
        min_size=1,
        max_size=10,
    )
)
def test_floor_conflicts_are_those_of_brute_force(grids):
    footprints = [shapely.box(20 * tower, 0, 20 * tower + 10, 10) for tower, _ in grids]
    low = [np.nan if span is None else span[0] for _, span in grids]
    high = [np.nan if span is None else span[0] + span[1] for _, span in grids]

    def floors(row):
        return set(range(-50, 50)) if np.isnan(low[row]) else set(range(int(low[row]), int(high[row]) + 1))

    expected = [
        (i, j)
        for i in range(len(grids))
        for j in range(i + 1, len(grids))
        if grids[i][0] == grids[j][0] and floors(i) & floors(j)
    ]
    assert floor_conflicts(footprints, low, high) == expected


def test_floor_conflicts_need_a_span_for_each_footprint():
    with pytest.raises(InvalidInputError, match="lowest and highest"):
        floor_conflicts([shapely.box(0, 0, 1, 1)], [1, 2], [1, 2])


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=40, unique=True),
    st.data(),
)
def test_dedicated_grids_hold_every_floor_once_and_stay_in_their_zone(floors, data):
    building = [each for each, _ in floors]
    level = [each for _, each in floors]
    load = data.draw(st.lists(st.integers(1, 120), min_size=len(floors), max_size=len(floors)))
    zone_of = data.draw(st.lists(st.integers(0, 2), min_size=6, max_size=6))
    zone = [zone_of[each] for each in building]
    xy = [[50.0 * each, 0.0] for each in building]
    found = dedicated_grids(building, level, load, xy=xy, zone=zone)
    assert (found.labels >= 0).all()
    assert sum(grid.load for grid in found.grids) == pytest.approx(sum(load))
    footprints = np.array([shapely.box(50 * b, 0, 50 * b + 20, 20) for b in range(6)])
    shapes = [shapely.union_all(footprints[list(grid.buildings)]) for grid in found.grids]
    low = [np.nan if grid.floors is None else grid.floors[0] for grid in found.grids]
    high = [np.nan if grid.floors is None else grid.floors[1] for grid in found.grids]
    assert floor_conflicts(shapes, low, high) == []
    for number, grid in enumerate(found.grids):
        mine = np.flatnonzero(found.labels == number)
        assert {zone[row] for row in mine} == {grid.zone}
        assert {building[row] for row in mine} == set(grid.buildings)
        assert grid.floors is None or len(grid.buildings) == 1
    outside = {number for number, grid in enumerate(found.grids) if not 40 <= grid.load <= 90}
    assert {number for number, _ in found.unfit} == outside


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.lists(st.tuples(st.floats(-20, 120), st.floats(-20, 120), st.integers(0, 3)), max_size=40),
)
def test_shares_of_a_net_add_up_and_count_objects_of_each_kind_once(widths, things):
    ends = np.cumsum([0, *widths]) * 25.0
    net = [shapely.box(west, 10, east, 90) for west, east in itertools.pairwise(ends)]
    grids = board(3, 3, side=33.0)
    xy = [thing[:2] for thing in things]
    kinds = [thing[2] for thing in things]
    found = map_overlay(net, grids, objects=xy or None, object_kinds=kinds)
    assert found.objects_of_kind.sum(axis=1).tolist() == found.objects.tolist()
    counted = dict(enumerate(found.objects_of_kind.sum(axis=0).tolist()))
    assert counted == {kind: kinds.count(kind) for kind in counted}
    assert int(found.objects.sum()) == len(things)
    for side, share in ((found.net, found.share_of_net), (found.grid, found.share_of_grid)):
        for value in np.unique(side[side >= 0]):
            assert share[side == value].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("kinds", [[0, 1], [-1]])
def test_each_object_needs_one_kind(kinds):
    with pytest.raises(InvalidInputError, match="kind"):
        map_overlay(board(1, 1), board(1, 1), objects=[[0.5, 0.5]], object_kinds=kinds)


@pytest.mark.parametrize(
    ("cell", "floor"), [("12", 12), ("12F", 12), ("12层", 12), ("B2", -2), ("-1", -1), ("地下1层", -1), ("3.0", 3)]
)
def test_floors_are_read_as_offices_write_them(cell, floor):
    assert floor_number(cell) == floor


@pytest.mark.parametrize("cell", ["", "roof", "1.5", "201", "1-3", "B"])
def test_what_is_no_floor_is_refused(cell):
    with pytest.raises(GridwardError, match="no floor"):
        floor_number(cell)


def test_a_point_on_a_border_is_counted_where_net_and_grid_share_ground():
    net = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    grids = [shapely.box(10, 0, 20, 10), shapely.box(0, 0, 10, 10)]
    found = map_overlay(net, grids, dwellings=[[10, 5], [30, 5]], households=[7, 2])
    pairs = list(zip(found.net.tolist(), found.grid.tolist(), found.households.tolist(), strict=True))
    assert pairs == [(-1, -1, 2.0), (0, 1, 0.0), (1, 0, 7.0)]
