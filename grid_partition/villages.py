"""Natural villages as grids: whole villages, joined when small, cut when large, never mixed."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from gis.adjacency import rook_adjacency
from gis.errors import InvalidInputError
from gis.measure import group_sums
from grid_partition.accept import accept_numbers, accept_polygons
from grid_partition.model import PartitionOptions
from grid_partition.partition import partition_units

__all__ = ["VillageGrids", "village_grids"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VillageGrids:
    """Grids made of whole villages, or of parts of one village.

    Attributes
    ----------
    labels : (n,) int64
        Grid of each unit, 0..k-1.
    demand : (k,) float64
        Households of each grid.
    villages : list of (list of int)
        Villages of each grid: several when joined, one when whole or cut.
    cut : (k,) bool
        Grids that are part of a village.
    unfit : list of (grid, demand, why)
        Grids outside the band.
    """

    labels: Ints
    demand: Floats
    villages: list[list[int]]
    cut: npt.NDArray[np.bool_]
    unfit: list[tuple[int, float, str]]


def village_grids(
    geometry: npt.ArrayLike,
    demand: npt.ArrayLike,
    village: npt.ArrayLike,
    *,
    within: npt.ArrayLike | None = None,
    band: tuple[float, float] = (120.0, 450.0),
    target: float = 300.0,
    seed: int = 0,
    executor: Executor | None = None,
) -> VillageGrids:
    """Turn villages into grids: those below the band join a neighbour, those above it are cut.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
        Units (atoms) that tile the villages, metric CRS.
    demand : (n,) array of float
        Households of each unit.
    village : (n,) array of int
        Village (natural village or villagers' group) of each unit.
    within : (n,) array of int, optional
        Administrative village or town of each unit; villages are joined inside it only.
    band : (low, high)
        Households that a grid may have.
    target : float
        Households wanted where a village is cut.
    seed : int
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    VillageGrids

    Raises
    ------
    InvalidInputError
        A village lies in two parents, or the numbers can't be meant.

    Examples
    --------
    >>> import shapely
    >>> land = shapely.box([0, 10, 20], 0, [10, 20, 30], 10)
    >>> village_grids(land, [40, 100, 200], [1, 2, 3]).villages
    [[1, 2], [3]]
    """
    units, load = accept_polygons(geometry, "geometry"), accept_numbers(demand, "demand", len(np.asarray(geometry)))
    names, of_unit = _accept_villages(village, len(units), band, target)
    parent = _parents(of_unit, within, names)
    total = group_sums(of_unit, load, len(names))
    large = total > band[1] * (1 + 1e-9)
    joined = _join(units, of_unit, parent, total, large, band)
    small, rows = ~large[of_unit], np.flatnonzero(large[of_unit])
    labels = np.full(len(units), -1, dtype=np.int64)
    labels[small] = np.unique(joined[of_unit[small]], return_inverse=True)[1].ravel()
    if len(rows):
        cut = partial(partition_units, target=target, seed=seed, options=PartitionOptions(band=band), executor=executor)
        ahead = int(labels.max(initial=-1)) + 1
        labels[rows] = ahead + cut(units[rows], load[rows], within=of_unit[rows]).labels
    return _described(labels, load, of_unit, names, large, band)


def _accept_villages(
    village: npt.ArrayLike, n: int, band: tuple[float, float], target: float
) -> tuple[npt.NDArray[np.generic], Ints]:
    """Return the names of the villages, and the position of each unit's."""
    if not 0 < band[0] <= target <= band[1]:
        raise InvalidInputError(f"The band {band[0]}-{band[1]} must hold the target {target}.", field="band")
    given = np.asarray(village)
    if given.shape != (n,):
        raise InvalidInputError(f"village has shape {given.shape}, {n} values are needed.", field="village")
    names, of_unit = np.unique(given, return_inverse=True)
    return names, of_unit.ravel().astype(np.int64)


def _parents(of_unit: Ints, within: npt.ArrayLike | None, names: npt.NDArray[np.generic]) -> Ints:
    """Return the parent of each village."""
    parent = np.zeros(len(names), dtype=np.int64)
    if within is None:
        return parent
    given = np.asarray(within)
    if given.shape != of_unit.shape or given.dtype.kind not in "iu":
        raise InvalidInputError("within must hold one whole number for each unit.", field="within")
    parent[of_unit] = given
    torn = np.flatnonzero(parent[of_unit] != given)
    if len(torn):
        name = names[of_unit[torn[0]]]
        raise InvalidInputError(f"Village {name} lies in two parents.", field="within", rows=torn.tolist())
    return parent


def _join(
    units: npt.NDArray[np.object_],
    of_unit: Ints,
    parent: Ints,
    total: Floats,
    large: npt.NDArray[np.bool_],
    band: tuple[float, float],
) -> Ints:
    """Join each small village, smallest first, to the neighbour of its parent with the longest common border."""
    pairs = rook_adjacency(units)
    a, b = of_unit[pairs.first], of_unit[pairs.second]
    fits = (a != b) & (parent[a] == parent[b]) & ~large[a] & ~large[b]
    border: dict[int, dict[int, float]] = {v: {} for v in range(len(total))}
    for one, other, metres in zip(a[fits].tolist(), b[fits].tolist(), pairs.length[fits].tolist(), strict=True):
        border[one][other] = border[one].get(other, 0.0) + metres
        border[other][one] = border[other].get(one, 0.0) + metres
    into = np.arange(len(total))
    load = total.copy()
    waiting = {v for v in range(len(total)) if not large[v] and load[v] < band[0]}
    while waiting:
        small = min(waiting, key=lambda v: (load[v], v))
        waiting.discard(small)
        hosts = [v for v in border[small] if load[v] + load[small] <= band[1] * (1 + 1e-9)]
        if not hosts:
            continue
        host = max(hosts, key=lambda v: (round(border[small][v], 3), -load[v], -v))
        into[into == small] = host
        load[host] += load[small]
        for other, metres in border.pop(small).items():
            del border[other][small]
            if other != host:
                border[host][other] = border[host].get(other, 0.0) + metres
                border[other][host] = border[other].get(host, 0.0) + metres
        if load[host] >= band[0]:
            waiting.discard(host)
    return into


def _described(
    labels: Ints,
    load: Floats,
    of_unit: Ints,
    names: npt.NDArray[np.generic],
    large: npt.NDArray[np.bool_],
    band: tuple[float, float],
) -> VillageGrids:
    k = int(labels.max(initial=-1)) + 1
    demand = group_sums(labels, load, k)
    pairs = np.unique(np.stack([labels, of_unit]), axis=1)
    villages: list[list[int]] = [[] for _ in range(k)]
    cut = np.zeros(k, dtype=bool)
    for grid, village in pairs.T.tolist():
        villages[grid].append(names[village].item())
        cut[grid] = large[village]
    unfit = []
    for grid in np.flatnonzero((demand < band[0] * (1 - 1e-9)) | (demand > band[1] * (1 + 1e-9))).tolist():
        why = (
            f"Village {villages[grid][0]} does not divide into grids of {band[0]:g} to {band[1]:g} households."
            if cut[grid]
            else f"No neighbour in its parent has room for {demand[grid]:g} more households."
        )
        unfit.append((grid, float(demand[grid]), why))
    return VillageGrids(labels, demand, villages, cut, unfit)
