"""Cameras that could go: together they take nothing along, and no other one could follow."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_coverage import KeyPoints, Needs, Streets, gaps_by_grid, prepare_walls, view_sheds
from grid_coverage.redundant import spare_cameras

WALLS = prepare_walls([shapely.box(20, 5, 30, 25)])
GROUND = [shapely.box(-20, -20, 80, 60)]
STREETS = Streets.of([shapely.LineString([(-30, 0), (90, 0)]), shapely.LineString([(10, -30), (10, 70)])])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 2))
def test_all_removable_cameras_together_take_nothing_along(seed: int, folds: int) -> None:
    rng = np.random.default_rng(seed)
    azimuth = np.where(rng.random(9) < 0.2, np.nan, rng.uniform(0, 360, 9))
    sheds = view_sheds(rng.uniform((-20, -20), (80, 60), (9, 2)), WALLS, azimuth=azimuth, hfov=120, max_range=50)
    places = KeyPoints.of(rng.uniform((-20, -20), (80, 60), (10, 2)), need=rng.integers(0, 3, 10))
    found = spare_cameras(GROUND, sheds, streets=STREETS, key_points=places, folds=folds)

    def figures(kept: np.ndarray) -> tuple[float, int]:
        table = gaps_by_grid(GROUND, sheds.take(kept), streets=STREETS, key_points=places, needs=Needs())
        lack = np.maximum(0, places.need - table.points.cameras)[table.points.grid >= 0].sum()
        return float(table.seen_m[0, :folds].sum()), int(lack)

    everyone = np.ones(9, dtype=bool)
    kept = everyone.copy()
    kept[found.removable] = False
    before, after = figures(everyone), figures(kept)
    assert after[0] == pytest.approx(before[0], abs=0.05 * 9 + 1e-6)
    assert after[1] == before[1]
    assert not np.isnan(azimuth[found.removable]).any()
    for camera in np.flatnonzero(kept & sheds.known):
        fewer = kept.copy()
        fewer[camera] = False
        lost = figures(fewer)
        assert after[0] - lost[0] > 0.04 or lost[1] > after[1]
    for camera in range(9):
        alone = everyone.copy()
        alone[camera] = False
        if folds == 1:
            assert found.loss_m[camera] == pytest.approx(before[0] - figures(alone)[0], abs=1e-6)


@pytest.mark.kernel
def test_two_cameras_that_stand_in_for_each_other_do_not_both_go() -> None:
    sheds = view_sheds([[0, 0], [0, 0]], prepare_walls([]), azimuth=90, hfov=90, max_range=30)
    none = KeyPoints.of(np.empty((0, 2)))
    assert len(spare_cameras(GROUND, sheds, streets=STREETS, key_points=none).removable) == 1
    assert len(spare_cameras(GROUND, sheds, streets=STREETS, key_points=none, folds=2).removable) == 0
    unknown = view_sheds([[0, 0]], prepare_walls([]), azimuth=np.nan, hfov=90, max_range=30)
    assert len(spare_cameras(GROUND, unknown, streets=STREETS, key_points=none).removable) == 0
    with pytest.raises(InvalidInputError, match="tolerance"):
        spare_cameras(GROUND, sheds, streets=STREETS, key_points=none, tolerance=-1)
