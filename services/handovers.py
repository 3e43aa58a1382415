"""Handing the desk over: what stands open, late and waiting, written down by one shift and noted by the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from casework.machine import machine
from casework.masking import mask_personal_numbers
from gis.errors import ConflictError, NotFoundError
from services.duplicates import open_states
from store.database import handovers as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

NOTE_LENGTH: Final = 2000
DESK: Final = ("dispatcher", "shift_leader", "intake_officer")


class HandoverTakenError(ConflictError):
    """The next shift has noted it already."""

    code = "handover-taken"


class OwnHandoverError(ConflictError):
    """Whoever hands over does not take over."""

    code = "own-handover"


@dataclass(frozen=True, slots=True)
class HandoverView:
    """A sheet kept; `cases` and the sums are those of the moment that it was given."""

    id: UUID
    since: datetime
    given_at: datetime
    given_by: str | None
    note: str
    sums: dict[str, int]
    cases: list[dict[str, Any]]
    taken_at: datetime | None
    taken_by: str | None
    taken_note: str | None
    mine: bool


@dataclass(frozen=True, slots=True)
class HandoverDesk:
    """What the shift would hand over now, and the last sheets."""

    since: datetime
    at: datetime
    sums: dict[str, int]
    cases: list[dict[str, Any]]
    kept: list[HandoverView]


def see_handovers(work: UnitOfWork, *, now: datetime, time_zone: str, territory: UUID | None = None) -> HandoverDesk:
    """Return what the shift would hand over now, and the last sheets.

    The shift began with the last hand-over, or this morning where there was none today.

    Parameters
    ----------
    work : UnitOfWork
    now : datetime
    time_zone : str
        Where the desk stands.
    territory : UUID or None
        May be left out where only one is loaded.
    """
    place = find_territory(work.session, territory).id
    rows = sql.list_handovers(work.session, place)
    morning = now.astimezone(ZoneInfo(time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    since = max(morning, rows[0].given_at) if rows else morning
    sums, cases = _standing(work, place, since=since, now=now)
    return HandoverDesk(since, now, sums, cases, [_view(row, work.actor.account_id) for row in rows])


def give_handover(
    work: UnitOfWork, note: str, *, now: datetime, time_zone: str, territory: UUID | None = None
) -> HandoverView:
    """Write down what stands now, for the next shift.

    Raises
    ------
    NotAllowedError
        The account does not work at the desk.
    """
    work.actor.require(*DESK)
    place = find_territory(work.session, territory).id
    desk = see_handovers(work, now=now, time_zone=time_zone, territory=place)
    given = sql.add_handover(
        work.session, territory=place, since=desk.since, now=now, by=work.actor.account_id,
        note=mask_personal_numbers(note.strip()), sheet={"sums": desk.sums, "cases": desk.cases},
    )  # fmt: skip
    work.touch("handovers", place)
    return _view(sql.get_handover(work.session, given), work.actor.account_id)


def take_handover(work: UnitOfWork, handover: UUID, note: str, *, now: datetime) -> HandoverView:
    """Note that the next shift has read a sheet.

    Raises
    ------
    NotFoundError
        No such sheet.
    OwnHandoverError, HandoverTakenError
        Whoever gave it takes it, or somebody has.
    """
    work.actor.require(*DESK)
    row = sql.get_handover(work.session, handover)
    if row is None:
        raise NotFoundError("There is no such hand-over.", handover=str(handover))
    if row.given_by is not None and row.given_by == work.actor.account_id:
        raise OwnHandoverError("Whoever hands over does not take over; somebody of the next shift does.")
    if row.taken_at is not None:
        raise HandoverTakenError(f"{row.taker or 'Somebody'} has taken over already.")
    sql.take_handover(
        work.session, handover, by=work.actor.account_id, now=now, note=mask_personal_numbers(note.strip())
    )
    work.touch("handovers", row.territory_id)
    return _view(sql.get_handover(work.session, handover), work.actor.account_id)


def _standing(
    work: UnitOfWork, territory: UUID, *, since: datetime, now: datetime
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    states = open_states()
    sums = sql.sums(
        work.session, territory=territory, states=states, all_states=tuple(machine().states), since=since, now=now
    )
    rows = sql.standing(work.session, territory=territory, states=states, now=now)
    return sums, [_case(row) for row in rows]


def _case(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {
        "no": row.no, "item": row.item, "item_code": row.item_code, "state": row.state, "severity": row.severity,
        "pending": row.pending,
        "due_at": row.due_at.isoformat() if row.due_at else None, "grid": row.grid_code, "unit": row.unit_name,
    }  # fmt: skip


def _view(row: Any, me: UUID | None) -> HandoverView:  # noqa: ANN401 - a database row
    return HandoverView(
        row.id, row.since, row.given_at, row.giver, row.note, row.sheet.get("sums", {}), row.sheet.get("cases", []),
        row.taken_at, row.taker, row.taken_note, me is not None and row.given_by == me,
    )  # fmt: skip
