"""The link of whoever reported, open without signing in: how the case stands, and once a word on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.deps import Wired, Wiring
from api.public_reports import count_use
from services.cases import follow as service
from services.cases.asked import REASON_LENGTH

router = APIRouter(prefix="/api/v1/follow", tags=["follow"])
LOOKS: Final = 120
WORDS: Final = 20
"""Per address and quarter of an hour; a key has 192 random bits, so this is for the machine's sake."""
Token = Annotated[str, Path(min_length=16, max_length=64, pattern=r"^[\w-]+$")]


class FollowOut(BaseModel):
    """How a case stands, and what may be said of it by this link."""

    model_config = ConfigDict(from_attributes=True)

    no: str
    item: str
    item_en: str
    item_zh: str
    state: str
    state_zh: str
    state_at: datetime
    reported_at: datetime
    cycle: int
    rated: bool
    actions: list[Literal["rate", "reopen", "appeal"]]


class FollowIn(BaseModel):
    """A score for what was done, or why the case should be opened again or looked at again."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["rate", "reopen", "appeal"]
    score: Annotated[int, Field(ge=1, le=5)] | None = None
    reason: Annotated[str, Field(max_length=REASON_LENGTH)] | None = None
    text: Annotated[str, Field(max_length=2000)] | None = None


@router.get("/{token}", operation_id="get_followed")
async def get_followed(request: Request, wired: Wired, token: Token) -> FollowOut:
    """Return how the case of a link stands."""
    await count_use(request, wired, "follow", LOOKS, {})
    return await run_in_threadpool(_read, wired, token)


@router.post("/{token}", operation_id="use_follow_link")
async def use_follow_link(request: Request, wired: Wired, token: Token, body: FollowIn) -> FollowOut:
    """Rate, have reopened or appeal; a link takes one word."""
    await count_use(request, wired, "follow word", WORDS, {})
    return await run_in_threadpool(_use, wired, token, body)


def _read(wired: Wiring, token: str) -> FollowOut:
    with wired.system_work() as work:
        return FollowOut.model_validate(service.read(work, token, now=datetime.now(UTC)))


def _use(wired: Wiring, token: str, body: FollowIn) -> FollowOut:
    with wired.system_work() as work:
        found = service.use(
            work, token, body.action, score=body.score, reason=body.reason, text=body.text, now=datetime.now(UTC)
        )
        return FollowOut.model_validate(found)
