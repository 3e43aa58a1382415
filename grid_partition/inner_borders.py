"""The borders of atoms inside their grids: what a file must carry beside the grids to bring a plan back whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import border_segments
from gis.overlay import dissolve

__all__ = ["atoms_between", "inner_borders"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]


def inner_borders(atoms: npt.ArrayLike, grid: Ints, k: int) -> Geometries:
    """Return the lines that divide each grid into its atoms.

    Parameters
    ----------
    atoms : (n,) array of Polygon
        They share borders vertex by vertex; any CRS.
    grid : (n,) int64
        0..k-1.
    k : int

    Returns
    -------
    (k,) array of MultiLineString
        Empty for a grid of one atom.

    Examples
    --------
    >>> inner_borders([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], np.array([0, 0]), 1)[0].wkt
    'MULTILINESTRING ((1 0, 1 1))'
    """
    border = border_segments(atoms, exact=True)
    inner = np.flatnonzero(border.right >= 0)
    inner = inner[grid[border.left[inner]] == grid[border.right[inner]]]
    home = grid[border.left[inner]]
    order = np.argsort(home, kind="stable")
    inner, home = inner[order], home[order]
    pieces = _stretches(border.start[inner], border.end[inner])
    found = np.full(k, shapely.MultiLineString(), dtype=object)
    bounds = np.searchsorted(home, np.arange(k + 1))
    for each in np.unique(home).tolist():
        merged = shapely.line_merge(shapely.multilinestrings(pieces[bounds[each] : bounds[each + 1]]))
        # one direction and order for equal borders, whatever the order of the atoms
        found[each] = shapely.normalize(shapely.multilinestrings(shapely.get_parts(merged)))
    return found


def atoms_between(grids: npt.ArrayLike, borders: npt.ArrayLike) -> tuple[Geometries, Ints] | None:
    """Cut grids along the lines that `inner_borders` gave for their atoms.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon
    borders : (k,) array of MultiLineString
        They meet the grids' borders, and each other, in vertices of both.

    Returns
    -------
    atoms : (n,) array of Polygon
    grid : (n,) int64
        Grid of each.
    None
        In place of both when the lines are not of these grids: the atoms would not make them up, corner by corner.

    Examples
    --------
    >>> square = shapely.box(0, 0, 2, 1)
    >>> atoms_between([square], [shapely.MultiLineString([[(1, 0), (1, 1)]])]) is None  # no corner where it ends
    True
    """
    shapes, lines = np.asarray(grids, dtype=object), np.asarray(borders, dtype=object)
    found, home = [], []
    for number, (shape, cuts) in enumerate(zip(shapes, lines, strict=True)):
        faces = _faces(shape, cuts)
        if faces is None:
            return None
        found.append(faces)
        home.append(np.full(len(faces), number, dtype=np.int64))
    atoms, grid = np.concatenate(found), np.concatenate(home)
    again = dissolve(atoms, grid, len(shapes))
    same = shapely.equals_identical(shapely.normalize(_many(again)), shapely.normalize(_many(shapes)))
    return (atoms, grid) if same.all() else None


def _faces(shape: shapely.Geometry, cuts: shapely.Geometry) -> Geometries | None:
    parts = shapely.get_parts(shape)
    if shapely.is_empty(cuts):
        return parts
    segments = _segments(np.array([*parts, *shapely.get_parts(cuts)], dtype=object))
    faces, loose, dangles, invalid = shapely.polygonize_full(segments)
    if any(not shapely.is_empty(rest) for rest in (loose, dangles, invalid)):
        return None
    made = shapely.get_parts(faces)
    shapely.prepare(shape)
    kept = made[shapely.intersects(shape, shapely.point_on_surface(made))]
    return np.asarray(kept, dtype=object) if len(kept) else None


def _segments(shapes: Geometries) -> Geometries:
    """Return all stretches between two vertices: lines that meet in a vertex need not end there."""
    lines = shapely.get_parts(shapely.boundary(shapes[shapely.get_dimensions(shapes) == 2]))
    lines = np.r_[lines, shapes[shapely.get_dimensions(shapes) == 1]]
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    along = np.flatnonzero(owner[:-1] == owner[1:])
    return _stretches(xy[along], xy[along + 1])


def _stretches(start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> Geometries:
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)


def _many(shapes: Geometries) -> Geometries:
    """Wrap every surface: a single one equals itself wrapped."""
    return np.array([shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes], dtype=object)
