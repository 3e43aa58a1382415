"""What goes into a partition and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from gis.overlay import dissolve

__all__ = [
    "Atoms",
    "Misfit",
    "MisfitKind",
    "Partition",
    "PartitionOptions",
    "Progress",
    "Quality",
    "TilingFault",
    "TilingReport",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

#: Called with (share done 0..1, a note in plain words). Raise `gis.errors.CancelledError` in it to stop the work.
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class PartitionOptions:
    """Wishes beyond the number of grids.

    Attributes
    ----------
    tolerance : float
        Share by which a grid's demand may differ from the mean of its parent.
    band : (low, high), optional
        Absolute demand that a grid may have; takes the place of ``tolerance``.
    barriers : (b,) array of LineString or MultiLineString, optional
        Roads, rivers, rails in the CRS of the units; borders along them are cheap.
    barrier_cost : float or (b,) array, optional
        Price of a metre of border on a barrier, where open ground costs 1; 0.3 when not given.
    fixed : (n,) array of int, optional
        Units with equal values stay in one grid, units with different values in different grids; -1 is free.
        A value below the number of grids is also that grid's label in the result.
    start : (n,) array of int, optional
        Today's grid of each unit (-1 for new ones): a warm start whose labels are kept where grids persist.
    churn_price : float
        Price of moving the demand of one mean grid away from its start, in units of one grid's compactness.
    soft_demand : (n,) or (n, s) array, optional
        Further demands (incidents, area) to spread evenly where that costs little.
    walk_price : float
        Price of the walks from the centre of a grid's households to each of them: the mean of their squares, in units
        of what an even spread gives, counts as much as one grid's compactness at 1.
    places : (n, 2) array of float, optional
        Where the demand of each unit lies, for the walks; the centroid when not given.
    closed : bool
        Grids with fixed units take no further units, unless others are cut off by them.
    """

    tolerance: float = 0.10
    band: tuple[float, float] | None = None
    barriers: npt.ArrayLike | None = None
    barrier_cost: float | npt.ArrayLike | None = None
    fixed: npt.ArrayLike | None = None
    start: npt.ArrayLike | None = None
    churn_price: float = 0.0
    soft_demand: npt.ArrayLike | None = None
    walk_price: float = 0.0
    places: npt.ArrayLike | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of a partition.

    Attributes
    ----------
    max_deviation, mean_deviation : float
        Of abs(demand - mean of the parent) / mean of the parent, over all grids.
    share_within : float
        Share of grids within the tolerance (or inside the band, when one was given).
    contiguous : bool
        Each grid is one piece in each part of its parent that it reaches into.
    compactness : float
        Mean Polsby-Popper value, 4 pi area / perimeter squared; 1 is a circle.
    cut_length : float
        Metres of border between grids of one parent.
    cut_on_barriers : float
        Share of ``cut_length`` that lies on barriers; nan when none were given or nothing was cut.
    """

    max_deviation: float
    mean_deviation: float
    share_within: float
    contiguous: bool
    compactness: float
    cut_length: float
    cut_on_barriers: float


#: What keeps grids outside: no number of grids fits; one unit, fixed units or an exclave are too much; no sum of whole
#: units, or none around a neck, lies inside (both proven); or the search found no better.
MisfitKind: TypeAlias = Literal["count", "unit", "fixed", "exclave", "whole units", "neck", "search"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why some grids of one connected part of a parent lie outside the tolerance or the band.

    Attributes
    ----------
    parent : int
        Value of ``within``.
    kind : MisfitKind
    grids : tuple of int
        Labels of the grids.
    low, high : float
        Demand that they may have.
    text : str
        The reason with its figures, for people.
    counts : tuple of (k, demand per grid)
        Numbers of grids nearest to fit the part, where none does.
    sums : tuple of float
        Demands nearest to the band that whole units can make, where the kind is ``whole units`` or ``neck``.
    """

    parent: int
    kind: MisfitKind
    grids: tuple[int, ...]
    low: float
    high: float
    text: str
    counts: tuple[tuple[int, float], ...] = ()
    sums: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Partition:
    """Units grouped into grids.

    Attributes
    ----------
    labels : (n,) int64
        Grid of each unit, 0..k-1, every one present.
    parent_of_grid : (k,) int64
        Value of ``within`` of each grid; 0 when there were no parents.
    demand : (k,) float64
        Demand of each grid.
    deviation : (k,) float64
        Signed, (demand - mean of the parent) / mean of the parent.
    exclave : (k,) bool
        Grids that hold a detached part of their parent.
    oversized : (u,) int64
        Units that alone exceed what one grid may have.
    infeasible : list of (parent, k, demand per grid)
        Parts of parents whose demand fits no number of grids: the nearest numbers with what each would give. Grids
        that one unit or fixed units overfill are left aside.
    quality : Quality
    geometry : (n,) array of Polygon or MultiPolygon
        The units.
    misfits : list of Misfit
        Why grids lie outside the tolerance or the band; each grid outside has a reason at least.
    """

    labels: Ints
    parent_of_grid: Ints
    demand: Floats
    deviation: Floats
    exclave: Bools
    oversized: Ints
    infeasible: list[tuple[int, int, float]]
    quality: Quality
    geometry: Geometries = field(repr=False)
    misfits: list[Misfit] = field(default_factory=list)

    def dissolve(self) -> Geometries:
        """Merge the units of each grid.

        Returns
        -------
        (k,) array of Polygon (MultiPolygon for grids with an exclave)
            They tile what the units tile, with identical shared borders.
        """
        return dissolve(self.geometry, self.labels, len(self.parent_of_grid))


@dataclass(frozen=True, slots=True)
class Atoms:
    """Smallest polygons that a plan moves; they tile their parents exactly.

    Attributes
    ----------
    geometry : (a,) array of Polygon
        On the 1 cm grid, metric CRS, one piece each.
    demand : (a,) float64
        Sum over the points inside.
    parent : (a,) int64
        Index of the parent polygon; 0 without parents, -1 for ground outside every parent.
    atom_of_point : (n,) int64
        Atom that holds each point.
    points : (a,) int64
        Number of points in each atom.
    """

    geometry: Geometries
    demand: Floats
    parent: Ints
    atom_of_point: Ints
    points: Ints

    def __len__(self) -> int:
        """Return the number of atoms."""
        return len(self.geometry)


@dataclass(frozen=True, slots=True)
class TilingFault:
    """One thing that is wrong with a tiling.

    Attributes
    ----------
    kind : str
        ``gap``, ``overlap``, ``outside``, ``sliver``, ``stray piece``, ``mismatched border`` or ``invalid``.
    place : shapely.Geometry
        Where, in the CRS of the input.
    amount : float
        Square metres, or metres for a mismatched border.
    children : tuple of int
        Positions of the children concerned; empty for a gap that touches none.
    """

    kind: str
    place: shapely.Geometry
    amount: float
    children: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TilingReport:
    """Whether children tile a parent, and where not.

    Attributes
    ----------
    faults : list of TilingFault
        Everything found, largest first within each kind.
    area_error : float
        Sum of the children's areas minus the parent's area, m².
    """

    faults: list[TilingFault]
    area_error: float

    @property
    def valid(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    def of(self, kind: str) -> list[TilingFault]:
        """Return the faults of one kind."""
        return [fault for fault in self.faults if fault.kind == kind]

    @property
    def gaps(self) -> list[TilingFault]:
        """Ground of the parent that no child covers."""
        return self.of("gap")

    @property
    def overlaps(self) -> list[TilingFault]:
        """Ground that two children cover."""
        return self.of("overlap")

    @property
    def slivers(self) -> list[TilingFault]:
        """Children too thin to be meant."""
        return self.of("sliver")

    @property
    def stray_pieces(self) -> list[TilingFault]:
        """Pieces of a child that are detached without need."""
        return self.of("stray piece")
