"""Bring cameras that stand in or on a footprint out into the open.

Map positions are some metres off and most cameras hang on walls, so many fall inside a building; from there
the sweep, which skips walls seen from behind, would look through everything.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_coverage.compiled import kernel
from grid_coverage.walls import WallIndex, Walls, cells_within

STAND_OFF = 0.05
"""Distance in metres from the wall at which a snapped camera stands."""

TOUCH = 1e-3
"""A camera nearer to a wall than this (metres) counts as being on it."""

CORNER = 1.0
"""How far (metres) a camera on a wall may move to a wall that suits its heading better."""

AWAY = -0.2
"""Least cosine between a wall's outside and a heading: a camera may look along its wall, not into it."""

SNAP_REACH = 25.0
"""How deep (metres) in a footprint a camera can stand and still be taken as misplaced, not as indoors."""


def snap_out(
    eyes: NDArray[np.float64], walls: Walls, *, azimuth: NDArray[np.float64], within: float = SNAP_REACH
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Move points out of footprints through the nearest wall that faces their heading.

    Parameters
    ----------
    eyes : (n, 2) float64
        Points, metric CRS.
    walls : Walls
        What blocks sight.
    azimuth : (n,) float64
        Degrees clockwise from north; nan for any direction, then the nearest wall is taken.
    within : float
        Farthest way out in metres. The default suits cameras; the middle of a station or a market hall, which
        is seen when its front is, may lie deeper.

    Returns
    -------
    xy : (n, 2) float64
        The points, those in or on a footprint moved just outside.
    moved : (n,) float64
        How far each was moved, metres.
    buried : (n,) bool
        True where no way out was found that near; such points stay where they were.
    """
    xy = eyes.copy()
    moved = np.zeros(len(eyes))
    buried = np.zeros(len(eyes), dtype=bool)
    if not len(eyes) or not walls.count:
        return xy, moved, buried
    hanging = on_wall(eyes, walls.index)
    inside, _ = walls.tree.query(shapely.points(eyes), predicate="intersects")
    caught = hanging.copy()
    caught[inside] = True
    rows = np.flatnonzero(caught)
    if not len(rows):
        return xy, moved, buried
    # A camera on a wall is where it hangs: it may turn a corner, but not come out at the other side of the house.
    deep = np.where(hanging[rows], min(CORNER, within), within)
    out = _way_out(eyes[rows], walls, np.radians(90.0 - azimuth[rows]), (deep, np.full(len(rows), within)))
    buried[rows] = np.isnan(out[:, 0])
    free = rows[~buried[rows]]
    xy[free] = out[~np.isnan(out[:, 0])]
    moved[free] = np.hypot(*(xy[free] - eyes[free]).T)
    return xy, moved, buried


def _way_out(
    eyes: NDArray[np.float64],
    walls: Walls,
    direction: NDArray[np.float64],
    within: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Try walls that suit the heading, then any wall, at ever smaller stand-off; nan where all fail."""
    out = np.full(eyes.shape, np.nan)
    for heading, reach in zip((direction, np.full(len(eyes), np.nan)), within, strict=True):
        for stand_off in (STAND_OFF, STAND_OFF / 10):
            todo = np.flatnonzero(np.isnan(out[:, 0]))
            if not len(todo):
                return out
            tried = facing_wall(eyes[todo], heading[todo], reach[todo], stand_off, walls.index)
            found = np.flatnonzero(~np.isnan(tried[:, 0]))
            blocked, _ = walls.tree.query(shapely.points(tried[found]), predicate="intersects")
            clear = np.ones(len(found), dtype=bool)
            clear[blocked] = False
            clear &= ~on_wall(tried[found], walls.index)
            out[todo[found[clear]]] = tried[found[clear]]
    return out


@kernel
def on_wall(eyes: NDArray[np.float64], walls: WallIndex) -> NDArray[np.bool_]:
    """Tell which points lie within `TOUCH` of a wall."""
    touching = np.zeros(len(eyes), dtype=np.bool_)
    for point in range(len(eyes)):
        px, py = eyes[point]
        left, right, bottom, top = cells_within(walls, px, py, TOUCH)
        for row in range(bottom, top + 1):
            for column in range(left, right + 1):
                place = row * walls.columns + column
                for at in range(walls.offsets[place], walls.offsets[place + 1]):
                    squared, _, _ = to_wall(px, py, walls, walls.members[at])
                    if squared < TOUCH * TOUCH:
                        touching[point] = True
    return touching


@kernel
def to_wall(px: float, py: float, walls: WallIndex, wall: int) -> tuple[float, float, float]:
    """Return the squared distance from a point to a wall and the nearest point on it."""
    ax, ay = walls.start[wall]
    dx, dy = walls.end[wall, 0] - ax, walls.end[wall, 1] - ay
    along = ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    fx, fy = ax + along * dx, ay + along * dy
    return (px - fx) * (px - fx) + (py - fy) * (py - fy), fx, fy


@kernel
def facing_wall(
    eyes: NDArray[np.float64],
    direction: NDArray[np.float64],
    within: NDArray[np.float64],
    stand_off: float,
    walls: WallIndex,
) -> NDArray[np.float64]:
    """Find the wall that suits a direction (nan: any) and is near, and the point just outside it.

    A wall that the camera would look straight out of counts by its distance, one that it would look along as
    if it were twice as far; walls that it would look into don't count.
    """
    out = np.full(eyes.shape, np.nan)
    for point in range(len(eyes)):
        px, py = eyes[point]
        best = math.inf
        left, right, bottom, top = cells_within(walls, px, py, within[point])
        for row in range(bottom, top + 1):
            for column in range(left, right + 1):
                place = row * walls.columns + column
                for at in range(walls.offsets[place], walls.offsets[place + 1]):
                    wall = walls.members[at]
                    squared, fx, fy = to_wall(px, py, walls, wall)
                    if squared >= min(best, within[point] * within[point]):
                        continue
                    dx = walls.end[wall, 0] - walls.start[wall, 0]
                    dy = walls.end[wall, 1] - walls.start[wall, 1]
                    length = math.sqrt(dx * dx + dy * dy)
                    # The interior is on the left of a wall, so its outside faces to the right.
                    ox, oy = dy / length, -dx / length
                    if not math.isnan(direction[point]):
                        facing = ox * math.cos(direction[point]) + oy * math.sin(direction[point])
                        squared *= (2.0 - facing) ** 2
                        if facing < AWAY or squared >= best:
                            continue
                    best = squared
                    out[point, 0], out[point, 1] = fx + ox * stand_off, fy + oy * stand_off
    return out
