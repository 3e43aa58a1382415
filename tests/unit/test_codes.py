"""Codes are text with a grammar; what a spreadsheet broke is refused with the remedy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import codes, device_codes
from gis.codes import InvalidCodeError
from gis.grid_patterns import NESTED, PATTERNS, Numbered, next_codes, parse_pattern, pattern_for


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
        device_codes.parse_device_code(broken)
    assert "text" in caught.value.fields["remedy"]


def test_spreadsheet_traces_that_lose_nothing_are_cleaned():
    assert codes.clean_code("'34020000001320000001", what="code") == "34020000001320000001"
    assert codes.clean_code("３４０８８１", what="code") == "340881"
    assert codes.clean_code("340881.0", what="code") == "340881"
    with pytest.raises(InvalidCodeError, match="15 digits"):
        codes.clean_code("34020000001320000001.0", what="code")


def test_device_professional_and_component_codes():
    device = device_codes.parse_device_code("34020000001320000001")
    assert (device.centre, device.industry, device.kind, device.network, device.serial) == (
        "34020000", "00", "132", "0", "000001",
    )  # fmt: skip
    professional = codes.parse_professional_grid_code("01020344098310260100")
    assert professional.spans_communities
    assert professional.whole_community
    assert device_codes.parse_component_code("4409830102000001") == "4409830102000001"
    with pytest.raises(InvalidCodeError, match="16 digits"):
        device_codes.parse_component_code("440983010200001")
    assert codes.parse_grid_code("440983102001001") == "440983102001001"


@given(st.sets(st.integers(1, 900), max_size=30), st.integers(1, 50))
def test_numbers_once_given_never_come_back(given_numbers, count):
    used = [f"440983102001{number:03d}" for number in given_numbers]
    wanted = [Numbered("440983102001")] * count
    fresh = next_codes(pattern_for("household"), wanted, [*used, "440983102002999", "not a code"])
    assert len(set(fresh)) == count
    assert not set(fresh) & set(used)
    assert min(fresh) > max(used, default="")


def test_full_area_says_so():
    with pytest.raises(InvalidCodeError, match="free grid numbers"):
        next_codes(pattern_for("household"), [Numbered("440983102001")] * 2, ["440983102001998"])
    with pytest.raises(InvalidCodeError, match="free numbers"):
        codes.next_area_codes("440983", 1000, (), first=1)


def test_towns_start_where_their_kind_starts_and_short_area_codes_are_filled():
    assert codes.next_area_codes("990001", 2, ["990001100"], first=100) == ["990001101", "990001102"]
    assert next_codes(pattern_for("household"), [Numbered("990001101")], ()) == ["990001101000001"]


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


@pytest.mark.parametrize(
    "text", ["", "area", "area 1", "area 7", "12345 area 2", "area d 3", "serial 3", "area 3 x", "area grid 3"]
)
def test_patterns_that_mean_nothing_are_refused(text):
    with pytest.raises(InvalidCodeError, match="no pattern"):
        parse_pattern(text)


def test_unit_grids_have_14_or_15_digits_and_professional_ones_20():
    assert parse_pattern("area 2").length == 14
    assert pattern_for("household").length == 15
    assert pattern_for("police").length == pattern_for("safety").length == 20
    assert pattern_for("dedicated", "123456 area 2").code("4409831020", 1) == "12345644098310200001"
    assert pattern_for("a kind without its own").length == 15


@given(
    st.sampled_from(sorted(PATTERNS)),
    st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), min_size=1, max_size=12),
)
def test_codes_of_each_kind_never_come_back(kind, first, second):
    pattern = pattern_for(kind)
    grid = "001" if kind in NESTED else ""
    wishes = [
        [Numbered(f"44098310200{a}{grid}", merged, whole) for a, merged, whole in turn] for turn in (first, second)
    ]
    before = next_codes(pattern, wishes[0], ())
    after = next_codes(pattern, wishes[1], [*before, "440983102001X", "x"])
    assert len({*before, *after}) == len(before) + len(after)
    assert {len(code) for code in (*before, *after)} == {pattern.length}


def test_merged_communities_take_a_block_from_601_and_full_ones_say_so():
    police = pattern_for("police")
    assert next_codes(police, [Numbered("440983102001", merged=True)], ()) == ["99000144098310260100"]
    with pytest.raises(InvalidCodeError, match="merged"):
        next_codes(police, [Numbered("440983102001", merged=True)], ["99000144098310299900"])
    with pytest.raises(InvalidCodeError, match="free grid numbers"):
        next_codes(police, [Numbered("440983102001")], ["99000144098310200199"])
    # a whole community takes 00 once; the next grid there is numbered on
    again = next_codes(police, [Numbered("440983102001", whole=True)], ["99000144098310200100"])
    assert again == ["99000144098310200101"]


def test_grids_inside_grids_go_on_from_the_grids_code_whatever_its_form():
    assert pattern_for("micro").length == 17
    assert pattern_for("ten_household").length == 18
    wanted = [Numbered("P-7"), Numbered("440983102001003"), Numbered("P-7")]
    assert next_codes(pattern_for("micro", "grid M 2"), wanted, ["P-7M04", "P-7Mx9"]) == [
        "P-7M05",
        "440983102001003M01",
        "P-7M06",
    ]


@pytest.mark.parametrize(
    ("kind", "chosen"), [("micro", "area 3"), ("ten_household", "990003 area 2"), ("cell", "grid 3")]
)
def test_pattern_of_another_kind_says_what_it_goes_on_from(kind, chosen):
    with pytest.raises(InvalidCodeError, match=f"{kind}: its codes go on from the code of the (grid|area)"):
        pattern_for(kind, chosen)


def test_area_of_more_grids_than_its_serial_holds_takes_a_longer_one_where_it_may():
    many = [Numbered("440983102001")] * 1200
    wide = next_codes(pattern_for("cell"), many, ["440983102001007"], widen=True)
    assert (wide[0], wide[-1], len(set(wide))) == ("4409831020010001", "4409831020011200", 1200)
    with pytest.raises(InvalidCodeError, match="1200 wanted, 992 left"):
        next_codes(pattern_for("cell"), many, ["440983102001007"])


@given(st.sets(st.integers(1, 998)), st.sets(st.integers(1, 998)), st.integers(1, 60))
def test_codes_of_drafts_are_passed_over_only_while_there_are_others(given_numbers, drafted, count):
    used = [f"440983102001{number:03d}" for number in given_numbers]
    drafts = [f"440983102001{number:03d}" for number in drafted]
    left = [n for n in range(max(given_numbers, default=0) + 1, 1000) if n not in drafted]
    room = 999 - max(given_numbers, default=0)
    if count > room:
        return
    fresh = next_codes(pattern_for("household"), [Numbered("440983102001")] * count, used, spoken_for=drafts)
    assert len(set(fresh)) == count
    assert not set(fresh) & set(used)
    assert fresh == sorted(fresh)
    if len(left) >= count:
        assert not set(fresh) & set(drafts)
