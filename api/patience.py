"""How long a client may take to send its request or take its answer, and how much of a head: dawdlers hold no place.

uvicorn waits for the head of a request for ever and takes one of any size. Here a head must be complete soon after its
first byte, or after the connection was opened, and small; the body has its limits in `api.middleware.BodyLimit`. An
answer that is not taken would lie in memory for ever: whoever takes less than a telephone on a poor line is given up.
"""

from __future__ import annotations

import asyncio
import fcntl
import re
import socket
import struct
import termios
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 10.0
HEAD_BYTES = 65_536  # the longest filter that the API takes, escaped, and a proxy's headers besides
TAKING_S = 60.0
SLOWEST = 2048  # bytes a second
_HOST = re.compile(rb"[A-Za-z0-9._-]+(:[0-9]{0,5})?|\[[0-9A-Fa-f:.%A-Za-z0-9-]+\](:[0-9]{0,5})?")
_ANSWER = (
    b"HTTP/1.1 %d %s\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n\r\n%s"
)


def _refusal(status: int, title: str, code: str, detail: str) -> bytes:
    """Return a whole answer: nothing of the application is reached by what is no request yet."""
    problem = {"type": f"urn:gridward:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    content = orjson.dumps(problem)
    return _ANSWER % (status, title.encode(), len(content), content)


_SLOW = _refusal(408, "Request Timeout", "too-slow", "The request was not sent within the time allowed.")
_LONG = _refusal(
    431, "Request Header Fields Too Large", "head-too-large", f"Address and headers take at most {HEAD_BYTES} bytes."
)
_UNREADABLE = _refusal(400, "Bad Request", "bad-request", "This is no HTTP request that can be read.")


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, patient for `HEAD_S` seconds and `HEAD_BYTES` bytes only, and for `TAKING_S` with answers."""

    head_s = HEAD_S
    taking_s = TAKING_S
    slowest = SLOWEST
    _waiting: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None
    _untaken = 0
    _head = 0
    _too_long = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._came()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to look how fast the client takes what lies ready for it."""
        super().pause_writing()
        self._taken()
        self._look_later()

    def resume_writing(self) -> None:
        """Stop looking: it has taken nearly all."""
        self._taken()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Read on, unless a head has no end."""
        if self._waiting is not None:
            self._head += len(data)
        super().data_received(data)
        if self._waiting is not None and self._head > HEAD_BYTES:
            self._came()
            self._refuse(_LONG)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the same words whatever was wrong
        """Refuse what is no HTTP, or too much of it; what follows can not be read, so the connection ends here."""
        self._came()
        transport: Any = self.transport
        cycle: Any = self.cycle
        # it may be in the middle of a body; an answer that has begun is not broken into
        if cycle is None or cycle.response_complete or not cycle.response_started:
            transport.write(_LONG if self._too_long else _UNREADABLE)
        transport.close()

    def on_message_begin(self) -> None:
        """Begin to wait for the head of a later request."""
        super().on_message_begin()
        if self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """Stop waiting: the head is here.

        Raises
        ------
        ValueError
            It is too long, or does not say once which host is meant; the parser passes that on to `send_400_response`.
        """
        self._came()
        hosts = [value for name, value in self.headers if name == b"host"]
        # links of the OGC API are made from it, and caches before us keep answers by it
        if not all(_HOST.fullmatch(value) for value in hosts) or len(hosts) > 1:
            raise ValueError("no host that can be meant")
        if not hosts and self.parser.get_http_version() == "1.1":
            raise ValueError("HTTP/1.1 names its host")
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_BYTES:
            self._too_long = True
            raise ValueError("head too long")
        super().on_headers_complete()

    def _wait(self) -> None:
        self._head = 0
        self._waiting = self.loop.call_later(self.head_s, self._give_up)

    def _came(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _look_later(self) -> None:
        self._untaken = _left_in(self.transport)
        self._taking = self.loop.call_later(self.taking_s, self._look)

    def _look(self) -> None:
        if self._untaken - _left_in(self.transport) < self.slowest * self.taking_s:
            self._taking = None
            connection = self.transport.get_extra_info("socket")
            if connection is not None:  # or the system goes on sending what it keeps
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self._look_later()

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _give_up(self) -> None:
        self._waiting = None
        self._refuse(_SLOW)

    def _refuse(self, answer: bytes) -> None:
        transport: Any = self.transport
        if transport is None or transport.is_closing():
            return
        # an answer to an earlier request of this connection may still be on its way
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            transport.write(answer)
            transport.close()


def _left_in(transport: asyncio.Transport) -> int:
    """Return how many bytes of answers the client has not taken: ours, and those that the system keeps for it.

    The system takes megabytes at once when there is room, so that our own alone would stand still for minutes.
    """
    ours = transport.get_write_buffer_size()
    connection = transport.get_extra_info("socket")
    try:
        told = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    except (AttributeError, OSError):
        return ours  # a system that can't tell
    return ours + int(struct.unpack("i", told)[0])
