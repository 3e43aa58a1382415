"""SQL of whoever reported: the sealed contact, and links by their digests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.cases import Key
from store.database.models import CaseLink, IncidentContact

_SEAL = sa.text("""
insert into incident_contact (month, incident_id, sealed, written_at)
values (:month, :incident, pgp_sym_encrypt(:contact, :key, 'cipher-algo=aes256, compress-algo=0'), :now)
on conflict (month, incident_id) do update set sealed = excluded.sealed, written_at = excluded.written_at
""")
_OPEN = sa.text("""
select pgp_sym_decrypt(sealed, :key) as contact, written_at from incident_contact
where month = :month and incident_id = :incident
""")


_TAKE = sa.text("""
with due as (
    select month, incident_id from incident_contact where tell_at <= :now and tell_tries < :most
    order by tell_at limit 1 for update skip locked
), taken as (
    update incident_contact c set tell_at = :until, tell_tries = c.tell_tries + 1
    from due d where c.month = d.month and c.incident_id = d.incident_id
    returning c.month, c.incident_id, c.tell, c.tell_tries
)
select t.month, t.incident_id as id, t.tell, t.tell_tries as tries, i.no, i.item, i.item_code, i.territory_id, i.state
from taken t join incident i on i.month = t.month and i.id = t.incident_id
""")


def ask_to_tell(session: Session, key: Key, state: str, *, now: datetime) -> None:
    """Have whoever left a contact told that their case came to a state; without a contact nothing is kept."""
    session.execute(
        sa.update(IncidentContact)
        .where(IncidentContact.month == key[0], IncidentContact.incident_id == key[1])
        .values(tell=state, tell_at=now, tell_tries=0)
        .execution_options(synchronize_session=False)
    )


def take_to_tell(session: Session, now: datetime, until: datetime, *, most: int) -> sa.Row[Any] | None:
    """Take one who is to be told by now, of those tried less often than `most`; free for others again at `until`."""
    return session.execute(_TAKE, {"now": now, "until": until, "most": most}).first()


def tell_again(session: Session, key: Key, at: datetime | None) -> None:
    """Note when the next try is due; None for no more."""
    session.execute(
        sa.update(IncidentContact)
        .where(IncidentContact.month == key[0], IncidentContact.incident_id == key[1])
        .values(tell_at=at)
        .execution_options(synchronize_session=False)
    )


def seal_contact(session: Session, key: Key, contact: str, *, secret: str, now: datetime) -> None:
    """Encrypt and keep how to reach whoever reported; what was kept before goes."""
    values = {"month": key[0], "incident": key[1], "contact": contact, "key": secret, "now": now}
    session.execute(_SEAL, values)


def open_contact(session: Session, key: Key, *, secret: str) -> sa.Row[Any] | None:
    """Return the contact and when it was written, or None."""
    return session.execute(_OPEN, {"month": key[0], "incident": key[1], "key": secret}).first()


def has_contact(session: Session, key: Key) -> bool:
    """Whether a contact is kept."""
    found = sa.select(IncidentContact.month).where(
        IncidentContact.month == key[0], IncidentContact.incident_id == key[1]
    )
    return session.scalar(found) is not None


def erase_contact(session: Session, key: Key) -> bool:
    """Delete the contact; False when there was none."""
    gone = session.execute(
        sa.delete(IncidentContact)
        .where(IncidentContact.month == key[0], IncidentContact.incident_id == key[1])
        .returning(IncidentContact.incident_id)
        .execution_options(synchronize_session=False)
    )
    return gone.first() is not None


def add_link(session: Session, key: Key, digest: str, *, now: datetime, expires_at: datetime) -> None:
    """Keep the digest of a link."""
    session.execute(
        sa.insert(CaseLink).values(
            month=key[0], incident_id=key[1], token_sha256=digest, created_at=now, expires_at=expires_at
        )
    )


_LINK = """
select l.id, l.month, l.incident_id, l.used_at, k.no from case_link l join intake_key k on k.incident_id = l.incident_id
where l.token_sha256 = :digest and l.expires_at > :now
"""


def find_link(session: Session, digest: str, now: datetime, *, lock: bool = False) -> sa.Row[Any] | None:
    """Return a link that has not expired, by the digest of its token."""
    statement = _LINK + (" for update of l" if lock else "")
    return session.execute(sa.text(statement), {"digest": digest, "now": now}).first()


def spend_link(session: Session, link_id: object, now: datetime) -> None:
    """Note that a link was used."""
    session.execute(sa.update(CaseLink).where(CaseLink.id == link_id).values(used_at=now))


def erase_links(session: Session, key: Key) -> None:
    """Delete every link to a case."""
    session.execute(
        sa.delete(CaseLink)
        .where(CaseLink.month == key[0], CaseLink.incident_id == key[1])
        .execution_options(synchronize_session=False)
    )


def forget_expired_links(session: Session, now: datetime) -> int:
    """Delete links that are over; returns how many."""
    gone = session.execute(sa.delete(CaseLink).where(CaseLink.expires_at <= now).returning(CaseLink.id))
    return len(gone.all())


_PAST = sa.text("""
select k.no, i.state, i.state_at, m.state as master_state
from incident i join intake_key k on k.incident_id = i.id left join intake_key mk on mk.incident_id = i.master_id
left join incident m on m.month = mk.month and m.id = mk.incident_id
where i.state = :state and i.state_at < :before
  and (m.id is null or m.state in ('CLOSED', 'REJECTED', 'VOIDED', 'ARCHIVED', 'REFERRED'))
order by i.state_at limit :most
""")


def past_window(session: Session, state: str, before: datetime, most: int) -> list[str]:
    """Return numbers of cases that have been in a state since before a time, the longest first."""
    rows = session.execute(_PAST, {"state": state, "before": before, "most": most})
    return [row.no for row in rows]
