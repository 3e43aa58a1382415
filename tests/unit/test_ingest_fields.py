"""A cell becomes a value or a refusal with its remedy, never anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gis.errors import InvalidInputError
from services.ingest.fields import azimuth, bounded, degrees, moment, number, whole

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


@pytest.mark.parametrize(
    "cell",
    ["45962.5", "2025-11-01 12:00", "2025.11.1 12:00", "1.11.2025 12:00", "2025年11月1日12时00分", "2025年11月1日 12:00",
     "11/01/2025 12:00:00 PM", "2025-11-01T10:00:00Z"],
)  # fmt: skip
def test_times_are_read_as_offices_and_sheets_write_them(cell):
    assert moment(ZoneInfo("Europe/Helsinki"))(cell) == datetime(2025, 11, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["12345", "99999", "2026-02-29", "昨天", "1.13.2025", "1234567"])
def test_what_is_no_time_is_refused(cell):
    with pytest.raises(InvalidInputError):
        moment(None)(cell)
