"""Where cameras of a proposal could hang, what they would see there, and what is left to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.errors import InvalidInputError, NotFoundError
from grid_coverage import (
    Demand,
    Streets,
    ViewSheds,
    candidate_views,
    covered_points,
    street_points,
    view_sheds,
)
from grid_coverage.candidates import Private
from grid_coverage.density import useful_range
from grid_coverage.siting import Lens, clear_of, junctions, thin_out, wall_places
from services.coverage_scene import STREET_WEIGHTS, Cast, Scene, metric
from services.coverage_spec import CEILING
from services.placement_spec import PROHIBITED_M, PlacementSpec
from services.private_ground import near_of, private_ground
from store.database import coverage as coverage_sql
from store.database import coverage_areas as area_sql
from store.database import placements as sql
from store.database.work import UnitOfWork

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
STREET_SCORE: Final = 0.01  # of a metre of street, as in gap scores
PLACE_SCORE: Final = 1.0  # of a key place
STEP_M: Final = 10.0  # metres of street that one piece of demand stands for
WALL_STEP_M: Final = 25.0  # metres of wall for each place that is tried on it
LEAST_STEP_M: Final = 2.0  # the same round named key places, at least


@dataclass(slots=True)
class Site:
    """Candidates and demand of one proposal, metric."""

    xy: Floats
    azimuth: Floats
    place: Ints
    mount: npt.NDArray[np.str_]
    sheds: ViewSheds
    lens: Lens
    points: Floats
    demand: Demand
    town: Ints
    private: Private
    allowed: npt.NDArray[np.bool_]
    refused: dict[str, int]


def find_site(work: UnitOfWork, scene: Scene, view: Cast, spec: PlacementSpec) -> Site:
    """Collect places, views and demand."""
    srid = scene.territory.metric_srid
    reach = float(
        useful_range(
            spec.camera.max_range, spec.camera.sensor_px, spec.camera.hfov, level=spec.coverage.density or CEILING
        )[0]
    )
    spots, mount = _spots(work, scene, view, spec, reach)
    near = near_of(spec.camera.sensor_px, spec.camera.hfov, reach)
    lens = Lens(spec.camera.hfov, reach)
    xy, azimuth, spot = candidate_views(spots, headings=1 if spec.camera.hfov >= 360 else spec.headings)
    sheds = view_sheds(xy, view.walls, azimuth=azimuth, hfov=lens.hfov, max_range=lens.max_range)
    ground = private_ground(work, scene.territory)
    private = Private(ground.shapes, ground.homes, float(near[0]))
    looks_in = ~private.allows(sheds)
    barred = sql.read_prohibited(work.session, scene.territory.id, spec.kept_away)["geom"]
    barred = np.asarray(to_metric(barred, srid), dtype=object) if len(barred) else barred
    prohibited = ~clear_of(xy, barred, distance=PROHIBITED_M)
    blind = shapely.is_empty(sheds.polygon)
    points, demand = find_demand(work, scene, view, spec)
    home = rows_of(scene.shapes, xy)
    return Site(
        xy, azimuth, spot, mount[spot], sheds, lens, points, demand, _towns(work, scene, spec, home), private,
        ~(looks_in | prohibited | blind),
        {"privacy": int(looks_in.sum()), "prohibited": int(prohibited.sum()), "blind": int(blind.sum())},
    )  # fmt: skip


def _grids_within(work: UnitOfWork, scene: Scene, spec: PlacementSpec) -> npt.NDArray[np.bool_]:
    """Tell which grids are in the area that is asked for."""
    if spec.within is None:
        return np.ones(len(scene.shapes), dtype=bool)
    below = _below(work, scene, UUID(spec.within))
    kept = np.array([area in below for area in scene.grids["area_id"]], dtype=bool)
    if not kept.any():
        raise InvalidInputError("There is no grid of this plan in that area.", field="within", area=spec.within)
    return kept


def _below(work: UnitOfWork, scene: Scene, area: UUID) -> set[UUID]:
    """Return an area and all below it.

    Raises
    ------
    NotFoundError
        There is no such area.
    """
    found: set[UUID] = set()
    for row in area_sql.area_tree(work.session, scene.territory.id):
        if row.id == area or row.parent_id in found:
            found.add(row.id)
    if not found:
        raise NotFoundError("There is no such area.", area=str(area))
    return found


def street_lines(work: UnitOfWork, scene: Scene, spec: PlacementSpec) -> npt.NDArray[np.object_]:
    """Return the streets that cameras hang along; where key places are named, the scene is without them."""
    if not spec.named:
        return scene.lines
    streets = coverage_sql.read_streets(work.session, scene.territory.id, sorted(STREET_WEIGHTS))
    return metric(streets["geom"], scene.territory.metric_srid)


def _spots(
    work: UnitOfWork, scene: Scene, view: Cast, spec: PlacementSpec, reach: float
) -> tuple[Floats, npt.NDArray[np.str_]]:
    """Collect poles, junctions and walls inside the grids, the cheaper to use first, and thin them out.

    Detail of named key places reaches a few metres only: then walls are tried at steps of that, and other spots not.
    """
    kept, lines = _grids_within(work, scene, spec), street_lines(work, scene, spec)
    found: list[tuple[str, Floats]] = []
    if "pole" in spec.places:
        poles = sql.read_poles(work.session, scene.territory.id)["point"]
        metric = to_metric(poles, scene.territory.metric_srid) if len(poles) else poles
        found.append(("pole", shapely.get_coordinates(metric)))
    if "junction" in spec.places and len(lines):
        found.append(("junction", junctions(lines)))
    if "wall" in spec.places:
        step = float(np.clip(reach, LEAST_STEP_M, WALL_STEP_M)) if spec.named else WALL_STEP_M
        found.append(("wall", wall_places(view.walls, lines, spacing=step)))
    xy = np.concatenate([np.empty((0, 2)), *(spots for _, spots in found)])
    mount = np.repeat([kind for kind, _ in found], [len(spots) for _, spots in found]).astype(str)
    home = rows_of(scene.shapes, xy)
    useful = (home >= 0) & kept[home]
    if spec.named:
        places = np.asarray(shapely.points(view.points.reshape(-1, 2)), dtype=object)
        useful &= ~clear_of(xy, places, distance=reach)
    inside = np.flatnonzero(useful)
    rows = inside[thin_out(xy[inside], spec.most_places)] if len(inside) else inside
    return xy[rows], mount[rows]


def rows_of(shapes: npt.NDArray[np.object_], xy: Floats) -> Ints:
    """Return the row of the polygon that holds each point; -1 outside all."""
    home = np.full(len(xy), -1, dtype=np.int64)
    if len(xy):
        point, holder = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
        order = np.lexsort((-holder, point))
        home[point[order]] = holder[order]
    return home


def find_demand(work: UnitOfWork, scene: Scene, view: Cast, spec: PlacementSpec) -> tuple[Floats, Demand]:
    """Turn streets and key places of the grids into pieces of demand; cameras that are up are taken off.

    Returns
    -------
    (d, 2) float64
        Where each piece is, metric CRS.
    Demand
    """
    kept = _grids_within(work, scene, spec)
    weights = np.array([STREET_WEIGHTS[str(kind)] for kind in scene.streets["kind"]])
    streets = Streets.of(scene.lines, weights if len(weights) else 1.0)
    xy, metres = street_points(streets, step=STEP_M)
    places = np.asarray(scene.places["weight"], dtype=np.float64) if len(view.points) else np.empty(0)
    points = np.concatenate([xy, view.points.reshape(-1, 2)])
    weight = np.concatenate([STREET_SCORE * metres, PLACE_SCORE * places])
    home = rows_of(scene.shapes, points)
    inside = np.flatnonzero((home >= 0) & kept[home])
    points, weight = points[inside], weight[inside]
    already = np.zeros(len(points), dtype=np.int64)
    if spec.count_existing:
        up = np.flatnonzero(scene.times.share("online") > 0)
        seen = covered_points(view.sheds.take(up), points).indices
        already = np.bincount(seen, minlength=len(points)).astype(np.int64)
    return points, Demand.of(weight, need=spec.k, already=already)


def _towns(work: UnitOfWork, scene: Scene, spec: PlacementSpec, home: Ints) -> Ints:
    """Return the number of the area with a minimum that each candidate stands in, from 1; 0 for the rest."""
    town_of_area: dict[UUID, int] = {}
    for number, minimum in enumerate(spec.minima, start=1):
        for area in _below(work, scene, UUID(minimum.area)):
            if area in town_of_area:
                raise InvalidInputError("Areas with minima lie in one another.", field="minima", area=minimum.area)
            town_of_area[area] = number
    of_grid = np.array([town_of_area.get(area, 0) for area in scene.grids["area_id"]], dtype=np.int64)
    return np.where(home >= 0, of_grid[home], 0)
