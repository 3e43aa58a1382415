"""The view sheds that a run counted: those on everybody's map, or cast again for a run of another question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.crs import to_lonlat
from services.coverage_rows import status_shares
from services.coverage_scene import cast, digest, read_scene
from services.live_scene import spec_of
from store.database import coverage as sql
from store.database.bulk import Columns
from store.database.models import CoverageRun, Plan
from store.database.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RunSheds:
    """View sheds for a map of a run.

    Attributes
    ----------
    sheds : Columns
        ``camera``, ``online``, ``assumed``, ``area_m2``, ``point``, ``geom`` (EPSG:4326), and ``counted``: whether the
        camera counts in the figures at all.
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
        return RunSheds(sql.shed_rows(work.session, plan.territory_id), as_then=True)
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
            "assumed": ~view.sheds.known[kept],
            "area_m2": view.sheds.area[kept],
            "point": scene.cameras["point"][kept],
            "geom": np.asarray(to_lonlat(view.sheds.polygon[kept], srid), dtype=object) if len(kept) else _NONE,
        },
        as_then,
    )


_NONE = np.array([], dtype=object)


def _texts(ids: object) -> list[str]:
    return [str(each) for each in np.asarray(ids, dtype=object)]
