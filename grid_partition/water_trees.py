"""Compiled search for the best cuts of a network without rings: every way of cutting it is weighed.

Pieces of water hang on a tree of nodes. From its leaves upwards, a table at each node keeps, for each length of the
reach that is still open there, the cheapest cuts below. A network with rings is searched along some of its spanning
trees. All functions change their arrays in place and hold no global state.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from grid_partition.kernels import random_unit

__all__ = ["BINS", "best_cuts"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

#: Pieces at nodes: start of each node's row, pieces in it, tail and head of each piece.
Net: TypeAlias = tuple[Ints, Ints, Ints, Ints]
Shorts: TypeAlias = npt.NDArray[np.int16]
#: Cost and length of each state at a node; state before, state of the branch, and what was done.
Table: TypeAlias = tuple[Floats, Floats, Shorts, Shorts, Shorts]
#: Cost and length of each state at the upper end of a piece; state below, and what was done.
Opened: TypeAlias = tuple[Floats, Floats, Shorts, Shorts]
#: Tables of all nodes, and of all pieces what leads back.
Room: TypeAlias = tuple[Table, tuple[Shorts, Shorts]]
#: Upper and lower node of each piece (-1: it ends there), and the order of growth.
Tree: TypeAlias = tuple[Ints, Ints, Ints]

#: States of a table: lengths of an open reach, a hundredth of the wanted one apart.
BINS = 150
#: Price of a reach inside the band for the square of its deviation.
UNEVEN = 0.25
#: What is done with a branch at a node: it joins the open reach, is closed, or the open reach is closed before it.
JOIN, CLOSE_BRANCH, CLOSE_OPEN = 0, 1, 2


@njit(cache=True, nogil=True)
def price_of(load: float, band: Floats) -> float:
    """Price a whole reach: one and how far it is off for a misfit, next to nothing inside the band."""
    off = abs(load - band[1]) / band[1]
    if load < band[0] or load > band[2]:
        return float(1.0 + off)
    return float(UNEVEN * off * off)


@njit(cache=True, nogil=True)
def bin_of(load: float, band: Floats) -> int:
    """Return the state that stands for a length; -1 when an open reach may not be so long."""
    at = int(load / band[1] * 100.0)
    return at if at < BINS else -1


@njit(cache=True, nogil=True)
def grow(net: Net, root: int, tree: Tree, state: Words, shuffled: bool) -> None:
    """Hang every piece on a tree of nodes; one that would close a ring ends where it meets it."""
    start, piece, tail, head = net
    upper, lower, order = tree
    size = 0
    upper[:] = -1
    lower[:] = -1
    seen = np.zeros(len(start) - 1, np.bool_)
    waiting = np.empty(2 * len(upper) + 2, np.int64)
    origin = np.empty(2 * len(upper) + 2, np.int64)
    count = 0
    seen[root] = True
    for i in range(start[root], start[root + 1]):
        waiting[count], origin[count] = piece[i], root
        count += 1
    deep = not shuffled or random_unit(state) < 0.5
    while count > 0:
        at = count - 1
        if shuffled and (not deep or random_unit(state) < 0.2):
            at = int(random_unit(state) * count)
        e, u = waiting[at], origin[at]
        count -= 1
        waiting[at], origin[at] = waiting[count], origin[count]
        if upper[e] >= 0:
            continue
        upper[e] = u
        order[size] = e
        size += 1
        v = head[e] if tail[e] == u else tail[e]
        if seen[v]:
            continue
        seen[v] = True
        lower[e] = v
        for i in range(start[v], start[v + 1]):
            if upper[piece[i]] < 0:
                waiting[count], origin[count] = piece[i], v
                count += 1


@njit(cache=True, nogil=True)
def open_table(length: float, below: int, price: float, tables: Table, band: Floats, found: Opened) -> None:
    """Fill the states of the reach at the upper end of a piece: it goes on from below, or begins with the piece."""
    cost, load, came, done = found
    cost[:] = np.inf
    if below < 0:
        b = bin_of(length, band)
        cost[b], load[b], came[b], done[b] = 0.0, length, -1, JOIN
        return
    for a in range(BINS):
        if tables[0][below, a] == np.inf:
            continue
        far = tables[1][below, a]
        b = bin_of(far + length, band)
        if b >= 0 and tables[0][below, a] < cost[b]:
            cost[b], load[b], came[b], done[b] = tables[0][below, a], far + length, a, JOIN
        if far > 0.0:
            b = bin_of(length, band)
            closed = tables[0][below, a] + price_of(far, band) + price
            if closed < cost[b]:
                cost[b], load[b], came[b], done[b] = closed, length, a, CLOSE_OPEN


@njit(cache=True, nogil=True)
def keep(into: Table, row: int, load: float, cost: float, how: tuple[int, int, int], band: Floats) -> None:
    """Keep a state of a node when it is the cheapest of its length."""
    b = bin_of(load, band)
    if b >= 0 and cost < into[0][row, b]:
        into[0][row, b], into[1][row, b] = cost, load
        into[2][row, b], into[3][row, b], into[4][row, b] = how


@njit(cache=True, nogil=True)
def cheapest(cost: Floats, load: Floats, band: Floats) -> tuple[float, int]:
    """Return the least price of closing the reach that is open, and its state; -1 when there is none."""
    best, at = np.inf, -1
    for b in range(BINS):
        if cost[b] < np.inf and load[b] > 0.0 and cost[b] + price_of(load[b], band) < best:
            best, at = cost[b] + price_of(load[b], band), b
    return best, at


@njit(cache=True, nogil=True)
def begin(row: int, branch: tuple[Floats, Floats], price: float, tables: Table, band: Floats) -> None:
    """Fill the states of a node after its first branch."""
    tables[0][row, :] = np.inf
    closed, rest = cheapest(branch[0], branch[1], band)
    keep(tables, row, 0.0, closed + price, (-1, rest, CLOSE_BRANCH), band)
    for q in range(BINS):
        if branch[0][q] < np.inf:
            keep(tables, row, branch[1][q], branch[0][q], (-1, q, JOIN), band)


@njit(cache=True, nogil=True)
def merge(row: int, before: int, branch: tuple[Floats, Floats], price: float, tables: Table, band: Floats) -> None:
    """Fill the states of a node after one more branch; ``before`` is the row of the branch before."""
    tables[0][row, :] = np.inf
    closed, rest = cheapest(branch[0], branch[1], band)
    shut, lead = cheapest(tables[0][before], tables[1][before], band)
    for a in range(BINS):
        cost, load = tables[0][before, a], tables[1][before, a]
        if cost == np.inf:
            continue
        keep(tables, row, load, cost + closed + price, (a, rest, CLOSE_BRANCH), band)
        for q in range(BINS):
            if branch[0][q] < np.inf:
                keep(tables, row, load + branch[1][q], cost + branch[0][q], (a, q, JOIN), band)
    for q in range(BINS):
        if branch[0][q] < np.inf and lead >= 0:
            keep(tables, row, branch[1][q], shut + branch[0][q] + price, (lead, q, CLOSE_OPEN), band)


@njit(cache=True, nogil=True)
def trace(start: tuple[int, int], tree: Tree, links: tuple[Ints, Ints], room: Room) -> Ints:
    """Walk back from the best state at the root and label the pieces."""
    lower = tree[1]
    last, before = links
    tables, opened = room
    label = np.full(len(lower), -1, np.int64)
    stack = np.empty((2 * len(lower) + 2, 3), np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2] = start[0], start[1], 0
    count, fresh = 1, 1
    while count > 0:
        count -= 1
        e, b, name = stack[count, 0], stack[count, 1], stack[count, 2]
        came, branch, done = tables[2][e, b], tables[3][e, b], tables[4][e, b]
        own, rest = name, name
        if done == CLOSE_BRANCH:
            own, fresh = fresh, fresh + 1
        elif done == CLOSE_OPEN:
            rest, fresh = fresh, fresh + 1
        label[e] = own
        if before[e] >= 0:
            stack[count, 0], stack[count, 1], stack[count, 2] = before[e], came, rest
            count += 1
        v = lower[e]
        if v >= 0 and last[v] >= 0:
            if opened[1][e, branch] == CLOSE_OPEN:
                own, fresh = fresh, fresh + 1
            stack[count, 0], stack[count, 1], stack[count, 2] = last[v], opened[0][e, branch], own
            count += 1
    return label


@njit(cache=True, nogil=True)
def cut_along(net: Net, weights: tuple[Floats, Floats, Floats], tree: Tree, room: Room) -> tuple[float, Ints]:
    """Find the cheapest cuts along one tree; return their price and the label of each piece."""
    upper, lower, order = tree
    length, price, band = weights
    m, nodes = len(length), len(net[0]) - 1
    tables, opened = room
    branch = (np.empty(BINS), np.empty(BINS))
    last, before = np.full(nodes, -1), np.full(m, -1)
    for s in range(m - 1, -1, -1):
        e = order[s]
        u, v = upper[e], lower[e]
        below = last[v] if v >= 0 else -1
        found = (branch[0], branch[1], opened[0][e], opened[1][e])
        open_table(length[e], below, price[v] if v >= 0 else 0.0, tables, band, found)
        before[e] = last[u]
        if before[e] < 0:
            begin(e, branch, price[u], tables, band)
        else:
            merge(e, before[e], branch, price[u], tables, band)
        last[u] = e
    root = last[upper[order[0]]]
    best, at = np.inf, 0
    for a in range(BINS):
        cost = tables[0][root, a]
        if cost < np.inf and tables[1][root, a] > 0.0:
            cost += price_of(tables[1][root, a], band)
        if cost < best:
            best, at = cost, a
    return best, trace((root, at), tree, (last, before), room)


@njit(cache=True, nogil=True)
def best_cuts(net: Net, length: Floats, price: Floats, band: Floats, tries: tuple[int, Words]) -> tuple[float, Ints]:
    """Cut a connected network into reaches at the least price.

    Parameters
    ----------
    net : Net
    length : (m,) float64
        Metres; no piece longer than a quarter of the wanted length.
    price : (v,) float64
        Of a cut at each node.
    band : shortest, wanted and longest reach
    tries : (number of trees, random state)
        One tree for a network without rings.

    Returns
    -------
    price, (m,) label
        Reaches are in one piece each.

    References
    ----------
    Lukes, 1974, "Efficient algorithm for the partitioning of trees", IBM Journal of Research and Development 18.
    """
    m = len(length)
    tree = (np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64))
    shape = (m, BINS)
    way = np.int16
    tables = (np.empty(shape), np.empty(shape), np.empty(shape, way), np.empty(shape, way), np.empty(shape, way))
    room = (tables, (np.empty(shape, way), np.empty(shape, way)))
    best, kept = np.inf, np.zeros(m, np.int64)
    for turn in range(tries[0]):
        root = 0 if turn == 0 else int(random_unit(tries[1]) * (len(net[0]) - 1))
        grow(net, root, tree, tries[1], turn > 0)
        cost, label = cut_along(net, (length, price, band), tree, room)
        if cost < best:
            best, kept = cost, label
    return best, kept
