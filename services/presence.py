"""Who else has a plan open just now: told between processes, kept in memory for a minute, written nowhere.

Planners want to know that somebody works beside them; nobody needs to know it afterwards. So there is no table: each
page says every few seconds that it is there, every process hears it (PostgreSQL's NOTIFY) and forgets it by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import orjson

from store import presence as store
from store.database import plans as plan_sql
from store.database.work import UnitOfWork

__all__ = ["PresenceBoard", "Present", "leave", "say_present"]

#: Seconds after which a page that was not heard of again is gone.
EXPIRES_S = 60.0
RETRY_S = 1.0
#: Pages that one process remembers; more are no planners.
MOST_PAGES = 5_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has a plan open.

    Attributes
    ----------
    name : str
        Display name of the account.
    me : bool
        The one who asks, in another window.
    grid : str or None
        Code of the grid in hand.
    """

    name: str
    me: bool
    grid: str | None


@dataclass(frozen=True, slots=True)
class _Page:
    name: str
    account: str | None
    grid: str | None
    until: float


class PresenceBoard:
    """What one process knows of open pages.

    Parameters
    ----------
    clock : callable
        Seconds, growing steadily.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._pages: dict[tuple[str, str], _Page] = {}

    def hear(self, words: str) -> None:
        """Take what a page said through some process."""
        said: dict[str, Any] = orjson.loads(words)
        key = (said["plan"], said["page"])
        self._pages.pop(key, None)
        if said["here"]:
            self._forget()
            while len(self._pages) >= MOST_PAGES:
                del self._pages[next(iter(self._pages))]
            self._pages[key] = _Page(said["name"], said["account"], said["grid"], self._clock() + EXPIRES_S)

    def others(self, plan_id: UUID, page: str, account_id: UUID | None) -> list[Present]:
        """Return who has a plan open in other pages than `page`, by name."""
        self._forget()
        mine = None if account_id is None else str(account_id)
        found = [
            Present(each.name, mine is not None and each.account == mine, each.grid)
            for (plan, other), each in self._pages.items()
            if plan == str(plan_id) and other != page
        ]
        return sorted(found, key=lambda one: (one.me, one.name, one.grid or ""))

    async def run(self, url: str) -> None:
        """Listen until cancelled; a lost database is waited for."""
        while True:
            try:
                async for words in store.listen(url):
                    self.hear(words)
            except OSError as error:
                _log.warning("lost the news of open pages; trying again", extra={"reason": str(error).strip()})
            await asyncio.sleep(RETRY_S)

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, page in self._pages.items() if page.until <= now]:
            del self._pages[key]


def say_present(work: UnitOfWork, plan_id: UUID, page: str, grid: str | None) -> None:
    """Tell every process that a page of the caller has a plan open, with a grid in hand.

    Raises
    ------
    NotFoundError
        There is no such plan.
    """
    plan_sql.get_plan(work.session, plan_id)
    _say(work, plan_id, page, grid, here=True)


def leave(work: UnitOfWork, plan_id: UUID, page: str) -> None:
    """Tell every process that a page has closed a plan."""
    _say(work, plan_id, page, None, here=False)


def _say(work: UnitOfWork, plan_id: UUID, page: str, grid: str | None, *, here: bool) -> None:
    account = None if work.actor.account_id is None else str(work.actor.account_id)
    said = {"plan": str(plan_id), "page": page, "name": work.actor.name, "account": account, "grid": grid, "here": here}
    store.tell(work.session, orjson.dumps(said).decode())
