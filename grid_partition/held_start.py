"""A start around fixed units: grids that are full already are cut out, and the rest is cut like free ground.

Growing regions out of fixed units one by one leaves the last ones what is left over, far from any balance, and moves of
single units do not carry demand across a town. What full grids leave is free ground, so it gets the start of free
ground; smaller fixed groups then give their name to the region that they lie in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gis.adjacency import components
from gis.measure import group_sums
from grid_partition.problem import PartProblem, csr

__all__ = ["held_start"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Start = Callable[[PartProblem], Ints]

#: Share of the mean from which a fixed group counts as a whole grid.
ENOUGH = 0.75


def held_start(problem: PartProblem, held: Ints, start: Start) -> Ints:
    """Label the units around fixed groups.

    Parameters
    ----------
    problem : PartProblem
    held : (n,) int64
        Region of each fixed unit and of those that tie them together, -1 elsewhere; each group in one piece.
    start : callable
        Labels a problem without fixed units.

    Returns
    -------
    (n,) int64
        -1 where ground is to be handed to a neighbour; regions may be missing or in pieces.
    """
    full = _full_groups(problem, held)
    open_ground = (held < 0) | ~full[held]
    first, second = problem.edges()
    inner = open_ground[first] & open_ground[second]
    piece = components(len(held), first[inner], second[inner])
    piece[~open_ground] = -1
    pieces = [np.flatnonzero(piece == p) for p in np.unique(piece[open_ground]).tolist()]
    names = [np.unique(held[mine][held[mine] >= 0]) for mine in pieces]
    spare = np.setdiff1d(np.arange(problem.k), held).tolist()
    labels = held.copy()
    counts = _counts(problem, pieces, [len(each) for each in names], len(spare))
    for mine, seeds, count in zip(pieces, names, counts, strict=True):
        free, spare = spare[: count - len(seeds)], spare[count - len(seeds) :]
        if count:
            part = _part(problem, mine, count)
            labels[mine] = _named(part, _started(part, start), held[mine], seeds, free)
    return labels


def _full_groups(problem: PartProblem, held: Ints) -> Bools:
    """Mark the fixed groups that are grids already, or that are closed."""
    load = group_sums(held[held >= 0], problem.balance[held >= 0], problem.k)
    full = load >= ENOUGH * problem.mean
    full[: problem.closed] = True
    return full & np.isin(np.arange(problem.k), held)


def _counts(problem: PartProblem, pieces: list[Ints], least: list[int], spare: int) -> list[int]:
    """Share the regions out among pieces of open ground (Sainte-Laguë); each has one for each fixed group at least."""
    count, room = np.array(least, dtype=np.int64), np.array([len(mine) for mine in pieces], dtype=np.int64)
    load = np.array([float(problem.balance[mine].sum()) for mine in pieces])
    for _ in range(spare):
        claim = np.where(count < room, (load + 1e-9) / (2 * count + 1), -1.0)
        if not len(claim) or claim.max() < 0.0:
            break
        count[int(np.argmax(claim))] += 1
    return [int(each) for each in count]


def _part(problem: PartProblem, mine: Ints, count: int) -> PartProblem:
    """Cut a piece of open ground out of a problem, to be divided evenly."""
    first, second = problem.edges()
    local = np.full(len(problem), -1, dtype=np.int64)
    local[mine] = np.arange(len(mine))
    row = np.repeat(np.arange(len(problem)), np.diff(problem.indptr))
    weight = problem.weight[row < problem.indices]
    inner = (local[first] >= 0) & (local[second] >= 0)
    indptr, indices, weight = csr(len(mine), local[first[inner]], local[second[inner]], weight[inner])
    mean, none = float(problem.demand[mine].sum()) / count, np.full(len(mine), -1, dtype=np.int64)
    scale = mean / problem.mean if problem.mean > 0.0 else 1.0
    return replace(
        problem,
        indptr=indptr,
        indices=indices,
        weight=weight,
        atom=problem.atom[mine],
        k=count,
        mean=mean,
        low=problem.low * scale,
        high=problem.high * scale,
        fixed=none,
        home=none,
        closed=0,
        full=0,
    )


def _started(part: PartProblem, start: Start) -> Ints:
    if part.k == 1:
        return np.zeros(len(part), dtype=np.int64)
    return np.arange(len(part), dtype=np.int64) if part.k == len(part) else start(part)


def _named(part: PartProblem, found: Ints, held: Ints, seeds: Ints, free: list[int]) -> Ints:
    """Give regions the names of the fixed groups in them, and free names to the others.

    Where two groups lie in one region, each takes the units nearer to it, and a region nearby is given up for that.
    """
    name = np.full(part.k, -1, dtype=np.int64)
    labels = np.full(len(found), -1, dtype=np.int64)
    crowded: list[int] = []
    for seed in sorted(seeds.tolist(), key=lambda s: (-int((held == s).sum()), s)):
        inside = np.bincount(found[held == seed], minlength=part.k)
        home = int(np.argmax(inside * (name < 0)))
        if name[home] < 0 and inside[home] > 0:
            name[home] = seed
        else:
            crowded.append(int(np.argmax(inside)))
    for region in crowded:
        _give_up(part, found, name, region)
    rest = np.flatnonzero(name == -1)
    name[rest] = free[: len(rest)]
    real = name[found] >= 0
    labels[real] = name[found[real]]
    for region in set(crowded):
        inner = found == region
        labels[inner] = _nearest(part, inner, np.where(np.isin(held, seeds), held, -1))[inner]
    return np.where(held >= 0, held, labels)


def _give_up(part: PartProblem, found: Ints, name: Ints, region: int) -> None:
    """Mark a region without a name, beside the one given if there is one, as given up: -2."""
    first, second = part.edges()
    a, b = found[first], found[second]
    near = np.zeros(part.k, dtype=bool)
    near[np.r_[b[a == region], a[b == region]]] = True
    load = group_sums(found, part.balance, part.k)
    name[int(np.lexsort((load, ~near, name != -1))[0])] = -2


def _nearest(part: PartProblem, inside: Bools, source: Ints) -> Ints:
    """Spread the labels of sources over the units inside, step by step."""
    labels = np.where(inside, source, -1)
    first, second = part.edges()
    keep = inside[first] & inside[second]
    a, b = np.r_[first[keep], second[keep]], np.r_[second[keep], first[keep]]
    while True:
        step = (labels[a] >= 0) & (labels[b] < 0)
        if not step.any():
            return labels
        labels[b[step]] = labels[a[step]]
