"""The two shifted datums of mainland map providers, GCJ-02 and BD-09, forward and inverse.

Callers go through `gis.crs`; this module holds the formulas only.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]

#: Krasovsky 1940, as the GCJ-02 formula uses it.
_GCJ_A = 6378245.0
_GCJ_EE = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0
_INVERSE_STEPS = 12
#: About a tenth of a millimetre.
_INVERSE_DONE_DEG = 1e-9


@lru_cache(maxsize=1)
def _mainland() -> shapely.Geometry:
    text = resources.files("gis").joinpath("data/mainland_china.wkt").read_text(encoding="ascii")
    outline = shapely.from_wkt(text)
    shapely.prepare(outline)
    return outline


def in_mainland_china(lonlat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Tell which points lie in mainland China, where map providers shift coordinates.

    The outline (Natural Earth, public domain, generalised, with about 10 km of sea) leaves out Hong Kong,
    Macao and Taiwan; within some hundred metres of a land border it may err.

    Parameters
    ----------
    lonlat : (n, 2) array
        Degrees.

    Returns
    -------
    (n,) bool array
    """
    points = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    return np.asarray(shapely.intersects_xy(_mainland(), points[:, 0], points[:, 1]), dtype=bool)


def _gcj_offset(lonlat: Floats) -> Floats:
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    wave = (20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)) * 2 / 3
    dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    dlat += (20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    dlat += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    dlon += (20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    dlon += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    lat = np.radians(lonlat[:, 1])
    magic = 1 - _GCJ_EE * np.sin(lat) ** 2
    dlat = np.degrees(dlat * magic**1.5 / (_GCJ_A * (1 - _GCJ_EE)))
    dlon = np.degrees(dlon * np.sqrt(magic) / (_GCJ_A * np.cos(lat)))
    return np.column_stack([dlon, dlat])


def wgs84_to_gcj02(lonlat: npt.ArrayLike) -> Floats:
    """Shift WGS-84 points as mainland map providers do; points outside the mainland stay.

    Parameters
    ----------
    lonlat : (n, 2) array
        Degrees, WGS-84.

    Returns
    -------
    (n, 2) array
        Degrees, GCJ-02 inside mainland China.
    """
    points = np.array(lonlat, dtype=float).reshape(-1, 2)
    inside = in_mainland_china(points)
    points[inside] += _gcj_offset(points[inside])
    return points


def gcj02_to_wgs84(lonlat: npt.ArrayLike) -> Floats:
    """Undo the GCJ-02 shift by fixed-point iteration (error far below 0.1 m).

    The shift has no closed inverse; it varies slowly, so ``p -= forward(p) - given`` contracts fast.

    Parameters
    ----------
    lonlat : (n, 2) array
        Degrees, GCJ-02.

    Returns
    -------
    (n, 2) array
        Degrees, WGS-84; points outside mainland China unchanged.
    """
    given = np.array(lonlat, dtype=float).reshape(-1, 2)
    point = given.copy()
    for _ in range(_INVERSE_STEPS):
        step = point + _gcj_offset(point) - given
        point -= step
        if not len(step) or np.nanmax(np.abs(step)) < _INVERSE_DONE_DEG:
            break
    inside = in_mainland_china(point)
    return np.where(inside[:, None], point, given)


def gcj02_to_bd09(lonlat: npt.ArrayLike) -> Floats:
    """Shift GCJ-02 points to Baidu's BD-09; points outside mainland China stay.

    Parameters
    ----------
    lonlat : (n, 2) array
        Degrees, GCJ-02.

    Returns
    -------
    (n, 2) array
        Degrees, BD-09.
    """
    points = np.array(lonlat, dtype=float).reshape(-1, 2)
    inside = in_mainland_china(gcj02_to_wgs84(points))
    points[inside] = _bd_forward(points[inside])
    return points


def _bd_forward(points: Floats) -> Floats:
    x, y = points[:, 0], points[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_PI)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def bd09_to_gcj02(lonlat: npt.ArrayLike) -> Floats:
    """Undo Baidu's shift by iteration.

    Parameters
    ----------
    lonlat : (n, 2) array
        Degrees, BD-09.

    Returns
    -------
    (n, 2) array
        Degrees, GCJ-02; points outside mainland China unchanged.
    """
    given = np.array(lonlat, dtype=float).reshape(-1, 2)
    point = given - (0.0065, 0.006)
    for _ in range(_INVERSE_STEPS):
        step = _bd_forward(point) - given
        point -= step
        if not len(step) or np.nanmax(np.abs(step)) < _INVERSE_DONE_DEG:
            break
    inside = in_mainland_china(gcj02_to_wgs84(point))
    return np.where(inside[:, None], point, given)
