"""States of cameras as they come in: by the thousand, early or late, once or twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gis.errors import InvalidInputError
from services.camera_history import History, Period, State, fold
from store.database import camera_status as sql
from store.database.work import UnitOfWork

MOST_STATUSES = 20_000  # in one batch
AHEAD = timedelta(minutes=5)  # clocks of devices are that much fast
ROLES = ("camera_administrator", "system_administrator")


@dataclass(frozen=True, slots=True)
class Status:
    """What was told of one camera at one moment.

    Attributes
    ----------
    camera : str
        GB/T 28181 code, reference in the source, or id.
    at : datetime
        Aware.
    state : State
        What of it was said.
    """

    camera: str
    at: datetime
    state: State


@dataclass(slots=True)
class StatusReport:
    """What a batch did; rows count from 0.

    Attributes
    ----------
    accepted : int
        Messages taken.
    late : int
        Those of them that were older than what was known: kept in the history, the present is as it was.
    changed : list of UUID
        Cameras whose present state is another now.
    periods : int
        By how many the periods of the histories became more.
    unknown : list of (row, camera)
    refused : list of (row, camera, reason)
        ``ambiguous``, ``in-the-future`` or ``says-nothing``.
    """

    accepted: int = 0
    late: int = 0
    changed: list[UUID] = field(default_factory=list)
    periods: int = 0
    unknown: list[tuple[int, str]] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def take_statuses(work: UnitOfWork, statuses: Sequence[Status], *, now: datetime) -> StatusReport:
    """Take a batch of messages: histories, present states, maps and the figures that rest on them.

    The same batch again changes nothing; the order of messages does not matter to the present.

    Parameters
    ----------
    work : UnitOfWork
    statuses : sequence of Status
        At most `MOST_STATUSES`.
    now : datetime

    Returns
    -------
    StatusReport

    Raises
    ------
    InvalidInputError
        Too many at once.
    NotAllowedError
    """
    work.actor.require(*ROLES)
    if len(statuses) > MOST_STATUSES:
        raise InvalidInputError(
            f"{len(statuses)} statuses came at once; send at most {MOST_STATUSES}.", field="statuses"
        )
    report = StatusReport()
    named = sql.cameras_by_name(work.session, sorted({status.camera for status in statuses}))
    by_camera = dict(_readable(statuses, named, report, now))
    write_statuses(work, by_camera, report, now=now)
    return report


def write_statuses(
    work: UnitOfWork, by_camera: dict[UUID, list[tuple[datetime, State]]], report: StatusReport, *, now: datetime
) -> None:
    """Fold the messages of each camera into its history and make its present, maps and figures follow.

    Parameters
    ----------
    work : UnitOfWork
    by_camera : dict
        Camera to messages.
    report : StatusReport
        Gets what was done.
    now : datetime
    """
    if not by_camera:
        return
    sql.take_turns(work.session)
    cameras = {row.id: row for row in sql.present_states(work.session, list(by_camera))}
    folded = _fold_in(work, cameras, by_camera, report)
    _make_present(work, cameras, folded, report, now=now)


def _fold_in(
    work: UnitOfWork,
    cameras: dict[UUID, Any],
    by_camera: dict[UUID, list[tuple[datetime, State]]],
    report: StatusReport,
) -> dict[UUID, History]:
    """Write the histories that messages change; return those of cameras whose messages say anything new."""
    session = work.session
    news = {id_: messages for id_, messages in by_camera.items() if not _confirms(cameras[id_], messages)}
    since = {id_: min(at for at, _ in messages) for id_, messages in news.items()}
    known: dict[UUID, list[Period]] = {id_: [] for id_ in news}
    for row in sql.periods_since(session, since) if since else ():
        state = State(row.online, row.networked, row.serviceable)
        known[row.camera_id].append(Period(row.low, row.high, state))
    folded: dict[UUID, History] = {}
    for id_, messages in news.items():
        camera = cameras[id_]
        before = State(camera.online, None, None)
        folded[id_], late = fold(History(tuple(known[id_]), _heard(camera)), messages, before=before)
        report.late += late
    _write_changed(work, since, known, folded, report)
    sql.note_heard(session, {id_: max(at for at, _ in messages) for id_, messages in by_camera.items()})
    report.accepted += sum(map(len, by_camera.values()))
    return folded


def note_change(work: UnitOfWork, camera_id: UUID, state: State, *, now: datetime) -> None:
    """Keep in the history what a person set; it wins over a device whose clock is ahead.

    Who calls it has the turn (`store.database.camera_status.take_turns`) and lets coverage follow.
    """
    (camera,) = sql.present_states(work.session, [camera_id])
    heard = _heard(camera)
    at = max(now, heard) if heard else now
    _fold_in(work, {camera_id: camera}, {camera_id: [(at, state)]}, StatusReport())


def _readable(
    statuses: Sequence[Status], named: dict[str, list[UUID]], report: StatusReport, now: datetime
) -> Iterator[tuple[UUID, list[tuple[datetime, State]]]]:
    """Sort out messages that nobody can take; yield the others by camera."""
    kept: dict[UUID, list[tuple[datetime, State]]] = {}
    for row, status in enumerate(statuses):
        ids = named.get(status.camera, [])
        if not ids:
            report.unknown.append((row, status.camera))
        elif len(ids) > 1:
            report.refused.append((row, status.camera, "ambiguous"))
        elif status.state == State():
            report.refused.append((row, status.camera, "says-nothing"))
        elif status.at > now + AHEAD:
            report.refused.append((row, status.camera, "in-the-future"))
        else:
            kept.setdefault(ids[0], []).append((status.at, status.state))
    yield from kept.items()


def _heard(camera: Any) -> datetime | None:  # noqa: ANN401 - a database row
    """Return the last moment anything was told: a period that runs counts from its begin."""
    told = [at for at in (camera.heard, camera.since) if at is not None]
    return max(told) if told else None


def _confirms(camera: Any, messages: Iterable[tuple[datetime, State]]) -> bool:  # noqa: ANN401 - a database row
    """Tell whether all messages are new and say what is known: most of a batch, and nothing is to be read for them."""
    heard = _heard(camera)
    if heard is None or camera.since is None or camera.held_online != camera.online:
        return False
    held = State(camera.held_online, camera.held_networked, camera.held_serviceable)
    return all(at >= heard and state.over(held) == held for at, state in messages)


def _write_changed(
    work: UnitOfWork,
    since: dict[UUID, datetime],
    known: dict[UUID, list[Period]],
    folded: dict[UUID, History],
    report: StatusReport,
) -> None:
    """Write the histories that are others now."""
    changed = {id_: since[id_] for id_, history in folded.items() if list(history.periods) != known[id_]}
    if not changed:
        return
    rows = [
        (id_, *astuple(period.state), f"[{_iso(period.low)},{_iso(period.high)})")
        for id_ in changed
        for period in folded[id_].periods
    ]
    report.periods += len(rows) - sum(len(known[id_]) for id_ in changed)
    sql.replace_periods(work.session, changed, rows)


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _make_present(
    work: UnitOfWork, cameras: dict[UUID, Any], folded: dict[UUID, History], report: StatusReport, *, now: datetime
) -> None:
    """Let the cameras' present state follow their histories, and tell who looks at maps."""
    states = {}
    for id_, history in folded.items():
        camera, present = cameras[id_], history.present
        if present is None:
            continue
        whole = present.over(State(camera.online, camera.networked, camera.serviceable))
        state = (bool(whole.online), bool(whole.networked), bool(whole.serviceable))
        if state != (camera.online, camera.networked, camera.serviceable):
            states[id_] = state
    sql.set_present(work.session, states)
    report.changed += states
    territories: dict[UUID, list[UUID]] = {}
    for id_ in states:
        camera = cameras[id_]
        box = (camera.lon, camera.lat, camera.lon, camera.lat)
        for layer in ("cameras", "view_sheds"):
            work.touch(layer, camera.territory_id, box)
        territories.setdefault(camera.territory_id, []).append(id_)
    if territories:
        from services.live_coverage import Change, follow  # noqa: PLC0415 - brings in compiled kernels
    for territory_id, changed in territories.items():
        with work.everywhere():
            follow(work, territory_id, Change(changed), now=now)
