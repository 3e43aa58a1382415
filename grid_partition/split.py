"""Split a grid by a line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.measure import group_sums
from gis.overlay import dissolve
from grid_partition.edits import (
    DoorsOf,
    Edited,
    InvalidLineError,
    LineCutsTooOftenError,
    LineMissesError,
    Patch,
    refuse_locked,
)
from grid_partition.recut import overshoot, recut

__all__ = ["accept_line", "crossings", "ray_to_border", "sides_of", "split_grid"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: A line within this many metres of a border counts as lying on it.
ON = 0.01


def split_grid(patch: Patch, grid: int, line: shapely.LineString, doors_of: DoorsOf, *, many: bool = False) -> Edited:
    """Split a grid along a line.

    Parameters
    ----------
    patch : Patch
        Holds all atoms of the grid, and those near the line.
    grid : int
    line : LineString
        Metric CRS. Prolonged straight on where it ends inside the grid, trimmed where it runs out of it.
    doors_of : callable
    many : bool
        Allow more than two pieces; each beyond the first becomes a grid.

    Returns
    -------
    Edited
        The piece with most households keeps the grid's number, the others are new.

    Raises
    ------
    InvalidLineError, LineMissesError, LineCutsTooOftenError, GridLockedError

    References
    ----------
    Hobby (1999), as in `recut`.
    """
    refuse_locked(patch, grid)
    drawn = accept_line(line)
    shape = dissolve(patch.geometry[patch.members(grid)], np.zeros(len(patch.members(grid)), dtype=np.int64), 1)[0]
    paths = crossings(shape, drawn)
    sides = sides_of(shape, paths)
    parts = int(shapely.get_num_geometries(shape))
    if len(sides) <= parts:
        raise LineMissesError("The line does not cut the grid.", place=_nearest(shape, drawn))
    if len(sides) > parts + 1 and not many:
        raise LineCutsTooOftenError(
            f"The line cuts the grid into {len(sides) - parts + 1} pieces; draw one that cuts it in two.",
            place=shapely.MultiPoint([path.interpolate(0.5, normalized=True) for path in paths]),
            pieces=len(sides) - parts + 1,
        )
    edited = recut(patch, np.array([overshoot(path) for path in paths], dtype=object), doors_of)
    return _named(patch, grid, edited, _uncut_to_one(shape, sides))


def accept_line(line: shapely.LineString) -> shapely.LineString:
    """Return a line without repeated vertices, or refuse it when it crosses itself."""
    clean = shapely.remove_repeated_points(line, ON / 10)
    if clean.is_empty or clean.length < 10 * ON:
        raise InvalidLineError("The line has no length.", place=shapely.Point(shapely.get_coordinates(line)[0]))
    if not clean.is_simple:
        raise InvalidLineError("The line crosses itself.", place=_crossing(clean))
    return clean


def crossings(shape: shapely.Geometry, line: shapely.LineString) -> list[shapely.LineString]:
    """Return the stretches of a line that run through a shape, from border to border.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
    line : LineString
        An end inside the shape is prolonged straight on to the border.
    """
    xy = shapely.get_coordinates(line)
    if not line.is_closed:
        head = ray_to_border(shape, xy[0], xy[0] - xy[1])
        tail = ray_to_border(shape, xy[-1], xy[-1] - xy[-2])
        xy = np.vstack([*([head] if head is not None else []), xy, *([tail] if tail is not None else [])])
    inside = shapely.intersection(shapely.LineString(xy), shape)
    merged = shapely.line_merge(
        shapely.union_all([g for g in shapely.get_parts(inside) if g.geom_type == "LineString"])
    )
    return [part for part in shapely.get_parts(merged) if part.length > ON and _inner(shape, part)]


def _inner(shape: shapely.Geometry, part: shapely.LineString) -> bool:
    """Whether a stretch leaves the border anywhere."""
    return bool(shapely.difference(part, shapely.buffer(shapely.boundary(shape), ON)).length > 0)


def ray_to_border(
    shape: shapely.Geometry, end: npt.NDArray[np.float64], direction: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64] | None:
    """Return where the line goes on to the border from an end inside; None when the end is outside."""
    point = shapely.Point(end)
    if not shapely.contains_properly(shape, point):
        return None
    west, south, east, north = shapely.bounds(shape).tolist()
    reach = np.hypot(east - west, north - south)
    step = direction / np.hypot(*direction)
    hits = shapely.intersection(shapely.LineString([end, end + step * reach * 1.1]), shapely.boundary(shape))
    places = shapely.get_coordinates(hits)
    nearest = places[np.argmin(np.hypot(*(places - end).T))]
    return np.asarray(nearest + step * ON)


def sides_of(shape: shapely.Geometry, paths: list[shapely.LineString]) -> Geometries:
    """Return the pieces of a shape between paths."""
    lines = shapely.union_all([shapely.boundary(shape), *(overshoot(path) for path in paths)])
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    return np.asarray(pieces[shapely.contains(shape, shapely.point_on_surface(pieces))], dtype=object)


def _uncut_to_one(shape: shapely.Geometry, sides: Geometries) -> Geometries:
    """Join what the line did not cut (exclaves) to the largest side, which is the one that stays."""
    parts = shapely.get_parts(shape)
    part, side = shapely.STRtree(sides).query(parts, predicate="covers")
    alone = side[np.bincount(part, minlength=len(parts))[part] == 1]
    cut = np.setdiff1d(np.arange(len(sides)), alone)
    if not len(alone):
        return sides
    largest = cut[np.argmax(shapely.area(sides[cut]))]
    joined = sides.copy()
    joined[largest] = shapely.union_all(sides[np.r_[largest, alone]])
    return np.asarray(joined[cut], dtype=object)


def _named(patch: Patch, grid: int, edited: Edited, sides: Geometries) -> Edited:
    """Put the atoms of a grid under its sides: the one with most households keeps the number."""
    mine = np.flatnonzero(edited.grid == grid)
    side = np.argmin(
        shapely.distance(shapely.point_on_surface(edited.geometry[mine])[:, None], sides[None, :]), axis=1
    ).astype(np.int64)
    load = group_sums(side, edited.demand[mine], len(sides))
    area = group_sums(side, shapely.area(edited.geometry[mine]), len(sides))
    order = np.lexsort((-area, -load))
    number = np.empty(len(sides), dtype=np.int64)
    number[order] = np.r_[grid, len(patch.parent) + np.arange(len(sides) - 1)]
    label = edited.grid.copy()
    label[mine] = number[side]
    parent = np.r_[edited.parent, np.full(len(sides) - 1, patch.parent[grid])]
    return edited.labelled(label, parent=parent)


def _nearest(shape: shapely.Geometry, line: shapely.LineString) -> shapely.Point:
    return shapely.Point(shapely.get_coordinates(shapely.shortest_line(line, shape))[0])


def _crossing(line: shapely.LineString) -> shapely.Geometry:
    """Return the places where a line meets itself."""
    pieces = shapely.get_parts(shapely.union_all(line))
    ends = np.vstack([shapely.get_coordinates(shapely.get_point(pieces, at)) for at in (0, -1)])
    place, times = np.unique(ends, axis=0, return_counts=True)
    return shapely.MultiPoint(place[times > 2]) if (times > 2).any() else shapely.Point(place[0])
