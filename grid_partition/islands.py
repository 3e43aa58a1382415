"""Archipelagos: where many parts of a parent are too small for a grid, near ones are grouped into grids together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Delaunay, QhullError

from gis.adjacency import components, pair_sums
from gis.measure import group_sums
from grid_partition.accept import Units
from grid_partition.allocate import Parts, nearest_count

__all__ = ["OWN_REGION", "Blocks", "join_islands", "sea_links"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Names of regions held by an island that is big enough for a grid of its own lie above those of any caller.
OWN_REGION = 1 << 60


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is cut together: a connected part of a parent, or islands of one parent.

    Attributes
    ----------
    of_unit : (n,) int64
        Block of each unit.
    speaker : (n,) int64
        Unit that stands for the whole island in its block; each unit itself where the block is one part.
    fixed : (n,) int64
        Fixed labels, and those of islands big enough for a grid of their own.
    places : (n, 2) float64
        Of the demand; of the whole island where it speaks as one.
    joined : (b,) bool
        Blocks made of several islands.
    table : Parts
        Sums of the blocks.
    """

    of_unit: Ints
    speaker: Ints
    fixed: Ints
    places: Floats
    joined: Bools
    table: Parts


def join_islands(
    units: Units, part: Ints, table: Parts, *, low: float, target: float, grids: int | None, closed: bool
) -> Blocks:
    """Join the islands of each parent that hold enough together, but are too small alone, into one block.

    Islands that reach land with several grids before they reach enough others for a grid stay apart: they will join
    the nearest grid there. Islands big enough for one grid, but not for two, join in with a region of their own.

    Parameters
    ----------
    units : Units
    part : (n,) int64
        Connected part of each unit.
    table : Parts
    low : float
        Least demand of a grid.
    target : float
        Demand wanted of a grid.
    grids : int, optional
        Number of grids over all, where that was asked for.
    closed : bool
        Fixed grids take no further units, so islands with fixed units stay apart.

    Returns
    -------
    Blocks

    References
    ----------
    Kruskal (1956), On the shortest spanning subtree of a graph: near islands join first.
    """
    plain = Blocks(
        part, np.arange(len(part)), units.fixed, units.places, np.zeros(len(table.parent), dtype=bool), table
    )
    enough = table.demand >= low * (1.0 - 1e-9)
    small = ~enough & (table.demand > 0.0) & (table.least <= 1)
    if closed:
        small &= table.least == 0
    in_parent = group_sums(table.parent[small], table.demand[small], int(table.parent.max()) + 1)
    crowded = (in_parent >= low * (1.0 - 1e-9)) & (in_parent > 0.0)
    if low <= 0.0 or not crowded.any():
        return plain
    single = enough & (table.least <= (0 if closed else 1))
    single &= np.array([nearest_count(demand, target) == 1 for demand in (table.demand - table.giant_demand).tolist()])
    islands = _Islands(units, part, table, small, single)
    into = np.arange(len(table.parent))
    for parent in np.flatnonzero(crowded).tolist():
        members = islands.clusters(parent, low)
        if float(table.demand[members][small[members]].sum()) >= low * (1.0 - 1e-9):
            into[members] = members.min()
    if (into == np.arange(len(into))).all():
        return plain
    found = _blocks(units, part, table, into, small, low=low, grids=grids)
    return found if grids is None or _serves(found.table, grids) else plain


def _serves(table: Parts, grids: int) -> bool:
    """Tell whether blocks have room for a number of grids, and islands with grids of their own leave enough."""
    held = table.least > 0
    unheld = np.setdiff1d(table.parent, table.parent[held])
    return int(table.least.sum()) + len(unheld) <= grids <= int(table.units.sum())


def sea_links(places: Floats, tied: Ints) -> tuple[Ints, Ints, Floats]:
    """Link islands with those around them.

    Parameters
    ----------
    places : (m, 2) float64
    tied : (t, m) int64
        Groups, -1 for none: members of a group are linked one to the next, since they must be able to stay together.

    Returns
    -------
    first, second : (e,) int64
    weight : (e,) float64
        High between near islands.
    """
    m = len(places)
    first, second = _around(places)
    for group in tied:
        order = np.flatnonzero(group >= 0)
        order = order[np.argsort(group[order], kind="stable")]
        same = group[order[1:]] == group[order[:-1]]
        first, second = np.r_[first, order[:-1][same]], np.r_[second, order[1:][same]]
    low, high = np.minimum(first, second), np.maximum(first, second)
    first, second, _ = pair_sums(low, high, np.ones(len(low)))
    if not len(first):
        return first, second, np.zeros(0)
    metres = np.hypot(*(places[first] - places[second]).T)
    near = max(float(np.median(metres)), 1e-9)
    assert components(m, first, second).max() == 0  # noqa: S101 - a triangulation hangs together
    return first, second, np.round(1000.0 * near / (metres + 0.1 * near), 4)


def _around(places: Floats) -> tuple[Ints, Ints]:
    """Return the edges of the Delaunay triangulation, or a chain where all places lie on a line."""
    order = np.lexsort((places[:, 1], places[:, 0]))
    chain = (order[:-1], order[1:])
    if len(places) < 4:
        return chain
    try:
        found = Delaunay(places)
    except QhullError:
        return chain
    corners = found.simplices.astype(np.int64)
    # places left out stand on top of another, or as good as
    left = found.coplanar.astype(np.int64).reshape(-1, 3)
    sides = [corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]], left[:, [0, 2]]]
    first, second = np.concatenate(sides).T
    return first, second


class _Islands:
    """Distances between the parts of a parent."""

    def __init__(self, units: Units, part: Ints, table: Parts, small: Bools, single: Bools) -> None:
        self.units, self.part, self.table, self.small, self.single = units, part, table, small, single
        order = np.argsort(part, kind="stable")
        bounds = np.r_[0, np.cumsum(table.units)]
        geometry = units.geometry[order]
        self.shape = np.empty(len(table.parent), dtype=object)
        alone = table.units == 1
        self.shape[alone] = geometry[bounds[:-1][alone]]
        for p in np.flatnonzero(~alone & (small | single)).tolist():
            self.shape[p] = shapely.multipolygons(shapely.get_parts(geometry[bounds[p] : bounds[p + 1]]))
        self.place = _part_places(units, part, len(table.parent))

    def clusters(self, parent: int, low: float) -> Ints:
        """Return the parts of a parent that find enough for a grid before they reach bigger land."""
        mine = self.table.parent == parent
        nodes = np.flatnonzero(mine & (self.small | self.single))
        first, second, _ = sea_links(self.place[nodes], np.zeros((0, len(nodes)), dtype=np.int64))
        far = shapely.distance(self.shape[nodes[first]], self.shape[nodes[second]])
        land = np.flatnonzero(np.isin(self.part, np.flatnonzero(mine & ~self.small & ~self.single & self._peopled())))
        if len(land):
            tree = shapely.STRtree(self.units.geometry[land])
            (guest, _), near = tree.query_nearest(self.shape[nodes], return_distance=True, all_matches=False)
            first, second = np.r_[first, guest], np.r_[second, np.full(len(guest), len(nodes))]
            far = np.r_[far, near]
        load = np.r_[self.table.demand[nodes], np.inf]
        settled = np.r_[self.single[nodes], True]
        root = _kruskal((first, second, np.round(far, 4)), load, settled, low)
        found: Ints = nodes[root[:-1] != root[-1]]
        return found

    def _peopled(self) -> Bools:
        return self.table.demand > 0.0


def _kruskal(links: tuple[Ints, Ints, Floats], load: Floats, settled: Bools, low: float) -> Ints:
    """Join over the shortest links first, until each cluster is settled or holds enough; return its root."""
    first, second, far = links
    root = list(range(len(load)))

    def find(v: int) -> int:
        while root[v] != v:
            root[v] = root[root[v]]
            v = root[v]
        return v

    for e in np.lexsort((second, first, far)).tolist():
        a, b = find(int(first[e])), find(int(second[e]))
        if a == b or (settled[a] and settled[b]):
            continue
        a, b = min(a, b), max(a, b)
        root[a] = b  # the land is last, and stays the root
        load[b] += load[a]
        settled[b] = settled[a] or settled[b] or load[b] >= low * (1.0 - 1e-9)
    return np.array([find(v) for v in range(len(root))], dtype=np.int64)


def _part_places(units: Units, part: Ints, parts: int) -> Floats:
    """Return the middle of each part: of its demand, or of its ground where nobody lives."""
    weight = units.demand + 1e-9 * units.area
    total = group_sums(part, weight, parts)
    return np.column_stack([group_sums(part, weight * column, parts) / total for column in units.places.T])


def _blocks(
    units: Units, part: Ints, table: Parts, into: Ints, small: Bools, *, low: float, grids: int | None
) -> Blocks:
    """Sum the blocks up, and let one unit of each joined island speak for it."""
    n = len(part)
    names, block_of_part = np.unique(into, return_inverse=True)
    block_of_part = block_of_part.ravel().astype(np.int64)
    count = len(names)
    members = np.bincount(block_of_part, minlength=count)
    joined = members > 1
    of_unit = block_of_part[part]
    # the unit with most demand speaks; ties go to the first, which is the same for any order of the input
    order = np.lexsort((np.arange(n), -units.demand, part))
    lead = order[np.r_[True, np.diff(part[order]) > 0]]
    speaker = np.where(joined[of_unit], lead[part], np.arange(n))
    fixed = units.fixed.copy()
    held = np.full(len(table.parent), -1, dtype=np.int64)
    np.maximum.at(held, part, units.fixed)
    own = joined[block_of_part] & ~small & (held < 0)
    held[own] = OWN_REGION + np.flatnonzero(own)
    fixed = np.where(joined[of_unit], held[part], fixed)
    named = np.unique(np.stack([of_unit, fixed]), axis=1)
    least = np.bincount(named[0][named[1] >= 0], minlength=count)
    free = group_sums(block_of_part, small, count).astype(np.int64)
    spare = np.floor(group_sums(block_of_part, table.demand * small, count) / low + 1e-9).astype(np.int64)
    # beside islands with a grid of their own, no more grids than the others fill; a number wished for is shared out
    most = least + (np.where(least > 0, np.minimum(free, spare), free) if grids is None else free)
    return Blocks(
        of_unit,
        speaker,
        fixed,
        np.where(joined[of_unit][:, None], _part_places(units, part, len(into))[part], units.places),
        joined,
        Parts(
            table.parent[names],
            group_sums(block_of_part, table.demand, count),
            group_sums(block_of_part, table.area, count),
            np.where(joined, most, table.units[names]),
            least,
            group_sums(block_of_part, table.held, count),
            group_sums(block_of_part, table.giants, count).astype(np.int64),
            group_sums(block_of_part, table.giant_demand, count),
        ),
    )
