"""Group units into balanced, contiguous grids: the whole road from polygons to a `Partition`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, as_completed
from functools import partial

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from grid_partition.accept import Units, accept_units
from grid_partition.allocate import Allocation, allocate
from grid_partition.islands import join_islands
from grid_partition.model import Partition, PartitionOptions, Progress
from grid_partition.parts import Network, build_network, build_problems, find_carriers, table_of_parts
from grid_partition.problem import PartProblem
from grid_partition.quality import measure
from grid_partition.refine import refine
from grid_partition.seed import start_labels

__all__ = ["partition_units", "solve_part"]

Ints = npt.NDArray[np.int64]


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
    part too small for a grid joins the nearest grid of its parent, which is flagged as an exclave; where a parent has
    many such islands, near ones are grouped into grids of about the target, flagged likewise.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Units (atoms, statistical areas) in a metric CRS, edge to edge. Vertices on one side only and slight
        overlaps do no harm; a unit without a common stretch of border is an island.
    demand : (n,) array of float
        What to balance, zero or more: households.
    grids, target : int or float, optional
        Number of grids over all parents, or demand of one grid; exactly one of the two.
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
        Wrong form, or wishes that no partition can honour.

    Examples
    --------
    >>> import shapely
    >>> row = [shapely.box(10 * i, 0, 10 * i + 10, 10) for i in range(6)]
    >>> partition_units(row, [1, 1, 1, 1, 1, 1], grids=2).labels.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    _accept_counts(grids, target)
    units = accept_units(geometry, demand, within, options)
    net = build_network(units, options)
    band = _band(units, grids, target, options)
    mean = float(target) if target is not None else float(units.demand.sum()) / float(grids or 1)
    table = table_of_parts(units, net, band[1])
    blocks = join_islands(units, net.part, table, low=band[0], target=mean, grids=grids, closed=options.closed)
    plan = allocate(blocks.table, grids=grids, target=target, band=band, closed=options.closed)
    carrying = find_carriers(units, blocks, plan)
    problems, members = build_problems(units, net, blocks, plan, carrying, options=options, seed=seed)
    solved = _solve_all(problems, executor, progress)
    return _measured(units, net, plan, _labelled(units, carrying[0], members, solved), options)


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
    held = problem.fixed[problem.fixed >= 0]
    if problem.k == len(problem) and len(np.unique(held)) == len(held):
        return np.arange(problem.k, dtype=np.int64)
    return refine(problem, start_labels(problem), report, effort=problem.effort)


def _accept_counts(grids: int | None, target: float | None) -> None:
    if (grids is None) == (target is None):
        raise InvalidInputError("Name either the number of grids or the demand of one grid, not both.", field="grids")
    if grids is not None and not (float(grids).is_integer() and grids >= 1):
        raise InvalidInputError(f"The number of grids must be a whole number from 1 up, not {grids}.", field="grids")
    if target is not None and not 0.0 < target < np.inf:
        raise InvalidInputError(f"The demand of one grid must be above zero, not {target}.", field="target")


def _band(units: Units, grids: int | None, target: float | None, options: PartitionOptions) -> tuple[float, float]:
    """Return the demand that a grid may have, before parents are looked at."""
    if options.band is not None:
        return options.band
    mean = float(units.demand.sum()) / grids if grids is not None else float(target or 0.0)
    return mean * (1.0 - options.tolerance), mean * (1.0 + options.tolerance)


def _solve_all(problems: list[PartProblem], executor: Executor | None, progress: Progress | None) -> list[Ints]:
    """Solve the parts here or on the executor, telling the share of the units that is done."""
    total = sum(len(problem) for problem in problems)
    done = 0

    def tell(problem: PartProblem, share: float) -> None:
        if progress is not None:
            progress((done + share * len(problem)) / total, f"{problem.k} grids of {len(problem)} units")

    solved: list[Ints] = []
    if executor is None or len(problems) < 2:  # one part goes faster, and stops sooner, here
        for problem in problems:
            solved.append(solve_part(problem, partial(tell, problem)))
            done += len(problem)
            tell(problem, 0.0)
        return solved
    futures: list[Future[Ints]] = [executor.submit(solve_part, problem) for problem in problems]
    size = dict(zip(futures, problems, strict=True))
    try:
        for future in as_completed(futures):
            future.result()
            done += len(size[future])
            tell(size[future], 0.0)
    finally:
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


def _labelled(units: Units, carrier: Ints, members: list[Ints], solved: list[Ints]) -> Ints:
    """Put the labels of the parts together."""
    raw = np.empty(len(carrier), dtype=np.int64)
    ahead = 0
    for mine, labels in zip(members, solved, strict=True):
        raw[mine] = labels + ahead
        ahead += int(labels.max()) + 1
    return _named(raw[carrier], ahead, units)


def _measured(units: Units, net: Network, plan: Allocation, labels: Ints, options: PartitionOptions) -> Partition:
    """Measure a labelling and hand it over in the caller's order."""
    n, k = len(labels), int(labels.max()) + 1
    parent = np.empty(k, dtype=np.int64)
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
    reached = np.unique(np.stack([labels, net.part]), axis=1)
    exclave = np.bincount(reached[0], minlength=k) > 1
    most = np.full(n, options.band[1]) if options.band else plan.aim[units.parent] * (1.0 + options.tolerance)
    back = np.empty(n, dtype=np.int64)
    back[units.order] = np.arange(n)
    return Partition(
        labels=labels[back],
        parent_of_grid=units.parents[parent],
        demand=figures.demand,
        deviation=figures.deviation,
        exclave=exclave,
        oversized=np.sort(units.order[units.demand > most * (1.0 + 1e-9)]),
        infeasible=[(int(units.parents[p]), k, each) for p, k, each in plan.infeasible],
        quality=quality,
        geometry=units.geometry[back],
    )


def _named(raw: Ints, k: int, units: Units) -> Ints:
    """Renumber the grids parent by parent, north to south, after keeping the names of fixed and start grids."""
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
