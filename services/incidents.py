"""Reports: taken in once, placed at once, listed, and corrected without losing what was said before."""

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
from casework.chain import step_digest
from casework.masking import control_sign, mask_personal_numbers
from gis.errors import ConflictError, InvalidInputError, NotFoundError, StaleRevisionError
from services import catalogue, clocks
from services.incident_views import IncidentView, box_of, get_incident, view_of
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
    "amend",
    "get_incident",
    "placed",
    "register",
]

SEVERITIES: Final = ("minor", "major", "critical")
ITEM_LENGTH: Final = 120
DESCRIPTION_LENGTH: Final = 4000
KEY_LENGTH: Final = 200
_AMENDED: Final = ("item", "description", "severity", "item_code")
_LATEST: Final = timedelta(minutes=10)
"""Clocks of phones run ahead a little; more than this is a mistake."""


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
    _check(report, key, now)
    channel_key = f"{work.actor.account_id or 'system'}:{key}"
    known = sql.find_key(work.session, report.channel, channel_key)
    if known is None:
        found = _located(work, graphs, report, now)
        taken = _save(work, report, found, channel_key, now, time_zone)
        if taken.fresh:
            return _announced(work, found, taken, now)
        known = taken
    if known.body_sha256 != report.digest():
        raise KeyUsedError(
            "This Idempotency-Key came before with another report; a new report needs a new key.", no=known.no
        )
    incident = get_incident(work, known.no)
    return Reported(False, incident, _located(work, graphs, report, incident.reported_at).answer)


def _check(report: Report, key: str, now: datetime) -> None:
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
    if not report.channel.strip() or len(report.channel) > 40:
        raise InvalidInputError("The channel has 1 to 40 characters.", field="channel")
    if report.occurred_at is not None and report.occurred_at > now + _LATEST:
        raise InvalidInputError("It can't have occurred in the future.", field="occurred_at")


def _located(work: UnitOfWork, graphs: StreetGraphs, report: Report, moment: datetime) -> Located:
    """Place a report: who answers is looked up for the time it was reported.

    A position that stands for "nobody knows" is no place: such a report is kept without one.
    """
    found = locate(work, graphs, replace(report.place, at=moment), now=moment)
    if found.point is None or found.territory_id is None:
        raise InvalidInputError(
            "These words fit several places; choose one.", candidates=found.answer["candidates"], field="address"
        )
    if work.actor.is_limited and not work.actor.covers(sql.area_at(work.session, found.point, found.territory_id)):
        raise AreaLimitedError("This place is outside the areas of your account.", field="lon")
    if found.answer.get("hint") == "placeholder":
        return replace(found, point=None, versions=[], codes=(0, 0, 0), component_id=None)
    return found


def placed(work: UnitOfWork, graphs: StreetGraphs, point: tuple[float, float], moment: datetime) -> dict[str, Any]:
    """Return the columns of an incident that say where it is, for a place found later.

    Parameters
    ----------
    work : UnitOfWork
    graphs : StreetGraphs
    point : tuple of float
        Longitude and latitude, EPSG:4326.
    moment : datetime
        Time of the report: grids are those of then.

    Raises
    ------
    InvalidInputError
        The position stands for "nobody knows".
    """
    found = _located(work, graphs, Report(Place(point[0], point[1]), "-"), moment)
    if found.point is None:
        raise InvalidInputError("This position stands for 'not known'; give the place itself.", field="lon")
    area, town, county = found.codes
    versions = [*found.versions[:2], None, None]
    return {
        "point": Point(found.point), "accuracy_m": None, "locate_method": found.answer["located_by"],
        "grid_version_id": versions[0], "alt_grid_version_id": versions[1], "component_id": found.component_id,
        "area_code": area, "town_code": town, "county_code": county,
    }  # fmt: skip


def _save(work: UnitOfWork, report: Report, found: Located, channel_key: str, now: datetime, time_zone: str) -> Taken:
    lon, lat = found.point or (None, None)
    located_by = found.answer["located_by"] if found.point else "none"
    urgent = _urgent(work, report.item_code, found.territory_id)
    local = now.astimezone(ZoneInfo(time_zone))
    month = local.date().replace(day=1)
    incident_id, serial = sql.next_numbers(work.session, month)
    no = f"{month:%Y-%m}-{serial:06d}"
    # free text stays out of the facts: they are chained by digests and can't be erased
    facts = {
        "intake_key": hashlib.sha256(f"{report.channel}:{channel_key}".encode()).hexdigest(),
        "no": no,
        "item": report.item.strip(),
        "item_code": report.item_code,
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
            "id": incident_id, "no": no, "territory_id": found.territory_id, "item": report.item.strip(),
            "description": mask_personal_numbers(report.description.strip()), "severity": report.severity,
            "reported_at": moment, "occurred_at": report.occurred_at, "lon": lon, "lat": lat,
            "accuracy_m": report.place.accuracy_m if found.point else None, "locate_method": located_by,
            "grid_version_id": versions[0], "alt_grid_version_id": versions[1], "component_id": found.component_id,
            "area_code": area, "town_code": town, "county_code": county, "actor_id": work.actor.account_id,
            "facts": facts, "digest": step.digest, "item_code": report.item_code, "urgent": urgent,
        },
    )  # fmt: skip


def _announced(work: UnitOfWork, found: Located, taken: Taken, now: datetime) -> Reported:
    box = (*found.point, *found.point) if found.point else None
    work.touch("incidents", found.territory_id, box)
    work.announce("incident", {"no": taken.no, "action": "register", "state": "REPORTED"}, found.territory_id)
    clocks.follow(work, None, taken, "register", now)
    return Reported(True, get_incident(work, taken.no), found.answer)


def _urgent(work: UnitOfWork, item_code: str | None, territory_id: UUID | None) -> bool:
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


def amend(
    work: UnitOfWork,
    no: str,
    *,
    revision: int,
    now: datetime,
    item: str | None = None,
    description: str | None = None,
    severity: str | None = None,
    item_code: str | None = None,
) -> IncidentView:
    """Correct what is said of an incident; its state stays, its history gets a row.

    Parameters
    ----------
    work : UnitOfWork
    no : str
    revision : int
        Revision that the caller saw.
    now : datetime
    item, description, severity, item_code : str or None
        New values; None leaves one as it is.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    """
    work.actor.require("intake_officer", "dispatcher", "shift_leader", "grid_staff")
    row = sql.get_incident(work.session, no, lock=True)
    if row is None:
        raise NotFoundError(f"There is no incident {no[:40]}.", no=no[:40])
    before = view_of(row, work.actor.account_id)
    if before.revision != revision:
        raise StaleRevisionError(
            "The incident was changed since you read it; look at the present version first.", current=before
        )
    wanted = replace(
        before,
        item=before.item if item is None else item.strip(),
        description=before.description if description is None else mask_personal_numbers(description.strip()),
        severity=before.severity if severity is None else severity,
        item_code=before.item_code if item_code is None else item_code,
    )
    _check(Report(Place(), wanted.item, wanted.description, severity=wanted.severity), "-", now)
    if wanted.item_code != before.item_code:
        wanted = replace(wanted, urgent=_urgent(work, wanted.item_code, row.territory_id))
    changed = [name for name in _AMENDED if getattr(before, name) != getattr(wanted, name)]
    if not changed:
        return before
    _write(work, wanted, changed, now.astimezone(UTC))
    work.touch("incidents", row.territory_id, box_of(before))
    work.announce("incident", {"no": no, "action": "amend", "state": before.state}, row.territory_id)
    return get_incident(work, no)


def _write(work: UnitOfWork, wanted: IncidentView, changed: list[str], at: datetime) -> None:
    key = {"month": wanted.month, "id": wanted.id}
    sql.amend(
        work.session,
        {
            **key,
            "item": wanted.item,
            "description": wanted.description,
            "severity": wanted.severity,
            "item_code": wanted.item_code,
            "urgent": wanted.urgent,
        },
    )
    seq, prev = sql.last_step(work.session, wanted.month, wanted.id)
    facts: dict[str, Any] = {"changed": changed}
    facts |= {name: getattr(wanted, name) for name in changed if name != "description"}
    facts |= {"urgent": wanted.urgent} if "item_code" in changed else {}
    content = states.step_content(
        seq + 1,
        "amend",
        from_state=wanted.state,
        to_state=wanted.state,
        actor_id=work.actor.account_id,
        at=at,
        facts=facts,
    )
    sql.add_step(
        work.session,
        {
            **key, "seq": seq + 1, "action": "amend", "state": wanted.state, "actor_id": work.actor.account_id,
            "facts": facts, "at": at, "prev": prev, "digest": step_digest(prev, content),
        },
    )  # fmt: skip
