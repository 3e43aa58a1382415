"""Compiled inner loops of the partition: energy, contiguity, annealed moves.

The small ones are forced inline: a call hands over a dozen arrays, which costs more than what most of them do.
All functions work on one connected part in CSR form and change the plan in place. They hold no global state: the
random numbers come from a two-word state array, so a seed repeats its result on any thread or process.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["SEARCH_LIMIT", "Plan", "World", "anneal", "region_table", "total_energy"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Words: TypeAlias = npt.NDArray[np.uint64]

#: What stays: indptr, indices, weight, atom, price, home, frozen.
World: TypeAlias = tuple[Ints, Ints, Floats, Floats, Floats, Ints, Bools]
#: What changes: labels, region sums, marks, queue, random state, price of each region.
Plan: TypeAlias = tuple[Ints, Floats, Ints, Ints, Words, Floats]

# Columns of the atom and region tables, and places in the price list; numba folds them into the machine code.
PERIMETER, AREA, DEMAND, COUNT, SOFT = 0, 1, 2, 3, 4
MEAN, LOW, HIGH, SHAPE, BALANCE, STEP, EXCESS, CHURN, SOFT_PRICE, WALK, CLOSED = range(11)
#: Last columns of both tables where the walk has a price: weight times x, y and the squared distance.
WALK_COLUMNS = 3

#: A region is searched this far for a way round a leaving atom; beyond it the move is refused, never guessed.
SEARCH_LIMIT = 400
#: Deviation from the mean, as a share of it, beyond which more costs but little more.
FAR = 8.0
#: Proposals between two coolings.
EVERY = 1024


@njit(cache=True, nogil=True, forceinline=True)
def random_unit(state: Words) -> float:
    """Draw a number in [0, 1) by xorshift128+."""
    a, b = state[0], state[1]
    a ^= a << np.uint64(23)
    a = a ^ b ^ (a >> np.uint64(18)) ^ (b >> np.uint64(5))
    state[0], state[1] = b, a
    return np.float64((a + b) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def wishes_energy(r: int, price: Floats, region: Floats) -> float:
    """Price what one region has beyond its demand: soft demands, walks."""
    energy = 0.0
    last = region.shape[1]
    if price[WALK] > 0.0:
        last -= WALK_COLUMNS
        if region[r, DEMAND] > 1e-9 * price[MEAN]:
            # the second moment about the centre of the households, from sums about a common origin
            x, y = region[r, last], region[r, last + 1]
            moment = region[r, last + 2] - (x * x + y * y) * price[MEAN] / region[r, DEMAND]
            energy += price[WALK] * max(moment, 0.0)
    for s in range(SOFT, last):
        off = region[r, s] - 1.0
        energy += price[SOFT_PRICE] * off * off
    return energy


@njit(cache=True, nogil=True, forceinline=True)
def region_energy(r: int, price: Floats, region: Floats) -> float:
    """Price one region: inverse compactness, balance, being outside the band, soft demands, walks."""
    area = region[r, AREA]
    energy = price[SHAPE] * region[r, PERIMETER] ** 2 / (12.566370614359172 * area) if area > 0.0 else 0.0
    mean = price[MEAN]
    if mean > 0.0:
        demand = region[r, DEMAND]
        off = (demand - mean) / mean
        over = max(price[LOW] - demand, demand - price[HIGH]) / mean
        beyond = 0.0
        if off > FAR:
            # squares of a region overfilled a million times would drown the differences of all others
            grown = FAR * np.log(off / FAR)
            beyond = off - FAR - grown
            energy += price[BALANCE] * FAR * (FAR + 2.0 * grown)
        else:
            energy += price[BALANCE] * off * off
        if over > 1e-12:
            energy += price[STEP] + price[EXCESS] * max(over - beyond, 0.0)
    if region.shape[1] > SOFT:
        energy += wishes_energy(r, price, region)
    return energy


@njit(cache=True, nogil=True, forceinline=True)
def churn_change(v: int, a: int, b: int, world: World) -> float:
    """Price of taking atom ``v`` away from (or back to) the grid it is in today."""
    _, _, _, atom, price, home, _ = world
    if price[CHURN] == 0.0 or home[v] < 0:
        return 0.0
    moved = (1.0 if home[v] != b else 0.0) - (1.0 if home[v] != a else 0.0)
    return float(price[CHURN] * moved * atom[v, DEMAND] / max(price[MEAN], 1e-9))


@njit(cache=True, nogil=True, forceinline=True)
def shift(v: int, a: int, b: int, world: World, plan: Plan) -> None:
    """Move atom ``v`` from region ``a`` to ``b`` and keep the region sums."""
    indptr, indices, weight, atom = world[0], world[1], world[2], world[3]
    labels, region = plan[0], plan[1]
    with_a = 0.0
    with_b = 0.0
    for e in range(indptr[v], indptr[v + 1]):
        label = labels[indices[e]]
        if label == a:
            with_a += weight[e]
        elif label == b:
            with_b += weight[e]
    region[a, PERIMETER] += 2.0 * with_a - atom[v, PERIMETER]
    region[b, PERIMETER] += atom[v, PERIMETER] - 2.0 * with_b
    for c in range(1, region.shape[1]):
        region[a, c] -= atom[v, c]
        region[b, c] += atom[v, c]
    labels[v] = b


@njit(cache=True, nogil=True, forceinline=True)
def stays_whole(v: int, a: int, world: World, plan: Plan) -> bool:
    """Tell whether region ``a`` stays in one piece when atom ``v`` leaves it."""
    indptr, indices = world[0], world[1]
    labels, mark, queue = plan[0], plan[2], plan[3]
    mark[0] += 1
    wanted = mark[0] * 2
    seen = wanted + 1
    left = -1
    for e in range(indptr[v], indptr[v + 1]):
        u = indices[e]
        if labels[u] == a:
            mark[1 + u] = wanted
            left += 1
            queue[0] = u
    if left < 1:
        return left == 0
    # breadth first from one neighbour; a neighbour met on the way goes to the front, so rings close at once
    mark[1 + v] = seen
    mark[1 + queue[0]] = seen
    head, tail = 0, 1
    while head < tail:
        x = queue[head]
        head += 1
        for e in range(indptr[x], indptr[x + 1]):
            u = indices[e]
            if labels[u] != a or mark[1 + u] == seen:
                continue
            if mark[1 + u] == wanted:
                left -= 1
                if left == 0:
                    return True
                head -= 1
                queue[head] = u
            elif tail < SEARCH_LIMIT:
                queue[tail] = u
                tail += 1
            else:
                continue
            mark[1 + u] = seen
    return False


@njit(cache=True, nogil=True, forceinline=True)
def accepted(delta: float, temperature: float, state: Words) -> bool:
    """Decide by the rule of Metropolis."""
    return delta <= 0.0 or random_unit(state) < np.exp(-delta / temperature)


@njit(cache=True, nogil=True, forceinline=True)
def try_single(v: int, b: int, world: World, plan: Plan, temperature: float) -> bool:
    """Propose one atom for a neighbouring region; return whether it moved."""
    labels, cost = plan[0], plan[5]
    a = labels[v]
    shift(v, a, b, world, plan)
    at_a, at_b = region_energy(a, world[4], plan[1]), region_energy(b, world[4], plan[1])
    delta = at_a + at_b - cost[a] - cost[b]
    if accepted(delta + churn_change(v, a, b, world), temperature, plan[4]):
        labels[v] = a
        whole = stays_whole(v, a, world, plan)
        labels[v] = b
        if whole:
            cost[a], cost[b] = at_a, at_b
            return True
    shift(v, b, a, world, plan)
    return False


@njit(cache=True, nogil=True, forceinline=True)
def random_neighbour(v: int, world: World, state: Words) -> int:
    """Draw a neighbour of an atom that has some."""
    begin = world[0][v]
    return world[1][begin + int(random_unit(state) * (world[0][v + 1] - begin))]  # type: ignore[no-any-return]


@njit(cache=True, nogil=True, forceinline=True)
def second_move(v: int, b: int, world: World, plan: Plan) -> tuple[int, int]:
    """Walk from ``v`` into region ``b`` to an atom of its border; return it and a region beyond, or -1."""
    labels, state = plan[0], plan[4]
    w = v
    for _ in range(3):
        x = random_neighbour(w, world, state)
        if labels[x] == b:
            w = x
    if w == v or world[6][w]:
        return -1, -1
    for _ in range(3):
        c = labels[random_neighbour(w, world, state)]
        if c != b and c >= world[4][CLOSED]:
            return w, c
    return -1, -1


@njit(cache=True, nogil=True, forceinline=True)
def touches(w: int, c: int, world: World, plan: Plan) -> bool:
    """Tell whether atom ``w`` has a neighbour in region ``c``."""
    found = False
    for e in range(world[0][w], world[0][w + 1]):
        found |= plan[0][world[1][e]] == c
    return found


@njit(cache=True, nogil=True, forceinline=True)
def try_chain(v: int, b: int, world: World, plan: Plan, temperature: float) -> bool:
    """Propose a chain: ``v`` goes from ``a`` to ``b`` and another atom leaves ``b``, maybe to ``a``."""
    a = plan[0][v]
    if not stays_whole(v, a, world, plan):
        return False
    w, c = second_move(v, b, world, plan)
    if w < 0:
        return False
    cost = plan[5]
    shift(v, a, b, world, plan)
    # v may have been w's only tie to c, when c is a
    if touches(w, c, world, plan) and stays_whole(w, b, world, plan):
        shift(w, b, c, world, plan)
        at_a, at_b = region_energy(a, world[4], plan[1]), region_energy(b, world[4], plan[1])
        at_c = region_energy(c, world[4], plan[1]) if c != a else at_a
        delta = at_a + at_b - cost[a] - cost[b]
        if c != a:
            delta += at_c - cost[c]
        delta += churn_change(v, a, b, world) + churn_change(w, b, c, world)
        if accepted(delta, temperature, plan[4]):
            cost[a], cost[b], cost[c] = at_a, at_b, at_c
            return True
        shift(w, c, b, world, plan)
    shift(v, b, a, world, plan)
    return False


@njit(cache=True, nogil=True)
def anneal(world: World, plan: Plan, schedule: Floats) -> int:
    """Run annealed moves over a falling temperature; return the number of moves made.

    ``schedule`` is (start temperature, end temperature, proposals, share of chains).
    """
    indptr, frozen = world[0], world[6]
    labels, region, state = plan[0], plan[1], plan[4]
    n = len(labels)
    closed = world[4][CLOSED]  # the first regions take no further units
    proposals = int(schedule[2])
    temperature = schedule[0]
    cool = (schedule[1] / schedule[0]) ** (EVERY / max(proposals, EVERY))
    moves = 0
    for step in range(proposals):
        if step % EVERY == EVERY - 1:
            temperature *= cool
        v = int(random_unit(state) * n)
        if indptr[v] == indptr[v + 1]:
            continue
        b = labels[random_neighbour(v, world, state)]
        if labels[v] == b or frozen[v] or region[labels[v], COUNT] < 1.5 or b < closed:
            continue
        if random_unit(state) < schedule[3]:
            moved = try_chain(v, b, world, plan, temperature)
        else:
            moved = try_single(v, b, world, plan, temperature)
        if moved:
            moves += 1
    return moves


@njit(cache=True, nogil=True)
def region_table(world: World, plan: Plan) -> None:
    """Fill the region sums and prices from scratch."""
    indptr, indices, weight, atom = world[0], world[1], world[2], world[3]
    labels, region = plan[0], plan[1]
    region[:] = 0.0
    for v in range(len(labels)):
        r = labels[v]
        for c in range(region.shape[1]):
            region[r, c] += atom[v, c]
        for e in range(indptr[v], indptr[v + 1]):
            if labels[indices[e]] == r:
                region[r, PERIMETER] -= weight[e]
    for r in range(len(region)):
        plan[5][r] = region_energy(r, world[4], region)


@njit(cache=True, nogil=True)
def total_energy(world: World, plan: Plan) -> float:
    """Sum the prices of all regions and of all atoms away from home."""
    energy = 0.0
    for r in range(plan[1].shape[0]):
        energy += region_energy(r, world[4], plan[1])
    for v in range(len(plan[0])):
        energy += churn_change(v, world[5][v], plan[0][v], world)
    return energy
