"""Spellings of a database URL, and the plain connection of upkeep. Nothing of SQLAlchemy is imported here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from gis.errors import UnavailableError

APP_ROLE = "gridward_app"
# the login has rights and no policy; a transaction takes one of the first two, upkeep is the owner's
ALL_ROLE = "gridward_all"
AREA_ROLE = "gridward_area"
OWNER_ROLE = "gridward_owner"
# how the owner of the tables says that it means to see all of them: row security is forced on it, too
OWNER_OPTION = "-c gridward.owner=on"


def sqlalchemy_url(url: str) -> str:
    """Return `url` with the psycopg driver named, whatever of the usual prefixes it came with."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise UnavailableError(
        "The database URL must start with postgresql://; set GRIDWARD_DATABASE_URL accordingly.", setting="database_url"
    )


def libpq_url(url: str) -> str:
    """Return `url` as psycopg, pg_dump and procrastinate take it."""
    return "postgresql://" + sqlalchemy_url(url).removeprefix("postgresql+psycopg://")


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Open an autocommit connection for upkeep.

    Raises
    ------
    UnavailableError
        The server does not answer or does not let us in.
    """
    try:
        connection = psycopg.connect(
            libpq_url(url),
            autocommit=True,
            connect_timeout=10,
            application_name="gridward",
            options=OWNER_OPTION,
        )
    except psycopg.OperationalError as error:
        reason = (str(error).strip().splitlines() or ["no message"])[0].strip().rstrip(".")
        raise UnavailableError(
            f"The database does not answer: {reason}.",
            remedy="Check that its server runs and that GRIDWARD_DATABASE_URL is right.",
        ) from None
    with connection:
        yield connection
