"""Errors of the driver below SQLAlchemy, told as SQLAlchemy's own, for what is asked of the driver directly."""

from __future__ import annotations

from typing import Any, Final

import psycopg
import sqlalchemy as sa
from psycopg.errors import error_from_result
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

__all__ = ["DIALECT", "database_error", "error_of_result"]

DIALECT: Final = PGDialect_psycopg()  # type: ignore[no-untyped-call]


def database_error(error: psycopg.Error, *, lost: bool = False) -> sa.exc.DBAPIError:
    """Return the error that SQLAlchemy would have raised had it asked.

    Parameters
    ----------
    error : psycopg.Error
    lost : bool
        Whether the connection is gone with it.
    """
    told: Any = sa.exc.DBAPIError.instance(
        None, None, error, psycopg.Error, connection_invalidated=lost, dialect=DIALECT
    )
    return told  # type: ignore[no-any-return]


def error_of_result(result: psycopg.pq.abc.PGresult, *, lost: bool = False) -> sa.exc.DBAPIError:
    """Return the error that a refused statement's `result` tells of; its parameters are those of `database_error`."""
    return database_error(error_from_result(result), lost=lost)
