"""Blocks give the very numbers of one go, one by one and on two processes."""

import math
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import fields
from multiprocessing import get_context

import numpy as np
import pytest
import shapely
from helsinki import footprints, random_points, streets

from gis.errors import InvalidInputError
from grid_coverage import GapTable, KeyPoints, Needs, Streets, gaps_by_grid, gaps_in_blocks, prepare_walls, view_sheds


def assert_equal_to_the_bit(found: GapTable, expected: GapTable) -> None:
    for table, other in ((found, expected), (found.points, expected.points), (found.gaps, expected.gaps)):
        for field in fields(table):
            value = getattr(table, field.name)
            if isinstance(value, np.ndarray) and value.dtype != object:
                np.testing.assert_array_equal(value, getattr(other, field.name), err_msg=field.name)
    assert shapely.equals_exact(found.gaps.geometry, expected.gaps.geometry, 0).all()


def town_job() -> tuple[tuple[object, ...], dict[str, object]]:
    rng = np.random.default_rng(9)
    x0, y0, x1, y1 = shapely.total_bounds(footprints())
    # Key places and cameras lie outside the grids too.
    x, y = np.linspace(x0 + 150, x1 - 100, 8), np.linspace(y0 + 50, y1 - 150, 6)
    grids = shapely.box(*np.meshgrid(x[:-1], y[:-1]), *np.meshgrid(x[1:], y[1:])).ravel()
    azimuth = np.where(rng.random(250) < 0.1, math.nan, rng.uniform(0, 360, 250))
    reach = rng.choice([0, 40, 80, 150], 250)
    sheds = view_sheds(random_points(250, 9), prepare_walls(footprints()), azimuth=azimuth, hfov=90, max_range=reach)
    needs = Needs(street_folds=2, incidents=rng.integers(0, 9, len(grids)).astype(float))
    places = KeyPoints.of(random_points(800, 10), rng.integers(1, 4, 800), rng.integers(0, 3, 800))
    return (grids, sheds), {"streets": Streets.of(streets()), "key_points": places, "needs": needs}


@pytest.mark.parametrize("blocks", [1, 2, 5, 500])
def test_blocks_equal_one_go_to_the_bit(blocks: int) -> None:
    args, options = town_job()
    assert_equal_to_the_bit(gaps_in_blocks(*args, **options, blocks=blocks), gaps_by_grid(*args, **options))


def test_two_processes_equal_one() -> None:
    args, options = town_job()
    executor: Executor
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        found = gaps_in_blocks(*args, **options, blocks=4, executor=executor)
    assert_equal_to_the_bit(found, gaps_by_grid(*args, **options))


@pytest.mark.kernel
def test_no_grids_are_one_empty_block() -> None:
    sheds = view_sheds([[0, 0]], prepare_walls([]), azimuth=0, hfov=90, max_range=20)
    found = gaps_in_blocks(
        [], sheds, streets=Streets.of([]), key_points=KeyPoints.of([[0, 5]]), needs=Needs(), blocks=3
    )
    assert len(found) == 0
    assert found.points.cameras.tolist() == [1]


def test_number_of_blocks_is_checked() -> None:
    sheds = view_sheds([[0, 0]], prepare_walls([]), azimuth=0, hfov=90, max_range=20)
    with pytest.raises(InvalidInputError, match="blocks"):
        gaps_in_blocks([], sheds, streets=Streets.of([]), key_points=KeyPoints.of([[0, 5]]), needs=Needs(), blocks=0)
