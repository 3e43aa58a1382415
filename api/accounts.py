"""Accounts over HTTP: their administration by separate administrators, and what everybody may do with the own one."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool
from starlette.concurrency import run_in_threadpool

from api.deps import COOKIE, Who, Wired, Work
from api.moments import Moment
from api.sign_in_door import door_of, note_lock_out
from gis.errors import NotAllowedError
from services import access, accounts
from services.access import LockedOutError, TokenLimits, digest_of
from services.accounts import Grant

router = APIRouter(tags=["accounts"])

AccountId = Annotated[UUID, Path(description="Id of the account.")]


class ScopeOut(BaseModel):
    """A role or right that an account holds; no area is the whole territory."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    role: str
    area_path: str | None
    area_name: str | None
    since: datetime | None
    until: datetime | None


class ActsForOut(BaseModel):
    """The unit whose tasks are an account's own (its code), and the member of staff whose grids are (work number)."""

    model_config = ConfigDict(from_attributes=True)

    unit: str | None
    unit_name: str | None
    staff: str | None
    staff_name: str | None


class ManagedAccount(BaseModel):
    """An account as an administrator sees it; the system administrator sees neither `scopes` nor `acts_for`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    display: str
    language: str
    created_at: datetime
    disabled_at: datetime | None
    locked_at: datetime | None
    must_change: bool
    administrator: bool
    scopes: list[ScopeOut] | None
    acts_for: ActsForOut | None


class Accounts(BaseModel):
    """Every account."""

    accounts: list[ManagedAccount]


class NewAccount(BaseModel):
    """An account to make; roles come from the security administrator."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=64)]
    display: Annotated[str | None, Field(max_length=120)] = None
    language: Literal["en", "zh"] = "en"


class OneTimeLink(BaseModel):
    """A code that lets its holder choose a password once: ``/#/sign-in?code=…``; it is shown now and never again."""

    account: ManagedAccount
    code: str
    minutes: float


class GrantIn(BaseModel):
    """A role or right to give: where (code or path of an area; none is everywhere) and when."""

    model_config = ConfigDict(extra="forbid")

    role: Annotated[str, Field(max_length=64)]
    area: Annotated[str | None, Field(max_length=200)] = None
    since: Moment | None = None
    until: Moment | None = None


class ActsForIn(BaseModel):
    """Whom an account acts for from now on; what is left out or null is nobody."""

    model_config = ConfigDict(extra="forbid")

    unit: Annotated[str | None, Field(max_length=80, description="Code of a unit.")] = None
    staff: Annotated[str | None, Field(max_length=80, description="Work number of a member of staff.")] = None


class FoundArea(BaseModel):
    """An area of today."""

    code: str
    kind: str
    name: str


class FoundUnit(BaseModel):
    """A unit."""

    code: str
    name: str


class FoundPosts(BaseModel):
    """Areas that a role can be given in, and units that an account can act for."""

    areas: list[FoundArea]
    units: list[FoundUnit]


class StatusIn(BaseModel):
    """What becomes of an account."""

    model_config = ConfigDict(extra="forbid")

    disabled: StrictBool | None = None
    locked: StrictBool | None = None


class PasswordIn(BaseModel):
    """A new password, and the present one if there is any."""

    model_config = ConfigDict(extra="forbid")

    old: Annotated[SecretStr | None, Field(max_length=256)] = None
    new: Annotated[SecretStr, Field(max_length=256)]
    keep_tokens: Annotated[bool, Field(description="Let the API tokens of the account go on holding.")] = False


class SessionOfMine(BaseModel):
    """A session of one's own."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class SessionsOfMine(BaseModel):
    """Every session of one's own."""

    sessions: list[SessionOfMine]


class TokenOfMine(BaseModel):
    """A token of one's own."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    label: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    roles: list[str] | None
    areas: list[str] | None
    read_only: bool


class TokensOfMine(BaseModel):
    """Every token of one's own that still holds."""

    tokens: list[TokenOfMine]


class NewToken(BaseModel):
    """A token to make: with these roles and areas of one's own only, or for reading only."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(min_length=1, max_length=120)]
    days: Annotated[float, Field(gt=0, le=366)] = 90
    roles: Annotated[list[str] | None, Field(max_length=20)] = None
    areas: Annotated[list[str] | None, Field(max_length=50)] = None
    read_only: StrictBool = False


class TokenMade(BaseModel):
    """The token; it is shown now and never again."""

    token: str


@router.get("/api/v1/accounts", summary="Accounts", operation_id="list_accounts")
def list_accounts(work: Work) -> Accounts:
    """Return every account: for the system and the security administrator."""
    return Accounts.model_validate({"accounts": accounts.list_accounts(work)}, from_attributes=True)


@router.post("/api/v1/accounts", status_code=201, summary="Make an account", operation_id="create_account")
def create_account(asked: NewAccount, work: Work, wiring: Wired, response: Response) -> OneTimeLink:
    """Make an account without any role, and a link by which its holder chooses a password."""
    made = access.create_account(work, asked.name, roles=(), display=asked.display, language=asked.language)
    response.headers["Cache-Control"] = "no-store"
    return _reset(work, wiring, made.id)


@router.patch("/api/v1/accounts/{account_id}", summary="Disable or lock an account", operation_id="change_account")
def change_account(account_id: AccountId, asked: StatusIn, work: Work) -> ManagedAccount:
    """Disable or enable (system administrator), lock or unlock (security administrator)."""
    now = datetime.now(UTC)
    if asked.disabled is not None:
        accounts.set_disabled(work, account_id, disabled=asked.disabled, now=now)
    if asked.locked is not None:
        accounts.set_locked(work, account_id, locked=asked.locked, now=now)
    return ManagedAccount.model_validate(accounts.get_account(work, account_id))


@router.post("/api/v1/accounts/{account_id}/reset", summary="Reset a password", operation_id="reset_password")
def reset_password(account_id: AccountId, work: Work, wiring: Wired, response: Response) -> OneTimeLink:
    """End an account's password, sessions and tokens; the link lets its holder choose a new password."""
    response.headers["Cache-Control"] = "no-store"
    return _reset(work, wiring, account_id)


@router.post("/api/v1/accounts/{account_id}/scopes", status_code=201, summary="Give a role", operation_id="grant_scope")
def grant_scope(account_id: AccountId, asked: GrantIn, work: Work) -> ScopeOut:
    """Give a role or right, in an area and for a time (security administrator)."""
    given = Grant(asked.role, asked.area, asked.since, asked.until)
    return ScopeOut.model_validate(accounts.grant(work, account_id, given))


@router.get("/api/v1/accounts/posts", summary="Find areas and units", operation_id="find_posts")
def find_posts(
    work: Work, q: Annotated[str, Query(max_length=80, description="Part of a code or name.")]
) -> FoundPosts:
    """Return the first areas and units that fit, to give roles in and tasks of (security administrator)."""
    return FoundPosts.model_validate(accounts.find_posts(work, q))


@router.put(
    "/api/v1/accounts/{account_id}/acts-for", summary="Say whom an account acts for", operation_id="link_account"
)
def link_account(account_id: AccountId, asked: ActsForIn, work: Work) -> ManagedAccount:
    """Have an account act for a unit, as a member of staff, or for nobody (security administrator)."""
    accounts.link(work, account_id, unit=asked.unit, staff=asked.staff)
    return ManagedAccount.model_validate(accounts.get_account(work, account_id))


@router.delete(
    "/api/v1/accounts/{account_id}/scopes/{scope_id}",
    status_code=204,
    summary="Take a role away",
    operation_id="revoke_scope",
)
def revoke_scope(account_id: AccountId, scope_id: UUID, work: Work) -> None:
    """Take a role or right away (security administrator)."""
    accounts.revoke(work, account_id, scope_id)


@router.delete(
    "/api/v1/accounts/{account_id}/sessions", status_code=204, summary="End sessions", operation_id="end_sessions"
)
def end_sessions(account_id: AccountId, work: Work) -> None:
    """End every session of an account (security administrator)."""
    accounts.end_sessions(work, account_id)


@router.post("/api/v1/account/password", status_code=204, summary="Choose a password", operation_id="change_password")
async def change_password(
    asked: PasswordIn, request: Request, response: Response, who: Who, work: Work, wiring: Wired
) -> None:
    """Choose a new password; sessions, tokens and links of the account end, and this session gets a new secret.

    A wrong present password counts as a refused sign-in: after some the answer is 429 with Retry-After.
    """
    client = request.client.host if request.client else ""
    door = door_of(wiring)
    try:
        holds = await door.pass_through(partial(_prove, wiring, who, asked.old, client))
    except LockedOutError:
        await run_in_threadpool(note_lock_out, wiring, who.actor.name, client)
        raise
    if not holds:
        raise NotAllowedError("The present password is not right.", field="old")
    secret = await door.pass_through(partial(_change_password, work, wiring, asked, again=who.via == "session"))
    cookie = request.cookies.get(COOKIE)
    if cookie and secret is not None:
        wiring.credentials.drop(digest_of(cookie))
        set_session_cookie(response, secret, wiring)


@router.get("/api/v1/account/sessions", summary="My sessions", operation_id="list_my_sessions")
def list_my_sessions(request: Request, work: Work) -> SessionsOfMine:
    """Return where the account is signed in."""
    cookie = request.cookies.get(COOKIE)
    found = accounts.my_sessions(work, digest_of(cookie) if cookie else None, now=datetime.now(UTC))
    return SessionsOfMine.model_validate({"sessions": found}, from_attributes=True)


@router.delete(
    "/api/v1/account/sessions", status_code=204, summary="End my other sessions", operation_id="end_my_sessions"
)
def end_my_sessions(request: Request, work: Work) -> None:
    """End every session of the account but the one that asks."""
    cookie = request.cookies.get(COOKIE)
    accounts.end_my_sessions(work, digest_of(cookie) if cookie else None)


@router.get("/api/v1/account/tokens", summary="My tokens", operation_id="list_my_tokens")
def list_my_tokens(work: Work) -> TokensOfMine:
    """Return the tokens of the account that still hold."""
    found = accounts.my_tokens(work, now=datetime.now(UTC))
    return TokensOfMine.model_validate({"tokens": found}, from_attributes=True)


@router.post("/api/v1/account/tokens", status_code=201, summary="Make a token", operation_id="make_my_token")
def make_my_token(asked: NewToken, work: Work, response: Response) -> TokenMade:
    """Make a token for a program; it is shown once, and can do no more than its account."""
    limits = TokenLimits(
        None if asked.roles is None else tuple(asked.roles),
        None if asked.areas is None else tuple(asked.areas),
        asked.read_only,
    )
    response.headers["Cache-Control"] = "no-store"
    now = datetime.now(UTC)
    made = access.issue_token(work, work.actor.name, label=asked.label, now=now, days=asked.days, limits=limits)
    return TokenMade(token=made)


@router.delete(
    "/api/v1/account/tokens/{token_id}", status_code=204, summary="End a token", operation_id="revoke_my_token"
)
def revoke_my_token(token_id: UUID, work: Work) -> None:
    """End a token of one's own."""
    accounts.revoke_my_token(work, token_id, now=datetime.now(UTC))


def set_session_cookie(response: Response, secret: str, wiring: Wired) -> None:
    """Hand a session's secret to the browser, out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=round(wiring.settings.access.session_hours * 3600),
        path="/",
        secure=wiring.settings.http.secure,
        httponly=True,
        samesite="strict",
    )
    response.headers["Cache-Control"] = "no-store"


def _prove(wiring: Wired, who: Who, old: SecretStr | None, client: str) -> bool:
    # its own transaction, committed also when it refuses: the refusal goes on record
    told = old.get_secret_value() if old else ""
    with wiring.database.work(who.actor) as work:
        return access.prove_password(work, told, now=datetime.now(UTC), client=client)


def _change_password(work: Work, wiring: Wired, asked: PasswordIn, *, again: bool) -> str | None:
    now = datetime.now(UTC)
    accounts.change_password(work, asked.new.get_secret_value(), now=now, keep_tokens=asked.keep_tokens)
    if not again:
        return None
    return access.open_session_again(work, now=now, hours=wiring.settings.access.session_hours).secret


def _reset(work: Work, wiring: Wired, account_id: UUID) -> OneTimeLink:
    minutes = wiring.settings.access.link_minutes
    code = accounts.reset_password(work, account_id, now=datetime.now(UTC), minutes=minutes)
    account = ManagedAccount.model_validate(accounts.get_account(work, account_id))
    return OneTimeLink(account=account, code=code, minutes=minutes)
