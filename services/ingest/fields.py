"""Columns that the loaders know: their names in English and Chinese, and how a cell becomes a value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from casework.masking import control_sign, holds_personal_number
from gis.codes import clean_code
from gis.errors import InvalidInputError

Parser = Callable[[str], Any]

_TRUE = frozenset(("true", "1", "yes", "y", "on", "online", "是", "有", "在线", "正常", "on-line"))
_FALSE = frozenset(("false", "0", "no", "n", "off", "offline", "否", "无", "离线", "故障", "off-line"))
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_DMS = re.compile(r"(\d{1,3})[°度]\s*(\d{1,2})['′分]\s*(\d{1,2}(?:\.\d+)?)[\"″秒]?\s*([NSEW])?", re.IGNORECASE)
_COMPASS = {
    name: index * 22.5
    for index, name in enumerate(
        ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
    )
}
_COMPASS |= {"北": 0.0, "东北": 45.0, "东": 90.0, "东南": 135.0, "南": 180.0, "西南": 225.0, "西": 270.0, "西北": 315.0}
_TIMES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y%m%d%H%M%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H:%M",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日%H时%M分%S秒",
    "%Y年%m月%d日%H时%M分",
    "%Y年%m月%d日",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
)
# a date that a sheet shows as a number, or that was exported as one: days since the end of 1899
_SERIAL = re.compile(r"[3-7]\d{4}(?:\.\d+)?")
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - the zone is for the caller to say


@dataclass(frozen=True, slots=True)
class Field:
    """One value a row may give.

    Parameters
    ----------
    name : str
        What ``--map`` calls it.
    parse : callable
        Cell text to value; raises InvalidInputError with a remedy.
    aliases : tuple of str
        Column names that mean it, any case, blanks and underscores alike.
    required : bool
        A row without it is refused.
    unique : bool
        Two rows of one file may not share it.
    """

    name: str
    parse: Parser
    aliases: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False


#: Headings under which offices name an area, by code or name.
AREA_WORDS = (
    "area_code", "village", "village_code", "区划代码", "区划", "所属区划", "行政区划", "行政区划代码", "所属区域",
    "区域", "社区编码", "村社区", "所属社区", "社区", "村", "所属村社区",
)  # fmt: skip


def _refuse(what: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(what, remedy=remedy)


def text(cell: str) -> str:
    """Take a text; formulas are refused, since what they compute is not in the file."""
    value = " ".join(cell.split())
    if value.startswith("=") and len(value) > 1:
        raise _refuse("holds a formula", "replace the formula by its value")
    control = control_sign(value)
    if control is not None:
        raise _refuse(f"holds the control character {control}", "remove it; the file may be torn")
    return value


def short_text(cell: str) -> str:
    """Take a text of at most 200 characters."""
    value = text(cell)
    if len(value) > 200:
        raise _refuse(f"is {len(value)} characters long", "give at most 200 characters")
    return value


def office_text(cell: str) -> str:
    """Take the name or the post of somebody in office; numbers of identity cards and telephones are no part of it."""
    value = short_text(cell)
    if holds_personal_number(value):
        raise _refuse("holds an identity or telephone number", "leave it out: of a person only the office is kept")
    return value


def code_text(cell: str) -> str:
    """Take a code as text; scientific notation is refused."""
    return clean_code(text(cell), what="code")


def area_word(cell: str) -> str:
    """Take what names an area: a code, cleaned of what a spreadsheet did to it, or a name as it is written."""
    value = short_text(cell)
    return code_text(cell) if value[:1].isdigit() else value


def number(cell: str) -> float:
    """Take a number; a decimal comma and thousands separators of either kind are understood."""
    value = cell.strip().replace("\u00a0", "").replace(" ", "")
    if "," in value:
        grouped = re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", value) is not None
        value = value.replace(",", "") if grouped or "." in value else value.replace(",", ".")
    if _NUMBER.fullmatch(value) is None:
        raise _refuse("is not a number", "give a plain number such as 12.5")
    found = float(value)
    if not math.isfinite(found):
        raise _refuse("is too large a number", "give a plain number such as 12.5")
    return found


def bounded(low: float, high: float, unit: str) -> Parser:
    """Build a parser for a number within bounds."""

    def parse(cell: str) -> float:
        value = number(cell)
        if not low <= value <= high:
            raise _refuse(f"is outside {low:g} to {high:g} {unit}".rstrip(), f"give a value from {low:g} to {high:g}")
        return value

    return parse


def whole(low: int, high: int) -> Parser:
    """Build a parser for a whole number within bounds."""

    def parse(cell: str) -> int:
        value = number(cell)
        if value != int(value):
            raise _refuse("is not a whole number", "give a whole number")
        if not low <= value <= high:
            raise _refuse(f"is outside {low} to {high}", f"give a number from {low} to {high}")
        return int(value)

    return parse


def yes_no(cell: str) -> bool:
    """Take a yes or no, in English or Chinese."""
    value = cell.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise _refuse("is neither yes nor no", "give yes or no (是/否)")


def azimuth(cell: str) -> float:
    """Take a heading: degrees clockwise from north, a compass point, or 东南 and the like."""
    value = cell.strip().rstrip("°度向").upper()
    if value in _COMPASS:
        return _COMPASS[value]
    try:
        return number(value) % 360
    except InvalidInputError:
        raise _refuse("is no heading", "give degrees clockwise from north or a compass point (NE, 东北)") from None


def degrees(cell: str) -> float:
    """Take a coordinate: a decimal number, or degrees, minutes and seconds."""
    match = _DMS.search(cell)
    if match is None:
        return number(cell)
    value = int(match.group(1)) + int(match.group(2)) / 60 + float(match.group(3)) / 3600
    return -value if (match.group(4) or "").upper() in ("S", "W") or cell.strip().startswith("-") else value


def moment(zone: tzinfo | None) -> Parser:
    """Build a parser for a time; without an offset it is read in `zone` (UTC when None).

    Parameters
    ----------
    zone : tzinfo or None

    Returns
    -------
    callable
        Text to aware datetime in UTC.
    """

    def parse(cell: str) -> datetime:
        found = _moment_in(cell.strip())
        if found is None:
            raise _refuse("is no time", "give a time such as 2026-05-31 14:05 or 2026-05-31T14:05:00+08:00")
        if not 1990 <= found.year <= 2100:
            raise _refuse("is outside the years 1990 to 2100", "check the date")
        aware = found if found.tzinfo is not None else found.replace(tzinfo=zone or UTC)
        return aware.astimezone(UTC)

    return parse


def day(cell: str) -> date:
    """Take a day of the calendar, as it is written: a day has no zone.

    Examples
    --------
    >>> day("1986年5月1日")
    datetime.date(1986, 5, 1)
    """
    found = _moment_in(cell.strip())
    if found is None:
        raise _refuse("is no day", "give a day such as 2026-05-31")
    if not 1900 <= found.year <= 2100:
        raise _refuse("is outside the years 1900 to 2100", "check the date")
    return found.date()


def _moment_in(value: str) -> datetime | None:
    """Read a time in one of the ways that offices write it; what has no offset has none here, either."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        pass
    if _SERIAL.fullmatch(value):
        return _SERIAL_ZERO + timedelta(seconds=round(float(value) * 86_400))
    for form in _TIMES:
        try:
            return datetime.strptime(value, form)  # noqa: DTZ007 - the zone is for the caller to say
        except ValueError:
            continue
    return None


LON = Field("lon", degrees, ("lng", "long", "longitude", "x", "经度", "东经", "point_x", "easting"))
LAT = Field("lat", degrees, ("latitude", "y", "纬度", "北纬", "point_y", "northing"))
