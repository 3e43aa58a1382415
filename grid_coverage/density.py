"""How far a camera tells things apart: range by pixel density.

A camera sees farther than it can tell anything apart. Density falls with distance, so every level of a standard
has its own range, mostly far below the one on the data sheet.

References
----------
IEC 62676-4:2025, Video surveillance systems for use in security applications, part 4: application guidelines
(levels overview to scrutinise); IEC 62676-4:2014 (detect, observe, recognise, identify), which it replaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidInputError

OODPCVS: Mapping[str, float] = MappingProxyType(
    {
        "overview": 20.0,
        "outline": 40.0,
        "discern": 80.0,
        "perceive": 125.0,
        "characterise": 250.0,
        "validate": 500.0,
        "scrutinise": 1500.0,
    }
)
"""Levels of the 2025 edition, pixels per metre."""

DORI: Mapping[str, float] = MappingProxyType({"detect": 25.0, "observe": 62.5, "recognise": 125.0, "identify": 250.0})
"""Levels of the 2014 edition, pixels per metre."""

HALF_TURN = 180.0


def range_at_density(sensor_px: ArrayLike, hfov: ArrayLike, density: ArrayLike) -> NDArray[np.float64]:
    """Return the distance up to which a camera keeps a pixel density.

    Parameters
    ----------
    sensor_px : (n,) array of float or float
        Pixels across the picture; nan = unknown.
    hfov : (n,) array of float or float
        Field of view of the lens in degrees, above 0 up to 360. Below 180 the picture is flat; from there on
        it is taken to be a panorama, whose pixels are spread evenly over the arc. For a PTZ give the lens, not
        the reachable circle.
    density : (n,) array of float or float
        Pixels per metre, above 0, from `OODPCVS` or `DORI`.

    Returns
    -------
    (n,) float64
        Metres; nan where the sensor is unknown.

    Raises
    ------
    InvalidInputError
        A number is out of bounds.

    Examples
    --------
    >>> range_at_density(1920, 60, [DORI["identify"], DORI["detect"], OODPCVS["discern"]]).round(1).tolist()
    [6.7, 66.5, 20.8]
    """
    pixels, width, level = np.broadcast_arrays(
        np.atleast_1d(np.asarray(sensor_px, dtype=np.float64)),
        np.asarray(hfov, dtype=np.float64),
        np.asarray(density, dtype=np.float64),
    )
    for field, wrong in (
        ("sensor_px", (pixels <= 0) | np.isinf(pixels)),
        ("hfov", ~((width > 0) & (width <= 360))),
        ("density", ~((level > 0) & np.isfinite(level))),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InvalidInputError(f"Row {row}: {field} is out of bounds.", row=row, field=field)
    flat = 2.0 * np.tan(np.radians(np.minimum(width, HALF_TURN - 1e-9)) / 2.0)
    return np.asarray(pixels / (level * np.where(width < HALF_TURN, flat, np.radians(width))))


def useful_range(
    max_range: ArrayLike, sensor_px: ArrayLike, hfov: ArrayLike, *, level: float = OODPCVS["discern"]
) -> NDArray[np.float64]:
    """Shorten ranges to where a level of detail is kept.

    Parameters
    ----------
    max_range : (n,) array of float or float
        Range of each camera, metres.
    sensor_px, hfov : (n,) array of float or float
        As in `range_at_density`.
    level : float
        Pixels per metre. *Discern* tells a person from a thing but not who it is, and is the most that public
        places are planned for.

    Returns
    -------
    (n,) float64
        Metres; where the sensor is unknown, the range as given.
    """
    return np.fmin(np.asarray(max_range, dtype=np.float64), range_at_density(sensor_px, hfov, level))
