"""Cut territory into atoms: the smallest polygons that a plan moves.

Streets, water and boundaries enclose faces; one Voronoi diagram of all dwellings divides the faces. Cells that
lie inside one face are kept as they are, only the strip of cells along the enclosing lines is noded again. All
coordinates lie on the 1 cm grid, so neighbours repeat each other's vertices exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import border_segments, components, pair_sums
from gis.errors import InvalidGeometryError, InvalidInputError
from gis.index import by_tiles, first_holding, locate
from gis.measure import group_sums
from gis.overlay import GRID, dissolve, snap_to_grid
from grid_partition.accept import accept_barriers, accept_number, accept_numbers, accept_places, accept_polygons
from grid_partition.model import Atoms
from grid_partition.noding import take_over_vertices

__all__ = ["build_atoms"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

#: Dwellings nearer than this share a cell: Voronoi edges between them would vanish in the 1 cm grid.
SAME_PLACE = 0.5
#: Metres of mean width (twice the area over the perimeter) below which a face without a dwelling is no atom of its own:
#: the strip between two carriageways or tracks. As atoms they draw needles into the borders; measured on central
#: Helsinki, joining them to a neighbour lifts compactness from .50 to .54 and puts more of the border on barriers.
THIN = 15.0
#: Metres outside the territory within which a point still belongs to the atom beside it (rounded coordinates).
NEAR = 1.0


def build_atoms(
    territory: shapely.Geometry,
    points: npt.ArrayLike,
    *,
    demand: npt.ArrayLike,
    barriers: npt.ArrayLike | None = None,
    barrier_cost: float | npt.ArrayLike | None = None,
    parents: npt.ArrayLike | None = None,
    compounds: npt.ArrayLike | None = None,
    max_demand: float | None = None,
) -> Atoms:
    """Cut a territory into atoms around its dwellings.

    Parameters
    ----------
    territory : Polygon or MultiPolygon
        Metric CRS. Its vertices are moved to the 1 cm grid.
    points : (n, 2) array of float
        Dwellings, same CRS; none at all, duplicates and points on lines are fine.
    demand : (n,) array of float
        Households of each dwelling.
    barriers : (b,) array of LineString or MultiLineString, optional
        Streets, rails, water lines; dangling ends do no harm.
    barrier_cost : float or (b,) array, optional
        Lines that cost 1 or more do not enclose.
    parents : (p,) array of Polygon or MultiPolygon, optional
        No atom crosses them. Where two overlap the first one counts.
    compounds : (c,) array of Polygon or MultiPolygon, optional
        Residential compounds; each stays one atom (per parent) while its demand allows.
    max_demand : float, optional
        Demand up to which a compound stays whole; without it all do.

    Returns
    -------
    Atoms
        They tile the territory, and each parent, exactly; each point is in exactly one.

    Raises
    ------
    InvalidGeometryError, InvalidInputError
        Geometry of the wrong type, or points outside the territory (their rows are named).

    Examples
    --------
    >>> atoms = build_atoms(shapely.box(0, 0, 100, 50), [[25, 25], [75, 25]], demand=[3, 4])
    >>> sorted(atoms.demand.tolist()), float(shapely.area(atoms.geometry).sum())
    ([3.0, 4.0], 5000.0)
    """
    if max_demand is not None and not accept_number(max_demand, "max_demand") > 0.0:
        raise InvalidInputError(f"max_demand must be above zero, not {max_demand}.", field="max_demand")
    ground = _accept(territory, points, demand, parents, compounds)
    return _atoms(ground, _enclosing_lines(barriers, barrier_cost), max_demand)


@dataclass(frozen=True, slots=True)
class _Ground:
    """Checked input."""

    territory: shapely.Geometry
    points: Floats
    demand: Floats
    parents: Geometries | None
    compounds: Geometries


@dataclass(frozen=True, slots=True)
class _Faces:
    """What lines and boundaries enclose.

    Attributes
    ----------
    geometry : (f,) array of Polygon
    parent, compound : (f,) int64
        -1 where there is none; parent 0 everywhere when no parents were given.
    """

    geometry: Geometries
    parent: Ints
    compound: Ints


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Cells cut along the faces.

    Attributes
    ----------
    geometry : (m,) array of Polygon
    cell, face : (m,) int64
        Whose ground it is, and the face it lies in.
    home : (m,) bool
        Whether the piece holds the site of its cell.
    """

    geometry: Geometries
    cell: Ints
    face: Ints
    home: Bools


def _accept(
    territory: shapely.Geometry,
    points: npt.ArrayLike,
    demand: npt.ArrayLike,
    parents: npt.ArrayLike | None,
    compounds: npt.ArrayLike | None,
) -> _Ground:
    """Check the input and refuse points outside, by row."""
    whole = accept_polygons(np.array([territory]), "territory")[0]
    if not shapely.is_valid(whole):
        raise InvalidGeometryError(
            f"territory: {shapely.is_valid_reason(whole)}. Repair the outline first.", field="territory"
        )
    xy = accept_places(points, "points")
    shapely.prepare(whole)
    out = np.flatnonzero(~shapely.intersects_xy(whole, xy))
    far = out[~shapely.dwithin(whole, shapely.points(xy[out]), NEAR)]
    if len(far):
        raise InvalidInputError(
            f"points: {len(far)} lie outside the territory, the first in row {far[0]}. Clip them first.",
            field="points",
            rows=far.tolist(),
            place=tuple(xy[far[0]].tolist()),
        )
    return _Ground(
        whole,
        xy,
        accept_numbers(demand, "demand", len(xy)),
        None if parents is None else accept_polygons(parents, "parents"),
        np.empty(0, dtype=object) if compounds is None else accept_polygons(compounds, "compounds"),
    )


def _atoms(ground: _Ground, lines: Geometries, max_demand: float | None) -> Atoms:
    faces = _faces(ground, lines)
    sites = _sites(ground.points)
    cells = _cells(ground.territory, sites)
    pieces = _cut(cells, sites, faces)
    label = _labels(pieces, faces, len(sites))
    label = _merge_compounds(ground, faces, pieces, label, max_demand)
    geometry = dissolve(pieces.geometry, label, int(label.max()) + 1)
    places = np.asarray(shapely.points(ground.points), dtype=object)
    parent = np.empty(len(geometry), dtype=np.int64)
    parent[label] = faces.parent[pieces.face]
    atom_of_point = locate(geometry, places)
    return Atoms(
        geometry=geometry,
        demand=group_sums(atom_of_point, ground.demand, len(geometry)),
        parent=parent,
        atom_of_point=atom_of_point,
        points=np.bincount(atom_of_point, minlength=len(geometry)),
    )


def _enclosing_lines(barriers: npt.ArrayLike | None, cost: float | npt.ArrayLike | None) -> Geometries:
    if barriers is None:
        return np.empty(0, dtype=object)
    lines, price = accept_barriers(barriers, 0.0 if cost is None else cost)
    return lines[(price < 1.0) & ~shapely.is_empty(lines)]


def _faces(ground: _Ground, lines: Geometries) -> _Faces:
    """Node all lines on the 1 cm grid and find what they enclose."""
    areas = np.r_[np.empty(0, object) if ground.parents is None else ground.parents, ground.compounds]
    near = np.asarray(shapely.intersects(ground.territory, np.r_[areas, lines]))
    boundary = shapely.boundary(np.r_[np.array([ground.territory]), areas[near[: len(areas)]]])
    drawn = np.r_[boundary, lines[near[len(areas) :]]]
    noded = shapely.union_all(_on_grid(drawn), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(faces)
    inside = shapely.intersects(ground.territory, inner)
    faces, inner = faces[inside], inner[inside]
    parent = np.zeros(len(faces), dtype=np.int64) if ground.parents is None else first_holding(ground.parents, inner)
    return _Faces(faces, parent, first_holding(ground.compounds, inner))


def _on_grid(lines: Geometries) -> Geometries:
    """Round the vertices; consecutive equal ones are dropped by the noding."""
    return np.asarray(shapely.transform(lines, snap_to_grid))


def _sites(points: Floats) -> Floats:
    """Return one site for all points of one place, in an order of places that the input's order does not change."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    _, first = np.unique(np.floor(points[order] / SAME_PLACE), axis=0, return_index=True)
    sites = points[order][np.sort(first)]
    return snap_to_grid(sites[by_tiles(sites)])


def _cells(territory: shapely.Geometry, sites: Floats) -> Geometries:
    """Return the Voronoi cell of each site on the 1 cm grid, over more than the territory."""
    west, south, east, north = shapely.bounds(territory)
    pad = 10.0 + 0.1 * max(east - west, north - south)
    frame = shapely.box(west - pad, south - pad, east + pad, north + pad)
    if len(sites) < 2:
        return np.array([frame] * len(sites), dtype=object)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites), extend_to=frame, ordered=True))
    return np.asarray(shapely.transform(cells, snap_to_grid))


def _cut(cells: Geometries, sites: Floats, faces: _Faces) -> _Pieces:
    """Cut the cells along the faces; only cells on a face's border are noded again."""
    border = border_segments(faces.geometry, exact=True)
    lines = border.lines()
    strip = ~shapely.is_valid(cells)
    strip[shapely.STRtree(cells).query(lines, predicate="intersects")[1]] = True
    merged = _merged(lines)
    face_of_site = first_holding(faces.geometry, np.asarray(shapely.points(sites), dtype=object))
    while True:
        pieces, kept = _pieces(cells, sites, faces, strip, merged, face_of_site)
        # a kept cell lies inside its face, so each of its edges has a twin, unless rounding bent the strip's side
        border = border_segments(pieces.geometry, exact=True)
        wrong = take_over_vertices(pieces.geometry, border, kept)
        if not len(wrong):
            return pieces
        strip = strip.copy()
        strip[pieces.cell[wrong]] = True


def _merged(lines: Geometries) -> Geometries:
    """Join segments end to end: noding a few long lines takes half the time of many short ones."""
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines))), dtype=object)


def _pieces(
    cells: Geometries, sites: Floats, faces: _Faces, strip: Bools, lines: Geometries, face_of_site: Ints
) -> tuple[_Pieces, int]:
    """Node the strip; return all pieces, kept cells first, and the number of kept cells."""
    kept = np.flatnonzero(~strip & (face_of_site >= 0))
    again = np.flatnonzero(strip)
    edges = _merged(border_segments(cells[again], exact=True).lines())
    noded = shapely.union_all(np.r_[edges, lines], grid_size=GRID)
    polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(polygons)
    face = first_holding(faces.geometry, inner)
    # a polygon around kept cells is theirs; so tell by their sites, for rounding leaves slivers between cells
    hollow = np.zeros(len(polygons), dtype=bool)
    hollow[shapely.STRtree(polygons).query(shapely.points(sites[kept]), predicate="intersects")[1]] = True
    real = (face >= 0) & ~hollow
    polygons, face = polygons[real], face[real]
    cell = np.full(len(polygons), -1, dtype=np.int64)
    home = np.zeros(len(polygons), dtype=bool)
    if len(again):
        cell = again[locate(shapely.make_valid(cells[again]), inner[real])]
        home = _homes(polygons, cell, sites)
    pieces = _Pieces(
        np.r_[cells[kept], polygons],
        np.r_[kept, cell],
        np.r_[face_of_site[kept], face],
        np.r_[np.ones(len(kept), dtype=bool), home],
    )
    return pieces, len(kept)


def _homes(polygons: Geometries, cell: Ints, sites: Floats) -> Bools:
    """Mark the piece of each cell that holds its site, or is nearest to it (a site just outside the territory)."""
    far = shapely.distance(polygons, shapely.points(sites[cell]))
    order = np.lexsort((np.arange(len(cell)), far, cell))
    home = np.zeros(len(cell), dtype=bool)
    home[order[np.r_[True, np.diff(cell[order]) > 0]]] = True
    return home & (far <= NEAR)


def _labels(pieces: _Pieces, faces: _Faces, sites: int) -> Ints:
    """Label the pieces: homes by their cell, the others by the neighbour they share most border with."""
    n = len(pieces.face)
    label = np.where(pieces.home, pieces.cell, -1)
    border = border_segments(pieces.geometry, exact=True)
    inner = border.right >= 0
    first, second, length = pair_sums(border.left[inner], border.right[inner], border.length[inner])
    same_face = pieces.face[first] == pieces.face[second]
    _join_neighbours(label, first[same_face], second[same_face], length[same_face])
    # what is left are faces without a dwelling: one atom each
    empty = label < 0
    inside = same_face & empty[first] & empty[second]
    block = components(n, first[inside], second[inside])
    area = group_sums(block, shapely.area(pieces.geometry), n)
    around = group_sums(block, shapely.length(pieces.geometry), n)
    around -= 2.0 * group_sums(block[first[inside]], length[inside], n)
    wide = 2.0 * area[block] >= THIN * around[block]
    label[empty & wide] = sites + block[empty & wide]
    # but no atom of its own for the sliver between two lines that nearly coincide
    parent = faces.parent[pieces.face]
    same_parent = parent[first] == parent[second]
    _join_neighbours(label, first[same_parent], second[same_parent], length[same_parent])
    label[label < 0] = sites + block[label < 0]
    return np.asarray(np.unique(label, return_inverse=True)[1].ravel(), dtype=np.int64)


def _join_neighbours(label: Ints, first: Ints, second: Ints, length: Floats) -> None:
    """Give pieces without a label that of the neighbour with the longest border, again and again."""
    a, b, shared = np.r_[first, second], np.r_[second, first], np.r_[length, length]
    while True:
        joins = (label[a] < 0) & (label[b] >= 0)
        if not joins.any():
            return
        free, host = a[joins], b[joins]
        order = np.lexsort((host, -shared[joins], free))
        free, host = free[order], host[order]
        lead = np.r_[True, free[1:] != free[:-1]]
        label[free[lead]] = label[host[lead]]


def _merge_compounds(ground: _Ground, faces: _Faces, pieces: _Pieces, label: Ints, max_demand: float | None) -> Ints:
    """Give the atoms of a compound one label, per parent and connected piece, while their demand allows."""
    compound = faces.compound[pieces.face]
    if not (compound >= 0).any():
        return label
    group = compound * (int(faces.parent.max()) + 2) + faces.parent[pieces.face] + 1
    border = border_segments(pieces.geometry, exact=True)
    inner = border.right >= 0
    inner[inner] = (group[border.left[inner]] == group[border.right[inner]]) & (compound[border.left[inner]] >= 0)
    block = components(len(label), border.left[inner], border.right[inner])
    tree = shapely.STRtree(pieces.geometry)
    point, piece = tree.query(shapely.points(ground.points), predicate="intersects")
    _, lead = np.unique(point, return_index=True)
    load = group_sums(block[piece[lead]], ground.demand[point[lead]], int(block.max()) + 1)
    whole = (compound >= 0) & ((max_demand is None) | (load[block] <= (max_demand or 0.0)))
    merged = np.where(whole, int(label.max()) + 1 + block, label)
    return np.asarray(np.unique(merged, return_inverse=True)[1].ravel(), dtype=np.int64)
