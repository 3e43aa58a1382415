"""Move the border that two grids share; it moves once, for both."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from shapely.ops import substring

from gis.overlay import dissolve, snap_to_grid
from grid_partition.edits import (
    BrokenResultError,
    CrossesParentError,
    DoorsOf,
    Edited,
    GridsApartError,
    LineLeavesError,
    LineMissesError,
    NothingChangesError,
    Patch,
    refuse_locked,
)
from grid_partition.recut import overshoot, recut
from grid_partition.split import ON, accept_line, crossings, ray_to_border

__all__ = ["move_border", "move_vertex"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Metres from the old border within which an end of the new line is taken to lie on it.
SNAP = 0.25


def move_border(patch: Patch, one: int, other: int, line: shapely.LineString, doors_of: DoorsOf) -> Edited:
    """Replace the border of two grids, or the stretch of it between the ends of a line.

    Parameters
    ----------
    patch : Patch
        Holds all atoms of both grids, and those near the line.
    one, other : int
        Grids of one parent that touch.
    line : LineString
        Metric CRS. An end on the old border replaces it from there; an end elsewhere is prolonged or trimmed to the
        outline of both grids, and moves the node that they share with a third grid along the third grid's border.
    doors_of : callable

    Returns
    -------
    Edited

    Raises
    ------
    InvalidLineError, LineMissesError, GridsApartError, CrossesParentError, GridLockedError, BrokenResultError
    """
    refuse_locked(patch, [one, other])
    if patch.parent[one] != patch.parent[other]:
        raise CrossesParentError("The border of a village is not for a plan to move.", place=line.centroid)
    drawn = accept_line(line)
    first, second = _shape(patch, one), _shape(patch, other)
    arcs = _arcs(first, second)
    if not arcs:
        raise GridsApartError("The grids share no border.", place=shapely.shortest_line(first, second))
    both = shapely.union(first, second)
    arcs.sort(key=lambda arc: arc.distance(drawn))
    best = None
    for stretch, border in _borders(both, arcs[0], drawn):
        sides = _two_sides(both, [border, *arcs[1:]], first, second)
        change = np.inf if sides is None else shapely.area(shapely.symmetric_difference(first, sides[0]))
        if sides is not None and (best is None or change < best[0]):
            best = (change, stretch, sides)
    if best is None:
        raise LineMissesError("The line makes no border between the two grids.", place=drawn)
    edited = recut(patch, np.array([overshoot(best[1])], dtype=object), doors_of)
    return _by_side(edited, np.array([one, other]), best[2])


def move_vertex(
    patch: Patch, grids: Ints, start: tuple[float, float], end: tuple[float, float], doors_of: DoorsOf
) -> Edited:
    """Move a vertex of the border, for all the grids that meet in it (three at a node).

    Parameters
    ----------
    patch : Patch
        Holds all atoms of the grids that have the vertex.
    grids : (m,) int64
        Grids that may change: all that meet in the vertex.
    start, end : (x, y)
        Metric CRS; `start` is snapped to the nearest vertex within `SNAP`.
    doors_of : callable

    Returns
    -------
    Edited

    Raises
    ------
    LineMissesError, LineLeavesError, BrokenResultError, CrossesParentError, GridLockedError, NothingChangesError
    """
    shapes = np.array([_shape(patch, grid) for grid in grids.tolist()], dtype=object)
    vertex = _nearest_vertex(list(shapes), np.asarray(start, dtype=np.float64))
    target = snap_to_grid(end)
    if np.array_equal(vertex, target):
        raise NothingChangesError("The vertex is there already.", place=shapely.Point(target))
    has = np.array([_has(shape, vertex) for shape in shapes])
    number, before = grids[has], shapes[has]
    refuse_locked(patch, number)
    if len(np.unique(patch.parent[number])) > 1:
        raise CrossesParentError("This vertex lies on the border of a village.", place=shapely.Point(vertex))
    after = np.array([_with_vertex(shape, vertex, target) for shape in before], dtype=object)
    _refuse_unlike(before, after, shapely.Point(target))
    lines = [
        overshoot(shapely.LineString(pair))
        for ring in shapely.get_rings(after)
        for pair in pairwise(shapely.get_coordinates(ring))
        if np.equal(pair, target).all(axis=1).any()
    ]
    edited = recut(patch, np.array(lines, dtype=object), doors_of)
    return _by_side(edited, number, after)


def _shape(patch: Patch, grid: int) -> shapely.Geometry:
    members = patch.members(grid)
    shape: shapely.Geometry = dissolve(patch.geometry[members], np.zeros(len(members), dtype=np.int64), 1)[0]
    return shape


def _arcs(first: shapely.Geometry, second: shapely.Geometry) -> list[shapely.LineString]:
    """Return the stretches of border that two grids share, each as one line."""
    common = shapely.intersection(shapely.boundary(first), shapely.boundary(second))
    lines = [part for part in shapely.get_parts(common) if part.geom_type == "LineString"]
    return list(shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))) if lines else []


def _borders(
    both: shapely.Geometry, arc: shapely.LineString, drawn: shapely.LineString
) -> list[tuple[shapely.LineString, shapely.LineString]]:
    """Return what the new border could be: the stretch that is new, and the whole border that it makes."""
    xy = shapely.get_coordinates(drawn)
    at = [_place_on(arc, end) for end in (xy[0], xy[-1])]
    if at[0] is None and at[1] is None:
        paths = crossings(both, drawn)
        _refuse_outside(both, drawn, whole=len(paths) == 1)
        return [(path, path) for path in paths]
    if at[0] is not None and at[1] is not None:
        low, high = min(at[0], at[1]), max(at[0], at[1])
        middle = xy if at[0] <= at[1] else xy[::-1]
        middle = np.vstack([_at(arc, low), middle[1:-1], _at(arc, high)])
        stretch = shapely.LineString(middle)
        _refuse_outside(both, stretch, whole=True)
        found = [(stretch, _chain(substring(arc, 0, low), middle, substring(arc, high, arc.length)))]
        if arc.is_closed:
            found.append((stretch, _chain(substring(arc, low, high), middle[::-1])))
        return found
    place = at[0] if at[0] is not None else at[1]
    assert place is not None  # noqa: S101 - one of the two is a number here
    out = _outwards(both, np.vstack([_at(arc, place), (xy if at[0] is not None else xy[::-1])[1:]]))
    stretch = shapely.LineString(out)
    return [
        (stretch, _chain(substring(arc, 0, place), out)),
        (stretch, _chain(substring(arc, arc.length, place), out)),
    ]


def _place_on(arc: shapely.LineString, end: npt.NDArray[np.float64]) -> float | None:
    """Return how far along an arc a point lies, None off the arc and at its two ends (where all of it is replaced)."""
    point = shapely.Point(end)
    if arc.distance(point) > SNAP:
        return None
    place = float(arc.project(point))
    if arc.is_closed:
        return place
    return place if SNAP < place < arc.length - SNAP else None


def _at(arc: shapely.LineString, place: float) -> npt.NDArray[np.float64]:
    """Return the point of an arc at a distance along it, or the vertex that is next to there."""
    xy = shapely.get_coordinates(arc)
    point = shapely.get_coordinates(arc.interpolate(place))[0]
    apart = np.hypot(*(xy - point).T)
    return np.asarray(xy[np.argmin(apart)] if apart.min() <= SNAP else point)


def _outwards(both: shapely.Geometry, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Prolong or trim a line that starts on the old border, so that it ends on the outline of both grids."""
    beyond = ray_to_border(both, xy[-1], xy[-1] - xy[-2])
    line = shapely.LineString(xy if beyond is None else np.vstack([xy, beyond]))
    start = shapely.Point(xy[0])
    parts = shapely.get_parts(shapely.intersection(line, both))
    stays = [part for part in parts if part.geom_type == "LineString" and part.distance(start) < ON]
    if not stays:
        raise LineLeavesError("The line leaves the two grids at once.", place=start)
    found = shapely.get_coordinates(max(stays, key=lambda part: part.length))
    ahead = found if np.hypot(*(found[0] - xy[0])) < ON * 2 else found[::-1]
    return np.asarray(ahead)


def _chain(*pieces: shapely.Geometry | npt.NDArray[np.float64]) -> shapely.LineString:
    """Join lines end to end; what shrank to a point adds nothing."""
    xy = np.vstack([shapely.get_coordinates(p) if isinstance(p, shapely.Geometry) else p for p in pieces])
    return shapely.remove_repeated_points(shapely.LineString(xy))


def _refuse_outside(both: shapely.Geometry, line: shapely.LineString, *, whole: bool) -> None:
    """Refuse a line that runs through a third grid between its ends."""
    beyond = shapely.difference(line, shapely.buffer(both, 2 * ON))
    if not (beyond.is_empty or (whole and _only_ends(line, beyond))):
        raise LineLeavesError("The new border runs through ground of a third grid.", place=shapely.centroid(beyond))


def _only_ends(line: shapely.LineString, beyond: shapely.Geometry) -> bool:
    """Whether all of `beyond` hangs at the two ends of the line."""
    ends = shapely.MultiPoint([line.coords[0], line.coords[-1]])
    return all(part.distance(ends) < ON for part in shapely.get_parts(beyond))


def _two_sides(
    both: shapely.Geometry, borders: list[shapely.LineString], first: shapely.Geometry, second: shapely.Geometry
) -> Geometries | None:
    """Return the ground of both grids after the move, or None when the borders do not divide it in two."""
    lines = shapely.union_all([shapely.boundary(both), *(overshoot(border) for border in borders)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    faces = faces[shapely.contains(both, shapely.point_on_surface(faces))]
    ours = shapely.area(shapely.intersection(faces, first)) - shapely.area(shapely.intersection(faces, second))
    if len(faces) < 2:
        return None
    to_first = ours > 0
    if to_first.all() or not to_first.any():
        # one grid takes most of the other: the face that is least the other's own stays with it
        to_first = np.arange(len(faces)) == np.argmax(ours) if not to_first.any() else ours > ours.min()
    return np.array([shapely.union_all(faces[to_first]), shapely.union_all(faces[~to_first])], dtype=object)


def _by_side(edited: Edited, grids: Ints, sides: Geometries) -> Edited:
    """Put the atoms of some grids under the grid on whose side they lie."""
    mine = np.flatnonzero(np.isin(edited.grid, grids))
    inside = shapely.point_on_surface(edited.geometry[mine])
    side = np.argmin(shapely.distance(inside[:, None], sides[None, :]), axis=1)
    label = edited.grid.copy()
    label[mine] = grids[side]
    return edited.labelled(label)


def _nearest_vertex(shapes: list[shapely.Geometry], point: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    xy = np.vstack([shapely.get_coordinates(shape) for shape in shapes])
    apart = np.hypot(*(xy - point).T)
    if apart.min() > SNAP:
        raise LineMissesError("There is no border vertex here.", place=shapely.Point(point))
    return np.asarray(xy[np.argmin(apart)])


def _has(shape: shapely.Geometry, vertex: npt.NDArray[np.float64]) -> bool:
    return bool((shapely.get_coordinates(shape) == vertex).all(axis=1).any())


def _with_vertex(
    shape: shapely.Geometry, vertex: npt.NDArray[np.float64], target: npt.NDArray[np.float64]
) -> shapely.Geometry:
    def moved(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        there = (xy == vertex).all(axis=1)
        return np.where(there[:, None], target, xy)

    return shapely.transform(shape, moved)


def _refuse_unlike(before: Geometries, after: Geometries, place: shapely.Point) -> None:
    """Refuse a move after which the same grids no longer tile the same ground."""
    broken = after[~shapely.is_valid(after)]
    if len(broken):
        raise BrokenResultError("The border would cross itself.", place=place)
    whole = shapely.union_all(before)
    if shapely.area(shapely.symmetric_difference(whole, shapely.union_all(after))) > ON:
        raise LineLeavesError(
            "The vertex would move into a grid that does not have it, or out of the plan.", place=place
        )
