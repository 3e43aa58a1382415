"""`gridward serve` and `gridward worker` as real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("GRIDWARD_") and not name.startswith("GRIDWARD_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GRIDWARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@contextmanager
def running(urls, *words: str, errors=subprocess.DEVNULL):
    """Start a command on a database and yield it with its first line of output."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "GRIDWARD_DATABASE_URL": urls.app,
        "GRIDWARD_DATABASE_OWNER_URL": urls.owner,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
    )
    try:
        yield process, json.loads(process.stdout.readline() or "{}")
    finally:
        # its own session: a server that did not stop is ended with its workers
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def fetch(address: str) -> int:
    """Ask until the server answers: the socket is open before the application is."""
    deadline = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_serve_answers_on_a_free_port_and_stops_on_interrupt(database_urls):
    with running(database_urls, "serve", "--port", "0", "--json") as (process, said):
        assert said["address"].startswith("http://127.0.0.1:")
        assert fetch(said["address"] + "/health/live") == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0


def test_serve_stops_soon_though_nothing_was_compiled_before(database_urls, tmp_path, monkeypatch):
    """Its kernels are compiled for half a minute where the cache is empty: nobody waits for them at the end."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    with running(database_urls, "serve", "--port", "0", "--json") as (process, said):
        assert fetch(said["address"] + "/health/live") == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_serve_with_two_workers_answers_and_stops_them(database_urls):
    with running(database_urls, "serve", "--port", "0", "--workers", "2", "--json") as (process, said):
        assert fetch(said["address"] + "/health/live") == 200
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) in (0, -signal.SIGTERM)
    left = [pid for pid in children if b"cli.main" in read(f"/proc/{pid}/cmdline")]
    assert left == []


def test_figures_of_several_workers_are_answered_together(database_urls):
    with running(database_urls, "serve", "--port", "0", "--workers", "2", "--json") as (_, said):
        address = said["address"]
        fetch(address + "/health/live")
        told = 0
        for _ in range(6):
            for _ in range(10):
                assert fetch(address + "/health/live") == 200
            before = told
            limit = time.monotonic() + 10
            # a request is counted once its answer is on its way, so a scrape by the other process may come before that
            while (told := requests_told(address)) < before + 10 and time.monotonic() < limit:
                time.sleep(0.05)
            # whichever process answers the scrape knows what all of them did
            assert told >= before + 10
        assert told >= 60


def requests_told(address: str) -> float:
    with urllib.request.urlopen(address + "/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    wanted = 'gridward_http_requests_total{method="GET",route="/health/live",status="200"} '
    (line,) = [line for line in lines if line.startswith(wanted)]
    return float(line.removeprefix(wanted))


def test_gauges_of_a_killed_worker_are_forgotten(tmp_path):
    """A scrape sums what lives: the streams of a process that was killed are closed."""
    program = (
        "import os, sys; from api.figures import Figures; figures = Figures(); figures.listeners.inc(3);"
        "figures.events.inc(2); print(os.getpid(), flush=True); sys.stdin.read() and print(figures.exposition().decode())"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, **pipes) as killed, subprocess.Popen(command, **pipes) as other:
        killed.stdout.readline()
        other.stdout.readline()
        killed.kill()
        killed.wait(30)
        told, _ = other.communicate("now", timeout=60)
    assert "gridward_event_listeners 3.0" in told
    assert "gridward_events_read_total 4.0" in told


def read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def test_a_taken_port_is_said_before_anything_is_started(capsys, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main.run(["serve", "--port", str(port), "--json"]) == 2
    problem = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (problem["code"], problem["port"]) == ("unavailable", port)
    assert "another port" in problem["remedy"]
    assert not (tmp_path / "home").exists()


def test_a_network_address_in_the_clear_is_refused(capsys, tmp_path):
    assert main.run(["serve", "--host", "0.0.0.0"]) == 2
    told = capsys.readouterr().err
    assert "Refusing to listen on 0.0.0.0" in told
    assert "GRIDWARD_BEHIND_PROXY" in told
    assert not (tmp_path / "home").exists()


def test_an_address_of_another_machine_is_bad_input(capsys, monkeypatch):
    monkeypatch.setenv("GRIDWARD_BEHIND_PROXY", "1")
    assert main.run(["serve", "--host", "192.0.2.1", "--port", "0"]) == 2
    assert "Cannot listen on 192.0.2.1" in capsys.readouterr().err


def test_worker_waits_for_jobs_and_stops_when_told(database_urls):
    with running(database_urls, "worker", "--json", errors=subprocess.PIPE) as (process, said):
        assert said == {"state": "running", "slots": 1}
        # its own line says that the handlers of signals are in place
        for line in process.stderr:
            if "worker started" in line:
                break
        # and that the first job need not wait for compiled code
        assert any("Kernels of coverage are ready" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0
        process.stderr.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_whoever_comes_by_tls_is_told_to_stay_there(database_urls, tmp_path):
    """What is said on the command line holds in the processes that answer, too: cookies are marked Secure by it."""
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", chain, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    words = ["serve", "--port", "0", "--workers", "2", "--tls-cert", str(chain), "--tls-key", str(key), "--json"]
    with running(database_urls, *words) as (_, said):
        assert said["address"].startswith("https://")
        trusting = ssl.create_default_context(cafile=chain)
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{said['address']}/health/live", context=trusting) as answer:
                    assert answer.headers["strict-transport-security"].startswith("max-age=")
                    break
            except urllib.error.URLError:
                time.sleep(0.1)
        else:
            pytest.fail("The server never answered.")
