"""Kernels of coverage loaded before anybody waits for them: a small town is looked at, whose figures nobody wants.

Compiled kernels lie on disk, but loading them costs the first camera that is moved tens of milliseconds, and bringing
in the compiler itself more than a second.
"""

from __future__ import annotations

import gc
import time
from functools import cache

import numpy as np
import shapely

from grid_coverage import KeyPoints, Needs, Streets, gaps_by_grid, ground_by_grid, prepare_walls, view_sheds
from grid_coverage.snap import snap_out


def warm() -> float:
    """Cast and measure cameras in the open, at a wall, in a building and of unknown heading.

    Returns
    -------
    float
        Seconds that it took.
    """
    began = time.perf_counter()
    walls = prepare_walls(np.array([shapely.box(0, 0, 40, 12), shapely.box(60, 20, 70, 60)], dtype=object))
    eyes = np.array([[50.0, 30.0], [20.0, 12.0], [20.0, 6.0], [50.0, 5.0]])
    azimuth, hfov = np.array([90.0, 0.0, 45.0, np.nan]), np.array([60.0, 90.0, 120.0, 360.0])
    sheds = view_sheds(eyes, walls, azimuth=azimuth, hfov=hfov, max_range=np.full(4, 50.0))
    places, *_ = snap_out(np.array([[65.0, 40.0]]), walls, azimuth=np.array([np.nan]))
    lines = np.array([shapely.LineString([(-50, 15), (50, 15), (50, 90)])], dtype=object)
    grids = np.array([shapely.box(-60, -60, 50, 100), shapely.box(50, -60, 140, 100)], dtype=object)
    gaps_by_grid(
        grids,
        sheds,
        streets=Streets.of(lines, np.array([1.0])),
        key_points=KeyPoints.of(places, np.array([1.0]), 1),
        needs=Needs(street_folds=1, incidents=np.zeros(2)),
    )
    ground_by_grid(grids, sheds, walls)
    return time.perf_counter() - began


@cache
def settle_heap() -> None:
    """Take what a process keeps for good out of the garbage collector's way, once.

    A full collection walks all that was imported and mapped: 210 ms were measured in the middle of a change of a
    camera. What is frozen here is never walked again; what comes later is collected as ever.
    """
    gc.collect()
    gc.freeze()
