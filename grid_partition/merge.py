"""Merge grids that touch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import components, rook_adjacency
from gis.measure import group_sums
from grid_partition.edits import CrossesParentError, Edited, GridsApartError, NothingChangesError, Patch, refuse_locked

__all__ = ["merge_grids"]

Ints = npt.NDArray[np.int64]
#: Metres of common border that make grids neighbours.
TOUCH = 0.5


def merge_grids(patch: Patch, grids: Ints) -> Edited:
    """Put several grids of one parent under the one with most households.

    Parameters
    ----------
    patch : Patch
    grids : (m,) int64
        At least two, all of whose atoms are in the patch.

    Returns
    -------
    Edited

    Raises
    ------
    GridsApartError, CrossesParentError, GridLockedError, NothingChangesError
    """
    chosen = np.unique(grids)
    if len(chosen) < 2:
        raise NothingChangesError("Name at least two grids to merge.", place=None)
    refuse_locked(patch, chosen)
    mine = np.flatnonzero(np.isin(patch.grid, chosen))
    if len(np.unique(patch.parent[chosen])) > 1:
        other = mine[patch.parent[patch.grid[mine]] != patch.parent[chosen[0]]]
        raise CrossesParentError(
            "Grids of different villages can't be merged.", place=shapely.point_on_surface(patch.geometry[other[0]])
        )
    _refuse_apart(patch, chosen, mine)
    load = group_sums(patch.grid, patch.demand, len(patch.parent))[chosen]
    area = group_sums(patch.grid, shapely.area(patch.geometry), len(patch.parent))[chosen]
    label = patch.grid.copy()
    label[mine] = chosen[np.lexsort((chosen, -area, -load))[0]]
    return Edited.of(patch).labelled(label)


def _refuse_apart(patch: Patch, chosen: Ints, mine: Ints) -> None:
    pairs = rook_adjacency(patch.geometry[mine])
    real = pairs.length >= TOUCH
    number = np.searchsorted(chosen, patch.grid[mine])
    group = components(len(chosen), number[pairs.first[real]], number[pairs.second[real]])
    if group.max() > 0:
        apart = mine[group[number] != group[0]]
        raise GridsApartError(
            "The grids don't touch: merged, they would be in several pieces.",
            place=shapely.point_on_surface(patch.geometry[apart[0]]),
        )
