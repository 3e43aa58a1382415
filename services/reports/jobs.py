"""Reports as jobs: one that somebody asked for, or one of a month."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from gis.errors import NotFoundError
from services.coverage import run_coverage
from services.coverage_spec import CoverageSpec
from services.current_plan import current_plan_id
from services.reports.kept import Wanted, write_kept
from store.database import kept_reports as sql
from store.database.models import ReportSchedule
from store.database.work import UnitOfWork


def job_of(wanted: Wanted) -> dict[str, Any]:
    """Return a job's arguments that write a report."""
    return {
        "name": wanted.name,
        "title": wanted.title,
        "plan": str(wanted.plan_id),
        "format": wanted.file_format,
        "lang": wanted.lang,
        "run": str(wanted.run_id) if wanted.run_id else None,
        "area": str(wanted.area_id) if wanted.area_id else None,
    }


def run_report_job(work: UnitOfWork, args: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Write a report and keep it: arguments of `job_of`, or ``schedule`` and ``month``."""
    if "schedule" in args:
        schedule = sql.get_schedule(work.session, UUID(args["schedule"]))
        if schedule is None:
            raise NotFoundError("The schedule was deleted meanwhile.", schedule=args["schedule"])
        wanted = _of_month(work, schedule, args["month"], progress)
    else:
        run, area = (UUID(args[name]) if args.get(name) else None for name in ("run", "area"))
        wanted = Wanted(
            args["name"], args["title"], UUID(args["plan"]), args["format"], args["lang"], run, area_id=area
        )
    progress(0.7, "writing")
    return {"report_id": str(write_kept(work, wanted)["id"])}


def _of_month(work: UnitOfWork, schedule: ReportSchedule, month: str, progress: Callable[[float, str], None]) -> Wanted:
    """Measure the month where the report is about coverage."""
    plan_id = schedule.plan_id or current_plan_id(work, schedule.territory_id)
    run_id = None
    if schedule.name == "coverage":
        spec = CoverageSpec(month=month, time_zone=schedule.time_zone)
        run, _ = run_coverage(work, plan_id, spec, progress=lambda done, note: progress(0.7 * done, note))
        run_id = run.id
    return Wanted(
        schedule.name,
        f"{schedule.title} {month}",
        plan_id,
        schedule.format,
        schedule.lang,
        run_id,
        month=month,
        schedule_id=schedule.id,
    )
