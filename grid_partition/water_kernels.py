"""Compiled repair of reaches: a reach of the wrong length and its neighbours are cut anew along random trees.

A network of channels is nearly a tree, where moving one piece at a time seldom leads from one good cut to another.
All functions change their arrays in place and hold no global state.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from grid_partition.kernels import random_unit

__all__ = ["mend", "move_ends"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

#: Neighbours, indptr, indices and the length of each piece; shortest, wanted and longest reach.
Net: TypeAlias = tuple[Ints, Ints, Floats, Floats]
#: Scratch: order, parent, place of each piece (-1 elsewhere), part of each place, load, frontier pairs.
Scratch: TypeAlias = tuple[Ints, Ints, Ints, Ints, Floats, Ints]

#: What all steps share: the network, scratch and random state.
Tools: TypeAlias = tuple[Net, Scratch, Words]

#: Trees tried for each set of reaches, and sets tried for each misfit.
TREES, SETS = 40, 24
#: Pieces of a set at most.
ROOM = 600


@njit(cache=True, nogil=True)
def badness(load: float, band: Floats) -> float:
    """Price one reach: one for a misfit and how far it is off, and a little for deviation inside the band."""
    off = abs(load - band[1]) / band[1]
    bad = 0.05 * off * off
    if load < band[0] or load > band[2]:
        bad += 1.0 + off
    return float(bad)


@njit(cache=True, nogil=True)
def gather(start: int, chosen: Ints, label: Ints, net: Net, scratch: Scratch) -> int:
    """List the pieces of the chosen labels that hang together with ``start``; -1 when there are too many."""
    indptr, indices = net[0], net[1]
    order, place = scratch[0], scratch[2]
    order[0] = start
    place[start] = 0
    count = 1
    head = 0
    while head < count:
        v = order[head]
        head += 1
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            if place[u] >= 0 or (label[u] != chosen[0] and label[u] != chosen[1] and label[u] != chosen[2]):
                continue
            if count == ROOM:
                forget(count, scratch)
                return -1
            order[count] = u
            place[u] = count
            count += 1
    return count


@njit(cache=True, nogil=True)
def forget(count: int, scratch: Scratch) -> None:
    """Clear the places of the listed pieces."""
    for i in range(count):
        scratch[2][scratch[0][i]] = -1


@njit(cache=True, nogil=True)
def random_tree(piece: Ints, net: Net, scratch: Scratch, state: Words) -> Ints:
    """Grow a random tree over the listed pieces; return their places in the order of growth."""
    indptr, indices = net[0], net[1]
    parent, place, frontier = scratch[1], scratch[2], scratch[5]
    count = len(piece)
    grown = np.empty(count, np.int64)
    done = np.zeros(count, np.bool_)
    root = int(random_unit(state) * count)
    frontier[0], frontier[1] = root, -1
    waiting, size = 1, 0
    depth_first = random_unit(state) < 0.5
    while waiting > 0:
        at = waiting - 1 if depth_first and random_unit(state) < 0.8 else int(random_unit(state) * waiting)
        i, above = frontier[2 * at], frontier[2 * at + 1]
        waiting -= 1
        frontier[2 * at], frontier[2 * at + 1] = frontier[2 * waiting], frontier[2 * waiting + 1]
        if done[i]:
            continue
        done[i] = True
        parent[i] = above
        grown[size] = i
        size += 1
        v = piece[i]
        for e in range(indptr[v], indptr[v + 1]):
            j = place[indices[e]]
            if j >= 0 and not done[j] and 2 * waiting + 2 < len(frontier):
                frontier[2 * waiting], frontier[2 * waiting + 1] = j, i
                waiting += 1
    return grown[:size]


@njit(cache=True, nogil=True)
def cut_tree(piece: Ints, grown: Ints, net: Net, scratch: Scratch, ripe: float, part: Ints) -> float:
    """Cut branches off as soon as they are ripe; fill the part of each place and return the price."""
    parent, load = scratch[1], scratch[4]
    length, band = net[2], net[3]
    count = len(piece)
    for i in range(count):
        load[i] = length[piece[i]]
        part[i] = -1
    total = 0.0
    for s in range(len(grown) - 1, -1, -1):
        i = grown[s]
        if load[i] >= ripe or s == 0:
            total += badness(load[i], band)
            part[i] = i
        else:
            load[parent[i]] += load[i]
    for s in range(len(grown)):
        i = grown[s]
        if part[i] < 0:
            part[i] = part[parent[i]]
    return total


@njit(cache=True, nogil=True)
def best_cut(piece: Ints, limit: float, tools: Tools) -> Ints:
    """Cut the listed pieces along many random trees; return the best parts below the limit, else nothing."""
    net, scratch, state = tools
    part, kept = np.empty(len(piece), np.int64), np.empty(0, np.int64)
    for _ in range(TREES):
        grown = random_tree(piece, net, scratch, state)
        if len(grown) < len(piece):
            break
        ripe = net[3][0] + random_unit(state) * (net[3][1] - net[3][0])
        price = cut_tree(piece, grown, net, scratch, ripe, part)
        if price < limit:
            limit = price
            kept = part.copy()
    return kept


@njit(cache=True, nogil=True)
def recut(chosen: Ints, start: int, label: Ints, load: Floats, tools: Tools) -> bool:
    """Cut the chosen reaches anew; keep the result and return true when it is clearly better."""
    net, scratch, _ = tools
    count = gather(start, chosen, label, net, scratch)
    if count < 0:
        return False
    piece = scratch[0][:count].copy()
    before = 0.0
    for r in chosen[chosen >= 0]:
        before += badness(load[r], net[3])
    kept = best_cut(piece, before - 0.5, tools)
    forget(count, scratch)
    if len(kept) == 0:
        return False
    for r in chosen[chosen >= 0]:
        load[r] = 0.0
    rename(piece, kept, label, load, net)
    return True


@njit(cache=True, nogil=True)
def rename(piece: Ints, part: Ints, label: Ints, load: Floats, net: Net) -> None:
    """Give each part a label that no reach has, and its load."""
    name = np.full(len(piece), -1, np.int64)
    free = 0
    for i in range(len(piece)):
        p = part[i]
        if name[p] < 0:
            while load[free] > 0.0 or taken(name, free):
                free += 1
            name[p] = free
        label[piece[i]] = name[p]
    for i in range(len(piece)):
        load[label[piece[i]]] += net[2][piece[i]]


@njit(cache=True, nogil=True)
def taken(name: Ints, label: int) -> bool:
    """Tell whether a label was just given."""
    found = False
    for n in name:
        found |= n == label
    return found


@njit(cache=True, nogil=True)
def neighbours(r: int, other: int, label: Ints, net: Net) -> Ints:
    """List the labels next to one or two labels, at most eight."""
    indptr, indices = net[0], net[1]
    found = np.empty(8, np.int64)
    count = 0
    for v in range(len(label)):
        if label[v] != r and label[v] != other:
            continue
        for e in range(indptr[v], indptr[v + 1]):
            b = label[indices[e]]
            known = b in (r, other)
            for i in range(count):
                known |= found[i] == b
            if not known and count < 8:
                found[count] = b
                count += 1
    return found[:count]


@njit(cache=True, nogil=True)
def mend_one(r: int, start: int, label: Ints, load: Floats, tools: Tools) -> bool:
    """Try sets of one, two and three reaches around a misfit."""
    chosen = np.array([r, -1, -1])
    if recut(chosen, start, label, load, tools):
        return True
    near = neighbours(r, -1, label, tools[0])
    for s in near:
        chosen[1], chosen[2] = s, -1
        if recut(chosen, start, label, load, tools):
            return True
    sets = 0
    for s in near:
        for t in neighbours(r, s, label, tools[0]):
            chosen[1], chosen[2] = s, t
            sets += 1
            if sets <= SETS and recut(chosen, start, label, load, tools):
                return True
    return False


@njit(cache=True, nogil=True)
def mend(label: Ints, load: Floats, tools: Tools) -> int:
    """Mend every reach outside the band that can be; return how many were.

    ``load`` has a zero for each label that is free; there must be some.
    """
    band = tools[0][3]
    mended = 0
    for _ in range(2):
        tried = np.zeros(len(load), np.bool_)
        before = mended
        for v in range(len(label)):
            r = label[v]
            if tried[r] or band[0] <= load[r] <= band[2]:
                continue
            if mend_one(r, v, label, load, tools):
                mended += 1
            else:
                tried[r] = True
        if mended == before:
            break
    return mended


@njit(cache=True, nogil=True)
def tail_to_joint(
    v: int, e: int, net: tuple[Ints, Ints, Ints, Ints], label: Ints, middle: npt.NDArray[np.bool_], tail: Ints
) -> int:
    """List the pieces of one reach from a node in mid-channel to the next joint; return their number, 0 for none."""
    start, piece, first, second = net
    count, name, at = 0, label[e], v
    while True:
        tail[count] = e
        count += 1
        at = second[e] if first[e] == at else first[e]
        if not middle[at]:
            return count
        if start[at + 1] - start[at] != 2 or count == len(tail):
            return 0
        e = piece[start[at]] + piece[start[at] + 1] - e
        if label[e] != name or e == tail[0]:
            return 0


@njit(cache=True, nogil=True)
def move_ends(
    net: tuple[Ints, Ints, Ints, Ints], label: Ints, length: Floats, middle: npt.NDArray[np.bool_], band: Floats
) -> int:
    """Move ends of reaches from mid-channel to the joint along the channel where both reaches stay in the band.

    ``net`` holds the start of each node's row, the pieces in it, and tail and head of each piece.
    """
    start, piece = net[0], net[1]
    load = np.zeros(label.max() + 1)
    for e in range(len(label)):
        load[label[e]] += length[e]
    tail = np.empty(min(len(label), ROOM), np.int64)
    moved = 0
    for v in range(len(start) - 1):
        if not middle[v] or start[v + 1] - start[v] != 2:
            continue
        pair = piece[start[v]], piece[start[v] + 1]
        best, chosen = np.inf, -1
        for side in range(2):
            giver, taker = label[pair[side]], label[pair[1 - side]]
            if giver == taker:
                continue
            count = tail_to_joint(v, pair[side], net, label, middle, tail)
            far = length[tail[:count]].sum()
            left, grown = load[giver] - far, load[taker] + far
            off = max(abs(left - band[1]), abs(grown - band[1]))
            if count > 0 and left >= band[0] and grown <= band[2] and off < best:
                best, chosen = off, side
        if chosen >= 0:
            giver, taker = label[pair[chosen]], label[pair[1 - chosen]]
            count = tail_to_joint(v, pair[chosen], net, label, middle, tail)
            far = length[tail[:count]].sum()
            label[tail[:count]] = taker
            load[giver], load[taker] = load[giver] - far, load[taker] + far
            moved += 1
    return moved
