"""Cut administrative areas by a line, and move ground from one to its neighbour: metric polygons in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import GridwardError
from gis.measure import mean_width
from gis.overlay import GRID
from grid_partition.edits import EditRefusedError, LineCutsTooOftenError, LineMissesError, NothingChangesError
from grid_partition.recut import overshoot
from grid_partition.split import accept_line, crossings, sides_of

__all__ = ["AreasApartError", "cut_in_two", "joined", "moved_ground", "place_in"]

Geometries = npt.NDArray[Any]
#: Metres of shared border from which areas count as neighbours; a corner is none.
BESIDE = 0.5
#: Ground narrower than this on average is a slip of the hand, no transfer.
NARROW = 0.5


class AreasApartError(EditRefusedError):
    """Areas share no border."""

    code = "areas-do-not-touch"


def cut_in_two(shape: BaseGeometry, line: shapely.LineString) -> tuple[BaseGeometry, BaseGeometry]:
    """Cut an area in two along a line.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        Metric CRS.
    line : LineString
        Metric CRS; prolonged straight on where it ends inside, trimmed where it runs out.

    Returns
    -------
    larger, smaller : Polygon or MultiPolygon
        They share the cut exactly, and add up to the area. Exclaves that the line misses stay with the larger.

    Raises
    ------
    InvalidLineError, LineMissesError, LineCutsTooOftenError

    Examples
    --------
    >>> larger, smaller = cut_in_two(shapely.box(0, 0, 10, 10), shapely.LineString([(2, 5), (2, 6)]))
    >>> larger.area, smaller.area
    (80.0, 20.0)
    """
    drawn = accept_line(line)
    paths = crossings(shape, drawn)
    pieces = sides_of(shape, paths)
    parts = int(shapely.get_num_geometries(shape))
    if len(pieces) <= parts:
        near = shapely.get_coordinates(shapely.shortest_line(drawn, shape))
        raise LineMissesError("The line does not cut the area.", place=shapely.Point(near[0]))
    # an exclave is a piece, too: of those on the cut, the smaller one is cut off
    on_cut = pieces[shapely.distance(pieces, overshoot(paths[0])) < GRID]
    smaller = shapely.set_precision(on_cut[int(np.argmin(shapely.area(on_cut)))], GRID)
    larger = shapely.difference(shape, smaller, grid_size=GRID)
    # where the line all but touches the border, a part hangs by less than a centimetre: it falls in two
    count = int(shapely.get_num_geometries(smaller) + shapely.get_num_geometries(larger)) - parts + 1
    if len(pieces) > parts + 1 or count > 2:
        count = max(count, len(pieces) - parts + 1)
        raise LineCutsTooOftenError(
            f"The line cuts the area into {count} pieces; draw one that cuts it in two.",
            place=shapely.MultiPoint([path.interpolate(0.5, normalized=True) for path in paths]),
            pieces=count,
        )
    return larger, smaller


def joined(shapes: Geometries) -> BaseGeometry:
    """Join areas that lie side by side.

    Parameters
    ----------
    shapes : (n,) array of Polygon or MultiPolygon
        Metric CRS.

    Returns
    -------
    Polygon or MultiPolygon

    Raises
    ------
    AreasApartError
        One of them touches none of the others; ``place`` is in it.
    """
    together = {0}
    waiting = set(range(1, len(shapes)))
    while waiting:
        near = {at for at in waiting if any(_beside(shapes[at], shapes[known]) for known in together)}
        if not near:
            lone = shapes[min(waiting)]
            raise AreasApartError("The areas do not lie side by side.", place=shapely.point_on_surface(lone))
        together |= near
        waiting -= near
    return shapely.union_all(shapes, grid_size=GRID)


def moved_ground(giver: BaseGeometry, taker: BaseGeometry, drawn: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry]:
    """Move ground from an area to its neighbour.

    Parameters
    ----------
    giver, taker : Polygon or MultiPolygon
        Metric CRS.
    drawn : LineString or Polygon
        The new border (what lies beside the taker goes over), or the ground itself.

    Returns
    -------
    giver, taker : Polygon or MultiPolygon
        As they are afterwards; together they are what they were.

    Raises
    ------
    InvalidLineError, LineMissesError, LineCutsTooOftenError
    AreasApartError
        The ground does not touch the taker.
    NothingChangesError
        All of the giver would go, which is a merger, or nothing of it.
    """
    if isinstance(drawn, shapely.LineString):
        halves = cut_in_two(giver, drawn)
        ground = max(halves, key=lambda half: _border(half, taker))
    else:
        ground = shapely.intersection(giver, drawn, grid_size=GRID)
        ground = shapely.union_all([part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"])
    left = shapely.difference(giver, ground, grid_size=GRID)
    if ground.is_empty or _width(ground) < NARROW:
        raise NothingChangesError("No ground of the area is in what was drawn.", place=shapely.point_on_surface(drawn))
    if left.is_empty or _width(left) < NARROW:
        raise NothingChangesError(
            "All of the area would go over; merge the two instead.", place=shapely.point_on_surface(giver)
        )
    for part in shapely.get_parts(ground):
        if _border(part, taker) < BESIDE:
            raise AreasApartError(
                "The ground does not touch the area that takes it.", place=part.representative_point()
            )
    return left, shapely.union_all([taker, ground], grid_size=GRID)


def place_in(error: GridwardError) -> BaseGeometry | None:
    """Return where a refusal is, metric CRS; None when it names no place."""
    place = error.fields.get("place")
    return place if isinstance(place, BaseGeometry) else None


def _width(shape: BaseGeometry) -> float:
    return float(mean_width(np.array([shape], dtype=object))[0])


def _border(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return the length of border that two areas share, within what loaded borders differ by."""
    near = shapely.buffer(shapely.boundary(other), BESIDE, cap_style="flat")
    return float(shapely.length(shapely.intersection(shapely.boundary(one), near)))


def _beside(one: BaseGeometry, other: BaseGeometry) -> bool:
    return bool(shapely.dwithin(one, other, BESIDE)) and _border(one, other) > 4 * BESIDE
