"""Load past incidents: each row has a key of its own, so that loading a file twice adds nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Unpack
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from gis.errors import InvalidInputError
from services.ingest.fields import LAT, LON, Field, Parser, bounded, code_text, moment, short_text, text
from services.ingest.incident_rows import (
    grids_of_points,
    item_codes,
    refuse_moments,
    stage_rows,
    tally,
    turn_swapped,
    unplace,
)
from services.ingest.places import locate_rows, refuse_outside, warn_of_shift_to_streets
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load
from services.ingest.save import areas_of_points, hex_points, save
from store.database import ingest as sql
from store.database import ingest_history as history
from store.database.work import UnitOfWork

CHANNEL = "import"
# their limit of intake ran out long ago: a clock would be late at once, and a whole file would go up to the town
_NO_CLOCK: Final = "Loaded reports have no clock: it begins with the first step that somebody takes on each."
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
SEVERITIES = ("minor", "major", "critical")
_SEVERITY_WORDS = {"一般": "minor", "较大": "major", "重大": "critical", "low": "minor", "high": "major"}


def severity(cell: str) -> str:
    """Take a severity: minor, major or critical (一般, 较大, 重大)."""
    word = cell.strip().lower()
    word = _SEVERITY_WORDS.get(word, word)
    if word not in SEVERITIES:
        raise InvalidInputError("is no severity", remedy="give minor, major or critical")
    return word


def zone_parser(name: str | None) -> Parser:
    """Build the parser of times for an IANA zone name.

    Parameters
    ----------
    name : str or None
        Such as ``Asia/Shanghai``; UTC when None.

    Returns
    -------
    callable

    Raises
    ------
    InvalidInputError
        No such zone.
    """
    try:
        return moment(ZoneInfo(name) if name else None)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInputError(f"There is no time zone '{name}'; give a name such as Asia/Shanghai.") from error


# names of columns as cities' systems write them, the surest first
_KEYS: Final = (
    "id", "case_no", "servicerequestnum", "案件编号", "事件编号", "工单编号", "工单号", "案件号", "受理编号", "任务号",
    "流水号", "编号", "ticket", "ticket_id", "ticket_no", "case_id", "case_number", "request_id", "service_request_id",
    "incident_id", "number",
)  # fmt: skip
_TIMES: Final = (
    "reported", "createddate", "created_at", "time", "上报时间", "登记时间", "受理时间", "创建时间", "上报日期", "时间",
    "日期", "opened", "open_date", "created", "created_date", "requested_datetime", "report_date", "reported_on",
    "datetime", "date",
)  # fmt: skip
_ITEMS: Final = (
    "type", "srtype", "category", "事项", "事项名称", "事件类型", "案件类型", "问题类型", "问题类别", "类别", "小类",
    "小类名称", "problem_type", "problem", "request_type", "complaint_type", "service_name", "subject",
)  # fmt: skip
_WORDS: Final = (
    "text", "remark", "描述", "问题描述", "事件描述", "案情描述", "情况描述", "诉求内容", "内容", "备注", "remarks",
    "details", "comments", "notes",
)  # fmt: skip


def incident_fields(timezone: str | None) -> tuple[Field, ...]:
    """List the fields of an incident; times without offset are read in `timezone`."""
    when = zone_parser(timezone)
    return (
        Field("key", code_text, _KEYS, True, True),
        Field("reported_at", when, _TIMES, required=True),
        Field("occurred_at", when, ("occurred", "发生时间")),
        Field("item", short_text, _ITEMS, required=True),
        Field("item_code", code_text, ("itemcode", "事项编码", "小类代码")),
        Field("severity", severity, ("level", "严重程度", "等级")),
        Field("description", text, _WORDS),
        Field("accuracy_m", bounded(0, 50_000, "m"), ("accuracy", "精度")),
        LON,
        LAT,
    )


def load_incidents(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load reports of the past; a row that was loaded before is skipped.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Table or point layer: key, time, item, place.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport
        ``counts`` holds ``inserted``, ``known``, ``with_item`` and, where there are any, ``not_located`` and
        ``outside_grids``; rows without a place are in ``flagged``.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require("planner", "intake_officer", "system_administrator")
    load = open_load(work, "incidents", path, incident_fields(options.get("timezone")), options)
    now = datetime.now(UTC)
    refuse_moments(load, now)
    turn_swapped(load, fix=bool(options.get("fix_swapped")))
    points = locate_rows(load, required=False)
    unplace(load, points)
    areas, area = areas_of_points(load, points)
    placed = np.array([point is not None for point in points], dtype=bool)
    refuse_outside(load, points, np.where(placed, area, 0))
    warn_of_shift_to_streets(load, points)
    _tell_zone(load, options.get("timezone"))
    codes = sql.area_numbers(work.session, load.territory.id)
    columns: dict[str, Sequence[Any]] = {
        "point": hex_points(points),
        "grid": grids_of_points(load, points, now),
        "item_code": item_codes(load),
        "codes": [codes[str(areas["code"][row])] if row >= 0 else (0, 0, 0) for row in area],
    }
    tally(load, columns["item_code"], [str(areas["name"][row]) if row >= 0 else None for row in area])
    keys = {int(row): f"{load.territory.id}:{load.values['key'][row]}" for row in load.kept}

    def write() -> dict[str, int]:
        known = history.known_intake_keys(work.session, CHANNEL, list(keys.values()))
        fresh = [row for row, key in keys.items() if key not in known]
        numbers = history.reserve_incident_numbers(work.session, len(fresh))
        rows = stage_rows(load, fresh, numbers, channel=CHANNEL, keys=keys, columns=columns)
        inserted = history.insert_incidents(
            work.session, load.territory.id, CHANNEL, rows, actor_id=work.actor.account_id
        )
        counts = {"inserted": inserted, "known": len(keys) - inserted}
        if inserted:
            load.report.warnings.append(_NO_CLOCK)
        return counts | ({"not_located": int((load.good & ~placed).sum())} if (load.good & ~placed).any() else {})

    return save(load, write, layer="incidents", points=points)


def _tell_zone(load: RowLoad, timezone: str | None) -> None:
    column = load.columns.get("reported_at")
    if timezone or column is None:
        return
    cells = load.table.cells[column][:200]
    if any(
        cell and not cell.rstrip().endswith("Z") and "+" not in cell[10:] and "-" not in cell[10:] for cell in cells
    ):
        load.report.warnings.append("Times without an offset were read as UTC; give --timezone if they are local.")
