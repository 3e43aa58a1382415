"""Gates that a plan passes before it is saved: it tiles its parent and loses nobody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidGeometryError
from gis.index import first_holding
from gis.measure import mean_width
from gis.validity import fault_place
from grid_partition.accept import accept_polygons
from grid_partition.model import TilingFault, TilingReport

__all__ = ["SLIVER", "check_tiling", "crossings", "thin_pieces", "uncovered", "units_astray"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Share of the parent's area that rounding may move.
SHARE = 1e-9
#: Square metres below which a difference is rounding of the 1 cm grid, not a gap.
LEAST = 1e-3
#: Metres: a long piece that is narrower than this on the average is a sliver, which nobody draws on purpose. The
#: narrowest grids of real plans, ten-household groups along a row of houses, are three metres wide.
SLIVER = 1.0
#: Metres: whatever is narrower than this, long or not, is what rounding and noding leave.
THIN = 0.1
#: How many times longer than wide a sliver is; a small square is small, but no sliver.
LONG = 8.0


def check_tiling(parent: shapely.Geometry, children: npt.ArrayLike, *, sliver_width: float = SLIVER) -> TilingReport:
    """Check that children cover a parent exactly once, each in one piece.

    Parameters
    ----------
    parent : Polygon or MultiPolygon
        Metric CRS.
    children : (n,) array of Polygon or MultiPolygon
        Same CRS. A child may have a piece in several parts of the parent, but one in each.
    sliver_width : float
        Metres: a long piece that is narrower on the average is a sliver, unless the part of the parent that it lies in
        is one itself. 0 lets all pass but what rounding leaves.

    Returns
    -------
    TilingReport
        Every fault with its place: ``gap``, ``overlap``, ``outside``, ``sliver``, ``stray piece``,
        ``mismatched border`` (neighbours without equal vertices) and ``invalid`` (a child that crosses itself).

    Raises
    ------
    InvalidGeometryError
        The parent crosses itself, with ``place``; or what was given are no polygons.

    Examples
    --------
    >>> report = check_tiling(shapely.box(0, 0, 3, 1), [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> report.valid, report.gaps[0].amount, report.area_error
    (False, 1.0, -1.0)
    """
    whole = accept_polygons(np.array([parent]), "parent")[0]
    if not shapely.is_valid(whole):
        raise _invalid_parent(whole)
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
    faults += _slivers(whole, sound, sliver_width) + _stray_pieces(whole, sound)
    return TilingReport(faults, float(shapely.area(sound).sum() - shapely.area(whole)))


def _invalid_parent(parent: shapely.Geometry) -> InvalidGeometryError:
    """Say what is wrong with a parent's outline, and where."""
    reason = str(shapely.is_valid_reason(parent))
    what, place = reason.partition("[")[0].strip().lower(), fault_place(reason)
    crosses = "self-intersection" in what
    at = "" if place is None else f" at {place[0]:.2f}, {place[1]:.2f}"
    return InvalidGeometryError(
        f"The parent's outline {'crosses itself' if crosses else f'is not valid ({what})'}{at}.",
        field="parent",
        place=None if place is None else list(place),
    )


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


def thin_pieces(pieces: npt.ArrayLike, width: float = SLIVER) -> npt.NDArray[np.bool_]:
    """Tell slivers: long pieces narrower than a width, and whatever is as narrow as rounding makes it.

    Parameters
    ----------
    pieces : (n,) array of Polygon, metric CRS
    width : float
        Metres.

    Examples
    --------
    >>> thin_pieces([shapely.box(0, 0, 40, 0.8), shapely.box(0, 0, 1, 1), shapely.box(0, 0, 0.1, 0.1)]).tolist()
    [True, False, True]
    """
    narrow = mean_width(pieces)
    # half the perimeter is length and width together: in a strip of LONG times its width, (LONG + 1)^2 / LONG widths
    long = shapely.length(np.asarray(pieces, dtype=object)) / 2 > (LONG + 1) ** 2 / LONG * narrow
    return np.asarray((narrow < THIN) | ((narrow < width) & long), dtype=bool)


def _slivers(parent: shapely.Geometry, children: Geometries, width: float) -> list[TilingFault]:
    """Find pieces that are too thin to be meant, the thinnest first: a thin exclave is no better than a thin child."""
    pieces, child = shapely.get_parts(children, return_index=True)
    thin = np.flatnonzero(thin_pieces(pieces, width))
    if not len(thin):
        return []
    # where a part of the parent is as thin, its pieces can't help it
    parts = shapely.get_parts(parent)
    forced = shapely.STRtree(parts[thin_pieces(parts, width) & (mean_width(parts) >= THIN)])
    own = forced.query(shapely.point_on_surface(pieces[thin]), predicate="intersects")[0]
    thin = np.delete(thin, np.unique(own[mean_width(pieces[thin[own]]) >= THIN]))
    order = thin[np.argsort(mean_width(pieces[thin]), kind="stable")]
    return [TilingFault("sliver", pieces[c], float(shapely.area(pieces[c])), (int(child[c]),)) for c in order.tolist()]


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


#: Metres: the outline of atoms may lie so far off the area's own, since inserted nodes are rounded to 1 cm.
ROUNDING = 0.05


def uncovered(outline: npt.ArrayLike, *coverings: npt.ArrayLike) -> list[TilingFault]:
    """Find ground of an outline that no child covers, rounding of the outline left aside.

    `check_tiling` takes what units cover for the whole. Where units are gone too, only the outline tells.

    Parameters
    ----------
    outline : (p,) array of Polygon or MultiPolygon, metric CRS
        Areas that the children should cover together.
    *coverings : (n,) array of Polygon or MultiPolygon
        Same CRS. Each is asked only for the ground that those before it leave: give the few large ones first.

    Returns
    -------
    list of TilingFault
        Kind ``gap``, largest first.

    Examples
    --------
    >>> [fault.amount for fault in uncovered([shapely.box(0, 0, 30, 10)], [shapely.box(0, 0, 20.01, 10)])]
    [99.9]
    """
    pieces = np.array([shapely.union_all(np.asarray(outline, dtype=object))], dtype=object)
    for covering in coverings:
        parts = np.asarray(covering, dtype=object)
        # where much is covered already, few children are near what is left
        close = np.unique(shapely.STRtree(parts).query(pieces, predicate="intersects")[1])
        pieces = _wide_pieces(shapely.union_all(pieces), parts[close])
    area = shapely.area(pieces)
    return [
        TilingFault("gap", pieces[c], round(float(area[c]), 6), ()) for c in np.argsort(-area, kind="stable").tolist()
    ]


def _wide_pieces(ground: shapely.Geometry, children: Geometries) -> Geometries:
    """Return the pieces of ground that children leave, but for those as thin as rounding makes them."""
    pieces = shapely.get_parts(shapely.difference(ground, shapely.union_all(children)))
    return np.asarray(pieces[mean_width(pieces) > ROUNDING] if len(pieces) else pieces, dtype=object)


def crossings(children: npt.ArrayLike, parents: npt.ArrayLike) -> list[TilingFault]:
    """Find ground of children outside their own parent, rounding of the outline left aside.

    Parameters
    ----------
    children : (n,) array of Polygon or MultiPolygon, metric CRS
    parents : (n,) array of Polygon, MultiPolygon or None
        Parent of each child; None for a child without one.

    Returns
    -------
    list of TilingFault
        Kind ``crossing``, one for each piece, in the order of the children.

    Examples
    --------
    >>> [(fault.kind, fault.amount) for fault in crossings([shapely.box(0, 0, 12, 10)], [shapely.box(0, 0, 10, 10)])]
    [('crossing', 20.0)]
    """
    shapes, within = np.asarray(children, dtype=object), np.asarray(parents, dtype=object)
    asked = np.flatnonzero(~shapely.is_missing(within))
    pieces, of = shapely.get_parts(shapely.difference(shapes[asked], within[asked]), return_index=True)
    wide = np.flatnonzero(mean_width(pieces) > ROUNDING) if len(pieces) else np.array([], dtype=np.int64)
    return [
        TilingFault("crossing", pieces[c], float(shapely.area(pieces[c])), (int(asked[of[c]]),)) for c in wide.tolist()
    ]


def units_astray(units: npt.ArrayLike, child_of_unit: npt.ArrayLike, children: npt.ArrayLike) -> list[TilingFault]:
    """Find units that are assigned to no child, or to one that lies elsewhere.

    Parameters
    ----------
    units : (n,) array of Polygon, metric CRS
    child_of_unit : (n,) array of int
        Position of the child that each unit is assigned to; negative for none.
    children : (k,) array of Polygon or MultiPolygon

    Returns
    -------
    list of TilingFault
        ``unassigned`` and ``misplaced``, in the order of the units; `children` is the child assigned to, if any.

    Examples
    --------
    >>> halves = shapely.box([0, 10], 0, [10, 20], 10)
    >>> [fault.kind for fault in units_astray(halves, [-1, 0], halves)]
    ['unassigned', 'misplaced']
    """
    pieces, child = np.asarray(units, dtype=object), np.asarray(child_of_unit, dtype=np.int64)
    if not len(pieces):
        return []
    there = first_holding(np.asarray(children, dtype=object), shapely.point_on_surface(pieces))
    faults = []
    for row in np.flatnonzero((child < 0) | (there != child)).tolist():
        kind, concerned = ("unassigned", ()) if child[row] < 0 else ("misplaced", (int(child[row]),))
        faults.append(TilingFault(kind, pieces[row], float(shapely.area(pieces[row])), concerned))
    return faults
