"""What a person waits for: locate, search and tiles over HTTP, beside the bare statements in the same minute.

The ground is Liechtenstein where GRIDWARD_TEST_DATA names the folder of extracts, else the demo's central Helsinki.
GRIDWARD_BENCH_HOME may name the home of a demo made before, to save the minute that making one takes.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
import orjson
import psycopg
import pytest
import sqlalchemy as sa
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy.dialects import postgresql

from benchmarks.serving.ground import tiles_over
from services import access
from services.settings import Settings, database_urls
from store.database import tiles
from store.database.actor import Actor
from store.database.engine import Database, libpq_url
from store.database.models.access import BUSINESS, RIGHTS

GRIDWARD = Path(sys.executable).with_name("gridward")
DIALECT = postgresql.dialect(paramstyle="pyformat")
T = TypeVar("T")
TILE_LAYERS = ("grids", "streets", "buildings", "landcover")


@dataclass
class Answer:
    status_code: int
    etag: str
    content: bytes


class Client:
    """One connection kept open; a full-blown client would cost more than many of our answers."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, path: str, body: object = None, **headers: str) -> Answer:
        content = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        kind = {"Content-Type": "application/json"} if content else {}
        self.connection.request("POST" if content else "GET", path, content, {**self.headers, **kind, **headers})
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers.get("ETag", ""), answer.read())


@dataclass
class Town:
    client: Client
    database: Database
    view: tiles.View

    def points(self, count: int, seed: int) -> np.ndarray:
        west, south, east, north = self.view.box
        return np.random.default_rng(seed).uniform((west, south), (east, north), (count, 2))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    named = os.environ.get("GRIDWARD_BENCH_HOME")
    if named:
        yield Path(named)
        return
    made = Path(tempfile.mkdtemp(prefix="gw-bench-"))
    made.chmod(0o711)
    extracts = Path(os.environ.get("GRIDWARD_TEST_DATA", "/nowhere")) / "osm"
    extract = next(iter(extracts.glob("liechtenstein-*.osm.pbf")), None)
    chosen = ["--osm", str(extract)] if extract else []
    environment = {**os.environ, "GRIDWARD_HOME": str(made)}
    subprocess.run([GRIDWARD, "demo", *chosen, "--no-serve"], check=True, env=environment, stdout=subprocess.DEVNULL)
    yield made
    subprocess.run([GRIDWARD, "db", "stop"], check=False, env=environment, stdout=subprocess.DEVNULL)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def town(home: Path) -> Iterator[Town]:
    urls = database_urls(Settings.read(home=home).database)
    database = Database(urls.app, urls.owner)
    name = f"bench-{os.getpid()}"
    with database.work(Actor.system()) as work:
        access.create_account(work, name, roles=(*BUSINESS, *RIGHTS))
        token = access.issue_token(work, name, label="bench", now=datetime.now(UTC))
        view = tiles.read_view(work.session)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "GRIDWARD_HOME": str(home),
        "GRIDWARD_JOBS_IN_SERVER": "0",
        "GRIDWARD_LOG_LEVEL": "error",
    }
    server = subprocess.Popen(
        [GRIDWARD, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    client = Client(port, token)
    try:
        for _ in range(300):
            try:
                client.ask("/health/live")
                break
            except OSError:
                client.connection.close()
                time.sleep(0.1)
        yield Town(client, database, view)
    finally:
        server.terminate()
        server.wait(20)
        with database.work(Actor.system()) as work:
            access.disable_account(work, name, now=datetime.now(UTC))
        database.dispose()


def told(what: str, seconds: list[float], peer: list[float] | None = None) -> dict[str, float]:
    ms = np.array(seconds) * 1000
    figures = {"p50_ms": float(np.median(ms)), "p95_ms": float(np.percentile(ms, 95))}
    line = f"{what}: p50 {figures['p50_ms']:.1f} ms, p95 {figures['p95_ms']:.1f} ms over {len(ms)}"
    if peer is not None:
        bare = np.array(peer) * 1000
        figures |= {"bare_p50_ms": float(np.median(bare)), "ratio": float(np.median(ms) / np.median(bare))}
        line += f"; bare SQL p50 {figures['bare_p50_ms']:.1f} ms, ratio {figures['ratio']:.2f}"
    print(f"\n{line}")
    return figures


def timed(call: Callable[..., T], *given: object, **named: object) -> tuple[float, T]:
    started = time.perf_counter()
    answer = call(*given, **named)
    return time.perf_counter() - started, answer


def report(benchmark: BenchmarkFixture, figures: dict[str, float], seconds: list[float]) -> None:
    """Hand the median to pytest-benchmark, which can time only what it calls itself: a wait of that length."""
    benchmark.extra_info.update({name: round(value, 3) for name, value in figures.items()})
    benchmark.extra_info["requests"] = len(seconds)
    benchmark.pedantic(time.sleep, args=(figures["p50_ms"] / 1000,), rounds=1, iterations=1)


def test_locate_over_http(benchmark: BenchmarkFixture, town: Town) -> None:
    ask = partial(town.client.ask, "/api/v1/locate")
    west, south = town.view.box[:2]
    first, _ = timed(ask, {"lon": west, "lat": south})
    print(f"\nfirst answer, street graph built: {first:.2f} s")
    seconds = []
    for lon, lat in town.points(300, seed=1):
        spent, answer = timed(ask, {"lon": lon, "lat": lat, "accuracy_m": 10})
        assert answer.status_code == 200, answer.content
        seconds.append(spent)
    report(benchmark, told("locate", seconds), seconds)


def test_search_over_http(benchmark: BenchmarkFixture, town: Town) -> None:
    seconds = []
    words = ("Lands", "Landstrasse 1", "a", "Schule", "440", "strasse", "9.52, 47.14", "Vaduz", "村", "Kirche 2")
    for text in words * 10:
        spent, answer = timed(town.client.ask, f"/api/v1/search?q={quote(text)}")
        assert answer.status_code == 200, answer.content
        seconds.append(spent)
    report(benchmark, told("search", seconds), seconds)


@pytest.mark.parametrize("z", [13, 14, 15])
def test_tiles_beside_bare_sql(benchmark: BenchmarkFixture, town: Town, z: int) -> None:
    asked = [
        (layer, *tile)
        for tile in tiles_over(z, 60, town.view.box)
        for layer in TILE_LAYERS
        if layer != "buildings" or z >= 14
    ]
    get = partial(town.client.ask, **{"Accept-Encoding": "zstd"})
    ours, bare, again, unchanged = [], [], [], []
    with psycopg.connect(libpq_url(town.database.app_url), autocommit=True) as connection:
        connection.execute("set jit = off")
        cursor = connection.cursor(binary=True)
        for layer, x, y in asked:
            bare.append(timed(bare_tile, cursor, *tiles.tile_statement(layer, town.view, z, x, y))[0])
            path = f"/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}"
            spent, answer = timed(get, path)
            assert answer.status_code in (200, 204), answer.content
            ours.append(spent)
            again.append(timed(get, path)[0])
            unchanged.append(timed(get, path, **{"If-None-Match": answer.etag})[0])
    figures = told(f"tiles z{z}", ours, bare)
    told(f"tiles z{z}, from the cache", again)
    told(f"tiles z{z}, not modified", unchanged)
    report(benchmark, figures, ours)


def bare_tile(cursor: psycopg.Cursor[Any], statement: sa.TextClause, values: dict[str, Any]) -> object:
    return cursor.execute(str(statement.compile(dialect=DIALECT)), values, prepare=True).fetchone()


def test_thousand_features(benchmark: BenchmarkFixture, town: Town) -> None:
    address = "/ogc/collections/buildings/items?limit=1000"
    seconds = []
    for _ in range(20):
        spent, answer = timed(town.client.ask, address)
        assert orjson.loads(answer.content)["numberReturned"] > 100
        seconds.append(spent)
    report(benchmark, told("1,000 buildings as GeoJSON", seconds), seconds)
