"""Load states of cameras from a table: every row is folded into the history of its camera."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Unpack
from uuid import UUID

from services.camera_history import State
from services.camera_status import AHEAD, ROLES, StatusReport, write_statuses
from services.ingest.fields import Field, code_text, yes_no
from services.ingest.incidents import zone_parser
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load
from services.ingest.save import look_up, save
from services.signatures import verified
from store.database import ingest as sql
from store.database.work import UnitOfWork


def load_camera_status(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load a list of camera states, in any order.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Table: camera (GB/T 28181 code or reference), online, time; networked and serviceable where known.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport
        ``counts`` holds ``periods`` opened, cameras ``changed``, and rows that came ``late``.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require(*ROLES)
    fields = (
        Field(
            "camera", code_text, ("gb28181_id", "device_id", "ref", "id", "国标编码", "设备编码", "编号"), required=True
        ),
        Field("online", yes_no, ("status", "在线", "在线状态", "状态"), required=True),
        Field("networked", yes_no, ("联网", "联网状态")),
        Field("serviceable", yes_no, ("完好", "完好状态", "可用")),
        Field("at", zone_parser(options.get("timezone")), ("time", "checked_at", "时间"), required=True),
    )
    load = open_load(work, "camera-status", path, fields, options)
    now = datetime.now(UTC)
    _refuse_future(load, now)
    known = sql.camera_ids(work.session, load.territory.id)
    ids = look_up(load, "camera", known, what="camera", remedy="load the camera first, or correct its code")
    messages: dict[UUID, list[tuple[datetime, State]]] = {}
    for row in load.kept:
        camera_id = ids[row]
        if camera_id is not None:
            state = State(*(load.values[name][row] for name in ("online", "networked", "serviceable")))
            messages.setdefault(camera_id, []).append((load.values["at"][row], state))

    def write() -> dict[str, int]:
        report = StatusReport()
        write_statuses(work, messages, report, now=now)
        found = {"periods": report.periods, "changed": len(report.changed)}
        return {**found, "late": report.late} if report.late else found

    return save(load, write, layer="cameras")


def load_signed_status(
    work: UnitOfWork, path: Path, *, signature: Path, key: bytes, **options: Unpack[LoadOptions]
) -> LoadReport:
    """Load a list of camera states that came through a one-way gate, if its signature fits.

    Parameters
    ----------
    work : UnitOfWork
    path, signature : Path
    key : bytes
        From `services.signatures.read_key`.
    **options
        See `LoadOptions`.

    Raises
    ------
    BadSignatureError
        The file is not what was signed.
    """
    with verified(path, signature, key) as copy:
        return load_camera_status(work, copy, **options)


def _refuse_future(load: RowLoad, now: datetime) -> None:
    """Refuse rows of days to come: such a row would hold back every later one."""
    for row, at in enumerate(load.values["at"]):
        if at is not None and at > now + AHEAD:
            load.reject(
                row,
                load.column_of("at"),
                at.isoformat(),
                reason="lies in the future",
                remedy="check clock and time zone",
            )
