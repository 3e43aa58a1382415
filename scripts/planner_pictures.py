"""Take the pictures of docs/how-to/planner.md from a running demo, given its address and the folder of the pictures.

The demo's plan is redrawn, reviewed and published on the way, so give it a demo of its own:

    GRIDWARD_HOME=/tmp/pictures gridward demo --port 8123
    GRIDWARD_HOME=/tmp/pictures python scripts/planner_pictures.py http://127.0.0.1:8123 docs/assets
"""

from __future__ import annotations

import re
import shutil
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import dist
from pathlib import Path
from typing import Any

from picture_desk import DESK, FLAGS, PHONE, SHEET, Desk, command, desk_of
from playwright.sync_api import expect, sync_playwright

PLANNER, OTHER, REVIEWER = "p-07", "p-12", "r-12"
VIEW = "map=15.6/60.17019/24.94601"
BASIS = "Council minutes 12/2026"
ZONE = "990001001001"


def border_of(desk: Desk, code: str) -> list[tuple[float, float]]:
    """Take the first border of a grid in hand and return its vertices."""
    page = desk.page
    page.locator(f"tr[data-key='{code}']").click()
    desk.button("Move border").click()
    lists = page.get_by_role("button", name=re.compile("lists and keys"))
    expect(lists).to_be_visible()
    if lists.get_attribute("aria-expanded") == "false":
        lists.click()
    page.get_by_role("listbox", name="Borders").get_by_role("option").first.click()
    words = page.get_by_role("listbox", name="Vertices").get_by_role("option").all_inner_texts()
    return [(float(x), float(y)) for x, y in (one.split(": ")[1].split(", ") for one in words)]


def drag(desk: Desk, code: str, by: tuple[float, float]) -> None:
    """Take the longest stretch of a border by its middle and pull it; the hand stays down."""
    spots = border_of(desk, code)
    one, other = max(pairwise(spots[1:-1] if len(spots) > 3 else spots), key=lambda pair: dist(*pair))
    x, y = desk.pixel(((one[0] + other[0]) / 2, (one[1] + other[1]) / 2))
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x + by[0] / 2, y + by[1] / 2, steps=3)
    desk.page.mouse.move(x + by[0], y + by[1], steps=3)


def saved(desk: Desk, edits: int) -> None:
    """Wait until so many edits are saved."""
    expect(desk.page.locator(".saved")).to_contain_text("1 edit" if edits == 1 else f"{edits} edits")


def grid_of(desk: Desk, plan: str, code: str) -> dict[str, Any]:
    """Return a grid of a plan."""
    found: dict[str, Any] = next(one for one in desk.get(f"/api/v1/plans/{plan}/grids")["grids"] if one["code"] == code)
    return found


def line_across(grid: dict[str, Any]) -> list[tuple[float, float]]:
    """Return two places west and east of a grid."""
    west, south, east, north = grid["bbox"]
    return [(west - 0.0002, (south + north) / 2), (east + 0.0002, (south + north) / 2)]


def draft_of(desk: Desk, name: str) -> str:
    """Make a draft of the plan in use."""
    plan = desk.get("/api/v1/territories")["territories"][0]["plan_id"]
    made: str = desk.post(f"/api/v1/plans/{plan}/draft", {"name": name})["plan"]["id"]
    return made


def open_plan(desk: Desk, plan: str, view: str = VIEW) -> None:
    """Open a plan on the map and wait for both."""
    desk.go(f"#/planner?plan={plan}&{view}")
    expect(desk.page.locator("tr[data-key]").first).to_be_visible()
    desk.still()


def proposal(desk: Desk) -> None:
    """Show a proposal, worst rows first."""
    desk.go("#/planner")
    desk.button("Propose grids").click()
    asked = desk.page.get_by_role("dialog", name="Propose grids")
    asked.get_by_label("Households a grid").fill("320")
    asked.get_by_role("button", name="Start").click()
    expect(desk.page.get_by_text("is ready")).to_be_visible(timeout=120_000)
    expect(desk.page.locator(".toast")).to_have_count(0)
    desk.still()
    desk.save("journey-proposal")


def edits(desk: Desk, plan: str) -> None:
    """Show a border in hand, a cut, a balance, and an edit that did not arrive."""
    page = desk.page
    open_plan(desk, plan)
    drag(desk, f"{ZONE}016", (30, 60))
    expect(page.get_by_test_id("figures")).to_contain_text("one piece")
    expect(page.get_by_test_id("figures")).not_to_contain_text("being counted")
    desk.save("planner-border")
    page.mouse.up()
    saved(desk, 1)
    page.keyboard.press("v")
    grid = grid_of(desk, plan, f"{ZONE}016")
    page.locator(f"tr[data-key='{grid['code']}']").click()
    desk.button("Zoom to it").click()
    desk.still()
    desk.button("Split by line").click()
    for place in line_across(grid):
        page.mouse.click(*desk.pixel(place))
    expect(page.get_by_test_id("figures")).not_to_contain_text("being counted")
    desk.save("journey-split")
    page.keyboard.press("Enter")
    saved(desk, 2)
    page.keyboard.press("i")
    page.get_by_role("button", name="Show proposal").click()
    expect(page.get_by_role("heading", name="Proposal")).to_be_visible(timeout=90_000)
    desk.still()
    desk.save("planner-improve")
    page.get_by_role("button", name="Keep it").first.click()
    saved(desk, 3)
    open_plan(desk, plan)
    drag(desk, f"{ZONE}005", (30, 22))
    page.context.set_offline(True)
    page.mouse.up()
    expect(page.get_by_test_id("unsent")).to_contain_text("nothing is saved yet")
    desk.save("planner-unsent")
    page.context.set_offline(False)
    saved(desk, 4)


def by_keys(desk: Desk, plan: str) -> None:
    """Move a border in list mode."""
    page = desk.page
    desk.go(f"#/planner?plan={plan}&list=1")
    expect(page.locator("tr[data-key]").first).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("b")
    expect(page.get_by_role("listbox", name="Borders").locator(":focus")).to_have_count(1)
    chosen = page.get_by_role("listbox", name="Vertices").get_by_role("option", selected=True)
    for number in (1, 2, 3):
        page.keyboard.press(".")
        expect(chosen).to_contain_text(re.compile(f"Vertex {number}\\b"))
    for key in ("Enter", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.get_by_text("Vertex 3 in hand")).to_be_visible()
    desk.save("journey-keys")
    page.keyboard.press("Escape")


def conflict(mine: Desk, theirs: Desk, plan: str) -> None:
    """Have two planners move one border."""
    for desk in (mine, theirs):
        open_plan(desk, plan)
    drag(mine, f"{ZONE}009", (40, 34))
    drag(theirs, f"{ZONE}009", (-22, -16))
    theirs.page.mouse.up()
    saved(theirs, 5)
    mine.page.mouse.up()
    screen = mine.page.get_by_role("dialog")
    expect(screen).to_contain_text("while you were editing")
    expect(screen.get_by_role("table").nth(3)).to_be_visible()
    expect(screen.locator(".small-map image")).to_have_count(4)
    mine.save("planner-conflict")
    mine.page.keyboard.press("t")
    expect(screen).to_have_count(0)


def review(planner: Desk, second: Desk, plan: str) -> None:
    """Show a comment at a place, the publish dialog and the history."""
    open_plan(planner, plan)
    planner.page.get_by_role("tab", name=re.compile("Check")).click()
    heads = planner.page.get_by_role("button", name="Assign heads")
    heads.click()
    expect(planner.page.get_by_text(re.compile(r"All \d+ grids have a head"))).to_be_visible()
    planner.step("Send for review", Note="Borders follow the streets now.")
    page = second.page
    open_plan(second, plan)
    page.get_by_role("tab", name="Comments").click()
    page.get_by_role("button", name="Pin to a place").click()
    page.locator("#map-canvas").click(position={"x": 480, "y": 400})
    page.get_by_role("textbox", name="New comment").fill("Why not along the street?")
    page.locator(".composer").get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment-pin")).to_have_count(1)
    thread = page.locator("[data-thread]")
    thread.get_by_placeholder("Answer").fill("The yard belongs to the house in the south.")
    thread.get_by_role("button", name="Answer", exact=True).click()
    expect(thread).to_contain_text("The yard belongs")
    second.still()
    second.save("plan-review")
    second.step("Approve")
    page.locator(".deskbar").get_by_role("button", name="Publish").click()
    asked = page.get_by_role("dialog")
    expect(asked.get_by_test_id("impact-totals")).to_be_visible()
    asked.get_by_label("Basis").fill(BASIS)
    expect(page.locator(".toast")).to_have_count(0)
    second.save("plan-publish")
    asked.get_by_role("button", name="Publish").click()
    expect(page.locator(".deskbar").get_by_text("Published", exact=True)).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    page.get_by_role("tab", name="Grids").click()
    page.locator(f"tr[data-key='{ZONE}016']").click()
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("region", name="through the plans")).to_contain_text("households")
    second.still()
    second.save("plan-history")


def compared(desk: Desk, plan: str, before: str) -> None:
    """Show two plans under a sliding edge, and the sheet to print."""
    page = desk.page
    desk.go(f"#/planner?plan={plan}&compare={before}&{VIEW}")
    expect(page.get_by_role("slider", name="Edge between the two plans")).to_be_visible()
    page.wait_for_function("() => window.gridward?.map.getLayer('life-moved-fill')")
    expect(page.locator(".swipe-map canvas")).to_have_count(1)
    desk.still()
    desk.page.wait_for_load_state("networkidle")
    desk.save("plan-compare")
    page.set_viewport_size(SHEET)
    desk.go(f"#/planner?plan={plan}")
    page.set_viewport_size(DESK)
    desk.still()
    desk.button("Export").click()
    page.get_by_role("button", name="Print").click()
    page.set_viewport_size(SHEET)
    expect(page.get_by_text("Ready to print.")).to_be_visible(timeout=90_000)
    desk.save("plan-print")


def areas(desk: Desk, second: Desk) -> None:
    """Show a change set, and figures of the old area on those that it is divided into from a day on."""
    page = desk.page
    page.set_viewport_size(DESK)
    west, south, east, north = desk.get("/api/v1/territories")["territories"][0]["bbox"]
    day = datetime.now(UTC).date() + timedelta(days=40)
    line = [[west + (east - west) * share, south + (north - south) * 0.55] for share in (-0.05, 1.05)]
    made = desk.post(
        "/api/v1/area-changes/drawn",
        {
            "name": "Decision 11/2026",
            "basis": "Council minutes 11/2026",
            "effective_on": str(day),
            "actions": [
                {
                    "kind": "split",
                    "areas": [ZONE],
                    "code": "990001001002",
                    "name": "Kaisaniemi",
                    "drawn": {"type": "LineString", "coordinates": line},
                }
            ],
            "dry_run": False,
        },
    )
    desk.go(f"#/areas?part={made['id']}")
    expect(page.get_by_role("row", name=re.compile("split to Kaisaniemi"))).to_be_visible()
    desk.still()
    desk.save("areas-change")
    path = f"/api/v1/area-changes/{made['id']}"
    desk.post(f"{path}/submit", {}, desk.get(path)["change"]["revision"])
    second.post(f"{path}/publish", {"basis": "Council minutes 11/2026"}, second.get(path)["change"]["revision"])
    totals = "code,total\n" + f"{ZONE},{made['counts'].get('households', 1000)}\n"
    desk.button("Figures").click()
    page.get_by_label("Figure", exact=True).select_option("totals")
    page.get_by_label("Totals by code").set_input_files(
        {"name": "totals.csv", "mimeType": "text/csv", "buffer": totals.encode()}
    )
    expect(page.get_by_text("Totals read: 1")).to_be_visible()
    page.locator("#figure-of-at").fill(str(day - timedelta(days=1)))
    page.locator("#figure-at").fill(str(day))
    page.get_by_role("button", name="Compute").click()
    expect(page.locator("#table tbody tr")).to_have_count(2)
    expect(page.locator("#table tbody")).to_contain_text("Kaisaniemi")
    desk.still()
    desk.save("areas-figures")


def main(base: str, folder: str) -> int:
    """Walk the journeys of the guide and save a picture at each of its places."""
    for name, role in ((PLANNER, "planner"), (OTHER, "planner"), (REVIEWER, "reviewer")):
        if name not in command("account", "list"):
            command("account", "create", name, "--role", role, "--role", "export")
    out = Path(folder)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with (
            desk_of(browser, base, out, PLANNER) as planner,
            desk_of(browser, base, out, OTHER) as other,
            desk_of(browser, base, out, REVIEWER) as second,
        ):
            before = planner.get("/api/v1/territories")["territories"][0]["plan_id"]
            proposal(planner)
            plan = draft_of(planner, "Household grids 2027")
            edits(planner, plan)
            by_keys(planner, plan)
            conflict(planner, other, plan)
            review(planner, second, plan)
            compared(second, plan, before)
            areas(planner, second)
        with desk_of(browser, base, out, PLANNER, PHONE) as phone:
            phone.go(f"#/planner?plan={draft_of(phone, 'Household grids 2028')}")
            expect(phone.page.locator("tr[data-key]").first).to_be_visible()
            phone.save("planner-phone")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
