"""How many grids each connected part of each parent gets, and which parts are too small for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from gis.measure import group_sums

__all__ = ["Allocation", "Parts", "allocate", "choose_seats", "fitting_count", "nearest_count"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Parts:
    """Connected parts of the parents.

    Attributes
    ----------
    parent : (p,) int64
        Position of the parent of each part.
    demand, area : (p,) float64
    units : (p,) int64
        Number of units.
    least : (p,) int64
        Grids that fixed units alone demand; 0 when none.
    held : (p,) float64
        Demand of fixed units.
    giants : (p,) int64
        Free units that alone have more than a grid may; each will fill a grid of its own.
    giant_demand : (p,) float64
        Theirs.
    """

    parent: Ints
    demand: Floats
    area: Floats
    units: Ints
    least: Ints
    held: Floats
    giants: Ints
    giant_demand: Floats


@dataclass(frozen=True, slots=True)
class Allocation:
    """Grids per part.

    Attributes
    ----------
    count : (p,) int64
        Grids of each part; 0 for a part that joins a grid of another part.
    mean : (parents,) float64
        Demand of a mean grid of each parent.
    aim : (parents,) float64
        Demand that a grid should have: the mean; with a target, grids that one unit overfills left aside.
    """

    count: Ints
    mean: Floats
    aim: Floats


def nearest_count(demand: float, target: float) -> int:
    """Return the number of grids, at least 1, whose mean demand is nearest the target.

    Examples
    --------
    >>> nearest_count(390, 300), nearest_count(430, 300), nearest_count(0, 300)
    (1, 2, 1)
    """
    if target <= 0.0:
        return 1
    few = max(1, int(demand // target))
    return few if abs(demand / few - target) <= abs(demand / (few + 1) - target) else few + 1


def fitting_count(demand: float, target: float, band: tuple[float, float]) -> int:
    """Return the number of grids whose mean is nearest the target, and in the band where that can be.

    Examples
    --------
    >>> fitting_count(470, 300, (240, 480)), fitting_count(470, 300, (270, 330))
    (1, 2)
    """
    count, (low, high) = nearest_count(demand, target), band
    if not low <= target <= high:
        return count  # the band isn't about this target: what is wished for can't be told from it
    least = max(1, int(np.ceil(demand / high - 1e-9)))
    most = int(demand // (low * (1.0 - 1e-9))) if low > 0.0 else max(count, least)
    return min(max(count, least), most) if least <= most else count


def choose_seats(parts: Parts, low: float, grids: int | None) -> Bools:
    """Mark the parts that get grids of their own: big enough, or the biggest of their parent.

    Parameters
    ----------
    parts : Parts
    low : float
        Least demand of a grid.
    grids : int, optional
        Number of grids over all parents, where that was asked for.

    Returns
    -------
    (p,) bool
    """
    order = np.lexsort((-parts.area, -parts.demand, parts.parent))
    first = order[np.r_[True, np.diff(parts.parent[order]) > 0]]
    seat = (parts.demand >= low * (1 - 1e-9)) & (low > 0.0) | (parts.least > 1)
    seat[first] = True
    if grids is None:
        return seat
    if len(first) > grids:
        raise InvalidInputError(
            f"{grids} grids cannot serve {len(first)} parents: each needs at least one.",
            grids=grids,
            parents=len(first),
        )
    held = np.isin(np.arange(len(seat)), first)
    by_demand = np.lexsort((-parts.area, -parts.demand, held))
    need = np.maximum(1, parts.least)
    left = grids - int(need[held | (parts.least > 1)].sum())
    spare = by_demand[seat[by_demand] & ~held[by_demand] & (parts.least[by_demand] <= 1)]
    seat[spare[max(0, left) :]] = False
    # islands carry grids, too, where the rest has too few units for all
    for p in by_demand[~seat[by_demand]].tolist():
        if parts.units[seat].sum() >= grids:
            break
        seat[p] = True
    return seat


def allocate(
    parts: Parts,
    seat: Bools,
    carried: Floats,
    *,
    grids: int | None,
    target: float | None,
    band: tuple[float, float],
    closed: bool = False,
) -> Allocation:
    """Give each part its number of grids.

    Parameters
    ----------
    parts : Parts
    seat : (p,) bool
        Parts with grids of their own, from `choose_seats`.
    carried : (p,) float64
        Demand of each part with that of the parts that join its grids.
    grids : int, optional
        Number of grids over all parents, or
    target : float, optional
        demand of one grid.
    band : (low, high)
        Demand that a grid may have.
    closed : bool
        Fixed grids take no further units: the target is for what they leave.

    Returns
    -------
    Allocation
    """
    parents = int(parts.parent.max()) + 1
    if grids is not None:
        count = _shared_out(parts, seat, carried, grids)
    else:
        count = _by_target(parts, seat, carried, float(target or 0.0), band, closed=closed)
    of_parent = group_sums(parts.parent, parts.demand, parents)
    seats = group_sums(parts.parent, count, parents).astype(np.int64)
    mean, of_free, free = of_parent / seats, of_parent, seats
    if grids is None:
        # a grid that one unit overfills says nothing of what the others should have
        giants = group_sums(parts.parent, parts.giants, parents).astype(np.int64)
        rest = of_parent - group_sums(parts.parent, parts.giant_demand, parents)
        some = (giants < seats) & (rest > 0.0)
        of_free, free = np.where(some, rest, of_parent), np.where(some, seats - giants, seats)
    return Allocation(count, mean, of_free / free)


def _by_target(
    parts: Parts, seat: Bools, carried: Floats, target: float, band: tuple[float, float], *, closed: bool
) -> Ints:
    """Count the grids that come nearest the target, beside those that are closed or that one unit fills."""
    count = np.zeros(len(seat), dtype=np.int64)
    for p in np.flatnonzero(seat).tolist():
        shut, held = (int(parts.least[p]), float(parts.held[p])) if closed else (0, 0.0)
        full = shut + int(parts.giants[p])
        left = float(carried[p]) - held - float(parts.giant_demand[p])
        count[p] = full + (fitting_count(left, target, band) if left > 0.0 or not full else 0)
    return np.where(seat, np.clip(count, np.maximum(1, parts.least), parts.units), 0)


def _shared_out(parts: Parts, seat: Bools, carried: Floats, grids: int) -> Ints:
    """Share a fixed number of grids so that the squares of all deviations from the common mean are least."""
    floor = np.where(seat, np.maximum(1, parts.least), 0)
    room = np.where(seat, parts.units, 0)
    if grids > int(room.sum()):
        raise InvalidInputError(
            f"{grids} grids asked for, but only {int(room.sum())} units can carry one.",
            grids=grids,
            units=int(room.sum()),
        )
    if int(floor.sum()) > grids:
        raise InvalidInputError(
            f"Fixed units and parents need {int(floor.sum())} grids, but {grids} were asked for.", grids=grids
        )
    load = carried if carried.sum() > 0.0 else np.where(seat, parts.area, 0.0)
    count = np.clip(np.floor(load / load.sum() * grids).astype(np.int64), floor, room)
    while True:
        # what one grid more takes off the squares of a part, and what one fewer adds: load² / k is what depends on k
        gain = np.where(seat & (count < room), load**2 / np.maximum(count * (count + 1), 1), -np.inf)
        loss = np.where(seat & (count > floor), load**2 / np.maximum(count * (count - 1), 1), np.inf)
        to, off = int(np.argmax(gain)), int(np.argmin(loss))
        many = int(count.sum())
        if many == grids and gain[to] <= loss[off] * (1.0 + 1e-9):
            return np.asarray(count, dtype=np.int64)
        count[to] += many <= grids
        count[off] -= many >= grids
