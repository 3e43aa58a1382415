"""The sweep of clocks: 100,000 that run, 1,000 of them due; and all of them reckoned anew on another calendar.

GRIDWARD_BENCH_CLOCKS sets how many clocks run. Pure arithmetic is measured beside it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest

from casework.calendars import china, read_calendar, to_instant
from casework.limits import due_instants, read_limit
from services import calendars, clock_recompute, clock_sweep, jobs
from store.cluster import PrivateCluster
from store.database.actor import Actor
from store.database.engine import Database
from store.database.schema import upgrade

CLOCKS = int(os.environ.get("GRIDWARD_BENCH_CLOCKS", "100000"))
DUE = 1000
NOW = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)
TERRITORY = UUID("00000000-0000-0000-0000-000000000001")
# one clock of ten rests; the others began within four work days on a limit of five
GROUND = """
insert into territory (id, name, outline, metric_srid) values ('00000000-0000-0000-0000-000000000001', 'Bench',
    st_multi(st_makeenvelope(116, 39, 117, 40, 4326)), 32650);
select ensure_incident_month(date '2026-06-01');
alter table incident disable trigger user;
insert into incident (month, id, territory_id, no, channel, item, state, reported_at, point, locate_method, area_code,
                      town_code, county_code)
select date '2026-06-01', n, '00000000-0000-0000-0000-000000000001', n::text, 'bench', 'lamp', 'IN_PROGRESS',
       timestamptz '2026-06-04',
       st_setsrid(st_makepoint(116.1 + (n %% 317) * 0.0025, 39.1 + (n %% 331) * 0.0024), 4326), 'point', 1, 1, 1
from generate_series(1, %(clocks)s) n;
alter table incident enable trigger user;
insert into clock (month, incident_id, kind, state, owes, limits, measure, total_us, started_at, since, soon_at, due_at,
                   far_at, next_at)
select date '2026-06-01', n, 'stage', 'IN_PROGRESS', 'handling_unit', '[["", 5, "work_day"]]', 'work',
       5 * 7 * 3600 * 1000000::bigint, at, at, at + interval '4 days', at + interval '6 days', at + interval '8 days',
       at + interval '6 days'
from (select n, timestamptz '2026-06-10 02:00Z' - interval '6 days'
             + (case when n <= %(due)s then -n else n end) * interval '1 second' as at
      from generate_series(1, %(clocks)s) n) g;
update clock set fired = 80;
analyze incident;
analyze clock;
"""


@pytest.fixture(scope="module")
def ground() -> Iterator[Database]:
    """A database with the clocks."""
    home = Path(tempfile.mkdtemp(prefix="gridward-clocks-"))
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=False)
    urls = cluster.ensure()
    upgrade(urls.owner)
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("set gridward.owner = 'on'")
        connection.execute((GROUND % {"clocks": CLOCKS, "due": DUE}).encode())
    database = Database(urls.app, urls.owner, statement_timeout_s=120)
    yield database
    database.dispose()
    cluster.stop(force=True)
    shutil.rmtree(home, ignore_errors=True)


def test_a_sweep_of_100000_clocks_with_1000_due(ground: Database) -> None:
    """One sweep fires them all, tells three roles of each and leaves the rest alone; the next finds nothing."""
    started = time.perf_counter()
    fired = clock_sweep.sweep(ground, now=NOW)
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    again = clock_sweep.sweep(ground, now=NOW)
    idle = time.perf_counter() - started
    print(f"\nsweep of {CLOCKS:,} clocks, {fired:,} due: {seconds:.3f} s; with none due: {idle * 1000:.1f} ms")
    assert (fired, again) == (DUE, 0)
    assert seconds <= 1.0


def test_all_clocks_are_reckoned_anew_on_another_calendar(ground: Database) -> None:
    """A new calendar moves every due time, as a job that saves part by part; both results are kept."""
    plain = read_calendar({"code": "plain", "zone": "Asia/Shanghai", "hours": ["09:00-12:00", "13:00-17:00"]})
    with ground.work(Actor.system()) as work:
        first, _ = calendars.save(work, china(), now=NOW, territory=TERRITORY)
    with ground.work(Actor.system()) as work:
        second, _ = calendars.save(work, plain, now=NOW, territory=TERRITORY)
    taken = []
    for view in (first, second):
        assert view.job_id is not None
        started = time.perf_counter()
        jobs.run_job(ground, view.job_id, 1, threading.Event())
        taken.append(time.perf_counter() - started)
    seconds = taken[0]
    with ground.work(Actor.system()) as work:
        ended = [jobs.get_job(work, view.job_id).result for view in (first, second)]
    moved = [result["clocks_moved"] for result in ended if result is not None]
    each = seconds / -(-CLOCKS // clock_recompute.PORTION)
    print(f"\n{CLOCKS:,} clocks reckoned anew: {seconds:.2f} s, {each:.2f} s for {clock_recompute.PORTION:,} cases")
    # both jobs go by the calendar that holds when they run: the second finds everything in place
    assert moved == [CLOCKS, 0]
    assert seconds <= 120.0


def test_due_times_of_100000_starts(benchmark: Any) -> None:  # noqa: ANN401 - pytest-benchmark's fixture
    """Due times by prefix sums, all at once."""
    rng = np.random.default_rng(1)
    begin = to_instant(datetime(2025, 1, 1, tzinfo=UTC))
    starts = rng.integers(begin, begin + timedelta(days=600) // timedelta(microseconds=1), CLOCKS)
    limit = read_limit("4 工作时")
    found = benchmark.pedantic(lambda: due_instants(starts, limit, china()), rounds=5, warmup_rounds=1)
    assert (found > starts).all()
