"""Professional nets (police, safety, river chiefs) mapped onto household grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidInputError
from gis.index import first_holding
from gis.measure import group_sums
from grid_partition.accept import accept_numbers, accept_places, accept_polygons

__all__ = ["Overlay", "map_overlay", "overlapping_pairs"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Square metres below which two polygons only touch.
LEAST = 0.01


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a professional net and the grids have in common; one row for each pair that meets.

    Attributes
    ----------
    net, grid : (s,) int64
        Positions; -1 for ground, households or objects outside the grids (or outside the net).
    area_m2 : (s,) float64
    share_of_net, share_of_grid : (s,) float64
        Of the area of the net's polygon and of the grid; nan where there is none.
    households : (s,) float64
    objects : (s,) int64
    objects_of_kind : (s, k) int64
        The same by kind; no columns when no kinds were given.
    """

    net: Ints
    grid: Ints
    area_m2: Floats
    share_of_net: Floats
    share_of_grid: Floats
    households: Floats
    objects: Ints
    objects_of_kind: Ints


class _Sides(NamedTuple):
    """Both sides of an overlay, and the pairs (net * number of grids + grid) that share ground."""

    polygons: npt.NDArray[np.object_]
    squares: npt.NDArray[np.object_]
    meeting: Ints


def map_overlay(
    net: npt.ArrayLike,
    grids: npt.ArrayLike,
    *,
    dwellings: npt.ArrayLike | None = None,
    households: npt.ArrayLike | None = None,
    objects: npt.ArrayLike | None = None,
    object_kinds: npt.ArrayLike | None = None,
) -> Overlay:
    """Map the polygons of a professional net onto grids, with shares of area, households and objects.

    Parameters
    ----------
    net : (p,) array of Polygon or MultiPolygon
        Police or safety areas, metric CRS, without overlaps.
    grids : (g,) array of Polygon or MultiPolygon
        Same CRS, without overlaps.
    dwellings : (n, 2) array of float, optional
    households : (n,) array of float, optional
        Of each dwelling; one each when not given.
    objects : (m, 2) array of float, optional
        Enterprises, cameras, key places.
    object_kinds : (m,) array of int, optional
        0 to k - 1: kind of each object, to count them apart too.

    Returns
    -------
    Overlay
        Sorted by net, then by grid; each household and object is counted once.

    Raises
    ------
    InvalidInputError, InvalidGeometryError

    Examples
    --------
    >>> found = map_overlay([shapely.box(0, 0, 30, 10)], shapely.box([0, 20], 0, [20, 40], 10), dwellings=[[5, 5]])
    >>> found.net.tolist(), found.grid.tolist(), found.share_of_grid.tolist(), found.households.tolist()
    ([-1, 0, 0], [1, 0, 1], [0.5, 1.0, 0.5], [0.0, 1.0, 0.0])
    """
    polygons, squares = accept_polygons(net, "net"), accept_polygons(grids, "grids")
    people = _points(dwellings, "dwellings")
    things = _points(objects, "objects")
    weight = np.ones(len(people)) if households is None else accept_numbers(households, "households", len(people))
    shared = _shared_ground(polygons, squares)
    outside = [_rest(polygons, shared, side=0), _rest(squares, shared, side=1)]
    sides = _Sides(polygons, squares, (shared[:, 0] * len(squares) + shared[:, 1]).astype(np.int64))
    found = _counted(sides, things, None, column=4)
    return _summed(sides, [shared, *outside, _counted(sides, people, weight, column=3)], found, object_kinds)


def _summed(sides: _Sides, rows: list[Floats], objects: Floats, kinds: npt.ArrayLike | None) -> Overlay:
    """Add up rows (net, grid, m², households, objects) of the same pair; those of objects are counted by kind, too."""
    every = np.concatenate([*rows, objects])
    pairs, at = np.unique(every[:, :2].astype(np.int64), axis=0, return_inverse=True)
    at = at.ravel().astype(np.int64)
    area, count, number = (group_sums(at, every[:, column], len(pairs)) for column in (2, 3, 4))
    net, grid = pairs[:, 0], pairs[:, 1]
    return Overlay(
        net,
        grid,
        area,
        area / np.r_[shapely.area(sides.polygons), np.nan][net],
        area / np.r_[shapely.area(sides.squares), np.nan][grid],
        count,
        number.astype(np.int64),
        _by_kind(at[len(every) - len(objects) :], kinds, len(pairs)),
    )


def overlapping_pairs(polygons: npt.ArrayLike, *, least: float = LEAST) -> list[tuple[int, int, float]]:
    """Find pairs of polygons that share ground.

    Parameters
    ----------
    polygons : (p,) array of Polygon or MultiPolygon
        Metric CRS.
    least : float
        Square metres that two may share, for rounding.

    Returns
    -------
    list of (int, int, float)
        Positions, the lower one first, and the square metres they share.

    Examples
    --------
    >>> overlapping_pairs(shapely.box([0, 2, 9], 0, [3, 5, 12], 1))
    [(0, 1, 1.0)]
    """
    shapes = accept_polygons(polygons, "polygons")
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    area = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    rows = np.flatnonzero(area > least)
    return sorted(zip(first[rows].tolist(), second[rows].tolist(), area[rows].tolist(), strict=True))


def _by_kind(row: Ints, kinds: npt.ArrayLike | None, count: int) -> Ints:
    """Count objects of each kind in each row of the overlay."""
    if kinds is None:
        return np.zeros((count, 0), dtype=np.int64)
    kind = np.asarray(kinds, dtype=np.int64)
    if kind.shape != row.shape or (len(kind) and int(kind.min()) < 0):
        raise InvalidInputError("Each object needs one kind, a number from 0.", field="object_kinds")
    table = np.zeros((count, int(kind.max(initial=-1)) + 1), dtype=np.int64)
    np.add.at(table, (row, kind), 1)
    return table


def _points(xy: npt.ArrayLike | None, field: str) -> npt.NDArray[np.object_]:
    places = np.empty((0, 2)) if xy is None else accept_places(xy, field)
    return np.asarray(shapely.points(places), dtype=object)


def _shared_ground(polygons: npt.NDArray[np.object_], squares: npt.NDArray[np.object_]) -> Floats:
    """Return a row (net, grid, m², 0, 0) for each pair that overlaps."""
    of_net, of_grid = shapely.STRtree(squares).query(polygons, predicate="intersects")
    area = shapely.area(shapely.intersection(polygons[of_net], squares[of_grid]))
    real = area > LEAST
    nothing = np.zeros(int(real.sum()))
    return np.column_stack([of_net[real], of_grid[real], area[real], nothing, nothing])


def _rest(polygons: npt.NDArray[np.object_], shared: Floats, *, side: int) -> Floats:
    """Return a row for the ground of each polygon of one side that none of the other side covers."""
    left = shapely.area(polygons) - group_sums(shared[:, side].astype(np.int64), shared[:, 2], len(polygons))
    at = np.flatnonzero(left > np.maximum(LEAST, 1e-9 * shapely.area(polygons)))
    rows = np.zeros((len(at), 5))
    rows[:, side], rows[:, 1 - side], rows[:, 2] = at, -1, left[at]
    return rows


def _counted(sides: _Sides, points: npt.NDArray[np.object_], weight: Floats | None, *, column: int) -> Floats:
    """Return a row for each point, counted where it lies.

    A point on a border lies in several polygons: of the net's, one counts that shares ground with the point's grid.
    """
    grid = first_holding(sides.squares, points)
    place, net = shapely.STRtree(sides.polygons).query(points, predicate="intersects")
    code = net * len(sides.squares) + grid[place]
    apart = ~np.isin(code, sides.meeting) & (grid[place] >= 0)
    lowest = np.full(len(points), 2 * len(sides.polygons), dtype=np.int64)
    np.minimum.at(lowest, place, net + apart * len(sides.polygons))
    rows = np.zeros((len(points), 5))
    rows[:, 0] = np.where(lowest == 2 * len(sides.polygons), -1, lowest % max(1, len(sides.polygons)))
    rows[:, 1] = grid
    rows[:, column] = 1.0 if weight is None else weight
    return rows
