"""Engines: one for the application's own role, one for the owner (migrations, bulk loads, backups)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import NullPool, QueuePool

from gis.errors import UnavailableError
from store.database import row_security, trail
from store.database.actor import Actor
from store.database.cameras import NETWORK
from store.database.quick_reads import QuickReads
from store.database.trail import Doing
from store.database.urls import APP_ROLE, OWNER_OPTION, libpq_url, sqlalchemy_url
from store.database.work import UnitOfWork

__all__ = ["APP_ROLE", "Database", "Doing", "libpq_url", "sqlalchemy_url"]

logger = logging.getLogger(__name__)

Revive = Callable[[], object]
DISK_FULL = "53100"  # SQLSTATE


class Database:
    """The two doors to one PostGIS database.

    Parameters
    ----------
    app_url : str
        libpq or SQLAlchemy URL; every connection made with it acts as the non-owner role ``gridward_app``.
    owner_url : str
        URL of the owner of the tables; may be equal to `app_url` (the session then switches role itself).
    pool_size : int
        Connections kept per process.
    statement_timeout_s : float
        Longest single statement of a request.
    time_zone : str
        Of the territory: where ``current_date`` changes, which areas begin and end by.
    doing : Doing or None
        What units of work are for that don't tell: the command that this process runs.
    revive : callable or None
        Starts the server again when it is found dead (the private cluster after a `kill -9`).
    """

    def __init__(
        self,
        app_url: str,
        owner_url: str,
        *,
        pool_size: int = 8,
        statement_timeout_s: float = 60.0,
        time_zone: str = "UTC",
        doing: Doing | None = None,
        revive: Revive | None = None,
    ) -> None:
        self.app_url = sqlalchemy_url(app_url)
        self.owner_url = sqlalchemy_url(owner_url)
        self.doing = doing
        self._revive = revive
        self._reviving = threading.Lock()
        self.app = _engine(
            self.app_url, time_zone, poolclass=QueuePool, pool_size=pool_size, max_overflow=4, pool_timeout=10
        )
        self.owner = _engine(self.owner_url, time_zone, OWNER_OPTION, poolclass=NullPool)
        for engine in (self.app, self.owner):
            trail.watch(engine)
        event.listen(self.app, "connect", _become_app_role(statement_timeout_s))

    @contextmanager
    def work(self, actor: Actor, doing: Doing | None = None, patience_s: float | None = None) -> Iterator[UnitOfWork]:
        """Open a unit of work: one transaction, committed when the block ends without an error.

        It sees what `actor` may see and nothing else, by the database's own row security; what it changes leaves a
        line in the audit trail. No statement of it takes longer than `patience_s`, where that is given.
        """
        with self._plain_failures(), Session(self.app, expire_on_commit=False) as session:
            act_as(session, actor, patience_s)
            trail.follow(session)
            work = UnitOfWork(session, actor, doing or self.doing)
            yield work
            work.commit()

    @contextmanager
    def owner_work(self, actor: Actor, doing: Doing | None = None) -> Iterator[UnitOfWork]:
        """Open a unit of work as the owner, for bulk loads that need COPY; same rules as `work`."""
        with self._plain_failures(), Session(self.owner, expire_on_commit=False) as session:
            trail.follow(session)
            work = UnitOfWork(session, actor, doing or self.doing)
            yield work
            work.commit()

    @contextmanager
    def quick(self, actor: Actor, patience_s: float | None = None) -> Iterator[QuickReads]:
        """Open reads of one statement each, for what is asked a hundred times a second; they see what `actor` may."""
        with self._plain_failures():
            yield QuickReads(self.app, actor, patience_s)

    def on_connections(self, taken: Callable[[], object], returned: Callable[[], object]) -> None:
        """Have a function called whenever a pooled connection is taken, and one whenever it is given back."""
        event.listen(self.app, "checkout", lambda *_: taken())
        event.listen(self.app, "checkin", lambda *_: returned())

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.app.dispose()
        self.owner.dispose()

    @contextmanager
    def _plain_failures(self) -> Iterator[None]:
        """Turn a lost or full database into a sentence that says what to do."""
        try:
            yield
        except PoolTimeoutError as error:
            raise UnavailableError(
                "All database connections are busy; try again in a moment.", retry_after_s=2
            ) from error
        except OperationalError as error:
            if error.connection_invalidated or getattr(error.orig, "sqlstate", None) is None:
                raise self._lost(error) from error
            raise
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == DISK_FULL:
                raise UnavailableError("The disk is full; nothing was saved. Free some room and try again.") from error
            raise

    def _lost(self, error: OperationalError) -> UnavailableError:
        """Log why the server can't be reached, and start it again where that is ours to do."""
        logger.warning("database lost", extra={"reason": str(error.orig)})
        if self._revive is None:
            return UnavailableError("The database does not answer; `gridward db status` says why.", retry_after_s=5)
        if self._reviving.acquire(blocking=False):
            try:
                self._revive()
                self.app.dispose()
            except UnavailableError as still:
                return still
            finally:
                self._reviving.release()
        return UnavailableError("The database was down and is being started again; try again.", retry_after_s=2)


def act_as(session: Session, actor: Actor, patience_s: float | None = None) -> None:
    """Give each transaction of a session the eyes of `actor`; the first statement of each opens it so."""

    def on_begin(_session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
        if not transaction.nested:
            row_security.begin(connection.connection.driver_connection, actor, patience_s)

    session.info[NETWORK] = actor.may("camera_network")
    event.listen(session, "after_begin", on_begin)
    if actor.is_limited:
        row_security.limit_selects(session, actor)


def _engine(url: str, time_zone: str, extra: str = "", **options: Any) -> sa.Engine:  # noqa: ANN401 - passed on
    return sa.create_engine(
        url,
        json_serializer=lambda value: orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            "options": f"-c jit=off -c TimeZone={time_zone} {extra}",
            "application_name": "gridward",
            "connect_timeout": 10,
        },
        **options,
    )


def _become_app_role(statement_timeout_s: float) -> Any:  # noqa: ANN401 - an event listener
    def on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - raw psycopg connection
        connection.autocommit = True
        with connection.cursor() as cursor:
            user = cursor.execute("select current_user").fetchone()[0]
            if user != APP_ROLE:
                cursor.execute(f"set role {APP_ROLE}")
            cursor.execute(f"set statement_timeout = {int(statement_timeout_s * 1000)}")
        connection.autocommit = False

    return on_connect
