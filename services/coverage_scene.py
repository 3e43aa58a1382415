"""What coverage is computed from: read in sets, in metres, for a whole plan or for some of its grids."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.crs import meridian_convergence, to_metric
from gis.errors import InvalidInputError
from grid_coverage import Outages, ViewSheds, Walls, prepare_walls, view_sheds
from grid_coverage.density import useful_range
from grid_coverage.snap import snap_out
from services.coverage_spec import CEILING, CoverageSpec, Period
from store.database import coverage as sql
from store.database import coverage_history as history
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

ENGINE = 4  # raise when equal inputs give another answer than before
PLACE_DEPTH = 500.0  # metres from the middle of the largest station or hall to its front

# metres of these classes ought to be seen; a metre of a main street counts more than one of a side street
STREET_WEIGHTS = {
    "primary": 1.5, "secondary": 1.5, "tertiary": 1.2, "unclassified": 1.0, "residential": 1.0, "living_street": 1.0,
    "pedestrian": 1.5, "primary_link": 1.0, "secondary_link": 1.0, "tertiary_link": 1.0, "road": 1.0, "trunk": 1.0,
}  # fmt: skip

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class CameraTimes:
    """Which cameras are fit by each status, at a moment or over a period.

    Attributes
    ----------
    down : dict of str to Outages
        By status (``networked``, ``online``, ``serviceable``): when each camera of the scene was not.
    """

    down: dict[str, Outages]

    def share(self, status: str) -> Floats:
        """Part of the time in which each camera counts by a status."""
        if status == "all":
            return np.ones(len(self.down["online"].offsets) - 1)
        return self.down[status].availability


@dataclass(slots=True)
class Scene:
    """Ground, cameras and demand of a plan, or of some of its grids.

    Shapes ending in ``s`` are shapely arrays in the territory's metric CRS; columns are in EPSG:4326.
    """

    territory: Territory
    grids: Columns
    shapes: npt.NDArray[np.object_]
    footprints: npt.NDArray[np.object_]
    cameras: Columns
    eyes: Floats
    streets: Columns
    lines: npt.NDArray[np.object_]
    places: Columns
    points: Floats
    incidents: Floats
    times: CameraTimes
    period: Period | None


@dataclass(slots=True)
class Cast:
    """View sheds of a scene's cameras.

    Attributes
    ----------
    sheds : ViewSheds
        Of all cameras, in the order of the scene.
    points : (n, 2) float64
        Key places, those in a building moved to the open before it.
    walls : Walls
    unknown_sensor : (c,) bool
        Cameras that a level is asked of whose sensor is unknown: they count in upper bounds only.
    """

    sheds: ViewSheds
    points: Floats
    walls: Walls
    unknown_sensor: Bools


def read_scene(work: UnitOfWork, plan: Plan, spec: CoverageSpec | None = None, *, now: datetime | None = None) -> Scene:
    """Read everything that decides the coverage of a plan.

    Raises
    ------
    InvalidInputError
        The plan has no grids, the day or month can't be meant, or a named key place is not there.
    """
    asked = spec or CoverageSpec()
    period = asked.period(now or datetime.now(UTC))
    territory = work.session.get_one(Territory, plan.territory_id)
    srid = territory.metric_srid
    grids = plan_sql.grid_shapes(work.session, plan.id)
    if not len(grids["id"]):
        raise InvalidInputError("The plan has no grids.", plan=str(plan.id))
    footprints = sql.read_footprints(work.session, territory.id)
    cameras = sql.read_cameras(work.session, territory.id)
    streets = sql.read_streets(work.session, territory.id, [] if asked.named else sorted(STREET_WEIGHTS))
    places = _named(sql.read_key_places(work.session, territory.id), asked)
    by_grid = sql.incidents_of_year(work.session, plan.id, until=period.ends_at if period else None)
    return Scene(
        territory,
        grids,
        metric(grids["geom"], srid),
        metric(footprints["geom"], srid),
        cameras,
        shapely.get_coordinates(metric(cameras["point"], srid)),
        streets,
        metric(streets["geom"], srid),
        places,
        shapely.get_coordinates(metric(places["point"], srid)),
        np.array([by_grid.get(grid, 0) for grid in grids["id"]], dtype=np.float64),
        camera_times(work, cameras, period),
        period,
    )


def _named(places: Columns, spec: CoverageSpec) -> Columns:
    """Keep the named key places only, when some are named."""
    if not spec.named:
        return places
    ids = [str(each) for each in places["id"]]
    missing = sorted(set(spec.named) - set(ids))
    if missing:
        raise InvalidInputError("A named key place is not in this territory.", field="named", place=missing[0])
    kept = np.flatnonzero(np.isin(ids, spec.named))
    return {name: column[kept] for name, column in places.items()}


def metric(geometries: npt.NDArray[Any], srid: int) -> npt.NDArray[np.object_]:
    """Bring stored shapes into metres; no shapes stay none."""
    if not len(geometries):
        return np.array([], dtype=object)
    return np.asarray(to_metric(geometries, srid), dtype=object)


def camera_times(work: UnitOfWork, cameras: Columns, period: Period | None) -> CameraTimes:
    """Tell when each camera was down, from its history, or from its flags for how things stand now.

    Time that no noted period covers counts as online: a camera enters the register in working order. One that has
    no history at all is taken to be as it is now.
    """
    count = len(cameras["id"])
    networked, online, sound = (np.asarray(cameras[name], dtype=bool) for name in ("networked", "online", "sound"))
    if period is None:
        flags = {"networked": networked, "online": networked & online, "serviceable": networked & online & sound}
        return CameraTimes({name: _all_time(~up) for name, up in flags.items()})
    row_of = {camera: row for row, camera in enumerate(cameras["id"])}
    noted = history.read_periods(work.session, list(row_of), period.begins_at, period.ends_at)
    with_history = np.zeros(count, dtype=bool)
    with_history[[row_of[each] for each in history.cameras_noted(work.session, list(row_of))]] = True
    rows = np.array([row_of[each] for each in noted["camera_id"]], dtype=np.int64)
    length = (period.ends_at - period.begins_at).total_seconds()
    span = _shares(noted, period, length)
    flags = {
        "networked": networked[rows],
        "online": np.asarray(noted["online"], dtype=bool),
        "serviceable": sound[rows],
    }
    for name in flags:
        told = [value if value is not None else own for value, own in zip(noted[name], flags[name], strict=True)]
        flags[name] = np.asarray(told, dtype=bool)
    up = {
        "networked": flags["networked"],
        "online": flags["networked"] & np.asarray(noted["online"], dtype=bool),
    }
    up["serviceable"] = up["online"] & flags["serviceable"]
    # outside the noted periods: as the flags say, but online where there is a history
    rest = {
        "networked": networked,
        "online": networked & (online | with_history),
        "serviceable": networked & (online | with_history) & sound,
    }
    return CameraTimes({name: _outages(count, rows, span, up[name], rest[name]) for name in up})


def _all_time(down: Bools) -> Outages:
    """Outages of cameras that were down all the time or never."""
    rows = np.flatnonzero(down)
    return Outages.of(rows, np.zeros(len(rows)), np.ones(len(rows)), count=len(down))


def _shares(noted: Columns, period: Period, length: float) -> tuple[Floats, Floats]:
    """Return where noted periods begin and end as shares of the period; of a moment, all of it."""
    if period.is_moment:
        return np.zeros(len(noted["low"])), np.ones(len(noted["low"]))
    low = [0.0 if at is None else (at - period.begins_at).total_seconds() / length for at in noted["low"]]
    high = [1.0 if at is None else (at - period.begins_at).total_seconds() / length for at in noted["high"]]
    return np.clip(np.array(low), 0.0, 1.0), np.clip(np.array(high), 0.0, 1.0)


def _outages(count: int, rows: npt.NDArray[np.int64], span: tuple[Floats, Floats], up: Bools, rest: Bools) -> Outages:
    """Put noted periods that were down beside the time that nobody noted."""
    low, high = span
    noted = Outages.of(rows, low, high, count=count)
    camera = np.repeat(np.arange(count), np.diff(noted.offsets))
    # the unnoted time of a camera lies between its noted stretches
    start = np.concatenate([np.zeros(count), noted.end])
    who = np.concatenate([np.arange(count), camera])
    order = np.lexsort((start, who))
    first = np.concatenate([noted.start, np.ones(count)])
    before = np.concatenate([camera, np.arange(count)])
    end = first[np.lexsort((first, before))]
    silent = ~rest[who[order]] & (end > start[order])
    return Outages.of(
        np.concatenate([rows[~up], who[order][silent]]),
        np.concatenate([low[~up], start[order][silent]]),
        np.concatenate([high[~up], end[silent]]),
        count=count,
    )


def digest(spec: CoverageSpec, scene: Scene) -> str:
    """Return what tells equal inputs from others."""
    camera = scene.cameras
    facts = [
        [str(value) for value in camera[name]]
        for name in ("id", "azimuth", "hfov", "max_range", "ptz", "dome", "sensor_px")
    ]
    ends = [scene.period.begins_at, scene.period.ends_at] if scene.period is not None else None
    parts = hashlib.sha256(orjson.dumps([ENGINE, asdict(spec), ends, facts]))
    for geometries in (scene.shapes, scene.footprints, scene.lines):
        for data in shapely.to_wkb(geometries):
            parts.update(data)
    for numbers in (scene.eyes, scene.points, scene.incidents):
        parts.update(np.ascontiguousarray(numbers).tobytes())
    for outages in scene.times.down.values():
        for column in (outages.offsets, outages.start, outages.end):
            parts.update(np.ascontiguousarray(column).tobytes())
    return parts.hexdigest()


def cast(scene: Scene, spec: CoverageSpec, *, walls: Walls | None = None) -> Cast:
    """Sweep every camera; move key places that fall into a building to the open before it.

    Parameters
    ----------
    scene : Scene
    spec : CoverageSpec
    walls : Walls, optional
        Walls prepared before; those of the scene's footprints when left out.
    """
    block = prepare_walls(scene.footprints) if walls is None else walls
    view = camera_views(scene.cameras, scene.territory.metric_srid, spec)
    sheds = view_sheds(scene.eyes, block, azimuth=view.azimuth, hfov=view.hfov, max_range=view.reach)
    if view.unknown_sensor.any():
        sheds = ViewSheds(
            sheds.polygon, sheds.area, sheds.known & ~view.unknown_sensor, sheds.flag, sheds.xy, sheds.moved
        )
    points = scene.points
    if len(points):
        points = snap_out(points, block, azimuth=np.full(len(points), np.nan), within=PLACE_DEPTH)[0]
    return Cast(sheds, points, block, view.unknown_sensor)


@dataclass(frozen=True, slots=True)
class Views:
    """What cameras look at, ready for the sweep: grid azimuths, fields of view and ranges, nan where unknown."""

    azimuth: Floats
    hfov: Floats
    reach: Floats
    unknown_sensor: Bools


def camera_views(cameras: Columns, srid: int, spec: CoverageSpec) -> Views:
    """Return grid headings, fields of view and ranges of cameras, cut to the level that is asked for or to *Discern*.

    Stored headings count from true north, the sweep from grid north. Domes count all round, turning cameras too unless
    their present pose is asked for (the stored heading); the detail is that of the lens. Where no level is asked, the
    range of a camera of unknown sensor is taken on the word of the register.
    """
    azimuth = np.array([np.nan if value is None else float(value) for value in cameras["azimuth"]])
    if len(azimuth):
        azimuth = azimuth - meridian_convergence(cameras["point"], srid)
    lens = np.array([spec.assumed_hfov if value is None else float(value) for value in cameras["hfov"]])
    turning = np.asarray(cameras["ptz"], dtype=bool) & (spec.ptz == "reachable")
    all_round = turning | np.asarray(cameras["dome"], dtype=bool)
    reach = np.asarray(cameras["max_range"], dtype=np.float64)
    usual = np.nan if spec.assumed_px is None else float(spec.assumed_px)
    sensor = np.array([usual if value is None else float(value) for value in cameras["sensor_px"]])
    reach = useful_range(reach, sensor, lens, level=spec.density or CEILING) if len(reach) else reach
    unknown = np.isnan(sensor) & (spec.density is not None)
    return Views(np.where(all_round, 0.0, azimuth), np.where(all_round, 360.0, lens), reach, unknown)
