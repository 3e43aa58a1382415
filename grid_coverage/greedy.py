"""Greedy choice and swaps on a sparse matrix of who covers what, compiled.

A change of cover of one piece of demand touches only the candidates that see it, so what each candidate would
add to the present choice is known exactly at all times.

References
----------
Minoux, M. (1978), Accelerated greedy algorithms for maximizing submodular set functions, Optimization
Techniques, LNCIS 7. Teitz, M. and Bart, P. (1968), Heuristic methods for estimating the generalized vertex
median of a weighted graph, Operations Research 16 (swaps of one for one).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grid_coverage.compiled import kernel

ROUNDS = 50
"""Most passes of swapping; a pass without a better swap ends it, after a handful in practice."""

LEAST_GAIN = 1e-9
"""Share of all weight below which a swap does not count as better, so that rounding can't go round in circles."""

Sparse = tuple[NDArray[np.int64], NDArray[np.int64]]
Worth = tuple[NDArray[np.float64], NDArray[np.int64]]
Hang = tuple[NDArray[np.float64], NDArray[np.int64], int, NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]


@kernel
def choose(
    links: tuple[Sparse, Sparse], worth: Worth, hang: Hang, budget: float, for_money: bool, start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Choose greedily from a start that fits, swap while it helps, and return the choice in order of gain.

    `gain` holds at all times what each candidate would add to the present choice; a change of cover of one
    piece of demand only touches the candidates that see it. The last two of `hang` are the area of each candidate
    and how many cameras each area is still owed (changed here): while one is owed, only its candidates are taken,
    in swaps too.
    """
    table, back = links
    count = len(table[0]) - 1
    cover = np.zeros(len(back[0]) - 1, dtype=np.int64)
    gain = np.zeros(count)
    for candidate in range(count):
        for at in range(table[0][candidate], table[0][candidate + 1]):
            gain[candidate] += worth[0][table[1][at]]
    taken = np.zeros(count, dtype=np.bool_)
    held = np.zeros(count, dtype=np.int64)
    state = (gain, taken, held, cover)
    least, spent = LEAST_GAIN * gain.sum(), 0.0
    for candidate in start:
        if spent + hang[0][candidate] <= budget and held[hang[1][candidate]] < hang[2]:
            spent += hang[0][candidate]
            toggle(candidate, 1, links, worth, state, hang)
    for _ in range(ROUNDS):
        better = False
        while True:
            best = best_candidate(gain, taken, held, hang, budget - spent, for_money)
            if best >= 0:
                better = True
                spent += hang[0][best]
                toggle(best, 1, links, worth, state, hang)
            elif hang[5].max() > 0:
                # nothing that an area is owed fits or adds anything: the others must not wait for it
                give_up(hang[5])
            else:
                break
        swapped, spent = swap_all(links, worth, state, hang, (budget, least), spent)
        better = better or swapped
        if not better:
            break
    return in_order(np.flatnonzero(taken), table, worth)


@kernel
def give_up(owed: NDArray[np.int64]) -> None:
    """Write off what areas are still owed."""
    for area in range(len(owed)):
        owed[area] = min(owed[area], 0)


@kernel
def swap_all(
    links: tuple[Sparse, Sparse],
    worth: Worth,
    state: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]],
    hang: Hang,
    limit: tuple[float, float],
    spent: float,
) -> tuple[bool, float]:
    """Give each of the chosen back in turn for whichever candidate then adds most; return whether one changed."""
    gain, taken, held, _ = state
    budget, least = limit
    better = False
    for candidate in range(len(gain)):
        if not taken[candidate]:
            continue
        spent -= hang[0][candidate]
        toggle(candidate, -1, links, worth, state, hang)
        best = best_candidate(gain, taken, held, hang, budget - spent, False)
        if best < 0 or gain[best] <= gain[candidate] + least:
            best = candidate
        better = better or best != candidate
        spent += hang[0][best]
        toggle(best, 1, links, worth, state, hang)
    return better, spent


@kernel
def best_candidate(
    gain: NDArray[np.float64],
    taken: NDArray[np.bool_],
    held: NDArray[np.int64],
    hang: Hang,
    left: float,
    for_money: bool,
) -> int:
    """Find the candidate that adds most (for its cost), fits the money left and its group; -1 if none adds."""
    cost, group, per_group, allowed, area, owed = hang
    best, most = -1, 0.0
    waiting = owed.max() > 0
    for candidate in range(len(gain)):
        worth = gain[candidate] / cost[candidate] if for_money else gain[candidate]
        if worth <= most or taken[candidate] or not allowed[candidate]:
            continue
        if waiting and owed[area[candidate]] <= 0:
            continue
        # Costs are sums of decimals: a rounding error must not shut out the last camera.
        if cost[candidate] <= left + 1e-9 * cost[candidate] and held[group[candidate]] < per_group:
            best, most = candidate, worth
    return best


@kernel
def toggle(
    candidate: int,
    step: int,
    links: tuple[Sparse, Sparse],
    worth: Worth,
    state: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]],
    hang: Hang,
) -> None:
    """Take a candidate (step 1) or give it back (-1) and bring all gains up to date."""
    table, back = links
    gain, taken, held, cover = state
    weight, need = worth
    taken[candidate] = step > 0
    held[hang[1][candidate]] += step
    hang[5][hang[4][candidate]] -= step
    for at in range(table[0][candidate], table[0][candidate + 1]):
        piece = table[1][at]
        before = cover[piece]
        cover[piece] = before + step
        change = 0.0
        if step > 0 and before == need[piece] - 1:
            change = -weight[piece]
        elif step < 0 and before == need[piece]:
            change = weight[piece]
        if change != 0.0:
            for other in range(back[0][piece], back[0][piece + 1]):
                gain[back[1][other]] += change


@kernel
def in_order(chosen: NDArray[np.int64], table: Sparse, worth: Worth) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Put the chosen into the order in which each adds most, with what it adds; those that add nothing go."""
    weight, need = worth
    cover = np.zeros(len(weight), dtype=np.int64)
    order = np.empty(len(chosen), dtype=np.int64)
    gains = np.empty(len(chosen))
    # What a candidate adds never rises as others join: an old value is an upper bound, looked at again on top.
    upper = np.full(len(chosen), np.inf)
    done = np.zeros(len(chosen), dtype=np.bool_)
    for rank in range(len(chosen)):
        while True:
            top = -1
            for at in range(len(chosen)):
                if not done[at] and (top < 0 or upper[at] > upper[top]):
                    top = at
            fresh = 0.0
            for at in range(table[0][chosen[top]], table[0][chosen[top] + 1]):
                piece = table[1][at]
                if cover[piece] < need[piece]:
                    fresh += weight[piece]
            settled = fresh >= upper[top]
            upper[top] = fresh
            if settled:
                break
        if upper[top] <= 0.0:
            return order[:rank].copy(), gains[:rank].copy()
        done[top] = True
        order[rank], gains[rank] = chosen[top], upper[top]
        for at in range(table[0][chosen[top]], table[0][chosen[top] + 1]):
            cover[table[1][at]] += 1
    return order, gains
