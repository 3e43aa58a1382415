"""Reports: taking one in, the queue, and corrections."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.deps import IfMatch, Work, settings_of
from api.locate import Graphs, LocatedAnswer, PlaceIn
from gis.errors import InvalidInputError
from services import incidents as service
from services.incidents import IncidentFilter, IncidentView, Report
from services.settings import Settings

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
Severity = Literal["minor", "major", "critical"]
Item = Annotated[str, Field(min_length=1, max_length=service.ITEM_LENGTH)]
Description = Annotated[str, Field(max_length=service.DESCRIPTION_LENGTH)]


class ReportIn(PlaceIn):
    """What somebody reports, and where."""

    item: Item
    description: Description = ""
    channel: Annotated[str, Field(min_length=1, max_length=40)] = "desk"
    severity: Severity = "minor"
    occurred_at: AwareDatetime | None = None


class GridName(BaseModel):
    """A grid by its names."""

    id: UUID
    code: str
    name: str


class IncidentOut(BaseModel):
    """An incident."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    no: str
    month: date
    item: str
    description: str
    channel: str
    state: str
    severity: Severity
    handling_level: str
    reported_at: datetime
    occurred_at: datetime | None
    lon: float
    lat: float
    accuracy_m: float | None
    located_by: str
    grid: GridName | None
    alt_grid: GridName | None
    revision: int
    demo: bool


class ReportedOut(BaseModel):
    """A report taken in, and what is there."""

    incident: IncidentOut
    located: LocatedAnswer


class IncidentsOut(BaseModel):
    """One page, newest first."""

    incidents: list[IncidentOut]
    next: str | None


class IncidentAnswer(BaseModel):
    """One incident."""

    incident: IncidentOut


class Correction(BaseModel):
    """What to correct; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    item: Item | None = None
    description: Description | None = None
    severity: Severity | None = None


async def intake_key(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key", description="Any unique text (a UUID); a repeat of the report changes nothing."
        ),
    ] = None,
) -> str:
    """Return the key that a report must carry."""
    if key is None or not key.strip():
        raise InvalidInputError(
            "Send an Idempotency-Key header (a UUID) so that a repeat is harmless.", field="Idempotency-Key"
        )
    return key.strip()


@router.post(
    "",
    status_code=201,
    operation_id="report_incident",
    responses={200: {"model": ReportedOut, "description": "A repeat: nothing was added."}},
)
def report_incident(
    work: Work,
    graphs: Graphs,
    report: ReportIn,
    response: Response,
    key: Annotated[str, Depends(intake_key)],
    settings: Annotated[Settings, Depends(settings_of)],
) -> ReportedOut:
    """Take a report in: it is kept wherever it lies, and the answer says who is to be told."""
    taken = service.register(
        work,
        graphs,
        Report(report.place(), report.item, report.description, report.channel, report.severity, report.occurred_at),
        key=key,
        now=datetime.now(UTC),
        time_zone=settings.cases.time_zone,
    )
    response.status_code = 201 if taken.fresh else 200
    if not taken.fresh:
        response.headers["Idempotent-Replay"] = "true"
    response.headers["ETag"] = f'"{taken.incident.revision}"'
    response.headers["Location"] = f"/api/v1/incidents/{taken.incident.no}"
    return ReportedOut(
        incident=IncidentOut.model_validate(taken.incident), located=LocatedAnswer.model_validate(taken.located)
    )


@router.get("", operation_id="list_incidents")
def list_incidents(
    work: Work,
    state: Annotated[list[str] | None, Query(description="Only these states.")] = None,
    grid: Annotated[str | None, Query(max_length=40, description="Grid id or code.")] = None,
    since: AwareDatetime | None = None,
    *,
    territory: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> IncidentsOut:
    """Return incidents, newest first."""
    states = tuple(part for each in state or [] for part in each.split(",") if part)
    before = service.read_cursor(cursor) if cursor is not None else None
    page = service.list_incidents(work, IncidentFilter(states, grid, since, territory, before, limit))
    return IncidentsOut(incidents=[IncidentOut.model_validate(each) for each in page.incidents], next=page.next)


@router.get("/{no}", operation_id="get_incident")
def get_incident(work: Work, response: Response, no: str) -> IncidentAnswer:
    """Return one incident."""
    return _answer(service.get_incident(work, no), response)


@router.patch("/{no}", operation_id="amend_incident")
def amend_incident(
    work: Work, response: Response, no: str, correction: Correction, revision: IfMatch
) -> IncidentAnswer:
    """Correct item, description or severity; 412 with the present version when somebody else was faster."""
    view = service.amend(
        work,
        no,
        revision=revision,
        now=datetime.now(UTC),
        item=correction.item,
        description=correction.description,
        severity=correction.severity,
    )
    return _answer(view, response)


def _answer(view: IncidentView, response: Response) -> IncidentAnswer:
    response.headers["ETag"] = f'"{view.revision}"'
    return IncidentAnswer(incident=IncidentOut.model_validate(view))
