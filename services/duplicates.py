"""What was reported already: proposed when a report comes in and whenever somebody looks, linked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import shapely

from casework.duplicates import REACH_M, SPAN, Sighting, likely_duplicates
from casework.machine import machine
from gis.crs import to_metric
from gis.errors import NotFoundError
from services.locate import box_around
from store.database import duplicates as sql
from store.database import incidents as incident_sql
from store.database.partition import find_territory
from store.database.together import PLANNED_ONCE, Question, read_together
from store.database.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class LikelyDuplicate:
    """A case that may be the same thing, with what linking to it needs."""

    no: str
    revision: int
    item: str
    item_code: str | None
    state: str
    channel: str
    reported_at: datetime
    score: float
    distance_m: float
    hours: float
    reason: str
    lon: float
    lat: float


@cache
def open_states() -> tuple[str, ...]:
    """Return the states of cases that others may be linked to."""
    return tuple(name for name, facts in machine().states.items() if facts["open311"] == "open")


def proposed(work: UnitOfWork, no: str, *, most: int = 5) -> list[LikelyDuplicate]:
    """Return the open cases that are likely about the same thing as a report, the likeliest first.

    Parameters
    ----------
    work : UnitOfWork
    no : str
        Number of the report.
    most : int

    Raises
    ------
    NotFoundError
        No incident of this number.
    """
    row = incident_sql.get_incident(work.session, no)
    if row is None:
        raise NotFoundError(f"There is no incident {no[:40]}.", no=no[:40])
    question = near_question(row)
    if question is None:
        return []
    (near,) = read_together(work.session, [question])
    return likely_of(row, near, most=most)


def near_question(row: Any) -> Question | None:  # noqa: ANN401 - a database row
    """Return the question for what lies near a report whose row is read; `likely_of` reads its answer.

    None where the report has no place.
    """
    return None if row.lon is None else _near(_report_of(row))


def likely_of(row: Any, near: Sequence[Any], *, most: int = 5) -> list[LikelyDuplicate]:  # noqa: ANN401 - a row
    """Return which cases near a report it is likely about, the likeliest first."""
    return _likely(_report_of(row), near, most) if near else []


def _report_of(row: Any) -> _Report:  # noqa: ANN401 - a database row
    return _Report(
        row.no, row.territory_id, row.lon, row.lat, row.accuracy_m, row.reported_at, row.item, row.item_code,
        row.description,
    )  # fmt: skip


def proposed_at(
    work: UnitOfWork,
    place: tuple[float, float],
    item: str,
    item_code: str | None,
    *,
    accuracy_m: float = 0.0,
    now: datetime,
    territory: UUID | None = None,
    most: int = 5,
) -> list[LikelyDuplicate]:
    """Return the open cases that a report about to be made is likely about, the likeliest first.

    Parameters
    ----------
    work : UnitOfWork
    place : tuple of float
        Longitude, latitude, EPSG:4326.
    item : str
        What is wrong, as far as it is typed.
    item_code : str or None
    accuracy_m : float
    now : datetime
    territory : UUID or None
        May be left out where only one is loaded.
    most : int
    """
    of = find_territory(work.session, territory).id
    report = _Report("", of, *place, accuracy_m, now, item, item_code, "")
    _, near = read_together(work.session, [PLANNED_ONCE, _near(report)])
    return _likely(report, near, most) if near else []


@dataclass(frozen=True, slots=True)
class _Report:
    no: str
    territory_id: UUID
    lon: float
    lat: float
    accuracy_m: float | None
    reported_at: datetime
    item: str
    item_code: str | None
    description: str


def _near(row: _Report) -> Question:
    reach = REACH_M + min(REACH_M, row.accuracy_m or 0.0) + REACH_M
    return sql.near_question(
        row.no,
        territory_id=row.territory_id,
        place=(row.lon, row.lat),
        box=box_around(row.lon, row.lat, reach),
        span=(row.reported_at - SPAN, row.reported_at + SPAN),
        states=open_states(),
    )


def _likely(row: _Report, rows: Sequence[Any], most: int) -> list[LikelyDuplicate]:
    everything: tuple[Any, ...] = (row, *rows)
    places = shapely.points([(each.lon, each.lat) for each in everything])
    xy = shapely.get_coordinates(to_metric(places, rows[0].srid))
    report, *others = (
        Sighting(
            each.no, float(x), float(y), each.reported_at, each.item, each.item_code, each.accuracy_m or 0.0,
            each.description,
        )
        for each, (x, y) in zip(everything, xy, strict=True)
    )  # fmt: skip
    known = {each.no: each for each in rows}
    return [
        LikelyDuplicate(
            found.no, known[found.no].revision, known[found.no].item, known[found.no].item_code,
            known[found.no].state, known[found.no].channel, known[found.no].reported_at, found.score,
            found.distance_m, found.hours, found.reason, known[found.no].lon, known[found.no].lat,
        )
        for found in likely_duplicates(report, others, most=most)
    ]  # fmt: skip
