"""repair_tiling and hold_borders: drawn grids meet afterwards, and everything that moved is told."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tilings import board, voronoi

from gis.errors import InvalidInputError
from gis.overlay import snap_to_grid
from grid_partition import build_atoms
from grid_partition.held_borders import bend_to_borders, hold_borders
from grid_partition.repair import RULES, RepairOptions, repair_tiling


def rings_closed(cells, rng, by):
    out = []
    for cell in cells:
        ring = shapely.get_coordinates(cell)[:-1]
        out.append(shapely.Polygon(snap_to_grid(ring + rng.uniform(-by, by, ring.shape))))
    return np.array(out, dtype=object)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000), n=st.integers(2, 25))
def test_a_tiling_is_returned_untouched(seed, n):
    cells = voronoi(n, np.random.default_rng(seed))
    report = repair_tiling(cells)
    assert report.untouched
    assert shapely.equals_exact(report.geometry, cells, 0).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000), n=st.integers(3, 20), by=st.sampled_from([0.05, 0.2, 1.0]))
def test_shaky_hands_are_mended_to_a_tiling(seed, n, by):
    rng = np.random.default_rng(seed)
    drawn = rings_closed(voronoi(n, rng), rng, by)
    drawn = drawn[shapely.is_valid(drawn) & (shapely.area(drawn) > 400)]
    if len(drawn) < 2:
        return
    report = repair_tiling(drawn, RepairOptions(tolerance=2 * by + 0.1))
    assert shapely.coverage_is_valid(report.geometry)
    assert shapely.is_valid(report.geometry).all()
    moved = np.abs(shapely.area(report.geometry) - shapely.area(drawn))
    assert (moved <= 4 * by * shapely.length(drawn) + sum(change.area for change in report.changes) + 1).all()


def test_overlaps_go_by_the_rule_and_are_told():
    drawn = [shapely.box(0, 0, 12, 10), shapely.box(8, 0, 40, 10)]
    for rule, areas in (("first", [120.0, 280.0]), ("smaller", [120.0, 280.0])):
        report = repair_tiling(drawn, RepairOptions(overlap=rule))
        (change,) = report.changes
        assert (change.kind, change.area, change.polygons, change.given_to) == ("overlap", 40.0, (0, 1), 0)
        assert shapely.area(report.geometry).tolist() == areas
        assert change.place.within(shapely.box(8, 0, 12, 10))
    inner = [shapely.box(0, 0, 30, 30), shapely.box(25, 10, 40, 20)]
    report = repair_tiling(inner)
    assert shapely.coverage_is_valid(report.geometry)
    assert report.changes[0].kind == "overlap"


def test_a_gap_goes_to_the_longest_border_and_a_large_one_stays():
    ring = [
        shapely.box(0, 0, 30, 10),
        shapely.box(0, 10, 10, 20),
        shapely.box(12, 10, 30, 20),
        shapely.box(0, 20, 30, 30),
    ]
    small = repair_tiling(ring, RepairOptions(tolerance=0.1, largest_gap=50))
    (change,) = small.changes
    assert (change.kind, change.area) == ("gap", 20.0)
    assert change.given_to in (1, 2)
    assert shapely.area(small.geometry).sum() == pytest.approx(900)
    large = repair_tiling(ring, RepairOptions(tolerance=0.1, largest_gap=5))
    assert [each.kind for each in large.changes] == ["open gap"]
    matched = [shapely.box(0, 0, 30, 10), shapely.box(0, 10, 10, 20), shapely.box(20, 10, 30, 20),
               shapely.box(0, 20, 30, 30)]  # fmt: skip
    noded = [shapely.segmentize(each, 10) for each in matched]
    report = repair_tiling(noded, RepairOptions(largest_gap=5))
    assert report.untouched
    assert [each.kind for each in report.changes] == ["open gap"]
    assert repair_tiling(noded, RepairOptions(largest_gap=500)).changes[0].kind == "gap"


def test_a_crossed_outline_is_mended_and_told():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 4)])
    report = repair_tiling([bow_tie, shapely.box(10, 0, 20, 10)])
    assert report.changes[0].kind == "invalid"
    assert shapely.is_valid(report.geometry).all()


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(InvalidInputError, match="settled"):
        repair_tiling(board(2, 1), RepairOptions(overlap="dice"))
    with pytest.raises(InvalidInputError, match="tolerance"):
        repair_tiling(board(2, 1), RepairOptions(tolerance=-1))
    with pytest.raises(InvalidInputError, match="no polygons"):
        repair_tiling([])


@pytest.mark.parametrize("rule", RULES)
def test_a_polygon_drawn_twice_counts_once_and_the_other_faults_are_told_too(rule):
    drawn = [
        shapely.box(0, 0, 10, 10),
        shapely.box(0, 0, 10, 10),
        shapely.box(8, 0, 30, 10),
        shapely.box(0, 0, 10, 9.9),
    ]
    report = repair_tiling(drawn, RepairOptions(tolerance=0.01, overlap=rule))
    covered = {change.polygons: change for change in report.changes if change.kind == "covered"}
    left = {row for row in range(4) if not report.geometry[row].is_empty}
    assert {(row,) for row in range(4)} - {(row,) for row in left} == set(covered)
    assert 2 in left
    assert len(left & {0, 1, 3}) == 1
    assert all(
        change.given_to in left and drawn[change.polygons[0]].contains(change.place) for change in covered.values()
    )
    assert "overlap" in {change.kind for change in report.changes}
    assert shapely.area(report.geometry).sum() == pytest.approx(300)
    assert not report.untouched


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("order", [1, -1])
def test_a_polygon_inside_another_keeps_its_ground(rule, order):
    drawn = [shapely.box(0, 0, 30, 30), shapely.box(10, 10, 20, 20), shapely.box(12, 12, 15, 15)][::order]
    report = repair_tiling(drawn, RepairOptions(overlap=rule))
    assert sorted(shapely.area(report.geometry).tolist()) == [9, 91, 800]
    assert {change.kind for change in report.changes} == {"overlap"}
    assert shapely.coverage_is_valid(report.geometry)


def test_a_polygon_and_a_hole_smaller_than_the_tolerance_fall_into_no_point():
    yard = shapely.box(0, 0, 200, 200).difference(shapely.box(150, 150, 151, 151))
    tiny = shapely.box(200.5, 0.2, 201, 0.7)
    report = repair_tiling([yard, tiny, shapely.box(190, 100, 400, 200), shapely.box(150.5, 150.5, 150.8, 150.8)],
                           RepairOptions(tolerance=3))  # fmt: skip
    assert shapely.coverage_is_valid(report.geometry)
    assert report.geometry[1].equals(tiny)
    assert {change.kind for change in report.changes} >= {"overlap"}
    assert "snapped" not in {change.kind for change in report.changes if 1 in change.polygons}


def test_a_polygon_under_several_others_is_left_out():
    parts = board(2, 2)
    report = repair_tiling([*parts, shapely.union_all(parts)])
    (covered,) = [change for change in report.changes if change.kind == "covered"]
    assert (covered.polygons, report.geometry[4].is_empty) == ((4,), True)
    assert shapely.equals(report.geometry[:4], parts).all()


def test_atoms_that_put_few_corners_into_a_border_are_joined():
    rng = np.random.default_rng(5)
    outline = shapely.Polygon([(0, 0), (100, 3), (101, 101), (0, 98)])
    many = shapely.segmentize(outline, 0.5)
    grid = shapely.transform(many, snap_to_grid)
    made = build_atoms(grid, rng.uniform(10, 90, (12, 2)), demand=np.ones(12), parents=[grid])
    held = hold_borders(made, [grid])
    assert held.demand.sum() == 12
    shape = shapely.coverage_union_all(held.geometry)
    if held is not made:
        assert shapely.normalize(shape) == shapely.normalize(grid)


def test_a_free_border_may_bend():
    grid = shapely.Polygon([(0, 0), (100, 3), (101, 101), (0, 98)])
    made = build_atoms(grid, [[20, 20], [80, 80], [50, 40]], demand=[1, 1, 1], parents=[grid])
    assert hold_borders(made, [grid]) is made


def test_lines_take_the_corners_of_borders_along_them():
    street = shapely.LineString([(0, 0), (10, 0)])
    far = shapely.LineString([(0, 3), (10, 3)])
    bent = shapely.Polygon([(0, 0), (5, 0.01), (10, 0), (10, 5), (0, 5)])
    near, away = bend_to_borders([street, far], [bent])
    assert len(near.coords) == 3
    assert away.equals(far)
    assert len(bend_to_borders([], [bent])) == 0
