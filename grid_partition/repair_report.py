"""How drawn grids are mended, and what was done: options, changes, report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["RULES", "RepairOptions", "RepairReport", "TilingChange"]

Geometries = npt.NDArray[np.object_]

RULES: Final = ("border", "first", "smaller")


@dataclass(frozen=True, slots=True)
class RepairOptions:
    """How to mend.

    Attributes
    ----------
    tolerance : float
        Metres within which corners are the same one; slivers are faces narrower than this.
    overlap : {"border", "first", "smaller"}
        Who gets ground that several claim: whom it shares more border with, the first of the file, or the smaller.
        A polygon that lies in others keeps its ground by any rule, the smallest first: it would vanish otherwise.
    largest_gap : float or None
        Square metres up to which enclosed ground that nobody claims is filled; by default a tenth of the median
        polygon. A larger hole stays, and is listed.
    """

    tolerance: float = 0.5
    overlap: str = "border"
    largest_gap: float | None = None


@dataclass(frozen=True, slots=True)
class TilingChange:
    """One thing that was, or would have to be, mended.

    Attributes
    ----------
    kind : str
        ``invalid``, ``snapped``, ``covered`` (others cover the polygon, so it is left out), ``overlap``, ``gap``,
        ``sliver``, ``stray piece`` or ``open gap`` (left as it is).
    place : Point
        On the ground that changes.
    area : float
        Its size, m².
    polygons : tuple of int
        Who claimed it.
    given_to : int
        Who has it now, -1 for nobody.
    """

    kind: str
    place: shapely.Geometry
    area: float
    polygons: tuple[int, ...]
    given_to: int


@dataclass(slots=True)
class RepairReport:
    """Mended polygons and what was done.

    Attributes
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        They tile what they cover, on the 1 cm grid, in the order given; empty for one that others cover.
    changes : list of TilingChange
        Largest first within each kind.
    """

    geometry: Geometries
    changes: list[TilingChange] = field(default_factory=list)

    @property
    def untouched(self) -> bool:
        """Whether nothing had to be done; a large hole that stays is no fault of the borders."""
        return all(change.kind == "open gap" for change in self.changes)
