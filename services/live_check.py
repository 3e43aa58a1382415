"""Every night the live figures are put beside a whole computation: a difference is a fault, and is shown."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import shapely

from gis.errors import NotFoundError
from services import coverage_rows as rows
from services.coverage_scene import Cast, Scene, cast, read_scene
from services.coverage_spec import CoverageSpec
from services.live_buildings import measure_building
from services.live_coverage import ALL_ANEW, LAYERS, Change, measure_change
from services.live_flags import KEPT, is_of_this_version
from services.live_scene import spec_of
from services.official_units import units_of_live, units_of_scene
from store.database import coverage as coverage_sql
from store.database import coverage_checks as check_sql
from store.database import live_coverage as sql
from store.database import plans as plan_sql
from store.database.bulk import copy_rows
from store.database.models import CoverageCheck, CoverageRun, Plan
from store.database.work import UnitOfWork

MOST_DIFFERENCES: Final = 50  # that a finding lists
FIGURES: Final = (
    "street_m", "seen_m", "seen_m_upper", "k2_m", "k3_m", "open_m2", "seen_m2", "seen_m2_upper", "places",
    "places_seen", "places_seen_upper", "cameras", "networked", "online", "serviceable", "gap_score",
    "k2_m_upper", "k3_m_upper", "gap_score_least",
)  # fmt: skip
#: Sheds are stored in degrees and cut anew: figures may differ by that much, in metres, m² and points of a score.
RELATIVE, ABSOLUTE = 1e-6, 1e-3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole computation of a plan as it stands now."""

    scene: Scene
    view: Cast
    found: rows.Measured
    seconds: float


def compute_whole(
    work: UnitOfWork, plan: Plan, spec: CoverageSpec, *, incidents: dict[UUID, int] | None = None
) -> Whole:
    """Measure all of a plan; `incidents` by grid take the place of those registered."""
    started = time.perf_counter()
    scene = read_scene(work, plan, spec)
    if incidents is not None:
        scene.incidents = np.array([incidents.get(grid, 0) for grid in scene.grids["id"]], dtype=np.float64)
    view = cast(scene, spec)
    return Whole(scene, view, rows.measure(scene, spec, view), time.perf_counter() - started)


def renew(work: UnitOfWork, plan_id: UUID, *, now: datetime) -> CoverageRun:
    """Measure all of a plan and let the live run be that.

    Raises
    ------
    NotFoundError
        The plan has no run that could be followed.
    """
    plan, source = _followed(work, plan_id)
    spec = spec_of(source)
    return _write(work, source, spec, compute_whole(work, plan, spec), now=now)


def check(work: UnitOfWork, plan_id: UUID, *, now: datetime) -> CoverageCheck:
    """Put the live figures of a plan beside a whole computation, keep what was found, and take the latter.

    Incidents are those that the live figures were measured with: new ones are no fault.

    Raises
    ------
    NotFoundError
        The plan has no run that could be followed.
    """
    plan, source = _followed(work, plan_id)
    spec = spec_of(source)
    if source.live and not is_of_this_version(source):
        source = _write(work, source, spec, compute_whole(work, plan, spec), now=now)
    held = {row.CoverageGrid.grid_id: row.CoverageGrid for row in coverage_sql.coverage_rows(work.session, source.id)}
    incidents = {grid: figures.incidents for grid, figures in held.items()}
    whole = compute_whole(work, plan, spec, incidents=incidents)
    differences = compare(work, source, held, whole, spec)
    found = CoverageCheck(
        plan_id=plan_id,
        at=now,
        equal=not differences,
        seconds=round(whole.seconds, 3),
        differences=differences[:MOST_DIFFERENCES],
    )
    check_sql.add_check(work.session, found)
    if differences:
        _log.error("live coverage differed", extra={"plan_id": str(plan_id), "differences": len(differences)})
        work.announce("coverage-check", {"plan": str(plan_id), "equal": False, "grids": len(differences)})
    fresh = compute_whole(work, plan, spec) if _registered(work, plan) != incidents else whole
    if differences or fresh is not whole:
        _write(work, source, spec, fresh, now=now)
    return found


def compare(
    work: UnitOfWork, run: CoverageRun, held: dict[UUID, Any], whole: Whole, spec: CoverageSpec
) -> list[dict[str, Any]]:
    """List where figures, gaps or key places of a run differ from a whole computation."""
    out: list[dict[str, Any]] = []
    columns = coverage_sql.GRID_COLUMNS
    for row in rows.grid_rows(whole.scene, run.id, whole.found, whole.view, spec):
        full = dict(zip(columns, row, strict=True))
        kept = held.get(full["grid_id"])
        for name in FIGURES:
            live = None if kept is None else float(getattr(kept, name))
            if live is None or not math.isclose(live, float(full[name]), rel_tol=RELATIVE, abs_tol=ABSOLUTE):
                out.append({"grid": str(full["grid_id"]), "figure": name, "live": live, "whole": float(full[name])})
    seen = {row[1]: row[2] for row in rows.place_rows(whole.scene, run.id, whole.found, whole.view)}
    for place, kept in sql.places_seen(work.session, run.id).items():
        if seen.get(place) != kept:
            out.append({"place": str(place), "figure": "seen", "live": kept, "whole": seen.get(place)})
    gaps, expected = sql.count_gaps(work.session, run.id), len(whole.found.table.gaps)
    if gaps != expected:
        out.append({"figure": "gaps listed", "live": gaps, "whole": expected})
    return [*out, *_compare_summary(work, run, whole, spec)]


def _compare_summary(work: UnitOfWork, run: CoverageRun, whole: Whole, spec: CoverageSpec) -> list[dict[str, Any]]:
    """List the figures of the summary, and official counts, that differ from a whole computation."""
    live = run.summary
    full = {
        **rows.summary(whole.scene, whole.found, whole.view),
        **_units(units_of_scene(work, whole.scene, whole.view, spec)),
    }
    live = {**live, **_units(units_of_live(work, run) if run.live else live.get("official", []))}
    out = []
    for name, value in full.items():
        kept = live.get(name)
        if isinstance(value, int | float):
            same = isinstance(kept, int | float) and math.isclose(kept, value, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        else:
            same = kept == value
        if not same and name != KEPT:
            out.append({"figure": name, "live": kept, "whole": value})
    return out


def _units(official: list[dict[str, Any]]) -> dict[str, int]:
    return {f"official_{unit['unit']}": unit["with_camera"] for unit in official}


def state(work: UnitOfWork, plan_id: UUID) -> dict[str, Any]:
    """Return how live figures of a plan stand: since when, and what the last comparison found."""
    plan_sql.get_plan(work.session, plan_id)
    run = coverage_sql.newest_run(work.session, plan_id)
    last = check_sql.newest_check(work.session, plan_id)
    return {
        "plan": plan_id,
        "run": run.id if run is not None and run.live else None,
        "at": run.created_at if run is not None and run.live else None,
        "checked": None
        if last is None
        else {"at": last.at, "equal": last.equal, "seconds": last.seconds, "differences": last.differences},
    }


def run_live_job(work: UnitOfWork, args: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Do what a request left: a change of cameras or of a building, or all of a ``plan``."""
    if "plan" in args:
        return {"run_id": str(renew(work, UUID(args["plan"]), now=now).id)}
    territory_id = UUID(args["territory"])
    sql.hold(work.session, territory_id)
    if "footprint" in args:
        measure_building(work, territory_id, shapely.from_wkb(args["footprint"]), now=now)
        return {"buildings": 1}
    change = Change.from_json(args["change"])
    if len(change.cameras) >= ALL_ANEW:
        for plan_id in sql.followed_plans(work.session, territory_id):
            renew(work, plan_id, now=now)
    else:
        measure_change(work, territory_id, change, now=now)
    return {"cameras": len(change.cameras)}


def _followed(work: UnitOfWork, plan_id: UUID) -> tuple[Plan, CoverageRun]:
    plan = plan_sql.get_plan(work.session, plan_id)
    # the run is read in our turn: whoever had it before may have put another in its place
    sql.hold(work.session, plan.territory_id)
    source = coverage_sql.newest_run(work.session, plan_id)
    if source is None:
        raise NotFoundError("There is no coverage run of this plan yet; start one.", plan=str(plan_id))
    return plan, source


def _registered(work: UnitOfWork, plan: Plan) -> dict[UUID, int]:
    """Return this year's incidents of every grid."""
    found = coverage_sql.incidents_of_year(work.session, plan.id)
    return {grid: found.get(grid, 0) for grid in plan_sql.grid_shapes(work.session, plan.id)["id"]}


def _write(work: UnitOfWork, source: CoverageRun, spec: CoverageSpec, whole: Whole, *, now: datetime) -> CoverageRun:
    """Let the live run be a whole computation."""
    session, scene, found, view = work.session, whole.scene, whole.found, whole.view
    run = sql.empty_live(session, source)
    copy_rows(session, "coverage_grid", coverage_sql.GRID_COLUMNS, rows.grid_rows(scene, run.id, found, view, spec))
    copy_rows(session, "gap", coverage_sql.GAP_COLUMNS, rows.gap_rows(scene, run.id, found, spec))
    copy_rows(session, "key_place_coverage", coverage_sql.PLACE_COLUMNS, rows.place_rows(scene, run.id, found, view))
    coverage_sql.forget_sheds(session, scene.territory.id)
    copy_rows(session, "view_shed", coverage_sql.SHED_COLUMNS, rows.shed_rows(scene, view.sheds, sql.LIVE_DIGEST))
    run.summary = {**rows.summary(scene, found, view), "official": units_of_scene(work, scene, view, spec)}
    run.seconds, run.created_at = round(whole.seconds, 3), max(now, run.created_at)
    session.flush()
    for layer in LAYERS:
        work.touch(layer, scene.territory.id)
    told = {"plan": str(run.plan_id), "run": str(run.id), "grids": None}
    work.announce("coverage", told, scene.territory.id)
    return run
