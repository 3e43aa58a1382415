"""The view sheds that a run counted: those on everybody's map, or cast again for a run of another question."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
import orjson
import shapely

from gis.crs import to_lonlat, to_metric
from services.coverage_rows import status_shares
from services.coverage_scene import cast, digest, read_scene
from services.layers import Look, view_of
from services.live_scene import spec_of
from services.tiles import Coding, Tile, TileCache, packed, with_body
from store.database import coverage as sql
from store.database import coverage_history as history
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.models import CoverageRun, Plan, Territory
from store.database.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RunSheds:
    """View sheds for a map of a run.

    Attributes
    ----------
    sheds : Columns
        ``camera``, ``online``, ``assumed``, ``area_m2``, ``point``, ``geom`` (EPSG:4326), ``counted``: whether the
        camera counts in the figures at all, and ``share``: in which part of the time.
    as_then : bool
        False when cameras, buildings or states differ from those that the figures rest on.
    """

    sheds: Columns
    as_then: bool


def sheds_of_run(work: UnitOfWork, plan: Plan, run: CoverageRun) -> RunSheds:
    """Return what the cameras see by the question of a run: its level, its moment or month, who counts.

    Only the newest answer to the standing question has its sheds stored; for others they are cast from the register.
    """
    newest = sql.newest_run(work.session, plan.id)
    if newest is not None and newest.id == run.id:
        rows = sql.shed_rows(work.session, plan.territory_id)
        return RunSheds({**rows, "share": np.asarray(rows["counted"], dtype=np.float64)}, as_then=True)
    mine = sql.read_cameras(work.session, plan.territory_id)
    spec = spec_of(run)
    with work.everywhere():
        scene = read_scene(work, plan, spec, now=run.created_at)
        as_then = digest(spec, scene) == run.digest
    view = cast(scene, spec)
    shares = status_shares(scene, view.sheds)
    counts = np.ones(len(scene.eyes)) if spec.status == "all" else shares[spec.status]
    # whoever sees some areas only is shown the cameras of those
    kept = np.flatnonzero(
        ~shapely.is_empty(view.sheds.polygon) & np.isin([str(each) for each in scene.cameras["id"]], _texts(mine["id"]))
    )
    names = dict(zip(_texts(mine["id"]), mine["name"], strict=True))
    srid = scene.territory.metric_srid
    return RunSheds(
        {
            "camera": np.array([names[str(each)] for each in scene.cameras["id"][kept]], dtype=object),
            "online": shares["online"][kept] > 0,
            "counted": counts[kept] > 0,
            "share": counts[kept],
            "assumed": ~view.sheds.known[kept],
            "area_m2": view.sheds.area[kept],
            "point": scene.cameras["point"][kept],
            "geom": np.asarray(to_lonlat(view.sheds.polygon[kept], srid), dtype=object) if len(kept) else _NONE,
        },
        as_then,
    )


def sheds_for_map(
    work: UnitOfWork,
    cache: TileCache,
    run_id: UUID,
    *,
    coding: Coding | None = None,
    known_tags: frozenset[str] = frozenset(),
) -> Tile:
    """Return the view sheds of a run as GeoJSON, from the cache where they still hold.

    Parameters
    ----------
    work : UnitOfWork
    cache : TileCache
        Shared by all requests of the process.
    run_id : UUID
    coding : {"zstd", "gzip"} or None
        What the caller can unpack.
    known_tags : frozenset of str
        Tags of the answers that the caller still has.

    Raises
    ------
    NotFoundError
        There is no such run.
    """
    run = sql.get_run(work.session, run_id)
    plan = plan_sql.get_plan(work.session, run.plan_id)
    tag = _tag(work, plan, run)
    if tag in known_tags:
        return Tile(tag, None, None)
    key = ("sheds", tag, coding)
    body = cache.get(key)
    if body is None:
        srid = work.session.get_one(Territory, plan.territory_id).metric_srid
        body = packed(_drawn(sheds_of_run(work, plan, run), srid), coding)
        cache.put(key, body)
    return with_body(tag, body, coding)


def _tag(work: UnitOfWork, plan: Plan, run: CoverageRun) -> str:
    """Return the tag of a run's view sheds for whoever may see what the actor may: equal tags mean equal sheds.

    They are cast from the register, so whatever a run reads decides; the past of cameras is in no map layer.
    """
    revisions = view_of(work, Look(plan=plan.id)).revisions
    parts = [_FORM, str(run.id), run.created_at.isoformat(), work.actor.scope_key]
    parts += [f"{name}={revisions.get(name, 0)}" for name in _FOLLOWS]
    if run.begins_at is not None and run.ends_at is not None:
        parts.append(history.mark_of(work.session, run.begins_at, run.ends_at))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]


def _drawn(found: RunSheds, srid: int) -> bytes:
    """Write view sheds as GeoJSON, as exact as a map shows; a camera that does not count has the share 0."""
    sheds = found.sheds
    shapes = np.asarray(sheds["geom"], dtype=object)
    if len(shapes):
        # arcs are cut much finer than a screen shows, and a county has thousands
        shapes = np.asarray(to_lonlat(shapely.simplify(to_metric(shapes, srid), _DRAWN_M), srid), dtype=object)
    features = [
        {
            "type": "Feature",
            "properties": {
                "camera": str(sheds["camera"][row]),
                "unknown": bool(sheds["assumed"][row]),
                "online": bool(sheds["online"][row]),
                "share": round(float(sheds["share"][row]), 4),
            },
            "geometry": orjson.Fragment(_rounded(shapes[row])),
        }
        for row in range(len(shapes))
        if not shapes[row].is_empty
    ]
    return orjson.dumps({"type": "FeatureCollection", "as_then": found.as_then, "features": features})


def _rounded(shape: shapely.Geometry) -> bytes:
    told = orjson.loads(shapely.to_geojson(shape))
    return orjson.dumps({"type": told["type"], "coordinates": _tidy(told["coordinates"])})


def _tidy(value: float | list[object]) -> object:
    # further digits are below a decimetre, and would be half of the answer
    return round(value, 6) if isinstance(value, float) else [_tidy(each) for each in value]  # type: ignore[arg-type]


_FORM: Final = "1"
_DRAWN_M: Final = 0.15
_FOLLOWS: Final = ("cameras", "view_sheds", "buildings", "streets", "key_places", "grids", "incidents")
_NONE = np.array([], dtype=object)


def _texts(ids: object) -> list[str]:
    return [str(each) for each in np.asarray(ids, dtype=object)]
