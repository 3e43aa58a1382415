"""What happens to every request: id, security headers, body limit, access log and figures.

Pure ASGI: Starlette's BaseHTTPMiddleware would buffer the event stream and copy the context.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.figures import Figures
from api.problems import BodyTooLargeError, RequestTooSlowError, fault, problem_of
from gis.errors import UnavailableError
from services.logs import request_id

_access_log = logging.getLogger("gridward.access")
BODY_S = 30.0
UNCOUNTED = frozenset({"/api/v1/events", "/health/live", "/health/ready", "/metrics"})
SLOWEST = 16384  # bytes a second
# a document; only files, which come in parts, may be larger: a document is read as a whole, while others wait.
# An outline of a million corners fits, so that it can be told what is wrong with it
MOST_OF_A_DOCUMENT = 32 * 2**20
# from somebody who shows no credential at all, who signs in or says a word
MOST_UNASKED = 2**16
# these hold a secret in the address, which stays out of the log
_SECRET_PATHS = ("/api/v1/follow/",)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# MapLibre's worker is a file of ours, so neither blob: nor unsafe-anything is needed
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


def policy_for(origins: Sequence[str]) -> str:
    """Return the page's policy with servers that pictures of a map may come from.

    Examples
    --------
    >>> "connect-src 'self' http://tiles.example;" in policy_for(["http://tiles.example"])
    True
    """
    # MapLibre asks for pictures by fetch, so that they need both
    added = "".join(f" {origin}" for origin in origins)
    return POLICY.replace("blob:;", f"blob:{added};").replace("connect-src 'self'", f"connect-src 'self'{added}")


SECURITY_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(self)",
}


class RequestContext:
    """Give each request an id, each answer its security headers, and the log one line about both.

    Parameters
    ----------
    app : ASGIApp
    figures : Figures
    secure : bool
        Whether browsers reach us by TLS only, so that they may be told to insist on it.
    origins : sequence of str
        Other servers that pictures of a map may come from.
    """

    def __init__(self, app: ASGIApp, figures: Figures, *, secure: bool, origins: Sequence[str] = ()) -> None:
        self.app = app
        self.figures = figures
        self.headers = SECURITY_HEADERS | {"content-security-policy": policy_for(origins)}
        if secure:
            self.headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        current = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        token = request_id.set(current)
        started = time.perf_counter()
        status = 500
        started_answer = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, started_answer
            if message["type"] == "http.response.start":
                started_answer = True
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = current
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except asyncio.CancelledError:  # told to stop, and this took longer than stopping waits
            if started_answer:
                raise
            stopping = UnavailableError("The server is being stopped; try again.", retry_after_s=5)
            await problem_of(stopping)(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the edge: nothing above would answer with id and headers
            answer = fault(error)
            if not started_answer:
                await answer(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        self.figures.requests.labels(scope["method"], route, str(status)).inc()
        self.figures.request_seconds.labels(route).observe(seconds)
        # the query may hold a place or a name: it stays out of the log
        path = route if scope["path"].startswith(_SECRET_PATHS) else scope["path"]
        fields: dict[str, Any] = {
            "method": scope["method"],
            "path": path,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "client": (scope.get("client") or ("",))[0],
            "account": scope.get("state", {}).get("account_name", ""),
        }
        _access_log.info("%s %s %d", scope["method"], path, status, extra=fields)


class Crowd:
    """Send requests away when too many are being worked on: a short answer now beats a long wait for everybody.

    Streams of events may last for hours and work on nothing, and whoever watches the server must always get through.
    A request is worked on once all of it is here. As many more may be on their way; one above that, and the one that
    has been longest on its way is given up, so that whoever dawdles shuts out nobody who doesn't.

    Parameters
    ----------
    app : ASGIApp
    most : int
        Requests at a time.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most
        self._inside = 0
        # in the order of their coming
        self._coming: dict[_Coming, None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in UNCOUNTED:
            await self.app(scope, receive, send)
            return
        if self._inside >= self.most:
            await problem_of(UnavailableError("Too many requests at this moment; try again.", retry_after_s=2))(
                scope, receive, send
            )
            return
        if not _has_body(scope):
            await self._work_on(scope, receive, send)
            return
        if len(self._coming) >= self.most:
            oldest = next(iter(self._coming))
            del self._coming[oldest]
            oldest.give_up()
        coming = _Coming(receive)
        self._coming[coming] = None

        async def received() -> Message:
            message = await coming.receive()
            if not message.get("more_body", False) and coming in self._coming:
                del self._coming[coming]
                self._inside += 1
                coming.here = True
            return message

        try:
            await self.app(scope, received, send)
        finally:
            self._coming.pop(coming, None)
            self._inside -= coming.here

    async def _work_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._inside -= 1


class _Coming:
    """A request that is on its way."""

    def __init__(self, receive: Receive) -> None:
        self.here = False
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._given_up = False
        self._waiting: asyncio.Timeout | None = None

    async def receive(self) -> Message:
        """Wait for more of the request.

        Raises
        ------
        RequestTooSlowError
            It was given up.
        """
        if self.here:
            return await self._receive()
        try:
            async with asyncio.timeout(0 if self._given_up else None) as self._waiting:
                return await self._receive()
        except TimeoutError:
            raise RequestTooSlowError("The request was overtaken by others while it was being sent.") from None
        finally:
            self._waiting = None

    def give_up(self) -> None:
        """Wait no longer; may be called from another event loop."""
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._given_up = True
        if self._waiting is not None:
            self._waiting.reschedule(self._loop.time())


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


class BodyLimit:
    """Refuse request bodies above a limit, whether or not they tell their length, and those that dawdle.

    A document has a lower limit than files, and whoever shows no credential may send a few words only.

    A body may take `BODY_S` seconds and one more for each `SLOWEST` bytes that came.

    Parameters
    ----------
    app : ASGIApp
    limit : int
        Bytes.
    patience_s : float
        See above.
    lower : mapping of str to int
        Limits of doors by the beginning of the path, whoever knocks there.
    """

    def __init__(
        self, app: ASGIApp, limit: int, patience_s: float = BODY_S, lower: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.limit = limit
        self.patience_s = patience_s
        self.lower = dict(lower or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        told = headers.get("content-length", "0")
        limit = self._limit_of(scope["path"], headers)
        if not told.isdigit() or int(told) > limit:
            await problem_of(self._error(limit))(scope, receive, send)
            return
        clock = asyncio.get_running_loop().time
        seen, more, began = 0, True, clock()

        async def counted() -> Message:
            nonlocal seen, more
            if not more:  # only the end of the connection is waited for, by streams
                return await receive()
            try:
                async with asyncio.timeout_at(began + self.patience_s + seen / SLOWEST):
                    message = await receive()
            except TimeoutError:
                raise RequestTooSlowError("The request was not sent within the time allowed.") from None
            more = bool(message.get("more_body", False))
            seen += len(message.get("body", b""))
            if seen > limit:
                raise self._error(limit)
            return message

        await self.app(scope, counted, send)

    def _limit_of(self, path: str, headers: Headers) -> int:
        known = next((few for door, few in self.lower.items() if path.startswith(door)), None)
        if known is not None:
            return known
        if "authorization" not in headers and "cookie" not in headers:
            return MOST_UNASKED
        in_parts = headers.get("content-type", "").lower().startswith("multipart/")
        return self.limit if in_parts else min(self.limit, MOST_OF_A_DOCUMENT)

    @staticmethod
    def _error(limit: int) -> BodyTooLargeError:
        size = f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit // 2**10} kB"
        return BodyTooLargeError(f"The request body is larger than {size}; send less at a time.", limit=limit)


def route_of(scope: Scope) -> str:
    """Return the route's template, never the path itself: labels must stay few."""
    route = scope.get("route")
    template = getattr(route, "path_format", None) or getattr(route, "path", None)
    return str(template) if template else "unmatched"
