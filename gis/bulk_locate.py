"""Which polygon holds each of many points."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely


def rows_holding(polygons: npt.NDArray[Any], xy: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Find the polygon that each point lies in or on.

    Parameters
    ----------
    polygons : (k,) array of Polygon or MultiPolygon
    xy : (n, 2) array
        In the CRS of the polygons; nan is nowhere.

    Returns
    -------
    (n,) int array
        Row of the polygon, -1 outside all; on a shared border the first one counts, so an answer does not depend on
        the order of the points.

    Examples
    --------
    >>> squares = shapely.box([0, 1], [0, 0], [1, 2], [1, 1])
    >>> rows_holding(squares, np.array([[0.5, 0.5], [1.0, 0.5], [1.5, 0.5], [9, 9], [np.nan, 0]])).tolist()
    [0, 0, 1, -1, -1]
    """
    found = np.full(len(xy), -1, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))
    if not len(known) or not len(polygons):
        return found
    # the side that asks is prepared once: few polygons ask the tree of many points
    points: Any = shapely.points(xy[known])
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    # written from the last polygon to the first, so the first stays
    order = np.argsort(-polygon, kind="stable")
    found[known[point[order]]] = polygon[order]
    return found
