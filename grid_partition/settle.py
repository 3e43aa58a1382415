"""The gate behind every edit: what would break the tiling is mended when asked for, and refused otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import rook_adjacency
from gis.measure import group_sums
from gis.overlay import GRID, dissolve
from grid_partition.edits import BrokenResultError, Edited, GroundOf, NothingChangesError, Patch
from grid_partition.invariants import thin_pieces

__all__ = ["Fault", "Settled", "settle"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

#: Rounds of handing stray pieces on; a piece may become a neighbour's stray piece once or twice.
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the result of an edit; kinds as in `TilingFault`."""

    kind: str
    place: shapely.Geometry
    amount: float
    grid: int


@dataclass(frozen=True, slots=True)
class Settled:
    """An edit that may be saved.

    Attributes
    ----------
    edited : Edited
    touched : (t,) int64
        Grids whose atoms or shape changed, new ones included; those without an atom are gone.
    shapes : dict of int to Geometry
        Shape of each touched grid that is still there.
    repaired : list of Fault
        What was mended.
    """

    edited: Edited
    touched: Ints
    shapes: dict[int, shapely.Geometry]
    repaired: list[Fault]


def settle(patch: Patch, edited: Edited, ground_of: GroundOf, *, repair: bool = False) -> Settled:
    """Prove an edit, after handing stray pieces and slivers to a neighbour when `repair` asks for it.

    Parameters
    ----------
    patch : Patch
        Before.
    edited : Edited
        After.
    ground_of : callable
        Asked for a parent's ground only when a grid is in several pieces.
    repair : bool

    Returns
    -------
    Settled

    Raises
    ------
    BrokenResultError
        With ``faults``: each kind, place, amount and grid.
    """
    repaired: list[Fault] = []
    for _ in range(ROUNDS if repair else 0):
        faults = _broken_grids(patch, edited, ground_of)
        if not faults:
            break
        repaired += faults
        edited = _hand_on(patch, edited, faults)
    faults = _broken_grids(patch, edited, ground_of)
    if not faults:
        faults = _broken_tiling(patch, edited)
    if int(edited.demand.sum()) != int(patch.demand.sum()):
        raise BrokenResultError("Households would be lost.", place=None, faults=[])
    if faults:
        kinds = ", ".join(sorted({fault.kind for fault in faults}))
        raise BrokenResultError(f"The result would have a fault ({kinds}).", place=faults[0].place, faults=faults)
    touched = edited.touched(patch)
    if not len(touched):
        raise NothingChangesError("Once mended, nothing of the edit is left.", place=None)
    present = touched[np.isin(touched, edited.grid)]
    return Settled(edited, touched, dict(zip(present.tolist(), _shapes(edited, present), strict=True)), repaired)


def _shapes(edited: Edited, grids: Ints) -> Geometries:
    chosen = np.isin(edited.grid, grids)
    return dissolve(edited.geometry[chosen], np.searchsorted(grids, edited.grid[chosen]), len(grids))


def _changed(patch: Patch, edited: Edited) -> Ints:
    """Return the grids that changed and are still there."""
    touched = edited.touched(patch)
    return np.asarray(touched[np.isin(touched, edited.grid)], dtype=np.int64)


def _broken_grids(patch: Patch, edited: Edited, ground_of: GroundOf) -> list[Fault]:
    """Find stray pieces and slivers among the grids that changed."""
    grids = _changed(patch, edited)
    faults = []
    for grid, shape in zip(grids.tolist(), _shapes(edited, grids), strict=True):
        pieces = shapely.get_parts(shape)
        if len(pieces) > 1:
            faults += [
                Fault("stray piece", piece, float(piece.area), grid)
                for piece in _strays(pieces, ground_of(int(edited.parent[grid])))
            ]
        thin = thin_pieces(pieces)
        faults += [Fault("sliver", piece, float(piece.area), grid) for piece in pieces[thin]]
    return faults


def _strays(pieces: Geometries, ground: shapely.Geometry) -> Geometries:
    """Return all pieces but the largest in each part of the parent."""
    part, _ = np.full(len(pieces), -1), None
    at, home = shapely.STRtree(shapely.get_parts(ground)).query(
        shapely.point_on_surface(pieces), predicate="intersects"
    )
    part[at] = home
    order = np.lexsort((-shapely.area(pieces), part))
    follows = np.r_[False, np.diff(part[order]) == 0]
    return np.asarray(pieces[order[follows]], dtype=object)


def _hand_on(patch: Patch, edited: Edited, faults: list[Fault]) -> Edited:
    """Put each faulty piece under the neighbour of its parent that it shares the longest border with."""
    label = edited.grid.copy()
    inside = shapely.point_on_surface(edited.geometry)
    pairs = rook_adjacency(edited.geometry)
    locked = np.r_[patch.locked, np.zeros(len(edited.parent) - len(patch.locked), dtype=bool)]
    for fault in faults:
        piece = (label == fault.grid) & shapely.intersects(fault.place, inside)
        first, second = piece[pairs.first], piece[pairs.second]
        out = np.where(first & ~second, pairs.second, np.where(second & ~first, pairs.first, -1))
        real = out >= 0
        length = group_sums(label[out[real]], pairs.length[real], len(edited.parent))
        fit = (edited.parent == edited.parent[fault.grid]) & ~locked
        fit[fault.grid] = False
        length[~fit] = 0.0
        if length.max(initial=0.0) > 0.0:
            label[piece] = int(np.argmax(length))
    return edited.labelled(label)


def _broken_tiling(patch: Patch, edited: Edited) -> list[Fault]:
    """Find borders that do not match, and ground won or lost, near the atoms that changed."""
    faults = []
    fresh = np.flatnonzero(~edited.kept)
    if len(fresh):
        near = np.unique(
            shapely.STRtree(edited.geometry).query(edited.geometry[fresh], predicate="dwithin", distance=GRID)[1]
        )
        near = np.union1d(near, fresh)
        edges = shapely.coverage_invalid_edges(edited.geometry[near])
        bad = ~shapely.is_empty(edges)
        faults += [
            Fault("mismatched border", edge, float(edge.length), int(edited.grid[atom]))
            for edge, atom in zip(edges[bad], near[bad], strict=True)
        ]
        lost = shapely.buffer(
            shapely.symmetric_difference(
                shapely.coverage_union_all(patch.geometry[np.unique(edited.source[fresh])]),
                shapely.union_all(edited.geometry[np.isin(edited.source, edited.source[fresh])]),
            ),
            -GRID,
        )
        if not lost.is_empty:
            faults.append(Fault("gap", lost, float(lost.area), int(edited.grid[fresh[0]])))
    return faults
