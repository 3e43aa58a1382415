"""Long work: started in a request's transaction, run by a worker, watched and stopped by people.

A job's work and its result are one transaction. A worker that dies leaves nothing half-saved: the queue hands the job
out again, and a job that had already succeeded is not run twice. A task whose parts stand by themselves may save after
each, so that nobody waits for its locks: it says with what to go on, and that is where the next worker begins.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg

from gis.errors import CancelledError, GridwardError, InvalidInputError, NotFoundError, UnavailableError
from services import access
from services.deliveries import Outbound
from services.housekeeping import AUDIT_MONTHS, keep_clear, keep_clocks, keep_sealed
from services.tasks import NEXT, TASKS, UPKEEP
from services.warming import start_beside
from store import jobs as queue
from store.database import jobs as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import JobProgress
from store.database.trail import Doing
from store.database.work import UnitOfWork
from store.jobs import MOST_ATTEMPTS, JobWatch, TryAgainError

_REPORT_EVERY_S = 0.25
_TELL_EVERY_S = 1.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobView:
    """What a person sees of a job.

    Attributes
    ----------
    state : str
        ``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``.
    done : float
        0 to 1.
    note : str
        What it is doing.
    result, problem : dict or None
        What came of it.
    """

    id: UUID
    kind: str
    state: str
    done: float
    note: str
    cancel_asked: bool
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


def start_job(
    work: UnitOfWork,
    kind: str,
    args: dict[str, Any],
    *,
    file: tuple[str, bytes] | None = None,
    names_itself: bool = False,
) -> JobView:
    """Queue a job of `kind` on behalf of the actor; it exists once the unit of work commits.

    Parameters
    ----------
    work : UnitOfWork
    kind : str
        A name in `services.tasks.TASKS`.
    args : dict
        JSON values for the task.
    file : (name, content), optional
        What the task reads; its arguments name the job as ``job``.
    names_itself : bool
        Whether the arguments name the job without a file, too: for a task that makes one.
    """
    if kind not in TASKS:
        raise InvalidInputError(f"There is no job of the kind {kind}.", kind=kind, known=sorted(TASKS))
    acting = access.acting_of(work.actor)
    job = sql.add_job(work.session, kind=kind, args=args, account_id=work.actor.account_id, acting=acting)
    if file is not None:
        sql.keep_file(work.session, job, *file)
    elif names_itself:
        sql.name_itself(work.session, job)
    sql.set_queue_id(work.session, job, queue.add_to_queue(work.session, job.id))
    return _view(job)


def get_job(work: UnitOfWork, job_id: UUID) -> JobView:
    """Return how a job stands."""
    job = sql.get_job(work.session, job_id)
    if job is None or (work.actor.is_limited and job.account_id != work.actor.account_id):
        raise NotFoundError("There is no such job; finished ones are kept for 30 days.", job=str(job_id))
    return _view(job)


def output_of(work: UnitOfWork, job_id: UUID) -> tuple[str, str, bytes]:
    """Return name, media type and content of the file that a job made, to whoever asked for it.

    Raises
    ------
    NotFoundError
        There is no such job of the actor's, it made no file, or it was a day ago.
    """
    found = sql.read_output(work.session, job_id, work.actor.account_id)
    if found is None:
        raise NotFoundError("There is no such file; a job's file is kept for a day.", job=str(job_id))
    return found


def cancel_job(work: UnitOfWork, job_id: UUID) -> JobView:
    """Ask a job to stop; it saves nothing when it does. One that ended already is returned as it is."""
    known = get_job(work, job_id)
    job = sql.get_job(work.session, job_id)
    if job is not None and job.account_id != work.actor.account_id:
        work.actor.require("reviewer", "system_administrator")
    asked = sql.ask_cancel(work.session, job_id)
    if asked is None:
        return known
    view = _view(asked)
    if view.state == "cancelled":
        _announce(work, view)
    return view


class Progress:
    """What long work calls as it goes: ``progress(0.4, "dividing into grids")``.

    Parameters
    ----------
    watch : JobWatch
    stopping : threading.Event
        Set when this process wants to end: the job is then left for another one.
    """

    def __init__(self, watch: JobWatch, stopping: threading.Event) -> None:
        self._watch = watch
        self._stopping = stopping
        self._last: tuple[float, str] = (-1e9, "")
        self._told = -1e9
        self.saved = False

    def __call__(self, done: float, note: str = "") -> None:
        """Report how far the work is.

        Raises
        ------
        CancelledError
            Somebody asked to stop it.
        TryAgainError
            This process is shutting down.
        """
        if self._stopping.is_set():
            raise TryAgainError("this worker is stopping")
        now = monotonic()
        if now - self._last[0] < _REPORT_EVERY_S and note in ("", self._last[1]) and done < 1.0:
            return
        said = note or self._last[1]
        self._last = (now, said)
        tell = now - self._told >= _TELL_EVERY_S
        if tell:
            self._told = now
        if self._watch.report(done, said, tell=tell):
            kept = "what it saved before stays" if self.saved else "nothing was saved"
            raise CancelledError(f"The job was stopped on request; {kept}.")


def run_job(database: Database, job_id: UUID, attempts: int, stopping: threading.Event) -> None:
    """Run one job to its end and store what came of it.

    Raises
    ------
    TryAgainError
        It did not come to an end, for a reason that passes.
    """
    try:
        with JobWatch(database.app_url, job_id) as watch:
            begun = watch.begin()
            if begun is None:
                watch.tell_end()  # whoever ran it may have died before telling
            else:
                _run(database, job_id, begun, watch, Progress(watch, stopping), last=attempts + 1 >= MOST_ATTEMPTS)
    except psycopg.OperationalError as error:
        raise TryAgainError("the database does not answer") from error


def _run(
    database: Database, job_id: UUID, begun: queue.Begun, watch: JobWatch, progress: Progress, *, last: bool
) -> None:
    started = monotonic()
    try:
        progress(0.0)
        with database.work(Actor.system()) as work:
            asked_by = None if begun.kind in UPKEEP else begun.account_id
            actor = access.actor_of_account(work, asked_by, now=datetime.now(UTC), acting=begun.acting)
        args: dict[str, Any] | None = begun.args
        while args is not None:
            with database.work(actor, Doing(f"job {begun.kind}", str(job_id))) as work:
                result = TASKS[begun.kind](work, args, progress)
                args = result.pop(NEXT, None) if result else None
                if args is None:
                    sql.mark_succeeded(work.session, job_id, result)
                else:
                    sql.go_on_with(work.session, job_id, args)
                    progress.saved = True
        watch.tell_end()
    except CancelledError as error:
        watch.finish("cancelled", _problem(error))
    except TryAgainError:
        raise
    except UnavailableError as error:
        if not last:
            raise TryAgainError(error.message) from error
        watch.finish("failed", _problem(error))
    except GridwardError as error:
        watch.finish("failed", _problem(error))
    except Exception:  # noqa: BLE001 - the edge of a job, as of a request: a fault of ours ends it, not the worker
        _log.exception("job failed", extra={"job_id": str(job_id), "kind": begun.kind})
        detail = "Something went wrong on our side; the job's id leads to it in the log."
        watch.finish("failed", {"code": "internal", "detail": detail})
    else:
        seconds = round(monotonic() - started, 2)
        _log.info("job done", extra={"job_id": str(job_id), "kind": begun.kind, "seconds": seconds})


@asynccontextmanager
async def working(
    database: Database,
    *,
    slots: int = 1,
    stalled_s: float = 30.0,
    time_zone: str = "UTC",
    audit_months: int = AUDIT_MONTHS,
    outbound: Outbound | None = None,
) -> AsyncIterator[Callable[[], bool]]:
    """Run jobs and housekeeping in this process until the block ends.

    Yields a function that tells whether the worker still runs.

    A job that is running when the block ends stops at its next progress call, saves nothing and is queued again.
    """
    stopping = threading.Event()
    build = queue.make_runner(lambda job_id, attempts: run_job(database, job_id, attempts, stopping))
    async with queue.running_worker(build(database.app_url), slots=slots, stalled_s=stalled_s) as worker:
        keepers = (
            asyncio.create_task(keep_clear(database, time_zone=time_zone, audit_months=audit_months)),
            asyncio.create_task(keep_sealed(database)),
            asyncio.create_task(keep_clocks(database, outbound or Outbound())),
        )
        try:
            yield lambda: not worker.done()
        finally:
            for keeper in keepers:
                keeper.cancel()
            stopping.set()


async def work_until_told(
    database: Database,
    *,
    slots: int = 1,
    stalled_s: float = 30.0,
    time_zone: str = "UTC",
    audit_months: int = AUDIT_MONTHS,
    outbound: Outbound | None = None,
) -> None:
    """Run jobs until SIGINT or SIGTERM (`gridward worker`).

    Raises
    ------
    UnavailableError
        The worker stopped by itself.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, told.set)
    async with working(
        database,
        slots=slots,
        stalled_s=stalled_s,
        time_zone=time_zone,
        audit_months=audit_months,
        outbound=outbound,
    ) as alive:
        _log.info("worker started", extra={"slots": slots})
        # beside the first jobs: one that measures coverage would wait a second for compiled code
        start_beside(_warm, name="kernels", failure="The kernels of coverage could not be loaded.")
        while not told.is_set():
            if not alive():
                raise UnavailableError("The worker lost the job queue; start it again when the database answers.")
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), 1.0)


def _warm() -> None:
    from services.coverage_warm import settle_heap, warm  # noqa: PLC0415 - brings in compiled kernels

    _log.info("Kernels of coverage are ready.", extra={"seconds": round(warm(), 3)})
    settle_heap()


def _announce(work: UnitOfWork, view: JobView) -> None:
    work.announce("job", {"id": str(view.id), "kind": view.kind, "state": view.state, "done": view.done})


def _problem(error: GridwardError) -> dict[str, Any]:
    # the classes above it tell an answer's status to a process that never met this one
    family = [kind.code for kind in type(error).__mro__ if issubclass(kind, GridwardError)]
    return {**error.fields, "code": error.code, "detail": error.message, "family": family}


def _view(job: JobProgress) -> JobView:
    return JobView(
        job.id,
        job.kind,
        job.state,
        job.done,
        job.note,
        job.cancel_asked,
        job.result,
        job.problem,
        job.created_at,
        job.finished_at,
    )
