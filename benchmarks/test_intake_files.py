"""Figures of intake that need no server: a file of 100,000 past reports with its errors listed, and duplicates."""

from __future__ import annotations

import csv
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
import sqlalchemy as sa

from benchmarks.intake_county import SIDE, SOUTH, SRID, TERRITORY, WEST, build_county
from gis.crs import transform_xy
from services import duplicates
from services.ingest.incidents import load_incidents
from store.cluster import PrivateCluster
from store.database.actor import Actor
from store.database.engine import Database
from store.database.schema import upgrade

ROWS = 100_000
ITEMS = ("路灯不亮", "井盖丢失", "积水", "占道经营", "垃圾堆放")


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    given = os.environ.get("GRIDWARD_BENCH_INTAKE_HOME")
    home = Path(given or tempfile.mkdtemp(prefix="gridward-bench-"))
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=False)
    urls = cluster.ensure()
    if not given:
        upgrade(urls.owner)
        build_county(urls)
    opened = Database(urls.app, urls.owner)
    yield opened
    opened.dispose()
    if not given:
        cluster.stop(force=True)


def write_rows(path: Path) -> None:
    """Write past reports; of each hundred one has no place, one (0, 0), one no time and one its axes turned."""
    rng = np.random.default_rng(5)
    xy = np.array([WEST, SOUTH]) + rng.uniform(5, SIDE - 5, (ROWS, 2))
    lonlat = transform_xy(xy, SRID, 4326)
    first, run = datetime.now(UTC) - timedelta(days=300), uuid4().hex[:8]
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["case_no", "reported", "item", "description", "lon", "lat"])
        for k, (lon, lat) in enumerate(lonlat.tolist()):
            place = {7: ("0", "0"), 27: (str(lat), str(lon)), 37: ("", "")}.get(k % 100, (str(lon), str(lat)))
            at = "no time" if k % 100 == 17 else (first + timedelta(seconds=250 * k)).isoformat()
            words = f"第{k}号门前，请联系138{k % 100_000_000:08d}，灯杆倾斜"
            out.writerow([f"{run}-{k}", at, ITEMS[k % len(ITEMS)], words, *place])


def test_import_of_100_000_rows(database: Database, tmp_path: Path) -> None:
    """Two of a hundred rows are refused and listed, two are kept and flagged; the rest is placed in its grid."""
    path = tmp_path / "reports.csv"
    write_rows(path)
    begun = time.perf_counter()
    with database.work(Actor(None, "bench", frozenset({"intake_officer"}))) as work:
        report = load_incidents(work, path, territory=UUID(TERRITORY), crs="wgs84", skip_rejected=True)
    taken = time.perf_counter() - begun
    print(f"{report.accepted} rows in {taken:.1f} s, {len(report.rejected)} refused, {len(report.flagged)} flagged")
    assert (report.accepted, len(report.rejected), len(report.flagged)) == (98_000, 2_000, 2_000)
    assert taken <= 30


def test_duplicate_candidates_p95(database: Database) -> None:
    """What may be the same thing as a report of the last day, among all the county's reports."""
    newest = "select no from incident where territory_id = :t and point is not null order by reported_at desc limit 400"
    with database.work(Actor.system()) as work:
        nos = list(work.session.scalars(sa.text(newest), {"t": UUID(TERRITORY)}))
    taken = []
    for no in nos:
        begun = time.perf_counter()
        with database.work(Actor.system()) as work:
            duplicates.proposed(work, no)
        taken.append((time.perf_counter() - begun) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"duplicates p95 {p95:.1f} ms")
    assert p95 <= 30
