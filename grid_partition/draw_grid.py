"""Draw a new grid as a polygon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely

from gis.measure import group_sums
from grid_partition.edits import CrossesParentError, DoorsOf, Edited, NothingChangesError, Patch
from grid_partition.reassign import reassign_ground

__all__ = ["draw_grid"]

#: Square metres of another parent's ground under a drawn polygon that are a slip of the hand.
SLIP = 1.0


def draw_grid(
    patch: Patch,
    polygon: shapely.Polygon,
    doors_of: DoorsOf,
    *,
    clip: bool = False,
    beyond: npt.NDArray[np.bool_] | None = None,
) -> Edited:
    """Make a new grid of the ground under a polygon; atoms are cut along it.

    Parameters
    ----------
    patch : Patch
    polygon : Polygon
        Metric CRS.
    doors_of : callable
    clip : bool
        Leave out what lies in other parents than the one that most of the polygon lies in.
    beyond : (grids,) bool array, optional
        Grids whose parents are not to be drawn in, however much of the polygon lies there.

    Returns
    -------
    Edited
        The new grid's number is the number of grids in the patch.

    Raises
    ------
    CrossesParentError, GridLockedError, NothingChangesError
    """
    under = shapely.area(shapely.intersection(patch.geometry, polygon))
    parents, of_grid = np.unique(patch.parent, return_inverse=True)
    by_parent = group_sums(of_grid.ravel()[patch.grid], under, len(parents))
    if beyond is not None:
        by_parent[np.isin(parents, patch.parent[beyond])] = 0.0
    if not by_parent.sum() > 0.0:
        raise NothingChangesError("The polygon lies outside of the plan.", place=shapely.point_on_surface(polygon))
    home = int(parents[np.argmax(by_parent)])
    foreign = (patch.parent[patch.grid] != home) & (under > SLIP)
    if foreign.any() and not clip:
        place = shapely.point_on_surface(shapely.intersection(patch.geometry[np.argmax(under * foreign)], polygon))
        raise CrossesParentError("The polygon reaches into another village.", place=place)
    fresh = len(patch.parent)
    roomier = replace(patch, parent=np.r_[patch.parent, home], locked=np.r_[patch.locked, False])
    return reassign_ground(roomier, polygon, fresh, doors_of, cut=True)
