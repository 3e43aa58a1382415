"""Merging and cutting polygons without losing the exactness of a tiling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["GRID", "dissolve", "overlaps", "snap_to_grid"]

#: Side of the grid that all metric geometry lies on, in metres.
GRID = 0.01


def snap_to_grid(xy: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Round coordinates to the 1 cm grid.

    Parameters
    ----------
    xy : array of float
        Metres.

    Returns
    -------
    array of float64
        ``round(x * 100) / 100``: dividing gives the double nearest to the decimal, multiplying by 0.01 does not,
        and a last-bit difference between two neighbours breaks their shared border.

    Examples
    --------
    >>> snap_to_grid([1.23456, -0.001]).tolist()
    [1.23, 0.0]
    """
    return np.asarray(np.round(np.asarray(xy, dtype=np.float64) * 100.0) / 100.0 + 0.0)


def dissolve(geometry: npt.ArrayLike, labels: npt.ArrayLike, k: int) -> npt.NDArray[np.object_]:
    """Merge the polygons of each label.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Any CRS. Exact for edge-matched polygons; where polygons overlap or their shared vertices differ, the
        slower full union is used for that label.
    labels : (n,) array of int
        0..k-1; every label must occur.
    k : int
        Number of results.

    Returns
    -------
    (k,) array of Polygon or MultiPolygon

    Examples
    --------
    >>> dissolve([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], [0, 0], 1)[0].area
    2.0
    """
    polygons = np.asarray(geometry, dtype=object)
    label = np.asarray(labels, dtype=np.int64)
    count = np.bincount(label, minlength=k)
    merged = np.empty(k, dtype=object)
    lone = count[label] == 1
    merged[label[lone]] = polygons[lone]
    many = np.flatnonzero(count > 1)
    rest = np.flatnonzero(~lone)
    rest = rest[np.argsort(label[rest], kind="stable")]
    ends = np.cumsum(count[many])
    for r, begin, end in zip(many.tolist(), (ends - count[many]).tolist(), ends.tolist(), strict=True):
        merged[r] = shapely.coverage_union_all(polygons[rest[begin:end]])
    expected = np.bincount(label, weights=shapely.area(polygons), minlength=k)[many]
    error = np.abs(shapely.area(merged[many]) - expected)
    for r in many[~shapely.is_valid(merged[many]) | (error > 1e-9 * expected + 1e-6)].tolist():
        merged[r] = shapely.union_all(polygons[label == r])
    return _single_where_one(merged)


def overlaps(
    geometry: npt.ArrayLike, suspects: npt.NDArray[np.int64], *, share: float, least: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Find polygons that cover the same ground.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Metric CRS, valid or not.
    suspects : (m,) int64
        Positions to compare with all others.
    share : float
        Part of the smaller polygon, and
    least : float
        square metres, above which shared ground counts.

    Returns
    -------
    first, second : (p,) int64
        Pairs, ``first < second``.
    ground : (p,) array of Geometry
        What both cover.

    Examples
    --------
    >>> boxes = [shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)]
    >>> first, second, ground = overlaps(boxes, np.array([0]), share=0.1, least=0.1)
    >>> int(first[0]), int(second[0]), ground[0].area
    (0, 1, 1.0)
    """
    polygons = np.asarray(geometry, dtype=object)
    area = shapely.area(polygons)
    i, j = shapely.STRtree(polygons).query(polygons[suspects], predicate="intersects")
    pair = np.unique(np.sort(np.stack([suspects[i], j]), axis=0), axis=1)
    first, second = pair[:, pair[0] < pair[1]]
    sound = polygons.copy()
    broken = np.unique(np.r_[first, second])
    broken = broken[~shapely.is_valid(polygons[broken])]
    sound[broken] = shapely.make_valid(polygons[broken])
    ground = np.asarray(shapely.intersection(sound[first], sound[second]), dtype=object)
    much = shapely.area(ground) > np.maximum(least, share * np.minimum(area[first], area[second]))
    return first[much], second[much], ground[much]


def _single_where_one(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Unwrap multi polygons of one part."""
    wrapped = (shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOLYGON) & (
        shapely.get_num_geometries(geometry) == 1
    )
    geometry[wrapped] = shapely.get_geometry(geometry[wrapped], 0)
    return geometry
