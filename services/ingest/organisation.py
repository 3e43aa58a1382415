"""Load posts, shifts and counts of posts: who holds which role where, when staff are on duty, how many contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Unpack
from uuid import UUID
from zoneinfo import ZoneInfo

from gis.errors import GridwardError, InvalidInputError
from services import organisation, shifts
from services.ingest.fields import AREA_WORDS, Field, area_word, bounded, code_text, day, short_text, whole, yes_no
from services.ingest.incidents import zone_parser
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load
from services.ingest.save import look_up, refuse_repeats, save, save_rows
from services.post_rules import HeldAlreadyError
from store.database import duties
from store.database import ingest as sql
from store.database import organisation as staff_sql
from store.database import organisation_shifts as shift_sql
from store.database.plans import current_plan
from store.database.staff import grid_ids
from store.database.work import UnitOfWork

LOADERS = ("planner", "shift_leader", "system_administrator")
_ROLE = {
    "网格长": "grid_head", "grid head": "grid_head", "head": "grid_head", "副网格长": "deputy", "网格员": "assistant",
    "民警": "police", "警员": "police", "网格指导员": "adviser", "单元长": "unit_head", "信息员": "contact",
}  # fmt: skip
_WEEK = {name: number for number, name in enumerate("一二三四五六日", start=1)} | {"天": 7} | {
    name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), start=1)
}  # fmt: skip
WORK_NO = Field("work_no", code_text, ("work number", "staff_no", "staff", "工号", "编号"), required=True)


def load_assignments(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load who holds which role for which grid or area; a second head for a grid is a refused row.

    What somebody holds already is left alone, so that a file may come again.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        CSV or XLSX: work number, role, grid or area, and share, ex officio, since and until where known.
    **options
        See `LoadOptions`.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require(*LOADERS)
    when = zone_parser(options.get("timezone"))
    fields = (
        WORK_NO,
        Field("role", _role, ("角色", "职责", "岗位"), required=True),
        Field("grid", code_text, ("grid_code", "网格", "网格编码", "网格代码")),
        Field("area", area_word, AREA_WORDS),
        Field("share", bounded(0.01, 1.0, ""), ("part", "比例")),
        Field("ex_officio", yes_no, ("兼任", "兼职")),
        Field("since", when, ("from", "start", "开始", "起")),
        Field("until", when, ("to", "end", "结束", "止")),
    )
    load = open_load(work, "assignments", path, fields, options)
    staff = _staff(load)
    areas, _ = sql.ids_by_code(work.session, load.territory.id)
    area = look_up(load, "area", areas, what="area", remedy="give an area code or a name that is unique here")
    plan = current_plan(work.session, load.territory.id)
    grids = {} if plan is None else grid_ids(work.session, plan.id)
    grid = look_up(load, "grid", grids, what="grid of the plan in use", remedy="correct the grid's code")
    _refuse_unknown_roles(load)
    now = datetime.now(UTC)

    def give(row: int) -> None:
        values = {name: load.values[name][row] for name in ("role", "share", "ex_officio", "since", "until")}
        organisation.assign(work, {**values, "staff": staff[row], "grid": grid[row], "area": area[row]}, now=now)

    return _save_each(load, give, "grid")


def load_shifts(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load shifts, single ones or patterns by weekday; what is there already is left alone.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        CSV or XLSX: work number, and either start and end, or first day, last day, weekdays, from and to.
    **options
        See `LoadOptions`; ``timezone`` is the zone of times without offset.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require(*LOADERS)
    when = zone_parser(options.get("timezone"))
    fields = (
        WORK_NO,
        Field("since", when, ("start", "begin", "开始", "开始时间", "上班")),
        Field("until", when, ("end", "finish", "结束", "结束时间", "下班")),
        Field("first_day", day, ("first day", "from_day", "起始日期", "开始日期")),
        Field("last_day", day, ("last day", "to_day", "截止日期", "结束日期")),
        Field("weekdays", _weekdays, ("days", "星期", "周")),
        Field("starts", _clock, ("from", "from_time", "上班时间")),
        Field("ends", _clock, ("to", "to_time", "下班时间")),
    )
    load = open_load(work, "shifts", path, fields, options)
    staff = _staff(load)
    zone = ZoneInfo(options.get("timezone") or "UTC")
    periods: list[tuple[UUID, datetime, datetime, UUID | None]] = []
    for row in load.kept.tolist():
        holder = staff[row]
        try:
            found = _periods({name: values[row] for name, values in load.values.items()}, zone)
        except InvalidInputError as error:
            field = str(error.fields.get("field", "since"))
            given = str(load.table.cells[load.columns[field]][row]) if field in load.columns else ""
            load.reject(row, load.column_of(field), given, reason=error.message.rstrip("."), remedy="correct the row")
            continue
        if holder is not None:
            periods += [(holder, since, until, None) for since, until in found]
    return save(load, lambda: {"shifts": shift_sql.add_shifts(work.session, periods)}, layer=None)


def load_post_counts(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load how many holders of a role each village has, where only the number is known: no names, no assignments.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        CSV or XLSX: area, role, count.
    **options
        See `LoadOptions`.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require(*LOADERS)
    fields = (
        Field("area", area_word, AREA_WORDS, required=True),
        Field("role", _role, ("角色", "岗位"), required=True),
        Field("count", whole(0, 100_000), ("number", "人数", "数量"), required=True),
    )
    load = open_load(work, "post-counts", path, fields, options)
    areas, _ = sql.ids_by_code(work.session, load.territory.id)
    area = look_up(load, "area", areas, what="area", remedy="give an area code or a name that is unique here")
    _refuse_unknown_roles(load)
    values = load.values
    refuse_repeats(load, "area", list(zip(area, values["role"], strict=True)))
    rows = ((area[row], values["role"][row], load.territory.id, values["count"][row]) for row in load.kept)
    columns = ("area_id", "role", "territory_id", "count")
    return save_rows(load, "post_count", columns, ("area_id", "role"), rows, layer=None)


def _save_each(load: RowLoad, give: Callable[[int], None], field: str) -> LoadReport:
    """Do one thing for each row, a refusal being the row's; all of it is taken back when a row was refused."""
    nested = load.work.session.begin_nested()
    done, held = 0, 0
    for row in load.kept.tolist():
        try:
            with load.work.session.begin_nested():
                give(row)
            done += 1
        except HeldAlreadyError:
            held += 1
        except GridwardError as error:
            value = load.values[field][row]
            load.reject(
                row, load.column_of(field), str(value or ""), reason=error.message.rstrip("."), remedy="correct the row"
            )
    if load.report.dry_run or (load.report.rejected and not load.options.get("skip_rejected")):
        nested.rollback()
    else:
        nested.commit()
    return save(load, lambda: {"inserted": done} | ({"kept": held} if held else {}), layer="grids")


def _refuse_unknown_roles(load: RowLoad) -> None:
    known = duties.role_codes(load.work.session)
    for row, role in enumerate(load.values["role"]):
        if role is not None and role not in known:
            remedy = f"use one of: {', '.join(sorted(known))}"
            load.reject(row, load.column_of("role"), role, reason="names no role", remedy=remedy)


def _staff(load: RowLoad) -> list[UUID | None]:
    known = staff_sql.staff_by_work_no(load.work.session, load.territory.id)
    return look_up(load, "work_no", known, what="member of staff", remedy="load the roster first")


def _periods(row: dict[str, Any], zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Return the periods of one row of a file of shifts."""
    if row["since"] is not None and row["until"] is not None:
        shifts.check_period(row["since"], row["until"])
        return [(row["since"], row["until"])]
    missing = [name for name in ("first_day", "last_day", "starts", "ends") if row[name] is None]
    if missing:
        raise InvalidInputError(f"has neither start and end, nor {missing[0]}", field=missing[0])
    days = shifts.days_of(row["weekdays"] or range(1, 8), row["first_day"])
    return shifts.expand(shifts.Pattern(row["first_day"], row["last_day"], 7, days, row["starts"], row["ends"]), zone)


def _role(cell: str) -> str:
    word = short_text(cell).lower()
    return _ROLE.get(word, word.replace(" ", "_"))


def _clock(cell: str) -> time:
    try:
        return time.fromisoformat(cell.strip().zfill(5))
    except ValueError:
        raise InvalidInputError(
            "is no time of day", reason="is no time of day", remedy="give a time such as 08:30"
        ) from None


def _weekdays(cell: str) -> list[int]:
    """Read weekdays: ``1-5``, ``1,3,5``, ``Mon Wed``, ``一二三``; 1 is Monday."""
    found: set[int] = set()
    words = cell.lower().replace("周", "").replace("星期", "").replace("，", ",").replace("、", ",").split(",")
    for word in (part for each in words for part in each.split()):
        low, dash, high = word.partition("-")
        if word.isdigit():
            found.add(int(word))
        elif dash and low.isdigit() and high.isdigit():
            found.update(range(int(low), int(high) + 1))
        elif word[:3] in _WEEK:
            found.add(_WEEK[word[:3]])
        else:
            found.update(_WEEK.get(letter, 0) for letter in word)
    if not found or min(found) < 1 or max(found) > 7:
        raise InvalidInputError("names no weekday", reason="names no weekday", remedy="give 1-5, or Mon Wed, or 一二三")
    return sorted(found)
