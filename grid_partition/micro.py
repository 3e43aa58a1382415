"""Micro grids: 50 to 80 households inside a grid."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy.typing as npt

from grid_partition.model import Partition, PartitionOptions, Progress
from grid_partition.partition import partition_units

__all__ = ["BAND", "TARGET", "micro_grids"]

#: Households of a micro grid (regulation of a city on Zhoushan's pattern, article 8).
BAND, TARGET = (50.0, 80.0), 65.0


def micro_grids(
    geometry: npt.ArrayLike,
    demand: npt.ArrayLike,
    grid: npt.ArrayLike,
    *,
    band: tuple[float, float] = BAND,
    target: float = TARGET,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Partition:
    """Divide grids into micro grids of one piece each, none across two grids.

    Parameters
    ----------
    geometry : (n,) array of Polygon
        Atoms, metric CRS.
    demand : (n,) array of float
        Households of each atom.
    grid : (n,) array of int
        Grid of each atom.
    band : (low, high)
        Households that a micro grid may have; grids that no number of micro grids fits are listed as infeasible.
    target : float
    seed : int
    executor : concurrent.futures.Executor, optional
    progress : callable, optional

    Returns
    -------
    Partition
        Its parents are the grids.

    Examples
    --------
    >>> import shapely
    >>> row = shapely.box(range(0, 80, 10), 0, range(10, 90, 10), 10)
    >>> micro_grids(row, [16] * 8, [5] * 8).demand.tolist()
    [64.0, 64.0]
    """
    return partition_units(
        geometry,
        demand,
        target=target,
        within=grid,
        seed=seed,
        options=PartitionOptions(band=band),
        executor=executor,
        progress=progress,
    )
