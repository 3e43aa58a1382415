"""Gaps block by block: the same numbers as in one go, in parallel or within less memory.

A block takes the cameras whose sheds reach into it from outside (a halo as wide as the longest range), so
each grid meets exactly the sheds and streets it meets in one go, in the same order: sums are equal to the bit.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidInputError
from grid_coverage.demand import KeyPoints, Needs, Streets
from grid_coverage.gap_places import GapPlaces, PointCover, rank_gaps
from grid_coverage.gaps import GapTable, gaps_by_grid
from grid_coverage.intervals import NOWHERE
from grid_coverage.view_sheds import ViewSheds

PER_GRID = (
    "street_m",
    "seen_m",
    "seen_m_upper",
    "places",
    "places_seen",
    "places_seen_upper",
    "cameras",
    "cameras_unknown",
    "incidents",
    "score",
    "score_least",
    "parts",
)
"""Columns of `GapTable` that have a row for each grid."""


class _Block(NamedTuple):
    """What one worker is handed, and which rows of the whole it is."""

    grid: NDArray[np.int64]
    line: NDArray[np.int64]
    point: NDArray[np.int64]
    grids: NDArray[np.object_]
    sheds: ViewSheds
    streets: Streets
    key_points: KeyPoints
    needs: Needs


def gaps_in_blocks(
    grids: ArrayLike,
    sheds: ViewSheds,
    *,
    streets: Streets,
    key_points: KeyPoints,
    needs: Needs,
    blocks: int = 2,
    executor: Executor | None = None,
) -> GapTable:
    """Find what `gaps_by_grid` finds, block by block.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon, metric CRS
        Grids without overlaps.
    sheds : ViewSheds
    streets : Streets
    key_points : KeyPoints
    needs : Needs
        As for `gaps_by_grid`.
    blocks : int
        How many strips, from west to east, with as many grids each.
    executor : Executor, optional
        Works on the blocks (a process pool, or a cluster's client); without one they are done one by one.

    Returns
    -------
    GapTable
        Equal to that of `gaps_by_grid`, to the bit.

    Raises
    ------
    InvalidInputError
        `blocks` is below 1.
    """
    if blocks < 1:
        raise InvalidInputError("blocks must be at least 1.", field="blocks")
    areas = np.asarray(grids, dtype=object).ravel()
    whole = _Block(
        grid=np.arange(len(areas)),
        line=np.arange(len(streets.line)),
        point=np.arange(len(key_points.xy)),
        grids=areas,
        sheds=sheds,
        streets=streets,
        key_points=key_points,
        needs=replace(needs, incidents=needs.incidents_of(len(areas))),
    )
    west = np.argsort(shapely.bounds(areas)[:, 0], kind="stable")
    work = [_cut(whole, np.sort(rows)) for rows in np.array_split(west, min(blocks, max(1, len(areas))))]
    found = list(map(_measure, work)) if executor is None else list(executor.map(_measure, work))
    return _joined(whole, work, found)


def _cut(whole: _Block, rows: NDArray[np.int64]) -> _Block:
    """Take some grids and all that may touch them."""
    box = shapely.total_bounds(whole.grids[rows]) if len(rows) else np.full(4, np.nan)
    low, high = box[:2], box[2:]
    line = np.flatnonzero(_meets(shapely.bounds(whole.streets.line), box))
    point = np.flatnonzero(((whole.key_points.xy >= low) & (whole.key_points.xy <= high)).all(axis=1))
    stands = ((whole.sheds.xy >= low) & (whole.sheds.xy <= high)).all(axis=1)
    places = whole.key_points
    return _Block(
        grid=rows,
        line=line,
        point=point,
        grids=whole.grids[rows],
        sheds=whole.sheds.take(_meets(shapely.bounds(whole.sheds.polygon), box) | stands),
        streets=Streets(whole.streets.line[line], whole.streets.weight[line]),
        key_points=KeyPoints(places.xy[point], places.weight[point], places.need[point]),
        needs=replace(whole.needs, incidents=whole.needs.incidents_of(len(whole.grids))[rows]),
    )


def _meets(bounds: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which boxes meet a box; those of empty geometries (nan) don't."""
    return np.asarray((bounds[:, :2] <= box[2:]).all(axis=1) & (bounds[:, 2:] >= box[:2]).all(axis=1))


def _measure(block: _Block) -> GapTable:
    """Measure one block; a plain function, so that it can be sent to another process."""
    return gaps_by_grid(block.grids, block.sheds, streets=block.streets, key_points=block.key_points, needs=block.needs)


def _joined(whole: _Block, work: list[_Block], found: list[GapTable]) -> GapTable:
    """Put the rows of all blocks back into their places."""
    order = np.argsort(np.concatenate([block.grid for block in work]))
    columns = {name: np.concatenate([getattr(table, name) for table in found])[order] for name in PER_GRID}
    gaps = [
        GapPlaces(
            geometry=table.gaps.geometry,
            kind=table.gaps.kind,
            grid=block.grid[table.gaps.grid],
            source=np.where(
                table.gaps.kind == "street",
                _rows(block.line, table.gaps.source),
                _rows(block.point, table.gaps.source),
            ),
            length=table.gaps.length,
            maybe=table.gaps.maybe,
            score=table.gaps.score,
        )
        for block, table in zip(work, found, strict=True)
    ]
    return GapTable(**columns, points=_joined_points(whole, work, found), gaps=rank_gaps(gaps))


def _rows(rows: NDArray[np.int64], source: NDArray[np.int64]) -> NDArray[np.int64]:
    """Look up rows of the whole; numbers that are not of this kind of source may be out of bounds."""
    return rows.take(source, mode="clip") if len(rows) else source


def _joined_points(whole: _Block, work: list[_Block], found: list[GapTable]) -> PointCover:
    """Take each key place from the block whose grids hold it, and count the rest without grids."""
    count = len(whole.key_points.xy)
    grid = np.full(count, NOWHERE, dtype=np.int64)
    cameras, upper = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for block, table in zip(work, found, strict=True):
        held = table.points.grid != NOWHERE
        rows = block.point[held]
        # Should grids overlap after all, the lowest holds the place, as in one go.
        first = (grid[rows] == NOWHERE) | (block.grid[table.points.grid[held]] < grid[rows])
        rows, inner = rows[first], np.flatnonzero(held)[first]
        grid[rows] = block.grid[table.points.grid[inner]]
        cameras[rows], upper[rows] = table.points.cameras[inner], table.points.cameras_upper[inner]
    rest = np.flatnonzero(grid == NOWHERE)
    if len(rest):
        places = whole.key_points
        outside = gaps_by_grid(
            [],
            whole.sheds,
            streets=Streets.of([]),
            key_points=KeyPoints(places.xy[rest], places.weight[rest], places.need[rest]),
            needs=replace(whole.needs, incidents=None),
        )
        cameras[rest], upper[rest] = outside.points.cameras, outside.points.cameras_upper
    return PointCover(grid, cameras, upper, whole.key_points.need)
