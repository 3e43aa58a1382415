"""Engines: one for the application's own role, one for the owner (migrations, bulk loads, backups)."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

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
from store.database.deadline import refuse_late_statements
from store.database.read_lane import QuickReads, ReadLane
from store.database.trail import Doing
from store.database.urls import APP_ROLE, OWNER_OPTION, libpq_url, sqlalchemy_url
from store.database.work import UnitOfWork

__all__ = ["APP_ROLE", "Database", "Doing", "libpq_url", "sqlalchemy_url"]

logger = logging.getLogger(__name__)

T = TypeVar("T")
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
    lane_size : int
        Further connections per process, for reads that are asked a hundred times a second (`quick`).
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
        pool_size: int = 12,
        lane_size: int = 4,
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
            self.app_url,
            time_zone,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_use_lifo=True,
        )
        self.owner = _engine(self.owner_url, time_zone, OWNER_OPTION, poolclass=NullPool)
        for engine in (self.app, self.owner):
            trail.watch(engine)
        become = _become_app_role(statement_timeout_s)
        event.listen(self.app, "connect", become)
        event.listen(self.app, "before_cursor_execute", refuse_late_statements)
        self.lane = ReadLane(
            self.app_url, lambda driver: become(driver, None), size=lane_size, options=_options(time_zone)
        )

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

    async def quick(self, actor: Actor, patience_s: float, read: Callable[[QuickReads], Awaitable[T]]) -> T:
        """Return what `read` makes of a few statements that see what `actor` may; for what is asked all the time.

        The event loop waits for them by itself; see `store.database.read_lane`.
        """
        try:
            return await read(QuickReads(self.lane, actor, patience_s))
        except DBAPIError as error:
            # starting a server again takes its time
            await asyncio.to_thread(self._explain, error)
            raise

    def on_connections(self, taken: Callable[[], object], returned: Callable[[], object]) -> None:
        """Have a function called whenever a pooled connection is taken, and one whenever it is given back."""
        event.listen(self.app, "checkout", lambda *_: taken())
        event.listen(self.app, "checkin", lambda *_: returned())
        self.lane.taken, self.lane.returned = taken, returned

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.app.dispose()
        self.owner.dispose()
        self.lane.dispose()

    @contextmanager
    def _plain_failures(self) -> Iterator[None]:
        """Turn a lost or full database into a sentence that says what to do."""
        try:
            yield
        except PoolTimeoutError as error:
            raise UnavailableError(
                "All database connections are busy; try again in a moment.", retry_after_s=2
            ) from error
        except DBAPIError as error:
            self._explain(error)
            raise

    def _explain(self, error: DBAPIError) -> None:
        state = getattr(error.orig, "sqlstate", None)
        if isinstance(error, OperationalError) and (error.connection_invalidated or state is None):
            raise self._lost(error) from error
        if state == DISK_FULL:
            raise UnavailableError("The disk is full; nothing was saved. Free some room and try again.") from error

    def _lost(self, error: OperationalError) -> UnavailableError:
        """Log why the server can't be reached, and start it again where that is ours to do."""
        logger.warning("database lost", extra={"reason": str(error.orig)})
        if self._revive is None:
            return UnavailableError("The database does not answer; `gridward db status` says why.", retry_after_s=5)
        if self._reviving.acquire(blocking=False):
            try:
                self._revive()
                self.app.dispose()
                self.lane.dispose()  # its connections ended with the server, too
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
            "options": f"{_options(time_zone)} {extra}",
            "application_name": "gridward",
            "connect_timeout": 10,
        },
        **options,
    )


def _options(time_zone: str) -> str:
    return f"-c jit=off -c TimeZone={time_zone}"


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
