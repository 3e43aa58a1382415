"""Progress of one big part is smooth, and cancelling is prompt, here and on threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread

import numpy as np
import pytest
from tilings import board

from gis.errors import CancelledError
from grid_partition import PartitionOptions, partition_units


def shares_of(geometry, demand, **asked):
    told = []
    partition_units(geometry, demand, progress=lambda share, _note: told.append(share), **asked)
    return told


@pytest.mark.parametrize(
    ("side", "grids", "tolerance"),
    [(10, 5, 0.1), (60, 12, 0.1), (60, 400, 0.1), (60, 300, 0.001), (5, 3, 0.1)],
)
def test_progress_of_one_part_is_smooth(side, grids, tolerance):
    demand = np.random.default_rng(0).integers(0, 9, side * side)
    options = PartitionOptions(tolerance=tolerance)
    told = shares_of(board(side, side), demand, grids=grids, options=options)
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert np.diff(told).max() <= 0.12


def test_progress_with_fixed_units_and_a_start_is_smooth():
    fixed, start = np.full(900, -1), np.arange(900) % 30 // 5
    fixed[[0, 899]] = 0, 5
    for options in (PartitionOptions(fixed=fixed), PartitionOptions(start=start), PartitionOptions(tolerance=1e-6)):
        told = shares_of(board(30, 30), np.ones(900), grids=6, options=options)
        assert told == sorted(told)
        assert np.diff(told).max() <= 0.12


def test_progress_on_threads_is_smooth_and_told_by_the_caller_s_thread():
    geometry, within = board(60, 60), (np.arange(3600) % 60 >= 50).astype(int)
    told, threads = [], set()

    def tell(share, _note):
        told.append(share)
        threads.add(current_thread().name)
        time.sleep(0.001)

    demand = np.random.default_rng(1).integers(0, 9, 3600)
    with ThreadPoolExecutor(2) as executor:
        partition_units(geometry, demand, target=30, within=within, executor=executor, progress=tell)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert threads == {current_thread().name}


@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize("after", [0.02, 0.1, 0.5, 0.95])
def test_cancelling_inside_a_big_part_is_prompt(threads, after):
    side = 200
    geometry, within = board(side, side), (np.arange(side * side) % side >= side - 5).astype(int)
    demand = np.random.default_rng(1).integers(0, 9, side * side)
    asked_at = []

    def stop(share, _note):
        if share >= after:
            asked_at.append(time.perf_counter())
            raise CancelledError("stopped")

    executor = ThreadPoolExecutor(2) if threads else None
    with pytest.raises(CancelledError):
        try:
            partition_units(geometry, demand, grids=130, within=within, executor=executor, progress=stop)
        finally:
            if executor is not None:
                executor.shutdown()
    assert time.perf_counter() - asked_at[0] < 1.0
    assert len(asked_at) == 1
