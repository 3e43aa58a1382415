"""Better borders, move by move, without ever breaking a region in two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grid_partition import kernels
from grid_partition.problem import PartProblem
from grid_partition.resplit import resplit

__all__ = ["refine"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Proposals per unit at least and at most; where a grid has few units, balance needs more tries.
PER_UNIT_FEW, PER_UNIT_MANY, PER_GRID = 600.0, 2500.0, 40_000.0
#: Steps into which the schedule is cut at least, and proposals of one step at most: a caller can follow or stop it.
CHUNKS, STEP = 8, 1_000_000.0
#: Share of the work told after the first round: others follow only where grids are outside the band.
FIRST = 0.9
#: Turns over all regions outside the band that are cut anew, and units looked at for that, in all.
TURNS, LOOKED_AT = 6, 200_000_000
#: Units looked at between two reports.
OFTEN = 500_000
#: Energy differences accepted at the start and the end where a grid has four units; a round grid has energy 1.
HOT, COLD = 1.4, 0.06
#: Units of a pair of regions beyond which it is not cut anew.
PAIR_LIMIT = 20_000
#: How much dearer it is to leave the band where further wishes pull.
FIRM = 4.0
#: Further rounds, from a lower temperature, while grids are outside the band.
ROUNDS, WARM = 1, 0.5
#: Up to so many units there are many short searches: where a unit is much of a grid, one alone may end in a dead end.
TINY, TRIES, SHORT = 32, 40, 0.25


def refine(
    problem: PartProblem, labels: Ints, report: Callable[[float], None] | None = None, *, effort: float = 1.0
) -> Ints:
    """Improve a labelling by annealed moves.

    Parameters
    ----------
    problem : PartProblem
    labels : (n,) int64
        Every region present and in one piece; stays so.
    report : callable, optional
        Told the share of the work done, 0..1.
    effort : float
        Share of the usual number of moves; below 1 there is no second round.

    Returns
    -------
    (n,) int64

    References
    ----------
    Kirkpatrick, Gelatt and Vecchi (1983), Optimization by simulated annealing.
    """
    tell = report or (lambda _share: None)
    search, plan = _Search(problem, labels.copy()), _schedule(problem, effort)
    best, best_energy = search.labels.copy(), np.inf
    for turn in range(plan.rounds):
        behind, mine = plan.share(turn)
        heat = np.geomspace(plan.hot if turn == 0 or plan.tiny else plan.hot * WARM, plan.cold, plan.steps + 1)
        for c in range(plan.steps):
            search.anneal(heat[c], heat[c + 1], plan.proposals / plan.steps)
            tell(behind + mine * (c + 1) / plan.steps)
        if search.energy() < best_energy:
            best, best_energy = search.labels.copy(), search.energy()
        if search.outside() == 0 and not plan.tiny:
            break
    if plan.rounds > 1 and search.take(best).outside() and search.resplit(lambda: tell(1.0)):
        # cold moves smooth the borders of the new cuts
        for _ in range(plan.steps):
            search.anneal(plan.cold, plan.cold, plan.proposals / CHUNKS / plan.steps)
            tell(1.0)
        if search.energy() < best_energy:
            best = search.labels.copy()
    return best


@dataclass(frozen=True, slots=True)
class _Schedule:
    """How hot, how long and how often the search runs."""

    hot: float
    cold: float
    proposals: float
    steps: int
    rounds: int
    tiny: bool

    def share(self, turn: int) -> tuple[float, float]:
        """Return the share of the work before a round, and that of the round; the first is often the only one."""
        if self.tiny or self.rounds == 1:
            return turn / self.rounds, 1.0 / self.rounds
        return (0.0, FIRST) if turn == 0 else (FIRST, 1.0 - FIRST)


def _schedule(problem: PartProblem, effort: float) -> _Schedule:
    """Fit the search to a part."""
    n, warm = len(problem), bool((problem.home >= 0).any())
    # one unit changes a grid of many units less: the scale of energy differences falls with their number
    coarse = min(4.0 * problem.k / n, 1.0)
    hot, cold = HOT * coarse**0.7 * (WARM if warm else 1.0), COLD * coarse**0.75
    proposals = effort * n * float(np.clip(PER_GRID * problem.k / n, PER_UNIT_FEW, PER_UNIT_MANY))
    steps = max(CHUNKS, int(np.ceil(proposals / STEP)))
    if n <= TINY and effort >= 1.0 and not warm:
        # hot enough to leave any division: one unit more or less may cost several times a round grid
        return _Schedule(3.0 * hot, cold, SHORT * proposals, steps, TRIES, True)
    return _Schedule(hot, cold, proposals, steps, 1 + (ROUNDS if effort >= 1.0 else 0), False)


class _Search:
    """State of the search on one part: labels, region sums, prices and random numbers."""

    def __init__(self, problem: PartProblem, labels: Ints) -> None:
        n = len(problem)
        coarse = min(4.0 * problem.k / n, 1.0)
        # round shapes come easily to fine units; to coarse ones balance must be worth more
        strict = 1.0 + coarse
        # soft demands and walks pull borders as well, and must yield to the band; islands have no borders
        pulled = problem.atom.shape[1] > kernels.SOFT and problem.atom[:, kernels.AREA].any()
        firm = strict * (FIRM if pulled else 1.0)
        self.chains = 0.1 + 0.3 * coarse**0.5
        limits = (problem.mean, problem.low, problem.high)
        wishes = (problem.churn_price, 1.0, problem.walk_price, float(problem.closed))
        price = np.array([*limits, 1.0, strict, firm, 5.0 * firm, *wishes])
        graph = (problem.indptr, problem.indices, problem.weight)
        self.world: kernels.World = (*graph, problem.atom, price, problem.home, problem.fixed >= 0)
        self.labels = labels
        self.region = np.zeros((problem.k, problem.atom.shape[1]))
        random = np.random.SeedSequence(problem.seed).generate_state(2, np.uint64) | np.uint64(1)
        marks, queue = np.zeros(n + 1, np.int64), np.zeros(kernels.SEARCH_LIMIT + 1, np.int64)
        self.plan: kernels.Plan = (labels, self.region, marks, queue, random, np.zeros(problem.k))
        self.band = (problem.low - 1e-9 * problem.high, problem.high * (1.0 + 1e-9))
        kernels.region_table(self.world, self.plan)

    def anneal(self, hot: float, cold: float, proposals: float) -> None:
        """Run moves while the temperature falls from ``hot`` to ``cold``."""
        kernels.anneal(self.world, self.plan, np.array([hot, cold, proposals, self.chains]))

    def take(self, labels: Ints) -> _Search:
        """Go on from another labelling."""
        self.labels[:] = labels
        kernels.region_table(self.world, self.plan)
        return self

    def resplit(self, tell: Callable[[], None]) -> int:
        """Cut pairs of regions anew along random trees where one is outside the band; return the cuts made."""
        made, left, told = 0, LOOKED_AT, LOOKED_AT
        scratch, sums = np.full((5, len(self.labels)), -1, np.int64), np.empty(len(self.labels))
        for _turn in range(TURNS):
            before = made
            for r in range(len(self.region)):
                demand = self.region[r, kernels.DEMAND]
                if left <= 0 or self.band[0] <= demand <= self.band[1]:
                    continue
                cuts, looked = resplit(self.world, self.plan, np.array([r, PAIR_LIMIT]), scratch, sums)
                made, left = made + cuts, left - looked
                if told - left > OFTEN:
                    told = left
                    tell()
            if made == before:
                break
        return made

    def energy(self) -> float:
        """Sum the prices of all regions."""
        return float(kernels.total_energy(self.world, self.plan))

    def outside(self) -> int:
        """Count the regions outside the band."""
        demand = self.region[:, kernels.DEMAND]
        return int(((demand < self.band[0]) | (demand > self.band[1])).sum())
