"""A prefecture block by block: one process, a process pool and dask.distributed give the very same labels.

Prints wall seconds of each; on two cores the pools gain less than twofold, since units travel to them and back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
import shapely
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.clustered_county import county
from grid_partition import Atoms, Partition, build_atoms, partition_units
from grid_partition.scaleout import partition_blocks

DWELLINGS = int(os.environ.get("GRIDWARD_BENCH_DWELLINGS", "60000"))
BLOCKS = 6
WORKERS = 2

Where = Callable[[], AbstractContextManager[Executor | None]]


@pytest.fixture(scope="module")
def prefecture() -> tuple[Atoms, np.ndarray]:
    """Atoms of a made-up prefecture, and the county of each: towns in strips from west to east."""
    land = county(DWELLINGS)
    atoms = build_atoms(land.outline, land.dwellings, demand=land.households, parents=land.towns)
    west = shapely.get_coordinates(shapely.centroid(land.towns))[:, 0]
    strip = np.searchsorted(np.quantile(west, np.linspace(0, 1, BLOCKS + 1)[1:-1]), west)
    return atoms, strip[atoms.parent]


@pytest.fixture(scope="module")
def whole(prefecture: tuple[Atoms, np.ndarray]) -> Partition:
    """The partition in one go, with its seconds on standard output."""
    atoms, _ = prefecture
    small = shapely.box(np.arange(4.0), np.zeros(4), np.arange(1.0, 5.0), np.ones(4))
    partition_units(small, np.ones(4), grids=2)  # compiled before the clock runs
    started = time.perf_counter()
    found = partition_units(atoms.geometry, atoms.demand, target=300, within=atoms.parent)
    print(f"\n{len(atoms):,} atoms, {len(found.demand):,} grids: one go {time.perf_counter() - started:.1f} s")
    return found


@contextmanager
def one_process() -> Iterator[None]:
    yield None


@contextmanager
def process_pool() -> Iterator[Executor]:
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(abs, range(WORKERS)))
        yield pool


@contextmanager
def dask_cluster() -> Iterator[Executor]:
    distributed: Any = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with ExitStack() as stack:
        cluster = stack.enter_context(
            distributed.LocalCluster(
                n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=40
            )
        )
        client = stack.enter_context(distributed.Client(cluster))
        yield client.get_executor()


@pytest.mark.parametrize("where", [one_process, process_pool, dask_cluster], ids=lambda each: each.__name__)
def test_blocks_give_the_labels_of_one_go(
    benchmark: BenchmarkFixture, prefecture: tuple[Atoms, np.ndarray], whole: Partition, where: Where
) -> None:
    atoms, block = prefecture
    with where() as executor:
        wishes = {"block": block, "within": atoms.parent, "target": 300, "executor": executor}
        found = benchmark.pedantic(partition_blocks, (atoms.geometry, atoms.demand), wishes, rounds=1)
    print(f"\n{BLOCKS} blocks, {where.__name__}: {benchmark.stats['median']:.1f} s")
    assert np.array_equal(found.labels, whole.labels)
    assert np.array_equal(found.parent_of_grid, whole.parent_of_grid)
    assert found.quality.contiguous
