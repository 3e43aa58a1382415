"""Call grids by their streets, as people do: the street that most of a grid's ways belong to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import shapely

from gis.measure import group_sums

__all__ = ["name_beside", "name_grids"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Streets are measured in pieces of this length.
STEP = 15.0
#: A grid's border runs along street axes; a piece this near counts for the grids on both sides.
NEAR = 6.0
#: A street with this share of what the longest has still says where a grid is.
CLEAR = 0.5
#: A street must run this far through or along a grid.
LEAST = 30.0
_WORDS = {
    False: ("north", "south", "west", "east", "middle"),
    True: ("北段", "南段", "西段", "东段", "中段"),
}


@dataclass(frozen=True, slots=True)
class _Shares:
    """Metres of each street in each grid, the longest of a grid first."""

    grid: Ints
    street: Ints
    metres: Floats
    titles: list[str]


def name_grids(
    shapes: npt.ArrayLike,
    area: npt.ArrayLike,
    *,
    streets: npt.ArrayLike,
    names: Sequence[str],
    given: Sequence[str] | None = None,
) -> list[str]:
    """Name grids by their longest street, each name once in an area.

    A grid gets a street of its own where one with about the length of its longest is free; grids that have to share a
    street are told apart by where they lie along it, or by numbers when there are more than three.

    Parameters
    ----------
    shapes : (k,) array of Polygon or MultiPolygon
        Metric CRS.
    area : (k,) int64
        Area of each grid.
    streets : (n,) array of LineString
        Metric CRS.
    names : (n,) sequence of str
        Name of each street, "" for none.
    given : (k,) sequence of str, optional
        Names that grids have already, which stay; "" is a grid to be named.

    Returns
    -------
    list of str
        "" for a grid without a named street. The order of the streets does not matter.

    Examples
    --------
    >>> square = shapely.box(0, 0, 100, 100)
    >>> name_grids([square], [0], streets=[shapely.LineString([(50, 0), (50, 100)])], names=["Mill Lane"])
    ['Mill Lane']
    """
    polygons, of = np.asarray(shapes, dtype=object), np.asarray(area, dtype=np.int64)
    found = [""] * len(polygons) if given is None else list(given)
    open_ = np.array([not name for name in found], dtype=bool)
    shares = _shares(polygons[open_], streets, names)
    rows = np.flatnonzero(open_)
    taken = {(int(of[row]), name) for row, name in enumerate(found) if name}
    sharing = _own_streets(shares, rows, of, found, taken)
    middle = np.round(shapely.get_coordinates(shapely.centroid(polygons)), 2)
    for (place, title), members in sorted(sharing.items()):
        spoken_for = {name for where, name in taken if where == place}
        for row, name in zip(members, _along(title, middle[members], spoken_for), strict=True):
            found[row] = name
            taken.add((place, name))
    return found


def name_beside(
    shape: shapely.Geometry,
    beside: shapely.Geometry,
    *,
    streets: npt.ArrayLike,
    names: Sequence[str],
    taken: Collection[str],
) -> str:
    """Name one new grid by its longest street.

    Parameters
    ----------
    shape, beside : Polygon or MultiPolygon
        The grid, and the one that most of its ground came from; metric CRS.
    streets : (n,) array of LineString
        Those near the grid; metric CRS.
    names : (n,) sequence of str
    taken : collection of str
        Names of the other grids of its area.

    Returns
    -------
    str
        Not among those taken; a street that is gets the direction in which the new grid lies. "" without a street.

    Examples
    --------
    >>> lane = shapely.LineString([(50, 0), (50, 200)])
    >>> name_beside(shapely.box(0, 100, 100, 200), shapely.box(0, 0, 100, 100),
    ...             streets=[lane], names=["Mill Lane"], taken={"Mill Lane"})
    'Mill Lane north'
    """
    shares = _shares(np.array([shape], dtype=object), streets, names)
    if not len(shares.grid):
        return ""
    clear = shares.metres >= CLEAR * shares.metres[0]
    titles: list[str] = [shares.titles[street] for street in shares.street[clear].tolist()]
    free = [title for title in titles if title not in taken]
    if free:
        return free[0]
    (x, y), (u, v) = (shapely.get_coordinates(shapely.centroid(each))[0] for each in (shape, beside))
    north, south, west, east, _middle = _WORDS[_is_chinese(titles[0])]
    word = (east if x > u else west) if abs(x - u) > abs(y - v) else (north if y > v else south)
    return _free_title([f"{titles[0]}{_gap(titles[0])}{word}"], titles[0], taken)


def _shares(shapes: Geometries, streets: npt.ArrayLike, names: Sequence[str]) -> _Shares:
    """Measure streets in grids; a piece on the border of two counts half for each."""
    lines = np.asarray(streets, dtype=object)
    called = np.array([name.strip() for name in names], dtype=object)
    kept = np.array([bool(name) for name in called], dtype=bool)
    if not len(shapes) or not kept.any():
        return _Shares(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), [])
    titles, title = np.unique(called[kept].astype(str), return_inverse=True)
    line, length, points = _pieces(lines[kept])
    grid, point = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=NEAR)
    shared = np.bincount(point, minlength=len(points))
    key, place = np.unique(grid * len(titles) + title.ravel()[line[point]], return_inverse=True)
    metres = group_sums(place.ravel(), length[point] / shared[point], len(key))
    enough = metres >= LEAST
    # sums of equal pieces in another order differ in their last bits: to the millimetre they don't
    key, metres = key[enough], np.round(metres[enough], 3)
    order = np.lexsort((key % len(titles), -metres, key // len(titles)))
    return _Shares(key[order] // len(titles), key[order] % len(titles), metres[order], titles.tolist())


def _pieces(lines: Geometries) -> tuple[Ints, Floats, Geometries]:
    """Cut lines into about equal pieces: the line and length of each, and its middle."""
    length = shapely.length(lines)
    pieces = np.maximum(np.ceil(length / STEP), 1).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), pieces)
    turn = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (turn + 0.5) / pieces[line]
    points = shapely.line_interpolate_point(lines[line], share, normalized=True)
    return line, length[line] / pieces[line], np.asarray(points, dtype=object)


def _own_streets(
    shares: _Shares, rows: Ints, area: Ints, found: list[str], taken: set[tuple[int, str]]
) -> dict[tuple[int, str], list[int]]:
    """Give out streets, the longest stretch first; return the grids that have to share one, by area and street.

    The grid that got such a street by itself is among them.
    """
    held, first = np.unique(shares.grid, return_index=True)
    best = np.zeros(len(rows))
    best[held] = shares.metres[first]
    clear = np.flatnonzero(shares.metres >= CLEAR * best[shares.grid])
    owner: dict[tuple[int, str], int] = {}
    for pair in clear[np.lexsort((shares.grid[clear], shares.street[clear], -shares.metres[clear]))].tolist():
        row = int(rows[shares.grid[pair]])
        claim = (int(area[row]), shares.titles[int(shares.street[pair])])
        if not found[row] and claim not in taken:
            found[row] = claim[1]
            taken.add(claim)
            owner[claim] = row
    sharing: dict[tuple[int, str], list[int]] = {}
    for grid, pair in zip(held.tolist(), first.tolist(), strict=True):
        row = int(rows[grid])
        if not found[row]:
            claim = (int(area[row]), shares.titles[int(shares.street[pair])])
            sharing.setdefault(claim, [owner[claim]] if claim in owner else []).append(row)
    return sharing


def _along(title: str, xy: Floats, taken: set[str]) -> list[str]:
    """Tell grids of one street apart by their order along it, north to south or west to east."""
    across = bool(np.ptp(xy[:, 0]) > np.ptp(xy[:, 1]))
    order = np.lexsort((-xy[:, 1], xy[:, 0]) if across else (xy[:, 0], -xy[:, 1]))
    chinese = _is_chinese(title)
    north, south, west, east, middle = _WORDS[chinese]
    start, end = (west, east) if across else (north, south)
    words = {1: [""], 2: [start, end], 3: [start, middle, end]}.get(len(xy), [""] * len(xy))
    named = [""] * len(xy)
    for row, word in zip(order.tolist(), words, strict=True):
        wanted = [f"{title}{_gap(title)}{word}"] if word else []
        named[row] = _free_title(wanted, title, taken)
        taken.add(named[row])
    return named


def _free_title(wanted: Sequence[str], title: str, taken: Collection[str]) -> str:
    """Return the first of some names that nobody has, else the street with the first free number."""
    for each in wanted:
        if each not in taken:
            return each
    numbered = (f"{title}（{n}）" if _is_chinese(title) else f"{title} {n}" for n in count(1))
    return next(each for each in numbered if each not in taken)


def _is_chinese(title: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in title)


def _gap(title: str) -> str:
    return "" if _is_chinese(title[-1]) else " "
