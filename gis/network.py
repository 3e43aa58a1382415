"""Walking along streets: a graph of street lines, distances on it and the ground within a walk.

Every vertex of a line is a node, so lines meet wherever they share a vertex, and only there: a bridge over a
street is no junction. Points off the street walk straight to the nearest stretch first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from gis.errors import InvalidGeometryError, InvalidInputError
from gis.street_links import Pieces, join_parts

SNAP = 0.01
"""Vertices are one when they round to the same centimetre, the grid that metric geometry is kept on."""


@dataclass(frozen=True, slots=True)
class StreetGraph:
    """Streets as nodes and undirected edges.

    Attributes
    ----------
    node : (v, 2) float64
        Positions in metres.
    tail, head : (e,) int64
        Nodes of each edge, one edge for each straight piece of street.
    length : (e,) float64
        Metres.
    line : (e,) int64
        Row of the line that each edge is of.
    part : (v,) int64
        Number of the connected part that each node is in.
    matrix : (v, v) sparse float64
        Shortest edge between neighbours, both ways.
    tree : shapely.STRtree
        Index of the edges.
    """

    node: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    length: NDArray[np.float64]
    line: NDArray[np.int64]
    part: NDArray[np.int64]
    matrix: csr_array
    tree: shapely.STRtree


class Access(NamedTuple):
    """Where points meet the streets.

    Attributes
    ----------
    edge : (n,) int64
        Nearest edge; -1 when there is none near enough.
    share : (n,) float64
        Where on it, from tail (0) to head (1).
    leg : (n,) float64
        Straight way to it in metres; inf when there is none.
    """

    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    leg: NDArray[np.float64]


def build_street_graph(lines: ArrayLike, *, smallest_part: float = 0.0, join: float = 0.0) -> StreetGraph:
    """Make a graph of street lines.

    Parameters
    ----------
    lines : (n,) array of LineString, metric CRS
        Streets that can be walked. Pieces that are given twice, or have no length, do no harm.
    smallest_part : float
        Connected parts with fewer metres of street are left out, so that points don't snap to a yard path
        that leads nowhere.
    join : float
        Parts that lie no farther than this from a larger one are joined to it first, straight across.

    Returns
    -------
    StreetGraph

    Raises
    ------
    InvalidGeometryError
        Something is not a LineString with finite coordinates; the error names the row.

    Examples
    --------
    >>> import shapely
    >>> graph = build_street_graph([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (100, 50)])])
    >>> walking_distances(graph, [[0, 10]], [[100, 50]]).tolist()
    [[160.0]]
    """
    shapes = np.asarray(lines, dtype=object).ravel()
    coords, owner = _checked_coordinates(shapes)
    keys, number = np.unique(np.rint(coords / SNAP).astype(np.int64), axis=0, return_inverse=True)
    number = number.reshape(-1)
    node = np.empty((len(keys), 2))
    node[number[::-1]] = coords[::-1]
    same = owner[1:] == owner[:-1]
    tail, head, line = number[:-1][same], number[1:][same], owner[:-1][same]
    if join > 0:
        node, tail, head, line = join_parts(Pieces(node, tail, head, line), within=join)
    length = np.hypot(*(node[head] - node[tail]).T)
    kept = length > 0
    if smallest_part > 0:
        kept &= _large_enough(tail, head, length, len(node), smallest_part)
    tail, head, line, length = tail[kept], head[kept], line[kept], length[kept]
    matrix = _neighbours(tail, head, length, len(node))
    return StreetGraph(
        node=node,
        tail=tail,
        head=head,
        length=length,
        line=line,
        part=connected_components(matrix, directed=False)[1].astype(np.int64),
        matrix=matrix,
        tree=shapely.STRtree(_straight_lines(node[tail], node[head])),
    )


def street_access(graph: StreetGraph, xy: ArrayLike, *, farthest: float = np.inf) -> Access:
    """Find where points meet the streets.

    Parameters
    ----------
    graph : StreetGraph
    xy : (n, 2) array of float
        Metres, in the CRS of the graph.
    farthest : float
        Points farther from every street than this have no access.

    Returns
    -------
    Access

    Raises
    ------
    InvalidInputError
        A point is not finite; the error names the row.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(bad):
        raise InvalidInputError(f"Point {int(bad[0])} has no finite position.", row=int(bad[0]))
    edge = np.full(len(points), -1, dtype=np.int64)
    share, leg = np.zeros(len(points)), np.full(len(points), np.inf)
    if len(points) and len(graph.length):
        point, nearest = graph.tree.query_nearest(shapely.points(points), all_matches=False)
        edge[point] = nearest
        start = graph.node[graph.tail[edge]]
        run = graph.node[graph.head[edge]] - start
        share = np.clip(((points - start) * run).sum(axis=1) / (run * run).sum(axis=1), 0.0, 1.0)
        leg = np.hypot(*(start + run * share[:, None] - points).T)
        off = leg > farthest
        edge[off], share[off], leg[off] = -1, 0.0, np.inf
    return Access(edge, share, leg)


def walking_distances(
    graph: StreetGraph, origins: ArrayLike, targets: ArrayLike, *, limit: float = np.inf
) -> NDArray[np.float64]:
    """Measure the shortest walks from each origin to each target.

    Parameters
    ----------
    graph : StreetGraph
    origins : (k, 2) array of float
        Metres, in the CRS of the graph.
    targets : (n, 2) array of float
    limit : float
        Walks longer than this (metres) are not looked for.

    Returns
    -------
    (k, n) float64
        Metres, legs to and from the street included; inf where no walk within the limit leads.

    References
    ----------
    Dijkstra, E. W. (1959), A note on two problems in connexion with graphs, Numerische Mathematik 1.
    """
    start, goal = street_access(graph, origins), street_access(graph, targets)
    found = np.empty((len(start.edge), len(goal.edge)))
    for row in range(len(start.edge)):
        found[row] = _reach(graph, _take(start, [row]), goal, limit)
    return found


def nearest_distances(
    graph: StreetGraph, origins: ArrayLike, targets: ArrayLike, *, limit: float = np.inf
) -> NDArray[np.float64]:
    """Measure the walk to each target from the origin nearest to it, all in one search.

    Parameters
    ----------
    graph : StreetGraph
    origins : (k, 2) array of float
        Posts or facilities, in the CRS of the graph.
    targets : (n, 2) array of float
        Dwellings, say.
    limit : float
        Walks longer than this (metres) are not looked for.

    Returns
    -------
    (n,) float64
        Metres; inf where no walk within the limit leads.
    """
    return _reach(graph, street_access(graph, origins), street_access(graph, targets), limit)


def service_area(graph: StreetGraph, origins: ArrayLike, *, reach: float) -> shapely.MultiLineString:
    """Draw the streets within a walk from any of the origins.

    Parameters
    ----------
    graph : StreetGraph
    origins : (k, 2) array of float
        Metres, in the CRS of the graph.
    reach : float
        Length of the walk in metres, 0 or more; the leg to the street counts.

    Returns
    -------
    shapely.MultiLineString
        Every stretch of street in reach once, in the CRS of the graph; empty when there is none.

    Raises
    ------
    InvalidInputError
        `reach` is negative or not finite.
    """
    if not (np.isfinite(reach) and reach >= 0):
        raise InvalidInputError("reach must be a finite number of metres, 0 or more.", field="reach")
    start = street_access(graph, origins, farthest=reach)
    start = _take(start, np.flatnonzero(start.edge >= 0))
    if not len(start.edge):
        return shapely.MultiLineString()
    away = _node_distances(graph, start, reach)
    left = np.maximum(0.0, reach - np.where(np.isfinite(away), away, np.inf))
    from_tail = np.minimum(1.0, left[graph.tail] / graph.length)
    from_head = np.minimum(1.0, left[graph.head] / graph.length)
    own = (reach - start.leg) / graph.length[start.edge]
    every = np.arange(len(graph.length))
    edge = np.concatenate([every, every, start.edge])
    low = np.concatenate([np.zeros(len(every)), 1.0 - from_head, np.maximum(0.0, start.share - own)])
    high = np.concatenate([from_tail, np.ones(len(every)), np.minimum(1.0, start.share + own)])
    edge, low, high = _merged(edge[high > low], low[high > low], high[high > low])
    base = graph.node[graph.tail[edge]]
    run = graph.node[graph.head[edge]] - base
    return shapely.MultiLineString(list(_straight_lines(base + run * low[:, None], base + run * high[:, None])))


def _straight_lines(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.object_]:
    """Draw straight lines."""
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)


def _checked_coordinates(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the vertices of lines with the row that each is of, or name the first row at fault."""
    wrong = np.flatnonzero(shapely.get_type_id(shapes) != shapely.GeometryType.LINESTRING)
    if len(wrong):
        row = int(wrong[0])
        kind = getattr(shapes[row], "geom_type", "missing")
        raise InvalidGeometryError(f"Street {row} is {kind}, not a LineString; take its parts.", row=row)
    coords, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = ~np.isfinite(coords).all(axis=1)
    if bad.any():
        row = int(owner[bad][0])
        raise InvalidGeometryError(f"Street {row} has a coordinate that is not a finite number.", row=row)
    return coords, owner


def _neighbours(tail: NDArray[np.int64], head: NDArray[np.int64], length: NDArray[np.float64], nodes: int) -> csr_array:
    """Lay out both directions of all edges; of parallel edges the shortest (a sparse sum would add them)."""
    source, goal = np.concatenate([tail, head]), np.concatenate([head, tail])
    metres = np.concatenate([length, length])
    order = np.lexsort((metres, goal, source))
    source, goal, metres = source[order], goal[order], metres[order]
    first = np.ones(len(source), dtype=bool)
    first[1:] = (source[1:] != source[:-1]) | (goal[1:] != goal[:-1])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(source[first], minlength=nodes))])
    return csr_array((metres[first], goal[first], offsets), shape=(nodes, nodes))


def _large_enough(
    tail: NDArray[np.int64], head: NDArray[np.int64], length: NDArray[np.float64], nodes: int, least: float
) -> NDArray[np.bool_]:
    """Tell which edges are in a connected part with at least so many metres."""
    count, part = connected_components(_neighbours(tail, head, length, nodes), directed=False)
    metres = np.bincount(part[tail], weights=length, minlength=count)
    return np.asarray(metres[part[tail]] >= least)


def _take(access: Access, rows: ArrayLike) -> Access:
    """Keep some points."""
    at = np.asarray(rows, dtype=np.int64)
    return Access(access.edge[at], access.share[at], access.leg[at])


def _node_distances(graph: StreetGraph, start: Access, limit: float) -> NDArray[np.float64]:
    """Measure from the nearest of some points to every node: one search from a node added before them all."""
    nodes = len(graph.node)
    on = start.edge >= 0
    edge, along = start.edge[on], start.share[on] * graph.length[start.edge[on]]
    goal = np.concatenate([graph.tail[edge], graph.head[edge]])
    metres = np.concatenate([start.leg[on] + along, start.leg[on] + graph.length[edge] - along])
    best = np.full(nodes, np.inf)
    np.minimum.at(best, goal, metres)
    first = np.unique(goal)
    # The added node is the last row; an explicit zero would be no edge, so every start is lifted by a metre.
    matrix = csr_array(
        (
            np.concatenate([graph.matrix.data, best[first] + 1.0]),
            np.concatenate([graph.matrix.indices, first]),
            np.append(graph.matrix.indptr, len(graph.matrix.data) + len(first)),
        ),
        shape=(nodes + 1, nodes + 1),
    )
    away = dijkstra(matrix, directed=True, indices=[nodes], limit=limit + 1.0)
    return np.asarray(away[0, :nodes] - 1.0, dtype=np.float64)


def _reach(graph: StreetGraph, start: Access, goal: Access, limit: float) -> NDArray[np.float64]:
    """Measure from the nearest of some points to each of others."""
    found = np.full(len(goal.edge), np.inf)
    on = np.flatnonzero(goal.edge >= 0)
    if not len(on) or not (start.edge >= 0).any():
        return found
    away = _node_distances(graph, start, limit)
    edge = goal.edge[on]
    along = goal.share[on] * graph.length[edge]
    found[on] = goal.leg[on] + np.minimum(
        away[graph.tail[edge]] + along, away[graph.head[edge]] + graph.length[edge] - along
    )
    # Two points on one edge need not pass its ends.
    order = np.argsort(start.edge, kind="stable")
    low, high = (np.searchsorted(start.edge[order], edge, side=side) for side in ("left", "right"))
    for row in np.flatnonzero(high > low):
        there = order[low[row] : high[row]]
        apart = np.abs(start.share[there] - goal.share[on[row]]) * graph.length[edge[row]]
        found[on[row]] = min(found[on[row]], float((start.leg[there] + apart).min() + goal.leg[on[row]]))
    found[found > limit] = np.inf
    return found


def _merged(
    edge: NDArray[np.int64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Unite intervals that overlap on the same edge."""
    order = np.lexsort((low, edge))
    edge, low, high = edge[order], low[order], high[order]
    # Shift every edge to its own stretch of one line, where a running maximum cannot leak into the next edge.
    top = np.maximum.accumulate(edge * 2.0 + high) - edge * 2.0
    new = np.ones(len(edge), dtype=bool)
    new[1:] = (edge[1:] != edge[:-1]) | (low[1:] > top[:-1])
    first = np.flatnonzero(new)
    return edge[first], low[first], np.maximum.reduceat(high, first) if len(first) else high
