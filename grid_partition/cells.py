"""Unit cells of about 100 m, clipped to areas and numbered from west to east, north to south."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import border_segments, pair_sums
from gis.errors import InvalidInputError
from gis.index import first_holding
from gis.overlay import GRID, dissolve, snap_to_grid
from grid_partition.accept import accept_polygons

__all__ = ["Cells", "cut_cells"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: A piece below this share of a whole cell joins its neighbour.
SMALL = 0.2
#: Cells in all at most (5,000 km² of 100 m): more would be a wrong size or a wrong CRS.
MOST = 500_000


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells that tile areas exactly.

    Attributes
    ----------
    geometry : (k,) array of Polygon
        One piece each, area by area, and in each from the north-west, row by row.
    area : (k,) int64
        Position of the area of each cell.
    number : (k,) int64
        Number of the cell in its area, from 1.
    """

    geometry: Geometries
    area: Ints
    number: Ints


def cut_cells(areas: npt.ArrayLike, *, size: float = 100.0) -> Cells:
    """Cut areas into square cells.

    Parameters
    ----------
    areas : (a,) array of Polygon or MultiPolygon
        Villages or communities, metric CRS, without overlaps.
    size : float
        Side of a cell in metres; lines lie at whole multiples of it. Pieces below a fifth of a cell, which borders
        leave over, join the neighbour in the same area with the longest common border.

    Returns
    -------
    Cells

    Raises
    ------
    InvalidInputError, InvalidGeometryError

    Examples
    --------
    >>> cells = cut_cells([shapely.box(0, 0, 200, 110)])
    >>> cells.number.tolist(), shapely.area(cells.geometry).tolist()
    ([1, 2], [11000.0, 11000.0])
    """
    grounds = np.asarray(shapely.transform(accept_polygons(areas, "areas"), snap_to_grid), dtype=object)
    if not 1.0 <= size < np.inf:
        raise InvalidInputError("A cell must be at least 1 metre wide.", field="size")
    invalid = np.flatnonzero(~shapely.is_valid(grounds))
    if len(invalid):
        raise InvalidInputError(f"areas: not valid (row {int(invalid[0])}).", field="areas", rows=invalid.tolist())
    whole, area_of_whole, strip = _squares(grounds, size)
    pieces, area_of_piece = _border_pieces(grounds, strip)
    geometry, area = np.r_[whole, pieces], np.r_[area_of_whole, area_of_piece]
    geometry, area = _without_small(geometry, area, SMALL * size * size)
    return _numbered(geometry, area, size)


def _squares(areas: Geometries, size: float) -> tuple[Geometries, Ints, Geometries]:
    """Return the squares inside one area with that area, and those on a border."""
    west, south, east, north = shapely.total_bounds(areas)
    columns = np.arange(np.floor(west / size), np.ceil(east / size))
    rows = np.arange(np.floor(south / size), np.ceil(north / size))
    count = max(len(columns) * len(rows) / 4, float(shapely.area(areas).sum()) / size**2)
    if count > MOST:
        raise InvalidInputError(
            f"About {count:,.0f} cells of {size:g} m are too many; choose a larger size or fewer areas.", field="size"
        )
    x, y = (axis.ravel() * size for axis in np.meshgrid(columns, rows))
    squares = np.asarray(shapely.box(x, y, x + size, y + size), dtype=object)
    tree = shapely.STRtree(squares)
    # near a border too: noding there may put a vertex into the square's edge
    on_border = np.zeros(len(squares), dtype=bool)
    on_border[tree.query(shapely.boundary(areas), predicate="dwithin", distance=2 * GRID)[1]] = True
    area, square = tree.query(areas, predicate="contains_properly")
    inner = ~on_border[square]
    return squares[square[inner]], area[inner].astype(np.int64), squares[on_border]


def _border_pieces(areas: Geometries, strip: Geometries) -> tuple[Geometries, Ints]:
    """Cut the squares on borders along them."""
    edges = np.r_[shapely.boundary(strip), shapely.boundary(areas)]
    noded = shapely.union_all(edges, grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = np.asarray(shapely.point_on_surface(faces), dtype=object)
    square, face = shapely.STRtree(inner).query(strip, predicate="contains")
    del square
    in_strip = np.zeros(len(faces), dtype=bool)
    in_strip[face] = True
    area = first_holding(areas, inner)
    real = in_strip & (area >= 0)
    return np.asarray(faces[real], dtype=object), area[real]


def _without_small(geometry: Geometries, area: Ints, least: float) -> tuple[Geometries, Ints]:
    """Join small pieces to the neighbour in their area with the longest common border, smallest first."""
    border = border_segments(geometry, exact=True)
    inner = border.right >= 0
    first, second, length = pair_sums(border.left[inner], border.right[inner], border.length[inner])
    near: dict[int, dict[int, float]] = {}
    measure = shapely.area(geometry)
    small = measure < least
    use = (area[first] == area[second]) & (small[first] | small[second])
    for one, other, metres in zip(first[use].tolist(), second[use].tolist(), length[use].tolist(), strict=True):
        near.setdefault(one, {})[other] = metres
        near.setdefault(other, {})[one] = metres
    into = np.arange(len(geometry))

    def root(piece: int) -> int:
        while into[piece] != piece:
            piece = int(into[piece])
        return piece

    for piece in np.flatnonzero(small)[np.argsort(measure[small], kind="stable")].tolist():
        if root(piece) != piece or measure[piece] >= least:
            continue
        shared: dict[int, float] = {}
        for other, metres in near.get(piece, {}).items():
            host = root(other)
            if host != piece:
                shared[host] = shared.get(host, 0.0) + metres
        if shared:
            host = max(shared, key=lambda other: (shared[other], -other))
            into[piece] = host
            measure[host] += measure[piece]
            for other, metres in near.get(piece, {}).items():
                near.setdefault(host, {})[other] = near.get(host, {}).get(other, 0.0) + metres
    roots = np.array([root(piece) for piece in range(len(geometry))], dtype=np.int64)
    kept, label = np.unique(roots, return_inverse=True)
    return dissolve(geometry, label.ravel(), len(kept)), area[kept]


def _numbered(geometry: Geometries, area: Ints, size: float) -> Cells:
    """Sort and number the cells by the square that holds most of them."""
    centre = shapely.get_coordinates(shapely.centroid(geometry))
    row = np.floor(centre[:, 1] / size)
    order = np.lexsort((centre[:, 0], -row, area))
    area = area[order]
    start = np.r_[0, np.flatnonzero(np.diff(area)) + 1]
    number = np.arange(len(area)) - np.repeat(start, np.diff(np.r_[start, len(area)])) + 1
    return Cells(geometry[order], area, number.astype(np.int64))
