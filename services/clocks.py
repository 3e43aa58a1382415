"""The clocks of cases: they start, rest, go on and end with the steps of a case, on its own frozen limits.

`follow` is called once after each step. Which state has which clock, and how long, is the state table's word; the limit
of handling is the catalogue's, frozen with its version when the case is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from casework import clocks as pure
from casework.calendars import WorkCalendar
from casework.clocks import SHARES, Clock, Measure
from casework.limits import Limit, Unit, is_provisional, read_limit
from casework.machine import machine
from services import calendars, catalogue
from store.database import clocks as sql
from store.database.models import CaseClock
from store.database.together import read_together
from store.database.work import UnitOfWork

USUAL_LIMIT: Final = Limit(5, Unit.WORK_DAY)
URGENT_LIMIT: Final = Limit(1, Unit.EMERGENCY_DAY)
"""What holds for a case without an item of the catalogue."""
CHAIN: Final = ("OPENED", "DISPATCHED", "IN_PROGRESS", "RESOLVED", "CHECKING", "CHECKED")
"""States of an opened case in their order; the total limit is the sum of theirs."""
ACKNOWLEDGEMENT: Final = "REFERRED"
HANDLING: Final = "IN_PROGRESS"
_SHORTEST: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """What a clock was due at until `at`, when it was reckoned anew for another calendar or rule (`reason`)."""

    due_at: datetime
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as it is shown; `share` is of its limit, 1 is all of it. Earlier results stay, oldest first."""

    kind: str
    phase: int
    name: str
    state: str
    owes: str
    started_at: datetime
    due_at: datetime | None
    paused: bool
    share: float
    colour: str
    provisional: bool
    earlier: tuple[EarlierResult, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseClocks:
    """The open clocks of a case: of the present stage, in all, and the phases of handling."""

    stage: ClockView | None
    total: ClockView | None
    phases: tuple[ClockView, ...] = ()
    review: ClockView | None = None


@dataclass(slots=True)
class _Desk:
    """What following one step needs to know."""

    work: UnitOfWork
    case: Any
    calendar_id: UUID | None
    calendar: WorkCalendar
    now: datetime


def follow(work: UnitOfWork, before: Any, after: Any, action: str, now: datetime) -> None:  # noqa: ANN401 - rows
    """Let the clocks of a case follow a step that was taken.

    Parameters
    ----------
    work : UnitOfWork
    before : row or None
        The incident before the step, with its ``state``; None for a new report.
    after : row
        The incident after it, with ``month`` and ``id``.
    action : str
        Of the state table.
    now : datetime
        When the step was taken.
    """
    work.session.flush()
    moment = now.astimezone(UTC)
    case = sql.read_case(work.session, after.month, after.id)
    calendar_id, calendar = calendars.calendar_of(work, case.territory_id)
    desk = _Desk(work, case, calendar_id, calendar, moment)
    if action in ("open", "reopen"):
        freeze_limits(work, after, now)
    clocks = list(sql.open_clocks(work.session, case.month, case.id))
    came_from = None if before is None else before.state
    if action == "approve_extension":
        _extend(desk, clocks)
    elif action == "acknowledge_referral":
        sql.end_clocks(work.session, [clock.id for clock in clocks], moment)
    elif came_from != case.state:
        _move(desk, clocks, came_from)
    sql.tell_incident(work.session, case.month, case.id)


def _move(desk: _Desk, clocks: list[CaseClock], came_from: str | None) -> None:
    state = desk.case.state
    if state == "SUSPENDED":
        for clock in clocks:
            _pause(desk, clock)
        _start_review(desk)
        return
    if came_from == "SUSPENDED" and state == HANDLING:
        sql.end_clocks(desk.work.session, [clock.id for clock in clocks if clock.kind == "review"], desk.now)
        for clock in clocks:
            if clock.kind != "review":
                _resume(desk, clock)
        return
    kinds = str(machine().states[state]["clock"])
    keep = {"total"} if "total" in kinds else set()
    sql.end_clocks(desk.work.session, [clock.id for clock in clocks if clock.kind not in keep], desk.now)
    if kinds == "none" and state != ACKNOWLEDGEMENT:
        return
    _start(desk, "stage", _limits_of(desk, state))
    if "total" in kinds and not any(clock.kind == "total" for clock in clocks):
        rest = CHAIN[CHAIN.index(state) :]
        _start(desk, "total", [limit for one in rest for limit in _limits_of(desk, one)])
    if state == HANDLING:
        phases = _limits_of(desk, state)
        for number in range(1, len(phases) + 1) if len(phases) > 1 else ():
            _start(desk, "phase", phases[:number], seq=number)


def _limits_of(desk: _Desk, state: str) -> list[tuple[str, Limit]]:
    """Return the limits of a state, each with the name of its phase."""
    if state != HANDLING:
        words = str(machine().states[state]["timer"])
        return [("", read_limit(words.removesuffix(" acknowledgement")))]
    case = desk.case
    kept = sql.frozen_limits(desk.work.session, case.month, case.id, case.cycle)
    if kept is not None:
        return read_limits(kept.limits)
    return present_limits(desk.work, case)[1]


def present_limits(work: UnitOfWork, case: Any) -> tuple[UUID | None, list[tuple[str, Limit]], int]:  # noqa: ANN401 - a row
    """Return the catalogue that holds now, the limits that it gives a case, and the class of its area.

    Of the case it takes ``territory_id``, ``item_code``, ``area_code`` and ``urgent``.
    """
    version = catalogue.version_id(work, case.territory_id)
    item = catalogue.items_of(work, version).get(case.item_code or "")
    area_class = catalogue.class_of(work, case.territory_id, case.area_code)
    phases = [] if item is None else [(one.name, one.limit) for one in catalogue.limits_of(item, area_class)]
    return version, phases or [("", URGENT_LIMIT if case.urgent else USUAL_LIMIT)], area_class


def freeze_limits(work: UnitOfWork, case_row: Any, now: datetime) -> None:  # noqa: ANN401 - a row
    """Freeze the limits of a case with the version of the catalogue that holds; a cycle is frozen once.

    Parameters
    ----------
    work : UnitOfWork
    case_row : row
        The incident, with ``month`` and ``id``.
    now : datetime
    """
    case = sql.read_case(work.session, case_row.month, case_row.id)
    if sql.frozen_limits(work.session, case.month, case.id, case.cycle) is not None:
        return
    version, limits, area_class = present_limits(work, case)
    sql.freeze(work.session, [frozen(case, 1, version, area_class, limits, now)])


def frozen(
    case: Any,  # noqa: ANN401 - a row
    seq: int,
    version: UUID | None,
    area_class: int,
    limits: list[tuple[str, Limit]],
    now: datetime,
) -> dict[str, Any]:
    """Return the row that freezes the limits of a case."""
    return {
        "month": case.month,
        "incident_id": case.id,
        "cycle": case.cycle,
        "seq": seq,
        "catalogue_id": version,
        "item_code": case.item_code,
        "area_class": area_class,
        "limits": write_limits(limits),
        "frozen_at": now,
    }


def write_limits(limits: Sequence[tuple[str, Limit]]) -> list[list[Any]]:
    """Write limits as they are stored: [phase, amount, unit]."""
    return [[name, limit.amount, limit.unit.value] for name, limit in limits]


def read_limits(limits: Sequence[Sequence[Any]]) -> list[tuple[str, Limit]]:
    """Read limits as they are stored."""
    return [(str(name), Limit(float(amount), Unit(unit))) for name, amount, unit in limits]


def _start(desk: _Desk, kind: str, limits: list[tuple[str, Limit]], *, seq: int = 0) -> None:
    clock = pure.start_clock(desk.now, [limit for _, limit in limits], desk.calendar)
    _add(desk, kind, clock, write_limits(limits), seq=seq)


def _start_review(desk: _Desk) -> None:
    """Start the clock of a suspension: at the beginning of the day of review the case goes on."""
    longest = machine().states["SUSPENDED"]["timer"]
    day = desk.case.review_on or (desk.now + timedelta(days=int("".join(filter(str.isdigit, longest))))).date()
    due = datetime.combine(day, time(0), ZoneInfo(desk.calendar.zone)).astimezone(UTC)
    length = max(due - desk.now, _SHORTEST)
    clock = Clock(Measure.WALL, length // timedelta(microseconds=1), 0, desk.now)
    _add(desk, "review", clock, [["", length / timedelta(minutes=1), Unit.MINUTE.value]])


def _add(desk: _Desk, kind: str, clock: Clock, limits: list[list[Any]], *, seq: int = 0) -> None:
    case, session = desk.case, desk.work.session
    times = _times(clock, desk.calendar, 0)
    values = {
        "month": case.month,
        "incident_id": case.id,
        "kind": kind,
        "seq": seq,
        "state": case.state,
        "cycle": case.cycle,
        "owes": machine().states[case.state]["timer_owner"],
        "limits": limits,
        "calendar_id": desk.calendar_id,
        "started_at": desk.now,
        **times,
    }
    clock_id = sql.add_clock(session, values)
    _note(desk, clock_id, "start", limits, times)


def _times(clock: Clock, calendar: WorkCalendar, fired: int) -> dict[str, Any]:
    soon, due, far = (pure.moment_of(clock, percent, calendar) for percent in SHARES)
    coming = [moment for percent, moment in zip(SHARES, (soon, due, far), strict=True) if percent > fired]
    return {
        "measure": clock.measure.value,
        "total_us": clock.total,
        "spent_us": clock.spent,
        "since": clock.since,
        "soon_at": soon,
        "due_at": due,
        "far_at": far,
        "provisional": due is not None and clock.since is not None and is_provisional(clock.since, due, calendar),
        "next_at": coming[0] if coming else None,
    }


def _note(desk: _Desk, clock_id: UUID, reason: str, limits: object, times: dict[str, Any]) -> None:
    told = {name: times[name] for name in ("total_us", "due_at", "provisional")}
    sql.add_reckoning(
        desk.work.session,
        clock_id,
        {"reason": reason, "calendar_id": desk.calendar_id, "limits": limits, "at": desk.now, **told},
    )


def _of(row: Any) -> Clock:  # noqa: ANN401 - a row
    return Clock(Measure(row.measure), row.total_us, row.spent_us, row.since)


def _pause(desk: _Desk, row: CaseClock) -> None:
    calendar = calendars.by_id(desk.work, row.calendar_id)
    history = [*row.history, ["pause", desk.now.isoformat()]]
    times = _times(pure.pause(_of(row), desk.now, calendar), calendar, row.fired)
    sql.change_clock(desk.work.session, row.id, {**times, "history": history})


def _resume(desk: _Desk, row: CaseClock) -> None:
    calendar = calendars.by_id(desk.work, row.calendar_id)
    history = [*row.history, ["resume", desk.now.isoformat()]]
    times = _times(pure.resume(_of(row), desk.now), calendar, row.fired)
    sql.change_clock(desk.work.session, row.id, {**times, "history": history})
    _note(desk, row.id, "resume", row.limits, times)


def _extend(desk: _Desk, clocks: Sequence[CaseClock]) -> None:
    """Give handling its own limit once more: the last phase of it, for stage and total alike."""
    limit = _limits_of(desk, HANDLING)[-1][1]
    phases = [clock.seq for clock in clocks if clock.kind == "phase"]
    for row in clocks:
        if row.kind == "review" or (row.kind == "phase" and row.seq != max(phases)):
            continue
        calendar = calendars.by_id(desk.work, row.calendar_id)
        clock = pure.extend(_of(row), limit, desk.now, calendar)
        history = [*row.history, ["extend", desk.now.isoformat(), limit.amount, limit.unit.value]]
        # what was said of the shorter limit is said of the longer one again
        times = _times(clock, calendar, 0)
        fresh = {**times, "history": history, "fired": 0, "round": row.round + 1}
        sql.change_clock(desk.work.session, row.id, fresh)
        _note(desk, row.id, "extension", row.limits, times)


def clocks_of(work: UnitOfWork, keys: Sequence[tuple[Any, int]], *, now: datetime) -> dict[tuple[Any, int], CaseClocks]:
    """Return the open clocks of some cases.

    Parameters
    ----------
    work : UnitOfWork
    keys : sequence of (date, int)
        Month and id of each incident.
    now : datetime
        Shares and colours are of this moment.

    Returns
    -------
    dict
        For each key its clocks; none where it has none.
    """
    (rows,) = read_together(work.session, [sql.clocks_question(keys)]) if keys else ([],)
    return clocks_from(work, keys, rows, now=now)


def clocks_from(
    work: UnitOfWork, keys: Sequence[tuple[Any, int]], rows: Sequence[Any], *, now: datetime
) -> dict[tuple[Any, int], CaseClocks]:
    """Return the same from the clocks' rows."""
    found: dict[tuple[Any, int], list[ClockView]] = {}
    for row in rows:
        found.setdefault((row.month, row.incident_id), []).append(_view(work, row, now))
    return {key: _together(found.get(key, [])) for key in keys}


def _together(views: list[ClockView]) -> CaseClocks:
    one = {view.kind: view for view in views if view.kind != "phase"}
    phases = tuple(view for view in views if view.kind == "phase")
    return CaseClocks(one.get("stage"), one.get("total"), phases, one.get("review"))


def _view(work: UnitOfWork, row: Any, now: datetime) -> ClockView:  # noqa: ANN401 - a row
    calendar = calendars.by_id(work, row.calendar_id)
    clock = _of(row)
    name = str(row.limits[row.seq - 1][0]) if row.kind == "phase" else ""
    return ClockView(
        row.kind,
        row.seq,
        name,
        row.state,
        row.owes,
        row.started_at,
        row.due_at,
        row.since is None,
        round(pure.share(clock, now, calendar), 4),
        pure.colour(clock, now, calendar).value,
        row.provisional,
        tuple(
            EarlierResult(datetime.fromisoformat(one["due_at"]), one["reason"], datetime.fromisoformat(one["at"]))
            for one in row.earlier or ()
        ),
    )


def results_of(work: UnitOfWork, month: Any, incident_id: int) -> list[dict[str, Any]]:  # noqa: ANN401 - a date
    """Return everything that the clocks of a case were ever reckoned to, first results beside later ones."""
    return [dict(row) for row in sql.reckonings(work.session, month, incident_id)]
