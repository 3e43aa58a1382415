"""How long a client may take to send its request: a connection that dawdles holds nobody's place.

uvicorn waits for the head of a request for ever. Here a head must be complete soon after its first byte, or after the
connection was opened; the body has its own limit in `api.middleware.BodyLimit`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 10.0
_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: application/problem+json\r\n"
    b"content-length: %d\r\n\r\n%s"
)
_PROBLEM = (
    b'{"type":"urn:gridward:problem:too-slow","title":"Request Timeout","status":408,'
    b'"detail":"The request was not sent within the time allowed.","code":"too-slow"}'
)


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, patient for `HEAD_S` seconds only."""

    head_s = HEAD_S
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to wait for the head of a later request."""
        super().on_message_begin()
        if self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """Stop waiting: the head is here."""
        self._came()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.head_s, self._give_up)

    def _came(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        transport: Any = self.transport
        # an answer to an earlier request of this connection may still be on its way
        cycle: Any = self.cycle
        busy = cycle is not None and not cycle.response_complete
        if transport is not None and not transport.is_closing() and not busy:
            transport.write(_ANSWER % (len(_PROBLEM), _PROBLEM))
            transport.close()
