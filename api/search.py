"""The search box."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import Work
from api.locate import Graphs
from api.one_thread import in_one_thread
from services import search as service

router = APIRouter(prefix="/api/v1", tags=["search"])


class HitOut(BaseModel):
    """Something found; longitude and latitude, and a box where it has an extent."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["grid", "address", "place", "street", "camera", "component", "coordinate", "area"]
    label: str
    detail: str | None
    id: str | None
    lon: float
    lat: float
    bbox: tuple[float, float, float, float] | None


class Hits(BaseModel):
    """What was found, best first."""

    results: list[HitOut]


@router.get("/search", operation_id="search")
@in_one_thread
def search(
    work: Work,
    graphs: Graphs,
    q: Annotated[str, Query(description="Code, name, address, or two coordinates.", max_length=service.LONGEST)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    territory: UUID | None = None,
) -> Hits:
    """Find grids, areas, cameras, key places, streets, addresses and positions."""
    found = service.search(work, graphs.addresses, q, limit=limit, territory=territory)
    return Hits(results=[HitOut.model_validate(hit) for hit in found])
