"""Both servers as real processes of one worker each on one private cluster."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

from benchmarks.serving import ground
from services import access, grid_shapes
from store.cluster import ClusterUrls, PrivateCluster
from store.database import tiles
from store.database.actor import Actor
from store.database.engine import Database, libpq_url
from store.database.schema import upgrade

GRIDWARD = Path(sys.executable).with_name("gridward")


@dataclass
class Ground:
    """The database with its rows, and the account that asks."""

    home: Path
    urls: ClusterUrls
    database: Database
    plans: dict[str, UUID]
    view: tiles.View
    token: str


@contextmanager
def made_ground() -> Iterator[Ground]:
    """Make a private cluster with the ground; GRIDWARD_BENCH_SERVING may name a home to keep for the next run."""
    kept = os.environ.get("GRIDWARD_BENCH_SERVING")
    home = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="gw-serving-"))
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=False)
    urls = cluster.ensure()
    database = Database(urls.app, urls.owner)
    try:
        upgrade(urls.owner)
        plans = _filled(urls, database)
        name = f"bench-{os.getpid()}"
        with database.work(Actor.system()) as work:
            access.create_account(work, name, roles=("planner",))
            token = access.issue_token(work, name, label="bench", now=datetime.now(UTC))
            view = tiles.read_view(work.session)
        yield Ground(home, urls, database, plans, view, token)
    finally:
        database.dispose()
        cluster.stop(force=True)
        if not kept:
            shutil.rmtree(home, ignore_errors=True)


def _filled(urls: ClusterUrls, database: Database) -> dict[str, UUID]:
    import psycopg

    with psycopg.connect(libpq_url(urls.owner)) as connection:
        found = connection.execute(
            "select kind, id from plan union all select 'territory', id from territory"
        ).fetchall()
    if found:
        return dict(found)
    plans = ground.build(libpq_url(urls.owner))
    with database.owner_work(Actor.system()) as work:
        for kind in ("household", "cell"):
            grid_shapes.renew_shapes(work, plans[kind])
    return plans


@contextmanager
def serving(ground: Ground, **settings: str) -> Iterator[int]:
    """Run `gridward serve` with one worker; return its port."""
    environment = {
        "GRIDWARD_HOME": str(ground.home), "GRIDWARD_JOBS_IN_SERVER": "0", "GRIDWARD_LOG_LEVEL": "error", **settings,
    }  # fmt: skip
    with _process([str(GRIDWARD), "serve", "--port"], "/health/live", environment) as port:
        yield port


@contextmanager
def peer(ground: Ground) -> Iterator[int]:
    """Run TiPg with one worker, its pool and tile margin as ours; return its port."""
    parts = urlsplit(libpq_url(ground.urls.owner))
    folder = parse_qs(parts.query)["host"][0]
    environment = {
        "DATABASE_URL": f"postgresql://{parts.username}@{quote(folder, safe='')}{parts.path}",
        "DB_MIN_CONN_SIZE": "4", "DB_MAX_CONN_SIZE": "8", "TIPG_DB_SCHEMAS": '["peer"]', "TIPG_TILE_BUFFER": "64",
        "TIPG_CATALOG_TTL": "0", "TIPG_CORS_ORIGINS": "*",
    }  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "tipg.main:app", "--log-level", "error", "--port"]
    with _process(command, "/healthz", environment) as port:
        yield port


@contextmanager
def _process(command: list[str], alive: str, environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(
            [*command, str(port)], env={**os.environ, **environment}, stdout=log, stderr=log, cwd=tempfile.gettempdir()
        )
        try:
            _wait(process, port, alive, log)
            _settle(process)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _settle(process: subprocess.Popen[bytes]) -> None:
    """Wait until a server that answers has done what it does beside its start (ours loads compiled kernels)."""
    spent = _processor_seconds(process.pid)
    for _ in range(60):
        time.sleep(0.5)
        before, spent = spent, _processor_seconds(process.pid)
        if spent - before < 0.02:
            return


def _processor_seconds(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _wait(process: subprocess.Popen[bytes], port: int, alive: str, log: object) -> None:
    from benchmarks.serving import load

    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            if load.run(port, [alive], at_once=1).statuses.get(200):
                return
        except OSError:
            time.sleep(0.1)
    log.seek(0)  # type: ignore[attr-defined]
    raise RuntimeError(log.read().decode()[-2000:])  # type: ignore[attr-defined]
