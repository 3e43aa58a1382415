"""Who else has a plan open: pages say so every few seconds; nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Wired, Wiring, Work
from services import presence
from services.presence import PresenceBoard

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

Page = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{8,64}$", description="A random name that the page gave itself.")]


class PresenceIn(BaseModel):
    """A page that has a plan open."""

    model_config = ConfigDict(extra="forbid")

    page: Page
    grid: Annotated[
        str | None, Field(pattern=r"^[0-9A-Za-z-]{1,32}$", description="Code of the grid in hand, while one is edited.")
    ] = None


class PresentOut(BaseModel):
    """Somebody else who has the plan open; `me` is the caller's own account in another page."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    me: bool
    grid: str | None


class PresenceOut(BaseModel):
    """Everybody else, by name."""

    others: list[PresentOut]


@router.put("/{plan_id}/presence", operation_id="say_present")
def say_present(work: Work, wiring: Wired, plan_id: UUID, here: PresenceIn) -> PresenceOut:
    """Say that this page has the plan open, for a minute; answers who else has."""
    presence.say_present(work, plan_id, here.page, here.grid)
    board: PresenceBoard = wiring.parts.get("presence") or PresenceBoard()
    found = board.others(plan_id, here.page, work.actor.account_id)
    return PresenceOut(others=[PresentOut.model_validate(each) for each in found])


@router.delete("/{plan_id}/presence", status_code=204, operation_id="leave_plan")
def leave_plan(work: Work, plan_id: UUID, page: Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{8,64}$")]) -> None:
    """Say that this page has closed the plan."""
    presence.leave(work, plan_id, page)


@asynccontextmanager
async def running(wiring: Wiring) -> AsyncIterator[None]:
    """Listen to other processes for as long as the server runs."""
    board = PresenceBoard()
    wiring.parts["presence"] = board
    task = asyncio.create_task(board.run(wiring.database.app_url))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
