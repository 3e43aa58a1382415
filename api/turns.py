"""Requests work by turns: a few at a time, in the order of their coming, so that short ones stay short in a rush.

Python runs one thread at a time and lets it run for 5 ms before another may. Ten requests at once, of fifteen
statements each, wait for one another after every statement; one after the other, all of them are answered sooner.
What turns out to be long steps aside, so that nothing short waits behind it. Measured in docs/adr/0012-turns.md.
"""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.middleware import UNCOUNTED

# one runs while the other waits for the database
AT_ONCE: Final = 2
MOMENT_S: Final = 0.1
_TURN: Final = "gridward.turn"


def step_aside(scope: Scope) -> None:
    """End the turn of a request that from now on waits in the event loop and works in no thread."""
    turn: _Turn | None = scope.get(_TURN)
    if turn is not None:
        turn.end()


class Turns:
    """Let a few requests work at a time; the others wait for their turn, the first to come first.

    A turn begins when the whole request is here, so nobody waits for a sender who dawdles. It ends with the answer, and
    at the latest after a moment: from then on the request works beside the turns, so that reports, files and streams
    hold up nobody.

    Parameters
    ----------
    app : ASGIApp
    at_once : int
        Requests that hold a turn at the same time.
    moment_s : float
        Longest time that a turn lasts, in seconds.
    free : tuple of str
        Beginnings of paths that take no turns: doors open to everybody count who comes and send a rush away at once,
        instead of letting it wait in the way of those who are signed in.
    """

    def __init__(
        self, app: ASGIApp, at_once: int = AT_ONCE, moment_s: float = MOMENT_S, free: tuple[str, ...] = ()
    ) -> None:
        self.app = app
        self.free = free
        self.moment_s = moment_s
        self.at_once = at_once
        # an application may be run by several event loops, one after the other or side by side
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in UNCOUNTED or scope["path"].startswith(self.free):
            await self.app(scope, receive, send)
            return
        turns = self._turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self.at_once))
        turn = scope[_TURN] = _Turn(turns, self.moment_s)

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                await turn.begin()
            return message

        headers = Headers(scope=scope)
        if "transfer-encoding" not in headers and headers.get("content-length", "0") == "0":
            await turn.begin()
        try:
            await self.app(scope, received, send)
        finally:
            turn.end()


class _Turn:
    """The turn of one request; it begins once and ends once."""

    def __init__(self, turns: asyncio.Semaphore, moment_s: float) -> None:
        self._turns = turns
        self._moment_s = moment_s
        self._was_given = False
        self._timer: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Wait until it is this request's turn."""
        if not self._was_given:
            await self._turns.acquire()
            self._was_given = True
            self._timer = asyncio.get_running_loop().call_later(self._moment_s, self.end)

    def end(self) -> None:
        """Let the next one in, if that has not been done yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._turns.release()
