"""Geometry on its way into the database: surfaces wrapped and encoded, points in their areas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from store.database.bulk import ewkb_hex

Geometries = npt.NDArray[Any]


def as_multi(geometry: BaseGeometry) -> BaseGeometry:
    """Wrap a polygon as MultiPolygon, the type that surfaces are stored as."""
    return shapely.MultiPolygon([geometry]) if isinstance(geometry, shapely.Polygon) else geometry


def multi_hex(geometries: Iterable[BaseGeometry]) -> list[str]:
    """Encode surfaces for COPY."""
    wrapped = np.array([as_multi(geometry) for geometry in geometries], dtype=object)
    return ewkb_hex(wrapped) if len(wrapped) else []


def leaf_area_rows(points: Geometries, areas: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Find the finest area that holds each point.

    Parameters
    ----------
    points : (n,) array of Point
        EPSG:4326.
    areas : dict
        From `store.database.ingest.read_areas`.

    Returns
    -------
    (n,) int array
        Row of `areas`, -1 outside all of them; on a shared border the lower code wins.
    """
    found = np.full(len(points), -1, dtype=np.int64)
    if not len(points) or not len(areas["code"]):
        return found
    parents = {path.rsplit(".", 1)[0] for path in areas["path"] if "." in path}
    leaves = np.array([row for row, path in enumerate(areas["path"]) if path not in parents], dtype=np.int64)
    # the queried side is prepared once, so the few large areas ask the many points
    leaf, source = shapely.STRtree(points).query(areas["geom"][leaves], predicate="intersects")
    order = np.lexsort((-leaf, source))
    found[source[order]] = leaves[leaf[order]]
    return found
