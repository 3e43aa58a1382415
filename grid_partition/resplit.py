"""Cut two neighbouring regions anew along a random tree: moves whole branches, which no single unit could begin.

Where units hang together like a comb or a chain of necks, a unit can't change its region without tearing off what
hangs on it. A spanning tree of both regions has an edge for each such branch, and cutting one keeps both in one piece.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from grid_partition.kernels import DEMAND, HIGH, LOW, PERIMETER, Plan, World, churn_change, random_unit, region_energy

__all__ = ["resplit"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

#: Trees tried for each pair.
TREES = 24


@njit(cache=True, nogil=True)
def resplit(world: World, plan: Plan, ask: Ints, scratch: Ints, sums: Floats) -> tuple[int, int]:
    """Cut a region anew with each of its neighbours where that lowers the energy.

    Parameters
    ----------
    world : World
    plan : Plan
    ask : (2,) int64
        The region, and the number of units of a pair beyond which it is left alone.
    scratch : (5, n) int64
        All -1, and so again afterwards but for the first four rows.
    sums : (n,) float64

    Returns
    -------
    made : int
        Cuts made.
    looked : int
        Units looked at.
    """
    indptr, indices = world[0], world[1]
    labels = plan[0]
    n, k = len(labels), plan[1].shape[0]
    r, most = ask[0], ask[1]
    beside = np.zeros(k, np.bool_)
    for v in range(n):
        if labels[v] == r:
            for e in range(indptr[v], indptr[v + 1]):
                beside[labels[indices[e]]] = True
    made, looked = 0, n
    for s in range(k):
        if s != r and beside[s]:
            looked += n
            made += cut_pair(world, plan, (r, s, most), scratch, sums)
    return made, looked


@njit(cache=True, nogil=True)
def pair_members(world: World, labels: Ints, pair: tuple[int, int, int], members: Ints) -> int:
    """List the units of two regions; return their number, 0 where one of them is fixed or there are too many."""
    a, b, most = pair
    count = 0
    for v in range(len(labels)):
        if labels[v] == a or labels[v] == b:
            if world[6][v] or count == most:
                return 0
            members[count] = v
            count += 1
    return count


@njit(cache=True, nogil=True)
def cut_pair(world: World, plan: Plan, pair: tuple[int, int, int], scratch: Ints, sums: Floats) -> bool:
    """Try trees over two regions; keep the best cut if it lowers their energy."""
    labels = plan[0]
    members, was, best = scratch[0], scratch[1], scratch[2]
    count = pair_members(world, labels, pair, members)
    if count < 2:
        return False
    sides = (pair[0], pair[1], count)
    was[:count] = labels[members[:count]]
    best[:count] = was[:count]
    least = pair_energy(world, plan, sides, members) - 1e-9
    found = False
    for _tree in range(TREES):
        total = grow_tree(world, plan, count, scratch, sums)
        if total < 0.0:
            break  # an earlier cut of the first region took it away from the second
        name_sides(plan, sides, scratch, best_edge(world[4], scratch[3, 1:count], sums, total))
        energy = pair_energy(world, plan, sides, members)
        if energy < least:
            least, found = energy, True
            best[:count] = labels[members[:count]]
        labels[members[:count]] = was[:count]
    labels[members[:count]] = best[:count]
    pair_energy(world, plan, sides, members)
    scratch[4][members[:count]] = -1
    return found


@njit(cache=True, nogil=True)
def grow_tree(world: World, plan: Plan, count: int, scratch: Ints, sums: Floats) -> float:
    """Grow a random tree over the members; return their demand (-1 if they don't hang together), and each branch's.

    Afterwards ``scratch[3]`` holds the members in the order of growth, and ``scratch[4]`` what each grew from.
    """
    indptr, indices, atom = world[0], world[1], world[3]
    state = plan[4]
    members, order, above = scratch[0], scratch[3], scratch[4]
    for v in members[:count]:
        above[v] = -2
    root = members[int(random_unit(state) * count)]
    above[root] = root
    order[0] = root
    reached, head = 1, 0
    while head < reached:
        # a random unit of those not looked round from yet comes next: neither deep nor broad
        pick = head + int(random_unit(state) * (reached - head))
        order[head], order[pick] = order[pick], order[head]
        v = order[head]
        head += 1
        sums[v] = atom[v, DEMAND]
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            if above[u] == -2:
                above[u] = v
                order[reached] = u
                reached += 1
    if reached < count:
        return -1.0
    for i in range(reached - 1, 0, -1):
        sums[above[order[i]]] += sums[order[i]]
    return float(sums[root])


@njit(cache=True, nogil=True)
def best_edge(price: Floats, branches: Ints, sums: Floats, total: float) -> int:
    """Return the branch that leaves both sides nearest the band, and nearest to each other."""
    at, off = branches[0], np.inf
    for v in branches:
        part, rest = sums[v], total - sums[v]
        miss = max(price[LOW] - part, part - price[HIGH], 0.0) + max(price[LOW] - rest, rest - price[HIGH], 0.0)
        miss += 1e-3 * abs(part - rest)
        if miss < off:
            at, off = v, miss
    return int(at)


@njit(cache=True, nogil=True)
def name_sides(plan: Plan, sides: tuple[int, int, int], scratch: Ints, at: int) -> None:
    """Label the branch as one region and the rest as the other, so that most units keep their name."""
    labels, order, above, a = plan[0], scratch[3], scratch[4], sides[0]
    count = sides[2]
    above[at] = -3
    inside = 0
    for v in order[:count]:
        # what grew from the branch belongs to it; the order of growth puts it later
        if above[v] == -3 or (above[v] != v and above[above[v]] == -3):
            above[v] = -3
            inside += 1 if labels[v] == a else -1
    side, other = (a, sides[1]) if inside >= 0 else (sides[1], a)
    for v in order[:count]:
        labels[v] = side if above[v] == -3 else other


@njit(cache=True, nogil=True)
def pair_energy(world: World, plan: Plan, sides: tuple[int, int, int], members: Ints) -> float:
    """Sum two regions up from scratch and price them."""
    indptr, indices, weight, atom = world[0], world[1], world[2], world[3]
    labels, region = plan[0], plan[1]
    a, b, count = sides
    region[a] = 0.0
    region[b] = 0.0
    energy = 0.0
    for v in members[:count]:
        r = labels[v]
        for c in range(region.shape[1]):
            region[r, c] += atom[v, c]
        for e in range(indptr[v], indptr[v + 1]):
            if labels[indices[e]] == r:
                region[r, PERIMETER] -= weight[e]
        energy += churn_change(v, world[5][v], r, world)
    plan[5][a] = region_energy(a, world[4], region)
    plan[5][b] = region_energy(b, world[4], region)
    return float(energy + plan[5][a] + plan[5][b])
