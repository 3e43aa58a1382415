"""Build a report: gather what it says, and render it unless equal contents were rendered before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from gis.errors import InvalidInputError, NotFoundError
from layers.report import ReportContent
from layers.spec import LANGS, Lang
from services.facilities import MINUTES
from services.reports.cameras_report import cameras_content
from services.reports.coverage_report import coverage_content
from services.reports.facilities_report import facilities_content
from services.reports.formats import ENGINE, FORMATS, render
from store.database import coverage as coverage_sql
from store.database import plans as plan_sql
from store.database import reports as sql
from store.database.cameras import may_name
from store.database.models import CoverageRun, Plan
from store.database.work import UnitOfWork

NAMES: Final = ("coverage", "cameras", "facilities")
UNNAMED: Final = "!camera_network"
"""How the scope ends for whom a file was written without codes and references of cameras."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A finished file of a report."""

    id: UUID
    content: bytes


def build(
    work: UnitOfWork,
    name: str,
    plan_id: UUID,
    *,
    lang: str = "en",
    file_format: str = "html",
    run_id: UUID | None = None,
    area_id: UUID | None = None,
    minutes: float | None = None,
) -> bytes:
    """Build a report of a plan, or return the file already built from equal inputs.

    Parameters
    ----------
    work : UnitOfWork
    name : str
        One of `NAMES`.
    plan_id : UUID
    lang : {"en", "zh"}
    file_format : str
        One of `FORMATS`.
    run_id : UUID, optional
        Coverage run to report; the newest of how things stand without it.
    area_id : UUID, optional
        Area that a coverage report is of; the whole territory without it.
    minutes : float, optional
        Longest walk that a report on facilities counts; a quarter of an hour without it.

    Raises
    ------
    InvalidInputError
        No such report, format or language, an area of a report that is of all, or a walk that none is of.
    NotFoundError
        There is no such plan or area, or no coverage run yet.
    """
    check_format(file_format)
    content = gather(work, name, plan_id, lang=lang, run_id=run_id, area_id=area_id, minutes=minutes)
    return finish(work, content, file_format).content


def check_format(file_format: str) -> None:
    """Refuse a format that reports are not written in."""
    if file_format not in FORMATS:
        raise InvalidInputError(
            f"A report is written as {', '.join(FORMATS)}, not {file_format[:20]}.", field="format", known=FORMATS
        )


def gather(
    work: UnitOfWork,
    name: str,
    plan_id: UUID,
    *,
    lang: str = "en",
    run_id: UUID | None = None,
    area_id: UUID | None = None,
    minutes: float | None = None,
) -> ReportContent:
    """Gather what a report says; parameters and errors as of `build`."""
    if name not in NAMES:
        raise InvalidInputError(f"There is no report {name[:40]}; there are: {', '.join(NAMES)}.", field="name")
    language: Lang | None = next((known for known in LANGS if known == lang), None)
    if language is None:
        raise InvalidInputError(f"A report is written in en or zh, not {lang[:20]}.", field="lang")
    if minutes is not None and name != "facilities":
        raise InvalidInputError(f"The report {name} is of no walk.", field="minutes")
    plan = plan_sql.get_plan(work.session, plan_id)
    if name == "coverage":
        return coverage_content(work, plan, _run_of(work, plan, run_id), language, area_id=area_id)
    if area_id is not None:
        raise InvalidInputError(f"The report {name} is of the whole territory.", field="area")
    now = datetime.now(UTC)
    if name == "cameras":
        return cameras_content(work, plan, language, now=now)
    return facilities_content(work, plan, language, now=now, minutes=MINUTES if minutes is None else minutes)


def finish(work: UnitOfWork, content: ReportContent, file_format: str) -> ReportFile:
    """Render a report, or take the file that equal contents had already."""
    digest = content.digest(str(ENGINE))
    made_for = eyes(work)
    known = sql.find_report(work.session, content.name, file_format, digest, made_for)
    if known is not None:
        return ReportFile(*known)
    rendered = render(content, file_format)
    values = {
        "name": content.name, "digest": digest, "format": file_format, "content": rendered, "made_for": made_for,
    }  # fmt: skip
    return ReportFile(sql.save_report(work.session, values), rendered)


def eyes(work: UnitOfWork) -> str:
    """Return for whose eyes a report is written now: the scope of who asks, without cameras' names where masked."""
    scope = work.actor.scope_key
    return scope if may_name(work.session) or scope.endswith(UNNAMED) else scope + UNNAMED


def _run_of(work: UnitOfWork, plan: Plan, run_id: UUID | None) -> CoverageRun:
    if run_id is None:
        run = coverage_sql.newest_run(work.session, plan.id)
    else:
        run = coverage_sql.get_run(work.session, run_id)
        if run.plan_id != plan.id:
            raise InvalidInputError("This coverage run is of another plan.", field="run", run=str(run_id))
    if run is None:
        raise NotFoundError("There is no coverage run of this plan yet; start one with `gridward coverage run`.")
    return run
