"""How many grids each connected part of each parent gets, and which parts are too small for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from gis.measure import group_sums

__all__ = ["Allocation", "Parts", "allocate", "nearest_count"]

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
    infeasible : list of (parent position, k, demand per grid)
    """

    count: Ints
    mean: Floats
    aim: Floats
    infeasible: list[tuple[int, int, float]]


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


def allocate(
    parts: Parts, *, grids: int | None, target: float | None, band: tuple[float, float], closed: bool = False
) -> Allocation:
    """Give each part its number of grids.

    Parameters
    ----------
    parts : Parts
    grids : int, optional
        Number of grids over all parents, or
    target : float, optional
        demand of one grid.
    band : (low, high)
        Demand that a grid may have; a part below ``low`` joins a grid of another part of its parent.
    closed : bool
        Fixed grids take no further units: the target is for what they leave.

    Returns
    -------
    Allocation
    """
    parents = int(parts.parent.max()) + 1
    seat = _seats(parts, band[0], grids)
    carried = _carried_demand(parts, seat, parents)
    if grids is not None:
        count = _shared_out(parts, seat, carried, grids)
    else:
        count = np.zeros(len(seat), dtype=np.int64)
        for p in np.flatnonzero(seat):
            shut, held = (int(parts.least[p]), float(parts.held[p])) if closed else (0, 0.0)
            full = shut + int(parts.giants[p])
            left = float(carried[p]) - held - float(parts.giant_demand[p])
            count[p] = full + (nearest_count(left, float(target or 0.0)) if left > 0.0 or not full else 0)
        count = np.where(seat, np.clip(count, np.maximum(1, parts.least), parts.units), 0)
    of_parent = group_sums(parts.parent, parts.demand, parents)
    seats = group_sums(parts.parent, count, parents).astype(np.int64)
    mean, of_free, free = of_parent / seats, of_parent, seats
    if grids is None:
        # a grid that one unit overfills says nothing of what the others should have
        giants = group_sums(parts.parent, parts.giants, parents).astype(np.int64)
        rest = of_parent - group_sums(parts.parent, parts.giant_demand, parents)
        some = (giants < seats) & (rest > 0.0)
        of_free, free = np.where(some, rest, of_parent), np.where(some, seats - giants, seats)
    units = group_sums(parts.parent, parts.units, parents)
    return Allocation(count, mean, of_free / free, _explain(of_free, free, units, band))


def _seats(parts: Parts, low: float, grids: int | None) -> Bools:
    """Mark the parts that get grids of their own: big enough, or the biggest of their parent."""
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
    spare = by_demand[seat[by_demand] & ~held[by_demand]]
    seat[spare[grids - len(first) :]] = False
    # islands carry grids, too, where the rest has too few units for all
    for p in by_demand[~seat[by_demand]].tolist():
        if parts.units[seat].sum() >= grids:
            break
        seat[p] = True
    return seat


def _carried_demand(parts: Parts, seat: Bools, parents: int) -> Floats:
    """Add the demand of parts without grids to the biggest seat of their parent."""
    loose = group_sums(parts.parent[~seat], parts.demand[~seat], parents)
    order = np.lexsort((-parts.demand, ~seat, parts.parent))
    first = order[np.r_[True, np.diff(parts.parent[order]) > 0]]
    carried = np.where(seat, parts.demand, 0.0)
    carried[first] += loose
    return carried


def _shared_out(parts: Parts, seat: Bools, carried: Floats, grids: int) -> Ints:
    """Share a fixed number of grids by demand, one at a time to the part that needs it most."""
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
    mean = carried.sum() / grids
    ideal = carried / mean if mean > 0 else parts.area / parts.area.sum() * grids
    count = np.clip(np.floor(ideal).astype(np.int64), floor, room)
    while count.sum() != grids:
        step = 1 if count.sum() < grids else -1
        may = seat & (count < room if step > 0 else count > floor)
        # the part whose mean moves nearest to the common mean by one grid more or less
        need = np.where(may, step * (ideal - count), -np.inf)
        count[int(np.argmax(need))] += step
    return np.asarray(count, dtype=np.int64)


def _explain(of_parent: Floats, seats: Ints, units: Floats, band: tuple[float, float]) -> list[tuple[int, int, float]]:
    """List parents whose mean lies outside the band, with both nearest numbers of grids."""
    low, high = band
    found: list[tuple[int, int, float]] = []
    for p, (demand, k) in enumerate(zip(of_parent.tolist(), seats.tolist(), strict=True)):
        mean = demand / k
        if demand <= 0.0 or low * (1 - 1e-9) <= mean <= high * (1 + 1e-9):
            continue
        other = k + 1 if mean > high else k - 1
        found.extend((p, n, demand / n) for n in sorted((k, other)) if 0 < n <= units[p])
    return found
