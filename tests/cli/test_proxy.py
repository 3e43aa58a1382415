"""`deploy/nginx.conf` as a real nginx runs it, in front of a real server."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime

import pytest

from services import access
from store.database.actor import Actor
from tests.cli.test_serve import ROOT, fetch, own_settings, running

__all__ = ["own_settings"]  # a fixture

MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def proxy(database_urls, tmp_path, monkeypatch):
    """The port of an nginx on an odd port, which speaks TLS for a server behind it."""
    programs = {name: shutil.which(name, path="/usr/sbin:/usr/bin:/bin") for name in ("nginx", "openssl", "curl")}
    if None in programs.values():
        pytest.skip("nginx, openssl or curl is not on this machine")
    subprocess.run(
        [programs["openssl"], "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem",
         "-out", tmp_path / "fullchain.pem", "-days", "2", "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("GRIDWARD_BEHIND_PROXY", "1")
    with running(database_urls, "serve", "--port", "0", "--json") as (_, said):
        assert fetch(said["address"] + "/health/live") == 200
        port = free_port()
        site = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for before, after in (
            ("127.0.0.1:8000", said["address"].removeprefix("http://")),
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("listen 443", f"listen 127.0.0.1:{port}"),
            ("/etc/gridward/tls", str(tmp_path)),
        ):
            assert before in site
            site = site.replace(before, after)
        (tmp_path / "site.conf").write_text(site, encoding="utf-8")
        (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path), encoding="utf-8")
        process = subprocess.Popen([programs["nginx"], "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"])
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("nginx never listened.")


def ask(*words: str) -> str:
    return subprocess.run(["curl", "-sk", *words], capture_output=True, text=True, check=True).stdout


def test_links_lead_back_through_a_proxy_on_an_odd_port(proxy, database):
    home = f"https://localhost:{proxy}"
    with database.work(Actor.system()) as work:
        access.create_account(work, "mei", roles=["planner"])
        token = access.issue_token(work, "mei", label="test", now=datetime.now(UTC))
    for version in ("--http1.1", "--http2"):
        landing = json.loads(ask(version, "--oauth2-bearer", token, f"{home}/ogc/?f=json"))
        assert landing["links"]
        assert all(link["href"].startswith(f"{home}/") for link in landing["links"])
        # a browser tells where a page came from with its port: a change by our own page is not refused for that
        told = ask(
            version, "-H", f"Origin: {home}", "--json", '{"name": "nobody", "password": "wrong"}', "-o", "/dev/null",
            "-w", "%{http_code}", f"{home}/api/v1/session",
        )  # fmt: skip
        assert told == "401"
