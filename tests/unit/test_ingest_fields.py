"""A cell becomes a value or a refusal with its remedy, never anything else."""

from __future__ import annotations

import pytest

from gis.errors import InvalidInputError
from services.ingest.fields import azimuth, bounded, degrees, number, whole

NO_NUMBERS = ("1e999", "-1e999", "9" * 400, "inf", "-Infinity", "nan")


@pytest.mark.parametrize("cell", NO_NUMBERS)
@pytest.mark.parametrize("parse", [number, bounded(0, 10, "m"), whole(0, 10), degrees, azimuth])
def test_what_no_number_can_hold_is_refused_with_a_remedy(parse, cell):
    with pytest.raises(InvalidInputError) as caught:
        parse(cell)
    assert caught.value.message.startswith("is ")
    assert caught.value.fields["remedy"]


def test_headings_are_degrees_or_compass_points():
    assert [azimuth(cell) for cell in ("450", "-90", "NE", "东南向", "12,5°")] == [90.0, 270.0, 45.0, 135.0, 12.5]
