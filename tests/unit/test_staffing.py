"""Staffing: the optimum on tiny cases, every rule by name, and answers where rules can't be kept."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from gis.errors import InvalidInputError
from grid_coverage import Minimum, Posts, Rules, Staff, assign_staff
from grid_coverage.roster import ANYWHERE
from grid_coverage.staffing_pairs import Pairs, nearest_pairs

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
        (
            Staff.of([0, 0], xy=[[0, 0], [np.nan, 0]]),
            Posts.of([0], xy=[[999, 0]]),
            Rules(max_distance=900),
            "unknown-place",
        ),
        (Staff.of([0]), Posts.of([0], load=400), Rules(max_load=300), "max-load"),
        (Staff.of([0], capacity=3), Posts.of([0, 0], load=200), Rules(max_load=300), "max-load"),
    ],
)
def test_vacancy_names_the_rule_that_leaves_nobody(staff: Staff, posts: Posts, rules: Rules, named: str) -> None:
    found = assign_staff(staff, posts, rules)
    assert [(rule.rule, rule.posts) for rule in found.violations] == [(named, tuple(found.vacancies.tolist()))]
    assert len(found.vacancies) == 1


def test_staff_of_unknown_place_are_within_no_distance_and_named() -> None:
    staff = Staff.of([0, 0, 0], xy=[[np.nan, np.nan], [100, 0], [np.nan, np.nan]], capacity=[5, 1, 0])
    posts = Posts.of([0, 0], xy=[[0, 0], [150, 0]], required=[True, True])
    found = assign_staff(staff, posts, Rules(max_distance=500))
    assert found.held.tolist() == [0, 1, 0]
    assert found.unplaced.tolist() == [0], "who holds no post at all is not named"
    assert len(found.vacancies) == 1
    free = assign_staff(staff, posts, Rules())
    assert (free.violations, free.unplaced.tolist()) == ((), [])


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
    others = tuple(post for post in (1, 2) if found.holder[post] != 1)
    assert [(rule.rule, rule.posts, rule.lacking) for rule in found.violations] == [("two police in 1", others, 1)]
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


def _priced(staff: Staff, posts: Posts, rules: Rules, holder: tuple[int, ...]) -> tuple[float, float]:
    """Price one way to hold the posts: what it misses by weight, then metres with uneven posts; inf = not allowed."""
    count = len(staff.village)
    held = np.bincount([who for who in holder if who >= 0], minlength=count)
    if (held > staff.capacity).any():
        return math.inf, math.inf
    total = sum(rules.balance * n * (n - 1) / 2 for n in held)
    load = np.zeros(count)
    for post, who in enumerate(holder):
        if who < 0:
            continue
        metres = float(np.hypot(*(posts.xy[post] - staff.xy[who])))
        load[who] += posts.load[post]
        strange = rules.within_village and staff.village[who] not in (-1, posts.village[post])
        strange |= (
            rules.within_town
            and -1 not in (staff.town[who], posts.town[post])
            and (staff.town[who] != posts.town[post])
        )
        if strange or metres > rules.max_distance or posts.skills[post] & ~staff.skills[who]:
            return math.inf, math.inf
        if math.isnan(metres) and math.isfinite(rules.max_distance):
            return math.inf, math.inf
        total += metres + (0 if posts.required[post] else 1)
    if (load > rules.max_load).any():
        return math.inf, math.inf
    missed = 0
    for rule in rules.minimums:
        lacking = []
        for way in rule.ways:
            people = {holder[post] for post in way.held_by(posts) if holder[post] >= 0}
            able = [who for who in people if staff.skills[who] & way.skill == way.skill]
            lacking.append(max(0, way.count - len(able)))
        missed += min(lacking)
    vacant = sum(1 for post, who in enumerate(holder) if who < 0 and posts.required[post])
    return vacant * (1 + sum(rule.count for rule in rules.minimums)) + missed, total


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_answer_is_the_best_of_all_assignments(seed: int) -> None:
    rng = np.random.default_rng(seed)
    staff = Staff.of(
        rng.integers(-1, 2, 4),
        town=rng.integers(-1, 2, 4),
        xy=rng.uniform(0, 1000, (4, 2)),
        capacity=rng.integers(0, 4, 4),
        skills=rng.integers(0, 2, 4),
    )
    village = rng.integers(0, 3, 4)
    posts = Posts.of(
        village,
        town=village // 2,
        xy=rng.uniform(0, 1000, (4, 2)),
        skills=rng.integers(0, 2, 4) * (rng.random(4) < 0.3),
        load=rng.integers(1, 4, 4) * 100.0,
        required=rng.random(4) < 0.8,
    )
    minimums = (
        Minimum("two police in town 0", ANYWHERE, POLICE, 2, town=0),
        Minimum("one in village 2", 2, POLICE, 1, either=(Minimum("or three in all", ANYWHERE, 0, 3),)),
    )
    rules = Rules(
        within_village=bool(rng.random() < 0.6),
        within_town=bool(rng.random() < 0.6),
        max_distance=float(rng.choice([600.0, math.inf])),
        max_load=float(rng.choice([400.0, math.inf])),
        minimums=minimums[: rng.integers(0, 3)],
        balance=150,
        nearest=int(rng.integers(1, 4)),
    )
    found = assign_staff(staff, posts, rules)
    best = min(_priced(staff, posts, rules, holder) for holder in itertools.product(range(-1, 4), repeat=4))
    missed, total = _priced(staff, posts, rules, tuple(found.holder.tolist()))
    assert missed == best[0]
    assert total == pytest.approx(best[1], rel=1e-6, abs=1e-3)
    assert found.gap == 0
    assert (
        sum(rule.lacking for rule in found.violations if rule.rule[0] in "to")
        + len(found.vacancies) * (1 + sum(rule.count for rule in rules.minimums))
        == missed
    )


def test_one_who_holds_two_posts_counts_once() -> None:
    staff = Staff.of([0, 0], capacity=3, skills=[POLICE, 0])
    two = Minimum("two officers", 0, POLICE, 2)
    found = assign_staff(staff, Posts.of([0, 0, 0]), Rules(minimums=(two,)))
    assert [(rule.rule, rule.lacking) for rule in found.violations] == [("two officers", 1)]


def test_optional_posts_are_held_only_where_a_rule_asks_for_people() -> None:
    staff = Staff.of([0, 0, 1], skills=POLICE)
    posts = Posts.of([0, 0, 1, 1], required=False)
    found = assign_staff(staff, posts, Rules(minimums=(Minimum("an officer in 0", 0, POLICE, 1),)))
    assert (found.holder >= 0).tolist().count(True) == 1
    assert found.holder[2:].tolist() == [-1, -1]
    assert found.violations == ()
    assert found.vacancies.tolist() == []


def test_rule_with_two_ways_is_kept_by_either_and_names_what_lacks_least() -> None:
    either = (Minimum("or one in the town", ANYWHERE, POLICE, 1, town=0),)
    rule = Minimum("two in village 0", 0, POLICE, 2, either=either)
    posts = Posts.of([0, 1], town=0)
    kept = assign_staff(Staff.of([0, 1], skills=[0, POLICE]), posts, Rules(minimums=(rule,)))
    assert kept.violations == ()
    missed = assign_staff(Staff.of([0, 1]), posts, Rules(minimums=(rule,)))
    assert [(found.rule, found.lacking, found.posts) for found in missed.violations] == [
        ("two in village 0", 1, (0, 1))
    ]


def test_staff_of_a_town_serve_in_its_villages_only() -> None:
    staff = Staff.of([ANYWHERE], town=1, capacity=5)
    found = assign_staff(staff, Posts.of([0, 1, 2], town=[0, 1, 1]), Rules())
    assert found.holder.tolist() == [-1, 0, 0]
    assert [(rule.rule, rule.posts) for rule in found.violations] == [("within-town", (0,))]
    assert assign_staff(staff, Posts.of([0, 1], town=[0, 1]), Rules(within_town=False)).violations == ()


def _villages(grids: int, villages: int) -> np.ndarray:
    """Spread grids over villages, at least one each, as a county has them: from one to seven and more."""
    rng = np.random.default_rng(3)
    return np.sort(np.concatenate([np.arange(villages), rng.integers(0, villages, grids - villages)]))


def test_463_secretaries_head_1575_grids_each_in_the_own_village() -> None:
    rng = np.random.default_rng(4)
    place = rng.uniform(0, 50_000, (463, 2))
    village = _villages(1575, 463)
    posts = Posts.of(village, xy=place[village] + rng.normal(0, 800, (1575, 2)), load=300)
    staff = Staff.of(np.arange(463), xy=place, capacity=20)
    found = assign_staff(staff, posts, Rules())
    assert found.violations == ()
    assert found.gap == 0
    assert (staff.village[found.holder] == village).all()
    assert found.held.sum() == 1575
    assert found.held.min() >= 1


def test_430_exclusive_officers_leave_1169_of_1599_grids_and_shared_ones_none() -> None:
    rng = np.random.default_rng(5)
    village = _villages(1599, 302)
    town = village % 15
    place = rng.uniform(0, 40_000, (15, 2))
    posts = Posts.of(village, town=town, xy=place[town] + rng.normal(0, 3000, (1599, 2)), skills=POLICE)
    home = np.arange(430) % 15
    staff = Staff.of(np.full(430, ANYWHERE), xy=place[home] + rng.normal(0, 3000, (430, 2)), skills=POLICE)
    towns = tuple(Minimum(f"two officers in town {k}", ANYWHERE, POLICE, 2, town=k) for k in range(15))
    exclusive = assign_staff(staff, posts, Rules(within_village=False, minimums=towns))
    named = [(rule.rule, rule.lacking) for rule in exclusive.violations]
    assert named == [("capacity", 1169)]
    assert set(exclusive.violations[0].posts) == set(exclusive.vacancies.tolist())
    assert len(exclusive.vacancies) == 1169
    assert exclusive.held.max() == 1
    home_town = Staff.of(np.full(430, ANYWHERE), town=home, xy=staff.xy, skills=POLICE, capacity=8)
    shared = assign_staff(home_town, posts, Rules(within_village=False, minimums=towns))
    assert shared.violations == ()
    assert shared.gap == 0
    assert (home[shared.holder] == town).all()


def test_posts_reach_for_different_people_where_all_are_equally_far() -> None:
    grid = np.indices((430, 1575)).reshape(2, -1)
    pairs = Pairs(grid[0], grid[1], np.zeros(grid.shape[1]))
    near = nearest_pairs(pairs, 8)
    table = csr_array((np.ones(near.sum()), (pairs.staff[near], pairs.post[near])))
    assert (maximum_bipartite_matching(table, perm_type="column") >= 0).sum() == 430


def test_officers_of_unknown_place_leave_as_many_vacancies_as_there_are_too_few() -> None:
    village = _villages(320, 60)
    posts = Posts.of(village, town=village % 15, xy=np.random.default_rng(5).uniform(0, 20_000, (320, 2)))
    staff = Staff.of(np.full(90, ANYWHERE), xy=np.full((90, 2), np.nan))
    found = assign_staff(staff, posts, Rules(within_village=False))
    assert [(rule.rule, rule.lacking) for rule in found.violations] == [("capacity", 230)]
    assert (found.gap, found.held.max()) == (0, 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_order_and_origin_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    village, home = rng.integers(0, 5, 30), rng.integers(-1, 5, 20)
    place, office = rng.uniform(0, 5000, (30, 2)), rng.uniform(0, 5000, (20, 2))
    one = assign_staff(Staff.of(home, xy=office, capacity=2), Posts.of(village, xy=place), Rules())
    turn, shuffle = rng.permutation(30), rng.permutation(20)
    other = assign_staff(
        Staff.of(home[shuffle], xy=office[shuffle] + 1e5, capacity=2),
        Posts.of(village[turn], xy=place[turn] + 1e5),
        Rules(),
    )
    assert len(one.vacancies) == len(other.vacancies)
    assert sorted(one.held) == sorted(other.held)
    assert np.nansum(one.distance) == pytest.approx(np.nansum(other.distance), abs=1e-3)


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
