"""Edges of a polygon by level strips, so that a short segment is cut by few of them.

A dome's view shed has some 900 edges and meets dozens of pieces of street: testing every edge against each was most
of the cost of following a change. The cuts found are the same.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from grid_coverage.compiled import kernel
from grid_coverage.walls import fill_cells

STRIP_EDGES = 8
"""Edges for each strip, about."""

MOST_STRIPS = 64
"""Bound on the strips of one polygon."""


class Strips(NamedTuple):
    """Edges of one polygon by the level strips that they run through: a short segment meets few of them.

    Attributes
    ----------
    edges : (e, 4) float64
    first : (e,) int32
        Lowest strip of each edge, by which one listed in several strips is visited once.
    offsets : (s + 1,) int64
        Where the list of each strip begins in `members`.
    members : (l,) int32
        Edge numbers, strip by strip.
    y, height : float
        Lower side of the lowest strip and height of each, metres.
    """

    edges: NDArray[np.float64]
    first: NDArray[np.int32]
    offsets: NDArray[np.int64]
    members: NDArray[np.int32]
    y: float
    height: float


@kernel
def cut_into_strips(edges: NDArray[np.float64], box: NDArray[np.float64]) -> Strips:
    """List the edges of a polygon strip by strip; small polygons are one strip."""
    count = min(MOST_STRIPS, max(1, len(edges) // STRIP_EDGES))
    height = (box[3] - box[1]) / count if box[3] > box[1] else 1.0
    first = np.zeros((len(edges), 2), dtype=np.int32)
    last = np.zeros((len(edges), 2), dtype=np.int32)
    for edge in range(len(edges)):
        first[edge, 1] = strip_of(min(edges[edge, 1], edges[edge, 3]), box[1], height, count)
        last[edge, 1] = strip_of(max(edges[edge, 1], edges[edge, 3]), box[1], height, count)
    offsets, members = fill_cells(first, last, 1, count)
    return Strips(edges, first[:, 1].copy(), offsets, members, box[1], height)


@kernel
def strip_of(level: float, y: float, height: float, count: int) -> int:
    """Return the strip of a level; those below and above all belong to the lowest and the highest."""
    return int(min(count - 1.0, max(0.0, math.floor((level - y) / height))))


@kernel
def strip_holds(strips: Strips, x: float, y: float) -> bool:
    """Tell as `holds` whether a point lies in a polygon: only edges of its strip are at its level."""
    odd = False
    edges = strips.edges
    strip = strip_of(y, strips.y, strips.height, len(strips.offsets) - 1)
    for at in range(strips.offsets[strip], strips.offsets[strip + 1]):
        edge = strips.members[at]
        ay, by = edges[edge, 1], edges[edge, 3]
        if (ay > y) != (by > y):
            ax, bx = edges[edge, 0], edges[edge, 2]
            if x < ax + (y - ay) * (bx - ax) / (by - ay):
                odd = not odd
    return odd


@kernel
def cut_places(ends: NDArray[np.float64], strips: Strips, cuts: NDArray[np.float64]) -> int:
    """Fill in 0, 1 and where edges cross the segment, sorted; return how many there are."""
    px, py = ends[0], ends[1]
    dx, dy = ends[2] - px, ends[3] - py
    cuts[0] = 0.0
    found = 1
    edges, count = strips.edges, len(strips.offsets) - 1
    low = strip_of(min(py, ends[3]), strips.y, strips.height, count)
    high = strip_of(max(py, ends[3]), strips.y, strips.height, count)
    for strip in range(low, high + 1):
        for at in range(strips.offsets[strip], strips.offsets[strip + 1]):
            edge = strips.members[at]
            if max(strips.first[edge], low) != strip:
                continue
            ax, ay = edges[edge, 0] - px, edges[edge, 1] - py
            bx, by = edges[edge, 2] - px, edges[edge, 3] - py
            side_a, side_b = dx * ay - dy * ax, dx * by - dy * bx
            # An edge that only touches the segment with one end cuts it, too: a camera stands in the middle of a street
            # and looks aside, and the middle of the whole street must not tell for all of it.
            if (side_a > 0.0) == (side_b > 0.0) and (side_a < 0.0) == (side_b < 0.0):
                continue
            # Where the line through the edge meets the line of the segment; sides differ, so the divisor is not 0.
            back = side_a / (side_a - side_b)
            place = ((ax + back * (bx - ax)) * dx + (ay + back * (by - ay)) * dy) / (dx * dx + dy * dy)
            if 0.0 < place < 1.0:
                cuts[found] = place
                found += 1
    cuts[found] = 1.0
    found += 1
    cuts[:found].sort()
    return found
