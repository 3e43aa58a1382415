"""Water networks divided into connected reaches of about equal length, and what ground they pass."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import components
from gis.errors import InvalidInputError
from gis.measure import group_sums
from grid_partition import kernels, water_kernels
from grid_partition.allocate import nearest_count
from grid_partition.problem import PartProblem, csr
from grid_partition.refine import refine
from grid_partition.seed import start_labels
from grid_partition.waterlines import Pieces, accept_waters, cut_pieces

__all__ = ["ReachShares", "Reaches", "partition_network", "reach_shares"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Pieces of a reach of the wanted length, and metres of a piece at most.
PIECES, LONGEST = 10, 100.0
#: Share of the wanted length that a reach may be off by.
TOLERANCE = 0.2
#: A component shorter than this share of the wanted length is a stub.
STUB = 0.5
#: Price of ending a reach in mid-channel, and at a confluence, bridge, sluice or change of name.
MID_CHANNEL, JOINT = 0.5, 0.12
#: Share of the usual search; the graph of a channel has few ways to go.
EFFORT = 0.2
#: The last moves: proposals for each piece, price of the cuts of a reach and of its deviation.
STEPS, SHAPE, EVEN = 60, 1.0, 4.0


@dataclass(frozen=True, slots=True)
class Reaches:
    """Reaches of a water network.

    Attributes
    ----------
    geometry : (k,) array of LineString or MultiLineString
        One connected piece of water each.
    length : (k,) float64
        Metres.
    parent : (k,) int64
        Position of the parent that holds most of it; -1 outside of all, 0 when there are none.
    name : (k,) array of str
        Name of the channel that most of it is of; empty without names.
    stub : (k,) bool
        Shorter than half the wanted length, with no longer channel of the same name to join.
    fits : (k,) bool
        Within a fifth of the wanted length.
    feasible : (k,) bool
        Whether its component is long enough, and of a length that some number of reaches divides well.
    piece, piece_label, piece_line : (m,) arrays
        Short runs of water, the reach each is in and the row of the line it is of.
    """

    geometry: Geometries
    length: Floats
    parent: Ints
    name: npt.NDArray[np.object_]
    stub: npt.NDArray[np.bool_]
    fits: npt.NDArray[np.bool_]
    feasible: npt.NDArray[np.bool_]
    piece: Geometries = field(repr=False)
    piece_label: Ints = field(repr=False)
    piece_line: Ints = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReachShares:
    """How much of each reach lies in which polygon; one row for each pair that meets.

    Attributes
    ----------
    reach, grid : (s,) int64
    length : (s,) float64
        Metres; water on a border counts half on either side.
    share : (s,) float64
        Of the reach.
    """

    reach: Ints
    grid: Ints
    length: Floats
    share: Floats


def partition_network(
    lines: npt.ArrayLike,
    *,
    target_length: float,
    parents: npt.ArrayLike | None = None,
    cut_points: npt.ArrayLike | None = None,
    names: npt.ArrayLike | None = None,
) -> Reaches:
    """Divide a water network into connected reaches of about equal length.

    Parameters
    ----------
    lines : (n,) array of LineString or MultiLineString
        Channels, metric CRS; they meet where they touch or cross.
    target_length : float
        Metres of a reach.
    parents : (p,) array of Polygon or MultiPolygon, optional
        Villages or grids; reaches end at their borders, but a stub joins a reach of the same named channel across it.
    cut_points : (c,) array of Point, or (c, 2) array of float, optional
        Bridges and sluices, where a reach had best end.
    names : (n,) array of str, optional
        Channel of each line; empty for none.

    Returns
    -------
    Reaches
        Numbered from the north-west.

    Raises
    ------
    InvalidInputError, InvalidGeometryError

    Examples
    --------
    >>> found = partition_network([shapely.LineString([(0, 0), (3000, 0)])], target_length=1000)
    >>> found.length.tolist()
    [1000.0, 1000.0, 1000.0]
    """
    if not 0.0 < target_length < np.inf:
        raise InvalidInputError("A reach must be longer than nothing.", field="target_length")
    waters = accept_waters(lines, parents, cut_points)
    given = _accept_names(names, len(np.asarray(lines, dtype=object)))
    pieces = cut_pieces(waters, min(LONGEST, target_length / PIECES))
    channel = given[pieces.source] if len(pieces.source) else np.empty(0, dtype=object)
    first, second, price = _joints(pieces, channel)
    within = pieces.parent[first] == pieces.parent[second]
    part = components(len(pieces.length), first[within], second[within])
    part = _without_stubs(part, pieces, channel, (first, second), STUB * target_length)
    inside = part[first] == part[second]
    label, feasible = _solved(part, pieces.length, (first[inside], second[inside], price[inside]), target_length)
    return _described(label, feasible, pieces, channel, target_length)


def reach_shares(reaches: Reaches, grids: npt.ArrayLike) -> ReachShares:
    """Measure how much of each reach lies in which polygon.

    Parameters
    ----------
    reaches : Reaches
    grids : (g,) array of Polygon or MultiPolygon
        Same CRS; land grids, or the areas of a level of river chiefs.

    Returns
    -------
    ReachShares
        Sorted by reach, the largest share first.

    Examples
    --------
    >>> found = partition_network([shapely.LineString([(0, 0), (100, 0)])], target_length=100)
    >>> reach_shares(found, [shapely.box(-10, -10, 25, 10), shapely.box(25, -10, 110, 10)]).share.tolist()
    [0.75, 0.25]
    """
    polygons = np.asarray(grids, dtype=object)
    piece, grid = shapely.STRtree(polygons).query(reaches.piece, predicate="intersects")
    metres = shapely.length(shapely.intersection(reaches.piece[piece], polygons[grid]))
    # a piece on a border is in both polygons at full length: share it between them
    total = group_sums(piece, metres, len(reaches.piece))
    whole = shapely.length(reaches.piece)
    metres = metres * np.minimum(1.0, whole / np.maximum(total, 1e-12))[piece]
    key = reaches.piece_label[piece] * max(len(polygons), 1) + grid
    pairs, row = np.unique(key, return_inverse=True)
    length = group_sums(row.ravel().astype(np.int64), metres, len(pairs))
    reach, of_grid = pairs // max(len(polygons), 1), pairs % max(len(polygons), 1)
    real = length > 0
    order = np.lexsort((of_grid[real], -length[real], reach[real]))
    reach, of_grid, length = reach[real][order], of_grid[real][order], length[real][order]
    return ReachShares(reach, of_grid, length, length / reaches.length[reach])


def _accept_names(names: npt.ArrayLike | None, n: int) -> npt.NDArray[np.object_]:
    if names is None:
        return np.full(n, "", dtype=object)
    given = np.asarray(names, dtype=object)
    if given.shape != (n,):
        raise InvalidInputError(f"names has shape {given.shape}, {n} values are needed.", field="names")
    return np.array(["" if name is None else str(name).strip() for name in given], dtype=object)


def _joints(pieces: Pieces, channel: npt.NDArray[np.object_]) -> tuple[Ints, Ints, Floats]:
    """Find pieces that meet, each pair once, and price the cut between them."""
    m = len(pieces.length)
    node = np.r_[pieces.tail, pieces.head]
    end = np.r_[np.arange(m), np.arange(m)]
    order = np.argsort(node, kind="stable")
    node, end = node[order], end[order]
    size = np.bincount(node, minlength=len(pieces.joint))
    start = np.cumsum(size) - size
    rank = np.arange(len(node)) - start[node]
    first, second, at = [], [], []
    for step in range(1, int(size.max(initial=1))):
        ahead = np.flatnonzero(rank + step < size[node])
        first.append(end[ahead])
        second.append(end[ahead + step])
        at.append(node[ahead])
    if not first:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    a, b, where = np.concatenate(first), np.concatenate(second), np.concatenate(at)
    a, b = np.minimum(a, b), np.maximum(a, b)
    price = np.where(pieces.joint[where] | (channel[a] != channel[b]), JOINT, MID_CHANNEL)
    real = a != b
    key, lead = np.unique(np.stack([a[real], b[real]]), axis=1, return_index=True)
    return key[0], key[1], price[real][lead]


def _without_stubs(
    part: Ints, pieces: Pieces, channel: npt.NDArray[np.object_], pairs: tuple[Ints, Ints], short: float
) -> Ints:
    """Join short components to the longest neighbour that carries the same channel across the border."""
    first, second = pairs
    count = int(part.max(initial=-1)) + 1
    length = group_sums(part, pieces.length, count).tolist()
    named = (part[first] != part[second]) & (channel[first] == channel[second]) & (channel[first] != "")
    touching: dict[int, set[int]] = {}
    for a, b in zip(part[first[named]].tolist(), part[second[named]].tolist(), strict=True):
        touching.setdefault(a, set()).add(b)
        touching.setdefault(b, set()).add(a)
    into = list(range(count))

    def root(p: int) -> int:
        while into[p] != p:
            into[p] = into[into[p]]
            p = into[p]
        return p

    for p in sorted(touching, key=lambda p: (length[p], p)):
        stub = root(p)
        if length[stub] >= short:
            continue
        hosts = {root(q) for q in touching[p]} - {stub}
        if hosts:
            host = max(hosts, key=lambda q: (length[q], -q))
            into[stub] = host
            length[host] += length[stub]
            touching.setdefault(host, set()).update(touching[p])
    roots = np.array([root(p) for p in range(count)], dtype=np.int64)
    return np.asarray(np.unique(roots[part], return_inverse=True)[1].ravel(), dtype=np.int64)


def _solved(
    part: Ints, length: Floats, edges: tuple[Ints, Ints, Floats], target: float
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Cut each component into its reaches; also tell which pieces lie in components that divide well."""
    count = int(part.max(initial=-1)) + 1
    total = group_sums(part, length, count)
    label = np.empty(len(part), dtype=np.int64)
    feasible = np.zeros(len(part), dtype=bool)
    members = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part, minlength=count))[:-1])
    by_part = np.argsort(part[edges[0]], kind="stable")
    of_part = np.split(by_part, np.cumsum(np.bincount(part[edges[0]], minlength=count))[:-1])
    local = np.empty(len(part), dtype=np.int64)
    ahead = 0
    for p in range(count):
        mine = members[p]
        k = min(nearest_count(float(total[p]), target), len(mine))
        feasible[mine] = abs(total[p] / k - target) <= TOLERANCE * target
        local[mine] = np.arange(len(mine))
        own = of_part[p]
        graph = csr(len(mine), local[edges[0][own]], local[edges[1][own]], edges[2][own])
        label[mine] = ahead + _cut(graph, length[mine], k, target=target, seed=p)
        ahead = int(label[mine].max()) + 1
    return label, feasible


def _cut(graph: tuple[Ints, Ints, Floats], length: Floats, k: int, *, target: float, seed: int) -> Ints:
    """Cut one component into k connected reaches."""
    if k == 1:
        return np.zeros(len(length), dtype=np.int64)
    if k == len(length):
        return np.arange(k, dtype=np.int64)
    indptr, _, weight = graph
    mean = float(length.sum()) / k
    around = np.add.reduceat(np.r_[weight, 0.0], indptr[:-1])
    # two cuts in mid-channel, the least that a reach between others has, cost as much as a round grid's shape
    ground = length / mean / np.pi
    none = np.full(len(length), -1, dtype=np.int64)
    problem = PartProblem(
        *graph,
        np.column_stack([around, ground, length, np.ones(len(length))]),
        k,
        mean,
        mean * (1.0 - TOLERANCE),
        mean * (1.0 + TOLERANCE),
        none,
        none,
        0.0,
        seed,
    )
    return _mended(problem, refine(problem, start_labels(problem), effort=EFFORT), target)


def _mended(problem: PartProblem, label: Ints, target: float) -> Ints:
    """Cut reaches of the wrong length anew together with their neighbours; their number may change."""
    n, k = len(problem), problem.k
    load = np.r_[group_sums(label, problem.demand, k), np.zeros(k + 8)]
    band = np.array([1.0 - TOLERANCE, 1.0, 1.0 + TOLERANCE]) * target
    net = (problem.indptr, problem.indices, problem.demand.copy(), band)
    room = water_kernels.ROOM
    scratch = (
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.full(n, -1, dtype=np.int64),
        np.zeros(room, np.int64),
        np.zeros(room),
        np.zeros(32 * room, np.int64),
    )
    state = np.random.SeedSequence(problem.seed).generate_state(2, np.uint64) | np.uint64(1)
    water_kernels.mend(label, load, (net, scratch, state))
    found, label = np.unique(label, return_inverse=True)
    return _settled(problem, np.asarray(label.ravel(), dtype=np.int64), len(found), state)


def _settled(problem: PartProblem, label: Ints, k: int, state: npt.NDArray[np.uint64]) -> Ints:
    """Make only moves that are better, until reaches are even: annealing leaves them a little warm."""
    n = len(problem)
    price = np.array([float(problem.demand.sum()) / k, problem.low, problem.high, SHAPE, EVEN, 2.0, 10.0, *[0.0] * 4])
    graph = (problem.indptr, problem.indices, problem.weight)
    world: kernels.World = (*graph, problem.atom, price, problem.home, problem.fixed >= 0)
    marks, queue = np.zeros(n + 1, np.int64), np.zeros(kernels.SEARCH_LIMIT + 1, np.int64)
    plan: kernels.Plan = (label, np.zeros((k, problem.atom.shape[1])), marks, queue, state, np.zeros(k))
    kernels.region_table(world, plan)
    kernels.anneal(world, plan, np.array([1e-9, 1e-9, float(STEPS * n), 0.2]))
    return label


def _described(
    label: Ints, feasible: npt.NDArray[np.bool_], pieces: Pieces, channel: npt.NDArray[np.object_], target: float
) -> Reaches:
    """Merge the pieces of each reach and number the reaches from the north-west."""
    k = int(label.max(initial=-1)) + 1
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(label, minlength=k))[:-1]) if k else []
    merged = np.empty(k, dtype=object)
    for r, mine in enumerate(groups):
        merged[r] = shapely.line_merge(shapely.multilinestrings(pieces.geometry[mine]))
    corner = shapely.bounds(merged)[:, [3, 0]] if k else np.empty((0, 2))
    rank = np.empty(k, dtype=np.int64)
    rank[np.lexsort((corner[:, 1], -corner[:, 0]))] = np.arange(k)
    back = np.argsort(rank)
    length = group_sums(label, pieces.length, k)[back]
    good = np.zeros(k, dtype=bool)
    good[label] = feasible
    return Reaches(
        geometry=merged[back],
        length=length,
        parent=_heaviest(label, pieces.parent, pieces.length, k)[back].astype(np.int64),
        name=_heaviest(label, channel, pieces.length, k)[back],
        stub=length < STUB * target,
        fits=np.abs(length - target) <= TOLERANCE * target,
        feasible=good[back],
        piece=pieces.geometry,
        piece_label=rank[label],
        piece_line=pieces.source,
    )


def _heaviest(label: Ints, value: npt.NDArray[np.object_] | Ints, weight: Floats, k: int) -> npt.NDArray[np.object_]:
    """Return, for each label, the value that most of its length has."""
    found = np.full(k, "", dtype=object)
    kinds, code = np.unique(value, return_inverse=True)
    pair, row = np.unique(label * max(len(kinds), 1) + code.ravel(), return_inverse=True)
    total = group_sums(row.ravel().astype(np.int64), weight, len(pair))
    for at in np.argsort(total, kind="stable").tolist():
        found[pair[at] // len(kinds)] = kinds[pair[at] % len(kinds)]
    return found
