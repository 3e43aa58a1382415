"""Further grid kinds: natural villages, micro grids, cells, dedicated grids, overlays; and blocks on other processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tilings import board, pieces_by_brute_force, voronoi

from gis.errors import InvalidGeometryError, InvalidInputError
from grid_partition import PartitionOptions, check_tiling, partition_units
from grid_partition.cells import cut_cells
from grid_partition.dedicated import dedicated_grids
from grid_partition.labelled import partition_of
from grid_partition.micro import micro_grids
from grid_partition.overlays import map_overlay
from grid_partition.scaleout import partition_blocks
from grid_partition.shares import share_doors
from grid_partition.villages import village_grids

# --- natural villages


def test_small_villages_join_and_large_ones_are_cut_but_never_mixed():
    land = board(12, 4, side=50.0)
    column = np.arange(48) % 12
    village = column // 3
    demand = np.array([8.0, 9.0, 75.0, 25.0])[village]  # villages of 96, 108, 900 and 300 households
    found = village_grids(land, demand, village)
    assert found.villages == [[0, 1], [3], [2], [2], [2]]
    assert found.demand.tolist() == pytest.approx([204.0, 300.0, 300.0, 300.0, 300.0])
    assert found.cut.tolist() == [False, False, True, True, True]
    assert found.unfit == []
    assert pieces_by_brute_force(land, found.labels) == 5


def test_villages_join_inside_their_parent_only():
    land = board(4, 1, side=50.0)
    found = village_grids(land, [60.0] * 4, [1, 2, 3, 4], within=[0, 0, 0, 1])
    assert found.villages[-1] == [4]
    assert found.unfit[-1][2].startswith("No neighbour in its parent has room for 60")


def test_village_that_divides_into_nothing_is_told():
    found = village_grids(board(2, 1), [230.0, 230.0], [5, 5], band=(250, 440), target=300)
    assert [why for _, _, why in found.unfit] == [
        "Village 5 does not divide into grids of 250 to 440 households."
    ] * len(found.unfit)
    assert len(found.unfit) >= 1


def test_village_in_two_parents_is_refused():
    with pytest.raises(InvalidInputError, match="Village 9 lies in two parents"):
        village_grids(board(2, 1), [1.0, 1.0], [9, 9], within=[0, 1])
    with pytest.raises(InvalidInputError, match="must hold the target"):
        village_grids(board(2, 1), [1.0, 1.0], [9, 9], band=(1, 2))
    with pytest.raises(InvalidInputError, match="one whole number"):
        village_grids(board(2, 1), [1.0, 1.0], [9, 9], within=[0])


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**16))
def test_grids_of_villages_are_never_mixed(villages, seed):
    rng = np.random.default_rng(seed)
    land = board(10, 6, side=40.0)
    village = rng.integers(0, villages, 6)[np.arange(60) // 10]
    demand = rng.integers(0, 40, 60).astype(float)
    found = village_grids(land, demand, village)
    assert found.demand.sum() == pytest.approx(demand.sum())
    for grid, members in enumerate(found.villages):
        mine = found.labels == grid
        assert set(village[mine].tolist()) == set(members)
        assert found.cut[grid] or mine.sum() == np.isin(village, members).sum()


# --- micro grids


def test_micro_grids_hold_their_band_inside_grids():
    land = voronoi(300, np.random.default_rng(5))
    middle = shapely.get_coordinates(shapely.centroid(land))[:, 0]
    grid = (middle > 500).astype(int)
    found = micro_grids(land, np.full(len(land), 2.0), grid)
    assert (found.parent_of_grid[found.labels] == grid).all()
    assert found.demand.min() >= 50
    assert found.demand.max() <= 80
    assert found.quality.contiguous


# --- large doors, and labels from elsewhere


def test_large_door_is_spread_inside_its_ground():
    grounds = [shapely.box(0, 0, 20, 20), shapely.box(20, 0, 40, 20)]
    xy = [[19.9, 10.0], [19.95, 10.0], [30.0, 10.0], [30.0, 10.0], [5.0, 5.0]]
    found = share_doors(xy, [20, 20, 7, 2, 0], [0, 0, 1, 1, 0], grounds, most=12, share=4)
    assert sorted(found.households.tolist()) == [4] * 10 + [9]
    assert (found.xy[found.households == 4][:, 0] < 20).all()
    apart = np.floor(found.xy / 0.5)
    assert len(np.unique(apart, axis=0)) == 11


def test_ground_without_room_leaves_larger_shares():
    found = share_doors([[0.5, 0.5]], [30], [0], [shapely.box(0, 0, 1, 1)], most=12)
    assert found.households.tolist() == [30]


def test_labels_from_elsewhere_are_measured():
    land = board(4, 1)
    found = partition_of(land, np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1]), np.zeros(4, int), band=(2, 4))
    assert found.demand.tolist() == [3.0, 7.0]
    assert found.deviation.tolist() == pytest.approx([-0.4, 0.4])
    assert found.quality.cut_length == 10.0
    assert found.quality.share_within == 0.5
    assert found.quality.contiguous


# --- cells


def test_cells_are_numbered_row_by_row_from_the_north_west():
    cells = cut_cells([shapely.box(0, 0, 300, 200)])
    corner = shapely.bounds(cells.geometry)[:, :2].tolist()
    assert corner == [[0, 100], [100, 100], [200, 100], [0, 0], [100, 0], [200, 0]]
    assert cells.number.tolist() == [1, 2, 3, 4, 5, 6]


def test_cells_tile_areas_with_slanting_borders():
    rng = np.random.default_rng(2)
    areas = voronoi(6, rng, side=2000.0, origin=(500_000.37, 3_400_000.19))
    areas = np.asarray(shapely.transform(areas, lambda xy: np.round(xy * 100) / 100))
    cells = cut_cells(areas)
    for number, area in enumerate(areas):
        mine = cells.geometry[cells.area == number]
        report = check_tiling(shapely.coverage_union_all(mine), mine)
        assert report.valid, report.faults
        assert shapely.area(mine).sum() == pytest.approx(area.area, rel=1e-5)
        assert cells.number[cells.area == number].tolist() == list(range(1, len(mine) + 1))
    assert check_tiling(shapely.coverage_union_all(cells.geometry), cells.geometry).valid
    assert (shapely.area(cells.geometry) >= 2000).all()
    assert (shapely.get_type_id(cells.geometry) == shapely.GeometryType.POLYGON).all()


def test_area_smaller_than_a_cell_is_one_cell():
    assert len(cut_cells([shapely.box(20, 20, 60, 50)]).number) == 1


@pytest.mark.parametrize("size", [0.5, np.inf, np.nan])
def test_cell_of_no_size_is_refused(size):
    with pytest.raises(InvalidInputError):
        cut_cells([shapely.box(0, 0, 10, 10)], size=size)


def test_cells_without_end_and_broken_areas_are_refused():
    with pytest.raises(InvalidInputError, match="too many"):
        cut_cells([shapely.box(0, 0, 1e7, 1e7)])
    with pytest.raises(InvalidInputError, match="not valid"):
        cut_cells([shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 12)])])
    with pytest.raises(InvalidGeometryError):
        cut_cells([shapely.Point(0, 0)])


# --- dedicated grids


def test_tower_is_cut_between_floors_and_small_buildings_join():
    building = [1] * 10 + [2, 3, 4]
    floor = [*range(1, 11), 1, 1, 1]
    load = [15.0] * 10 + [25.0, 20.0, 30.0]
    xy = [[0.0, 0.0]] * 10 + [[100.0, 0.0], [110.0, 0.0], [900.0, 0.0]]
    found = dedicated_grids(building, floor, load, xy=xy, zone=[0] * 12 + [5])
    assert [(g.zone, g.buildings, g.floors) for g in found.grids[:1]] == [(0, (2, 3), None)]
    assert [g.floors for g in found.grids if g.buildings == (1,)] == [(1, 3), (4, 6), (7, 10)]
    assert sum(g.load for g in found.grids) == sum(load)
    assert found.unfit == [(4, "Zone 5 has no building with room for 30 more.")]
    assert found.labels.tolist() == [1] * 3 + [2] * 3 + [3] * 4 + [0, 0, 4]


def test_floor_too_large_for_a_grid_is_told():
    found = dedicated_grids([1, 1], [1, 2], [200.0, 40.0], xy=[[0, 0]] * 2)
    assert [why for _, why in found.unfit] == ["Building 1: floor 1 cannot be shared out within 40 to 90."]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"floor": [1, 1]}, "floor"),
        ({"zone": [0, 1]}, "zone"),
        ({"band": (70, 90)}, "band"),
        ({"xy": [[0, 0]]}, "building"),
        ({"load": [1.0, -1.0]}, "load"),
    ],
)
def test_dedicated_input_that_cannot_be_meant_is_refused(change, field):
    arguments = {"building": [1, 1], "floor": [1, 2], "load": [1.0, 1.0], "xy": [[0, 0]] * 2, **change}
    with pytest.raises(InvalidInputError) as refused:
        dedicated_grids(arguments.pop("building"), arguments.pop("floor"), arguments.pop("load"), **arguments)
    assert refused.value.fields["field"] == field


# --- overlays


def test_overlay_shares_add_up_and_count_everything_once():
    grids = board(4, 4, side=100.0)
    rng = np.random.default_rng(8)
    people, things = rng.uniform(-50, 450, (200, 2)), rng.uniform(-50, 450, (40, 2))
    households = rng.integers(1, 9, 200)
    net = [shapely.box(-20, -20, 150, 420), shapely.box(150, -20, 420, 420)]
    found = map_overlay(net, grids, dwellings=people, households=households, objects=things)
    assert found.households.sum() == households.sum()
    assert found.objects.sum() == 40
    for side, share in ((found.net, found.share_of_net), (found.grid, found.share_of_grid)):
        for value in np.unique(side[side >= 0]):
            assert share[side == value].sum() == pytest.approx(1.0)
    split = (found.grid == 1) & (found.net >= 0)
    assert found.share_of_grid[split].tolist() == pytest.approx([0.5, 0.5])


def test_overlay_refuses_points_that_are_none():
    with pytest.raises(InvalidInputError, match="objects"):
        map_overlay(board(1, 1), board(1, 1), objects=[[np.nan, 0.0]])


# --- blocks


def county(seed):
    land = voronoi(240, np.random.default_rng(seed))
    middle = shapely.get_coordinates(shapely.centroid(land))
    within = (middle[:, 0] // 250).astype(int) * 10 + (middle[:, 1] // 500).astype(int)
    return land, np.random.default_rng(seed).integers(1, 9, len(land)).astype(float), within


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_blocks_give_the_labels_of_one_process(seed):
    land, demand, within = county(seed)
    whole = partition_units(land, demand, target=60, within=within, seed=4)
    blocks = partition_blocks(land, demand, block=(within // 10) % 2, within=within, target=60, seed=4)
    assert (blocks.labels == whole.labels).all()
    assert (blocks.parent_of_grid == whole.parent_of_grid).all()
    assert asdict(blocks.quality) == pytest.approx(asdict(whole.quality), nan_ok=True)


def test_blocks_on_processes_give_the_same_and_tell_progress():
    land, demand, within = county(7)
    told = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = partition_blocks(
            land,
            demand,
            block=within // 10,
            within=within,
            target=60,
            executor=pool,
            progress=lambda *a: told.append(a),
        )
    alone = partition_blocks(land, demand, block=within // 10, within=within, target=60)
    assert (found.labels == alone.labels).all()
    assert [share for share, _ in told] == [0.25, 0.5, 0.75, 1.0]
    assert len(found.dissolve()) == len(found.demand)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"block": [0, 1]}, "block"),
        ({"block": [0]}, "block"),
        ({"options": PartitionOptions(start=[0, 0])}, "options"),
    ],
)
def test_blocks_that_cannot_be_apart_are_refused(change, field):
    arguments = {"block": [0, 0], "within": [3, 3], "target": 1.0, **change}
    with pytest.raises(InvalidInputError) as refused:
        partition_blocks(board(2, 1), [1.0, 1.0], **arguments)
    assert refused.value.fields["field"] == field


@pytest.mark.parametrize(("labels", "whole"), [([0, 0, 1, 0], True), ([0, 1, 0, 1], False)])
def test_grid_is_one_piece_in_each_part_of_its_parent(labels, whole):
    # three units side by side, and one across a gap: a detached part of the parent
    units = shapely.box([0, 10, 20, 90], 0, [10, 20, 30, 100], 10)
    found = partition_of(units, np.ones(4), np.array(labels), np.zeros(4, dtype=np.int64), band=(0, 9))
    assert found.quality.contiguous == whole
    assert found.exclave.any()
