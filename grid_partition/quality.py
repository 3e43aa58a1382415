"""The figures by which a partition is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import Adjacency, border_segments, components
from gis.measure import group_sums
from grid_partition.border import barrier_factor
from grid_partition.model import Quality

__all__ = ["GridFigures", "beyond_band", "border_on_barriers", "covered_shares", "group_quantiles", "measure"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GridFigures:
    """Per-grid sums that quality is made of.

    Attributes
    ----------
    demand, deviation : (k,) float64
        Deviation signed, as a share of the mean of the parent; 0 where the parent has no demand.
    """

    demand: Floats
    deviation: Floats


def measure(
    labels: Ints,
    *,
    unit: tuple[Floats, Floats, Floats],
    pairs: Adjacency,
    on_barrier: Floats | None,
    part: Ints,
    mean: Floats,
    limits: tuple[float, tuple[float, float] | None],
) -> tuple[GridFigures, Quality]:
    """Measure a labelling.

    Parameters
    ----------
    labels : (n,) int64
        0..k-1.
    unit : demand, area, perimeter, each (n,) float64
    pairs : Adjacency
        Neighbours within one parent.
    on_barrier : (e,) float64, optional
        Metres of each shared border that lie on barriers.
    part : (n,) int64
        Connected part of its parent that each unit lies in.
    mean : (k,) float64
        Mean demand per grid in the parent of each grid.
    limits : (tolerance, band or None)

    Returns
    -------
    GridFigures, Quality
    """
    k = len(mean)
    demand, area, perimeter = (group_sums(labels, column, k) for column in unit)
    deviation = np.divide(demand - mean, mean, out=np.zeros(k), where=mean > 0)
    same = labels[pairs.first] == labels[pairs.second]
    inner = group_sums(labels[pairs.first[same]], pairs.length[same], k)
    around = np.maximum(perimeter - 2.0 * inner, 1e-9)
    cut = float(pairs.length[~same].sum())
    followed = np.nan if on_barrier is None or cut == 0.0 else float(on_barrier[~same].sum()) / cut
    tolerance, band = limits
    # a hair of slack: 0.1 is not representable, and 330 of 300 is meant to be within 10 %
    inside = np.abs(deviation) <= tolerance + 1e-9
    if band is not None:
        inside = (demand >= band[0] * (1 - 1e-9)) & (demand <= band[1] * (1 + 1e-9))
    pieces = components(len(labels), pairs.first[same], pairs.second[same])
    whole = int(pieces.max()) + 1 == len(np.unique(np.stack([labels, part]), axis=1).T)
    return GridFigures(demand, deviation), Quality(
        max_deviation=float(np.abs(deviation).max()),
        mean_deviation=float(np.abs(deviation).mean()),
        share_within=float(inside.mean()),
        contiguous=whole,
        compactness=float((4.0 * np.pi * area / around**2).mean()),
        cut_length=cut,
        cut_on_barriers=followed,
    )


def beyond_band(demand: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Floats:
    """Measure by how much demand misses a band.

    Parameters
    ----------
    demand, low, high : (k,) array of float

    Returns
    -------
    (k,) float64
        Negative below the band, positive above, 0 inside; a hair of slack, since 10 % of 300 is no binary number.

    Examples
    --------
    >>> beyond_band([290, 330, 335], 300, 330).tolist()
    [-10.0, 0.0, 5.0]
    """
    load = np.asarray(demand, dtype=np.float64)
    floor = np.broadcast_to(np.asarray(low, dtype=np.float64), load.shape)
    top = np.broadcast_to(np.asarray(high, dtype=np.float64), load.shape)
    missed = np.where(load < floor, load - floor, np.where(load > top, load - top, 0.0))
    return np.where(np.abs(missed) <= 1e-9 * np.maximum(1.0, load), 0.0, missed)


def border_on_barriers(
    geometry: npt.ArrayLike, parent: npt.ArrayLike, barriers: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Measure how much of each grid's inner border lies on barriers.

    Parameters
    ----------
    geometry : (k,) array of Polygon or MultiPolygon, metric CRS
    parent : (k,) array of int
        Border between grids of different parents is not inner: nobody chose it.
    barriers : (b,) array of LineString
        Lines that borders should follow, same CRS.

    Returns
    -------
    length, on_barrier : (k,) float64
        Metres of inner border of each grid, and of these on barriers; a border counts for both of its grids.

    Examples
    --------
    >>> halves = shapely.box([0, 10], 0, [10, 20], 10)
    >>> [side.tolist() for side in border_on_barriers(halves, [0, 0], [shapely.LineString([(10, 0), (10, 9)])])]
    [[10.0, 10.0], [10.0, 10.0]]
    """
    shapes, of = np.asarray(geometry, dtype=object), np.asarray(parent)
    found = border_segments(shapes)
    inner = (found.right >= 0) & (of[found.left] == of[np.maximum(found.right, 0)])
    kept = _short_pieces(found.left[inner], found.right[inner], found.start[inner], found.end[inner])
    left, right, start, end = kept
    metres = np.hypot(*(end - start).T)
    on = barrier_factor(type(found)(left, right, start, end), np.asarray(barriers, dtype=object)) < 1.0
    k = len(shapes)
    total = group_sums(left, metres, k) + group_sums(right, metres, k)
    followed = group_sums(left, metres * on, k) + group_sums(right, metres * on, k)
    return total, followed


#: Metres: borders are asked piece by piece whether a barrier lies there.
PIECE = 4.0


def _short_pieces(left: Ints, right: Ints, start: Floats, end: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Cut segments into equal pieces, none much longer than `PIECE`."""
    count = np.maximum(1, np.ceil(np.hypot(*(end - start).T) / PIECE)).astype(np.int64)
    row = np.repeat(np.arange(len(count)), count)
    at = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    step = (end - start)[row] / count[row][:, None]
    first = start[row] + step * at[:, None]
    return left[row], right[row], first, first + step


def covered_shares(geometry: npt.ArrayLike, cover: npt.ArrayLike) -> Floats:
    """Measure which share of each polygon is covered, ground that is covered twice once.

    Parameters
    ----------
    geometry : (k,) array of Polygon or MultiPolygon, metric CRS
    cover : (c,) array of Polygon or MultiPolygon
        Water surfaces, say; may overlap.

    Returns
    -------
    (k,) float64
        0 to 1.

    Examples
    --------
    >>> covered_shares([shapely.box(0, 0, 10, 10)], shapely.box([0, 0], 0, [2, 1], 10)).tolist()
    [0.2]
    """
    shapes, over = np.asarray(geometry, dtype=object), np.asarray(cover, dtype=object)
    if not len(over):
        return np.zeros(len(shapes))
    pieces = shapely.get_parts(shapely.union_all(over))
    piece, grid = shapely.STRtree(shapes).query(pieces, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[grid], pieces[piece]))
    area = shapely.area(shapes)
    covered = group_sums(grid.astype(np.int64), shared, len(shapes))
    return np.minimum(1.0, np.divide(covered, area, out=np.zeros(len(shapes)), where=area > 0))


def group_quantiles(
    value: npt.ArrayLike, weight: npt.ArrayLike, group: npt.ArrayLike, groups: int, shares: tuple[float, ...]
) -> Floats:
    """Find weighted quantiles in each group.

    Parameters
    ----------
    value, weight : (n,) array of float
        Values that are not finite are left out, as are those without weight.
    group : (n,) array of int
        0..groups-1.
    groups : int
    shares : tuple of float
        0.5 is the median, 1 the largest value.

    Returns
    -------
    (groups, len(shares)) float64
        The least value that at least this share of the weight does not exceed; nan for an empty group.

    Examples
    --------
    >>> group_quantiles([1, 2, 9], [1, 2, 1], [0, 0, 0], 2, (0.5, 1.0)).tolist()
    [[2.0, 9.0], [nan, nan]]
    """
    values, weights = np.asarray(value, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    of = np.asarray(group, dtype=np.int64)
    kept = np.isfinite(values) & (weights > 0) & (of >= 0)
    values, weights, of = values[kept], weights[kept], of[kept]
    order = np.lexsort((values, of))
    values, weights, of = values[order], weights[order], of[order]
    found = np.full((groups, len(shares)), np.nan)
    for name, first, last in _runs(of):
        passed = np.cumsum(weights[first:last])
        for place, share in enumerate(shares):
            at = int(np.searchsorted(passed, share * passed[-1] - 1e-9))
            found[name, place] = values[first + min(at, last - first - 1)]
    return found


def _runs(sorted_groups: Ints) -> list[tuple[int, int, int]]:
    """Return (group, first, behind the last) of each stretch of equal numbers."""
    if not len(sorted_groups):
        return []
    cuts = np.flatnonzero(np.diff(sorted_groups)) + 1
    firsts, lasts = np.r_[0, cuts], np.r_[cuts, len(sorted_groups)]
    return [(int(sorted_groups[a]), int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)]
