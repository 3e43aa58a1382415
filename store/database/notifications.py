"""SQL of notices: who is told, what was read, where else they go, and the ledger of every try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Delivery, DeliveryTry, Notification, Webhook

SHOWN = timedelta(days=30)
SPREAD = timedelta(days=1)

_MINE = """
from notification n left join notification_read r on r.notification_id = n.id and r.account_id = :me
where n.at > :since and n.kind <> 'test' and (n.account_id = :me
      or n.account_id is null and n.role = any(:roles) and (n.unit_id is null
      or n.unit_id = (select coalesce(a.unit_id, s.unit_id) from account a left join staff s on s.id = a.staff_id
                      where a.id = :me)))
"""
_SPREAD = sa.text("""
insert into delivery (webhook_id, notification_id, next_at)
select w.id, n.id, :now from webhook w
join notification n on n.at >= greatest(w.created_at, cast(:since as timestamptz))
     and (w.territory_id is null or w.territory_id = n.territory_id)
     and (cardinality(w.kinds) = 0 or n.kind = any(w.kinds)) and (w.unit_id is null or w.unit_id = n.unit_id)
where w.active and n.kind <> 'test'
  and not exists (select from delivery d where d.webhook_id = w.id and d.notification_id = n.id)
on conflict (webhook_id, notification_id) do nothing
""")
_TAKE = sa.text("""
with next as (
    select d.id from delivery d join webhook w on w.id = d.webhook_id
    where d.state = 'queued' and d.next_at <= :now and w.active
    order by d.next_at limit 1 for update of d skip locked
)
update delivery d set next_at = :lease, tries = d.tries + 1
from next, webhook w, notification n
where d.id = next.id and w.id = d.webhook_id and n.id = d.notification_id
returning d.id, d.tries, w.channel, w.target, w.secret, n.id as notification_id, n.kind, n.facts, n.at, n.role,
          n.territory_id
""")


def add(session: Session, values: Mapping[str, Any]) -> int:
    """Add a notice; return its number."""
    return int(session.execute(sa.insert(Notification).values(**values).returning(Notification.id)).scalar_one())


def mine(
    session: Session,
    *,
    account_id: UUID | None,
    roles: Sequence[str],
    now: datetime,
    unread: bool,
    before: int | None,
    limit: int,
) -> Sequence[Any]:
    """Return the notices of an account, newest first."""
    more = (" and r.at is null" if unread else "") + (" and n.id < :before" if before is not None else "")
    columns = "n.id, n.kind, n.role, n.facts, n.at, n.territory_id, r.at as read_at"
    statement = f"select {columns} {_MINE}{more} order by n.id desc limit :limit"
    values = {"me": account_id, "roles": list(roles), "since": now - SHOWN, "before": before, "limit": limit}
    return session.execute(sa.text(statement), values).all()


def unread_count(session: Session, *, account_id: UUID | None, roles: Sequence[str], now: datetime, most: int) -> int:
    """Count an account's unread notices, up to `most`."""
    statement = f"select count(*) from (select 1 {_MINE} and r.at is null limit :most) x"  # noqa: S608 - constants
    values = {"me": account_id, "roles": list(roles), "since": now - SHOWN, "most": most}
    return int(session.scalar(sa.text(statement), values) or 0)


def mark_read(
    session: Session, *, account_id: UUID, roles: Sequence[str], now: datetime, ids: Sequence[int], through: int | None
) -> int:
    """Mark notices of an account as read, those named or all up to one; return how many."""
    which = "n.id <= :through" if through is not None else "n.id = any(:ids)"
    statement = (
        f"insert into notification_read (notification_id, account_id) select n.id, :me {_MINE}"
        f" and r.at is null and {which} on conflict do nothing"
    )
    values = {"me": account_id, "roles": list(roles), "since": now - SHOWN, "ids": list(ids), "through": through}
    return int(getattr(session.execute(sa.text(statement), values), "rowcount", 0))


def forget(session: Session, before: datetime) -> int:
    """Delete notices older than `before`, and their deliveries with them."""
    return int(getattr(session.execute(sa.delete(Notification).where(Notification.at < before)), "rowcount", 0))


def add_webhook(session: Session, values: Mapping[str, Any]) -> Webhook:
    """Add somewhere else that is told."""
    row = Webhook(**values)
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def webhooks(session: Session) -> Sequence[Any]:
    """Return where else is told, with what became of the last deliveries."""
    statement = sa.text(
        "select w.id, w.territory_id, w.channel, w.target, w.kinds, w.unit_id, w.active, w.created_at,"
        " count(d.id) filter (where d.state = 'queued') as queued,"
        " count(d.id) filter (where d.state = 'sent') as sent,"
        " count(d.id) filter (where d.state = 'given_up') as given_up"
        " from webhook w left join delivery d on d.webhook_id = w.id group by w.id order by w.created_at, w.id"
    )
    return session.execute(statement).all()


def delete_webhook(session: Session, webhook_id: UUID) -> bool:
    """Delete somewhere else that was told, with its ledger; whether there was one."""
    return bool(getattr(session.execute(sa.delete(Webhook).where(Webhook.id == webhook_id)), "rowcount", 0))


def deliveries(session: Session, webhook_id: UUID, limit: int) -> Sequence[Any]:
    """Return the newest deliveries to one place, each with all its tries."""
    statement = sa.text(
        "select d.id, d.notification_id, d.state, d.next_at, d.created_at, d.ended_at, n.kind,"
        " coalesce(t.tries, '[]'::json) as tries from delivery d join notification n on n.id = d.notification_id"
        " left join lateral (select json_agg(json_build_object('seq', t.seq, 'at', t.at, 'ok', t.ok, 'status',"
        " t.status, 'note', t.note, 'took_ms', t.took_ms) order by t.seq) as tries from delivery_try t"
        " where t.delivery_id = d.id) t on true where d.webhook_id = :webhook"
        " order by d.created_at desc, d.id limit :limit"
    )
    return session.execute(statement, {"webhook": webhook_id, "limit": limit}).mappings().all()


def spread(session: Session, now: datetime) -> int:
    """Queue a delivery of each new notice to each place that wants it; return how many."""
    result = session.execute(_SPREAD, {"now": now, "since": now - SPREAD})
    return int(getattr(result, "rowcount", 0))


def queue(session: Session, webhook_id: UUID, notification_id: int, now: datetime) -> UUID:
    """Queue a delivery of one notice to one place."""
    values = {"webhook_id": webhook_id, "notification_id": notification_id, "next_at": now}
    return session.execute(sa.insert(Delivery).values(**values).returning(Delivery.id)).scalar_one()


def take(session: Session, now: datetime, lease: datetime) -> Any:  # noqa: ANN401 - a row, or None
    """Take the next delivery that is due; it comes up again at `lease` where nothing is heard of it until then."""
    return session.execute(_TAKE, {"now": now, "lease": lease}).first()


def queue_again(session: Session, webhook_id: UUID, now: datetime) -> int:
    """Queue what was given up for one place once more; return how many."""
    statement = (
        "update delivery set state = 'queued', next_at = :now, ended_at = null"
        " where webhook_id = :webhook and state = 'given_up'"
    )
    result = session.execute(sa.text(statement), {"webhook": webhook_id, "now": now})
    return int(getattr(result, "rowcount", 0))


def note_try(session: Session, values: Mapping[str, Any]) -> None:
    """Write one try into the ledger."""
    session.execute(sa.insert(DeliveryTry).values(**values))


def conclude(
    session: Session, delivery_id: UUID, state: str, next_at: datetime | None, ended_at: datetime | None
) -> None:
    """Say how a delivery stands after a try."""
    session.execute(
        sa.text("update delivery set state = :state, next_at = :next_at, ended_at = :ended_at where id = :id"),
        {"id": delivery_id, "state": state, "next_at": next_at, "ended_at": ended_at},
    )
