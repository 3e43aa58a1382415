"""Parts of a street network that were drawn a step apart: joined where a walker just goes on.

Aisles of a market hall, a yard path that ends short of the road: in the data they hang together with nothing, and
nobody would reach what stands in them.

References
----------
Kruskal, J. B. (1956). On the shortest spanning subtree of a graph and the traveling salesman problem. Proceedings of
the American Mathematical Society 7.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SAME = 0.01
"""Places this near to each other, metres, are one."""


class Pieces(NamedTuple):
    """Straight pieces of street: (v, 2) nodes in metres, and of each (e,) piece its two nodes and the line it is of."""

    node: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    line: NDArray[np.int64]


def join_parts(pieces: Pieces, *, within: float) -> Pieces:
    """Join connected parts straight across where they are near enough, by the shortest steps and no more than needed.

    Streets that only cross (a bridge) stay apart: what counts is how far a corner or end of the one is from the other.

    Parameters
    ----------
    pieces : Pieces
    within : float
        Farthest step, metres.

    Returns
    -------
    Pieces
        With further nodes where a step meets a piece in its middle; the steps are of the lines they start from.

    Examples
    --------
    >>> node = np.array([[0.0, 0.0], [100.0, 0.0], [40.0, 2.0], [40.0, 30.0]])
    >>> found = join_parts(Pieces(node, np.array([0, 2]), np.array([1, 3]), np.array([0, 1])), within=3)
    >>> found.node[4:].tolist(), list(zip(found.tail.tolist(), found.head.tolist()))
    ([[40.0, 0.0]], [(0, 4), (2, 3), (4, 1), (2, 4)])
    """
    node, tail, head, _ = pieces
    if not len(tail):
        return pieces
    count, part = connected_components(coo_array((np.ones(len(tail)), (tail, head)), shape=(len(node),) * 2))
    if count == 1:
        return pieces
    metres = np.bincount(part[tail], weights=np.hypot(*(node[head] - node[tail]).T), minlength=count)
    corner, piece = _near(pieces, part != np.argmax(metres), within)
    apart = part[corner] != part[tail[piece]]
    corner, piece = corner[apart], piece[apart]
    share, step = _foot(pieces, corner, piece)
    order = np.lexsort((piece, corner, step))
    chosen = order[_spanning(part[corner[order]], part[tail[piece[order]]], count)]
    return _joined(pieces, corner[chosen], piece[chosen], share[chosen])


def _spanning(one: NDArray[np.int64], other: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the rows, taken in their order, that join parts which the rows before leave apart."""
    both = np.sort(np.stack([one, other], axis=1), axis=1)
    rows = np.sort(np.unique(both, axis=0, return_index=True)[1]) if len(both) else np.empty(0, dtype=np.int64)
    above = list(range(count))

    def root(part: int) -> int:
        while above[part] != part:
            above[part] = above[above[part]]
            part = above[part]
        return part

    kept = []
    for row in rows:
        low, high = root(int(one[row])), root(int(other[row]))
        if low != high:
            above[low] = high
            kept.append(row)
    return np.array(kept, dtype=np.int64)


def _near(pieces: Pieces, outlying: NDArray[np.bool_], within: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair corners with pieces near them, where one of both is outlying: most streets hang together anyway."""
    node, tail, head, _ = pieces
    used = np.unique(np.concatenate([tail, head]))
    lines = np.asarray(shapely.linestrings(np.stack([node[tail], node[head]], axis=1)), dtype=object)
    far_corner, far_piece = used[outlying[used]], np.flatnonzero(outlying[tail])
    at, piece = shapely.STRtree(lines).query(shapely.points(node[far_corner]), predicate="dwithin", distance=within)
    own, corner = shapely.STRtree(shapely.points(node[used])).query(
        lines[far_piece], predicate="dwithin", distance=within
    )
    return np.concatenate([far_corner[at], used[corner]]), np.concatenate([piece, far_piece[own]])


def _foot(
    pieces: Pieces, corner: NDArray[np.int64], piece: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where on each piece, as a share of it, is nearest to a corner, and how far that is."""
    start = pieces.node[pieces.tail[piece]]
    run = pieces.node[pieces.head[piece]] - start
    long = (run * run).sum(axis=1)
    along = ((pieces.node[corner] - start) * run).sum(axis=1)
    share = np.clip(np.divide(along, long, out=np.zeros(len(long)), where=long > 0), 0.0, 1.0)
    return share, np.hypot(*(start + run * share[:, None] - pieces.node[corner]).T)


def _joined(pieces: Pieces, corner: NDArray[np.int64], piece: NDArray[np.int64], share: NDArray[np.float64]) -> Pieces:
    """Cut pieces where steps meet them, and add the steps."""
    node, tail, head, line = (column.copy() for column in pieces)
    place = list(node)
    new: list[tuple[int, int, int]] = []
    # from the far end of a piece to its near one, so that what is left of it is always its first stretch
    for row in np.lexsort((share, piece))[::-1]:
        own, start = piece[row], place[tail[piece[row]]]
        foot = start + (node[pieces.head[own]] - start) * share[row]
        there = [end for end in (tail[own], head[own], corner[row]) if np.hypot(*(place[end] - foot)) < SAME]
        meets = int(there[0]) if there else len(place)
        if not there:
            place.append(foot)
        if meets not in (tail[own], head[own]):
            new.append((meets, int(head[own]), int(line[own])))
            head[own] = meets
        if meets != corner[row]:
            new.append((int(corner[row]), meets, int(line[own])))
    added = np.array(new, dtype=np.int64).reshape(-1, 3)
    return Pieces(np.array(place), *(np.concatenate([old, added[:, at]]) for at, old in enumerate((tail, head, line))))
