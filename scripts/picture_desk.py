"""A person at a page of a running demo, for scripts that take pictures of it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SHEET: ViewportSize = {"width": 880, "height": 1240}
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
COLOURS = 256
expect.set_options(timeout=60_000)


@dataclass(slots=True)
class Desk:
    """Somebody at a page of the demo."""

    page: Page
    base: str
    folder: Path

    def go(self, address: str) -> None:
        """Open an address of the page afresh."""
        self.page.goto(f"{self.base}/{address}")
        self.page.reload()
        self.page.get_by_role("banner").wait_for()

    def still(self) -> None:
        """Wait until the map is drawn."""
        self.page.wait_for_function(
            "() => window.gridward && window.gridward.map.loaded() && window.gridward.map.areTilesLoaded()",
            timeout=90_000,
        )
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def pixel(self, at: tuple[float, float]) -> tuple[float, float]:
        """Return where a place stands on the screen."""
        x, y = self.page.evaluate(
            "(at) => { const map = window.gridward.map; const p = map.project(at);"
            " const box = map.getCanvas().getBoundingClientRect(); return [p.x + box.left, p.y + box.top] }",
            list(at),
        )
        return x, y

    def get(self, path: str) -> Any:
        """Ask the server as whoever is signed in."""
        return self.page.request.get(f"{self.base}{path}").json()

    def post(self, path: str, body: object, revision: int | None = None) -> Any:
        """Send the server something as whoever is signed in."""
        headers = {"Content-Type": "application/json", "Origin": self.base, "Idempotency-Key": uuid.uuid4().hex}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        answer = self.page.request.post(f"{self.base}{path}", data=json.dumps(body), headers=headers)
        assert answer.ok, answer.text()
        return answer.json()

    def save(self, name: str) -> None:
        """Save what is on screen with few colours: pictures of flat ground lose nothing by it."""
        taken = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        few = taken.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)

    def button(self, name: str) -> Locator:
        """Return a button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def step(self, name: str, *, menu: bool = False, **words: str) -> None:
        """Take a step of the plan, with what its dialog asks for."""
        if menu:
            self.button("More").click()
        self.page.locator(".more-menu" if menu else ".deskbar").get_by_role("button", name=name).click()
        asked = self.page.get_by_role("dialog")
        for label, text in words.items():
            asked.get_by_label(label).fill(text)
        asked.get_by_role("button", name=name).click()
        expect(asked).to_have_count(0)


def command(*words: str) -> str:
    """Run `gridward` on the demo's database and return what it says."""
    gridward = Path(sys.executable).with_name("gridward")
    return subprocess.run([gridward, *words], capture_output=True, text=True, check=True).stdout


@contextmanager
def desk_of(browser: Browser, base: str, folder: Path, name: str, size: ViewportSize = DESK) -> Iterator[Desk]:
    """Sign somebody in."""
    context = browser.new_context(viewport=size, reduced_motion="reduce", locale="en-GB", color_scheme="light")
    context.set_default_timeout(60_000)
    found = re.search(r"#/sign-in\?code=\S+", command("account", "link", name))
    assert found is not None
    page = context.new_page()
    page.goto(f"{base}/{found[0]}")
    page.get_by_role("banner").wait_for()
    yield Desk(page, base, folder)
    context.close()
