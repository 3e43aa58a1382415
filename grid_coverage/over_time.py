"""Gaps on average over a period: what `gaps_by_grid` tells of a moment, with cameras that come and go."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidInputError
from grid_coverage.availability import Outages, TimeDepths, time_depths
from grid_coverage.demand import MOST_FOLDS, KeyPoints, Needs, Streets
from grid_coverage.gap_places import KEY_PLACE, GapPlaces, PointCover, rank_gaps, street_gaps
from grid_coverage.gaps import GapTable, first_polygon, grid_polygons, per_grid, score_parts
from grid_coverage.ground import GroundTable, clipped_rows, united_areas
from grid_coverage.intervals import Segments, pieces_inside, points_inside, ring_table, segment_lines
from grid_coverage.stretches import Stretches, stretches
from grid_coverage.view_sheds import ViewSheds
from grid_coverage.walls import Walls

SERVICEABLE = 0.98
"""Part of the time in which a place has to be seen to be called seen: the target for serviceable cameras."""


@dataclass(frozen=True, slots=True)
class TimeTable:
    """Coverage on average over a period.

    Attributes
    ----------
    table : GapTable
        Metres, places and scores are means over time: a place seen for half of it counts a half. Cameras of
        places are those that see it whenever they are up.
    met, met_upper : (n,) float64
        Part of the time in which each key place is seen by as many cameras as it needs.
    """

    table: GapTable
    met: NDArray[np.float64]
    met_upper: NDArray[np.float64]

    @property
    def seen(self) -> NDArray[np.str_]:
        """Return ``yes``, ``maybe`` or ``no`` for each place: seen for `SERVICEABLE` of the time."""
        return np.where(self.met >= SERVICEABLE, "yes", np.where(self.met_upper >= SERVICEABLE, "maybe", "no"))


def gaps_over_time(
    grids: ArrayLike, sheds: ViewSheds, outages: Outages, *, streets: Streets, key_points: KeyPoints, needs: Needs
) -> TimeTable:
    """Find what is seen and missed in each grid on average over a period.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon, metric CRS
        Grids without overlaps.
    sheds : ViewSheds
        Every camera that is up at some time.
    outages : Outages
        When each of them was down.
    streets : Streets
    key_points : KeyPoints
    needs : Needs

    Returns
    -------
    TimeTable
        Without outages, the figures of `gaps_by_grid`.

    Raises
    ------
    InvalidGeometryError
        A grid is not polygonal; the error names the row.
    InvalidInputError
        Outages are of another number of cameras.
    """
    if len(outages.offsets) != len(sheds) + 1:
        raise InvalidInputError(f"There are {len(sheds)} view sheds but outages of {len(outages.offsets) - 1}.")
    areas = grid_polygons(grids)
    grid_rings, shed_rings = ring_table(areas), ring_table(sheds.polygon)
    segments = segment_lines(streets.line)
    cut = stretches(segments, pieces_inside(segments, grid_rings), pieces_inside(segments, shed_rings))
    folds = np.full(len(cut), needs.street_folds, dtype=np.int64)
    depth = time_depths(cut.offsets, cut.shed, known=sheds.known, need=folds, outages=outages)
    point, camera = points_inside(key_points.xy, shed_rings)
    order = np.argsort(point, kind="stable")
    offsets = np.searchsorted(point[order], np.arange(len(key_points.xy) + 1))
    at = time_depths(offsets, camera[order], known=sheds.known, need=key_points.need, outages=outages)
    count = np.diff(offsets)
    sure = np.bincount(point[sheds.known[camera]], minlength=len(count)).astype(np.int64)
    points = PointCover(first_polygon(key_points.xy, grid_rings), sure, count.astype(np.int64), key_points.need)
    home = first_polygon(sheds.xy, grid_rings)
    street = (segments, cut, depth, streets)
    return TimeTable(
        _table(len(areas), street, (key_points, points, at), home, sheds.known, needs), at.met, at.met_upper
    )


def _table(
    count: int,
    street: tuple[Segments, Stretches, TimeDepths, Streets],
    place: tuple[KeyPoints, PointCover, TimeDepths],
    home: NDArray[np.int64],
    known: NDArray[np.bool_],
    needs: Needs,
) -> GapTable:
    """Add up means by grid."""
    segments, cut, depth, streets = street
    key_points, points, at = place
    metres = (cut.high - cut.low) * segments.length[cut.segment]
    street_m = per_grid(cut.grid, count, metres)

    def depths(share: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([per_grid(cut.grid, count, metres * share[:, fold]) for fold in range(MOST_FOLDS)])

    seen_m, seen_m_upper = depths(depth.share), depths(depth.share_upper)
    weighted = metres * streets.weight[segments.line[cut.segment]]
    parts, least = (
        score_parts(
            needs,
            per_grid(cut.grid, count, weighted * street_lack),
            per_grid(points.grid, count, key_points.weight * place_lack),
            (street_m, seen),
        )
        for street_lack, place_lack, seen in (
            (depth.lack, at.lack, seen_m), (depth.lack_upper, at.lack_upper, seen_m_upper),
        )
    )  # fmt: skip
    wanted = points.need > 0
    lists = [_street_gaps(segments, cut, depth, streets, needs), _place_gaps(key_points, points, at, needs)]
    return GapTable(
        street_m=street_m,
        seen_m=seen_m,
        seen_m_upper=seen_m_upper,
        places=per_grid(points.grid, count, wanted).astype(np.int64),
        places_seen=per_grid(points.grid, count, wanted * at.met),
        places_seen_upper=per_grid(points.grid, count, wanted * at.met_upper),
        cameras=per_grid(home, count, np.ones(len(home))).astype(np.int64),
        cameras_unknown=per_grid(home, count, ~known).astype(np.int64),
        incidents=needs.incidents_of(count),
        score=parts.sum(axis=1),
        score_least=least.sum(axis=1),
        parts=parts,
        points=points,
        gaps=rank_gaps(lists),
    )


def _street_gaps(segments: Segments, cut: Stretches, depth: TimeDepths, streets: Streets, needs: Needs) -> GapPlaces:
    """List the stretches that lack cameras for some of the time; the score counts how much."""
    rows = np.flatnonzero(depth.lack > 1e-9)
    maybe = (depth.lack_upper[rows] <= 1e-9).astype(np.int64)
    which = np.column_stack([cut.segment[rows], cut.grid[rows], maybe])
    share = np.column_stack([cut.low[rows], cut.high[rows]])
    return street_gaps(segments, which, share, streets, needs, lack=depth.lack[rows])


def _place_gaps(key_points: KeyPoints, points: PointCover, at: TimeDepths, needs: Needs) -> GapPlaces:
    """List the key places in some grid that lack cameras for some of the time."""
    rows = np.flatnonzero((at.lack > 1e-9) & (points.grid >= 0))
    return GapPlaces(
        geometry=np.asarray(shapely.points(key_points.xy[rows]), dtype=object),
        kind=np.full(len(rows), KEY_PLACE, dtype="<U9"),
        grid=points.grid[rows],
        source=rows,
        length=np.zeros(len(rows)),
        maybe=at.lack_upper[rows] <= 1e-9,
        score=needs.place_score * (key_points.weight * at.lack)[rows],
    )


def ground_over_time(grids: ArrayLike, sheds: ViewSheds, outages: Outages, walls: Walls) -> GroundTable:
    """Measure open ground and what of it is seen on average over a period.

    Between two changes of the cameras that reach into a grid nothing changes there, so each of its states is
    united once and weighed by how long it lasts.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon, metric CRS
    sheds : ViewSheds
    outages : Outages
        When each camera was down.
    walls : Walls
        The buildings that the sheds were made with.

    Returns
    -------
    GroundTable
    """
    areas = grid_polygons(grids)
    inside, solid, _ = clipped_rows(areas, walls.solid)
    open_m2 = shapely.area(areas) - np.bincount(inside, weights=shapely.area(solid), minlength=len(areas))
    owner, pieces, camera = clipped_rows(areas, sheds.polygon)
    steady = np.diff(outages.offsets) == 0
    changing = np.unique(owner[~steady[camera]])
    means = []
    for kept in (sheds.known[camera], np.ones(len(owner), dtype=bool)):
        seen = united_areas(owner[kept], pieces[kept], len(areas))
        for grid in changing:
            rows = np.flatnonzero((owner == grid) & kept)
            seen[grid] = _mean_area(pieces[rows], camera[rows], outages)
        means.append(seen)
    return GroundTable(open_m2, means[0], means[1])


def _mean_area(pieces: NDArray[np.object_], camera: NDArray[np.int64], outages: Outages) -> float:
    """Mean area of the union of the pieces whose cameras are up."""
    own = outages.take(camera)
    cuts = np.unique(np.concatenate([[0.0, 1.0], own.start, own.end]))
    piece = np.repeat(np.arange(len(camera)), np.diff(own.offsets))
    area: dict[bytes, float] = {}
    mean = 0.0
    for low, high in itertools.pairwise(cuts):
        up = np.ones(len(camera), dtype=bool)
        up[piece[(own.start <= low) & (own.end >= high)]] = False
        key = up.tobytes()
        if key not in area:
            area[key] = float(shapely.union_all(pieces[up]).area)
        mean += (high - low) * area[key]
    return mean
