"""View sheds: the ground that each camera sees, exactly, with buildings in the way.

A camera whose heading is unknown is reported as an interval. What is *known* to be seen is nothing; what it
may see lies inside the circle of its range, cut by walls (*assumed*). `ViewSheds.polygon` and `ViewSheds.area`
hold the assumed end, `ViewSheds.known` tells where both ends are the same, and figures built on them carry both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidGeometryError, InvalidInputError
from grid_coverage.snap import snap_out
from grid_coverage.sweep import sweep_all
from grid_coverage.walls import Walls

FULL_CIRCLE = 360.0


class ShedFlag(IntFlag):
    """What was done to a camera, or why it sees nothing; bits add up."""

    OK = 0
    SNAPPED = 1
    """It stood in or on a footprint and was moved out through the wall it looks through."""
    BURIED = 2
    """It stands in a footprint farther from the open than cameras are misplaced: it sees no ground."""
    UNKNOWN_HEADING = 4
    """Heading or field of view is unknown: nothing to full circle."""
    NO_RANGE = 8
    """Its range is zero: it sees nothing."""
    HIDDEN = 16
    """Walls stand so close that less than a square centimetre is in view."""


@dataclass(frozen=True, slots=True)
class ViewSheds:
    """The view shed of each camera, in the order given.

    Attributes
    ----------
    polygon : (n,) array of Polygon, metric CRS
        The shed with arcs as chords (a little smaller than the truth), assumed all round where the heading is
        unknown; ``POLYGON EMPTY`` where nothing is seen. Never missing, always valid.
    area : (n,) float64
        Area of the same with true arcs, m².
    known : (n,) bool
        False where `polygon` and `area` are only an upper bound because the heading is unknown; the lower
        bound is nothing at all.
    flag : (n,) int64
        Bits of `ShedFlag`.
    xy : (n, 2) float64
        Where the sweep stood, after snapping.
    moved : (n,) float64
        How far it was snapped, metres.
    """

    polygon: NDArray[np.object_]
    area: NDArray[np.float64]
    known: NDArray[np.bool_]
    flag: NDArray[np.int64]
    xy: NDArray[np.float64]
    moved: NDArray[np.float64]

    @property
    def area_known(self) -> NDArray[np.float64]:
        """Lower end of the interval: `area` where the heading is known, else 0, m²."""
        return np.where(self.known, self.area, 0.0)

    def __len__(self) -> int:
        return len(self.area)

    def take(self, rows: ArrayLike) -> ViewSheds:
        """Keep some cameras, by number or mask (those online, say), in the order given."""
        at = np.asarray(rows)
        return ViewSheds(self.polygon[at], self.area[at], self.known[at], self.flag[at], self.xy[at], self.moved[at])


def view_sheds(
    xy: ArrayLike,
    walls: Walls,
    *,
    azimuth: ArrayLike,
    hfov: ArrayLike,
    max_range: ArrayLike,
    arc_step: float = 0.4,
) -> ViewSheds:
    """Compute what each camera sees on the ground, by the method of `grid_coverage.sweep`.

    Parameters
    ----------
    xy : (n, 2) array of float, metric CRS
        Positions of the cameras in metres.
    walls : Walls
        What blocks sight, from `prepare_walls` in the same CRS.
    azimuth : (n,) array of float or float
        Middle of the field of view in degrees clockwise from grid north, any turn; nan = unknown.
    hfov : (n,) array of float or float
        Width of the field of view in degrees, above 0 up to 360 (dome, or a PTZ's reachable union: the
        azimuth no longer matters); nan = unknown.
    max_range : (n,) array of float or float
        Range in metres, 0 or more.
    arc_step : float
        Longest chord on an arc in degrees; areas don't depend on it.

    Returns
    -------
    ViewSheds

    Raises
    ------
    InvalidGeometryError
        A position is not finite.
    InvalidInputError
        A field of view or range is out of bounds, or lengths differ; the error names the first row.

    Examples
    --------
    >>> import shapely
    >>> from grid_coverage import prepare_walls
    >>> walls = prepare_walls([shapely.box(10, -50, 20, 50)])
    >>> sheds = view_sheds([[0, 0]], walls, azimuth=90, hfov=90, max_range=40)
    >>> round(float(sheds.area[0]), 6)
    100.0
    """
    eyes = _positions(xy)
    heading, width, reach, unknown = _looks(len(eyes), azimuth, hfov, max_range, arc_step)
    looking = np.where(width >= FULL_CIRCLE, np.nan, heading)
    standing, moved, buried = snap_out(eyes, walls, azimuth=looking)
    start, opening = np.radians(90.0 - heading - width / 2.0), np.radians(np.where(buried, 0.0, width))
    ring, offsets, area, simple = sweep_all(standing, start, opening, reach, float(np.radians(arc_step)), walls.index)
    polygon = _polygons(ring, offsets, simple)
    empty = shapely.is_empty(polygon)
    flag = np.where(unknown, ShedFlag.UNKNOWN_HEADING, 0) | np.where(reach == 0, ShedFlag.NO_RANGE, 0)
    flag |= np.where(moved > 0, ShedFlag.SNAPPED, 0) | np.where(buried, ShedFlag.BURIED, 0)
    flag |= np.where(empty & ~buried & (reach > 0), ShedFlag.HIDDEN, 0)
    return ViewSheds(polygon, np.where(empty, 0.0, area), ~unknown, flag.astype(np.int64), standing, moved)


def _looks(
    count: int, azimuth: ArrayLike, hfov: ArrayLike, max_range: ArrayLike, arc_step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return heading, width and reach of each camera, and whose heading is unknown: those look all round."""
    heading = _per_camera(azimuth, count, "azimuth")
    width = _per_camera(hfov, count, "hfov")
    reach = _per_camera(max_range, count, "max_range")
    _check(heading, width, reach, arc_step)
    unknown = np.isnan(width) | (np.isnan(heading) & (width < FULL_CIRCLE))
    width = np.where(unknown, FULL_CIRCLE, width)
    return np.where(width >= FULL_CIRCLE, 0.0, heading), width, reach, unknown


def _positions(xy: ArrayLike) -> NDArray[np.float64]:
    """Return finite positions as an (n, 2) array, or name the first row that is not."""
    eyes = np.ascontiguousarray(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
    bad = np.flatnonzero(~np.isfinite(eyes).all(axis=1))
    if len(bad):
        raise InvalidGeometryError(
            f"Camera {int(bad[0])} has no finite position; give metres in the CRS of the walls or leave it out.",
            row=int(bad[0]),
        )
    return eyes


def _per_camera(values: ArrayLike, count: int, field: str) -> NDArray[np.float64]:
    """Spread a scalar over all cameras; refuse another length."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim and array.shape != (count,):
        raise InvalidInputError(
            f"{count} cameras came with {field} of shape {array.shape}; give one value, or one each.",
            field=field,
        )
    return np.ascontiguousarray(np.broadcast_to(array, (count,)))


def _check(
    heading: NDArray[np.float64], width: NDArray[np.float64], reach: NDArray[np.float64], arc_step: float
) -> None:
    """Refuse angles and ranges that no camera has, naming the first row."""
    for field, wrong, rule in (
        ("azimuth", np.isinf(heading), "must be degrees from north, or nan when unknown"),
        (
            "hfov",
            ~(np.isnan(width) | ((width > 0) & (width <= FULL_CIRCLE))),
            "must be above 0 and at most 360 degrees",
        ),
        ("max_range", ~((reach >= 0) & np.isfinite(reach)), "must be a finite number of metres, 0 or more"),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            raise InvalidInputError(f"Camera {int(rows[0])}: {field} {rule}.", row=int(rows[0]), field=field)
    if not 0.001 <= arc_step <= 45.0:
        raise InvalidInputError("arc_step must lie between 0.001 and 45 degrees.", field="arc_step")


def _polygons(ring: NDArray[np.float64], offsets: NDArray[np.int64], simple: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Build polygons from closed rings, mending those not proved simple; no vertices give an empty polygon."""
    sizes = np.diff(offsets)
    filled = np.append(0, np.cumsum(sizes > 0))
    own = np.append(0, offsets[1:][sizes > 0])
    polygon = shapely.from_ragged_array(shapely.GeometryType.POLYGON, ring, (own, filled))
    doubtful = np.flatnonzero(~simple)
    for at in doubtful[~shapely.is_valid(polygon[doubtful])]:
        polygon[at] = _largest_part(polygon[at])
    return polygon


def _largest_part(shape: shapely.Geometry) -> shapely.Geometry:
    """Repair a ring that touches itself; what falls off are spikes thinner than the merging distance."""
    parts = shapely.get_parts(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    areas = shapely.area(parts)
    return parts[int(np.argmax(areas))] if len(parts) and areas.max() > 0 else shapely.Polygon()
