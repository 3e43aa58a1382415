"""How long a request may take: the database over a statement, by what kind of route it is, and all of it together."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.gates import EXPORTS, QUESTIONS, SAFE_METHODS
from api.problems import problem_of
from services.deadline import Deadline, TookTooLongError, deadline
from services.settings import DatabaseSettings

# asked by reading, but of whole plans, and answered with a report
REPORTS: Final = (
    "/api/v1/reports", "/api/v1/plans/{plan_id}/check", "/api/v1/plans/{plan_id}/impact",
    "/api/v1/plans/{plan_id}/compare", "/api/v1/plans/{plan_id}/quality", "/api/v1/area-changes", "/api/v1/audit",
)  # fmt: skip


def patience_of(method: str, route: str, settings: DatabaseSettings) -> float:
    """Return the longest single statement of a request, in seconds.

    Parameters
    ----------
    method : str
    route : str
        Template of the route.
    settings : DatabaseSettings
    """
    if "/tiles/" in route:
        return settings.tile_timeout_s
    asked = method in SAFE_METHODS or route in QUESTIONS
    if asked and f"GET {route}" not in EXPORTS and not route.startswith(REPORTS):
        return min(settings.question_timeout_s, settings.statement_timeout_s)
    return settings.statement_timeout_s


class WallClock:
    """Answer a request that takes too long, whatever it is about, and see to it that nothing comes of it.

    The clock begins when the whole request is here and ends when its answer begins: a stream or a large file may take
    its time. A thread can't be stopped from outside, so it goes on to its next statement, which is refused.

    Parameters
    ----------
    app : ASGIApp
    limit_s : float
    """

    def __init__(self, app: ASGIApp, limit_s: float) -> None:
        self.app = app
        self.limit_s = limit_s
        self._answers: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        mine = Deadline(monotonic() + self.limit_s)
        is_over = False

        def give_up() -> None:
            nonlocal is_over
            is_over = True
            late = TookTooLongError("This took too long and was stopped. Try again, or ask for less.")
            answer = loop.create_task(problem_of(late)(scope, receive, send))
            self._answers.add(answer)
            answer.add_done_callback(self._answers.discard)

        timer = loop.call_later(self.limit_s, give_up)

        async def received() -> Message:
            nonlocal timer
            message = await receive()
            if message["type"] == "http.request" and mine.until is not None and not is_over:
                timer.cancel()
                mine.until = monotonic() + self.limit_s
                timer = loop.call_later(self.limit_s, give_up)
            return message

        async def sent(message: Message) -> None:
            if is_over:
                return
            timer.cancel()
            mine.until = None
            await send(message)

        token = deadline.set(mine)
        try:
            await self.app(scope, received, sent)
        finally:
            timer.cancel()
            deadline.reset(token)
