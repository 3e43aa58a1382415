"""Where computing coverage usually goes wrong, each trap by its name, and the test that holds it.

`HELD` is the whole list; traps that a neighbouring file holds are not repeated here.
"""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from helsinki import footprints, random_points

from grid_coverage import (
    KeyPoints,
    Needs,
    Streets,
    depth_by_grid,
    gaps_by_grid,
    ground_by_grid,
    prepare_walls,
    view_sheds,
)
from grid_coverage.snap import SNAP_REACH

ROOT = Path(__file__).resolve().parents[2]

HELD = {
    "streets: the union of clipped lines counts overlaps twice": (
        "unit/test_gaps.py::test_street_metres_equal_clip_by_union_and_not_the_union_of_clips",
    ),
    "two solvers that cannot live in one process": (
        "unit/test_coverage_traps.py::test_solvers_that_cannot_live_in_one_process_are_never_imported",
    ),
    "a camera inside a footprint sees everything": (
        "unit/test_view_sheds.py::test_camera_in_a_building_is_snapped_out_through_the_wall_it_looks_through",
        "unit/test_view_sheds.py::test_camera_deep_in_a_building_sees_no_ground_and_says_so",
        "api/test_coverage_bad_input.py::test_a_camera_in_a_wall_is_put_before_it_and_one_deep_inside_sees_nothing",
    ),
    "overlapping footprints and party walls": (
        "unit/test_view_sheds.py::test_party_walls_and_crossings_vanish",
        "unit/test_coverage_traps.py::test_footprints_that_overlap_or_have_no_known_height_hide_like_one",
        "api/test_coverage_bad_input.py::test_footprints_without_height_overlapping_or_open",
    ),
    "ground seen by two and three, polygonised without snapping": (
        "unit/test_coverage_traps.py::test_ground_seen_by_two_and_three_equals_a_count_at_random_points",
        "unit/test_ground.py::test_depths_start_with_the_union_and_add_up_to_all_sheds",
    ),
    "shadows cut out of a disk fail at walls very near": (
        "unit/test_coverage_traps.py::test_wall_very_near_a_camera_hides_the_half_behind_it",
    ),
    "too narrow a halo round a block": (
        "unit/test_coverage_traps.py::test_walls_farther_than_range_and_snapping_change_nothing",
        "unit/test_scaleout.py::test_blocks_equal_one_go_to_the_bit",
        "unit/test_scaleout.py::test_two_processes_equal_one",
    ),
    "degrees in the place of metres": (
        "services/test_coverage_rough.py::test_areas_are_metres_on_the_earth_and_not_degrees",
    ),
    "drawn arcs lose area": ("unit/test_view_sheds.py::test_polygons_differ_from_true_areas_by_their_arcs_only",),
    "the table of detail that a newer edition replaced": (
        "unit/test_density.py::test_ranges_are_those_of_the_table",
        "unit/test_density.py::test_levels_of_the_new_edition_shorten_the_range_in_turn",
    ),
    "bridges, underpasses and tree crowns are not in a flat sweep": (
        "unit/test_coverage_traps.py::test_readers_are_told_that_the_sweep_is_flat",
    ),
    "the first call of a kernel": (
        "unit/test_kernels_ready.py::test_first_calls_of_a_fresh_process_compile_nothing",
        "unit/test_kernels_ready.py::test_the_first_camera_of_a_warm_server_loads_no_kernel",
    ),
    "turning cameras: all they reach, or where they look now": (
        "services/test_coverage_history.py::test_turning_cameras_count_all_they_reach_or_their_pose",
    ),
    "an output buffer of a fixed size": (
        "unit/test_view_sheds.py::test_fine_arcs_never_overflow_the_output",
        "unit/test_view_sheds.py::test_dense_walls_never_overflow_the_span_table",
    ),
    "a street that touches a view in one point only": (
        "unit/test_coverage_traps.py::test_street_through_a_camera_that_looks_aside_is_not_seen",
    ),
    "counters of few bits": (
        "unit/test_coverage_traps.py::test_seventy_thousand_cameras_on_one_spot_are_counted_and_see_what_one_sees",
    ),
}


def test_every_trap_is_held_by_tests_that_are_there() -> None:
    for trap, tests in HELD.items():
        for test in tests:
            file, _, name = test.partition("::")
            tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
            assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, (trap, test)


def test_readers_are_told_that_the_sweep_is_flat() -> None:
    """What is not computed can only be said: on a bridge or under trees the figures are too high."""
    told = (ROOT / "docs" / "explanation" / "coverage.md").read_text(encoding="utf-8")
    assert "elevated roads, underpasses and tree crowns are not in it" in told


def test_solvers_that_cannot_live_in_one_process_are_never_imported() -> None:
    """Highspy and ortools both bring a HiGHS of their own, whichever comes second fails; ours comes with scipy."""
    packages = ("gis", "grid_partition", "grid_coverage", "casework", "services", "api", "cli", "store", "layers")
    for file in (file for package in packages for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & {"highspy", "ortools"}, file


def test_ground_seen_by_two_and_three_equals_a_count_at_random_points() -> None:
    """Depths that are polygonised without snapping are wrong in some grids; points know nothing of arrangements."""
    x0, y0, x1, y1 = shapely.total_bounds(footprints())
    x, y = np.linspace(x0, x1, 7), np.linspace(y0, y1, 7)
    grids = shapely.box(*np.meshgrid(x[:-1], y[:-1]), *np.meshgrid(x[1:], y[1:])).ravel()
    azimuth = np.random.default_rng(8).uniform(0, 360, 400)
    sheds = view_sheds(random_points(400, 8), prepare_walls(footprints()), azimuth=azimuth, hfov=90, max_range=80)
    depth = depth_by_grid(grids, sheds)
    rng = np.random.default_rng(9)
    spots = shapely.points(rng.uniform(x0, x1, 200_000), rng.uniform(y0, y1, 200_000))
    spot, _ = shapely.STRtree(spots).query(sheds.polygon, predicate="contains")[::-1]
    seen = np.bincount(spot, minlength=len(spots))
    home = np.full(len(spots), -1)
    grid, inside = shapely.STRtree(spots).query(grids, predicate="contains")
    home[inside] = grid
    cell = shapely.area(grids)
    for fold in (1, 2, 3):
        hits = np.bincount(home[(seen >= fold) & (home >= 0)], minlength=len(grids))
        tries = np.bincount(home[home >= 0], minlength=len(grids))
        share = hits / tries
        spread = np.sqrt(np.maximum(share * (1 - share), 1e-4) / tries)
        assert (np.abs(depth[:, fold - 1] / cell - share) < 5 * spread).all(), fold


@pytest.mark.kernel
@pytest.mark.parametrize("near", [1.0, 0.1, 0.01, 0.001])
def test_wall_very_near_a_camera_hides_the_half_behind_it(near: float) -> None:
    """Shadows cut out of a disk fail here: the shadow of a wall at arm's length is all but a half plane."""
    walls = prepare_walls([shapely.box(near, -500, near + 10, 500)])
    shed = view_sheds([[0, 0]], walls, azimuth=0, hfov=360, max_range=50)
    half = math.acos(near / 50)
    assert shed.area[0] == pytest.approx(math.pi * 2500 - (2500 * half - near * math.sqrt(2500 - near**2)), rel=1e-9)
    assert shapely.bounds(shed.polygon[0])[2] <= near + 1e-6


def test_walls_farther_than_range_and_snapping_change_nothing() -> None:
    """A block that is computed by itself needs walls out to the range of its cameras, and no more."""
    xy, reach = random_points(60, 12), 80.0
    azimuth = np.random.default_rng(12).uniform(0, 360, 60)
    whole = view_sheds(xy, prepare_walls(footprints()), azimuth=azimuth, hfov=100, max_range=reach)
    every = np.asarray(footprints(), dtype=object)
    for row in range(len(xy)):
        halo = shapely.Point(xy[row]).buffer(reach + SNAP_REACH + 1)
        around = prepare_walls(every[shapely.intersects(every, halo)])
        one = view_sheds(xy[[row]], around, azimuth=azimuth[row], hfov=100, max_range=reach)
        assert one.area[0] == pytest.approx(whole.area[row], rel=1e-9, abs=1e-6)
        assert one.flag[0] == whole.flag[row]


def test_seventy_thousand_cameras_on_one_spot_are_counted_and_see_what_one_sees() -> None:
    """Counters of 16 bits would start again at nothing."""
    many = 70_000
    walls = prepare_walls([shapely.box(20, -5, 30, 5)])
    sheds = view_sheds(np.zeros((many, 2)), walls, azimuth=90, hfov=90, max_range=40)
    grid = [shapely.box(-50, -50, 50, 50)]
    street = Streets.of([shapely.LineString([(-40, 0), (40, 0)])])
    found = gaps_by_grid(grid, sheds, streets=street, key_points=KeyPoints.of([[10, 0]]), needs=Needs())
    assert (found.cameras.tolist(), found.points.cameras.tolist()) == ([many], [many])
    np.testing.assert_allclose(found.seen_m, [[20, 20, 20]], atol=1e-6)
    ground = ground_by_grid(grid, sheds, walls)
    np.testing.assert_allclose(ground.seen_m2, sheds.area[:1], rtol=1e-4)


@pytest.mark.kernel
@pytest.mark.parametrize("turn", [0, 45, 90, 180, 211, 270])
@pytest.mark.parametrize("share", [0.5, 0.25, 0.7])
def test_street_through_a_camera_that_looks_aside_is_not_seen(turn: int, share: float) -> None:
    """The eye is a corner of its own view: a street that only touches it there lies outside."""
    way = np.array([math.sin(math.radians(turn)), math.cos(math.radians(turn))])
    start = np.round(np.array([500.0, 700.0]) - 200 * share * way, 2)
    end = np.round(np.array([500.0, 700.0]) + 200 * (1 - share) * way, 2)
    eye = start + share * (end - start)
    walls = prepare_walls([])
    sheds = view_sheds([eye, eye], walls, azimuth=[turn + 90, turn - 90], hfov=60, max_range=80)
    street = Streets.of([shapely.LineString([start, end])])
    found = gaps_by_grid(
        [shapely.box(0, 0, 1000, 1000)], sheds, streets=street, key_points=KeyPoints.of([]), needs=Needs()
    )
    assert found.street_m[0] == pytest.approx(200, abs=0.02)
    np.testing.assert_allclose(found.seen_m_upper, 0, atol=1e-6)


@pytest.mark.kernel
def test_footprints_that_overlap_or_have_no_known_height_hide_like_one() -> None:
    pieces = [shapely.box(10, -50, 20, 10), shapely.box(10, -10, 20, 50), shapely.box(12, -5, 18, 5)]
    for heights in (None, [math.nan] * 3):
        sheds = view_sheds([[0, 0]], prepare_walls(pieces, heights=heights), azimuth=90, hfov=90, max_range=40)
        assert sheds.area[0] == pytest.approx(100)
