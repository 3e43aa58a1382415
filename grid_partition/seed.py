"""Where the search starts: a contiguous, roughly balanced labelling of one part."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from types import ModuleType

import numpy as np
import numpy.typing as npt

from gis.adjacency import components
from gis.errors import InvalidInputError
from gis.measure import group_sums
from grid_partition.held_start import held_start
from grid_partition.multilevel import bisected, coarsened
from grid_partition.problem import PartProblem
from grid_partition.refine import refine

pymetis: ModuleType | None
try:
    import pymetis
except ImportError:  # some platforms have no wheel; the own start takes over
    pymetis = None

__all__ = ["metis_start", "multilevel_start", "repair", "start_labels"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Report = Callable[[float], None]

#: Share of the usual moves spent on each coarse level.
COARSE_EFFORT = 0.2
#: Units per region below which METIS leaves regions empty, and complains on standard output.
METIS_LEAST = 8


def _silent(_share: float) -> None:
    """Tell nobody."""


def start_labels(problem: PartProblem, report: Report = _silent) -> Ints:
    """Label the units so that every region is present and in one piece.

    Parameters
    ----------
    problem : PartProblem
        1 < k < n.
    report : callable
        Told the share of the work done, 0..1.

    Returns
    -------
    (n,) int64
    """
    if (problem.home >= 0).any():
        labels = _joined_fixed(problem)
        labels = np.where(labels >= 0, labels, problem.home)
    elif (problem.fixed >= 0).any():
        labels = _start_around_fixed(problem, report)
    else:
        return multilevel_start(problem, report)
    return repair(problem, labels)


def _start_around_fixed(problem: PartProblem, report: Report) -> Ints:
    """Start each piece of ground between fixed units as if it were free."""
    done = 0

    def start(part: PartProblem) -> Ints:
        nonlocal done
        behind, mine = done / len(problem), len(part) / len(problem)
        done += len(part)
        return multilevel_start(part, lambda share: report(behind + share * mine))

    return held_start(problem, _joined_fixed(problem), start)


def multilevel_start(problem: PartProblem, report: Report = _silent) -> Ints:
    """Cut a coarse copy of the part, by METIS where it is installed, and refine it level by level.

    Parameters
    ----------
    problem : PartProblem
        Without fixed units and homes.
    report : callable
        Told the share of the work done, 0..1.

    Returns
    -------
    (n,) int64
        Every region present and in one piece.
    """
    levels: list[tuple[PartProblem, Ints]] = []
    while (smaller := coarsened(levels[-1][0] if levels else problem)) is not None:
        levels.append(smaller)
        report(0.0)
    coarsest = levels[-1][0] if levels else problem
    # METIS starves regions where few units hold all there is to balance, and complains on standard output
    busy = int((coarsest.balance * coarsest.k > 1e-6 * coarsest.balance.sum()).sum())
    fine = min(len(coarsest), busy) >= METIS_LEAST * problem.k
    labels = repair(coarsest, metis_start(coarsest) if fine and pymetis is not None else bisected(coarsest))
    done, every = 0.0, float(sum(len(coarse) for coarse, _ in levels))
    for coarse, into in reversed(levels):
        behind, mine = done / every, len(coarse) / every
        labels = refine(coarse, labels, lambda share: report(behind + share * mine), effort=COARSE_EFFORT)[into]  # noqa: B023 - called within the turn
        done += len(coarse)
    return labels


def metis_start(problem: PartProblem) -> Ints:
    """Run METIS k-way; regions may be missing or in pieces where units are coarse.

    Parameters
    ----------
    problem : PartProblem

    Returns
    -------
    (n,) int64

    References
    ----------
    Karypis and Kumar (1998), Multilevel k-way partitioning scheme for irregular graphs.
    """
    assert pymetis is not None  # noqa: S101 - start_labels asks first; tells mypy
    balance = problem.balance
    # a unit bigger than a region would make METIS starve others of all units: count it as one full region
    capped = balance
    for _ in range(10):
        capped = np.minimum(balance, capped.sum() / problem.k)
    unit = max(float(capped.sum()), 1e-9) / 1e6
    vertex = np.maximum(1, np.rint(capped / unit)).astype(np.int64)
    edge = np.maximum(1, np.rint(problem.weight)).astype(np.int64)
    options = pymetis.Options(contig=1, ufactor=30, ncuts=2, seed=problem.seed & 0x7FFFFFFF)
    graph = pymetis.CSRAdjacency(problem.indptr, problem.indices)
    _, labels = pymetis.part_graph(
        problem.k, adjacency=graph, vweights=vertex, eweights=edge, recursive=False, options=options
    )
    return np.asarray(labels, dtype=np.int64)


def _joined_fixed(problem: PartProblem) -> Ints:
    """Label the fixed units, and the free units that are needed to make each fixed region one piece."""
    labels = problem.fixed.copy()
    for r in np.unique(labels[labels >= 0]).tolist():
        while True:
            mine = np.flatnonzero(labels == r)
            path = _bridge(problem, labels, mine)
            if path is None:
                break
            labels[path] = r
    return labels


def _bridge(problem: PartProblem, labels: Ints, mine: Ints) -> list[int] | None:
    """Find free units that tie the first piece of a region to another piece; None when it is whole."""
    indptr, indices = problem.indptr, problem.indices
    inside = set(mine.tolist())
    first = int(mine[0])
    came = {first: -1}
    reached, queue = {first}, [first]
    while queue:  # the piece of the first unit
        v = queue.pop()
        for u in indices[indptr[v] : indptr[v + 1]].tolist():
            if u in inside and u not in reached:
                reached.add(u)
                came[u] = -1
                queue.append(u)
    if len(reached) == len(inside):
        return None
    front = sorted(reached)
    while front:
        ahead = []
        for v in front:
            for u in indices[indptr[v] : indptr[v + 1]].tolist():
                if u in came or (labels[u] >= 0 and u not in inside):
                    continue
                came[u] = v
                if u in inside:
                    return _path(came, v, reached)
                ahead.append(u)
        front = ahead
    raise InvalidInputError(
        "Fixed units of one grid cannot be joined into one piece: other fixed units lie between them.",
        units=mine.tolist(),
    )


def _path(came: dict[int, int], v: int, reached: set[int]) -> list[int]:
    path = []
    while v not in reached:
        path.append(v)
        v = came[v]
    return path


def repair(problem: PartProblem, labels: Ints) -> Ints:
    """Make every region present and in one piece, with as few changes as it takes.

    Parameters
    ----------
    problem : PartProblem
    labels : (n,) int64
        Any labelling with at least one region; -1 marks units without one.

    Returns
    -------
    (n,) int64
    """
    labels = _without_strays(problem, labels.copy())
    load = np.bincount(labels, weights=problem.balance, minlength=problem.k)
    size = np.bincount(labels, minlength=problem.k)
    heap = [(-load[r], r) for r in range(problem.k) if size[r] > 1]
    heapq.heapify(heap)
    for empty in np.flatnonzero(size == 0).tolist():
        while True:
            if not heap:
                raise InvalidInputError(
                    f"Fixed units leave no room for {problem.k} grids: unfix some or ask for fewer grids.",
                    grids=problem.k,
                )
            _, r = heapq.heappop(heap)
            members = np.flatnonzero(labels == r)
            part = _half(problem, members)
            if part is not None:
                break
        labels[part] = empty
        for label in (r, empty):
            now = np.flatnonzero(labels == label)
            if len(now) > 1:
                heapq.heappush(heap, (-float(problem.balance[now].sum()), label))
    return labels


def _without_strays(problem: PartProblem, labels: Ints) -> Ints:
    """Hand every piece but the main one of each region to a neighbouring region."""
    first, second = problem.edges()
    balance = problem.balance + 1e-9 * problem.atom[:, 1]
    labels = np.where(labels < 0, problem.k + np.arange(len(labels)), labels)
    while True:
        same = labels[first] == labels[second]
        piece = components(len(labels), first[same], second[same])
        weight = group_sums(piece, balance, int(piece.max()) + 1)
        held = group_sums(piece, problem.fixed >= 0, len(weight)) > 0
        region = np.empty(len(weight), dtype=np.int64)
        region[piece] = labels
        order = np.lexsort((weight, held, region))
        main = np.zeros(len(weight), dtype=bool)
        main[order[np.r_[region[order][1:] != region[order][:-1], True]]] = True
        main &= region < problem.k
        if main.all():
            return labels
        # closed regions take only what nothing else reaches
        claim = np.where(region < problem.closed, np.inf, weight)
        labels = _absorb(piece, main, region, claim, (first, second))


def _absorb(piece: Ints, main: npt.NDArray[np.bool_], region: Ints, weight: Floats, edges: tuple[Ints, Ints]) -> Ints:
    """Give each stray piece that touches a main piece to the lightest such region."""
    a, b = np.r_[edges[0], edges[1]], np.r_[edges[1], edges[0]]
    out = ~main[piece[a]] & main[piece[b]]
    stray, host = piece[a[out]], piece[b[out]]
    order = np.lexsort((host, weight[host], stray))
    stray, host = stray[order], host[order]
    lead = np.r_[True, stray[1:] != stray[:-1]]
    region = region.copy()
    region[stray[lead]] = region[host[lead]]
    return np.asarray(region[piece])


def _half(problem: PartProblem, members: Ints) -> Ints | None:
    """Cut a region in two along its breadth-first tree, as evenly as one cut allows; None when all is fixed."""
    indptr, indices = problem.indptr, problem.indices
    inside = set(members.tolist())
    order, parent = [int(members[0])], {int(members[0]): -1}
    for v in order:
        for u in indices[indptr[v] : indptr[v + 1]].tolist():
            if u in inside and u not in parent:
                parent[u] = v
                order.append(u)
    held = {v: bool(problem.fixed[v] >= 0) for v in order}
    load = {v: float(problem.balance[v]) + 1e-9 * float(problem.atom[v, 1]) for v in order}
    children: dict[int, list[int]] = {v: [] for v in order}
    for v in reversed(order[1:]):
        load[parent[v]] += load[v]
        held[parent[v]] |= held[v]
        children[parent[v]].append(v)
    # a subtree that holds fixed units would tear them from their region
    may = [v for v in order[1:] if not held[v]]
    if not may:
        return None
    total = load[order[0]]
    best = min(may, key=lambda v: abs(load[v] - total / 2))
    part = [best]
    for v in part:
        part.extend(children[v])
    return np.array(part)
