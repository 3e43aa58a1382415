"""Set cover: the cheapest choice of cameras that covers a share of what can be covered.

The counterpart of `grid_coverage.placement.place`, which asks what a budget can do. Budgets are halved between what
cannot suffice and what greedy choice needs, each tried with greedy choice and swaps. The certificate prices the
demand by the linear relaxation; whatever its prices, no choice that costs less than the bound covers enough.

References
----------
Toregas, C. et al. (1971), The location of emergency service facilities, Operations Research 19 (set covering).
Wolsey, L. (1982), An analysis of the greedy algorithm for the submodular set covering problem, Combinatorica 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from gis.errors import InvalidInputError
from grid_coverage.placement import Candidates, Demand, Placement, aggregated, place, reachable

CLOSE = 1e-9
"""Share of the target that rounding may leave uncovered."""


@dataclass(frozen=True, slots=True)
class SetCover:
    """The cheapest choice found that covers enough.

    Attributes
    ----------
    placement : Placement
        Which candidates; without a bound of its own.
    target : float
        Weight that was to be covered.
    reached : bool
        False where poles that hold only so many cameras, or the budget, leave less than the target.
    least_cost : float or None
        No choice that costs less covers the target (with ``certify=True``).
    """

    placement: Placement
    target: float
    reached: bool
    least_cost: float | None = None

    @property
    def gap(self) -> float | None:
        """How far the cost may be above the least possible at most, as a share of the cost."""
        if self.least_cost is None:
            return None
        cost = self.placement.cost
        return max(0.0, 1.0 - self.least_cost / cost) if cost > 0 else 0.0


def cover_share(
    candidates: Candidates,
    demand: Demand,
    *,
    share: float = 1.0,
    budget: float = math.inf,
    minimum: ArrayLike | None = None,
    certify: bool = False,
    time_limit: float = 60.0,
) -> SetCover:
    """Choose the cheapest candidates that cover a share of all that the allowed ones can cover.

    Parameters
    ----------
    candidates : Candidates
    demand : Demand
        One piece for each column of `candidates.covers`.
    share : float
        Above 0 and up to 1, of the weight that all allowed candidates together could cover.
    budget : float
        Most that it may cost; where that is too little, what it can do is returned.
    minimum : (a,) array of int, optional
        As for `place`.
    certify : bool
        Also compute `SetCover.least_cost`; groups and minima are left out of it, which holds with them all the more.
    time_limit : float
        Seconds that the certificate may take.

    Returns
    -------
    SetCover

    Raises
    ------
    InvalidInputError
        The share is not above 0 and up to 1, or what `place` refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> covers = csr_array(np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool))
    >>> found = cover_share(Candidates.of(covers), Demand.of([1, 1, 1, 1]), certify=True)
    >>> len(found.placement.chosen), found.least_cost, found.reached
    (2, 2.0, True)
    """
    if not 0 < share <= 1:
        raise InvalidInputError("The share to cover is above 0 and up to 1.", field="cover")
    most = place(candidates, demand, budget=budget, minimum=minimum)
    target = share * reachable(candidates, demand)
    enough = target * (1 - CLOSE)
    least = _least_cost(candidates, demand, target, time_limit) if certify else None
    if most.covered < enough or not len(most.chosen):
        return SetCover(most, target, most.covered >= enough, least)
    best = _cheapest(candidates, demand, most, enough, least or 0.0, minimum)
    return SetCover(best, target, True, least)


def _cheapest(
    candidates: Candidates,
    demand: Demand,
    most: Placement,
    enough: float,
    least: float,
    minimum: ArrayLike | None,
) -> Placement:
    """Halve the budget between what cannot suffice and what is known to."""
    prices = candidates.cost[candidates.allowed]
    # equal prices: budgets are whole numbers of cameras; else they are halved down to a tenth of the cheapest
    step = float(prices.min()) / (1 if np.all(prices == prices[0]) else 10)
    best = most if minimum is not None else _first_enough(candidates, most, enough)
    low, high = max(0, math.ceil(least / step - CLOSE)) - 1, math.ceil(best.cost / step - CLOSE)
    while high - low > 1:
        middle = (low + high) // 2
        tried = place(candidates, demand, budget=middle * step, minimum=minimum)
        if tried.covered >= enough:
            best = min((best, tried), key=lambda found: found.cost)
            high = middle
        else:
            low = middle
    return best


def _first_enough(candidates: Candidates, most: Placement, enough: float) -> Placement:
    """Leave out of a choice, in order of gain, what comes after enough is covered."""
    first = int(np.searchsorted(np.cumsum(most.gain), enough)) + 1 if enough > 0 else 0
    chosen, gain = most.chosen[:first], most.gain[:first]
    return Placement(chosen, gain, float(gain.sum()), most.reachable, float(candidates.cost[chosen].sum()))


def _least_cost(candidates: Candidates, demand: Demand, target: float, time_limit: float) -> float:
    """Bound from below what any choice costs that covers the target.

    For any price of a piece between 0 and its weight, a choice covers at most what is left of the weights above the
    prices plus the prices that it collects (Lagrange). What it must collect then costs at least a fractional knapsack.
    """
    cost = candidates.cost[candidates.allowed]
    table, weight, need = aggregated(candidates.covers[candidates.allowed], demand)
    if table.shape[0] == 0 or table.shape[1] == 0:
        return 0.0
    prices = _shadow_prices(table, cost, (weight, need), target, time_limit)
    found = max(_collected(table, cost, (weight, need), tried, target) for tried in (weight, prices))
    # of equal prices only whole numbers can be bought
    unit = float(cost[0])
    return math.ceil(found / unit - 1e-6) * unit if np.all(cost == unit) else found


def _collected(
    table: csr_array,
    cost: NDArray[np.float64],
    pieces: tuple[NDArray[np.float64], NDArray[np.int64]],
    prices: NDArray[np.float64],
    target: float,
) -> float:
    """Return the least that collecting enough of the prices costs, candidates being divisible."""
    weight, need = pieces
    missing = target * (1 - CLOSE) - float((need * (weight - prices)).sum())
    if missing <= 0:
        return 0.0
    value = table @ prices
    order = np.argsort(-value / cost)
    total = np.cumsum(value[order])
    last = int(np.searchsorted(total, missing))
    if last >= len(order):
        return float(cost.sum())
    before = float(total[last - 1]) if last else 0.0
    part = (missing - before) / value[order[last]]
    return float(cost[order[:last]].sum() + part * cost[order[last]])


def _shadow_prices(
    table: csr_array,
    cost: NDArray[np.float64],
    pieces: tuple[NDArray[np.float64], NDArray[np.int64]],
    target: float,
    time_limit: float,
) -> NDArray[np.float64]:
    """Return what each piece is worth in the linear relaxation, in units of weight; the weights if it has no answer."""
    weight, need = pieces
    chosen, count = table.shape
    # The stubs know dense matrices only.
    result = linprog(  # type: ignore[call-overload]
        np.concatenate([cost, np.zeros(count)]),
        A_ub=vstack(
            [hstack([-table.T, eye_array(count)]), csr_array(np.concatenate([np.zeros(chosen), -weight])[None, :])],
            format="csr",
        ),
        b_ub=np.append(np.zeros(count), -target),
        bounds=np.column_stack([np.zeros(chosen + count), np.concatenate([np.ones(chosen), need])]),
        method="highs-ipm",
        options={"time_limit": time_limit},
    )
    if result.x is None or result.ineqlin.marginals is None:
        return weight
    marginals = -np.asarray(result.ineqlin.marginals, dtype=np.float64)
    if not marginals[-1] > 0:
        return weight
    prices: NDArray[np.float64] = np.clip(marginals[:-1] / marginals[-1], 0.0, weight)
    return prices
