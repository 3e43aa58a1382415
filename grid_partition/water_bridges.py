"""Places where roads and railways cross water: where a reach had best end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.overlay import snap_to_grid

__all__ = ["crossing_points"]


def crossing_points(waters: npt.ArrayLike, roads: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """List the points where roads cross waters.

    Parameters
    ----------
    waters : (n,) array of LineString
        Metric CRS.
    roads : (r,) array of LineString
        Same CRS: streets and railways. One that runs along a water crosses it where the shared stretch has its middle.

    Returns
    -------
    (c, 2) float64
        On the 1 cm grid, each place once, sorted.

    Examples
    --------
    >>> river, road = shapely.LineString([(0, 0), (10, 0)]), shapely.LineString([(4, -5), (4, 5)])
    >>> crossing_points([river], [road]).tolist()
    [[4.0, 0.0]]
    """
    water, road = np.asarray(waters, dtype=object), np.asarray(roads, dtype=object)
    if not len(water) or not len(road):
        return np.empty((0, 2))
    crossing, crossed = shapely.STRtree(water).query(road, predicate="intersects")
    parts = shapely.get_parts(shapely.intersection(road[crossing], water[crossed]))
    parts = parts[~shapely.is_empty(parts)]
    lines = shapely.get_type_id(parts) != shapely.GeometryType.POINT
    parts[lines] = shapely.line_interpolate_point(parts[lines], 0.5, normalized=True)
    return np.unique(snap_to_grid(shapely.get_coordinates(parts)), axis=0).reshape(-1, 2)
