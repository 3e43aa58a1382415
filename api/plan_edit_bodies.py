"""What edits of a plan ask and answer, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.plans import GridOut
from services import plan_views
from services.plan_edits import EditAnswer, Wish

_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}
_LINE = {"type": "array", "items": _POSITION}
Line = Annotated[list[Any], WithJsonSchema(_LINE)]
Rings = Annotated[list[Any], WithJsonSchema({"type": "array", "items": _LINE})]
Name = Annotated[str, Field(max_length=plan_views.NAME_LENGTH)]
Geometry = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"type": "string", "enum": ["MultiPolygon"]},
                "coordinates": {"type": "array", "items": {"type": "array", "items": _LINE}},
            },
        }
    ),
]


class LineIn(BaseModel):
    """A GeoJSON LineString, EPSG:4326."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["LineString"]
    coordinates: Line


class PolygonIn(BaseModel):
    """A GeoJSON Polygon, EPSG:4326."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["Polygon"]
    coordinates: Rings


class Change(BaseModel):
    """What every edit carries."""

    model_config = ConfigDict(extra="forbid")

    expected: Annotated[
        dict[UUID, int] | None, Field(description="Revision of each grid that the caller saw, at least of those named.")
    ] = None
    repair: Annotated[bool, Field(description="Hand stray pieces and slivers to a neighbour, not refuse them.")] = False
    preview: Annotated[bool, Field(description="Answer what would be; save nothing.")] = False
    since: Annotated[
        dict[UUID, int] | None,
        Field(
            description="With `preview`: revisions that the edit was drawn on, before others saved theirs; `takes_back`"
            " of the answer says whether it moves ground again that they moved since.",
        ),
    ] = None

    def wish(self) -> Wish:
        """Return what the use cases take."""
        return Wish(self.expected, self.repair, self.preview, self.since)


class Split(Change):
    """Split along a line."""

    # not there at all is refused like any bad line: with the place of its grid
    line: LineIn | None = None
    many: Annotated[bool, Field(description="Allow more than two pieces.")] = False
    name: Annotated[Name, Field(description="Name of the new grid.")] = ""


class Merge(Change):
    """Merge grids that touch."""

    grids: Annotated[list[UUID], Field(min_length=2, max_length=50)]


class VertexMove(BaseModel):
    """From where to where a vertex goes, lon/lat."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: Annotated[tuple[float, float], Field(alias="from")]
    to: tuple[float, float]


class BorderMove(Change):
    """Move the border of two grids to a line, or a vertex of the border of all grids that meet there."""

    grids: Annotated[list[UUID], Field(min_length=2, max_length=20)]
    line: LineIn | None = None
    vertex: VertexMove | None = None


class Reassignment(Change):
    """Hand atoms or the ground under a polygon to another grid."""

    to: UUID
    atoms: list[int] | None = None
    polygon: PolygonIn | None = None
    cut: Annotated[bool, Field(description="Cut atoms along the polygon; else they go whole.")] = False


class NewGrid(Change):
    """Draw a new grid."""

    polygon: PolygonIn
    name: Name = ""


class Lock(Change):
    """Lock or unlock."""

    locked: bool = True


class Rename(Change):
    """Another name."""

    name: Name


class Recode(Change):
    """Another code."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class Improvement(Change):
    """Balance some grids among each other."""

    grids: Annotated[list[UUID], Field(min_length=2, max_length=400)]
    tolerance: Annotated[float, Field(gt=0, le=1)] = 0.1
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0


class DraftIn(BaseModel):
    """What the copy is called; with `as_seen` it leaves out what others changed of these grids since such revisions."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    as_seen: Annotated[dict[UUID, int], Field(max_length=1000)] | None = None


class EditOut(BaseModel):
    """A line of the log, in short; `seq` and `at` are null for a preview."""

    model_config = ConfigDict(from_attributes=True)

    seq: int | None
    kind: str
    at: datetime | None
    undoes: int | None


class EditedGridOut(GridOut):
    """A grid with figures and shape."""

    area_id: UUID
    parent_grid_id: UUID | None
    geometry: Geometry


class ParentTotalsOut(BaseModel):
    """The grids of an area; deviations are measured from `mean_households`."""

    model_config = ConfigDict(from_attributes=True)

    area_id: UUID
    area_code: str
    parent_grid_id: UUID | None
    grids: int
    households: int
    mean_households: float


class TotalsOut(BaseModel):
    """Figures of the plan after the edit, and how many edits the caller can undo and redo."""

    model_config = ConfigDict(from_attributes=True)

    grids: int
    households: int
    mean_households: float
    tolerance: float
    max_deviation: float
    mean_deviation: float
    share_within: float
    compactness: float
    exclaves: int
    edits: int
    can_undo: int
    can_redo: int
    parents: list[ParentTotalsOut]


class FaultOut(BaseModel):
    """What is or was wrong, and where."""

    kind: str
    amount: float
    place: tuple[float, float] | None
    grid: UUID | None


class EditAnswerOut(BaseModel):
    """The touched grids as they are now, those that are gone, and the totals."""

    edit: EditOut
    grids: list[EditedGridOut]
    removed: list[UUID]
    totals: TotalsOut
    skipped: dict[str, int]
    repaired: list[FaultOut]
    takes_back: Annotated[
        bool | None,
        Field(description="Of a preview with `since`: it moves ground again that others moved since; null otherwise."),
    ] = None

    @classmethod
    def of(cls, answer: EditAnswer) -> EditAnswerOut:
        """Take over the answer of a use case."""
        return cls(
            edit=EditOut.model_validate(answer),
            grids=[EditedGridOut.model_validate(grid) for grid in answer.grids],
            removed=answer.removed,
            totals=TotalsOut.model_validate(answer.totals),
            skipped=answer.skipped,
            repaired=[FaultOut.model_validate(fault) for fault in answer.repaired],
            takes_back=answer.takes_back,
        )


class EditRowOut(BaseModel):
    """A line of the log; `state` is live, undone or dropped (undone and can't be redone)."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    kind: str
    at: datetime
    author: str | None
    mine: bool
    state: Literal["live", "undone", "dropped"]
    undoes: int | None
    grids: list[UUID]
    request: dict[str, Any]


class EditLog(BaseModel):
    """The log, newest first; `next` is the `before` of the next page."""

    edits: list[EditRowOut]
    next: int | None


# a list that begins otherwise than it goes on is more than some readers of a description take inside another list
AtomRow = Annotated[
    tuple[int, int, UUID, int, int, list[list[int]]],
    WithJsonSchema({"type": "array", "minItems": 6, "maxItems": 6, "items": {}}),
]


class AtomsOut(BaseModel):
    """Atoms in columns: `vertices` are lon, lat in turn; an atom is [id, grid, area, households, dwellings, rings].

    `grid` is a position in `grids`, a ring a list of positions in `vertices` (pairs), not repeating its first; the
    first ring is the outline.
    """

    model_config = ConfigDict(from_attributes=True)

    grids: list[UUID]
    vertices: list[float]
    atoms: list[AtomRow]


class Sentence(BaseModel):
    """The same sentence in English and Chinese."""

    en: str
    zh: str


class CheckProblemOut(BaseModel):
    """Something that is wrong with a plan: a code with its figures, and the sentence that they make.

    `blocks` tells what must be mended before publishing.
    """

    kind: str
    message: str
    words: Sentence
    params: dict[str, float | str] = {}
    place: tuple[float, float] | str | None
    grids: list[str] = []
    blocks: bool = True


class CheckOut(BaseModel):
    """What stands between a plan and publishing."""

    model_config = ConfigDict(from_attributes=True)

    ready: bool
    tiling_valid: bool
    contiguous: bool
    households: int
    households_in_grids: int
    without_head: list[str]
    problems: list[CheckProblemOut]
