"""Numbering of grids within an area: west to east, north to south, and no number twice."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from gis.errors import ConflictError

AREA_DIGITS = 12
SEQUENCE_DIGITS = 3


def reading_order(xy: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Order points as a page is read: rows from north to south, each from west to east.

    Parameters
    ----------
    xy : (n, 2) array of float, metric CRS

    Returns
    -------
    (n,) array of int
        Row numbers of `xy` in reading order. Rows are as high as the points are apart on average.

    Examples
    --------
    >>> reading_order([[10, 0], [0, 1], [0, 10], [10, 11]]).tolist()
    [2, 3, 1, 0]
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if len(points) < 2:
        return np.arange(len(points))
    width, height = np.ptp(points, axis=0)
    rows = max(1, round(np.sqrt(len(points) * max(height, 1.0) / max(width, 1.0))))
    row = np.minimum((points[:, 1].max() - points[:, 1]) * rows // max(height, 1e-9), rows - 1)
    return np.lexsort((points[:, 1], points[:, 0], row))


def next_grid_codes(area_code: str, count: int, used: Iterable[str]) -> list[str]:
    """Return `count` fresh grid codes of an area: its code filled to 12 digits and a number of three digits.

    Parameters
    ----------
    area_code : str
        Up to 12 digits (6 county, 3 town, 3 village).
    count : int
    used : iterable of str
        Every code ever given, retired ones too.

    Returns
    -------
    list of str

    Raises
    ------
    ConflictError
        The area has no numbers left.

    References
    ----------
    Patterned on the 15-digit unit grid code (6+3+3+3).

    Examples
    --------
    >>> next_grid_codes("990001001", 2, ["990001001000007"])
    ['990001001000008', '990001001000009']
    """
    prefix = area_code.ljust(AREA_DIGITS, "0")
    numbers = [
        int(code.removeprefix(prefix))
        for code in used
        if len(code) == len(prefix) + SEQUENCE_DIGITS and code.startswith(prefix)
    ]
    first = max(numbers, default=0) + 1
    last = first + count - 1
    if last >= 10**SEQUENCE_DIGITS:
        raise ConflictError(
            f"Area {area_code} has used {first - 1} grid numbers and needs {count} more, but a number has "
            f"{SEQUENCE_DIGITS} digits. Divide the area into smaller ones.",
            area=area_code,
        )
    return [f"{prefix}{number:0{SEQUENCE_DIGITS}d}" for number in range(first, last + 1)]
