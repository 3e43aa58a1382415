"""Alive, ready, and figures for Prometheus."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.deps import Wired
from gis.errors import NotAllowedError
from services import health
from services.http_settings import is_loopback

router = APIRouter(tags=["health"])
_PATIENCE_S = 5.0


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Whether requests can be served, part by part."""

    status: Literal["ready", "degraded", "not ready"]
    checks: dict[str, str]


@router.get("/health/live", summary="Is the process alive", operation_id="health_live")
async def live() -> Alive:
    """Answer as long as the process runs."""
    return Alive()


@router.get(
    "/health/ready",
    summary="Can it serve",
    operation_id="health_ready",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Not ready."}},
)
async def ready(wiring: Wired) -> Response:
    """Look at the database, its schema and the worker; 503 when requests can't be served."""
    try:
        found = await asyncio.wait_for(run_in_threadpool(health.check, wiring.database), _PATIENCE_S)
    except TimeoutError:
        found = health.Readiness(False, {"database": f"no answer within {_PATIENCE_S:g} s"})
    checks = dict(found.checks)
    alive = wiring.parts.get("worker_alive")
    if alive is not None and not alive():
        checks["worker"] = "stopped"
    sound = checks.get("worker") == "ok"
    status = "not ready" if not found.ready else "ready" if sound else "degraded"
    headers = {"Cache-Control": "no-store"} | ({} if found.ready else {"Retry-After": "5"})
    return JSONResponse({"status": status, "checks": checks}, 200 if found.ready else 503, headers)


@router.get("/metrics", summary="Figures for Prometheus", operation_id="metrics", response_class=Response)
def metrics(request: Request, wiring: Wired) -> Response:
    """Return figures in Prometheus' text form, to this machine only unless a setting says otherwise."""
    client = request.client.host if request.client else ""
    # a proxy on this machine speaks for others: its word that the client is elsewhere counts
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    if not wiring.settings.http.metrics_from_anywhere and (forwarded or not is_loopback(client)):
        raise NotAllowedError("Figures are given to this machine only; GRIDWARD_METRICS_FROM_ANYWHERE=1 opens them.")
    return Response(wiring.figures.exposition(), media_type=CONTENT_TYPE_LATEST)
