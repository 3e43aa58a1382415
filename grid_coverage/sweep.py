"""The angular sweep: exact visibility polygons among non-crossing walls, compiled.

One camera at a time: gather the walls whose front faces it, clip them to the disk of its range, turn them
into spans of angle from the first edge of its field of view, sort the ends of the spans, and walk round: between
two ends one wall is nearest all the way (walls never cross), so each wedge is a triangle, or a circular sector
where no wall is met. Cost is that of the gathering plus n log n for n walls in reach.

References
----------
Asano, T. (1985), An efficient algorithm for finding the visibility polygon for a polygonal region with holes,
Trans. IEICE E68(9). Davis, L. and Benedikt, M. (1979), Computational models of space: isovists and isovist
fields, Computer Graphics and Image Processing 11, section 3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from grid_coverage.compiled import kernel
from grid_coverage.walls import WallIndex, cells_in_box

MERGE = 1e-6
"""Neighbouring vertices of a shed closer than this (metres) become one: they only make rings invalid."""

TURN = 1e-9
"""Wedges narrower than this (radians) are joined to the next: below 1e-6 m at any range in use."""

EDGE = 1e-3
"""Metres that a box round a view is made wider, far above any rounding."""

FULL = 2.0 * math.pi
LOW, HIGH, START_X, START_Y, END_X, END_Y, FROM, TO = range(8)


@kernel
def sweep_all(
    eyes: NDArray[np.float64],
    first_edge: NDArray[np.float64],
    opening: NDArray[np.float64],
    reach: NDArray[np.float64],
    arc_step: float,
    walls: WallIndex,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Sweep every camera and return rings and exact areas.

    Parameters
    ----------
    eyes : (n, 2) float64
        Positions in metres, outside every footprint.
    first_edge : (n,) float64
        Direction of the clockwise-most edge of the field of view, radians counter-clockwise from east.
    opening : (n,) float64
        Width of the field of view in radians, at most 2 pi; 0 gives an empty ring.
    reach : (n,) float64
        Range in metres; 0 gives an empty ring.
    arc_step : float
        Largest angle between neighbouring vertices on an arc, radians.
    walls : WallIndex
        Walls as `prepare_walls` leaves them.

    Returns
    -------
    ring : (v, 2) float64
        Closed rings, one after another.
    offsets : (n + 1,) int64
        Where each ring begins; an empty ring has no vertices.
    area : (n,) float64
        Areas with true arcs, m².
    """
    count = len(eyes)
    offsets = np.zeros(count + 1, dtype=np.int64)
    area = np.zeros(count)
    ring = np.empty((64 * count + 64, 2))
    spans = np.empty((256, 8))
    used = 0
    for camera in range(count):
        if opening[camera] > 0.0 and reach[camera] > 0.0:
            spans, found = gather(eyes[camera], first_edge[camera], opening[camera], reach[camera], walls, spans)
            # Every span ends at most two wedges, a wedge adds two vertices and at most one broken arc step.
            need = used + 6 * found + int(opening[camera] / arc_step) + 16
            if need > len(ring):
                larger = np.empty((need + len(ring) // 2 + 64, 2))
                larger[:used] = ring[:used]
                ring = larger
            own = ring[used:]
            size, area[camera] = walk(spans[:found], opening[camera], reach[camera], arc_step, own)
            used += close(own, size, opening[camera] >= FULL, eyes[camera], first_edge[camera])
        offsets[camera + 1] = used
    return ring[:used].copy(), offsets, area


@kernel
def gather(
    eye: NDArray[np.float64],
    first_edge: float,
    opening: float,
    reach: float,
    walls: WallIndex,
    spans: NDArray[np.float64],
) -> tuple[NDArray[np.float64], int]:
    """Collect the front-facing walls in reach as spans of angle; the table grows when it is full."""
    cos, sin = math.cos(first_edge), math.sin(first_edge)
    found = 0
    west, south, east, north = box_of_view(first_edge, opening, reach)
    left, right, bottom, top = cells_in_box(walls, eye[0] + west, eye[1] + south, eye[0] + east, eye[1] + north)
    for row in range(bottom, top + 1):
        for column in range(left, right + 1):
            place = row * walls.columns + column
            for at in range(walls.offsets[place], walls.offsets[place + 1]):
                wall = walls.members[at]
                # A wall is listed in each cell it meets: take it in the first of them that is in the window.
                if max(walls.column[wall], left) != column or max(walls.row[wall], bottom) != row:
                    continue
                if found + 2 > len(spans):
                    larger = np.empty((2 * len(spans), 8))
                    larger[:found] = spans[:found]
                    spans = larger
                sx, sy = walls.end[wall, 0] - eye[0], walls.end[wall, 1] - eye[1]
                ex, ey = walls.start[wall, 0] - eye[0], walls.start[wall, 1] - eye[1]
                found = add_wall((sx, sy, ex, ey), (cos, sin, opening, reach), spans, found)
    return spans, found


@kernel
def box_of_view(first_edge: float, opening: float, reach: float) -> tuple[float, float, float, float]:
    """Return west, south, east and north of what a camera at the origin can see at most."""
    beyond = reach + EDGE
    if opening >= math.pi:
        return -beyond, -beyond, beyond, beyond
    west, south, east, north = 0.0, 0.0, 0.0, 0.0
    for edge in (first_edge, first_edge + opening):
        x, y = reach * math.cos(edge), reach * math.sin(edge)
        west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
    # an arc that passes east, north, west or south bulges out between its ends
    quarter = math.ceil(first_edge / (0.5 * math.pi))
    while quarter * 0.5 * math.pi <= first_edge + opening:
        way = quarter % 4
        if way == 0:
            east = reach
        elif way == 1:
            north = reach
        elif way == 2:
            west = -reach
        else:
            south = -reach
        quarter += 1
    return west - EDGE, south - EDGE, east + EDGE, north + EDGE


@kernel
def clip_to_disk(sx: float, sy: float, ex: float, ey: float, reach: float) -> tuple[float, float, float, float, bool]:
    """Cut a wall, seen from the origin, to a disk; False when its back faces the origin or it is out of reach."""
    twice = sx * ey - sy * ex
    dx, dy = ex - sx, ey - sy
    squared = dx * dx + dy * dy
    if twice <= 0.0 or twice * twice >= reach * reach * squared:
        return sx, sy, ex, ey, False
    along = sx * dx + sy * dy
    root = math.sqrt(max(0.0, along * along - squared * (sx * sx + sy * sy - reach * reach)))
    low, high = (-along - root) / squared, (-along + root) / squared
    if low >= 1.0 or high <= 0.0:
        return sx, sy, ex, ey, False
    if high < 1.0:
        ex, ey = sx + high * dx, sy + high * dy
    if low > 0.0:
        sx, sy = sx + low * dx, sy + low * dy
    return sx, sy, ex, ey, True


@kernel
def add_wall(
    wall: tuple[float, float, float, float],
    view: tuple[float, float, float, float],
    spans: NDArray[np.float64],
    found: int,
) -> int:
    """Add one wall, seen counter-clockwise from s to e, unless it is out of sight; return the new count.

    Coordinates are relative to the camera; those stored are turned so that the first edge points east.
    """
    cos, sin, opening, reach = view
    sx, sy, ex, ey, within = clip_to_disk(wall[0], wall[1], wall[2], wall[3], reach)
    if not within:
        return found
    sx, sy = cos * sx + sin * sy, cos * sy - sin * sx
    ex, ey = cos * ex + sin * ey, cos * ey - sin * ex
    if opening <= math.pi:
        far_cos, far_sin = math.cos(opening), math.sin(opening)
        before = sy < 0.0 and ey < 0.0
        if before or (far_cos * sy - far_sin * sx > 0.0 and far_cos * ey - far_sin * ex > 0.0):
            return found
    begin = math.atan2(sy, sx)
    if begin < 0.0:
        begin += FULL
    finish = begin + math.atan2(sx * ey - sy * ex, sx * ex + sy * ey)
    for turn in range(2):
        shift = turn * FULL
        from_, to = max(0.0, begin - shift), min(opening, finish - shift)
        if to - from_ > TURN:
            spans[found, LOW], spans[found, HIGH] = from_, to
            spans[found, START_X], spans[found, START_Y] = sx, sy
            spans[found, END_X], spans[found, END_Y] = ex, ey
            spans[found, FROM], spans[found, TO] = begin - shift, finish - shift
            found += 1
    return found


@kernel
def walk(
    spans: NDArray[np.float64],
    opening: float,
    reach: float,
    arc_step: float,
    ring: NDArray[np.float64],
) -> tuple[int, float]:
    """Walk round the field of view, wedge by wedge; return the end of the ring (turned) and the area."""
    found = len(spans)
    ends = np.empty(2 * found)
    for span in range(found):
        ends[2 * span], ends[2 * span + 1] = spans[span, LOW], spans[span, HIGH]
    order = np.argsort(ends)
    active = np.empty(found, dtype=np.int64)
    slot = np.full(found, -1, dtype=np.int64)
    live, position, used = 0, 0, 0
    angle, area, since, before = 0.0, 0.0, 0.0, -1
    while angle < opening - TURN:
        while position < 2 * found and ends[order[position]] <= angle + TURN:
            live = switch(order[position], active, slot, live)
            position += 1
        following = opening
        if position < 2 * found and ends[order[position]] < opening - TURN:
            following = ends[order[position]]
        nearest = nearest_wall(spans, active, live, 0.5 * (angle + following))
        if nearest != before and angle > since:
            used, wedge = add_wedge(spans, before, (since, angle), (reach, arc_step), ring, used)
            area += wedge
            since = angle
        before = nearest
        angle = following
    used, wedge = add_wedge(spans, before, (since, opening), (reach, arc_step), ring, used)
    return used, area + wedge


@kernel
def add_wedge(
    spans: NDArray[np.float64],
    wall: int,
    between: tuple[float, float],
    limit: tuple[float, float],
    ring: NDArray[np.float64],
    used: int,
) -> tuple[int, float]:
    """Append the outer side of a wedge that ends on a wall, or the arc (-1); return the end and the area."""
    low, high = between
    reach, arc_step = limit
    if wall < 0:
        return add_arc(ring, used, low, high, reach, arc_step), 0.5 * reach * reach * (high - low)
    x0, y0 = point_on(spans, wall, low)
    x1, y1 = point_on(spans, wall, high)
    used = add_point(ring, used, x0, y0)
    return add_point(ring, used, x1, y1), 0.5 * (x0 * y1 - y0 * x1)


@kernel
def switch(event: int, active: NDArray[np.int64], slot: NDArray[np.int64], live: int) -> int:
    """Start or end the span of an event (even: start, odd: end); the list of active spans has no order."""
    span = event // 2
    if event % 2 == 0:
        active[live] = span
        slot[span] = live
        return live + 1
    if slot[span] < 0:
        return live
    moved = active[live - 1]
    active[slot[span]] = moved
    slot[moved] = slot[span]
    slot[span] = -1
    return live - 1


@kernel
def nearest_wall(spans: NDArray[np.float64], active: NDArray[np.int64], live: int, angle: float) -> int:
    """Find the active span met first in a direction, or -1."""
    cos, sin = math.cos(angle), math.sin(angle)
    best, nearest = math.inf, -1
    for at in range(live):
        span = active[at]
        sx, sy = spans[span, START_X], spans[span, START_Y]
        dx, dy = spans[span, END_X] - sx, spans[span, END_Y] - sy
        distance = (sx * dy - sy * dx) / (cos * dy - sin * dx)
        if 0.0 <= distance < best:
            best, nearest = distance, span
    return nearest


@kernel
def point_on(spans: NDArray[np.float64], span: int, angle: float) -> tuple[float, float]:
    """Return the point of a wall in a direction; the wall's own ends are returned exactly."""
    if angle <= spans[span, FROM] + TURN:
        return spans[span, START_X], spans[span, START_Y]
    if angle >= spans[span, TO] - TURN:
        return spans[span, END_X], spans[span, END_Y]
    cos, sin = math.cos(angle), math.sin(angle)
    sx, sy = spans[span, START_X], spans[span, START_Y]
    dx, dy = spans[span, END_X] - sx, spans[span, END_Y] - sy
    distance = (sx * dy - sy * dx) / (cos * dy - sin * dx)
    return cos * distance, sin * distance


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
    """Append an arc as chords no longer than a step."""
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
