"""Answers that the client has already: 304 for whoever asks with the tag of what it kept, whatever the route.

Routes tag a resource by its revision. What they tell of it changes more often, with clocks, with neighbours and with
what an account may see, so the tag gets a digest of the answer: `"7"` becomes `"7-4f1c…"`. The answer is made anew each
time, under the rights of whoever asks; what is saved is its way over the network.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.ogc_parameters import tags_in

_REVISION: Final = re.compile(r'"(\d{1,18})"')
_ANSWERED: Final = (200, 201)
# these speak of a body that a 304 does not have (RFC 9110, 15.4.5)
_OF_A_BODY: Final = ("content-length", "content-type", "content-encoding")


class Unchanged:
    """Complete the tags of single resources, and answer 304 where a tag is the one in If-None-Match.

    It stands inside of what compresses: the tag is that of the plain answer.

    Parameters
    ----------
    app : ASGIApp
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        reads = scope["method"] in ("GET", "HEAD")
        known = tags_in(Headers(scope=scope)) if reads else frozenset()
        await self.app(scope, receive, _Sender(send, known))


class _Sender:
    """Holds back the start of an answer that has a tag until its body tells the whole of it."""

    def __init__(self, send: Send, known: frozenset[str]) -> None:
        self.send = send
        self.known = known
        self.start: Message | None = None
        self.spared = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] in _ANSWERED and "etag" in Headers(raw=message["headers"]):
                self.start = message
                return
        elif self.start is not None:
            start, self.start = self.start, None
            await self._begin(start, message)
        if not self.spared:
            await self.send(message)

    async def _begin(self, start: Message, first: Message) -> None:
        headers = MutableHeaders(scope=start)
        revision = _REVISION.fullmatch(headers["etag"])
        if revision and headers.get("content-type") == "application/json" and not first.get("more_body"):
            digest = blake2b(first.get("body", b""), digest_size=8).hexdigest()
            headers["etag"] = f'"{revision[1]}-{digest}"'
            headers.setdefault("cache-control", "private, no-cache")
        # weak comparison, as RFC 9110 wants it of If-None-Match
        tag = headers["etag"].removeprefix("W/").strip('"')
        if start["status"] == 200 and self.known & {tag, "*"}:
            self.spared = True
            for name in _OF_A_BODY:
                if name in headers:
                    del headers[name]
            await self.send({**start, "status": 304})
            await self.send({"type": "http.response.body", "body": b""})
            return
        await self.send(start)
