"""What the dispatcher's desk asks in one go: a case with its place, what was reported there, and the hand-over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.case_bodies import CaseOut, UnitName
from api.deps import Work
from api.duplicates import DuplicateOut, DuplicatesOut
from api.locate import Graphs, LocatedAnswer
from api.one_thread import in_one_thread
from api.plan_history import SettingsOf
from services import catalogue, duplicates, handovers, incident_views, locate
from services.cases import case_view

router = APIRouter(prefix="/api/v1", tags=["desk"])
Territory = Annotated[UUID | None, Query(description="May be left out where only one is loaded.")]


class DeskAnswer(BaseModel):
    """A case, what is at its place, and the unit that leads for such things there."""

    case: CaseOut
    located: LocatedAnswer | None = Field(description="None where nobody could place the report yet.")
    lead_unit: UnitName | None


class NearQuery(BaseModel):
    """A report that is being written."""

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    accuracy_m: Annotated[float, Field(ge=0, le=5000)] = 0.0
    item: Annotated[str, Field(max_length=120)] = ""
    item_code: Annotated[str | None, Field(max_length=60)] = None
    territory: UUID | None = None


class HandedCase(BaseModel):
    """A case that the next shift must know of."""

    no: str
    item: str
    item_code: str | None = None
    state: str
    severity: str
    pending: str | None
    due_at: datetime | None
    grid: str | None
    unit: str | None


class HandoverOut(BaseModel):
    """A sheet as it was given; sums and cases are those of that moment."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    since: datetime
    given_at: datetime
    given_by: str | None
    note: str
    sums: dict[str, int]
    cases: list[HandedCase]
    taken_at: datetime | None
    taken_by: str | None
    taken_note: str | None
    mine: bool


class HandoverDeskOut(BaseModel):
    """What the shift would hand over now, and the last sheets, newest first."""

    model_config = ConfigDict(from_attributes=True)

    since: datetime
    at: datetime
    sums: dict[str, int]
    cases: list[HandedCase]
    kept: list[HandoverOut]


class NoteIn(BaseModel):
    """What a shift notes."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=handovers.NOTE_LENGTH)] = ""


@router.get("/incidents/near", operation_id="list_near_incidents")
@in_one_thread
def list_near_incidents(work: Work, query: Annotated[NearQuery, Query()]) -> DuplicatesOut:
    """Return open cases that a report about to be made is likely about, the likeliest first."""
    found = duplicates.proposed_at(
        work, (query.lon, query.lat), query.item, query.item_code, accuracy_m=query.accuracy_m, now=datetime.now(UTC),
        territory=query.territory,
    )  # fmt: skip
    return DuplicatesOut(duplicates=[DuplicateOut.model_validate(each) for each in found])


@router.get("/incidents/{no}/answer", operation_id="answer_incident")
@in_one_thread
def answer_incident(work: Work, graphs: Graphs, no: str) -> DeskAnswer:
    """Return all that a dispatcher needs of a case: it, its actions, grid, head, people, cameras, lead unit."""
    row, now = incident_views.read_row(work, no), datetime.now(UTC)
    located: Any = None
    if row.lon is not None:
        place = locate.Place(row.lon, row.lat, accuracy_m=row.accuracy_m or 0.0, territory=row.territory_id)
        located = locate.locate(work, graphs, place, now=now).answer
    lead = None
    if row.item_code:
        lead = catalogue.lead_unit(work, row.item_code, row.area_code, row.territory_id)
    return DeskAnswer(
        case=CaseOut.model_validate(case_view(work, row, now=now)),
        located=LocatedAnswer.model_validate(located) if located is not None else None,
        lead_unit=UnitName(id=lead.id, code=lead.code, name=lead.name) if lead is not None else None,
    )


@router.get("/handovers", operation_id="see_handovers")
def see_handovers(work: Work, settings: SettingsOf, territory: Territory = None) -> HandoverDeskOut:
    """Return what the shift would hand over now: sums, critical, late and waiting cases; and the last sheets."""
    zone = settings.cases.time_zone
    return HandoverDeskOut.model_validate(
        handovers.see_handovers(work, now=datetime.now(UTC), time_zone=zone, territory=territory)
    )


@router.post("/handovers", status_code=201, operation_id="give_handover")
def give_handover(work: Work, settings: SettingsOf, body: NoteIn, territory: Territory = None) -> HandoverOut:
    """Write down what stands now, for the next shift."""
    zone = settings.cases.time_zone
    given = handovers.give_handover(work, body.note, now=datetime.now(UTC), time_zone=zone, territory=territory)
    return HandoverOut.model_validate(given)


@router.post("/handovers/{handover}/taken", operation_id="take_handover")
def take_handover(work: Work, handover: UUID, body: NoteIn) -> HandoverOut:
    """Note that the next shift has read a sheet; somebody else than who gave it."""
    return HandoverOut.model_validate(handovers.take_handover(work, handover, body.note, now=datetime.now(UTC)))
