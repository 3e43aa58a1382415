"""The gate of a whole plan: grids tile each parent, and the parents' grids tile together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely

from gis.measure import mean_width
from grid_partition.invariants import ROUNDING, SLIVER, check_tiling
from grid_partition.model import TilingFault, TilingReport

__all__ = ["check_nesting", "lies_in_exclave"]


def check_nesting(
    unit: npt.ArrayLike,
    parent_of_unit: npt.ArrayLike,
    children: npt.ArrayLike,
    parent_of_child: npt.ArrayLike,
    *,
    sliver_width: float = SLIVER,
    areas: npt.ArrayLike | None = None,
) -> TilingReport:
    """Check children against each parent apart, then all of them together.

    A child may have one piece in each part of its own parent (an exclave of the parent), which only a check of the
    parent alone can tell from a stray piece.

    Parameters
    ----------
    unit : (n,) array of Polygon, metric CRS
        What the parents are made of (atoms), tiling each other.
    parent_of_unit : (n,) array of int
    children : (k,) array of Polygon or MultiPolygon
    parent_of_child : (k,) array of int
        Same numbers as `parent_of_unit`.
    sliver_width : float
        Metres, see `check_tiling`.
    areas : (m,) array of Polygon or MultiPolygon, optional
        For children that reach over several areas, such as nets of whole household grids: a piece is no stray where
        it is the child's share of an exclave, see `lies_in_exclave`.

    Returns
    -------
    TilingReport
        Faults of every parent, then of the whole; positions of children are those given. A child whose parent has
        no unit at all is ``outside``.

    Examples
    --------
    >>> units = shapely.box([0, 1, 2], 0, [1, 2, 3], 1)
    >>> check_nesting(units, [0, 1, 0], [shapely.union(units[0], units[2]), units[1]], [0, 1]).valid
    True
    """
    units, grids = np.asarray(unit, dtype=object), np.asarray(children, dtype=object)
    of_unit, of_grid = np.asarray(parent_of_unit), np.asarray(parent_of_child)
    faults: list[TilingFault] = []
    error = 0.0
    wholes = []
    for parent in np.unique(of_unit):
        members = np.flatnonzero(of_grid == parent)
        wholes.append(shapely.coverage_union_all(units[of_unit == parent]))
        report = check_tiling(wholes[-1], grids[members], sliver_width=sliver_width)
        error += abs(report.area_error)
        faults += [
            replace(fault, children=tuple(int(members[child]) for child in fault.children)) for fault in report.faults
        ]
    faults += [
        TilingFault("outside", grids[child], float(shapely.area(grids[child])), (child,))
        for child in np.flatnonzero(~np.isin(of_grid, of_unit)).tolist()
    ]
    if areas is not None:
        faults = [fault for fault in faults if not (fault.kind == "stray piece" and _forced(fault, grids, areas))]
    return TilingReport(faults + _between(faults, shapely.coverage_union_all(wholes), grids), error)


def _between(known: list[TilingFault], whole: shapely.Geometry, grids: npt.NDArray[np.object_]) -> list[TilingFault]:
    """Find what is wrong along the borders of parents: strays and slivers were judged against each parent."""
    told = {(fault.kind, fault.children) for fault in known}
    return [
        fault
        for fault in check_tiling(whole, grids).faults
        if fault.kind not in {"stray piece", "sliver"} and (fault.kind, fault.children) not in told
    ]


def _forced(fault: TilingFault, children: npt.NDArray[np.object_], areas: npt.ArrayLike) -> bool:
    pieces = shapely.get_parts(children[fault.children[0]])
    others = pieces[~shapely.equals(pieces, fault.place)]
    return lies_in_exclave(fault.place, others, areas)


def lies_in_exclave(piece: shapely.Geometry, others: npt.ArrayLike, areas: npt.ArrayLike) -> bool:
    """Tell whether a piece of a child lies apart because an area does: nobody can join it without cutting the area's.

    A child may have one piece in each part of an area. So the piece shares no part of an area with the child's other
    pieces, but an area.

    Parameters
    ----------
    piece : Polygon, metric CRS
    others : (p,) array of Polygon
        The child's other pieces.
    areas : (m,) array of Polygon or MultiPolygon

    Returns
    -------
    bool

    Examples
    --------
    >>> torn, between = shapely.union(*shapely.box([0, 20], 0, [10, 30], 10)), shapely.box(10, 0, 20, 10)
    >>> far = shapely.box(20, 0, 30, 10)
    >>> lies_in_exclave(far, [shapely.box(0, 0, 10, 10)], [torn, between])
    True
    >>> lies_in_exclave(far, [shapely.box(0, 0, 10, 10)], [shapely.box(0, 0, 30, 10)])
    False
    """
    parts, area = shapely.get_parts(np.asarray(areas, dtype=object), return_index=True)
    tree = shapely.STRtree(parts)
    mine, theirs = _held(tree, np.array([piece], dtype=object)), _held(tree, np.asarray(others, dtype=object))
    return not np.isin(mine, theirs).any() and bool(np.isin(area[mine], area[theirs]).any())


def _held(tree: shapely.STRtree, pieces: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Find the parts of areas that pieces hold more of than rounding moves."""
    piece, part = tree.query(pieces, predicate="intersects")
    shared = shapely.intersection(pieces[piece], tree.geometries[part])
    return np.unique(part[mean_width(shared) > ROUNDING]).astype(np.int64)
