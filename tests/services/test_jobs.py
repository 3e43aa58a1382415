"""Jobs on the real queue: done, failed, stopped, refused, and taken over from a killed worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from gis.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import access, housekeeping, jobs
from services.tasks import TASKS
from store.database.actor import Actor
from store.database.models import Audit, JobProgress, Outbox


def leave_a_mark(work, args, progress):
    access.record(work, "test.mark", args["mark"])
    progress(0.5, "marked")
    return {"mark": args["mark"], "by": work.actor.name}


def refuse(work, args, progress):
    access.record(work, "test.mark", "refused")
    raise ConflictError("This does not go together.", place=[1.5, 2.5])


def break_down(work, args, progress):
    access.record(work, "test.mark", "broken")
    raise ZeroDivisionError("secret detail")


def take_long(work, args, progress):
    access.record(work, "test.mark", "long")
    for step in range(400):
        progress(step / 400, f"step {step}")
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def tasks(monkeypatch):
    for name, task in {"mark": leave_a_mark, "refuse": refuse, "break": break_down, "long": take_long}.items():
        monkeypatch.setitem(TASKS, name, task)


@contextmanager
def worker(database, **options):
    """A worker in a thread of its own, as the server runs it."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def run():
        async with jobs.working(database, **options):
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not thread.is_alive()
        loop.close()


def start(database, kind, actor=None, **args):
    with database.work(actor or Actor.system()) as work:
        return jobs.start_job(work, kind, args).id


def look(database, job_id):
    with database.work(Actor.system()) as work:
        return jobs.get_job(work, job_id)


def wait_for(database, job_id, *states, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        view = look(database, job_id)
        if view.state in states:
            return view
        time.sleep(0.05)
    raise AssertionError(f"still {view.state}: {view}")


def marks(database, target):
    with database.work(Actor.system()) as work:
        return work.session.scalar(
            sa.select(sa.func.count()).where(Audit.action == "test.mark", Audit.target == target)
        )


def test_job_runs_on_behalf_of_its_account_and_keeps_its_result(database):
    with database.work(Actor.system()) as work:
        account = access.create_account(work, "jobber", roles=["planner"])
        actor = Actor(account.id, "jobber", frozenset({"planner"}))
    with worker(database):
        job_id = start(database, "mark", actor, mark="one")
        view = wait_for(database, job_id, "succeeded")
    assert (view.result, view.done, view.problem) == ({"mark": "one", "by": "jobber"}, 1.0, None)
    assert marks(database, "one") == 1
    with database.work(Actor.system()) as work:
        said = work.session.scalars(
            sa.select(Outbox.payload)
            .where(Outbox.kind == "job", Outbox.payload["id"].astext == str(job_id))
            .order_by(Outbox.id)
        ).all()
        author = work.session.scalar(sa.select(Audit.account_id).where(Audit.target == "one"))
    assert author == actor.account_id
    assert said[-1] == {"id": str(job_id), "kind": "mark", "state": "succeeded", "done": 1, "note": "marked"}


def test_rolled_back_request_leaves_no_job(database):
    with database.work(Actor.system()) as work:
        job_id = jobs.start_job(work, "mark", {"mark": "never"}).id
        work.session.rollback()
    with pytest.raises(NotFoundError):
        look(database, job_id)
    with database.work(Actor.system()) as work:
        rows = work.session.execute(
            sa.text("select count(*) from procrastinate_jobs where args->>'job_id' = :id"), {"id": str(job_id)}
        )
        assert rows.scalar_one() == 0


def test_unknown_kind_is_refused(database):
    with pytest.raises(InvalidInputError):
        start(database, "no-such-thing")


def test_failures_are_kept_as_problems_and_save_nothing(database):
    with worker(database):
        refused = wait_for(database, start(database, "refuse"), "failed")
        broken = wait_for(database, start(database, "break"), "failed")
    assert refused.problem == {
        "code": "conflict",
        "detail": "This does not go together.",
        "place": [1.5, 2.5],
        "family": ["conflict", "error"],
    }
    assert broken.problem["code"] == "internal"
    assert "secret" not in str(broken.problem)
    assert marks(database, "refused") == marks(database, "broken") == 0


def test_running_job_stops_on_request_and_saves_nothing(database):
    with worker(database):
        job_id = start(database, "long")
        wait_for(database, job_id, "running")
        with database.work(Actor.system()) as work:
            assert jobs.cancel_job(work, job_id).cancel_asked
        view = wait_for(database, job_id, "cancelled", seconds=60)
    assert view.problem["code"] == "cancelled"
    assert 0 <= view.done < 1
    assert marks(database, "long") == 0


def test_waiting_job_is_cancelled_at_once_and_never_runs(database):
    job_id = start(database, "mark", mark="cancelled early")
    with database.work(Actor.system()) as work:
        assert jobs.cancel_job(work, job_id).state == "cancelled"
        assert jobs.cancel_job(work, job_id).state == "cancelled"
    with worker(database):
        wait_for(database, start(database, "mark", mark="after"), "succeeded")
    assert look(database, job_id).state == "cancelled"
    assert marks(database, "cancelled early") == 0


def test_only_its_account_or_an_administrator_stops_a_job(database):
    job_id = start(database, "mark", mark="kept")
    with database.work(Actor.system()) as work:
        stranger = access.create_account(work, "stranger", roles=["planner"])
    with pytest.raises(NotAllowedError), database.work(Actor(stranger.id, "stranger", frozenset({"planner"}))) as work:
        jobs.cancel_job(work, job_id)


def test_job_of_a_disabled_account_does_not_run(database):
    with database.work(Actor.system()) as work:
        account = access.create_account(work, "gone", roles=["planner"])
    job_id = start(database, "mark", Actor(account.id, "gone"), mark="by gone")
    with database.work(Actor.system()) as work:
        access.disable_account(work, "gone", now=datetime.now(UTC))
    with worker(database):
        assert wait_for(database, job_id, "failed").problem["code"] == "not-signed-in"
    assert marks(database, "by gone") == 0


def test_finished_job_does_not_run_again(database):
    with worker(database):
        job_id = start(database, "mark", mark="once")
        wait_for(database, job_id, "succeeded")
    jobs.run_job(database, job_id, 1, threading.Event())
    assert marks(database, "once") == 1


def test_stopping_worker_leaves_its_job_to_the_next(database):
    job_id = start(database, "long")
    with worker(database):
        wait_for(database, job_id, "running")
    assert look(database, job_id).state == "running"
    with database.work(Actor.system()) as work:
        jobs.cancel_job(work, job_id)
    with worker(database):
        wait_for(database, job_id, "cancelled")


KILLED = """
import asyncio, os, sys, time
from services import access, housekeeping, jobs
from services.tasks import TASKS
from store.database.engine import Database

def fragile(work, args, progress):
    access.record(work, "test.mark", "fragile")
    progress(0.1, "first worker")
    time.sleep(600)

TASKS["fragile"] = fragile
asyncio.run(jobs.work_until_told(Database(*sys.argv[1:3]), stalled_s=5))
"""


def test_job_of_a_killed_worker_is_done_by_another_one(database, database_urls, monkeypatch):
    def sturdy(work, args, progress):
        access.record(work, "test.mark", "fragile")
        return {"second": True}

    monkeypatch.setitem(TASKS, "fragile", sturdy)
    job_id = start(database, "fragile")
    process = subprocess.Popen([sys.executable, "-c", KILLED, database_urls.app, database_urls.owner])
    try:
        wait_for(database, job_id, "running")
        with database.work(Actor.system()) as work:
            assert work.session.scalar(sa.select(JobProgress.note).where(JobProgress.id == job_id)) is not None
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.wait(60)
    with worker(database, stalled_s=5):
        view = wait_for(database, job_id, "succeeded", seconds=40)
    assert view.result == {"second": True}
    assert marks(database, "fragile") == 1


def test_worker_process_ends_cleanly_when_told(database, database_urls):
    process = subprocess.Popen([sys.executable, "-c", KILLED, database_urls.app, database_urls.owner])
    wait_for(database, start(database, "mark", mark="unknown to that process"), "failed")
    process.send_signal(signal.SIGTERM)
    assert process.wait(90) == 0


def test_old_jobs_are_forgotten(database):
    with worker(database):
        job_id = start(database, "mark", mark="old")
        wait_for(database, job_id, "succeeded")
    with database.work(Actor.system()) as work:
        assert housekeeping.forget_old_jobs(work, now=datetime.now(UTC)) == 0
        assert housekeeping.forget_old_jobs(work, now=datetime.now(UTC) + timedelta(days=31)) > 0
    with pytest.raises(NotFoundError):
        look(database, job_id)


def test_arguments_that_do_not_fit_are_a_problem_of_the_job(database):
    with worker(database):
        view = wait_for(database, start(database, "partition", tolerance="much"), "failed", seconds=90)
    assert view.problem["code"] == "invalid-input"
    assert view.problem["field"] == "tolerance"
