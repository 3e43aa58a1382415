"""Ground seen in each grid: equal to one union of everything, in parts and in depths."""

import math

import numpy as np
import pytest
import shapely
from helsinki import footprints, random_points

from gis.errors import InvalidGeometryError
from grid_coverage import ViewSheds, Walls, depth_by_grid, ground_by_grid, prepare_walls, view_sheds


@pytest.fixture(scope="module")
def town() -> tuple[np.ndarray, ViewSheds, Walls]:
    rng = np.random.default_rng(6)
    x0, y0, x1, y1 = shapely.total_bounds(footprints())
    x, y = np.linspace(x0 - 200, x1 + 200, 9), np.linspace(y0 - 200, y1 + 200, 9)
    grids = shapely.box(*np.meshgrid(x[:-1], y[:-1]), *np.meshgrid(x[1:], y[1:])).ravel()
    azimuth = np.where(rng.random(300) < 0.1, math.nan, rng.uniform(0, 360, 300))
    walls = prepare_walls(footprints())
    return grids, view_sheds(random_points(300, 6), walls, azimuth=azimuth, hfov=100, max_range=80), walls


def test_areas_add_up_to_one_union_of_everything(town: tuple[np.ndarray, ViewSheds, Walls]) -> None:
    grids, sheds, walls = town
    table = ground_by_grid(grids, sheds, walls)
    known = shapely.union_all(sheds.polygon[sheds.known])
    assert table.seen_m2.sum() == pytest.approx(known.area, rel=1e-9)
    assert table.seen_m2_upper.sum() == pytest.approx(shapely.union_all(sheds.polygon).area, rel=1e-9)
    built = shapely.area(walls.solid).sum()
    assert table.open_m2.sum() == pytest.approx(shapely.area(grids).sum() - built, rel=1e-9)
    per_grid = shapely.area(shapely.intersection(known, grids))
    np.testing.assert_allclose(table.seen_m2, per_grid, rtol=1e-6, atol=1e-6)
    assert (table.seen_m2 <= table.seen_m2_upper + 1e-6).all()
    assert (table.seen_m2_upper <= table.open_m2 + 1e-3).all()


def test_depths_start_with_the_union_and_add_up_to_all_sheds(town: tuple[np.ndarray, ViewSheds, Walls]) -> None:
    grids, sheds, walls = town
    few = sheds.take(range(120))
    depth = depth_by_grid(grids, few, folds=12)
    np.testing.assert_allclose(depth[:, 0], ground_by_grid(grids, few, walls).seen_m2, rtol=1e-5, atol=0.1)
    # Every square metre counts once for each camera that sees it.
    assert depth.sum() == pytest.approx(shapely.area(few.polygon[few.known]).sum(), rel=1e-4)
    assert (np.diff(depth, axis=1) <= 1e-6).all()


@pytest.mark.kernel
def test_depths_of_known_overlaps() -> None:
    sheds = view_sheds(
        [[0, 0], [0, 0], [500, 0]], prepare_walls([]), azimuth=[90, 90, math.nan], hfov=[90, 30, 40], max_range=10
    )
    depth = depth_by_grid([shapely.box(-100, -100, 100, 100)], sheds)
    np.testing.assert_allclose(depth, [[25 * math.pi, 25 * math.pi / 3, 0]], rtol=1e-5)


@pytest.mark.kernel
def test_no_cameras_see_nothing() -> None:
    walls = prepare_walls([])
    sheds = view_sheds(np.empty((0, 2)), walls, azimuth=0, hfov=90, max_range=10)
    table = ground_by_grid([shapely.box(0, 0, 10, 10)], sheds, walls)
    assert (table.open_m2.tolist(), table.seen_m2.tolist(), table.seen_m2_upper.tolist()) == ([100.0], [0.0], [0.0])
    assert depth_by_grid([shapely.box(0, 0, 10, 10)], sheds).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.kernel
def test_missing_grid_is_refused() -> None:
    walls = prepare_walls([])
    sheds = view_sheds([[0, 0]], walls, azimuth=0, hfov=90, max_range=10)
    with pytest.raises(InvalidGeometryError, match="Grid 1"):
        ground_by_grid([shapely.box(0, 0, 1, 1), None], sheds, walls)
