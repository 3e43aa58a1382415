"""Signing in and out, and who is behind a cookie or a token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gis.errors import GridwardError, InvalidInputError, NotSignedInError
from services.access.accounts import TOKEN_PREFIX
from services.access.duties import Duty, duty_named
from services.access.passwords import HASHER, NOBODY, digest_of, password_holds
from services.access.scopes import actor_in, duties_now, existing, is_out, narrowed
from services.access.trail import record
from services.logs import request_id
from store.database import access as sql
from store.database.actor import Actor
from store.database.models import Account, Session
from store.database.work import UnitOfWork

IDLE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)
REFUSAL_WINDOW = timedelta(minutes=10)
REFUSALS_PER_NAME = 5
REFUSALS_PER_CLIENT = 30


class TooManyAttemptsError(GridwardError):
    """Too many refused sign-ins; ``retry_after_s`` says how long to wait."""

    code = "too-many-attempts"


class LockedOutError(TooManyAttemptsError):
    """A name or a client is shut out for a while after refused passwords."""

    code = "locked-out"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whose credential holds.

    Attributes
    ----------
    actor : Actor
    display : str
        Name to show.
    language : str
        ``"en"`` or ``"zh"``.
    expires_at : datetime
        When the credential ends whatever happens.
    via : str
        ``"session"`` or ``"token"``.
    must_change : bool
        A new password is due before anything else.
    read_only : bool
        A token that may only ask.
    duties : tuple of Duty
        What the account could act in now; the actor acts in one of them, or in one that is over.
    """

    actor: Actor
    display: str
    language: str
    expires_at: datetime
    via: str
    must_change: bool = False
    read_only: bool = False
    duties: tuple[Duty, ...] = ()

    @property
    def duty_is_over(self) -> bool:
        """Whether the duty that was chosen does not hold any more, so that another one must be."""
        return self.actor.duty is not None and duty_named(self.duties, self.actor.duty) is None


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened; `secret` is the cookie's value and is not kept anywhere."""

    signed_in: SignedIn
    secret: str


def sign_in_with_code(
    work: UnitOfWork, code: str, *, now: datetime, hours: float, client: str = "", duty: str | None = None
) -> NewSession | None:
    """Open a session with a one-time code, in a duty; None when the code is unknown, spent or too old."""
    spent = sql.spend_link(work.session, digest_of(code), now)
    if spent is None or is_out(spent[0]):
        record(work, "sign-in.refused", "", {"client": client, "by": "link"})
        return None
    account, purpose = spent
    if purpose == "reset":
        account.must_change = True
    return _open_session(work, account, now=now, hours=hours, how={"by": "link", "client": client}, duty=duty)


def sign_in_with_password(
    work: UnitOfWork,
    name: str,
    password: str,
    *,
    now: datetime,
    hours: float,
    client: str = "",
    duty: str | None = None,
) -> NewSession | None:
    """Open a session with a password, in a duty; None when name and password don't go together.

    The caller commits before it tells, so that the refusal is on record: refusals are what locks an account.

    Raises
    ------
    TooManyAttemptsError
        Too many refusals for this name or from this client lately.
    InvalidInputError
        The account has no such duty.
    """
    _refuse_locked_out(work, name, client, now)
    account = sql.find_account(work.session, name)
    stored = account.password_hash if account is not None and not is_out(account) else None
    if not password_holds(stored or NOBODY, password) or stored is None or account is None:
        record(work, "sign-in.refused", name, {"client": client, "by": "password"})
        return None
    if HASHER.check_needs_rehash(stored):
        account.password_hash = HASHER.hash(password)
    return _open_session(work, account, now=now, hours=hours, how={"by": "password", "client": client}, duty=duty)


def prove_password(work: UnitOfWork, password: str, *, now: datetime, client: str = "") -> bool:
    """Whether a password is the one that the actor's own account has; true also when it has none.

    A wrong one counts as a refused sign-in: whoever found a page open has no more tries than whoever is outside.
    The caller commits before it tells.

    Raises
    ------
    TooManyAttemptsError
        Too many refusals for this name or from this client lately.
    """
    account = existing(work, work.actor.name)
    if account.password_hash is None:
        return True
    _refuse_locked_out(work, account.name, client, now)
    if password_holds(account.password_hash, password):
        return True
    record(work, "sign-in.refused", account.name, {"client": client, "by": "password-change"})
    return False


def note_lock_out(work: UnitOfWork, name: str, client: str, *, now: datetime) -> None:
    """Note that a name or a client was shut out, once in ten minutes: whoever knocks on fills no trail."""
    if not sql.was_noted(work.session, "sign-in.locked-out", name, now - REFUSAL_WINDOW):
        record(work, "sign-in.locked-out", name, {"client": client})


def open_session_again(work: UnitOfWork, *, now: datetime, hours: float) -> NewSession:
    """Open a session for the actor's own account, whose sessions have just ended: under a new secret."""
    account = existing(work, work.actor.name)
    return _open_session(work, account, now=now, hours=hours, how={"by": "password-change"}, duty=work.actor.duty)


def switch_duty(work: UnitOfWork, secret: str, duty: str, *, now: datetime) -> NewSession:
    """Have the session of a cookie go on in another duty of its account, under a new secret.

    What the old secret was allowed ends with it, in every process and every open stream.

    Raises
    ------
    InvalidInputError
        The account has no such duty now.
    NotSignedInError
        The session has ended.
    """
    known = sql.find_session(work.session, digest_of(secret))
    if known is None:
        raise NotSignedInError("The session does not hold any more; sign in again.")
    chosen = _chosen(work, known.account, duty, now)
    fresh = secrets.token_urlsafe(32)
    before = sql.move_session(work.session, known.id, digest_of(fresh), chosen)
    record(work, "duty.switch", known.account.name, {"from": before, "to": chosen})
    return NewSession(_signed_in(work, known.account, known.expires_at, "session", now, chosen), fresh)


def sign_out(work: UnitOfWork, secret: str) -> bool:
    """End the session of a cookie; False when there was none."""
    account_id = sql.delete_session(work.session, digest_of(secret))
    if account_id is None:
        return False
    sql.add_audit(work.session, "sign-out", account_id=account_id, request_id=request_id.get())
    return True


def signed_in_by_cookie(work: UnitOfWork, secret: str, *, now: datetime, used: bool = True) -> SignedIn | None:
    """Return whose session a cookie is; None when it ended, idled out or its account is disabled.

    Not `used`, the session is only looked at: what a page asks by itself must not keep an unattended desk signed in.
    """
    known = sql.find_session(work.session, digest_of(secret))
    if known is None or is_out(known.account) or known.expires_at <= now or known.seen_at is None:
        return None
    if known.seen_at + IDLE <= now:
        return None
    if used and known.seen_at + SEEN_EVERY <= now:
        sql.mark_seen(work.session, known.id, now)
    return _signed_in(work, known.account, known.expires_at, "session", now, known.duty)


def signed_in_by_token(work: UnitOfWork, secret: str, *, now: datetime) -> SignedIn | None:
    """Return whose API token this is; None when it is unknown, revoked or too old."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    known = sql.find_token(work.session, digest_of(secret))
    if known is None or is_out(known.account) or known.expires_at <= now:
        return None
    found = _signed_in(work, known.account, known.expires_at, "token", now, known.duty)
    if known.used_at is None or known.used_at + SEEN_EVERY <= now:
        sql.mark_token_used(work.session, known.id, now)
    # a token is no way round a password that is due, nor wider than its account has become since
    return replace(found, actor=narrowed(work, found.actor, known.roles, known.area_paths), read_only=known.read_only)


def forget_expired(work: UnitOfWork, *, now: datetime) -> int:
    """Delete sessions and links that ended."""
    return sql.delete_expired(work.session, now, now - IDLE)


def _refuse_locked_out(work: UnitOfWork, name: str, client: str, now: datetime) -> None:
    by_name, by_client, latest = sql.count_refusals(work.session, name=name, client=client, since=now - REFUSAL_WINDOW)
    if latest is not None and (by_name >= REFUSALS_PER_NAME or by_client >= REFUSALS_PER_CLIENT):
        wait = max(1, round((latest + REFUSAL_WINDOW - now).total_seconds()))
        raise LockedOutError("Too many refused sign-ins; wait before trying again.", retry_after_s=wait)


def _open_session(
    work: UnitOfWork, account: Account, *, now: datetime, hours: float, how: dict[str, str], duty: str | None
) -> NewSession:
    secret = secrets.token_urlsafe(32)
    expires_at = now + timedelta(hours=hours)
    chosen = None if duty is None else _chosen(work, account, duty, now)
    work.session.add(
        Session(
            account_id=account.id, token_sha256=digest_of(secret), created_at=now, seen_at=now, expires_at=expires_at,
            duty=chosen,
        )
    )  # fmt: skip
    work.session.flush()
    told = _signed_in(work, account, expires_at, "session", now, chosen)
    sql.add_audit(
        work.session,
        "sign-in",
        account_id=account.id,
        target=account.name,
        request_id=request_id.get(),
        details={**how, "duty": told.actor.duty},
    )
    return NewSession(told, secret)


def _chosen(work: UnitOfWork, account: Account, key: str, now: datetime) -> str:
    duties = duties_now(work, account.id, now)
    duty = duty_named(duties, key)
    if duty is None:
        raise InvalidInputError("The account has no such duty now.", field="duty", known=[each.key for each in duties])
    return duty.key


def _signed_in(
    work: UnitOfWork, account: Account, expires_at: datetime, via: str, now: datetime, duty: str | None
) -> SignedIn:
    duties = duties_now(work, account.id, now)
    actor = actor_in(work, account, duty_named(duties, duty), duty)
    return SignedIn(
        actor, account.display, account.language, expires_at, via, must_change=account.must_change, duties=duties
    )
