"""Reports: taking one in, the queue, and corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import IfMatch, Work, settings_of
from api.duplicates import DuplicateOut
from api.locate import Graphs, LocatedAnswer, PlaceIn
from api.media import MediaOut
from api.moments import Moment
from api.one_thread import in_one_thread
from gis.errors import InvalidInputError
from services import corrections, duplicates, media
from services import incident_views as views
from services import incidents as service
from services.incident_views import IncidentFilter
from services.incidents import IncidentView, Report
from services.media import MOST_PHOTOS
from services.settings import Settings

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
Severity = Literal["minor", "major", "critical"]
Item = Annotated[str, Field(min_length=1, max_length=service.ITEM_LENGTH)]
ItemCode = Annotated[str, Field(min_length=1, max_length=60, description="Code of the item in the catalogue.")]
Description = Annotated[str, Field(max_length=service.DESCRIPTION_LENGTH)]


class ReportIn(PlaceIn):
    """What somebody reports, and where."""

    item: Item
    description: Description = ""
    channel: Annotated[str, Field(min_length=1, max_length=40)] = "desk"
    severity: Severity = "minor"
    occurred_at: Moment | None = None
    item_code: ItemCode | None = None
    media: list[UUID] = Field(default=[], max_length=MOST_PHOTOS, description="Photos sent before.")


class GridName(BaseModel):
    """A grid or a unit by its names."""

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
    item_code: str | None
    description: str
    channel: str
    state: str
    state_at: datetime
    severity: Severity
    urgent: bool
    handling_level: str
    reported_at: datetime
    occurred_at: datetime | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    located_by: str
    grid: GridName | None
    alt_grid: GridName | None
    pending: str | None
    pending_by_me: bool
    registered_by_me: bool
    self_handled: bool
    supervised: bool
    rework_count: int
    extensions: int
    cycle: int
    unit: GridName | None
    master_no: str | None
    review_on: date | None
    referred_to: str | None
    due_at: datetime | None
    soon_at: datetime | None
    revision: int
    demo: bool


class ReportedOut(BaseModel):
    """A report taken in, what is there, and what was likely reported already."""

    incident: IncidentOut
    located: LocatedAnswer
    media: list[MediaOut]
    duplicates: list[DuplicateOut]


class IncidentsOut(BaseModel):
    """One page of the queue."""

    incidents: list[IncidentOut]
    next: str | None


class CountsOut(BaseModel):
    """How many incidents there are; `todo` wait for this account now, `requests` for a decision."""

    model_config = ConfigDict(from_attributes=True)

    total: int
    by_state: dict[str, int]
    by_area: dict[str, int]
    by_clock: dict[str, int]
    todo: int
    requests: int


class BarOut(BaseModel):
    """One bar: an item's code or words, a 12-digit area, a month as ``2026-05``; words of the first report."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    words: str
    n: int


class ChartOut(BaseModel):
    """How many incidents there are by item and area, most first and then the rest, and by month."""

    model_config = ConfigDict(from_attributes=True)

    total: int
    items: list[BarOut]
    other_items: int
    areas: list[BarOut]
    other_areas: int
    months: list[BarOut]


class IncidentAnswer(BaseModel):
    """One incident."""

    incident: IncidentOut


class Correction(BaseModel):
    """What to correct; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    item: Item | None = None
    description: Description | None = None
    severity: Severity | None = None
    item_code: Annotated[str, Field(max_length=60, description="Empty: none of the catalogue's.")] | None = None
    place: PlaceIn | None = Field(
        default=None, description="Where it is; of an open case, and for the desk. Grid, area and people follow."
    )

    def wanted(self) -> corrections.Correction:
        """Return what the service takes."""
        place = self.place.place() if self.place is not None else None
        return corrections.Correction(self.item, self.description, self.severity, self.item_code, place)


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
        Report(
            report.place(),
            report.item,
            report.description,
            report.channel,
            report.severity,
            report.occurred_at,
            report.item_code,
        ),
        key=key,
        now=datetime.now(UTC),
        time_zone=settings.cases.time_zone,
    )
    no, month, number = taken.incident.no, taken.incident.month, taken.incident.id
    photos = media.attach(work, month, number, report.media) if taken.fresh else media.views(work, month, number)
    response.status_code = 201 if taken.fresh else 200
    if not taken.fresh:
        response.headers["Idempotent-Replay"] = "true"
    response.headers["ETag"] = f'"{taken.incident.revision}"'
    response.headers["Location"] = f"/api/v1/incidents/{no}"
    return ReportedOut(
        incident=IncidentOut.model_validate(taken.incident),
        located=LocatedAnswer.model_validate(taken.located),
        media=[MediaOut.model_validate(each) for each in photos],
        duplicates=[DuplicateOut.model_validate(each) for each in duplicates.proposed(work, no)],
    )


class QueueQuery(BaseModel):
    """Which incidents a list or a count is about."""

    state: list[str] = Field(default=[], description="Only these states; without any all but the archive.")
    area: str | None = Field(default=None, max_length=12, description="Code of an area, 6, 9 or 12 digits.")
    grid: str | None = Field(default=None, max_length=40, description="Grid id or code.")
    unit: str | None = Field(default=None, max_length=60, description="Lead unit by id or code.")
    item: str | None = Field(default=None, max_length=120, description="Catalogue code, or the words of an item.")
    since: Moment | None = None
    until: Moment | None = None
    clock: Literal["soon", "late", "paused"] | None = Field(default=None, description="Only these clocks.")
    severity: Severity | None = None
    q: str | None = Field(default=None, max_length=100, description="A number, or words of the report.")
    pending: Literal["return", "suspension", "extension", "void", "any"] | None = Field(
        default=None, description="Only cases with such a request that waits."
    )
    mine: bool = Field(default=False, description="Only what this account or its unit reported or owes.")
    todo: bool = Field(default=False, description="Only open cases that wait for this account now.")
    bbox: str | None = Field(default=None, max_length=120, description="West, south, east, north in degrees.")
    sort: Literal["new", "due", "urgent"] = Field(
        default="new", description="Newest first, what is due first, or that with critical cases before all others."
    )
    territory: UUID | None = None

    def asked(self, work: Work) -> IncidentFilter:
        """Return what the service reads."""
        return IncidentFilter(
            states=tuple(part for each in self.state for part in each.split(",") if part),
            area=views.area_range(self.area) if self.area else None,
            grid=self.grid, unit=self.unit, item=self.item, since=self.since, until=self.until, clock=self.clock,
            pending=self.pending, severity=self.severity, territory=self.territory,
            text=self.q.strip() if self.q else None,
            mine=views.mine_of(work) if self.mine else None, by_due=self.sort != "new", now=datetime.now(UTC),
            critical_first=self.sort == "urgent", box=views.read_box(self.bbox) if self.bbox else None,
            duty=views.duty_of(work) if self.todo else None, todo=self.todo,
        )  # fmt: skip


class PageQuery(QueueQuery):
    """The same, a page at a time."""

    limit: int = Field(default=100, ge=1, le=1000)
    cursor: str | None = Field(default=None, max_length=200)


@router.get("", operation_id="list_incidents")
@in_one_thread
def list_incidents(work: Work, query: Annotated[PageQuery, Query()]) -> IncidentsOut:
    """Return one page of incidents, newest first or what is due first."""
    asked = query.asked(work)
    before = views.read_cursor(query.cursor, asked) if query.cursor is not None else None
    page = views.list_incidents(work, replace(asked, before=before, limit=query.limit))
    return IncidentsOut(incidents=[IncidentOut.model_validate(each) for each in page.incidents], next=page.next)


@router.get("/counts", operation_id="count_incidents")
@in_one_thread
def count_incidents(work: Work, query: Annotated[QueueQuery, Query()]) -> CountsOut:
    """Return how many incidents fit, by state, area and clock, and how many wait for this account."""
    asked = replace(query.asked(work), duty=views.duty_of(work))
    return CountsOut.model_validate(views.count_incidents(work, asked))


@router.get("/chart", operation_id="chart_incidents")
def chart_incidents(work: Work, query: Annotated[QueueQuery, Query()]) -> ChartOut:
    """Return how many incidents fit, by item, area and month."""
    return ChartOut.model_validate(views.chart_incidents(work, query.asked(work)))


@router.patch("/{no}", operation_id="amend_incident")
def amend_incident(
    work: Work, graphs: Graphs, response: Response, no: str, correction: Correction, revision: IfMatch
) -> IncidentAnswer:
    """Correct item, description, severity or place; 412 with the present version when somebody else was faster."""
    view = corrections.amend(work, graphs, no, correction.wanted(), revision=revision, now=datetime.now(UTC))
    return _answer(view, response)


def _answer(view: IncidentView, response: Response) -> IncidentAnswer:
    response.headers["ETag"] = f'"{view.revision}"'
    return IncidentAnswer(incident=IncidentOut.model_validate(view))
