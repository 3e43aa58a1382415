"""Coverage that follows the cameras: how it stands, and checking it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import Wiring, Work
from api.jobs import JobAnswer
from services import jobs
from services.current_plan import current_plan_id
from services.warming import start_beside

router = APIRouter(prefix="/api/v1/coverage/live", tags=["coverage"])
_log = logging.getLogger(__name__)
Plan = Annotated[UUID | None, Query(description="Plan; the one in use when left out.")]


class CheckOut(BaseModel):
    """What the last comparison with a whole computation found; `differences` lists the first ones."""

    at: datetime
    equal: bool
    seconds: float
    differences: list[dict[str, Any]]


class LiveOut(BaseModel):
    """The run that follows the cameras (none before the first change), and when it was written last."""

    plan: UUID
    run: UUID | None
    at: datetime | None
    checked: CheckOut | None


class CheckRequest(BaseModel):
    """Which plan to check."""

    model_config = ConfigDict(extra="forbid")

    plan: UUID | None = None


@router.get("", operation_id="get_live_coverage")
def get_live(work: Work, plan: Plan = None) -> LiveOut:
    """Return how the live figures of a plan stand."""
    from services import live_check  # noqa: PLC0415 - brings in compiled kernels

    return LiveOut.model_validate(live_check.state(work, plan if plan is not None else current_plan_id(work)))


@router.post("/check", status_code=202, operation_id="check_live_coverage")
def start_check(work: Work, asked: CheckRequest) -> JobAnswer:
    """Put the live figures beside a whole computation now, as every night; a difference is mended."""
    work.actor.require("analyst", "planner", "camera_administrator", "system_administrator")
    plan = asked.plan if asked.plan is not None else current_plan_id(work)
    return JobAnswer.of(jobs.start_job(work, "check-coverage", {"plan": str(plan)}))


@asynccontextmanager
async def running(_wiring: Wiring) -> AsyncIterator[None]:
    """Load the kernels beside the start, so that the first camera that changes need not wait for them."""
    start_beside(_warm, name="kernels", failure="The kernels of coverage could not be loaded.")
    yield


def _warm() -> None:
    from layers.geojson_text import fill_geometries  # noqa: PLC0415 - brings in compiled kernels
    from services.coverage_warm import settle_heap, warm  # noqa: PLC0415 - brings in compiled kernels

    _log.info("Kernels of coverage are ready.", extra={"seconds": round(warm(), 3)})
    fill_geometries(b"", b"", 7)  # with the others: what is loaded here leaves the garbage collector's way
    settle_heap()
