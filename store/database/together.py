"""Several reads of one transaction in one round trip: what opens at a click needs ten small answers.

Each statement alone costs a trip to the database and, above the driver, several times the work of a small answer.
Here they leave together (libpq's pipeline), with the eyes and limits that their transaction has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from psycopg.rows import namedtuple_row
from sqlalchemy.orm import Session

from store.database.deadline import refuse_late_statements
from store.database.driver import DIALECT, database_error

__all__ = ["PLANNED_ONCE", "Question", "read_together"]

Question = tuple[sa.TextClause, Mapping[str, Any]]
"""A statement, always the same object for the same text, and the values of its binds."""

PLANNED_ONCE: Final[Question] = (sa.text("set local plan_cache_mode = force_generic_plan"), {})
"""Lets the statements after it in a transaction keep the plan of their connection.

Finding the month among a hundred takes a planner far longer than reading one case, and the plan is always the same.
"""


def read_together(session: Session, questions: Sequence[Question]) -> list[list[Any]]:
    """Return the rows that each of several reads finds, as named tuples.

    Parameters
    ----------
    session : Session
        In whose transaction they are asked.
    questions : sequence of tuple
        They are answered in their order, so settings of the transaction may stand before what needs them.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        As if each had been asked by itself.
    """
    connection = session.connection()
    refuse_late_statements()
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            cursors = [
                driver.cursor(row_factory=namedtuple_row).execute(_text(statement), values, prepare=True)
                for statement, values in questions
            ]
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
    except psycopg.Error as error:
        raise database_error(error, lost=driver.closed) from error


@lru_cache(maxsize=256)
def _text(statement: sa.TextClause) -> str:
    return str(statement.compile(dialect=DIALECT))
