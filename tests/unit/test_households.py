"""Households are estimated from evidence, never from the order of rows, and doors keep every one of them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_partition.doors import STAIR_HOUSEHOLDS, place_doors, split_evenly, stair_points
from grid_partition.households import EVIDENCE, BuildingEvidence, estimate_households

KINDS = ("apartments", "house", "terrace", "yes", "industrial", "dormitory", "garage", "residential")
NAN = float("nan")


def _evidence(*rows):
    """Rows of (kind, use, footprint, levels, height, flats, addresses)."""
    kind, use, footprint, levels, height, flats, addresses = zip(*rows, strict=True) if rows else ([],) * 7
    return BuildingEvidence(
        np.array(kind, dtype=object),
        np.array(use, dtype=object),
        np.array(footprint, dtype=float),
        np.array(levels, dtype=float),
        np.array(height, dtype=float),
        np.array(flats, dtype=float),
        np.array(addresses, dtype=np.int64),
    )


def _one(*row):
    found = estimate_households(_evidence(row), [0])
    return int(found.buildings[0]), found.building_evidence[0]


def test_evidence_is_taken_in_the_documented_order():
    assert _one("apartments", "", 600.0, 5.0, NAN, 17.0, 2) == (17, "flats")
    assert _one("apartments", "", 600.0, 5.0, NAN, NAN, 2) == (30, "levels")
    assert _one("apartments", "", 600.0, NAN, 16.0, NAN, 2) == (30, "levels")
    assert _one("apartments", "", 600.0, NAN, NAN, NAN, 2) == (24, "type")
    assert _one("yes", "", 120.0, NAN, NAN, NAN, 3) == (3, "addresses")


@pytest.mark.parametrize(
    "row",
    [
        ("industrial", "", 5000.0, 2.0, NAN, NAN, 1),
        ("yes", "school", 2000.0, 3.0, NAN, NAN, 1),
        ("garage", "", 40.0, 1.0, NAN, NAN, 1),
        ("yes", "", 20.0, NAN, NAN, NAN, 0),
    ],
)
def test_nobody_lives_in_works_schools_garages_and_sheds(row):
    assert _one(*row) == (0, "")


def test_every_door_of_a_home_is_somebodys():
    assert _one("terrace", "", 200.0, 2.0, NAN, NAN, 8) == (8, "levels")
    assert _one("house", "", 90.0, 1.0, NAN, NAN, 0)[0] == 1
    assert _one("house", "", 4000.0, 4.0, NAN, NAN, 0)[0] == 3


def test_addresses_tell_homes_from_the_rest_only_where_addresses_are_known():
    bare = ("yes", "", 150.0, NAN, NAN, NAN, 0)
    addressed = ("yes", "", 150.0, NAN, NAN, NAN, 1)
    assert estimate_households(_evidence(bare, addressed), []).buildings.tolist() == [0, 1]
    assert estimate_households(_evidence(bare, bare), []).buildings.tolist() == [1, 1]


def test_typical_storeys_come_from_the_data_when_enough_is_tagged():
    tagged = [("apartments", "", 500.0, 10.0, NAN, NAN, 0)] * 20
    found = estimate_households(_evidence(*tagged, ("apartments", "", 500.0, NAN, NAN, NAN, 0)), [])
    assert found.buildings[-1] == found.buildings[0] == 50
    assert found.building_evidence[-1] == "type"


def test_addresses_alone_are_enough_and_nothing_at_all_is_an_error():
    found = estimate_households(_evidence(), [0, 3, 1])
    assert found.addresses.tolist() == [1, 3, 1]
    assert found.shares["addresses"] == 1.0
    with pytest.raises(InvalidInputError, match="dwellings"):
        estimate_households(_evidence(("industrial", "", 900.0, 1.0, NAN, NAN, 0)), [])


BUILDING = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(("", "", "shop", "social_facility")),
    st.floats(1, 20_000),
    st.one_of(st.just(NAN), st.floats(0, 60)),
    st.one_of(st.just(NAN), st.floats(0, 200)),
    st.one_of(st.just(NAN), st.just(NAN), st.integers(0, 300).map(float)),
    st.integers(0, 12),
)


@given(st.lists(BUILDING, min_size=1, max_size=40), st.randoms())
def test_the_order_of_buildings_never_matters(rows, random):
    base = estimate_households(_evidence(*rows), [1])
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = estimate_households(_evidence(*(rows[i] for i in order)), [1])
    assert shuffled.buildings.tolist() == base.buildings[order].tolist()
    assert shuffled.shares == base.shares


@given(st.lists(BUILDING, min_size=1, max_size=40))
def test_shares_add_up_and_every_household_has_evidence(rows):
    found = estimate_households(_evidence(*rows), [1])
    assert sum(found.shares.values()) == pytest.approx(1)
    assert (found.buildings >= 0).all()
    assert all(
        (count > 0) == (name in EVIDENCE) for count, name in zip(found.buildings, found.building_evidence, strict=True)
    )


@given(st.integers(1, 5000), st.integers(1, 40))
def test_even_split_keeps_the_sum(total, parts):
    found = split_evenly(total, parts)
    assert sum(found) == total
    assert max(found) - min(found) <= 1


@settings(deadline=None)
@given(st.floats(5, 80), st.floats(5, 80), st.integers(1, 30))
def test_stairs_lie_inside_the_building_and_apart(width, depth, count):
    footprint = shapely.box(1000, 2000, 1000 + width, 2000 + depth)
    points = stair_points(footprint, count)
    assert len(points) in (1, count)
    assert shapely.contains_xy(shapely.buffer(footprint, 0.02), points[:, 0], points[:, 1]).all()
    assert len(np.unique(points, axis=0)) == len(points)


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 6), st.lists(st.integers(1, 4), max_size=3))
def test_doors_keep_every_household(households, doors, loose):
    footprint = np.array([shapely.box(0, 0, 60, 20)], dtype=object)
    xy = [(10.0 * i, 0.0) for i in range(doors)] + [(500.0 + i, 0.0) for i in range(len(loose))]
    found = place_doors(
        footprint,
        np.array([households]),
        address_xy=np.array(xy, dtype=float).reshape(-1, 2),
        address_building=np.array([0] * doors + [-1] * len(loose), dtype=np.int64),
        loose_households=np.array(loose, dtype=np.int64),
    )
    assert found.households.sum() == households + sum(loose)
    assert found.households.max(initial=0) <= max(STAIR_HOUSEHOLDS, max(loose, default=0))
    assert (found.households > 0).all()
