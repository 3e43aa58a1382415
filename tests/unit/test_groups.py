"""Ten-household groups: sizes, parents, shared doors, and near doors together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_partition import group_dwellings


def squares(xy, labels):
    return sum(float(((xy[labels == g] - xy[labels == g].mean(axis=0)) ** 2).sum()) for g in np.unique(labels))


def test_groups_of_single_households_all_fit():
    xy = np.random.default_rng(1).uniform(0, 2000, (997, 2))
    found = group_dwellings(xy)
    assert found.unfit == []
    assert found.households.min() >= 8
    assert found.households.max() <= 12
    assert (np.bincount(found.labels) == found.households).all()


@pytest.mark.kernel
def test_tiny_case_reaches_the_best_of_all_pairs_of_groups():
    xy = np.random.default_rng(7).uniform(0, 100, (10, 2))
    found = group_dwellings(xy, 5, low=4, high=6)
    best = min(
        squares(xy, np.isin(np.arange(10), chosen).astype(int))
        for size in (4, 5)
        for chosen in combinations(range(10), size)
    )
    assert squares(xy, found.labels) == pytest.approx(best, rel=1e-9)


def test_no_group_crosses_grids():
    rng = np.random.default_rng(2)
    xy = rng.uniform(0, 1000, (600, 2))
    within = (xy[:, 0] // 250).astype(int) * 7
    found = group_dwellings(xy, within=within)
    assert (found.parent[found.labels] == within).all()
    assert (np.diff(found.parent) >= 0).all()
    assert found.unfit == []


@pytest.mark.kernel
def test_large_door_is_shared_by_groups_of_its_own():
    xy = np.r_[[[500.0, 500.0]], np.random.default_rng(3).uniform(0, 1000, (40, 2))]
    found = group_dwellings(xy, households=np.r_[[97], np.ones(40, int)])
    own = found.households[found.labels[0] : found.labels[0] + found.shared_by[0]]
    assert own.sum() == 97
    assert own.max() - own.min() <= 1
    assert found.shared_by[0] == 10
    assert found.households.sum() == 137
    assert not np.isin(found.labels[1:], np.arange(found.labels[0], found.labels[0] + 10)).any()
    assert found.unfit == []


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("households", "sizes", "sentence"),
    [
        ([13], [13], "groups of 13 if 1 share it, of 6 if 2 do"),
        ([3, 2], [5], "only 5 households"),
        ([7, 7, 7], [7, 14], "do not add up to groups of 8 to 12"),
    ],
)
def test_what_cannot_fit_is_explained(households, sizes, sentence):
    xy = [[10.0 * i, 0.0] for i in range(len(households))]
    found = group_dwellings(xy, households=households)
    assert sorted(found.households.tolist()) == sizes
    assert all(sentence in unfit.why for unfit in found.unfit)
    assert [unfit.group for unfit in found.unfit] == list(range(len(sizes)))


@pytest.mark.kernel
def test_doors_of_six_are_paired():
    xy = np.random.default_rng(4).uniform(0, 300, (20, 2))
    found = group_dwellings(xy, households=np.full(20, 6))
    assert found.households.tolist() == [12] * 10


@pytest.mark.kernel
def test_empty_door_goes_to_the_nearest_group():
    xy = [[i, 0.0] for i in range(10)] + [[100.0 + i, 0.0] for i in range(10)] + [[90.0, 0.0]]
    found = group_dwellings(xy, households=[1] * 20 + [0])
    assert found.labels[20] == found.labels[10] != found.labels[0]
    assert group_dwellings([[0.0, 0.0]], households=[0]).labels.tolist() == [0]


def test_no_doors_make_no_groups():
    found = group_dwellings(np.empty((0, 2)))
    assert len(found.labels) == len(found.households) == 0


@pytest.mark.kernel
def test_doors_of_one_place_do_no_harm():
    found = group_dwellings(np.zeros((50, 2)))
    assert found.unfit == []
    assert found.mean_distance == 0.0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(0, 2**16), st.integers(1, 3))
def test_every_household_is_counted_once_and_misfits_are_told(households, seed, parents):
    rng = np.random.default_rng(seed)
    xy = np.round(rng.uniform(0, 200, (len(households), 2)), 2)
    within = rng.integers(0, parents, len(households))
    found = group_dwellings(xy, households=households, within=within)
    assert found.households.sum() == sum(households)
    assert (found.parent[found.labels] == within).all()
    assert set(range(len(found.households))) == {
        group for label, many in zip(found.labels, found.shared_by, strict=True) for group in range(label, label + many)
    }
    told = {unfit.group for unfit in found.unfit}
    assert told == set(np.flatnonzero((found.households < 8) | (found.households > 12)).tolist())


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 120), st.integers(0, 2**16))
def test_order_of_input_does_not_matter(count, seed):
    rng = np.random.default_rng(seed)
    xy = np.round(rng.uniform(0, 500, (count, 2)), 2)
    turn = rng.permutation(count)
    one, other = group_dwellings(xy), group_dwellings(xy[turn])
    assert (one.labels[turn] == other.labels).all()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"size": 20}, "low"),
        ({"households": [1.5, 1]}, "households"),
        ({"households": [1, -1]}, "households"),
        ({"within": [0]}, "within"),
        ({"xy": [[0, 0], [np.nan, 0]]}, "xy"),
    ],
)
def test_input_that_cannot_be_meant_is_refused(change, field):
    given_input = {"xy": [[0.0, 0.0], [1.0, 1.0]], "size": 10, **change}
    with pytest.raises(InvalidInputError) as refused:
        group_dwellings(given_input.pop("xy"), given_input.pop("size"), **given_input)
    assert refused.value.fields["field"] == field
