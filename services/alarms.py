"""Alarms of devices and cameras: each becomes a report once; one that only goes on belongs to the case it opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from gis.errors import GridwardError, InvalidInputError
from services import catalogue
from services.duplicates import open_states
from services.incidents import KeyUsedError, Report, register
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database import alarms as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

CHANNEL: Final = "alarm"
MOST: Final = 500
GOES_ON: Final = timedelta(hours=24)
"""So long a device that rings again at an open case of its own only goes on ringing."""
SKEW: Final = timedelta(minutes=10)
SENDERS: Final = ("intake_officer", "dispatcher", "camera_administrator", "grid_staff")

KEY_RANG: Final = "This key rang before with another time or kind; an alarm that rings anew has its own key."


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm.

    Attributes
    ----------
    key : str
        Of the sender, unique for the source: a repeat changes nothing.
    source : str
        Code of the device, or id of the camera.
    kind : str
        What it is, in words: counts for cameras, and for devices that are not told what they stand for.
    at : datetime
    """

    key: str
    source: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlarmResult:
    """What became of one alarm: ``new``, ``repeat`` (known key), ``goes-on`` (open case), or ``refused``."""

    key: str
    result: str
    no: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """Something that raises alarms by itself; position in EPSG:4326."""

    code: str
    kind: str
    item: str
    lon: float
    lat: float
    item_code: str | None = None
    severity: str = "minor"
    active: bool = True


def take(
    work: UnitOfWork,
    graphs: StreetGraphs,
    alarms: Sequence[Alarm],
    *,
    now: datetime,
    territory: UUID | None = None,
    time_zone: str = "UTC",
) -> list[AlarmResult]:
    """Take alarms in; one that can't be is told apart and hinders no other.

    Parameters
    ----------
    work : UnitOfWork
    graphs : StreetGraphs
    alarms : sequence of Alarm
        At most `MOST`.
    now : datetime
    territory : UUID or None
        The only one when None.
    time_zone : str

    Raises
    ------
    NotAllowedError, InvalidInputError
    """
    work.actor.require(*SENDERS)
    if not 1 <= len(alarms) <= MOST:
        raise InvalidInputError(f"Send 1 to {MOST} alarms at a time.", field="alarms")
    place = find_territory(work.session, territory).id
    known = sql.sources(work.session, place, sorted({alarm.source for alarm in alarms}))
    results = []
    for alarm in alarms:
        source = known.get(alarm.source)
        try:
            results.append(_take_one(work, graphs, alarm, source, place, now=now, time_zone=time_zone))
        except KeyUsedError as error:
            results.append(AlarmResult(alarm.key, "refused", str(error.fields["no"]), KEY_RANG))
        except GridwardError as error:
            results.append(AlarmResult(alarm.key, "refused", reason=error.message))
    return results


def _take_one(
    work: UnitOfWork,
    graphs: StreetGraphs,
    alarm: Alarm,
    source: Any,  # noqa: ANN401 - a database row
    territory: UUID,
    *,
    now: datetime,
    time_zone: str,
) -> AlarmResult:
    if source is None:
        raise InvalidInputError(f"There is no device or camera {alarm.source[:40]}.", field="source")
    if not source.active:
        raise InvalidInputError(f"The device {alarm.source[:40]} is switched off here.", field="source")
    if alarm.at > now + SKEW:
        raise InvalidInputError("It can't have rung in the future; set the device's clock.", field="at")
    item = (source.item or alarm.kind).strip()
    code = source.item_code or catalogue.recognise_item(work, item, territory)
    report = Report(
        Place(source.lon, source.lat, territory=territory), item, f"{alarm.source}: {alarm.kind}", CHANNEL,
        source.severity, alarm.at, code,
    )  # fmt: skip
    earlier = sql.open_alarm(
        work.session, territory, item=item, place=(source.lon, source.lat), since=now - GOES_ON, states=open_states()
    )
    key = f"{alarm.source}:{alarm.key}"
    if earlier is not None and not _known(work, key):
        return AlarmResult(alarm.key, "goes-on", earlier)
    taken = register(work, graphs, report, key=key, now=now, time_zone=time_zone)
    return AlarmResult(alarm.key, "new" if taken.fresh else "repeat", taken.incident.no)


def _known(work: UnitOfWork, key: str) -> bool:
    return sql.is_known(work.session, CHANNEL, f"{work.actor.account_id or 'system'}:{key}")


def save_devices(work: UnitOfWork, devices: Sequence[Device], territory: UUID | None = None) -> list[Device]:
    """Add devices or change them, by their codes; return all of the territory.

    Raises
    ------
    NotAllowedError, AreaLimitedError
    """
    work.actor.require("camera_administrator", "planner")
    work.actor.require_everywhere()
    place = find_territory(work.session, territory).id
    if devices:
        sql.save_devices(work.session, place, [asdict(each) for each in devices])
    return list_devices(work, place)


def list_devices(work: UnitOfWork, territory: UUID | None = None) -> list[Device]:
    """Return the devices of a territory by code."""
    work.actor.require_everywhere()
    place = find_territory(work.session, territory).id
    return [
        Device(row.code, row.kind, row.item, row.lon, row.lat, row.item_code, row.severity, row.active)
        for row in sql.list_devices(work.session, place)
    ]
