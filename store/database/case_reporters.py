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
