"""Group units into balanced, contiguous grids: the whole road from polygons to a `Partition`."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from gis.measure import group_sums
from grid_partition.accept import Units, accept_number, accept_units
from grid_partition.allocate import allocate, choose_seats
from grid_partition.block_problems import Division, build_problems
from grid_partition.islands import join_islands
from grid_partition.model import Partition, PartitionOptions, Progress
from grid_partition.parts import Network, build_network, find_carriers, table_of_parts
from grid_partition.quality import measure
from grid_partition.reasons import find_misfits, infeasible_counts
from grid_partition.solving import solve_all

__all__ = ["partition_units"]

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
    _accept_counts(grids, target, seed)
    units = accept_units(geometry, demand, within, options)
    if progress is not None:
        progress(0.0, "finding neighbours")
    ground = _Ground(units, build_network(units, options), options, grids, target)
    division = ground.divided(seed)
    return ground.measured(division, _labelled(units, division, solve_all(division.problems, executor, progress)))


def _accept_counts(grids: int | None, target: float | None, seed: int) -> None:
    if (grids is None) == (target is None):
        raise InvalidInputError("Name either the number of grids or the demand of one grid, not both.", field="grids")
    if not accept_number(seed, "seed").is_integer():
        raise InvalidInputError(f"The seed must be a whole number, not {seed}.", field="seed")
    if grids is not None and not (accept_number(grids, "grids").is_integer() and grids >= 1):
        raise InvalidInputError(f"The number of grids must be a whole number from 1 up, not {grids}.", field="grids")
    if target is not None and not 0.0 < accept_number(target, "target") < np.inf:
        raise InvalidInputError(f"The demand of one grid must be above zero, not {target}.", field="target")


class _Ground:
    """Units and their neighbours, and how many grids were asked for."""

    def __init__(
        self, units: Units, net: Network, options: PartitionOptions, grids: int | None, target: float | None
    ) -> None:
        self.units, self.net, self.options, self.grids, self.target = units, net, options, grids, target
        self.mean = float(target) if target is not None else float(units.demand.sum()) / float(grids or 1)
        tolerance = options.tolerance
        #: What a grid may have, before parents are looked at.
        self.band = options.band or (self.mean * (1.0 - tolerance), self.mean * (1.0 + tolerance))

    def divided(self, seed: int) -> Division:
        """Share the grids out, and cut the ground into problems."""
        units, net, options, grids, low = self.units, self.net, self.options, self.grids, self.band[0]
        table, closed = table_of_parts(units, net, self.band[1]), options.closed
        blocks = join_islands(units, net.part, table, low=low, target=self.mean, grids=grids, closed=closed)
        seat = choose_seats(blocks.table, low, grids)
        carrying = find_carriers(units, blocks, seat)
        carried = group_sums(blocks.of_unit[carrying[0]], units.demand, len(seat))
        plan = allocate(blocks.table, seat, carried, grids=grids, target=self.target, band=self.band, closed=closed)
        return build_problems(units, net, blocks, plan, carrying, options=options, seed=seed)

    def measured(self, division: Division, labels: Ints) -> Partition:
        """Measure a labelling and hand it over in the caller's order."""
        units, net, options, plan = self.units, self.net, self.options, division.plan
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
        misfits = find_misfits(units, labels, division, asked=self.band, options=options)
        most = np.full(n, options.band[1]) if options.band else plan.aim[units.parent] * (1.0 + options.tolerance)
        back = np.empty(n, dtype=np.int64)
        back[units.order] = np.arange(n)
        return Partition(
            labels=labels[back],
            parent_of_grid=units.parents[parent],
            demand=figures.demand,
            deviation=figures.deviation,
            exclave=np.bincount(np.unique(np.stack([labels, net.part]), axis=1)[0], minlength=k) > 1,
            oversized=np.sort(units.order[units.demand > most * (1.0 + 1e-9)]),
            infeasible=infeasible_counts(misfits),
            quality=quality,
            geometry=units.geometry[back],
            misfits=misfits,
        )


def _labelled(units: Units, division: Division, solved: list[Ints]) -> Ints:
    """Put the labels of the parts together."""
    raw = np.empty(len(division.carrier), dtype=np.int64)
    ahead = 0
    for mine, labels in zip(division.members, solved, strict=True):
        raw[mine] = labels + ahead
        ahead += int(labels.max()) + 1
    return _named(raw[division.carrier], ahead, units)


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
