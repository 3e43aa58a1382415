"""Open311 GeoReport v2: the city's common door for other programs, mapped to the catalogue and to reports.

A public answer tells the item, the state and the grid (or a block of a kilometre): never the reported point, never the
free text, since people write names and doors into it. Names and numbers of who sends a report are not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from casework.machine import machine
from gis.errors import GridwardError, InvalidInputError, NotFoundError
from layers.spec import Lang
from services import catalogue, incidents
from services.catalogue import ItemView
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database import open311 as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

CHANNEL: Final = "open311"
WINDOW: Final = timedelta(days=90)
MOST: Final = 1000
MOST_NOS: Final = 100
STATUSES: Final = ("open", "closed")


class MissingParameterError(GridwardError):
    """Something that GeoReport asks for was left out (400)."""

    code = "missing-parameter"


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A public report as GeoReport tells it; position of the grid or block, EPSG:4326."""

    no: str
    status: str
    status_notes: str
    service_code: str
    service_name: str
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    address: str
    address_id: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Query:
    """Which requests to list.

    Attributes
    ----------
    nos : tuple of str
        These alone, whatever else is asked; empty for all.
    service_codes, statuses : tuple of str
        Empty for all.
    since, until : datetime or None
        At most `WINDOW` apart; the last 90 days without any.
    """

    nos: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int = MOST


@dataclass(frozen=True, slots=True)
class Posted:
    """What another program reports."""

    service_code: str
    description: str
    lon: float | None = None
    lat: float | None = None
    address: str | None = None


def jurisdiction(work: UnitOfWork, text: str | None) -> UUID:
    """Return the territory that a jurisdiction_id names: its id or name; the only one without.

    Raises
    ------
    NotFoundError
        There is none of this name.
    MissingParameterError
        There are several.
    """
    wanted: UUID | str | None = text or None
    if wanted is not None:
        with suppress(ValueError):
            wanted = UUID(text)
    try:
        return find_territory(work.session, wanted).id
    except NotFoundError as error:
        if wanted is None:
            raise MissingParameterError("jurisdiction_id was not provided") from error
        raise NotFoundError("jurisdiction_id was not found") from error


def list_services(work: UnitOfWork, territory_id: UUID) -> list[ItemView]:
    """Return what anybody may report."""
    return catalogue.list_items(work, territory=territory_id, public=True)


def get_service(work: UnitOfWork, territory_id: UUID, code: str) -> ItemView:
    """Return one of them.

    Raises
    ------
    NotFoundError
        There is none, or it is not for the public.
    """
    found = catalogue.find_item(work, code, territory_id)
    if found is None or not found.public:
        raise NotFoundError("service_code was not found", service_code=code[:60])
    return found


def post(
    work: UnitOfWork,
    graphs: StreetGraphs,
    territory_id: UUID,
    sent: Posted,
    *,
    keys: Sequence[str],
    now: datetime,
    time_zone: str = "UTC",
) -> str:
    """Take a report in; return its number.

    Parameters
    ----------
    work : UnitOfWork
        Of the account whose token was the api_key.
    graphs : StreetGraphs
    territory_id : UUID
    sent : Posted
    keys : sequence of str
        The report's key, then those that it had a while ago: a repeat under any changes nothing.
    now : datetime
    time_zone : str

    Raises
    ------
    NotFoundError
        No such service or address.
    MissingParameterError
        No place, or no words.
    """
    found = get_service(work, territory_id, sent.service_code)
    if sent.lon is not None and sent.lat is not None:
        place = Place(sent.lon, sent.lat, territory=territory_id)
    elif sent.address:
        place = Place(address=sent.address, territory=territory_id)
    else:
        raise MissingParameterError("lat and long, or address_string, were not provided")
    if not sent.description.strip():
        raise MissingParameterError("description was not provided")
    report = incidents.Report(
        place,
        found.name_zh or found.name_en,
        sent.description,
        CHANNEL,
        found.severity,
        item_code=found.code,
    )
    key = next((each for each in keys if incidents.is_known(work, CHANNEL, each)), keys[0])
    return incidents.register(work, graphs, report, key=key, now=now, time_zone=time_zone).incident.no


def name_of(item: ItemView, lang: Lang) -> str:
    """Return the name of an item in a language, else the one that it has."""
    names = (item.name_en, item.name_zh) if lang == "en" else (item.name_zh, item.name_en)
    return names[0] or names[1]


def list_requests(
    work: UnitOfWork, territory_id: UUID, asked: Query, *, now: datetime, lang: Lang = "zh"
) -> list[ServiceRequest]:
    """Return public reports, newest first; names in a language.

    Raises
    ------
    InvalidInputError
        An unknown status, or a span that is turned round or too long.
    """
    if asked.nos:
        rows = sql.requests_by_no(work.session, territory_id, asked.nos[:MOST_NOS])
        return _views(work, territory_id, rows, lang)
    strange = sorted(set(asked.statuses) - set(STATUSES))
    if strange:
        raise InvalidInputError(f"status is open or closed, not '{strange[0][:20]}'", field="status")
    until = asked.until or (min(now, asked.since + WINDOW) if asked.since else now)
    since = asked.since or until - WINDOW
    if not since <= until or until - since > WINDOW:
        raise InvalidInputError("start_date and end_date span at most 90 days, the first one earlier", field="end_date")
    wanted = set(asked.statuses)
    states = [name for name, facts in machine().states.items() if facts["open311"] in wanted] if wanted else None
    rows = sql.list_requests(
        work.session,
        territory_id,
        span=(since, until),
        states=states,
        items=asked.service_codes or None,
        limit=min(asked.limit, MOST),
    )
    return _views(work, territory_id, rows, lang)


def get_request(work: UnitOfWork, territory_id: UUID, no: str, *, lang: Lang = "zh") -> ServiceRequest:
    """Return one public report; names in a language.

    Raises
    ------
    NotFoundError
        There is none; those that came by other ways are not public.
    """
    rows = sql.requests_by_no(work.session, territory_id, [no])
    if not rows:
        raise NotFoundError("service_request_id was not found", no=no[:40])
    return _views(work, territory_id, rows, lang)[0]


def _views(work: UnitOfWork, territory_id: UUID, rows: Sequence[Any], lang: Lang) -> list[ServiceRequest]:
    items = {item.code: item for item in catalogue.list_items(work, territory=territory_id)} if rows else {}
    return [_view(row, items.get(row.item_code), lang) for row in rows]


def _view(row: Any, item: ItemView | None, lang: Lang) -> ServiceRequest:  # noqa: ANN401 - a database row
    state = machine().states[row.state]
    return ServiceRequest(
        row.no,
        state["open311"],
        state["zh"] if lang == "zh" else str(row.state).replace("_", " ").capitalize(),
        row.item_code or "",
        # words that somebody typed may tell who and where; the catalogue's own don't
        "" if item is None else name_of(item, lang),
        row.reported_at,
        row.state_at,
        row.due_at,
        " · ".join(part for part in (row.grid_name or row.grid_code, row.area) if part),
        row.grid_code or "",
        row.lon,
        row.lat,
    )
