"""Load which cameras are online: the latest row of each camera counts, and its past is kept as periods."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Unpack
from uuid import UUID

from services.ingest.fields import Field, code_text, yes_no
from services.ingest.incidents import zone_parser
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, open_load
from services.ingest.save import look_up, save
from store.database import ingest as sql
from store.database import ingest_history as history
from store.database.work import UnitOfWork


def load_camera_status(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load a list of camera states.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Table: camera (GB/T 28181 code or reference), online, time.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport
        ``counts`` holds ``periods`` opened and cameras ``changed``.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require("camera_administrator", "system_administrator")
    fields = (
        Field(
            "camera", code_text, ("gb28181_id", "device_id", "ref", "id", "国标编码", "设备编码", "编号"), required=True
        ),
        Field("online", yes_no, ("status", "在线", "在线状态", "状态"), required=True),
        Field("at", zone_parser(options.get("timezone")), ("time", "checked_at", "时间"), required=True),
    )
    load = open_load(work, "camera-status", path, fields, options)
    known = sql.camera_ids(work.session, load.territory.id)
    ids = look_up(load, "camera", known, what="camera", remedy="load the camera first, or correct its code")
    latest: dict[UUID, tuple[datetime, bool]] = {}
    for row in load.kept:
        camera_id = ids[row]
        if camera_id is not None:
            entry = (load.values["at"][row], load.values["online"][row])
            latest[camera_id] = max(latest.get(camera_id, entry), entry)
    rows = [(camera_id, online, at) for camera_id, (at, online) in latest.items()]

    def write() -> dict[str, int]:
        opened, changed = history.update_camera_status(work.session, rows)
        return {"periods": opened, "changed": changed}

    return save(load, write, layer="cameras")
