"""What became of old grids (or areas): overlap of old and new versions, as shares of ground and households.

Every old version is followed to the new ones that took its ground. Households are counted at their points, so a
count is exact; ground without any new version is lost, new ground without an old version simply has no source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidInputError
from gis.measure import group_sums, mean_width
from grid_partition.accept import accept_numbers, accept_polygons

__all__ = ["KINDS", "Lineage", "lineage", "restate"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

KINDS: Final = ("keep", "rename", "renumber", "merge", "split", "transfer")
#: Metres of mean width below which an overlap is the rounding of a border, not ground that moved.
ROUNDING: Final = 0.05


@dataclass(frozen=True, slots=True)
class Lineage:
    """Which part of each old version went to which new one.

    Attributes
    ----------
    source, target : (l,) int64
        Row of the old and of the new version, sorted by source, then target.
    area : (l,) float64
        Shared ground, m².
    households : (l,) float64
        Weight of the points on it.
    area_share, household_share : (l,) float64
        Parts of the old version. Where an old version has no household, its ground decides.
    kind : (l,) array of str
        ``keep``, ``rename``, ``renumber``, ``merge``, ``split`` or ``transfer``.
    lost_area, lost_households : (n,) float64
        Of each old version, what went to none; ``lost_share`` and ``lost_household_share`` are the parts.
    lost_share, lost_household_share : (n,) float64
    """

    source: Ints
    target: Ints
    area: Floats
    households: Floats
    area_share: Floats
    household_share: Floats
    kind: npt.NDArray[np.str_]
    lost_area: Floats
    lost_households: Floats
    lost_share: Floats
    lost_household_share: Floats


def lineage(
    old: npt.ArrayLike,
    new: npt.ArrayLike,
    *,
    same: npt.ArrayLike,
    renamed: npt.ArrayLike | None = None,
    points: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
) -> Lineage:
    """Follow old versions to the new ones that took their ground.

    Parameters
    ----------
    old : (n,) array of Polygon or MultiPolygon
        Metric CRS, without overlaps.
    new : (m,) array of Polygon or MultiPolygon
        Same CRS, without overlaps.
    same : (n,) array of int
        Row of the new version with the old one's identity (grid id, area code); -1 for none.
    renamed : (n,) array of bool, optional
        Whether that new version bears another name.
    points : (p,) array of Point, optional
        Doors, same CRS.
    weight : (p,) array of float, optional
        Households of each door; 1 without it.

    Returns
    -------
    Lineage
        Shares of one old version and its lost share add up to 1.

    Raises
    ------
    InvalidInputError, InvalidGeometryError
        Counts that do not fit, or geometry that is no polygon.

    Examples
    --------
    >>> halves = shapely.box([0, 1], 0, [1, 2], 1)
    >>> found = lineage([shapely.box(0, 0, 2, 1)], halves, same=[-1], points=shapely.points([[0.5, 0.5]]))
    >>> found.kind.tolist(), found.area_share.tolist(), found.household_share.tolist()
    (['split', 'split'], [0.5, 0.5], [1.0, 0.0])
    """
    before, after = accept_polygons(old, "old"), accept_polygons(new, "new")
    twin = np.asarray(same, dtype=np.int64).reshape(-1)
    if len(twin) != len(before) or (twin >= len(after)).any():
        raise InvalidInputError("same: one row of the new versions, or -1, for each old one is needed.", field="same")
    other_name = np.zeros(len(before), bool) if renamed is None else np.asarray(renamed, dtype=bool).reshape(-1)
    places = np.empty(0, dtype=object) if points is None else np.asarray(points, dtype=object)
    load = np.ones(len(places)) if weight is None else accept_numbers(weight, "weight", len(places))
    source, target, area = _overlaps(before, after)
    counted = _count(before, after, (source, target), places, load)
    kind = _kinds(source, target, twin, other_name, len(after))
    return _shared(before, (source, target, kind), area, counted)


def _shared(
    before: Geometries, pairs: tuple[Ints, Ints, npt.NDArray[np.str_]], area: Floats, counted: tuple[Floats, Floats]
) -> Lineage:
    """State ground and households of each pair, and what was lost, as shares of the old versions."""
    (source, target, kind), (households, lost_households) = pairs, counted
    lost_area = shapely.area(before) - group_sums(source, area, len(before))
    lost_area = np.where(lost_area > ROUNDING * shapely.length(before) / 2, lost_area, 0.0)
    area_share, lost_share = _shares(source, area, lost_area)
    household_share, lost_household_share = _shares(source, households, lost_households)
    # where nobody lives, the ground decides
    nobody = (group_sums(source, households, len(before)) + lost_households) == 0
    return Lineage(
        source,
        target,
        area,
        households,
        area_share,
        np.where(nobody[source], area_share, household_share),
        kind,
        lost_area,
        lost_households,
        lost_share,
        np.where(nobody, lost_share, lost_household_share),
    )


def restate(found: Lineage, totals: npt.ArrayLike, size: int, *, by: str = "household") -> tuple[Floats, float]:
    """Carry totals of old versions over to new ones by their shares.

    Parameters
    ----------
    found : Lineage
    totals : (n,) array of float
        A figure of each old version.
    size : int
        Number of new versions.
    by : {"household", "area"}
        Which shares to use.

    Returns
    -------
    values : (size,) float64
    lost : float
        What belonged to ground without a new version; values and it add up to the totals.

    Examples
    --------
    >>> halves = shapely.box([0, 1], 0, [1, 2], 1)
    >>> values, lost = restate(lineage([shapely.box(0, 0, 2, 1)], halves, same=[-1]), [10], 2)
    >>> values.tolist(), lost
    ([5.0, 5.0], 0.0)
    """
    figures = accept_numbers(totals, "totals", len(found.lost_area))
    share = found.household_share if by == "household" else found.area_share
    lost = found.lost_household_share if by == "household" else found.lost_share
    return group_sums(found.target, figures[found.source] * share, size), float((figures * lost).sum())


def _overlaps(before: Geometries, after: Geometries) -> tuple[Ints, Ints, Floats]:
    """List pairs that share more ground than rounding, with its area."""
    source, target = shapely.STRtree(after).query(before, predicate="intersects")
    order = np.lexsort((target, source))
    source, target = source[order].astype(np.int64), target[order].astype(np.int64)
    shared = np.asarray(shapely.intersection(before[source], after[target]), dtype=object)
    # a whole version that is no wider than rounding would vanish from history; it stays
    thin = (mean_width(shared) < ROUNDING) & (mean_width(before[source]) >= ROUNDING)
    real = (shapely.area(shared) > 0) & ~thin
    return source[real], target[real], shapely.area(shared[real])


def _count(
    before: Geometries, after: Geometries, pairs: tuple[Ints, Ints], points: Geometries, weight: Floats
) -> tuple[Floats, Floats]:
    """Count the points of each pair, and those of old versions that lie in no new one."""
    source, target = pairs
    lost = np.zeros(len(before))
    if not len(points):
        return np.zeros(len(source)), lost
    old_of = _holding(before, points)
    inside = np.flatnonzero(old_of >= 0)
    old_of, places, load = old_of[inside], points[inside], weight[inside]
    new_of = _holding(after, places)
    row = _rows_of(pairs, (old_of, new_of), len(after))
    # a door on a border may fall to a neighbour that took no ground: it goes where its old version's ground went
    for at in np.flatnonzero((row < 0) & (new_of >= 0)).tolist():
        own = np.flatnonzero(source == old_of[at])
        if len(own):
            row[at] = own[np.argmin(shapely.distance(after[target[own]], places[at]))]
    gone = row < 0
    np.add.at(lost, old_of[gone], load[gone])
    return group_sums(row[~gone], load[~gone], len(source)), lost


def _holding(polygons: Geometries, points: Geometries) -> Ints:
    """Return the first polygon that holds each point, -1 for none; the few polygons ask the many points."""
    found = np.full(len(points), len(polygons), dtype=np.int64)
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    np.minimum.at(found, point, polygon)
    found[found == len(polygons)] = -1
    return found


def _rows_of(pairs: tuple[Ints, Ints], wanted: tuple[Ints, Ints], width: int) -> Ints:
    """Find each wanted pair among the sorted pairs, -1 where it is none."""
    key = pairs[0] * (width + 1) + pairs[1]
    asked = wanted[0] * (width + 1) + wanted[1]
    if not len(key):
        return np.full(len(asked), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(key, asked), len(key) - 1)
    return np.where((wanted[1] >= 0) & (key[at] == asked), at, -1)


def _shares(source: Ints, part: Floats, lost: Floats) -> tuple[Floats, Floats]:
    """Divide parts by their sum per source, so that they add up to 1 whatever rounding did to the whole."""
    whole = group_sums(source, part, len(lost)) + lost
    share = np.divide(part, whole[source], out=np.zeros(len(part)), where=whole[source] > 0)
    return share, np.divide(lost, whole, out=np.zeros(len(lost)), where=whole > 0)


def _kinds(source: Ints, target: Ints, same: Ints, renamed: Bools, size: int) -> npt.NDArray[np.str_]:
    """Name each pair by what happened to the old version.

    A version whose identity goes on is kept, however its border moved. Of the others: alone to alone is a new
    number; whole into one of several is a merge; the only source of several is split; anything else is a transfer.
    """
    goes = np.bincount(source, minlength=len(same))[source]
    comes = np.bincount(target, minlength=size)[target]
    kind = np.select(
        [same[source] == target, (goes == 1) & (comes == 1), goes == 1, comes == 1],
        ["keep", "renumber", "merge", "split"],
        "transfer",
    )
    kind[(kind == "keep") & renamed[source]] = "rename"
    return np.asarray(kind, dtype=np.str_)
