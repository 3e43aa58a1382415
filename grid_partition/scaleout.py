"""Partition block by block (a county at a time) on any executor, with the same labels as in one process.

A parent is cut alike whatever else is cut with it, so blocks of whole parents can be solved anywhere and put together.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future, as_completed
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from grid_partition.model import Partition, PartitionOptions, Progress, Quality
from grid_partition.partition import partition_units

__all__ = ["join_partitions", "partition_blocks"]

Ints = npt.NDArray[np.int64]


def partition_blocks(  # noqa: PLR0913 - partition_units and the blocks
    geometry: npt.ArrayLike,
    demand: npt.ArrayLike,
    *,
    block: npt.ArrayLike,
    within: npt.ArrayLike,
    target: float,
    seed: int = 0,
    options: PartitionOptions = PartitionOptions(),  # noqa: B008 - frozen
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Partition:
    """Partition units block by block.

    Parameters
    ----------
    geometry, demand, within, target, seed, options
        As in `partition_units`. Blocks know nothing of each other's grids, so ``options.fixed`` and
        ``options.start`` are refused.
    block : (n,) array of int
        County of each unit; a parent lies in one block.
    executor : concurrent.futures.Executor, optional
        Takes one block at a time: a process pool, or the client of a cluster (``client.get_executor()`` of
        dask.distributed). Without one the blocks are solved here, one after the other.
    progress : callable, optional
        ``progress(share, note)`` after each block; an exception raised in it stops the work.

    Returns
    -------
    Partition
        Equal to that of `partition_units` over all units.

    Raises
    ------
    InvalidInputError
        A parent lies in two blocks, or options that join blocks.

    Examples
    --------
    >>> import shapely
    >>> row = shapely.box(range(8), 0, range(1, 9), 1)
    >>> parents = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> partition_blocks(row, [1] * 8, block=parents, within=parents, target=2).labels.tolist()
    [0, 0, 1, 1, 2, 2, 3, 3]
    """
    units, load = np.asarray(geometry, dtype=object), np.asarray(demand, dtype=np.float64)
    parent, county = np.asarray(within), np.asarray(block)
    if not len(units) == len(load) == len(parent) == len(county) or not len(units):
        raise InvalidInputError("geometry, demand, within and block need one value for each unit.", field="block")
    _accept(parent, county, options)
    rows = [np.flatnonzero(county == value) for value in np.unique(county)]
    tasks = [(units[mine], load[mine], target, parent[mine], seed, _of_rows(options, mine)) for mine in rows]
    return join_partitions(units, rows, _solve(tasks, executor, progress))[0]


def _accept(parent: npt.NDArray[np.int64], county: npt.NDArray[np.int64], options: PartitionOptions) -> None:
    if options.fixed is not None or options.start is not None:
        raise InvalidInputError("Blocks take no fixed or start labels; partition them in one go.", field="options")
    pairs = np.unique(np.stack([parent, county]), axis=1)[0]
    torn = pairs[1:][pairs[1:] == pairs[:-1]]
    if len(torn):
        raise InvalidInputError(f"Parent {int(torn[0])} lies in two blocks.", field="block", parent=int(torn[0]))


def _of_rows(options: PartitionOptions, rows: Ints) -> PartitionOptions:
    """Return the options of one block."""
    soft, places = options.soft_demand, options.places
    return replace(
        options,
        soft_demand=None if soft is None else np.asarray(soft, dtype=np.float64)[rows],
        places=None if places is None else np.asarray(places, dtype=np.float64)[rows],
    )


Task = tuple[npt.NDArray[np.object_], npt.NDArray[np.float64], float, Ints, int, PartitionOptions]


def solve_block(task: Task) -> Partition:
    """Partition one block; its units stay with the caller."""
    units, load, target, parent, seed, options = task
    found = partition_units(units, load, target=target, within=parent, seed=seed, options=options)
    return replace(found, geometry=np.empty(0, dtype=object))


def _solve(tasks: list[Task], executor: Executor | None, progress: Progress | None) -> list[Partition]:
    def tell(done: int) -> None:
        if progress is not None:
            progress(done / len(tasks), f"{done} of {len(tasks)} blocks")

    if executor is None:
        found = []
        for task in tasks:
            found.append(solve_block(task))
            tell(len(found))
        return found
    futures: list[Future[Partition]] = [executor.submit(solve_block, task) for task in tasks]
    try:
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            tell(done)
    finally:
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


def join_partitions(units: npt.NDArray[np.object_], rows: list[Ints], found: list[Partition]) -> tuple[Partition, Ints]:
    """Put partitions of different parents together, their grids in the order of the parents.

    Parameters
    ----------
    units : (n,) array of Polygon
        All units.
    rows : list of (m,) int64
        Units of each partition; each unit in one.
    found : list of Partition

    Returns
    -------
    Partition
    order : (k,) int64
        Place of each grid among the grids of `found`, one partition after the other.
    """
    ahead = np.cumsum([0, *(len(part.demand) for part in found)])
    parent = np.concatenate([part.parent_of_grid for part in found])
    order = np.argsort(parent, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    labels = np.empty(len(units), dtype=np.int64)
    for mine, part, before in zip(rows, found, ahead.tolist(), strict=False):
        labels[mine] = rank[part.labels + before]
    misfits = [
        replace(misfit, grids=tuple(sorted(rank[np.array(misfit.grids) + before].tolist())))
        for part, before in zip(found, ahead.tolist(), strict=False)
        for misfit in part.misfits
    ]
    joined = Partition(
        labels=labels,
        parent_of_grid=parent[order],
        demand=np.concatenate([part.demand for part in found])[order],
        deviation=np.concatenate([part.deviation for part in found])[order],
        exclave=np.concatenate([part.exclave for part in found])[order],
        oversized=np.sort(np.concatenate([mine[part.oversized] for mine, part in zip(rows, found, strict=True)])),
        infeasible=sorted(item for part in found for item in part.infeasible),
        quality=_mean_quality([part.quality for part in found], [len(part.demand) for part in found]),
        geometry=units,
        misfits=sorted(misfits, key=lambda misfit: misfit.parent),
    )
    return joined, order


def _mean_quality(parts: list[Quality], grids: list[int]) -> Quality:
    weight = np.array(grids) / sum(grids)
    cut = np.array([part.cut_length for part in parts])
    on = np.array([part.cut_on_barriers for part in parts])
    known = ~np.isnan(on) & (cut > 0)
    return Quality(
        max_deviation=max(part.max_deviation for part in parts),
        mean_deviation=float(weight @ [part.mean_deviation for part in parts]),
        share_within=float(weight @ [part.share_within for part in parts]),
        contiguous=all(part.contiguous for part in parts),
        compactness=float(weight @ [part.compactness for part in parts]),
        cut_length=float(cut.sum()),
        cut_on_barriers=float((cut[known] @ on[known]) / cut[known].sum()) if known.any() else float("nan"),
    )
