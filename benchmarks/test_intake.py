"""Figures of intake over a county: search and location p95, bulk location of points."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import shapely

from benchmarks.intake_county import TERRITORY, build_county
from gis.bulk_locate import rows_holding
from services import gazetteer, search
from store.cluster import PrivateCluster
from store.database.actor import Actor
from store.database.engine import Database
from store.database.schema import upgrade

WORDS = ("胜利村", "slc", "shengli", "新村", "昭阳镇", "营安巷131号", "垛千街 67 号", "zhaoyang")


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    home = Path(tempfile.mkdtemp(prefix="gridward-bench-"))
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=False)
    urls = cluster.ensure()
    upgrade(urls.owner)
    build_county(urls)
    opened = Database(urls.app, urls.owner)
    with opened.owner_work(Actor.system()) as work:
        gazetteer.refresh(work, UUID(TERRITORY))
    yield opened
    opened.dispose()
    cluster.stop(force=True)


def test_search_p95(database: Database) -> None:
    """A name or address among 480,000 addresses."""
    taken = []
    for word in WORDS * 25:
        begun = time.perf_counter()
        with database.work(Actor.system()) as work:
            search.search(work, word)
        taken.append((time.perf_counter() - begun) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"search p95 {p95:.1f} ms")
    assert p95 <= 50


def test_bulk_location() -> None:
    """Points in 1,600 grids."""
    side = np.arange(40)
    squares = np.array([shapely.box(x, y, x + 1, y + 1) for x in side for y in side])
    xy = np.random.default_rng(1).uniform(0, 40, (400_000, 2))
    begun = time.perf_counter()
    found = rows_holding(squares, xy)
    rate = len(xy) / (time.perf_counter() - begun)
    print(f"{rate:,.0f} points a second")
    assert (found >= 0).all()
    assert rate >= 200_000
