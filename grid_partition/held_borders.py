"""Keep given borders to the corner when atoms are built inside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import components
from gis.measure import group_sums
from gis.overlay import dissolve
from grid_partition.model import Atoms

__all__ = ["bend_to_borders", "hold_borders"]

Geometries = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Place: TypeAlias = tuple[float, float]

#: Share of new corners up to which atoms that meet at one are joined, so that the border stays as given.
FEW: Final = 0.05


#: Metres within which a line runs along a border that was once cut from it: two cuts, each rounded to the 1 cm grid.
ALONG: Final = 0.02


def bend_to_borders(lines: npt.ArrayLike, grids: npt.ArrayLike) -> Geometries:
    """Give lines the corners of borders that run along them.

    A border that followed a street got corners where it was cut, each rounded to the 1 cm grid; the street itself is
    still straight. Cutting again with both would leave slivers between them.

    Parameters
    ----------
    lines : (n,) array of LineString or MultiLineString
    grids : (k,) array of Polygon or MultiPolygon
        Same metric CRS.

    Returns
    -------
    (n,) array of LineString or MultiLineString

    Examples
    --------
    >>> street = shapely.LineString([(0, 0), (10, 0)])
    >>> bent = shapely.Polygon([(0, 0), (5, 0.01), (10, 0), (10, 5), (0, 5)])
    >>> bend_to_borders([street], [bent])[0].wkt
    'LINESTRING (0 0, 5 0.01, 10 0)'
    """
    streets = np.array(lines, dtype=object)
    corners = np.unique(shapely.get_coordinates(np.asarray(grids, dtype=object)), axis=0)
    if not len(streets) or not len(corners):
        return streets
    points = np.asarray(shapely.points(corners), dtype=object)
    street, corner = shapely.STRtree(points).query(streets, predicate="dwithin", distance=ALONG)
    order = np.argsort(street, kind="stable")
    street, corner = street[order], corner[order]
    found, begin = np.unique(street, return_index=True)
    for row, near in zip(found.tolist(), np.split(corner, begin[1:]), strict=True):
        streets[row] = shapely.snap(streets[row], shapely.multipoints(points[near]), ALONG)
    return streets


def hold_borders(atoms: Atoms, grids: npt.ArrayLike) -> Atoms:
    """Take corners that cutting put into the borders of grids out again, where they are few.

    A corner on a slanting border lies on the 1 cm grid, not on the line, so it bends the border by millimetres. Borders
    drawn along atoms have all their corners; then the few new ones go, and the atoms of one grid that meet there
    become one. Borders drawn freely would lose most atoms that way, and are allowed to bend.

    Parameters
    ----------
    atoms : Atoms
        Built with the grids as parents.
    grids : (k,) array of Polygon or MultiPolygon
        Metric CRS, on the 1 cm grid.

    Returns
    -------
    Atoms

    Examples
    --------
    >>> from grid_partition import build_atoms
    >>> grid = shapely.box(0, 0, 10, 10)
    >>> made = build_atoms(grid, [[2, 2], [8, 8]], demand=[1, 1], parents=[grid])
    >>> hold_borders(made, [grid]) is made
    True
    """
    given = np.asarray(grids, dtype=object)
    shapes = dissolve(atoms.geometry, atoms.parent, len(given))
    known = {tuple(xy) for xy in shapely.get_coordinates(given).tolist()}
    drawn = {tuple(xy) for xy in shapely.get_coordinates(shapes).tolist()}
    extra = drawn - known
    if not extra or len(extra) > FEW * len(known):
        return atoms
    label = _joined(atoms, extra)
    count = int(label.max()) + 1
    geometry = _without(dissolve(atoms.geometry, label, count), extra)
    if not _exact(geometry, label, atoms.parent, given):
        return atoms
    parent = np.empty(count, dtype=np.int64)
    parent[label] = atoms.parent
    return replace(
        atoms,
        geometry=geometry,
        demand=group_sums(label, atoms.demand, count),
        parent=parent,
        atom_of_point=label[atoms.atom_of_point],
        points=np.bincount(label[atoms.atom_of_point], minlength=count),
    )


def _joined(atoms: Atoms, extra: set[Place]) -> Ints:
    """Label atoms so that those of one grid that meet at an extra corner share a label."""
    xy, of = shapely.get_coordinates(atoms.geometry, return_index=True)
    meeting: dict[tuple[Place, int], list[int]] = {}
    for place, atom in zip(xy.tolist(), of.tolist(), strict=True):
        if tuple(place) in extra:
            meeting.setdefault((tuple(place), int(atoms.parent[atom])), []).append(atom)
    pairs = [(group[0], other) for group in meeting.values() for other in group[1:] if other != group[0]]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    block = components(len(atoms.geometry), first, second)
    return np.asarray(np.unique(block, return_inverse=True)[1].ravel(), dtype=np.int64)


def _without(polygons: Geometries, extra: set[Place]) -> Geometries:
    """Take corners out of every ring that has them."""
    xy, of = shapely.get_coordinates(polygons, return_index=True)
    hit = np.array([tuple(place) in extra for place in xy.tolist()])
    out = polygons.copy()
    for row in np.unique(of[hit]).tolist():
        rings = [
            [place for place in ring.coords[:-1] if place not in extra]
            for ring in (polygons[row].exterior, *polygons[row].interiors)
        ]
        if all(len(ring) >= 3 for ring in rings):
            out[row] = shapely.Polygon(rings[0], rings[1:])
    return out


def _exact(geometry: Geometries, label: Ints, parent_of_atom: Ints, grids: Geometries) -> bool:
    """Whether the joined atoms are sound and make up exactly the given grids."""
    if not shapely.is_valid(geometry).all() or not shapely.coverage_is_valid(geometry):
        return False
    parent = np.empty(len(geometry), dtype=np.int64)
    parent[label] = parent_of_atom
    lone = shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON
    same = shapely.normalize(dissolve(geometry, parent, len(grids))) == shapely.normalize(grids)
    return bool(lone.all() and np.all(same))
