"""The connected parts of each parent, and whose grid each unit takes."""

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
from grid_partition.allocate import Parts
from grid_partition.border import DEFAULT_COST, barrier_factor
from grid_partition.islands import Blocks
from grid_partition.model import PartitionOptions

__all__ = ["Network", "build_network", "find_carriers", "table_of_parts"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Metres of border that make two units neighbours.
MIN_BORDER = 0.5
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


def find_carriers(units: Units, blocks: Blocks, seat: Bools) -> tuple[Ints, Ints]:
    """Name, for each unit, the unit whose grid it takes: itself, one near a part without own grids, or the speaker.

    Parameters
    ----------
    units : Units
    blocks : Blocks
    seat : (b,) bool
        Blocks with grids of their own.

    Returns
    -------
    carrier : (n,) int64
    fixed : (n,) int64
        The fixed labels, and those that carriers take over from the units they carry.
    """
    block, speaker = blocks.of_unit, blocks.speaker
    loose = ~seat[block]
    host_of = np.full(len(seat), -1, dtype=np.int64)
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
