"""The coverage report opens from a file with every name unresolvable, and draws."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from services import reports
from services.coverage import run_coverage
from store.database.actor import Actor
from tests.api.town import build_town

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def report_file(database, tmp_path_factory) -> Path:
    town = build_town(database)
    target = tmp_path_factory.mktemp("report") / "report.html"
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
        reports.write(target, reports.build(work, "coverage", town.plan))
    return target


def test_report_draws_offline_and_asks_nobody(playwright: Playwright, chromium_path: str, report_file: Path) -> None:
    asked: list[str] = []
    errors: list[str] = []
    browser = playwright.chromium.launch(
        executable_path=chromium_path,
        args=["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"],
    )
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(report_file.as_uri())
    page.wait_for_selector("canvas")
    drawn = page.evaluate(
        """() => {
            const canvas = document.querySelector('.leaflet-overlay-pane canvas')
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
            let painted = 0
            for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted++
            return { painted, height: canvas.getBoundingClientRect().height }
        }"""
    )
    rows = page.locator("tbody tr").count()
    labels = page.locator(".grid-number").all_inner_texts()
    listed = page.locator(".leaflet-control-layers-list").is_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.wait_for_selector("canvas")
    on_a_phone = {
        "width": page.evaluate("document.documentElement.scrollWidth"),
        "list": page.locator(".leaflet-control-layers-list").is_visible(),
    }
    browser.close()
    assert set(asked) == {report_file.as_uri()}
    assert (listed, on_a_phone) == (True, {"width": 390, "list": False})
    assert errors == []
    assert drawn["height"] > 300
    assert drawn["painted"] > 1000
    assert rows == 6
    assert sorted(labels) == ["1", "2", "3", "4", "5", "6"]
