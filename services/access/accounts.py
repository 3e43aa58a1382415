"""Making accounts and shutting them, their passwords, tokens and links."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gis.errors import ConflictError, InvalidInputError, NotAllowedError
from services.access.passwords import digest_of, hash_password
from services.access.scopes import TokenLimits, check_limits, existing, refuse_mixed_duties
from services.access.trail import record
from store.database import access as sql
from store.database.models import Account, ApiToken, Scope, SignInLink
from store.database.models.access import RIGHTS, ROLES
from store.database.work import UnitOfWork

TOKEN_PREFIX = "gw_"  # noqa: S105 - lets secret scanners know our tokens
_NAME = re.compile(r"\w[\w.@-]{1,63}")


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


def set_password(work: UnitOfWork, name: str, password: str, *, now: datetime, keep_tokens: bool = False) -> None:
    """Give an account a (new) password and end its sessions, links and tokens; for the machine's owner alone."""
    work.actor.require("system")
    account = existing(work, name)
    account.password_hash = hash_password(password, name)
    account.must_change = False
    work.session.flush()
    sql.revoke_everything(work.session, account.id, now, keep_tokens=keep_tokens)
    record(work, "account.password", name, {"tokens": "kept" if keep_tokens else "ended"})


def disable_account(work: UnitOfWork, name: str, *, now: datetime) -> None:
    """Shut an account out: its sessions, tokens and links end with the transaction; its history stays."""
    work.actor.require("system_administrator")
    account = existing(work, name)
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
    account = existing(work, name)
    narrowed = limits or TokenLimits()
    if narrowed.duty is None and work.actor.name == name:
        narrowed = replace(narrowed, duty=work.actor.duty)
    check_limits(work, account, narrowed, now)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    work.session.add(
        ApiToken(
            account_id=account.id, name=label, token_sha256=digest_of(secret), expires_at=now + timedelta(days=days),
            roles=None if narrowed.roles is None else list(narrowed.roles),
            area_paths=None if narrowed.areas is None else list(narrowed.areas), read_only=narrowed.read_only,
            duty=narrowed.duty,
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
    account = existing(work, name)
    code = secrets.token_urlsafe(32)
    expires_at = now + timedelta(minutes=minutes)
    work.session.add(
        SignInLink(account_id=account.id, code_sha256=digest_of(code), expires_at=expires_at, purpose=purpose)
    )
    work.session.flush()
    record(work, "link.issue", name, {"minutes": minutes, "purpose": purpose})
    return code
