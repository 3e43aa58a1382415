"""SQL of the queue: which cases to list, in which order, and how many there are by state, area and clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.incident_duties import Duty, waiting_condition
from store.database.incidents import COLUMNS
from store.database.locate import escaped_like
from store.database.models.incident import OPEN
from store.database.row_security import time_index_of

OPEN_STATES: Final = (
    "REPORTED", "VERIFYING", "ACCEPTED", "OPENED", "DISPATCHED", "IN_PROGRESS", "SUSPENDED", "RESOLVED", "CHECKING",
    "CHECKED",
)  # fmt: skip
CLOCKS: Final = ("soon", "late", "paused")
_NUMBER = re.compile(r"\d{4}-\d{2}-\d{6,}", re.ASCII)
_SHORT_NUMBER = re.compile(r"\d{6,9}", re.ASCII)
_SHORT_REACH_MONTHS = 24
Box = tuple[float, float, float, float]
Cursor = tuple[str, datetime, int]


@dataclass(frozen=True, slots=True)
class Mine:
    """Whose cases are asked for: an account, its unit and its member of staff."""

    account_id: UUID | None
    unit_id: UUID | None = None
    staff_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents to list.

    Attributes
    ----------
    states : tuple of str
        Empty for all.
    grid : str or None
        Grid id or code.
    since, until : datetime or None
        Of the report.
    territory : UUID or None
    before : tuple of (str, datetime, int) or None
        Only what comes after this: a part of the order (see `parts_of`), a time of report or a limit, an incident's id.
    limit : int
    areas : tuple of (int, int) or None
        Ranges of area codes that the account is limited to; None for the whole territory.
    area : tuple of (int, int) or None
        Range of area codes that is asked for.
    unit, item, severity, text : str or None
        Unit by id or code; catalogue code or the words of an item; a number or words.
    clock : str or None
        ``soon`` (four fifths of the limit are over), ``late`` or ``paused``.
    mine : Mine or None
    duty : Duty or None
        Whose work is counted apart; with `todo` only what waits for it.
    todo : bool
    by_due : bool
        What is due first comes first; cases without a running limit follow, newest first.
    critical_first : bool
        With `by_due`: critical cases stand before all others.
    box : tuple of float or None
        West, south, east, north, EPSG:4326: only cases at places there.
    pending : str or None
        Only cases with such a request, or ``any``.
    referred_only : bool
        Only what went to outside bodies.
    now : datetime or None
        For `clock`.
    """

    states: tuple[str, ...] = ()
    grid: str | None = None
    since: datetime | None = None
    territory: UUID | None = None
    before: Cursor | None = None
    limit: int = 100
    areas: tuple[tuple[int, int], ...] | None = None
    until: datetime | None = None
    area: tuple[int, int] | None = None
    unit: str | None = None
    item: str | None = None
    severity: str | None = None
    text: str | None = None
    clock: str | None = None
    mine: Mine | None = None
    duty: Duty | None = None
    todo: bool = False
    by_due: bool = False
    pending: str | None = None
    referred_only: bool = False
    now: datetime | None = None
    critical_first: bool = False
    box: Box | None = None


_CRITICAL = "i.severity = 'critical'"
_WITHOUT_LIMIT = "i.due_at is null"


def parts_of(asked: IncidentFilter) -> dict[str, tuple[str, ...]]:
    """Return the parts of an order, first to last, each with its conditions; parts end in ``due`` or ``new``.

    Examples
    --------
    >>> list(parts_of(IncidentFilter())), list(parts_of(IncidentFilter(by_due=True, critical_first=True)))
    (['new'], ['critical-due', 'critical-new', 'due', 'new'])
    """
    if not asked.by_due:
        return {"new": ()}
    if not asked.critical_first:
        return {"due": (), "new": (_WITHOUT_LIMIT,)}
    rest = "i.severity <> 'critical'"
    return {
        "critical-due": (_CRITICAL,),
        "critical-new": (_CRITICAL, _WITHOUT_LIMIT),
        "due": (rest,),
        "new": (rest, _WITHOUT_LIMIT),
    }


def part_of(asked: IncidentFilter, *, severity: str, has_limit: bool) -> str:
    """Return in which part of the order a case stands."""
    if not asked.by_due:
        return "new"
    part = "due" if has_limit else "new"
    return f"critical-{part}" if asked.critical_first and severity == "critical" else part


def list_incidents(session: Session, asked: IncidentFilter) -> list[sa.Row[Any]]:
    """Return incidents in the order asked for, at most `limit` of them."""
    shared, values = _conditions(asked)
    parts = list(parts_of(asked).items())
    begun = [name for name, _ in parts].index(asked.before[0]) if asked.before is not None else 0
    found: list[sa.Row[Any]] = []
    for at, (name, own) in enumerate(parts[begun:]):
        by_limit = name.endswith("due")
        more = ["i.due_at is not null"] if by_limit else _open_words(asked)
        values["limit"] = asked.limit - len(found)
        before = asked.before if at == 0 else None
        found += _part(session, [*shared, *own, *more], values, by_limit=by_limit, before=before)
        if len(found) == asked.limit:
            break
    return found


def _part(
    session: Session, conditions: list[str], values: dict[str, Any], *, by_limit: bool, before: Cursor | None
) -> list[sa.Row[Any]]:
    order = "i.due_at, i.id" if by_limit else "i.reported_at desc, i.id desc"
    if before is not None:
        after = "(i.due_at, i.id) >" if by_limit else "(i.reported_at, i.id) <"
        conditions = [*conditions, f"{after} (:before_at, :before_id)"]
        values = values | {"before_at": before[1], "before_id": before[2]}
    statement = f"{COLUMNS} where {' and '.join(conditions)} order by {order} limit :limit"
    return list(session.execute(sa.text(statement), values))


def _open_words(asked: IncidentFilter) -> list[str]:
    """Return the very words of the indexes over open cases, for questions about open cases only.

    Not for what is due first: a running limit says the same, and has indexes in the order of limits.
    """
    return [f"i.{OPEN}"] if asked.states and set(asked.states) <= set(OPEN_STATES) else []


_GRID = """(i.grid_version_id in (select id from grid_version where grid_id in (select id from grid where
 id::text = :grid or code = :grid)) or i.alt_grid_version_id in (select id from grid_version where
 grid_id in (select id from grid where id::text = :grid or code = :grid)))"""
# each part by an index of its own, instead of one condition that every row must be tried on
_MINE = f"""(i.month, i.id) in (
 select o.month, o.id from incident o where o.registered_by = :me
 union all select o.month, o.id from incident o where o.unit_id = :my_unit and o.{OPEN}
 union all select t.month, t.incident_id from task t
   where t.state in ('asked', 'reported_in', 'done') and t.account_id = :me
 union all select t.month, t.incident_id from task t
   where t.state in ('asked', 'reported_in', 'done') and t.unit_id = :my_unit
 union all select o.month, o.id from incident o where o.{OPEN} and o.grid_version_id in (
   select v.id from assignment s join grid_version v on v.grid_id = s.grid_id
   where s.staff_id = :my_staff and s.valid @> cast(:now as timestamptz)))"""  # noqa: S608 - a constant
# the month is local, so a report of the first hours may lie in the partition before
_SINCE = "i.reported_at >= :since and i.month >= (date_trunc('month', :since - interval '1 day'))::date"
_UNTIL = "i.reported_at < :until and i.month <= (date_trunc('month', :until + interval '1 day'))::date"
_CLOCK = {
    "soon": "i.soon_at <= :now and i.due_at > :now",
    "late": "i.due_at <= :now",
    "paused": "i.state = 'SUSPENDED'",
}


def _conditions(asked: IncidentFilter) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = ["true"]
    values: dict[str, Any] = {"limit": asked.limit}
    plain = (
        ("i.state = any(:states)", "states", list(asked.states)),
        (_GRID, "grid", asked.grid),
        (_SINCE, "since", asked.since),
        (_UNTIL, "until", asked.until),
        ("i.territory_id = :territory", "territory", asked.territory),
        ("i.unit_id in (select id from unit where id::text = :unit or code = :unit)", "unit", asked.unit),
        ("(i.item_code = :item or i.item = :item)", "item", asked.item),
        ("i.severity = :severity", "severity", asked.severity),
    )
    for condition, name, value in plain:
        if value:
            conditions.append(condition)
            values[name] = value
    _narrow(asked, conditions, values)
    _within(asked, conditions, values)
    by_number = asked.text is not None and _by_number(asked.text, asked.now, conditions, values)
    if asked.text and not by_number:
        conditions.append(_WORDS)
        values["words"] = f"%{escaped_like(asked.text)}%"
    if not asked.states and not by_number:
        conditions.append(_LIVE)
    return conditions, values


def _narrow(asked: IncidentFilter, conditions: list[str], values: dict[str, Any]) -> None:
    if asked.box is not None:
        conditions.append("i.point && st_makeenvelope(:west, :south, :east, :north, 4326)")
        values |= dict(zip(("west", "south", "east", "north"), asked.box, strict=True))
    if asked.referred_only:
        conditions.append("i.state = 'REFERRED'")
    if asked.pending is not None:
        conditions.append("i.pending is not null" if asked.pending == "any" else "i.pending = :pending")
        values |= {} if asked.pending == "any" else {"pending": asked.pending}
    if asked.clock is not None:
        conditions.append(_CLOCK[asked.clock])
        values["now"] = asked.now
    if asked.mine is not None:
        conditions.append(_MINE)
        values |= {
            "me": asked.mine.account_id, "my_unit": asked.mine.unit_id, "my_staff": asked.mine.staff_id,
            "now": asked.now,
        }  # fmt: skip
    if asked.todo and asked.duty is not None:
        waiting, more = waiting_condition(asked.duty)
        conditions.append(f"i.{OPEN} and ({waiting})")
        values |= more


def _within(asked: IncidentFilter, conditions: list[str], values: dict[str, Any]) -> None:
    for ranges, name in ((asked.areas, "own"), ((asked.area,) if asked.area else None, "asked")):
        if ranges:
            # row security keeps the rest out in any case; an index answers this
            column, (low, high) = time_index_of(ranges), (ranges[0][0], ranges[-1][1])
            conditions.append(
                f"i.{column} = :{name}_low" if column else f"i.area_code between :{name}_low and :{name}_high"
            )
            values |= {f"{name}_low": low, f"{name}_high": high}


# the archive holds most of five years: it is listed and counted when it is asked for, and found by number
_LIVE = "i.state <> 'ARCHIVED'"
_WORDS = "(i.item ilike :words or i.description ilike :words or i.no like :words)"


def _by_number(text: str, now: datetime | None, conditions: list[str], values: dict[str, Any]) -> bool:
    """Find cases by a whole number, or by its last figures as they stand on screen; False where it is none."""
    if _NUMBER.fullmatch(text):
        numbers = [text]
    elif now is not None and _SHORT_NUMBER.fullmatch(text):
        months = (now.year * 12 + now.month - back for back in range(-1, _SHORT_REACH_MONTHS))
        numbers = [f"{(month - 1) // 12:04}-{(month - 1) % 12 + 1:02}-{int(text):06}" for month in months]
    else:
        return False
    conditions.append("(i.month, i.id) in (select month, incident_id from intake_key where no = any(:numbers))")
    values["numbers"] = numbers
    return True


# one pass over the rows: every figure is a count of the same set
_COUNTS = """
select i.state, i.area_code, case
           when i.state = 'SUSPENDED' then 'paused' when i.due_at is null then 'none'
           when i.due_at <= :now then 'late' when i.soon_at <= :now then 'soon' else 'ok' end as clock, count(*) as n,
       count(*) filter (where {waiting}) as todo, count(*) filter (where i.pending is not null) as requests
from incident i where {where}
group by 1, 2, 3
"""


def count_incidents(session: Session, asked: IncidentFilter) -> list[sa.Row[Any]]:
    """Return how many incidents there are by state, area code and clock: the same ones that are listed."""
    conditions, values = _conditions(asked)
    conditions += _open_words(asked)
    values["now"] = asked.now
    waiting = "false"
    if asked.duty is not None:
        condition, more = waiting_condition(asked.duty)
        waiting, values = f"i.{OPEN} and ({condition})", values | more
    statement = _COUNTS.format(where=" and ".join(conditions), waiting=waiting)
    return list(session.execute(sa.text(statement), values))


# one pass for three charts; the grouping tells which of them a row belongs to
_CHART = """
select grouping(coalesce(i.item_code, i.item), i.month, i.area_code) as part, coalesce(i.item_code, i.item) as item,
       i.month, i.area_code, min(i.item) as words, count(*) as n
from incident i where {where}
group by grouping sets ((coalesce(i.item_code, i.item)), (i.month), (i.area_code))
"""
_PARTS: Final = {0b011: "item", 0b101: "month", 0b110: "area_code"}


def chart_incidents(session: Session, asked: IncidentFilter) -> dict[str, list[tuple[Any, str, int]]]:
    """Count incidents by item, by month and by area code: the same ones that are listed.

    Returns
    -------
    dict
        ``item``, ``month`` and ``area_code``, each with (what it is, the words of one of them, how many), in no order.
    """
    conditions, values = _conditions(asked)
    conditions += _open_words(asked)
    parts: dict[str, list[tuple[Any, str, int]]] = {name: [] for name in _PARTS.values()}
    for row in session.execute(sa.text(_CHART.format(where=" and ".join(conditions))), values):
        name = _PARTS[row.part]
        parts[name].append((getattr(row, name), row.words, row.n))
    return parts
