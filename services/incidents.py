"""Reports: taken in once and placed at once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from shapely import Point

from casework import states
from casework.masking import control_sign, mask_personal_numbers
from gis.errors import ConflictError, InvalidInputError
from services import catalogue, clocks
from services.incident_views import IncidentView, get_incident
from services.locate import Located, Place, locate
from services.nearest_staff import StreetGraphs
from store.database import incidents as sql
from store.database.actor import AreaLimitedError
from store.database.incidents import Taken
from store.database.work import UnitOfWork

__all__ = [
    "SEVERITIES",
    "IncidentView",
    "KeyUsedError",
    "Report",
    "Reported",
    "as_of",
    "check",
    "get_incident",
    "placed",
    "placed_at",
    "register",
    "urgent_of",
]

SEVERITIES: Final = ("minor", "major", "critical")
ITEM_LENGTH: Final = 120
DESCRIPTION_LENGTH: Final = 4000
KEY_LENGTH: Final = 200
_LATEST: Final = timedelta(minutes=10)
"""Clocks of phones run ahead a little; more than this is a mistake."""
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""An unset clock counts from its own zero, such as 1970."""


class KeyUsedError(ConflictError):
    """The same intake key came with another report."""

    code = "key-used"


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports.

    Attributes
    ----------
    place : Place
    item : str
        What it is, in the words of the catalogue or the reporter.
    description : str
        Free text; identity and telephone numbers in it are masked before anything is saved.
    channel : str
        Where it came from.
    severity : str
    occurred_at : datetime or None
        Grid and head are those of then; None: of the time of the report.
    item_code : str or None
        Code of the item in the catalogue.
    """

    place: Place
    item: str
    description: str = ""
    channel: str = "desk"
    severity: str = "minor"
    occurred_at: datetime | None = None
    item_code: str | None = None

    def digest(self) -> str:
        """Return the digest that tells a repeat from another report under the same key."""
        told = {name: value for name, value in asdict(self).items() if name != "item_code" or value is not None}
        told["place"] = {
            name: value for name, value in told["place"].items() if name not in _LATER or value is not None
        }
        body = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(body).hexdigest()


# ways to say a place that came later: reports of before must keep their digests
_LATER = ("plate", "component")


@dataclass(frozen=True, slots=True)
class Reported:
    """A report taken in: `fresh` is False for a repeat."""

    fresh: bool
    incident: IncidentView
    located: dict[str, Any]


def register(
    work: UnitOfWork, graphs: StreetGraphs, report: Report, *, key: str, now: datetime, time_zone: str = "UTC"
) -> Reported:
    """Take a report in; the same report under the same key again changes nothing.

    Parameters
    ----------
    work : UnitOfWork
    graphs : StreetGraphs
        Shared by all requests of the process.
    report : Report
    key : str
        The channel's own key of this report, unique per account.
    now : datetime
    time_zone : str
        Decides the month of the report, which its number begins with.

    Raises
    ------
    KeyUsedError
        The key came before with another report.
    InvalidInputError
        No item, an unknown severity, or words that fit several places or none.
    """
    check(report, key, now)
    channel_key = _channel_key(work, key)
    known = sql.find_key(work.session, report.channel, channel_key)
    if known is None:
        found = _located(work, graphs, report, report.occurred_at or now, now=now)
        taken = _save(work, report, found, channel_key, now, time_zone)
        if taken.fresh:
            return _announced(work, found, taken, now)
        known = taken
    if known.body_sha256 != report.digest():
        raise KeyUsedError(
            "This key came before with another report; a new report needs a key of its own.", no=known.no
        )
    incident = get_incident(work, known.no)
    return Reported(False, incident, _located(work, graphs, report, as_of(incident)).answer)


def is_known(work: UnitOfWork, channel: str, key: str) -> bool:
    """Whether this account sent a report under a key before."""
    return sql.find_key(work.session, channel, _channel_key(work, key)) is not None


def _channel_key(work: UnitOfWork, key: str) -> str:
    return f"{work.actor.account_id or 'system'}:{key}"


def check(report: Report, key: str, now: datetime) -> None:
    """Refuse a report that says too little, too much or nonsense.

    Raises
    ------
    InvalidInputError
        With the field that is at fault.
    """
    if not report.item.strip() or len(report.item) > ITEM_LENGTH:
        raise InvalidInputError(f"Say what it is in 1 to {ITEM_LENGTH} characters.", field="item")
    if len(report.description) > DESCRIPTION_LENGTH:
        raise InvalidInputError(f"The description has at most {DESCRIPTION_LENGTH} characters.", field="description")
    for name in ("item", "description"):
        control = control_sign(getattr(report, name))
        if control is not None:
            raise InvalidInputError(f"The text holds the control character {control}; remove it.", field=name)
    if report.severity not in SEVERITIES:
        raise InvalidInputError(f"The severity is one of {', '.join(SEVERITIES)}.", field="severity")
    if not key.strip() or len(key) > KEY_LENGTH:
        raise InvalidInputError(f"The key has 1 to {KEY_LENGTH} characters.", field="Idempotency-Key")
    if not report.channel.strip() or len(report.channel) > 40 or not report.channel.isprintable():
        raise InvalidInputError("The channel has 1 to 40 characters, all of them to be seen.", field="channel")
    if report.occurred_at is not None and report.occurred_at > now + _LATEST:
        raise InvalidInputError("It can't have occurred in the future.", field="occurred_at")
    if report.occurred_at is not None and report.occurred_at < EARLIEST:
        raise InvalidInputError("It can't have occurred so long ago; is a clock set wrong?", field="occurred_at")


def _located(
    work: UnitOfWork, graphs: StreetGraphs, report: Report, moment: datetime, *, now: datetime | None = None
) -> Located:
    """Place a report as of the moment that it is about; as of `now` where that grid has ended since.

    A position that stands for "nobody knows" is no place: such a report is kept without one.
    """
    found = locate(work, graphs, replace(report.place, at=moment), now=moment)
    retired = found.versions and (found.answer["plan"] or {}).get("status") == "retired"
    if retired and not sql.goes_on(work.session, found.versions[0], now or datetime.now(UTC)):
        # a grid that is no more has nobody who could act; publishing a plan hands its open cases on likewise
        found = locate(work, graphs, replace(report.place, at=now), now=now or datetime.now(UTC))
    if found.point is None or found.territory_id is None:
        raise InvalidInputError(
            "These words fit several places; choose one.", candidates=found.answer["candidates"], field="address"
        )
    if work.actor.is_limited and not work.actor.covers(sql.area_at(work.session, found.point, found.territory_id)):
        raise AreaLimitedError("This place is outside the areas of your account.", field="lon")
    if found.answer.get("hint") == "placeholder":
        return replace(found, point=None, versions=[], codes=(0, 0, 0), component_id=None)
    return found


def as_of(row: Any) -> datetime:  # noqa: ANN401 - an incident's row or view
    """Return the moment that a report is about: when it occurred or, where nobody said, when it was reported."""
    return row.occurred_at or row.reported_at  # type: ignore[no-any-return]


def placed(work: UnitOfWork, graphs: StreetGraphs, point: tuple[float, float], moment: datetime) -> dict[str, Any]:
    """Return the columns of an incident that say where it is, for a place found later.

    Parameters
    ----------
    work : UnitOfWork
    graphs : StreetGraphs
    point : tuple of float
        Longitude and latitude, EPSG:4326.
    moment : datetime
        What the report is about (`as_of`): grids are those of then.

    Raises
    ------
    InvalidInputError
        The position stands for "nobody knows".
    """
    return placed_at(work, graphs, Place(point[0], point[1]), moment)[0]


def placed_at(
    work: UnitOfWork, graphs: StreetGraphs, place: Place, moment: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the same for a place however it is said, and what is answered about it.

    Raises
    ------
    InvalidInputError
        The position stands for "nobody knows", or the words fit several places.
    """
    found = _located(work, graphs, Report(place, "-"), moment)
    if found.point is None:
        raise InvalidInputError("This position stands for 'not known'; give the place itself.", field="lon")
    area, town, county = found.codes
    versions = [*found.versions[:2], None, None]
    columns = {
        "point": Point(found.point), "accuracy_m": place.accuracy_m or None,
        "locate_method": found.answer["located_by"], "grid_version_id": versions[0],
        "alt_grid_version_id": versions[1], "component_id": found.component_id, "area_code": area,
        "town_code": town, "county_code": county,
    }  # fmt: skip
    return columns, found.answer


def _save(work: UnitOfWork, report: Report, found: Located, channel_key: str, now: datetime, time_zone: str) -> Taken:
    lon, lat = found.point or (None, None)
    located_by = found.answer["located_by"] if found.point else "none"
    item_code = report.item_code
    if item_code is None and found.territory_id is not None:
        # who writes an item's name, in whichever way in, means that item
        item_code = catalogue.item_called(work, report.item, found.territory_id)
    urgent = urgent_of(work, item_code, found.territory_id)
    local = now.astimezone(ZoneInfo(time_zone))
    month = local.date().replace(day=1)
    incident_id, serial = sql.next_numbers(work.session, month)
    no = f"{month:%Y-%m}-{serial:06d}"
    # free text stays out of the facts: they are chained by digests and can't be erased. Of an item in the words of who
    # reports it, numbers do
    item = mask_personal_numbers(report.item.strip())
    facts = {
        "intake_key": hashlib.sha256(f"{report.channel}:{channel_key}".encode()).hexdigest(),
        "no": no,
        "item": item,
        "item_code": item_code,
        "severity": report.severity,
        "urgent": urgent,
        "place": found.point is not None,
        "placement": found.answer["placement"],
        "located_by": located_by,
        "grids": [grid["code"] for grid in found.answer["grids"]] if found.versions else [],
    }
    moment = now.astimezone(UTC)
    # everybody who may sign in may report; the desk's own roles decide what happens next
    actor = states.Actor(work.actor.account_id, work.actor.roles | {"reporter"})
    step = states.apply(states.Case(severity=report.severity), "register", actor=actor, now=moment, facts=facts)
    area, town, county = found.codes
    versions = [*found.versions[:2], None, None]
    return sql.register(
        work.session,
        {
            "channel": report.channel, "channel_key": channel_key, "body_sha256": report.digest(), "month": month,
            "id": incident_id, "no": no, "territory_id": found.territory_id, "item": item,
            "description": mask_personal_numbers(report.description.strip()), "severity": report.severity,
            "reported_at": moment, "occurred_at": report.occurred_at, "lon": lon, "lat": lat,
            "accuracy_m": report.place.accuracy_m if found.point else None, "locate_method": located_by,
            "grid_version_id": versions[0], "alt_grid_version_id": versions[1], "component_id": found.component_id,
            "area_code": area, "town_code": town, "county_code": county, "actor_id": work.actor.account_id,
            "facts": facts, "digest": step.digest, "item_code": item_code, "urgent": urgent,
        },
    )  # fmt: skip


def _announced(work: UnitOfWork, found: Located, taken: Taken, now: datetime) -> Reported:
    box = (*found.point, *found.point) if found.point else None
    work.touch("incidents", found.territory_id, box)
    work.announce("incident", {"no": taken.no, "action": "register", "state": "REPORTED"}, found.territory_id)
    clocks.follow(work, None, taken, "register", now)
    return Reported(True, get_incident(work, taken.no), found.answer)


def urgent_of(work: UnitOfWork, item_code: str | None, territory_id: UUID | None) -> bool:
    """Whether an item of the catalogue is urgent.

    Raises
    ------
    InvalidInputError
        The catalogue has no such item.
    """
    if item_code is None or territory_id is None:
        return False
    item = catalogue.find_item(work, item_code, territory_id)
    if item is None:
        raise InvalidInputError(f"The catalogue has no item {item_code[:60]}.", field="item_code")
    return item.urgent
