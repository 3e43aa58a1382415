"""Gaps: what cameras don't see, grid by grid and place by place, with the reasons.

Every figure is an interval when headings are unknown: plain names hold what is *known* to be seen, names in
``_upper`` what would be seen if every unknown heading were a full circle. The truth lies between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidGeometryError
from grid_coverage.demand import MOST_FOLDS, KeyPoints, Needs, Streets
from grid_coverage.depths import depths_by_grid
from grid_coverage.gap_places import KEY_PLACE, STREET, GapPlaces, PointCover, point_gaps, rank_gaps, street_gaps
from grid_coverage.intervals import (
    NOWHERE,
    RingTable,
    pieces_inside,
    points_inside,
    ring_table,
    segment_lines,
)
from grid_coverage.view_sheds import ViewSheds


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a gap score.

    Attributes
    ----------
    kind : str
        ``street``, ``key_place`` or ``incident``.
    amount : float
        Metres of street, key places, or incidents a year not seen.
    score : float
        Its share of the gap score.
    """

    kind: str
    amount: float
    score: float


@dataclass(frozen=True, slots=True)
class GapTable:
    """What is seen and what is missed in each grid.

    Attributes
    ----------
    street_m : (k,) float64
        Metres of street in the grid. A street along a border counts in exactly one of its grids.
    seen_m, seen_m_upper : (k, 3) float64
        Metres seen by at least 1, 2 and 3 cameras.
    places : (k,) int64
        Key places with a need.
    places_seen, places_seen_upper : (k,) int64
        Those seen by as many cameras as they need; of a period (`gaps_over_time`) the mean, in float64.
    cameras, cameras_unknown : (k,) int64
        Cameras standing in the grid, and those of them with unknown heading.
    incidents : (k,) float64
        Incidents a year, as given.
    score : (k,) float64
        Sum of `parts`; higher = the next camera helps more here. From what is known to be seen.
    score_least : (k,) float64
        The score if every unknown heading were a full circle: not above `score`.
    parts : (k, 3) float64
        Score of streets, key places and incidents; they add up to `score`.
    points : PointCover
    gaps : GapPlaces
    """

    street_m: NDArray[np.float64]
    seen_m: NDArray[np.float64]
    seen_m_upper: NDArray[np.float64]
    places: NDArray[np.int64]
    places_seen: NDArray[np.int64] | NDArray[np.float64]
    places_seen_upper: NDArray[np.int64] | NDArray[np.float64]
    cameras: NDArray[np.int64]
    cameras_unknown: NDArray[np.int64]
    incidents: NDArray[np.float64]
    score: NDArray[np.float64]
    score_least: NDArray[np.float64]
    parts: NDArray[np.float64]
    points: PointCover
    gaps: GapPlaces

    def __len__(self) -> int:
        return len(self.score)

    @property
    def unseen_m(self) -> NDArray[np.float64]:
        """Metres of street not known to be seen by any camera."""
        return self.street_m - self.seen_m[:, 0]

    @property
    def ranking(self) -> NDArray[np.int64]:
        """Rows of the grids, the highest score first; equal scores in row order."""
        return np.argsort(-self.score, kind="stable")

    def reasons(self, grid: int) -> tuple[Reason, ...]:
        """Tell why a grid has its score, the largest part first; parts of nothing are left out."""
        unseen = self.unseen_m[grid]
        share = unseen / self.street_m[grid] if self.street_m[grid] > 0 else 1.0
        amounts = (unseen, float(self.places[grid] - self.places_seen[grid]), share * self.incidents[grid])
        kinds = (STREET, KEY_PLACE, "incident")
        found = [
            Reason(kind, float(amount), float(score))
            for kind, amount, score in zip(kinds, amounts, self.parts[grid], strict=True)
            if score > 0
        ]
        return tuple(sorted(found, key=lambda reason: -reason.score))


def gaps_by_grid(
    grids: ArrayLike, sheds: ViewSheds, *, streets: Streets, key_points: KeyPoints, needs: Needs
) -> GapTable:
    """Find what is seen and what is missed in each grid.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon, metric CRS
        Grids without overlaps. Streets and key places outside all of them are left out.
    sheds : ViewSheds
        Cameras that count (those online, say: `ViewSheds.take`).
    streets : Streets
    key_points : KeyPoints
    needs : Needs

    Returns
    -------
    GapTable

    Raises
    ------
    InvalidGeometryError
        A grid is not polygonal; the error names the row.
    InvalidInputError
        `needs.incidents` has another length than `grids`.

    Examples
    --------
    >>> import shapely
    >>> from grid_coverage import KeyPoints, Needs, Streets, prepare_walls, view_sheds
    >>> sheds = view_sheds([[0, 0]], prepare_walls([]), azimuth=90, hfov=90, max_range=40)
    >>> street = Streets.of([shapely.LineString([(-50, 0), (50, 0)])])
    >>> table = gaps_by_grid(
    ...     [shapely.box(-60, -60, 60, 60)], sheds, streets=street, key_points=KeyPoints.of([[10, 0]]), needs=Needs()
    ... )
    >>> table.street_m.tolist(), table.seen_m[:, 0].round(2).tolist(), table.places_seen.tolist()
    ([100.0], [40.0], [1])
    """
    areas = grid_polygons(grids)
    grid_rings, shed_rings = ring_table(areas), ring_table(sheds.polygon)
    segments = segment_lines(streets.line)
    sums, which, share = depths_by_grid(
        segments,
        pieces_inside(segments, grid_rings),
        pieces_inside(segments, shed_rings),
        known=sheds.known,
        weight=streets.weight[segments.line],
        folds=needs.street_folds,
        count=len(areas),
    )
    points = _point_cover(key_points, grid_rings, shed_rings, sheds.known)
    gaps = rank_gaps([street_gaps(segments, which, share, streets, needs), point_gaps(key_points, points, needs)])
    lacking = key_points.weight * points.lack, key_points.weight * points.lack_upper
    return _table(sums, points, lacking, (first_polygon(sheds.xy, grid_rings), sheds.known), needs=needs, gaps=gaps)


def _table(
    sums: NDArray[np.float64],
    points: PointCover,
    lacking: tuple[NDArray[np.float64], NDArray[np.float64]],
    homes: tuple[NDArray[np.int64], NDArray[np.bool_]],
    *,
    needs: Needs,
    gaps: GapPlaces,
) -> GapTable:
    """Lay out the figures of (k,) grids from sums of street, key places and the grids that cameras stand in."""
    count = len(sums)
    street_m, seen_m = sums[:, 0], sums[:, 1 : 1 + MOST_FOLDS]
    seen_m_upper = sums[:, 1 + MOST_FOLDS : 1 + 2 * MOST_FOLDS]
    incidents = needs.incidents_of(count)
    parts, least = (
        score_parts(needs, lack, per_grid(points.grid, count, places), (street_m, seen))
        for lack, places, seen in zip(sums[:, 1 + 2 * MOST_FOLDS :].T, lacking, (seen_m, seen_m_upper), strict=True)
    )
    wanted, seen = points.need > 0, points.seen
    home, known = homes
    return GapTable(
        street_m=street_m,
        seen_m=seen_m,
        seen_m_upper=seen_m_upper,
        places=per_grid(points.grid, count, wanted).astype(np.int64),
        places_seen=per_grid(points.grid, count, wanted & (seen == "yes")).astype(np.int64),
        places_seen_upper=per_grid(points.grid, count, wanted & (seen != "no")).astype(np.int64),
        cameras=per_grid(home, count, np.ones(len(home))).astype(np.int64),
        cameras_unknown=per_grid(home, count, ~known).astype(np.int64),
        incidents=incidents,
        score=parts.sum(axis=1),
        score_least=least.sum(axis=1),
        parts=parts,
        points=points,
        gaps=gaps,
    )


def score_parts(
    needs: Needs,
    street: NDArray[np.float64],
    places: NDArray[np.float64],
    metres: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return the (k, 3) parts of gap scores.

    Parameters
    ----------
    needs : Needs
    street, places : (k,) float64
        Weighted metres of street and key places, times the cameras that they lack.
    metres : (k,) and (k, 3) float64
        Metres of street, and those seen by at least 1, 2 and 3 cameras.
    """
    street_m, seen_m = metres
    count = len(street_m)
    unseen = np.divide(street_m - seen_m[:, 0], street_m, out=np.ones(count), where=street_m > 0)
    return np.column_stack(
        [
            needs.street_score * street,
            needs.place_score * places,
            needs.incident_score * needs.incidents_of(count) * unseen,
        ]
    )


def grid_polygons(grids: ArrayLike) -> NDArray[np.object_]:
    """Return grids as an array, or name the first that is not polygonal."""
    areas = np.asarray(grids, dtype=object).ravel()
    wrong = np.flatnonzero(
        ~np.isin(shapely.get_type_id(areas), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    )
    if len(wrong):
        raise InvalidGeometryError(f"Grid {int(wrong[0])} is not a polygon.", row=int(wrong[0]))
    return areas


def per_grid(grid: NDArray[np.int64], count: int, amount: ArrayLike) -> NDArray[np.float64]:
    """Add up amounts by grid; what lies nowhere is left out."""
    held = grid != NOWHERE
    weights = np.asarray(amount, dtype=np.float64)[held]
    return np.bincount(grid[held], weights=weights, minlength=count).astype(np.float64)


def first_polygon(xy: NDArray[np.float64], rings: RingTable) -> NDArray[np.int64]:
    """Return the lowest polygon that holds each point, or `NOWHERE`."""
    grid = np.full(len(xy), NOWHERE, dtype=np.int64)
    point, polygon = points_inside(xy, rings)
    grid[point[::-1]] = polygon[::-1]
    return grid


def _point_cover(
    key_points: KeyPoints, grid_rings: RingTable, shed_rings: RingTable, known: NDArray[np.bool_]
) -> PointCover:
    """Count the cameras that see each key place."""
    point, camera = points_inside(key_points.xy, shed_rings)
    count = len(key_points.xy)
    return PointCover(
        grid=first_polygon(key_points.xy, grid_rings),
        cameras=np.bincount(point[known[camera]], minlength=count).astype(np.int64),
        cameras_upper=np.bincount(point, minlength=count).astype(np.int64),
        need=key_points.need,
    )
