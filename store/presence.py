"""News of open pages between processes: PostgreSQL's NOTIFY, which keeps nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.urls import libpq_url
from store.jobs import app_connection_options

CHANNEL = "gridward_presence"


def tell(session: Session, words: str) -> None:
    """Send words to every process that listens, once the transaction has committed."""
    session.execute(sa.text("select pg_notify(:channel, :words)"), {"channel": CHANNEL, "words": words})


async def listen(url: str) -> AsyncIterator[str]:
    """Yield what is told, until the connection is lost.

    Raises
    ------
    ConnectionError
        The database can't be reached, or is no more.
    """
    try:
        connection = await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True, **app_connection_options())
        async with connection:
            await connection.execute(f"listen {CHANNEL}")
            async for note in connection.notifies():
                yield note.payload
    except psycopg.Error as error:
        raise ConnectionError(str(error).strip()) from error
