"""Placement: exhaustive optima on tiny cases, proven bounds, costs, groups, privacy and odd budgets."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from gis.errors import InvalidInputError
from grid_coverage import (
    Candidates,
    Demand,
    Streets,
    candidate_views,
    covered_points,
    keeps_privacy,
    place,
    prepare_walls,
    street_points,
    view_sheds,
)
from grid_coverage.candidates import facade_in_view


def covered_by(chosen: tuple[int, ...] | np.ndarray, covers: np.ndarray, demand: Demand) -> float:
    count = covers[list(chosen)].sum(axis=0)
    return float((demand.weight * np.minimum(count, demand.need)).sum())


def tiny(seed: int) -> tuple[np.ndarray, Demand, np.random.Generator]:
    rng = np.random.default_rng(seed)
    covers = rng.random((9, 12)) < 0.3
    return covers, Demand.of(rng.integers(1, 6, 12), need=rng.integers(0, 3, 12)), rng


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 5))
def test_bound_holds_and_choice_is_near_the_best(seed: int, budget: int) -> None:
    covers, demand, _ = tiny(seed)
    found = place(Candidates.of(csr_array(covers)), demand, budget=budget, certify=True)
    best = max(covered_by(choice, covers, demand) for choice in itertools.combinations(range(9), budget))
    assert len(found.chosen) <= budget
    assert found.covered == pytest.approx(covered_by(found.chosen, covers, demand))
    assert found.covered <= best + 1e-9 <= found.bound + 2e-9
    assert found.covered >= (1 - 1 / np.e) * best - 1e-9
    assert (np.diff(found.gain) <= 1e-9).all()
    assert found.gap is not None
    assert 0 <= found.gap <= 1


def test_choice_is_best_in_nearly_all_tiny_cases() -> None:
    hits = 0
    for seed in range(200):
        covers, demand, _ = tiny(seed)
        found = place(Candidates.of(csr_array(covers)), demand, budget=3)
        best = max(covered_by(choice, covers, demand) for choice in itertools.combinations(range(9), 3))
        hits += found.covered >= best - 1e-9
    assert hits >= 190


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 100_000), st.floats(0, 12))
def test_costs_keep_the_budget_and_the_bound(seed: int, budget: float) -> None:
    covers, demand, rng = tiny(seed)
    cost = rng.uniform(0.5, 4, 9)
    found = place(Candidates.of(csr_array(covers), cost=cost), demand, budget=budget, certify=True)
    best = max(
        covered_by(choice, covers, demand)
        for size in range(10)
        for choice in itertools.combinations(range(9), size)
        if cost[list(choice)].sum() <= budget
    )
    assert found.cost <= budget + 1e-6
    assert found.covered <= best + 1e-9 <= found.bound + 2e-9
    assert found.covered >= 0.3 * best - 1e-9


@pytest.mark.kernel
def test_one_dear_candidate_worth_all_others_is_found() -> None:
    covers = csr_array(np.array([[1, 0], [0, 1]], dtype=bool))
    found = place(Candidates.of(covers, cost=[1, 100]), Demand.of([2, 100]), budget=100)
    assert found.chosen.tolist() == [1]


@pytest.mark.kernel
def test_swaps_mend_what_greed_spoils() -> None:
    # Greed takes the row of four first; two rows of three cover all six.
    covers = np.array([[1, 1, 0, 1, 1, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], dtype=bool)
    found = place(Candidates.of(csr_array(covers)), Demand.of(np.ones(6)), budget=2)
    assert sorted(found.chosen.tolist()) == [1, 2]


@pytest.mark.kernel
def test_odd_budgets_are_answered() -> None:
    covers, demand, _ = tiny(1)
    candidates = Candidates.of(csr_array(covers))
    assert place(candidates, demand, budget=0, certify=True).chosen.tolist() == []
    everything = place(candidates, demand, budget=np.inf, certify=True)
    assert everything.covered == pytest.approx(everything.reachable) == pytest.approx(everything.bound)
    for budget in (-1, float("nan")):
        with pytest.raises(InvalidInputError, match="budget"):
            place(candidates, demand, budget=budget)


@pytest.mark.kernel
def test_nothing_to_choose_or_to_cover_is_answered() -> None:
    none = Candidates.of(csr_array((0, 3), dtype=bool))
    assert place(none, Demand.of([1, 1, 1]), budget=5, certify=True).bound == 0
    blind = Candidates.of(csr_array((4, 3), dtype=bool))
    found = place(blind, Demand.of([1, 1, 1]), budget=5, certify=True)
    assert (found.chosen.tolist(), found.gap) == ([], 0.0)
    seen = Demand.of([1, 1, 1], already=2)
    assert place(Candidates.of(csr_array(np.ones((2, 3), dtype=bool))), seen, budget=1).covered == 0


@pytest.mark.kernel
def test_second_fold_is_worth_as_much_as_the_first() -> None:
    covers = csr_array(np.array([[1, 0], [1, 0], [0, 1]], dtype=bool))
    demand = Demand.of([5, 1], need=[3, 1], already=[1, 0])
    assert place(Candidates.of(covers), demand, budget=2).chosen.tolist() == [0, 1]


@pytest.mark.kernel
def test_groups_and_prohibitions_are_kept() -> None:
    covers = csr_array(np.eye(4, dtype=bool))
    demand = Demand.of([9, 8, 7, 6])
    one = Candidates.of(covers, group=[5, 5, 5, 8], allowed=[False, True, True, True])
    assert place(one, demand, budget=9).chosen.tolist() == [1, 3]
    two = Candidates.of(covers, group=[5, 5, 5, 8], per_group=2, allowed=[False, True, True, True])
    assert place(two, demand, budget=9).chosen.tolist() == [1, 2, 3]


def test_equal_pieces_of_demand_are_bounded_together() -> None:
    rng = np.random.default_rng(0)
    base = random_array((60, 40), density=0.1, rng=rng, dtype=np.float64) != 0
    covers = csr_array(base)[:, np.repeat(np.arange(40), 5)]
    demand = Demand.of(rng.integers(1, 4, 200))
    whole = place(Candidates.of(covers), demand, budget=8, certify=True)
    merged = Demand.of(demand.weight.reshape(40, 5).sum(axis=1))
    apart = place(Candidates.of(csr_array(base)), merged, budget=8, certify=True)
    assert whole.bound == pytest.approx(apart.bound, rel=1e-6)
    assert whole.gap < 0.1


@pytest.mark.kernel
def test_bad_columns_are_refused() -> None:
    covers = csr_array(np.eye(2, dtype=bool))
    with pytest.raises(InvalidInputError, match="cost"):
        Candidates.of(covers, cost=[1, 0])
    with pytest.raises(InvalidInputError, match="group"):
        Candidates.of(covers, group=[1, 2, 3])
    with pytest.raises(InvalidInputError, match="per_group"):
        Candidates.of(covers, per_group=0)
    with pytest.raises(InvalidInputError, match="weight"):
        Demand.of([1, -1])
    with pytest.raises(InvalidInputError, match="demand"):
        place(Candidates.of(covers), Demand.of([1]), budget=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 6))
def test_minima_are_kept_where_they_can_be_and_the_bound_still_holds(seed: int, budget: int) -> None:
    covers, demand, rng = tiny(seed)
    area = rng.integers(0, 3, 9)
    candidates = Candidates.of(csr_array(covers), area=area)
    found = place(candidates, demand, budget=budget, minimum=[1, 0, 2], certify=True)
    free = place(candidates, demand, budget=budget, certify=True)
    assert found.covered <= free.bound + 1e-9
    assert found.bound == pytest.approx(free.bound)
    assert len(found.chosen) <= budget
    assert found.covered == pytest.approx(covered_by(found.chosen, covers, demand))
    placed = np.bincount(area[found.chosen], minlength=3)
    for town, least in ((0, 1), (2, 2)):
        if placed[town] < least and len(found.chosen) < budget:
            # nothing more in that town adds anything
            count = covers[found.chosen].sum(axis=0)
            rest = [one for one in np.flatnonzero(area == town) if one not in found.chosen]
            left = demand.weight * (count < demand.need)
            assert all(left @ covers[one] == 0 for one in rest)


@pytest.mark.kernel
def test_towns_get_their_minimum_before_the_centre_gets_the_rest() -> None:
    covers = csr_array(np.eye(6, dtype=bool))
    demand = Demand.of([9, 8, 7, 1, 2, 0])
    candidates = Candidates.of(covers, area=[0, 0, 0, 1, 1, 2])
    assert sorted(place(candidates, demand, budget=3).chosen.tolist()) == [0, 1, 2]
    assert sorted(place(candidates, demand, budget=3, minimum=[0, 1]).chosen.tolist()) == [0, 1, 4]
    # the third town has nothing to see: its camera is not put up for nothing
    assert sorted(place(candidates, demand, budget=3, minimum=[0, 2, 1]).chosen.tolist()) == [0, 3, 4]
    with pytest.raises(InvalidInputError, match="minimum"):
        place(candidates, demand, budget=3, minimum=[-1])
    with pytest.raises(InvalidInputError, match="Areas"):
        Candidates.of(covers, area=-1)


# --- candidates on the ground ----------------------------------------------------------------------------------


@pytest.mark.kernel
def test_views_on_a_street_cover_it_best_end_to_end() -> None:
    street = Streets.of([shapely.LineString([(0, 0), (160, 0)])])
    xy, azimuth, pole = candidate_views([[0, 0], [80, 0], [160, 0]], headings=4)
    sheds = view_sheds(xy, prepare_walls([]), azimuth=azimuth, hfov=60, max_range=80)
    points, metres = street_points(street, step=5)
    assert metres.sum() == pytest.approx(160)
    found = place(Candidates.of(covered_points(sheds, points), group=pole), Demand.of(metres), budget=2)
    assert found.covered == pytest.approx(160)


@pytest.mark.kernel
def test_unknown_headings_cover_nothing_for_certain() -> None:
    sheds = view_sheds([[0, 0], [0, 0]], prepare_walls([]), azimuth=[np.nan, 0], hfov=90, max_range=50)
    assert covered_points(sheds, [[0, 10], [0, -10]]).toarray().tolist() == [[False, False], [True, False]]


@pytest.mark.kernel
def test_views_into_a_privacy_zone_are_rejected() -> None:
    garden = shapely.box(-10, 20, 10, 40)
    xy, azimuth, _ = candidate_views([[0, 0]], headings=4)
    sheds = view_sheds(xy, prepare_walls([]), azimuth=azimuth, hfov=80, max_range=50)
    assert keeps_privacy(sheds, [garden]).tolist() == [False, True, True, True]
    assert keeps_privacy(sheds, []).all()
    # A house in between hides the garden.
    walls = prepare_walls([shapely.box(-50, 10, 50, 12)])
    behind = view_sheds(xy, walls, azimuth=azimuth, hfov=80, max_range=50)
    assert keeps_privacy(behind, [garden]).all()


@pytest.mark.kernel
def test_faces_of_homes_count_from_near_and_square_to_the_line_of_sight() -> None:
    house = shapely.box(8, -5, 18, 5)
    walls = prepare_walls([house])
    sheds = view_sheds([[0, 0]] * 2, walls, azimuth=[90, 270], hfov=90, max_range=40)
    np.testing.assert_allclose(facade_in_view(sheds, [house], within=20), [10, 0], atol=0.3)
    assert facade_in_view(sheds, [house], within=7.9).tolist() == [0, 0]
    assert facade_in_view(sheds, [], within=20).tolist() == [0, 0]
    # hung on the wall and looking along it
    hung = view_sheds([[7.99, -5]], walls, azimuth=0, hfov=60, max_range=40)
    assert facade_in_view(hung, [house], within=20)[0] < 0.2


@pytest.mark.kernel
def test_bad_candidates_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="headings"):
        candidate_views([[0, 0]], headings=0)
    with pytest.raises(InvalidInputError, match="step"):
        street_points(Streets.of([]), step=0)
