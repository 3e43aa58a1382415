"""A town from its first proposal to a plan in force, drawn by one person and published by another: by hand, by keys."""

from __future__ import annotations

import re
from itertools import pairwise
from math import dist
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PLANNER, REVIEWER, Desk, serve_planners

BASIS = "Resolution 12/2026"


@pytest.fixture
def own_server(serve_demo):
    """A demo for each try: plans that a try leaves behind would stand on the page of the next."""
    with serve_planners(serve_demo) as served:
        yield served


def _grids(desk: Desk, plan: str) -> list[dict[str, Any]]:
    return desk.get(f"/api/v1/plans/{plan}/grids")["grids"]


def _figures(desk: Desk, plan: str) -> dict[str, tuple[int, float]]:
    return {one["code"]: (one["households"], one["area_m2"]) for one in _grids(desk, plan)}


def _newest(desk: Desk) -> str:
    return max(desk.get("/api/v1/plans")["plans"], key=lambda plan: plan["created_at"])["id"]


def _saved(desk: Desk, edits: int) -> None:
    expect(desk.page.locator(".saved")).to_contain_text("1 edit" if edits == 1 else f"{edits} edits")


def _roundest(desk: Desk, plan: str) -> dict[str, Any]:
    return max(_grids(desk, plan), key=lambda one: one["compactness"])


def _faults(desk: Desk) -> list[str]:
    return [said for said in desk.complaints if "Failed to load resource" not in said]


def _longest_stretch(page: Page) -> tuple[float, float]:
    """Return the middle of the longest stretch of the border in hand."""
    words = page.get_by_role("listbox", name="Vertices").get_by_role("option").all_inner_texts()
    spots = [tuple(float(part) for part in one.split(": ")[1].split(", ")) for one in words]
    one, other = max(pairwise(spots[1:-1] if len(spots) > 3 else spots), key=lambda pair: dist(*pair))
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _see_what_came_of_it(desk: Desk, plan: str) -> None:
    """Read the history: the step that published, and what each grid came from."""
    page = desk.page
    expect(page.get_by_role("region", name="Steps of this plan")).to_contain_text(BASIS)
    expect(page.get_by_role("region", name="Plans in force")).to_contain_text("Published")
    assert desk.get("/api/v1/territories")["territories"][0]["plan_id"] == plan
    assert desk.get(f"/api/v1/plans/{plan}/lineage")["lineage"]


# ---- by hand


def test_town_is_divided_drawn_reviewed_and_published_at_once(desk_of, own_server):
    planner = desk_of(PLANNER, "#/planner")
    page = planner.page
    page.get_by_role("button", name="Propose grids").click()
    asked = page.get_by_role("dialog", name="Propose grids")
    asked.get_by_label("Households a grid").fill("320")
    asked.get_by_role("button", name="Start").click()
    expect(page.get_by_text("is ready")).to_be_visible(timeout=90_000)
    plan = _newest(planner)
    expect(page.locator(".deskbar")).to_contain_text("Draft")
    planner.open(f"#/planner?plan={plan}&map=15.6/60.17019/24.94601")
    page.reload()
    expect(page.locator("tr[data-key]").first).to_be_visible()
    planner.wait_for_map()
    before = _figures(planner, plan)

    _drag_a_border(planner, plan)
    _split_by_hand(planner, plan)
    _merge_by_hand(planner, len(before))
    after = _figures(planner, plan)
    for left in (2, 1, 0):
        page.get_by_role("button", name="Undo", exact=True).click()
        _saved(planner, left)
    assert _figures(planner, plan) == before
    for made in (1, 2, 3):
        page.get_by_role("button", name="Redo", exact=True).click()
        _saved(planner, made)
    assert _figures(planner, plan) == after
    # every grid needs a head before its plan comes into force
    page.get_by_role("tab", name=re.compile("Check")).click()
    page.get_by_role("button", name="Assign heads").click()
    expect(page.get_by_text(re.compile(r"All \d+ grids have a head"))).to_be_visible()

    page.locator(".deskbar").get_by_role("button", name="Send for review").click()
    page.get_by_role("dialog").get_by_label("Note").fill("Borders follow the streets now.")
    page.get_by_role("dialog").get_by_role("button", name="Send for review").click()
    expect(page.locator(".deskbar")).to_contain_text("In review")

    second = desk_of(REVIEWER, f"#/planner?plan={plan}")
    page = second.page
    page.locator(".deskbar").get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    page.locator(".deskbar").get_by_role("button", name="Publish").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text(f"Drawn by {PLANNER}. You are the second person")
    expect(asked.get_by_test_id("impact-totals")).to_contain_text("households change grid")
    asked.get_by_label("Basis").fill(BASIS)
    asked.get_by_role("button", name="Publish").click()
    expect(page.locator(".deskbar").get_by_text("Published", exact=True)).to_be_visible(timeout=60_000)
    page.locator("tr[data-key]").first.click()
    page.get_by_role("tab", name="History").click()
    _see_what_came_of_it(second, plan)
    # who drew it hears of it without asking
    expect(planner.page.locator(".deskbar").get_by_text("Published", exact=True)).to_be_visible()
    assert _faults(planner) == []
    assert _faults(second) == []


def _drag_a_border(desk: Desk, plan: str) -> None:
    page = desk.page
    page.locator("tr[data-key]").nth(4).click()
    page.get_by_role("button", name="Zoom to it").click()
    desk.wait_for_map()
    page.get_by_role("button", name="Move border", exact=True).click()
    lists = page.get_by_role("button", name=re.compile("lists and keys"))
    lists.click()
    page.get_by_role("listbox", name="Borders").get_by_role("option").first.click()
    x, y = desk.pixel_of(*_longest_stretch(page))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y + 5, steps=2)
    page.mouse.move(x + 12, y + 10, steps=2)
    card = page.get_by_test_id("figures")
    expect(card).to_contain_text("households")
    hectares = [float(each) for each in re.findall(r"([\d.]+) ha", card.inner_text())]
    numbers = card.locator(".half .strong").all_inner_texts()
    page.mouse.up()
    _saved(desk, 1)
    # what stood beside the hand is what the database holds now
    now = {str(int(one["code"][-3:])): one["area_m2"] / 1e4 for one in _grids(desk, plan)}
    assert [now[number] for number in numbers] == pytest.approx(hectares, abs=0.02)
    page.keyboard.press("v")


def _split_by_hand(desk: Desk, plan: str) -> None:
    page = desk.page
    grid = _roundest(desk, plan)
    west, south, east, north = grid["bbox"]
    page.locator(f"tr[data-key='{grid['code']}']").click()
    page.get_by_role("button", name="Zoom to it").click()
    desk.wait_for_map()
    page.get_by_role("button", name="Split by line", exact=True).click()
    expect(page.get_by_text("Click to click; Enter cuts", exact=True)).to_be_visible()
    for lon in (west - 0.0002, east + 0.0002):
        page.mouse.click(*desk.pixel_of(lon, (south + north) / 2))
    expect(page.get_by_test_id("figures")).to_contain_text("B")
    page.keyboard.press("Enter")
    _saved(desk, 2)


def _merge_by_hand(desk: Desk, grids: int) -> None:
    page = desk.page
    page.get_by_role("button", name="Merge", exact=True).click()
    lists = page.get_by_role("button", name=re.compile("lists and keys"))
    expect(lists).to_be_visible()
    if lists.get_attribute("aria-expanded") == "false":
        lists.click()
    page.get_by_role("listbox", name="Grids that touch").get_by_role("option").nth(1).click()
    page.get_by_role("button", name="Merge 2 grids").click()
    expect(page.locator("tr[data-key]")).to_have_count(grids)
    _saved(desk, 3)


# ---- by keys alone


def _tab_to(page: Page, wanted: Locator, most: int = 60) -> None:
    """Press Tab until something has the focus."""
    expect(wanted.first).to_be_visible()
    for _ in range(most):
        if wanted.count() and wanted.first.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not come to {wanted}.")


def _press(page: Page, wanted: Locator) -> None:
    _tab_to(page, wanted)
    page.keyboard.press("Enter")


def _select_row(page: Page, code: str) -> None:
    """Walk the table down to a row."""
    page.keyboard.press("2")
    page.keyboard.press("Home")
    row = page.locator(f"tr[data-key='{code}']")
    for _ in range(60):
        if row.get_attribute("aria-selected") == "true":
            return
        chosen = page.locator("tr[aria-selected='true']")
        was = chosen.get_attribute("data-key")
        page.keyboard.press("ArrowDown")
        expect(chosen).not_to_have_attribute("data-key", was or "")
        expect(page.locator("tr[aria-selected='true']:focus")).to_have_count(1)
    pytest.fail(f"The table has no row {code}.")


def _to_the_desk(page: Page) -> None:
    """Put the focus where single letters act."""
    page.evaluate("document.activeElement?.blur()")
    page.keyboard.press("2")


def test_same_journey_by_keys_alone(desk_of, own_server):
    planner = desk_of(PLANNER, "#/planner?list=1")
    page, keys = planner.page, planner.page.keyboard
    _press(page, page.get_by_role("button", name="Propose grids"))
    asked = page.get_by_role("dialog", name="Propose grids")
    _tab_to(page, asked.get_by_label("Households a grid"))
    keys.press("Control+a")
    keys.type("280")
    keys.press("Enter")
    expect(page.get_by_text("is ready")).to_be_visible(timeout=90_000)
    plan = _newest(planner)
    expect(page.locator(".deskbar")).to_contain_text("Draft")
    before = _figures(planner, plan)
    expect(page.locator("tr[data-key]")).to_have_count(len(before))

    _move_by_keys(planner)
    _split_by_keys(planner, plan)
    _merge_by_keys(planner, len(before))
    after = _figures(planner, plan)
    for left in (2, 1, 0):
        keys.press("Control+z")
        _saved(planner, left)
    assert _figures(planner, plan) == before
    for made in (1, 2, 3):
        keys.press("Control+Shift+z")
        _saved(planner, made)
    assert _figures(planner, plan) == after
    # every grid needs a head before its plan comes into force
    keys.press("3")
    keys.press("ArrowRight")
    expect(page.get_by_role("tab", name=re.compile("Check"))).to_have_attribute("aria-selected", "true")
    _press(page, page.get_by_role("button", name="Assign heads"))
    expect(page.get_by_text(re.compile(r"All \d+ grids have a head"))).to_be_visible()

    keys.press("Escape")
    _press(page, page.locator(".deskbar").get_by_role("button", name="Send for review"))
    keys.type("Borders follow the streets now.")
    _press(page, page.get_by_role("dialog").get_by_role("button", name="Send for review"))
    expect(page.locator(".deskbar")).to_contain_text("In review")

    second = desk_of(REVIEWER, f"#/planner?plan={plan}&list=1")
    page, keys = second.page, second.page.keyboard
    expect(page.locator("tr[data-key]").first).to_be_visible()
    _press(page, page.locator(".deskbar").get_by_role("button", name="Approve"))
    _press(page, page.get_by_role("dialog").get_by_role("button", name="Approve"))
    _press(page, page.locator(".deskbar").get_by_role("button", name="Publish"))
    asked = page.get_by_role("dialog")
    expect(asked.get_by_test_id("impact-totals")).to_contain_text("households change grid")
    _tab_to(page, asked.get_by_label("Basis"))
    keys.type(BASIS)
    keys.press("Enter")
    expect(page.locator(".deskbar").get_by_text("Published", exact=True)).to_be_visible(timeout=60_000)
    _to_the_desk(page)
    expect(page.locator("tr[data-key]:focus")).to_have_count(1)
    keys.press("ArrowDown")
    expect(page.locator("tr[aria-selected='true']:focus")).to_have_count(1)
    keys.press("3")
    for name in ("Grids", "Check", "Quality", "Comments", "History"):
        expect(page.get_by_role("tab", name=name, selected=True)).to_be_focused()
        if name != "History":
            keys.press("ArrowRight")
    _see_what_came_of_it(second, plan)
    assert _faults(planner) == []
    assert _faults(second) == []


def _move_by_keys(desk: Desk) -> None:
    """Put a vertex into the longest stretch of the first border, and move it two metres."""
    page, keys = desk.page, desk.page.keyboard
    _to_the_desk(page)
    keys.press("ArrowDown")
    keys.press("b")
    expect(page.get_by_role("listbox", name="Borders").locator(":focus")).to_have_count(1)
    vertices = page.get_by_role("listbox", name="Vertices").get_by_role("option")
    expect(vertices.first).to_be_visible()
    x, y = _longest_stretch(page)
    spots = [tuple(map(float, words.split(": ")[1].split(", "))) for words in vertices.all_inner_texts()]
    first = min(
        range(len(spots) - 1),
        key=lambda k: dist(((spots[k][0] + spots[k + 1][0]) / 2, (spots[k][1] + spots[k + 1][1]) / 2), (x, y)),
    )
    for number in range(1, first + 2):
        keys.press(".")
        expect(vertices.and_(page.get_by_role("option", selected=True))).to_contain_text(
            re.compile(rf"Vertex {number}\b")
        )
    _press(page, page.get_by_role("button", name="Add a vertex"))
    expect(page.get_by_text(re.compile("in hand"))).to_be_visible()
    _tab_to(page, page.get_by_role("listbox", name="Vertices").locator("[tabindex='0']"))
    for key in ("ArrowRight", "ArrowUp"):
        keys.press(key)
    expect(page.get_by_test_id("live-figures")).to_contain_text("one piece")
    keys.press("Enter")
    _saved(desk, 1)
    keys.press("Escape")
    keys.press("Escape")


def _split_by_keys(desk: Desk, plan: str) -> None:
    page, keys = desk.page, desk.page.keyboard
    grid = _roundest(desk, plan)
    west, south, east, north = grid["bbox"]
    keys.press("v")
    _select_row(page, grid["code"])
    keys.press("s")
    field = page.get_by_label("Longitude, latitude")
    expect(field).to_be_focused()
    for points, lon in enumerate((west - 0.0002, east + 0.0002), start=1):
        keys.press("Control+a")
        keys.type(f"{lon:.6f}, {(south + north) / 2:.6f}")
        keys.press("Enter")
        expect(page.locator(".points li")).to_have_count(points)
    _press(page, page.get_by_role("button", name="Cut"))
    _saved(desk, 2)


def _merge_by_keys(desk: Desk, grids: int) -> None:
    page, keys = desk.page, desk.page.keyboard
    _to_the_desk(page)
    keys.press("v")
    keys.press("2")
    keys.press("m")
    touching = page.get_by_role("listbox", name="Grids that touch")
    expect(touching.locator(":focus")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    _saved(desk, 3)
    expect(page.locator("tr[data-key]")).to_have_count(grids)
