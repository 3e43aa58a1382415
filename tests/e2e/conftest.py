"""A real server on the demo's data, and a real browser that can reach nothing but it."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from store.cluster import ClusterUrls

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
SOFTWARE_GL = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-dev-shm-usage",
]
ONLY_LOOPBACK = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
NO_WEBGL = ["--no-sandbox", "--disable-3d-apis", "--disable-dev-shm-usage"]
# Software rendering on a busy machine blocks the page for seconds at a time.
expect.set_options(timeout=20_000)
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
#: Pixels of the screen to a pixel of the page: drawing the map in software is a third of the work of these tests.
COARSE = 0.5
PLANNER, REVIEWER = "p-07", "r-12"
#: Tells programs that tests start to measure themselves. What a browser asks of the server the tests of the API ask
#: too, and a server that is measured answers half as fast.
MEASURED = "COVERAGE_PROCESS_CONFIG"
#: What a command prints once it serves.
SAID = {
    "demo": r"Open (http://127\.0\.0\.1:\d+)/#/sign-in\?code=\S+",
    "serve": r"Serving (http://127\.0\.0\.1:\d+)",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder; a busy machine that draws in software gets two more tries, told in the summary."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.flaky(reruns=2))


@dataclass(slots=True)
class Server:
    """The server under test: its address, and the environment it runs in."""

    base: str
    environment: dict[str, str]

    def command(self, *arguments: str) -> str:
        """Run `gridward` against the same database and return what it says."""
        run = subprocess.run(
            [_gridward(), *arguments], env=self.environment, capture_output=True, text=True, timeout=60, check=True
        )
        return run.stdout

    def fresh_link(self) -> str:
        """Return a new one-time sign-in link that points at this server."""
        found = re.search(r"#/sign-in\?code=\S+", self.command("account", "link", "demo"))
        assert found is not None
        return f"{self.base}/{found[0]}"


def _gridward() -> str:
    return str(Path(sys.executable).with_name("gridward"))


def _wait_for(what: str, process: subprocess.Popen[str], log: Path) -> str:
    """Return the address that a command prints; say what it printed instead when it never does."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with log.open("w") as copy:
            for line in process.stdout:
                copy.write(line)
                copy.flush()
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            continue
        if line is None:
            break
        found = re.search(what, line)
        if found:
            return found[1]
    process.kill()
    pytest.fail(f"gridward did not start serving:\n{log.read_text()[-4000:]}")


def wait_until_it_answers(base: str) -> None:
    """Wait from the printed link to the first answer: the line is printed a moment before."""
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        try:
            with urllib.request.urlopen(f"{base}/health/live", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{base} does not answer.")


@contextmanager
def _running(command: str, urls: ClusterUrls, home: Path) -> Iterator[Server]:
    """Run `gridward demo` or `gridward serve` on a database and a free port, until it answers."""
    if not (ROOT / "api" / "static" / "index.html").is_file():
        pytest.fail("The page is not built; run `make web`.")
    environment = {
        **{name: value for name, value in os.environ.items() if name != MEASURED},
        "GRIDWARD_HOME": str(home),
        "GRIDWARD_DATABASE_URL": urls.app,
        "GRIDWARD_DATABASE_OWNER_URL": urls.owner,
    }
    process = subprocess.Popen(
        [_gridward(), command, "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        base = _wait_for(SAID[command], process, home / f"{command}.log")
        wait_until_it_answers(base)
        yield Server(base, environment)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def serve_demo(
    clone_database: Callable[..., ClusterUrls], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], AbstractContextManager[Server]]:
    """Function that serves a copy of the demo, to be used with `with`.

    `gridward demo` is run once, until it serves and prints its link; every server has a copy of that database.
    """
    ground, home = clone_database(), tmp_path_factory.mktemp("demo")
    with _running("demo", ground, home):
        pass
    name = sa.make_url(ground.app).database
    assert name is not None

    def serve() -> AbstractContextManager[Server]:
        own = tmp_path_factory.mktemp("home")
        shutil.copytree(home, own, dirs_exist_ok=True)
        return _running("serve", clone_database(name), own)

    return serve


@pytest.fixture(scope="session")
def server(serve_demo: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """The demo on a database which all files share: they leave the plan in use as it is."""
    with serve_demo() as served:
        yield served


@contextmanager
def serve_planners(serve_demo: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """Serve a demo with a planner and a reviewer beside the demo's account."""
    with serve_demo() as served:
        served.command("account", "create", PLANNER, "--role", "planner")
        served.command("account", "create", REVIEWER, "--role", "reviewer")
        yield served


@pytest.fixture(scope="module")
def own_server(serve_demo: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """A demo of the file's own."""
    with serve_planners(serve_demo) as served:
        yield served


@pytest.fixture
def desk_of(browser: Browser, own_server: Server) -> Iterator[Callable[..., Desk]]:
    """Function that signs an account in at the file's own demo and opens an address."""
    contexts: list[BrowserContext] = []

    def opener(name: str, address: str = "", size: dict[str, int] = DESK) -> Desk:
        context = browser.new_context(
            viewport=size, device_scale_factor=COARSE, reduced_motion="reduce", locale="en-GB"
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        desk = watch(context, own_server.base)
        code = re.search(r"#/sign-in\?code=\S+", own_server.command("account", "link", name))
        assert code is not None
        desk.open(code[0])
        if address:
            desk.open(address)
            desk.page.reload()
        return desk

    yield opener
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of the system's Chromium; nothing is downloaded."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no chromium on this machine; `make setup` installs it")
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The Playwright driver, for one file: its event loop must be gone before other tests start one of their own."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """Chromium with software WebGL, for which every name but 127.0.0.1 does not exist."""
    chromium = playwright.chromium.launch(executable_path=chromium_path, args=[*SOFTWARE_GL, ONLY_LOOPBACK])
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def blind_browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """Chromium that has no WebGL at all."""
    chromium = playwright.chromium.launch(executable_path=chromium_path, args=[*NO_WEBGL, ONLY_LOOPBACK])
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, server: Server) -> Any:
    """Cookies of the demo account, got through a one-time link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.fresh_link())
    page.get_by_role("banner").wait_for()
    state = context.storage_state()
    context.close()
    return state


@dataclass(slots=True)
class Desk:
    """A page at a desk, with what the browser complained about and whom it called."""

    page: Page
    base: str
    complaints: list[str]
    calls: list[str]

    def open(self, address: str) -> None:
        """Open an address of the page and wait until the desk is there."""
        self.page.goto(f"{self.base}/{address}")
        self.page.get_by_role("banner").wait_for()

    def wait_for_map(self) -> None:
        """Wait until the map is drawn and idle."""
        self.page.wait_for_function(
            "() => window.gridward && window.gridward.map.loaded() && window.gridward.map.areTilesLoaded()",
            timeout=60_000,
        )

    def drawn(self, *layers: str) -> dict[str, int]:
        """Return how many features of each style layer stand on the screen."""
        return self.page.evaluate(
            "(ids) => Object.fromEntries(ids.map((id) =>"
            " [id, window.gridward.map.queryRenderedFeatures({layers: [id]}).length]))",
            list(layers),
        )

    def pixel_of(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place stands on the screen."""
        spot = self.page.evaluate(
            "(at) => { const map = window.gridward.map; const p = map.project(at);"
            " const box = map.getCanvas().getBoundingClientRect(); return [p.x + box.left, p.y + box.top] }",
            [lon, lat],
        )
        return spot[0], spot[1]

    def view(self) -> list[float]:
        """Return zoom, latitude and longitude of the map."""
        return self.page.evaluate(
            "() => { const map = window.gridward.map; const at = map.getCenter();"
            " return [map.getZoom(), at.lat, at.lng] }"
        )

    def get(self, path: str) -> Any:
        """Ask the API as the signed-in account."""
        answer = self.page.request.get(f"{self.base}{path}")
        assert answer.ok, answer.text()
        return answer.json()

    def send(self, method: str, path: str, body: object, **headers: str) -> Any:
        """Change something through the API as the signed-in account."""
        answer = self.page.request.fetch(
            f"{self.base}{path}",
            method=method,
            data=json.dumps(body),
            headers={"Content-Type": "application/json", "Origin": self.base, **headers},
        )
        assert answer.ok, answer.text()
        return answer.json()

    def plan_grids(self) -> dict[str, Any]:
        """Return the plan that is in use, with its grids."""
        plan = self.get("/api/v1/territories")["territories"][0]["plan_id"]
        return self.get(f"/api/v1/plans/{plan}/grids")


type_of_desk = Callable[..., Desk]


def _is_fault(kind: str, text: str) -> bool:
    # Software WebGL remarks on its own speed; that says nothing about the page.
    return kind in {"error", "warning"} and "GL Driver Message" not in text


def watch(context: BrowserContext, base: str) -> Desk:
    """Open a page in a context and note what goes wrong on it."""
    page = context.new_page()
    desk = Desk(page, base, [], [])
    page.on("console", lambda said: _is_fault(said.type, said.text) and desk.complaints.append(said.text))
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.on("request", lambda request: desk.calls.append(request.url))
    return desk


@pytest.fixture
def open_desk(browser: Browser, server: Server, signed_in: Any) -> Iterator[type_of_desk]:
    """Function that opens a signed-in page of a size; closed after the test."""
    contexts: list[BrowserContext] = []

    def opener(size: dict[str, int] | None = None, chromium: Browser | None = None, **options: Any) -> Desk:
        context = (chromium or browser).new_context(
            viewport=size or DESK,
            device_scale_factor=COARSE,
            storage_state=signed_in,
            reduced_motion="reduce",
            locale="en-GB",
            **options,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        return watch(context, server.base)

    yield opener
    for context in contexts:
        context.close()
