"""Alarms that devices and cameras raise by themselves, and the register of devices."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.deps import Work, settings_of
from api.locate import Graphs
from api.moments import Moment
from services import alarms as service
from services.alarms import Alarm, Device
from services.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["alarms"])


class AlarmIn(BaseModel):
    """One alarm; `key` is the sender's own, so that a repeat changes nothing."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=100)]
    source: Annotated[str, Field(min_length=1, max_length=60, description="Code of a device, or id of a camera.")]
    kind: Annotated[str, Field(min_length=1, max_length=80)]
    at: Moment


class AlarmsIn(BaseModel):
    """Alarms since the last time, in order."""

    model_config = ConfigDict(extra="forbid")

    alarms: Annotated[list[AlarmIn], Field(min_length=1, max_length=service.MOST)]
    territory: UUID | None = None


class AlarmOut(BaseModel):
    """What became of one: a new case, a repeat, an open case that goes on, or why it was refused."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    result: Literal["new", "repeat", "goes-on", "refused"]
    no: str | None
    reason: str | None


class AlarmsOut(BaseModel):
    """One result for each alarm, in the order sent."""

    results: list[AlarmOut]


class DeviceIn(BaseModel):
    """Something that raises alarms, and what its alarm is taken for."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, allow_inf_nan=False)

    code: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Annotated[str, Field(min_length=1, max_length=60)]
    item: Annotated[str, Field(min_length=1, max_length=120)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    item_code: Annotated[str | None, Field(max_length=60)] = None
    severity: Literal["minor", "major", "critical"] = "minor"
    active: StrictBool = True


class Devices(BaseModel):
    """Devices by code."""

    model_config = ConfigDict(extra="forbid")

    devices: Annotated[list[DeviceIn], Field(max_length=5000)]
    territory: UUID | None = None


@router.post("/alarms", operation_id="send_alarms")
def send_alarms(
    work: Work, graphs: Graphs, sent: AlarmsIn, settings: Annotated[Settings, Depends(settings_of)]
) -> AlarmsOut:
    """Take alarms in, each once: a bad one hinders no other, and one that goes on opens no second case."""
    alarms = [Alarm(each.key, each.source, each.kind, each.at) for each in sent.alarms]
    found = service.take(
        work, graphs, alarms, now=datetime.now(UTC), territory=sent.territory, time_zone=settings.cases.time_zone
    )
    return AlarmsOut(results=[AlarmOut.model_validate(each) for each in found])


@router.get("/devices", operation_id="list_devices")
def list_devices(work: Work, territory: UUID | None = None) -> Devices:
    """Return the devices of a territory."""
    found = service.list_devices(work, territory)
    return Devices(devices=[DeviceIn(**asdict(each)) for each in found], territory=territory)


@router.put("/devices", operation_id="save_devices")
def save_devices(work: Work, sent: Devices) -> Devices:
    """Add devices or change them, by their codes."""
    found = service.save_devices(work, [Device(**each.model_dump()) for each in sent.devices], sent.territory)
    return Devices(devices=[DeviceIn(**asdict(each)) for each in found], territory=sent.territory)
