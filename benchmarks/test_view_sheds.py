"""View sheds, full recompute and placement: ours, pysovist beside us in the same run, fixed seeds."""

import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pysovist
import pytest
import shapely
from pytest_benchmark.fixture import BenchmarkFixture

sys.path.insert(0, str(Path(__file__).parent))
from mirrored_town import Town, town

from grid_coverage import (
    Candidates,
    Demand,
    KeyPoints,
    Needs,
    Streets,
    ViewSheds,
    Walls,
    candidate_views,
    covered_points,
    gaps_by_grid,
    gaps_in_blocks,
    ground_by_grid,
    place,
    prepare_walls,
    street_points,
    view_sheds,
)

CAMERAS, PEER_CAMERAS, RANGE, ROUNDS = 5_000, 200, 80.0, 7


@pytest.fixture(scope="module")
def city() -> Town:
    return town()


@pytest.fixture(scope="module")
def walls(city: Town) -> Walls:
    return prepare_walls(city.footprints)


@pytest.fixture(scope="module")
def sheds(city: Town, walls: Walls) -> ViewSheds:
    xy, azimuth, hfov = city.cameras(CAMERAS)
    return view_sheds(xy, walls, azimuth=azimuth, hfov=hfov, max_range=RANGE)


class Peer:
    """pysovist, which has no index of walls: somebody must pick those in reach of each camera for it.

    Given the whole town at once, its own plan is not ready after five minutes.
    """

    def __init__(self, walls: Walls) -> None:
        self.segments = np.stack([walls.index.start, walls.index.end], axis=1)
        self.tree = shapely.STRtree(shapely.linestrings(self.segments))

    def pick(self, xy: np.ndarray) -> np.ndarray:
        """Return the walls in reach; one far away where there are none, for it refuses an empty plan."""
        near = self.segments[self.tree.query(shapely.Point(xy), predicate="dwithin", distance=RANGE)]
        return near if len(near) else np.array([[xy + 2 * RANGE, xy + 3 * RANGE]])

    def area(self, near: np.ndarray, xy: np.ndarray, azimuth: float, hfov: float) -> float:
        """Compute a shed among the walls in reach and its polygon; return its area."""
        direction = math.radians((90 - azimuth) % 360)
        view = pysovist.isovist(near, xy, max_distance=RANGE, fov=math.radians(hfov), direction=direction)
        shapely.Polygon(view.polygon(arc_step=math.radians(0.4)))
        return float(view.area)


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one call: both sides lose the same to a busy machine."""
    start = time.process_time()
    work()
    return time.process_time() - start


def clip_by_union(grids: np.ndarray, sheds: ViewSheds, lines: np.ndarray) -> tuple[float, float]:
    """Street metres and ground by shapely: unite the sheds near each grid, clip to the grid, clip the streets."""
    near, shed = shapely.STRtree(sheds.polygon).query(grids, predicate="intersects")
    covers = np.array([shapely.union_all(sheds.polygon[shed[near == grid]]) for grid in range(len(grids))])
    covers = shapely.intersection(covers, grids)
    line, grid = shapely.STRtree(covers).query(lines, predicate="intersects")
    return float(shapely.length(shapely.intersection(lines[line], covers[grid])).sum()), float(
        shapely.area(covers).sum()
    )


def test_prepare_walls(benchmark: BenchmarkFixture, city: Town) -> None:
    walls = benchmark.pedantic(prepare_walls, args=(city.footprints,), rounds=3)
    benchmark.extra_info["walls"] = walls.count


@pytest.mark.benchmark(timer=time.process_time)
def test_view_sheds_beside_pysovist(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], city: Town, walls: Walls
) -> None:
    """Ours and pysovist by turns in one run; ratios of medians of the rounds."""
    xy, azimuth, hfov = city.cameras(CAMERAS)
    options = {"azimuth": azimuth, "hfov": hfov, "max_range": RANGE}
    found = view_sheds(xy, walls, **options)
    assert shapely.is_valid(found.polygon).all()
    peer, some = Peer(walls), np.flatnonzero(found.area > 1)[:PEER_CAMERAS]
    looks = [(found.xy[at], azimuth[at], hfov[at]) for at in some]
    near = [peer.pick(xy) for xy, _, _ in looks]
    expected = [peer.area(reach, *look) for reach, look in zip(near, looks, strict=True)]
    error = float((np.abs(found.area[some] - expected) / expected).max())
    ours, whole, picked = [], [], []
    for turn in range(ROUNDS):
        part = range(turn, len(some), ROUNDS)
        ours.append(seconds(lambda: view_sheds(xy, walls, **options)) / CAMERAS)
        whole.append(
            seconds(lambda rows=part: [peer.area(peer.pick(looks[at][0]), *looks[at]) for at in rows]) / len(part)
        )
        picked.append(seconds(lambda rows=part: [peer.area(near[at], *looks[at]) for at in rows]) / len(part))
    benchmark.pedantic(view_sheds, args=(xy, walls), kwargs=options, rounds=3)
    rate, with_picking, without = (1.0 / float(np.median(each)) for each in (ours, whole, picked))
    benchmark.extra_info |= {
        "cameras/s": rate, "pysovist cameras/s": with_picking, "ratio": rate / with_picking,
        "pysovist cameras/s, walls picked": without, "ratio, walls picked": rate / without, "worst error": error,
    }  # fmt: skip
    with capsys.disabled():
        print(f"\nview sheds per cpu-second: ours {rate:,.0f}")
        print(f"pysovist, picking the walls in reach counted: {with_picking:,.0f}, ours {rate / with_picking:,.0f} x")
        print(f"pysovist, walls picked beforehand: {without:,.0f}, ours (picking counted) {rate / without:,.0f} x")
        print(f"worst relative difference of {len(some)} areas: {error:.1e}")
    assert error < 1e-5


@pytest.mark.parametrize("reach", [150.0, 300.0])
def test_view_sheds_all_round(benchmark: BenchmarkFixture, city: Town, walls: Walls, reach: float) -> None:
    xy, _, _ = city.cameras(1_000)
    benchmark.pedantic(
        view_sheds, args=(xy, walls), kwargs={"azimuth": 0.0, "hfov": 360.0, "max_range": reach}, rounds=3
    )


@pytest.mark.benchmark(timer=time.process_time)
def test_full_recompute(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], city: Town, walls: Walls
) -> None:
    """5,000 cameras x 1,600 grids x 4,000 km of streets x 20,000 key places, walls prepared."""
    xy, azimuth, hfov = city.cameras(CAMERAS)
    online = np.random.default_rng(3).random(CAMERAS) > 0.06
    grids, streets, places = city.grids(40, 40), Streets.of(city.streets), KeyPoints.of(city.points(20_000))

    def recompute() -> tuple[float, float]:
        sheds = view_sheds(xy, walls, azimuth=azimuth, hfov=hfov, max_range=RANGE).take(online)
        table = gaps_by_grid(grids, sheds, streets=streets, key_points=places, needs=Needs())
        ground = ground_by_grid(grids, sheds, walls)
        return float(table.seen_m[:, 0].sum()), float(ground.seen_m2.sum())

    recompute()
    metres, area = benchmark.pedantic(recompute, rounds=3)
    sheds = view_sheds(xy, walls, azimuth=azimuth, hfov=hfov, max_range=RANGE).take(online)
    clipped, covered = clip_by_union(grids, sheds, city.streets)
    assert metres == pytest.approx(clipped, rel=5e-4)
    assert area == pytest.approx(covered, rel=1e-6)
    with capsys.disabled():
        print(f"\nfull recompute: {metres / 1000:,.1f} km of street seen (clip by union {clipped / 1000:,.1f} km)")


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("certify", [False, True])
def test_placement(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], city: Town, walls: Walls, certify: bool
) -> None:
    """50,000 pieces of street x 20,000 candidates (2,500 poles x 8 headings), 500 cameras."""
    part = Streets.of(city.streets[: len(city.streets) // 7])
    rng = np.random.default_rng(2)
    line = part.line[rng.integers(0, len(part.line), 2_500)]
    poles = shapely.get_coordinates(shapely.line_interpolate_point(line, rng.random(2_500), normalized=True))
    xy, azimuth, pole = candidate_views(poles, headings=8)
    sheds = view_sheds(xy, walls, azimuth=azimuth, hfov=75.0, max_range=RANGE)
    points, metres = street_points(part, step=11.5)
    candidates = Candidates.of(covered_points(sheds, points[:50_000]), group=pole, per_group=8)
    demand = Demand.of(metres[:50_000])
    place(candidates, demand, budget=2)
    found = benchmark.pedantic(
        place, args=(candidates, demand), kwargs={"budget": 500, "certify": certify}, rounds=1 if certify else 5
    )
    if found.gap is not None:
        with capsys.disabled():
            print(f"\nplacement: {found.covered / 1000:,.1f} km, at most {found.gap:.2%} below the best")
        assert found.gap <= 0.01


def test_blocks_on_two_workers(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], city: Town) -> None:
    """Gaps of 1,600 grids in six blocks with halo: two processes give the very numbers of one."""
    xy, azimuth, hfov = city.cameras(CAMERAS)
    sheds = view_sheds(xy, prepare_walls(city.footprints), azimuth=azimuth, hfov=hfov, max_range=RANGE)
    asked = {
        "streets": Streets.of(city.streets), "key_points": KeyPoints.of(city.points(20_000)), "needs": Needs(),
    }  # fmt: skip
    grids = city.grids(40, 40)
    start = time.perf_counter()
    whole = gaps_by_grid(grids, sheds, **asked)
    alone = time.perf_counter() - start
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(abs, range(2)))
        options = {**asked, "blocks": 6, "executor": pool}
        found = benchmark.pedantic(gaps_in_blocks, args=(grids, sheds), kwargs=options, rounds=2)
    for name in ("street_m", "seen_m", "seen_m_upper", "places_seen", "score"):
        assert np.array_equal(getattr(found, name), getattr(whole, name)), name
    assert np.array_equal(found.gaps.length, whole.gaps.length)
    with capsys.disabled():
        print(f"\nblocks: one process {alone:.1f} s, two workers {benchmark.stats.stats.min:.1f} s, equal to the bit")


@pytest.mark.parametrize("size", [(1_000, 500)])
def test_placement_beside_spopt(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], city: Town, walls: Walls, size: tuple[int, int]
) -> None:
    """The largest size that spopt's dense model survives in a reasonable time; both cover by the same matrix."""
    pulp = pytest.importorskip("pulp")
    mclp = pytest.importorskip("spopt.locate").MCLP
    demand_count, count = size
    part = Streets.of(city.streets[: len(city.streets) // 300])
    rng = np.random.default_rng(2)
    line = part.line[rng.integers(0, len(part.line), count // 4)]
    poles = shapely.get_coordinates(shapely.line_interpolate_point(line, rng.random(len(line)), normalized=True))
    xy, azimuth, _ = candidate_views(poles, headings=4)
    sheds = view_sheds(xy, walls, azimuth=azimuth, hfov=75.0, max_range=RANGE)
    points, metres = street_points(part, step=10.0)
    points, metres = points[:demand_count], metres[:demand_count]
    covers = covered_points(sheds, points)
    place(Candidates.of(covers), Demand.of(metres), budget=2)
    found = benchmark.pedantic(place, args=(Candidates.of(covers), Demand.of(metres)), kwargs={"budget": 20}, rounds=5)
    start = time.perf_counter()
    matrix = 1.0 - covers.T.toarray().astype(float)
    model = mclp.from_cost_matrix(matrix, metres, 0.5, p_facilities=20)
    model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=60))
    took = time.perf_counter() - start
    best = float(pulp.value(model.problem.objective))
    with capsys.disabled():
        print(f"\nspopt {len(points)} x {len(xy)}: {took:.1f} s, covers {best:,.0f}; ours covers {found.covered:,.0f}")
    assert found.covered >= 0.98 * best
