"""Walks inside many groups at once: from one place in each group to all others of it."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt
from numba import njit

from gis.network import StreetGraph, street_access

__all__ = ["walks_in_groups"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def walks_in_groups(
    graph: StreetGraph, origins: npt.ArrayLike, targets: npt.ArrayLike, group: npt.ArrayLike, limit: npt.ArrayLike
) -> Floats:
    """Measure the shortest walk from the origin of a group to each target of the group.

    Parameters
    ----------
    graph : StreetGraph
    origins : (k, 2) array of float
        Metres, in the CRS of the graph; one for each group.
    targets : (n, 2) array of float
    group : (n,) array of int
        0..k-1.
    limit : (k,) array of float
        Walks of a group longer than this (metres) are not looked for.

    Returns
    -------
    (n,) float64
        As `gis.network.walking_distances`; inf where no walk within the limit leads. The search of a group ends when
        all its targets are reached, so many small groups cost little on a large network.

    References
    ----------
    Dijkstra, E. W. (1959), A note on two problems in connexion with graphs, Numerische Mathematik 1.

    Examples
    --------
    >>> import shapely
    >>> from gis.network import build_street_graph
    >>> graph = build_street_graph([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (100, 50)])])
    >>> walks_in_groups(graph, [[0, 10]], [[100, 50], [50, 0]], [0, 0], [1000]).tolist()
    [160.0, 60.0]
    """
    of, far = np.asarray(group, dtype=np.int64), np.asarray(limit, dtype=np.float64)
    start, goal = street_access(graph, origins), street_access(graph, targets)
    found = np.full(len(of), np.inf)
    rows = np.flatnonzero((goal.edge >= 0) & (start.edge[of] >= 0)) if len(of) else np.empty(0, dtype=np.int64)
    if not len(rows):
        return found
    rows = rows[np.argsort(of[rows], kind="stable")]
    names, first = np.unique(of[rows], return_index=True)
    matrix = graph.matrix
    net = (matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data)
    edges = (graph.tail, graph.head, graph.length)
    begin = (start.edge[names], start.share[names], start.leg[names])
    end = (goal.edge[rows], goal.share[rows], goal.leg[rows])
    found[rows] = _walks(net, edges, begin, end, (np.r_[first, len(rows)].astype(np.int64), far[names]))
    return found


@njit(cache=True, nogil=True)
def _walks(
    net: tuple[Ints, Ints, Floats],
    edges: tuple[Ints, Ints, Floats],
    begin: tuple[Ints, Floats, Floats],
    end: tuple[Ints, Floats, Floats],
    groups: tuple[Ints, Floats],
) -> Floats:
    """Search group by group; distances are cleared only where the search has been."""
    tail, head, length = edges
    bounds, limit = groups
    nodes = len(net[0]) - 1
    away, wanted = np.full(nodes, np.inf), np.full(nodes, -1, np.int64)
    found = np.full(len(end[0]), np.inf)
    for g in range(len(limit)):
        waiting = 0
        for row in range(bounds[g], bounds[g + 1]):
            for node in (tail[end[0][row]], head[end[0][row]]):
                waiting += wanted[node] != g
                wanted[node] = g
        edge, along = begin[0][g], begin[1][g] * length[begin[0][g]]
        touched = _search(
            net,
            ((begin[2][g] + along, tail[edge]), (begin[2][g] + length[edge] - along, head[edge])),
            (away, wanted),
            (g, waiting, limit[g]),
        )
        for row in range(bounds[g], bounds[g + 1]):
            e = end[0][row]
            part = end[1][row] * length[e]
            metres = end[2][row] + min(away[tail[e]] + part, away[head[e]] + length[e] - part)
            if e == edge:
                metres = min(metres, begin[2][g] + abs(part - along) + end[2][row])
            if metres <= limit[g]:
                found[row] = metres
        for node in touched:
            away[node] = np.inf
    return found


@njit(cache=True, nogil=True)
def _search(
    net: tuple[Ints, Ints, Floats],
    starts: tuple[tuple[float, int], tuple[float, int]],
    marks: tuple[Floats, Ints],
    ends: tuple[int, int, float],
) -> list[int]:
    """Settle nodes outwards until those of the group are reached; return the nodes that were touched."""
    indptr, indices, metres = net
    away, wanted = marks
    group, waiting, limit = ends
    heap = [starts[0]]
    touched = [starts[0][1]]
    for far, node in starts:
        if far < away[node]:
            away[node] = far
            touched.append(node)
            heappush(heap, (far, node))
    while heap and waiting > 0:
        far, node = heappop(heap)
        if far > limit:
            break
        if far > away[node]:
            continue
        if wanted[node] == group:
            wanted[node] = -1
            waiting -= 1
        for at in range(indptr[node], indptr[node + 1]):
            beyond = far + metres[at]
            if beyond < away[indices[at]]:
                away[indices[at]] = beyond
                touched.append(indices[at])
                heappush(heap, (beyond, indices[at]))
    return touched
