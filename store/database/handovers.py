"""SQL of hand-overs: what a shift leaves open, what it did, and the sheets kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from store.database.models import Account, ShiftHandover

MOST_LISTED: Final = 300
KEPT_SHOWN: Final = 20

# the state stands first: partial indexes and the index by state keep closed cases of years out of it
_STANDING = sa.text("""
select i.no, i.item, i.item_code, i.state, i.severity, i.pending, i.due_at, g.code as grid_code, u.name as unit_name
from incident i
left join grid_version v on v.id = i.grid_version_id left join grid g on g.id = v.grid_id
left join unit u on u.id = i.unit_id
where i.state = any(:states) and i.territory_id = :territory
  and (i.pending is not null or i.due_at < :now or i.severity = 'critical')
order by (i.severity = 'critical') desc, i.due_at nulls last, i.no
limit :most
""")

_SUMS = sa.text("""
select count(*) as open, count(*) filter (where i.due_at < :now) as late,
       count(*) filter (where i.pending is not null) as pending,
       count(*) filter (where i.severity = 'critical') as critical
from incident i
where i.state = any(:states) and i.territory_id = :territory
""")

# a step that moves a case is never younger than the state that it stands in
_DONE = sa.text("""
select count(*) filter (where t.action = 'dispatch') as dispatched,
       count(*) filter (where t.action = 'approve_return') as returned,
       count(*) filter (where t.action = 'close') as closed
from incident i
join transition t on t.month = i.month and t.incident_id = i.id
where i.state <> 'ARCHIVED' and i.state = any(:all_states) and i.state_at >= :since and i.territory_id = :territory
  and t.at >= :since
""")


def standing(session: Session, *, territory: UUID, states: Sequence[str], now: datetime) -> list[sa.Row[Any]]:
    """Return the cases that the next shift must know of: critical, late or with a request waiting."""
    values = {"territory": territory, "states": list(states), "now": now, "most": MOST_LISTED}
    return list(session.execute(_STANDING, values))


def sums(
    session: Session,
    *,
    territory: UUID,
    states: Sequence[str],
    all_states: Sequence[str],
    since: datetime,
    now: datetime,
) -> dict[str, int]:
    """Return how many cases are open, late, waiting and critical, and how many were sent out, returned and closed."""
    here = session.execute(_SUMS, {"territory": territory, "states": list(states), "now": now}).one()
    done = session.execute(_DONE, {"territory": territory, "all_states": list(all_states), "since": since}).one()
    return {name: int(value) for row in (here, done) for name, value in row._mapping.items()}  # noqa: SLF001 - its public name


def _shown() -> sa.Select[*tuple[Any, ...]]:
    giver, taker = aliased(Account), aliased(Account)
    return (
        sa.select(
            ShiftHandover.id, ShiftHandover.territory_id, ShiftHandover.since, ShiftHandover.given_at,
            ShiftHandover.note, ShiftHandover.sheet, ShiftHandover.taken_at, ShiftHandover.taken_note,
            ShiftHandover.given_by, giver.name.label("giver"), taker.name.label("taker"),
        )
        .outerjoin(giver, giver.id == ShiftHandover.given_by)
        .outerjoin(taker, taker.id == ShiftHandover.taken_by)
    )  # fmt: skip


def list_handovers(session: Session, territory: UUID) -> list[sa.Row[Any]]:
    """Return the last hand-overs, newest first."""
    newest = _shown().where(ShiftHandover.territory_id == territory).order_by(ShiftHandover.given_at.desc())
    return list(session.execute(newest.limit(KEPT_SHOWN)))


def get_handover(session: Session, handover: UUID) -> sa.Row[Any] | None:
    """Return one hand-over; its row is held until the transaction ends."""
    session.execute(sa.select(ShiftHandover.id).where(ShiftHandover.id == handover).with_for_update())
    return session.execute(_shown().where(ShiftHandover.id == handover)).one_or_none()


def add_handover(
    session: Session,
    *,
    territory: UUID,
    since: datetime,
    now: datetime,
    by: UUID | None,
    note: str,
    sheet: dict[str, Any],
) -> UUID:
    """Keep a sheet and return its id."""
    kept = sa.insert(ShiftHandover).values(
        territory_id=territory, since=since, given_at=now, given_by=by, note=note, sheet=sheet
    )
    return session.execute(kept.returning(ShiftHandover.id)).scalar_one()


def take_handover(session: Session, handover: UUID, *, by: UUID | None, now: datetime, note: str) -> None:
    """Note that the next shift read it."""
    taken = sa.update(ShiftHandover).where(ShiftHandover.id == handover)
    session.execute(taken.values(taken_at=now, taken_by=by, taken_note=note))
