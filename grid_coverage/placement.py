"""Placement: where the next cameras help most, and how far from the best possible that is.

Greedy choice with exact gains, then swaps of one for one while they help. Both work on a sparse matrix of who
covers what, so an analyst can move a budget and see the answer at once. The certificate comes from the linear
relaxation: its prices bound what any choice within the budget can reach, whatever the solver's tolerance.

References
----------
Church, R. and ReVelle, C. (1974), The maximal covering location problem, Papers in Regional Science 32.
Nemhauser, G., Wolsey, L. and Fisher, M. (1978), An analysis of approximations for maximizing submodular
set functions, Mathematical Programming 14, section 4 (greedy covers at least 1 - 1/e of the best).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from gis.errors import InvalidInputError
from grid_coverage.greedy import choose

SURE = 0.99
"""Share of a candidate in the linear relaxation from which it also starts a choice of its own."""

NOBODY = np.empty(0, dtype=np.int64)
"""A choice that starts from nothing."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Cameras that could be put up.

    Attributes
    ----------
    covers : (c, d) sparse bool
        Which candidate sees which piece of demand.
    cost : (c,) float64
        What each costs, above 0, in the unit of the budget.
    group : (c,) int64
        Number of the pole or wall that each would hang on.
    per_group : int
        How many may share a group.
    allowed : (c,) bool
        False for candidates that must not be chosen (they look into a privacy zone, say).
    area : (c,) int64
        Number of the area (a town, say) that each stands in, for minima; 0 for all when there are none.
    """

    covers: csr_array
    cost: NDArray[np.float64]
    group: NDArray[np.int64]
    per_group: int
    allowed: NDArray[np.bool_]
    area: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        covers: csr_array,
        *,
        cost: ArrayLike = 1.0,
        group: ArrayLike | None = None,
        per_group: int = 1,
        allowed: ArrayLike = True,
        area: ArrayLike = 0,
    ) -> Candidates:
        """Check columns and lay them out; without groups every candidate is its own.

        Raises
        ------
        InvalidInputError
            A length differs, a cost is not above 0, `per_group` is below 1, or an area has a negative number.
        """
        count = covers.shape[0]
        table = csr_array(covers, copy=True)
        table.sum_duplicates()
        table.eliminate_zeros()
        prices = _spread(cost, count, "cost").astype(np.float64)
        wrong = np.flatnonzero(~(np.isfinite(prices) & (prices > 0)))
        if len(wrong):
            raise InvalidInputError(
                f"Candidate {int(wrong[0])}: cost must be above 0.", row=int(wrong[0]), field="cost"
            )
        if per_group < 1:
            raise InvalidInputError("per_group must be at least 1.", field="per_group")
        own = np.arange(count) if group is None else _spread(group, count, "group").astype(np.int64)
        numbers = np.unique(own, return_inverse=True)[1].reshape(-1).astype(np.int64)
        areas = _spread(area, count, "area").astype(np.int64)
        if len(areas) and areas.min() < 0:
            raise InvalidInputError("Areas are numbered from 0.", row=int(np.argmin(areas)), field="area")
        return cls(table, prices, numbers, per_group, _spread(allowed, count, "allowed").astype(bool), areas)


@dataclass(frozen=True, slots=True)
class Demand:
    """What is to be covered.

    Attributes
    ----------
    weight : (d,) float64
        Worth of each piece, once for every camera it needs and gets.
    need : (d,) int64
        How many more cameras each needs: those that already see it are taken off.
    """

    weight: NDArray[np.float64]
    need: NDArray[np.int64]

    @classmethod
    def of(cls, weight: ArrayLike, *, need: ArrayLike = 1, already: ArrayLike = 0) -> Demand:
        """Check columns and take off what is already covered.

        Raises
        ------
        InvalidInputError
            A length differs, or a weight is negative or not finite.
        """
        worth = np.asarray(weight, dtype=np.float64).ravel()
        wrong = np.flatnonzero(~(np.isfinite(worth) & (worth >= 0)))
        if len(wrong):
            raise InvalidInputError(
                f"Demand {int(wrong[0])}: weight must be a finite number, 0 or more.", row=int(wrong[0]), field="weight"
            )
        left = _spread(need, len(worth), "need") - _spread(already, len(worth), "already")
        return cls(worth, np.maximum(0, left).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Placement:
    """Which candidates to put up.

    Attributes
    ----------
    chosen : (p,) int64
        Candidates, in the order in which each helps most once those before it are up.
    gain : (p,) float64
        Weight that each adds then; never rises along the list.
    covered : float
        Weight covered by all of them: the sum of `gain`.
    reachable : float
        Weight that all allowed candidates together could cover.
    cost : float
        What they cost together.
    bound : float or None
        No choice within the budget covers more than this (with ``certify=True``).
    """

    chosen: NDArray[np.int64]
    gain: NDArray[np.float64]
    covered: float
    reachable: float
    cost: float
    bound: float | None = None

    @property
    def gap(self) -> float | None:
        """How far below the bound the placement may be at most, as a share of the bound."""
        if self.bound is None:
            return None
        return max(0.0, 1.0 - self.covered / self.bound) if self.bound > 0 else 0.0


def place(
    candidates: Candidates,
    demand: Demand,
    *,
    budget: float,
    minimum: ArrayLike | None = None,
    certify: bool = False,
    time_limit: float = 60.0,
) -> Placement:
    """Choose candidates that cover the most weight within a budget.

    Parameters
    ----------
    candidates : Candidates
    demand : Demand
        One piece for each column of `candidates.covers`.
    budget : float
        Upper limit of the sum of costs (the number of cameras when each costs 1). Infinite: as many as
        add anything, which is a small set that covers all that can be covered.
    minimum : (a,) array of int, optional
        How many cameras each area of `Candidates.area` gets at least. They come first; what an area can't use
        (nothing there adds anything, or the budget is spent) is left out, so compare with what was placed.
    certify : bool
        Also compute `Placement.bound`; seconds rather than milliseconds. Minima are left out of the bound, which
        holds with them all the more.
    time_limit : float
        Seconds that the certificate may take; a looser bound is given when they pass.

    Returns
    -------
    Placement
        Nothing chosen is an answer: a budget of zero, or nothing left to cover.

    Raises
    ------
    InvalidInputError
        Demand and candidates don't fit each other, or the budget is negative or nan.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> covers = csr_array(np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool))
    >>> found = place(Candidates.of(covers), Demand.of([2, 2, 3, 2]), budget=2, certify=True)
    >>> found.chosen.tolist(), found.covered, round(found.bound, 6)
    ([0, 2], 9.0, 9.0)
    """
    _check(candidates, demand, budget)
    bound, starts = _starts(candidates, demand, float(budget), time_limit if certify else None)
    chosen, gain = _best_choice(candidates, demand, _minima(minimum, candidates), float(budget), starts)
    return Placement(
        chosen=chosen,
        gain=gain,
        covered=float(gain.sum()),
        reachable=reachable(candidates, demand),
        cost=float(candidates.cost[chosen].sum()),
        bound=bound,
    )


def _check(candidates: Candidates, demand: Demand, budget: float) -> None:
    if candidates.covers.shape[1] != len(demand.weight):
        raise InvalidInputError(
            f"Candidates cover {candidates.covers.shape[1]} pieces of demand but {len(demand.weight)} were given.",
            field="demand",
        )
    if not budget >= 0:
        raise InvalidInputError("The budget must be 0 or more.", field="budget")


def _starts(
    candidates: Candidates, demand: Demand, budget: float, time_limit: float | None
) -> tuple[float | None, list[tuple[NDArray[np.int64], bool]]]:
    """Return the bound, if time is given for one, and the choices to go on from: greedy for money, or whatever costs.

    Gain for money alone can be arbitrarily bad when one dear candidate is worth all others.
    """
    starts = [(NOBODY, True)] if len(np.unique(candidates.cost)) < 2 else [(NOBODY, True), (NOBODY, False)]
    if time_limit is None:
        return None, starts
    bound, share = _relaxed(candidates, demand, budget, time_limit)
    return bound, [*starts, (np.flatnonzero(share > SURE), True)]


def _best_choice(
    candidates: Candidates,
    demand: Demand,
    owed: NDArray[np.int64],
    budget: float,
    starts: list[tuple[NDArray[np.int64], bool]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Choose from each start; the best lacks the fewest cameras that areas are owed, then gains the most."""
    rows, columns = candidates.covers, csr_array(candidates.covers.T)
    table = (rows.indptr.astype(np.int64), rows.indices.astype(np.int64))
    back = (columns.indptr.astype(np.int64), columns.indices.astype(np.int64))
    worth = (np.where(demand.need > 0, demand.weight, 0.0), demand.need)
    hang = (candidates.cost, candidates.group, candidates.per_group, candidates.allowed, candidates.area)
    found = [
        choose((table, back), worth, (*hang, owed.copy()), budget, for_money, start) for start, for_money in starts
    ]
    return max(found, key=lambda choice: (-_unmet(owed, candidates.area[choice[0]]), float(choice[1].sum())))


def _spread(values: ArrayLike, count: int, field: str) -> NDArray[np.float64]:
    """Spread a scalar over all rows; refuse another length."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim and array.shape != (count,):
        raise InvalidInputError(f"There are {count} rows but {field} has shape {array.shape}.", field=field)
    return np.broadcast_to(array, (count,)).copy()


def _minima(minimum: ArrayLike | None, candidates: Candidates) -> NDArray[np.int64]:
    """Return what each area is owed, one number for every area that a candidate stands in."""
    areas = int(candidates.area.max()) + 1 if len(candidates.area) else 1
    owed = np.zeros(areas, dtype=np.int64)
    if minimum is not None:
        given = np.asarray(minimum, dtype=np.int64).ravel()
        if len(given) and given.min() < 0:
            raise InvalidInputError("A minimum is 0 cameras or more.", row=int(np.argmin(given)), field="minimum")
        owed = np.zeros(max(areas, len(given)), dtype=np.int64)
        owed[: len(given)] = given
    return owed


def _unmet(owed: NDArray[np.int64], area: NDArray[np.int64]) -> int:
    """Count the cameras that areas lack to their minima."""
    return int(np.maximum(0, owed - np.bincount(area, minlength=len(owed))).sum())


def reachable(candidates: Candidates, demand: Demand) -> float:
    """Weight that all allowed candidates together could cover."""
    count = np.bincount(candidates.covers[candidates.allowed].indices, minlength=len(demand.weight))
    return float((demand.weight * np.minimum(count, demand.need)).sum())


def _relaxed(
    candidates: Candidates, demand: Demand, budget: float, time_limit: float
) -> tuple[float, NDArray[np.float64]]:
    """Bound what any choice within the budget covers, and return each candidate's share in the relaxation.

    For any price of a piece between 0 and its weight, a choice covers at most what is left of the weights
    above the prices, plus the prices that the choice collects: a fractional knapsack (Lagrange). The prices
    come from the linear relaxation; with none, the weights themselves serve.
    """
    cost = candidates.cost[candidates.allowed]
    share = np.zeros(len(candidates.cost))
    table, weight, need = aggregated(candidates.covers[candidates.allowed], demand)
    bound = min(reachable(candidates, demand), _priced(table, cost, (weight, need), weight, budget))
    if table.shape[0] == 0 or table.shape[1] == 0 or not np.isfinite(budget):
        return bound, share
    chosen, pieces = table.shape
    # The stubs know dense matrices only.
    result = linprog(  # type: ignore[call-overload]
        np.concatenate([np.zeros(chosen), -weight]),
        A_ub=vstack(
            [hstack([-table.T, eye_array(pieces)]), csr_array(np.concatenate([cost, np.zeros(pieces)])[None, :])],
            format="csr",
        ),
        b_ub=np.append(np.zeros(pieces), budget),
        bounds=np.column_stack([np.zeros(chosen + pieces), np.concatenate([np.ones(chosen), need])]),
        method="highs-ipm",
        options={"time_limit": time_limit},
    )
    if result.x is None or result.ineqlin.marginals is None:
        return bound, share
    share[candidates.allowed] = result.x[:chosen]
    prices = np.clip(-np.asarray(result.ineqlin.marginals, dtype=np.float64)[:pieces], 0.0, weight)
    return min(bound, _priced(table, cost, (weight, need), prices, budget)), share


def _priced(
    table: csr_array,
    cost: NDArray[np.float64],
    pieces: tuple[NDArray[np.float64], NDArray[np.int64]],
    prices: NDArray[np.float64],
    budget: float,
) -> float:
    """Return the bound that prices on the demand give."""
    weight, need = pieces
    value = table @ prices
    order = np.argsort(-value / cost)
    room = np.clip((budget - (np.cumsum(cost[order]) - cost[order])) / cost[order], 0.0, 1.0)
    return float((need * (weight - prices)).sum() + (value[order] * room).sum())


def aggregated(rows: csr_array, demand: Demand) -> tuple[csr_array, NDArray[np.float64], NDArray[np.int64]]:
    """Put pieces of demand that the same candidates see, with the same need, into one; drop those none sees."""
    columns = csr_array(rows.T)
    columns.sort_indices()
    size = np.diff(columns.indptr)
    mark = np.random.default_rng(0).integers(1, 2**63, rows.shape[0], dtype=np.uint64)
    total = np.concatenate([[np.uint64(0)], np.cumsum(mark[columns.indices], dtype=np.uint64)])
    hashed = total[columns.indptr[1:]] - total[columns.indptr[:-1]]
    used = np.flatnonzero((size > 0) & (demand.need > 0) & (demand.weight > 0))
    key = np.column_stack([hashed[used], size[used].astype(np.uint64), demand.need[used].astype(np.uint64)])
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    # A hash only suggests: pieces whose candidates differ from those of the first of the group stay apart.
    leader = used[first[group]]
    length = size[used]
    step = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    same = (
        columns.indices[np.repeat(columns.indptr[used], length) + step]
        == columns.indices[np.repeat(columns.indptr[leader], length) + step]
    )
    differs = np.bincount(np.repeat(np.arange(len(used)), length), weights=~same, minlength=len(used)) > 0
    leader[differs] = used[differs]
    kept, group = np.unique(leader, return_inverse=True)
    weight = np.bincount(group.reshape(-1), weights=demand.weight[used], minlength=len(kept)).astype(np.float64)
    return csr_array(columns[kept].T.astype(np.float64)), weight, demand.need[kept]
