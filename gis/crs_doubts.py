"""Find out when coordinates cannot be in the CRS that was declared for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.crs import Box, DeclaredCrs, Floats

_MILLION = 1_000_000
#: Share of the coordinates that has to agree: a stray row among many must not silence a doubt about all of them.
_MAJORITY = 0.9


@dataclass(frozen=True, slots=True)
class CrsDoubt:
    """A reason not to trust the declared CRS.

    Parameters
    ----------
    code : str
        ``swapped-axes``, ``zone-prefix``, ``projected``, ``outside-earth`` or ``degrees``.
    sentence : str
        What is wrong and what to do.
    suggestion : str or None
        A ``--crs`` value or the word ``swap`` that would fit.
    """

    code: str
    sentence: str
    suggestion: str | None


def zone_srid(zone: int) -> int | None:
    """Name the CGCS2000 Gauss-Krüger system whose eastings start with `zone`.

    Parameters
    ----------
    zone : int
        25-45 are 3° zones (EPSG:4513-4533), 13-23 are 6° zones (EPSG:4491-4501).

    Returns
    -------
    int or None
        EPSG code.

    Examples
    --------
    >>> zone_srid(39), zone_srid(20), zone_srid(7)
    (4527, 4498, None)
    """
    if 25 <= zone <= 45:
        return 4488 + zone
    if 13 <= zone <= 23:
        return 4478 + zone
    return None


def _common_zone(eastings: Floats) -> int | None:
    # no zone number is longer than two digits, and a float beyond int64 has no whole part to count
    zones = np.floor(np.clip(eastings, -_MILLION, 100 * _MILLION) / _MILLION).astype(np.int64)
    inner = eastings % _MILLION
    numbers, counts = np.unique(zones[(inner > 100_000) & (inner < 900_000)], return_counts=True)
    if not len(counts) or counts.max() < _MAJORITY * len(eastings):
        return None
    zone = int(numbers[counts.argmax()])
    return zone if zone_srid(zone) else None


def doubt_coordinates(xy: npt.ArrayLike, declared: DeclaredCrs, *, near: Box | None = None) -> CrsDoubt | None:
    """Look at coordinates before they are transformed.

    Parameters
    ----------
    xy : (n, 2) array
        As the file holds them.
    declared : DeclaredCrs
        What the file's owner says.
    near : (west, south, east, north), optional
        Box in degrees of what is already known; used to see swapped axes below 90°.

    Returns
    -------
    CrsDoubt or None
        None when nothing speaks against the declared CRS.
    """
    points = np.asarray(xy, dtype=float).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    return _doubt_degrees(points, near) if declared.is_lonlat else _doubt_metres(points, declared)


def _doubt_degrees(points: Floats, near: Box | None) -> CrsDoubt | None:
    x, y = points[:, 0], points[:, 1]
    if float(np.median(np.abs(points))) > 1000:
        return _doubt_projected(points)
    latitudes_off = float(np.mean(np.abs(y) > 90))
    if latitudes_off > 0.5 and float(np.mean(np.abs(x) <= 90)) > 0.5:
        return _swapped("The second coordinate goes beyond 90°, so it cannot be a latitude")
    if float(np.mean((np.abs(x) > 180) | (np.abs(y) > 90))) > 0.5:
        return CrsDoubt(
            "outside-earth",
            "Most coordinates lie outside the earth (|longitude| > 180 or |latitude| > 90).",
            None,
        )
    if near is not None and _share_inside(y, x, near) > 0.5 > _share_inside(x, y, near):
        return _swapped("The coordinates fall into the territory only when latitude and longitude change places")
    return None


def _doubt_metres(points: Floats, declared: DeclaredCrs) -> CrsDoubt | None:
    x, y = points[:, 0], points[:, 1]
    if float(np.mean((np.abs(x) <= 180) & (np.abs(y) <= 90))) >= _MAJORITY:
        return CrsDoubt("degrees", f"The coordinates look like degrees, but {declared.name} is in metres.", "wgs84")
    for eastings, swapped in ((x, False), (y, True)):
        zone = _common_zone(eastings)
        if zone is None:
            continue
        fits = zone_srid(zone)
        if swapped:
            return _swapped(f"The second coordinate starts with zone number {zone}, so it is the easting")
        if fits != declared.srid:
            return CrsDoubt(
                "zone-prefix",
                f"The eastings start with zone number {zone}, which means EPSG:{fits}, not {declared.name}."
                f" If that is right, pass --crs EPSG:{fits}.",
                f"EPSG:{fits}",
            )
        return None
    return None


def _doubt_projected(points: Floats) -> CrsDoubt:
    for column, swapped in ((0, False), (1, True)):
        zone = _common_zone(points[:, column])
        if zone is not None:
            order = " and the axes are swapped (add --swap-axes)" if swapped else ""
            return CrsDoubt(
                "zone-prefix",
                f"These are metres, not degrees: the eastings start with zone number {zone}, which means"
                f" EPSG:{zone_srid(zone)}{order}. If that is right, pass --crs EPSG:{zone_srid(zone)}.",
                f"EPSG:{zone_srid(zone)}",
            )
    return CrsDoubt(
        "projected",
        "These are metres in some projected system, not degrees. Ask which one and pass --crs EPSG:<number>.",
        None,
    )


def _swapped(why: str) -> CrsDoubt:
    return CrsDoubt("swapped-axes", f"{why}. If the axes are swapped, pass --swap-axes.", "swap")


def _share_inside(lon: Floats, lat: Floats, box: Box) -> float:
    west, south, east, north = box
    pad_x, pad_y = (east - west) * 0.5, (north - south) * 0.5
    inside = (lon >= west - pad_x) & (lon <= east + pad_x) & (lat >= south - pad_y) & (lat <= north + pad_y)
    return float(np.mean(inside))
