"""Solve all parts, here or on an executor, telling how far the work is and stopping soon when asked to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from functools import partial

import numpy as np
import numpy.typing as npt

from gis.errors import CancelledError
from grid_partition.model import Progress
from grid_partition.problem import PartProblem
from grid_partition.refine import refine
from grid_partition.seed import start_labels

__all__ = ["solve_all", "solve_part"]

Ints = npt.NDArray[np.int64]

#: Share of a part's work that the start takes.
START = 0.1
#: Seconds between two looks at the workers.
LOOK = 0.1


def solve_part(problem: PartProblem, report: Callable[[float], None] | None = None) -> Ints:
    """Cut one connected part into its regions.

    Parameters
    ----------
    problem : PartProblem
    report : callable, optional
        Told the share of the work done; what it raises stops the work.

    Returns
    -------
    (n,) int64
        0..k-1.
    """
    if problem.k == 1:
        return np.zeros(len(problem), dtype=np.int64)
    held = problem.fixed[problem.fixed >= 0]
    if problem.k == len(problem) and len(np.unique(held)) == len(held):
        return np.arange(problem.k, dtype=np.int64)
    tell = report or (lambda _share: None)
    labels = start_labels(problem, lambda share: tell(START * share))
    tell(START)
    return refine(problem, labels, lambda share: tell(START + (1.0 - START) * share), effort=problem.effort)


def solve_all(problems: list[PartProblem], executor: Executor | None, progress: Progress | None) -> list[Ints]:
    """Solve the parts here or on the executor.

    Parameters
    ----------
    problems : list of PartProblem
    executor : concurrent.futures.Executor, optional
    progress : callable, optional
        Told the share of the units that is done, always on the caller's thread.

    Returns
    -------
    list of (m,) int64
        Labels of the units of each problem.
    """
    shares = _Shares(problems)
    if executor is None or len(problems) < 2:  # one part goes faster, and stops sooner, here
        solved: list[Ints] = []
        for number, problem in enumerate(problems):
            tell = partial(shares.tell, number, progress, f"{problem.k} grids of {len(problem)} units")
            solved.append(solve_part(problem, tell))
            tell(1.0)
        return solved
    # other processes can't be heard before they are done; threads share the list
    near = isinstance(executor, ThreadPoolExecutor)
    futures = [
        executor.submit(solve_part, problem, shares.of(number)) if near else executor.submit(solve_part, problem)
        for number, problem in enumerate(problems)
    ]
    try:
        _follow(futures, shares, progress)
    finally:
        shares.stopped = True
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


def _follow(futures: list[Future[Ints]], shares: _Shares, progress: Progress | None) -> None:
    """Wait for all parts, telling every moment what is done: who listens may stop the work by that."""
    number = {future: at for at, future in enumerate(futures)}
    waiting: set[Future[Ints]] = set(futures)
    while waiting:
        finished, waiting = wait(waiting, LOOK if progress is not None else None, FIRST_COMPLETED)
        for future in finished:
            future.result()
            shares.done[number[future]] = 1.0
        if progress is not None:
            progress(shares.total(), f"{len(futures) - len(waiting)} of {len(futures)} parts")


class _Shares:
    """Share done of each part; tells workers on other threads to stop."""

    def __init__(self, problems: list[PartProblem]) -> None:
        self.weight = [len(problem) for problem in problems]
        self.done = [0.0] * len(problems)
        self.stopped = False

    def total(self) -> float:
        """Return the share of all units that is done."""
        if min(self.done) == 1.0:
            return 1.0  # sums of shares may be a hair off
        return float(np.dot(self.done, self.weight)) / sum(self.weight)

    def tell(self, number: int, progress: Progress | None, note: str, share: float) -> None:
        """Set the share of one part and tell the whole."""
        self.done[number] = share
        if progress is not None:
            progress(self.total(), note)

    def of(self, number: int) -> Callable[[float], None]:
        """Return what the worker of a part reports to."""

        def report(share: float) -> None:
            if self.stopped:
                raise CancelledError("The division was stopped.")
            self.done[number] = share

        return report
