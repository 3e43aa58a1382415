"""Places that lack cameras: stretches of street and key places, ranked, each with what it lacks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_coverage.demand import KeyPoints, Needs, Streets
from grid_coverage.intervals import NOWHERE, Segments

STREET, KEY_PLACE = "street", "key_place"


@dataclass(frozen=True, slots=True)
class PointCover:
    """How well each key place is seen.

    Attributes
    ----------
    grid : (n,) int64
        Row of the grid that holds it; `NOWHERE` (-1) outside all.
    cameras, cameras_upper : (n,) int64
        How many cameras see it.
    need : (n,) int64
        How many ought to.
    """

    grid: NDArray[np.int64]
    cameras: NDArray[np.int64]
    cameras_upper: NDArray[np.int64]
    need: NDArray[np.int64]

    @property
    def seen(self) -> NDArray[np.str_]:
        """Return ``yes``, ``maybe`` (only if an unknown heading looks there) or ``no`` for each place."""
        return np.where(self.cameras >= self.need, "yes", np.where(self.cameras_upper >= self.need, "maybe", "no"))

    @property
    def lack(self) -> NDArray[np.int64]:
        """Return how many cameras each key place lacks."""
        return np.asarray(np.maximum(0, self.need - self.cameras), dtype=np.int64)

    @property
    def lack_upper(self) -> NDArray[np.int64]:
        """Return how many it would lack if every unknown heading were a full circle."""
        return np.asarray(np.maximum(0, self.need - self.cameras_upper), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class GapPlaces:
    """Places that lack cameras, the highest score first.

    Attributes
    ----------
    geometry : (p,) array of LineString or Point, metric CRS
        A stretch of one street within one grid, or a key place.
    kind : (p,) str
        ``street`` or ``key_place``.
    grid : (p,) int64
        Row of the grid.
    source : (p,) int64
        Row of the street or key place.
    length : (p,) float64
        Metres; 0 for a key place.
    maybe : (p,) bool
        True where an unknown heading may see it after all.
    score : (p,) float64
        Weighted metres or places times the cameras that lack, in units of the grids' scores.
    """

    geometry: NDArray[np.object_]
    kind: NDArray[np.str_]
    grid: NDArray[np.int64]
    source: NDArray[np.int64]
    length: NDArray[np.float64]
    maybe: NDArray[np.bool_]
    score: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.grid)


def street_gaps(
    segments: Segments,
    which: NDArray[np.int64],
    share: NDArray[np.float64],
    streets: Streets,
    needs: Needs,
    *,
    lack: NDArray[np.float64] | None = None,
) -> GapPlaces:
    """Join stretches that run on through the vertices of one street within one grid, and draw them.

    Parameters
    ----------
    segments : Segments
    which : (g, 3) int64
        Segment, grid and whether an unknown heading may see it, of each stretch.
    share : (g, 2) float64
        From where to where, as shares of the segment.
    streets : Streets
    needs : Needs
    lack : (g,) float64, optional
        Cameras that each stretch lacks on average; 1 when left out.

    Returns
    -------
    GapPlaces
    """
    segment, grid, maybe = which.T
    line = segments.line[segment]
    missing = np.ones(len(segment)) if lack is None else lack
    goes_on = (segment[1:] == segment[:-1] + 1) & (line[1:] == line[:-1]) & (share[:-1, 1] == 1) & (share[1:, 0] == 0)
    goes_on |= (segment[1:] == segment[:-1]) & (share[1:, 0] == share[:-1, 1])
    goes_on &= (grid[1:] == grid[:-1]) & (maybe[1:] == maybe[:-1]) & (np.abs(missing[1:] - missing[:-1]) <= 1e-9)
    chain = np.concatenate([[0], np.cumsum(~goes_on)]) if len(segment) else np.empty(0, dtype=np.int64)
    first = np.flatnonzero(np.concatenate([[True], ~goes_on])) if len(segment) else np.empty(0, dtype=np.int64)
    metres = np.bincount(chain, weights=(share[:, 1] - share[:, 0]) * segments.length[segment]).astype(np.float64)
    ends = segments.ends[segment]
    run = ends[:, 2:] - ends[:, :2]
    heads, tails = (ends[:, :2] + run * share[:, [0]])[first], ends[:, :2] + run * share[:, [1]]
    coords = np.vstack([heads, tails])
    owner = np.concatenate([chain[first], chain])
    order = np.argsort(owner, kind="stable")
    long_enough = metres >= max(needs.shortest, 1e-6)
    kept = long_enough[owner[order]]
    lines = (
        shapely.linestrings(coords[order][kept], indices=(np.cumsum(long_enough) - 1)[owner[order][kept]])
        if kept.any()
        else np.empty(0, dtype=object)
    )
    first, metres = first[long_enough], metres[long_enough]
    return GapPlaces(
        geometry=lines,
        kind=np.full(len(first), STREET, dtype="<U9"),
        grid=grid[first],
        source=line[first],
        length=metres,
        maybe=maybe[first].astype(bool),
        score=needs.street_score * streets.weight[line[first]] * metres * missing[first],
    )


def point_gaps(key_points: KeyPoints, points: PointCover, needs: Needs) -> GapPlaces:
    """List the key places in some grid that lack cameras."""
    lack = points.lack
    rows = np.flatnonzero((lack > 0) & (points.grid != NOWHERE))
    return GapPlaces(
        geometry=np.asarray(shapely.points(key_points.xy[rows]), dtype=object),
        kind=np.full(len(rows), KEY_PLACE, dtype="<U9"),
        grid=points.grid[rows],
        source=rows,
        length=np.zeros(len(rows)),
        maybe=(points.cameras_upper >= points.need)[rows],
        score=needs.place_score * (key_points.weight * lack)[rows],
    )


def rank_gaps(parts: list[GapPlaces]) -> GapPlaces:
    """Put lists of gaps into one, the highest score first; ties keep a fixed order.

    Parameters
    ----------
    parts : list of GapPlaces
        At least one.

    Returns
    -------
    GapPlaces
    """
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in GapPlaces.__slots__]
    every = GapPlaces(*columns)
    order = np.lexsort((every.length, every.source, every.grid, every.kind, -every.score))
    return GapPlaces(*(column[order] for column in columns))
