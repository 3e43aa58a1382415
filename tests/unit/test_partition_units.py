"""partition_units: contiguity, balance, determinism, and what odd input gets."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import product
from multiprocessing import get_context

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tilings import board, pieces_by_brute_force, voronoi

from gis.errors import CancelledError, InvalidGeometryError, InvalidInputError
from grid_partition import PartitionOptions, check_tiling, partition_units


def assert_sound(result, geometry, demand, k):
    """Every grid present, in one piece, sums kept."""
    assert np.array_equal(np.unique(result.labels), np.arange(k))
    assert pieces_by_brute_force(geometry, result.labels) == k
    assert result.demand.sum() == pytest.approx(np.sum(demand))
    assert result.quality.contiguous


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(5, 60), k=st.integers(1, 8))
@example(seed=3876, n=40, k=8)  # a cut took two regions apart that were to be cut anew together
def test_partition_is_contiguous_and_keeps_area_and_demand(seed, n, k):
    rng = np.random.default_rng(seed)
    geometry = voronoi(n, rng)
    demand = rng.integers(0, 9, len(geometry))
    k = min(k, len(geometry))
    result = partition_units(geometry, demand, grids=k, seed=seed)
    assert_sound(result, geometry, demand, k)
    grids = result.dissolve()
    assert shapely.area(grids).sum() == pytest.approx(shapely.area(geometry).sum(), rel=1e-12)
    assert check_tiling(shapely.union_all(geometry), grids).valid


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_partition_balances_fine_units(seed):
    rng = np.random.default_rng(seed)
    geometry = voronoi(160, rng)
    demand = rng.integers(1, 4, len(geometry))
    result = partition_units(geometry, demand, grids=8, seed=seed)
    assert result.quality.share_within == 1.0
    assert result.quality.max_deviation <= 0.10 + 1e-9


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.sampled_from([(0, 0), (1e6, 3e6), (-250_000, 4_100_000)]))
def test_partition_ignores_order_and_place(seed, shift):
    rng = np.random.default_rng(seed)
    geometry = voronoi(40, rng)
    demand = rng.integers(0, 5, len(geometry))
    order = rng.permutation(len(geometry))
    moved = shapely.transform(geometry[order], lambda xy: xy + np.asarray(shift))
    one = partition_units(geometry, demand, grids=5, seed=3)
    other = partition_units(moved, demand[order], grids=5, seed=3)
    assert np.array_equal(one.labels[order], other.labels)


def best_by_enumeration(geometry, demand, k):
    """Least possible largest deviation over all contiguous labellings."""
    mean, best = sum(demand) / k, np.inf
    for labels in product(range(k), repeat=len(demand)):
        if len(set(labels)) == k and labels[0] == 0:
            load = np.bincount(labels, weights=demand, minlength=k)
            off = np.abs(load - mean).max() / mean
            if off < best - 1e-12 and pieces_by_brute_force(geometry, labels) == k:
                best = off
    return best


@pytest.mark.parametrize("seed", range(4))
def test_partition_finds_the_optimum_of_tiny_cases(seed):
    rng = np.random.default_rng(seed)
    geometry = board(3, 3)
    demand = rng.integers(1, 9, 9).astype(float)
    # a tolerance below the optimum makes balance the only thing that counts
    options = PartitionOptions(tolerance=0.001)
    result = partition_units(geometry, demand, grids=2, seed=seed, options=options)
    assert result.quality.max_deviation == pytest.approx(best_by_enumeration(geometry, demand, 2))


def test_partition_prefers_compact_grids():
    result = partition_units(board(8, 8), np.ones(64), grids=4, seed=1)
    assert result.quality.compactness == pytest.approx(np.pi / 4)  # four squares


def test_partition_follows_barriers():
    road = shapely.LineString([(40, 0), (40, 60)])
    free = partition_units(board(10, 6), np.ones(60), grids=2, options=PartitionOptions(tolerance=0.4))
    options = PartitionOptions(tolerance=0.4, barriers=[road], barrier_cost=0.05)
    led = partition_units(board(10, 6), np.ones(60), grids=2, options=options)
    assert np.isnan(free.quality.cut_on_barriers)
    assert led.quality.cut_on_barriers == 1.0
    assert sorted(led.demand) == [24, 36]


def test_partition_cuts_each_parent_apart():
    geometry = board(8, 4)
    within = np.where(np.arange(32) % 8 < 3, 7, -1)
    result = partition_units(geometry, np.ones(32), target=4, within=within)
    assert sorted(result.parent_of_grid) == [-1] * 5 + [7] * 3
    assert np.array_equal(result.parent_of_grid[result.labels], within)
    assert result.quality.max_deviation == 0.0


def test_partition_of_a_parent_does_not_depend_on_the_others():
    geometry = board(12, 6)
    within = np.arange(72) % 12 // 6
    demand = np.random.default_rng(4).integers(1, 5, 72)
    whole = partition_units(geometry, demand, target=20, within=within, seed=9)
    alone = within == 1
    part = partition_units(geometry[alone], demand[alone], target=20, within=within[alone], seed=9)
    assert np.array_equal(np.unique(whole.labels[alone], return_inverse=True)[1].ravel(), part.labels)


def test_partition_repeats_itself_on_an_executor():
    rng = np.random.default_rng(2)
    geometry = board(20, 10)
    demand, within = rng.integers(0, 6, 200), np.arange(200) % 20 // 5
    here = partition_units(geometry, demand, target=40, within=within, seed=5)
    with ThreadPoolExecutor(2) as executor:
        there = partition_units(geometry, demand, target=40, within=within, seed=5, executor=executor)
    assert np.array_equal(here.labels, there.labels)


def test_exclave_joins_the_nearest_grid_and_is_flagged():
    geometry = np.r_[board(6, 2), board(1, 1, origin=(100, 0))]
    result = partition_units(geometry, np.ones(13), target=6)
    assert len(result.demand) == 2
    assert result.labels[12] == result.labels[5]
    assert result.exclave.tolist() == [r == result.labels[12] for r in range(2)]
    assert result.quality.contiguous
    assert shapely.get_type_id(result.dissolve()).tolist().count(shapely.GeometryType.MULTIPOLYGON) == 1


def test_parts_big_enough_get_their_own_grids():
    geometry = np.r_[board(4, 2), board(4, 2, origin=(500, 0))]
    result = partition_units(geometry, np.ones(16), target=4)
    assert len(result.demand) == 4
    assert not result.exclave.any()
    assert result.quality.max_deviation == 0.0


def test_five_hundred_islands_in_one_parent():
    corners = [(40.0 * (i % 25), 40.0 * (i // 25)) for i in range(500)]
    geometry = np.concatenate([board(1, 1, origin=corner) for corner in corners])
    result = partition_units(geometry, np.ones(500), target=300)
    assert result.demand == pytest.approx(250, abs=10)
    assert result.exclave.all()
    assert result.infeasible == [(0, 1, 500.0), (0, 2, 250.0)]


def test_islands_carry_grids_where_there_are_too_few_units():
    geometry = np.r_[board(2, 1), board(1, 1, origin=(100, 0)), board(1, 1, origin=(200, 0))]
    result = partition_units(geometry, [9, 9, 1, 1], grids=4)
    assert sorted(result.demand) == [1, 1, 9, 9]
    assert not result.exclave.any()


def test_infeasible_demand_is_explained():
    result = partition_units(board(5, 2), np.full(10, 43.0), target=300)
    assert result.infeasible == [(0, 1, 430.0), (0, 2, 215.0)]
    assert len(result.demand) == 2


def test_units_above_the_band_are_named():
    demand = np.ones(16)
    demand[5] = 40
    result = partition_units(board(4, 4), demand, grids=4)
    assert result.oversized.tolist() == [5]
    assert_sound(result, board(4, 4), demand, 4)


@pytest.mark.parametrize("towers", [[405], [45, 405, 854]])
@pytest.mark.parametrize("options", [PartitionOptions(), PartitionOptions(band=(240.0, 360.0))])
def test_units_bigger_than_the_target_leave_the_others_balanced(options, towers):
    demand = np.full(900, 2.0)
    demand[towers] = 1200
    result = partition_units(board(30, 30), demand, target=300, options=options)
    assert result.oversized.tolist() == towers
    others = np.sort(result.demand)[: -len(towers)]
    assert len(others) == 6
    assert others.min() >= 240
    assert np.sort(result.demand)[-len(towers) :].max() <= 1220


@pytest.mark.parametrize("options", [PartitionOptions(), PartitionOptions(band=(300.0, 500.0))])
def test_zero_demand_is_cut_by_area(options):
    result = partition_units(board(20, 20), np.zeros(400), grids=4, options=options)
    assert_sound(result, board(20, 20), np.zeros(400), 4)
    assert np.bincount(result.labels).min() >= 90
    assert result.quality.max_deviation == 0.0
    assert partition_units(board(4, 4), np.zeros(16), target=300).demand.tolist() == [0.0]


def test_one_unit_is_one_grid():
    result = partition_units(board(1, 1), [700], target=300)
    assert result.labels.tolist() == [0]
    assert result.infeasible == [(0, 1, 700.0)]


@pytest.mark.parametrize("double", [board(1, 1, origin=(20, 20)), [shapely.box(25, 25, 45, 45)], board(7, 7)])
def test_units_on_top_of_each_other_are_refused_with_their_places(double):
    geometry = np.r_[board(7, 7), double]
    with pytest.raises(InvalidGeometryError, match="cover the same") as refusal:
        partition_units(geometry, np.ones(len(geometry)), grids=2)
    rows, places = refusal.value.fields["rows"], refusal.value.fields["places"]
    for (one, other), place in zip(rows, places, strict=True):
        assert shapely.intersects(geometry[[one, other]], shapely.Point(place)).all()


def test_slight_overlaps_pass():
    geometry = board(6, 6)
    geometry[7] = shapely.box(10, 10, 20.02, 20)
    result = partition_units(geometry, np.ones(36), grids=2)
    assert sorted(result.demand) == [18, 18]
    assert result.quality.contiguous


def test_units_that_touch_in_a_point_are_not_neighbours():
    geometry = np.r_[board(2, 2), board(2, 2, origin=(20, 20))]
    result = partition_units(geometry, np.ones(8), target=4)
    assert pieces_by_brute_force(geometry, result.labels) == 2


def comb(teeth):
    """A spine with teeth that hang on it by one unit each."""
    spine = board(2 * teeth - 1, 1)
    return np.concatenate([spine, *(board(1, 6, origin=(20.0 * t, 10)) for t in range(teeth))])


def ring():
    """A ring of squares round a hole."""
    return board(7, 7)[[i for i in range(49) if not (1 <= i % 7 <= 5 and 1 <= i // 7 <= 5)]]


def neck():
    """Two blocks that hang together by one unit."""
    return np.concatenate([board(4, 4), board(1, 1, origin=(40, 0)), board(4, 4, origin=(50, 0))])


@pytest.mark.parametrize("shape", [comb(5), ring(), neck(), board(40, 1), board(1, 40, origin=(1e6, 5e6))])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_awkward_shapes_stay_in_one_piece(shape, k):
    demand = np.random.default_rng(k).integers(1, 6, len(shape))
    assert_sound(partition_units(shape, demand, grids=k, seed=k), shape, demand, k)


def test_borders_without_equal_vertices_still_connect():
    # the long unit has no vertices where the small ones meet it
    geometry = np.r_[shapely.box([0], [10], [30], [20]), board(3, 1)]
    result = partition_units(geometry, [3, 1, 1, 1], grids=2, options=PartitionOptions(tolerance=0.01))
    assert sorted(result.demand) == [3, 3]
    assert_sound(result, geometry, [3, 1, 1, 1], 2)


def test_fixed_units_keep_their_grid():
    fixed = np.full(36, -1)
    fixed[[0, 35]] = 2, 0
    result = partition_units(board(6, 6), np.ones(36), grids=3, options=PartitionOptions(fixed=fixed))
    assert result.labels[[0, 35]].tolist() == [2, 0]
    assert_sound(result, board(6, 6), np.ones(36), 3)


def test_fixed_units_of_one_grid_are_joined():
    fixed = np.full(25, -1)
    fixed[[0, 4]] = 1
    fixed[[20, 24]] = 0
    result = partition_units(board(5, 5), np.ones(25), grids=2, options=PartitionOptions(fixed=fixed))
    assert result.labels[[0, 4, 20, 24]].tolist() == [1, 1, 0, 0]
    assert_sound(result, board(5, 5), np.ones(25), 2)


def test_fixed_units_that_cannot_meet_are_refused():
    fixed = [0, 1, 0]
    with pytest.raises(InvalidInputError, match="cannot be joined"):
        partition_units(board(3, 1), np.ones(3), grids=2, options=PartitionOptions(fixed=fixed))


def test_fixed_units_are_joined_over_a_start_that_parts_them():
    fixed = np.full(15, -1)
    fixed[[0, 10]] = 0
    start = np.arange(15) // 5  # three rows: the fixed units lie in the first and the third
    options = PartitionOptions(fixed=fixed, start=start)
    result = partition_units(board(5, 3), np.ones(15), grids=3, options=options)
    assert result.labels[[0, 10]].tolist() == [0, 0]
    assert_sound(result, board(5, 3), np.ones(15), 3)


def test_fixed_units_of_one_grid_leave_too_few_units_for_the_others():
    with pytest.raises(InvalidInputError, match="no room"):
        partition_units(board(4, 1), np.ones(4), grids=4, options=PartitionOptions(fixed=[0, 0, -1, -1]))


def test_fixed_guests_of_another_part_bring_their_grid():
    geometry = np.r_[board(6, 2), board(1, 1, origin=(100, 0))]
    fixed = np.full(13, -1)
    fixed[[0, 12]] = 0
    result = partition_units(geometry, np.ones(13), target=6, options=PartitionOptions(fixed=fixed))
    assert result.labels[[0, 12]].tolist() == [0, 0]
    assert result.exclave.tolist() == [True, False]


def test_fixed_guests_that_no_grid_can_take_are_refused():
    geometry = np.r_[board(2, 1), board(1, 1, origin=(100, 0))]
    with pytest.raises(InvalidInputError, match="no grid can take"):
        partition_units(geometry, [5, 5, 1], target=5, options=PartitionOptions(fixed=[0, 1, 2]))


def test_fixed_guests_of_a_grid_too_many_are_refused():
    geometry = np.r_[board(6, 2), board(1, 1, origin=(100, 0))]
    fixed = [0, *[-1] * 11, 1]
    with pytest.raises(InvalidInputError, match="only 1 fit"):
        partition_units(geometry, np.ones(13), target=13, options=PartitionOptions(fixed=fixed))


def test_fixed_grid_across_parents_is_refused():
    with pytest.raises(InvalidInputError, match="parents"):
        partition_units(
            board(4, 1), np.ones(4), grids=2, within=[0, 0, 1, 1], options=PartitionOptions(fixed=[-1, 1, 1, -1])
        )


def test_start_is_kept_when_churn_is_dear():
    start = np.arange(64) % 8 // 2
    demand = np.random.default_rng(0).integers(1, 5, 64)
    cheap = PartitionOptions(start=start, tolerance=0.3)
    dear = PartitionOptions(start=start, tolerance=0.3, churn_price=100.0)
    assert (partition_units(board(8, 8), demand, grids=4, options=cheap).labels != start).any()
    kept = partition_units(board(8, 8), demand, grids=4, options=dear)
    assert (kept.labels == start).all()


def test_start_with_fewer_and_more_grids_is_repaired():
    start = np.zeros(36, dtype=int)
    more = partition_units(board(6, 6), np.ones(36), grids=3, options=PartitionOptions(start=start))
    assert_sound(more, board(6, 6), np.ones(36), 3)
    fewer = partition_units(board(6, 6), np.ones(36), grids=3, options=PartitionOptions(start=np.arange(36)))
    assert_sound(fewer, board(6, 6), np.ones(36), 3)


def test_soft_demand_is_spread():
    soft = (np.arange(24) % 12 < 8).astype(float)  # in the west
    without = partition_units(board(12, 2), np.ones(24), grids=2)
    options = PartitionOptions(soft_demand=soft, tolerance=0.4)
    spread = partition_units(board(12, 2), np.ones(24), grids=2, options=options)
    assert np.bincount(without.labels, weights=soft).max() == 12
    assert np.bincount(spread.labels, weights=soft).max() <= 10


def mean_square_walk(places, demand, labels):
    """Mean over households of the squared way from the centre of their grid's households: an independent rule."""
    total = 0.0
    for r in np.unique(labels):
        mine = labels == r
        centre = np.average(places[mine], axis=0, weights=demand[mine])
        total += (demand[mine] * ((places[mine] - centre) ** 2).sum(axis=1)).sum()
    return total / demand.sum()


def test_walks_get_shorter_where_they_have_a_price():
    rng = np.random.default_rng(3)
    geometry = voronoi(300, rng)
    places = shapely.get_coordinates(shapely.centroid(geometry))
    # five hamlets in open country: borders around empty ground are free to run anywhere
    hamlets = rng.uniform(100, 900, (5, 2))
    near = np.min(np.hypot(*(places[:, None] - hamlets).T), axis=0) < 130
    demand = np.where(near, 6.0, 0.0)
    free = partition_units(geometry, demand, grids=5, options=PartitionOptions(tolerance=0.5))
    led = partition_units(geometry, demand, grids=5, options=PartitionOptions(tolerance=0.5, walk_price=4.0))
    assert_sound(led, geometry, demand, 5)
    before, after = (mean_square_walk(places, demand, found.labels) for found in (free, led))
    assert after < 0.9 * before


def test_walks_are_measured_from_where_the_households_are():
    geometry = board(6, 1, side=100.0)
    places = np.column_stack([[50.0, 150, 250, 399, 450, 550], np.full(6, 50.0)])
    places[2] = 300.0, 50.0  # the door of the third unit lies at its eastern edge
    options = PartitionOptions(tolerance=0.5, walk_price=50.0, places=places)
    result = partition_units(geometry, [2, 2, 1, 1, 1, 1], grids=2, options=options)
    assert result.labels.tolist() == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"walk_price": -1.0}, "walks"),
        ({"walk_price": np.nan}, "walks"),
        ({"places": [[0, 0]]}, "places"),
        ({"places": np.full((4, 2), np.inf)}, "places"),
    ],
)
def test_walks_that_cannot_be_meant_are_refused(change, match):
    with pytest.raises(InvalidInputError, match=match):
        partition_units(board(2, 2), np.ones(4), grids=2, options=PartitionOptions(**change))


@pytest.mark.parametrize("warm", [False, True])
def test_closed_grids_take_no_further_units(warm):
    geometry, fixed = board(12, 6), np.full(72, -1)
    kept = (np.arange(72) % 12 < 3) & (np.arange(72) // 12 < 4)
    fixed[kept] = 0
    start = np.where(kept, 0, 1 + np.maximum(np.arange(72) % 12 - 3, 0) // 3) if warm else None
    options = PartitionOptions(fixed=fixed, start=start, closed=True)
    result = partition_units(geometry, np.ones(72), target=20, options=options)
    assert np.array_equal(result.labels == result.labels[0], kept)
    # 60 are left for three grids of 20; the closed one has 12
    assert len(result.demand) == 4
    others = np.delete(result.demand, result.labels[0])
    assert ((others >= 18) & (others <= 22)).all()
    assert pieces_by_brute_force(geometry, result.labels) == 4


def test_closed_grid_takes_what_nothing_else_reaches():
    geometry, fixed = board(5, 1), np.array([-1, 0, 0, -1, -1])
    result = partition_units(geometry, np.ones(5), grids=2, options=PartitionOptions(fixed=fixed, closed=True))
    assert result.labels.tolist() == [0, 0, 0, 1, 1]


def test_band_takes_the_place_of_tolerance():
    demand = np.full(24, 10.0)
    result = partition_units(board(6, 4), demand, grids=4, options=PartitionOptions(band=(40, 80)))
    assert result.quality.share_within == 1.0
    assert ((result.demand >= 40) & (result.demand <= 80)).all()


def test_progress_rises_and_can_cancel():
    told = []

    def stop(share, note):
        told.append(share)
        if share > 0.4:
            raise CancelledError("stopped")

    geometry = board(10, 10)
    partition_units(geometry, np.ones(100), grids=5, progress=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0
    with pytest.raises(CancelledError):
        partition_units(geometry, np.ones(100), grids=5, progress=stop)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"grids": None}, "Name either"),
        ({"target": 3.0}, "Name either"),
        ({"grids": 0}, "from 1 up"),
        ({"grids": np.nan}, "from 1 up"),
        ({"grids": None, "target": -3.0}, "above zero"),
        ({"demand": [[1, 1, 1, 1]]}, "4 values"),
        ({"within": [0, 1]}, "4 values"),
        ({"within": [0, 0, 1, 1], "options": PartitionOptions(fixed=[0, 1, 2, -1])}, "Fixed units and parents"),
        ({"grids": 10}, "only 4 units"),
        ({"grids": 1, "within": [0, 0, 1, 1]}, "2 parents"),
        ({"demand": [1, 1, -1, 1]}, "demand"),
        ({"demand": [1, 1, np.nan, 1]}, "demand"),
        ({"demand": [1, 1]}, "4 values"),
        ({"within": [0, 0.5, 1, 1]}, "whole numbers"),
        ({"options": PartitionOptions(tolerance=0)}, "tolerance"),
        ({"options": PartitionOptions(band=(5, 3))}, "band"),
        ({"options": PartitionOptions(churn_price=-1)}, "churn"),
        ({"options": PartitionOptions(soft_demand=[1, 2])}, "soft_demand"),
        ({"options": PartitionOptions(fixed=[0, 1, 2, 3])}, "Fixed units"),
    ],
)
def test_bad_input_is_refused(change, match):
    asked = {"demand": np.ones(4), "grids": 2} | change
    demand = asked.pop("demand")
    with pytest.raises(InvalidInputError, match=match):
        partition_units(board(2, 2), demand, **asked)


@pytest.mark.parametrize("bad", [None, shapely.Point(0, 0), shapely.Polygon(), shapely.box(0, 0, np.nan, 1)])
def test_bad_geometry_is_refused_by_row(bad):
    geometry = [*board(3, 1), bad]
    with pytest.raises(InvalidGeometryError) as refusal:
        partition_units(geometry, np.ones(4), grids=2)
    assert refusal.value.fields["rows"] == [3]


def test_no_units_are_refused():
    with pytest.raises(InvalidInputError, match="no units"):
        partition_units([], [], grids=1)


@pytest.mark.parametrize("k", [3, 9, 40])
def test_partition_runs_without_metis(monkeypatch, k):
    geometry = board(20, 20)
    demand = np.random.default_rng(k).integers(1, 6, 400)
    with_metis = partition_units(geometry, demand, grids=k, seed=k)
    monkeypatch.setattr("grid_partition.seed.pymetis", None)
    without = partition_units(geometry, demand, grids=k, seed=k)
    assert_sound(without, geometry, demand, k)
    assert without.quality.compactness >= 0.95 * with_metis.quality.compactness
    assert without.quality.share_within >= 0.95 * with_metis.quality.share_within


def test_grids_are_shared_out_among_parents_by_demand():
    geometry = board(12, 4)
    within = np.repeat([[0] * 2 + [1] * 4 + [2] * 6], 4, axis=0).ravel()
    result = partition_units(geometry, np.ones(48), grids=7, within=within)
    assert np.bincount(result.parent_of_grid).tolist() == [1, 2, 4]
    assert result.quality.contiguous
    crowded = partition_units(geometry, np.where(within == 0, 100, 1), grids=10, within=within)
    assert np.bincount(crowded.parent_of_grid).tolist() == [8, 1, 1]


def test_partition_repeats_itself_on_other_processes():
    geometry, within = board(8, 4), np.arange(32) % 8 // 4
    demand = np.random.default_rng(1).integers(1, 6, 32)
    here = partition_units(geometry, demand, target=15, within=within)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        there = partition_units(geometry, demand, target=15, within=within, executor=executor)
    assert np.array_equal(here.labels, there.labels)


def test_cancelling_stops_the_executor():
    def stop(share, note):
        raise CancelledError(f"{note} at {share}")

    geometry, within = board(8, 4), np.arange(32) % 8
    with ThreadPoolExecutor(1) as executor, pytest.raises(CancelledError):
        partition_units(geometry, np.ones(32), target=2, within=within, executor=executor, progress=stop)
