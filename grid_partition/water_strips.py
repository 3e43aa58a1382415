"""Wardens' water grids: the managed strip along a water network, each part of it with the nearest reach."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Voronoi, cKDTree

from gis.adjacency import border_segments, components, pair_sums
from gis.errors import InvalidInputError
from gis.overlay import GRID, dissolve, snap_to_grid
from grid_partition.accept import accept_polygons
from grid_partition.water import Reaches
from grid_partition.water_sites import Sites, sites_along

__all__ = ["Strips", "water_strips"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Metres between sites, from a narrow bank to a wide one.
STEPS = 5.0, 20.0
#: Quarter-circle segments of the round ends of a strip.
ROUND = 4


@dataclass(frozen=True, slots=True)
class Strips:
    """The managed strip of a water network, divided among its reaches.

    Attributes
    ----------
    geometry : (k,) array of Polygon or MultiPolygon
        One for each reach; they tile the corridor.
    corridor : Polygon or MultiPolygon
    outside : (k,) float64
        Metres of each reach that lie outside its own strip; centimetres where several reaches meet.
    atom : (a,) array of Polygon
        The connected parts of the strips; they tile the corridor too.
    atom_reach : (a,) int64
    """

    geometry: Geometries
    corridor: shapely.Geometry
    outside: Floats
    atom: Geometries = field(repr=False)
    atom_reach: Ints = field(repr=False)


def water_strips(
    reaches: Reaches,
    *,
    bank: float,
    surfaces: npt.ArrayLike | None = None,
    within: shapely.Geometry | None = None,
) -> Strips:
    """Divide the managed strip along reaches among them.

    Parameters
    ----------
    reaches : Reaches
        Metric CRS, on the 1 cm grid.
    bank : float
        Metres of the strip on either side of the line, beside what the water covers.
    surfaces : (s,) array of Polygon or MultiPolygon, optional
        Water surfaces; those that the strip meets belong to it whole.
    within : Polygon or MultiPolygon, optional
        Ground that the strip stays in; the reaches lie in it.

    Returns
    -------
    Strips
        Each point of the strip with the nearest reach, and each strip in one piece where its reach is not parted by
        another that crosses it.

    Raises
    ------
    InvalidInputError, InvalidGeometryError

    References
    ----------
    Okabe, Boots, Sugihara and Chiu, 2000, "Spatial Tessellations", section 3.5 (Voronoi diagrams of lines).

    Examples
    --------
    >>> from grid_partition.water import partition_network
    >>> found = partition_network([shapely.LineString([(0, 0), (2000, 0)])], target_length=1000)
    >>> strips = water_strips(found, bank=15.0)
    >>> len(strips.geometry), round(float(shapely.area(strips.geometry).sum()) - strips.corridor.area, 6)
    (2, 0.0)
    """
    if not 0.0 < bank < np.inf:
        raise InvalidInputError("The managed strip must be wider than nothing.", field="bank")
    nothing = np.empty(0, dtype=object)
    if not len(reaches.length):
        return Strips(nothing, shapely.Polygon(), np.empty(0), nothing, np.empty(0, dtype=np.int64))
    water = nothing if surfaces is None else accept_polygons(surfaces, "surfaces")
    return _drawn(reaches, bank, water, within)


def _drawn(reaches: Reaches, bank: float, water: Geometries, within: shapely.Geometry | None) -> Strips:
    """Draw the corridor of all reaches, and divide it among them."""
    beside = np.asarray(shapely.buffer(reaches.piece, bank, quad_segs=ROUND), dtype=object)
    wet, surface = shapely.STRtree(water).query(beside, predicate="intersects")
    corridor = _corridor(reaches, np.r_[beside, water[np.unique(surface)]], within)
    wide = np.zeros(len(beside), dtype=bool)
    wide[wet] = True
    step = float(np.clip(bank, *STEPS))
    sites = sites_along(reaches.piece, reaches.piece_label, step=step, bank=bank, wide=wide)
    faces, reach = _faces(corridor, sites, reaches.piece_label[sites.piece], bank if not wide.any() else np.inf)
    atom, atom_reach = _joined(faces, reach, sites, reaches)
    geometry = dissolve(atom, atom_reach, len(reaches.length))
    # new nodes on a slanting bank are rounded too, so the corridor is what the faces cover
    corridor = shapely.coverage_union_all(atom)
    return Strips(geometry, corridor, _outside(reaches, geometry), atom, atom_reach)


def _corridor(reaches: Reaches, ground: Geometries, within: shapely.Geometry | None) -> shapely.Geometry:
    """Unite the strip on the 1 cm grid; parts that no water runs through are left out."""
    whole = shapely.set_precision(shapely.union_all(ground), GRID)
    if within is not None:
        whole = shapely.intersection(whole, within, grid_size=GRID)
    parts = shapely.get_parts(whole)
    parts = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)]
    if not len(parts):
        raise InvalidInputError("The ground that the strip stays in holds none of the water.", field="within")
    if len(parts) > 1:
        middle = shapely.line_interpolate_point(reaches.piece, 0.5, normalized=True)
        parts = parts[np.unique(shapely.STRtree(parts).nearest(middle))]
    return shapely.MultiPolygon(parts.tolist())


def _faces(corridor: shapely.Geometry, sites: Sites, of: Ints, bank: float) -> tuple[Geometries, Ints]:
    """Cut the corridor along the borders between reaches; return the faces and the reach nearest to each."""
    lines = _borders(sites.xy, of, bank)
    shapely.prepare(corridor)
    lines = lines[shapely.intersects(corridor, lines)]
    drawn = np.r_[np.array([shapely.boundary(corridor)]), np.asarray(shapely.transform(lines, snap_to_grid))]
    noded = shapely.union_all(drawn, grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(faces)
    inside = shapely.intersects(corridor, inner)
    faces, inner = faces[inside], inner[inside]
    nearest = cKDTree(sites.xy).query(shapely.get_coordinates(inner))[1]
    return np.asarray(faces, dtype=object), of[nearest]


def _borders(xy: Floats, of: Ints, bank: float) -> Geometries:
    """Return the Voronoi edges between sites of different reaches that may lie on a bank so wide."""
    middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
    xy = xy - middle
    far = 10.0 * max(1000.0, float(np.abs(xy).max()))
    angle = np.linspace(0.0, 2 * np.pi, 8, endpoint=False) + 0.1
    # far sites around all of them close every cell that matters
    found = Voronoi(np.r_[xy, far * np.column_stack([np.cos(angle), np.sin(angle)])])
    pair, edge = np.asarray(found.ridge_points), np.asarray(found.ridge_vertices)
    real = (pair < len(xy)).all(axis=1) & (edge >= 0).all(axis=1)
    pair, edge = pair[real], edge[real]
    apart = np.hypot(*(xy[pair[:, 0]] - xy[pair[:, 1]]).T)
    # nowhere on a border is nearer to its sites than half their distance
    kept = (of[pair[:, 0]] != of[pair[:, 1]]) & (apart <= 2.0 * (bank + STEPS[1]))
    return np.asarray(shapely.linestrings(found.vertices[edge[kept]] + middle), dtype=object).reshape(-1)


def _joined(faces: Geometries, reach: Ints, sites: Sites, reaches: Reaches) -> tuple[Geometries, Ints]:
    """Give ground cut off from its reach's water (behind another reach, or a bend) to the neighbour it borders most.

    Returns
    -------
    The connected parts of each reach's ground, and the reach of each.
    """
    border = border_segments(faces, exact=True)
    inner = border.right >= 0
    first, second, length = pair_sums(border.left[inner], border.right[inner], border.length[inner])
    same = reach[first] == reach[second]
    block = components(len(faces), first[same], second[same])
    # water along the edge of the ground lies beside its face by a rounding
    site, face = shapely.STRtree(faces).query(shapely.points(sites.xy), predicate="dwithin", distance=2 * GRID)
    own = reaches.piece_label[sites.piece[site]] == reach[face]
    wet = np.zeros(int(block.max()) + 1, dtype=bool)
    wet[block[face[own]]] = True
    owner = np.where(wet[block], reach, -1)
    a, b, shared = np.r_[first, second], np.r_[second, first], np.r_[length, length]
    while (owner < 0).any():
        joins = (owner[a] < 0) & (owner[b] >= 0)
        if not joins.any():
            break
        free, host = a[joins], b[joins]
        order = np.lexsort((host, -shared[joins], free))
        free, host = free[order], host[order]
        lead = np.r_[True, free[1:] != free[:-1]]
        owner[free[lead]] = owner[host[lead]]
    owner = np.where(owner < 0, reach, owner)
    same = owner[first] == owner[second]
    part = components(len(faces), first[same], second[same])
    count = int(part.max()) + 1
    of_part = np.zeros(count, dtype=np.int64)
    of_part[part] = owner
    return dissolve(faces, part, count), of_part


def _outside(reaches: Reaches, geometry: Geometries) -> Floats:
    """Measure how much of each reach lies outside its own strip."""
    apart = shapely.difference(reaches.geometry, shapely.buffer(geometry, 3 * GRID, quad_segs=1))
    return np.asarray(shapely.length(apart), dtype=np.float64)
