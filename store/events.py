"""Read the outbox in commit order, and hear of new events.

A trigger lets one transaction at a time write events, from its first one to its commit, so their numbers follow the
order of commits: whoever has seen an event has seen all with lower numbers, however long other transactions stay open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import InvalidInputError
from store.database.urls import libpq_url
from store.jobs import app_connection_options

CHANNEL = "gridward_outbox"


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the stream: the last event seen.

    Attributes
    ----------
    xid : int
        Id of its transaction. It has no part in the order; it tells an event of this database from one with the same
        number in a database that this one was not restored from.
    id : int
        Number of the event.
    """

    xid: int = field(compare=False)
    id: int

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read ``<xid>-<id>``, as event ids are written.

        Raises
        ------
        InvalidInputError
            It is no event id.

        Examples
        --------
        >>> Cursor.parse("812-44") > Cursor(913, 43)
        True
        """
        xid, dash, row = words.strip().partition("-")
        numbers = [int(part) for part in (xid, row) if part.isascii() and part.isdigit() and len(part) <= 18]
        if not dash or len(numbers) != 2:
            raise InvalidInputError(f"{words[:40]!r} is no event id; they look like 812-44.", field="Last-Event-ID")
        return cls(*numbers)

    def __str__(self) -> str:
        """Write the cursor as an event id."""
        return f"{self.xid}-{self.id}"


START = Cursor(0, 0)


@dataclass(frozen=True, slots=True)
class Event:
    """One committed event."""

    cursor: Cursor
    at: datetime
    kind: str
    territory_id: UUID | None
    payload: dict[str, Any]


_READ = """
select xid::text::bigint, id, at, kind, territory_id, payload from outbox where id > %s order by id limit %s
"""
_HEAD = "select xid::text::bigint, id from outbox order by id desc limit 1"
_KNOWN = """
select case when exists (select from outbox)
    then exists (select from outbox where id = %s and xid = %s::text::xid8) else %s = 0 end
"""


def read_after(session: Session, cursor: Cursor, limit: int) -> list[Event]:
    """Return the next events after `cursor`, at most `limit`."""
    rows = session.connection().exec_driver_sql(_READ, (cursor.id, limit)).all()
    return [_event(tuple(row)) for row in rows]


def head(session: Session) -> Cursor:
    """Return the place of the last event."""
    row = session.connection().exec_driver_sql(_HEAD).one_or_none()
    return Cursor(int(row[0]), int(row[1])) if row else START


def is_known(session: Session, cursor: Cursor) -> bool:
    """Whether everything after `cursor` is still there to be read.

    False when its event was pruned, and perhaps others after it, or when it comes from another database (before a
    restore).
    """
    values = (cursor.id, str(cursor.xid), cursor.id)
    return bool(session.connection().exec_driver_sql(_KNOWN, values).scalar())


def prune(session: Session, before: datetime) -> int:
    """Delete events from before `before` and return how many.

    The newest of them stays: it marks from where on nothing is missing.
    """
    deleted = session.execute(
        text(
            "delete from outbox where at < :before"
            " and id < (select max(id) from outbox where at < :before) returning id"
        ),
        {"before": before},
    )
    return len(deleted.all())


class Listener:
    """One asynchronous connection that waits for new events and reads them.

    Parameters
    ----------
    url : str
        The application's database URL.
    """

    def __init__(self, url: str) -> None:
        self._url = libpq_url(url)
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def __aenter__(self) -> Self:
        self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **app_connection_options())
        await self._connection.execute(f"listen {CHANNEL}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def head(self) -> Cursor:
        """Return the place of the last event."""
        rows = await self._rows(_HEAD, ())
        return Cursor(int(rows[0][0]), int(rows[0][1])) if rows else START

    async def read_after(self, cursor: Cursor, limit: int) -> list[Event]:
        """Return the next events after `cursor`, at most `limit`."""
        return [_event(row) for row in await self._rows(_READ, (cursor.id, limit))]

    async def wait(self, seconds: float) -> None:
        """Return when a transaction with events has committed, or after `seconds`."""
        assert self._connection is not None  # noqa: S101 - entered
        async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            pass

    async def _rows(self, statement: str, values: Sequence[object]) -> list[TupleRow]:
        assert self._connection is not None  # noqa: S101 - entered
        return await (await self._connection.execute(statement.encode(), values)).fetchall()


def _event(row: TupleRow) -> Event:
    xid, row_id, at, kind, territory_id, payload = row
    return Event(Cursor(int(xid), int(row_id)), at, kind, territory_id, payload)
