"""Coverage that follows a building: cameras near it see further or less far, key places in it have another front."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_lonlat, to_metric, transform
from grid_coverage.snap import SNAP_REACH, snap_out
from services.coverage_scene import PLACE_DEPTH, metric
from services.live_coverage import MARGIN, cast_again, followed_runs, leave_to_job, neighbourhoods, remeasure
from services.live_scene import walls_around
from store.database import buildings as sql
from store.database import live_coverage as live_sql
from store.database.models import CoverageRun, Territory
from store.database.work import UnitOfWork
from store.types import STORAGE_SRID


def follow_building(work: UnitOfWork, territory_id: UUID, footprint: shapely.Geometry, *, now: datetime) -> bool:
    """Let the figures of the plans in use follow a building that came or went.

    Parameters
    ----------
    work : UnitOfWork
        In which the building was added or removed.
    territory_id : UUID
    footprint : Polygon or MultiPolygon, EPSG:4326
    now : datetime

    Returns
    -------
    bool
        False when a job was queued to do it.
    """
    if not live_sql.followed_plans(work.session, territory_id):
        return True
    if not live_sql.try_hold(work.session, territory_id):
        leave_to_job(work, {"territory": str(territory_id), "footprint": shapely.to_wkb(footprint, hex=True)})
        return False
    return measure_building(work, territory_id, footprint, now=now)


def measure_building(work: UnitOfWork, territory_id: UUID, footprint: shapely.Geometry, *, now: datetime) -> bool:
    """Cast and measure again what a building touches; who calls it has the turn.

    Returns
    -------
    bool
        False when the figures of a plan are of an older version: a job measures all of it anew.
    """
    session = work.session
    territory = session.get_one(Territory, territory_id)
    live, complete = followed_runs(work, territory_id)
    if not live:
        return complete
    cameras = _cameras_near(work, territory, footprint)
    shapes = live_sql.hex_shapes([footprint])
    if cameras:
        shapes += cast_again(work, territory, live, cameras)
    for run in live:
        moved = _move_fronts(work, territory, run, footprint)
        for grids in neighbourhoods(work, run, [*shapes, *moved], cameras):
            remeasure(work, territory, run, grids, ground=True)
        if moved:
            sql.drop_outside(session, run.id)
        live_sql.renew_summary(session, run, territory_id, now=now)
    return complete


def _cameras_near(work: UnitOfWork, territory: Territory, footprint: shapely.Geometry) -> list[UUID]:
    """Return the cameras whose view a building may cut, or that may be snapped out of it."""
    shape = to_metric(footprint, territory.metric_srid)
    reach = sql.longest_range(work.session, territory.id) + SNAP_REACH + MARGIN
    found = sql.cameras_in(work.session, territory.id, _lonlat_box(shape, reach, territory.metric_srid))
    if not len(found["id"]):
        return []
    distance = shapely.distance(metric(found["point"], territory.metric_srid), shape)
    near = distance <= np.asarray(found["max_range"], dtype=np.float64) + SNAP_REACH + MARGIN
    return list(found["id"][near])


def _move_fronts(work: UnitOfWork, territory: Territory, run: CoverageRun, footprint: shapely.Geometry) -> list[str]:
    """Look for the key places in the block of a building anew; return where they were and are."""
    srid = territory.metric_srid
    shape = to_metric(footprint, srid)
    walls = walls_around(work, territory, _grown(shape, 2 * PLACE_DEPTH))
    block = shapely.union_all([shape, *walls.solid[walls.tree.query(shape, predicate="intersects")]])
    places = sql.places_in(work.session, territory.id, run.id, _lonlat_box(block, MARGIN, srid))
    own = metric(places["point"], srid)
    inside = np.flatnonzero(shapely.intersects(own, block)) if len(own) else np.array([], dtype=np.int64)
    if not len(inside):
        return []
    xy = shapely.get_coordinates(own[inside])
    front = snap_out(xy, walls, azimuth=np.full(len(xy), np.nan), within=PLACE_DEPTH)[0]
    new = to_lonlat(shapely.points(front), srid)
    texts = live_sql.hex_shapes(new)
    sql.set_fronts(work.session, run.id, list(places["id"][inside]), texts)
    before = [place for place in places["front"][inside] if place is not None]
    return [*texts, *(live_sql.hex_shapes(before) if before else [])]


def _lonlat_box(shape: shapely.Geometry, by: float, srid: int) -> tuple[float, float, float, float]:
    box: tuple[float, float, float, float] = transform(shapely.box(*_grown(shape, by)), srid, STORAGE_SRID).bounds
    return box


def _grown(shape: shapely.Geometry, by: float) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.bounds(shape)
    return float(west - by), float(south - by), float(east + by), float(north + by)
