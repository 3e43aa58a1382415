"""The angular sweep: exact visibility polygons among non-crossing walls, compiled.

One camera at a time: gather the walls whose front faces it, clip them to the disk of its range, turn them
into spans of direction from the first edge of its field of view, sort the ends of the spans, and walk round: between
two ends one wall is nearest all the way (walls never cross), so each wedge is a triangle, or a circular sector
where no wall is met. Cost is that of the gathering plus n log n for n walls in reach.

A *way* is a direction as a number: how far round the square with corners (1, 0), (0, 1), (-1, 0), (0, -1) it
points, 0 to 4. It orders directions as angles do, for one division instead of an arc tangent, and back for none;
true angles are taken of the ends of arcs only.

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
from grid_coverage.rings import FULL, add_arc, add_point, close, surely_simple
from grid_coverage.walls import WallIndex, cells_in_box

TURN = 1e-9
"""Wedges narrower than this (as ways, at most twice the radians) are joined to the next."""

EDGE = 1e-3
"""Metres that a box round a view is made wider, far above any rounding."""

ROUND = 4.0
"""The way of a full turn."""

FEW = 100
"""How many ends of spans are sorted faster by insertion."""

LOW, HIGH, START_X, START_Y, END_X, END_Y, FROM, TO = range(8)


@kernel
def sweep_all(
    eyes: NDArray[np.float64],
    first_edge: NDArray[np.float64],
    opening: NDArray[np.float64],
    reach: NDArray[np.float64],
    arc_step: float,
    walls: WallIndex,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Sweep every camera and return rings, exact areas and which rings are proved valid.

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
    simple : (n,) bool
        True where the ring is empty or proved not to meet itself.
    """
    count = len(eyes)
    offsets = np.zeros(count + 1, dtype=np.int64)
    area = np.zeros(count)
    simple = np.ones(count, dtype=np.bool_)
    ring = np.empty((128 * count + 64, 2))
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
            closed = close(own, size, opening[camera] >= FULL, eyes[camera], first_edge[camera])
            simple[camera] = closed == 0 or surely_simple(own[:closed], opening[camera], eyes[camera])
            used += closed
        offsets[camera + 1] = used
    return ring[:used], offsets, area, simple


@kernel
def gather(
    eye: NDArray[np.float64],
    first_edge: float,
    opening: float,
    reach: float,
    walls: WallIndex,
    spans: NDArray[np.float64],
) -> tuple[NDArray[np.float64], int]:
    """Collect the front-facing walls in view as spans of direction; the table grows when it is full."""
    cos, sin = math.cos(first_edge), math.sin(first_edge)
    far_cos, far_sin = math.cos(first_edge + opening), math.sin(first_edge + opening)
    narrow, last = opening <= math.pi, way_of_opening(opening)
    found = 0
    west, south, east, north = box_of_view(first_edge, opening, reach)
    left, right, bottom, top = cells_in_box(walls, eye[0] + west, eye[1] + south, eye[0] + east, eye[1] + north)
    for row in range(bottom, top + 1):
        for column in range(left, right + 1):
            place = row * walls.columns + column
            for at in range(walls.offsets[place], walls.offsets[place + 1]):
                wall = walls.members[at]
                sx, sy = walls.end[wall, 0] - eye[0], walls.end[wall, 1] - eye[1]
                ex, ey = walls.start[wall, 0] - eye[0], walls.start[wall, 1] - eye[1]
                # Most walls fall here: their back faces the camera, or they lie beside a narrow view.
                if sx * ey - sy * ex <= 0.0:
                    continue
                if narrow and (
                    (cos * sy < sin * sx and cos * ey < sin * ex)
                    or (far_cos * sy > far_sin * sx and far_cos * ey > far_sin * ex)
                ):
                    continue
                # A wall is listed in each cell it meets: take it in the first of them that is in the window.
                if max(walls.column[wall], left) != column or max(walls.row[wall], bottom) != row:
                    continue
                sx, sy, ex, ey, within = clip_to_disk(sx, sy, ex, ey, reach)
                if within:
                    if found + 2 > len(spans):
                        larger = np.empty((2 * len(spans), 8))
                        larger[:found] = spans[:found]
                        spans = larger
                    turned = (cos * sx + sin * sy, cos * sy - sin * sx, cos * ex + sin * ey, cos * ey - sin * ex)
                    found = add_spans(turned, last, spans, found)
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
    """Cut a wall whose front faces the origin to a disk; False when it is out of reach."""
    limit, start, end = reach * reach, sx * sx + sy * sy, ex * ex + ey * ey
    if start <= limit and end <= limit:
        return sx, sy, ex, ey, True
    twice = sx * ey - sy * ex
    dx, dy = ex - sx, ey - sy
    squared = dx * dx + dy * dy
    if twice * twice >= limit * squared:
        return sx, sy, ex, ey, False
    along = sx * dx + sy * dy
    root = math.sqrt(max(0.0, along * along - squared * (start - limit)))
    low, high = (-along - root) / squared, (-along + root) / squared
    if low >= 1.0 or high <= 0.0:
        return sx, sy, ex, ey, False
    if high < 1.0:
        ex, ey = sx + high * dx, sy + high * dy
    if low > 0.0:
        sx, sy = sx + low * dx, sy + low * dy
    return sx, sy, ex, ey, True


@kernel
def way_to(x: float, y: float) -> float:
    """Return the way of a point seen from the origin, 0 to 4."""
    along = x / (abs(x) + abs(y))
    return 1.0 - along if y >= 0.0 else 3.0 + along


@kernel
def direction_of(way: float) -> tuple[float, float]:
    """Return the point of the square that a way names: a direction whose length is not 1."""
    if way <= 2.0:
        x = 1.0 - way
        return x, 1.0 - abs(x)
    x = way - 3.0
    return x, abs(x) - 1.0


@kernel
def angle_of(way: float) -> float:
    """Return the angle of a way in radians, 0 to 2 pi."""
    if way >= ROUND:
        return FULL
    x, y = direction_of(way)
    angle = math.atan2(y, x)
    return angle if angle >= 0.0 else angle + FULL


@kernel
def way_of_opening(opening: float) -> float:
    """Return the way of the last edge of a field of view, seen from its first."""
    return ROUND if opening >= FULL else way_to(math.cos(opening), math.sin(opening))


@kernel
def add_spans(wall: tuple[float, float, float, float], last: float, spans: NDArray[np.float64], found: int) -> int:
    """Add the one or two stretches of view that a turned wall, counter-clockwise from s to e, may hide."""
    sx, sy, ex, ey = wall
    begin, finish = way_to(sx, sy), way_to(ex, ey)
    # A wall that faces the camera spans less than half a turn: less than nothing is rounding, or passes the seam.
    if finish < begin - 0.5 * ROUND:
        finish += ROUND
    for turns in range(2):
        shift = turns * ROUND
        low, high = max(0.0, begin - shift), min(last, finish - shift)
        if high - low > TURN:
            spans[found, LOW], spans[found, HIGH] = low, high
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
    last = way_of_opening(opening)
    ends = np.empty(2 * found)
    for span in range(found):
        ends[2 * span], ends[2 * span + 1] = spans[span, LOW], spans[span, HIGH]
    order = rank(ends)
    active = np.empty(found, dtype=np.int64)
    slot = np.full(found, -1, dtype=np.int64)
    live, position, used = 0, 0, 0
    way, area, since, before = 0.0, 0.0, 0.0, -1
    while way < last - TURN:
        while position < 2 * found and ends[order[position]] <= way + TURN:
            live = switch(order[position], active, slot, live)
            position += 1
        following = last
        if position < 2 * found and ends[order[position]] < last - TURN:
            following = ends[order[position]]
        nearest = nearest_wall(spans, active, live, 0.5 * (way + following))
        if nearest != before and way > since:
            used, wedge = add_wedge(spans, before, (since, way), (reach, arc_step), ring, used)
            area += wedge
            since = way
        before = nearest
        way = following
    used, wedge = add_wedge(spans, before, (since, last), (reach, arc_step), ring, used)
    return used, area + wedge


@kernel
def rank(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of values; the few ends of most views are put in place one by one, in half the time."""
    if len(values) > FEW:
        return np.argsort(values)
    order = np.empty(len(values), dtype=np.int64)
    for item in range(len(values)):
        at = item
        while at > 0 and values[order[at - 1]] > values[item]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = item
    return order


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
        begin, finish = angle_of(low), angle_of(high)
        return add_arc(ring, used, begin, finish, reach, arc_step), 0.5 * reach * reach * (finish - begin)
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
def nearest_wall(spans: NDArray[np.float64], active: NDArray[np.int64], live: int, way: float) -> int:
    """Find the active span met first on a way, or -1."""
    if live == 1:
        return int(active[0])
    x, y = direction_of(way)
    best, nearest = math.inf, -1
    for at in range(live):
        span = active[at]
        sx, sy = spans[span, START_X], spans[span, START_Y]
        dx, dy = spans[span, END_X] - sx, spans[span, END_Y] - sy
        distance = (sx * dy - sy * dx) / (x * dy - y * dx)
        if 0.0 <= distance < best:
            best, nearest = distance, span
    return nearest


@kernel
def point_on(spans: NDArray[np.float64], span: int, way: float) -> tuple[float, float]:
    """Return the point of a wall on a way; the wall's own ends are returned exactly."""
    if way <= spans[span, FROM] + TURN:
        return spans[span, START_X], spans[span, START_Y]
    if way >= spans[span, TO] - TURN:
        return spans[span, END_X], spans[span, END_Y]
    x, y = direction_of(way)
    sx, sy = spans[span, START_X], spans[span, START_Y]
    dx, dy = spans[span, END_X] - sx, spans[span, END_Y] - sy
    distance = (sx * dy - sy * dx) / (x * dy - y * dx)
    return x * distance, y * distance
