"""Where a new feature belongs, and the coverage figures that follow what came or went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_lonlat, to_metric
from gis.errors import InvalidGeometryError
from gis.validity import accept
from store.database import feature_edits as sql
from store.database import live_coverage as live_sql
from store.database.models import Territory
from store.database.work import UnitOfWork


def territory_of(work: UnitOfWork, shape: shapely.Geometry, wanted: UUID | None = None) -> Territory:
    """Return the territory that a shape lies in.

    Raises
    ------
    InvalidGeometryError
        It lies in none, or not in the one that is wanted.
    """
    found = sql.territory_at(work.session, shape)
    if found is None or (wanted is not None and found.id != wanted):
        place = shapely.point_on_surface(shape)
        raise InvalidGeometryError(
            "The feature lies outside of every territory."
            if wanted is None
            else "The feature lies outside of the territory.",
            field="geometry",
            place=(place.x, place.y),
        )
    return found


def on_grid(point: shapely.Point, territory: Territory) -> shapely.Point:
    """Bring a point in EPSG:4326 onto the territory's grid of centimetres."""
    metric = accept(np.array([to_metric(point, territory.metric_srid)]), kinds=("Point",))[0]
    snapped: shapely.Point = to_lonlat(metric, territory.metric_srid)
    return snapped


def follow_place(work: UnitOfWork, territory: Territory, points: list[shapely.Point], *, now: datetime) -> None:
    """Let coverage follow a key place that came, moved or went: `points` is where it was and is, EPSG:4326."""
    from services.live_buildings import follow_building  # noqa: PLC0415 - brings in compiled kernels

    for point in points:
        # half a metre round it: enough for the engine to look from where it can be seen, if it lies in a building
        around = shapely.buffer(to_metric(point, territory.metric_srid), 0.5)
        with work.everywhere():
            follow_building(work, territory.id, to_lonlat(around, territory.metric_srid), now=now)


def follow_removal(
    work: UnitOfWork,
    territory: Territory,
    camera: UUID,
    sheds: Mapping[UUID, tuple[str, str]],
    place: shapely.Point,
    *,
    now: datetime,
) -> None:
    """Let coverage follow a camera that was taken away.

    Parameters
    ----------
    work : UnitOfWork
        In which it is gone already.
    territory : Territory
    camera : UUID
    sheds : mapping of UUID to (str, str)
        Flags and ground (EWKB in hexadecimal digits) of what it saw; empty where it saw nothing.
    place : Point
        Where it stood, EPSG:4326.
    now : datetime
    """
    from services.live_coverage import (  # noqa: PLC0415 - brings in compiled kernels
        followed_runs,
        leave_to_job,
        neighbourhoods,
        remeasure,
    )
    from services.live_flags import follow_flags  # noqa: PLC0415 - brings in compiled kernels
    from services.live_scene import flags_of  # noqa: PLC0415 - brings in compiled kernels

    with work.everywhere():
        if not live_sql.followed_plans(work.session, territory.id):
            return
        ground = [*(shape for _, shape in sheds.values()), *live_sql.hex_shapes([place])]
        if not live_sql.try_hold(work.session, territory.id):
            whole = shapely.union_all(shapely.from_wkb(ground))
            leave_to_job(work, {"territory": str(territory.id), "footprint": shapely.to_wkb(whole, hex=True)})
            return
        flags = {each: flags_of(text) for each, (text, _) in sheds.items()}
        for run in followed_runs(work, territory.id)[0]:
            follow_flags(run, [camera], flags, {})
            for grids in neighbourhoods(work, run, ground, []):
                remeasure(work, territory, run, grids)
            live_sql.renew_summary(work.session, run, territory.id, now=now)
