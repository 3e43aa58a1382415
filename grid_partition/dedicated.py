"""Dedicated grids: several over one footprint by floor, or one over several small buildings, grouped in zones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidInputError
from grid_partition.accept import accept_numbers, accept_places, accept_polygons
from grid_partition.allocate import nearest_count

__all__ = ["DedicatedGrid", "DedicatedGrids", "dedicated_grids", "floor_conflicts"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DedicatedGrid:
    """One grid of office towers or a compound.

    Attributes
    ----------
    zone : int
    buildings : tuple of int
        One when the grid is some floors of a building, more when it is whole small ones.
    floors : (lowest, highest)
        Of the building that is cut; None for whole buildings.
    load : float
        Companies, households or desks.
    """

    zone: int
    buildings: tuple[int, ...]
    floors: tuple[int, int] | None
    load: float


@dataclass(frozen=True, slots=True)
class DedicatedGrids:
    """Dedicated grids of all zones.

    Attributes
    ----------
    labels : (n,) int64
        Grid of each floor.
    grids : list of DedicatedGrid
        Zone by zone.
    unfit : list of (grid, why)
        Grids outside the band.
    """

    labels: Ints
    grids: list[DedicatedGrid]
    unfit: list[tuple[int, str]]


def dedicated_grids(
    building: npt.ArrayLike,
    floor: npt.ArrayLike,
    load: npt.ArrayLike,
    *,
    xy: npt.ArrayLike,
    zone: npt.ArrayLike | None = None,
    target: float = 60.0,
    band: tuple[float, float] = (40.0, 90.0),
) -> DedicatedGrids:
    """Turn floors of buildings into grids.

    A building above the band is cut between floors, as evenly as floors allow; buildings below it join the nearest
    building of their zone that has room. No grid crosses zones, and none takes part of two buildings.

    Parameters
    ----------
    building, floor : (n,) array of int
        One row for each floor; rows of one floor of a building are added up by being listed once only.
    load : (n,) array of float
        What to balance on each floor.
    xy : (n, 2) array of float
        Place of the building of each row, metric CRS.
    zone : (n,) array of int, optional
        Zone of the building of each row; one zone when not given.
    target : float
    band : (low, high)

    Returns
    -------
    DedicatedGrids

    Raises
    ------
    InvalidInputError
        A floor is listed twice, a building lies in two zones, or the numbers can't be meant.

    Examples
    --------
    >>> found = dedicated_grids([7] * 6, range(1, 7), [20] * 6, xy=[[0, 0]] * 6)
    >>> [grid.floors for grid in found.grids]
    [(1, 3), (4, 6)]
    """
    house, level = np.asarray(building, dtype=np.int64), np.asarray(floor, dtype=np.int64)
    weight = accept_numbers(load, "load", len(house))
    district = np.zeros(len(house), dtype=np.int64) if zone is None else np.asarray(zone, dtype=np.int64)
    place = accept_places(xy, "xy")
    _accept(house, level, district, place, band, target)
    labels = np.full(len(house), -1, dtype=np.int64)
    grids: list[DedicatedGrid] = []
    for z in np.unique(district).tolist():
        rows_of = {int(b): np.flatnonzero((house == b) & (district == z)) for b in np.unique(house[district == z])}
        for rows, grid in _zone_grids(z, rows_of, level, weight, place, target=target, band=band):
            labels[rows] = len(grids)
            grids.append(grid)
    return DedicatedGrids(labels, grids, _explained(grids, band))


def _zone_grids(
    zone: int,
    rows_of: dict[int, Ints],
    level: Ints,
    weight: Floats,
    place: Floats,
    *,
    target: float,
    band: tuple[float, float],
) -> Iterator[tuple[Ints, DedicatedGrid]]:
    """Yield the grids of one zone with their rows: small buildings joined first, then floors of the large ones."""
    total = {b: float(weight[rows].sum()) for b, rows in rows_of.items()}
    small = [b for b in rows_of if total[b] <= band[1]]
    where = {b: place[rows_of[b][0]] for b in small}
    for buildings in _joined(small, total, where, band):
        rows = np.concatenate([rows_of[b] for b in buildings])
        yield rows, DedicatedGrid(zone, tuple(sorted(buildings)), None, sum(total[b] for b in buildings))
    for b in sorted(set(rows_of) - set(small)):
        rows = rows_of[b][np.argsort(level[rows_of[b]])]
        for part in _storeys(weight[rows], nearest_count(total[b], target)):
            mine = rows[part]
            span = (int(level[mine[0]]), int(level[mine[-1]]))
            yield mine, DedicatedGrid(zone, (b,), span, float(weight[mine].sum()))


def floor_conflicts(
    footprints: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, *, least: float = 0.01
) -> list[tuple[int, int]]:
    """Find pairs of grids that hold the same floors of the same ground.

    Parameters
    ----------
    footprints : (n,) array of Polygon or MultiPolygon
        Metric CRS.
    low, high : (n,) array of float
        Lowest and highest floor; nan for whole buildings, which are all floors.
    least : float
        Square metres that two footprints may share, for rounding.

    Returns
    -------
    list of (int, int)
        Positions, the lower one first.

    Examples
    --------
    >>> import shapely
    >>> tower = [shapely.box(0, 0, 9, 9)] * 3
    >>> floor_conflicts(tower, [1, 4, 5], [3, 5, 9])
    [(1, 2)]
    """
    shapes = accept_polygons(footprints, "footprints")
    bottom = np.nan_to_num(np.asarray(low, dtype=np.float64), nan=-np.inf)
    top = np.nan_to_num(np.asarray(high, dtype=np.float64), nan=np.inf)
    if not len(shapes) == len(bottom) == len(top):
        raise InvalidInputError("Each footprint needs its lowest and highest floor.", field="low")
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    stacked = (first < second) & (bottom[first] <= top[second]) & (bottom[second] <= top[first])
    first, second = first[stacked], second[stacked]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second])) > least
    return sorted(zip(first[shared].tolist(), second[shared].tolist(), strict=True))


def _accept(house: Ints, level: Ints, district: Ints, place: Floats, band: tuple[float, float], target: float) -> None:
    if not 0 < band[0] <= target <= band[1]:
        raise InvalidInputError(f"The band {band[0]:g}-{band[1]:g} must hold the target {target:g}.", field="band")
    if not len(house) == len(level) == len(district) == len(place) or not np.isfinite(place).all():
        raise InvalidInputError("building, floor, zone and xy need one finite value for each row.", field="building")
    pairs, count = np.unique(np.stack([house, level]), axis=1, return_counts=True)
    if (count > 1).any():
        b, f = pairs[:, count > 1].T[0].tolist()
        raise InvalidInputError(f"Floor {f} of building {b} is listed twice.", field="floor", building=b, floor=f)
    zones = np.unique(np.stack([house, district]), axis=1)[0]
    torn = zones[1:][zones[1:] == zones[:-1]]
    if len(torn):
        raise InvalidInputError(f"Building {int(torn[0])} lies in two zones.", field="zone", building=int(torn[0]))


def _joined(
    small: list[int], total: dict[int, float], where: dict[int, Floats], band: tuple[float, float]
) -> list[list[int]]:
    """Join buildings below the band, lightest first, to the nearest group with room."""
    groups = {b: [b] for b in small}
    load = {b: total[b] for b in small}
    centre = dict(where)
    waiting = {b for b in small if load[b] < band[0]}
    while waiting:
        light = min(waiting, key=lambda b: (load[b], b))
        waiting.discard(light)
        hosts = [b for b in groups if b != light and load[b] + load[light] <= band[1]]
        if not hosts:
            continue
        host = min(hosts, key=lambda b: (round(float(np.hypot(*(centre[b] - centre[light]))), 3), load[b], b))
        groups[host] += groups.pop(light)
        load[host] += load.pop(light)
        centre[host] = np.mean([where[b] for b in groups[host]], axis=0)
        if load[host] >= band[0]:
            waiting.discard(host)
    return [groups[b] for b in sorted(groups)]


def _storeys(load: Floats, k: int) -> list[slice]:
    """Cut floors into k runs with the least sum of squared loads.

    References
    ----------
    Bellman (1957), Dynamic Programming, chapter 1.
    """
    n = len(load)
    k = min(k, n)
    ahead = np.r_[0.0, np.cumsum(load)]
    best = np.full((k + 1, n + 1), np.inf)
    best[0, 0] = 0.0
    came = np.zeros((k + 1, n + 1), dtype=np.int64)
    for part in range(1, k + 1):
        for end in range(part, n + 1):
            cost = best[part - 1, :end] + (ahead[end] - ahead[:end]) ** 2
            came[part, end] = int(np.argmin(cost))
            best[part, end] = cost[came[part, end]]
    cuts, end = [n], n
    for part in range(k, 0, -1):
        end = int(came[part, end])
        cuts.append(end)
    return [slice(a, b) for a, b in zip(cuts[::-1][:-1], cuts[::-1][1:], strict=True)]


def _explained(grids: list[DedicatedGrid], band: tuple[float, float]) -> list[tuple[int, str]]:
    found = []
    for number, grid in enumerate(grids):
        if band[0] <= grid.load <= band[1]:
            continue
        if grid.floors is not None:
            floors = f"floor {grid.floors[0]}" if grid.floors[0] == grid.floors[1] else "its floors"
            why = f"Building {grid.buildings[0]}: {floors} cannot be shared out within {band[0]:g} to {band[1]:g}."
        else:
            why = f"Zone {grid.zone} has no building with room for {grid.load:g} more."
        found.append((number, why))
    return found
