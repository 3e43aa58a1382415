"""Reckon running clocks anew when a calendar or, on purpose, a rule changes; the results before stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson

from casework import clocks as pure
from casework.calendars import WorkCalendar, to_instant, to_moment
from casework.clocks import SHARES, Measure, Turn
from casework.limits import Limit, Unit, is_provisional, read_limit
from casework.machine import machine
from services import calendars, catalogue
from services.access import record
from services.clocks import CHAIN, HANDLING, frozen, present_limits, read_limits, write_limits
from store.database import clocks as sql
from store.database.bulk import Columns
from store.database.partition import find_territory
from store.database.work import UnitOfWork

PORTION: Final = 5_000
"""Clocks of one transaction of a job: cases wait for no more than these."""
AT_ONCE: Final = 5_000
"""Open clocks that a request reckons anew itself; more than that are a job's."""
Report = Callable[[float, str], None]
_Rule = tuple[UUID | None, list[tuple[str, Limit]], int]


@dataclass(frozen=True, slots=True)
class _Result:
    """What a clock is reckoned to: instants in microseconds since 1970, None while it rests."""

    measure: str
    total: int
    spent: int
    since: int | None
    shares: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _On:
    """What clocks are reckoned on."""

    calendar_id: UUID | None
    calendar: WorkCalendar
    now: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """How far a recomputation is: the last clock looked at (None: begin, or the end), and what was found so far."""

    after: UUID | None = None
    total: int = 0
    done: int = 0
    moved: int = 0


def recompute(
    work: UnitOfWork, territory_id: UUID, *, reason: str, now: datetime, progress: Report | None = None
) -> int:
    """Reckon every open clock of a territory anew in one transaction; for few of them.

    Parameters
    ----------
    work : UnitOfWork
    territory_id : UUID
    reason : str
        ``calendar``: on the calendar that holds now, with the limits they had. ``rule``: also with the limits that the
        catalogue gives now, for handling and for the whole.
    now : datetime
    progress : callable, optional
        Called with the share that is done after each portion; it raises to stop.

    Returns
    -------
    int
        How many came to another result.
    """
    course = recompute_some(work, territory_id, reason=reason, now=now, progress=progress)
    while course.after is not None:
        course = recompute_some(work, territory_id, reason=reason, now=now, course=course, progress=progress)
    return course.moved


def recompute_some(
    work: UnitOfWork,
    territory_id: UUID,
    *,
    reason: str,
    now: datetime,
    course: Course | None = None,
    progress: Report | None = None,
) -> Course:
    """Reckon the next portion of open clocks anew; whoever commits after each keeps no case waiting for the others.

    Each clock knows its own calendar, so cases stay whole while some go by the old one and some by the new.

    Returns
    -------
    Course
        To go on with; its ``after`` is None at the end.
    """
    work.session.flush()
    on = _On(*calendars.calendar_of(work, territory_id), now.astimezone(UTC))
    now_at = course or Course()
    total = now_at.total or sql.open_count(work.session, territory_id)
    ids = sql.next_open(work.session, territory_id, now_at.after, PORTION)
    sql.lock_cases(work.session, ids)
    columns = sql.running(work.session, ids)
    moved = _portion(work, columns, territory_id, reason, on) if len(columns["id"]) else 0
    sql.set_calendar(work.session, ids, on.calendar_id)
    if moved:
        work.touch("incidents", territory_id)
        work.announce("clocks", {"moved": moved, "reason": reason}, territory_id)
    done = now_at.done + len(ids)
    if progress is not None and ids:
        progress(min(done / max(total, 1), 1.0), f"{done} / {total}")
    return Course(ids[-1] if len(ids) == PORTION else None, total, done, now_at.moved + moved)


def _portion(work: UnitOfWork, columns: Columns, territory_id: UUID, reason: str, on: _On) -> int:
    wanted: list[Any] = list(columns["limits"])
    if reason == "rule":
        wanted = _by_rule(work, columns, territory_id, on.now)
    results = _results(columns, wanted, on.calendar)
    rows = [
        row
        for place, result in enumerate(results)
        if (row := _row(columns, place, wanted[place], result, on)) is not None
    ]
    return sql.rewrite(work.session, rows, reason, on.now)


def recompute_or_start(work: UnitOfWork, territory_id: UUID, *, reason: str, now: datetime) -> tuple[int, UUID | None]:
    """Reckon clocks anew at once where they are few; else start a job that does.

    Returns
    -------
    (int, UUID or None)
        How many came to another result, and the job where they are still to be reckoned.
    """
    if sql.open_count(work.session, territory_id, AT_ONCE + 1) <= AT_ONCE:
        return recompute(work, territory_id, reason=reason, now=now), None
    from services.jobs import start_job  # noqa: PLC0415 - jobs know every kind of work

    return 0, start_job(work, "clocks", {"territory": str(territory_id), "reason": reason}).id


def apply_rules(work: UnitOfWork, *, now: datetime, territory: UUID | str | None = None) -> tuple[int, UUID | None]:
    """Have open cases go by the catalogue that holds now; the limits they were opened with stay beside.

    Returns
    -------
    (int, UUID or None)
        As `recompute_or_start`.

    Raises
    ------
    NotAllowedError
        The actor is no shift leader nor system administrator.
    """
    work.actor.require("system_administrator", "shift_leader")
    work.actor.require_everywhere()
    place = find_territory(work.session, territory).id
    moved, job = recompute_or_start(work, place, reason="rule", now=now)
    record(work, "clocks.apply-rules", target=str(place), details={"clocks": moved, "job": job and str(job)})
    return moved, job


def _by_rule(work: UnitOfWork, columns: Columns, territory_id: UUID, now: datetime) -> list[Any]:
    """Return the limits of each clock under the catalogue that holds, and freeze them beside the old ones."""
    items = catalogue.items_of(work, catalogue.version_id(work, territory_id))
    known: dict[tuple[Any, ...], _Rule] = {}
    again: dict[int, _Rule] = {}
    wanted = list(columns["limits"])
    for place, kind in enumerate(columns["kind"]):
        state, item = str(columns["state"][place]), columns["item_code"][place]
        # a case of an item that was retired goes on by the limits it was opened with
        if item not in items or (kind != "total" and state != HANDLING):
            continue
        key = (item, int(columns["area_code"][place]))
        if key not in known:
            known[key] = present_limits(work, SimpleNamespace(
                territory_id=territory_id, item_code=key[0], area_code=key[1], urgent=False))  # fmt: skip
        handling = write_limits(known[key][1])
        if kind == "total":
            wanted[place] = _total(state, handling)
            again[place] = known[key]
        else:
            wanted[place] = handling[: int(columns["seq"][place])] if kind == "phase" else handling
    _freeze_again(work, columns, again, now)
    return wanted


def _total(state: str, handling: list[list[Any]]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for one in CHAIN[CHAIN.index(state) :]:
        words = str(machine().states[one]["timer"])
        found += handling if one == HANDLING else write_limits([("", read_limit(words))])
    return found


def _freeze_again(work: UnitOfWork, columns: Columns, rules: Mapping[int, _Rule], now: datetime) -> None:
    """Write down the limits that cases go by from now on, where they are others: one look and one write for all."""
    places = list(rules)
    keys = [
        (columns["month"][place], int(columns["incident_id"][place]), int(columns["cycle"][place])) for place in places
    ]
    kept = sql.frozen_of(work.session, keys)
    rows = []
    for place, key in zip(places, keys, strict=True):
        version, phases, area_class = rules[place]
        before = kept.get(key)
        if before is None or before.limits == write_limits(phases):
            continue
        case = SimpleNamespace(month=key[0], id=key[1], cycle=key[2], item_code=columns["item_code"][place])
        rows.append(frozen(case, before.seq + 1, version, area_class, phases, now))
    sql.freeze(work.session, rows)


def _results(columns: Columns, wanted: Sequence[Any], calendar: WorkCalendar) -> list[_Result]:
    """Reckon clocks: those that only ran all at once by their limits, the others one by one."""
    found: list[_Result | None] = [None] * len(wanted)
    groups: dict[bytes, list[int]] = {}
    for place, history in enumerate(columns["history"]):
        if history:
            found[place] = _again(columns, place, wanted[place], calendar)
        else:
            groups.setdefault(orjson.dumps(wanted[place]), []).append(place)
    for key, places in groups.items():
        limits = [limit for _, limit in read_limits(orjson.loads(key))]
        starts = np.array([to_instant(columns["started_at"][place]) for place in places], dtype=np.int64)
        measure, total, _ = pure.start_many(starts, limits, calendar)
        spent = np.zeros_like(total)
        shares = np.stack(
            [
                pure.moments_of(starts, total, spent, measure=measure, percent=percent, calendar=calendar)
                for percent in SHARES
            ],
            axis=1,
        )
        for row, place in enumerate(places):
            moments = tuple(shares[row].tolist())
            found[place] = _Result(measure.value, int(total[row]), 0, int(starts[row]), moments)
    return [result for result in found if result is not None]


def _again(columns: Columns, place: int, limits: Any, calendar: WorkCalendar) -> _Result:  # noqa: ANN401 - JSON
    turns = [
        Turn(what, datetime.fromisoformat(at), Limit(float(rest[0]), Unit(rest[1])) if rest else None)
        for what, at, *rest in columns["history"][place]
    ]
    clock = pure.replay(columns["started_at"][place], [limit for _, limit in read_limits(limits)], turns, calendar)
    since = None if clock.since is None else to_instant(clock.since)
    moments = [pure.moment_of(clock, percent, calendar) for percent in SHARES]
    shares = None if since is None else tuple(to_instant(moment) for moment in moments if moment is not None)
    return _Result(clock.measure.value, clock.total, clock.spent, since, shares)


def _row(
    columns: Columns,
    place: int,
    limits: Any,  # noqa: ANN401 - JSON
    result: _Result,
    on: _On,
) -> tuple[Any, ...] | None:
    """Return the row to write, None where nothing changes; columns as `store.database.clocks.CHANGED`."""
    moments = (None, None, None) if result.shares is None else tuple(map(to_moment, result.shares))
    before = (columns["measure"][place], columns["total_us"][place], columns["spent_us"][place])
    same = before == (result.measure, result.total, result.spent) and columns["due_at"][place] == moments[1]
    if same and columns["limits"][place] == limits:
        return None
    fired, turn = int(columns["fired"][place]), int(columns["round"][place])
    reached = max(
        (percent for percent, at in zip(SHARES, moments, strict=True) if at is not None and at <= on.now), default=0
    )
    if fired > reached and result.shares is not None:
        # what was said too early may be said again when it is time
        fired, turn = reached, turn + 1
    coming = [at for percent, at in zip(SHARES, moments, strict=True) if at is not None and percent > fired]
    since = None if result.since is None else to_moment(result.since)
    due = moments[1]
    provisional = since is not None and due is not None and is_provisional(since, due, on.calendar)
    return (
        columns["id"][place], on.calendar_id, limits, Measure(result.measure).value, result.total, result.spent, since,
        *moments, provisional, fired, turn, coming[0] if coming else None,
    )  # fmt: skip
