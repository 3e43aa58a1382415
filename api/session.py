"""Sign in, look who is signed in, sign out."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from starlette.concurrency import run_in_threadpool

from api.accounts import set_session_cookie
from api.deps import COOKIE, Who, Wired, Wiring, Work, refuse_foreign_origin
from api.sign_in_door import door_of, note_lock_out
from gis.errors import NotAllowedError, NotSignedInError
from services import access
from services.access import LockedOutError, NewSession, SignedIn, digest_of

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class Credentials(BaseModel):
    """A one-time code, or a name with its password."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[SecretStr | None, Field(max_length=200, description="Code of a one-time sign-in link.")] = None
    name: Annotated[str | None, Field(max_length=64)] = None
    password: Annotated[SecretStr | None, Field(max_length=256)] = None
    duty: Annotated[
        str | None, Field(max_length=200, description="Key of the duty to act in; the account's first without it.")
    ] = None

    @model_validator(mode="after")
    def _one_way(self) -> Credentials:
        by_password = self.name is not None and self.password is not None
        if (self.code is not None) == (by_password or self.name is not None or self.password is not None) or (
            self.code is None and not by_password
        ):
            raise ValueError("send either a code, or a name and a password")
        return self


class AccountOut(BaseModel):
    """Who is signed in."""

    id: UUID
    name: str
    display: str
    language: Literal["en", "zh"]
    roles: list[str]
    area_path: str | None
    must_change: bool
    duty: Annotated[str | None, Field(description="Key of the duty that the account acts in; see its duties.")]


class SessionOut(BaseModel):
    """A session: whose, and until when."""

    account: AccountOut
    expires_at: datetime

    @classmethod
    def of(cls, signed_in: SignedIn) -> SessionOut:
        """Build the answer from the service's result."""
        return cls.model_validate(
            {
                "account": {
                    "id": signed_in.actor.account_id,
                    "name": signed_in.actor.name,
                    "display": signed_in.display,
                    "language": signed_in.language,
                    "roles": sorted(signed_in.actor.roles),
                    "area_path": signed_in.actor.area_path,
                    "must_change": signed_in.must_change,
                    "duty": signed_in.actor.duty,
                },
                "expires_at": signed_in.expires_at,
            }
        )


class AccountDutyArea(BaseModel):
    """An area of a duty; no name when there is no such area today."""

    path: str
    name: str | None


class AccountDuty(BaseModel):
    """Roles and rights that an account may act with together, and where: no areas are the whole territory."""

    key: str
    roles: list[str]
    areas: list[AccountDutyArea] | None
    current: bool


class AccountDuties(BaseModel):
    """Every duty that the account could act in now; it acts in one of them at a time."""

    duties: list[AccountDuty]


class DutyIn(BaseModel):
    """The duty to act in from now on."""

    model_config = ConfigDict(extra="forbid")

    duty: Annotated[str, Field(min_length=1, max_length=200)]


@router.post("", summary="Sign in", operation_id="sign_in")
async def sign_in(credentials: Credentials, request: Request, response: Response, wiring: Wired) -> SessionOut:
    """Open a session and set its cookie; a session that the browser already has ends.

    A code works once. Repeated refusals are answered 429 with Retry-After.
    """
    refuse_foreign_origin(request, must_tell=False)
    client = request.client.host if request.client else ""
    try:
        opened = await door_of(wiring).pass_through(
            partial(_open, credentials, wiring, client, request.cookies.get(COOKIE))
        )
    except LockedOutError:
        await run_in_threadpool(note_lock_out, wiring, credentials.name or "", client)
        raise
    if opened is None:
        refused = (
            "The sign-in link was used already or is too old." if credentials.code else "Name and password don't match."
        )
        raise NotSignedInError(refused)
    set_session_cookie(response, opened.secret, wiring)
    return SessionOut.of(opened.signed_in)


def _open(credentials: Credentials, wiring: Wiring, client: str, old_cookie: str | None) -> NewSession | None:
    # its own transaction, committed also when it refuses: the refusal goes on record
    now = datetime.now(UTC)
    hours = wiring.settings.access.session_hours
    with wiring.system_work() as work:
        if credentials.code is not None:
            secret = credentials.code.get_secret_value()
            opened = access.sign_in_with_code(work, secret, now=now, hours=hours, client=client, duty=credentials.duty)
        else:
            password = credentials.password.get_secret_value() if credentials.password else ""
            name = credentials.name or ""
            opened = access.sign_in_with_password(
                work, name, password, now=now, hours=hours, client=client, duty=credentials.duty
            )
        if opened is not None and old_cookie:
            access.sign_out(work, old_cookie)
            wiring.credentials.drop(digest_of(old_cookie))
    return opened


@router.get("", summary="Who is signed in", operation_id="get_session")
async def get_session(who: Who, response: Response) -> SessionOut:
    """Return the account behind the cookie or token."""
    response.headers["Cache-Control"] = "no-store"
    return SessionOut.of(who)


@router.get("/duties", summary="My duties", operation_id="list_my_duties")
def list_my_duties(who: Who, wiring: Wired, response: Response) -> AccountDuties:
    """Return what the account could act in now."""
    response.headers["Cache-Control"] = "no-store"
    # a duty elsewhere is in an area that the present one does not see
    with wiring.system_work() as work:
        names = access.names_of_areas(work, who.duties)
    return AccountDuties(
        duties=[
            AccountDuty(
                key=duty.key,
                roles=sorted(duty.roles),
                areas=None
                if duty.paths is None
                else [AccountDutyArea(path=path, name=names.get(path)) for path in duty.paths],
                current=duty.is_named(who.actor.duty or ""),
            )
            for duty in who.duties
        ]
    )


@router.put("/duty", summary="Switch duty", operation_id="switch_duty")
def switch_duty(asked: DutyIn, who: Who, request: Request, response: Response, work: Work, wiring: Wired) -> SessionOut:
    """Go on in another duty: the session gets a new secret, and what the old one may do ends with it.

    A token acts in the duty that it was made for.
    """
    secret = request.cookies.get(COOKIE, "")
    if who.via != "session":
        raise NotAllowedError("A token acts in the duty that it was made for; make another one.")
    switched = access.switch_duty(work, secret, asked.duty, now=datetime.now(UTC))
    wiring.credentials.drop(digest_of(secret))
    set_session_cookie(response, switched.secret, wiring)
    return SessionOut.of(switched.signed_in)


@router.delete("", status_code=204, summary="Sign out", operation_id="sign_out")
def sign_out(_who: Who, request: Request, response: Response, wiring: Wired) -> None:
    """End the session of the cookie."""
    secret = request.cookies.get(COOKIE)
    if secret:
        with wiring.system_work() as work:
            access.sign_out(work, secret)
        wiring.credentials.drop(digest_of(secret))
    response.delete_cookie(COOKIE, path="/", secure=wiring.settings.http.secure, httponly=True, samesite="strict")
