"""Ground seen in each grid, exactly: clip view sheds to grids, then unite what is left in each.

The denominator is open ground: buildings are taken off, since no street camera sees into them (they are a
third of a town's centre).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidGeometryError
from grid_coverage.view_sheds import ViewSheds
from grid_coverage.walls import Walls

FINE = 1e-4
"""Grid (metres) that overlays of many sheds are snapped to where depths matter: unsnapped ones go wrong."""


@dataclass(frozen=True, slots=True)
class GroundTable:
    """Ground of each grid, m².

    Attributes
    ----------
    open_m2 : (k,) float64
        Ground without buildings.
    seen_m2, seen_m2_upper : (k,) float64
        What of it is seen: known, and if every unknown heading were a full circle. Sheds are polygons whose
        arcs are chords, so both are some millionths below the truth.
    """

    open_m2: NDArray[np.float64]
    seen_m2: NDArray[np.float64]
    seen_m2_upper: NDArray[np.float64]


def ground_by_grid(grids: ArrayLike, sheds: ViewSheds, walls: Walls) -> GroundTable:
    """Measure open ground and what of it is seen.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon, metric CRS
        Grids without overlaps.
    sheds : ViewSheds
        Cameras that count.
    walls : Walls
        The buildings that the sheds were made with.

    Returns
    -------
    GroundTable

    Raises
    ------
    InvalidGeometryError
        A grid is missing; the error names the row.

    Examples
    --------
    >>> import math, shapely
    >>> from grid_coverage import prepare_walls, view_sheds
    >>> walls = prepare_walls([shapely.box(10, 0, 20, 10)])
    >>> sheds = view_sheds([[0, 0]], walls, azimuth=270, hfov=180, max_range=10)
    >>> table = ground_by_grid([shapely.box(-20, -20, 20, 20)], sheds, walls)
    >>> table.open_m2.tolist(), table.seen_m2.round(2).tolist(), round(50 * math.pi, 2)
    ([1500.0], [157.08], 157.08)
    """
    areas = _grids(grids)
    owner, pieces = _clipped(areas, walls.solid)
    open_m2 = shapely.area(areas) - np.bincount(owner, weights=shapely.area(pieces), minlength=len(areas))
    upper_owner, pieces, camera = _clipped_sheds(areas, sheds)
    known = sheds.known[camera]
    upper = united_areas(upper_owner, pieces, len(areas))
    seen = upper if known.all() else united_areas(upper_owner[known], pieces[known], len(areas))
    return GroundTable(open_m2, seen, upper)


def depth_by_grid(grids: ArrayLike, sheds: ViewSheds, *, folds: int = 3) -> NDArray[np.float64]:
    """Measure ground that is known to be seen by at least 1, 2, ... cameras in each grid.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon, metric CRS
    sheds : ViewSheds
        Those of unknown heading are left out.
    folds : int
        Up to how many cameras.

    Returns
    -------
    (k, folds) float64
        Areas in m². Edges are noded on a grid of a tenth of a millimetre and every face is counted by a point
        inside it, which costs more than `ground_by_grid` does.
    """
    areas = _grids(grids)
    owner, pieces, camera = _clipped_sheds(areas, sheds)
    kept = sheds.known[camera]
    owner, pieces = owner[kept], pieces[kept]
    found = np.zeros((len(areas), folds))
    for grid in np.unique(owner):
        own = shapely.set_precision(pieces[owner == grid], FINE)
        noded = shapely.union_all(shapely.boundary(own), grid_size=FINE)
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        face, _ = shapely.STRtree(own).query(shapely.point_on_surface(faces), predicate="within")
        depth = np.bincount(face, minlength=len(faces))
        size = shapely.area(faces)
        found[grid] = [size[depth >= fold].sum() for fold in range(1, folds + 1)]
    return found


def _grids(grids: ArrayLike) -> NDArray[np.object_]:
    """Return grids as an array, or name the first that is missing."""
    areas = np.asarray(grids, dtype=object).ravel()
    missing = np.flatnonzero(shapely.is_missing(areas))
    if len(missing):
        raise InvalidGeometryError(f"Grid {int(missing[0])} has no outline.", row=int(missing[0]))
    return areas


def _clipped(areas: NDArray[np.object_], shapes: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Cut shapes by the grids that they meet; those inside one grid are taken whole."""
    owner, pieces, _ = clipped_rows(areas, shapes)
    return owner, pieces


def _clipped_sheds(
    areas: NDArray[np.object_], sheds: ViewSheds
) -> tuple[NDArray[np.int64], NDArray[np.object_], NDArray[np.int64]]:
    """Cut view sheds by grids; return the grid, the piece and the camera of each."""
    return clipped_rows(areas, sheds.polygon)


def clipped_rows(
    areas: NDArray[np.object_], shapes: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.object_], NDArray[np.int64]]:
    """Cut shapes by the grids that they meet; return the grid, the piece and the row of each."""
    shapely.prepare(areas)
    row, owner = shapely.STRtree(areas).query(shapes, predicate="intersects")
    pieces = shapes[row]
    cut = ~shapely.contains_properly(areas[owner], pieces)
    pieces[cut] = shapely.intersection(pieces[cut], areas[owner[cut]])
    return owner, pieces, row


def united_areas(owner: NDArray[np.int64], pieces: NDArray[np.object_], count: int) -> NDArray[np.float64]:
    """Area of the union of the pieces of each grid."""
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(count + 1))
    united = [shapely.union_all(pieces[order[low:high]]) for low, high in itertools.pairwise(bounds)]
    return np.asarray(shapely.area(np.array(united, dtype=object)), dtype=np.float64)
