"""Coordinate reference systems: the only place of Gridward that reprojects.

Everything is stored as EPSG:4326 with x = longitude. A territory names one metric CRS; geometry goes there
once, is snapped to the 1 cm grid, and comes back once. The formulas of GCJ-02 and BD-09 are in
`gis.shifted_datums`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError

from gis.errors import UnknownCrsError
from gis.shifted_datums import (
    Floats,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_mainland_china,
    wgs84_to_gcj02,
)

Box = tuple[float, float, float, float]
Geometries = Any  # one Geometry or an object array of them: shapely's own overloads are narrower than its behaviour

__all__ = [
    "BD09", "CGCS2000", "GCJ02", "STORAGE_SRID", "WGS84", "Box", "DeclaredCrs", "Floats", "axes_are_swapped",
    "bd09_to_gcj02", "gcj02_to_bd09", "gcj02_to_wgs84", "identify_srid", "in_mainland_china", "parse_declared_crs",
    "snap_cm", "suggest_metric_srid", "to_lonlat", "to_metric", "to_wgs84", "transform", "transform_xy",
    "wgs84_to_gcj02", "xy_to_wgs84",
]  # fmt: skip

STORAGE_SRID = 4326
CGCS2000_SRID = 4490


@dataclass(frozen=True, slots=True)
class DeclaredCrs:
    """What the owner of a file says about its coordinates.

    Parameters
    ----------
    name : str
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` or ``EPSG:<n>``.
    srid : int or None
        EPSG code; None for the two shifted datums, which have none.
    """

    name: str
    srid: int | None

    @property
    def is_lonlat(self) -> bool:
        """Whether the coordinates are degrees."""
        return self.srid is None or bool(_crs(self.srid).is_geographic)


WGS84 = DeclaredCrs("wgs84", STORAGE_SRID)
CGCS2000 = DeclaredCrs("cgcs2000", CGCS2000_SRID)
GCJ02 = DeclaredCrs("gcj02", None)
BD09 = DeclaredCrs("bd09", None)
_NAMED = {declared.name: declared for declared in (WGS84, CGCS2000, GCJ02, BD09)}
_ALIASES = {
    "wgs-84": "wgs84",
    "epsg:4326": "wgs84",
    "epsg:4490": "cgcs2000",
    "gcj-02": "gcj02",
    "bd-09": "bd09",
}


def parse_declared_crs(text: str | None) -> DeclaredCrs:
    """Read a declared CRS.

    Parameters
    ----------
    text : str or None
        ``wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:n``, any case.

    Returns
    -------
    DeclaredCrs

    Raises
    ------
    UnknownCrsError
        Nothing was declared, the name is unknown, or EPSG has no such code.

    Examples
    --------
    >>> parse_declared_crs("EPSG:4547").srid
    4547
    >>> parse_declared_crs("GCJ-02").name
    'gcj02'
    """
    if text is None or not text.strip():
        raise UnknownCrsError(
            "The coordinates come without a reference system. Say which one it is:"
            " --crs wgs84, cgcs2000, gcj02, bd09 or EPSG:<number>. Ask whoever made the file; do not guess."
        )
    name = text.strip().lower()
    name = _ALIASES.get(name, name)
    if name in _NAMED:
        return _NAMED[name]
    match = re.fullmatch(r"(?:epsg:)?(\d{4,6})", name)
    if match is None:
        raise UnknownCrsError(
            f"'{text}' is no known reference system. Use wgs84, cgcs2000, gcj02, bd09 or EPSG:<number>.",
            crs=text,
        )
    srid = int(match.group(1))
    if srid == STORAGE_SRID:
        return WGS84
    if srid == CGCS2000_SRID:
        return CGCS2000
    _crs(srid)
    return DeclaredCrs(f"EPSG:{srid}", srid)


def identify_srid(text: str) -> int | None:
    """Find the EPSG code of a reference system that a file states.

    Parameters
    ----------
    text : str
        ``EPSG:n``, WKT of any dialect, or a PROJ string.

    Returns
    -------
    int or None
        None when EPSG has nothing like it.

    Examples
    --------
    >>> identify_srid("EPSG:4547")
    4547
    """
    try:
        found = pyproj.CRS.from_user_input(text).to_epsg(min_confidence=25)
    except CRSError:
        return None
    return None if found is None else int(found)


@lru_cache(maxsize=64)
def _crs(srid: int) -> Any:  # noqa: ANN401 - pyproj ships no types
    try:
        return pyproj.CRS.from_epsg(srid)
    except CRSError as error:
        raise UnknownCrsError(f"EPSG has no reference system {srid}.", crs=f"EPSG:{srid}") from error


@lru_cache(maxsize=64)
def _transformer(source: int, target: int) -> Any:  # noqa: ANN401 - pyproj ships no types
    return pyproj.Transformer.from_crs(_crs(source), _crs(target), always_xy=True)


@lru_cache(maxsize=64)
def axes_are_swapped(srid: int) -> bool:
    """Whether the official axis order of a system is northing (or latitude) first.

    Parameters
    ----------
    srid : int
        EPSG code.

    Returns
    -------
    bool

    Examples
    --------
    >>> axes_are_swapped(4326), axes_are_swapped(3857), axes_are_swapped(4547)
    (True, False, True)
    """
    return str(_crs(srid).axis_info[0].direction) in ("north", "south")


def transform_xy(xy: npt.ArrayLike, source: int, target: int) -> Floats:
    """Transform coordinates between two EPSG systems.

    Parameters
    ----------
    xy : (n, 2) array
        x = easting or longitude, y = northing or latitude, in `source` (never the official axis order).
    source, target : int
        EPSG codes.

    Returns
    -------
    (n, 2) array
        In `target`.
    """
    points = np.asarray(xy, dtype=float).reshape(-1, 2)
    if source == target or not len(points):
        return points.copy()
    x, y = _transformer(source, target).transform(points[:, 0], points[:, 1])
    return np.column_stack([x, y])


def transform(geometries: Geometries, source: int, target: int) -> Any:  # noqa: ANN401 - scalar or array
    """Transform geometries between two EPSG systems.

    Parameters
    ----------
    geometries : Geometry or (n,) array of Geometry
        In `source`.
    source, target : int
        EPSG codes.

    Returns
    -------
    Geometry or (n,) array of Geometry
        In `target`.
    """
    if source == target:
        return geometries
    return shapely.transform(geometries, lambda xy: transform_xy(xy, source, target))


def snap_cm(values: npt.ArrayLike) -> Floats:
    """Round metres to the 1 cm grid.

    ``round(x * 100) / 100``, not ``round(x / .01) * .01``: the latter differs in the last bit, and shared
    borders then no longer match.

    Parameters
    ----------
    values : array
        Metres.

    Returns
    -------
    array
        The same shape.

    Examples
    --------
    >>> float(snap_cm(1.23499))
    1.23
    """
    return np.round(np.asarray(values, dtype=float) * 100) / 100


def to_metric(geometries: Geometries, metric_srid: int) -> Any:  # noqa: ANN401 - scalar or array
    """Bring stored geometries into a territory's metric CRS, on the 1 cm grid.

    Parameters
    ----------
    geometries : Geometry or (n,) array of Geometry
        EPSG:4326, x = longitude.
    metric_srid : int
        The territory's metric CRS.

    Returns
    -------
    Geometry or (n,) array of Geometry
        Metres, each coordinate a whole number of centimetres.
    """
    return shapely.transform(geometries, lambda xy: snap_cm(transform_xy(xy, STORAGE_SRID, metric_srid)))


def to_lonlat(geometries: Geometries, metric_srid: int) -> Any:  # noqa: ANN401 - scalar or array
    """Bring metric geometries back to EPSG:4326 at full precision.

    Parameters
    ----------
    geometries : Geometry or (n,) array of Geometry
        In `metric_srid`.
    metric_srid : int
        The territory's metric CRS.

    Returns
    -------
    Geometry or (n,) array of Geometry
        EPSG:4326, x = longitude.
    """
    return transform(geometries, metric_srid, STORAGE_SRID)


def suggest_metric_srid(box: Box) -> int:
    """Suggest the metric CRS of a territory: the UTM zone of the middle of its box.

    Parameters
    ----------
    box : (west, south, east, north)
        Degrees.

    Returns
    -------
    int
        EPSG code of a WGS 84 / UTM zone, or of UPS beyond 84° N and 80° S.

    Examples
    --------
    >>> suggest_metric_srid((24.93, 60.16, 24.96, 60.18))
    32635
    """
    west, south, east, north = box
    lon, lat = (west + east) / 2, (south + north) / 2
    if lat > 84:
        return 5041
    if lat < -80:
        return 5042
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


def _declared_xy_to_wgs84(xy: Floats, declared: DeclaredCrs) -> Floats:
    if declared == GCJ02:
        return gcj02_to_wgs84(xy)
    if declared == BD09:
        return gcj02_to_wgs84(bd09_to_gcj02(xy))
    assert declared.srid is not None  # noqa: S101 - only the two shifted datums have none
    return transform_xy(xy, declared.srid, STORAGE_SRID)


def to_wgs84(geometries: Geometries, declared: DeclaredCrs) -> Any:  # noqa: ANN401 - scalar or array
    """Bring geometries of a declared CRS into storage (EPSG:4326, x = longitude).

    Parameters
    ----------
    geometries : Geometry or (n,) array of Geometry
        As the file holds them, x first.
    declared : DeclaredCrs
        What the file's owner says.

    Returns
    -------
    Geometry or (n,) array of Geometry
        EPSG:4326. CGCS2000 equals WGS-84 within about 0.1 m and passes unchanged.
    """
    if declared in (WGS84, CGCS2000):
        return geometries
    return shapely.transform(geometries, lambda xy: _declared_xy_to_wgs84(xy, declared))


def xy_to_wgs84(xy: npt.ArrayLike, declared: DeclaredCrs) -> Floats:
    """Bring coordinates of a declared CRS into storage; see `to_wgs84`.

    Parameters
    ----------
    xy : (n, 2) array
        As the file holds them, x first.
    declared : DeclaredCrs
        What the file's owner says.

    Returns
    -------
    (n, 2) array
        Longitude, latitude in degrees.
    """
    points = np.array(xy, dtype=float).reshape(-1, 2)
    return points if declared in (WGS84, CGCS2000) else _declared_xy_to_wgs84(points, declared)


def meridian_convergence(points: Geometries, metric_srid: int) -> Floats:
    """Tell how far grid north lies from true north at each point.

    Parameters
    ----------
    points : (n,) array of Point, EPSG:4326
    metric_srid : int
        A projected CRS.

    Returns
    -------
    (n,) array of float
        Degrees clockwise from true north to grid north; a heading from true north minus this is a heading from grid
        north.
    """
    lonlat = shapely.get_coordinates(np.asarray(points, dtype=object))
    if not len(lonlat):
        return np.empty(0)
    factors = pyproj.Proj(_crs(metric_srid)).get_factors(lonlat[:, 0], lonlat[:, 1])
    return np.asarray(factors.meridian_convergence, dtype=np.float64)
