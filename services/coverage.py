"""Coverage: what cameras see and miss, grid by grid and place by place.

Official "units with at least one camera" is a count of posts; the figures here are geometric. A camera whose heading
is unknown counts as nothing in the plain figures and as a full circle in those ending in ``_upper``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import shapely

from services import coverage_rows as rows
from services.coverage_scene import Cast, Scene, cast, digest, read_scene
from services.coverage_spec import CoverageSpec
from services.official_units import units_of_scene
from store.database import coverage as sql
from store.database import live_coverage as live_sql
from store.database import plans as plan_sql
from store.database.bulk import copy_rows
from store.database.models import CoverageRun
from store.database.work import UnitOfWork

Progress = Callable[[float, str], None]


def finished_run(
    work: UnitOfWork, plan_id: UUID, spec: CoverageSpec | None = None, *, now: datetime | None = None
) -> CoverageRun | None:
    """Return the run that equal inputs had already, or None; reads the ground but computes nothing.

    One that newer answers to the standing question have replaced since is none: `run_coverage` shows it again.
    """
    asked = spec or CoverageSpec()
    asked.check()
    scene = read_scene(work, plan_sql.get_plan(work.session, plan_id), asked, now=now)
    known = sql.find_run(work.session, plan_id, digest(asked, scene))
    return None if known is not None and sql.replaced_by(work.session, known) is not None else known


def run_coverage(
    work: UnitOfWork,
    plan_id: UUID,
    spec: CoverageSpec | None = None,
    *,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> tuple[CoverageRun, bool]:
    """Compute view sheds, coverage and gaps of a plan, and save them; equal inputs return the run already there.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    spec : CoverageSpec, optional
    progress : callable, optional
    now : datetime, optional
        The present; the clock's when left out.

    Returns
    -------
    CoverageRun
    bool
        True when the run was there already.

    Raises
    ------
    InvalidInputError
        The spec can't be meant, or the plan has no grids.
    """
    work.actor.require("analyst", "planner", "camera_administrator")
    asked, moment = spec or CoverageSpec(), now or datetime.now(UTC)
    asked.check()
    tell = progress or (lambda _done, _note: None)
    plan = plan_sql.get_plan(work.session, plan_id)
    if asked.present:
        live_sql.hold(work.session, plan.territory_id)  # changes meanwhile are measured on top of this run
    tell(0.05, "reading cameras and streets")
    started = time.perf_counter()
    scene = read_scene(work, plan, asked, now=moment)
    inputs = digest(asked, scene)
    known = sql.find_run(work.session, plan_id, inputs)
    if known is not None:
        _show_again(work, scene, known, asked, now=moment)
        return known, True
    return _compute(work, scene, asked, _Begun(plan_id, inputs, started), tell), False


@dataclass(frozen=True, slots=True)
class _Begun:
    """A run that is being computed: its plan, the digest of its inputs, and when it began (`time.perf_counter`)."""

    plan_id: UUID
    inputs: str
    started: float


def _compute(work: UnitOfWork, scene: Scene, asked: CoverageSpec, begun: _Begun, tell: Progress) -> CoverageRun:
    tell(0.2, "casting view sheds")
    view = cast(scene, asked)
    tell(0.6, "measuring what is seen")
    found = rows.measure(scene, asked, view)
    tell(0.85, "saving")
    run = CoverageRun(
        id=uuid4(),
        plan_id=begun.plan_id,
        digest=begun.inputs,
        spec=asdict(asked),
        summary={**rows.summary(scene, found, view), "official": units_of_scene(work, scene, view, asked)},
        seconds=round(time.perf_counter() - begun.started, 3),
        present=asked.present,
        begins_at=scene.period.begins_at if scene.period else None,
        ends_at=scene.period.ends_at if scene.period else None,
    )
    sql.add_run(work.session, run)
    _save(work, scene, run, found, view, asked)
    tell(1.0, "coverage saved")
    return run


def _save(
    work: UnitOfWork, scene: Scene, run: CoverageRun, found: rows.Measured, view: Cast, spec: CoverageSpec
) -> None:
    session = work.session
    copy_rows(session, "coverage_grid", sql.GRID_COLUMNS, rows.grid_rows(scene, run.id, found, view, spec))
    copy_rows(session, "gap", sql.GAP_COLUMNS, rows.gap_rows(scene, run.id, found, spec))
    copy_rows(session, "key_place_coverage", sql.PLACE_COLUMNS, rows.place_rows(scene, run.id, found, view))
    if run.present:
        _save_sheds(work, scene, run, view)


def _show_again(work: UnitOfWork, scene: Scene, run: CoverageRun, spec: CoverageSpec, *, now: datetime) -> None:
    """Let a run whose inputs hold again answer the standing question in the place of newer ones."""
    newer = sql.replaced_by(work.session, run)
    if newer is None:
        return
    run.created_at = max(now, newer.created_at + timedelta(milliseconds=1))
    work.session.flush()
    _save_sheds(work, scene, run, cast(scene, spec))


def _save_sheds(work: UnitOfWork, scene: Scene, run: CoverageRun, view: Cast) -> None:
    """Put the view sheds of a run in the place of those that were, and say so to maps."""
    territory = scene.territory
    sql.forget_sheds(work.session, territory.id)
    copy_rows(work.session, "view_shed", sql.SHED_COLUMNS, rows.shed_rows(scene, view.sheds, run.digest))
    for layer in ("view_sheds", "gaps", "key_places", "grids", "grid_labels"):
        work.touch(layer, territory.id)


def list_gaps(work: UnitOfWork, plan_id: UUID, *, limit: int = 20, run_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return the worst gaps of a run, or of a plan's newest run, with what and where each is; empty without a run."""
    run = sql.get_run(work.session, run_id) if run_id is not None else sql.newest_run(work.session, plan_id)
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
