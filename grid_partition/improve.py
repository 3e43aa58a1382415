"""Run the partitioner again on neighbourhoods, from the grids that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import components, rook_adjacency
from gis.measure import group_sums
from grid_partition.edits import Edited, GridLockedError, NothingChangesError, Patch
from grid_partition.model import PartitionOptions
from grid_partition.partition import partition_units

__all__ = ["improve_grids"]

Ints = npt.NDArray[np.int64]
Progress = Callable[[float, str], None]

#: Price of moving a mean grid's households away from their grid: as much as half a grid's shape may cost.
CHURN = 0.5


def improve_grids(
    patch: Patch, grids: Ints, *, tolerance: float, seed: int = 0, progress: Progress | None = None
) -> Edited:
    """Balance some grids among each other; no atom is cut, and locked grids stay as they are.

    Parameters
    ----------
    patch : Patch
    grids : (m,) int64
        They are balanced neighbourhood by neighbourhood: free grids of one parent that touch, or are joined by others
        of them, with as many grids as there are. One alone stays, and so does a neighbourhood that can't be bettered.
    tolerance : float
        Deviation to reach, as a fraction of the neighbourhood's mean.
    seed : int
    progress : callable, optional
        ``progress(share, note)``; an exception raised in it stops the work.

    Returns
    -------
    Edited

    Raises
    ------
    GridLockedError
        Fewer than two of the grids are free.
    NothingChangesError
        No better division was found, or none of the grids touch.

    References
    ----------
    As in `partition_units`, with a warm start.
    """
    chosen = np.unique(grids)
    free = chosen[~patch.locked[chosen]]
    if len(free) < min(2, len(chosen)):
        held = np.setdiff1d(chosen, free)
        raise GridLockedError(
            "Too few of these grids are unlocked: balancing takes two.",
            grids=held.tolist(),
            place=shapely.point_on_surface(patch.geometry[patch.members(int(held[0]))[0]]),
        )
    label = patch.grid.copy()
    around = list(_neighbourhoods(patch, free))
    total = max(1, sum(len(atoms) for _, atoms in around))
    done = 0
    for members, atoms in around:
        report = None if progress is None else _part(progress, done / total, len(atoms) / total)
        found = members[_divided(patch, members, atoms, tolerance, seed, report)]
        if _spread(patch.demand[atoms], found) <= _spread(patch.demand[atoms], patch.grid[atoms]) + 1e-9:
            label[atoms] = found
        done += len(atoms)
    if (label == patch.grid).all():
        place = shapely.point_on_surface(patch.geometry[patch.members(int(free[0]))[0]])
        words = "No better division of these grids was found." if around else "None of these grids touch each other."
        raise NothingChangesError(words, place=place)
    return Edited.of(patch).labelled(label)


def _neighbourhoods(patch: Patch, free: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give the grids of each neighbourhood of several, and their atoms."""
    atoms = np.flatnonzero(np.isin(patch.grid, free))
    number = np.searchsorted(free, patch.grid[atoms])
    pairs = rook_adjacency(patch.geometry[atoms])
    first, second = number[pairs.first], number[pairs.second]
    alike = patch.parent[free[first]] == patch.parent[free[second]]
    home = components(len(free), first[alike], second[alike])
    for each in range(int(home.max()) + 1):
        members = free[home == each]
        if len(members) > 1:
            yield members, atoms[home[number] == each]


def _part(progress: Progress, start: float, share: float) -> Progress:
    return lambda done, note: progress(start + share * done, note)


def _divided(patch: Patch, members: Ints, atoms: Ints, tolerance: float, seed: int, progress: Progress | None) -> Ints:
    found = partition_units(
        patch.geometry[atoms],
        patch.demand[atoms],
        grids=len(members),
        seed=seed,
        options=PartitionOptions(
            tolerance=tolerance, start=np.searchsorted(members, patch.grid[atoms]), churn_price=CHURN
        ),
        progress=progress,
    )
    return found.labels


def _spread(demand: Ints, label: Ints) -> float:
    """Return the largest deviation from the mean of some grids."""
    grids, place = np.unique(label, return_inverse=True)
    load = group_sums(place.ravel().astype(np.int64), demand, len(grids))
    return float(np.abs(load / load.mean() - 1.0).max()) if load.sum() > 0 else 0.0
