"""Group units into balanced, contiguous grids: the whole road from polygons to a `Partition`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import Adjacency, border_segments, components, pair_sums, without_weak
from gis.errors import InvalidInputError
from grid_partition.accept import Units, accept_units
from grid_partition.allocate import Allocation, Parts, allocate
from grid_partition.border import DEFAULT_COST, barrier_factor
from grid_partition.model import Partition, PartitionOptions, Progress
from grid_partition.problem import PartProblem, csr
from grid_partition.quality import measure
from grid_partition.refine import refine
from grid_partition.seed import start_labels

__all__ = ["partition_units", "solve_part"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Metres of border that make two units neighbours.
MIN_BORDER = 0.5


def partition_units(  # noqa: PLR0913 - the contract of DESIGN.md
    geometry: npt.ArrayLike,
    demand: npt.ArrayLike,
    *,
    grids: int | None = None,
    target: float | None = None,
    within: npt.ArrayLike | None = None,
    seed: int = 0,
    options: PartitionOptions = PartitionOptions(),  # noqa: B008 - frozen
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Partition:
    """Group units into contiguous grids of about equal demand with short or barrier-following borders.

    Each parent is cut apart from the others, and each connected part of a parent apart from its other parts. A
    part too small for a grid joins the nearest grid of its parent, which is flagged as an exclave.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Units (atoms, statistical areas) in a metric CRS, edge to edge. Small faults of the edges are bridged.
    demand : (n,) array of float
        What to balance, zero or more: households.
    grids : int, optional
        Number of grids over all parents, or
    target : float, optional
        demand of one grid; exactly one of the two.
    within : (n,) array of int, optional
        Parent of each unit; no grid crosses parents.
    seed : int
        Same seed, same input, same result; the order of the input does not matter.
    options : PartitionOptions
    executor : concurrent.futures.Executor, optional
        Solves the parts on it (processes, or threads: the kernels release the GIL).
    progress : callable, optional
        ``progress(share, note)``; an exception raised in it (`gis.errors.CancelledError`) stops the work.

    Returns
    -------
    Partition

    Raises
    ------
    InvalidInputError
        The input is of the wrong form, or no partition can honour it; the sentence says which.

    Examples
    --------
    >>> row = [shapely.box(10 * i, 0, 10 * i + 10, 10) for i in range(6)]
    >>> partition_units(row, [1, 1, 1, 1, 1, 1], grids=2).labels.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    _accept_counts(grids, target)
    units = accept_units(geometry, demand, within, options)
    net = _network(units, options)
    band = _band(units, grids, target, options)
    plan = allocate(_parts(units, net), grids=grids, target=target, band=band)
    carrier = _carriers(units, net, plan)
    problems, members = _problems(units, net, plan, carrier, options=options, seed=seed)
    solved = _solve_all(problems, executor, progress)
    return _assemble(units, net, plan, carrier, members, solved, options, band)


@dataclass(frozen=True, slots=True)
class _Network:
    """Neighbours within parents, with lengths and prices, and the part of each unit."""

    pairs: Adjacency
    price: Floats
    on_barrier: Floats | None
    perimeter: Floats
    perimeter_price: Floats
    part: Ints


def solve_part(problem: PartProblem, report: Callable[[float], None] | None = None) -> Ints:
    """Cut one connected part into its regions.

    Parameters
    ----------
    problem : PartProblem
    report : callable, optional
        Told the share of the work done.

    Returns
    -------
    (n,) int64
        0..k-1.
    """
    if problem.k == 1:
        return np.zeros(len(problem), dtype=np.int64)
    if problem.k == len(problem):
        return np.arange(problem.k, dtype=np.int64)
    return refine(problem, start_labels(problem), report)


def _accept_counts(grids: int | None, target: float | None) -> None:
    if (grids is None) == (target is None):
        raise InvalidInputError("Name either the number of grids or the demand of one grid, not both.", field="grids")
    if grids is not None and (int(grids) != grids or grids < 1):
        raise InvalidInputError(f"The number of grids must be a whole number from 1 up, not {grids}.", field="grids")
    if target is not None and not 0.0 < target < np.inf:
        raise InvalidInputError(f"The demand of one grid must be above zero, not {target}.", field="target")


def _band(units: Units, grids: int | None, target: float | None, options: PartitionOptions) -> tuple[float, float]:
    """Return the demand that a grid may have, before parents are looked at."""
    if options.band is not None:
        return options.band
    mean = float(units.demand.sum()) / grids if grids is not None else float(target or 0.0)
    return mean * (1.0 - options.tolerance), mean * (1.0 + options.tolerance)


def _network(units: Units, options: PartitionOptions) -> _Network:
    """Find neighbours and price their borders."""
    n = len(units.demand)
    border = border_segments(units.geometry)
    length = border.length
    inner = border.right >= 0
    factor = np.ones(len(length))
    if options.barriers is not None:
        factor = barrier_factor(border, options.barriers, options.barrier_cost)
        cheap = DEFAULT_COST if options.barrier_cost is None else float(np.min(options.barrier_cost))
        # the border of the parent is given: it is as good as a barrier
        given = ~inner
        given[inner] = units.parent[border.left[inner]] != units.parent[border.right[inner]]
        factor[given] = np.minimum(factor[given], cheap)
    price = np.bincount(border.left, weights=length * factor, minlength=n)
    price += np.bincount(border.right[inner], weights=(length * factor)[inner], minlength=n)
    inner[inner] = units.parent[border.left[inner]] == units.parent[border.right[inner]]
    left, right = border.left[inner], border.right[inner]
    pairs = Adjacency(*pair_sums(left, right, length[inner]))
    pair_price = pair_sums(left, right, (length * factor)[inner])[2]
    on = pair_sums(left, right, (length * (factor < 1.0))[inner])[2] if options.barriers is not None else None
    keep = without_weak(n, pairs, MIN_BORDER)
    pairs = pairs.subset(keep)
    return _Network(
        pairs,
        np.round(pair_price[keep], 4),
        None if on is None else on[keep],
        shapely.length(units.geometry),
        np.round(price, 4),
        components(n, pairs.first, pairs.second),
    )


def _parts(units: Units, net: _Network) -> Parts:
    count = int(net.part.max()) + 1
    parent = np.zeros(count, dtype=np.int64)
    parent[net.part] = units.parent
    fixed = np.unique(np.stack([net.part, units.fixed]), axis=1)
    fixed = fixed[:, fixed[1] >= 0]
    return Parts(
        parent,
        np.bincount(net.part, weights=units.demand),
        np.bincount(net.part, weights=units.area),
        np.bincount(net.part),
        np.bincount(fixed[0], minlength=count),
    )


def _carriers(units: Units, net: _Network, plan: Allocation) -> Ints:
    """Name, for each unit, the unit whose grid it takes: itself, or one near a part without own grids."""
    n = len(units.demand)
    carrier = np.arange(n)
    loose = plan.count[net.part] == 0
    for parent in np.unique(units.parent[loose]).tolist():
        hosts = np.flatnonzero((units.parent == parent) & ~loose)
        tree = shapely.STRtree(units.geometry[hosts])
        guests = np.flatnonzero((units.parent == parent) & loose)
        (guest, host), far = tree.query_nearest(units.geometry[guests], return_distance=True)
        order = np.lexsort((host, np.round(far, 4), net.part[guests[guest]]))
        lead = order[np.r_[True, np.diff(net.part[guests[guest[order]]]) > 0]]
        for g, h in zip(guests[guest[lead]].tolist(), hosts[host[lead]].tolist(), strict=True):
            carrier[net.part == net.part[g]] = _carrier_with_fixed(units, net.part == net.part[g], hosts, h)
    return carrier


def _carrier_with_fixed(units: Units, guests: Bools, hosts: Ints, nearest: int) -> int:
    """Prefer a host that is fixed to the same grid as the guests."""
    wanted = units.fixed[guests].max()
    same = hosts[units.fixed[hosts] == wanted] if wanted >= 0 else hosts[:0]
    return int(same[0]) if len(same) else nearest


def _problems(
    units: Units, net: _Network, plan: Allocation, carrier: Ints, *, options: PartitionOptions, seed: int
) -> tuple[list[PartProblem], list[Ints]]:
    """Cut the network into one problem per part that has grids."""
    n = len(units.demand)
    load = np.bincount(carrier, weights=units.demand, minlength=n)
    soft = np.zeros_like(units.soft)
    np.add.at(soft, carrier, units.soft)
    fixed = units.fixed.copy()
    moved = carrier != np.arange(n)
    fixed[carrier[moved]] = np.maximum(fixed[carrier[moved]], units.fixed[moved])
    row = np.empty(n, dtype=np.int64)
    problems, members = [], []
    of_pair = net.part[net.pairs.first]
    pair_order = np.argsort(of_pair, kind="stable")
    pair_ends = np.searchsorted(of_pair[pair_order], np.arange(len(plan.count) + 1))
    unit_order = np.argsort(net.part, kind="stable")
    unit_ends = np.searchsorted(net.part[unit_order], np.arange(len(plan.count) + 1))
    turn: dict[int, int] = {}
    for p in np.flatnonzero(plan.count).tolist():
        mine = unit_order[unit_ends[p] : unit_ends[p + 1]]
        edges = pair_order[pair_ends[p] : pair_ends[p + 1]]
        row[mine] = np.arange(len(mine))
        parent = int(units.parent[mine[0]])
        turn[parent] = turn.get(parent, -1) + 1
        graph = csr(len(mine), row[net.pairs.first[edges]], row[net.pairs.second[edges]], net.price[edges])
        mean = float(plan.mean[parent])
        low, high = options.band or (mean * (1 - options.tolerance), mean * (1 + options.tolerance))
        k = int(plan.count[p])
        share = soft[mine] * k / np.maximum(soft[mine].sum(axis=0), 1e-9)
        atom = np.column_stack([net.perimeter_price[mine], units.area[mine], load[mine], np.ones(len(mine)), share])
        kept, home = _local_labels(fixed[mine], units.start[mine], k)
        of_seed = np.random.SeedSequence([seed & 0xFFFFFFFF, int(units.parents[parent]) & 0xFFFFFFFF, turn[parent]])
        problems.append(
            PartProblem(
                *graph, atom, k, mean, low, high, kept, home, options.churn_price, int(of_seed.generate_state(1)[0])
            )
        )
        members.append(mine)
    return problems, members


def _local_labels(fixed: Ints, start: Ints, k: int) -> tuple[Ints, Ints]:
    """Number fixed and start labels 0..k-1 inside a part, fixed ones first; surplus start labels become -1."""
    names = np.unique(fixed[fixed >= 0])
    later = np.setdiff1d(start[start >= 0], names)
    if len(later):
        size = np.array([(start == name).sum() for name in later])
        later = later[np.argsort(-size, kind="stable")]
    every = np.r_[names, later][:k]
    rank = {int(name): r for r, name in enumerate(every.tolist())}
    return (
        np.array([rank.get(f, -1) for f in fixed.tolist()], dtype=np.int64),
        np.array([rank.get(s, -1) for s in start.tolist()], dtype=np.int64),
    )


def _solve_all(problems: list[PartProblem], executor: Executor | None, progress: Progress | None) -> list[Ints]:
    """Solve the parts here or on the executor, telling the share of the units that is done."""
    total = sum(len(problem) for problem in problems)
    done = 0

    def tell(share: float, problem: PartProblem) -> None:
        if progress is not None:
            progress((done + share * len(problem)) / total, f"{problem.k} grids of {len(problem)} units")

    solved: list[Ints] = []
    if executor is None:
        for problem in problems:
            solved.append(solve_part(problem, lambda share, problem=problem: tell(share, problem)))  # type: ignore[misc]
            done += len(problem)
            tell(0.0, problem)
        return solved
    futures: list[Future[Ints]] = [executor.submit(solve_part, problem) for problem in problems]
    size = dict(zip(futures, problems, strict=True))
    try:
        for future in as_completed(futures):
            future.result()
            done += len(size[future])
            tell(0.0, size[future])
    finally:
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


def _assemble(
    units: Units,
    net: _Network,
    plan: Allocation,
    carrier: Ints,
    members: list[Ints],
    solved: list[Ints],
    options: PartitionOptions,
    band: tuple[float, float],
) -> Partition:
    """Put the parts together, name the grids and measure them."""
    n = len(units.demand)
    raw = np.empty(n, dtype=np.int64)
    ahead = 0
    for mine, labels in zip(members, solved, strict=True):
        raw[mine] = labels + ahead
        ahead += int(labels.max()) + 1
    raw = raw[carrier]
    labels = _named(raw, ahead, units)
    parent = np.empty(ahead, dtype=np.int64)
    parent[labels] = units.parent
    figures, quality = measure(
        labels,
        unit=(units.demand, units.area, net.perimeter),
        pairs=net.pairs,
        on_barrier=net.on_barrier,
        part=net.part,
        mean=plan.mean[parent],
        limits=(options.tolerance, options.band),
    )
    exclave = np.zeros(ahead, dtype=bool)
    exclave[labels[carrier != np.arange(n)]] = True
    back = np.empty(n, dtype=np.int64)
    back[units.order] = np.arange(n)
    return Partition(
        labels=labels[back],
        parent_of_grid=units.parents[parent],
        demand=figures.demand,
        deviation=figures.deviation,
        exclave=exclave,
        oversized=np.sort(units.order[units.demand > band[1] * (1 + 1e-9)]),
        infeasible=[(int(units.parents[p]), k, each) for p, k, each in plan.infeasible],
        quality=quality,
        geometry=units.geometry[back],
    )


def _named(raw: Ints, k: int, units: Units) -> Ints:
    """Number the grids parent by parent, north to south, after keeping the names of fixed and start grids."""
    name = np.full(k, -1, dtype=np.int64)
    free = np.ones(k, dtype=bool)
    for wished, weight in ((units.fixed, np.ones(len(raw))), (units.start, units.demand + 1e-9)):
        use = (wished >= 0) & (wished < k)
        pair, inverse = np.unique(np.stack([raw[use], wished[use]]), axis=1, return_inverse=True)
        overlap = np.bincount(inverse.ravel(), weights=weight[use], minlength=pair.shape[1])
        for c in np.lexsort((pair[1], pair[0], -overlap)).tolist():
            r, wish = int(pair[0, c]), int(pair[1, c])
            if name[r] < 0 and free[wish]:
                name[r], free[wish] = wish, False
    first = np.full(k, len(raw))
    np.minimum.at(first, raw, np.arange(len(raw)))
    parent = units.parent[first]
    rest = np.flatnonzero(name < 0)
    name[rest[np.lexsort((first[rest], parent[rest]))]] = np.flatnonzero(free)
    return name[raw]
