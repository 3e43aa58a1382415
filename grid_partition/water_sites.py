"""Sites along water lines whose Voronoi cells hold the lines: what divides the strips beside a network of reaches.

Where reaches meet, their sites stand at equal distances from the meeting point, so that the border between two cells
is the bisector of the angle. Elsewhere a run between two sites is halved until the circle over it holds no site of
another reach; then every point of the run is nearest to a site of its own reach. Where no other reach is near, sites
stand far apart: the bank there is nobody else's anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from gis.overlay import GRID

__all__ = ["Sites", "sites_along"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

#: Metres from a meeting point to its first sites; each next one is twice as far, up to the usual step.
FIRST = 0.25
#: Runs shorter than this, in metres, are not halved again.
LEAST = 0.05
ROUNDS = 12
#: Nearest sites looked at when a circle is searched for one of another reach, and when a run is long.
AROUND, ABOUT = 6, 16


@dataclass(frozen=True, slots=True)
class Sites:
    """Points along the pieces of a network.

    Attributes
    ----------
    xy : (n, 2) float64
    piece : (n,) int64
        The piece of water that each stands for.
    """

    xy: Floats
    piece: Ints


def sites_along(
    pieces: npt.ArrayLike,
    reach: npt.ArrayLike,
    *,
    step: float,
    bank: float = np.inf,
    wide: npt.ArrayLike | None = None,
) -> Sites:
    """Place sites along pieces of water so that each reach lies in its own cells.

    Parameters
    ----------
    pieces : (m,) array of LineString, metric CRS
        They meet at their ends only.
    reach : (m,) array of int
        The reach that each piece is of.
    step : float
        Metres between sites where another reach is near.
    bank : float
        Metres of the ground to divide on either side; everywhere without it.
    wide : (m,) array of bool, optional
        Pieces with wider ground, whose sites are nowhere farther apart than the step.

    Returns
    -------
    Sites
        No two at one place.

    References
    ----------
    J. Ruppert, 1995, "A Delaunay refinement algorithm for quality 2-dimensional mesh generation", section 3
    (empty diametral circles, concentric shells).

    Examples
    --------
    >>> sites_along([shapely.LineString([(0, 0), (20, 0)])], [0], step=10.0).xy[:, 0].tolist()
    [0.0, 10.0, 20.0]
    """
    lines, of = np.asarray(pieces, dtype=object), np.asarray(reach, dtype=np.int64)
    if not len(lines):
        return Sites(np.empty((0, 2)), np.empty(0, dtype=np.int64))
    shared, hubs = _meetings(lines, of)
    dense = np.ones(len(lines), dtype=bool) if not np.isfinite(bank) or wide is None else np.asarray(wide, dtype=bool)
    piece, along = _first_stops(lines, shared, np.where(dense, step, np.inf))
    xy = _places(lines, piece, along)
    for _ in range(ROUNDS):
        fresh = _halves(xy, piece, along, of, (step, bank))
        if not len(fresh[0]):
            break
        piece, along = np.r_[piece, fresh[0]], np.r_[along, fresh[1]]
        order = np.lexsort((along, piece))
        piece, along = piece[order], along[order]
        xy = np.r_[xy, _places(lines, *fresh)][order]
    xy, piece = np.r_[hubs[0], xy], np.r_[hubs[1], piece]
    _, first = np.unique(np.rint(xy / GRID).astype(np.int64), axis=0, return_index=True)
    first.sort()
    return Sites(xy[first], piece[first])


def _meetings(lines: Geometries, of: Ints) -> tuple[Bools, tuple[Floats, Ints]]:
    """Tell which ends meet another reach, and give a reach that only passes through a crossing a site at its middle.

    Returns
    -------
    ((m, 2) bool, (hub places, piece of each))
    """
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])
    piece, whose = np.tile(np.arange(len(lines)), 2), np.tile(of, 2)
    node = np.unique(np.rint(ends / GRID).astype(np.int64), axis=0, return_inverse=True)[1].ravel()
    pair = np.unique(np.stack([node, whose]), axis=1)
    reaches = np.bincount(pair[0], minlength=int(node.max()) + 1)
    # a reach that passes a confluence at a bank or a crossing would be cut in two where the others end
    crowded = np.flatnonzero((np.bincount(node) >= 3) & (reaches >= 2))
    at = np.flatnonzero(np.isin(node, crowded))
    at = at[np.lexsort((whose[at], node[at]))]
    hub_xy, hub_piece = [], []
    for members in np.split(at, np.flatnonzero(np.diff(node[at])) + 1) if len(at) else []:
        owner, count = np.unique(whose[members], return_counts=True)
        if count.max() >= 2:
            lead = members[whose[members] == owner[count.argmax()]][0]
            hub_xy.append(ends[lead])
            hub_piece.append(piece[lead])
    hubs = (np.array(hub_xy, dtype=np.float64).reshape(-1, 2), np.array(hub_piece, dtype=np.int64))
    return (reaches[node] > 1).reshape(2, -1).T, hubs


def _first_stops(lines: Geometries, shared: Bools, steps: Floats) -> tuple[Ints, Floats]:
    """List the first sites of each piece by the distance from its start: shells, the step, the bends."""
    length = shapely.length(lines)
    shells = FIRST * 2.0 ** np.arange(0, max(1, int(np.ceil(np.log2(max(1.0, float(length.max())) / FIRST)))))
    xy, row = shapely.get_coordinates(lines, return_index=True)
    stretch = np.hypot(*np.diff(xy, axis=0).T)
    stretch[row[1:] != row[:-1]] = 0.0
    run = np.r_[0.0, np.cumsum(stretch)]
    begin = np.searchsorted(row, np.arange(len(lines)))
    bend = run - run[begin][row]
    splits = np.split(bend, begin[1:])
    pieces, stops = [], []
    for p, (far, bends, step) in enumerate(zip(length.tolist(), splits, steps.tolist(), strict=True)):
        half, low, high = far / 2, 0.0, far
        found = [np.array([half])]
        for side in (0, 1):
            even = np.arange(0.0, half, step) if step < half else np.zeros(1)
            ladder = np.r_[shells[shells < step], even[1:]] if shared[p, side] else even
            ladder = ladder[ladder < half]
            found.append(ladder if side == 0 else far - ladder)
        if shared[p, 0]:
            low = min(FIRST, half)
        if shared[p, 1]:
            high = far - min(FIRST, half)
        found.append(bends[(bends > low) & (bends < high)])
        mine = np.unique(np.concatenate(found))
        pieces.append(np.full(len(mine), p, dtype=np.int64))
        stops.append(mine)
    return np.concatenate(pieces), np.concatenate(stops)


def _places(lines: Geometries, piece: Ints, along: Floats) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(lines[piece], along)), dtype=np.float64)


def _halves(xy: Floats, piece: Ints, along: Floats, of: Ints, ground: tuple[float, float]) -> tuple[Ints, Floats]:
    """Find runs too near to a site of another reach for their length; return the middle of each.

    A run longer than the step must be out of reach of any other one's bank; in the circle over a shorter one there
    must be no foreign site.
    """
    step, bank = ground
    same = np.flatnonzero((piece[1:] == piece[:-1]) & (np.diff(along) > LEAST))
    centre = (xy[same] + xy[same + 1]) / 2
    gap = np.hypot(*(xy[same] - xy[same + 1]).T)
    long = (gap > step) & np.isfinite(bank)
    tree, hit = cKDTree(xy), np.zeros(len(same), dtype=bool)
    for mine, count, radius in ((~long, AROUND, gap / 2 * (1 - 1e-9)), (long, ABOUT, gap + 2 * bank)):
        rows = np.flatnonzero(mine)
        if len(rows):
            found = tree.query(centre[rows], k=min(count, len(xy)))
            far, near = (np.asarray(each).reshape(len(rows), -1) for each in found)
            foreign = of[piece[near]] != of[piece[same[rows]]][:, None]
            hit[rows] = (foreign & (far < radius[rows][:, None])).any(axis=1)
    chosen = same[hit]
    return piece[chosen], (along[chosen] + along[chosen + 1]) / 2
