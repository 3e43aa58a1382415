"""Incidents as they are shown: one, a page of the queue, and how many there are."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from casework.machine import machine
from gis.errors import InvalidInputError, NotFoundError
from store.database import cases as case_sql
from store.database import incident_queue as queue_sql
from store.database import incidents as sql
from store.database.incident_duties import Duty
from store.database.incident_queue import IncidentFilter, Mine
from store.database.work import Box, UnitOfWork

__all__ = [
    "IncidentFilter",
    "IncidentPage",
    "IncidentView",
    "chart_incidents",
    "count_incidents",
    "get_incident",
    "list_incidents",
]

OUTSIDE = "outside_body"
MOST_BARS = 20
_CURSOR_WORDS = "'cursor' is taken from the page before, in the same order, not made up."
_BOX_WORDS = "A box is west,south,east,north in degrees, the west and the south first."


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as it is listed; position in EPSG:4326, None where nobody could place it yet."""

    id: int
    no: str
    month: date
    item: str
    item_code: str | None
    description: str
    channel: str
    state: str
    state_at: datetime
    severity: str
    urgent: bool
    handling_level: str
    reported_at: datetime
    occurred_at: datetime | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    located_by: str
    grid: dict[str, Any] | None
    alt_grid: dict[str, Any] | None
    pending: str | None
    pending_by_me: bool
    registered_by_me: bool
    self_handled: bool
    supervised: bool
    rework_count: int
    extensions: int
    cycle: int
    unit: dict[str, Any] | None
    master_no: str | None
    review_on: date | None
    referred_to: str | None
    due_at: datetime | None
    soon_at: datetime | None
    revision: int
    demo: bool


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Incidents in the order asked for, and the cursor of the next page."""

    incidents: list[IncidentView]
    next: str | None


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """How many incidents there are; `by_area` by 12-digit code, `by_clock` by late, soon, ok, paused and none.

    `todo` of them wait for the account that asks, `requests` for anybody's decision.
    """

    total: int
    by_state: dict[str, int]
    by_area: dict[str, int]
    by_clock: dict[str, int]
    todo: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class ChartBar:
    """What is counted (an item's code or words, a month as ``2026-05``, a 12-digit area code), in words, how often."""

    key: str
    words: str
    n: int


@dataclass(frozen=True, slots=True)
class IncidentChart:
    """How many incidents there are by item and area (most first, then the sum of the rest) and by month."""

    total: int
    items: list[ChartBar]
    other_items: int
    areas: list[ChartBar]
    other_areas: int
    months: list[ChartBar]


def view_of(row: Any, me: UUID | None) -> IncidentView:  # noqa: ANN401 - a database row
    """Return an incident as `me` sees it."""
    return IncidentView(
        id=row.id, no=row.no, month=row.month, item=row.item, item_code=row.item_code, description=row.description,
        channel=row.channel, state=row.state, state_at=row.state_at, severity=row.severity, urgent=row.urgent,
        handling_level=row.handling_level, reported_at=row.reported_at, occurred_at=row.occurred_at, lon=row.lon,
        lat=row.lat, accuracy_m=row.accuracy_m, located_by=row.locate_method,
        grid={"id": row.grid_id, "code": row.grid_code, "name": row.grid_name} if row.grid_id else None,
        alt_grid={"id": row.alt_grid_id, "code": row.alt_grid_code, "name": row.alt_grid_name}
        if row.alt_grid_id
        else None,
        pending=row.pending, pending_by_me=me is not None and row.requested_by == me,
        registered_by_me=me is not None and row.registered_by == me, self_handled=row.self_handled,
        supervised=row.supervised, rework_count=row.rework_count, extensions=row.extensions, cycle=row.cycle,
        unit={"id": row.unit_id, "code": row.unit_code, "name": row.unit_name} if row.unit_id else None,
        master_no=row.master_no, review_on=row.review_on, referred_to=row.referred_to, due_at=row.due_at,
        soon_at=row.soon_at, revision=row.revision, demo=row.demo,
    )  # fmt: skip


def box_of(incident: Any) -> Box | None:  # noqa: ANN401 - a view or a database row
    """Return what changes on the map with an incident; None where it has no place."""
    if incident.lon is None or incident.lat is None:
        return None
    return (incident.lon, incident.lat, incident.lon, incident.lat)


def is_outside(work: UnitOfWork) -> bool:
    """Whether the actor is nothing but an outside body, which sees only what was handed to it."""
    return OUTSIDE in work.actor.roles and not work.actor.roles & machine().roles.keys() - {OUTSIDE}


def read_row(work: UnitOfWork, no: str, *, lock: bool = False) -> Any:  # noqa: ANN401 - a database row
    """Return the row of an incident.

    Raises
    ------
    NotFoundError
        No incident of this number, or none that the actor sees.
    """
    row = sql.get_incident(work.session, no, lock=lock)
    # an outside body sees what was handed to it, until it is at work here again
    if row is None or (is_outside(work) and (row.referred_to is None or row.state not in ("REFERRED", "ACCEPTED"))):
        raise NotFoundError(f"There is no incident {no[:40]}.", no=no[:40])
    return row


def get_incident(work: UnitOfWork, no: str) -> IncidentView:
    """Return one incident.

    Raises
    ------
    NotFoundError
        No incident of this number.
    """
    return view_of(read_row(work, no), work.actor.account_id)


def list_incidents(work: UnitOfWork, asked: IncidentFilter) -> IncidentPage:
    """Return one page of incidents.

    Raises
    ------
    InvalidInputError
        A state or clock that does not exist.
    """
    rows = queue_sql.list_incidents(work.session, replace(_checked(work, asked), limit=asked.limit + 1))
    page = [view_of(row, work.actor.account_id) for row in rows[: asked.limit]]
    more = len(rows) > asked.limit
    return IncidentPage(page, _cursor(page[-1], asked) if more else None)


def count_incidents(work: UnitOfWork, asked: IncidentFilter) -> IncidentCounts:
    """Return how many incidents fit, by state, area and clock."""
    by_state: Counter[str] = Counter()
    by_area: Counter[str] = Counter()
    by_clock: Counter[str] = Counter()
    todo = requests = 0
    for row in queue_sql.count_incidents(work.session, _checked(work, asked)):
        by_state[row.state] += row.n
        by_area[str(row.area_code)] += row.n
        by_clock[row.clock] += row.n
        todo, requests = todo + row.todo, requests + row.requests
    return IncidentCounts(by_state.total(), dict(by_state), dict(by_area), dict(by_clock), todo, requests)


def chart_incidents(work: UnitOfWork, asked: IncidentFilter, *, most: int = MOST_BARS) -> IncidentChart:
    """Return how many incidents fit, by item, area and month; `most` bars of items and of areas."""
    parts = queue_sql.chart_incidents(work.session, _checked(work, asked))
    items, months, areas = (
        [ChartBar(str(key), words, n) for key, words, n in parts[name]] for name in ("item", "month", "area_code")
    )
    items, areas = (sorted(bars, key=lambda bar: (-bar.n, bar.key)) for bars in (items, areas))
    by_month = sorted((ChartBar(bar.key[:7], "", bar.n) for bar in months), key=lambda bar: bar.key)
    rest_items, rest_areas = (sum(bar.n for bar in bars[most:]) for bars in (items, areas))
    return IncidentChart(
        sum(bar.n for bar in by_month), items[:most], rest_items, areas[:most], rest_areas, by_month
    )  # fmt: skip


def mine_of(work: UnitOfWork) -> Mine:
    """Return whose cases are the actor's own."""
    post = case_sql.post_of(work.session, work.actor.account_id)
    return Mine(work.actor.account_id, post.unit_id, post.staff_id)


def duty_of(work: UnitOfWork) -> Duty:
    """Return what the actor owes: duties, and the unit it acts for."""
    unit_id = case_sql.post_of(work.session, work.actor.account_id).unit_id
    return Duty(work.actor.account_id, unit_id, work.actor.roles & machine().roles.keys())


def area_range(code: str) -> tuple[int, int]:
    """Return the range of 12-digit codes below an area.

    Raises
    ------
    InvalidInputError
        It is no code of 6, 9 or 12 digits.

    Examples
    --------
    >>> area_range("990101001")
    (990101001000, 990101001999)
    """
    if not (code.isascii() and code.isdigit() and len(code) in (6, 9, 12)):
        raise InvalidInputError("An area is given by its code of 6, 9 or 12 digits.", field="area")
    span = 10 ** (12 - len(code))
    return int(code) * span, int(code) * span + span - 1


def read_box(text: str) -> Box:
    """Read ``west,south,east,north`` in degrees.

    Raises
    ------
    InvalidInputError
        It is no box.

    Examples
    --------
    >>> read_box("24.9,60.1,25.0,60.2")
    (24.9, 60.1, 25.0, 60.2)
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInputError(_BOX_WORDS, field="bbox") from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InvalidInputError(_BOX_WORDS, field="bbox")
    return west, south, east, north


def _checked(work: UnitOfWork, asked: IncidentFilter) -> IncidentFilter:
    strange = [state for state in asked.states if state not in machine().states]
    if strange:
        raise InvalidInputError(f"There is no state {strange[0]}.", field="state", known=list(machine().states))
    if asked.clock is not None and asked.clock not in queue_sql.CLOCKS:
        raise InvalidInputError("A clock is soon, late or paused.", field="clock", known=list(queue_sql.CLOCKS))
    return replace(asked, areas=work.actor.areas, referred_only=is_outside(work))


def _cursor(last: IncidentView, asked: IncidentFilter) -> str:
    part = queue_sql.part_of(asked, severity=last.severity, has_limit=last.due_at is not None)
    moment = last.due_at if part.endswith("due") and last.due_at else last.reported_at
    text = f"{part}|{moment.isoformat()}|{last.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str, asked: IncidentFilter) -> tuple[str, datetime, int]:
    """Read the cursor of a page in the order asked for.

    Raises
    ------
    InvalidInputError
        It is made up.
    """
    try:
        part, moment, number = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("|")
        place = part, datetime.fromisoformat(moment).astimezone(UTC), min(int(number), 2**63 - 1)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise InvalidInputError(_CURSOR_WORDS, field="cursor") from error
    if part not in queue_sql.parts_of(asked):
        raise InvalidInputError(_CURSOR_WORDS, field="cursor")
    return place
