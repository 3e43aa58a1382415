"""The event stream and its polling fallback over a real server."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from services import access
from store.database.actor import Actor

URL = "/api/v1/events"


class Stream(threading.Thread):
    """Listens to the stream and keeps what it hears."""

    def __init__(self, address, token, **options):
        super().__init__(daemon=True)
        self.address, self.heard, self.headers, self.ended = address, [], None, threading.Event()
        self.options = {"headers": {"Authorization": f"Bearer {token}", **options.pop("headers", {})}, **options}
        self.leave = threading.Event()
        self.start()

    def run(self):
        with httpx.stream("GET", f"{self.address}{URL}", timeout=120, **self.options) as answer:
            self.headers = answer.headers
            block = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    block[name] = value
                elif block:
                    if "id" in block:  # a beat is a sign of life and no news
                        self.heard.append((block["id"], block["event"], orjson.loads(block["data"])))
                    block = {}
                if self.leave.is_set():
                    break
        self.ended.set()

    def until(self, count, seconds=60):
        end = time.monotonic() + seconds
        while len(self.heard) < count and time.monotonic() < end:
            time.sleep(0.01)
        return [(kind, data) for _, kind, data in self.heard]


def touch(database, layer, box=None):
    with database.work(Actor.system()) as work:
        work.touch(layer, None, box)


def test_layer_changes_arrive_as_events(server, token, database):
    stream = Stream(server, token)
    assert stream.until(1) == [("ready", {})]
    touch(database, "grids", (24.9, 60.1, 25.0, 60.2))
    touch(database, "grids")
    _, first, second = stream.until(3)
    assert first == ("layer", {"layer": "grids", "rev": first[1]["rev"], "bbox": [24.9, 60.1, 25.0, 60.2]})
    assert second == ("layer", {"layer": "grids", "rev": first[1]["rev"] + 1, "bbox": None})
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-store"
    assert "content-encoding" not in stream.headers
    stream.leave.set()


def test_coming_back_with_the_last_event_id_misses_nothing(server, token, database):
    stream = Stream(server, token)
    stream.until(1)
    touch(database, "cameras")
    stream.until(2)
    last = stream.heard[-1][0]
    stream.leave.set()
    for _ in range(3):
        touch(database, "cameras")
    for options in ({"headers": {"Last-Event-ID": last}}, {"params": {"after": last}}):
        again = Stream(server, token, **options)
        assert [data["layer"] for _, data in again.until(3)] == ["cameras"] * 3
        again.leave.set()
    touch(database, "cameras")


def test_polling_gives_the_same_events(client, database):
    begin = client.get(f"{URL}/poll").json()
    assert begin["events"] == []
    touch(database, "atoms")
    touch(database, "gaps")
    first = client.get(f"{URL}/poll", params={"after": begin["last"], "limit": 1}).json()
    rest = client.get(f"{URL}/poll", params={"after": first["last"]}).json()
    assert [each["data"]["layer"] for each in first["events"] + rest["events"]] == ["atoms", "gaps"]
    assert rest["last"] == rest["events"][-1]["id"]
    assert client.get(f"{URL}/poll", params={"after": rest["last"]}).json()["events"] == []


def test_stream_and_polling_need_a_sign_in(server):
    for path in (URL, f"{URL}/poll"):
        assert httpx.get(f"{server}{path}").status_code == 401


@pytest.mark.parametrize("last", ["x", "1", "-", "9" * 40 + "-1"])
def test_bad_event_ids_are_refused(client, last):
    assert client.get(URL, headers={"Last-Event-ID": last}).status_code == 422
    assert client.get(f"{URL}/poll", params={"after": last}).status_code == 422
    assert client.get(f"{URL}/poll", params={"limit": 0}).status_code == 422


def test_stream_ends_when_the_account_is_disabled(server, database, make_account, monkeypatch):
    from services import events

    monkeypatch.setattr(
        events.EventHub.stream, "__kwdefaults__", {**events.EventHub.stream.__kwdefaults__, "heartbeat_s": 0.1}
    )
    stream = Stream(server, make_account("analyst", name="listener"))
    stream.until(1)
    assert not stream.ended.wait(0.5)
    with database.work(Actor.system()) as work:
        access.disable_account(work, "listener", now=datetime.now(UTC))
    assert stream.ended.wait(60)


SERVE = """
import sys
from pathlib import Path
import uvicorn
from api.app import create_app
from services.settings import Settings

home, app_url, owner_url = sys.argv[1:]
settings = Settings.read(home=Path(home), database_url=app_url, database_owner_url=owner_url, jobs_in_server=False)
config = uvicorn.Config(create_app(settings), port=0, log_level="info", timeout_graceful_shutdown=20)
uvicorn.Server(config).run()
"""


def test_server_that_is_told_to_stop_does_not_wait_for_open_streams(database_urls, token, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, tmp_path, database_urls.app, database_urls.owner],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = next(found[0] for line in process.stderr if (found := re.findall(r"http://[\d.:]+", line)))
        stream = Stream(address, token)
        assert stream.until(1) == [("ready", {})]
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert stream.ended.wait(60)
    finally:
        process.kill()
        process.stderr.close()
