"""Administration of accounts, by three administrators of whom none can do another's work.

The system administrator makes accounts, disables them and resets passwords. The security administrator gives and takes
roles, rights and areas, and locks. The audit administrator reads the audit trail and nothing else. None of them holds
two of these duties or any business, which the database itself refuses, and none of them acts on its own account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gis.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import access
from services.access import record
from store.database import access as sql
from store.database.models import Account
from store.database.models.access import ADMINISTRATORS, RIGHTS, ROLES
from store.database.work import UnitOfWork

SYSTEM, SECURITY, AUDIT = "system_administrator", "security_administrator", "audit_administrator"
MOST_FOUND = 20
"""Areas and units offered for words."""


class OwnAccountError(NotAllowedError):
    """An administrator may not administer the own account."""

    code = "own-account"


@dataclass(frozen=True, slots=True)
class ScopeView:
    """A role or right that an account holds: where (None is everywhere) and from when until when."""

    id: UUID
    role: str
    area_path: str | None
    area_name: str | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ActsFor:
    """The unit whose tasks are an account's own (code), and the member of staff whose grids are (work number)."""

    unit: str | None
    unit_name: str | None
    staff: str | None
    staff_name: str | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as an administrator sees it; `scopes` and `acts_for` are None for whom they are no business."""

    id: UUID
    name: str
    display: str
    language: str
    created_at: datetime
    disabled_at: datetime | None
    locked_at: datetime | None
    must_change: bool
    administrator: bool
    scopes: list[ScopeView] | None
    acts_for: ActsFor | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A role or right to give: where (code or path of an area, None is everywhere) and when."""

    role: str
    area: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_accounts(work: UnitOfWork) -> list[AccountView]:
    """Return every account by name; roles and areas for the security administrator alone."""
    work.actor.require(SYSTEM, SECURITY)
    with_scopes = "system" in work.actor.roles or SECURITY in work.actor.roles
    rows = sql.list_scopes(work.session)
    names, posts = _named(work, [scope.area_path for scope in rows if scope.area_path]) if with_scopes else ({}, {})
    held: dict[UUID, list[ScopeView]] = {}
    apart: set[UUID] = set()
    for scope in rows:
        path = scope.area_path
        held.setdefault(scope.account_id, []).append(
            ScopeView(scope.id, scope.role, path, names.get(path or ""), scope.valid.lower, scope.valid.upper)
        )
        if scope.role in ADMINISTRATORS:
            apart.add(scope.account_id)
    return [
        AccountView(
            each.id, each.name, each.display, each.language, each.created_at, each.disabled_at, each.locked_at,
            each.must_change, each.id in apart, held.get(each.id, []) if with_scopes else None, posts.get(each.id),
        )
        for each in sql.list_accounts(work.session)
    ]  # fmt: skip


def get_account(work: UnitOfWork, account_id: UUID) -> AccountView:
    """Return one account."""
    for each in list_accounts(work):
        if each.id == account_id:
            return each
    raise _unknown(account_id)


def set_disabled(work: UnitOfWork, account_id: UUID, *, disabled: bool, now: datetime) -> None:
    """Shut an account out, its sessions, tokens and links with it, or let it in again."""
    account = _other(work, account_id, SYSTEM)
    if disabled:
        access.disable_account(work, account.name, now=now)
        return
    account.disabled_at = None
    record(work, "account.enable", account.name)


def reset_password(work: UnitOfWork, account_id: UUID, *, now: datetime, minutes: float) -> str:
    """End an account's password and sessions; returns a one-time code that lets its holder choose a new password.

    Raises
    ------
    NotAllowedError
        The account is an administrator's: only the machine's owner resets that, or one administrator could take the
        place of another.
    """
    account = _other(work, account_id, SYSTEM)
    if "system" not in work.actor.roles and _is_administrator(work, account.id):
        raise NotAllowedError("An administrator's password is reset on the machine: gridward account reset NAME.")
    account.password_hash, account.must_change = None, True
    work.session.flush()
    sql.revoke_everything(work.session, account.id, now)
    record(work, "account.reset", account.name)
    return access.issue_link(work, account.name, now=now, minutes=minutes, purpose="reset")


def grant(work: UnitOfWork, account_id: UUID, given: Grant) -> ScopeView:
    """Give an account a role or right; its sessions end, so that the next one begins with it.

    Raises
    ------
    InvalidInputError
        No such role or area, or a time that ends before it begins.
    ConflictError
        The account would hold two duties.
    """
    account = _other(work, account_id, SECURITY)
    if given.role not in (*ROLES, *RIGHTS):
        raise InvalidInputError(f"There is no role {given.role}.", field="role", known=[*ROLES, *RIGHTS])
    if given.role in ADMINISTRATORS and given.area is not None:
        raise InvalidInputError("An administrator has no area.", field="area")
    if given.since and given.until and given.since >= given.until:
        raise InvalidInputError("It must end after it begins.", field="until")
    path = path_of_area(work, given.area)
    scope = sql.add_scope(work.session, account.id, given.role, path, (given.since, given.until))
    sql.delete_sessions_of(work.session, account.id)
    record(work, "scope.grant", account.name, {"role": given.role, "area": path, **_times(given.since, given.until)})
    names, _ = _named(work, [path] if path else [])
    return ScopeView(scope.id, scope.role, path, names.get(path or ""), given.since, given.until)


def link(work: UnitOfWork, account_id: UUID, *, unit: str | None, staff: str | None) -> None:
    """Have an account act for a unit (by code), as a member of staff (by work number), or for nobody.

    Raises
    ------
    NotFoundError
        No such account, unit or member of staff.
    """
    from services.cases.posts import link_account  # noqa: PLC0415 - brings in the casework

    account = _other(work, account_id, SECURITY)
    with work.everywhere():
        link_account(work, account.name, unit=unit, staff=staff)


def find_posts(work: UnitOfWork, words: str) -> dict[str, list[dict[str, str]]]:
    """Return the first areas and units that words fit: what a security administrator gives roles and tasks of."""
    work.actor.require(SECURITY)
    sought = words.strip()
    if not sought:
        return {"areas": [], "units": []}
    with work.everywhere():
        areas = sql.areas_like(work.session, sought, MOST_FOUND)
        units = sql.units_like(work.session, sought, MOST_FOUND)
    return {
        "areas": [{"code": row.code, "kind": row.kind, "name": row.name} for row in areas],
        "units": [{"code": row.code, "name": row.name} for row in units],
    }


def revoke(work: UnitOfWork, account_id: UUID, scope_id: UUID) -> None:
    """Take a role or right away; the account's sessions end."""
    account = _other(work, account_id, SECURITY)
    scope = sql.get_scope(work.session, account.id, scope_id)
    if scope is None:
        raise NotFoundError("The account does not hold this.", scope=str(scope_id))
    work.session.delete(scope)
    work.session.flush()
    sql.delete_sessions_of(work.session, account.id)
    record(work, "scope.revoke", account.name, {"role": scope.role, "area": scope.area_path})


def set_locked(work: UnitOfWork, account_id: UUID, *, locked: bool, now: datetime) -> None:
    """Lock an account until it is unlocked: nothing of it works, and its sessions end; or unlock it."""
    account = _other(work, account_id, SECURITY)
    account.locked_at = (account.locked_at or now) if locked else None
    work.session.flush()
    if locked:
        sql.delete_sessions_of(work.session, account.id)
    record(work, "account.lock" if locked else "account.unlock", account.name)


def end_sessions(work: UnitOfWork, account_id: UUID) -> None:
    """End every session of another account."""
    account = _other(work, account_id, SECURITY)
    sql.delete_sessions_of(work.session, account.id)
    record(work, "session.end-all", account.name)


def _other(work: UnitOfWork, account_id: UUID, duty: str) -> Account:
    """Return an account that the actor may administer: somebody else's."""
    work.actor.require(duty)
    if account_id == work.actor.account_id:
        raise OwnAccountError("Nobody administers the own account; another administrator does.")
    account = sql.get_account(work.session, account_id)
    if account is None:
        raise _unknown(account_id)
    return account


def _is_administrator(work: UnitOfWork, account_id: UUID) -> bool:
    held = sql.list_scopes(work.session)
    return any(scope.account_id == account_id and scope.role in ADMINISTRATORS for scope in held)


def _named(work: UnitOfWork, paths: Sequence[str]) -> tuple[dict[str, str], dict[UUID, ActsFor]]:
    """Return what areas are called, and what each account acts for."""
    # an administrator sees no area and no unit; these are only named
    with work.everywhere():
        names = sql.area_names(work.session, paths)
        posts = {
            row.id: ActsFor(row.unit, row.unit_name, row.staff, row.staff_name)
            for row in sql.acting_posts(work.session)
        }
    return names, posts


def path_of_area(work: UnitOfWork, named: str | None) -> str | None:
    """Return the path of an area given by code or path; None is the whole territory.

    Raises
    ------
    InvalidInputError
        There is no such area today.
    """
    if named is None:
        return None
    # an administrator sees no area; this one is only named
    with work.everywhere():
        found = sql.find_area(work.session, named)
    if found is None:
        raise InvalidInputError(f"There is no area {named} today.", field="area", area=named)
    return found


def _times(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    return {"since": since.isoformat() if since else None, "until": until.isoformat() if until else None}


def _unknown(account_id: UUID) -> NotFoundError:
    return NotFoundError("There is no such account.", account=str(account_id))


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session of one's own; `current` is the one that asks."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token of one's own; never its secret."""

    id: UUID
    label: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    roles: Sequence[str] | None
    areas: Sequence[str] | None
    read_only: bool


def change_password(work: UnitOfWork, new: str, *, now: datetime, keep_tokens: bool = False) -> None:
    """Choose a new password for the own account; all that let somebody in before ends, the caller opens a new session.

    Whoever knew the old password could have made a token or a link with it, and would stay in by that. That the
    present one is known is proved before, by `access.prove_password`.
    """
    account = _own(work)
    account.password_hash = access.hash_password(new, account.name)
    account.must_change = False
    work.session.flush()
    sql.revoke_everything(work.session, account.id, now, keep_tokens=keep_tokens)
    record(work, "account.password", account.name, {"tokens": "kept" if keep_tokens else "ended"})


def my_sessions(work: UnitOfWork, current: str | None, *, now: datetime) -> list[SessionView]:
    """Return the sessions of the own account; `current` is the digest of the one that asks."""
    rows = sql.sessions_of(work.session, _own(work).id, now)
    return [
        SessionView(row.id, row.created_at, row.seen_at, row.expires_at, row.token_sha256 == current) for row in rows
    ]


def end_my_sessions(work: UnitOfWork, keep: str | None) -> None:
    """End every session of the own account but the one whose digest is `keep`."""
    account = _own(work)
    sql.delete_sessions_of(work.session, account.id, keep=keep)
    record(work, "session.end-others", account.name)


def my_tokens(work: UnitOfWork, *, now: datetime) -> list[TokenView]:
    """Return the tokens of the own account that still hold."""
    return [
        TokenView(
            row.id, row.name, row.created_at, row.expires_at, row.used_at, row.roles, row.area_paths, row.read_only
        )
        for row in sql.tokens_of(work.session, _own(work).id, now)
    ]


def revoke_my_token(work: UnitOfWork, token_id: UUID, *, now: datetime) -> None:
    """End a token of the own account."""
    account = _own(work)
    if not sql.revoke_token(work.session, account.id, token_id, now):
        raise NotFoundError("There is no such token.", token=str(token_id))
    record(work, "token.revoke", account.name, {"token": str(token_id)})


def _own(work: UnitOfWork) -> Account:
    account = sql.get_account(work.session, work.actor.account_id) if work.actor.account_id else None
    if account is None:
        raise NotAllowedError("The system has no account.")
    return account
