"""Coverage: what cameras see and miss, grid by grid and place by place.

Official "units with at least one camera" is a count of posts; the figures here are geometric. A camera whose heading
is unknown counts as nothing in the plain figures and as a full circle in those ending in ``_upper``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.crs import meridian_convergence, to_lonlat, to_metric
from gis.errors import InvalidInputError
from grid_coverage import (
    GapTable,
    KeyPoints,
    Needs,
    ShedFlag,
    Streets,
    ViewSheds,
    gaps_by_grid,
    prepare_walls,
    view_sheds,
)
from grid_coverage.snap import snap_out
from store.database import coverage as sql
from store.database import plans as plan_sql
from store.database.bulk import Columns, copy_rows, ewkb_hex
from store.database.models import CoverageRun, Plan, Territory
from store.database.work import UnitOfWork

Progress = Callable[[float, str], None]
ENGINE = 2  # raise when equal inputs give another answer than before
PLACE_DEPTH = 500.0  # metres from the middle of the largest station or hall to its front

# metres of these classes ought to be seen; a metre of a main street counts more than one of a side street
STREET_WEIGHTS = {
    "primary": 1.5, "secondary": 1.5, "tertiary": 1.2, "unclassified": 1.0, "residential": 1.0, "living_street": 1.0,
    "pedestrian": 1.5, "primary_link": 1.0, "secondary_link": 1.0, "tertiary_link": 1.0, "road": 1.0, "trunk": 1.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CoverageSpec:
    """What is asked.

    Attributes
    ----------
    street_folds : int
        How many cameras ought to see each stretch of street (1 to 3).
    count : str
        ``online`` cameras only, or ``all`` that are known.
    assumed_hfov : float
        Field of view, degrees, of a camera whose heading is known but whose lens is not.
    """

    street_folds: int = 1
    count: str = "online"
    assumed_hfov: float = 60.0

    def check(self) -> None:
        """Raise InvalidInputError when the spec can't be meant."""
        if self.count not in ("online", "all"):
            raise InvalidInputError("Count either online cameras or all of them.", field="count")
        if not 0 < self.assumed_hfov <= 360:
            raise InvalidInputError("A field of view is above 0 and at most 360 degrees.", field="assumed_hfov")


@dataclass(slots=True)
class _Scene:
    territory: Territory
    grids: Columns
    shapes: npt.NDArray[np.object_]
    footprints: npt.NDArray[np.object_]
    cameras: Columns
    eyes: npt.NDArray[np.float64]
    streets: Columns
    lines: npt.NDArray[np.object_]
    places: Columns
    points: npt.NDArray[np.float64]
    incidents: npt.NDArray[np.float64]


def finished_run(work: UnitOfWork, plan_id: UUID, spec: CoverageSpec | None = None) -> CoverageRun | None:
    """Return the run that equal inputs had already, or None; reads the ground but computes nothing."""
    asked = spec or CoverageSpec()
    asked.check()
    scene = _read_scene(work, plan_sql.get_plan(work.session, plan_id))
    return sql.find_run(work.session, plan_id, _digest(asked, scene))


def run_coverage(
    work: UnitOfWork, plan_id: UUID, spec: CoverageSpec | None = None, *, progress: Progress | None = None
) -> tuple[CoverageRun, bool]:
    """Compute view sheds, coverage and gaps of a plan, and save them; equal inputs return the run already there.

    Returns
    -------
    CoverageRun
    bool
        True when the run was there already.
    """
    work.actor.require("analyst", "planner", "camera_administrator")
    asked = spec or CoverageSpec()
    asked.check()
    tell = progress or (lambda _done, _note: None)
    started = time.perf_counter()
    plan = plan_sql.get_plan(work.session, plan_id)
    tell(0.05, "reading cameras and streets")
    scene = _read_scene(work, plan)
    digest = _digest(asked, scene)
    known = sql.find_run(work.session, plan_id, digest)
    if known is not None:
        return known, True
    tell(0.2, "casting view sheds")
    sheds, seeing_points = _cast(scene, asked)
    tell(0.6, "measuring what is seen")
    counted = np.asarray(scene.cameras["online"], dtype=bool) if asked.count == "online" else np.ones(len(sheds), bool)
    table = _measure(scene, asked, sheds.take(np.flatnonzero(counted)), seeing_points)
    tell(0.85, "saving")
    run = CoverageRun(
        id=uuid4(),
        plan_id=plan_id,
        digest=digest,
        spec=asdict(asked),
        summary=_summary(scene, sheds, table),
        seconds=round(time.perf_counter() - started, 3),
    )
    _save(work, scene, run, sheds, table, digest)
    tell(1.0, "coverage saved")
    return run, False


def list_gaps(work: UnitOfWork, plan_id: UUID, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the worst gaps of a plan's newest run, with what and where each is; empty when there is no run."""
    run = sql.newest_run(work.session, plan_id)
    if run is None:
        return []
    found = []
    for row in sql.gap_rows(work.session, run.id, limit):
        middle = shapely.point_on_surface(shapely.from_wkb(row.geom))
        what = row.place or row.place_kind if row.kind == "key_place" else row.reason.get("street") or "unnamed street"
        found.append(
            {
                "grid": row.code,
                "kind": row.kind,
                "score": row.score,
                "what": what,
                "reason": row.reason,
                "lon": middle.x,
                "lat": middle.y,
            }
        )
    return found


def _read_scene(work: UnitOfWork, plan: Plan) -> _Scene:
    territory = work.session.get_one(Territory, plan.territory_id)
    srid = territory.metric_srid
    grids = plan_sql.grid_shapes(work.session, plan.id)
    if not len(grids["id"]):
        raise InvalidInputError("The plan has no grids.", plan=str(plan.id))
    footprints = sql.read_footprints(work.session, territory.id)
    cameras = sql.read_cameras(work.session, territory.id)
    streets = sql.read_streets(work.session, territory.id, sorted(STREET_WEIGHTS))
    places = sql.read_key_places(work.session, territory.id)
    by_grid = sql.incidents_of_year(work.session, plan.id)
    return _Scene(
        territory,
        grids,
        _metric(grids["geom"], srid),
        _metric(footprints["geom"], srid),
        cameras,
        shapely.get_coordinates(_metric(cameras["point"], srid)),
        streets,
        _metric(streets["geom"], srid),
        places,
        shapely.get_coordinates(_metric(places["point"], srid)),
        np.array([by_grid.get(grid, 0) for grid in grids["id"]], dtype=np.float64),
    )


def _metric(geometries: npt.NDArray[Any], srid: int) -> npt.NDArray[np.object_]:
    if not len(geometries):
        return np.array([], dtype=object)
    return np.asarray(to_metric(geometries, srid), dtype=object)


def _digest(spec: CoverageSpec, scene: _Scene) -> str:
    camera = scene.cameras
    facts = [
        [str(value) for value in camera[name]]
        for name in ("id", "azimuth", "hfov", "max_range", "ptz", "dome", "online")
    ]
    parts = hashlib.sha256(orjson.dumps([ENGINE, asdict(spec), facts]))
    for geometries in (scene.shapes, scene.footprints, scene.lines):
        for data in shapely.to_wkb(geometries):
            parts.update(data)
    for numbers in (scene.eyes, scene.points, scene.incidents):
        parts.update(np.ascontiguousarray(numbers).tobytes())
    return parts.hexdigest()


def _cast(scene: _Scene, spec: CoverageSpec) -> tuple[ViewSheds, npt.NDArray[np.float64]]:
    """Sweep every camera; move key places that fall into a building to the open before it."""
    walls = prepare_walls(scene.footprints)
    camera = scene.cameras
    azimuth = np.array([np.nan if value is None else float(value) for value in camera["azimuth"]])
    # stored headings count from true north, the sweep from grid north
    azimuth = azimuth - meridian_convergence(camera["point"], scene.territory.metric_srid)
    hfov = np.array([spec.assumed_hfov if value is None else float(value) for value in camera["hfov"]])
    all_round = np.asarray(camera["ptz"], dtype=bool) | np.asarray(camera["dome"], dtype=bool)
    sheds = view_sheds(
        scene.eyes,
        walls,
        azimuth=np.where(all_round, 0.0, azimuth),
        hfov=np.where(all_round, 360.0, hfov),
        max_range=np.asarray(camera["max_range"], dtype=np.float64),
    )
    points = scene.points
    if len(points):
        points = snap_out(points, walls, azimuth=np.full(len(points), np.nan), within=PLACE_DEPTH)[0]
    return sheds, points


def _measure(scene: _Scene, spec: CoverageSpec, sheds: ViewSheds, points: npt.NDArray[np.float64]) -> GapTable:
    weights = np.array([STREET_WEIGHTS[str(kind)] for kind in scene.streets["kind"]])
    return gaps_by_grid(
        scene.shapes,
        sheds,
        streets=Streets.of(scene.lines, weights if len(weights) else 1.0),
        key_points=KeyPoints.of(points, np.asarray(scene.places["weight"], dtype=np.float64) if len(points) else 1.0),
        needs=Needs(street_folds=spec.street_folds, incidents=scene.incidents),
    )


def _summary(scene: _Scene, sheds: ViewSheds, table: GapTable) -> dict[str, Any]:
    online = np.asarray(scene.cameras["online"], dtype=bool)
    inside = table.points.grid >= 0
    seen = table.points.seen
    return {
        "streets_m": float(table.street_m.sum()),
        "seen_m": float(table.seen_m[:, 0].sum()),
        "seen_m_upper": float(table.seen_m_upper[:, 0].sum()),
        "k2_m": float(table.seen_m[:, 1].sum()),
        "key_places": int(inside.sum()),
        "key_places_seen": int((inside & (seen == "yes")).sum()),
        "key_places_seen_upper": int((inside & (seen != "no")).sum()),
        "cameras": len(sheds),
        "cameras_online": int(online.sum()),
        "cameras_unknown_heading": int((~sheds.known).sum()),
        "cameras_moved_out": int((sheds.flag & ShedFlag.SNAPPED > 0).sum()),
        "cameras_inside_buildings": int((sheds.flag & ShedFlag.BURIED > 0).sum()),
        "gaps": len(table.gaps),
    }


def _save(work: UnitOfWork, scene: _Scene, run: CoverageRun, sheds: ViewSheds, table: GapTable, digest: str) -> None:
    session, territory = work.session, scene.territory
    sql.add_run(session, run)
    sql.forget_sheds(session, territory.id)
    copy_rows(session, "view_shed", sql.SHED_COLUMNS, _shed_rows(scene, sheds, digest))
    copy_rows(session, "coverage_grid", sql.GRID_COLUMNS, _grid_rows(scene, run, table))
    copy_rows(session, "gap", sql.GAP_COLUMNS, _gap_rows(scene, run, table))
    inside = np.flatnonzero(table.points.grid >= 0)
    seen = table.points.seen
    rows = ((run.id, scene.places["id"][i], str(seen[i]), int(table.points.cameras[i])) for i in inside)
    copy_rows(session, "key_place_coverage", sql.PLACE_COLUMNS, rows)
    for layer in ("view_sheds", "gaps", "key_places", "grids", "grid_labels"):
        work.touch(layer, territory.id)


def _shed_rows(scene: _Scene, sheds: ViewSheds, digest: str) -> Iterator[tuple[Any, ...]]:
    shown = np.flatnonzero(~shapely.is_empty(sheds.polygon))
    if not len(shown):
        return
    shapes = to_lonlat(
        np.array([shapely.MultiPolygon([shape]) for shape in sheds.polygon[shown]]), scene.territory.metric_srid
    )
    for i, data in zip(shown, ewkb_hex(shapes), strict=True):
        flags = ",".join(flag.name.lower() for flag in ShedFlag(int(sheds.flag[i])) if flag.name)
        yield (
            scene.cameras["id"][i],
            scene.territory.id,
            not sheds.known[i],
            float(sheds.area[i]),
            flags,
            data,
            digest,
        )


def _grid_rows(scene: _Scene, run: CoverageRun, table: GapTable) -> Iterator[tuple[Any, ...]]:
    holder, camera = shapely.STRtree(scene.shapes).query(shapely.points(scene.eyes), predicate="intersects")[::-1]
    # a camera on a border stands in the grid of the lower number
    first = np.unique(camera, return_index=True)[1]
    everywhere = np.bincount(holder[first], minlength=len(table))
    online = np.asarray(scene.cameras["online"], dtype=bool)
    alive = np.bincount(holder[first][online[camera[first]]], minlength=len(table))
    for i in range(len(table)):
        reasons = [
            {
                "kind": reason.kind,
                "amount": round(reason.amount, 1),
                "score": round(reason.score, 3),
                **_said(reason.kind, reason.amount),
            }
            for reason in table.reasons(i)
        ]
        yield (
            run.id, scene.grids["id"][i], float(table.street_m[i]), float(table.seen_m[i, 0]),
            float(table.seen_m_upper[i, 0]), float(table.seen_m[i, 1]), int(table.places[i]), int(table.places_seen[i]),
            int(table.places_seen_upper[i]), int(everywhere[i]), int(alive[i]), int(scene.incidents[i]),
            float(table.score[i]), orjson.dumps(reasons).decode(),
        )  # fmt: skip


def _said(kind: str, amount: float) -> dict[str, str]:
    count = f"{amount:,.0f}" if amount >= 1 else "<1"
    return {
        "street": {"text_en": f"{count} m of street not seen", "text_zh": f"{count} 米街道不可见"},
        "key_place": {"text_en": f"{count} key places not seen", "text_zh": f"{count} 处重点部位不可见"},
        "incident": {"text_en": f"{count} incidents a year on unseen ground", "text_zh": f"盲区内每年 {count} 起事件"},
    }[kind]


def _gap_rows(scene: _Scene, run: CoverageRun, table: GapTable) -> Iterator[tuple[Any, ...]]:
    gaps = table.gaps
    if not len(gaps):
        return
    shapes = ewkb_hex(to_lonlat(gaps.geometry, scene.territory.metric_srid))
    for i in range(len(gaps)):
        kind, source = str(gaps.kind[i]), int(gaps.source[i])
        place = scene.places["id"][source] if kind == "key_place" else None
        reason: dict[str, Any]
        if kind == "key_place":
            reason = {"place": str(scene.places["name"][source]), "place_kind": str(scene.places["kind"][source])}
        else:
            reason = {"street": str(scene.streets["name"][source]), "metres": round(float(gaps.length[i]), 1)}
        reason["maybe"] = bool(gaps.maybe[i])
        yield (run.id, scene.grids["id"][gaps.grid[i]], place, kind, float(gaps.score[i]), reason, shapes[i])
