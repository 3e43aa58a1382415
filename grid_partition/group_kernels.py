"""Compiled inner loop of the ten-household groups: annealed moves and swaps of doors between near groups.

The doors of one parent are numbered so that near doors follow each other; the loop walks them in that order, which
keeps its memory in the processor's cache. No global state: equal input and seed give equal groups.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from grid_partition.kernels import accepted, random_unit

__all__ = ["Doors", "Groups", "anneal_groups"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

#: What stays: x, y, households, neighbours (n, m), band (low, high, price of a household outside).
Doors: TypeAlias = tuple[Floats, Floats, Floats, Ints, Floats]
#: What changes: label, group sums, members (k, room), number of members, position among the members, random state.
Groups: TypeAlias = tuple[Ints, Floats, Ints, Ints, Ints, Words]

# Columns of the group sums.
LOAD, SX, SY, SQUARES = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def price_of(load: float, sx: float, sy: float, squares: float, band: Floats) -> float:
    """Price a group: households times squared distance from their centre, and households outside the band."""
    if load <= 0.0:
        return 0.0
    off = max(band[0] - load, load - band[1], 0.0)
    return float(squares - (sx * sx + sy * sy) / load + band[2] * off)


@njit(cache=True, nogil=True)
def price_with(g: int, v: int, w: int, doors: Doors, groups: Groups) -> float:
    """Price group ``g`` without door ``v`` and with door ``w``; -1 for neither."""
    x, y, load, _, band = doors
    row = groups[1][g]
    total, sx, sy, squares = row[LOAD], row[SX], row[SY], row[SQUARES]
    if v >= 0:
        total -= load[v]
        sx -= load[v] * x[v]
        sy -= load[v] * y[v]
        squares -= load[v] * (x[v] * x[v] + y[v] * y[v])
    if w >= 0:
        total += load[w]
        sx += load[w] * x[w]
        sy += load[w] * y[w]
        squares += load[w] * (x[w] * x[w] + y[w] * y[w])
    return price_of(total, sx, sy, squares, band)


@njit(cache=True, nogil=True)
def carry(v: int, b: int, doors: Doors, groups: Groups) -> None:
    """Move door ``v`` to group ``b`` and keep sums and members."""
    x, y, load, _, _ = doors
    label, sums, member, count, place, _ = groups
    a = label[v]
    for g, sign in ((a, -1.0), (b, 1.0)):
        sums[g, LOAD] += sign * load[v]
        sums[g, SX] += sign * load[v] * x[v]
        sums[g, SY] += sign * load[v] * y[v]
        sums[g, SQUARES] += sign * load[v] * (x[v] * x[v] + y[v] * y[v])
    last = member[a, count[a] - 1]
    member[a, place[v]] = last
    place[last] = place[v]
    count[a] -= 1
    member[b, count[b]] = v
    place[v] = count[b]
    count[b] += 1
    label[v] = b


@njit(cache=True, nogil=True)
def fill_groups(doors: Doors, groups: Groups) -> None:
    """Fill sums and members from the labels."""
    x, y, load, _, _ = doors
    label, sums, member, count, place, _ = groups
    sums[:] = 0.0
    count[:] = 0
    for v in range(len(label)):
        g = label[v]
        sums[g, LOAD] += load[v]
        sums[g, SX] += load[v] * x[v]
        sums[g, SY] += load[v] * y[v]
        sums[g, SQUARES] += load[v] * (x[v] * x[v] + y[v] * y[v])
        member[g, count[g]] = v
        place[v] = count[g]
        count[g] += 1


@njit(cache=True, nogil=True)
def propose(v: int, b: int, doors: Doors, groups: Groups, temperature: float) -> None:
    """Try to move door ``v`` to group ``b``, or to swap it with a door of ``b``, and keep what is accepted."""
    label, _, member, count, _, state = groups
    a = label[v]
    before = price_with(a, -1, -1, doors, groups) + price_with(b, -1, -1, doors, groups)
    if random_unit(state) < 0.5:
        if count[b] == member.shape[1]:
            return
        delta = price_with(a, v, -1, doors, groups) + price_with(b, -1, v, doors, groups) - before
        if accepted(delta, temperature, state):
            carry(v, b, doors, groups)
        return
    w = member[b, int(random_unit(state) * count[b])]
    delta = price_with(a, v, w, doors, groups) + price_with(b, w, v, doors, groups) - before
    if accepted(delta, temperature, state) and count[b] < member.shape[1]:
        carry(v, b, doors, groups)
        carry(w, a, doors, groups)


@njit(cache=True, nogil=True)
def anneal_groups(doors: Doors, groups: Groups, schedule: Floats) -> None:
    """Run sweeps over all doors while the temperature falls; ``schedule`` is (start, end, sweeps)."""
    near = doors[3]
    label, state = groups[0], groups[5]
    fill_groups(doors, groups)
    sweeps = int(schedule[2])
    cool = (schedule[1] / schedule[0]) ** (1.0 / max(sweeps - 1, 1))
    temperature = schedule[0]
    for _ in range(sweeps):
        for v in range(len(label)):
            u = near[v, int(random_unit(state) * near.shape[1])]
            if u >= 0 and label[u] != label[v]:
                propose(v, label[u], doors, groups, temperature)
        temperature *= cool
