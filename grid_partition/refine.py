"""Better borders, move by move, without ever breaking a region in two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from grid_partition import kernels
from grid_partition.problem import PartProblem

__all__ = ["refine"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Proposals for a part, per unit and at most; small parts get more per unit because they are cheap.
PER_UNIT_FEW, PER_UNIT_MANY, CHEAP = 400.0, 2000.0, 4e6
#: Steps into which the schedule is cut, so that a caller can follow or stop it.
CHUNKS = 16
#: Energy differences accepted at the start and the end; a round region has energy 1.
HOT, COLD = 0.5, 0.02
#: Share of proposals that move two units at once: coarse units balance only in pairs.
CHAINS = 0.4


def refine(problem: PartProblem, labels: Ints, report: Callable[[float], None] | None = None) -> Ints:
    """Improve a labelling by annealed moves.

    Parameters
    ----------
    problem : PartProblem
    labels : (n,) int64
        Every region present and in one piece; stays so.
    report : callable, optional
        Told the share of the work done, 0..1.

    Returns
    -------
    (n,) int64
    """
    search = _Search(problem, labels.copy())
    n = len(problem)
    proposals = float(np.clip(CHEAP, PER_UNIT_FEW * n, PER_UNIT_MANY * n))
    heat = np.geomspace(HOT, COLD, CHUNKS + 1)
    for c in range(CHUNKS):
        search.anneal(heat[c], heat[c + 1], proposals / CHUNKS)
        if report is not None:
            report((c + 1) / CHUNKS)
    return search.labels


class _Search:
    """State of the search on one part: labels, region sums, prices and random numbers."""

    def __init__(self, problem: PartProblem, labels: Ints) -> None:
        n = len(problem)
        self.labels = labels
        self.graph = (problem.indptr, problem.indices, problem.weight)
        self.atom = problem.atom
        self.region = np.zeros((problem.k, problem.atom.shape[1]))
        self.price = np.array([problem.mean, problem.low, problem.high, 1.0, 1.0, 1.0, 5.0, problem.churn_price, 1.0])
        self.home = problem.home
        self.frozen = problem.fixed >= 0
        seed = np.random.SeedSequence(problem.seed).generate_state(2, np.uint64) | np.uint64(1)
        self.scratch = (np.zeros(n + 1, np.int64), np.zeros(n + kernels.SEARCH_LIMIT, np.int64), seed)
        kernels.region_table(self.labels, self.graph, self.atom, self.region)

    def anneal(self, hot: float, cold: float, proposals: float) -> None:
        """Run moves while the temperature falls from ``hot`` to ``cold``."""
        schedule = np.array([hot, cold, proposals, CHAINS])
        kernels.anneal(
            self.labels, self.graph, self.atom, self.region, self.price, self.home, self.frozen, schedule, self.scratch
        )
