"""Official counts: units with at least one camera that counts, whatever it sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from services import coverage_rows as rows
from services.coverage_scene import Cast, Scene
from services.coverage_spec import CoverageSpec
from store.database import coverage_areas as area_sql
from store.database.models import CoverageRun, Plan
from store.database.work import UnitOfWork

SMALLEST_FIRST = ("zone", "group", "village", "town", "county")


def units_of_scene(work: UnitOfWork, scene: Scene, view: Cast, spec: CoverageSpec) -> list[dict[str, Any]]:
    """Count the grids of a scene, and the areas of each kind, that a camera which counts stands in.

    Parameters
    ----------
    work : UnitOfWork
    scene : Scene
    view : Cast
        A camera that sees nothing is not serviceable.
    spec : CoverageSpec

    Returns
    -------
    list of dict
        ``unit``, how many ``units``, how many ``with_camera`` and their ``share`` (None where there is no unit).
    """
    shares = {"all": np.ones(len(scene.eyes)), **rows.status_shares(scene, view.sheds)}
    counts = shares[spec.status] > 0
    home = rows.camera_homes(scene)
    grids = len(np.unique(home[counts & (home >= 0)]))
    cameras = [camera for camera, taken in zip(scene.cameras["id"], counts, strict=True) if taken]
    by_kind = area_sql.units_with_camera(work.session, scene.territory.id, cameras)
    return _told((len(scene.shapes), grids), by_kind)


def units_of_live(work: UnitOfWork, run: CoverageRun) -> list[dict[str, Any]]:
    """Count the same for a run that follows the cameras, as things stand: when asked, not at each change."""
    status = str(run.spec.get("status", run.spec.get("count", "online")))
    territory = work.session.get_one(Plan, run.plan_id).territory_id
    grids = area_sql.grids_with_camera(work.session, run.id, status)
    return _told(grids, area_sql.units_with_status(work.session, territory, status))


def _told(grids: tuple[int, int], by_kind: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    units = {"grid": grids} | {kind: by_kind[kind] for kind in SMALLEST_FIRST if kind in by_kind}
    return [
        {"unit": unit, "units": every, "with_camera": some, "share": some / every if every else None}
        for unit, (every, some) in units.items()
    ]
