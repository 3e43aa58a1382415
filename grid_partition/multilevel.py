"""A start without METIS: merge units level by level, cut the coarsest graph in halves, refine on the way back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from numba import njit

from gis.adjacency import pair_sums
from gis.measure import group_sums
from grid_partition.problem import PartProblem, csr

__all__ = ["bisected", "coarsened"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Units of the coarsest graph per region; fewer leave no room to balance.
PER_REGION = 12
#: A merged unit holds at most this share of a region's balance.
HEAVIEST = 0.2
#: A level that shrinks the graph by less than this is the last one.
SHRINK = 0.9


def coarsened(problem: PartProblem) -> tuple[PartProblem, Ints] | None:
    """Merge pairs of units that share much of their border.

    Parameters
    ----------
    problem : PartProblem
        Without fixed units and homes.

    Returns
    -------
    (PartProblem, (n,) int64) or None
        The smaller problem and the merged unit of each unit; None when the problem is small enough.

    References
    ----------
    Karypis and Kumar (1998), A fast and high quality multilevel scheme for partitioning irregular graphs, section 3.
    """
    n = len(problem)
    if n <= PER_REGION * problem.k:
        return None
    order = np.random.default_rng(problem.seed).permutation(n)
    most = HEAVIEST * problem.balance.sum() / problem.k
    graph = (problem.indptr, problem.indices, problem.weight)
    mate = matched(graph, problem.atom[:, 0], problem.balance, most, order)
    # the lower of two mates gives the pair its number
    lead = np.minimum(np.arange(n), mate)
    into = np.unique(lead, return_inverse=True)[1].ravel().astype(np.int64)
    size = int(into.max()) + 1
    if size > SHRINK * n:
        return None
    return _contracted(problem, into, size), into


def _contracted(problem: PartProblem, into: Ints, size: int) -> PartProblem:
    """Sum units and edges over the merged units."""
    row = np.repeat(np.arange(len(problem)), np.diff(problem.indptr))
    a, b = into[row], into[problem.indices]
    once = row < problem.indices
    first, second, weight = pair_sums(a[once & (a != b)], b[once & (a != b)], problem.weight[once & (a != b)])
    atom = np.column_stack([group_sums(into, column, size) for column in problem.atom.T])
    inside = once & (a == b)
    atom[:, 0] -= 2.0 * group_sums(a[inside], problem.weight[inside], size)
    indptr, indices, weight = csr(size, first, second, weight)
    none = np.full(size, -1, dtype=np.int64)
    return replace(problem, indptr=indptr, indices=indices, weight=weight, atom=atom, fixed=none, home=none)


@njit(cache=True, nogil=True)
def matched(graph: tuple[Ints, Ints, Floats], perimeter: Floats, load: Floats, most: float, order: Ints) -> Ints:
    """Pair each unit with the free neighbour that it shares the largest part of its border with."""
    indptr, indices, weight = graph
    mate = np.arange(len(order))
    free = np.ones(len(order), dtype=np.bool_)
    for v in order:
        if not free[v]:
            continue
        best, best_share = v, 0.0
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            around = perimeter[u] + perimeter[v]
            # two units with a barrier that costs nothing all around them have no share in each other
            if free[u] and u != v and around > 0.0 and load[u] + load[v] <= most:
                share = weight[e] / around
                if share > best_share:
                    best, best_share = u, share
        free[v] = False
        free[best] = False
        mate[v], mate[best] = best, v
    return mate


def bisected(problem: PartProblem) -> Ints:
    """Cut a graph in halves again and again, each time growing one half from an outer unit.

    Parameters
    ----------
    problem : PartProblem

    Returns
    -------
    (n,) int64
        0..k-1; regions may be in pieces where the ground is awkward.
    """
    n = len(problem)
    labels = np.zeros(n, dtype=np.int64)
    balance = problem.balance + 1e-9 * problem.atom[:, 1]
    near, seen = np.arange(n), np.zeros(n, dtype=np.int64)
    jobs = [(0, n, 0, problem.k)]
    while jobs:
        begin, end, label, k = jobs.pop()
        if k == 1 or begin == end:
            continue
        half = k // 2
        members = near[begin:end]
        walk(problem.indptr, problem.indices, labels, members, seen)
        total = np.cumsum(balance[members])
        # the middle of a unit decides, and each half keeps as many units as it has regions, where there are enough
        stay = int(np.searchsorted(total - 0.5 * balance[members], total[-1] * half / k))
        stay = max(min(stay, end - begin - (k - half)), min(half, end - begin))
        labels[members[stay:]] = label + half
        jobs += [(begin, begin + stay, label, half), (begin + stay, end, label + half, k - half)]
    return labels


@njit(cache=True, nogil=True)
def walk(indptr: Ints, indices: Ints, labels: Ints, members: Ints, seen: Ints) -> None:
    """Put the members of one region into breadth-first order from an outer unit, piece after piece."""
    label = labels[members[0]]
    order = np.empty_like(members)
    # each walk starts where the one before ended, so that the rings of the last run across the region
    for _ in range(3):
        seen[members] = 0
        count = 0
        for source in members:
            if seen[source] != 0:
                continue
            seen[source] = 1
            order[count] = source
            head = count
            count += 1
            while head < count:
                for e in range(indptr[order[head]], indptr[order[head] + 1]):
                    u = indices[e]
                    if labels[u] == label and seen[u] == 0:
                        seen[u] = 1
                        order[count] = u
                        count += 1
                head += 1
        members[:] = order[::-1]
    members[:] = order
