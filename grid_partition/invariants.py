"""Gates that a plan passes before it is saved: it tiles its parent and loses nobody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidGeometryError
from gis.measure import mean_width
from gis.validity import fault_place
from grid_partition.accept import accept_polygons
from grid_partition.model import TilingFault, TilingReport

__all__ = ["check_tiling"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Share of the parent's area that rounding may move.
SHARE = 1e-9
#: Square metres below which a difference is rounding of the 1 cm grid, not a gap.
LEAST = 1e-3
#: A child thinner than this, in metres (twice its area over its perimeter), is a sliver.
THIN = 0.1


def check_tiling(parent: shapely.Geometry, children: npt.ArrayLike) -> TilingReport:
    """Check that children cover a parent exactly once, each in one piece.

    Parameters
    ----------
    parent : Polygon or MultiPolygon
        Metric CRS.
    children : (n,) array of Polygon or MultiPolygon
        Same CRS. A child may have a piece in several parts of the parent, but one in each.

    Returns
    -------
    TilingReport
        Every fault with its place: ``gap``, ``overlap``, ``outside``, ``sliver``, ``stray piece``,
        ``mismatched border`` (neighbours without equal vertices) and ``invalid``.

    Examples
    --------
    >>> report = check_tiling(shapely.box(0, 0, 3, 1), [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> report.valid, report.gaps[0].amount, report.area_error
    (False, 1.0, -1.0)
    """
    whole = accept_polygons(np.array([parent]), "parent")[0]
    if not shapely.is_valid(whole):
        raise InvalidGeometryError(f"parent: {shapely.is_valid_reason(whole)}", field="parent")
    parts = accept_polygons(children, "children")
    valid = shapely.is_valid(parts)
    faults = [
        TilingFault("invalid", _place_of(shapely.is_valid_reason(parts[c]), parts[c]), float(parts[c].area), (c,))
        for c in np.flatnonzero(~valid).tolist()
    ]
    sound = parts if valid.all() else shapely.make_valid(parts)
    faults += _mismatches(sound)
    clean = not faults
    covered = shapely.coverage_union_all(sound) if clean else shapely.union_all(sound)
    faults += _differences(whole, covered, sound)
    faults += _slivers(sound) + _stray_pieces(whole, sound)
    return TilingReport(faults, float(shapely.area(sound).sum() - shapely.area(whole)))


def _place_of(reason: str, geometry: shapely.Geometry) -> shapely.Geometry:
    place = fault_place(reason)
    return shapely.point_on_surface(geometry) if place is None else shapely.Point(place)


def _mismatches(children: Geometries) -> list[TilingFault]:
    """Find borders that their neighbour does not repeat, and the overlaps among them."""
    edges = shapely.coverage_invalid_edges(children)
    bad = np.flatnonzero(~shapely.is_empty(edges))
    faults = [TilingFault("mismatched border", edges[c], float(edges[c].length), (c,)) for c in bad.tolist()]
    i, j = shapely.STRtree(children).query(children[bad], predicate="intersects")
    pair = np.unique(np.sort(np.stack([bad[i], j]), axis=0), axis=1)
    one, other = pair[:, pair[0] < pair[1]]
    shared = shapely.intersection(children[one], children[other])
    area = shapely.area(shared)
    found = [
        TilingFault("overlap", shared[c], float(area[c]), (int(one[c]), int(other[c])))
        for c in np.flatnonzero(area > LEAST).tolist()
    ]
    return faults + sorted(found, key=lambda fault: -fault.amount)


def _differences(parent: shapely.Geometry, covered: shapely.Geometry, children: Geometries) -> list[TilingFault]:
    """Find ground of the parent without a child, and ground of children outside the parent."""
    limit = max(LEAST, SHARE * shapely.area(parent))
    same_area = abs(shapely.area(covered) - shapely.area(parent)) <= limit
    if same_area and shapely.area(shapely.symmetric_difference(parent, covered, grid_size=0.001)) <= limit:
        return []
    tree = shapely.STRtree(children)
    faults = []
    for kind, ground in (
        ("gap", shapely.difference(parent, covered)),
        ("outside", shapely.difference(covered, parent)),
    ):
        pieces = shapely.get_parts(ground)
        area = shapely.area(pieces)
        real = np.flatnonzero(area > LEAST)
        for c in real[np.argsort(-area[real], kind="stable")].tolist():
            near = np.sort(tree.query(pieces[c], predicate="intersects"))
            faults.append(TilingFault(kind, pieces[c], float(area[c]), tuple(near.tolist())))
    return faults


def _slivers(children: Geometries) -> list[TilingFault]:
    width = mean_width(children)
    order = np.argsort(width, kind="stable")
    thin = order[width[order] < THIN]
    return [TilingFault("sliver", children[c], float(shapely.area(children[c])), (c,)) for c in thin.tolist()]


def _stray_pieces(parent: shapely.Geometry, children: Geometries) -> list[TilingFault]:
    """Find pieces of a child beyond the largest one in each part of the parent."""
    multi = np.flatnonzero(shapely.get_num_geometries(children) > 1)
    if not len(multi):
        return []
    pieces, of = shapely.get_parts(children[multi], return_index=True)
    child = multi[of]
    parts = shapely.STRtree(shapely.get_parts(parent))
    part = np.full(len(pieces), -1, dtype=np.int64)
    piece, home = parts.query(shapely.point_on_surface(pieces), predicate="intersects")
    part[piece] = home
    area = shapely.area(pieces)
    order = np.lexsort((-area, part, child))
    follows = np.r_[False, (np.diff(child[order]) == 0) & (np.diff(part[order]) == 0)]
    stray = order[follows]
    return [TilingFault("stray piece", pieces[c], float(area[c]), (int(child[c]),)) for c in stray.tolist()]
