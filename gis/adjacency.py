"""Which polygons share a border, and how long each shared border is.

A valid tiling repeats every inner border segment exactly, so matching segments by value finds all neighbours
in one sort. Whatever segments find no twin are either the outer edge or a dirty border (vertices on one side
only); only those are overlaid, so clean input never pays for dirty input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = [
    "Adjacency",
    "BorderSegments",
    "border_segments",
    "components",
    "pair_sums",
    "rook_adjacency",
    "without_weak",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BorderSegments:
    """Straight pieces of border between two polygons, or between a polygon and the outside.

    Attributes
    ----------
    left, right : (m,) int64
        Index of the polygon on either side; ``right`` is -1 on the outer edge.
    start, end : (m, 2) float64
        End points, in the CRS of the input.
    """

    left: Ints
    right: Ints
    start: Floats
    end: Floats

    @property
    def length(self) -> Floats:
        """Length of each segment, in units of the CRS."""
        step = self.end - self.start
        return np.hypot(step[:, 0], step[:, 1])

    def lines(self) -> npt.NDArray[np.object_]:
        """Return the segments as (m,) array of LineString."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object)


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Pairs of polygons that share a border.

    Attributes
    ----------
    first, second : (e,) int64
        Neighbouring polygons, ``first < second``, sorted, each pair once.
    length : (e,) float64
        Length of the shared border.
    """

    first: Ints
    second: Ints
    length: Floats

    def subset(self, keep: npt.NDArray[np.bool_]) -> Adjacency:
        """Return the marked pairs."""
        return Adjacency(self.first[keep], self.second[keep], self.length[keep])


def border_segments(geometry: npt.ArrayLike, *, exact: bool = False) -> BorderSegments:
    """Split all polygon borders into segments that know both sides.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Metric CRS. Need not be a valid tiling: see the module's text.
    exact : bool
        Only match equal segments: borders that merely run along each other count as outer edges.

    Returns
    -------
    BorderSegments

    Examples
    --------
    >>> two = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> border = border_segments(two)
    >>> int((border.right >= 0).sum()), float(border.length.sum())
    (1, 7.0)
    """
    owner, start, end = _ring_segments(np.asarray(geometry, dtype=object))
    first, second = _twins(start, end)
    apart = owner[first] != owner[second]
    first, second = first[apart], second[apart]
    alone = np.ones(len(owner), dtype=bool)
    alone[first] = False
    alone[second] = False
    twins = BorderSegments(owner[first], owner[second], start[first], end[first])
    lone = BorderSegments(owner[alone], np.full(int(alone.sum()), -1), start[alone], end[alone])
    return _joined(twins, lone) if exact else _joined(twins, *_overlay_dirty(lone))


def rook_adjacency(
    geometry: npt.ArrayLike, *, min_length: float = 0.5, segments: BorderSegments | None = None
) -> Adjacency:
    """Find pairs of polygons that share more than a point.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Metric CRS.
    min_length : float
        Metres of shared border above which two polygons count as neighbours; see `without_weak`.
    segments : BorderSegments, optional
        Result of `border_segments` for the same geometry, when the caller has it already.

    Returns
    -------
    Adjacency
    """
    polygons = np.asarray(geometry, dtype=object)
    border = border_segments(polygons) if segments is None else segments
    inner = border.right >= 0
    pairs = Adjacency(*pair_sums(border.left[inner], border.right[inner], border.length[inner]))
    return pairs.subset(without_weak(len(polygons), pairs, min_length))


def without_weak(n: int, pairs: Adjacency, min_length: float) -> npt.NDArray[np.bool_]:
    """Mark the pairs to walk across: a grid whose halves hang together by centimetres is not one piece.

    Parameters
    ----------
    n : int
        Number of polygons.
    pairs : Adjacency
    min_length : float
        Metres; shorter borders are dropped unless they alone tie some polygons to the rest.

    Returns
    -------
    (e,) bool
    """
    strong = pairs.length > min_length
    part = components(n, pairs.first[strong], pairs.second[strong])
    return np.asarray(strong | (part[pairs.first] != part[pairs.second]))


def components(n: int, first: Ints, second: Ints) -> Ints:
    """Label the connected components of an undirected graph.

    Parameters
    ----------
    n : int
        Number of nodes.
    first, second : (e,) int64
        Ends of the edges.

    Returns
    -------
    (n,) int64
        Component of each node, numbered by first appearance.
    """
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    return np.asarray(label, dtype=np.int64)


def pair_sums(left: Ints, right: Ints, value: Floats) -> tuple[Ints, Ints, Floats]:
    """Sum values over equal unordered pairs.

    Parameters
    ----------
    left, right : (m,) int64
        Pairs, in either order.
    value : (m,) float64
        What to sum.

    Returns
    -------
    low, high : (e,) int64
        Distinct pairs, ``low < high``, sorted.
    total : (e,) float64
    """
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low))
    low, high, value = low[order], high[order], value[order]
    if not len(low):
        return low, high, value
    begins = np.flatnonzero(np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    return low[begins], high[begins], np.add.reduceat(value, begins)


def _ring_segments(polygons: npt.NDArray[np.object_]) -> tuple[Ints, Floats, Floats]:
    """Split every ring of every part into segments; return owner, start, end."""
    if not len(polygons):
        return np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty((0, 2))
    _, xy, offsets = shapely.to_ragged_array(polygons, include_z=False)
    rings = offsets[0]
    # how many rings, then vertices, each polygon has: innermost offsets first, parts of multipolygons between
    upto = rings
    for level in offsets[1:]:
        upto = upto[level]
    xy = xy + 0.0  # -0.0 and 0.0 are one place but different bits
    real = np.any(xy[1:] != xy[:-1], axis=1)
    ends = rings[1:-1]
    real[ends[(ends > 0) & (ends < len(xy))] - 1] = False
    owner = np.repeat(np.arange(len(polygons), dtype=np.int64), np.diff(upto))
    return owner[:-1][real], xy[:-1][real], xy[1:][real]


def _vertex_hash(xy: Floats) -> npt.NDArray[np.uint64]:
    bits = np.ascontiguousarray(xy).view(np.uint64)
    h = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(29))) + bits[:, 1]
    h = h * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(29))


def _twins(start: Floats, end: Floats) -> tuple[Ints, Ints]:
    """Find all pairs of segments with the same two end points, in either direction; in order of the first."""
    one, other = _vertex_hash(start), _vertex_hash(end)
    key = (one + other) ^ ((one ^ other) * np.uint64(0xD6E8FEB86659FD93))
    order = np.argsort(key)
    key = key[order]
    firsts, seconds = [], []
    step = 1
    while step < len(key):
        hit = np.flatnonzero(key[step:] == key[:-step])
        if not len(hit):
            break
        firsts.append(order[hit])
        seconds.append(order[hit + step])
        step += 1
    if not firsts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    some, others = np.concatenate(firsts), np.concatenate(seconds)
    # the order of the polygons is mostly one of places: reading along it keeps to memory that is near
    pair = np.sort(np.minimum(some, others) * len(key) + np.maximum(some, others))
    first, second = np.divmod(pair, len(key))
    along = np.all((start[first] == start[second]) & (end[first] == end[second]), axis=1)
    against = np.all((start[first] == end[second]) & (end[first] == start[second]), axis=1)
    same = along | against
    return first[same], second[same]


def _overlay_dirty(lone: BorderSegments) -> tuple[BorderSegments, BorderSegments]:
    """Match borders that run along each other without equal vertices.

    Returns the matched pieces and the rest of ``lone``.
    """
    lines = lone.lines()
    tree = shapely.STRtree(lines)
    i, j = tree.query(lines, predicate="intersects")
    later = (i < j) & (lone.left[i] != lone.left[j])
    i, j = i[later], j[later]
    # only nearly parallel segments can share a stretch: everything else meets in a point
    along = _nearly_parallel(lone, i, j)
    i, j = i[along], j[along]
    shared = np.asarray(shapely.intersection(lines[i], lines[j]), dtype=object)
    real = shapely.length(shared) > 0
    i, j, shared = i[real], j[real], shared[real]
    if not len(i):
        return BorderSegments(lone.left[:0], lone.right[:0], lone.start[:0], lone.end[:0]), lone
    ends = shapely.get_coordinates(shared).reshape(-1, 2, 2)
    found = BorderSegments(lone.left[i], lone.left[j], ends[:, 0], ends[:, 1])
    return found, _rest(lone, lines, i, j, shared)


def _nearly_parallel(lone: BorderSegments, i: Ints, j: Ints) -> npt.NDArray[np.bool_]:
    a, b = lone.end[i] - lone.start[i], lone.end[j] - lone.start[j]
    cross = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    return np.asarray(cross <= 1e-6 * np.hypot(a[:, 0], a[:, 1]) * np.hypot(b[:, 0], b[:, 1]))


def _rest(
    lone: BorderSegments, lines: npt.NDArray[np.object_], i: Ints, j: Ints, shared: npt.NDArray[np.object_]
) -> BorderSegments:
    """Cut the matched stretches out of the lone segments."""
    touched = np.unique(np.r_[i, j])
    cover = np.empty(len(lines), dtype=object)
    index, piece = np.r_[i, j], np.r_[shared, shared]
    order = np.argsort(index, kind="stable")
    begins = np.flatnonzero(np.r_[True, np.diff(index[order]) > 0])
    cover[touched] = [shapely.multilinestrings(list(p)) for p in np.split(piece[order], begins[1:])]
    left_over, of = shapely.get_parts(shapely.difference(lines[touched], cover[touched]), return_index=True)
    real = shapely.length(left_over) > 0
    left_over, of = left_over[real], touched[of[real]]
    ends, at = shapely.get_coordinates(left_over, return_index=True)
    same = at[1:] == at[:-1]
    free = np.ones(len(lines), dtype=bool)
    free[touched] = False
    return BorderSegments(
        np.r_[lone.left[free], lone.left[of][at[:-1][same]]],
        np.full(int(free.sum()) + int(same.sum()), -1),
        np.r_[lone.start[free], ends[:-1][same]],
        np.r_[lone.end[free], ends[1:][same]],
    )


def _joined(*pieces: BorderSegments) -> BorderSegments:
    return BorderSegments(
        np.concatenate([p.left for p in pieces]),
        np.concatenate([p.right for p in pieces]),
        np.concatenate([p.start for p in pieces]),
        np.concatenate([p.end for p in pieces]),
    )
