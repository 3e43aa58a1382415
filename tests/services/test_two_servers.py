"""Upkeep that two servers do at the same time queues what one would have queued."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services import housekeeping, nightly, report_schedules
from services.coverage import run_coverage
from store.cluster import ClusterUrls
from store.database import live_coverage as live_sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import AreaShape, GridShape, JobProgress, ReportSchedule
from tests.api.town import build_town

TOMORROW = datetime.now(UTC) + timedelta(days=1)
OTHER = """
import sys
from datetime import datetime
from importlib import import_module
from store.database.actor import Actor
from store.database.engine import Database
app, owner, module, name, now = sys.argv[1:]
with Database(app, owner).work(Actor.system()) as work:
    print(getattr(import_module(module), name)(work, now=datetime.fromisoformat(now)))
"""
_WAITERS = sa.text("select count(*) from pg_locks where locktype = 'advisory' and not granted")


@pytest.fixture(scope="module")
def due(database: Database) -> None:
    """A plan whose figures are followed and a schedule whose time has come."""
    town = build_town(database)
    with database.work(Actor.system()) as work:
        live_sql.begin_live(work.session, run_coverage(work, town.plan)[0])
        work.session.add(
            ReportSchedule(
                territory_id=town.territory, name="coverage", title="Monthly", format="csv", lang="en", day=1, hour=0,
                time_zone="UTC",
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("queue", "kind"),
    [(nightly.queue_checks, nightly.CHECK_JOB), (report_schedules.queue_reports, report_schedules.JOB)],
)
def test_two_processes_queue_a_job_once(database: Database, database_urls: ClusterUrls, due: None, queue, kind) -> None:
    root = Path(nightly.__file__).parents[1]
    asked = [database_urls.app, database_urls.owner, queue.__module__, queue.__name__, TOMORROW.isoformat()]
    with database.work(Actor.system()) as work:
        assert queue(work, now=TOMORROW) == 1
        other = subprocess.Popen([sys.executable, "-c", OTHER, *asked], cwd=root, stdout=subprocess.PIPE, text=True)
        with database.work(Actor.system()) as looking:
            while not looking.session.scalar(_WAITERS):
                assert other.poll() is None, "it did not wait for its turn"
                time.sleep(0.05)
    assert other.communicate(timeout=60)[0].strip() == "0"
    with database.work(Actor.system()) as work:
        jobs = work.session.scalars(sa.select(JobProgress).where(JobProgress.kind == kind)).all()
        assert len(jobs) == 1
        if kind == nightly.CHECK_JOB:  # nor while it runs
            jobs[0].state = "running"
            work.session.flush()
            assert queue(work, now=TOMORROW) == 0


def test_two_servers_draw_what_is_missing_once(database: Database, due: None) -> None:
    for forgotten in (AreaShape, GridShape):
        with database.work(Actor.system()) as work:
            work.session.execute(sa.delete(forgotten))
    with ThreadPoolExecutor(2) as servers:
        done = list(servers.map(lambda _: housekeeping.clear_away(database, now=datetime.now(UTC)), range(2)))
    for kind in ("area_shapes", "shapes"):
        first, second = (each[kind] for each in done)
        assert first + second > 0
        assert 0 in (first, second)
