"""A door that lets a few passwords be checked at a time, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from api.deps import Wiring
from services import access
from services.access import TooManyAttemptsError

Answer = TypeVar("Answer")


class SignInDoor:
    """Lets a few sign-ins in at a time: each password costs a tenth of a second of a core and 64 MiB.

    Who finds too many waiting is sent away at once, so that a flood neither fills the memory nor keeps the threads
    and database connections that everybody else needs.
    """

    def __init__(self, at_once: int = 2, waiting: int = 20) -> None:
        self._threads = CapacityLimiter(at_once)
        self._most = at_once + waiting
        self._inside = 0

    async def pass_through(self, step: Callable[[], Answer]) -> Answer:
        """Run `step` in a thread when its turn comes.

        Raises
        ------
        TooManyAttemptsError
            Too many are waiting.
        """
        if self._inside >= self._most:
            raise TooManyAttemptsError("Too many people are signing in at this moment; try again.", retry_after_s=2)
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(step, limiter=self._threads)
        finally:
            self._inside -= 1


def door_of(wiring: Wiring) -> SignInDoor:
    """Return the application's one door."""
    door: SignInDoor = wiring.parts.setdefault("sign-in", SignInDoor())
    return door


def note_lock_out(wiring: Wiring, name: str, client: str) -> None:
    """Note that a name or a client is shut out, in a transaction of its own."""
    with wiring.system_work() as work:
        access.note_lock_out(work, name, client, now=datetime.now(UTC))
