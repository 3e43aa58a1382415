"""Measures of shapes and directions, in metres, square metres and degrees clockwise from north."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["azimuth", "compactness", "group_sums", "mean_width"]

Floats = npt.NDArray[np.float64]


def compactness(geometry: npt.ArrayLike) -> Floats:
    """Measure how near each polygon is to a circle.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Metric CRS.

    Returns
    -------
    (n,) float64
        4 pi area / perimeter squared: 1 for a circle, 0 for a line.

    References
    ----------
    Polsby and Popper (1991), The third criterion: compactness as a procedural safeguard.

    Examples
    --------
    >>> compactness([shapely.box(0, 0, 1, 1)]).round(4).tolist()
    [0.7854]
    """
    polygons = np.asarray(geometry, dtype=object)
    around = shapely.length(polygons)
    return np.divide(4.0 * np.pi * shapely.area(polygons), around**2, out=np.zeros(around.shape), where=around > 0)


def mean_width(geometry: npt.ArrayLike) -> Floats:
    """Measure how wide each polygon is on the average.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Metric CRS.

    Returns
    -------
    (n,) float64
        Twice the area over the perimeter, metres: the width of a long strip, half the side of a square.

    Examples
    --------
    >>> mean_width([shapely.box(0, 0, 1, 1)]).tolist()
    [0.5]
    """
    polygons = np.asarray(geometry, dtype=object)
    around = shapely.length(polygons)
    return np.divide(2.0 * shapely.area(polygons), around, out=np.zeros(around.shape), where=around > 0)


def group_sums(group: npt.NDArray[np.int64], value: npt.ArrayLike, groups: int) -> Floats:
    """Sum values by group.

    Parameters
    ----------
    group : (n,) int64
        0..groups-1.
    value : (n,) array of float
    groups : int

    Returns
    -------
    (groups,) float64

    Examples
    --------
    >>> group_sums(np.array([0, 2, 0]), [1, 2, 3], 3).tolist()
    [4.0, 0.0, 2.0]
    """
    return np.asarray(np.bincount(group, weights=np.asarray(value), minlength=groups), dtype=np.float64)


def azimuth(start: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
    """Measure the direction from one place to another.

    Parameters
    ----------
    start, end : (..., 2) array of float
        Metric CRS, x east and y north.

    Returns
    -------
    (...) float64
        Degrees clockwise from north, 0 up to 360.

    Examples
    --------
    >>> azimuth([0, 0], [[0, 1], [1, 0], [-1, 0]]).tolist()
    [0.0, 90.0, 270.0]
    """
    step = np.asarray(end, dtype=np.float64) - np.asarray(start, dtype=np.float64)
    return np.asarray(np.degrees(np.arctan2(step[..., 0], step[..., 1])) % 360.0)
