"""Ten-household groups and water reaches: speed at full size, and min-cost flow beside us in the same run."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.optimize import linprog

sys.path.insert(0, str(Path(__file__).parent))
from polder import polder

from grid_partition import group_dwellings, partition_network

DOORS, GRIDS, SAMPLES, STARTS = 100_000, 330, 6, 4


def doors(count: int, seed: int = 0) -> np.ndarray:
    """Villages and scattered houses."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(0, 30_000, (count // 40, 2))
    near = count * 3 // 4
    crowd = centre[rng.integers(len(centre), size=near)] + rng.normal(0, 120, (near, 2))
    return np.r_[crowd, rng.uniform(0, 30_000, (count - near, 2))]


def balanced_k_means(xy: np.ndarray, k: int, rng: np.random.Generator) -> tuple[float, float]:
    """K-means whose assignment is a min-cost flow with 8 to 12 doors a group: (squares, mean distance)."""
    n = len(xy)
    seeds = [int(rng.integers(n))]
    for _ in range(k - 1):
        far = ((xy[:, None] - xy[seeds]) ** 2).sum(2).min(1)
        seeds.append(int(rng.choice(n, p=far / far.sum())))
    centre, last = xy[seeds], np.inf
    once = sp.kron(sp.eye(n), np.ones((1, k))).tocsr()
    size = sp.kron(np.ones((1, n)), sp.eye(k)).tocsr()
    for _ in range(20):
        cost = ((xy[:, None] - centre) ** 2).sum(2).ravel()
        limits = np.r_[np.full(k, 12.0), np.full(k, -8.0)]
        flow = linprog(cost, A_ub=sp.vstack([size, -size]), b_ub=limits, A_eq=once, b_eq=np.ones(n), method="highs")
        label = flow.x.reshape(n, k).argmax(1)
        centre = np.array([xy[label == g].mean(axis=0) for g in range(k)])
        if flow.fun > last * (1 - 1e-4):
            break
        last = flow.fun
    away = np.hypot(*(xy - centre[label]).T)
    return float((away**2).sum()), float(away.mean())


@pytest.mark.parametrize("nested", [False, True], ids=["one net", "inside grids"])
def test_groups_of_100_000_doors(benchmark: BenchmarkFixture, nested: bool) -> None:
    xy = doors(DOORS)
    order = np.lexsort((xy[:, 1], xy[:, 0] // 1700))
    within = np.zeros(DOORS, dtype=np.int64)
    within[order] = np.arange(DOORS) * GRIDS // DOORS
    group_dwellings(xy[:200])
    begin = time.process_time()
    found = benchmark.pedantic(group_dwellings, (xy,), {"within": within if nested else None}, rounds=1)
    benchmark.extra_info |= {
        "cpu_s": round(time.process_time() - begin, 2),
        "mean_distance_m": round(found.mean_distance, 1),
        "unfit": len(found.unfit),
    }
    assert not found.unfit


def test_distance_beside_min_cost_flow(benchmark: BenchmarkFixture) -> None:
    rng = np.random.default_rng(1)
    samples = [
        rng.uniform(0, 500, (300, 2))
        if s % 2
        else np.concatenate([rng.normal(rng.uniform(0, 500, 2), 40, (60, 2)) for _ in range(5)])
        for s in range(SAMPLES)
    ]
    peer = [min(balanced_k_means(xy, 30, rng) for _ in range(STARTS))[1] for xy in samples]
    ours = benchmark.pedantic(lambda: [group_dwellings(xy).mean_distance for xy in samples], rounds=1)
    ratio = np.array(ours) / np.array(peer)
    benchmark.extra_info |= {"ratio_mean": round(float(ratio.mean()), 3), "ratio_max": round(float(ratio.max()), 3)}
    assert ratio.max() <= 1.05


def test_reaches_of_a_polder(benchmark: BenchmarkFixture) -> None:
    channels = polder()
    partition_network(channels[:100], target_length=1000)
    begin = time.process_time()
    found = benchmark.pedantic(partition_network, (channels,), {"target_length": 1000}, rounds=1)
    benchmark.extra_info |= {
        "cpu_s": round(time.process_time() - begin, 2),
        "channels": len(channels),
        "reaches": len(found.length),
        "within_20_percent": round(float(found.fits[found.feasible].mean()), 4),
    }
    assert found.fits[found.feasible].mean() >= 0.95
