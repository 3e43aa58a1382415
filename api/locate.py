"""What is here: one question, one answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Wired, Wiring, Work
from api.moments import Moment
from api.one_thread import in_one_thread
from gis.errors import GridwardError
from services import locate as service
from services.locate import Place
from services.nearest_staff import StreetGraphs, warm
from services.warming import start_beside
from store.database.actor import Actor

router = APIRouter(prefix="/api/v1", tags=["locate"])
_log = logging.getLogger(__name__)
Text = Annotated[str | None, Field(max_length=200)]


class PlaceIn(BaseModel):
    """A place: coordinates in a declared reference system, or one code, address or name of a thing that has a place."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    lon: Annotated[float | None, Field(description="Longitude, or easting where `crs` is projected.")] = None
    lat: Annotated[float | None, Field(description="Latitude, or northing where `crs` is projected.")] = None
    crs: Annotated[str, Field(max_length=40, description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")] = "wgs84"
    accuracy_m: Annotated[float, Field(ge=0, le=service.LARGEST_ACCURACY_M)] = 0.0
    door_code: Text = None
    address: Text = None
    camera: Text = None
    grid_code: Text = None
    plate: Annotated[str | None, Field(max_length=20, description="Code of a plate in the street.")] = None
    component: Annotated[str | None, Field(max_length=40, description="Code of a lamp, a manhole, a valve.")] = None
    territory: UUID | None = None

    def place(self, kind: str = "household", at: datetime | None = None, floor: int | None = None) -> Place:
        """Return what the service takes."""
        return Place(
            self.lon,
            self.lat,
            self.crs,
            self.accuracy_m,
            self.door_code,
            self.address,
            self.camera,
            self.grid_code,
            self.plate,
            self.component,
            kind,
            at,
            self.territory,
            floor,
        )


class Question(PlaceIn):
    """A place, the kind of grid, and the moment that is asked about."""

    kind: Literal[
        "household", "natural_village", "water", "micro", "ten_household", "dedicated", "police", "safety", "cell"
    ] = "household"
    at: Moment | None = None
    floor: Annotated[
        int | None, Field(ge=-200, le=200, description="Floor of the building, for dedicated grids; 1 is the ground.")
    ] = None


class LocatedHead(BaseModel):
    """Somebody who answers for a grid."""

    id: UUID
    staff: str
    work_no: str
    reason: str


class LocatedGrid(BaseModel):
    """A grid that the place is in or near; `distance_m` is the distance to its border."""

    id: UUID
    code: str
    kind: str
    version: UUID
    name: str
    fid: int
    area: str
    contains: bool
    distance_m: float
    head: LocatedHead | None
    floors: tuple[int, int] | None = None
    zone: str | None = None


class LocatedStaff(BaseModel):
    """Somebody near, at their post: straight distance, and the walk along streets for the nearest few."""

    id: UUID
    work_no: str
    name: str
    post: str
    lon: float
    lat: float
    straight_m: float
    walk_m: float | None
    walk_reason: str | None
    on_duty: bool
    reason: str


class LocatedCamera(BaseModel):
    """A camera that sees the place, or one near with the reason why it does not."""

    id: UUID
    gb28181_id: str | None
    ref: str | None
    kind: Literal["fixed", "ptz", "dome", "unknown"]
    distance_m: float
    reason: Literal["sees", "heading-unknown", "offline", "out-of-range", "looks-away", "blocked", "not-computed"]
    text: str
    lon: float
    lat: float


class LocatedCameras(BaseModel):
    """Cameras that see the place, and the nearest that don't (surely)."""

    seeing: list[LocatedCamera]
    nearest: list[LocatedCamera]


class LocatedAnswer(BaseModel):
    """The answer; `candidates` is filled when words fit several places."""

    point: dict[str, float] | None
    placement: Literal["inside", "ambiguous", "outside"]
    grids: list[LocatedGrid]
    head: LocatedHead | None
    deputies: list[LocatedHead]
    staff: list[LocatedStaff]
    cameras: LocatedCameras
    component: dict[str, Any] | None
    candidates: list[dict[str, Any]]
    located_by: str
    at: datetime
    plan: dict[str, Any] | None = None
    hint: str | None = None


def _graphs_of(wiring: Wiring) -> StreetGraphs:
    graphs: StreetGraphs = wiring.parts.setdefault("streets", StreetGraphs())
    return graphs


async def street_graphs(wired: Wired) -> StreetGraphs:
    """Return the process's street graphs, made on first use."""
    return _graphs_of(wired)


Graphs = Annotated[StreetGraphs, Depends(street_graphs)]


@router.post("/locate", operation_id="locate")
@in_one_thread
def locate(work: Work, graphs: Graphs, question: Question) -> LocatedAnswer:
    """Say which grid a place is in, who answers for it, who is near, which cameras see it and what stands there."""
    found = service.locate(
        work, graphs, question.place(question.kind, question.at, question.floor), now=datetime.now(UTC)
    )
    return LocatedAnswer.model_validate(found.answer)


@asynccontextmanager
async def running(wiring: Wiring) -> AsyncIterator[None]:
    """Build the street graphs beside the start, so that the first dispatcher need not wait for them."""
    start_beside(lambda: _warm(wiring), name="street-graphs", failure="The street graphs could not be built.")
    yield


def _warm(wiring: Wiring) -> None:
    try:
        with wiring.database.work(Actor.system()) as work:
            count = warm(work, _graphs_of(wiring))
    except GridwardError as error:
        _log.warning("The street graphs are built when first needed: %s", error)
    else:
        _log.info("Street graphs are ready.", extra={"territories": count})
