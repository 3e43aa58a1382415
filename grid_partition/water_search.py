"""Search for the reaches of each component of a water network.

A component without rings is cut along its tree, where every way of cutting is weighed; one with a few rings along
some of its spanning trees; a dense net of channels by the search that divides land, and a repair after it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gis.measure import group_sums
from grid_partition import kernels, water_kernels, water_trees
from grid_partition.allocate import nearest_count
from grid_partition.problem import PartProblem, csr
from grid_partition.refine import refine
from grid_partition.seed import start_labels
from grid_partition.waterlines import Pieces

__all__ = ["JOINT", "MID_CHANNEL", "TOLERANCE", "Solved", "solve_network"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Share of the wanted length that a reach may be off by.
TOLERANCE = 0.2
#: Price of ending a reach in mid-channel, and at a confluence, bridge, sluice or change of name.
MID_CHANNEL, JOINT = 0.5, 0.12
#: The same where every way of cutting is weighed: a misfit costs one, all evenness less than one end in mid-channel.
MID_TREE, JOINT_TREE = 0.05, 0.001
#: A component with more rings is a net; spanning trees tried for one that has fewer.
RINGS, TREES = 12, 8
#: Share of the usual search; the graph of a channel has few ways to go.
EFFORT = 0.2
#: The last moves: proposals for each piece, price of the cuts of a reach and of its deviation.
STEPS, SHAPE, EVEN = 60, 1.0, 4.0


class Solved(NamedTuple):
    """Reach of each piece, whether its component divides well, and whether every way of cutting it was weighed."""

    label: Ints
    feasible: npt.NDArray[np.bool_]
    settled: npt.NDArray[np.bool_]


def solve_network(part: Ints, pieces: Pieces, edges: tuple[Ints, Ints, Floats], price: Floats, target: float) -> Solved:
    """Cut each component into its reaches.

    Parameters
    ----------
    part : (m,) int64
        Component of each piece.
    pieces : Pieces
    edges : pieces that meet within a component, each pair once, and the price of a cut between them
    price : (v,) float64
        `JOINT` or `MID_CHANNEL` at each node.
    target : float
        Metres wanted.

    Returns
    -------
    Solved
    """
    length = pieces.length
    count = int(part.max(initial=-1)) + 1
    total = group_sums(part, length, count)
    label = np.empty(len(part), dtype=np.int64)
    feasible, settled = np.zeros(len(part), dtype=bool), np.zeros(len(part), dtype=bool)
    members = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part, minlength=count))[:-1])
    by_part = np.argsort(part[edges[0]], kind="stable")
    of_part = np.split(by_part, np.cumsum(np.bincount(part[edges[0]], minlength=count))[:-1])
    local = np.empty(len(part), dtype=np.int64)
    ahead = 0
    for p in range(count):
        mine = members[p]
        k = min(nearest_count(float(total[p]), target), len(mine))
        feasible[mine] = abs(total[p] / k - target) <= TOLERANCE * target
        net = _net(pieces, mine)
        settled[mine] = k == 1 or (net.rings == 0 and feasible[mine[0]])
        if feasible[mine[0]] and 1 < k < len(mine) and net.rings <= RINGS:
            found = _cut_trees(net, length[mine], price, target, seed=p)
        else:
            local[mine] = np.arange(len(mine))
            own = of_part[p]
            graph = csr(len(mine), local[edges[0][own]], local[edges[1][own]], edges[2][own])
            found = _cut(graph, length[mine], k, target=target if feasible[mine[0]] else None, seed=p)
            water_kernels.move_ends(net.arrays, found, length[mine], price[net.node] == MID_CHANNEL, _band(target))
        label[mine] = ahead + found
        ahead = int(label[mine].max()) + 1
    return Solved(label, feasible, settled)


class _Net(NamedTuple):
    """A component as pieces between nodes of its own."""

    arrays: tuple[Ints, Ints, Ints, Ints]
    node: Ints
    rings: int


def _net(pieces: Pieces, mine: Ints) -> _Net:
    m = len(mine)
    node, at = np.unique(np.r_[pieces.tail[mine], pieces.head[mine]], return_inverse=True)
    at = at.ravel().astype(np.int64)
    order = np.argsort(at, kind="stable")
    start = np.searchsorted(at[order], np.arange(len(node) + 1)).astype(np.int64)
    return _Net((start, (order % m).astype(np.int64), at[:m], at[m:]), node, m - len(node) + 1)


def _band(target: float) -> Floats:
    # a hair of slack: a fifth of 1,000 m is no binary number, and coordinates are whole centimetres
    return np.array([1.0 - TOLERANCE - 1e-9, 1.0, 1.0 + TOLERANCE + 1e-9]) * target


def _cut_trees(net: _Net, length: Floats, price: Floats, target: float, *, seed: int) -> Ints:
    """Cut a component along its trees at the least price."""
    at_node = np.where(price[net.node] == MID_CHANNEL, MID_TREE, JOINT_TREE)
    state = np.random.SeedSequence(seed).generate_state(2, np.uint64) | np.uint64(1)
    tries = (1 if net.rings == 0 else TREES, state)
    label = water_trees.best_cuts(net.arrays, length, at_node, _band(target), tries)[1]
    return np.asarray(np.unique(label, return_inverse=True)[1].ravel(), dtype=np.int64)


def _cut(graph: tuple[Ints, Ints, Floats], length: Floats, k: int, *, target: float | None, seed: int) -> Ints:
    """Cut one component into about k connected reaches; into k even ones where no number is right."""
    if k == 1:
        return np.zeros(len(length), dtype=np.int64)
    if k == len(length):
        return np.arange(k, dtype=np.int64)
    indptr, _, weight = graph
    mean = float(length.sum()) / k
    around = np.add.reduceat(np.r_[weight, 0.0], indptr[:-1])
    # two cuts in mid-channel, the least that a reach between others has, cost as much as a round grid's shape
    ground = length / mean / np.pi
    none = np.full(len(length), -1, dtype=np.int64)
    problem = PartProblem(
        *graph,
        np.column_stack([around, ground, length, np.ones(len(length))]),
        k,
        mean,
        mean * (1.0 - TOLERANCE),
        mean * (1.0 + TOLERANCE),
        none,
        none,
        0.0,
        seed,
    )
    label = refine(problem, start_labels(problem), effort=EFFORT)
    state = np.random.SeedSequence(seed).generate_state(2, np.uint64) | np.uint64(1)
    return _settled(problem, label if target is None else _mended(problem, label, target, state), state)


def _mended(problem: PartProblem, label: Ints, target: float, state: npt.NDArray[np.uint64]) -> Ints:
    """Cut reaches of the wrong length anew together with their neighbours; their number may change."""
    n, k = len(problem), problem.k
    load = np.r_[group_sums(label, problem.demand, k), np.zeros(k + 8)]
    band = np.array([1.0 - TOLERANCE, 1.0, 1.0 + TOLERANCE]) * target
    net = (problem.indptr, problem.indices, problem.demand.copy(), band)
    room = water_kernels.ROOM
    scratch = (
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.full(n, -1, dtype=np.int64),
        np.zeros(room, np.int64),
        np.zeros(room),
        np.zeros(32 * room, np.int64),
    )
    water_kernels.mend(label, load, (net, scratch, state))
    return np.asarray(np.unique(label, return_inverse=True)[1].ravel(), dtype=np.int64)


def _settled(problem: PartProblem, label: Ints, state: npt.NDArray[np.uint64]) -> Ints:
    """Make only moves that are better, until reaches are even: annealing leaves them a little warm."""
    n, k = len(problem), int(label.max()) + 1
    price = np.array([float(problem.demand.sum()) / k, problem.low, problem.high, SHAPE, EVEN, 2.0, 10.0, *[0.0] * 4])
    graph = (problem.indptr, problem.indices, problem.weight)
    world: kernels.World = (*graph, problem.atom, price, problem.home, problem.fixed >= 0)
    marks, queue = np.zeros(n + 1, np.int64), np.zeros(kernels.SEARCH_LIMIT + 1, np.int64)
    plan: kernels.Plan = (label, np.zeros((k, problem.atom.shape[1])), marks, queue, state, np.zeros(k))
    kernels.region_table(world, plan)
    kernels.anneal(world, plan, np.array([1e-9, 1e-9, float(STEPS * n), 0.2]))
    return label
