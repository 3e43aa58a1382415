"""Queries on the audit trail: lines by who, what and when; the chain that seals them; cutting off what is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gis.errors import NotAllowedError
from store.database.models import Account, Audit, AuditRetired


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trail; `seq` and `digest` are None until it is sealed."""

    id: int
    at: datetime
    account_id: UUID | None
    account: str
    action: str
    target: str
    request_id: str
    details: dict[str, Any]
    seq: int | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines are wanted; None is any.

    Attributes
    ----------
    who : str or None
        Account name; ``system`` is what nobody in particular did.
    action, target : str or None
        What the action begins with; what the target contains.
    since, until : datetime or None
        Time of the line, until excluded.
    """

    who: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: the number of a sealed line and its digest."""

    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What a check of the chain found.

    Attributes
    ----------
    lines, unsealed : int
        Lines there are, and those of them that the sealing job has not come to.
    start, head : Link or None
        Where the trail was last cut off; the last sealed line.
    broken : int or None
        Number of the first sealed line that does not follow from the one before it.
    """

    lines: int
    unsealed: int
    start: Link | None
    head: Link | None
    broken: int | None


_FIELDS = (
    Audit.id, Audit.at, Audit.account_id, sa.func.coalesce(Account.name, "system").label("account"), Audit.action,
    Audit.target, Audit.request_id, Audit.details, Audit.seq, sa.func.encode(Audit.digest, "hex").label("digest"),
)  # fmt: skip


def read_lines(session: Session, asked: Asked, *, before: int | None, limit: int) -> list[Line]:
    """Return the newest lines below the id `before`."""
    statement = _wanted(asked).order_by(Audit.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Audit.id < before)
    return [Line(*row) for row in session.execute(statement)]


def read_on(session: Session, asked: Asked, *, after: int, limit: int) -> list[Line]:
    """Return the oldest lines above the id `after`."""
    statement = _wanted(asked).where(Audit.id > after).order_by(Audit.id).limit(limit)
    return [Line(*row) for row in session.execute(statement)]


def _wanted(asked: Asked) -> sa.Select[Any]:
    statement = sa.select(*_FIELDS).outerjoin(Account, Account.id == Audit.account_id)
    if asked.who == "system":
        statement = statement.where(Audit.account_id.is_(None))
    elif asked.who is not None:
        statement = statement.where(
            Audit.account_id == sa.select(Account.id).where(Account.name == asked.who).scalar_subquery()
        )
    if asked.action is not None:
        statement = statement.where(Audit.action.startswith(asked.action, autoescape=True))
    if asked.target is not None:
        statement = statement.where(Audit.target.contains(asked.target, autoescape=True))
    if asked.since is not None:
        statement = statement.where(Audit.at >= asked.since)
    if asked.until is not None:
        statement = statement.where(Audit.at < asked.until)
    return statement


def was_read(session: Session, account_id: UUID | None, action: str, target: str, since: datetime) -> bool:
    """Whether an account has left the same line since `since`."""
    found = sa.exists().where(
        Audit.account_id == account_id, Audit.action == action, Audit.target == target, Audit.at >= since
    )
    return bool(session.scalar(sa.select(found)))


def seal(session: Session, most: int) -> int:
    """Add up to `most` lines to the chain; returns how many. 0 as well when another process is at it."""
    return int(session.scalar(sa.select(sa.func.seal_audit(most))) or 0)


_BROKEN = sa.text("""
with links as (
    select seq, digest, audit_text(a) as told, lag(seq, 1, cast(:seq as bigint)) over w as seq_before,
           lag(digest, 1, cast(:digest as bytea)) over w as digest_before
    from audit a where seq is not null window w as (order by seq))
select min(seq) from links
where seq <> seq_before + 1 or digest <> sha256(digest_before || convert_to(told, 'UTF8'))
""")


def check_chain(session: Session) -> Chain:
    """Compute each sealed line's digest again from the line before it."""
    start = session.execute(
        sa.select(AuditRetired.through_seq, AuditRetired.digest).order_by(AuditRetired.through_seq.desc()).limit(1)
    ).one_or_none()
    seq, digest = (start[0], start[1]) if start else (0, b"")
    lines, sealed = session.execute(sa.select(sa.func.count(), sa.func.count(Audit.seq))).one()
    broken = session.scalar(_BROKEN, {"seq": seq, "digest": digest})
    return Chain(
        int(lines), int(lines) - int(sealed), Link(seq, digest.hex()) if start else None, head(session), broken
    )


def head(session: Session) -> Link | None:
    """Return the last sealed line's place."""
    row = session.execute(
        sa.select(Audit.seq, Audit.digest).where(Audit.seq.is_not(None)).order_by(Audit.seq.desc()).limit(1)
    ).one_or_none()
    return Link(row[0], row[1].hex()) if row and row[0] is not None and row[1] is not None else None


def link_at(session: Session, seq: int) -> Link | None:
    """Return the place of the sealed line with this number; None when there is none (any more)."""
    digest = session.scalar(sa.select(Audit.digest).where(Audit.seq == seq)) or session.scalar(
        sa.select(AuditRetired.digest).where(AuditRetired.through_seq == seq)
    )
    return Link(seq, digest.hex()) if digest else None


def retire(session: Session, before: datetime) -> Link | None:
    """Delete the sealed lines at the old end of the chain that are from before `before`; the owner's alone.

    Returns
    -------
    Link or None
        The last line that went; None when there was none.

    Raises
    ------
    NotAllowedError
        The session is not the owner's, or a line is younger than half a year: the table itself refuses.
    """
    kept = sa.select(sa.func.min(Audit.seq)).where(Audit.at >= before, Audit.seq.is_not(None)).scalar_subquery()
    last = session.execute(
        sa.select(Audit.seq, Audit.digest)
        .where(Audit.seq < sa.func.coalesce(kept, 2**62))
        .order_by(Audit.seq.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return None
    session.execute(sa.text("select set_config('gridward.retire', 'on', true)"))
    try:
        gone = session.execute(sa.delete(Audit).where(Audit.seq <= last.seq).returning(Audit.id)).all()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        raise NotAllowedError(
            "Only the owner of the tables cuts the audit trail off: gridward audit retire."
        ) from error
    session.execute(
        sa.insert(AuditRetired).values(through_seq=last.seq, digest=last.digest, rows=len(gone), before=before)
    )
    return Link(int(last.seq), last.digest.hex())
