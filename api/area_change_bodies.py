"""What change sets of areas ask and answer, as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.moments import Day
from services.plan_life.review import NOTE_LENGTH

_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}
Drawing = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"type": "string", "enum": ["LineString", "Polygon"]},
                "coordinates": {
                    "type": "array",
                    "items": {"anyOf": [_POSITION, {"type": "array", "items": _POSITION}]},
                },
            },
        }
    ),
]


class AreaChangeOut(BaseModel):
    """A decision that changes areas, and where it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    territory_id: UUID
    name: str
    basis: str
    status: Literal["draft", "review", "scheduled", "published", "retired"]
    replaces: str | None
    file: str
    effective_on: date | None
    author: str | None
    approver: str | None
    created_at: datetime
    submitted_at: datetime | None
    approved_at: datetime | None
    published_at: datetime | None
    retired_at: datetime | None
    settled: bool
    figures: dict[str, Any]
    revision: int


class DrawnAreaOut(BaseModel):
    """An area of a change set; `area_id` once it is published."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    kind: str
    name: str
    area_id: UUID | None
    bbox: tuple[float, float, float, float]


class EndedAreaOut(BaseModel):
    """An area that ends on the day."""

    id: UUID
    code: str
    name: str


class AreaLineageOut(BaseModel):
    """Which part of an area goes where; shares are of the area that ends."""

    kind: str
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    area_share: float
    household_share: float
    area_m2: float
    households: int


class AreaActionIn(BaseModel):
    """One thing that happens to areas; codes are those after the actions before it."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["merge", "split", "transfer", "rename", "renumber"]
    areas: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        Field(min_length=1, max_length=200, description="Codes; of a transfer the one that gives, the one that takes."),
    ]
    code: Annotated[str, Field(max_length=40, description="Of what comes out; of a split of its smaller part.")] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    drawn: Annotated[
        Drawing | None,
        Field(description="GeoJSON, EPSG:4326: the line of a split; of a transfer the new border or the ground."),
    ] = None


class AreaActionsIn(BaseModel):
    """What a draft is drawn anew by."""

    model_config = ConfigDict(extra="forbid")

    actions: Annotated[list[AreaActionIn], Field(min_length=1, max_length=500)]
    dry_run: Annotated[bool, Field(description="Report only.")] = False


class AreaDraftIn(AreaActionsIn):
    """A change set made by actions on the present areas."""

    name: Annotated[str, Field(max_length=200)]
    territory: UUID | None = None
    effective_on: Annotated[date | None, Field(description="First day of the new boundaries, if known.")] = None
    basis: Annotated[str, Field(max_length=500)] = ""


class AreaShapeProperties(BaseModel):
    """Which area a shape is of, and whether it was before or will be after."""

    role: Literal["before", "after"]
    code: str
    kind: str
    name: str


class AreaShape(BaseModel):
    """An area before or after a change set, EPSG:4326."""

    type: Literal["Feature"]
    properties: AreaShapeProperties
    geometry: dict[str, Any]


class AreaShapes(BaseModel):
    """The areas before and after a change set as GeoJSON."""

    type: Literal["FeatureCollection"]
    features: list[AreaShape]


class WholeAreaChangeOut(BaseModel):
    """A change set with what it does (or would do) on a day."""

    model_config = ConfigDict(from_attributes=True)

    change: AreaChangeOut
    on: Day | None
    warnings: list[str]
    areas: list[DrawnAreaOut]
    ended: list[EndedAreaOut]
    lineage: list[AreaLineageOut]
    actions: list[AreaActionIn]


class AreaChangeMade(BaseModel):
    """What a change set would do; `id` is empty after a dry run."""

    id: UUID | None
    status: Literal["draft"] | None
    revision: int | None
    counts: dict[str, int]
    warnings: list[str]
    dry_run: bool


class AreaPublicationIn(BaseModel):
    """What a change set is published on; what is left out is as in the draft."""

    model_config = ConfigDict(extra="forbid")

    basis: Annotated[str, Field(max_length=500, description="Decision, minutes or order.")] = ""
    effective_on: Annotated[
        date | None, Field(description="First day of the new boundaries: past, today or to come.")
    ] = None


class AreaCommentOut(BaseModel):
    """A remark on a change set."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    author: str | None
    text: str
    area_code: str | None
    point: tuple[float, float] | None
    created_at: datetime


class AreaCommentIn(BaseModel):
    """A remark to pin to an area of a change set, a place, or both."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=NOTE_LENGTH)]
    area_code: Annotated[str | None, Field(max_length=40)] = None
    point: Annotated[
        tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]] | None,
        Field(description="Longitude, latitude."),
    ] = None
