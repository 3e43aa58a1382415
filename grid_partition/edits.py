"""What an edit of a plan sees, what it gives back, and why it may be refused.

A plan is atoms labelled by grid. An edit changes labels, and where a new border runs through atoms it cuts them; grids
stay unions of atoms, so a plan that tiled its ground before an edit tiles it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import ConflictError, InvalidInputError
from gis.measure import group_sums

__all__ = [
    "BrokenResultError",
    "CrossesParentError",
    "Doors",
    "DoorsOf",
    "EditRefusedError",
    "Edited",
    "GridLockedError",
    "GridsApartError",
    "GroundOf",
    "InvalidLineError",
    "LineCutsTooOftenError",
    "LineLeavesError",
    "LineMissesError",
    "NothingChangesError",
    "Patch",
    "refuse_locked",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]


class EditRefusedError(InvalidInputError):
    """An edit can't be done as asked; ``place`` is a geometry in the metric CRS that the service turns into lon/lat."""

    code = "edit-refused"


class InvalidLineError(EditRefusedError):
    """A drawn line crosses itself or has no length."""

    code = "invalid-line"


class LineMissesError(EditRefusedError):
    """A line does not cut what it should."""

    code = "line-misses-grid"


class LineLeavesError(EditRefusedError):
    """A new border runs through grids that it was not meant for."""

    code = "line-leaves-grids"


class LineCutsTooOftenError(EditRefusedError):
    """A line cuts a grid into more pieces than asked for."""

    code = "line-cuts-too-often"


class GridsApartError(EditRefusedError):
    """Grids share no border."""

    code = "grids-do-not-touch"


class CrossesParentError(EditRefusedError):
    """Ground would change its village (or the grid that a nested grid lies in)."""

    code = "crosses-parent"


class NothingChangesError(EditRefusedError):
    """The edit would leave everything as it is."""

    code = "nothing-changes"


class BrokenResultError(EditRefusedError):
    """The result would have a gap, an overlap, a sliver or a stray piece; ``faults`` lists them with their places."""

    code = "edit-breaks-tiling"


class GridLockedError(ConflictError):
    """A locked grid would change."""

    code = "grid-locked"


@dataclass(frozen=True, slots=True)
class Doors:
    """Dwellings near some atoms.

    Attributes
    ----------
    xy : (m, 2) float64
        Metric CRS.
    households : (m,) int64
    """

    xy: Floats
    households: Ints


#: Given the atoms that are cut, returns the dwellings in their boxes.
DoorsOf = Callable[[Geometries], Doors]
#: Given a parent's number, returns all its ground.
GroundOf = Callable[[int], shapely.Geometry]


@dataclass(frozen=True, slots=True)
class Patch:
    """The part of a plan that an edit sees: all atoms of the grids that it names, and of those around them.

    Attributes
    ----------
    geometry : (n,) array of Polygon
        Metric CRS, on the 1 cm grid, tiling each other.
    grid : (n,) int64
        Grid of each atom, 0..k-1.
    demand, dwellings : (n,) int64
        Households and doors in each atom.
    parent : (k,) int64
        Parent of each grid.
    locked : (k,) bool
    """

    geometry: Geometries
    grid: Ints
    demand: Ints
    dwellings: Ints
    parent: Ints
    locked: Bools

    def members(self, grid: int) -> Ints:
        """Return the positions of a grid's atoms."""
        return np.flatnonzero(self.grid == grid)


@dataclass(frozen=True, slots=True)
class Edited:
    """Atoms after an edit.

    Attributes
    ----------
    geometry : (m,) array of Polygon
    grid : (m,) int64
        0..k-1 as in the patch; new grids follow from k.
    demand, dwellings : (m,) int64
    source : (m,) int64
        Atom of the patch that each was cut from.
    kept : (m,) bool
        Whether the shape is that atom's own, unchanged.
    parent : (g,) int64
        Parent of each grid, new ones included.
    skipped : dict of str to int
        Atoms left out of a brush or lasso, by reason.
    """

    geometry: Geometries
    grid: Ints
    demand: Ints
    dwellings: Ints
    source: Ints
    kept: Bools
    parent: Ints
    skipped: dict[str, int]

    @classmethod
    def of(cls, patch: Patch) -> Self:
        """Return a patch as it is."""
        n = len(patch.grid)
        return cls(
            patch.geometry,
            patch.grid.copy(),
            patch.demand,
            patch.dwellings,
            np.arange(n),
            np.ones(n, dtype=bool),
            patch.parent,
            {},
        )

    def labelled(self, grid: Ints, *, parent: Ints | None = None) -> Self:
        """Return the same atoms under other grids."""
        return replace(self, grid=grid, parent=self.parent if parent is None else parent)

    def households(self) -> Ints:
        """Return the households of each grid."""
        return np.rint(group_sums(self.grid, self.demand, len(self.parent))).astype(np.int64)

    def touched(self, patch: Patch) -> Ints:
        """Return the grids of which an atom moved or changed its shape, new grids included."""
        before = patch.grid[self.source]
        moved = (before != self.grid) | ~self.kept
        gone = np.setdiff1d(np.arange(len(patch.grid)), self.source)
        return np.unique(np.r_[before[moved], self.grid[moved], patch.grid[gone]])


def refuse_locked(patch: Patch, grids: npt.ArrayLike) -> None:
    """Raise GridLockedError when one of `grids` is locked."""
    held = [int(grid) for grid in np.atleast_1d(np.asarray(grids, dtype=np.int64)) if patch.locked[grid]]
    if held:
        raise GridLockedError("The grid is locked; unlock it first.", **_where(patch, held))


def _where(patch: Patch, grids: list[int]) -> dict[str, Any]:
    members = np.isin(patch.grid, grids)
    return {"grids": grids, "place": shapely.point_on_surface(patch.geometry[members][0]) if members.any() else None}
