"""Bodies of siting: proposed cameras, what they see, what they change, and proposals that are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from api.jobs import JobOut


class ProposedIn(BaseModel):
    """A camera that could be put up, or (with `id`) one that could look elsewhere.

    What is left out of lens, range and sensor is usual, or as the camera that is there has it.
    """

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    azimuth: Annotated[float | None, Field(ge=-360, le=720)] = None
    hfov: Annotated[float | None, Field(gt=0, le=360)] = None
    max_range: Annotated[float | None, Field(ge=0, le=5000)] = None
    sensor_px: Annotated[int | None, Field(ge=1, le=100_000)] = None
    ptz: StrictBool = False
    dome: StrictBool = False
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


class HomeInViewOut(BaseModel):
    """A home that a camera looks at from near: metres of its face, and the address of one of its doors if known."""

    building_id: UUID
    kind: str
    address: str | None
    facade_m: float


class ViewOut(BaseModel):
    """What a proposed camera sees; `range_m` is cut to the level of detail, `lon` and `lat` are where it would hang.

    `turn_deg` is the least turn (clockwise, below 0 to the left) after which it looks at nothing private; null where
    nothing needs a turn or none helps. `already_m2` is the part of the view that cameras which stay surely see today;
    null where the view lies outside all grids.
    """

    key: str | None
    id: UUID | None
    shed: dict[str, Any]
    area_m2: float
    already_m2: float | None = None
    known: bool
    flags: list[str]
    moved_m: float
    range_m: float
    lon: float
    lat: float
    privacy: list[OverlapOut]
    homes: list[HomeInViewOut]
    turn_deg: float | None
    allowed: bool
    why_en: str | None
    why_zh: str | None


class FiguresOut(BaseModel):
    """Figures of a grid."""

    street_m: float
    seen_m: float
    seen_m_upper: float
    k2_m: float
    k2_m_upper: float
    k3_m: float
    k3_m_upper: float
    places: int
    places_seen: float
    places_seen_upper: float
    gap_score: float
    gap_score_least: float


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
    places_seen_upper: float
    gap_score: float
    gap_score_least: float


class WhatIfOut(BaseModel):
    """Views and changes."""

    run_id: UUID
    cameras: list[ViewOut]
    grids: list[GridChangeOut]
    change: ChangeOut
    ms: float


class CameraKindIn(BaseModel):
    """The camera that would be put up."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(min_length=1, max_length=40)] = "fixed"
    hfov: Annotated[float, Field(gt=0, le=360)] = 75.0
    max_range: Annotated[float, Field(gt=0, le=5000)] = 80.0
    sensor_px: Annotated[int, Field(ge=1, le=100_000)] = 1920


class MinimumIn(BaseModel):
    """So many cameras at least for an area."""

    model_config = ConfigDict(extra="forbid")

    area: UUID
    least: Annotated[int, Field(ge=0, le=100_000)]


class PlacementNeeds(BaseModel):
    """What ought to be seen, in how much detail."""

    model_config = ConfigDict(extra="forbid")

    k: Annotated[int, Field(ge=1, le=3)] = 1
    level: Annotated[str | None, Field(max_length=20)] = None
    named: Annotated[list[UUID], Field(max_length=200)] = []
    reason: Annotated[str | None, Field(max_length=500)] = None


class PlacedCameraIn(BaseModel):
    """A camera that a person put."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    azimuth: Annotated[float | None, Field(ge=-360, le=720)] = None
    hfov: Annotated[float, Field(gt=0, le=360)] = 75.0
    max_range: Annotated[float, Field(ge=0, le=5000)] = 80.0
    sensor_px: Annotated[int, Field(ge=1, le=100_000)] = 1920
    ptz: StrictBool = False
    dome: StrictBool = False
    mount: Literal["pole", "wall", "junction", "hand"] = "hand"


class PlacementIn(BaseModel):
    """What a proposal is asked: a budget to search with, a share to cover, or cameras that a person put."""

    model_config = ConfigDict(extra="forbid")

    plan: UUID
    name: Annotated[str | None, Field(max_length=200)] = None
    needs: PlacementNeeds = PlacementNeeds()
    budget: Annotated[float | None, Field(ge=0, le=1e12)] = None
    cover: Annotated[
        float | None,
        Field(gt=0, le=1, description="Share of what all allowed places could see; the cheapest cameras that see it."),
    ] = None
    cameras: Annotated[
        list[PlacedCameraIn] | None, Field(min_length=1, max_length=5000, description="Instead of a budget.")
    ] = None
    unit: Literal["cameras", "money"] = "cameras"
    within: UUID | None = None
    camera: CameraKindIn = CameraKindIn()
    places: Annotated[list[Literal["pole", "wall", "junction"]], Field(min_length=1)] = ["pole", "wall", "junction"]
    headings: Annotated[int, Field(ge=1, le=72)] = 8
    per_place: Annotated[int, Field(ge=1, le=8)] = 2
    most_places: Annotated[int, Field(ge=1, le=20_000)] = 2500
    minima: Annotated[list[MinimumIn], Field(max_length=1000)] = []
    prohibited: Annotated[
        list[str] | None, Field(max_length=100, description="Kinds to keep away from beside those that always are.")
    ] = None
    count_existing: StrictBool = True
    refine: StrictBool = True
    certify: StrictBool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.budget is None and self.cover is None) == (self.cameras is None):
            raise ValueError("Give a budget or a share to cover, or else cameras.")
        return self

    def spec(self) -> dict[str, Any]:
        """Return the fields of `services.placement_spec.PlacementSpec` as JSON values."""
        told = self.model_dump(mode="json", exclude={"plan", "name", "needs", "cameras"})
        return {**told, **self.needs.model_dump(mode="json")}


class PlacementOut(BaseModel):
    """A proposal without its cameras."""

    id: UUID
    plan_id: UUID
    name: str
    spec: dict[str, Any]
    summary: dict[str, Any]
    edited: bool
    created_at: datetime
    author: str | None
    revision: int


class PlacedCameraOut(BaseModel):
    """A proposed camera: `gain` is the weight of demand that it adds to those before it."""

    rank: int
    lon: float
    lat: float
    azimuth: float | None
    hfov: float
    max_range: float
    sensor_px: int | None
    ptz: bool
    dome: bool
    mount: str
    gain: float
    cost: float
    grid_id: UUID | None
    grid_code: str | None
    area_code: str | None
    shed: dict[str, Any]


class WholePlacementOut(PlacementOut):
    """A proposal with its cameras, those that help most first."""

    cameras: list[PlacedCameraOut]


class PlacementAnswer(BaseModel):
    """One proposal."""

    placement: WholePlacementOut


class PlacementsOut(BaseModel):
    """Proposals of a plan, newest first."""

    placements: list[PlacementOut]


class PlacementStarted(BaseModel):
    """A job, or the finished proposal of equal inputs."""

    job: JobOut | None = None
    placement: WholePlacementOut | None = None


class PlacementChange(BaseModel):
    """Another name, or other cameras in the place of all."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    cameras: Annotated[list[PlacedCameraIn] | None, Field(max_length=5000)] = None
