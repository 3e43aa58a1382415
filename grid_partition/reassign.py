"""Hand atoms over to another grid: brush, lasso, rectangle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely

from grid_partition.edits import (
    CrossesParentError,
    DoorsOf,
    Edited,
    GridLockedError,
    NothingChangesError,
    Patch,
    refuse_locked,
)
from grid_partition.recut import overshoot, recut

__all__ = ["reassign_atoms", "reassign_ground"]

Ints = npt.NDArray[np.int64]


def reassign_atoms(patch: Patch, atoms: Ints, to: int) -> Edited:
    """Put atoms under another grid of their parent.

    Parameters
    ----------
    patch : Patch
        Holds all atoms of the grids concerned.
    atoms : (m,) int64
        Positions.
    to : int
        Grid.

    Returns
    -------
    Edited

    Raises
    ------
    CrossesParentError, GridLockedError, NothingChangesError
    """
    moving = np.unique(atoms)
    moving = moving[patch.grid[moving] != to]
    if not len(moving):
        raise NothingChangesError("Nothing to hand over: the grid has all of this already.", place=None)
    refuse_locked(patch, np.unique(np.r_[patch.grid[moving], to]))
    foreign = moving[patch.parent[patch.grid[moving]] != patch.parent[to]]
    if len(foreign):
        raise CrossesParentError(
            "The ground lies in another village than the grid.",
            place=shapely.point_on_surface(patch.geometry[foreign[0]]),
        )
    label = patch.grid.copy()
    label[moving] = to
    return Edited.of(patch).labelled(label)


def reassign_ground(patch: Patch, polygon: shapely.Polygon, to: int, doors_of: DoorsOf, *, cut: bool = False) -> Edited:
    """Put the ground under a drawn polygon under another grid of its parent.

    Parameters
    ----------
    patch : Patch
    polygon : Polygon
        Metric CRS.
    to : int
        Grid.
    doors_of : callable
    cut : bool
        Cut atoms along the polygon; otherwise atoms go whole, by a point inside each.

    Returns
    -------
    Edited
        ``skipped`` counts the atoms of locked grids and of other parents, which stay.
    """
    refuse_locked(patch, to)
    lines = _through(patch, polygon, to) if cut else np.empty(0, dtype=object)
    edited = recut(patch, lines, doors_of) if len(lines) else Edited.of(patch)
    inside = shapely.intersects(polygon, shapely.point_on_surface(edited.geometry)) & (edited.grid != to)
    foreign = patch.parent[edited.grid] != patch.parent[to]
    held = patch.locked[edited.grid] & ~foreign
    moving = inside & ~foreign & ~held
    if inside.any() and foreign[inside].all():
        place = shapely.point_on_surface(edited.geometry[inside][0])
        raise CrossesParentError("The ground lies in another village than the grid.", place=place)
    if inside.any() and not moving.any():
        refuse_locked(patch, np.unique(edited.grid[inside & held]))
    if not moving.any():
        _refuse_ground(edited, polygon, foreign, held)
        raise NothingChangesError("There is nothing to hand over under the drawn shape.", place=polygon.centroid)
    label = edited.grid.copy()
    label[moving] = to
    skipped = {"locked": int((inside & held).sum()), "other_parent": int((inside & foreign).sum())}
    return replace(edited.labelled(label), skipped=skipped)


def _refuse_ground(
    edited: Edited, polygon: shapely.Polygon, foreign: npt.NDArray[np.bool_], held: npt.NDArray[np.bool_]
) -> None:
    """Refuse a shape on ground of other parents or locked grids that no middle of their atoms lies in."""
    under = shapely.intersection(polygon, edited.geometry)
    ground = shapely.area(under)
    if ground[foreign].sum() > shapely.area(polygon) / 2:
        place = shapely.point_on_surface(under[int(np.argmax(ground * foreign))])
        raise CrossesParentError("The ground lies in another village than the grid.", place=place)
    if ground[held].sum() > shapely.area(polygon) / 2:
        place = shapely.point_on_surface(under[int(np.argmax(ground * held))])
        grids = np.unique(edited.grid[held & (ground > 0)]).tolist()
        raise GridLockedError("The grid is locked; unlock it first.", grids=grids, place=place)


def _through(patch: Patch, polygon: shapely.Polygon, to: int) -> npt.NDArray[np.object_]:
    """Return the stretches of a polygon's outline that run through ground that may change hands.

    Other grids get no more than the vertices where such a stretch ends on their border.
    """
    free = (patch.parent[patch.grid] == patch.parent[to]) & ~patch.locked[patch.grid] & (patch.grid != to)
    ground = shapely.coverage_union_all(patch.geometry[free])
    inside = shapely.get_parts(shapely.intersection(polygon.exterior, ground))
    lines = [part for part in inside if part.geom_type in ("LineString", "LinearRing")]
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))
    return np.array([part if part.is_closed else overshoot(part) for part in merged], dtype=object)
