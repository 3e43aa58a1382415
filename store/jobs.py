"""The job queue (procrastinate on our own PostgreSQL), and a job's own connection beside its transaction.

Two applications of the queue on purpose: one only adds jobs, inside the caller's SQLAlchemy transaction; the other
only runs them, on connections of its own. One with an open asynchronous connector could not do the former.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import orjson
import psycopg
from procrastinate import App, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from store.database.urls import APP_ROLE, libpq_url

QUEUE = "gridward"
RUN_TASK = "gridward.run"
MOST_ATTEMPTS = 5
_REPORT = """
with job as (
    update job_progress set done = %s, note = %s where id = %s returning id, kind, state, done, note, cancel_asked
), told as (
    insert into outbox (kind, payload)
    select 'job', jsonb_build_object('id', id, 'kind', kind, 'state', state, 'done', done, 'note', note)
    from job where %s
)
select cancel_asked from job
"""
_TELL_END = """
insert into outbox (kind, payload)
select 'job', jsonb_build_object('id', id, 'kind', kind, 'state', state, 'done', done, 'note', note)
from job_progress where id = %s and finished_at is not null
returning id
"""
_log = logging.getLogger(__name__)
# never opened: it only writes through connections that callers bring along
_adder = App(connector=SyncPsycopgConnector(conninfo=""))


class TryAgainError(Exception):
    """A job could not run to its end for a reason that passes; the queue should hand it out again."""


def app_connection_options() -> dict[str, Any]:
    """Return the connection arguments that make a plain psycopg connection act as the application's role."""
    return {"options": f"-c role={APP_ROLE} -c TimeZone=UTC", "connect_timeout": 10, "application_name": "gridward"}


def add_to_queue(session: Session, job_id: UUID) -> int:
    """Queue a job in the session's transaction: no commit, no job.

    Returns
    -------
    int
        The queue's own number of the job.
    """
    connection = session.connection().connection.driver_connection
    task = _adder.configure_task(RUN_TASK, queue=QUEUE, connection=connection)
    return int(task.defer(job_id=str(job_id)))


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that this process now runs."""

    kind: str
    args: dict[str, Any]
    account_id: UUID | None
    acting: dict[str, Any] | None


class JobWatch:
    """A job's autocommit connection: what it reports is seen at once, whatever becomes of its transaction.

    It also holds an advisory lock for as long as the job runs. The lock goes with the connection, so when a process
    dies another one may take the job at once, but never two at a time.

    Parameters
    ----------
    url : str
        The application's database URL.
    job_id : UUID
    """

    def __init__(self, url: str, job_id: UUID) -> None:
        self._url = libpq_url(url)
        self._job_id = job_id
        self._connection: psycopg.Connection[TupleRow] | None = None

    def __enter__(self) -> Self:
        self._connection = psycopg.connect(self._url, autocommit=True, **app_connection_options())
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def begin(self) -> Begun | None:
        """Take the job; None when it ended already (a repeat of the queue).

        Raises
        ------
        TryAgainError
            Another living process runs it.
        """
        (free,) = self._one("select pg_try_advisory_lock(hashtextextended(%s, 0))", (f"job {self._job_id}",)) or (
            False,
        )
        if not free:
            raise TryAgainError("another process runs this job")
        row = self._one(
            "update job_progress set state = 'running' where id = %s and state in ('queued', 'running')"
            " returning kind, args, account_id, acting",
            (self._job_id,),
        )
        return Begun(*row) if row else None

    def report(self, done: float, note: str, *, tell: bool) -> bool:
        """Store how far the job is (0 to 1) and return whether somebody asked to cancel it.

        Parameters
        ----------
        done : float
        note : str
        tell : bool
            Also tell those who listen to events.
        """
        row = self._one(_REPORT, (min(max(done, 0.0), 1.0), note, self._job_id, tell))
        # a job whose row is gone was cleared away: it should stop too
        return row is None or bool(row[0])

    def finish(self, state: str, problem: dict[str, Any]) -> None:
        """End a job that saved nothing, as failed or cancelled, and say so to who listens."""
        text = Jsonb(problem, dumps=lambda value: orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY))
        assert self._connection is not None  # noqa: S101 - entered
        with self._connection.transaction():
            self._connection.execute(
                "update job_progress set state = %s, problem = %s, finished_at = now()"
                " where id = %s and state = 'running'",
                (state, text, self._job_id),
            )
            self.tell_end()

    def tell_end(self) -> None:
        """Tell those who listen how the job ended.

        From this connection, after the job's own transaction: that one is older than the last words on progress, and
        events come in the order of transactions.
        """
        self._one(_TELL_END, (self._job_id,))

    def _one(self, statement: str, values: tuple[object, ...]) -> TupleRow | None:
        assert self._connection is not None  # noqa: S101 - entered
        return self._connection.execute(statement.encode(), values).fetchone()


def make_runner(run: Callable[[UUID, int], None]) -> Callable[[str], App]:
    """Return a function that builds, for a database URL, the application that runs jobs.

    Parameters
    ----------
    run : callable
        Gets a job's id and how often it was tried before; raises `TryAgainError` to have it queued again.
    """

    def build(url: str) -> App:
        app = App(
            connector=PsycopgConnector(conninfo=libpq_url(url), kwargs=app_connection_options(), min_size=1, max_size=4)
        )
        retry = RetryStrategy(max_attempts=MOST_ATTEMPTS, wait=2, retry_exceptions={TryAgainError})

        @app.task(name=RUN_TASK, queue=QUEUE, pass_context=True, retry=retry)
        def run_one(context: Any, job_id: str) -> None:  # noqa: ANN401 - procrastinate's context
            run(UUID(job_id), int(context.job.attempts))

        return app

    return build


@asynccontextmanager
async def running_worker(app: App, *, slots: int, stalled_s: float) -> AsyncIterator[asyncio.Task[None]]:
    """Run jobs from the queue until the block ends.

    Parameters
    ----------
    app : procrastinate.App
        From `make_runner`.
    slots : int
        Jobs at a time, each in a thread.
    stalled_s : float
        After so long without a heartbeat of its worker a job is queued again, in seconds.
    """
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                concurrency=slots,
                install_signal_handlers=False,
                shutdown_graceful_timeout=5,
                fetch_job_polling_interval=5.0,
                update_heartbeat_interval=stalled_s / 3,
                stalled_worker_timeout=stalled_s,
                delete_jobs="successful",
            )
        )
        rescue = asyncio.create_task(_requeue_stalled(app, stalled_s))
        try:
            yield worker
        finally:
            rescue.cancel()
            worker.cancel()
            for task in (rescue, worker):
                with suppress(asyncio.CancelledError):
                    await task


async def _requeue_stalled(app: App, stalled_s: float) -> None:
    """Queue the jobs of dead workers again: nobody else would."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_s):
                _log.warning("a worker died; its job is queued again", extra={"queue_id": job.id})
                await app.job_manager.retry_job(job)
        except Exception:  # noqa: BLE001 - the database may be away for a moment; the next round finds the same jobs
            _log.exception("could not look for jobs of dead workers")
        await asyncio.sleep(max(1.0, stalled_s / 3))
