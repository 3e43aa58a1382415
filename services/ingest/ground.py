"""Load dwellings, city components and cameras from tables and layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack
from uuid import UUID

import numpy as np

from gis.device_codes import parse_component_code, parse_device_code
from gis.wording import counted
from services.ingest.fields import LAT, LON, Field, azimuth, bounded, code_text, short_text, text, whole, yes_no
from services.ingest.osm_rows import DEFAULT_RANGE_M
from services.ingest.places import locate_rows, refuse_outside, warn_of_shift_to_streets
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load
from services.ingest.save import areas_of_points, hex_points, look_up, save, save_rows
from store.database import ingest as sql
from store.database import live_coverage as live_sql
from store.database.work import UnitOfWork

DWELLING_FIELDS = (
    Field("door_code", code_text, ("code", "door", "门牌码", "门牌编码", "地址编码", "房屋编码"), unique=True),
    Field("address", text, ("addr", "full_address", "地址", "门牌", "详细地址", "标准地址")),
    Field("households", whole(0, 20_000), ("hh", "household", "户数", "戶數", "住户数")),
    LON,
    LAT,
)


def _device_code(cell: str) -> str:
    return parse_device_code(cell).code


CAMERA_FIELDS = (
    Field("gb28181_id", _device_code, ("gb28181", "device_id", "deviceid", "国标编码", "设备编码"), unique=True),
    Field("ref", short_text, ("id", "camera_id", "cameraid", "number", "编号", "点位编号"), unique=True),
    Field("owner", short_text, ("owner_unit", "owner group", "所属单位", "权属单位", "建设单位")),
    Field("ownership", short_text, ("ownership_kind", "权属", "建设方式")),
    Field("purpose", short_text, ("use", "camera_use", "用途", "监控用途")),
    Field("mount", short_text, ("mounting", "安装方式")),
    Field("kind", short_text, ("camera_type", "type", "ptztype", "ptz_type", "摄像机类型", "设备类型", "类型")),
    Field("azimuth", azimuth, ("heading", "bearing", "direction", "方位角", "朝向", "监控方位")),
    Field("hfov", bounded(0.1, 360, "degrees"), ("fov", "view_angle", "视场角", "水平视角")),
    Field("max_range", bounded(0, 2000, "m"), ("range", "range_m", "distance", "可视距离", "监控距离")),
    Field("height_m", bounded(0, 500, "m"), ("height", "高度", "安装高度")),
    Field("sensor_px", whole(1, 20_000), ("width_px", "pixels", "水平像素")),
    Field("indoor", yes_no, ("is_indoor", "室内")),
    Field("networked", yes_no, ("is_networked", "联网", "是否联网")),
    Field("online", yes_no, ("status", "is_online", "在线", "在线状态", "设备状态")),
    Field("filing_no", code_text, ("filing", "备案号")),
    LON,
    LAT,
)
COMPONENT_FIELDS = (
    Field("code16", parse_component_code, ("code", "component_code", "部件编码", "标识码"), required=True, unique=True),
    Field("kind", short_text, ("type", "component_kind", "部件类型", "部件名称", "类型"), required=True),
    Field("owner_unit", code_text, ("unit", "owner", "unit_code", "权属单位编码", "主管单位编码")),
    LON,
    LAT,
)

_PTZ = frozenset(("ptz", "1", "2", "4", "5", "球机", "半球机", "云台", "遥控枪机", "遥控半球", "panning"))
_DOME = frozenset(("dome", "全景", "鱼眼", "fisheye", "panorama", "6", "7"))


def load_dwellings(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load doors with their counts of households.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Table or layer (points, or areas with a count): door code, address, households.
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
    load = open_load(work, "dwellings", path, DWELLING_FIELDS, options)
    points = locate_rows(load)
    areas, area = areas_of_points(load, points)
    refuse_outside(load, points, area)
    warn_of_shift_to_streets(load, points)
    values, place = load.values, hex_points(points)
    counted = _are_counted(load)
    empty = 0 if counted else 1
    rows = (
        (
            load.territory.id,
            areas["id"][area[row]],
            values["door_code"][row] or f"{load.table.file}#{load.table.lines[row]}",
            values["address"][row] or "",
            values["households"][row] if values["households"][row] is not None else empty,
            not counted,
            "addresses" if not counted else "counted",
            place[row],
        )
        for row in load.kept
    )
    columns = ("territory_id", "area_id", "door_code", "address", "households", "estimated", "evidence", "point")
    session = load.work.session

    def write() -> dict[str, int]:
        removed = sql.remove_estimates(session, load.territory.id) if options.get("replace_estimates") else 0
        inserted, updated = sql.upsert_rows(session, "dwelling", columns, ("territory_id", "door_code"), rows)
        counts = {"inserted": inserted, "updated": updated}
        return {**counts, "estimates_removed": removed} if removed else counts

    report = save(load, write, layer="dwellings", points=points if not options.get("replace_estimates") else None)
    report.counts["households"] = int(sum(values["households"][row] or empty for row in load.kept))
    left = 0 if report.dry_run else sum(sql.evidence(session, load.territory.id).values())
    if counted and left:
        report.warnings.append(
            f"The territory still holds {left:,} estimated households beside the counted ones."
            " Give --replace-estimates to delete them."
        )
    return report


def _are_counted(load: RowLoad) -> bool:
    """Tell whether the table counts households, and warn of what it does not count."""
    if load.columns.get("households") is None:
        load.report.warnings.append(
            "There is no column of household counts: each row counts as one, flagged estimated."
        )
        return False
    blank = sum(1 for row in load.kept if load.values["households"][row] is None)
    if blank:
        load.report.warnings.append(f"{counted(blank, 'row has', 'rows have')} no household count: loaded with 0.")
    return True


def load_components(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load city components (lamps, manholes, valves) with the unit that owns them.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Table or point layer: 16-digit code, kind, owner unit.
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
    load = open_load(work, "components", path, COMPONENT_FIELDS, options)
    _, units = sql.ids_by_code(work.session, load.territory.id)
    owner = look_up(load, "owner_unit", units, what="unit", remedy="load units first, or leave the cell empty")
    points = locate_rows(load)
    _, area = areas_of_points(load, points)
    refuse_outside(load, points, area)
    warn_of_shift_to_streets(load, points)
    values, place = load.values, hex_points(points)
    rows = (
        (load.territory.id, values["code16"][row], values["kind"][row], owner[row], place[row]) for row in load.kept
    )
    columns = ("territory_id", "code16", "kind", "owner_unit_id", "point")
    return save_rows(load, "component", columns, ("code16",), rows, layer=None, points=points)


def load_cameras(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load cameras: position, heading, field of view, range. Without a heading what they see is an interval.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Table or point layer; a GB/T 28181 code or a reference of its own names each camera.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require("planner", "camera_administrator", "system_administrator")
    load = open_load(work, "cameras", path, CAMERA_FIELDS, options)
    points = locate_rows(load)
    _, area = areas_of_points(load, points)
    refuse_outside(load, points, area)
    warn_of_shift_to_streets(load, points)
    _refuse_taken_codes(load)
    place = hex_points(points)
    unknown = sum(1 for row in load.kept if load.values["azimuth"][row] is None)
    load.report.counts["without_heading"] = unknown
    rows = (_camera_row(load, int(row), place[row], bool(options.get("demo"))) for row in load.kept)
    columns = (
        "territory_id",
        "source_ref",
        "gb28181_id",
        "owner",
        "ownership",
        "purpose",
        "mount",
        "point",
        "source_crs",
        "height_m",
        "azimuth",
        "hfov",
        "max_range",
        "ptz",
        "dome",
        "indoor",
        "networked",
        "online",
        "sensor_px",
        "filing_no",
        "demo",
    )
    key = ("territory_id", "source_ref")
    report = save_rows(load, "camera", columns, key, rows, layer="cameras", points=points)
    if not report.dry_run:
        _let_coverage_follow(work, load.territory.id)
    return report


def _let_coverage_follow(work: UnitOfWork, territory_id: UUID) -> None:
    """Leave it to jobs to measure the plans in use anew: any camera of a register may stand or look elsewhere now."""
    plans = live_sql.followed_plans(work.session, territory_id)
    if not plans:
        return
    from services.live_coverage import leave_to_job  # noqa: PLC0415 - brings in compiled kernels

    for plan in plans:
        leave_to_job(work, {"plan": str(plan)})


def _reference(load: RowLoad, row: int) -> str:
    values = load.values
    return str(values["gb28181_id"][row] or values["ref"][row] or f"{load.table.file}#{load.table.lines[row]}")


def _refuse_taken_codes(load: RowLoad) -> None:
    """Refuse codes that another camera (of another reference or territory) holds."""
    codes = {row: load.values["gb28181_id"][row] for row in load.kept if load.values["gb28181_id"][row]}
    holders = sql.camera_references(load.work.session, list(codes.values()))
    for row, code in codes.items():
        holder = holders.get(code)
        if holder is not None and holder != (load.territory.id, _reference(load, row)):
            reason, remedy = f"is the code of camera {holder[1]} already", "check which of the two is right"
            load.reject(row, load.column_of("gb28181_id"), code, reason=reason, remedy=remedy)


def _camera_row(load: RowLoad, row: int, place: str | None, demo: bool) -> tuple[Any, ...]:
    value = {name: column[row] for name, column in load.values.items()}
    kind = (value["kind"] or "").strip().lower()
    heading = value["azimuth"]
    return (
        load.territory.id,
        _reference(load, row),
        value["gb28181_id"],
        value["owner"] or "",
        value["ownership"] or "own",
        value["purpose"] or "",
        value["mount"] or "",
        place,
        load.report.crs or "wgs84",
        value["height_m"],
        None if heading is None else float(np.mod(heading, 360)),
        value["hfov"],
        DEFAULT_RANGE_M if value["max_range"] is None else value["max_range"],
        kind in _PTZ,
        kind in _DOME,
        bool(value["indoor"]),
        True if value["networked"] is None else value["networked"],
        True if value["online"] is None else value["online"],
        value["sensor_px"],
        value["filing_no"],
        demo,
    )
