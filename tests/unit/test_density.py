"""Range by pixel density: the published table, panoramas, unknown sensors and bad input."""

import math

import numpy as np
import pytest

from gis.errors import InvalidInputError
from grid_coverage.density import DORI, OODPCVS, range_at_density, useful_range


@pytest.mark.parametrize(
    ("pixels", "hfov", "expected"),
    [(1920, 60, [6.7, 13.3, 26.6, 66.5]), (2560, 90, [5.1, 10.2, 20.5, 51.2]), (3840, 90, [7.7, 15.4, 30.7, 76.8])],
)
def test_ranges_are_those_of_the_table(pixels: float, hfov: float, expected: list[float]) -> None:
    levels = [DORI[name] for name in ("identify", "recognise", "observe", "detect")]
    np.testing.assert_allclose(range_at_density(pixels, hfov, levels), expected, atol=0.06)


def test_levels_of_the_new_edition_shorten_the_range_in_turn() -> None:
    reach = range_at_density(2560, 90, list(OODPCVS.values()))
    assert (np.diff(reach) < 0).all()
    assert list(OODPCVS) == ["overview", "outline", "discern", "perceive", "characterise", "validate", "scrutinise"]


def test_panorama_spreads_its_pixels_over_the_arc() -> None:
    assert range_at_density(8000, 360, 20)[0] == pytest.approx(8000 / (20 * 2 * math.pi))


def test_range_is_shortened_to_discern_unless_the_sensor_is_unknown() -> None:
    found = useful_range([80, 80, 5], [1920, math.nan, 1920], 60)
    np.testing.assert_allclose(found, [1920 / (160 * math.tan(math.radians(30))), 80, 5])


@pytest.mark.parametrize(("pixels", "hfov", "density"), [(0, 60, 80), (1920, 0, 80), (1920, 361, 80), (1920, 60, 0)])
def test_numbers_out_of_bounds_are_refused(pixels: float, hfov: float, density: float) -> None:
    with pytest.raises(InvalidInputError, match="Row 0"):
        range_at_density(pixels, hfov, density)
