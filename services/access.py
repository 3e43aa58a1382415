"""Accounts and signing in: passwords, one-time links, sessions, API tokens, and the actor behind each.

Secrets are made here, shown once and stored only as digests: argon2id for passwords, which people choose; SHA-256 for
tokens and codes, which are 256 random bits and need no slow hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gis.errors import (
    ConflictError,
    GridwardError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from services.logs import request_id
from store.database import access as sql
from store.database.actor import Actor, merged, overlap
from store.database.models import Account, ApiToken, Scope, Session, SignInLink
from store.database.models.access import ADMINISTRATORS, BUSINESS, RIGHTS, ROLES
from store.database.work import UnitOfWork

__all__ = ["ADMINISTRATORS", "BUSINESS", "RIGHTS", "ROLES"]

TOKEN_PREFIX = "gw_"  # noqa: S105 - lets secret scanners know our tokens
IDLE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)
REFUSAL_WINDOW = timedelta(minutes=10)
REFUSALS_PER_NAME = 5
REFUSALS_PER_CLIENT = 30
PASSWORD_LENGTH = (10, 256)
_NAME = re.compile(r"\w[\w.@-]{1,63}")
_HASHER = PasswordHasher()
# verified against when the name is unknown, so that the answer takes as long
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$RZ4tb2vKCeqcLhx08Ruvbg$HM0hKd3uO1XzIBESjwl5NBZe0Ud8w4QecZ6UE8s7bvU"


class TooManyAttemptsError(GridwardError):
    """Too many refused sign-ins; ``retry_after_s`` says how long to wait."""

    code = "too-many-attempts"


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
    """

    actor: Actor
    display: str
    language: str
    expires_at: datetime
    via: str
    must_change: bool = False
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened; `secret` is the cookie's value and is not kept anywhere."""

    signed_in: SignedIn
    secret: str


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """How much narrower than its account a token is; None is as wide.

    Attributes
    ----------
    roles : tuple of str or None
    areas : tuple of str or None
        Paths of area subtrees.
    read_only : bool
    """

    roles: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    read_only: bool = False

    def told(self) -> dict[str, Any]:
        """Return what the audit trail holds of it."""
        return {"roles": self.roles, "areas": self.areas, "read_only": self.read_only}


def create_account(
    work: UnitOfWork,
    name: str,
    *,
    roles: Sequence[str],
    display: str | None = None,
    password: str | None = None,
    language: str = "en",
    area_path: str | None = None,
    demo: bool = False,
) -> Account:
    """Create an account; without a password only a link or a token lets it in.

    The machine's owner gives it `roles` at once. A system administrator gives none: that is for the security
    administrator.

    Raises
    ------
    InvalidInputError
        The name, a role, the language or the password does not do.
    ConflictError
        The name is taken.
    """
    work.actor.require("system_administrator")
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            "An account name has 2 to 64 letters, digits, dots, hyphens, underscores or @.", field="name", name=name
        )
    unknown = sorted(set(roles) - set(ROLES) - set(RIGHTS))
    given_here = "system" in work.actor.roles
    if roles and not given_here:
        raise NotAllowedError("Roles are given by the security administrator.", roles=list(roles))
    if unknown or (given_here and not roles):
        raise InvalidInputError(
            f"Unknown role {', '.join(unknown)}." if unknown else "An account needs at least one role.",
            field="roles",
            known=[*ROLES, *RIGHTS],
        )
    if language not in ("en", "zh"):
        raise InvalidInputError("The language is en or zh.", field="language")
    if sql.find_account(work.session, name) is not None:
        raise ConflictError(f"There is an account called {name} already.", name=name)
    account = Account(
        name=name,
        display=display or name,
        language=language,
        demo=demo,
        password_hash=None if password is None else hash_password(password, name),
    )
    work.session.add(account)
    work.session.flush()
    refuse_mixed_duties(roles)
    work.session.add_all(Scope(account_id=account.id, role=role, area_path=area_path) for role in dict.fromkeys(roles))
    work.session.flush()
    record(work, "account.create", name, {"roles": list(roles)})
    return account


def refuse_mixed_duties(roles: Iterable[str]) -> None:
    """Refuse roles of which one would watch over another: each administrator is an account of its own.

    Raises
    ------
    ConflictError
    """
    duties = {role if role in ADMINISTRATORS else "business" for role in roles}
    if len(duties) > 1:
        raise ConflictError(
            "An account holds one duty: business, or one of the three administrators.", duties=sorted(duties)
        )


def set_password(work: UnitOfWork, name: str, password: str) -> None:
    """Give an account a (new) password and end its sessions; for the machine's owner alone."""
    work.actor.require("system")
    account = _existing(work, name)
    account.password_hash = hash_password(password, name)
    account.must_change = False
    work.session.flush()
    sql.delete_sessions_of(work.session, account.id)
    record(work, "account.password", name)


def disable_account(work: UnitOfWork, name: str, *, now: datetime) -> None:
    """Shut an account out: its sessions, tokens and links end with the transaction; its history stays."""
    work.actor.require("system_administrator")
    account = _existing(work, name)
    account.disabled_at = account.disabled_at or now
    work.session.flush()
    sql.revoke_everything(work.session, account.id, now)
    record(work, "account.disable", name)


def issue_token(
    work: UnitOfWork,
    name: str,
    *,
    label: str,
    now: datetime,
    days: float = 90,
    limits: TokenLimits | None = None,
) -> str:
    """Make an API token for an account; the returned secret is shown once.

    The machine's owner makes them for anybody, everybody else for themselves.

    Raises
    ------
    InvalidInputError
        `days` is not within 0 to 366.
    NotFoundError
        No such account, or it is disabled.
    """
    if work.actor.name != name:
        work.actor.require("system")
    if not 0 < days <= 366:
        raise InvalidInputError("A token lasts at least a moment and at most 366 days.", field="days")
    account = _existing(work, name)
    narrowed = limits or TokenLimits()
    _check_limits(work, account, narrowed, now)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    work.session.add(
        ApiToken(
            account_id=account.id, name=label, token_sha256=digest_of(secret), expires_at=now + timedelta(days=days),
            roles=None if narrowed.roles is None else list(narrowed.roles),
            area_paths=None if narrowed.areas is None else list(narrowed.areas), read_only=narrowed.read_only,
        )
    )  # fmt: skip
    work.session.flush()
    record(work, "token.issue", name, {"label": label, "days": days, **narrowed.told()})
    return secret


def issue_link(work: UnitOfWork, name: str, *, now: datetime, minutes: float = 60, purpose: str = "sign-in") -> str:
    """Make a one-time sign-in code for an account; it goes into ``/#/sign-in?code=…``.

    With the purpose ``reset`` the session that it opens may do nothing but choose a password. Any other is for the
    machine's owner alone: it lets in whoever holds it.
    """
    work.actor.require(*(("system_administrator",) if purpose == "reset" else ("system",)))
    account = _existing(work, name)
    code = secrets.token_urlsafe(32)
    expires_at = now + timedelta(minutes=minutes)
    work.session.add(
        SignInLink(account_id=account.id, code_sha256=digest_of(code), expires_at=expires_at, purpose=purpose)
    )
    work.session.flush()
    record(work, "link.issue", name, {"minutes": minutes, "purpose": purpose})
    return code


def sign_in_with_code(
    work: UnitOfWork, code: str, *, now: datetime, hours: float, client: str = ""
) -> NewSession | None:
    """Open a session with a one-time code; None when the code is unknown, spent or too old."""
    spent = sql.spend_link(work.session, digest_of(code), now)
    if spent is None or is_out(spent[0]):
        record(work, "sign-in.refused", "", {"client": client, "by": "link"})
        return None
    account, purpose = spent
    if purpose == "reset":
        account.must_change = True
    return _open_session(work, account, now=now, hours=hours, by="link")


def sign_in_with_password(
    work: UnitOfWork, name: str, password: str, *, now: datetime, hours: float, client: str = ""
) -> NewSession | None:
    """Open a session with a password; None when name and password don't go together.

    The caller commits before it tells, so that the refusal is on record: refusals are what locks an account.

    Raises
    ------
    TooManyAttemptsError
        Too many refusals for this name or from this client lately.
    """
    by_name, by_client, latest = sql.count_refusals(work.session, name=name, client=client, since=now - REFUSAL_WINDOW)
    if latest is not None and (by_name >= REFUSALS_PER_NAME or by_client >= REFUSALS_PER_CLIENT):
        wait = max(1, round((latest + REFUSAL_WINDOW - now).total_seconds()))
        raise TooManyAttemptsError("Too many refused sign-ins; wait before trying again.", retry_after_s=wait)
    account = sql.find_account(work.session, name)
    stored = account.password_hash if account is not None and not is_out(account) else None
    if not password_holds(stored or _NOBODY, password) or stored is None or account is None:
        record(work, "sign-in.refused", name, {"client": client, "by": "password"})
        return None
    if _HASHER.check_needs_rehash(stored):
        account.password_hash = _HASHER.hash(password)
    return _open_session(work, account, now=now, hours=hours, by="password")


def open_session_again(work: UnitOfWork, *, now: datetime, hours: float) -> NewSession:
    """Open a session for the actor's own account, whose sessions have just ended: under a new secret."""
    account = _existing(work, work.actor.name)
    return _open_session(work, account, now=now, hours=hours, by="password-change")


def sign_out(work: UnitOfWork, secret: str) -> bool:
    """End the session of a cookie; False when there was none."""
    account_id = sql.delete_session(work.session, digest_of(secret))
    if account_id is None:
        return False
    sql.add_audit(work.session, "sign-out", account_id=account_id, request_id=request_id.get())
    return True


def signed_in_by_cookie(work: UnitOfWork, secret: str, *, now: datetime, used: bool = True) -> SignedIn | None:
    """Return whose session a cookie is; None when it ended, idled out or its account is disabled.

    Not `used`, the session is only looked at: an open event stream must not keep an unattended desk signed in.
    """
    known = sql.find_session(work.session, digest_of(secret))
    if known is None or is_out(known.account) or known.expires_at <= now or known.seen_at is None:
        return None
    if known.seen_at + IDLE <= now:
        return None
    if used and known.seen_at + SEEN_EVERY <= now:
        sql.mark_seen(work.session, known.id, now)
    return _signed_in(work, known.account, known.expires_at, "session", now)


def signed_in_by_token(work: UnitOfWork, secret: str, *, now: datetime) -> SignedIn | None:
    """Return whose API token this is; None when it is unknown, revoked or too old."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    known = sql.find_token(work.session, digest_of(secret))
    if known is None or is_out(known.account) or known.expires_at <= now:
        return None
    found = _signed_in(work, known.account, known.expires_at, "token", now)
    if known.used_at is None or known.used_at + SEEN_EVERY <= now:
        sql.mark_token_used(work.session, known.id, now)
    # a token is no way round a password that is due, nor wider than its account has become since
    return replace(found, actor=_narrowed(work, found.actor, known.roles, known.area_paths), read_only=known.read_only)


def actor_of_account(work: UnitOfWork, account_id: UUID | None, *, now: datetime) -> Actor:
    """Return the actor that an account is now, for work done later on its behalf; None is the system.

    Raises
    ------
    NotSignedInError
        The account was disabled since.
    """
    if account_id is None:
        return Actor.system()
    account = sql.get_account(work.session, account_id)
    if account is None or is_out(account):
        raise NotSignedInError("The account that asked for this has been disabled.")
    return _actor(work, account, now)


def forget_expired(work: UnitOfWork, *, now: datetime) -> int:
    """Delete sessions and links that ended."""
    return sql.delete_expired(work.session, now, now - IDLE)


def record(work: UnitOfWork, action: str, target: str = "", details: dict[str, Any] | None = None) -> None:
    """Write one line of the audit trail: who did what to what."""
    sql.add_audit(
        work.session,
        action,
        account_id=work.actor.account_id,
        target=target,
        request_id=request_id.get(),
        details=details,
    )


def hash_password(password: str, name: str) -> str:
    """Return the argon2id hash of a password that is long enough and not the account's own name."""
    shortest, longest = PASSWORD_LENGTH
    if not shortest <= len(password) <= longest or name.casefold() in password.casefold():
        raise InvalidInputError(
            f"A password has {shortest} to {longest} characters and does not contain the account's name.",
            field="password",
        )
    return _HASHER.hash(password)


def is_out(account: Account) -> bool:
    """Whether an account may not come in now: disabled, or locked."""
    return account.disabled_at is not None or account.locked_at is not None


def digest_of(secret: str) -> str:
    """Return the SHA-256 under which a random secret is stored."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def password_holds(stored: str, password: str) -> bool:
    """Whether a password is the one whose hash is `stored`."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _existing(work: UnitOfWork, name: str) -> Account:
    account = sql.find_account(work.session, name)
    if account is None:
        raise NotFoundError(f"There is no account called {name}.", name=name)
    return account


def _open_session(work: UnitOfWork, account: Account, *, now: datetime, hours: float, by: str) -> NewSession:
    secret = secrets.token_urlsafe(32)
    expires_at = now + timedelta(hours=hours)
    work.session.add(
        Session(
            account_id=account.id, token_sha256=digest_of(secret), created_at=now, seen_at=now, expires_at=expires_at
        )
    )
    work.session.flush()
    sql.add_audit(
        work.session,
        "sign-in",
        account_id=account.id,
        target=account.name,
        request_id=request_id.get(),
        details={"by": by},
    )
    return NewSession(_signed_in(work, account, expires_at, "session", now), secret)


def _signed_in(work: UnitOfWork, account: Account, expires_at: datetime, via: str, now: datetime) -> SignedIn:
    actor = _actor(work, account, now)
    return SignedIn(actor, account.display, account.language, expires_at, via, must_change=account.must_change)


def _actor(work: UnitOfWork, account: Account, now: datetime) -> Actor:
    """Build the actor from the scopes that hold now.

    An actor acts in one post: the places for which the account holds the same roles. The whole territory goes first,
    then the post whose first area comes first by path; so no role ever reaches further than it was given.
    """
    scopes = sql.scopes_now(work.session, account.id, now)
    roles_in: dict[str | None, set[str]] = {}
    for role, path in scopes:
        roles_in.setdefault(path, set()).add(role)
    whole = frozenset(roles_in.get(None, ()))
    if whole - set(ADMINISTRATORS):
        return Actor(account.id, account.name, whole)
    if whole or not roles_in:
        # administrators and accounts without a role see no place at all
        return Actor(account.id, account.name, whole, areas=())
    first = min(str(path) for path in roles_in)
    held = roles_in[first]
    return _limited(work, account, frozenset(held), sorted(str(path) for path in roles_in if roles_in[path] == held))


def _limited(work: UnitOfWork, account: Account, roles: frozenset[str], paths: Sequence[str]) -> Actor:
    ranges, above = sql.ranges_of(work.session, paths)
    return Actor(account.id, account.name, roles, ",".join(paths), merged(ranges), tuple(above))


def _narrowed(work: UnitOfWork, actor: Actor, roles: Sequence[str] | None, area_paths: Sequence[str] | None) -> Actor:
    """Return `actor` with those of its roles and areas that a token names, too."""
    if roles is not None:
        actor = replace(actor, roles=actor.roles & frozenset(roles))
    if area_paths is None:
        return actor
    ranges, above = sql.ranges_of(work.session, area_paths)
    wanted = merged(ranges)
    if actor.areas is not None:
        wanted = overlap(actor.areas, wanted)
    return replace(actor, area_path=",".join(area_paths), areas=wanted, above=tuple(above))


def _check_limits(work: UnitOfWork, account: Account, limits: TokenLimits, now: datetime) -> None:
    actor = _actor(work, account, now)
    strange = sorted(set(limits.roles or ()) - actor.roles)
    if strange:
        raise InvalidInputError(
            f"{account.name} does not hold {', '.join(strange)}.", field="roles", known=sorted(actor.roles)
        )
    for path in limits.areas or ():
        ranges, _ = sql.ranges_of(work.session, [path])
        found = merged(ranges)
        if not found or (actor.areas is not None and overlap(actor.areas, found) != found):
            raise InvalidInputError(f"{path} is no area of {account.name}.", field="areas", area=path)
