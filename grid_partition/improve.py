"""Run the partitioner again on a neighbourhood, from the grids that are there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.measure import group_sums
from grid_partition.edits import Edited, GridLockedError, NothingChangesError, Patch
from grid_partition.model import PartitionOptions
from grid_partition.partition import partition_units

__all__ = ["improve_grids"]

Ints = npt.NDArray[np.int64]

#: Price of moving a mean grid's households away from their grid: as much as half a grid's shape may cost.
CHURN = 0.5


def improve_grids(patch: Patch, grids: Ints, *, tolerance: float, seed: int = 0) -> Edited:
    """Balance some grids among each other; no atom is cut, and locked grids stay as they are.

    Parameters
    ----------
    patch : Patch
    grids : (m,) int64
        Neighbourhood; each parent in it is balanced apart, with as many grids as it has there.
    tolerance : float
        Deviation to reach, as a fraction of the neighbourhood's mean.
    seed : int

    Returns
    -------
    Edited

    Raises
    ------
    GridLockedError
        All of the grids are locked.
    NothingChangesError
        No better division was found.

    References
    ----------
    As in `partition_units`, with a warm start.
    """
    chosen = np.unique(grids)
    free = chosen[~patch.locked[chosen]]
    if not len(free):
        raise GridLockedError("All of these grids are locked.", grids=chosen.tolist(), place=None)
    label = patch.grid.copy()
    for parent in np.unique(patch.parent[free]):
        members = free[patch.parent[free] == parent]
        if len(members) > 1:
            atoms = np.flatnonzero(np.isin(patch.grid, members))
            label[atoms] = members[_divided(patch, members, atoms, tolerance, seed)]
    before, after = (_spread(patch, free, each) for each in (patch.grid, label))
    if (label == patch.grid).all() or after > before + 1e-9:
        place = shapely.point_on_surface(patch.geometry[patch.members(int(free[0]))[0]])
        raise NothingChangesError("No better division of these grids was found.", place=place)
    return Edited.of(patch).labelled(label)


def _divided(patch: Patch, members: Ints, atoms: Ints, tolerance: float, seed: int) -> Ints:
    found = partition_units(
        patch.geometry[atoms],
        patch.demand[atoms],
        grids=len(members),
        seed=seed,
        options=PartitionOptions(
            tolerance=tolerance, start=np.searchsorted(members, patch.grid[atoms]), churn_price=CHURN
        ),
    )
    return found.labels


def _spread(patch: Patch, grids: Ints, label: Ints) -> float:
    """Return the largest deviation from the mean of the grids' own parent."""
    load = group_sums(label, patch.demand, len(patch.parent))
    worst = 0.0
    for parent in np.unique(patch.parent[grids]):
        mine = load[grids[patch.parent[grids] == parent]]
        if mine.mean() > 0:
            worst = max(worst, float(np.abs(mine / mine.mean() - 1.0).max()))
    return worst
