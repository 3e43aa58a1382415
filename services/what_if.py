"""What if: the view of proposed cameras and what they would change, while the hand is on the mouse.

Nothing is saved. Sheds of the cameras that are there are taken as stored; only the grids that a proposed or removed
view touches are measured, before and after.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import meridian_convergence, to_lonlat, to_metric
from gis.errors import InvalidInputError
from grid_coverage import GapTable, KeyPoints, Needs, ShedFlag, Streets, ViewSheds, gaps_by_grid, view_sheds
from grid_coverage.candidates import PRIVATE_M2
from grid_coverage.density import useful_range
from grid_coverage.snap import SNAP_REACH
from services.coverage_scene import STREET_WEIGHTS, Scene
from services.coverage_spec import CEILING, CoverageSpec
from services.coverage_views import geojson, run_of
from services.live_coverage import MARGIN, read_around, spec_of, walls_around
from store.database import live_coverage as sql
from store.database import privacy_zones as zone_sql
from store.database.bulk import ewkb_hex
from store.database.models import CoverageRun, Plan, Territory
from store.database.work import UnitOfWork

MOST_CAMERAS: Final = 200
MOST_ALONE: Final = 8  # cameras up to which each gets the walls around it; more get those of the box of all
FARTHEST_M: Final = 5000.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A camera that could be put up, or one that is there and could look elsewhere.

    Attributes
    ----------
    lon, lat : float
        EPSG:4326.
    azimuth : float or None
        Degrees clockwise from true north; not needed for a dome or PTZ.
    hfov, max_range : float
        Degrees and metres.
    sensor_px : int
        Pixels across the picture: with the lens they decide how far it tells things apart.
    ptz, dome : bool
        Looks all round.
    id : UUID or None
        The camera that it stands for.
    key : str or None
        Given back with the answer.
    """

    lon: float
    lat: float
    azimuth: float | None = None
    hfov: float = 60.0
    max_range: float = 80.0
    sensor_px: int = 1920
    ptz: bool = False
    dome: bool = False
    id: UUID | None = None
    key: str | None = None

    def check(self, row: int) -> None:
        """Raise InvalidInputError when there is no such camera."""
        rules = (
            ("lon", math.isfinite(self.lon) and abs(self.lon) <= 180),
            ("lat", math.isfinite(self.lat) and abs(self.lat) <= 90),
            ("azimuth", self.azimuth is None or math.isfinite(self.azimuth)),
            ("hfov", 0 < self.hfov <= 360),
            ("max_range", 0 <= self.max_range <= FARTHEST_M),
            ("sensor_px", 0 < self.sensor_px <= 100_000),
        )
        for name, fits in rules:
            if not fits:
                raise InvalidInputError(f"Camera {row}: {name} is out of range.", row=row, field=name)


@dataclass(frozen=True, slots=True)
class Views:
    """Sheds of proposed cameras.

    Attributes
    ----------
    sheds : ViewSheds
    reach : (n,) float64
        Range that was used, cut to the level of detail, metres.
    overlap : list of list of dict
        Privacy zones that each looks into.
    """

    sheds: ViewSheds
    reach: Floats
    overlap: list[list[dict[str, Any]]]


def what_if(
    work: UnitOfWork,
    plan_id: UUID | None,
    cameras: Sequence[Proposed],
    *,
    remove: Sequence[UUID] = (),
    needs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Tell what proposed cameras would see, and what that changes in the grids they touch.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID or None
        The plan in use when None.
    cameras : sequence of Proposed
    remove : sequence of UUID
        Cameras that would go.
    needs : dict, optional
        ``k``, ``status`` and ``level`` in the place of those of the plan's newest run.

    Raises
    ------
    NotFoundError
        The plan has no coverage run yet.
    InvalidInputError
        A camera is out of range, outside the earth, or there are too many.
    """
    started = time.perf_counter()
    if not 0 < len(cameras) + len(remove) <= MOST_CAMERAS:
        raise InvalidInputError(f"Give 1 to {MOST_CAMERAS} cameras.", field="cameras")
    for row, camera in enumerate(cameras):
        camera.check(row)
    run = run_of(work, None, plan_id)
    spec = replace(spec_of(run), **{name: value for name, value in (needs or {}).items() if value is not None})
    spec.check()
    territory = work.session.get_one(Territory, work.session.get_one(Plan, run.plan_id).territory_id)
    views = cast_proposed(work, territory, cameras, spec)
    gone = {*remove, *(camera.id for camera in cameras if camera.id is not None)}
    grids, change = _change(work, territory, run, spec, views.sheds, gone)
    return {
        "run_id": run.id,
        "cameras": told_views(territory, cameras, views),
        "grids": grids,
        "change": change,
        "ms": round(1000 * (time.perf_counter() - started), 1),
    }


def cast_proposed(work: UnitOfWork, territory: Territory, cameras: Sequence[Proposed], spec: CoverageSpec) -> Views:
    """Cast the views of proposed cameras up to where they keep the level of detail (*Discern* where none is asked)."""
    srid = territory.metric_srid
    points = shapely.points([(camera.lon, camera.lat) for camera in cameras]) if cameras else np.array([], dtype=object)
    eyes = shapely.get_coordinates(to_metric(points, srid)) if cameras else np.empty((0, 2))
    all_round = np.array([camera.ptz or camera.dome for camera in cameras], dtype=bool)
    lens = np.array([camera.hfov for camera in cameras])
    asked = np.array([camera.max_range for camera in cameras])
    density = spec.density or CEILING
    reach = useful_range(asked, np.array([float(each.sensor_px) for each in cameras]), lens, level=density)
    azimuth = np.array([np.nan if each.azimuth is None else each.azimuth % 360.0 for each in cameras])
    azimuth = azimuth - meridian_convergence(points, srid) if cameras else azimuth
    look = {"azimuth": np.where(all_round, 0.0, azimuth), "hfov": np.where(all_round, 360.0, lens), "max_range": reach}
    sheds = _cast(work, territory, eyes, look)
    return Views(sheds, np.asarray(reach, dtype=np.float64), _overlaps(work, territory, sheds))


def _cast(work: UnitOfWork, territory: Territory, eyes: Floats, look: dict[str, Floats]) -> ViewSheds:
    near = look["max_range"] + SNAP_REACH + MARGIN
    rows = [np.arange(len(eyes))] if not 1 < len(eyes) <= MOST_ALONE else [np.array([row]) for row in range(len(eyes))]
    parts = []
    for own in rows:
        box = (0.0, 0.0, 0.0, 0.0)
        if len(own):
            low, high = (eyes[own] - near[own, None]).min(axis=0), (eyes[own] + near[own, None]).max(axis=0)
            box = (low[0], low[1], high[0], high[1])
        walls = walls_around(work, territory, box)
        mine = {name: column[own] for name, column in look.items()}
        parts.append(
            view_sheds(eyes[own], walls, azimuth=mine["azimuth"], hfov=mine["hfov"], max_range=mine["max_range"])
        )
    return joined(parts)


def joined(parts: Sequence[ViewSheds]) -> ViewSheds:
    """Put view sheds one after the other."""
    names = ("polygon", "area", "known", "flag", "xy", "moved")
    return ViewSheds(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _overlaps(work: UnitOfWork, territory: Territory, sheds: ViewSheds) -> list[list[dict[str, Any]]]:
    """List the privacy zones that each shed reaches into."""
    found: list[list[dict[str, Any]]] = [[] for _ in range(len(sheds))]
    zones = zone_sql.zone_shapes(work.session, territory.id)
    if not zones:
        return found
    shapes = to_metric(np.asarray(shapely.from_wkb([row.geom for row in zones]), dtype=object), territory.metric_srid)
    zone, shed = shapely.STRtree(sheds.polygon).query(shapes, predicate="intersects")
    overlap = shapely.area(shapely.intersection(shapes[zone], sheds.polygon[shed]))
    for k, row, size in zip(zone, shed, overlap, strict=True):
        if size > PRIVATE_M2:
            told = {"zone_id": zones[k].id, "kind": zones[k].kind, "reason": zones[k].reason}
            found[row].append({**told, "overlap_m2": round(float(size), 1)})
    return found


def _change(
    work: UnitOfWork,
    territory: Territory,
    run: CoverageRun,
    spec: CoverageSpec,
    sheds: ViewSheds,
    gone: set[UUID],
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Measure the touched grids before and after."""
    seen = sheds.polygon[~shapely.is_empty(sheds.polygon)]
    shapes = ewkb_hex(to_lonlat(seen, territory.metric_srid)) if len(seen) else []
    shapes += sql.shed_shapes(work.session, sorted(gone))
    touched = {grid for group in sql.touched_grids(work.session, run.plan_id, shapes) for grid in group}
    if not touched:
        return [], {"seen_m": 0.0, "seen_m_upper": 0.0, "places_seen": 0.0, "gap_score": 0.0}
    box = sql.box_of_grids(work.session, run.plan_id, sorted(touched))
    scene, view, _ = read_around(work, territory, run, box)
    mine = np.flatnonzero([grid in touched for grid in scene.grids["id"]])
    counted = scene.times.share(spec.status) > 0
    stays = np.array([camera not in gone for camera in scene.cameras["id"]], dtype=bool)
    before = _measured(scene, spec, mine, view.sheds.take(counted))
    after = _measured(scene, spec, mine, joined([view.sheds.take(counted & stays), sheds]))
    found = []
    for row, grid in enumerate(mine):
        figures = [_figures(table, row) for table in (before, after)]
        told = {"grid_id": scene.grids["id"][grid], "code": scene.grids["code"][grid]}
        found.append({**told, "before": figures[0], "after": figures[1]})
    names = ("seen_m", "seen_m_upper", "places_seen", "gap_score")
    return found, {name: round(sum(each["after"][name] - each["before"][name] for each in found), 6) for name in names}


def _measured(scene: Scene, spec: CoverageSpec, grids: npt.NDArray[np.int64], sheds: ViewSheds) -> GapTable:
    weights = np.array([STREET_WEIGHTS[str(kind)] for kind in scene.streets["kind"]])
    weight = np.asarray(scene.places["weight"], dtype=np.float64) if len(scene.points) else 1.0
    return gaps_by_grid(
        scene.shapes[grids],
        sheds,
        streets=Streets.of(scene.lines, weights if len(weights) else 1.0),
        key_points=KeyPoints.of(scene.points, weight, spec.k),
        needs=Needs(street_folds=spec.k, incidents=scene.incidents[grids]),
    )


def _figures(table: GapTable, row: int) -> dict[str, float]:
    return {
        "street_m": float(table.street_m[row]),
        "seen_m": float(table.seen_m[row, 0]),
        "seen_m_upper": float(table.seen_m_upper[row, 0]),
        "k2_m": float(table.seen_m[row, 1]),
        "k3_m": float(table.seen_m[row, 2]),
        "places": int(table.places[row]),
        "places_seen": float(table.places_seen[row]),
        "places_seen_upper": float(table.places_seen_upper[row]),
        "gap_score": float(table.score[row]),
    }


def told_views(territory: Territory, cameras: Sequence[Proposed], views: Views) -> list[dict[str, Any]]:
    """Return the views of proposed cameras as a map draws them, with what stands in their way."""
    sheds = views.sheds
    if not len(sheds):
        return []
    shapes = to_lonlat(sheds.polygon, territory.metric_srid)
    stands = shapely.get_coordinates(to_lonlat(shapely.points(sheds.xy), territory.metric_srid))
    found = []
    for row, camera in enumerate(cameras):
        flags = [flag.name.lower() for flag in ShedFlag(int(sheds.flag[row])) if flag.name]
        why = refusal(views.overlap[row])
        found.append(
            {
                "key": camera.key,
                "id": camera.id,
                "shed": geojson(shapes[row]),
                "area_m2": round(float(sheds.area[row]), 2),
                "known": bool(sheds.known[row]),
                "flags": flags,
                "moved_m": round(float(sheds.moved[row]), 2),
                "range_m": round(float(views.reach[row]), 6),
                "lon": float(stands[row, 0]),
                "lat": float(stands[row, 1]),
                "privacy": views.overlap[row],
                "allowed": why is None,
                "why_en": why[0] if why else None,
                "why_zh": why[1] if why else None,
            }
        )
    return found


def refusal(zones: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Say in both languages why a camera may not be proposed; None when it may."""
    if not zones:
        return None
    worst = max(zones, key=lambda zone: float(zone["overlap_m2"]))
    size = f"{worst['overlap_m2']:,.0f}"
    return (
        f"It looks into a privacy zone ({worst['kind']}: {worst['reason']}), {size} m².",
        f"可见隐私保护区（{worst['reason']}）{size} 平方米。",
    )
