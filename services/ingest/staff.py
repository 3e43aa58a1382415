"""Load units and rosters: work number, name, post. Nothing else of a person is ever kept."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack
from uuid import UUID, uuid4

from services.ingest.fields import LAT, LON, Field, code_text, short_text
from services.ingest.places import locate_rows
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load
from services.ingest.save import areas_of_points, hex_points, look_up, save, save_rows
from store.database import ingest as sql
from store.database.work import UnitOfWork

UNIT_FIELDS = (
    Field("code", code_text, ("unit_code", "单位编码", "机构编码", "编码", "代码"), required=True, unique=True),
    Field("name", short_text, ("unit_name", "单位名称", "机构名称", "名称", "单位"), required=True),
    Field("kind", short_text, ("type", "unit_kind", "单位类型", "机构类型", "类型")),
    Field("parent", code_text, ("parent_code", "上级编码", "上级单位编码", "上级")),
    Field("area", code_text, ("area_code", "区划代码", "所属区划", "行政区划")),
)
STAFF_FIELDS = (
    Field("work_no", code_text, ("work number", "staff_no", "工号", "编号", "工作证号"), required=True, unique=True),
    Field("name", short_text, ("staff_name", "姓名", "名字"), required=True),
    Field("post", short_text, ("position", "role", "岗位", "职务", "角色")),
    Field("unit", code_text, ("unit_code", "单位编码", "所属单位", "单位")),
    Field("area", short_text, ("area_code", "village", "village_code", "社区编码", "村社区", "所属社区", "社区", "村")),
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
        CSV or XLSX: code, name, kind, parent, area.
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
    return save(load, lambda: _save_units(load, ids, parents, area), layer=None)


def _save_units(
    load: RowLoad, ids: dict[str, UUID], parents: list[UUID | None], area: list[UUID | None]
) -> dict[str, int]:
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
        )
        for row in kept
    ]
    columns = ("id", "territory_id", "code", "kind", "name", "parent_id", "area_id")
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
        )
        for row in load.kept
    )
    columns = ("territory_id", "work_no", "name", "post", "unit_id", "area_id", "duty_point", "demo")
    return save_rows(load, "staff", columns, ("work_no",), rows, layer=None)
