"""What the grids of one block should have: an even share of what overfilled and closed grids leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.measure import group_sums
from grid_partition.islands import OWN_REGION

__all__ = ["Wanted", "wanted_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Share of the tolerance that holds where the limits can't be kept.
TIGHT = 0.3
#: A hair of slack: 10 % of 300 is no binary number.
HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class Wanted:
    """Demand wanted of the grids of one block.

    Attributes
    ----------
    mean, low, high : float
        Wanted of a grid, and the least and most that it may have.
    full : int
        Grids that one unit, or units fixed to one grid, overfill.
    shut : int
        Closed grids.
    """

    mean: float
    low: float
    high: float
    full: int
    shut: int


def wanted_of(
    load: Floats, fixed: Ints, k: int, *, limits: tuple[float, float] | None, tolerance: float, closed: bool
) -> Wanted:
    """Share out evenly what a block has beyond the grids that are overfilled or closed.

    Where the share lies within the limits, these hold; beyond them a tighter range about the share does: what no
    partition can bring inside is to be even at least.

    Parameters
    ----------
    load : (m,) float64
        Demand of each unit of the block, above zero in all.
    fixed : (m,) int64
        Units of one number stay in one grid; -1 is free.
    k : int
        Grids of the block.
    limits : (low, high), optional
        Demand that a grid may have.
    tolerance : float
    closed : bool
        Grids with fixed units take no others.

    Returns
    -------
    Wanted

    Examples
    --------
    >>> import numpy as np
    >>> wanted_of(np.r_[200.0, np.ones(90)], np.full(91, -1), 4, limits=(60, 80), tolerance=0.1, closed=False).mean
    30.0
    """
    names, group = np.unique(fixed[fixed >= 0], return_inverse=True)
    bundle = group_sums(group.ravel().astype(np.int64), load[fixed >= 0], len(names))
    shut = int((names < OWN_REGION).sum()) if closed else 0
    if not 0 < shut < k:
        shut = 0
    if shut:
        bundle = bundle[names >= OWN_REGION]
    heavy = np.sort(np.r_[bundle, load[fixed < 0]])[::-1]
    # summed from the lightest up: what giants leave must not drown in their digits
    rest = np.r_[np.cumsum(heavy[::-1])[::-1], 0.0]
    full = 0
    usual = float(np.median(load[load > 0.0]))
    while True:
        free, mean = k - shut - full, float(rest[full]) / (k - shut - full)
        # at least as wide as a unit: where no grid can hit it, the search would sacrifice some for the others
        wide = tolerance * mean
        wide = max(TIGHT * wide, min(wide, usual))
        low, high = mean - wide, mean + wide
        if limits is not None and limits[0] * (1.0 - HAIR) <= mean <= limits[1] * (1.0 + HAIR):
            low, high = limits
        # a rest of nothing can't be shared out
        if free == 1 or rest[full] <= 0.0 or heavy[full] <= high * (1.0 + HAIR) or rest[full + 1] <= 0.0:
            return Wanted(mean, low, high, full, shut)
        full += 1
