"""A lane of its own for reads that are asked a hundred times a second: few connections, no threads, no sessions.

The event loop itself waits for the database here. A thread, a session and a driver's cursor cost several times what a
small map tile costs. What is read is seen with the same eyes as everywhere: each question is a transaction of its own
that first takes the role and the areas of the actor, in the same round trip (libpq's pipeline), under row security.
The connections are read-only, and their login has rights and no policy: a question without eyes would see nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque, namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count
from typing import Any, Final

import psycopg
import shapely
import sqlalchemy as sa
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import asyncpg

from gis.errors import UnavailableError
from store.database import row_security
from store.database.actor import Actor
from store.database.driver import database_error, error_of_result
from store.database.urls import libpq_url
from store.types import STORAGE_SRID

__all__ = ["Found", "Question", "QuickReads", "ReadLane"]

Question = tuple[sa.TextClause | sa.Select[Any], Mapping[str, Any]]
"""A statement, always the same object for the same text, and the values of its binds (it may have more)."""

WAIT_S: Final = 10.0
MOST_KNOWN: Final = 200
"""Statements that a connection knows; whoever asks in ever new forms must not fill the server's memory."""
READ_ONLY: Final = "-c default_transaction_read_only=on"
_TEXTS = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
# writes the types of binds out, as $1::BIGINT; of the driver that it is named for, nothing is needed
_SELECTS = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_BINARY: Final = 1
_FAILED: Final = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE, ExecStatus.NONFATAL_ERROR)
_numbers = count()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement by the name that a connection knows it by, and the order of its values."""

    name: bytes
    text: bytes
    order: tuple[str, ...]


class Found:
    """What one statement returned."""

    __slots__ = ("_result",)

    def __init__(self, result: psycopg.pq.abc.PGresult) -> None:
        self._result = result

    def bytes_of_one(self) -> bytes:
        """Return the only value of the only row as it came; nothing for NULL."""
        return self._result.get_value(0, 0) or b""

    def as_it_came(self) -> tuple[bytes | None, ...]:
        """Return every value as it came: equal to another answer only if all of that is equal."""
        value, wide = self._result.get_value, range(self._result.nfields)
        return tuple(value(row, column) for row in range(self._result.ntuples) for column in wide)

    def rows(self) -> list[Any]:
        """Return the rows as tuples with names."""
        result = self._result
        reader = Transformer()
        reader.set_pgresult(result)
        names = tuple((result.fname(k) or b"").decode() for k in range(result.nfields))
        return reader.load_rows(0, result.ntuples, _row_of(names)._make)


@cache
def _row_of(names: tuple[str, ...]) -> Any:  # noqa: ANN401 - a class made of names
    return namedtuple("Row", names)  # noqa: PYI024 - the names are known when the program runs


class _Link:
    """One connection, for ever in pipeline mode."""

    __slots__ = ("driver", "known", "pg")

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self.driver = driver
        self.pg = driver.pgconn
        self.pg.nonblocking = 1
        self.pg.enter_pipeline_mode()
        self.known: set[bytes] = set()

    async def ask(self, asked: Sequence[tuple[Statement, Mapping[str, Any]]]) -> list[psycopg.pq.abc.PGresult]:
        """Send statements as one transaction; return the result of each, the last of them perhaps a failure."""
        writer, new = Transformer(), []
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
            self.pg.send_query_params(b"deallocate all", None)
            new.append(b"")
        for statement, values in asked:
            given = [_plain(values[name]) for name in statement.order]
            texts = writer.dump_sequence(given, [PyFormat.TEXT] * len(given))
            if statement.name not in self.known and statement.name not in new:
                self.pg.send_prepare(statement.name, statement.text)
                new.append(statement.name)
            self.pg.send_query_prepared(statement.name, texts, result_format=_BINARY)
        self.pg.pipeline_sync()
        await self._sent()
        found = await self._results()
        prepared = [each for each in found if each.status == ExecStatus.COMMAND_OK]
        self.known.update(new[: len(prepared)])
        return [each for each in found if each.status != ExecStatus.COMMAND_OK]

    async def _sent(self) -> None:
        while self.pg.flush():
            await _ready(self.pg.socket, writing=True)
            self.pg.consume_input()

    async def _results(self) -> list[psycopg.pq.abc.PGresult]:
        found: list[psycopg.pq.abc.PGresult] = []
        while True:
            while self.pg.is_busy():
                await _ready(self.pg.socket)
                self.pg.consume_input()
            result = self.pg.get_result()
            if result is None:  # stands between the results of two statements
                if self.pg.status != ConnStatus.OK:
                    raise psycopg.OperationalError("the connection is lost")
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return found
            found.append(result)

    def close(self) -> None:
        self.driver.close()


class ReadLane:
    """Connections that wait in the event loop; those of different loops may share one lane.

    Parameters
    ----------
    url : str
        Of the application's role.
    prepare : callable
        Makes a new connection the application's.
    size : int
        Connections at most.
    options : str
        For the server, as libpq takes them.

    Attributes
    ----------
    wait_s : float
        How long a question waits for a connection.
    taken, returned : callable
        Called whenever a connection is taken, and given back.
    """

    def __init__(
        self, url: str, prepare: Callable[[psycopg.Connection[Any]], object], *, size: int, options: str = ""
    ) -> None:
        self.url = libpq_url(url)
        self.size = size
        self.wait_s = WAIT_S
        self.taken: Callable[[], object] = _nothing
        self.returned: Callable[[], object] = _nothing
        self._prepare = prepare
        self._options = f"{options} {READ_ONLY}"
        self._idle: list[_Link] = []
        self._open = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[_Link | None]]] = deque()
        self._lock = threading.Lock()

    async def ask(self, asked: Sequence[tuple[Statement, Mapping[str, Any]]]) -> list[Found]:
        """Run statements as one transaction; return what each found.

        Raises
        ------
        UnavailableError
            Every connection stayed busy.
        DBAPIError
            The server refused a statement or is gone.
        """
        link = await self._take()
        self.taken()
        try:
            results = await link.ask(asked)
        except BaseException as error:
            self._drop(link)
            if isinstance(error, psycopg.OperationalError):
                self.dispose()  # the others are as dead
                raise database_error(error, lost=True) from error
            raise
        finally:
            self.returned()
        self._give(link)
        for result in results:
            if result.status in _FAILED:
                raise error_of_result(result)
        return [Found(result) for result in results]

    def dispose(self) -> None:
        """Close every connection that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._open -= len(idle)
        for link in idle:
            link.close()

    async def _take(self) -> _Link:
        while True:
            with self._lock:
                if self._idle:
                    return self._idle.pop()
                loop = asyncio.get_running_loop()
                promised: asyncio.Future[_Link | None] | None = None
                if self._open < self.size:
                    self._open += 1
                else:
                    promised = loop.create_future()
                    self._waiting.append((loop, promised))
            link = await self._wait(promised) if promised is not None else await self._connected()
            if link is not None:
                return link

    async def _wait(self, promised: asyncio.Future[_Link | None]) -> _Link | None:
        try:
            async with asyncio.timeout(self.wait_s):
                return await promised
        except TimeoutError:
            raise UnavailableError(
                "All database connections are busy; try again in a moment.", retry_after_s=2
            ) from None
        finally:
            if promised.cancelled():
                with self._lock:
                    self._waiting = deque(each for each in self._waiting if each[1] is not promised)

    async def _connected(self) -> _Link:
        try:
            return await asyncio.to_thread(self._connect)
        except BaseException as error:
            self._freed()
            if isinstance(error, psycopg.OperationalError):
                raise database_error(error, lost=True) from error
            raise

    def _connect(self) -> _Link:
        driver = psycopg.connect(
            self.url, autocommit=True, connect_timeout=10, application_name="gridward", options=self._options
        )
        self._prepare(driver)
        driver.autocommit = True
        return _Link(driver)

    def _give(self, link: _Link) -> None:
        """Hand a connection to whoever has waited longest, else keep it."""
        here = asyncio.get_running_loop()
        with self._lock:
            while self._waiting:
                loop, promised = self._waiting.popleft()
                if loop is here:
                    if promised.done():
                        continue
                    promised.set_result(link)
                    return
                try:
                    loop.call_soon_threadsafe(self._hand_over, promised, link)
                except RuntimeError:  # that loop has ended
                    continue
                return
            self._idle.append(link)

    def _hand_over(self, promised: asyncio.Future[_Link | None], link: _Link) -> None:
        if promised.done():
            self._give(link)
        else:
            promised.set_result(link)

    def _drop(self, link: _Link) -> None:
        link.close()
        self._freed()

    def _freed(self) -> None:
        """Note that there is room for one more connection, and have somebody who waits open it."""
        with self._lock:
            self._open -= 1
            loop, promised = self._waiting.popleft() if self._waiting else (None, None)
        if loop is not None and promised is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_tell, promised)


class QuickReads:
    """Statements read with the eyes of one actor.

    Parameters
    ----------
    lane : ReadLane
    actor : Actor
    patience_s : float
        Longest of these statements.
    """

    def __init__(self, lane: ReadLane, actor: Actor, patience_s: float) -> None:
        self.lane = lane
        self.actor = actor
        self.patience_s = patience_s

    async def ask(self, *asked: Question, planned_once: bool = False) -> list[Found]:
        """Run statements as one transaction, in one round trip; return what each found.

        Parameters
        ----------
        asked : Question
        planned_once : bool
            Keep one plan for all values, where the actor sees everything: for statements that are planned as well
            without their values, whose planning costs as much as their work.
        """
        limited = self.actor.is_limited
        eyes, values = row_security.eyes_of(self.actor, self.patience_s, planned_once=planned_once)
        first = (_statement(eyes, limited), values)
        found = await self.lane.ask([first, *((_statement(text, limited), each) for text, each in asked)])
        return found[1:]


@lru_cache(maxsize=1024)
def _statement(text: sa.TextClause | sa.Select[Any], limited: bool) -> Statement:
    # a plan holds for one role, so each role has its own: taking turns with one would plan anew each time
    made = text.compile(dialect=_SELECTS if isinstance(text, sa.Select) else _TEXTS)
    order = tuple(getattr(made, "positiontup", None) or ())
    return Statement(f"{'area' if limited else 'all'}_{next(_numbers)}".encode(), str(made).encode(), order)


def _plain(value: object) -> object:
    if isinstance(value, shapely.Geometry):
        return str(shapely.to_wkb(shapely.set_srid(value, STORAGE_SRID), hex=True, include_srid=True))
    return value


async def _ready(descriptor: int, *, writing: bool = False) -> None:
    """Wait until a socket can be read, or written."""
    loop = asyncio.get_running_loop()
    told = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
    add(descriptor, _tell, told)
    try:
        await told
    finally:
        remove(descriptor)


def _tell(told: asyncio.Future[Any]) -> None:
    if not told.done():
        told.set_result(None)


def _nothing() -> None:
    """Nobody wants to know."""
