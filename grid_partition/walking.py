"""How far a grid's head walks from the middle of the households to each of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gis.measure import group_sums

__all__ = ["PACE", "walk_metres", "walking_minutes"]

Floats = npt.NDArray[np.float64]

#: Metres a minute of a person on foot (4.5 km/h).
PACE = 75.0
#: Way along streets for each metre of straight line, as is usual in towns.
DETOUR = 1.3


def walk_metres(
    places: npt.ArrayLike, households: npt.ArrayLike, labels: npt.NDArray[np.int64], grids: int
) -> tuple[Floats, Floats]:
    """Measure the straight way from the centre of each grid's households to the households.

    Parameters
    ----------
    places : (n, 2) array of float
        Metric CRS.
    households : (n,) array of float
    labels : (n,) int64
        Grid of each place, 0..grids-1.
    grids : int

    Returns
    -------
    mean, farthest : (grids,) float64
        Mean over the households, and the way to the farthest place with households; 0 where there is none.

    Examples
    --------
    >>> mean, farthest = walk_metres([[0, 0], [30, 40]], [1, 1], np.array([0, 0]), 1)
    >>> mean.tolist(), farthest.tolist()
    ([25.0], [25.0])
    """
    xy, weight = np.asarray(places, dtype=np.float64), np.asarray(households, dtype=np.float64)
    load = group_sums(labels, weight, grids)
    fill = np.maximum(load, 1e-9)
    centre = np.column_stack([group_sums(labels, weight * axis, grids) / fill for axis in xy.T])
    way = np.where(weight > 0.0, np.hypot(*(xy - centre[labels]).T), 0.0)
    farthest = np.zeros(grids)
    np.maximum.at(farthest, labels, way)
    return group_sums(labels, weight * way, grids) / fill, farthest


def walking_minutes(metres: npt.ArrayLike) -> Floats:
    """Turn straight metres into minutes on foot along streets.

    Examples
    --------
    >>> walking_minutes(750.0).tolist()
    13.0
    """
    return np.asarray(np.asarray(metres, dtype=np.float64) * DETOUR / PACE)
