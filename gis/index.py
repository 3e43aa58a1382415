"""Spatial look-ups: packed trees for whole sets, a live tree for a session of edits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import rtree.index
import shapely

__all__ = ["LiveIndex", "by_tiles", "first_holding", "locate"]

Ints = npt.NDArray[np.int64]


#: Points from which on an order by place is worth its sorting.
MANY = 10_000
#: Points in a tile of that order.
TILE = 64


def by_tiles(xy: npt.NDArray[np.float64]) -> Ints:
    """Order points so that neighbours in the list are neighbours on the ground.

    Parameters
    ----------
    xy : (n, 2) array of float
        Any planar CRS.

    Returns
    -------
    (n,) int64
        Positions, column after column of square tiles, up one and down the next; points of a tile in their old order.

    Examples
    --------
    >>> by_tiles(np.array([[0.0, 0.0], [9.0, 9.0], [0.0, 1.0]])).tolist()
    [0, 1, 2]
    """
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    low = xy.min(axis=0)
    side = max(int(np.sqrt(len(xy) / TILE)), 1)
    tile = np.minimum(((xy - low) * (side / max(float((xy.max(axis=0) - low).max()), 1e-9))).astype(np.int64), side - 1)
    climb = np.where(tile[:, 0] % 2 == 0, tile[:, 1], side - 1 - tile[:, 1])
    return np.asarray(np.argsort(tile[:, 0] * side + climb, kind="stable"), dtype=np.int64)


def first_holding(polygons: npt.ArrayLike, points: npt.ArrayLike) -> Ints:
    """Find the first polygon that holds each point.

    Parameters
    ----------
    polygons : (a,) array of Polygon or MultiPolygon
    points : (n,) array of Point
        Same CRS.

    Returns
    -------
    (n,) int64
        Lowest position of a polygon that holds or touches the point, -1 for none.

    Examples
    --------
    >>> first_holding([shapely.box(0, 0, 1, 1)], shapely.points([[1, 1], [2, 2]])).tolist()
    [0, -1]
    """
    areas, places = np.asarray(polygons, dtype=object), np.asarray(points, dtype=object)
    found = np.full(len(places), len(areas), dtype=np.int64)
    # neighbours asked for one after the other find the tree's nodes in the processor's cache: half the time
    order = by_tiles(shapely.get_coordinates(places)) if len(places) > MANY else np.arange(len(places))
    place, area = shapely.STRtree(areas).query(places[order], predicate="intersects")
    np.minimum.at(found, order[place], area)
    found[found == len(areas)] = -1
    return found


def locate(polygons: npt.ArrayLike, points: npt.ArrayLike) -> Ints:
    """Find the polygon of each point of a tiling.

    Parameters
    ----------
    polygons : (a,) array of Polygon or MultiPolygon
        At least one.
    points : (n,) array of Point
        Same CRS.

    Returns
    -------
    (n,) int64
        On a shared border the first one, outside of all the nearest one.
    """
    found = first_holding(polygons, points)
    lost = np.flatnonzero(found < 0)
    if len(lost):
        tree = shapely.STRtree(np.asarray(polygons, dtype=object))
        which, nearest = tree.query_nearest(np.asarray(points, dtype=object)[lost], all_matches=False)
        found[lost[which]] = nearest
    return found


class LiveIndex:
    """Boxes by number that come and go one at a time, as in an editing session.

    Parameters
    ----------
    items : iterable of (int, Geometry), optional
        Loaded at once, which is much faster than one by one.

    Examples
    --------
    >>> live = LiveIndex([(7, shapely.box(0, 0, 1, 1))])
    >>> live.replace(7, shapely.box(5, 5, 6, 6))
    >>> live.query(shapely.box(0, 0, 2, 2)), live.query(shapely.Point(5, 5))
    ([], [7])
    """

    def __init__(self, items: Iterable[tuple[int, shapely.Geometry]] = ()) -> None:
        self._box: dict[int, tuple[float, float, float, float]] = {}
        stream = self._stream(items)
        first = next(stream, None)
        if first is None:
            self._tree = rtree.index.Index()
        else:
            self._tree = rtree.index.Index(item for part in ((first,), stream) for item in part)

    def _stream(
        self, items: Iterable[tuple[int, shapely.Geometry]]
    ) -> Iterator[tuple[int, tuple[float, float, float, float], None]]:
        for number, geometry in items:
            self._box[number] = shapely.bounds(geometry).tolist()
            yield number, self._box[number], None

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._box)

    def __contains__(self, number: int) -> bool:
        """Tell whether an item is in the index."""
        return number in self._box

    def replace(self, number: int, geometry: shapely.Geometry) -> None:
        """Insert an item, or give it a new shape.

        Parameters
        ----------
        number : int
        geometry : Geometry
        """
        self.remove(number)
        self._box[number] = shapely.bounds(geometry).tolist()
        self._tree.insert(number, self._box[number])

    def remove(self, number: int) -> None:
        """Take an item out; one that is not there is no error.

        Parameters
        ----------
        number : int
        """
        box = self._box.pop(number, None)
        if box is not None:
            self._tree.delete(number, box)

    def query(self, geometry: shapely.Geometry) -> list[int]:
        """List the items whose box meets the box of a geometry.

        Parameters
        ----------
        geometry : Geometry

        Returns
        -------
        list of int, ascending
        """
        return sorted(self._tree.intersection(shapely.bounds(geometry).tolist()))

    def nearest(self, geometry: shapely.Geometry, count: int = 1) -> list[int]:
        """List the items whose boxes are nearest to the box of a geometry.

        Parameters
        ----------
        geometry : Geometry
        count : int
            More are returned when boxes are equally near.

        Returns
        -------
        list of int, nearest first
        """
        return list(self._tree.nearest(shapely.bounds(geometry).tolist(), count))
