"""How many cameras see each stretch of street, added up grid by grid, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grid_coverage.compiled import kernel
from grid_coverage.demand import MOST_FOLDS
from grid_coverage.intervals import Pieces, Segments

SHED_END, GRID_END, SHED_START, GRID_START = range(4)

SAME = 1e-12
"""Cuts closer than this (share of a segment) are one."""


def depths_by_grid(
    segments: Segments,
    grids: Pieces,
    sheds: Pieces,
    *,
    known: NDArray[np.bool_],
    weight: NDArray[np.float64],
    folds: int,
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Add up the length of street by depth of cover in each grid, and list what lacks cameras.

    Parameters
    ----------
    segments : Segments
        Streets.
    grids, sheds : Pieces
        Which parts of the segments lie in which grid and in which view shed.
    known : (c,) bool
        Whether the shed of each camera is known; others count in the upper bounds only.
    weight : (s,) float64
        Weight of a metre of each segment.
    folds : int
        How many cameras are needed.
    count : int
        Number of grids.

    Returns
    -------
    sums : (count, 9) float64
        Metres in all; seen by at least 1, 2, 3 cameras (known); the same (upper bounds); weighted
        metres times cameras that lack (known); the same (upper bound of cover).
    which : (g, 3) int64
        Segment, grid and whether an unknown heading may see it (1), of each stretch that lacks cameras.
    share : (g, 2) float64
        From where to where, as shares of the segment.
    """
    order = np.arange(len(segments.length) + 1)
    grid_start = np.searchsorted(grids.segment, order)
    shed_start = np.searchsorted(sheds.segment, order)
    room = 2 * (len(grids.segment) + len(sheds.segment)) + 1
    return sum_depths(
        (segments.length, weight),
        (grid_start, grids.polygon, grids.low, grids.high),
        (shed_start, known[sheds.polygon], sheds.low, sheds.high),
        folds,
        count,
        room,
    )


Table = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
ShedTable = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]


@kernel
def sum_depths(
    street: tuple[NDArray[np.float64], NDArray[np.float64]],
    grids: Table,
    sheds: ShedTable,
    folds: int,
    count: int,
    room: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Walk along every segment from cut to cut with the depths of cover in hand."""
    length, weight = street
    sums = np.zeros((count, 3 + 2 * MOST_FOLDS))
    which = np.empty((room, 3), dtype=np.int64)
    share = np.empty((room, 2))
    used = 0
    for segment in range(len(length)):
        place, kind, value = events_of(segment, grids, sheds)
        order = np.argsort(place)
        known, upper, grid = 0, 0, -1
        for at in range(len(order) - 1):
            event = order[at]
            if kind[event] == SHED_START or kind[event] == SHED_END:
                step = 1 if kind[event] == SHED_START else -1
                upper += step
                known += step * value[event]
            elif kind[event] == GRID_START:
                grid = value[event]
            elif grid == value[event]:
                grid = -1
            low, high = place[event], place[order[at + 1]]
            if grid < 0 or high - low <= SAME:
                continue
            add_up(sums[grid], (high - low) * length[segment], weight[segment], known, upper, folds)
            if known < folds:
                used = add_stretch(which, share, used, (segment, grid, int(upper >= folds)), low, high)
    return sums, which[:used].copy(), share[:used].copy()


@kernel
def events_of(
    segment: int, grids: Table, sheds: ShedTable | Table
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """List where pieces of a segment begin and end: place, kind, and grid number or what stands for the shed."""
    first_grid, last_grid = grids[0][segment], grids[0][segment + 1]
    first_shed, last_shed = sheds[0][segment], sheds[0][segment + 1]
    count = 2 * (last_grid - first_grid)
    # Without a grid there is nothing to add up.
    if count:
        count += 2 * (last_shed - first_shed)
    place, kind, value = np.empty(count), np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    if count:
        at = 0
        for piece in range(first_grid, last_grid):
            place[at], kind[at], value[at] = grids[2][piece], GRID_START, grids[1][piece]
            place[at + 1], kind[at + 1], value[at + 1] = grids[3][piece], GRID_END, grids[1][piece]
            at += 2
        for piece in range(first_shed, last_shed):
            place[at], kind[at], value[at] = sheds[2][piece], SHED_START, int(sheds[1][piece])
            place[at + 1], kind[at + 1], value[at + 1] = sheds[3][piece], SHED_END, int(sheds[1][piece])
            at += 2
    return place, kind, value


@kernel
def add_up(sums: NDArray[np.float64], metres: float, weight: float, known: int, upper: int, folds: int) -> None:
    """Add a stretch of even depth to the sums of its grid."""
    sums[0] += metres
    for fold in range(MOST_FOLDS):
        if known > fold:
            sums[1 + fold] += metres
        if upper > fold:
            sums[1 + MOST_FOLDS + fold] += metres
    sums[1 + 2 * MOST_FOLDS] += metres * weight * max(0, folds - known)
    sums[2 + 2 * MOST_FOLDS] += metres * weight * max(0, folds - upper)


@kernel
def add_stretch(
    which: NDArray[np.int64],
    share: NDArray[np.float64],
    used: int,
    what: tuple[int, int, int],
    low: float,
    high: float,
) -> int:
    """Append a stretch, or lengthen the last one when it goes on."""
    if used > 0 and share[used - 1, 1] >= low - SAME:
        last = which[used - 1]
        if last[0] == what[0] and last[1] == what[1] and last[2] == what[2]:
            share[used - 1, 1] = high
            return used
    which[used, 0], which[used, 1], which[used, 2] = what
    share[used, 0], share[used, 1] = low, high
    return used + 1
