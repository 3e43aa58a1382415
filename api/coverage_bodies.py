"""Bodies of coverage: what is asked, and the figures of runs, grids, gaps, places and areas."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.jobs import JobOut


class NeedsIn(BaseModel):
    """What ought to be seen, by which cameras, in how much detail, and when."""

    model_config = ConfigDict(extra="forbid")

    k: Annotated[int, Field(ge=1, le=3, description="Cameras that ought to see each street and key place.")] = 1
    status: Annotated[
        Literal["all", "networked", "online", "serviceable"], Field(description="Cameras that count.")
    ] = "online"
    level: Annotated[
        str | None,
        Field(
            max_length=20,
            description="Detail by its name in IEC 62676-4, see /coverage/levels; left out, discern where the sensor "
            "is known and the range as registered where it is not.",
        ),
    ] = None
    on: Annotated[str | None, Field(max_length=10, description="Local day, YYYY-MM-DD: as of its last moment.")] = None
    month: Annotated[str | None, Field(max_length=7, description="Local month, YYYY-MM: averaged over it.")] = None
    ptz: Annotated[
        Literal["reachable", "now"], Field(description="Turning cameras: all they reach, or their present pose.")
    ] = "reachable"
    assumed_hfov: Annotated[float, Field(gt=0, le=360)] = 60.0
    assumed_px: Annotated[int | None, Field(ge=1, le=100_000)] = None
    named: Annotated[list[UUID], Field(max_length=200, description="Key places for detail above discern.")] = []
    reason: Annotated[str | None, Field(max_length=500, description="Why that detail is wanted.")] = None

    def spec(self, time_zone: str) -> dict[str, Any]:
        """Return the fields of `services.coverage_spec.CoverageSpec` as JSON values."""
        return {**self.model_dump(mode="json"), "time_zone": time_zone}


class RunOut(BaseModel):
    """One computation; `present` ones answer the standing question, `live` is the copy that follows the cameras."""

    id: UUID
    plan_id: UUID
    at: str
    seconds: float
    spec: dict[str, Any]
    live: bool
    present: bool
    begins_at: str | None
    ends_at: str | None


class CoverageGridOut(BaseModel):
    """Figures of one grid: metres, m²; `_upper` counts cameras of unknown heading as full circles; means of a month."""

    grid_id: UUID
    fid: int
    code: str
    name: str
    area_id: UUID
    area_code: str
    area_name: str
    street_m: float
    seen_m: float
    seen_m_upper: float
    k2_m: float
    k2_m_upper: float
    k3_m: float
    k3_m_upper: float
    unseen_m: float
    open_m2: float
    seen_m2: float
    seen_m2_upper: float
    places: int
    places_seen: float
    places_seen_upper: float
    cameras: int
    networked: float
    online: float
    serviceable: float
    gap_score: float
    gap_score_least: float
    incidents: int
    reasons: list[dict[str, Any]]


class CoverageOut(BaseModel):
    """A run, worst grids first; null when the plan has none yet."""

    run: RunOut | None
    summary: dict[str, Any]
    grids: list[CoverageGridOut]


class RunsOut(BaseModel):
    """Runs of a plan, newest first."""

    runs: list[RunOut]


class RunRequest(BaseModel):
    """Which plan to compute."""

    model_config = ConfigDict(extra="forbid")

    plan: UUID
    needs: NeedsIn | None = None


class RunStarted(BaseModel):
    """A job, or the finished run of equal inputs."""

    job: JobOut | None = None
    run: RunOut | None = None


class LevelOut(BaseModel):
    """A level of detail of IEC 62676-4; `public` ones need no written reason."""

    name: str
    table: Literal["OODPCVS", "DORI"]
    px_per_m: float
    public: bool


class LevelsOut(BaseModel):
    """All levels, and the most detail that public ground is looked at with."""

    levels: list[LevelOut]
    ceiling_px_per_m: float


class GapOut(BaseModel):
    """A stretch of street or a key place that lacks cameras, and why."""

    id: UUID
    grid_id: UUID | None
    grid_code: str | None
    kind: Literal["street", "key_place"]
    score: float
    what: str
    reason: dict[str, Any]
    lon: float
    lat: float
    geometry: dict[str, Any]


class GapsOut(BaseModel):
    """Gaps of a run, the worst first."""

    run: RunOut
    gaps: list[GapOut]


class PlaceOut(BaseModel):
    """A key place: seen, perhaps (by an unknown heading) or not; `share` is the part of the time its need is met."""

    id: UUID
    kind: str
    name: str
    grid_id: UUID | None
    seen: Literal["yes", "no", "maybe"]
    cameras: int
    share: float
    lon: float
    lat: float


class PlacesOut(BaseModel):
    """Key places of a run."""

    run: RunOut
    places: list[PlaceOut]


class RateOut(BaseModel):
    """A share of cameras beside its target."""

    rate: float | None
    target: float
    met: bool | None
    cameras: float
    of: float


class UnitsOut(BaseModel):
    """Units (areas below, or grids) with at least one camera."""

    unit: Literal["area", "grid"]
    units: int
    with_camera: int


class AreaCostOut(BaseModel):
    """What the cameras of an area cost at present prices; `unpriced` ones have no price and are left out."""

    purchase: float
    yearly: float
    currency: str
    unpriced: int


class AreaCoverageOut(BaseModel):
    """An area with the figures of all its grids added up."""

    id: UUID
    code: str
    kind: str
    name: str
    parent_id: UUID | None
    depth: int
    grids: int
    grids_with_camera: int
    street_m: float
    seen_m: float
    seen_m_upper: float
    k2_m: float
    k2_m_upper: float
    k3_m: float
    k3_m_upper: float
    open_m2: float
    seen_m2: float
    seen_m2_upper: float
    places: int
    places_seen: float
    places_seen_upper: float
    cameras: int
    networked: float
    online: float
    serviceable: float
    incidents: int
    gap_score: float
    gap_score_least: float
    rates: dict[str, RateOut]
    units: UnitsOut
    cost: AreaCostOut | None


class KindCostOut(BaseModel):
    """What cameras of a kind cost: null where no price is known."""

    kind: str
    cameras: int
    purchase: float | None
    yearly: float | None
    currency: str
    source: str
    total: float | None


class AreasOut(BaseModel):
    """Areas of a run, parents before children."""

    run: RunOut
    targets: dict[str, float]
    areas: list[AreaCoverageOut]
    costs: list[KindCostOut]


class CostIn(BaseModel):
    """The price of a kind of camera: to put up, and each year."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(min_length=1, max_length=40)]
    purchase: Annotated[float, Field(gt=0, le=1e12)]
    yearly: Annotated[float, Field(ge=0, le=1e12)] = 0.0
    currency: Annotated[str, Field(max_length=10)] = ""
    source: Annotated[str, Field(max_length=200)] = ""


class CostsIn(BaseModel):
    """All prices."""

    model_config = ConfigDict(extra="forbid")

    costs: Annotated[list[CostIn], Field(max_length=100)]


class CostsOut(BaseModel):
    """All prices."""

    costs: list[CostIn]


class SpareOut(BaseModel):
    """A camera that could go without loss; `loss_` is what goes with it alone, within rounding."""

    id: UUID
    ref: str
    kind: str
    azimuth: float | None
    lon: float
    lat: float
    sees_m: float
    loss_m: float
    loss_places: int


class TurnableOut(BaseModel):
    """A camera that could look elsewhere without loss, and what it would see then."""

    id: UUID
    ref: str
    kind: str
    azimuth: float | None
    lon: float
    lat: float
    new_azimuth: float
    gain_m: float
    gain_places: int


class RedundantOut(BaseModel):
    """Cameras that can all go together (`count` of them), and those that would rather be turned."""

    run: RunOut
    count: int
    removable: list[SpareOut]
    turnable: list[TurnableOut]
    note_en: str
    note_zh: str
