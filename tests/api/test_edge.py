"""The edge of the server: foreign pages, slow clients, odd headers, full pools, an orderly end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest
import sqlalchemy as sa
import uvicorn

from api import gates, middleware
from api.app import create_app
from api.deps import SAFE_METHODS
from api.middleware import RequestContext
from api.patience import PatientProtocol
from api.queries import CHECKED, declared
from services import access
from store.database.actor import Actor
from tests.api.conftest import Client, settings_for
from tests.api.test_audit import routes_of
from tests.api.town import build_town
from tests.cli.test_serve import running

PASSWORD = "a long word to know"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def browser(app, database):
    """A client signed in by cookie, as the page is."""
    with database.work(Actor.system()) as work:
        access.create_account(work, "mei", roles=["planner", "analyst", "export"], password=PASSWORD)
    with Client(app) as client:
        assert client.post("/api/v1/session", json={"name": "mei", "password": PASSWORD}).status_code == 200
        yield client


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"},
     {"Origin": "null"}, {"Origin": "http://testserver.evil.example"}],
)  # fmt: skip
def test_no_change_by_cookie_from_another_site(app, browser, headers):
    """Every route that changes something, as a page of another site would send it with our cookie."""
    sent = 0
    for route in routes_of(app.routes):
        path = re.sub(r"\{[^}]+\}", "00000000-0000-0000-0000-000000000000", route.path)
        if path.startswith(gates.PUBLIC):  # open to everybody: a cookie adds no right there
            continue
        for method in route.methods - SAFE_METHODS:
            if route.operation_id == "sign_in" and not headers:  # it brings no right of its own
                continue
            answer = browser.request(method, path, json={"name": "x", "password": "y"}, headers=headers)
            assert answer.status_code == 403, (method, path, answer.text)
            sent += 1
    assert sent > 60


def test_a_slip_in_a_parameter_is_told_and_not_ignored(app, browser):
    answer = browser.get("/api/v1/incidents", params={"staus": "open", "state": "REPORTED"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
    assert answer.json()["parameters"] == ["staus"]
    assert "Did you mean state?" in answer.json()["detail"]
    # all that the document describes is taken, whichever way a route declares it
    described = app.openapi()["paths"]
    for route in routes_of(app.routes):
        for method in route.methods if route.path.startswith(CHECKED) else ():
            parameters = described.get(route.path, {}).get(method.lower(), {}).get("parameters", [])
            told = {each["name"] for each in parameters if each["in"] == "query"}
            assert declared(route) == told, (method, route.path)


def test_no_other_origin_may_read(browser, client):
    for path in ("/api/v1/session", "/api/v1/plans", "/ogc/collections"):
        asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "GET"}
        for answer in (browser.options(path, headers=asked), client.get(path, headers=asked)):
            assert not [name for name in answer.headers if name.startswith("access-control-")]
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/", "/ogc", "/ogc/collections", "/ogc/collections/grids", "/nowhere.html", "/openapi.json"]
)
def test_pages_run_no_script_of_their_own(client, town, path):
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code < 500
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    if answer.headers["content-type"].startswith("text/html"):
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", answer.text)
        assert not re.search(r"\son\w+\s*=|javascript:", answer.text)
        assert not re.search(r"<style|\sstyle=", answer.text)


@pytest.mark.parametrize(
    "path",
    ["/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/%2e%2e/app.py",
     "/assets//etc/passwd", "/assets/%5c..%5c..%5capp.py", "/%00", "/assets/a%00.js"],
)  # fmt: skip
def test_no_path_leaves_the_folder_of_the_page(server, path):
    with socket.create_connection(("127.0.0.1", int(server.rpartition(":")[2])), 10) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert int(answer.split()[1]) in (200, 400, 401, 404)  # 200: the page itself, for an address of the page's
    assert b"root:" not in answer
    assert b"create_app" not in answer


def test_headers_can_not_be_split(server):
    for value in ("a\r\nSet-Cookie: x=1", "a\nX-Evil: 1", "\x00", "ü", "x" * 65):
        with socket.create_connection(("127.0.0.1", int(server.rpartition(":")[2])), 10) as raw:
            head = f"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-ID: {value}\r\nConnection: close\r\n\r\n"
            raw.sendall(head.encode())
            answer = b"".join(iter(lambda raw=raw: raw.recv(65536), b""))
        told = answer.lower().partition(b"\r\n\r\n")[0]
        assert b"set-cookie" not in told
        assert b"x-evil" not in told
        assert int(answer.split()[1]) in (200, 400)
        if b"x-request-id" in told:
            assert re.search(rb"x-request-id: [a-z0-9._-]{1,64}\r\n", told)


def test_a_body_above_the_limit_is_refused_whether_or_not_it_tells(client, app):
    big = b"x" * (65 * 2**20)
    assert client.post("/api/v1/locate", content=big, headers={"Content-Type": "application/json"}).status_code == 413
    document = {"content": b" " * (33 * 2**20), "headers": {"Content-Type": "application/json"}}
    assert client.post("/api/v1/locate", **document).status_code == 413
    odd = {"Content-Length": "-5"}
    assert client.post("/api/v1/locate", content=b"", headers=odd).status_code in (400, 413)


@pytest.mark.parametrize(
    "path", ["/api/v1/incidents", "/api/v1/session", "/api/v1/follow/" + "t" * 24, "/open311/v2/requests.json"]
)
def test_who_shows_no_credential_sends_a_few_words_only(anonymous, path):
    answer = anonymous.post(path, content=b" " * 2**19, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_secrets_in_addresses_stay_out_of_the_log(anonymous, caplog):
    with caplog.at_level("INFO"):
        assert anonymous.get("/api/v1/follow/" + "Abc123" * 4).status_code == 404
        assert anonymous.get("/api/v1/follow/" + "Abc123" * 4 + "/more").status_code == 404
    told = [str(vars(line)) for line in caplog.records if line.name == "gridward.access"]
    assert len(told) == 2
    assert "/api/v1/follow/{token}" in told[0]
    assert "Abc123" not in "".join(told)


@pytest.fixture(scope="module")
def impatient(app):
    """A real server that waits less long than in earnest."""

    class Quick(PatientProtocol):
        head_s = 1.0
        taking_s = 1.0
        slowest = 16_384

        def connection_made(self, transport):
            # else the system takes the whole answer, and nothing of it lies with the server
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
            super().connection_made(transport)

    # built at the first request: the one that serves must be the one that is changed, whichever test comes first
    layers = app.middleware_stack = app.middleware_stack or app.build_middleware_stack()
    while layers is not None and not isinstance(layers, middleware.BodyLimit):
        layers = getattr(layers, "app", None)
    assert layers is not None
    before, layers.patience_s = layers.patience_s, 1.0
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, http=Quick, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)
    layers.patience_s = before


def sipped(port: int, path: str, sip: int, every: float, most: float = 60, enough: int = 2**40) -> tuple[int, bool]:
    """Take an answer by sips of some bytes; returns how many there were, and whether the server put an end to it."""
    began, taken = time.monotonic(), 0
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096 if sip < 4096 else 65_536)
        raw.settimeout(10)
        raw.connect(("127.0.0.1", port))
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while time.monotonic() - began < most and taken < enough:
            try:
                found = raw.recv(sip)
            except ConnectionResetError:
                return taken, True
            if not found:
                return taken, True
            taken += len(found)
            time.sleep(every)
    return taken, False


def dribble(port: int, head: bytes, drops: bytes, every: float = 0.2, most: float = 15) -> tuple[bytes, float]:
    """Send `head`, then drop by drop until the server answers or closes; returns its answer and how long it took."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        raw.sendall(head)
        raw.settimeout(every)
        answer = b""
        for drop in drops * 100:
            if time.monotonic() - began > most:
                break
            try:
                found = raw.recv(65536)
                if not found:
                    break
                answer += found
            except TimeoutError:
                try:
                    raw.sendall(bytes([drop]))
                except OSError:
                    break
            except OSError:
                break
        return answer, time.monotonic() - began


def test_a_head_that_dawdles_is_cut_off(impatient):
    answer, seconds = dribble(impatient, b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"abc")
    assert b" 408 " in answer
    assert seconds < 6


def test_a_connection_that_says_nothing_is_cut_off(impatient):
    answer, seconds = dribble(impatient, b"", b"", most=6)
    with socket.create_connection(("127.0.0.1", impatient), 10) as raw:
        raw.settimeout(8)
        assert b" 408 " in raw.recv(4096)
    assert answer == b""
    assert seconds < 6


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /health/live?" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431, "head-too-large"),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 12_000 + b"\r\n", 431, "head-too-large"),
        (b"GET /health/live HTTP/1.1\r\nX-Endless: " + b"a" * 600_000, 431, "head-too-large"),
        (b"\x16\x03\x01\x02\x00", 400, "bad-request"),
        (b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "bad-request"),
        (b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n", 400, "bad-request"),
        (b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 400, "bad-request"),
        (b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, "bad-request"),
        (b"GET /health/live HTTP/1.1\r\nHost : x\r\n\r\n", 400, "bad-request"),
        (b"GET /health/live HTTP/1.1\r\n\r\n", 400, "bad-request"),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "bad-request"),
        (b"GET /health/live HTTP/1.1\r\nHost: x/../<b>\r\n\r\n", 400, "bad-request"),
    ],
)  # fmt: skip
def test_what_is_no_request_or_too_much_of_one_is_refused(impatient, sent, status, code):
    with socket.create_connection(("127.0.0.1", impatient), 10) as raw:
        # a first request on the same connection: the second is no less watched
        raw.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 200")
        with suppress(OSError):  # it may be cut off in the middle
            raw.sendall(sent)
        answer = raw.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status, answer
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == code


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0\r\n", b"HTTP/1.1\r\nHost: [::1]:8000\r\n", b"HTTP/1.1\r\nHost: a-b.example:80\r\n"]
)
def test_hosts_that_can_be_meant_are_served(impatient, head):
    with socket.create_connection(("127.0.0.1", impatient), 10) as raw:
        raw.sendall(b"GET /health/live " + head + b"\r\n")
        assert b" 200 " in raw.recv(65536).partition(b"\r\n")[0]


def test_a_long_filter_gets_through(impatient, token):
    answer = httpx.get(
        f"http://127.0.0.1:{impatient}/ogc/collections/grids/items",
        params={"filter": " OR ".join(["households=1"] * 500)},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200


def test_a_body_that_dawdles_is_cut_off_and_changes_nothing(impatient, token):
    head = (
        "POST /api/v1/locate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n"
        f"Authorization: Bearer {token}\r\n\r\n{{"
    )
    answer, seconds = dribble(impatient, head.encode(), b" ")
    assert b" 408 " in answer
    assert b"too-slow" in answer
    assert seconds < 8


def test_slow_clients_keep_nobody_else_waiting(impatient):
    slow = [socket.create_connection(("127.0.0.1", impatient), 10) for _ in range(200)]
    try:
        for each in slow:
            each.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        began = time.monotonic()
        assert httpx.get(f"http://127.0.0.1:{impatient}/health/live", timeout=60).status_code == 200
        assert time.monotonic() - began < 5
    finally:
        for each in slow:
            each.close()


def layer_of(app, kind):
    """The part of an application that is of this kind."""
    layer = app.middleware_stack
    while not isinstance(layer, kind):
        layer = layer.app
    return layer


def test_bodies_on_their_way_shut_out_nobody(impatient, app, token, monkeypatch):
    monkeypatch.setattr(layer_of(app, middleware.Crowd), "most", 3)
    monkeypatch.setattr(layer_of(app, middleware.BodyLimit), "patience_s", 60.0)
    base, header = f"http://127.0.0.1:{impatient}", {"Authorization": f"Bearer {token}"}
    slow = [socket.create_connection(("127.0.0.1", impatient), 10) for _ in range(4)]
    try:
        for each in slow:
            each.sendall(b"POST /api/v1/locate HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
        # the fourth took the place of the first
        slow[0].settimeout(20)
        answer = slow[0].recv(65536)
        assert b" 408 " in answer
        assert b"too-slow" in answer
        assert httpx.get(f"{base}/api/v1/plans", headers=header, timeout=20).status_code == 200
        asked = httpx.post(f"{base}/api/v1/locate", json={"lon": 24.9, "lat": 60.2}, headers=header, timeout=20)
        assert asked.status_code == 200
        slow[3].setblocking(False)
        with pytest.raises(BlockingIOError):  # it came last, and may go on
            slow[3].recv(1)
    finally:
        for each in slow:
            each.close()


def test_a_stream_outlives_the_patience_for_requests(impatient, token):
    header = {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"http://127.0.0.1:{impatient}/api/v1/events", headers=header, timeout=60) as stream:
        began, text = time.monotonic(), ""
        lines = stream.iter_lines()
        while "ready" not in text:
            text += next(lines)
        time.sleep(2.5)
        assert time.monotonic() - began > 2
        assert text.startswith("retry: ")
        assert not stream.is_closed


def test_a_pool_that_is_full_says_come_again(database_urls, tmp_path, make_account):
    app = create_app(settings_for(database_urls, tmp_path, jobs_in_server=False, pool_size=1))
    database = app.state.wiring.database
    database.app.pool._timeout = 1.0
    header = {"Authorization": f"Bearer {make_account('planner')}"}

    def hold(seconds: float) -> None:
        with database.work(Actor.system()) as work:
            work.session.execute(sa.text(f"select pg_sleep({seconds})"))

    with Client(app, headers=header) as client:
        assert client.get("/api/v1/plans").status_code == 200
        with ThreadPoolExecutor(8) as pool:
            held = [pool.submit(hold, 5)]
            time.sleep(1)
            answers = list(pool.map(lambda _number: client.get("/api/v1/plans"), range(3)))
            for each in held:
                each.result()
        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
        assert answers[0].json()["code"] == "unavailable"
        assert client.get("/api/v1/plans").status_code == 200


def test_told_to_stop_it_ends_streams_finishes_requests_and_leaves(database_urls, make_account):
    header = {"Authorization": f"Bearer {make_account('planner')}"}
    with running(database_urls, "serve", "--port", "0", "--json") as (process, said):
        address = said["address"]
        for _ in range(300):
            try:
                httpx.get(f"{address}/health/live")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        with httpx.stream("GET", f"{address}/api/v1/events", headers=header, timeout=60) as stream:
            chunks = stream.iter_text()
            text = next(chunks)
            # a request that is being sent when the word comes
            raw = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 10)
            body = b'{"lon": 24.9, "lat": 60.1}'
            head = f"POST /api/v1/locate HTTP/1.1\r\nHost: x\r\nAuthorization: {header['Authorization']}\r\n"
            raw.sendall(
                f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:5]
            )
            time.sleep(1)
            os.kill(process.pid, signal.SIGTERM)
            raw.sendall(body[5:])
            raw.settimeout(30)
            assert raw.recv(65536).split()[1] in (b"200", b"404", b"409", b"422")
            raw.close()
            text += "".join(chunks)  # ends without an error
        assert text.startswith("retry: ")
        assert process.wait(60) == 0


def test_what_is_cut_off_at_a_stop_is_told_to_come_again(app):
    sent = []

    async def endless(_scope, _receive, _send):
        await asyncio.sleep(60)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    async def cut_off():
        scope = {"type": "http", "method": "GET", "path": "/api/v1/plans", "headers": [], "client": ("127.0.0.1", 1)}
        request = asyncio.ensure_future(
            RequestContext(endless, app.state.wiring.figures, secure=False)(scope, receive, send)
        )
        await asyncio.sleep(0.05)
        request.cancel()
        await request

    asyncio.run(cut_off())
    headers = dict(sent[0]["headers"])
    assert sent[0]["status"] == 503
    assert int(headers[b"retry-after"]) >= 1
    assert headers[b"content-type"] == b"application/problem+json"
    assert json.loads(sent[1]["body"])["code"] == "unavailable"


def test_whoever_takes_an_answer_too_slowly_is_given_up(impatient, anonymous):
    # else a few sockets that never read have every answer kept in memory for good
    whole = len(anonymous.get("/openapi.json").content)
    taken, ended = sipped(impatient, "/openapi.json", 256, 0.1)
    assert ended
    assert taken < whole
    taken, _ = sipped(impatient, "/openapi.json", 65_536, 0.001, enough=whole)
    assert taken >= whole
