"""Streets in stretches that each lie in one grid and are seen by the same cameras from end to end.

Sums need only the depth of cover (`grid_coverage.depths`); who sees a stretch matters for averages over time and
for telling which cameras could go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_coverage.compiled import kernel
from grid_coverage.depths import GRID_END, GRID_START, SAME, SHED_END, SHED_START, Table, events_of
from grid_coverage.intervals import Pieces, Segments


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of street with the cameras that see each, in the order of the segments.

    Attributes
    ----------
    segment, grid : (s,) int64
        Which segment each is of, and the grid that it lies in.
    low, high : (s,) float64
        From where to where, as shares of the segment.
    offsets : (s + 1,) int64
        Where the cameras of each begin in `shed`.
    shed : (t,) int64
        Numbers of the view sheds, stretch by stretch.
    """

    segment: NDArray[np.int64]
    grid: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    offsets: NDArray[np.int64]
    shed: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.segment)


def stretches(segments: Segments, grids: Pieces, sheds: Pieces) -> Stretches:
    """Cut streets wherever a grid or a view shed begins or ends.

    Parameters
    ----------
    segments : Segments
        Streets.
    grids, sheds : Pieces
        Which parts of the segments lie in which grid and in which view shed.

    Returns
    -------
    Stretches
        Those that lie in a grid.
    """
    order = np.arange(len(segments.length) + 1)
    place = np.searchsorted(grids.segment, order), grids.polygon, grids.low, grids.high
    view = np.searchsorted(sheds.segment, order), sheds.polygon, sheds.low, sheds.high
    which, share, offsets, members = cut_stretches(len(segments.length), place, view)
    return Stretches(which[:, 0].copy(), which[:, 1].copy(), share[:, 0].copy(), share[:, 1].copy(), offsets, members)


@kernel
def cut_stretches(
    count: int, grids: Table, sheds: Table
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Walk along every segment from cut to cut with the cameras in hand."""
    room = 2 * (len(grids[1]) + len(sheds[1])) + 1
    which, share = np.empty((room, 2), dtype=np.int64), np.empty((room, 2))
    offsets, members = np.zeros(room + 1, dtype=np.int64), np.empty(room, dtype=np.int64)
    used = 0
    for segment in range(count):
        place, kind, value = events_of(segment, grids, sheds)
        order = np.argsort(place)
        open_sheds = np.empty(len(order), dtype=np.int64)
        depth, grid = 0, -1
        for at in range(len(order) - 1):
            event = order[at]
            if kind[event] == SHED_START:
                open_sheds[depth] = value[event]
                depth += 1
            elif kind[event] == SHED_END:
                depth = closed(open_sheds, depth, value[event])
            elif kind[event] == GRID_START:
                grid = value[event]
            elif kind[event] == GRID_END and grid == value[event]:
                grid = -1
            low, high = place[event], place[order[at + 1]]
            if grid < 0 or high - low <= SAME:
                continue
            start = offsets[used]
            if start + depth > len(members):
                larger = np.empty(2 * (start + depth), dtype=np.int64)
                larger[:start] = members[:start]
                members = larger
            members[start : start + depth] = open_sheds[:depth]
            which[used, 0], which[used, 1] = segment, grid
            share[used, 0], share[used, 1] = low, high
            used += 1
            offsets[used] = start + depth
    return which[:used].copy(), share[:used].copy(), offsets[: used + 1].copy(), members[: offsets[used]].copy()


@kernel
def closed(open_sheds: NDArray[np.int64], depth: int, shed: int) -> int:
    """Take a shed out of the list of open ones and return how many are left."""
    for at in range(depth):
        if open_sheds[at] == shed:
            open_sheds[at] = open_sheds[depth - 1]
            return depth - 1
    return depth
