"""Reads of one statement each, asked a hundred times a second: a transaction in one round trip, without a session.

A session, its unit of work and SQLAlchemy's results cost several times what a small map tile costs. What is read here
is seen with the same eyes: the role and the areas of the actor are set in the same round trip, under row security.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import namedtuple_row
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from store.database import row_security
from store.database.actor import Actor

_DIALECT = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]


class QuickReads:
    """Statements read with the eyes of one actor.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of the application's role.
    actor : Actor
    patience_s : float or None
        Longest of these statements; that of the connection without it.
    """

    def __init__(self, engine: sa.Engine, actor: Actor, patience_s: float | None = None) -> None:
        self.engine = engine
        self.actor = actor
        self.patience_s = patience_s

    def rows(self, text: sa.TextClause, values: Mapping[str, Any], *, planned_once: bool = False) -> list[Any]:
        """Return the rows of one statement, in a transaction of its own.

        Parameters
        ----------
        text : TextClause
            The same object each time: its form is kept.
        values : Mapping
        planned_once : bool
            Keep one plan for all values; for a statement whose plan costs more than its work.
        """
        statement = _compiled(text)
        raw = self.engine.raw_connection()
        try:
            driver: Any = raw.driver_connection
            try:
                with driver.pipeline(), driver.cursor(binary=True, row_factory=namedtuple_row) as cursor:
                    with driver.cursor() as before:
                        row_security.open_eyes(before, self.actor, self.patience_s)
                        if planned_once:
                            before.execute("set local plan_cache_mode = force_generic_plan")
                    cursor.execute(statement, values, prepare=True)
                    driver.commit()
                    return list(cursor.fetchall())
            except psycopg.OperationalError as error:
                lost = driver.closed or driver.broken
                if lost:
                    raw.invalidate(error)
                raise OperationalError(statement, None, error, connection_invalidated=lost) from error
        finally:
            raw.close()


@cache
def _compiled(text: sa.TextClause) -> str:
    return str(text.compile(dialect=_DIALECT))
