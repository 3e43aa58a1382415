"""The gate of a whole plan: grids tile each parent, and the parents' grids tile together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely

from grid_partition.invariants import SLIVER, check_tiling
from grid_partition.model import TilingFault, TilingReport

__all__ = ["check_nesting"]


def check_nesting(
    unit: npt.ArrayLike,
    parent_of_unit: npt.ArrayLike,
    children: npt.ArrayLike,
    parent_of_child: npt.ArrayLike,
    *,
    sliver_width: float = SLIVER,
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
    together = check_tiling(shapely.coverage_union_all(wholes), grids)
    # strays and slivers were judged against each parent; here only borders between parents are new
    known = {(fault.kind, fault.children) for fault in faults}
    faults += [
        fault
        for fault in together.faults
        if fault.kind not in {"stray piece", "sliver"} and (fault.kind, fault.children) not in known
    ]
    return TilingReport(faults, error)
