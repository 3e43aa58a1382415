"""Coordinates that stand for "nobody knows": systems write them where a field must not be empty."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gis.crs import Box, Floats

# a kilometre of open sea: some systems shift or round their nothing
_NOWHERE_DEG = 0.01
_WHOLE_DEG = 1e-9
_LEAST_REPEATS = 20
_LEAST_SHARE = 0.02


def placeholder_rows(lonlat: Floats, near: Box) -> npt.NDArray[np.bool_]:
    """Tell which positions are no places: (0, 0), whole degrees, or one spot far away that many rows share.

    Parameters
    ----------
    lonlat : (n, 2) array
        EPSG:4326; rows with nan are none.
    near : tuple of float
        Box of the territory: what lies in it is a place, however round.

    Returns
    -------
    (n,) bool array

    Examples
    --------
    >>> rows = np.array([[0, 0], [-77, 39], [-76.6, 39.3], [-76, 39.3]])
    >>> placeholder_rows(rows, (-76.7, 39.2, -76.5, 39.4)).tolist()
    [True, True, False, False]
    """
    known = np.asarray(np.isfinite(lonlat).all(axis=1))
    safe = np.where(known[:, None], lonlat, 0.5)
    west, south, east, north = near
    inside = (safe[:, 0] >= west) & (safe[:, 0] <= east) & (safe[:, 1] >= south) & (safe[:, 1] <= north)
    nowhere = (np.abs(safe) < _NOWHERE_DEG).all(axis=1)
    whole = (np.abs(safe - np.round(safe)) < _WHOLE_DEG).all(axis=1)
    _, spot, repeats = np.unique(np.round(safe, 6), axis=0, return_inverse=True, return_counts=True)
    shared = repeats[spot.reshape(-1)] >= max(_LEAST_REPEATS, _LEAST_SHARE * len(safe))
    return np.asarray(known & (nowhere | (~inside & (whole | shared))))


def swapped_rows(lonlat: Floats, near: Box) -> npt.NDArray[np.bool_]:
    """Tell which positions lie in a box only when longitude and latitude change places.

    Parameters
    ----------
    lonlat : (n, 2) array
        As given; rows with nan are none.
    near : tuple of float
        West, south, east, north.

    Examples
    --------
    >>> swapped_rows(np.array([[39.3, -76.6], [-76.6, 39.3]]), (-76.7, 39.2, -76.5, 39.4)).tolist()
    [True, False]
    """
    west, south, east, north = near

    def within(x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))

    return within(lonlat[:, 1], lonlat[:, 0]) & ~within(lonlat[:, 0], lonlat[:, 1])
