"""Input of the partition engine that cannot be meant: refused by name, in words, and never read as something else."""

import numpy as np
import pytest
import shapely

from gis.errors import InvalidInputError
from grid_partition import PartitionOptions, build_atoms, group_dwellings, partition_network, partition_units
from grid_partition.dedicated import dedicated_grids
from grid_partition.overlays import map_overlay
from grid_partition.villages import village_grids
from grid_partition.water_strips import water_strips

ROW = shapely.box(range(6), 0, range(1, 7), 1)
LINE = shapely.LineString([(3, 0), (3, 1)])
LAND = shapely.box(0, 0, 10, 10)


@pytest.mark.parametrize(
    ("barriers", "cost", "words"),
    [
        ([shapely.Point(0, 0)], None, r"barriers: not a line \(row 0\)"),
        ([LINE, None], None, r"barriers: not a line \(row 1\)"),
        (LINE, None, "barriers must be a flat array of lines"),
        ([shapely.LineString([(0, 0), (1, np.nan)])], None, r"barriers: a coordinate is not finite \(row 0\)"),
        ([LINE], -1.0, "barrier_cost: a price is zero or more"),
        ([LINE], np.inf, "barrier_cost: a price is zero or more"),
        ([LINE], [0.1, 0.2], r"barrier_cost has shape \(2,\), one price or 1 are needed"),
        ([LINE], "cheap", "barrier_cost must hold numbers"),
    ],
)
def test_barriers_that_are_no_priced_lines_are_refused(barriers, cost, words):
    with pytest.raises(InvalidInputError, match=words):
        partition_units(ROW, [1] * 6, grids=2, options=PartitionOptions(barriers=barriers, barrier_cost=cost))
    with pytest.raises(InvalidInputError, match=words):
        build_atoms(LAND, [[5, 5]], demand=[1], barriers=barriers, barrier_cost=cost)


def test_line_without_a_price_is_nothing_to_follow():
    options = PartitionOptions(barriers=[LINE], barrier_cost=[np.nan])
    assert partition_units(ROW, [1] * 6, grids=2, options=options).quality.cut_on_barriers == 0.0


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda places: build_atoms(LAND, places, demand=[1, 1]), "points"),
        (group_dwellings, "xy"),
        (lambda places: map_overlay([LAND], [LAND], dwellings=places), "dwellings"),
        (lambda places: map_overlay([LAND], [LAND], objects=places), "objects"),
        (lambda places: dedicated_grids([1, 1], [1, 2], [20, 20], xy=places), "xy"),
        (lambda places: partition_network([LINE], target_length=1, cut_points=places), "cut_points"),
    ],
)
@pytest.mark.parametrize(
    "places", [np.ones((2, 3)), np.ones(4), [["a", "b"], ["c", "d"]]], ids=["heights", "flat", "words"]
)
def test_places_that_are_no_pairs_are_never_read_as_others(call, field, places):
    with pytest.raises(InvalidInputError) as refused:
        call(places)
    assert refused.value.fields["field"] == field


@pytest.mark.parametrize("most", [0, -1, np.nan])
def test_compound_without_room_is_refused(most):
    with pytest.raises(InvalidInputError, match="max_demand"):
        build_atoms(LAND, [[5, 5]], demand=[1], max_demand=most)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"grids": "many"}, "grids"),
        ({"target": "many"}, "target"),
        ({"grids": 2, "seed": 1.5}, "seed"),
        ({"grids": 2, "options": PartitionOptions(tolerance="much")}, "tolerance"),
        ({"grids": 2, "options": PartitionOptions(band=("a", "b"))}, "band"),
        ({"grids": 2, "options": PartitionOptions(band=(1.0,))}, "band"),
    ],
)
def test_words_in_the_place_of_numbers_are_refused_by_name(asked, field):
    with pytest.raises(InvalidInputError) as refused:
        partition_units(ROW, [1] * 6, **asked)
    assert refused.value.fields["field"] == field


@pytest.mark.parametrize(
    ("wrong", "field"), [({"village": [1, 2]}, "village"), ({"within": list("aabbcc")}, "within")], ids=str
)
def test_villages_that_fit_no_units_are_refused(wrong, field):
    given = {"village": [1, 1, 2, 2, 3, 3], **wrong}
    with pytest.raises(InvalidInputError) as refused:
        village_grids(ROW, [100] * 6, given.pop("village"), **given)
    assert refused.value.fields["field"] == field


def test_net_without_polygons_leaves_the_grids_outside():
    found = map_overlay([], [LAND], dwellings=[[5, 5], [50, 5]])
    assert (found.net.tolist(), found.grid.tolist(), found.households.tolist()) == ([-1, -1], [-1, 0], [1.0, 1.0])


def test_grids_without_polygons_leave_the_net_outside():
    found = map_overlay([LAND], [], dwellings=[[5, 5]])
    assert (found.net.tolist(), found.grid.tolist(), found.households.tolist()) == ([0], [-1], [1.0])


def test_strip_away_from_the_water_is_refused():
    reaches = partition_network([shapely.LineString([(0, 0), (300, 0)])], target_length=100)
    with pytest.raises(InvalidInputError, match="none of the water") as refused:
        water_strips(reaches, bank=15.0, within=shapely.box(9000, 0, 9100, 100))
    assert refused.value.fields["field"] == "within"
