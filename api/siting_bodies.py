"""Bodies of what-if: proposed cameras, what they see, and what they change."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ProposedIn(BaseModel):
    """A camera that could be put up, or (with `id`) one that could look elsewhere."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    azimuth: Annotated[float | None, Field(ge=-360, le=720)] = None
    hfov: Annotated[float, Field(gt=0, le=360)] = 60.0
    max_range: Annotated[float, Field(ge=0, le=5000)] = 80.0
    sensor_px: Annotated[int, Field(ge=1, le=100_000)] = 1920
    ptz: bool = False
    dome: bool = False
    id: UUID | None = None
    key: Annotated[str | None, Field(max_length=80)] = None


class WhatIfNeeds(BaseModel):
    """What ought to be seen; what is left out is as in the plan's newest run."""

    model_config = ConfigDict(extra="forbid")

    k: Annotated[int | None, Field(ge=1, le=3)] = None
    status: Literal["all", "networked", "online", "serviceable"] | None = None
    level: Annotated[str | None, Field(max_length=20)] = None


class WhatIfIn(BaseModel):
    """Cameras to try."""

    model_config = ConfigDict(extra="forbid")

    plan: UUID | None = None
    needs: WhatIfNeeds | None = None
    cameras: Annotated[list[ProposedIn], Field(max_length=200)] = []
    remove: Annotated[list[UUID], Field(max_length=200)] = []


class OverlapOut(BaseModel):
    """A privacy zone that a camera looks into."""

    zone_id: UUID
    kind: str
    reason: str
    overlap_m2: float


class ViewOut(BaseModel):
    """What a proposed camera sees; `range_m` is cut to the level of detail, `lon` and `lat` are where it would hang."""

    key: str | None
    id: UUID | None
    shed: dict[str, Any]
    area_m2: float
    known: bool
    flags: list[str]
    moved_m: float
    range_m: float
    lon: float
    lat: float
    privacy: list[OverlapOut]
    allowed: bool
    why_en: str | None
    why_zh: str | None


class FiguresOut(BaseModel):
    """Figures of a grid."""

    street_m: float
    seen_m: float
    seen_m_upper: float
    k2_m: float
    k3_m: float
    places: int
    places_seen: float
    places_seen_upper: float
    gap_score: float


class GridChangeOut(BaseModel):
    """A grid before and after."""

    grid_id: UUID
    code: str
    before: FiguresOut
    after: FiguresOut


class ChangeOut(BaseModel):
    """What changes in all touched grids together."""

    seen_m: float
    seen_m_upper: float
    places_seen: float
    gap_score: float


class WhatIfOut(BaseModel):
    """Views and changes."""

    run_id: UUID
    cameras: list[ViewOut]
    grids: list[GridChangeOut]
    change: ChangeOut
    ms: float
