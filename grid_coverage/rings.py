"""Rings of view sheds: vertices put one after another round the camera, closed, and proved simple.

Vertices come turned (the first edge of the field of view points east) and leave in the CRS of the map. Almost
every ring can be proved valid while it is still in the processor's cache, which costs a sixth of asking GEOS.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from grid_coverage.compiled import kernel

MERGE = 1e-6
"""Neighbouring vertices of a shed closer than this (metres) become one: they only make rings invalid."""

FULL = 2.0 * math.pi

CERTAIN = 1e-13
"""Least cross product, in squares of the farthest vertex, whose sign is beyond the rounding of floats."""


@kernel
def add_point(ring: NDArray[np.float64], used: int, x: float, y: float) -> int:
    """Append a vertex unless it repeats the last one."""
    if used > 0:
        dx, dy = x - ring[used - 1, 0], y - ring[used - 1, 1]
        if dx * dx + dy * dy < MERGE * MERGE:
            return used
    ring[used, 0], ring[used, 1] = x, y
    return used + 1


@kernel
def add_arc(ring: NDArray[np.float64], used: int, low: float, high: float, reach: float, arc_step: float) -> int:
    """Append an arc between two angles (radians) as chords no longer than a step."""
    steps = max(1, math.ceil((high - low) / arc_step - 1e-9))
    cos, sin = math.cos((high - low) / steps), math.sin((high - low) / steps)
    x, y = reach * math.cos(low), reach * math.sin(low)
    used = add_point(ring, used, x, y)
    # Turning step by step spares two calls a vertex; a full circle of finest steps drifts by a nanometre.
    for _ in range(steps - 1):
        x, y = cos * x - sin * y, cos * y + sin * x
        used = add_point(ring, used, x, y)
    return add_point(ring, used, reach * math.cos(high), reach * math.sin(high))


@kernel
def close(ring: NDArray[np.float64], used: int, full: bool, eye: NDArray[np.float64], first_edge: float) -> int:
    """Close a ring, through the camera unless it looks all round, and turn it into place; return its size."""
    if not full:
        used = add_point(ring, used, 0.0, 0.0)
    while used > 1 and math.hypot(ring[used - 1, 0] - ring[0, 0], ring[used - 1, 1] - ring[0, 1]) < MERGE:
        used -= 1
    if used < 3:
        return 0
    cos, sin = math.cos(first_edge), math.sin(first_edge)
    for at in range(used):
        x, y = ring[at, 0], ring[at, 1]
        ring[at, 0] = eye[0] + cos * x - sin * y
        ring[at, 1] = eye[1] + sin * x + cos * y
    ring[used, 0], ring[used, 1] = ring[0, 0], ring[0, 1]
    return used + 1


@kernel
def surely_simple(ring: NDArray[np.float64], opening: float, eye: NDArray[np.float64]) -> bool:
    """Prove that a closed ring never meets itself; False means unproven, not broken.

    Seen from the camera the vertices go round once. Where each step goes clearly on, rays meet the ring once, so
    it is simple. Where the view jumps from the end of a wall to what lies behind, a step points at the camera and
    rounding may turn it a hair back; then the steps before and after share those hairs of angle, and the ring is
    still simple if one of them is nearer at both ends of the hair.

    Parameters
    ----------
    ring : (v, 2) float64
        Closed ring on the map, the last vertex equal to the first, v at least 4.
    opening : float
        Width of the field of view in radians; below a full turn the last vertex but one is the camera itself.
    eye : (2,) float64
        The camera, in the same metric CRS.

    Returns
    -------
    bool
    """
    full = opening >= FULL
    count = len(ring) - 1 if full else len(ring) - 2
    if count < 3:
        return False
    if not full and (opening > FULL - 1e-3 or ring[count, 0] != eye[0] or ring[count, 1] != eye[1]):
        return False
    squared = 0.0
    for at in range(count):
        squared = max(squared, (ring[at, 0] - eye[0]) ** 2 + (ring[at, 1] - eye[1]) ** 2)
    least = CERTAIN * squared
    steps = count if full else count - 1
    for at in range(steps):
        following = at + 1 if at + 1 < count else 0
        if turn(ring, eye, at, following) > least:
            continue
        if not full and (at == 0 or at + 2 >= count):
            return False
        before = at - 1 if at > 0 else count - 1
        after = following + 1 if following + 1 < count else 0
        if not jump_is_clear(ring, eye, (before, at, following, after), least):
            return False
    return True


@kernel
def turn(ring: NDArray[np.float64], eye: NDArray[np.float64], one: int, other: int) -> float:
    """Return twice the area of the triangle camera, one vertex, other vertex; above 0 counter-clockwise."""
    x0, y0, x1, y1 = ring[one, 0] - eye[0], ring[one, 1] - eye[1], ring[other, 0] - eye[0], ring[other, 1] - eye[1]
    return float(x0 * y1 - y0 * x1)


@kernel
def side(ring: NDArray[np.float64], from_: int, to: int, point: int) -> float:
    """Return on which side of a step a vertex lies: above 0 on the left, where the camera is."""
    dx, dy = ring[to, 0] - ring[from_, 0], ring[to, 1] - ring[from_, 1]
    return float(dx * (ring[point, 1] - ring[from_, 1]) - dy * (ring[point, 0] - ring[from_, 0]))


@kernel
def jump_is_clear(
    ring: NDArray[np.float64], eye: NDArray[np.float64], around: tuple[int, int, int, int], least: float
) -> bool:
    """Tell whether the steps before and after a jump go clearly on and don't cross in its hair of angle."""
    before, at, following, after = around
    if turn(ring, eye, before, at) <= least or turn(ring, eye, following, after) <= least:
        return False
    if turn(ring, eye, before, following) <= least or turn(ring, eye, at, after) <= least:
        return False
    outwards, inwards = side(ring, before, at, following), side(ring, following, after, at)
    return (outwards < -least and inwards > least) or (outwards > least and inwards < -least)
