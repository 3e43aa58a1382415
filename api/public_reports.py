"""What anybody may do who scans a plate, without signing in: see what may be reported there, and report it.

Each door counts who comes through it (`services.quota`) before it reads what was sent, and few photos are decoded at
a time, so a flood finds the doors shut and everybody else finds the desk as quick as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.deps import Wired, Wiring, by_anyone
from api.incidents import GridName, intake_key
from api.locate import Graphs
from gis.errors import InvalidInputError
from services import public_reports as service
from services import quota
from services.cases.contacts import contact_key
from services.nearest_staff import StreetGraphs
from services.public_reports import PublicReport
from services.quota import TooManyReportsError
from store.database.actor import Actor

router = APIRouter(prefix="/api/v1/public", tags=["public"])
LOOKS: Final = 200
REPORTS: Final = 12
REPORTS_A_PLATE: Final = 40
REPORTS_IN_ALL: Final = 600
"""Uses of a door within a quarter of an hour; a county's storm brings half as many reports by all ways together."""
_WAITING: Final = 16


class PublicItem(BaseModel):
    """Something that may be reported."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name_en: str
    name_zh: str


class PlatePageOut(BaseModel):
    """What the page of a plate shows."""

    plate: str
    place: str
    grid: GridName | None
    items: list[PublicItem]


class ReceivedOut(BaseModel):
    """A report that was received; `follow` is a one-time key to see what becomes of it, where there is one."""

    no: str
    follow: str | None


def _blank(value: str | None) -> str | None:
    return value.strip() or None if value is not None else None


class PublicFields(BaseModel):
    """Fields of the form; `website` is hidden on the page, so only a program fills it in."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    item_code: Annotated[str | None, Field(max_length=40), AfterValidator(_blank)] = None
    description: Annotated[str, Field(max_length=4000)] = ""
    language: Annotated[str, Field(pattern="^(en|zh)$")] = "zh"
    contact: Annotated[str | None, Field(max_length=200), AfterValidator(_blank)] = None
    website: Annotated[str, Field(max_length=200)] = ""
    lon: Annotated[float | None, Field(ge=-180, le=180)] = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    accuracy_m: Annotated[float, Field(ge=0, le=50_000)] = 0.0


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        **{
                            name: {"type": "string"}
                            for name in ("item_code", "description", "language", "contact", "website")
                        },
                        **{name: {"type": "number"} for name in ("lon", "lat", "accuracy_m")},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


class PhotoDoor:
    """Lets a few reports with photos in at a time: each photo costs a part of a second of a core and its pixels."""

    def __init__(self, at_once: int = 2, waiting: int = _WAITING) -> None:
        self.threads = CapacityLimiter(at_once)
        self.most = at_once + waiting
        self.inside = 0

    def enter(self) -> None:
        """Come in, or be sent away when too many are waiting."""
        if self.inside >= self.most:
            raise TooManyReportsError("Too many reports come in at this moment; try again.", retry_after_s=5)
        self.inside += 1

    def leave(self) -> None:
        """Make room for another one."""
        self.inside -= 1


async def count_use(request: Request, wiring: Wiring, door: str, each: int, others: Mapping[str, int]) -> None:
    """Count one use of an open door by the address that asks and by `others`, or refuse it."""
    client = quota.household_of(request.client.host if request.client else "")
    await run_in_threadpool(_count, wiring, door, {f"from {client}": each, **others})


def _count(wiring: Wiring, door: str, most: Mapping[str, int]) -> None:
    # its own transaction, committed also when it refuses: the refusal is counted
    with wiring.system_work() as work:
        refusal = quota.take(work, door, most, now=datetime.now(UTC))
    if refusal is not None:
        raise refusal


@router.get("/plates/{code}", operation_id="read_plate_page")
async def read_plate_page(request: Request, wiring: Wired, response: Response, code: str) -> PlatePageOut:
    """Return where a plate hangs and what may be reported there; 404 for a mistyped code, 410 for a withdrawn one."""
    await count_use(request, wiring, "look", LOOKS, {})
    page = await run_in_threadpool(_read_page, wiring, code)
    response.headers["Cache-Control"] = "no-store"
    return page


def _read_page(wiring: Wiring, code: str) -> PlatePageOut:
    with wiring.system_work() as work:
        page = service.read_page(work, code)
    items = [PublicItem.model_validate(each) for each in page.items]
    grid = GridName.model_validate(page.plate.grid) if page.plate.grid else None
    return PlatePageOut(plate=page.plate.code, place=page.plate.place, grid=grid, items=items)


@router.post(
    "/reports/{code}",
    status_code=201,
    operation_id="report_at_plate",
    openapi_extra=_FORM,
    responses={200: {"model": ReceivedOut, "description": "A repeat: nothing was added."}},
)
async def report_at_plate(
    request: Request,
    response: Response,
    wiring: Wired,
    graphs: Graphs,
    code: str,
    key: Annotated[str, Depends(intake_key)],
) -> ReceivedOut:
    """Take in a report from the page of a plate, with a photo if there is one; nobody is asked who they are."""
    others = {f"at {code.upper()[:20]}": REPORTS_A_PLATE, "in all": REPORTS_IN_ALL}
    await count_use(request, wiring, "report", REPORTS, others)
    door: PhotoDoor = wiring.parts.setdefault("photos", PhotoDoor())
    door.enter()
    try:
        async with request.form(max_files=1, max_fields=20, max_part_size=65_536) as form:
            sent = await _read(form)
            taken = await anyio.to_thread.run_sync(_take, wiring, graphs, code, sent, key, limiter=door.threads)
    finally:
        door.leave()
    response.status_code = 201 if taken.fresh else 200
    if not taken.fresh:
        response.headers["Idempotent-Replay"] = "true"
    return ReceivedOut(no=taken.no, follow=taken.follow)


async def _read(form: FormData) -> PublicReport:
    words = {name: value for name, value in form.items() if isinstance(value, str) and value}
    try:
        fields = PublicFields.model_validate(words)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from error
    if fields.website:
        raise InvalidInputError("Leave the field 'website' empty; it is there for programs.", field="website")
    file = form.get("file")
    photo = await file.read() if isinstance(file, UploadFile) else None
    position = None if fields.lon is None or fields.lat is None else (fields.lon, fields.lat, fields.accuracy_m)
    return PublicReport(fields.item_code, fields.description, photo or None, position, fields.language, fields.contact)


def _take(wiring: Wiring, graphs: StreetGraphs, code: str, sent: PublicReport, key: str) -> service.Received:
    doing = by_anyone("POST /api/v1/public/reports/{code}")
    secret = contact_key(wiring.settings.database.home, wiring.settings.cases.contact_key_file)
    zone = wiring.settings.cases.time_zone
    with wiring.database.work(Actor.system(), doing) as work:
        return service.take(
            work, graphs, code, sent, key=key, now=datetime.now(UTC), contact_key=secret, time_zone=zone
        )
