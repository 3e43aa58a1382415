"""Codes are text with a grammar; what a spreadsheet broke is refused with the remedy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import codes
from gis.codes import InvalidCodeError


def test_area_levels_parents_and_numbers():
    village = codes.parse_area_code("440983102001")
    assert (village.level, village.parent, village.path) == (
        "village",
        "440983102",
        "440983.440983102.440983102001",
    )
    assert (village.number, village.town_number, village.county_number) == (440983102001, 440983102000, 440983000000)
    assert codes.parse_area_code("440983000000").level == "county"
    assert codes.parse_area_code("440983").parent is None


@pytest.mark.parametrize("bad", ["44098", "4409831020011", "44098310200A", "", "四四零九八三"])
def test_other_lengths_and_letters_are_no_area_codes(bad):
    with pytest.raises(InvalidCodeError):
        codes.parse_area_code(bad)


@pytest.mark.parametrize("broken", ["3.2E+19", "3,2e+19", "3.402E19", "1e5"])
def test_scientific_notation_is_refused_with_the_remedy(broken):
    with pytest.raises(InvalidCodeError, match="scientific") as caught:
        codes.parse_device_code(broken)
    assert "text" in caught.value.fields["remedy"]


def test_spreadsheet_traces_that_lose_nothing_are_cleaned():
    assert codes.clean_code("'34020000001320000001", what="code") == "34020000001320000001"
    assert codes.clean_code("３４０８８１", what="code") == "340881"
    assert codes.clean_code("340881.0", what="code") == "340881"
    with pytest.raises(InvalidCodeError, match="15 digits"):
        codes.clean_code("34020000001320000001.0", what="code")


def test_device_professional_and_component_codes():
    device = codes.parse_device_code("34020000001320000001")
    assert (device.centre, device.industry, device.kind, device.network, device.serial) == (
        "34020000", "00", "132", "0", "000001",
    )  # fmt: skip
    professional = codes.parse_professional_grid_code("01020344098310260100")
    assert professional.spans_communities
    assert professional.whole_community
    assert codes.parse_component_code("4409830102000001") == "4409830102000001"
    with pytest.raises(InvalidCodeError, match="16 digits"):
        codes.parse_component_code("440983010200001")
    assert codes.parse_grid_code("440983102001001") == "440983102001001"


@given(st.sets(st.integers(1, 900), max_size=30), st.integers(1, 50))
def test_numbers_once_given_never_come_back(given_numbers, count):
    used = [f"440983102001{number:03d}" for number in given_numbers]
    fresh = codes.next_grid_codes("440983102001", count, [*used, "440983102002999", "not a code"])
    assert len(set(fresh)) == count
    assert not set(fresh) & set(used)
    assert min(fresh) > max(used, default="")


def test_full_area_says_so():
    with pytest.raises(InvalidCodeError, match="free grid numbers"):
        codes.next_grid_codes("440983102001", 2, ["440983102001998"])
    with pytest.raises(InvalidCodeError, match="free numbers"):
        codes.next_area_codes("440983", 1000, (), first=1)


def test_towns_start_where_their_kind_starts_and_short_area_codes_are_filled():
    assert codes.next_area_codes("990001", 2, ["990001100"], first=100) == ["990001101", "990001102"]
    assert codes.next_grid_codes("990001101", 1, ()) == ["990001101000001"]


@given(st.integers(1, 12), st.integers(1, 12))
def test_regular_grid_is_numbered_row_by_row_from_the_north_west(columns, rows):
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    points = np.column_stack([x.ravel(), y.ravel()]).astype(float)
    order = codes.reading_order(points * 100)
    expected = sorted(range(len(points)), key=lambda i: (-points[i, 1], points[i, 0]))
    assert order.tolist() == expected


def test_reading_order_of_nothing_and_of_one():
    assert codes.reading_order(np.empty((0, 2))).tolist() == []
    assert codes.reading_order([[3.0, 4.0]]).tolist() == [0]
