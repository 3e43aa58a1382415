"""From checked units to one problem per connected part of each parent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import Adjacency, BorderSegments, border_segments, components, pair_sums, without_weak
from gis.errors import InvalidGeometryError, InvalidInputError
from gis.measure import group_sums
from gis.overlay import overlaps
from grid_partition.accept import Units
from grid_partition.allocate import Allocation, Parts
from grid_partition.border import DEFAULT_COST, barrier_factor
from grid_partition.islands import OWN_REGION, Blocks, sea_links
from grid_partition.model import PartitionOptions
from grid_partition.problem import PartProblem, csr

__all__ = ["Network", "build_network", "build_problems", "find_carriers", "table_of_parts"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Metres of border that make two units neighbours.
MIN_BORDER = 0.5
#: Price of the way to the middle of a group of islands, as that of walks.
SEA_PRICE = 1.0
#: Islands of a block up to which the search takes its full time; more than a few thousand are no map of islands.
SEA_UNITS = 2000
#: Share of a unit that a neighbour may cover, too, before the input is refused.
OVERLAP = 0.05


@dataclass(frozen=True, slots=True)
class Network:
    """Neighbours within parents.

    Attributes
    ----------
    pairs : Adjacency
        Units of one parent that share a border.
    price : (e,) float64
        Metres of each shared border, cheaper on barriers.
    on_barrier : (e,) float64 or None
        Metres of each shared border on barriers; None without barriers.
    perimeter, perimeter_price : (n,) float64
        Of each unit, in metres and in priced metres.
    part : (n,) int64
        Connected part of its parent that each unit lies in.
    """

    pairs: Adjacency
    price: Floats
    on_barrier: Floats | None
    perimeter: Floats
    perimeter_price: Floats
    part: Ints


def build_network(units: Units, options: PartitionOptions) -> Network:
    """Find neighbours and price their borders.

    Parameters
    ----------
    units : Units
    options : PartitionOptions

    Returns
    -------
    Network
    """
    n = len(units.demand)
    border = border_segments(units.geometry)
    inner = border.right >= 0
    _refuse_overlaps(units, border)
    within = inner.copy()
    within[inner] = units.parent[border.left[inner]] == units.parent[border.right[inner]]
    factor = np.ones(len(inner))
    if options.barriers is not None:
        factor = barrier_factor(border, options.barriers, options.barrier_cost)
        cheap = DEFAULT_COST if options.barrier_cost is None else float(np.min(options.barrier_cost, initial=1.0))
        # the border of the parent is given: it is as good as a barrier
        factor[~within] = np.minimum(factor[~within], cheap)
    length = border.length
    priced = length * factor
    price = group_sums(border.left, priced, n) + group_sums(border.right[inner], priced[inner], n)
    left, right = border.left[within], border.right[within]
    pairs = Adjacency(*pair_sums(left, right, length[within]))
    keep = without_weak(n, pairs, MIN_BORDER)
    on_barrier = None
    if options.barriers is not None:
        on_barrier = pair_sums(left, right, np.where(factor < 1.0, length, 0.0)[within])[2][keep]
    # rounded, so that a map moved by whole metres is cut alike
    pair_price = np.round(pair_sums(left, right, priced[within])[2][keep], 4)
    pairs = pairs.subset(keep)
    return Network(
        pairs,
        pair_price,
        on_barrier,
        shapely.length(units.geometry),
        np.round(price, 4),
        components(n, pairs.first, pairs.second),
    )


def _refuse_overlaps(units: Units, border: BorderSegments) -> None:
    """Refuse units that cover much of the same ground; slight overlaps of dirty borders pass.

    In a tiling no edge has two polygons on one side, so only units with an edge of their own, or with more shared
    edge than edge, can overlap.
    """
    n = len(units.demand)
    inner = border.right >= 0
    shared = group_sums(border.left[inner], border.length[inner], n) + group_sums(
        border.right[inner], border.length[inner], n
    )
    suspects = np.unique(np.r_[border.left[~inner], np.flatnonzero(shared > 1.001 * shapely.length(units.geometry))])
    first, second, ground = overlaps(units.geometry, suspects, share=OVERLAP, least=1.0)
    if len(first):
        rows = units.order[np.stack([first, second], axis=1)]
        place = shapely.point_on_surface(ground[0])
        raise InvalidGeometryError(
            f"geometry: units {rows[0, 0]} and {rows[0, 1]} cover the same {shapely.area(ground[0]):.0f} m² near "
            f"{place.x:.2f}, {place.y:.2f} ({len(first)} such pairs). Units must lie side by side.",
            field="geometry",
            rows=rows.tolist(),
            places=[(point.x, point.y) for point in shapely.point_on_surface(ground)],
        )


def table_of_parts(units: Units, net: Network, high: float) -> Parts:
    """Sum up the connected parts.

    Parameters
    ----------
    units : Units
    net : Network
    high : float
        Most that a grid may have.

    Returns
    -------
    Parts
    """
    count = int(net.part.max()) + 1
    parent = np.zeros(count, dtype=np.int64)
    parent[net.part] = units.parent
    fixed = np.unique(np.stack([net.part, units.fixed]), axis=1)
    fixed = fixed[:, fixed[1] >= 0]
    giant = (units.fixed < 0) & (units.demand > high * (1.0 + 1e-9))
    return Parts(
        parent,
        group_sums(net.part, units.demand, count),
        group_sums(net.part, units.area, count),
        np.bincount(net.part),
        np.bincount(fixed[0], minlength=count),
        group_sums(net.part, np.where(units.fixed >= 0, units.demand, 0.0), count),
        np.bincount(net.part[giant], minlength=count),
        group_sums(net.part[giant], units.demand[giant], count),
    )


def find_carriers(units: Units, blocks: Blocks, plan: Allocation) -> tuple[Ints, Ints]:
    """Name, for each unit, the unit whose grid it takes: itself, one near a part without own grids, or the speaker.

    Parameters
    ----------
    units : Units
    blocks : Blocks
    plan : Allocation

    Returns
    -------
    carrier : (n,) int64
    fixed : (n,) int64
        The fixed labels, and those that carriers take over from the units they carry.
    """
    block, speaker = blocks.of_unit, blocks.speaker
    loose = plan.count[block] == 0
    host_of = np.full(len(plan.count), -1, dtype=np.int64)
    for parent in np.unique(units.parent[loose]).tolist():
        hosts = np.flatnonzero((units.parent == parent) & ~loose)
        guests = np.flatnonzero((units.parent == parent) & loose)
        tree = shapely.STRtree(units.geometry[hosts])
        (guest, host), far = tree.query_nearest(units.geometry[guests], return_distance=True)
        of_guest = block[guests[guest]]
        order = np.lexsort((host, np.round(far, 4), of_guest))
        lead = order[np.r_[True, np.diff(of_guest[order]) > 0]]
        host_of[of_guest[lead]] = hosts[host[lead]]
    fixed = blocks.fixed.copy()
    for b in np.unique(block[loose & (units.fixed >= 0)]).tolist():
        guests = np.flatnonzero(block == b)
        hosts = np.flatnonzero((units.parent == units.parent[guests[0]]) & ~loose)
        host_of[b] = speaker[_host_of_fixed(units, fixed, guests, hosts)]
        fixed[host_of[b]] = units.fixed[guests].max()
    return speaker[np.where(loose, host_of[block], np.arange(len(loose)))], fixed


def _host_of_fixed(units: Units, fixed: Ints, guests: Ints, hosts: Ints) -> int:
    """Find the nearest host that is fixed to the guests' grid, or else one that is free."""
    wanted = np.unique(units.fixed[guests][units.fixed[guests] >= 0])
    pool = hosts[fixed[hosts] == wanted[0]]
    pool = pool if len(pool) else hosts[fixed[hosts] < 0]
    if len(wanted) > 1 or not len(pool):
        raise InvalidInputError(
            f"Fixed grid {wanted[0]} has units in a part without grids of its own, and no grid can take them.",
            field="fixed",
            rows=np.sort(units.order[guests]).tolist(),
        )
    far = shapely.distance(shapely.union_all(units.geometry[guests]), units.geometry[pool])
    return int(pool[np.argmin(np.round(far, 4))])


def build_problems(
    units: Units,
    net: Network,
    blocks: Blocks,
    plan: Allocation,
    carrying: tuple[Ints, Ints],
    *,
    options: PartitionOptions,
    seed: int,
) -> tuple[list[PartProblem], list[Ints]]:
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
    problems : list of PartProblem
    members : list of (m,) int64
        The units of each problem.
    """
    carrier, fixed = carrying
    _refuse_torn(units, blocks.of_unit[carrier])
    table = _unit_table(units, net, carrier)
    soft = slice(4, 4 + units.soft.shape[1])
    local = np.empty(len(carrier), dtype=np.int64)
    turn: dict[int, int] = {}
    problems, members = [], []
    for b, mine, edges in _by_block(net, blocks):
        if (k := int(plan.count[b])) == 0:
            continue
        _refuse_surplus(units, fixed, mine, k)
        atom = table[mine]
        atom[:, soft] *= k / np.maximum(atom[:, soft].sum(axis=0), 1e-9)
        parent = int(units.parent[mine[0]])
        if nobody := not atom[:, 2].any():  # then the ground itself is shared out evenly
            atom[:, 2] = atom[:, 1]
        usual = float(atom[:, 2].sum()) / k if nobody else float(plan.aim[parent])
        mean, shut = _mean_of_free(usual, atom, fixed[mine], k, closed=options.closed)
        walk_price = options.walk_price
        if blocks.joined[b]:
            graph = _over_sea(atom, blocks.places[mine], np.stack([fixed[mine], units.start[mine]]))
            walk_price += SEA_PRICE
        else:
            local[mine] = np.arange(len(mine))
            graph = csr(len(mine), local[net.pairs.first[edges]], local[net.pairs.second[edges]], net.price[edges])
        if walk_price > 0.0:
            atom = np.column_stack([atom, _walk_columns(atom[:, 2], blocks.places[mine], mean, k)])
        turn[parent] = turn.get(parent, -1) + 1
        problems.append(
            PartProblem(
                *graph,
                atom,
                k,
                *_wanted(mean, options.tolerance, None if nobody else options.band),
                *_local_labels(fixed[mine], units.start[mine], k),
                options.churn_price,
                _seed_of_block(seed, int(units.parents[parent]), turn[parent]),
                walk_price,
                shut,
                min(1.0, SEA_UNITS / len(mine)) if blocks.joined[b] else 1.0,
            )
        )
        members.append(mine)
    return problems, members


def _mean_of_free(mean: float, atom: Floats, fixed: Ints, k: int, *, closed: bool) -> tuple[float, int]:
    """Return the demand wanted of the grids that take units, and the number of those that are closed."""
    held = (fixed >= 0) & (fixed < OWN_REGION)
    shut = len(np.unique(fixed[held])) if closed else 0
    if 0 < shut < k:  # the other grids share what the closed ones leave
        return float(atom[~held, 2].sum()) / (k - shut), shut
    return mean, shut


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


def _wanted(mean: float, tolerance: float, band: tuple[float, float] | None) -> tuple[float, float, float]:
    """Return the demand that a grid should have, and the least and most that it may."""
    return mean, *(band or (mean * (1.0 - tolerance), mean * (1.0 + tolerance)))


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
