"""Streets by exact intervals on their own parameter, and the rings that cut them.

Cutting a street by each view shed and uniting the pieces counts overlaps twice wherever two cut points that
should be one differ in the last digit (14 % of the covered length in a real town). Here every cut is a number
between 0 and 1 on a segment of the street itself, so depths of cover add up on a line and nothing can overlap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_coverage.compiled import kernel
from grid_coverage.strips import Strips, cut_into_strips, cut_places, strip_holds
from grid_coverage.walls import fill_cells

CELL = 50.0
"""Side of an index cell for segments and points, metres."""

MAX_CELLS = 4_000_000
"""Bound on the index table."""

NOWHERE = -1
"""Number of the polygon for what lies in none."""


class RingTable(NamedTuple):
    """Edges of many polygons (shells and holes alike), polygon by polygon.

    Attributes
    ----------
    edges : (e, 4) float64
        x, y of the lower and of the higher end of each edge, in lexicographic order: two polygons that share
        an edge then compute the very same numbers from it, and a point on it falls into exactly one of them.
    offsets : (n + 1,) int64
        Where the edges of each polygon begin.
    box : (n, 4) float64
        Bounds of each polygon; nan when it is empty.
    """

    edges: NDArray[np.float64]
    offsets: NDArray[np.int64]
    box: NDArray[np.float64]


class BoxIndex(NamedTuple):
    """A uniform grid over boxes (of segments or points), in compressed rows; see `WallIndex`."""

    first: NDArray[np.int32]
    offsets: NDArray[np.int64]
    members: NDArray[np.int32]
    x: float
    y: float
    cell: float
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Segments:
    """Straight pieces of lines, in line order.

    Attributes
    ----------
    ends : (s, 4) float64
        x, y of the start and of the end, metres.
    line : (s,) int64
        Which line each is of.
    length : (s,) float64
        Metres.
    index : BoxIndex
    """

    ends: NDArray[np.float64]
    line: NDArray[np.int64]
    length: NDArray[np.float64]
    index: BoxIndex


@dataclass(frozen=True, slots=True)
class Pieces:
    """Intervals of segments that lie in polygons, sorted by segment and start.

    Attributes
    ----------
    segment, polygon : (p,) int64
        Which segment lies in which polygon.
    low, high : (p,) float64
        From where to where, as shares of the segment.
    """

    segment: NDArray[np.int64]
    polygon: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def ring_table(polygons: NDArray[np.object_]) -> RingTable:
    """Lay out the edges of polygons or multipolygons, holes included, for the kernels.

    Parameters
    ----------
    polygons : (n,) array of Polygon or MultiPolygon, metric CRS

    Returns
    -------
    RingTable
    """
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    count = len(polygons)
    if not len(coords):
        return RingTable(np.empty((0, 4)), np.zeros(count + 1, dtype=np.int64), np.full((count, 4), np.nan))
    same = ring[1:] == ring[:-1]
    tail, head = coords[:-1][same], coords[1:][same]
    swap = (tail[:, 0] > head[:, 0]) | ((tail[:, 0] == head[:, 0]) & (tail[:, 1] > head[:, 1]))
    edges = np.where(swap[:, None], np.hstack([head, tail]), np.hstack([tail, head]))
    polygon = owner[part[ring[:-1][same]]]
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(polygon, minlength=count), out=offsets[1:])
    return RingTable(np.ascontiguousarray(edges), offsets, shapely.bounds(polygons))


def segment_lines(lines: NDArray[np.object_]) -> Segments:
    """Break lines into indexed segments; segments without length are dropped.

    Parameters
    ----------
    lines : (n,) array of LineString, metric CRS

    Returns
    -------
    Segments
    """
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    ends = np.hstack([coords[:-1][same], coords[1:][same]])
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    kept = length > 0
    ends, length = np.ascontiguousarray(ends[kept]), length[kept]
    low, high = np.minimum(ends[:, :2], ends[:, 2:]), np.maximum(ends[:, :2], ends[:, 2:])
    return Segments(ends, owner[:-1][same][kept], length, box_index(low, high))


def box_index(low: NDArray[np.float64], high: NDArray[np.float64]) -> BoxIndex:
    """Index boxes on a uniform grid.

    Parameters
    ----------
    low, high : (n, 2) float64
        Lower and upper corners, metres.

    Returns
    -------
    BoxIndex
    """
    corner = low.min(axis=0) if len(low) else np.zeros(2)
    span = high.max(axis=0) - corner if len(low) else np.zeros(2)
    cell = max(CELL, float(np.sqrt(span[0] * span[1] / MAX_CELLS)), float(span.max() / MAX_CELLS))
    columns, rows = int(span[0] // cell) + 1, int(span[1] // cell) + 1
    first = ((low - corner) // cell).astype(np.int32)
    last = ((high - corner) // cell).astype(np.int32)
    offsets, members = fill_cells(first, last, columns, rows)
    return BoxIndex(first, offsets, members, float(corner[0]), float(corner[1]), cell, columns, rows)


def pieces_inside(segments: Segments, rings: RingTable) -> Pieces:
    """Find which parts of which segments lie in which polygons.

    Parameters
    ----------
    segments : Segments
    rings : RingTable
        In the same metric CRS. A segment along an edge that two polygons share goes to exactly one of them; one that
        touches a corner from outside is in none.

    Returns
    -------
    Pieces
    """
    which, share = clip_segments(segments.ends, segments.index, rings)
    order = np.lexsort((share[:, 0], which[:, 0]))
    return Pieces(which[order, 0], which[order, 1], share[order, 0], share[order, 1])


def points_inside(xy: NDArray[np.float64], rings: RingTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List all pairs of a point and a polygon that holds it.

    Parameters
    ----------
    xy : (n, 2) float64
    rings : RingTable
        In the same metric CRS. Of polygons that share edges, a point on an edge is in exactly one.

    Returns
    -------
    point, polygon : (p,) int64
        Sorted by polygon.
    """
    pairs = pairs_inside(xy, box_index(xy, xy), rings)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


@kernel
def box_cells(index: BoxIndex, box: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Return the left, right, bottom and top cell that a box meets; an empty range when it is off the grid."""
    left = max(0.0, math.floor((box[0] - index.x) / index.cell))
    bottom = max(0.0, math.floor((box[1] - index.y) / index.cell))
    right = min(index.columns - 1.0, math.floor((box[2] - index.x) / index.cell))
    top = min(index.rows - 1.0, math.floor((box[3] - index.y) / index.cell))
    # Written so that nan (an empty polygon) is off the grid too.
    if left <= right and bottom <= top:
        return int(left), int(right), int(bottom), int(top)
    return 0, -1, 0, -1


@kernel
def holds(edges: NDArray[np.float64], x: float, y: float) -> bool:
    """Tell by the even-odd rule whether a point lies in a polygon.

    Edges run from their lexicographically lower end, so that neighbours agree on points of a shared edge.
    """
    odd = False
    for edge in range(len(edges)):
        ay, by = edges[edge, 1], edges[edge, 3]
        if (ay > y) != (by > y):
            ax, bx = edges[edge, 0], edges[edge, 2]
            if x < ax + (y - ay) * (bx - ax) / (by - ay):
                odd = not odd
    return odd


@kernel
def pairs_inside(xy: NDArray[np.float64], index: BoxIndex, rings: RingTable) -> NDArray[np.int64]:
    """List (point, polygon) for points in polygons."""
    pairs = np.empty((len(xy) + 16, 2), dtype=np.int64)
    used = 0
    for polygon in range(len(rings.box)):
        edges = rings.edges[rings.offsets[polygon] : rings.offsets[polygon + 1]]
        left, right, bottom, top = box_cells(index, rings.box[polygon])
        for row in range(bottom, top + 1):
            for column in range(left, right + 1):
                place = row * index.columns + column
                for at in range(index.offsets[place], index.offsets[place + 1]):
                    point = index.members[at]
                    if holds(edges, xy[point, 0], xy[point, 1]):
                        if used == len(pairs):
                            larger = np.empty((2 * used, 2), dtype=np.int64)
                            larger[:used] = pairs
                            pairs = larger
                        pairs[used, 0], pairs[used, 1] = point, polygon
                        used += 1
    return pairs[:used].copy()


@kernel
def clip_segments(
    ends: NDArray[np.float64], index: BoxIndex, rings: RingTable
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cut segments by every polygon whose box they meet; return (segment, polygon) and (low, high)."""
    which = np.empty((2 * len(ends) + 16, 2), dtype=np.int64)
    share = np.empty((2 * len(ends) + 16, 2))
    used = 0
    for polygon in range(len(rings.box)):
        box = rings.box[polygon]
        left, right, bottom, top = box_cells(index, box)
        if left > right:
            continue
        strips = cut_into_strips(rings.edges[rings.offsets[polygon] : rings.offsets[polygon + 1]], box)
        cuts = np.empty(len(strips.edges) + 2)
        for row in range(bottom, top + 1):
            for column in range(left, right + 1):
                place = row * index.columns + column
                for at in range(index.offsets[place], index.offsets[place + 1]):
                    segment = index.members[at]
                    # Listed in several cells: take it in the first of them that is in the window.
                    if max(index.first[segment, 0], left) != column or max(index.first[segment, 1], bottom) != row:
                        continue
                    if apart(ends[segment], box):
                        continue
                    found = cut_places(ends[segment], strips, cuts)
                    if used + found > len(which):
                        which, share = grown(which, share, used, used + found)
                    used = keep_inner((segment, polygon), ends[segment], strips, cuts[:found], (which, share), used)
    return which[:used].copy(), share[:used].copy()


@kernel
def grown(
    which: NDArray[np.int64], share: NDArray[np.float64], used: int, need: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return both tables with room for `need` rows and half as many again."""
    more_which = np.empty((need + need // 2, 2), dtype=np.int64)
    more_share = np.empty((need + need // 2, 2))
    more_which[:used] = which[:used]
    more_share[:used] = share[:used]
    return more_which, more_share


@kernel
def apart(ends: NDArray[np.float64], box: NDArray[np.float64]) -> bool:
    """Tell whether the box of a segment misses a box."""
    return bool(
        max(ends[0], ends[2]) < box[0]
        or min(ends[0], ends[2]) > box[2]
        or max(ends[1], ends[3]) < box[1]
        or min(ends[1], ends[3]) > box[3]
    )


@kernel
def keep_inner(
    what: tuple[int, int],
    ends: NDArray[np.float64],
    strips: Strips,
    cuts: NDArray[np.float64],
    table: tuple[NDArray[np.int64], NDArray[np.float64]],
    used: int,
) -> int:
    """Append the stretches between cuts whose middle is in the polygon, joined where they meet."""
    which, share = table
    open_ = False
    for at in range(len(cuts) - 1):
        low, high = cuts[at], cuts[at + 1]
        if high <= low:
            continue
        middle = 0.5 * (low + high)
        x, y = ends[0] + middle * (ends[2] - ends[0]), ends[1] + middle * (ends[3] - ends[1])
        inside = strip_holds(strips, x, y)
        if inside and open_:
            share[used - 1, 1] = high
        elif inside:
            which[used, 0], which[used, 1] = what
            share[used, 0], share[used, 1] = low, high
            used += 1
        open_ = inside
    return used
