"""What else was reported there: proposals for linking."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import Work
from services import duplicates as service

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


class DuplicateOut(BaseModel):
    """An open case that is likely about the same thing; number and revision are what a link needs."""

    model_config = ConfigDict(from_attributes=True)

    no: str
    revision: int
    item: str
    item_code: str | None
    state: str
    channel: str
    reported_at: datetime
    score: float
    distance_m: float
    hours: float
    reason: Literal["same-item", "same-words", "alike-words", "same-place"]
    lon: float
    lat: float


class DuplicatesOut(BaseModel):
    """Likely duplicates, the likeliest first."""

    duplicates: list[DuplicateOut]


@router.get("/{no}/duplicates", operation_id="list_duplicates")
def list_duplicates(
    work: Work, no: str, limit: Annotated[int, Query(ge=1, le=100, description="100 in a storm.")] = 5
) -> DuplicatesOut:
    """Return open cases that are likely about the same thing, by distance, time and item, with the reason."""
    found = service.proposed(work, no, most=limit)
    return DuplicatesOut(duplicates=[DuplicateOut.model_validate(each) for each in found])
