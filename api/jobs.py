"""Long work: how it stands, and stopping it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.deps import Wiring, Work
from api.problems import status_of_family
from services import jobs
from services.deliveries import outbound_of
from services.jobs import JobView
from services.tile_export import PMTILES

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])


class JobOut(BaseModel):
    """A piece of long work."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    done: float
    note: str
    cancel_asked: bool
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


class JobAnswer(BaseModel):
    """What a route that starts, shows or stops a job answers."""

    job: JobOut

    @classmethod
    def of(cls, view: JobView) -> JobAnswer:
        """Build the answer from the service's result; a problem gets the status that a request would have had."""
        job = JobOut.model_validate(view)
        if job.problem is not None:
            family = job.problem.pop("family", [])
            job.problem["status"] = status_of_family(family)
        return cls(job=job)


STARTED: dict[int | str, dict[str, Any]] = {
    202: {"model": JobAnswer, "description": "It takes longer: a job, whose result is the answer."}
}


async def respond_async(
    prefer: Annotated[
        str | None, Header(description="`respond-async`: answer 202 with a job, however quick the work is.")
    ] = None,
) -> bool:
    """Whether the caller would rather follow a job than wait for the answer (RFC 7240)."""
    wishes = (wish.split(";")[0].strip().lower() for wish in (prefer or "").split(","))
    return "respond-async" in wishes


RespondAsync = Annotated[bool, Depends(respond_async)]


@router.get("/{job_id}", summary="How a job stands", operation_id="get_job")
def get_job(job_id: UUID, work: Work) -> JobAnswer:
    """Return a job's state, how far it is, and its result or problem."""
    return JobAnswer.of(jobs.get_job(work, job_id))


@router.get(
    "/{job_id}/file",
    summary="The file that a job made",
    operation_id="get_job_file",
    response_class=Response,
    responses={200: {"content": {PMTILES: {}}}},
)
def get_job_file(job_id: UUID, work: Work) -> Response:
    """Return the file that a job made, to whoever asked for the job."""
    name, kind, content = jobs.output_of(work, job_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=kind, headers=headers)


@router.delete("/{job_id}", status_code=202, summary="Stop a job", operation_id="cancel_job")
def cancel_job(job_id: UUID, work: Work) -> JobAnswer:
    """Ask a job to stop; nothing of it is saved. Its state says when it did."""
    return JobAnswer.of(jobs.cancel_job(work, job_id))


@asynccontextmanager
async def running(wiring: Wiring) -> AsyncIterator[None]:
    """Run queued jobs inside the server too, unless the settings leave that to `gridward worker`."""
    chosen = wiring.settings.jobs
    if not chosen.jobs_in_server:
        yield
        return
    async with jobs.working(
        wiring.database,
        slots=chosen.job_slots,
        stalled_s=chosen.job_stalled_s,
        time_zone=wiring.settings.cases.time_zone,
        audit_months=wiring.settings.access.audit_months,
        outbound=outbound_of(wiring.settings),
    ) as alive:
        wiring.parts["worker_alive"] = alive
        yield
