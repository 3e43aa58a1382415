"""Rings of view sheds: a ring that is proved simple is valid for GEOS, whatever rounding does to it."""

import math

import numpy as np
import pytest
import shapely
from helsinki import footprints, random_points
from hypothesis import given, settings
from hypothesis import strategies as st

from grid_coverage import prepare_walls, snap_out
from grid_coverage.rings import FULL, surely_simple
from grid_coverage.sweep import sweep_all

EYE = np.array([385000.25, 6672000.125])
HAIRS = st.sampled_from([0.0, 0.0, 1e-16, -1e-16, 1e-12, -1e-12, 1e-8, -1e-8, 0.05, 0.4, 1.5])
NEAR_AND_FAR = st.sampled_from([0.006, 0.05, 3.0, 3.000001, 20.0, 79.999999, 80.0])


def ring_of(steps: list[tuple[float, float]], full: bool) -> np.ndarray:
    """Vertices by steps of angle and distances, round a camera on the map, closed (through it if not full)."""
    angle, distance = np.cumsum([step for step, _ in steps]), np.array([far for _, far in steps])
    xy = EYE + np.column_stack([np.cos(angle), np.sin(angle)]) * distance[:, None]
    return np.vstack([xy, xy[:1]] if full else [xy, EYE, xy[:1]])


@pytest.mark.kernel
@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(HAIRS, NEAR_AND_FAR), min_size=3, max_size=14), st.booleans())
def test_ring_proved_simple_is_valid(steps: list[tuple[float, float]], full: bool) -> None:
    turned = sum(step for step, _ in steps[1:])
    ring = ring_of(steps, full)
    # what the sweep promises: once round at most
    if turned < FULL - 1e-3 and surely_simple(ring, FULL if full else turned, EYE):
        assert shapely.is_valid(shapely.Polygon(ring))


@pytest.mark.kernel
def test_jump_behind_a_wall_is_proved_though_rounding_turns_it_back() -> None:
    near, far = 5.0, 60.0
    back = -1e-12
    steps = [(0.0, near), (0.5, near), (back, far), (0.5, far), (back, near), (0.4, near)]
    assert surely_simple(ring_of(steps, full=False), 1.4, EYE)


@pytest.mark.kernel
@pytest.mark.parametrize(
    "steps",
    [
        [(0.0, 60.0), (0.5, 5.0), (-0.4, 40.0), (1.0, 0.1)],
        [(0.0, 5.0), (0.5, 5.0), (-1e-6, 60.0), (-1e-6, 20.0), (0.5, 60.0)],
        [(0.0, 5.0), (-1e-6, 60.0), (0.5, 60.0)],
        [(0.0, 5.0), (0.5, 5.0)],
    ],
    ids=["crosses itself", "spike", "jumps at its edge", "too few"],
)
def test_doubtful_ring_is_left_to_geos(steps: list[tuple[float, float]]) -> None:
    assert not surely_simple(ring_of(steps, full=False), 1.0, EYE)


@pytest.mark.kernel
def test_view_of_almost_a_full_turn_is_left_to_geos() -> None:
    assert not surely_simple(ring_of([(0.0, 5.0), (2.0, 5.0), (2.0, 5.0), (2.0, 5.0)], full=False), FULL - 1e-6, EYE)


@pytest.mark.kernel
def test_nine_of_ten_rings_of_a_town_are_proved_and_all_are_valid() -> None:
    walls = prepare_walls(footprints())
    eyes, _, buried = snap_out(random_points(300, seed=4), walls, azimuth=np.full(300, math.nan))
    opening = np.where(buried, 0.0, np.where(np.arange(300) % 4, math.radians(80), FULL))
    reach = np.full(300, 80.0)
    ring, offsets, _, simple = sweep_all(eyes, np.zeros(300), opening, reach, math.radians(0.4), walls.index)
    rings = [ring[offsets[at] : offsets[at + 1]] for at in range(300) if offsets[at + 1] > offsets[at]]
    assert all(shapely.is_valid(shapely.Polygon(own)) for own in rings)
    assert simple.mean() > 0.9
