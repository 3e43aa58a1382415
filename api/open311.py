"""Open311 GeoReport v2, as JSON and XML: open for reading, an API token as api_key for reporting."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import gates
from api.deps import LONGEST_SECRET, Wired, Wiring, by_anyone
from api.languages import CONTENT_LANGUAGE, preferred
from api.locate import Graphs
from api.problems import status_of
from api.public_reports import count_use
from gis.errors import GridwardError, InvalidInputError, NotAllowedError, NotSignedInError
from layers.spec import Lang
from services import access
from services import open311 as service
from services.catalogue import ItemView
from services.nearest_staff import StreetGraphs
from services.open311 import Posted, ServiceRequest
from store.database.actor import Actor
from store.database.work import UnitOfWork

router = APIRouter(prefix="/open311/v2", tags=["open311"])
LOOKS: Final = 300
REPORTS: Final = 300
"""Uses within a quarter of an hour from one address."""
REPEAT_S: Final = 900
"""The same report again within this time is a repeat: GeoReport knows no key of its own."""
LARGEST_FORM: Final = 65_536
Ext = Literal["json", "xml"]
T = TypeVar("T")
Record = Mapping[str, Any]
Jurisdiction = Annotated[
    str | None, Query(max_length=200, description="Name or id of the territory; may be left out where there is one.")
]


def _spoken(
    request: Request,
    locale: Annotated[Lang | None, Query(description="Of names; without it as Accept-Language says, else zh.")] = None,
) -> Lang:
    return locale or preferred(request.headers.get("accept-language", "")) or "zh"


Spoken = Annotated[Lang, Depends(_spoken)]


def answer(ext: str, records: list[Record] | Record, outer: str, inner: str, status: int = 200) -> Response:
    """Build an answer in the form that the address asks for."""
    if ext == "json":
        content = orjson.dumps(records, default=str)
        return Response(content, status, media_type="application/json")
    root = ET.Element(outer)
    if isinstance(records, Mapping):
        _fill(root, records)
    else:
        for record in records:
            _fill(ET.SubElement(root, inner), record)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, status, media_type="text/xml; charset=utf-8")


def _fill(node: ET.Element, record: Record) -> None:
    for name, value in record.items():
        child = ET.SubElement(node, name)
        if isinstance(value, bool):
            child.text = str(value).lower()
        elif value is not None and value != []:
            child.text = str(value)


async def _told(request: Request, wiring: Wiring, ext: str, step: Callable[[UnitOfWork], Response]) -> Response:
    """Count the use, run `step` in a unit of work of the system's, and tell failures as GeoReport does."""
    try:
        await count_use(request, wiring, "open311", LOOKS, {})
        return await run_in_threadpool(_read, wiring, step)
    except GridwardError as error:
        return refusal(ext, error)


def _read(wiring: Wiring, step: Callable[[UnitOfWork], Response]) -> Response:
    with wiring.system_work() as work:
        return step(work)


def in_language(told: Response, lang: Lang) -> Response:
    """Say in which language the names of an answer are, and that another reader may get another."""
    told.headers["Content-Language"] = CONTENT_LANGUAGE[lang]
    told.headers.append("Vary", "Accept-Language")
    return told


def refusal(ext: str, error: GridwardError) -> Response:
    """Build the answer for an error: what is wrong with a request is 400 here, and a bad key 403."""
    status = {401: 403, 422: 400, 409: 400}.get(status_of(error), status_of(error))
    told = answer(ext, [{"code": status, "description": error.message}], "errors", "error", status)
    if status == 429:
        told.headers["Retry-After"] = str(error.fields.get("retry_after_s", 60))
    return told


@router.get("/services.{ext}", operation_id="open311_services", response_class=Response)
async def list_services(
    request: Request, wiring: Wired, ext: Ext, lang: Spoken, jurisdiction_id: Jurisdiction = None
) -> Response:
    """Return what may be reported."""

    def step(work: UnitOfWork) -> Response:
        place = service.jurisdiction(work, jurisdiction_id)
        found = [_service(item, lang) for item in service.list_services(work, place)]
        return answer(ext, found, "services", "service")

    return in_language(await _told(request, wiring, ext, step), lang)


@router.get("/services/{code}.{ext}", operation_id="open311_service", response_class=Response)
async def get_service(
    request: Request, wiring: Wired, code: str, ext: Ext, jurisdiction_id: Jurisdiction = None
) -> Response:
    """Return what else a service asks for: nothing."""

    def step(work: UnitOfWork) -> Response:
        found = service.get_service(work, service.jurisdiction(work, jurisdiction_id), code)
        record = {"service_code": found.code, "attributes": []}
        return answer(ext, record, "service_definition", "")

    return await _told(request, wiring, ext, step)


def _service(item: ItemView, lang: Lang) -> Record:
    english = lang == "en"
    return {
        "service_code": item.code,
        "service_name": service.name_of(item, lang),
        "description": (item.filing_en if english else item.filing_zh) or "",
        "metadata": False,
        "type": "realtime",
        "keywords": ",".join(word.replace(",", " ") for word in item.synonyms),
        "group": (item.class_en if english else item.class_zh) or item.class_code,
    }


@router.get("/requests.{ext}", operation_id="open311_requests", response_class=Response)
async def list_requests(  # noqa: PLR0913, PLR0917 - the parameters of GeoReport
    request: Request,
    wiring: Wired,
    ext: Ext,
    lang: Spoken,
    jurisdiction_id: Jurisdiction = None,
    service_request_id: Annotated[str | None, Query(max_length=4000, description="Numbers, comma-separated.")] = None,
    service_code: Annotated[str | None, Query(max_length=2000, description="Codes, comma-separated.")] = None,
    start_date: Annotated[str | None, Query(max_length=40, description="With a zone, as 2026-05-01T00:00:00Z.")] = None,
    end_date: Annotated[str | None, Query(max_length=40)] = None,
    status: Annotated[str | None, Query(max_length=40, description="open, closed or both.")] = None,
) -> Response:
    """Return public reports: of the last 90 days, or of any 90 days; 1,000 at most."""

    def step(work: UnitOfWork) -> Response:
        place = service.jurisdiction(work, jurisdiction_id)
        asked = service.Query(
            _listed(service_request_id), _listed(service_code), _listed(status),
            _moment("start_date", start_date), _moment("end_date", end_date),
        )  # fmt: skip
        found = service.list_requests(work, place, asked, now=datetime.now(UTC), lang=lang)
        return answer(ext, [_request(each) for each in found], "service_requests", "request")

    return in_language(await _told(request, wiring, ext, step), lang)


@router.get("/requests/{no}.{ext}", operation_id="open311_request", response_class=Response)
async def get_request(
    request: Request, wiring: Wired, no: str, ext: Ext, lang: Spoken, jurisdiction_id: Jurisdiction = None
) -> Response:
    """Return one public report."""

    def step(work: UnitOfWork) -> Response:
        found = service.get_request(work, service.jurisdiction(work, jurisdiction_id), no, lang=lang)
        return answer(ext, [_request(found)], "service_requests", "request")

    return in_language(await _told(request, wiring, ext, step), lang)


@router.get("/tokens/{token}.{ext}", operation_id="open311_token", response_class=Response)
async def get_token(
    request: Request, wiring: Wired, token: str, ext: Ext, jurisdiction_id: Jurisdiction = None
) -> Response:
    """Return the number that a token became: numbers are given at once, so a token is the number itself."""

    def step(work: UnitOfWork) -> Response:
        found = service.get_request(work, service.jurisdiction(work, jurisdiction_id), token)
        record = {"service_request_id": found.no, "token": found.no}
        return answer(ext, [record], "service_requests", "request")

    return await _told(request, wiring, ext, step)


def _request(found: ServiceRequest) -> Record:
    return {
        "service_request_id": found.no,
        "status": found.status,
        "status_notes": found.status_notes,
        "service_name": found.service_name,
        "service_code": found.service_code,
        # what was written stays with the desk: people write names and doors into it
        "description": found.service_name,
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": _iso(found.requested_at),
        "updated_datetime": _iso(found.updated_at),
        "expected_datetime": None if found.expected_at is None else _iso(found.expected_at),
        "address": found.address,
        "address_id": found.address_id,
        "zipcode": None,
        "lat": found.lat,
        "long": found.lon,
        "media_url": None,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _moment(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInputError(f"{name} is a time with a zone, such as 2026-05-01T00:00:00Z", field=name)
    return found.astimezone(UTC)


_POST_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["api_key", "service_code", "description"],
                    "properties": {
                        name: {"type": "string"}
                        for name in (
                            "api_key", "jurisdiction_id", "service_code", "description", "lat", "long",
                            "address_string",
                        )
                    },
                }
            }
        },
    }
}  # fmt: skip


@router.post("/requests.{ext}", operation_id="open311_post", response_class=Response, openapi_extra=_POST_FORM)
async def post_request(request: Request, wiring: Wired, graphs: Graphs, ext: Ext) -> Response:
    """Take a report in from another program; an API token of Gridward is its api_key. Persons' fields are ignored."""
    try:
        await count_use(request, wiring, "open311 post", REPORTS, {})
        async with request.form(max_files=0, max_fields=60, max_part_size=LARGEST_FORM) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        no = await run_in_threadpool(_post, wiring, graphs, fields)
    except GridwardError as error:
        return refusal(ext, error)
    record = {"service_request_id": no, "service_notice": None, "account_id": None}
    return answer(ext, [record], "service_requests", "request")


def _post(wiring: Wiring, graphs: StreetGraphs, fields: dict[str, str]) -> str:
    now = datetime.now(UTC)
    actor = _actor(wiring, fields.get("api_key", ""), now)
    # the same report again within a while is a repeat, also where the clock passes from one such while to the next
    window = int(now.timestamp()) // REPEAT_S
    told = sorted((name, value) for name, value in fields.items() if name != "api_key")
    keys = [hashlib.sha256(orjson.dumps([each, told])).hexdigest() for each in (window, window - 1)]
    with wiring.database.work(actor, by_anyone("POST /open311/v2/requests")) as work:
        place: UUID = service.jurisdiction(work, fields.get("jurisdiction_id"))
        if not fields.get("service_code"):
            raise service.MissingParameterError("service_code was not provided")
        sent = Posted(
            fields["service_code"],
            fields.get("description", ""),
            _number("long", fields.get("long")),
            _number("lat", fields.get("lat")),
            fields.get("address_string") or None,
        )
        return service.post(work, graphs, place, sent, keys=keys, now=now, time_zone=wiring.settings.cases.time_zone)


def _actor(wiring: Wiring, secret: str, now: datetime) -> Actor:
    if not 0 < len(secret) <= LONGEST_SECRET:
        raise NotAllowedError("api_key was not provided")
    with wiring.system_work() as work:
        found = access.signed_in_by_token(work, secret, now=now)
    if found is None:
        raise NotSignedInError("api_key does not hold")
    gates.check(found, "POST", "/api/v1/incidents")
    return found.actor


def _number(name: str, text: str | None) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise InvalidInputError(f"{name} is no number", field=name) from None
