"""The atoms of a stored plan by area and grid, and which grids are exactly the union of theirs.

A county has a hundred thousand atoms. Where those of a grid make up its shape, corner by corner and without overlap,
they need no look one by one: the grid stands for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Square metres that the areas of a grid's atoms may differ from that of their union by adding them up.
SUMMING = 1e-3


@dataclass(slots=True)
class Blocks:
    """Atoms of a plan, one block for each pair of area and grid, metric CRS.

    Attributes
    ----------
    area : (b,) array of UUID
    grid : (b,) int64
        Row of the grid, -1 for none in the plan.
    demand : (b,) float64
        Households of the atoms together.
    shape : (b,) array of MultiPolygon
        The atoms.
    exact : (b,) bool
        Whether the atoms make up their grid.
    united : (b,) array of MultiPolygon
        Their union; None for a block without a grid.
    """

    area: npt.NDArray[np.object_]
    grid: Ints
    demand: npt.NDArray[np.float64]
    shape: Geometries
    exact: npt.NDArray[np.bool_]
    united: Geometries
    _units: tuple[Geometries, Ints] | None = field(default=None)

    @classmethod
    def of(
        cls,
        area: npt.NDArray[np.object_],
        grid: Ints,
        demand: npt.NDArray[np.float64],
        shape: Geometries,
        grids: Geometries,
    ) -> Blocks:
        """Compare the atoms of each block with its grid.

        Parameters
        ----------
        area, grid, demand, shape
            As the attributes.
        grids : (k,) array of MultiPolygon
            Grids, metric CRS.
        """
        exact = np.zeros(len(shape), dtype=bool)
        united = np.full(len(shape), None, dtype=object)
        held = np.flatnonzero(grid >= 0)
        if len(held):
            united[held] = _many(np.array([shapely.coverage_union_all(shape[row]) for row in held], dtype=object))
            told = shapely.normalize(_many(grids[grid[held]]))
            same = shapely.equals_identical(shapely.normalize(united[held]), told)
            exact[held] = same & (np.abs(shapely.area(united[held]) - shapely.area(shape[held])) < SUMMING)
        return cls(area, grid, demand, shape, exact, united)

    def __len__(self) -> int:
        """Return how many blocks there are."""
        return len(self.shape)

    def units(self) -> tuple[Geometries, Ints]:
        """Return what a check has to look at, with the block of each: grids that are exact, atoms of the others."""
        if self._units is None:
            loose = np.flatnonzero(~self.exact)
            atoms, of = shapely.get_parts(self.shape[loose], return_index=True)
            whole = np.flatnonzero(self.exact)
            self._units = np.r_[self.united[whole], atoms], np.r_[whole, loose[of]].astype(np.int64)
        return self._units

    def loose(self) -> tuple[Geometries, Ints]:
        """Return the atoms of blocks that are not their grid, with the row of the grid of each."""
        units, block = self.units()
        loose = ~self.exact[block]
        return units[loose], self.grid[block[loose]]

    def area_numbers(self, number: dict[UUID, int]) -> Ints:
        """Return the number of the area of each unit, -1 for one without."""
        _, block = self.units()
        of_block = np.array([number.get(area, -1) for area in self.area], dtype=np.int64)
        return np.asarray(of_block[block], dtype=np.int64)


def _many(shapes: Geometries) -> Geometries:
    return np.array([shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes], dtype=object)
