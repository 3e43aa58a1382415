"""Compiled inner loops of the partition: energy, contiguity, annealed border moves, region re-splits.

All functions work on one connected part in CSR form and change ``labels`` and the region sums in place. They
hold no global state: the random numbers come from a two-word state array, so a seed repeats its result on any
thread or process.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Rows of the region table and of the price list; numba folds module constants into the machine code.
PERIMETER, AREA, DEMAND, COUNT, SOFT = 0, 1, 2, 3, 4
MEAN, LOW, HIGH, SHAPE, BALANCE, STEP, EXCESS, CHURN, SOFT_PRICE = range(9)

# A region is searched this far for a way round a leaving atom; beyond it the move is refused, never guessed.
SEARCH_LIMIT = 400


@njit(cache=True, nogil=True)
def random_unit(state):  # noqa: ANN001, ANN201
    """Draw a float64 in [0, 1) by xorshift128+."""
    a, b = state[0], state[1]
    a ^= a << np.uint64(23)
    a = a ^ b ^ (a >> np.uint64(18)) ^ (b >> np.uint64(5))
    state[0], state[1] = b, a
    return np.float64((a + b) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def region_energy(region, r, price):  # noqa: ANN001, ANN201
    """Price one region: inverse compactness, balance, being outside the band, soft demands."""
    area = region[r, AREA]
    energy = price[SHAPE] * region[r, PERIMETER] ** 2 / (12.566370614359172 * area) if area > 0.0 else 0.0
    mean = price[MEAN]
    if mean > 0.0:
        demand = region[r, DEMAND]
        off = (demand - mean) / mean
        energy += price[BALANCE] * off * off
        over = max(price[LOW] - demand, demand - price[HIGH]) / mean
        if over > 1e-12:
            energy += price[STEP] + price[EXCESS] * over
    for s in range(SOFT, region.shape[1]):
        off = region[r, s] - 1.0
        energy += price[SOFT_PRICE] * off * off
    return energy


@njit(cache=True, nogil=True)
def border_with(v, r, labels, indptr, indices, weight):  # noqa: ANN001, ANN201
    """Sum the border that atom ``v`` shares with other atoms of region ``r``."""
    total = 0.0
    for e in range(indptr[v], indptr[v + 1]):
        if labels[indices[e]] == r:
            total += weight[e]
    return total


@njit(cache=True, nogil=True)
def shift(v, a, b, labels, graph, atom, region):  # noqa: ANN001, ANN201
    """Move atom ``v`` from region ``a`` to ``b`` and keep the region sums."""
    indptr, indices, weight = graph
    region[a, PERIMETER] += 2.0 * border_with(v, a, labels, indptr, indices, weight) - atom[v, PERIMETER]
    region[b, PERIMETER] += atom[v, PERIMETER] - 2.0 * border_with(v, b, labels, indptr, indices, weight)
    for c in range(1, region.shape[1]):
        region[a, c] -= atom[v, c]
        region[b, c] += atom[v, c]
    labels[v] = b


@njit(cache=True, nogil=True)
def stays_whole(v, a, labels, indptr, indices, mark, queue):  # noqa: ANN001, ANN201
    """Tell whether region ``a`` stays in one piece when atom ``v`` leaves it."""
    mark[0] += 1
    wanted = mark[0] * 2
    count = 0
    first = -1
    for e in range(indptr[v], indptr[v + 1]):
        u = indices[e]
        if labels[u] == a:
            mark[1 + u] = wanted
            count += 1
            first = u
    if count < 2:
        return count == 1
    # breadth first from one neighbour; a neighbour met on the way goes to the front, so rings close at once
    seen = wanted + 1
    mark[1 + v] = seen
    mark[1 + first] = seen
    queue[0] = first
    head, tail = 0, 1
    left = count - 1
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
            else:
                if tail >= SEARCH_LIMIT:
                    continue
                queue[tail] = u
                tail += 1
            mark[1 + u] = seen
    return False


@njit(cache=True, nogil=True)
def try_single(v, b, labels, graph, atom, region, price, home, temperature, scratch):  # noqa: ANN001, ANN201
    """Propose one atom for a neighbouring region; return whether it moved."""
    indptr, indices, weight = graph
    mark, queue, state = scratch
    a = labels[v]
    before = region_energy(region, a, price) + region_energy(region, b, price)
    shift(v, a, b, labels, graph, atom, region)
    delta = region_energy(region, a, price) + region_energy(region, b, price) - before
    delta += churn_change(v, a, b, home, atom, price)
    good = delta <= 0.0 or random_unit(state) < np.exp(-delta / temperature)
    labels[v] = a
    if good and stays_whole(v, a, labels, indptr, indices, mark, queue):
        labels[v] = b
        return True
    labels[v] = b
    shift(v, b, a, labels, graph, atom, region)
    return False


@njit(cache=True, nogil=True)
def churn_change(v, a, b, home, atom, price):  # noqa: ANN001, ANN201
    """Price of moving atom ``v`` away from (or back to) the grid it is in today."""
    if price[CHURN] == 0.0 or home[v] < 0:
        return 0.0
    moved = (1.0 if home[v] != b else 0.0) - (1.0 if home[v] != a else 0.0)
    return price[CHURN] * moved * atom[v, DEMAND] / max(price[MEAN], 1e-9)


@njit(cache=True, nogil=True)
def try_chain(v, b, labels, graph, atom, region, price, home, frozen, temperature, scratch):  # noqa: ANN001, ANN201, PLR0913
    """Propose a chain: ``v`` goes from ``a`` to ``b`` and another atom leaves ``b`` (maybe to ``a``)."""
    indptr, indices, _ = graph
    mark, queue, state = scratch
    a = labels[v]
    if not stays_whole(v, a, labels, indptr, indices, mark, queue):
        return False
    # walk inside b to an atom of its border
    w = v
    c = -1
    for _ in range(3):
        degree = indptr[w + 1] - indptr[w]
        x = indices[indptr[w] + int(random_unit(state) * degree)]
        if labels[x] == b:
            w = x
    if w == v or frozen[w]:
        return False
    degree = indptr[w + 1] - indptr[w]
    for _ in range(3):
        c = labels[indices[indptr[w] + int(random_unit(state) * degree)]]
        if c != b:
            break
    if c == b:
        return False
    before = region_energy(region, a, price) + region_energy(region, b, price)
    if c != a:
        before += region_energy(region, c, price)
    shift(v, a, b, labels, graph, atom, region)
    # v was w's only tie to a, when c == a
    tied = False
    for e in range(indptr[w], indptr[w + 1]):
        if labels[indices[e]] == c:
            tied = True
            break
    if not tied or not stays_whole(w, b, labels, indptr, indices, mark, queue):
        shift(v, b, a, labels, graph, atom, region)
        return False
    shift(w, b, c, labels, graph, atom, region)
    after = region_energy(region, a, price) + region_energy(region, b, price)
    if c != a:
        after += region_energy(region, c, price)
    delta = after - before + churn_change(v, a, b, home, atom, price) + churn_change(w, b, c, home, atom, price)
    if delta <= 0.0 or random_unit(state) < np.exp(-delta / temperature):
        return True
    shift(w, c, b, labels, graph, atom, region)
    shift(v, b, a, labels, graph, atom, region)
    return False


@njit(cache=True, nogil=True)
def anneal(labels, graph, atom, region, price, home, frozen, schedule, scratch):  # noqa: ANN001, ANN201
    """Run annealed moves over a falling temperature; return the number of moves made.

    ``schedule`` is (start temperature, end temperature, proposals, share of chains).
    """
    indptr, indices, _ = graph
    _, _, state = scratch
    n = len(labels)
    proposals = int(schedule[2])
    temperature = schedule[0]
    every = 1024
    cool = (schedule[1] / schedule[0]) ** (every / max(proposals, every))
    moves = 0
    for step in range(proposals):
        if step % every == every - 1:
            temperature *= cool
        v = int(random_unit(state) * n)
        degree = indptr[v + 1] - indptr[v]
        if degree == 0:
            continue
        b = labels[indices[indptr[v] + int(random_unit(state) * degree)]]
        a = labels[v]
        if a == b or frozen[v] or region[a, COUNT] < 1.5:
            continue
        if random_unit(state) < schedule[3]:
            moved = try_chain(v, b, labels, graph, atom, region, price, home, frozen, temperature, scratch)
        else:
            moved = try_single(v, b, labels, graph, atom, region, price, home, temperature, scratch)
        if moved:
            moves += 1
    return moves


@njit(cache=True, nogil=True)
def region_table(labels, graph, atom, region):  # noqa: ANN001, ANN201
    """Fill the region sums from scratch."""
    indptr, indices, weight = graph
    region[:] = 0.0
    for v in range(len(labels)):
        r = labels[v]
        for c in range(region.shape[1]):
            region[r, c] += atom[v, c]
        for e in range(indptr[v], indptr[v + 1]):
            if labels[indices[e]] == r:
                region[r, PERIMETER] -= weight[e]


@njit(cache=True, nogil=True)
def total_energy(labels, region, price, home, atom):  # noqa: ANN001, ANN201
    """Sum the prices of all regions and of all moves away from home."""
    energy = 0.0
    for r in range(region.shape[0]):
        energy += region_energy(region, r, price)
    for v in range(len(labels)):
        energy += churn_change(v, home[v], labels[v], home, atom, price)
    return energy
