"""Compress text answers: zstd where the client takes it, gzip else; what is compressed already passes through."""

from __future__ import annotations

import gzip
from typing import Literal

import zstandard
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SMALLEST = 1024
_IN_THREAD = 64 * 1024
_TEXT = ("application/json", "application/geo+json", "application/problem+json", "application/schema+json",
         "application/vnd.oai.openapi+json", "application/javascript", "image/svg+xml")  # fmt: skip
Coding = Literal["zstd", "gzip"]


class Compress:
    """Compress whole answers of a text type; streams are left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        coding = accepted_coding(Headers(scope=scope).get("accept-encoding", ""))
        await self.app(scope, receive, _Sender(send, coding))


class _Sender:
    """Holds back the start of an answer until its first body part tells whether to compress."""

    def __init__(self, send: Send, coding: Coding | None) -> None:
        self.send = send
        self.coding = coding
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        if self.start is None or message["type"] != "http.response.body":
            await self.send(message)
            return
        start, self.start = self.start, None
        headers = MutableHeaders(scope=start)
        body = message.get("body", b"")
        if _is_text(headers) and "content-encoding" not in headers:
            headers.add_vary_header("Accept-Encoding")
            if self.coding is not None and not message.get("more_body") and len(body) >= _SMALLEST:
                # a large answer would hold up every other request while it is packed
                large = len(body) > _IN_THREAD
                body = await run_in_threadpool(_pack, body, self.coding) if large else _pack(body, self.coding)
                headers["content-encoding"] = self.coding
                headers["content-length"] = str(len(body))
                message = {**message, "body": body}
        await self.send(start)
        await self.send(message)


def accepted_coding(header: str) -> Coding | None:
    """Return the best coding that an Accept-Encoding header allows.

    Examples
    --------
    >>> accepted_coding("gzip, deflate, br, zstd"), accepted_coding("gzip;q=1, zstd;q=0"), accepted_coding("identity")
    ('zstd', 'gzip', None)
    """
    allowed = set()
    for part in header.lower().split(","):
        name, _, options = part.strip().partition(";")
        weight = options.strip().removeprefix("q=").strip()
        if weight not in ("0", "0.0", "0.00", "0.000"):
            allowed.add(name.strip())
    if "zstd" in allowed:
        return "zstd"
    return "gzip" if "gzip" in allowed else None


def _is_text(headers: MutableHeaders) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip()
    return (kind.startswith("text/") and kind != "text/event-stream") or kind in _TEXT


def _pack(body: bytes, coding: Coding) -> bytes:
    if coding == "zstd":
        # a page of a thousand features takes a third less time at the first level, and comes out no larger
        return zstandard.ZstdCompressor(level=1 if len(body) > _IN_THREAD else 3).compress(body)
    return gzip.compress(body, compresslevel=1, mtime=0)
