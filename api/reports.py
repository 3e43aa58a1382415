"""Reports to take away: one file each, to be opened without a network; kept under a title; written each month."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.deps import Work, settings_of
from api.jobs import JobAnswer, JobOut
from services import jobs, report_schedules
from services.current_plan import current_plan_id
from services.settings import Settings

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

Name = Literal["coverage", "cameras", "facilities"]
Format = Literal["html", "pdf", "xlsx", "csv", "gpkg"]
Lang = Literal["en", "zh"]
Language = Annotated[Lang, Query(description="Language of the report.")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
SettingsOf = Annotated[Settings, Depends(settings_of)]


class KeptOut(BaseModel):
    """A report under a title; `made_at` is when its file was written, which may be before it was kept."""

    id: UUID
    name: Name
    title: str
    format: Format
    lang: Lang
    month: str | None
    plan: UUID
    at: datetime
    made_at: datetime
    author: str | None
    bytes: int
    saved: bool


class KeptList(BaseModel):
    """Kept reports, newest first."""

    reports: list[KeptOut]


class ReportRequest(BaseModel):
    """A report to write and keep."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    title: Title
    format: Format = "html"
    lang: Lang = "en"
    plan: UUID | None = None
    run: Annotated[UUID | None, Field(description="Coverage run; the newest of how things stand when left out.")] = None
    area: Annotated[UUID | None, Field(description="Area that a coverage report is of; all when left out.")] = None


class ReportStarted(BaseModel):
    """A job, or the finished report of equal inputs."""

    job: JobOut | None = None
    report: KeptOut | None = None


class ReportAnswer(BaseModel):
    """One kept report."""

    report: KeptOut


class TitleChange(BaseModel):
    """Another title."""

    model_config = ConfigDict(extra="forbid")

    title: Title


class ScheduleIn(BaseModel):
    """A report to be written each month about the local month that is over."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    title: Title
    format: Format = "html"
    lang: Lang = "en"
    plan: Annotated[UUID | None, Field(description="The plan in use on that day when left out.")] = None
    day: Annotated[int, Field(ge=1, le=28, description="Day of the month that it is written on.")] = 1
    hour: Annotated[int, Field(ge=0, le=23, description="Local hour.")] = 6
    time_zone: Annotated[str | None, Field(max_length=60, description="The territory's when left out.")] = None


class ScheduleChange(BaseModel):
    """What to change."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None
    format: Format | None = None
    lang: Lang | None = None
    day: Annotated[int | None, Field(ge=1, le=28)] = None
    hour: Annotated[int | None, Field(ge=0, le=23)] = None
    active: StrictBool | None = None


class ScheduleOut(BaseModel):
    """A schedule; `last_month` is the month it was written of last."""

    id: UUID
    name: Name
    title: str
    format: Format
    lang: Lang
    plan: UUID | None
    day: int
    hour: int
    time_zone: str
    active: bool
    last_month: str | None
    last_at: datetime | None
    next_at: datetime | None


class ScheduleAnswer(BaseModel):
    """One schedule."""

    schedule: ScheduleOut


class ScheduleList(BaseModel):
    """All schedules."""

    schedules: list[ScheduleOut]


@router.get("", operation_id="list_reports")
def list_reports(work: Work, plan: Annotated[UUID | None, Query(description="Only of this plan.")] = None) -> KeptList:
    """Return kept reports, newest first."""
    from services.reports import kept  # noqa: PLC0415 - folium and the engines take seconds to import

    return KeptList.model_validate({"reports": kept.list_kept(work, plan_id=plan)})


@router.post(
    "",
    status_code=202,
    operation_id="make_report",
    responses={200: {"model": ReportStarted, "description": "Finished already."}},
)
def make_report(work: Work, asked: ReportRequest, response: Response) -> ReportStarted:
    """Write a report and keep it under its title; equal inputs return the finished file at once (200)."""
    from services.reports import kept  # noqa: PLC0415 - as above
    from services.reports.jobs import job_of  # noqa: PLC0415 - as above

    plan = asked.plan if asked.plan is not None else current_plan_id(work)
    wanted = kept.Wanted(asked.name, asked.title, plan, asked.format, asked.lang, asked.run, area_id=asked.area)
    known = kept.finished(work, wanted)
    if known is not None:
        response.status_code = 200
        return ReportStarted(report=KeptOut.model_validate(known))
    return ReportStarted(job=JobAnswer.of(jobs.start_job(work, "report", job_of(wanted))).job)


@router.get("/schedules", operation_id="list_report_schedules")
def list_schedules(work: Work) -> ScheduleList:
    """Return the reports that are written each month."""
    return ScheduleList.model_validate({"schedules": report_schedules.list_schedules(work, now=datetime.now(UTC))})


@router.post("/schedules", status_code=201, operation_id="add_report_schedule")
def add_schedule(work: Work, settings: SettingsOf, asked: ScheduleIn) -> ScheduleAnswer:
    """Have a report written each month."""
    given: dict[str, Any] = asked.model_dump()
    given["time_zone"] = given["time_zone"] or settings.cases.time_zone
    return ScheduleAnswer.model_validate(
        {"schedule": report_schedules.add_schedule(work, given, now=datetime.now(UTC))}
    )


@router.patch("/schedules/{schedule_id}", operation_id="change_report_schedule")
def change_schedule(work: Work, schedule_id: UUID, change: ScheduleChange) -> ScheduleAnswer:
    """Change a schedule, or let it rest."""
    changes = change.model_dump(include=change.model_fields_set)
    found = report_schedules.change_schedule(work, schedule_id, changes, now=datetime.now(UTC))
    return ScheduleAnswer.model_validate({"schedule": found})


@router.delete("/schedules/{schedule_id}", status_code=204, operation_id="delete_report_schedule")
def delete_schedule(work: Work, schedule_id: UUID) -> None:
    """Write it no more; the reports that were written stay."""
    report_schedules.delete_schedule(work, schedule_id)


@router.get("/{report}/file", operation_id="get_kept_report", response_class=Response)
def get_kept_report(work: Work, report: UUID) -> Response:
    """Return the file of a kept report."""
    from services.reports import kept  # noqa: PLC0415 - as above

    facts, content = kept.file_of(work, report)
    return attachment(content, facts["title"], facts["format"])


@router.patch("/{report}", operation_id="rename_report")
def rename_report(work: Work, report: UUID, change: TitleChange) -> ReportAnswer:
    """Give a kept report another title."""
    from services.reports import kept  # noqa: PLC0415 - as above

    return ReportAnswer.model_validate({"report": kept.rename(work, report, change.title)})


@router.delete("/{report}", status_code=204, operation_id="delete_report")
def delete_report(work: Work, report: UUID) -> None:
    """Forget a kept report."""
    from services.reports import kept  # noqa: PLC0415 - as above

    kept.forget(work, report)


@router.get("/{report}", operation_id="get_report", response_class=Response)
def get_report(
    work: Work,
    report: Name,
    *,
    plan: Annotated[UUID | None, Query(description="Plan; the one in use when left out.")] = None,
    run: Annotated[UUID | None, Query(description="Coverage run; the newest of how things stand now.")] = None,
    area: Annotated[UUID | None, Query(description="Area that a coverage report is of; all when left out.")] = None,
    minutes: Annotated[
        float | None, Query(gt=0, le=120, description="Longest walk that a report on facilities counts; else 15.")
    ] = None,
    lang: Language = "en",
    format: Annotated[Format, Query(description="Page, A4 sheet, workbook, table, map layers.")] = "html",  # noqa: A002 - its name in the contract
) -> Response:
    """Return a report as one file; equal inputs return the finished one."""
    from services import reports  # noqa: PLC0415 - folium and the engines take seconds to import

    chosen = plan if plan is not None else current_plan_id(work)
    content = reports.build(
        work, report, chosen, lang=lang, file_format=format, run_id=run, area_id=area, minutes=minutes
    )
    return attachment(content, f"gridward-{report}", format)


def attachment(content: bytes, name: str, file_format: Format) -> Response:
    """Answer with a file to keep."""
    from services.reports import MEDIA  # noqa: PLC0415 - as above

    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in " -_.") else "_" for sign in name)
    held = f'attachment; filename="{plain}.{file_format}"'
    if plain != name:
        held += f"; filename*=UTF-8''{quote(f'{name}.{file_format}', safe='')}"
    return Response(content, media_type=MEDIA[file_format], headers={"Content-Disposition": held})
