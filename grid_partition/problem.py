"""One connected part of one parent, ready for the solver: plain arrays that travel to any process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PartProblem", "csr"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PartProblem:
    """A part to be cut into ``k`` contiguous regions.

    Attributes
    ----------
    indptr, indices, weight : CSR adjacency
        ``weight`` is the price of the shared border in metres.
    atom : (n, 4 + s) float64
        Columns: price of the perimeter, area, demand, 1, soft demands as shares of their mean per grid; where the
        walk has a price, three more: households times x, y and the squared distance, in units of a mean grid.
    k : int
    mean, low, high : float
        Demand wanted, and the range allowed, per region.
    fixed : (n,) int64
        Region that a unit must stay in (0..k-1), -1 when free.
    home : (n,) int64
        Region that a unit starts in, -1 when none.
    churn_price : float
    seed : int
        Seed of this part alone.
    walk_price : float
    closed : int
        The first regions, which take no units beyond their fixed ones and those they start with.
    effort : float
        Share of the usual number of moves; below 1 there is one round only.
    full : int
        Regions that one unit, or units fixed to one region, overfill; ``mean`` is that of the others.
    """

    indptr: Ints
    indices: Ints
    weight: Floats
    atom: Floats
    k: int
    mean: float
    low: float
    high: float
    fixed: Ints
    home: Ints
    churn_price: float
    seed: int
    walk_price: float = 0.0
    closed: int = 0
    effort: float = 1.0
    full: int = 0

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.fixed)

    @property
    def demand(self) -> Floats:
        """Demand of each unit."""
        return self.atom[:, 2]

    @property
    def balance(self) -> Floats:
        """What a start balances: demand, of no unit more than fills a region, or area where there is none at all."""
        demand = self.atom[:, 2]
        if self.high > 0.0:
            demand = np.minimum(demand, self.high)
        return demand if demand.sum() > 0.0 else self.atom[:, 1]

    def edges(self) -> tuple[Ints, Ints]:
        """Return each edge once, as two arrays of ends."""
        row = np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.indptr))
        once = row < self.indices
        return row[once], self.indices[once]


def csr(n: int, first: Ints, second: Ints, weight: Floats) -> tuple[Ints, Ints, Floats]:
    """Turn an edge list into symmetric CSR arrays with sorted columns.

    Parameters
    ----------
    n : int
        Number of nodes.
    first, second : (e,) int64
    weight : (e,) float64

    Returns
    -------
    indptr : (n + 1,) int64
    indices : (2 e,) int64
    weight : (2 e,) float64
    """
    row, column = np.r_[first, second], np.r_[second, first]
    order = np.lexsort((column, row))
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=n), out=indptr[1:])
    return indptr, column[order].astype(np.int64), np.r_[weight, weight][order]
