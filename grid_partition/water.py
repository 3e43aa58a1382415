"""Water networks divided into connected reaches of about equal length, and what ground they pass."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import components
from gis.errors import InvalidInputError
from gis.measure import group_sums
from gis.overlay import GRID
from grid_partition.accept import accept_number
from grid_partition.water_search import JOINT, MID_CHANNEL, TOLERANCE, Solved, solve_network
from grid_partition.waterlines import Pieces, Waters, accept_waters, cut_pieces, join_runs

__all__ = ["STUB", "TOLERANCE", "ReachShares", "Reaches", "loose_pieces", "partition_network", "reach_shares"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Pieces of a reach of the wanted length, in a network of few reaches and in one of many.
FINE, COARSE = 20, 10
#: Wanted lengths that a network of many reaches has.
MANY = 1000.0
#: A component shorter than this share of the wanted length is a stub.
STUB = 0.5


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
    settled : (k,) bool
        Whether every way of cutting its component was weighed, so that a reach that does not fit can't be helped.
    piece, piece_label, piece_line : (m,) arrays
        Runs of water between places where waters meet or reaches end, the reach each is in and the row of the line it
        is of.
    """

    geometry: Geometries
    length: Floats
    parent: Ints
    name: npt.NDArray[np.object_]
    stub: npt.NDArray[np.bool_]
    fits: npt.NDArray[np.bool_]
    feasible: npt.NDArray[np.bool_]
    settled: npt.NDArray[np.bool_]
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
    must_cut: npt.ArrayLike | None = None,
    join_stubs: bool = True,
) -> Reaches:
    """Divide a water network into connected reaches of about equal length.

    A reach always ends at the border of a parent and at a cut point that must cut. Elsewhere it ends at a confluence,
    at another cut point or where the channel changes its name, and in mid-channel only where none of these leaves all
    reaches within a fifth of the wanted length: there the water between is divided evenly.

    Parameters
    ----------
    lines : (n,) array of LineString, LinearRing or MultiLineString
        Channels, metric CRS; they meet where they touch or cross.
    target_length : float
        Metres of a reach.
    parents : (p,) array of Polygon or MultiPolygon, optional
        Villages or grids; reaches end at their borders.
    cut_points : (c,) array of Point, or (c, 2) array of float, optional
        Bridges and sluices, on the water or within 15 m of it.
    names : (n,) array of str, optional
        Channel of each line; empty for none.
    must_cut : (c,) array of bool, optional
        Cut points where reaches end whatever their length becomes, such as sluices; none without it.
    join_stubs : bool
        What a border leaves of a named channel, shorter than half the wanted length, joins the reach of the same
        channel across the border. Without it borders cut stubs off too.

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
    if not 0.0 < accept_number(target_length, "target_length") < np.inf:
        raise InvalidInputError("A reach must be longer than nothing.", field="target_length")
    waters = accept_waters(lines, parents, cut_points, must_cut)
    given = _accept_names(names, len(np.asarray(lines, dtype=object)))
    return _divided(waters, given, target_length, join_stubs=join_stubs)


def _divided(waters: Waters, given: npt.NDArray[np.object_], target_length: float, *, join_stubs: bool) -> Reaches:
    """Cut the channels, named as `given`, into pieces, and join these to reaches part by part."""
    many = float(shapely.length(waters.lines).sum()) > MANY * target_length
    pieces = cut_pieces(waters, target_length / (COARSE if many else FINE))
    channel = given[pieces.source] if len(pieces.source) else np.empty(0, dtype=object)
    first, second, at = _joints(pieces)
    within = pieces.parent[first] == pieces.parent[second]
    part = components(len(pieces.length), first[within], second[within])
    if join_stubs:
        part = _without_stubs(part, pieces, channel, (first, second), STUB * target_length)
    inside = part[first] == part[second]
    price = np.where(pieces.joint, JOINT, MID_CHANNEL)
    price[at[channel[first] != channel[second]]] = JOINT
    solved = solve_network(part, pieces, (first[inside], second[inside], price[at][inside]), price, target_length)
    return _described(solved, pieces, channel, target_length)


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


def loose_pieces(reaches: Reaches) -> Ints:
    """Count the pieces of each reach that do not hang together with the rest of it.

    Parameters
    ----------
    reaches : Reaches

    Returns
    -------
    (k,) int64
        0 for a reach in one piece.

    Examples
    --------
    >>> loose_pieces(partition_network([shapely.LineString([(0, 0), (900, 0)])], target_length=300)).tolist()
    [0, 0, 0]
    """
    m, k = len(reaches.piece), len(reaches.length)
    if not m:
        return np.zeros(k, dtype=np.int64)
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(reaches.piece, at)) for at in (0, -1)])
    of = np.tile(reaches.piece_label, 2)
    at = np.column_stack([np.rint(ends / GRID).astype(np.int64), of])
    node = np.unique(at, axis=0, return_inverse=True)[1].ravel()
    block = components(m + int(node.max()) + 1, np.tile(np.arange(m), 2), m + node)[:m]
    whole = np.unique(np.stack([block, reaches.piece_label]), axis=1)[1]
    return np.asarray(np.bincount(whole, minlength=k) - 1, dtype=np.int64)


def _accept_names(names: npt.ArrayLike | None, n: int) -> npt.NDArray[np.object_]:
    if names is None:
        return np.full(n, "", dtype=object)
    given = np.asarray(names, dtype=object)
    if given.shape != (n,):
        raise InvalidInputError(f"names has shape {given.shape}, {n} values are needed.", field="names")
    return np.array(["" if name is None else str(name).strip() for name in given], dtype=object)


def _joints(pieces: Pieces) -> tuple[Ints, Ints, Ints]:
    """Find pieces that meet, each pair once, and a node where they do."""
    m = len(pieces.length)
    node = np.r_[pieces.tail, pieces.head]
    end = np.r_[np.arange(m), np.arange(m)]
    order = np.argsort(node, kind="stable")
    node, end = node[order], end[order]
    size = np.bincount(node, minlength=len(pieces.joint))
    start = np.cumsum(size) - size
    rank = np.arange(len(node)) - start[node]
    nothing = np.empty(0, dtype=np.int64)
    first, second, at = [nothing], [nothing], [nothing]
    for step in range(1, int(size.max(initial=1))):
        ahead = np.flatnonzero(rank + step < size[node])
        first.append(end[ahead])
        second.append(end[ahead + step])
        at.append(node[ahead])
    a, b, where = np.concatenate(first), np.concatenate(second), np.concatenate(at)
    a, b = np.minimum(a, b), np.maximum(a, b)
    real = a != b
    key, lead = np.unique(np.stack([a[real], b[real]]), axis=1, return_index=True)
    return key[0], key[1], where[real][lead]


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


def _described(solved: Solved, pieces: Pieces, channel: npt.NDArray[np.object_], target: float) -> Reaches:
    """Merge the pieces of each reach and number the reaches from the north-west."""
    label = solved.label
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
    flags = np.zeros((2, k), dtype=bool)
    flags[0, label], flags[1, label] = solved.feasible, solved.settled
    run, lead = join_runs(pieces, label)
    return Reaches(
        geometry=merged[back],
        length=length,
        parent=_heaviest(label, pieces.parent, pieces.length, k)[back].astype(np.int64),
        name=_heaviest(label, channel, pieces.length, k)[back],
        stub=length < STUB * target,
        fits=np.abs(length - target) <= TOLERANCE * target,
        feasible=flags[0][back],
        settled=flags[1][back],
        piece=run,
        piece_label=rank[label[lead]],
        piece_line=pieces.source[lead],
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
