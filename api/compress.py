"""Compress text answers: zstd where the client takes it, gzip else; what is compressed already passes through.

A part of a file is never compressed, and a compressed file says that it has no parts: a browser that was cut off in the
middle of one would ask for the rest of the plain one, and keep the two glued together under the same entity tag.
"""

from __future__ import annotations

import gzip
from typing import Literal

import zstandard
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1024
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
        if is_text(headers.get("content-type", "")) and "content-encoding" not in headers:
            headers.add_vary_header("Accept-Encoding")
            whole = not message.get("more_body") and "content-range" not in headers
            if self.coding is not None and whole and len(body) >= SMALLEST:
                # a large answer would hold up every other request while it is packed
                large = len(body) > _IN_THREAD
                body = await run_in_threadpool(_pack, body, self.coding) if large else _pack(body, self.coding)
                tell_coding(headers, self.coding)
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


def is_text(media_type: str) -> bool:
    """Whether what is of this type becomes smaller.

    Examples
    --------
    >>> is_text("text/html; charset=utf-8"), is_text("image/svg+xml"), is_text("font/woff2")
    (True, True, False)
    """
    kind = media_type.partition(";")[0].strip()
    return (kind.startswith("text/") and kind != "text/event-stream") or kind in _TEXT


def tell_coding(headers: MutableHeaders, coding: Coding) -> None:
    """Say that an answer is compressed; a file's, that it has no parts and is the same as the plain one in meaning."""
    headers["content-encoding"] = coding
    if "accept-ranges" in headers:
        headers["accept-ranges"] = "none"
        tag = headers.get("etag", "")
        if tag and not tag.startswith("W/"):
            headers["etag"] = f"W/{tag}"


def _pack(body: bytes, coding: Coding) -> bytes:
    if coding == "zstd":
        # a page of a thousand features takes a third less time at the first level, and comes out no larger
        return zstandard.ZstdCompressor(level=1 if len(body) > _IN_THREAD else 3).compress(body)
    return gzip.compress(body, compresslevel=1, mtime=0)


def pack_well(body: bytes, coding: Coding) -> bytes:
    """Compress what is packed once and sent often, as far as it goes."""
    return zstandard.ZstdCompressor(level=12).compress(body) if coding == "zstd" else gzip.compress(body, 9, mtime=0)
