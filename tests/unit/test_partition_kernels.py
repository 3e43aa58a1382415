"""The compiled loops: sums stay true, regions stay whole, seeds repeat."""

import numpy as np
import pytest
import shapely
from tilings import board, pieces_by_brute_force

from gis.adjacency import rook_adjacency
from grid_partition import kernels
from grid_partition.multilevel import bisected, coarsened
from grid_partition.problem import PartProblem, csr
from grid_partition.resplit import resplit
from grid_partition.seed import repair

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),  # random words wrap round
]


def problem_of(geometry, demand, k, *, home=None, fixed=None, churn_price=0.0):
    geometry, demand = np.asarray(geometry), np.asarray(demand, dtype=float)
    n, pairs = len(geometry), rook_adjacency(geometry)
    atom = np.column_stack(
        [shapely.length(geometry), shapely.area(geometry), demand, np.ones(n), demand * k / demand.sum()]
    )
    mean = demand.sum() / k
    none = np.full(n, -1)
    return PartProblem(
        *csr(n, pairs.first, pairs.second, pairs.length),
        atom,
        k,
        mean,
        0.9 * mean,
        1.1 * mean,
        none if fixed is None else np.asarray(fixed),
        none if home is None else np.asarray(home),
        churn_price,
        seed=7,
    )


def world_and_plan(problem, labels, seed=1):
    wishes = [problem.churn_price, 1.0, problem.walk_price, problem.closed]
    price = np.array([problem.mean, problem.low, problem.high, 1.0, 2.0, 2.0, 10.0, *wishes])
    graph = (problem.indptr, problem.indices, problem.weight)
    world = (*graph, problem.atom, price, problem.home, problem.fixed >= 0)
    region = np.zeros((problem.k, problem.atom.shape[1]))
    marks, queue = np.zeros(len(problem) + 1, np.int64), np.zeros(kernels.SEARCH_LIMIT + 1, np.int64)
    prices = np.zeros(len(region))
    plan = (np.array(labels), region, marks, queue, np.array([seed, 12345], dtype=np.uint64), prices)
    kernels.region_table(world, plan)
    return world, plan


def cut_anew(world, plan, most):
    """Cut both of two regions anew, as the search does; return the cuts made."""
    scratch, sums = np.full((5, len(plan[0])), -1, np.int64), np.empty(len(plan[0]))
    return sum(resplit(world, plan, np.array([r, most]), scratch, sums)[0] for r in range(2))


@pytest.mark.parametrize("chains", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("churn_price", [0.0, 2.0])
def test_annealing_keeps_sums_true_and_regions_whole(chains, churn_price):
    geometry = board(5, 4)
    start = np.arange(20) % 5 // 2
    problem = problem_of(geometry, np.arange(20) % 3 + 1, 3, home=start, churn_price=churn_price)
    world, plan = world_and_plan(problem, start)
    moves = kernels.anneal(world, plan, np.array([2.0, 0.05, 1500.0, chains]))
    assert moves > 0
    kept, prices = plan[1].copy(), plan[5].copy()
    kernels.region_table(world, plan)
    assert kept == pytest.approx(plan[1])
    assert prices == pytest.approx(plan[5])
    assert pieces_by_brute_force(geometry, plan[0]) == 3
    dissolved = [shapely.union_all(geometry[plan[0] == r]) for r in range(3)]
    assert plan[1][:, kernels.PERIMETER] == pytest.approx(shapely.length(dissolved))


def test_annealing_repeats_itself_for_a_seed():
    problem = problem_of(board(4, 3), np.ones(12), 3)
    plans = [world_and_plan(problem, np.arange(12) % 4 // 2 + (np.arange(12) == 11), seed) for seed in (3, 3)]
    for world, plan in plans:
        kernels.anneal(world, plan, np.array([1.0, 0.1, 600.0, 0.3]))
    assert np.array_equal(plans[0][1][0], plans[1][1][0])


def test_annealing_lowers_the_energy():
    problem = problem_of(board(4, 4), np.ones(16), 2)
    world, plan = world_and_plan(problem, np.arange(16) // 14)
    before = kernels.total_energy(world, plan)
    kernels.anneal(world, plan, np.array([0.5, 0.01, 2000.0, 0.3]))
    assert kernels.total_energy(world, plan) < before
    assert np.bincount(plan[0]).tolist() == [8, 8]


def test_frozen_units_never_move():
    fixed = np.full(9, -1)
    fixed[[0, 8]] = 0, 1
    problem = problem_of(board(3, 3), np.ones(9), 2, fixed=fixed)
    world, plan = world_and_plan(problem, np.arange(9) // 5)
    kernels.anneal(world, plan, np.array([5.0, 1.0, 800.0, 0.5]))
    assert plan[0][[0, 8]].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("labels", "leaving", "whole"),
    [
        ([0, 0, 0, 1, 1, 1, 1, 1, 1], 1, False),  # the middle of a row
        ([0, 0, 0, 1, 1, 1, 1, 1, 1], 0, True),  # its end
        ([0, 0, 0, 0, 1, 0, 0, 0, 0], 1, True),  # a ring closes the other way round
        ([0, 1, 1, 1, 1, 1, 1, 1, 1], 0, False),  # the last unit may not leave
    ],
)
def test_stays_whole_knows_what_a_leaving_unit_breaks(labels, leaving, whole):
    problem = problem_of(board(3, 3), np.ones(9), 2)
    world, plan = world_and_plan(problem, labels)
    assert kernels.stays_whole(leaving, 0, world, plan) == whole


def test_coarse_units_keep_sums_and_borders():
    geometry = board(8, 8)
    problem = problem_of(geometry, np.ones(64), 2)
    coarse, into = coarsened(problem)
    assert len(coarse) < 0.7 * 64
    assert coarse.atom[:, 1:4].sum(axis=0) == pytest.approx(problem.atom[:, 1:4].sum(axis=0))
    merged = np.array([shapely.union_all(geometry[into == c]) for c in range(len(coarse))])
    assert coarse.atom[:, 0] == pytest.approx(shapely.length(merged))
    pairs = rook_adjacency(merged)
    expected = csr(len(merged), pairs.first, pairs.second, pairs.length)
    for found, wanted in zip((coarse.indptr, coarse.indices, coarse.weight), expected, strict=True):
        assert found == pytest.approx(wanted)


def test_a_small_problem_is_not_coarsened():
    assert coarsened(problem_of(board(4, 4), np.ones(16), 4)) is None


@pytest.mark.parametrize("k", [1, 2, 3, 7, 20])
def test_halving_makes_every_region_about_equal(k):
    geometry = board(5, 4)
    problem = problem_of(geometry, np.ones(20), k)
    labels = bisected(problem)
    assert np.array_equal(np.unique(labels), np.arange(k))
    assert np.bincount(labels).max() <= -(-20 // k) + 1
    mended = repair(problem, labels)
    assert pieces_by_brute_force(geometry, mended) == k


def comb(teeth, length):
    """A spine with a tooth on every second unit."""
    cells = [(x, 0) for x in range(2 * teeth)] + [(2 * x, y) for x in range(teeth) for y in range(1, length)]
    x, y = 10.0 * np.array(cells, dtype=float).T
    return shapely.box(x, y, x + 10, y + 10)


@pytest.mark.parametrize("fixed", [False, True])
def test_whole_teeth_of_a_comb_change_sides(fixed):
    geometry = comb(6, 5)
    n = len(geometry)
    start = (shapely.get_coordinates(shapely.centroid(geometry))[:, 0] > 25).astype(int)
    held = np.where(np.arange(n) == 0, 0, -1) if fixed else None
    problem = problem_of(geometry, np.ones(n), 2, home=start, fixed=held, churn_price=0.1)
    world, plan = world_and_plan(problem, start)
    before = kernels.total_energy(world, plan)
    made = cut_anew(world, plan, 1000)
    kept = plan[1].copy(), plan[5].copy()
    kernels.region_table(world, plan)
    assert kept[0] == pytest.approx(plan[1])
    assert kept[1] == pytest.approx(plan[5])
    assert pieces_by_brute_force(geometry, plan[0]) == 2
    if fixed:  # a pair with fixed units is left alone
        assert made == 0
        assert np.array_equal(plan[0], start)
    else:
        assert made > 0
        assert kernels.total_energy(world, plan) < before
        assert np.bincount(plan[0]).tolist() == [n // 2, n // 2]


def test_a_pair_of_too_many_units_is_left_alone():
    geometry = comb(6, 5)
    problem = problem_of(geometry, np.ones(len(geometry)), 2)
    world, plan = world_and_plan(problem, (np.arange(len(geometry)) == 0).astype(int))
    assert cut_anew(world, plan, len(geometry) - 1) == 0


def test_the_price_of_a_region_grows_with_its_demand_but_slowly_beyond_all_measure():
    price = np.array([10.0, 9.0, 11.0, 1.0, 2.0, 2.0, 10.0, 0.0, 1.0, 0.0, 0.0])
    region = np.array([[1.0, 1.0, demand, 1.0] for demand in np.r_[np.linspace(10, 200, 400), 1e6, 1e12]])
    energy = np.array([kernels.region_energy(r, price, region) for r in range(len(region))])
    assert (np.diff(energy) >= 0.0).all()
    assert np.diff(energy[10:400]).max() < 8.0  # no jump where squares give way
    assert energy[-1] < 1e5
