"""Walls: what blocks sight, cleaned and indexed once for any number of view sheds.

Footprints are united first, so that no wall crosses another and no party wall runs inside a block: the sweep
relies on both. Rings are turned so that the interior lies on the left of each wall; a camera in the open then
only ever meets walls from their right side, and all others can be skipped unseen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidGeometryError, InvalidInputError
from grid_coverage.compiled import kernel

CELL = 40.0
"""Side of an index cell: about half the usual reach of a camera, measured best between 20 and 80 m."""

SEE_OVER = 1.0
"""Footprints known to be at most this high (decks, plinths, kerbs) hide nothing from a mounted camera."""

MAX_CELLS = 4_000_000
"""Bound on the index table: cells grow instead when footprints lie very far apart."""


class WallIndex(NamedTuple):
    """Walls and the cells of a uniform grid that each one's box meets, in compressed rows.

    Attributes
    ----------
    start, end : (w, 2) float64
        Ends of each wall in metres; the interior of the footprint lies on the left.
    column, row : (w,) int32
        First cell of each wall, by which a wall listed in several cells is visited once.
    offsets : (columns * rows + 1,) int64
        Where the list of each cell begins in `members`.
    members : (l,) int32
        Wall numbers, cell by cell.
    x, y, cell : float
        Corner of the grid and side of a cell in metres.
    columns, rows : int
        Size of the grid.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    column: NDArray[np.int32]
    row: NDArray[np.int32]
    offsets: NDArray[np.int64]
    members: NDArray[np.int32]
    x: float
    y: float
    cell: float
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Walls:
    """Everything that blocks sight, ready for `view_sheds`.

    Attributes
    ----------
    solid : (p,) array of Polygon, metric CRS
        The united footprints, disjoint, shells counter-clockwise.
    tree : shapely.STRtree
        Index of `solid`.
    index : WallIndex
        The walls, that is the edges of `solid`.
    left_out : (q,) int64
        Rows of the input that block nothing: missing, empty, not polygonal, or no higher than `SEE_OVER`.
    repaired : (r,) int64
        Rows of the input whose rings crossed themselves and were made valid.
    """

    solid: NDArray[np.object_]
    tree: shapely.STRtree
    index: WallIndex
    left_out: NDArray[np.int64]
    repaired: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many walls there are."""
        return len(self.index.start)


def prepare_walls(
    footprints: Sequence[shapely.Geometry | None] | NDArray[np.object_], heights: ArrayLike | None = None
) -> Walls:
    """Unite footprints into walls without crossings or party walls, and index them.

    Parameters
    ----------
    footprints : (n,) array of Polygon or MultiPolygon, metric CRS
        Buildings. Overlaps, shared edges, crossed rings, ``None``, empty and linear geometries are all
        accepted; what was repaired or left out is listed in the result.
    heights : (n,) array of float, optional
        Heights in metres, nan where unknown (taken as high). Footprints up to `SEE_OVER` hide nothing;
        all others hide everything behind them: the sweep is two-dimensional.

    Returns
    -------
    Walls
        Good for any number of calls of `view_sheds`.

    Raises
    ------
    InvalidGeometryError
        A coordinate is not finite; the error names the row.
    InvalidInputError
        `heights` has another length than `footprints`.

    Examples
    --------
    >>> import shapely
    >>> prepare_walls([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]).count
    6
    """
    shapes = np.asarray(footprints, dtype=object).ravel()
    _check_finite(shapes)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & _high_enough(heights, len(shapes))
    broken = there & ~shapely.is_valid(shapes)
    shapes = shapes.copy()
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    parts, owner = _polygon_parts(shapes[there], np.flatnonzero(there))
    solid = shapely.orient_polygons(_polygon_parts(shapely.disjoint_subset_union_all(parts))[0])
    start, end = _edges(solid)
    return Walls(
        solid=solid,
        tree=shapely.STRtree(solid),
        index=_index(start, end),
        left_out=np.setdiff1d(np.arange(len(shapes)), owner),
        repaired=np.intersect1d(np.flatnonzero(broken), owner),
    )


def _check_finite(shapes: NDArray[np.object_]) -> None:
    """Refuse coordinates that are not finite, naming the first row at fault."""
    coords, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = ~np.isfinite(coords).all(axis=1)
    if bad.any():
        row = int(owner[bad][0])
        raise InvalidGeometryError(f"Footprint {row} has a coordinate that is not a finite number.", row=row)


def _polygon_parts(
    shapes: NDArray[np.object_] | shapely.Geometry, rows: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Take the polygons with area out of multi-part shapes and collections, with the row that each is of."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    owner = owner[inner]
    kept = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)
    return parts[kept], (owner if rows is None else rows[owner])[kept]


def _high_enough(heights: ArrayLike | None, count: int) -> NDArray[np.bool_]:
    """Tell which footprints are high enough to hide something; unknown heights are."""
    if heights is None:
        return np.ones(count, dtype=bool)
    metres = np.asarray(heights, dtype=np.float64)
    if metres.shape != (count,):
        raise InvalidInputError(
            f"{count} footprints came with heights of shape {metres.shape}; give each one, nan if unknown.",
            field="heights",
        )
    return np.asarray(~(metres <= SEE_OVER))


def _edges(solid: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """List the edges of all rings as two (w, 2) arrays, in ring order."""
    rings = shapely.get_rings(solid)
    coords, owner = shapely.get_coordinates(rings, return_index=True)
    if not len(coords):
        return np.empty((0, 2)), np.empty((0, 2))
    same = owner[1:] == owner[:-1]
    return np.ascontiguousarray(coords[:-1][same]), np.ascontiguousarray(coords[1:][same])


def _index(start: NDArray[np.float64], end: NDArray[np.float64]) -> WallIndex:
    """Put walls into the cells that their boxes meet."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    if len(start):
        corner, span = low.min(axis=0), high.max(axis=0) - low.min(axis=0)
    else:
        corner, span = np.zeros(2), np.zeros(2)
    cell = max(CELL, float(np.sqrt(span[0] * span[1] / MAX_CELLS)), float(span.max() / MAX_CELLS))
    columns, rows = int(span[0] // cell) + 1, int(span[1] // cell) + 1
    first = ((low - corner) // cell).astype(np.int32)
    last = ((high - corner) // cell).astype(np.int32)
    # Walls of one cell lie side by side in memory: a sweep reads them in that order.
    order = np.lexsort((first[:, 0], first[:, 1]))
    first, last = first[order], last[order]
    offsets, members = fill_cells(first, last, columns, rows)
    return WallIndex(
        start=np.ascontiguousarray(start[order]),
        end=np.ascontiguousarray(end[order]),
        column=np.ascontiguousarray(first[:, 0]),
        row=np.ascontiguousarray(first[:, 1]),
        offsets=offsets,
        members=members,
        x=float(corner[0]),
        y=float(corner[1]),
        cell=cell,
        columns=columns,
        rows=rows,
    )


@kernel
def fill_cells(
    first: NDArray[np.int32], last: NDArray[np.int32], columns: int, rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """List for each cell the boxes that meet it: a counting pass, then a filling pass.

    Parameters
    ----------
    first, last : (n, 2) int32
        Column and row of the lower and of the upper corner of each box.
    columns, rows : int
        Size of the grid; cells are numbered row by row.

    Returns
    -------
    offsets : (columns * rows + 1,) int64
    members : (l,) int32
    """
    offsets = np.zeros(columns * rows + 1, dtype=np.int64)
    for item in range(len(first)):
        for row in range(first[item, 1], last[item, 1] + 1):
            for column in range(first[item, 0], last[item, 0] + 1):
                offsets[row * columns + column + 1] += 1
    for cell in range(columns * rows):
        offsets[cell + 1] += offsets[cell]
    free = offsets[:-1].copy()
    members = np.empty(offsets[-1], dtype=np.int32)
    for item in range(len(first)):
        for row in range(first[item, 1], last[item, 1] + 1):
            for column in range(first[item, 0], last[item, 0] + 1):
                cell = row * columns + column
                members[free[cell]] = item
                free[cell] += 1
    return offsets, members


@kernel
def cells_within(index: WallIndex, x: float, y: float, reach: float) -> tuple[int, int, int, int]:
    """Return the left, right, bottom and top cell that a square of half side `reach` round a point meets.

    A square off the grid gives an empty range (left above right, or bottom above top).
    """
    return cells_in_box(index, x - reach, y - reach, x + reach, y + reach)


@kernel
def cells_in_box(index: WallIndex, west: float, south: float, east: float, north: float) -> tuple[int, int, int, int]:
    """Return the left, right, bottom and top cell that a box meets; an empty range where it lies off the grid."""
    left = max(0.0, math.floor((west - index.x) / index.cell))
    right = min(index.columns - 1.0, math.floor((east - index.x) / index.cell))
    bottom = max(0.0, math.floor((south - index.y) / index.cell))
    top = min(index.rows - 1.0, math.floor((north - index.y) / index.cell))
    # Far off the map the floats may not fit an integer; both ends are then on the same side.
    if left > right or bottom > top:
        return 0, -1, 0, -1
    return int(left), int(right), int(bottom), int(top)
