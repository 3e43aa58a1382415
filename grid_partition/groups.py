"""Ten-household groups: near doors joined until each group has about ten households, never across a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gis.codes import reading_order
from gis.errors import InvalidInputError
from gis.measure import group_sums
from grid_partition import group_kernels
from grid_partition.accept import accept_numbers, accept_places
from grid_partition.allocate import nearest_count
from grid_partition.doors import split_evenly

__all__ = ["Groups", "Unfit", "group_dwellings"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Near doors whose groups a door may join or swap with.
NEAR = 12
#: Walks over all doors while the temperature falls: at least, at most, and doors walked by in all.
SWEEPS_FEW, SWEEPS_MANY, STEPS = 320, 2000, 3e7
#: Temperature at the start and the end, as shares of the mean price of a door.
HOT, COLD = 1.0, 0.01
#: Price of a household outside the band, in mean prices of a group, while sizes are still sought.
OUTSIDE = 8.0
#: The same once they are found: no shape is worth a group of the wrong size.
NEVER = 1e9
#: Parents of up to so many doors try other numbers of groups while some group is outside the band.
RETRIED = 2000


@dataclass(frozen=True, slots=True)
class Unfit:
    """A group outside the band.

    Attributes
    ----------
    group : int
    households : int
    why : str
        Whole sentence.
    """

    group: int
    households: int
    why: str


@dataclass(frozen=True, slots=True)
class Groups:
    """Doors joined to groups.

    Attributes
    ----------
    labels : (n,) int64
        Group of each door, 0..k-1, numbered parent by parent from the north-west; the first of its groups for a door
        that is shared by several.
    unfit : list of Unfit
        Groups outside the band, with the reason; empty when all fit.
    households : (k,) int64
        Of each group.
    parent : (k,) int64
        Value of ``within`` of each group; 0 when there was none.
    centre : (k, 2) float64
        Mean place of the households of each group.
    shared_by : (n,) int64
        Groups that share each door, 1 for most; they are numbered one after the other.
    mean_distance : float
        Metres from a household to the centre of its group, over all households.
    """

    labels: Ints
    unfit: list[Unfit]
    households: Ints
    parent: Ints
    centre: Floats
    shared_by: Ints
    mean_distance: float


def group_dwellings(
    xy: npt.ArrayLike,
    size: int = 10,
    *,
    households: npt.ArrayLike | None = None,
    low: int = 8,
    high: int = 12,
    within: npt.ArrayLike | None = None,
) -> Groups:
    """Join near doors to groups of about `size` households.

    Parameters
    ----------
    xy : (n, 2) array of float
        Doors, metric CRS.
    size : int
        Households wanted in a group.
    households : (n,) array of int, optional
        Households of each door; one each when not given. A door with more than `high` is shared by groups of its own;
        a door without any goes to the nearest group.
    low, high : int
        Households that a group may have.
    within : (n,) array of int, optional
        Grid of each door; no group crosses grids.

    Returns
    -------
    Groups

    Raises
    ------
    InvalidInputError
        Numbers that can't be meant, or arrays that don't fit together.

    References
    ----------
    Kirkpatrick, Gelatt and Vecchi (1983), Optimization by simulated annealing.

    Examples
    --------
    >>> places = [[10.0 * i, 0.0] for i in range(20)]
    >>> found = group_dwellings(places)
    >>> found.labels.tolist() == [0] * 10 + [1] * 10, found.unfit
    (True, [])
    """
    points, load, parent = _accept(xy, size, households, (low, high), within)
    label, shared = _labelled(points, load, parent, size, (low, high))
    return _described(points, load, parent, label, shared, (low, high))


def _labelled(points: Floats, load: Ints, parent: Ints, size: int, band: tuple[int, int]) -> tuple[Ints, Ints]:
    """Group the doors of each parent; return the first group of each door, and how many groups share it."""
    label = np.full(len(points), -1, dtype=np.int64)
    shared = np.ones(len(points), dtype=np.int64)
    large = load > band[1]
    for door in np.flatnonzero(large).tolist():
        shared[door] = _shares(int(load[door]), size, band)
    sweeps = float(np.clip(STEPS // max(len(points), 1), SWEEPS_FEW, SWEEPS_MANY))
    order = np.argsort(parent, kind="stable")
    for doors in np.split(order, np.flatnonzero(np.diff(parent[order])) + 1):
        count = int((label + shared)[label >= 0].max(initial=0))
        plain = doors[~large[doors] & (load[doors] > 0)]
        if len(plain):
            label[plain] = count + _grouped(points[plain], load[plain], size, band, sweeps)
            count = int(label[plain].max()) + 1
        mine = doors[large[doors]]
        label[mine] = count + np.cumsum(shared[mine]) - shared[mine]
        _follow(points, label, doors, load)
    return label, shared


def _accept(
    xy: npt.ArrayLike,
    size: int,
    households: npt.ArrayLike | None,
    band: tuple[int, int],
    within: npt.ArrayLike | None,
) -> tuple[Floats, Ints, Ints]:
    points = accept_places(xy, "xy")
    low, high = band
    if not 1 <= low <= size <= high:
        raise InvalidInputError(f"The band {low}-{high} must hold the size {size}.", field="low")
    load = np.ones(len(points)) if households is None else accept_numbers(households, "households", len(points))
    if (load != np.rint(load)).any():
        row = int(np.flatnonzero(load != np.rint(load))[0])
        raise InvalidInputError(f"households must hold whole numbers (row {row}).", field="households", rows=[row])
    parent = np.zeros(len(points), dtype=np.int64) if within is None else np.asarray(within)
    if parent.shape != (len(points),) or parent.dtype.kind not in "iu":
        raise InvalidInputError("within must hold one whole number for each door.", field="within")
    return points, load.astype(np.int64), parent.astype(np.int64)


def _grouped(points: Floats, load: Ints, size: int, band: tuple[int, int], sweeps: float) -> Ints:
    """Group the doors of one parent; the number of groups varies while some are outside the band."""
    total = int(load.sum())
    first = _count(total, size, band)
    best, found = _searched(points, load, first, band, sweeps)
    if not best or len(points) > RETRIED:
        return found
    counts = range(max(1, -(-total // band[1])), max(1, total // band[0]) + 1)
    for k in sorted(set(counts) - {first}, key=lambda k: abs(k - first))[:4]:
        outside, label = _searched(points, load, k, band, sweeps)
        if outside < best:
            best, found = outside, label
        if not best:
            break
    return found


def _shares(households: int, size: int, band: tuple[int, int]) -> int:
    """Return the number of groups of one door: fewest households outside the band, then nearest the size."""

    def price(k: int) -> tuple[int, float]:
        outside = sum(max(0, band[0] - part, part - band[1]) for part in split_evenly(households, k))
        return outside, abs(households / k - size)

    return min(range(max(1, households // band[1]), -(-households // band[0]) + 1), key=price)


def _count(total: int, size: int, band: tuple[int, int]) -> int:
    """Return the number of groups nearest the size whose mean is in the band, else the nearest at all."""
    least, most = -(-total // band[1]), total // band[0]
    wanted = nearest_count(float(total), float(size))
    return min(max(wanted, least), most) if least <= most else wanted


def _searched(points: Floats, load: Ints, k: int, band: tuple[int, int], sweeps: float) -> tuple[int, Ints]:
    """Return the number of households outside the band, and labels 0..k-1 of the best search."""
    k = min(k, len(points))
    order = _kd_order(points, load)
    xy = points[order] - points.mean(axis=0)
    weight = load[order].astype(np.float64)
    label = _chunked(weight, k)
    if k > 1:
        _anneal(xy, weight, label, band, sweeps)
    sums = group_sums(label, weight, k)
    outside = int(np.maximum(0, np.maximum(band[0] - sums, sums - band[1]))[sums > 0].sum())
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.unique(label, return_inverse=True)[1].ravel()
    return outside, back


def _kd_order(points: Floats, load: Ints) -> Ints:
    """Order doors by halving the longer side again and again, so that each run of doors is compact."""
    start = np.lexsort((load, points[:, 1], points[:, 0]))
    stack, runs = [start], []
    while stack:
        doors = stack.pop()
        if len(doors) <= 6:
            runs.append(doors)
            continue
        xy = points[doors]
        axis = int(np.argmax(np.ptp(xy, axis=0)))
        ranked = doors[np.argsort(xy[:, axis], kind="stable")]
        middle = len(ranked) // 2
        stack += [ranked[middle:], ranked[:middle]]
    return np.concatenate(runs)


def _chunked(weight: Floats, k: int) -> Ints:
    """Cut a sequence of doors into k runs of about equal households, none empty."""
    middle = np.cumsum(weight) - weight / 2
    label = np.minimum((middle / weight.sum() * k).astype(np.int64), k - 1)
    if len(np.unique(label)) < k:  # few large doors: one run each, as equal as counts allow
        return np.asarray(np.arange(len(weight)) * k // len(weight), dtype=np.int64)
    return np.asarray(label, dtype=np.int64)


def _anneal(xy: Floats, weight: Floats, label: Ints, band: tuple[int, int], sweeps: float) -> None:
    """Improve labels in place."""
    k = int(label.max()) + 1
    near = np.asarray(cKDTree(xy).query(xy, k=min(NEAR + 1, len(xy)))[1], dtype=np.int64)[:, 1:]
    load = group_sums(label, weight, k)
    centre = np.column_stack([group_sums(label, weight * axis, k) for axis in xy.T]) / load[:, None]
    spread = float(np.median(((xy - centre[label]) ** 2).sum(axis=1) * weight))
    scale = max(spread, 1e-4 * float(np.ptp(xy, axis=0).max()) ** 2 / len(xy), 1e-6)
    each = scale * len(xy) / k
    room = int(np.bincount(label).max()) + 2 * band[1]
    places = (np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), weight, np.ascontiguousarray(near))
    state = np.random.SeedSequence([len(xy), k]).generate_state(2, np.uint64) | np.uint64(1)
    groups = (
        label,
        np.zeros((k, 4)),
        np.zeros((k, room), dtype=np.int64),
        np.zeros(k, dtype=np.int64),
        np.zeros(len(xy), dtype=np.int64),
        state,
    )
    middle = HOT * scale
    if ((load < band[0]) | (load > band[1])).any():
        middle = (HOT * COLD) ** 0.5 * scale
        soft = np.array([band[0], band[1], OUTSIDE * each])
        group_kernels.anneal_groups((*places, soft), groups, np.array([HOT * scale, middle, sweeps]))
    hard = np.array([band[0], band[1], NEVER * each])
    group_kernels.anneal_groups((*places, hard), groups, np.array([middle, COLD * scale, sweeps]))


def _follow(points: Floats, label: Ints, doors: Ints, load: Ints) -> None:
    """Give doors without households the group of the nearest door; with no other door they form one."""
    empty = doors[load[doors] == 0]
    if not len(empty):
        return
    others = doors[load[doors] > 0]
    if not len(others):
        label[empty] = int(label.max()) + 1 if (label >= 0).any() else 0
        return
    label[empty] = label[others[cKDTree(points[others]).query(points[empty])[1]]]


def _described(points: Floats, load: Ints, parent: Ints, label: Ints, shared: Ints, band: tuple[int, int]) -> Groups:
    """Put numbers and measures to the groups."""
    k = int((label + shared).max(initial=0))
    held = np.zeros(k, dtype=np.int64)
    held[: int(label.max(initial=-1)) + 1] = np.bincount(label, weights=load).astype(np.int64)
    of_door = np.full(k, -1, dtype=np.int64)
    for door in np.flatnonzero(load > band[1]).tolist():
        groups = slice(int(label[door]), int(label[door] + shared[door]))
        # doors without households may have followed into the first group: they bring nothing
        held[groups] = split_evenly(int(load[door]), int(shared[door]))
        of_door[groups] = door
    weight = np.maximum(load, 1e-9)
    lead = np.where(of_door >= 0, label[of_door], np.arange(k))
    total = np.maximum(group_sums(label, weight, k), 1e-12)
    centre = np.column_stack([group_sums(label, weight * axis, k) / total for axis in points.T])[lead]
    of_group = np.zeros(k, dtype=np.int64)
    of_group[label] = parent
    of_group = of_group[lead]
    rank = np.empty(k, dtype=np.int64)
    rank[_numbered(centre, of_group, lead)] = np.arange(k)
    away = np.hypot(*(points - centre[label]).T)
    order = np.argsort(rank)
    final = held[order]
    return Groups(
        labels=rank[label],
        unfit=_explained(final, of_door[order], of_group[order], load, band),
        households=final,
        parent=of_group[order],
        centre=centre[order],
        shared_by=shared,
        mean_distance=float((away * load).sum() / max(int(load.sum()), 1)),
    )


def _numbered(centre: Floats, parent: Ints, lead: Ints) -> Ints:
    """List the groups parent by parent in reading order; those of one door stay together."""
    ranked = []
    for value in np.unique(parent).tolist():
        mine = np.flatnonzero((parent == value) & (lead == np.arange(len(lead))))
        ranked.append(mine[reading_order(centre[mine])])
    first = np.concatenate(ranked) if ranked else np.empty(0, dtype=np.int64)
    place = np.empty(len(lead), dtype=np.int64)
    place[first] = np.arange(len(first))
    return np.lexsort((np.arange(len(lead)), place[lead])).astype(np.int64)


def _explained(held: Ints, of_door: Ints, parent: Ints, load: Ints, band: tuple[int, int]) -> list[Unfit]:
    low, high = band
    of_parent = {int(p): int(held[parent == p].sum()) for p in np.unique(parent[(held < low) | (held > high)])}
    found = []
    for group in np.flatnonzero((held < low) | (held > high)).tolist():
        count, total = int(held[group]), of_parent[int(parent[group])]
        if of_door[group] >= 0:
            door = int(load[of_door[group]])
            few = max(1, door // high)
            why = (
                f"A door of {door} households: groups of {-(-door // few)} if {few} share it, "
                f"of {door // (few + 1)} if {few + 1} do."
            )
        elif total < low:
            why = f"Its grid has only {total} households."
        else:
            why = f"The doors of its grid ({total} households) do not add up to groups of {low} to {high}."
        found.append(Unfit(group, count, why))
    return found
