"""Reckon running clocks anew when a calendar or, on purpose, a rule changes; the results before stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson

from casework.calendars import WorkCalendar
from casework.clocks import SHARES, Turn
from casework.limits import Limit, Unit, read_limit
from casework.machine import machine
from casework.reckoned import NEVER, Reckoned, are_provisional, reckon_clocks, what_is_said
from services import calendars, catalogue
from services.access import record
from services.clocks import CHAIN, HANDLING, frozen, present_limits, read_limits, write_limits
from store.database import clock_sets as sets
from store.database import clocks as sql
from store.database.bulk import Columns
from store.database.partition import find_territory
from store.database.work import UnitOfWork

PORTION: Final = 2_500
"""Cases of one transaction of a job: none waits for more than these."""
AT_ONCE: Final = 5_000
"""Open clocks that a request reckons anew itself; more than that are a job's."""
Report = Callable[[float, str], None]
_Rule = tuple[UUID | None, list[tuple[str, Limit]], int]


@dataclass(frozen=True, slots=True)
class _On:
    """What clocks are reckoned on."""

    calendar_id: UUID | None
    calendar: WorkCalendar
    now: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """How far a recomputation is: the last case looked at (None: begin, or the end), and what was found so far."""

    last: tuple[date, int] | None = None
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
    while course.last is not None:
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
    """Reckon the clocks of the next cases anew; whoever commits after each portion keeps no case waiting for others.

    Each clock knows its own calendar, so cases stay whole while some go by the old one and some by the new.

    Returns
    -------
    Course
        To go on with; its ``last`` is None at the end.
    """
    work.session.flush()
    on = _On(*calendars.calendar_of(work, territory_id), now.astimezone(UTC))
    now_at = course or Course()
    total = now_at.total or sql.open_count(work.session, territory_id)
    cases = sets.next_cases(work.session, territory_id, now_at.last, PORTION)
    columns = sets.running(work.session, cases)
    moved = _portion(work, columns, territory_id, reason, on) if len(columns["id"]) else 0
    if moved:
        work.touch("incidents", territory_id)
        work.announce("clocks", {"moved": moved, "reason": reason}, territory_id)
    done = now_at.done + len(columns["id"])
    if progress is not None and cases:
        progress(min(done / max(total, 1), 1.0), f"{done} / {total}")
    return Course(cases[-1] if len(cases) == PORTION else None, total, done, now_at.moved + moved)


def _portion(work: UnitOfWork, columns: Columns, territory_id: UUID, reason: str, on: _On) -> int:
    """Reckon the clocks of some cases anew; those of a review go by the day, whatever the calendar."""
    counted = columns["kind"] != "review"
    some = {name: column[counted] for name, column in columns.items()}
    before = [orjson.loads(text) for text in some["limits"]]
    wanted = _by_rule(work, some, before, territory_id, on.now) if reason == "rule" else before
    kinds: dict[str, int] = {}
    which = np.array([kinds.setdefault(orjson.dumps(each).decode(), len(kinds)) for each in wanted], dtype=np.int64)
    limits = [[limit for _, limit in read_limits(orjson.loads(kind))] for kind in kinds]
    turns = {row: _turns(history) for row, history in enumerate(some["history"]) if history}
    starts = some["started_us"].astype(np.int64)
    found = reckon_clocks(starts, limits, which, turns, on.calendar)
    changed = _differ(some, found) | np.array([one != two for one, two in zip(before, wanted, strict=True)], dtype=bool)
    rows = _rows(some, np.flatnonzero(changed), np.array(list(kinds), dtype=object)[which], found, on)
    moved = sets.rewrite(work.session, rows, reason, on.now)
    written = set(some["id"][changed].tolist())
    sql.set_calendar(work.session, [each for each in columns["id"].tolist() if each not in written], on.calendar_id)
    return moved


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


def _by_rule(work: UnitOfWork, columns: Columns, before: Sequence[Any], territory_id: UUID, now: datetime) -> list[Any]:
    """Return the limits of each clock under the catalogue that holds, and freeze them beside the old ones."""
    items = catalogue.items_of(work, catalogue.version_id(work, territory_id))
    known: dict[tuple[Any, ...], _Rule] = {}
    again: dict[int, _Rule] = {}
    wanted = list(before)
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


def _turns(history: Sequence[Sequence[Any]]) -> list[Turn]:
    return [
        Turn(what, datetime.fromisoformat(at), Limit(float(rest[0]), Unit(rest[1])) if rest else None)
        for what, at, *rest in history
    ]


def _differ(columns: Columns, found: Reckoned) -> Any:  # noqa: ANN401 - (n,) array of bool
    """Return which clocks come to another result than they had."""
    due = found.shares[:, SHARES.index(100)]
    return (
        (columns["measure"] != [each.value for each in found.measure])
        | (columns["total_us"] != found.total)
        | (columns["spent_us"] != found.spent)
        | (np.array([NEVER if at is None else at for at in columns["due_us"]], dtype=np.int64) != due)
    )


def _rows(
    columns: Columns,
    places: Any,  # noqa: ANN401 - (k,) array of int
    limits: Any,  # noqa: ANN401 - (n,) array of str
    found: Reckoned,
    on: _On,
) -> list[tuple[Any, ...]]:
    """Return the rows to write; columns as `store.database.clock_sets.STAGED`."""
    fired, anew, coming = what_is_said(found, columns["fired"].astype(np.int64), on.now)
    instants = [found.since, *found.shares.T, coming]
    since, soon, due, far, next_at = (
        [None if at == NEVER else at for at in each[places].tolist()] for each in instants
    )
    turn = (columns["round"] + anew)[places].tolist()
    return list(
        zip(
            columns["id"][places].tolist(), [on.calendar_id] * len(places), limits[places].tolist(),
            [each.value for each in found.measure[places]], found.total[places].tolist(),
            found.spent[places].tolist(), since, soon, due, far,
            are_provisional(found, on.calendar)[places].tolist(), fired[places].tolist(), turn, next_at,
            strict=True,
        )
    )  # fmt: skip
