"""Large doors shared out: a tower's households at several points beside its door, so that grids can divide them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from grid_partition.atoms import SAME_PLACE
from grid_partition.doors import split_evenly

__all__ = ["DoorShares", "share_doors"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Metres between the shares of a door: atoms tell places apart that are farther from each other than `SAME_PLACE`.
STEP = 1.0


class DoorShares(NamedTuple):
    """Points that stand for doors.

    Attributes
    ----------
    xy : (m, 2) float64
    households : (m,) int64
    """

    xy: Floats
    households: Ints


def share_doors(
    xy: npt.ArrayLike,
    households: npt.ArrayLike,
    within: npt.ArrayLike,
    polygons: npt.ArrayLike,
    *,
    most: int,
    share: int | None = None,
) -> DoorShares:
    """Merge doors of one place, and spread those with more than `most` households over points beside them.

    Parameters
    ----------
    xy : (n, 2) array of float
        Doors, metric CRS.
    households : (n,) array of int
    within : (n,) array of int
        Polygon that each door lies in; its shares stay inside.
    polygons : (p,) array of Polygon or MultiPolygon
    most : int
        Households of a door that stays whole at most.
    share : int, optional
        Households of a share at most; `most` when not given.

    Returns
    -------
    DoorShares
        Every household once, doors without households left out.

    Examples
    --------
    >>> share_doors([[5, 5]], [25], [0], [shapely.box(0, 0, 10, 10)], most=12).households.tolist()
    [9, 8, 8]
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    load, home = np.asarray(households, dtype=np.int64), np.asarray(within, dtype=np.int64)
    grounds = np.asarray(polygons, dtype=object)
    order = np.lexsort((points[:, 1], points[:, 0], home))
    keys = np.column_stack([home, np.floor(points / SAME_PLACE)])[order]
    _, first, door = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    total = np.bincount(door.ravel(), weights=load[order], minlength=len(first)).astype(np.int64)
    lead = order[first]
    taken = {tuple(key) for key in np.floor(points[lead] / SAME_PLACE).tolist()}
    places: list[list[float]] = []
    counts: list[int] = []
    for row, many in zip(lead.tolist(), total.tolist(), strict=True):
        shares = -(-many // (share or most)) if many > most else min(many, 1)
        if shares:
            found = [points[row].tolist(), *_beside(points[row], shares - 1, grounds[home[row]], taken)]
            places += found
            counts += split_evenly(many, len(found))
    return DoorShares(np.array(places, dtype=np.float64).reshape(-1, 2), np.array(counts, dtype=np.int64))


def _beside(door: Floats, count: int, ground: shapely.Geometry, taken: set[tuple[float, float]]) -> list[list[float]]:
    """Return the nearest free points around a door, fewer where the ground has no room."""
    if not count:
        return []
    reach = int(np.ceil(np.sqrt(count))) + 4
    steps = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1) * STEP] * 2), axis=-1).reshape(-1, 2)
    steps = steps[np.lexsort((steps[:, 0], -steps[:, 1], np.hypot(*steps.T).round(6)))][1:]
    places = door + steps
    found: list[list[float]] = []
    for place in places[shapely.contains_xy(ground, places)].tolist():
        key = (float(np.floor(place[0] / SAME_PLACE)), float(np.floor(place[1] / SAME_PLACE)))
        if key not in taken:
            taken.add(key)
            found.append(place)
            if len(found) == count:
                break
    return found
