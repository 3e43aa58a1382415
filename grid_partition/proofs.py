"""Proofs that no grid of whole, neighbouring units can lie in a band: sums, ends that hang on one unit, necks.

Each is one-sided: what it states is true, and where it can state nothing, a partition may exist or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.adjacency import components
from gis.measure import group_sums
from grid_partition.problem import PartProblem

__all__ = ["Effort", "Neighbours", "joined_ends", "missed_sums", "neighbours_of", "reachable_sums"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: What a proof tells: the nearest demand below the band and above it, where there is one.
Sums = tuple[float, ...]

#: Scales at which demand is taken for whole numbers.
SCALES = (1, 10, 100, 1000)
#: Bits of the table of sums beyond which nothing is proven.
BITS = 4_000_000
#: Sets tried around one group of units at most.
SETS = 1000
HAIR = 1e-9


@dataclass(slots=True)
class Effort:
    """What may be spent on proofs, for all parts together: a few seconds at most, however many grids are outside.

    Attributes
    ----------
    bits : float
        Bits moved in tables of sums.
    units : int
        Units searched for ends and necks.
    sets : int
        Sets of units tried.
    """

    bits: float = 20e9
    units: int = 400_000
    sets: int = 150_000


def missed_sums(load: Floats, low: float, high: float, effort: Effort) -> Sums | None:
    """Return the sums of some of the loads next to a band that none of them meets; None where one does or may.

    Parameters
    ----------
    load : (n,) float64
        Zero or more.
    low, high : float
    effort : Effort

    Returns
    -------
    tuple of float or None

    Examples
    --------
    >>> import numpy as np
    >>> missed_sums(np.full(50, 30.0), 72, 88, Effort()), missed_sums(np.array([30.0, 25.0, 25.0]), 72, 88, Effort())
    ((60.0, 90.0), None)

    References
    ----------
    Bellman (1957), Dynamic Programming: the subset sum problem; here over the bits of one number.
    """
    some = load[load > 0.0]
    whole = _whole_numbers(some)
    if low <= 0.0 or whole is None:
        return None
    value, scale = whole
    least, most = int(np.ceil(low * scale * (1.0 - HAIR))), int(np.floor(high * scale * (1.0 + HAIR)))
    fit, many = np.unique(value[value <= most], return_counts=True)
    top = 2 * most + 1  # the next sum above the band lies below twice its end
    work = float(np.log2(many + 1).sum()) * top
    if top > BITS or work > effort.bits:
        return None
    effort.bits -= work
    bits, mask, band = 1, (1 << top + 1) - 1, (1 << max(most - least + 1, 0)) - 1
    for one, count in zip(fit.tolist(), many.tolist(), strict=True):
        bits = _with(bits, one, count, mask)
        if bits >> least & band:
            return None
    below = (bits & (1 << least) - 1).bit_length() - 1
    beyond = bits >> most + 1
    above = [most + 1 + (beyond & -beyond).bit_length() - 1] if beyond else []
    above += [int(value[value > most].min())] if (value > most).any() else []
    return tuple(each / scale for each in ([below] if below > 0 else []) + ([min(above)] if above else []))


def _whole_numbers(load: Floats) -> tuple[Ints, int] | None:
    for scale in SCALES:
        scaled = load * scale
        if len(load) and float(scaled.max()) < 2**52 and (np.abs(scaled - np.rint(scaled)) <= 1e-6).all():
            return np.rint(scaled).astype(np.int64), scale
    return None


def _with(bits: int, value: int, count: int, mask: int) -> int:
    """Add up to ``count`` times a value to the sums, doubling the step each time."""
    step = 1
    while count > 0 and value * min(step, count) < mask.bit_length():
        step = min(step, count)
        bits |= bits << value * step & mask
        count -= step
        step *= 2
    return bits


def joined_ends(problem: PartProblem, low: float) -> Ints:
    """Join what hangs on one unit and holds less than a grid: cut off, it would be a grid too small.

    Parameters
    ----------
    problem : PartProblem
        One connected part.
    low : float
        Least demand of a grid.

    Returns
    -------
    (n,) int64
        Group of each unit: with all grids at ``low`` or above, none parts a group.

    References
    ----------
    Hopcroft and Tarjan (1973), Algorithm 447: efficient algorithms for graph manipulation.
    """
    tree = _search_tree(problem)
    order, above, size, load = tree.order, tree.above, tree.size, tree.load
    lead, total = list(range(len(order))), tree.load[0] if order else 0.0
    # seen from the root: whole branches that hang on the unit they grew from
    at = 1
    while at < len(order):
        if tree.apart[at] and load[at] < low * (1.0 - HAIR):
            lead[at : at + size[at]] = [lead[above[at]]] * size[at]
            at += size[at]
        else:
            at += 1
    _join_roots(tree, lead, total, low)
    group = np.empty(len(order), dtype=np.int64)
    group[np.array(order, dtype=np.int64)] = lead
    return np.unique(group, return_inverse=True)[1].ravel().astype(np.int64)


def _join_roots(tree: _Tree, lead: list[int], total: float, low: float) -> None:
    """Join the side of the root, where it is the one that holds less than a grid behind some unit."""
    for v in range(len(tree.order) - 1, 0, -1):
        cut = [c for c in tree.children[v] if tree.apart[c]]
        behind = total - tree.own[v] - sum(tree.load[c] for c in cut)
        if not cut or behind >= low * (1.0 - HAIR):
            continue
        kept = np.ones(len(lead), dtype=bool)
        for c in cut:
            kept[c : c + tree.size[c]] = False
        # groups that reach behind the unit join with it
        joined = set(np.asarray(lead)[kept].tolist())
        lead[:] = [lead[v] if each in joined else each for each in lead]
        return  # the first found from the ends holds all others: they lie nearer the root


@dataclass(slots=True)
class _Tree:
    """A depth-first tree; all but ``order`` by the place in that order.

    ``apart`` tells that a branch hangs on the unit it grew from alone.
    """

    order: list[int]
    above: list[int]
    size: list[int]
    own: list[float]
    load: list[float]
    apart: list[bool]
    children: list[list[int]]


def _search_tree(problem: PartProblem) -> _Tree:
    """Search depth first from the unit with most demand, without recursion."""
    indptr, indices = problem.indptr.tolist(), problem.indices.tolist()
    n, own = len(problem), problem.demand.tolist()
    root = int(np.argmax(problem.demand))
    place, up = [-1] * n, [-1] * n
    order, reach, following = [root], [0], indptr[:n]
    place[root], path = 0, [root]
    while path:
        v = path[-1]
        if following[v] < indptr[v + 1]:
            u = indices[following[v]]
            following[v] += 1
            if place[u] < 0:
                place[u], up[u] = len(order), v
                order.append(u)
                reach.append(place[u])
                path.append(u)
            elif u != up[v]:
                reach[place[v]] = min(reach[place[v]], place[u])
            continue
        path.pop()
        if path:
            p = place[path[-1]]
            reach[p] = min(reach[p], reach[place[v]])
    above = [place[up[v]] if up[v] >= 0 else -1 for v in order]
    size, load = [1] * len(order), [own[v] for v in order]
    children: list[list[int]] = [[] for _ in order]
    for at in range(len(order) - 1, 0, -1):
        size[above[at]] += size[at]
        load[above[at]] += load[at]
        children[above[at]].append(at)
    apart = [at > 0 and reach[at] >= above[at] for at in range(len(order))]
    return _Tree(order, above, size, [own[v] for v in order], load, apart, children)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Groups of units, and which can lie side by side in a grid.

    Attributes
    ----------
    load : list of float
        Demand of each group.
    beside : list of set of int
        Neighbours with demand; those beyond ground without demand count as well.
    """

    load: list[float]
    beside: list[set[int]]


def neighbours_of(problem: PartProblem, group: Ints) -> Neighbours:
    """Find which groups with demand touch, or are linked by ground without.

    Parameters
    ----------
    problem : PartProblem
    group : (n,) int64
        0..g-1.

    Returns
    -------
    Neighbours
    """
    count = int(group.max()) + 1
    load = group_sums(group, problem.demand, count)
    first, second = (group[end] for end in problem.edges())
    empty = load <= 0.0
    inner = empty[first] & empty[second]
    plain = components(count, first[inner], second[inner])
    beside: list[set[int]] = [set() for _ in range(count)]
    shores: dict[int, set[int]] = {}
    for a, b in zip(np.r_[first, second].tolist(), np.r_[second, first].tolist(), strict=True):
        if a == b or empty[a]:
            continue
        if empty[b]:
            shores.setdefault(int(plain[b]), set()).add(a)
        else:
            beside[a].add(b)
    for shore in shores.values():
        if len(shore) <= WIDE:
            for a in shore:
                beside[a] |= shore - {a}
        else:  # too many to prove anything about them
            for a in shore:
                beside[a].add(-1)
    return Neighbours(load.tolist(), beside)


#: Groups around one stretch of ground without demand beyond which it is not looked across.
WIDE = 60


def reachable_sums(around: Neighbours, source: int, band: tuple[float, float], effort: Effort) -> Sums | None:
    """Try all grids that hold one group of units; return the demands next to the band where none lies in it.

    Parameters
    ----------
    around : Neighbours
    source : int
        The group, with demand.
    band : (low, high)
    effort : Effort

    Returns
    -------
    tuple of float or None
        None where a set lies in the band, or where there are too many.

    References
    ----------
    Wernicke (2006), Efficient detection of network motifs: each connected set is met once.
    """
    low, high = band[0] * (1.0 - HAIR), band[1] * (1.0 + HAIR)
    load, beside = around.load, around.beside
    below, over, left = 0.0, np.inf, SETS
    stack = [(load[source], sorted(beside[source]), frozenset(beside[source] | {source}))]
    while stack:
        held, ahead, seen = stack.pop()
        left, effort.sets = left - 1, effort.sets - 1
        if low <= held <= high or min(left, effort.sets) < 0 or (ahead and ahead[0] < 0):
            return None
        if held > high:
            over = min(over, held)
            continue
        below = max(below, held)
        for i, v in enumerate(ahead):
            fresh = beside[v] - seen
            stack.append((held + load[v], sorted({*ahead[i + 1 :], *fresh}), seen | fresh))
    return tuple(each for each in (below, over) if 0.0 < each < np.inf)
