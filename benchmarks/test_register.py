"""Reports arrive by the clock while workers are killed: none is lost, none is kept twice, and the answers stay quick.

The server is ``gridward serve`` with two processes, the county that of `intake_county`. Who sends a report sends it
again under the same key when no answer comes; a few send it again although one came, as phones do that lost it.
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import psycopg
import pytest

from benchmarks.intake_county import SIDE, SOUTH, SRID, WEST, build_county
from gis.crs import transform_xy
from store.cluster import ClusterUrls, PrivateCluster
from store.database.schema import upgrade

SECONDS = float(os.environ.get("GRIDWARD_BENCH_REGISTER_S", "600"))
PER_S = 30.0
CLIENTS = 48
AGAIN_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits before the same report is sent again; the first four lie within five seconds."""
REPEATED = 50
"""Every so many reports are sent once more although they were answered."""
CHANNEL = "bench-register"
ITEMS = ("路灯不亮", "井盖丢失", "积水", "占道经营", "垃圾堆放")


@dataclass(slots=True)
class Sent:
    """One report: its key, seconds from when it was due to its answer, the numbers it was told, how often it went."""

    key: str
    body: bytes
    took: float = 0.0
    nos: list[str] = field(default_factory=list)
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, a token, its process and its database."""

    port: int
    token: str
    process: subprocess.Popen[str]
    urls: ClusterUrls


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    given = os.environ.get("GRIDWARD_BENCH_INTAKE_HOME")
    home = Path(given or tempfile.mkdtemp(prefix="gridward-bench-"))
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=True)
    urls = cluster.ensure()
    if not given:
        upgrade(urls.owner)
        build_county(urls)
    surroundings = os.environ | {
        "GRIDWARD_HOME": str(home),
        "GRIDWARD_JOBS_IN_SERVER": "0",
        "GRIDWARD_LOG_LEVEL": "error",
    }
    command = [str(Path(sys.executable).with_name("gridward"))]
    name = f"bench-{uuid4().hex[:8]}"

    def told(*words: str) -> str:
        return subprocess.run([*command, *words], env=surroundings, check=True, capture_output=True, text=True).stdout

    told("account", "create", name, "--role", "intake_officer", "--json")
    token = str(json.loads(told("account", "token", name, "--json"))["token"])
    process = subprocess.Popen(
        [*command, "serve", "--port", "0", "--workers", "2", "--json"],
        env=surroundings,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(json.loads(process.stdout.readline())["address"].rsplit(":", 1)[1])
    wait_for(port)
    try:
        yield Server(port, token, process, urls)
    finally:
        process.terminate()
        process.wait(30)
        if not given:
            cluster.stop(force=True)


def wait_for(port: int) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + 60
    while not answers(port):
        assert time.monotonic() < until, "the server never answered"
        time.sleep(0.5)


def answers(port: int) -> bool:
    """Ask the server whether it lives."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return status == 200


def reports(count: int, run: str) -> list[Sent]:
    """Make reports all over the county, each with a key of its own."""
    rng = np.random.default_rng(31)
    xy = np.array([WEST, SOUTH]) + rng.uniform(5, SIDE - 5, (count, 2))
    lonlat = transform_xy(xy, SRID, 4326)
    made = []
    for k, (lon, lat) in enumerate(lonlat):
        body = {
            "lon": float(lon), "lat": float(lat), "accuracy_m": 12, "item": ITEMS[k % len(ITEMS)], "channel": CHANNEL,
            "description": f"{run} {k}",
        }  # fmt: skip
        made.append(Sent(f"{run}-{k}", json.dumps(body).encode()))
    return made


def send(server: Server, sent: Sent, connection: http.client.HTTPConnection) -> bool:
    """Send a report once; True when it was answered."""
    headers = {
        "Authorization": f"Bearer {server.token}", "Content-Type": "application/json", "Idempotency-Key": sent.key,
    }  # fmt: skip
    sent.tries += 1
    try:
        connection.request("POST", "/api/v1/incidents", sent.body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    assert answer.status in (200, 201) or answer.status >= 500, (answer.status, content[:300])
    if answer.status < 300:
        sent.nos.append(str(json.loads(content)["incident"]["no"]))
    return answer.status < 300


def deliver(server: Server, waiting: queue.Queue[tuple[float, Sent] | None]) -> None:
    """Send what is due, and again what was not answered."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    count = 0
    while (due := waiting.get()) is not None:
        moment, sent = due
        for pause in (*AGAIN_S, None):
            if send(server, sent, connection):
                break
            assert pause is not None, f"{sent.key} was never answered"
            time.sleep(pause)
        sent.took = time.perf_counter() - moment
        count += 1
        if count % REPEATED == 0:
            send(server, sent, connection)
    connection.close()


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the process ids of a server's workers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    spawned = [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return sorted(spawned)


def kill_later(server: Server, moments: tuple[float, ...], killed: list[int]) -> None:
    """Kill a worker at each of `moments`, in seconds from now."""
    begun = time.perf_counter()
    for k, moment in enumerate(moments):
        time.sleep(max(0.0, begun + moment - time.perf_counter()))
        victim = workers_of(server.process)[k % 2]
        os.kill(victim, signal.SIGKILL)
        killed.append(victim)


def arrivals(server: Server, every: list[Sent]) -> None:
    """Send reports at random moments, whether or not earlier ones were answered."""
    due = np.cumsum(np.random.default_rng(7).exponential(1 / PER_S, len(every)))
    waiting: queue.Queue[tuple[float, Sent] | None] = queue.Queue()
    clients = [threading.Thread(target=deliver, args=(server, waiting)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    begun = time.perf_counter()
    for moment, sent in zip(due, every, strict=True):
        time.sleep(max(0.0, begun + moment - time.perf_counter()))
        waiting.put((begun + moment, sent))
    for _ in clients:
        waiting.put(None)
    for client in clients:
        client.join()


def kept(urls: ClusterUrls, run: str) -> dict[str, tuple[str, int, int]]:
    """Return what the database holds: description -> number, first steps, keys."""
    statement = """
    select i.description, i.no,
           (select count(*) from transition t where t.month = i.month and t.incident_id = i.id),
           (select count(*) from intake_key k where k.incident_id = i.id)
    from incident i where i.channel = %s and i.description like %s
    """
    with psycopg.connect(urls.owner) as connection:
        connection.execute("set gridward.owner = 'on'")
        rows = connection.execute(statement, (CHANNEL, f"{run} %")).fetchall()
    assert len({row[0] for row in rows}) == len(rows), "a report was kept twice"
    return {str(row[0]).replace(" ", "-"): (str(row[1]), int(row[2]), int(row[3])) for row in rows}


def _late(every: list[Sent]) -> npt.NDArray[np.float64]:
    return np.asarray(np.percentile([sent.took * 1000 for sent in every], (50, 95, 99)))


@pytest.mark.timeout(SECONDS * 2 + 300)
def test_none_lost_none_doubled(server: Server) -> None:
    """30 reports a second, two workers killed: each is kept once, and the 95th percentile holds."""
    run = uuid4().hex[:8]
    warm = reports(60, f"w{run}")
    arrivals(server, warm)
    every = reports(int(SECONDS * PER_S), run)
    killed: list[int] = []
    killer = threading.Thread(target=kill_later, args=(server, (SECONDS / 3, SECONDS * 2 / 3), killed))
    killer.start()
    arrivals(server, every)
    killer.join()
    found = kept(server.urls, run)
    again = sum(sent.tries > 1 and len(sent.nos) == 1 for sent in every)
    p50, p95, p99 = _late(every)
    print(
        f"{len(every)} reports in {SECONDS:.0f} s, {len(killed)} workers killed, {again} sent again unanswered:"
        f" {len(found)} kept; p50 {p50:.0f} p95 {p95:.0f} p99 {p99:.0f} ms"
    )
    assert len(killed) == 2
    assert set(found) == {sent.key for sent in every}
    assert all({found[sent.key][0]} == set(sent.nos) for sent in every)
    assert all(steps == keys == 1 for _, steps, keys in found.values())
    assert p95 <= 150
