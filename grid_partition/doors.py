"""Put the households of a building at doors: its addresses, or stairs spread over its footprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

#: A staircase serves about this many households; a bigger crowd at one point could not be balanced between grids.
STAIR_HOUSEHOLDS = 20
_SAMPLES_PER_STAIR = 24


@dataclass(frozen=True, slots=True)
class Doors:
    """Places where households are counted.

    Parameters
    ----------
    xy : (d, 2) array
        Metric CRS.
    households : (d,) int array
    building : (d,) int array
        Row of the building, -1 for an address without one.
    address : (d,) int array
        Row of the address, -1 for none.
    stair : (d,) int array
        Number of the stair from 1; 0 where the address is the door.
    """

    xy: Floats
    households: Ints
    building: Ints
    address: Ints
    stair: Ints


def place_doors(
    footprints: Geometries, households: Ints, *, address_xy: Floats, address_building: Ints, loose_households: Ints
) -> Doors:
    """Spread the households of buildings over doors.

    Parameters
    ----------
    footprints : (n,) array of Polygon or MultiPolygon
        Metric CRS.
    households : (n,) int array
        Households of each building.
    address_xy : (m, 2) array
        Metric CRS.
    address_building : (m,) int array
        Row of the building each address belongs to, -1 for none.
    loose_households : (l,) int array
        Households of the addresses without a building, in their order.

    Returns
    -------
    Doors
        The households of each building are kept exactly.
    """
    order = np.lexsort((address_xy[:, 1], address_xy[:, 0], address_building)) if len(address_xy) else np.empty(0, int)
    by_building: dict[int, list[int]] = {}
    for row in order:
        by_building.setdefault(int(address_building[row]), []).append(int(row))
    rows: list[tuple[float, float, int, int, int, int]] = []
    for building in np.flatnonzero(households > 0):
        rows.extend(_doors_of(footprints[building], int(building), int(households[building]), by_building, address_xy))
    loose = np.flatnonzero(address_building < 0)
    for row, count in zip(loose, loose_households, strict=True):
        rows.append((float(address_xy[row, 0]), float(address_xy[row, 1]), int(count), -1, int(row), 0))
    table = np.array(rows, dtype=float).reshape(-1, 6)
    whole = table[:, 2:].astype(np.int64)
    return Doors(table[:, :2], whole[:, 0], whole[:, 1], whole[:, 2], whole[:, 3])


def _doors_of(
    footprint: shapely.Geometry, building: int, households: int, by_building: dict[int, list[int]], address_xy: Floats
) -> list[tuple[float, float, int, int, int, int]]:
    addresses = by_building.get(building, [])
    stairs = -(-households // STAIR_HOUSEHOLDS)
    if addresses and len(addresses) >= stairs:
        doors = addresses[:households]
        counts = split_evenly(households, len(doors))
        return [
            (float(address_xy[row, 0]), float(address_xy[row, 1]), count, building, row, 0)
            for row, count in zip(doors, counts, strict=True)
        ]
    points = stair_points(footprint, stairs)
    counts = split_evenly(households, len(points))
    rows = []
    for number, (point, count) in enumerate(zip(points, counts, strict=True), start=1):
        nearest = -1
        if addresses:
            away = np.hypot(*(address_xy[addresses] - point).T)
            nearest = addresses[int(np.argmin(away))]
        stair = number if len(points) > 1 else 0
        rows.append((float(point[0]), float(point[1]), count, building, nearest, stair))
    return rows


def split_evenly(total: int, parts: int) -> list[int]:
    """Split a count into parts that differ by at most one.

    Parameters
    ----------
    total : int
    parts : int

    Returns
    -------
    list of int
        Larger parts first.

    Examples
    --------
    >>> split_evenly(7, 3)
    [3, 2, 2]
    """
    base, extra = divmod(total, parts)
    return [base + 1] * extra + [base] * (parts - extra)


def stair_points(footprint: shapely.Geometry, count: int) -> Floats:
    """Spread `count` points over a footprint, along its long side.

    Parameters
    ----------
    footprint : Polygon or MultiPolygon
        Metric CRS.
    count : int

    Returns
    -------
    (count, 2) array
        Distinct points inside the footprint, on the 1 cm grid; fewer when it is too small to tell them apart.
    """
    inner = shapely.get_coordinates(shapely.point_on_surface(footprint))
    if count == 1:
        return np.round(inner * 100) / 100
    samples = _inside_grid(footprint, count * _SAMPLES_PER_STAIR)
    if len(samples) < count:
        return np.round(inner * 100) / 100
    centred = samples - samples.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    along = axes[:, -1] if axes[np.argmax(np.abs(axes[:, -1])), -1] > 0 else -axes[:, -1]
    ordered = samples[np.lexsort((samples[:, 1], samples[:, 0], np.round(centred @ along, 3)))]
    chosen = []
    for chunk in np.array_split(ordered, count):
        away = np.hypot(*(chunk - chunk.mean(axis=0)).T)
        chosen.append(chunk[int(np.argmin(away))])
    return np.round(np.array(chosen) * 100) / 100


def _inside_grid(footprint: shapely.Geometry, wanted: int) -> Floats:
    west, south, east, north = shapely.bounds(footprint)
    step = max(float(np.sqrt(shapely.area(footprint) / wanted)), 0.1)
    xs = np.arange(west + step / 2, east, step)
    ys = np.arange(south + step / 2, north, step)
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
    inside = shapely.contains_xy(footprint, grid[:, 0], grid[:, 1])
    return np.asarray(grid[inside], dtype=float)
