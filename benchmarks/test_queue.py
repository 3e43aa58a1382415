"""The dispatcher's queue over five years of a county's reports, under row security.

GRIDWARD_BENCH_INCIDENTS sets how many incidents there are (1.9 million without it) and GRIDWARD_BENCH_ROUNDS how often
each question is asked. One in forty is open; the rest is archived, but for those of the last days.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from benchmarks.test_row_security import GROUND, INCIDENTS, MONTHS, ROUNDS, SCOPES
from services import incident_views
from services.incident_views import IncidentFilter
from store.cluster import PrivateCluster
from store.database.actor import Actor
from store.database.engine import Database
from store.database.incident_queue import OPEN_STATES, Mine
from store.database.schema import upgrade

MOST_MS = 300.0
FIRST = "case when n % 40 = 0 then 'REPORTED' else 'CLOSED' end"
KEPT = "case when n % 40 = 0 then 'REPORTED' when n % 37 = 0 then 'CLOSED' else 'ARCHIVED' end"
# a limit runs for all open cases but those that rest
STATES = """
alter table incident disable trigger user;
update incident set state = (array['REPORTED','ACCEPTED','OPENED','DISPATCHED','IN_PROGRESS','SUSPENDED','RESOLVED',
    'CHECKING'])[1 + id / 40 % 8], state_at = reported_at,
    due_at = case when id / 40 % 8 <> 5 then now() + (id % 2000 - 300) * interval '1 minute' end,
    soon_at = case when id / 40 % 8 <> 5 then now() + (id % 2000 - 420) * interval '1 minute' end
where state = 'REPORTED';
update incident set severity = case when id % 9 = 0 then 'critical' else 'minor' end,
    description = 'the ' || (array['broken', 'loose', 'dirty', 'blocked', 'flooded'])[1 + id % 5] || ' '
        || (array['kerb', 'drain', 'fence', 'bin', 'sign', 'wall'])[1 + id % 6] || ' at house ' || (id % 97)
        || ', seen by a neighbour on the way to work, it is dangerous for children'
where state <> 'ARCHIVED';
alter table incident enable trigger user;
"""
NOW = datetime.now(UTC)
BLOCK = (116.0, 39.6, 116.03, 39.62)
QUESTIONS: dict[str, IncidentFilter] = {
    "newest": IncidentFilter(now=NOW),
    "open, newest": IncidentFilter(states=OPEN_STATES, now=NOW),
    "open, due first": IncidentFilter(states=OPEN_STATES, by_due=True, now=NOW),
    "critical first": IncidentFilter(states=OPEN_STATES, by_due=True, critical_first=True, now=NOW),
    "words, critical first": IncidentFilter(
        states=OPEN_STATES, by_due=True, critical_first=True, text="flooded bin at house 42", now=NOW
    ),
    "words nobody wrote": IncidentFilter(states=OPEN_STATES, by_due=True, text="nirgends", now=NOW),
    "last figures": IncidentFilter(text="004318", now=NOW),
    "in a box": IncidentFilter(states=OPEN_STATES, by_due=True, critical_first=True, box=BLOCK, now=NOW),
    "one state": IncidentFilter(states=("DISPATCHED",), now=NOW),
    "rare state": IncidentFilter(states=("VOIDED",), now=NOW),
    "late": IncidentFilter(clock="late", by_due=True, now=NOW),
    "soon": IncidentFilter(clock="soon", by_due=True, now=NOW),
    "a town's open": IncidentFilter(states=OPEN_STATES, area=SCOPES["town"], now=NOW),
    "mine": IncidentFilter(mine=Mine(UUID(int=7), UUID(int=8), UUID(int=9)), now=NOW),
    "of a unit": IncidentFilter(unit="U-1", now=NOW),
    "since, until": IncidentFilter(
        since=datetime(2026, 5, 1, tzinfo=UTC), until=datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=3), now=NOW
    ),
    "page 50": IncidentFilter(states=OPEN_STATES, before=("new", datetime(2026, 6, 1, tzinfo=UTC), 10), now=NOW),
}
COUNTS: dict[str, IncidentFilter] = {
    "counts": IncidentFilter(now=NOW),
    "counts, open": IncidentFilter(states=OPEN_STATES, now=NOW),
    "counts, words": IncidentFilter(states=OPEN_STATES, text="flooded bin", now=NOW),
    "counts, in a box": IncidentFilter(states=OPEN_STATES, box=BLOCK, now=NOW),
    "counts, late": IncidentFilter(clock="late", now=NOW),
}


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    home = Path(tempfile.mkdtemp(prefix="gridward-bench-"))
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=False)
    try:
        made = cluster.ensure()
        upgrade(made.owner)
        with psycopg.connect(made.owner, autocommit=True) as connection:
            assert FIRST in GROUND
            filled = (
                GROUND.replace(FIRST, KEPT).replace("%(months)s", str(MONTHS)).replace("%(incidents)s", str(INCIDENTS))
            )
            connection.execute(filled.encode())
            connection.execute(STATES.encode())
            connection.execute("vacuum analyze incident")
        opened = Database(made.app, made.owner)
        yield opened
        opened.dispose()
    finally:
        cluster.stop(force=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.timeout(1800)
def test_filtered_queue_and_counts_answer_in_time(database: Database) -> None:
    slow = []
    print(
        f"\n{INCIDENTS:,} incidents; p50 and p95 ms of {ROUNDS} rounds\nscope   question                   p50     p95"
    )
    for scope, (low, high) in SCOPES.items():
        actor = Actor(None, scope, areas=None if scope == "city" else ((low, high),))
        for name, asked in (QUESTIONS | COUNTS).items():
            took = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                with database.work(actor) as work:
                    if name in COUNTS:
                        incident_views.count_incidents(work, asked)
                    else:
                        incident_views.list_incidents(work, replace(asked, limit=100))
                took.append((time.perf_counter() - begun) * 1000)
            p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
            print(f"{scope:<7} {name:<22} {statistics.median(took):>7.1f} {p95:>7.1f}")
            if p95 > MOST_MS:
                slow.append((scope, name, round(p95)))
    assert slow == []
