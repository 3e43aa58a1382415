"""One problem for each block that has grids: a connected part of a parent, or islands grouped together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from gis.measure import group_sums
from grid_partition.accept import Units
from grid_partition.allocate import Allocation
from grid_partition.islands import Blocks, sea_links
from grid_partition.model import PartitionOptions
from grid_partition.parts import Network
from grid_partition.problem import PartProblem, csr
from grid_partition.wanted import wanted_of

__all__ = ["Division", "build_problems"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Price of the way to the middle of a group of islands, as that of walks.
SEA_PRICE = 1.0
#: Islands of a block up to which the search takes its full time; more than a few thousand are no map of islands.
SEA_UNITS = 2000


@dataclass(frozen=True, slots=True)
class Division:
    """What is to be solved, and how the whole is put together from it.

    Attributes
    ----------
    blocks : Blocks
    plan : Allocation
    carrier : (n,) int64
        Unit whose grid each unit takes.
    problems : list of PartProblem
        One for each block that has grids.
    members : list of (m,) int64
        The units of each problem.
    """

    blocks: Blocks
    plan: Allocation
    carrier: Ints
    problems: list[PartProblem]
    members: list[Ints]


def build_problems(
    units: Units,
    net: Network,
    blocks: Blocks,
    plan: Allocation,
    carrying: tuple[Ints, Ints],
    *,
    options: PartitionOptions,
    seed: int,
) -> Division:
    """Cut the network into one problem per block that has grids.

    Parameters
    ----------
    units : Units
    net : Network
    blocks : Blocks
    plan : Allocation
    carrying : carrier and fixed, each (n,) int64
        From `find_carriers`.
    options : PartitionOptions
    seed : int

    Returns
    -------
    Division
    """
    carrier, fixed = carrying
    _refuse_torn(units, blocks.of_unit[carrier])
    make = _Problems(units, net, blocks, plan, fixed, _unit_table(units, net, carrier), options, carrier.copy())
    turn: dict[int, int] = {}
    problems, members = [], []
    for b, mine, edges in _by_block(net, blocks):
        if plan.count[b] == 0:
            continue
        _refuse_surplus(units, fixed, mine, int(plan.count[b]))
        parent = int(units.parent[mine[0]])
        turn[parent] = turn.get(parent, -1) + 1
        problems.append(make.problem(b, mine, edges, _seed_of_block(seed, int(units.parents[parent]), turn[parent])))
        members.append(mine)
    return Division(blocks, plan, carrier, problems, members)


@dataclass(frozen=True, slots=True)
class _Problems:
    """What the problems of all blocks are made of; ``local`` is room for the place of each unit in its block."""

    units: Units
    net: Network
    blocks: Blocks
    plan: Allocation
    fixed: Ints
    table: Floats
    options: PartitionOptions
    local: Ints

    def problem(self, b: int, mine: Ints, edges: Ints, seed: int) -> PartProblem:
        """Make the problem of block ``b`` with units ``mine``."""
        options, k = self.options, int(self.plan.count[b])
        atom = self.table[mine]
        soft = slice(4, 4 + self.units.soft.shape[1])
        atom[:, soft] *= k / np.maximum(atom[:, soft].sum(axis=0), 1e-9)
        limits: tuple[float, float] | None = self._limits(int(self.units.parent[mine[0]]))
        if not atom[:, 2].any():  # then the ground itself is shared out evenly
            atom[:, 2], limits = atom[:, 1], None
        fixed = self.fixed[mine]
        wanted = wanted_of(atom[:, 2], fixed, k, limits=limits, tolerance=options.tolerance, closed=options.closed)
        graph, walk_price = self._graph(b, mine, edges, atom)
        if walk_price > 0.0:
            atom = np.column_stack([atom, _walk_columns(atom[:, 2], self.blocks.places[mine], wanted.mean, k)])
        return PartProblem(
            *graph,
            atom,
            k,
            wanted.mean,
            wanted.low,
            wanted.high,
            *_local_labels(fixed, self.units.start[mine], k),
            options.churn_price,
            seed,
            walk_price,
            wanted.shut,
            min(1.0, SEA_UNITS / len(mine)) if self.blocks.joined[b] else 1.0,
            wanted.full,
        )

    def _limits(self, parent: int) -> tuple[float, float]:
        """Return what grids of a parent may have, as their quality is judged."""
        mean, tolerance = float(self.plan.mean[parent]), self.options.tolerance
        return self.options.band or (mean * (1.0 - tolerance), mean * (1.0 + tolerance))

    def _graph(self, b: int, mine: Ints, edges: Ints, atom: Floats) -> tuple[tuple[Ints, Ints, Floats], float]:
        """Return the neighbours inside a block, and the price of walks."""
        if self.blocks.joined[b]:
            tied = np.stack([self.fixed[mine], self.units.start[mine]])
            return _over_sea(atom, self.blocks.places[mine], tied), self.options.walk_price + SEA_PRICE
        local, pairs = self.local, self.net.pairs
        local[mine] = np.arange(len(mine))
        first, second = local[pairs.first[edges]], local[pairs.second[edges]]
        return csr(len(mine), first, second, self.net.price[edges]), self.options.walk_price


def _over_sea(atom: Floats, places: Floats, tied: Ints) -> tuple[Ints, Ints, Floats]:
    """Link the islands of a block; their borders, in `atom`, become the links.

    Between islands no border has a length: what keeps a group compact is the way to its middle, which has a price.
    """
    graph = csr(len(places), *sea_links(places, tied))
    atom[:, 0] = 1.0 + group_sums(np.repeat(np.arange(len(places)), np.diff(graph[0])), graph[2], len(places))
    atom[:, 1] = 0.0
    return graph


def _seed_of_block(seed: int, parent: int, turn: int) -> int:
    """Draw a seed of its own for each block: a parent is cut alike whatever else is cut with it."""
    entropy = [seed & 0xFFFFFFFF, parent & 0xFFFFFFFF, turn]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def _unit_table(units: Units, net: Network, carrier: Ints) -> Floats:
    """Put the columns of `PartProblem.atom` together; carriers bear the demand of those they carry."""
    n = len(carrier)
    carried = [group_sums(carrier, column, n) for column in (units.demand, *units.soft.T)]
    return np.column_stack([net.perimeter_price, units.area, carried[0], np.ones(n), *carried[1:]])


def _walk_columns(demand: Floats, places: Floats, mean: float, k: int) -> Floats:
    """Return sums from which the second moment of a region's demand follows; a mean grid of an even spread has 1."""
    total = max(float(demand.sum()), 1e-9)
    off = places - demand @ places / total
    square = (off**2).sum(axis=1)
    # k equal round grids share the spread of the whole: each has a k-th of its variance
    spread = max(float(demand @ square) / total / k, 1e-9)
    weight = demand / max(mean, 1e-9)
    return np.column_stack([weight[:, None] * off / np.sqrt(spread), weight * square / spread])


def _refuse_torn(units: Units, part: Ints) -> None:
    """Refuse a fixed grid whose units lie in several parts that have grids of their own."""
    held = units.fixed >= 0
    grid = np.unique(np.stack([units.fixed[held], part[held]]), axis=1)[0]
    torn = grid[1:][grid[1:] == grid[:-1]]
    if len(torn):
        rows = np.sort(units.order[units.fixed == torn[0]]).tolist()
        raise InvalidInputError(
            f"Fixed grid {torn[0]} lies in several parents, or in parts of one that have grids of their own.",
            field="fixed",
            rows=rows,
        )


def _refuse_surplus(units: Units, fixed: Ints, mine: Ints, k: int) -> None:
    """Refuse more fixed grids in a part than it has grids."""
    held = mine[fixed[mine] >= 0]
    named = np.unique(fixed[held])
    if len(named) > k:
        raise InvalidInputError(
            f"Fixed units name {len(named)} grids ({', '.join(map(str, named[:5]))}) where only {k} fit.",
            field="fixed",
            rows=np.sort(units.order[held]).tolist(),
        )


def _by_block(net: Network, blocks: Blocks) -> list[tuple[int, Ints, Ints]]:
    """List the units that speak in each block, and its pairs."""
    count = len(blocks.joined)
    of_pair = blocks.of_unit[net.pairs.first]
    speakers = np.unique(blocks.speaker)
    of_speaker = blocks.of_unit[speakers]
    units = speakers[np.argsort(of_speaker, kind="stable")]
    pairs = np.argsort(of_pair, kind="stable")
    unit_ends = np.cumsum(np.bincount(of_speaker, minlength=count))[:-1]
    pair_ends = np.cumsum(np.bincount(of_pair, minlength=count))[:-1]
    return list(zip(range(count), np.split(units, unit_ends), np.split(pairs, pair_ends), strict=True))


def _local_labels(fixed: Ints, start: Ints, k: int) -> tuple[Ints, Ints]:
    """Renumber fixed and start labels 0..k-1 inside a part, fixed ones first; surplus start labels become -1."""
    names = np.unique(fixed[fixed >= 0])
    later, size = np.unique(start[(start >= 0) & ~np.isin(start, names)], return_counts=True)
    every = np.r_[names, later[np.argsort(-size, kind="stable")]][:k]
    by_name = np.argsort(every)

    def rank(labels: Ints) -> Ints:
        at = np.minimum(np.searchsorted(every[by_name], labels), max(len(every) - 1, 0))
        known = (labels >= 0) & (len(every) > 0)
        known[known] = every[by_name[at[known]]] == labels[known]
        found = np.full(len(labels), -1, dtype=np.int64)
        found[known] = by_name[at[known]]
        return found

    return rank(fixed), rank(start)
