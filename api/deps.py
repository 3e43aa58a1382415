"""What routes ask for: the actor, the unit of work, revisions and idempotency keys. Part of the wiring."""

from __future__ import annotations

import base64
import binascii
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Annotated, Any
from urllib.parse import urlsplit

import anyio.to_thread
import orjson
from anyio import CancelScope, CapacityLimiter
from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBasic, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import gates
from api.figures import Figures
from api.gates import QUESTIONS, SAFE_METHODS
from api.haste import patience_of
from api.middleware import route_of
from api.sensitive import line_of
from gis.errors import InvalidInputError, NotAllowedError, NotSignedInError, RevisionRequiredError
from services import access, idempotency
from services.access import SignedIn, digest_of
from services.audit import ReadNotes
from services.features.extents import Extents
from services.layers import SeenViews
from services.logs import request_id
from services.settings import Settings
from store.database.actor import Actor
from store.database.engine import Database, Doing
from store.database.work import UnitOfWork

COOKIE = "gridward_session"
# a session that was only looked at is remembered apart: the next request of a person has to count as use
ASIDE = "-aside"
_cookie_scheme = APIKeyCookie(name=COOKIE, scheme_name="session", auto_error=False)
_bearer_scheme = HTTPBearer(scheme_name="token", bearerFormat="gw_…", auto_error=False)
LONGEST_SECRET = 200


class _BasicDescribed(HTTPBasic):
    """Basic, for OpenAPI: GDAL and QGIS know names and passwords. The token is the password, the name is anything.

    Who sends something else gets our own refusal, not FastAPI's.
    """

    async def __call__(self, request: Request) -> None:  # type: ignore[override] # noqa: ARG002
        return None


_basic_described = _BasicDescribed(scheme_name="token_as_password", auto_error=False)


class CredentialCache:
    """Who was behind a credential a moment ago, so that a screenful of tiles costs one look-up.

    Parameters
    ----------
    seconds : float
        How long an answer holds: after that long at most, a disabled account is out in every process.
    size : int
        Credentials remembered.
    """

    def __init__(self, seconds: float = 3.0, size: int = 2048) -> None:
        self.seconds = seconds
        self.size = size
        self._known: dict[str, tuple[float, SignedIn]] = {}

    def get(self, digest: str) -> SignedIn | None:
        """Return who it was, unless that is too long ago or the credential ended since."""
        found = self._known.get(digest)
        if found is None or found[0] < monotonic() or found[1].expires_at <= datetime.now(UTC):
            self._known.pop(digest, None)
            return None
        return found[1]

    def put(self, digest: str, signed_in: SignedIn) -> None:
        """Remember an answer; the oldest goes when there are too many."""
        if len(self._known) >= self.size:
            self._known.pop(next(iter(self._known)), None)
        self._known[digest] = (monotonic() + self.seconds, signed_in)

    def drop(self, digest: str) -> None:
        """Forget one credential (somebody signed out)."""
        for known in (digest, digest + ASIDE):
            self._known.pop(known, None)


@dataclass(slots=True)
class Wiring:
    """What one application is made of; lives in ``app.state.wiring``.

    Attributes
    ----------
    settings : Settings
    database : Database
    figures : Figures
    credentials : CredentialCache
    reads : ReadNotes
    views : SeenViews
        What looks at the map showed last.
    extents : Extents
        Where collections lie.
    exits : CapacityLimiter
        Threads that commit. Apart from those that run routes: when all of these wait for a database connection,
        the requests that hold the connections must still be able to finish.
    parts : dict
        Long-lived parts by name (the event hub, the in-process worker).
    """

    settings: Settings
    database: Database
    figures: Figures
    credentials: CredentialCache = field(default_factory=CredentialCache)
    reads: ReadNotes = field(default_factory=ReadNotes)
    views: SeenViews = field(default_factory=SeenViews)
    extents: Extents = field(default_factory=Extents)
    exits: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(16))
    parts: dict[str, Any] = field(default_factory=dict)

    def system_work(self) -> AbstractContextManager[UnitOfWork]:
        """Open a transaction of our own, for what happens before anybody is signed in."""
        return self.database.work(Actor.system())


def wiring_of(request: Request) -> Wiring:
    """Return the application's wiring."""
    wiring: Wiring = request.app.state.wiring
    return wiring


# dependencies are asynchronous even where they wait for nothing: FastAPI runs plain ones in a thread each
async def _wiring(request: Request) -> Wiring:
    return wiring_of(request)


async def settings_of(request: Request) -> Settings:
    """Return the application's settings."""
    return wiring_of(request).settings


async def signed_in(
    request: Request,
    _cookie: Annotated[str | None, Security(_cookie_scheme)] = None,
    _bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer_scheme)] = None,
    _basic: Annotated[None, Security(_basic_described)] = None,
) -> SignedIn:
    """Return who sends this request, or refuse it; the parameters describe the ways in for OpenAPI."""
    return await who_asks(request)


async def who_asks(request: Request) -> SignedIn:
    """Return who sends this request, by what its headers hold.

    Raises
    ------
    NotSignedInError
        No credential, or one that does not hold any more.
    NotAllowedError
        A change by cookie that another site's page may have sent, or a route that is not for this account.
    """
    wiring = wiring_of(request)
    secret, look_up = _credential(request)
    digest = digest_of(secret)
    by_cookie = look_up is access.signed_in_by_cookie
    if by_cookie and gates.is_unattended(route_of(request.scope), request.headers):
        look_up, digest = partial(look_up, used=False), digest + ASIDE
    found = wiring.credentials.get(digest)
    if found is None:
        found = await run_in_threadpool(_look_up, wiring.database, look_up, secret)
        if found is None:
            raise NotSignedInError("The session or token does not hold any more; sign in again.")
        wiring.credentials.put(digest, found)
    request.state.account_name, request.state.language = found.actor.name, found.language
    route = route_of(request.scope)
    request.state.actor = found.actor
    gates.check(found, request.method, route)
    line = line_of(request.method, route, request.scope["path"])
    if line is not None and (line[2] or wiring.reads.is_new(found.actor, line[0], line[1])):
        await run_in_threadpool(wiring.reads.note, wiring.database, found.actor, *line)
    return found


def _credential(request: Request) -> tuple[str, Callable[..., SignedIn | None]]:
    """Return the secret that a request carries and the service that knows it."""
    token = token_of(request)
    if token is not None:
        return token, access.signed_in_by_token
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise NotSignedInError("Sign in first, or send a token as `Authorization: Bearer gw_…`.")
    if len(cookie) > LONGEST_SECRET:
        raise NotSignedInError("The session or token does not hold any more; sign in again.")
    refuse_foreign_origin(request, must_tell=True)
    return cookie, access.signed_in_by_cookie


def token_of(request: Request) -> str | None:
    """Return the token in the header Authorization, plain or as the password of Basic; None without that header.

    Raises
    ------
    NotSignedInError
        The header holds something else.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, told = header.partition(" ")
    secret = told.strip()
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            secret = ""
    if scheme.lower() not in ("bearer", "basic") or not 0 < len(secret) <= LONGEST_SECRET:
        raise NotSignedInError("Sign in first, or send a token as `Authorization: Bearer gw_…`.")
    return secret


async def still_signed_in(request: Request, as_who: SignedIn) -> bool:
    """Whether the credential that opened a long stream still holds, and shows no less than it did."""
    wiring = wiring_of(request)
    token = token_of(request)
    if token is not None:
        found = await run_in_threadpool(_look_up, wiring.database, access.signed_in_by_token, token)
    else:
        look_up = partial(access.signed_in_by_cookie, used=False)
        found = await run_in_threadpool(_look_up, wiring.database, look_up, request.cookies.get(COOKIE, ""))
    return found is not None and found.actor == as_who.actor


def _look_up(database: Database, look_up: Callable[..., SignedIn | None], secret: str) -> SignedIn | None:
    with database.work(Actor.system()) as work:
        return look_up(work, secret, now=datetime.now(UTC))


def refuse_foreign_origin(request: Request, *, must_tell: bool) -> None:
    """Refuse a change that a page of another site sent with our cookie.

    Parameters
    ----------
    request : Request
    must_tell : bool
        Refuse also when the browser says nothing of where the request comes from.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif origin is not None:
        told = urlsplit(origin)
        # a page that came in the clear may be anybody's on the way, whatever name it bears
        clear = wiring_of(request).settings.http.secure and told.scheme != "https"
        allowed = told.netloc == request.headers.get("host", "") and not clear
    else:
        allowed = not must_tell
    if not allowed:
        raise NotAllowedError("A change with a session cookie must come from Gridward's own page (same origin).")


def by_anyone(action: str) -> Doing:
    """Return what the trail says of a change that came through a door open to everybody: no path, no address."""
    return Doing(action, "", request_id.get())


def work_for(request: Request, who: SignedIn) -> AbstractContextManager[UnitOfWork]:
    """Return the transaction of a request, not opened yet."""
    wiring = wiring_of(request)
    asks = request.method in SAFE_METHODS or request.url.path in QUESTIONS
    action = f"{request.method} {route_of(request.scope)}"
    doing = Doing(action, request.url.path, request_id.get(), asks)
    patience = patience_of(request.method, route_of(request.scope), wiring.settings.database)
    return wiring.database.work(who.actor, doing, patience)


async def unit_of_work(request: Request, who: Annotated[SignedIn, Depends(signed_in)]) -> AsyncIterator[UnitOfWork]:
    """Open the request's one transaction; it is committed before the answer starts.

    Opening does no I/O (the connection is taken at the first statement), so only the commit needs a thread.
    """
    wiring = wiring_of(request)
    block = work_for(request, who)
    work = block.__enter__()
    try:
        yield work
    except BaseException:
        with CancelScope(shield=True):
            if not await anyio.to_thread.run_sync(block.__exit__, *sys.exc_info(), limiter=wiring.exits):
                raise
    else:
        with CancelScope(shield=True):
            await anyio.to_thread.run_sync(block.__exit__, None, None, None, limiter=wiring.exits)


async def if_match(
    header: Annotated[
        str | None, Header(alias="If-Match", description='Revision that the change is based on, such as "7".')
    ] = None,
) -> int:
    """Return the revision that a change is based on: what stands before the hyphen of a tag.

    Raises
    ------
    RevisionRequiredError
        No If-Match header, or ``*``: changing whatever is there is how edits get lost.
    InvalidInputError
        The header holds no revision.
    """
    if header is None or header.strip() == "*":
        why = "" if header is None else " '*' would change whatever is there, another's edit included."
        raise RevisionRequiredError(f"Send the revision that you are changing in the header If-Match.{why}")
    text = header.strip().removeprefix("W/").strip('"').partition("-")[0]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInputError('If-Match holds one revision, such as "7".', field="If-Match")
    return int(text)


@dataclass(frozen=True, slots=True)
class Idempotent:
    """The request's Idempotency-Key, its body and its route.

    ``respond(work, compute)`` runs `compute` once for the key and answers repeats with the stored answer.
    """

    key: str
    body: bytes
    route: str

    def respond(self, work: UnitOfWork, compute: Callable[[], tuple[int, Any]]) -> Response:
        """Return the answer of `compute` ((status, JSON body)), or with 200 the one that this key got before."""
        answer = idempotency.answer_once(
            work, route=self.route, key=self.key, request_body=self.body, compute=lambda: _as_json(compute())
        )
        headers = {"Idempotent-Replay": "true"} if answer.repeated else {}
        # a repeat created nothing; the database keeps no order of keys, so both answers are sorted
        status = 200 if answer.repeated and answer.status == 201 else answer.status
        content = orjson.dumps(answer.body, option=orjson.OPT_SORT_KEYS)
        return Response(content, status, headers=headers, media_type="application/json")


async def idempotent(
    request: Request,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Any unique text (a UUID); a repeat gets the first answer."),
    ] = None,
) -> Idempotent:
    """Read the Idempotency-Key of a request that must carry one."""
    if key is None:
        raise InvalidInputError(
            "Send an Idempotency-Key header (a UUID) so that a repeat is harmless.", field="Idempotency-Key"
        )
    return Idempotent(key, await request.body(), f"{request.method} {route_of(request.scope)}")


def _as_json(answer: tuple[int, Any]) -> tuple[int, Any]:
    # what is stored must read back as what was sent: times and ids become text here, once
    return answer[0], orjson.loads(orjson.dumps(answer[1], option=orjson.OPT_SERIALIZE_NUMPY, default=_jsonable))


def _jsonable(value: object) -> object:
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} can't be sent as JSON")
    return dump(mode="json")


Wired = Annotated[Wiring, Depends(_wiring)]
Who = Annotated[SignedIn, Depends(signed_in)]
# scope="function": the exit (the commit) runs before the answer is sent, so a failing commit is an error to the caller
Work = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]
IfMatch = Annotated[int, Depends(if_match)]
OneTime = Annotated[Idempotent, Depends(idempotent)]
