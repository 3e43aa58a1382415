"""Load units and rosters: work number, name, post. Nothing else of a person is ever kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack
from uuid import UUID, uuid4

from services.ingest.fields import (
    AREA_WORDS,
    LAT,
    LON,
    Field,
    area_word,
    code_text,
    day,
    office_text,
    short_text,
    whole,
    yes_no,
)
from services.ingest.places import locate_rows
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load
from services.ingest.save import areas_of_points, hex_points, look_up, save, save_rows
from services.units import list_units
from store.database import ingest as sql
from store.database.bulk import text_array
from store.database.work import UnitOfWork


def _skills(cell: str) -> list[str]:
    """Read skills, apart by comma, semicolon or 、."""
    words = cell.replace("、", ",").replace("，", ",").replace("；", ",").replace(";", ",").split(",")
    return sorted({short_text(word).lower() for word in words if word.strip()})


UNIT_FIELDS = (
    Field("code", code_text, ("unit_code", "单位编码", "机构编码", "编码", "代码"), required=True, unique=True),
    Field("name", short_text, ("unit_name", "单位名称", "机构名称", "名称", "单位"), required=True),
    Field("kind", short_text, ("type", "unit_kind", "单位类型", "机构类型", "类型")),
    Field("parent", code_text, ("parent_code", "上级编码", "上级单位编码", "上级")),
    Field("area", area_word, AREA_WORDS),
    Field("valid_from", day, ("since", "from", "founded", "成立日期", "设立日期", "生效日期", "开始日期")),
    Field("valid_to", day, ("until", "to", "closed", "撤销日期", "失效日期", "结束日期")),
)
STAFF_FIELDS = (
    Field("work_no", code_text, ("work number", "staff_no", "工号", "编号", "工作证号"), required=True, unique=True),
    Field("name", office_text, ("staff_name", "姓名", "名字"), required=True),
    Field("post", office_text, ("position", "role", "岗位", "职务", "角色")),
    Field("unit", code_text, ("unit_code", "单位编码", "所属单位", "单位")),
    Field("area", area_word, AREA_WORDS),
    Field("skills", _skills, ("skill", "技能", "专长")),
    Field("max_posts", whole(0, 1000), ("most grids", "最多网格", "最大网格数")),
    Field("full_time", yes_no, ("专职", "是否专职")),
    LON,
    LAT,
)


def load_units(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load departments, centres and teams.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        CSV or XLSX: code, name, kind, parent, area, and the day it is there from and the first day it is no more.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require("planner", "system_administrator")
    load = open_load(work, "units", path, UNIT_FIELDS, options)
    areas, units = sql.ids_by_code(work.session, load.territory.id)
    area = look_up(load, "area", areas, what="area", remedy="give an area code of this territory, or leave it empty")
    ids = {code: units.get(code) or uuid4() for code in load.values["code"] if code is not None}
    parents = look_up(load, "parent", {**units, **ids}, what="unit", remedy="list the parent unit in the same file")
    _refuse_rings(load, ids, parents)
    valid = _valid_times(load)
    return save(load, lambda: _save_units(load, ids, parents, area, valid), layer=None)


def _valid_times(load: RowLoad) -> list[str] | None:
    """Return when each unit is there, for COPY; None where the file does not say, so that what is stored stays."""
    told = [name for name in ("valid_from", "valid_to") if name in load.columns]
    if not told:
        return None
    stored = {unit.code: unit for unit in list_units(load.work, day=None, territory=load.territory.id)}
    found = []
    for row, code in enumerate(load.values["code"]):
        first, end = (
            load.values[name][row] if name in told else getattr(stored.get(code), name, None)
            for name in ("valid_from", "valid_to")
        )
        if first is not None and end is not None and end <= first:
            load.reject(
                row, load.column_of(told[-1]), str(load.values[told[-1]][row]), reason="ends before it began",
                remedy="give a later end, or leave it empty",
            )  # fmt: skip
            first = end = None
        found.append(f"[{first or ''},{end or ''})")
    return found


def _refuse_rings(load: RowLoad, ids: dict[str, UUID], parents: list[UUID | None]) -> None:
    """Refuse units that would stand above themselves, with those already stored counted in."""
    above: dict[UUID, UUID | None] = {
        unit.id: unit.parent_id for unit in list_units(load.work, day=None, territory=load.territory.id)
    }
    above |= {ids[code]: parents[row] for row, code in enumerate(load.values["code"]) if code is not None}
    for row, code in enumerate(load.values["code"]):
        if code is None:
            continue
        seen, place = {ids[code]}, parents[row]
        while place is not None and place not in seen:
            seen.add(place)
            place = above.get(place)
        if place == ids[code]:
            load.reject(
                row, load.column_of("parent"), str(load.values["parent"][row]),
                reason="stands below this unit itself", remedy="name a unit that is not below it",
            )  # fmt: skip


def _save_units(
    load: RowLoad, ids: dict[str, UUID], parents: list[UUID | None], area: list[UUID | None],
    valid: list[str] | None,
) -> dict[str, int]:  # fmt: skip
    values, kept = load.values, load.kept
    rows = [
        (
            ids[values["code"][row]],
            load.territory.id,
            values["code"][row],
            values["kind"][row] or "department",
            values["name"][row],
            parents[row],
            area[row],
            *(() if valid is None else (valid[row],)),
        )
        for row in kept
    ]
    columns = ["id", "territory_id", "code", "kind", "name", "parent_id", "area_id"]
    columns += [] if valid is None else ["valid"]
    inserted, updated = sql.upsert_rows(load.work.session, "unit", columns, ("code",), rows)
    return {"inserted": inserted, "updated": updated}


def load_staff(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load a roster of staff in office.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        CSV or XLSX: work number, name, post, unit, village, and optionally where the office is.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport
        Columns that are not loaded are named in its warnings.

    Raises
    ------
    RejectedRowsError, InvalidInputError
        A file with identity numbers is refused whole.
    """
    work.actor.require("planner", "system_administrator")
    load = open_load(work, "staff", path, STAFF_FIELDS, options)
    areas, units = sql.ids_by_code(work.session, load.territory.id)
    area = look_up(load, "area", areas, what="area", remedy="give an area code or a name that is unique here")
    unit = look_up(load, "unit", units, what="unit", remedy="load units first, or leave the cell empty")
    points = locate_rows(load, required=False)
    if load.columns.get("area") is None:
        table, found = areas_of_points(load, points)
        area = [table["id"][row] if row >= 0 else None for row in found]
    place = hex_points(points)
    demo = bool(options.get("demo"))
    values = load.values
    # columns that the file does not have keep what is stored
    values["skills"] = [None if one is None else text_array(one) for one in values["skills"]]
    more = [name for name in ("skills", "max_posts", "full_time") if load.columns.get(name) is not None]
    empty: dict[str, Any] = {"skills": text_array([]), "max_posts": None, "full_time": True}
    rows = (
        (
            load.territory.id,
            values["work_no"][row],
            values["name"][row],
            values["post"][row] or "",
            unit[row],
            area[row],
            place[row],
            demo,
            *(empty[name] if values[name][row] is None else values[name][row] for name in more),
        )
        for row in load.kept
    )
    columns = ("territory_id", "work_no", "name", "post", "unit_id", "area_id", "duty_point", "demo", *more)
    return save_rows(load, "staff", columns, ("work_no",), rows, layer=None)
