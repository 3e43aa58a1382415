"""Queries on accounts, scopes, sessions, tokens, sign-in links and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range as ValidRange
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as DatabaseSession

from gis.errors import ConflictError
from store.database.actor import Range
from store.database.locate import escaped_like
from store.database.models import Account, ApiToken, Audit, Scope, Session, SignInLink


@dataclass(frozen=True, slots=True)
class KnownCredential:
    """What a session cookie or token belongs to.

    Attributes
    ----------
    id : UUID
        Row of the session or token.
    account : Account
    seen_at : datetime or None
        Last use of a session; None for a token, which has no idle limit.
    expires_at : datetime
    used_at, roles, area_paths, read_only
        Of a token: its last use and how much narrower than its account it is.
    duty : str or None
        The duty of the account that it acts in; the first without.
    """

    id: UUID
    account: Account
    seen_at: datetime | None
    expires_at: datetime
    used_at: datetime | None = None
    roles: list[str] | None = None
    area_paths: list[str] | None = None
    read_only: bool = False
    duty: str | None = None


def find_account(session: DatabaseSession, name: str) -> Account | None:
    """Return the account called `name`."""
    return session.scalar(sa.select(Account).where(Account.name == name))


def get_account(session: DatabaseSession, account_id: UUID) -> Account | None:
    """Return the account with this id."""
    return session.get(Account, account_id)


def list_accounts(session: DatabaseSession) -> Sequence[Account]:
    """Return every account by name."""
    return session.scalars(sa.select(Account).order_by(Account.name)).all()


def acting_posts(session: DatabaseSession) -> Sequence[sa.Row[Any]]:
    """Return of each account that acts for a unit or as a member of staff: unit's code and name, work number, name."""
    statement = sa.text("""
        select a.id, u.code as unit, u.name as unit_name, s.work_no as staff, s.name as staff_name
        from account a left join unit u on u.id = a.unit_id left join staff s on s.id = a.staff_id
        where a.unit_id is not null or a.staff_id is not null
    """)
    return session.execute(statement).all()


def areas_like(session: DatabaseSession, words: str, limit: int) -> Sequence[sa.Row[Any]]:
    """Return code, kind and name of areas of today whose code begins with `words` or whose name holds them."""
    statement = sa.text("""
        select code, kind, name from area
        where valid @> current_date and (code like :begin or name ilike :within)
        order by length(path), code limit :limit
    """)
    sought = escaped_like(words)
    return session.execute(statement, {"begin": f"{sought}%", "within": f"%{sought}%", "limit": limit}).all()


def units_like(session: DatabaseSession, words: str, limit: int) -> Sequence[sa.Row[Any]]:
    """Return code and name of units whose code begins with `words` or whose name holds them."""
    statement = sa.text(
        "select code, name from unit where code ilike :begin or name ilike :within order by code limit :limit"
    )
    sought = escaped_like(words)
    return session.execute(statement, {"begin": f"{sought}%", "within": f"%{sought}%", "limit": limit}).all()


def scopes_now(session: DatabaseSession, account_id: UUID, now: datetime) -> list[tuple[str, str | None]]:
    """Return (role, area path) of each scope that holds at `now`."""
    rows = session.execute(
        sa.select(Scope.role, Scope.area_path)
        .where(Scope.account_id == account_id, Scope.valid.contains(now))
        .order_by(Scope.role, Scope.area_path)
    )
    return [(role, area_path) for role, area_path in rows]


# the whole subtree with its own codes and those of everything below, by what each level spans
_SUBTREES = sa.text("""
select distinct a.area_code as low,
       a.area_code + case when a.area_code % 1000000 = 0 then 999999 when a.area_code % 1000 = 0 then 999 else 0 end
           as high
from unnest(cast(:paths as text[])) as p(path)
join area a on (a.path = p.path or starts_with(a.path, p.path || '.')) and a.valid @> current_date
""")
# those above, and those that ended in what the subtrees hold: their plans go on until new ones are drawn, and are told
# with the area that they were drawn for; a code that another area has today names that one, and so is left out
_ABOVE = sa.text("""
with recursive own as (
    select a.id from unnest(cast(:paths as text[])) as p(path)
    join area a on (a.path = p.path or starts_with(a.path, p.path || '.')) and a.valid @> current_date
), before as (
    select l.from_area_id as id from lineage l join own on own.id = l.to_area_id
    union
    select l.from_area_id from lineage l join before on before.id = l.to_area_id
)
select b.area_code from area a join area b on starts_with(a.path, b.path || '.') and b.valid @> current_date
where a.path = any(:paths) and a.valid @> current_date
union
select e.area_code from before join area e on e.id = before.id
where not exists (select from area n where n.area_code = e.area_code and n.valid @> current_date)
order by 1
""")


def ranges_of(session: DatabaseSession, paths: Sequence[str]) -> tuple[list[Range], list[int]]:
    """Return the ranges of 12-digit codes of the subtrees at `paths` today, and the codes that may be named beside.

    Those are of the areas above them, and of areas whose ground went to them.
    """
    found = session.execute(_SUBTREES, {"paths": list(paths)}).all()
    above = session.scalars(_ABOVE, {"paths": list(paths)}).all()
    return [(int(low), int(high)) for low, high in found], [int(code) for code in above]


def find_session(session: DatabaseSession, digest: str) -> KnownCredential | None:
    """Return the session whose cookie has this digest, with its account."""
    row = session.execute(
        sa.select(Session, Account)
        .join(Account, Account.id == Session.account_id)
        .where(Session.token_sha256 == digest)
    ).one_or_none()
    if row is None:
        return None
    found: Session = row[0]
    return KnownCredential(found.id, row[1], found.seen_at, found.expires_at, duty=found.duty)


def find_token(session: DatabaseSession, digest: str) -> KnownCredential | None:
    """Return the token with this digest unless it was revoked, with its account."""
    row = session.execute(
        sa.select(ApiToken, Account)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.token_sha256 == digest, ApiToken.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    token: ApiToken = row[0]
    return KnownCredential(
        token.id, row[1], None, token.expires_at, token.used_at, token.roles, token.area_paths, token.read_only,
        token.duty,
    )  # fmt: skip


def mark_token_used(session: DatabaseSession, token_id: UUID, now: datetime) -> None:
    """Note that a token was used."""
    session.execute(sa.update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))


def mark_seen(session: DatabaseSession, session_id: UUID, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(sa.update(Session).where(Session.id == session_id).values(seen_at=now))


def move_session(session: DatabaseSession, session_id: UUID, digest: str, duty: str) -> str | None:
    """Give a session another secret and another duty; returns the duty before."""
    moved = session.get_one(Session, session_id)
    before = moved.duty
    moved.token_sha256, moved.duty = digest, duty
    session.flush()
    return before


def delete_session(session: DatabaseSession, digest: str) -> UUID | None:
    """End the session with this digest; returns its account."""
    return session.scalar(sa.delete(Session).where(Session.token_sha256 == digest).returning(Session.account_id))


def delete_sessions_of(session: DatabaseSession, account_id: UUID, *, keep: str | None = None) -> None:
    """End every session of an account, but the one with the digest `keep`."""
    ended = sa.delete(Session).where(Session.account_id == account_id)
    session.execute(ended if keep is None else ended.where(Session.token_sha256 != keep))


def sessions_of(session: DatabaseSession, account_id: UUID, now: datetime) -> Sequence[Session]:
    """Return the sessions of an account that have not reached their end, newest first."""
    return session.scalars(
        sa.select(Session)
        .where(Session.account_id == account_id, Session.expires_at > now)
        .order_by(Session.created_at.desc())
    ).all()


def tokens_of(session: DatabaseSession, account_id: UUID, now: datetime) -> Sequence[ApiToken]:
    """Return the tokens of an account that still hold, newest first."""
    return session.scalars(
        sa.select(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
        .order_by(ApiToken.created_at.desc())
    ).all()


def revoke_token(session: DatabaseSession, account_id: UUID, token_id: UUID, now: datetime) -> bool:
    """End a token of an account; False when it has none such."""
    ended = (
        sa.update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    )
    return session.scalar(ended) is not None


def list_scopes(session: DatabaseSession) -> Sequence[Scope]:
    """Return every role and right that was given, by account."""
    return session.scalars(sa.select(Scope).order_by(Scope.account_id, Scope.role, Scope.area_path.nulls_first())).all()


def add_scope(
    session: DatabaseSession,
    account_id: UUID,
    role: str,
    path: str | None,
    times: tuple[datetime | None, datetime | None],
) -> Scope:
    """Give an account a role.

    Raises
    ------
    ConflictError
        It would hold two duties at some time.
    """
    scope = Scope(account_id=account_id, role=role, area_path=path, valid=ValidRange(*times))
    try:
        with session.begin_nested():
            session.add(scope)
            session.flush()
    except IntegrityError as error:
        raise ConflictError(
            "An account holds one duty: business, or one of the three administrators.", field="role", role=role
        ) from error
    return scope


def get_scope(session: DatabaseSession, account_id: UUID, scope_id: UUID) -> Scope | None:
    """Return one role or right of an account."""
    return session.scalar(sa.select(Scope).where(Scope.id == scope_id, Scope.account_id == account_id))


def find_area(session: DatabaseSession, named: str) -> str | None:
    """Return the path of the area of today with this code or path."""
    found: str | None = session.scalar(
        sa.text(
            "select path from area where (code = :named or path = :named) and valid @> current_date"
            " order by length(path) limit 1"
        ),
        {"named": named},
    )
    return found


def area_names(session: DatabaseSession, paths: Sequence[str]) -> dict[str, str]:
    """Return the names of the areas at `paths` today."""
    rows = session.execute(
        sa.text("select path, name from area where path = any(:paths) and valid @> current_date"),
        {"paths": list(paths)},
    )
    return {str(path): str(name) for path, name in rows}


def spend_link(session: DatabaseSession, digest: str, now: datetime) -> tuple[Account, str] | None:
    """Use up a sign-in code; of two requests with one code at the same moment only one gets account and purpose."""
    spent = session.execute(
        sa.update(SignInLink)
        .where(SignInLink.code_sha256 == digest, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.account_id, SignInLink.purpose)
    ).one_or_none()
    return (session.get_one(Account, spent.account_id), spent.purpose) if spent else None


def revoke_everything(session: DatabaseSession, account_id: UUID, now: datetime, *, keep_tokens: bool = False) -> None:
    """End each session, token (unless kept) and open link of an account."""
    delete_sessions_of(session, account_id)
    session.execute(sa.delete(SignInLink).where(SignInLink.account_id == account_id))
    if keep_tokens:
        return
    session.execute(
        sa.update(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def delete_expired(session: DatabaseSession, now: datetime, idle_since: datetime) -> int:
    """Delete sessions and links that can no longer be used; returns how many."""
    sessions = session.execute(
        sa.delete(Session).where(sa.or_(Session.expires_at <= now, Session.seen_at <= idle_since)).returning(Session.id)
    ).all()
    links = session.execute(sa.delete(SignInLink).where(SignInLink.expires_at <= now).returning(SignInLink.id)).all()
    return len(sessions) + len(links)


def count_refusals(
    session: DatabaseSession, *, name: str, client: str, since: datetime
) -> tuple[int, int, datetime | None]:
    """Count refused sign-ins since `since`: for `name`, from `client`; and the time of the latest of either."""
    refused = sa.select(Audit).where(Audit.action == "sign-in.refused", Audit.at > since).subquery()
    by_name = refused.c.target == name
    by_client = refused.c.details["client"].astext == client
    row = session.execute(
        sa.select(
            sa.func.count().filter(by_name),
            sa.func.count().filter(by_client),
            sa.func.max(refused.c.at).filter(sa.or_(by_name, by_client)),
        )
    ).one()
    return int(row[0]), int(row[1]), row[2]


def was_noted(session: DatabaseSession, action: str, target: str, since: datetime) -> bool:
    """Whether the trail has a line of this action about this since `since`."""
    found = sa.exists().where(Audit.action == action, Audit.target == target, Audit.at >= since)
    return bool(session.scalar(sa.select(found)))


def add_audit(
    session: DatabaseSession,
    action: str,
    *,
    account_id: UUID | None,
    target: str = "",
    request_id: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Add one row to the audit trail."""
    session.execute(  # inline: nothing is asked back, which accounts of some areas may not read
        sa.insert(Audit)
        .inline()
        .values(account_id=account_id, action=action, target=target, request_id=request_id, details=details or {})
    )
