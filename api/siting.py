"""Siting: what proposed cameras would see and change, and proposals of where to put them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import IfMatch, Work
from api.jobs import JobAnswer
from api.siting_bodies import (
    PlacementAnswer,
    PlacementChange,
    PlacementIn,
    PlacementsOut,
    PlacementStarted,
    WhatIfIn,
    WhatIfOut,
    WholePlacementOut,
)
from services import jobs
from services import placement_views as views
from services.placement_spec import spec_of

router = APIRouter(prefix="/api/v1/coverage", tags=["coverage"])


@router.post("/what-if", operation_id="what_if")
def what_if(work: Work, asked: WhatIfIn) -> WhatIfOut:
    """Tell what cameras would see and change; nothing is saved."""
    from services.proposed_views import Proposed  # noqa: PLC0415 - brings in compiled kernels
    from services.what_if import what_if  # noqa: PLC0415

    found = what_if(
        work,
        asked.plan,
        [Proposed(**camera.model_dump()) for camera in asked.cameras],
        remove=asked.remove,
        needs=asked.needs.model_dump() if asked.needs else None,
    )
    return WhatIfOut.model_validate(found)


@router.get("/placements", operation_id="list_placements")
def list_placements(work: Work, plan: UUID) -> PlacementsOut:
    """Return the proposals of a plan, newest first."""
    return PlacementsOut.model_validate({"placements": views.list_placements(work, plan)})


@router.post(
    "/placements",
    status_code=202,
    operation_id="start_placement",
    response_model_exclude_none=True,
    responses={201: {"model": PlacementStarted, "description": "Cameras that a person put are kept at once."}},
)
def start_placement(work: Work, asked: PlacementIn, response: Response) -> PlacementStarted:
    """Look for places where further cameras help most, or keep cameras that a person put.

    Equal inputs of a search return the proposal that is there.
    """
    from services.placements import finished  # noqa: PLC0415 - brings in compiled kernels

    work.actor.require("analyst", "planner", "camera_administrator")
    if asked.cameras is not None:
        response.status_code = 201
        return _put_by_hand(work, asked, response)
    spec = asked.spec()
    known = finished(work, asked.plan, spec_of(spec))
    if known is not None:
        response.status_code = 200
        told = views.get_placement(work, known.id)
        return PlacementStarted(placement=WholePlacementOut.model_validate(told))
    args = {"plan": str(asked.plan), "name": asked.name, "spec": spec}
    return PlacementStarted(job=JobAnswer.of(jobs.start_job(work, "placement", args)).job)


def _put_by_hand(work: Work, asked: PlacementIn, response: Response) -> PlacementStarted:
    from services.hand_made import add_by_hand  # noqa: PLC0415 - brings in compiled kernels

    cameras = [camera.model_dump() for camera in asked.cameras or []]
    spec = spec_of({**asked.spec(), "budget": len(cameras)})
    made = add_by_hand(work, asked.plan, spec, cameras, name=asked.name)
    response.headers["Location"] = f"/api/v1/coverage/placements/{made.id}"
    return PlacementStarted(placement=_answer(views.get_placement(work, made.id), response).placement)


@router.get("/placements/{placement}", operation_id="get_placement")
def get_placement(work: Work, response: Response, placement: UUID) -> PlacementAnswer:
    """Return a proposal with its cameras."""
    return _answer(views.get_placement(work, placement), response)


@router.patch("/placements/{placement}", operation_id="change_placement")
def change_placement(
    work: Work, response: Response, placement: UUID, change: PlacementChange, revision: IfMatch
) -> PlacementAnswer:
    """Rename a proposal or change its cameras; what they see and add is computed again."""
    cameras = None if change.cameras is None else [camera.model_dump() for camera in change.cameras]
    found = views.change_placement(work, placement, revision=revision, name=change.name, cameras=cameras)
    return _answer(found, response)


@router.delete("/placements/{placement}", status_code=204, operation_id="remove_placement")
def remove_placement(work: Work, placement: UUID) -> None:
    """Remove a proposal."""
    views.remove_placement(work, placement)


def _answer(found: dict[str, Any], response: Response) -> PlacementAnswer:
    response.headers["ETag"] = f'"{found["revision"]}"'
    return PlacementAnswer.model_validate({"placement": found})
