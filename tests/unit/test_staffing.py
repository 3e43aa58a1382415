"""Staffing: the optimum on tiny cases, every rule by name, and answers where rules can't be kept."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_coverage import Minimum, Posts, Rules, Staff, assign_staff

POLICE = 1


def test_every_post_gets_the_nearest_free_head() -> None:
    staff = Staff.of([0, 0, 0], xy=[[0, 0], [100, 0], [200, 0]])
    posts = Posts.of([0, 0, 0], xy=[[210, 0], [5, 0], [90, 0]])
    found = assign_staff(staff, posts, Rules())
    assert found.holder.tolist() == [2, 0, 1]
    assert found.distance.tolist() == [10, 5, 10]
    assert found.held.tolist() == [1, 1, 1]
    assert found.violations == ()
    assert found.gap == 0


def test_load_is_balanced_before_distance() -> None:
    staff = Staff.of([0, 0], xy=[[0, 0], [500, 0]], capacity=4)
    posts = Posts.of([0] * 4, xy=[[0, 0], [10, 0], [20, 0], [30, 0]], load=300)
    assert assign_staff(staff, posts, Rules()).held.tolist() == [2, 2]
    assert assign_staff(staff, posts, Rules(balance=0)).held.tolist() == [4, 0]
    assert assign_staff(staff, posts, Rules()).load.tolist() == [600, 600]


def test_head_serves_in_the_own_village_only() -> None:
    staff = Staff.of([0, 1], xy=[[0, 0], [0, 0]], capacity=5)
    posts = Posts.of([0, 1, 2, 0], xy=np.zeros((4, 2)))
    found = assign_staff(staff, posts, Rules())
    assert found.holder.tolist() == [0, 1, -1, 0]
    assert found.vacancies.tolist() == [2]
    assert [(rule.rule, rule.posts, rule.lacking) for rule in found.violations] == [("within-village", (2,), 1)]
    assert assign_staff(staff, posts, Rules(within_village=False)).vacancies.tolist() == []


def test_staff_of_no_village_serve_anywhere() -> None:
    found = assign_staff(Staff.of([-1], capacity=2), Posts.of([3, 7]), Rules())
    assert found.holder.tolist() == [0, 0]
    assert np.isnan(found.distance).all()


@pytest.mark.parametrize(
    ("staff", "posts", "rules", "named"),
    [
        (Staff.of([0]), Posts.of([0, 0]), Rules(), "capacity"),
        (Staff.of([]), Posts.of([0]), Rules(), "capacity"),
        (Staff.of([0], capacity=0), Posts.of([0]), Rules(), "capacity"),
        (Staff.of([0], skills=2), Posts.of([0], skills=POLICE), Rules(), "skill"),
        (Staff.of([0], xy=[[0, 0]]), Posts.of([0], xy=[[999, 0]]), Rules(max_distance=900), "max-distance"),
        (Staff.of([0]), Posts.of([0], load=400), Rules(max_load=300), "max-load"),
        (Staff.of([0], capacity=3), Posts.of([0, 0], load=200), Rules(max_load=300), "max-load"),
    ],
)
def test_vacancy_names_the_rule_that_leaves_nobody(staff: Staff, posts: Posts, rules: Rules, named: str) -> None:
    found = assign_staff(staff, posts, rules)
    assert [(rule.rule, rule.posts) for rule in found.violations] == [(named, tuple(found.vacancies.tolist()))]
    assert len(found.vacancies) == 1


def test_minimum_moves_the_skilled_where_they_are_needed() -> None:
    # Police stand nearer to village 0, which needs none.
    staff = Staff.of([-1, -1, -1], xy=[[0, 0], [0, 0], [1000, 0]], skills=[POLICE, 0, 0])
    posts = Posts.of([0, 0, 1], xy=[[0, 0], [0, 0], [1000, 0]])
    rule = Minimum("police in village 1", village=1, skill=POLICE, count=1)
    found = assign_staff(staff, posts, Rules(minimums=(rule,)))
    assert found.holder[2] == 0
    assert found.violations == ()


def test_impossible_minimum_is_named_with_its_posts() -> None:
    staff = Staff.of([0, 1, 1], skills=[0, POLICE, 0])
    posts = Posts.of([0, 1, 1])
    rules = Rules(minimums=(Minimum("two police in 1", 1, POLICE, 2), Minimum("police anywhere", -1, POLICE, 1)))
    found = assign_staff(staff, posts, rules)
    assert [(rule.rule, rule.posts, rule.lacking) for rule in found.violations] == [("two police in 1", (1, 2), 1)]
    assert len(found.vacancies) == 0


def test_no_posts_need_nobody() -> None:
    found = assign_staff(Staff.of([0, 0]), Posts.of([]), Rules(minimums=(Minimum("police", 0, POLICE, 1),)))
    assert found.held.tolist() == [0, 0]
    assert [rule.rule for rule in found.violations] == ["police"]


def test_staff_of_unknown_place_are_used_last_by_nothing_but_distance() -> None:
    staff = Staff.of([0, 0], xy=[[math.nan, 5], [10, 0]])
    found = assign_staff(staff, Posts.of([0, 0], xy=[[0, 0], [500, 0]]), Rules())
    assert sorted(found.holder.tolist()) == [0, 1]
    assert np.isnan(found.distance).sum() == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_cost_is_the_best_of_all_assignments(seed: int) -> None:
    rng = np.random.default_rng(seed)
    staff = Staff.of(rng.integers(0, 2, 4), xy=rng.uniform(0, 1000, (4, 2)), capacity=rng.integers(0, 3, 4))
    posts = Posts.of(rng.integers(0, 2, 4), xy=rng.uniform(0, 1000, (4, 2)))
    rules = Rules(balance=150)
    found = assign_staff(staff, posts, rules)

    def price(holder: tuple[int, ...]) -> tuple[int, float]:
        held = np.bincount([who for who in holder if who >= 0], minlength=4)
        if (held > staff.capacity).any():
            return 99, math.inf
        total = sum(rules.balance * n * (n - 1) / 2 for n in held)
        for post, who in enumerate(holder):
            if who >= 0:
                if staff.village[who] != posts.village[post]:
                    return 99, math.inf
                total += float(np.hypot(*(staff.xy[who] - posts.xy[post])))
        return holder.count(-1), total

    best = min(price(holder) for holder in itertools.product(range(-1, 4), repeat=4))
    vacant, total = price(tuple(found.holder.tolist()))
    assert vacant == best[0]
    assert total == pytest.approx(best[1], rel=1e-6)


def test_short_list_of_the_nearest_leaves_nobody_out() -> None:
    # All posts lie beside the first two of ten staff: the nearest three of each post are always the same.
    staff = Staff.of([0] * 10, xy=np.column_stack([np.arange(10) * 1000.0, np.zeros(10)]))
    posts = Posts.of([0] * 10, xy=np.column_stack([np.arange(10) * 1.0, np.zeros(10)]))
    assert assign_staff(staff, posts, Rules(nearest=3)).violations == ()


def test_bad_columns_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="capacity"):
        Staff.of([0, 0], capacity=[1, -1])
    with pytest.raises(InvalidInputError, match="positions"):
        Staff.of([0, 0], xy=[[0, 0]])
    with pytest.raises(InvalidInputError, match="skills"):
        Posts.of([0, 0], skills=[1, 2, 3])
    with pytest.raises(InvalidInputError, match="load"):
        Posts.of([0], load=math.nan)
