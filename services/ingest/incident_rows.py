"""Rows of past incidents on their way in: what is no place, which grid and item each has, and its first step."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from casework import states
from casework.masking import mask_personal_numbers
from gis.bulk_locate import rows_holding
from gis.crs import Box, Floats
from gis.errors import InvalidInputError
from gis.placeholders import placeholder_rows, swapped_rows
from services import catalogue
from services.ingest.rows import RowLoad
from store.database import ingest_history as history
from store.files.report import Finding
from store.files.tables import read_table

Geometries = npt.NDArray[Any]

_MARGIN_DEG: Final = 0.02
_MAJORITY: Final = 0.9
LATEST: Final = timedelta(minutes=10)
"""Clocks run ahead a little; more than this is a mistake."""
FIRST_YEAR: Final = 1990
MOST_WORDS: Final = 200
"""Words without an item that a report lists."""
_TOLD: Final = ("reported_at", "item", "lon", "lat", "description")
"""What tells a row from another under the same key."""


def refuse_moments(load: RowLoad, now: datetime) -> None:
    """Refuse rows from the future or from before there were such systems, and those that occurred after the report."""
    reported, occurred = load.values["reported_at"], load.values["occurred_at"]
    for row in load.kept:
        at, happened = reported[row], occurred[row]
        if at > now + LATEST:
            reason, remedy = "lies in the future", "correct the clock of the source, or its time zone"
        elif at.year < FIRST_YEAR:
            reason, remedy = f"lies before {FIRST_YEAR}", "correct the date; an unset clock counts from its own zero"
        elif happened is not None and happened > at + LATEST:
            load.reject(
                int(row), load.column_of("occurred_at"), happened.isoformat(), reason="lies after the report",
                remedy="correct one of the two times",
            )  # fmt: skip
            continue
        else:
            continue
        load.reject(int(row), load.column_of("reported_at"), at.isoformat(), reason=reason, remedy=remedy)


def turn_swapped(load: RowLoad, *, fix: bool) -> None:
    """Turn single rows round whose longitude and latitude changed places, or refuse them with that remedy.

    A file whose rows are nearly all swapped is left to the doubt about its reference system.
    """
    lonlat = _given(load)
    if lonlat is None:
        return
    found = np.flatnonzero(swapped_rows(lonlat, _box(load)) & load.good)
    if not len(found) or len(found) > _MAJORITY * np.isfinite(lonlat).all(axis=1).sum():
        return
    for row in found:
        lon, lat = lonlat[row]
        if fix:
            load.values["lon"][row], load.values["lat"][row] = float(lat), float(lon)
        else:
            load.reject(
                int(row), load.column_of("lat"), f"{lon:g}, {lat:g}", reason="longitude and latitude changed places",
                remedy="give --fix-swapped to turn such rows round, or correct them",
            )  # fmt: skip
    if fix:
        sentence = "rows lay in the territory only with longitude and latitude changed: they were turned round"
        load.report.findings.append(Finding("swapped", len(found), sentence, _lines(load, found)))


def unplace(load: RowLoad, points: Geometries) -> None:
    """Take the place of rows whose coordinates say that nobody knows it; such rows are kept and flagged."""
    lonlat = np.array([(np.nan, np.nan) if point is None else (point.x, point.y) for point in points], dtype=float)
    lonlat = lonlat.reshape(-1, 2)
    holders = placeholder_rows(lonlat, _box(load)) & load.good
    column = load.column_of("lat")
    for row in np.flatnonzero(holders):
        value = f"{lonlat[row, 0]:g}, {lonlat[row, 1]:g}"
        points[row] = None
        load.flag(int(row), column, value, reason="is a placeholder: not located", remedy="place it at the desk")
    for row in np.flatnonzero(load.good & np.isnan(lonlat[:, 0])):
        load.flag(int(row), column, "", reason="has no coordinates: not located", remedy="place it at the desk")


def _given(load: RowLoad) -> Floats | None:
    """Return longitude and latitude as given, or None where the file has others or a geometry."""
    said = load.options.get("crs")
    if load.table.geometry is not None or said is None or said.upper().startswith("EPSG") or "lon" not in load.columns:
        return None
    pairs = zip(load.values["lon"], load.values["lat"], strict=True)
    return np.array([(np.nan, np.nan) if None in pair else pair for pair in pairs], dtype=float).reshape(-1, 2)


def _box(load: RowLoad) -> Box:
    west, south, east, north = (float(each) for each in shapely.bounds(load.territory.outline))
    return west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG


def _lines(load: RowLoad, rows: npt.NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(load.table.named(int(row)) for row in rows[:5])


def grids_of_points(load: RowLoad, points: Geometries, now: datetime) -> list[Any]:
    """Return the version of the household grid that each row lies in, None outside and without a place.

    It is the grid of when the row occurred (or was reported) or, where that one has ended since, of `now`.
    """
    session = load.work.session
    plans = history.plans_of_time(session, load.territory.id)
    versions: list[Any] = [None] * len(points)
    if not plans:
        return versions
    placed = np.flatnonzero(np.array([point is not None for point in points], dtype=bool) & load.good)
    moments = [_moment_of(load, int(row)) for row in placed]
    of_row = np.array([_plan_at(plans, moment, now) for moment in moments], dtype=np.int64)
    today = _plan_at(plans, now, now)
    # the newest last: what has ended meanwhile is asked of it again
    for plan in sorted({today, *of_row.tolist()}, key=lambda plan: (plan == today, plan)):
        here = np.flatnonzero(of_row == plan)
        if not len(here):
            continue
        grids = history.grids_of_plan(session, plans[plan].id, now)
        held = rows_holding(grids["geom"], shapely.get_coordinates(points[placed[here]]))
        for row, grid in zip(here[held >= 0].tolist(), held[held >= 0].tolist(), strict=True):
            if plan != today and not grids["goes_on"][grid]:
                of_row[row] = today
            else:
                versions[placed[row]] = grids["id"][grid]
    outside = int(sum(versions[row] is None for row in placed))
    if outside:
        load.report.counts["outside_grids"] = outside
    return versions


def _moment_of(load: RowLoad, row: int) -> datetime:
    moment: datetime = load.values["occurred_at"][row] or load.values["reported_at"][row]
    return moment


def _plan_at(plans: Sequence[Any], moment: datetime, now: datetime) -> int:
    """Return the row of the plan that was in force at a moment; of that of now where there was none yet."""
    for at in (moment, now):
        there = [row for row, plan in enumerate(plans) if plan.since <= at and (plan.until is None or plan.until > at)]
        if there:
            return there[-1]
    in_force = [row for row, plan in enumerate(plans) if plan.in_force]
    return in_force[-1] if in_force else len(plans) - 1


def item_codes(load: RowLoad) -> list[str | None]:
    """Return the item of the catalogue that each row is about, None where its words name none."""
    words = [str(word) if word is not None else "" for word in load.values["item"]]
    if catalogue.version_id(load.work, load.territory.id) is None:
        return [None] * len(words)
    table = _item_table(load.options.get("items"))
    given = load.values["item_code"]
    asked = [code or table.get(word.casefold(), word) for code, word in zip(given, words, strict=True)]
    codes = catalogue.code_of(load.work, asked, load.territory.id)
    lacking: dict[str, int] = {}
    for row in load.kept:
        if codes[row] is None:
            lacking[words[row]] = lacking.get(words[row], 0) + 1
    load.report.counts["with_item"] = int(len(load.kept) - sum(lacking.values()))
    if lacking:
        most = sorted(lacking, key=lambda word: (-lacking[word], word))
        load.report.unmatched = {word: lacking[word] for word in most[:MOST_WORDS]}
        sentence = f"rows whose words ({len(lacking)} kinds) name no item of the catalogue"
        examples = tuple(f"{word} ({lacking[word]})" for word in most[:5])
        load.report.findings.append(Finding("no-item", sum(lacking.values()), sentence, examples))
    return codes


def tally(load: RowLoad, codes: Sequence[str | None], areas: Sequence[str | None]) -> None:
    """Count the rows that are kept by item (the words where the catalogue has none), month and area, for a chart.

    Parameters
    ----------
    load : RowLoad
    codes, areas : (n,) sequence of str or None
        Item and name of the area of each row.
    """
    zone = ZoneInfo(load.options.get("timezone") or "UTC")
    items: Counter[str] = Counter()
    months: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for row in load.kept:
        places[areas[row] or "–"] += 1
        items[codes[row] or _item(str(load.values["item"][row]))] += 1
        months[f"{load.values['reported_at'][row].astimezone(zone):%Y-%m}"] += 1
    load.report.tallies = {
        "items": dict(items.most_common(20)), "areas": dict(places.most_common(20)),
        "months": dict(sorted(months.items())),
    }  # fmt: skip
    known = catalogue.items_of(load.work, catalogue.version_id(load.work, load.territory.id))
    load.report.names = {
        code: known[code].name_en or known[code].name_zh for code in load.report.tallies["items"] if code in known
    }


def _item_table(path: Path | dict[str, str] | None) -> dict[str, str]:
    """Read the table from the words of a file to items of the catalogue: two columns, words and code."""
    if path is None:
        return {}
    if isinstance(path, dict):
        return {words.strip().casefold(): code.strip() for words, code in path.items()}
    if path.suffix.lower() in (".csv", ".txt"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if any(row)][1:]
    else:
        table = read_table(path)
        rows = [list(row) for row in zip(*(table.cells[column] for column in table.columns[:2]), strict=True)]
    if any(len(row) < 2 for row in rows):
        raise InvalidInputError(f"{path.name} needs two columns: the words of the file, and the item.", file=path.name)
    return {row[0].strip().casefold(): row[1].strip() for row in rows}


def stage_rows(
    load: RowLoad,
    rows: Sequence[int],
    numbers: Sequence[tuple[int, int]],
    *,
    channel: str,
    keys: dict[int, str],
    columns: dict[str, Sequence[Any]],
) -> list[tuple[Any, ...]]:
    """Build what is copied in, one tuple a row, in the order of `history.INCIDENT_COLUMNS`.

    Parameters
    ----------
    load : RowLoad
    rows : sequence of int
    numbers : sequence of (id, serial)
    channel : str
    keys : dict of int to str
        Key of each row in the channel.
    columns : dict
        ``point`` (hex EWKB or None), ``grid``, ``item_code`` and ``codes`` (area, town, county) by row.
    """
    zone = ZoneInfo(load.options.get("timezone") or "UTC")
    demo = bool(load.options.get("demo"))
    values = load.values
    staged = []
    for row, (incident_id, serial) in zip(rows, numbers, strict=True):
        at: datetime = values["reported_at"][row]
        month = at.astimezone(zone).date().replace(day=1)
        no = f"{month:%Y-%m}-{serial:06d}"
        told = [values[name][row] for name in _TOLD]
        point, code = columns["point"][row], columns["item_code"][row]
        facts = _facts(load, row, f"{channel}:{keys[row]}", no, code, placed=point is not None)
        staged.append(
            (
                incident_id, no, keys[row], hashlib.sha256(orjson.dumps(told)).hexdigest(), month, at,
                values["occurred_at"][row], _item(values["item"][row]), code,
                mask_personal_numbers(values["description"][row] or ""), facts["severity"],
                values["accuracy_m"][row], point, columns["grid"][row], demo, facts, *columns["codes"][row],
            )
        )  # fmt: skip
    return _with_digests(load, staged)


@lru_cache(maxsize=4096)
def _item(words: str) -> str:
    """Return the words of an item as they are kept; a file has a few kinds of them."""
    return mask_personal_numbers(words)


def _facts(load: RowLoad, row: int, key: str, no: str, code: str | None, *, placed: bool) -> dict[str, Any]:
    # free text stays out of the facts: they are chained by digests and can't be erased
    return {
        "intake_key": hashlib.sha256(key.encode()).hexdigest(), "no": no, "item": _item(load.values["item"][row]),
        "item_code": code, "severity": load.values["severity"][row] or "minor", "urgent": False, "place": placed,
        "located_by": "point" if placed else "none", "file": load.table.file,
    }  # fmt: skip


def _with_digests(load: RowLoad, staged: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Add the digest of each row's first step; the machine is asked once for each severity, since no more decides."""
    actor = states.Actor(load.work.actor.account_id, load.work.actor.roles | {"reporter"})
    facts, at = history.INCIDENT_COLUMNS.index("facts"), history.INCIDENT_COLUMNS.index("reported_at")
    severity = history.INCIDENT_COLUMNS.index("severity")
    steps = {}
    for row in staged:
        if row[severity] not in steps:
            case = states.Case(severity=row[severity])
            steps[row[severity]] = states.apply(case, "register", actor=actor, now=row[at], facts=row[facts])
    return [(*row, states.digest_alike(steps[row[severity]], at=row[at], facts=row[facts])) for row in staged]
