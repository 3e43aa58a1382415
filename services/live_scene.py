"""What decides figures round some grids, read from the database: sheds as stored, places where they were looked for."""

from __future__ import annotations

from dataclasses import fields
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import transform
from grid_coverage import ShedFlag, ViewSheds, Walls, prepare_walls
from services.coverage_scene import STREET_WEIGHTS, Cast, Scene, camera_times, metric
from services.coverage_spec import CoverageSpec
from store.database import live_coverage as sql
from store.database.bulk import Columns
from store.database.models import CoverageRun, Territory
from store.database.work import UnitOfWork
from store.types import STORAGE_SRID

SAME_PLACE: Final = 1e-4  # metres
_SPEC_FIELDS = {each.name for each in fields(CoverageSpec)}
Floats = npt.NDArray[np.float64]


def spec_of(run: CoverageRun) -> CoverageSpec:
    """Return what a run was asked; what older versions asked otherwise is read as they meant it."""
    told = dict(run.spec)
    for old, name in (("street_folds", "k"), ("count", "status")):
        if old in told:
            told.setdefault(name, told.pop(old))
    given = {name: value for name, value in told.items() if name in _SPEC_FIELDS}
    return CoverageSpec(**{**given, "named": tuple(given.get("named", ()))})


def read_around(
    work: UnitOfWork,
    territory: Territory,
    run: CoverageRun,
    box: sql.Box,
    *,
    wanted: set[UUID] | None = None,
    ground: bool = False,
) -> tuple[Scene, Cast, Floats]:
    """Read what decides the figures of the grids in a box, view sheds as they are stored.

    Parameters
    ----------
    work : UnitOfWork
    territory : Territory
    run : CoverageRun
    box : tuple of float
        West, south, east, north in EPSG:4326.
    wanted : set of UUID, optional
        Only these grids, and others that one of their cameras stands in as well.
    ground : bool
        Whether open ground is to be measured too.

    Returns
    -------
    Scene
    Cast
    (k,) float64
        Open ground of each grid as the run has it, m².
    """
    session, srid = work.session, territory.metric_srid
    grids = sql.read_grids(session, run, box)
    cameras = sql.read_cameras(session, territory.id, box)
    streets = sql.read_streets(session, territory.id, sorted(STREET_WEIGHTS), box)
    places = sql.read_places(session, run, territory.id, box)
    footprints = (
        metric(sql.read_footprints(session, territory.id, box)["geom"], srid) if ground else np.array([], dtype=object)
    )
    eyes = shapely.get_coordinates(metric(cameras["point"], srid))
    grids, shapes = _wanted(grids, metric(grids["geom"], srid), wanted, eyes)
    points = _fronts(places, srid)
    scene = Scene(
        territory, grids, shapes, footprints, cameras, eyes, streets,
        metric(streets["geom"], srid), places, points, np.asarray(grids["incidents"], dtype=np.float64),
        camera_times(work, cameras, None), None,
    )  # fmt: skip
    walls = prepare_walls(footprints)
    sheds = _stored_sheds(cameras, eyes)
    view = Cast(sheds, points, walls, np.zeros(len(sheds), dtype=bool))
    return scene, view, np.asarray(grids["open_m2"], dtype=np.float64)


def _wanted(
    grids: Columns, shapes: npt.NDArray[np.object_], wanted: set[UUID] | None, eyes: Floats
) -> tuple[Columns, npt.NDArray[np.object_]]:
    """Leave out grids nobody asked for, but those on whose border a camera stands: it counts in the lower code."""
    if wanted is None:
        return grids, shapes
    kept = np.array([grid in wanted for grid in grids["id"]], dtype=bool)
    if len(eyes):
        camera, grid = shapely.STRtree(shapes).query(shapely.points(eyes), predicate="intersects")
        kept[grid[np.bincount(camera, minlength=len(eyes))[camera] > 1]] = True
    return {name: column[kept] for name, column in grids.items()}, shapes[kept]


def _fronts(places: Columns, srid: int) -> Floats:
    """Return where key places were looked for: before a building, between the centimetres, else where they are."""
    own = shapely.get_coordinates(metric(places["point"], srid))
    if not len(own):
        return own
    front = shapely.get_coordinates(transform(places["front"], STORAGE_SRID, srid))
    # the way through degrees costs the last digits, and a place on a border would change sides
    return np.where(np.hypot(*(front - own).T)[:, None] < SAME_PLACE, own, front)


def _stored_sheds(cameras: Columns, eyes: Floats) -> ViewSheds:
    """Turn stored view sheds into the engine's; a camera without one sees nothing."""
    count = len(cameras["id"])
    polygon = np.full(count, shapely.Polygon(), dtype=object)
    seeing = np.flatnonzero([shed is not None for shed in cameras["shed"]])
    polygon[seeing] = cameras["shed"][seeing]
    known = np.array([assumed is not None and not assumed for assumed in cameras["assumed"]], dtype=bool)
    flag = np.array([flags_of(text) for text in cameras["flag"]], dtype=np.int64)
    area = np.array([size or 0.0 for size in cameras["area_m2"]], dtype=np.float64)
    return ViewSheds(polygon, area, known, flag, eyes, np.zeros(count))


def flags_of(text: str | None) -> int:
    """Read the flags of a stored shed; a camera without one sees nothing."""
    if text is None:
        return int(ShedFlag.HIDDEN)
    return sum(int(ShedFlag[name.upper()]) for name in text.split(",") if name)


def walls_around(work: UnitOfWork, territory: Territory, box: tuple[float, float, float, float]) -> Walls:
    """Prepare the walls of the footprints that meet a metric box."""
    around = transform(shapely.box(*box), territory.metric_srid, STORAGE_SRID).bounds
    footprints = sql.read_footprints(work.session, territory.id, around)
    return prepare_walls(metric(footprints["geom"], territory.metric_srid))
