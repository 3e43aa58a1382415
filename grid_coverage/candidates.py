"""What placement works on: views that could be put up, and demand as points.

Privacy comes first: a candidate whose view shed reaches into a privacy zone is not allowed at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from gis.errors import InvalidInputError
from grid_coverage.demand import Streets
from grid_coverage.intervals import points_inside, ring_table
from grid_coverage.view_sheds import ViewSheds

PRIVATE_M2 = 0.5
"""Overlap of a view shed with a privacy zone that is still taken for rounding, m²."""

FACADE_M = 2.0
"""Width of the faces of homes, square to the line of sight, that a near view may have in it: a corner, metres."""

_AT_WALL = 0.05  # of sight ends at a wall, to rounding, metres


def candidate_views(
    places: ArrayLike, *, headings: int = 8
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Spread headings evenly over every place where a camera could hang.

    Parameters
    ----------
    places : (p, 2) array of float, metric CRS
        Poles, walls, junctions.
    headings : int
        How many to try at each.

    Returns
    -------
    xy : (p * headings, 2) float64
        Positions, for `view_sheds`.
    azimuth : (p * headings,) float64
        Degrees clockwise from north.
    place : (p * headings,) int64
        Row in `places`, for `Candidates.group`.

    Raises
    ------
    InvalidInputError
        `headings` is below 1.

    Examples
    --------
    >>> candidate_views([[0, 0]], headings=4)[1].tolist()
    [0.0, 90.0, 180.0, 270.0]
    """
    if headings < 1:
        raise InvalidInputError("headings must be at least 1.", field="headings")
    at = np.asarray(places, dtype=np.float64).reshape(-1, 2)
    place = np.repeat(np.arange(len(at)), headings)
    return at[place], np.tile(np.arange(headings) * 360.0 / headings, len(at)), place


def covered_points(sheds: ViewSheds, xy: ArrayLike) -> csr_array:
    """Tell which view shed covers which point; unknown headings cover nothing for certain.

    Parameters
    ----------
    sheds : ViewSheds
        (c,) view sheds.
    xy : (d, 2) array of float
        Points in the same metric CRS.

    Returns
    -------
    (c, d) sparse bool
    """
    points = np.ascontiguousarray(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
    point, shed = points_inside(points, ring_table(sheds.polygon))
    kept = sheds.known[shed]
    shape = (len(sheds), len(points))
    return csr_array((np.ones(int(kept.sum()), dtype=bool), (shed[kept], point[kept])), shape=shape)


def street_points(streets: Streets, *, step: float = 10.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stand points on streets for the metres round them.

    Parameters
    ----------
    streets : Streets
    step : float
        Largest length of street that one point stands for, metres.

    Returns
    -------
    xy : (d, 2) float64
        Middles of equal stretches of each line.
    weight : (d,) float64
        Metres of the stretch times the weight of the street.

    Raises
    ------
    InvalidInputError
        `step` is not above 0.
    """
    if not step > 0:
        raise InvalidInputError("step must be above 0 metres.", field="step")
    length = shapely.length(streets.line)
    count = np.ceil(length / step).astype(np.int64)
    line = np.repeat(np.arange(len(length)), count)
    rank = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    stretch = length[line] / count[line]
    points = shapely.line_interpolate_point(streets.line[line], (rank + 0.5) * stretch)
    return shapely.get_coordinates(points), stretch * streets.weight[line]


def keeps_privacy(sheds: ViewSheds, zones: ArrayLike, *, tolerance: float = PRIVATE_M2) -> NDArray[np.bool_]:
    """Tell which view sheds keep out of every privacy zone.

    Parameters
    ----------
    sheds : ViewSheds
        (c,) view sheds; where the heading is unknown the full circle has to keep out.
    zones : (z,) array of Polygon, metric CRS
        Gardens and courtyards of dwellings, and other ground that must not be looked at.
    tolerance : float
        Overlap in m² with one zone that is let pass.

    Returns
    -------
    (c,) bool
    """
    areas = np.asarray(zones, dtype=object).ravel()
    kept = np.ones(len(sheds), dtype=bool)
    if len(areas):
        zone, shed = shapely.STRtree(sheds.polygon).query(areas, predicate="intersects")
        overlap = shapely.area(shapely.intersection(areas[zone], sheds.polygon[shed]))
        kept[shed[overlap > tolerance]] = False
    return kept


def homes_in_view(
    sheds: ViewSheds, homes: ArrayLike, *, within: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Measure the faces of homes that each camera sees from near.

    No camera sees through a wall, but from near it sees through a window. Only width square to the line of sight
    counts, so that looking along the wall that a camera hangs on is no view into it.

    Parameters
    ----------
    sheds : ViewSheds
        (c,) view sheds.
    homes : (h,) array of Polygon or MultiPolygon, metric CRS
        Buildings that people live in.
    within : float or (c,) array of float
        Distance up to which the picture would show who is at a window, metres.

    Returns
    -------
    camera, home : (p,) int64
        Rows of both; pairs without any face in view are left out.
    width : (p,) float64
        Metres.
    """
    near = np.broadcast_to(np.asarray(within, dtype=np.float64), len(sheds))
    houses = np.asarray(homes, dtype=object).ravel()
    disks = shapely.buffer(shapely.points(sheds.xy), near)
    shed, house = shapely.STRtree(houses).query(disks, predicate="intersects")
    edges = shapely.intersection(shapely.boundary(sheds.polygon), disks)
    at_walls = shapely.intersection(edges[shed], shapely.buffer(houses, _AT_WALL)[house])
    pieces, owner = shapely.get_parts(at_walls, return_index=True)
    xy, piece = shapely.get_coordinates(pieces, return_index=True)
    joined = piece[1:] == piece[:-1]
    pair = owner[piece[:-1][joined]]
    along, sight = np.diff(xy, axis=0)[joined], (xy[1:] + xy[:-1])[joined] / 2.0 - sheds.xy[shed[pair]]
    square = np.abs(along[:, 0] * sight[:, 1] - along[:, 1] * sight[:, 0])
    seen_width = square / np.maximum(np.hypot(*sight.T), 1e-9)
    width = np.bincount(pair, seen_width, minlength=len(shed)).astype(np.float64)
    seen = width > 0
    return shed[seen], house[seen], width[seen]


def facade_in_view(sheds: ViewSheds, homes: ArrayLike, *, within: ArrayLike) -> NDArray[np.float64]:
    """Add up the faces of homes that each camera sees from near.

    Parameters
    ----------
    sheds : ViewSheds
        (c,) view sheds.
    homes : (h,) array of Polygon or MultiPolygon, metric CRS
    within : float or (c,) array of float
        As in `homes_in_view`.

    Returns
    -------
    (c,) float64
        Metres.
    """
    if not len(sheds):
        return np.zeros(0)
    camera, _, width = homes_in_view(sheds, homes, within=within)
    return np.bincount(camera, width, minlength=len(sheds)).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Private:
    """What no proposed camera may look at.

    Attributes
    ----------
    zones : (z,) array of Polygon, metric CRS
        Ground.
    homes : (h,) array of Polygon or MultiPolygon, metric CRS
        Buildings whose faces must not be seen from near.
    near : float or (c,) array of float
        Metres up to which the picture of each camera would show who is at a window.
    """

    zones: ArrayLike = ()
    homes: ArrayLike = ()
    near: ArrayLike = 0.0

    def allows(self, sheds: ViewSheds) -> NDArray[np.bool_]:
        """Tell which of (c,) view sheds look at none of it."""
        return keeps_privacy(sheds, self.zones) & (facade_in_view(sheds, self.homes, within=self.near) <= FACADE_M)
