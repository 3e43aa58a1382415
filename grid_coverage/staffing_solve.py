"""Solve one batch: first miss as little as can be, then at the least cost, each proven over all allowed pairs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from gis.errors import UnavailableError
from grid_coverage.staffing_model import Floats, Ints, Model, Program
from grid_coverage.staffing_pairs import nearest_pairs

TOLERANCE = 1e-6
WINDOW = 150_000
"""Pairs that branch and bound is given at most."""
ROUNDS = 60
NEARLY = 100.0
"""Metres by which a pair may be too dear to better the answer now and yet be taken in, to save rounds."""


class Solved(NamedTuple):
    """The pairs that were chosen, what they cost, and what any answer costs at least.

    Attributes
    ----------
    chosen : (c,) int64
        Rows of the model's pairs.
    missed, missed_bound : float
        Vacancies and missed people by weight.
    cost, cost_bound : float
        Metres with the price of uneven posts.
    """

    chosen: Ints
    missed: float
    missed_bound: float
    cost: float
    cost_bound: float


class _Relaxed(NamedTuple):
    """A relaxation that no pair betters: the pairs at hand, its solution, its value, and what pairs still cost.

    Attributes
    ----------
    active : (a,) int64
    solution : (c,) float64
    value, bound : float
        Value over the pairs at hand, and bound over all pairs; they differ only when the time passed.
    reduced : (k,) float64
        What each pair would cost beyond its worth.
    whole : bool
        Whether the solution is one in whole numbers.
    """

    active: Ints
    solution: Floats
    value: float
    bound: float
    reduced: Floats
    whole: bool


class _Whole(NamedTuple):
    """An answer in whole numbers, and what any answer costs at least."""

    chosen: Ints
    value: float
    bound: float


def solve(model: Model) -> Solved:
    """Solve a batch.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Solved

    Raises
    ------
    UnavailableError
        The time passed before any answer was found.

    References
    ----------
    Desaulniers, G., Desrosiers, J. and Solomon, M. (2005), Column Generation, chapter 1: pricing and the bound.
    """
    start = _first_pairs(model)
    least = _relaxed(model, start, None)
    missed, missed_bound = float(np.ceil(least.value - TOLERANCE)), float(np.ceil(least.bound - TOLERANCE))
    best = _relaxed(model, least.active, missed)
    found = _made_whole(model, best, missed)
    if found is None:
        # it takes more misses in whole numbers than in shares of people, or other pairs
        proven = _made_whole(model, least, None)
        missed, missed_bound = _given(proven).value, float(np.ceil(_given(proven).bound - TOLERANCE))
        best = _relaxed(model, np.union1d(best.active, _given(proven).chosen), missed)
        found = _made_whole(model, best, missed)
    return Solved(_given(found).chosen, missed, missed_bound, _given(found).value, _given(found).bound)


def _made_whole(model: Model, relaxed: _Relaxed, missed: float | None) -> _Whole | None:
    """Turn a relaxation into an answer in whole numbers, proven over all pairs where time and size allow.

    None when no answer in whole numbers over the pairs at hand misses so little.
    """
    active, bound = relaxed.active, relaxed.bound
    if relaxed.whole:
        chosen = active[relaxed.solution[: len(active)] > 0.5]
        return _Whole(chosen, _value(model, chosen, missed, relaxed.solution), bound)
    # with pairs that are a little too dear at hand, one round mostly proves it
    near = _within(relaxed, NEARLY if missed is not None else 0.0)
    if len(near) > WINDOW:
        near = active
    found = _branched(model, near, missed)
    if found is None:
        return None
    # a pair that costs more than what is left to win is in no better answer
    wider = _within(relaxed, found.value - bound + TOLERANCE)
    if found.value - bound <= TOLERANCE * max(1.0, abs(found.value)) or len(wider) > WINDOW:
        return found._replace(bound=bound)
    if len(np.setdiff1d(wider, near)):
        found = _given(_branched(model, np.union1d(wider, near), missed))
    return found._replace(bound=max(bound, min(found.bound, found.value)))


def _within(relaxed: _Relaxed, dear: float) -> Ints:
    """Return the pairs at hand and those that cost no more than `dear` beyond their worth."""
    window = relaxed.reduced <= dear
    window[relaxed.active] = True
    return np.flatnonzero(window).astype(np.int64)


def _given(found: _Whole | None) -> _Whole:
    """Return what a stage that always has an answer found."""
    if found is None:
        raise UnavailableError("No assignment was found in the time allowed; allow more time or fewer pairs.")
    return found


def _value(model: Model, chosen: Ints, missed: float | None, solution: Floats) -> float:
    """Return the cost of whole pairs: what the columns of misses say, or metres and rungs."""
    if missed is None:
        empty = np.ones(len(model.posts.village))
        empty[model.pairs.post[chosen]] = 0.0
        slacks = solution[len(solution) - 2 * model.ways :][: model.ways]
        return float(np.rint(model.penalty @ empty + slacks.sum()))
    held = np.bincount(model.pairs.staff[chosen], minlength=len(model.staff.village))
    return float(model.pairs.distance[chosen].sum() + model.rules.balance * (held * (held - 1) / 2).sum())


def _relaxed(model: Model, active: Ints, missed: float | None) -> _Relaxed:
    """Solve the relaxation, taking in pairs until none betters it."""
    for _ in range(ROUNDS):
        program = model.program(active, missed=missed)
        result = _linear(program, model.rules.time_limit)
        if missed is not None and model.grow_rungs(result.x, len(active)):
            continue
        reduced = model.reduced(result.eqlin.marginals, result.ineqlin.marginals, priced=missed is not None)
        # each post takes one pair at most, so this is how much all pairs together could still win
        best = np.zeros(len(model.posts.village))
        np.minimum.at(best, model.pairs.post, reduced)
        bound = float(result.fun + best.sum())
        better = reduced < -TOLERANCE
        better[active] = False
        near = result.fun - bound <= TOLERANCE * max(1.0, abs(result.fun))
        if near or not better.any():
            break
        reduced[active] = np.inf
        most = NEARLY if missed is not None else -TOLERANCE
        active = np.union1d(active, _most_wanted(model, reduced, most))
    solution = np.asarray(result.x, dtype=np.float64)
    odd = np.abs(solution - np.rint(solution))[program.whole].max(initial=0.0)
    return _Relaxed(active, solution, float(result.fun), bound, reduced, bool(odd <= TOLERANCE))


def _first_pairs(model: Model) -> Ints:
    """Return the pairs to start from: the nearest, and for each skill that is asked for the nearest who have it."""
    near = nearest_pairs(model.pairs, model.rules.nearest)
    for skill in sorted({way.skill for rule in model.rules.minimums for way in rule.ways if way.skill}):
        able = np.flatnonzero((model.staff.skills[model.pairs.staff] & skill) == skill)
        near[able[nearest_pairs(model.pairs.of(able), model.rules.nearest)]] = True
    return np.flatnonzero(near).astype(np.int64)


def _most_wanted(model: Model, reduced: Floats, most: float) -> Ints:
    """Return the pairs to take in: the few of each post that better it most, or nearly."""
    rows = np.flatnonzero(reduced < most)
    some = model.pairs.of(rows)
    # among equals the near ones, so that posts don't all reach for the same people
    ranked = some._replace(distance=reduced[rows] + 1e-9 * some.distance)
    return np.asarray(rows[nearest_pairs(ranked, 4)], dtype=np.int64)


def _linear(program: Program, limit: float) -> Any:  # noqa: ANN401 - scipy's result has no type
    given: dict[str, Any] = {
        "A_eq": program.equal,
        "b_eq": program.equal_to,
        "bounds": np.column_stack((np.zeros(len(program.upper)), program.upper)),
        "options": {"time_limit": limit},
    }
    if program.below.shape[0]:
        given |= {"A_ub": program.below, "b_ub": program.below_than}
    result = linprog(program.cost, method="highs", **given)
    if result.x is None or result.status != 0:
        raise UnavailableError("No assignment was found in the time allowed; allow more time or fewer pairs.")
    return result


def _branched(model: Model, active: Ints, missed: float | None) -> _Whole | None:
    """Solve in whole numbers over some pairs; the bound holds for these alone, and None is that there is no answer."""
    program = model.program(active, missed=missed)
    constraints = [LinearConstraint(program.equal, program.equal_to, program.equal_to)]
    if program.below.shape[0]:
        constraints.append(LinearConstraint(program.below, -np.inf, program.below_than))
    result = milp(
        program.cost,
        integrality=program.whole.astype(np.int64),
        bounds=Bounds(0, program.upper),
        constraints=constraints,
        options={"time_limit": model.rules.time_limit, "mip_rel_gap": 1e-6},
    )
    if result.status == 2:
        return None
    if result.x is None:
        raise UnavailableError("No assignment was found in the time allowed; allow more time or fewer pairs.")
    if missed is not None and model.grow_rungs(result.x, len(active)):
        return _branched(model, active, missed)
    chosen = active[result.x[: len(active)] > 0.5]
    return _Whole(chosen, _value(model, chosen, missed, result.x), float(result.mip_dual_bound))
