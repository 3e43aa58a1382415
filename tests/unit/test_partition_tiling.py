"""check_tiling: every fault is found, and where."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tilings import board, voronoi

from gis.errors import InvalidGeometryError
from grid_partition import check_tiling
from grid_partition.invariants import crossings, uncovered, units_astray
from grid_partition.nesting import check_nesting


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 40))
def test_a_tiling_has_no_faults(seed, n):
    cells = voronoi(n, np.random.default_rng(seed))
    report = check_tiling(shapely.coverage_union_all(cells), cells)
    assert report.valid
    assert report.area_error == pytest.approx(0, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), lost=st.integers(0, 9))
def test_a_missing_child_is_a_gap_with_its_place(seed, lost):
    cells = voronoi(15, np.random.default_rng(seed))
    report = check_tiling(shapely.union_all(cells), np.delete(cells, lost))
    assert [fault.kind for fault in report.faults] == ["gap"]
    assert report.gaps[0].amount == pytest.approx(shapely.area(cells[lost]))
    assert shapely.distance(report.gaps[0].place, shapely.point_on_surface(cells[lost])) == 0
    assert report.area_error == pytest.approx(-shapely.area(cells[lost]))


def test_overlap_names_both_children():
    report = check_tiling(shapely.box(0, 0, 30, 10), [shapely.box(0, 0, 12, 10), shapely.box(10, 0, 30, 10)])
    assert not report.valid
    assert [(fault.amount, fault.children) for fault in report.overlaps] == [(20.0, (0, 1))]
    assert report.overlaps[0].place.bounds == (10, 0, 12, 10)


def test_equal_children_overlap():
    report = check_tiling(shapely.box(0, 0, 10, 10), [shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 10)])
    assert [(fault.amount, fault.children) for fault in report.overlaps] == [(100.0, (0, 1))]


def test_child_inside_another_is_an_overlap():
    report = check_tiling(shapely.box(0, 0, 10, 10), [shapely.box(0, 0, 10, 10), shapely.box(4, 4, 6, 6)])
    assert [(fault.amount, fault.children) for fault in report.overlaps] == [(4.0, (0, 1))]


def test_a_centimetre_of_gap_is_seen():
    report = check_tiling(shapely.box(0, 0, 20, 10), [shapely.box(0, 0, 9.99, 10), shapely.box(10, 0, 20, 10)])
    assert [round(fault.amount, 6) for fault in report.gaps] == [0.1]
    assert report.gaps[0].children == (0, 1)


def test_ground_outside_the_parent_is_told():
    report = check_tiling(shapely.box(0, 0, 10, 10), [shapely.box(0, 0, 15, 10)])
    assert [(fault.kind, fault.amount) for fault in report.faults] == [("outside", 50.0)]


def test_unmatched_vertices_are_told():
    # the corner of the small children lies on an edge of the long one that has no vertex there
    report = check_tiling(
        shapely.box(0, 0, 20, 20), [shapely.box(0, 10, 20, 20), shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    )
    assert {fault.kind for fault in report.faults} == {"mismatched border"}


def test_slivers_are_told():
    report = check_tiling(shapely.box(0, 0, 10, 10), [shapely.box(0, 0, 9.95, 10), shapely.box(9.95, 0, 10, 10)])
    assert [fault.children for fault in report.slivers] == [(1,)]


@pytest.mark.parametrize("width", [0.2, 0.5, 0.9])
def test_a_long_strip_is_a_sliver_below_the_width_that_its_author_allows(width):
    ground = shapely.box(0, 0, 100, 50)
    cut = [shapely.box(0, 0, 100, 50 - width), shapely.box(0, 50 - width, 100, 50)]
    (fault,) = check_tiling(ground, cut).faults
    assert (fault.kind, fault.children, fault.amount) == ("sliver", (1,), pytest.approx(100 * width))
    assert check_tiling(ground, cut, sliver_width=width / 2).valid
    assert check_nesting([ground], [7], cut, [7, 7], sliver_width=width / 2).valid
    assert [each.kind for each in check_nesting([ground], [7], cut, [7, 7]).faults] == ["sliver"]


def test_small_squares_and_thin_ground_of_the_parent_are_no_slivers():
    assert check_tiling(shapely.box(0, 0, 2, 1), shapely.box([0, 1], 0, [1, 2], 1)).valid
    # a parent that is a strip itself: whatever divides it is thin
    strip = shapely.box(0, 0, 200, 0.8)
    assert check_tiling(strip, shapely.box([0, 100], 0, [100, 200], 0.8)).valid
    # an exclave that is a strip, in the middle of another parent
    land, exclave = shapely.box(0, 0, 300, 100), shapely.box(120, 40, 160, 40.7)
    around = shapely.difference(land, exclave)
    far = shapely.box(400, 0, 500, 100)
    own = shapely.MultiPolygon([far, exclave])
    assert check_nesting([around, far, exclave], [1, 2, 2], [around, own], [1, 2]).valid


@pytest.mark.parametrize("corners", [[(0, 0), (10, 10), (10, 0), (0, 10)], [(0, 0), (10, 10), (10, 0), (0, 5)]])
def test_an_outline_that_crosses_itself_is_told_as_that_with_the_place(corners):
    bow_tie = shapely.Polygon(corners)
    with pytest.raises(InvalidGeometryError, match=r"parent.* crosses itself at \d+\.\d\d, \d+\.\d\d") as caught:
        check_tiling(bow_tie, [shapely.box(0, 0, 10, 10)])
    assert shapely.dwithin(shapely.Point(caught.value.fields["place"]), bow_tie, 1e-6)


def test_a_child_whose_crossing_halves_cancel_out_is_told_as_crossing():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(InvalidGeometryError, match=r"children: the outline crosses itself at 5.00, 5.00 \(row 1\)"):
        check_tiling(shapely.box(0, 0, 10, 10), [shapely.box(0, 0, 10, 5), bow_tie])


def test_stray_pieces_are_told_but_exclaves_of_the_parent_are_not():
    torn = check_tiling(
        shapely.box(0, 0, 30, 10),
        [shapely.union(shapely.box(0, 0, 10, 10), shapely.box(25, 0, 30, 10)), shapely.box(10, 0, 25, 10)],
    )
    assert [(fault.amount, fault.children) for fault in torn.stray_pieces] == [(50.0, (0,))]
    islands = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10)])
    assert check_tiling(islands, [islands]).valid


def test_pieces_that_touch_in_a_point_are_stray():
    cells = board(2, 2)
    report = check_tiling(
        shapely.union_all(cells), [shapely.union(cells[0], cells[3]), shapely.union(cells[1], cells[2])]
    )
    assert len(report.stray_pieces) == 2


def test_a_crossing_child_is_invalid_with_the_place_of_the_crossing():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 5)])
    report = check_tiling(shapely.box(0, 0, 10, 10), [bow_tie])
    invalid = report.of("invalid")
    assert [fault.children for fault in invalid] == [(0,)]
    assert shapely.distance(invalid[0].place, bow_tie) < 1e-9


def test_a_crossing_parent_is_refused():
    with pytest.raises(InvalidGeometryError, match="parent"):
        check_tiling(shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 5)]), board(1, 1))


def test_a_thin_exclave_is_a_sliver_too():
    fat, thin = shapely.box(0, 0, 10, 10), shapely.box(20, 0, 20.05, 10)
    report = check_tiling(shapely.MultiPolygon([fat, thin]), [shapely.MultiPolygon([fat, thin])])
    assert [(fault.kind, fault.children) for fault in report.faults] == [("sliver", (0,))]
    assert report.slivers[0].place.equals(thin)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), lost=st.integers(0, 9))
def test_bare_ground_of_the_outline_is_found_and_rounding_is_not(seed, lost):
    cells = voronoi(15, np.random.default_rng(seed))
    outline = [shapely.box(-0.01, 0, 1000.01, 1000)]
    assert uncovered(outline, cells) == []
    [gap] = uncovered(outline, np.delete(cells, lost))
    assert gap.kind == "gap"
    assert shapely.distance(gap.place, shapely.point_on_surface(cells[lost])) == 0


def test_crossings_name_the_child_and_skip_those_without_a_parent():
    found = crossings(board(3, 1), [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 17, 10), None])
    assert [(fault.kind, fault.children, fault.amount) for fault in found] == [("crossing", (1,), 30.0)]
    assert crossings(board(1, 1), [None]) == []


def test_units_astray_are_told_apart():
    cells = board(2, 1)
    assert units_astray(cells, [0, 1], cells) == []
    assert units_astray([], [], cells) == []
    found = units_astray(cells, [1, -1], cells)
    assert [(fault.kind, fault.children) for fault in found] == [("misplaced", (1,)), ("unassigned", ())]


def test_a_child_of_a_parent_without_units_is_outside():
    cells = board(2, 1)
    report = check_nesting(cells, [0, 0], cells, [0, 5])
    assert ("outside", (1,)) in [(fault.kind, fault.children) for fault in report.faults]


def test_a_net_may_hold_an_exclave_of_its_areas_but_no_piece_apart_in_one_area():
    # village 0 has an exclave (20-30) inside village 1; grids of both are merged into two nets kept under village 0
    home, west, exclave, east = shapely.box([0, 10, 20, 30], 0, [10, 20, 30, 40], 10)
    villages = [shapely.MultiPolygon([home, exclave]), shapely.MultiPolygon([west, east])]
    units = [home, west, exclave, east]
    forced = [shapely.MultiPolygon([home, exclave]), west, east]
    assert not check_nesting(units, [0, 0, 0, 0], forced, [0, 0, 0]).valid
    assert check_nesting(units, [0, 0, 0, 0], forced, [0, 0, 0], areas=villages).valid
    # the rest of the net's ground: two villages that do not touch, or a piece apart in one village
    for areas in ([home, west, exclave, east], [shapely.box(0, 0, 40, 10)]):
        report = check_nesting(units, [0, 0, 0, 0], forced, [0, 0, 0], areas=areas)
        assert [(fault.kind, fault.children) for fault in report.faults] == [("stray piece", (0,))]
