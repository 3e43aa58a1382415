"""Mend the seam between polygons left as they were and polygons that were noded again."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import BorderSegments
from gis.overlay import GRID

__all__ = ["take_over_vertices"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]
Place: TypeAlias = tuple[float, float]


def take_over_vertices(polygons: Geometries, border: BorderSegments, kept: int) -> Ints:
    """Give kept polygons the vertices that noding put into their neighbour's side of an edge.

    Parameters
    ----------
    polygons : (n,) array of Polygon
        The kept ones first, without holes; changed in place.
    border : BorderSegments
        Of the polygons, matched exactly.
    kept : int
        Number of kept polygons.

    Returns
    -------
    (f,) int64
        Kept polygons that still have an edge without a twin.
    """
    lone = np.flatnonzero(border.right < 0)
    ours = lone[border.left[lone] < kept]
    theirs = lone[border.left[lone] >= kept]
    step: dict[Place, list[Place]] = {}
    for one, other in zip(border.start[theirs].tolist(), border.end[theirs].tolist(), strict=True):
        step.setdefault(tuple(one), []).append(tuple(other))
        step.setdefault(tuple(other), []).append(tuple(one))
    failed = []
    for segment in ours.tolist():
        start, end = tuple(border.start[segment].tolist()), tuple(border.end[segment].tolist())
        chain = _chain(step, start, end)
        if chain:
            polygons[border.left[segment]] = _with_vertices(polygons[border.left[segment]], start, end, chain)
        else:
            failed.append(int(border.left[segment]))
    return np.unique(np.array(failed, dtype=np.int64))


def _chain(step: dict[Place, list[Place]], start: Place, end: Place) -> list[Place]:
    """Walk from start to end over segments within two grid steps of the straight line; list the inner vertices."""
    line = shapely.LineString([start, end])
    chain, here = [], start
    while here != end:
        left = shapely.distance(shapely.Point(here), shapely.Point(end))
        ahead = [
            place
            for place in step.get(here, ())
            if shapely.distance(line, shapely.Point(place)) <= 2 * GRID
            and shapely.distance(shapely.Point(place), shapely.Point(end)) < left
        ]
        if not ahead:
            return []
        here = ahead[0]
        chain.append(here)
    return chain[:-1]


def _with_vertices(polygon: shapely.Geometry, start: Place, end: Place, chain: list[Place]) -> shapely.Geometry:
    """Put vertices into the edge from start to end of a polygon without holes."""
    ring = [tuple(place) for place in shapely.get_coordinates(polygon).tolist()]
    at = next(i for i in range(len(ring) - 1) if ring[i] == start and ring[i + 1] == end)
    return shapely.Polygon([*ring[: at + 1], *chain, *ring[at + 1 :]])
