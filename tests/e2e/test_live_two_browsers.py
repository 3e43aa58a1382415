"""What one person changes another sees on the map within two seconds, without touching anything."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import expect

SOON_S = 2.0
HERE = "map=16/60.1702/24.946"
# counted while the map is drawn anew: the moment that a person sees it, too
PAINTED = """(told) => {
  const drawn = window.gridward.map.queryRenderedFeatures()
  return drawn.some((one) => {
    const of = one.properties
    return told.name ? of.name === told.name : one.sourceLayer === 'cameras' && of.online === told.online
  })
}"""


def soonest(watcher, tries: Callable[[int], dict[str, object]]) -> float:
    """Make up to three changes and return how long the quickest took to be painted at the other desk.

    Software rendering on a busy machine holds a page up for seconds; one of three tells what the product does.
    """
    best = float("inf")
    for number in range(3):
        told = tries(number)
        began = time.monotonic()
        watcher.page.wait_for_function(PAINTED, arg=told, timeout=30_000, polling="raf")
        best = min(best, time.monotonic() - began)
        if best <= SOON_S:
            break
    return best


def opened_pair(open_desk, desk: str):
    first, second = open_desk(), open_desk(size={"width": 900, "height": 700})
    for each in (first, second):
        each.open(f"#/{desk}?{HERE}")
        each.wait_for_map()
    expect(second.page.get_by_role("banner").locator(".badge[role=status]")).to_contain_text("Live")
    return first, second


def test_a_name_given_at_one_desk_is_painted_at_another(open_desk):
    editor, watcher = opened_pair(open_desk, "planner")
    shown = watcher.page.evaluate(
        "() => window.gridward.map.queryRenderedFeatures().filter((f) => f.sourceLayer?.startsWith('grid'))"
        ".map((f) => f.properties.code).filter(Boolean)"
    )
    grid = next(one for one in editor.plan_grids()["grids"] if one["code"] in shown)
    before = grid["name"]

    def rename(name):
        now = next(one for one in editor.plan_grids()["grids"] if one["id"] == grid["id"])
        body = {"name": name, "expected": {now["id"]: now["revision"]}}
        editor.send("PATCH", f"/api/v1/grids/{grid['id']}", body)
        return {"name": name}

    try:
        assert soonest(watcher, lambda _number: rename(f"Live {uuid.uuid4().hex[:6]}")) <= SOON_S
    finally:
        rename(before)
    assert watcher.complaints == []


def test_tiles_seen_before_show_what_changed_meanwhile(open_desk):
    editor, watcher = opened_pair(open_desk, "planner")
    page = watcher.page
    painted = "(name) => window.gridward.map.queryRenderedFeatures().some((f) => f.properties.name === name)"
    shown = page.evaluate(
        "() => window.gridward.map.queryRenderedFeatures().filter((f) => f.sourceLayer?.startsWith('grid'))"
        ".map((f) => f.properties.code).filter(Boolean)"
    )
    grid = next(one for one in editor.plan_grids()["grids"] if one["code"] in shown)

    def rename(name):
        now = next(one for one in editor.plan_grids()["grids"] if one["id"] == grid["id"])
        editor.send("PATCH", f"/api/v1/grids/{grid['id']}", {"name": name, "expected": {now["id"]: now["revision"]}})

    def look(zoom):
        page.evaluate("(zoom) => void window.gridward.map.jumpTo({zoom})", zoom)
        watcher.wait_for_map()

    first, second = (f"Kept {uuid.uuid4().hex[:6]}" for _ in range(2))
    try:
        rename(first)
        page.wait_for_function(painted, arg=first)
        look(14)
        page.wait_for_function(painted, arg=first)
        look(16)
        rename(second)
        page.wait_for_function(painted, arg=second)
        look(14)
        page.wait_for_function(painted, arg=second)
        page.wait_for_function(f"(name) => !({painted})(name)", arg=first)
    finally:
        rename(grid["name"])


def test_a_camera_that_fails_at_one_desk_is_painted_at_another(open_desk):
    editor, watcher = opened_pair(open_desk, "coverage")
    lon, lat = watcher.view()[2], watcher.view()[1]
    near = editor.send("POST", "/api/v1/locate", {"lon": lon, "lat": lat})["cameras"]
    cameras = [one["id"] for one in [*near["seeing"], *near["nearest"]]]
    assert cameras

    def tell(online):
        now = datetime.now(UTC).isoformat()
        body = {"statuses": [{"camera": one, "at": now, "online": online} for one in cameras]}
        assert editor.send("POST", "/api/v1/cameras/status", body)["changed"] == len(cameras)
        return {"online": online}

    def fails(number):
        if number:
            tell(True)
            watcher.page.wait_for_function(f"(told) => !({PAINTED})(told)", arg={"online": False}, timeout=30_000)
        return tell(False)

    try:
        assert soonest(watcher, fails) <= SOON_S
    finally:
        tell(True)
    assert watcher.complaints == []
