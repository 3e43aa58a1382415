"""Set cover: the cheapest choice is compared with every choice there is, and its bound with the best of them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gis.errors import InvalidInputError
from grid_coverage import Candidates, Demand, cover_share


def random_town(seed, *, candidates=9, pieces=14, prices=(1.0,), need=1):
    rng = np.random.default_rng(seed)
    covers = csr_array(rng.random((candidates, pieces)) < 0.3)
    return (
        Candidates.of(
            covers, cost=rng.choice(prices, candidates), group=np.arange(candidates) // 2, per_group=2,
            allowed=rng.random(candidates) < 0.9,
        ),
        Demand.of(rng.integers(0, 6, pieces), need=rng.integers(1, need + 1, pieces)),
    )  # fmt: skip


def covered_by(candidates, demand, chosen):
    count = np.bincount(candidates.covers[list(chosen)].indices, minlength=len(demand.weight))
    return float((demand.weight * np.minimum(count, demand.need)).sum())


def cheapest(candidates, demand, target):
    rows = np.flatnonzero(candidates.allowed)
    return min(
        float(candidates.cost[list(chosen)].sum())
        for many in range(len(rows) + 1)
        for chosen in itertools.combinations(rows, many)
        if covered_by(candidates, demand, chosen) >= target - 1e-9
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    share=st.sampled_from([0.25, 0.5, 0.9, 1.0]),
    prices=st.sampled_from([(1.0,), (70.0,), (1.0, 2.5, 7.0)]),
    need=st.sampled_from([1, 2]),
)
def test_what_is_found_covers_enough_and_its_bound_lies_below_the_best_of_all(seed, share, prices, need):
    candidates, demand = random_town(seed, prices=prices, need=need)
    found = cover_share(candidates, demand, share=share, certify=True)
    chosen = found.placement.chosen
    assert candidates.allowed[chosen].all()
    assert len(set(chosen)) == len(chosen)
    assert found.placement.cost == pytest.approx(candidates.cost[chosen].sum())
    assert found.target == pytest.approx(share * found.placement.reachable)
    assert found.reached
    assert covered_by(candidates, demand, chosen) == pytest.approx(found.placement.covered)
    assert found.placement.covered >= found.target - 1e-6
    best = cheapest(candidates, demand, found.target)
    assert found.least_cost <= best + 1e-6
    assert best <= found.placement.cost + 1e-9
    assert found.gap == pytest.approx(1 - found.least_cost / found.placement.cost if found.placement.cost else 0.0)


def test_it_mostly_finds_the_cheapest_of_all():
    towns = [random_town(seed) for seed in range(40)]
    found = [cover_share(*town).placement.cost for town in towns]
    best = [cheapest(*town, cover_share(*town).target) for town in towns]
    assert sum(cost == least for cost, least in zip(found, best, strict=True)) >= 34


def test_greedy_choice_alone_would_need_one_more():
    # the widest first, and both halves are needed after all
    covers = csr_array(np.array([[0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], dtype=bool))
    found = cover_share(Candidates.of(covers), Demand.of(np.ones(6)), certify=True)
    assert (sorted(found.placement.chosen.tolist()), found.least_cost, found.gap) == ([1, 2], 2.0, 0.0)
    part = cover_share(Candidates.of(covers), Demand.of(np.ones(6)), share=0.6, certify=True)
    assert (part.placement.chosen.tolist(), part.least_cost) == ([0], 1.0)


def test_a_budget_or_poles_that_are_full_leave_it_short_and_it_is_told():
    covers = csr_array(np.eye(4, dtype=bool))
    short = cover_share(Candidates.of(covers), Demand.of(np.ones(4)), budget=3)
    assert (short.reached, len(short.placement.chosen), short.target) == (False, 3, 4.0)
    one_pole = Candidates.of(covers, group=np.zeros(4), per_group=2)
    full = cover_share(one_pole, Demand.of(np.ones(4)))
    assert (full.reached, len(full.placement.chosen)) == (False, 2)
    nothing = cover_share(Candidates.of(covers), Demand.of(np.ones(4), already=1), certify=True)
    assert (nothing.reached, len(nothing.placement.chosen), nothing.least_cost) == (True, 0, 0.0)


def test_areas_get_their_minima_first():
    covers = csr_array(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=bool))
    candidates = Candidates.of(covers, area=np.array([0, 1, 1]))
    assert cover_share(candidates, Demand.of(np.ones(3)), share=0.5).placement.chosen.tolist() == [0]
    found = cover_share(candidates, Demand.of(np.ones(3)), share=0.5, minimum=[0, 1])
    assert found.reached
    assert set(candidates.area[found.placement.chosen]) == {0, 1}


@pytest.mark.parametrize("share", [0, -0.1, 1.01, math.nan])
def test_a_share_that_can_not_be_meant_is_refused(share):
    with pytest.raises(InvalidInputError, match="above 0 and up to 1"):
        cover_share(Candidates.of(csr_array(np.eye(2, dtype=bool))), Demand.of(np.ones(2)), share=share)
