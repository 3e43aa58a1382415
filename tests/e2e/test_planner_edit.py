"""A planner redraws a draft in the page: by hand, by keys alone, and beside somebody else."""

import re
import time
from itertools import pairwise
from math import dist

import pytest
from playwright.sync_api import expect

from tests.e2e.test_accessibility import AXE, faults

VIEW = "map=15.6/60.17019/24.94601"


@pytest.fixture
def draft(open_desk):
    """A draft of the demo's plan, and what its grids are."""
    desk = open_desk()
    plan = desk.get("/api/v1/territories")["territories"][0]["plan_id"]
    made = desk.send("POST", f"/api/v1/plans/{plan}/draft", {})["plan"]["id"]
    desk.page.close()
    return made


def figures_of(desk, plan):
    """Code, households and hectares of each grid in the database."""
    grids = desk.get(f"/api/v1/plans/{plan}/grids")["grids"]
    return {one["code"]: (one["households"], round(one["area_m2"] / 1e4, 1)) for one in grids}


def table_of(desk):
    """The same as the table shows it."""
    rows = desk.page.locator("tr[data-key]").evaluate_all(
        "(rows) => rows.map((row) => [row.dataset.key, row.cells[1].innerText, row.cells[3].innerText])"
    )
    return {code: (int(households.split()[0].replace(",", "")), float(area)) for code, households, area in rows}


def until(holds, *, seconds):
    """Wait for something that the page comes to by itself."""
    limit = time.monotonic() + seconds
    while not holds() and time.monotonic() < limit:
        time.sleep(0.05)
    assert holds()


def complaints_of(desk):
    # a draft has no coverage run yet: the browser remarks on that answer
    return [said for said in desk.complaints if "404" not in said]


def open_draft(desk, draft, extra=""):
    desk.open(f"#/planner?plan={draft}&{VIEW}{extra}")
    expect(desk.page.locator("tr[data-key]").first).to_be_visible()


def saved(desk, edits):
    words = "1 edit" if edits == 1 else f"{edits} edits"
    expect(desk.page.locator(".saved")).to_contain_text(words)


def tool(desk, name):
    desk.page.get_by_role("button", name=name, exact=True).click()


def lists(desk, name):
    """Open the lists of the tool in hand and return one of them."""
    opened = desk.page.get_by_role("button", name=re.compile("lists and keys"))
    expect(opened).to_be_visible()
    if opened.get_attribute("aria-expanded") == "false":
        opened.click()
    return desk.page.get_by_role("listbox", name=name)


def take_border(desk, code):
    """Take the longest straight stretch among a grid's borders; return the place of its middle."""
    page = desk.page
    page.locator(f"tr[data-key='{code}']").click()
    tool(desk, "Move border")
    options = lists(desk, "Borders").get_by_role("option")
    expect(options.first).to_be_visible()
    options.first.click()
    words = page.get_by_role("listbox", name="Vertices").get_by_role("option").all_inner_texts()
    spots = [tuple(float(part) for part in one.split(": ")[1].split(", ")) for one in words]
    one, other = max(pairwise(spots[1:-1]), key=lambda pair: dist(*pair))
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def drag(desk, spot, dx, dy, *, release=True):
    page = desk.page
    page.mouse.move(*spot)
    page.mouse.down()
    page.mouse.move(spot[0] + dx / 2, spot[1] + dy / 2, steps=2)
    page.mouse.move(spot[0] + dx, spot[1] + dy, steps=2)
    if release:
        page.mouse.up()


def test_border_drag_shows_both_sides_before_it_is_saved(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft)
    desk.wait_for_map()
    page = desk.page
    before = figures_of(desk, draft)
    place = take_border(desk, "990001001001005")
    expect(page.locator(".balance")).to_be_visible()  # beside the open lists
    drag(desk, desk.pixel_of(*place), 14, 10, release=False)
    card = page.get_by_test_id("figures")
    expect(card).to_contain_text("one piece")
    told = [float(ha) for ha in re.findall(r"([\d.]+) ha", card.inner_text())]
    numbers = card.locator(".half .strong").all_inner_texts()
    pinned = page.locator("tr.pinned").evaluate_all("(rows) => rows.map((row) => row.dataset.key)")
    expect(page.get_by_test_id("live-figures")).to_contain_text("households")
    called = len([url for url in desk.calls if f"plans/{draft}/grids" in url])
    page.mouse.up()
    saved(desk, 1)
    after = figures_of(desk, draft)
    changed = sorted(code for code in after if after[code] != before[code])
    assert set(changed) <= set(pinned)
    assert sum(one[0] for one in after.values()) == sum(one[0] for one in before.values())
    grids = {str(int(one["code"][-3:])): one for one in desk.get(f"/api/v1/plans/{draft}/grids")["grids"]}
    assert [round(grids[n]["area_m2"] / 1e4, 2) for n in numbers] == pytest.approx(told, abs=0.02)
    assert table_of(desk) == after
    page.keyboard.press("Control+z")
    saved(desk, 0)
    # the answers say all: the table was not fetched again
    assert len([url for url in desk.calls if re.search(f"plans/{draft}/grids$", url)]) == called
    assert table_of(desk) == figures_of(desk, draft) == before
    assert complaints_of(desk) == []


def test_border_in_hand_when_the_session_ends_is_saved_after_a_sign_in_link(open_desk, server, draft):
    desk = open_desk()
    open_draft(desk, draft)
    desk.wait_for_map()
    page = desk.page
    before = figures_of(desk, draft)
    place = take_border(desk, "990001001001005")
    drag(desk, desk.pixel_of(*place), 14, 10, release=False)
    figures = page.get_by_test_id("figures")
    expect(figures).to_contain_text("one piece")
    page.context.clear_cookies()
    page.mouse.up()
    door = page.get_by_role("dialog", name="Sign in")
    expect(door).to_contain_text("The session has ended")
    expect(page.get_by_test_id("unsent")).to_be_attached()
    address = page.url
    page.goto(f"{server.base}/#/sign-in?code=not-a-code")
    expect(door).to_contain_text("The one-time link is no longer good")
    assert page.url == address
    page.goto(server.fresh_link())
    expect(door).to_have_count(0)
    assert "code=" not in page.url
    saved(desk, 1)
    expect(page.get_by_test_id("unsent")).to_have_count(0)
    assert page.url.split("?")[0] == address.split("?")[0]
    after = figures_of(desk, draft)
    assert after != before
    assert table_of(desk) == after


def test_split_merge_undo_all_and_redo(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft)
    desk.wait_for_map()
    page = desk.page
    rows = page.locator("tr[data-key]")
    before = figures_of(desk, draft)
    code = "990001001001016"
    grid = next(one for one in desk.get(f"/api/v1/plans/{draft}/grids")["grids"] if one["code"] == code)
    west, south, east, north = grid["bbox"]
    page.locator(f"tr[data-key='{code}']").click()
    tool(desk, "Split by line")
    expect(page.get_by_text("Click to click; Enter cuts", exact=True)).to_be_visible()
    for lon in (west - 0.0002, east + 0.0002):
        page.mouse.click(*desk.pixel_of(lon, (south + north) / 2))
    expect(page.get_by_test_id("figures")).to_contain_text("B")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(len(before) + 1)
    assert table_of(desk) == figures_of(desk, draft)
    tool(desk, "Merge")
    lists(desk, "Grids that touch").get_by_role("option").nth(1).click()
    page.get_by_role("button", name="Merge 2 grids").click()
    expect(rows).to_have_count(len(before))
    after = figures_of(desk, draft)
    for left in (1, 0):
        page.get_by_role("button", name="Undo", exact=True).click()
        saved(desk, left)
    expect(page.get_by_role("button", name="Undo", exact=True)).to_have_attribute("aria-disabled", "true")
    assert table_of(desk) == figures_of(desk, draft) == before
    for made in (1, 2):
        page.keyboard.press("Control+Shift+z")
        saved(desk, made)
    expect(page.get_by_role("button", name="Redo", exact=True)).to_have_attribute("aria-disabled", "true")
    assert table_of(desk) == figures_of(desk, draft) == after
    assert complaints_of(desk) == []


def test_same_border_moved_twice_loses_nothing(open_desk, draft):
    first, second = open_desk(), open_desk()
    for desk in (first, second):
        open_draft(desk, draft)
        desk.wait_for_map()
    code = "990001001001005"
    place = take_border(second, code)
    drag(second, second.pixel_of(*place), 14, 10, release=False)
    place = take_border(first, code)
    drag(first, first.pixel_of(*place), -10, 8)
    saved(first, 1)
    second.page.mouse.up()
    screen = second.page.get_by_role("dialog")
    expect(screen).to_contain_text("was changed by demo while you were editing")
    for version in ("Before", "Theirs", "Mine"):
        expect(screen.get_by_role("img", name=version, exact=True)).to_be_visible()
    second.page.keyboard.press("l")
    kept = second.page.get_by_role("region", name="Drawings kept for later")
    expect(kept).to_contain_text("Move border")
    expect(screen).to_have_count(0)
    assert table_of(second) == figures_of(second, draft)
    second.page.reload()
    expect(kept).to_be_visible()
    kept.get_by_role("button", name="Discard").click()
    expect(kept).to_have_count(0)
    # what one does, the other sees
    tool(first, "Undo")
    saved(first, 0)
    now = figures_of(first, draft)
    until(lambda: table_of(second) == now, seconds=20)


def test_mine_is_saved_as_a_copy_or_kept_with_a_word_to_the_other(open_desk, draft):
    first, second = open_desk(), open_desk()
    for desk in (first, second):
        open_draft(desk, draft)
        desk.wait_for_map()
    code = "990001001001005"
    before = figures_of(first, draft)
    screen = second.page.get_by_role("dialog")

    def meet():
        place = take_border(second, code)
        drag(second, second.pixel_of(*place), 16, 12, release=False)
        place = take_border(first, code)
        drag(first, first.pixel_of(*place), -14, 11)
        saved(first, 1)
        second.page.mouse.up()
        expect(screen).to_contain_text("was changed by demo while you were editing")

    meet()
    screen.get_by_role("button", name="Comment to demo").click()
    expect(screen).to_have_count(0)
    words = second.page.get_by_role("textbox", name="New comment")
    expect(words).to_be_focused()
    expect(words).to_have_value("demo: ")
    second.page.keyboard.press("End")
    second.page.keyboard.type("the kiosk belongs to this side")
    second.page.get_by_role("button", name="Comment", exact=True).click()
    expect(second.page.locator("[data-thread]")).to_contain_text("demo: the kiosk belongs to this side")
    (said,) = second.get(f"/api/v1/plans/{draft}/comments")["comments"]
    # a place on a border lies in the grid on either side
    grids = first.get(f"/api/v1/plans/{draft}/grids")["grids"]
    moved = {one["code"] for one in grids if one["revision"] > 1}
    assert code in moved
    assert said["grid"]["code"] in moved
    assert said["point"] is not None
    second.page.get_by_role("tab", name="Grids").click()
    expect(second.page.get_by_role("region", name="Drawings kept for later")).to_contain_text("Move border")
    theirs = figures_of(first, draft)
    tool(first, "Undo")
    saved(first, 0)
    assert figures_of(first, draft) == before

    until(lambda: table_of(second) == before, seconds=20)
    meet()
    second.page.keyboard.press("s")
    expect(screen).to_have_count(0)
    expect(second.page.get_by_text("The other plan keeps theirs.")).to_be_visible()
    copy = next(one for one in second.get("/api/v1/plans")["plans"] if one["based_on"] == draft)
    assert copy["name"].endswith(", mine")
    theirs = figures_of(first, draft)
    mine = figures_of(second, copy["id"])
    assert table_of(second) == mine
    touched = {grid for grid in mine if mine[grid] != before[grid]} | {
        grid for grid in theirs if theirs[grid] != before[grid]
    }
    # only the grids of the border differ from what both began with, and no household is lost
    assert code in {
        one["code"] for one in second.get(f"/api/v1/plans/{copy['id']}/grids")["grids"] if one["revision"] > 1
    }
    assert len(touched) <= 4
    assert sum(one[0] for one in mine.values()) == sum(one[0] for one in before.values())


def spots_of(desk, code):
    """Take a grid's first border; return the places of the middles of its stretches, in order."""
    page = desk.page
    page.locator(f"tr[data-key='{code}']").click()
    tool(desk, "Move border")
    options = lists(desk, "Borders").get_by_role("option")
    expect(options.first).to_be_visible()
    options.first.click()
    words = page.get_by_role("listbox", name="Vertices").get_by_role("option").all_inner_texts()
    spots = [tuple(float(part) for part in one.split(": ")[1].split(", ")) for one in words]
    return [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, dist(a, b)) for a, b in pairwise(spots)]


def test_both_moves_of_a_border_are_kept_where_they_do_not_meet(open_desk, draft):
    first, second = open_desk(), open_desk()
    for desk in (first, second):
        open_draft(desk, draft)
        desk.wait_for_map()
    code = "990001001001005"

    def areas():
        return {one["code"]: one["area_m2"] for one in first.get(f"/api/v1/plans/{draft}/grids")["grids"]}

    before, households = areas(), figures_of(first, draft)
    # not beside the nodes at the ends, where a third grid begins, and not beside each other
    spots = spots_of(second, code)[1:-1]
    third = max(1, len(spots) // 3)
    far, near = (max(part, key=lambda one: one[2]) for part in (spots[:third], spots[-third:]))
    drag(second, second.pixel_of(*far[:2]), 6, 5, release=False)
    spots_of(first, code)
    drag(first, first.pixel_of(*near[:2]), -6, 5)
    saved(first, 1)
    theirs = areas()
    second.page.mouse.up()
    screen = second.page.get_by_role("dialog")
    expect(screen).to_contain_text("was changed by demo while you were editing")
    expect(screen).to_contain_text("Both can be kept: they change different ground.")
    expect(screen.get_by_role("img", name="Both")).to_be_visible()
    expect(screen.get_by_role("button", name="Keep both")).to_be_focused()
    shown = screen.get_by_role("table", name="Both").locator("tr").all_inner_texts()
    second.page.keyboard.press("b")
    expect(screen).to_have_count(0)
    saved(second, 2)
    assert table_of(second) == figures_of(second, draft)
    for row in shown:
        number, _name, count, _off = row.split("\t")
        assert figures_of(first, draft)[f"990001001001{int(number):03d}"][0] == int(count)
    for code in {one for one, area in theirs.items() if area != before[one]}:
        assert areas()[code] not in (before[code], theirs[code])
    assert sum(areas().values()) == pytest.approx(sum(before.values()), abs=0.01)
    assert sum(one[0] for one in figures_of(first, draft).values()) == sum(one[0] for one in households.values())


def test_refused_split_is_shown_where_it_fails(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft)
    desk.wait_for_map()
    page = desk.page
    page.locator("tr[data-key='990001001001005']").click()
    tool(desk, "Split by line")
    box = page.get_by_test_id("map").bounding_box()
    for x in (100, 160):
        page.mouse.click(box["x"] + x, box["y"] + 650)
    page.keyboard.press("Enter")
    refusal = page.get_by_role("alert").filter(has_text="line-misses-grid")
    expect(refusal).to_contain_text("Nothing was saved")
    expect(refusal).to_contain_text("Draw the line right across the grid")
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['edit-refused']}).length > 0")
    page.keyboard.press("Escape")
    expect(refusal).to_have_count(0)


def test_published_plan_is_offered_as_a_draft(open_desk):
    desk = open_desk()
    desk.open("#/planner?list=1")
    page = desk.page
    row = page.locator("tr[data-key]").first
    row.click()
    page.keyboard.press("m")
    make = page.get_by_role("alert").get_by_role("button", name="Make a draft of it")
    expect(make).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    page.keyboard.press("m")
    expect(make).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".deskbar").get_by_text("Draft", exact=True)).to_be_visible()
    expect(page.locator("tr[data-key]:focus")).to_have_count(1)
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()


def test_lists_of_a_tool_have_the_focus_as_soon_as_they_are_there(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft, "&list=1")
    page = desk.page
    page.locator("tr[data-key]").first.click()
    # looked at as the lists come, before anything is painted: a quick hand's next key must not go to the table
    page.evaluate("""() => {
        window.focused = new Promise((told) => new MutationObserver((_, watch) => {
            if (!document.querySelector('.edit-lists [role="option"]')) return
            watch.disconnect()
            told(document.activeElement.closest('.edit-lists') !== null)
        }).observe(document.body, { childList: true, subtree: true }))
    }""")
    page.keyboard.press("b")
    assert page.evaluate("window.focused")


def test_whole_journey_by_keys_alone_without_a_map(open_desk, draft):
    desk = open_desk(bypass_csp=True)
    open_draft(desk, draft, "&list=1")
    page = desk.page
    keys = page.keyboard
    before = figures_of(desk, draft)
    # list, select, act: a border, one of its vertices, ten metres and one
    keys.press("2")
    keys.press("ArrowDown")
    # a letter that other lists walk by is this desk's own: the row stays, and is locked
    row = page.locator("tr[aria-selected='true']")
    chosen = row.get_attribute("data-key")
    keys.press("k")
    saved(desk, 1)
    expect(row).to_have_attribute("data-key", chosen)
    keys.press("k")
    saved(desk, 2)
    for left in (1, 0):
        keys.press("Control+z")
        saved(desk, left)
    keys.press("b")
    expect(page.get_by_role("listbox", name="Borders").locator(":focus")).to_have_count(1)
    vertices = page.get_by_role("listbox", name="Vertices")
    expect(vertices).to_be_visible()
    for number in (1, 2, 3):
        keys.press(".")
        expect(vertices.get_by_role("option", selected=True)).to_contain_text(re.compile(f"Vertex {number}\\b"))
    for key in ("Enter", "Shift+ArrowRight", "ArrowUp"):
        keys.press(key)
    expect(page.get_by_text("Vertex 3 in hand")).to_be_visible()
    expect(page.get_by_test_id("live-figures")).to_contain_text("one piece")
    if AXE.is_file():
        assert faults(desk) == []
    keys.press("Enter")
    saved(desk, 1)
    # parcels handed over from a list
    keys.press("Escape")
    keys.press("Escape")
    keys.press("2")
    keys.press("p")
    parcels = page.get_by_role("listbox", name=re.compile("Parcels beside"))
    expect(parcels.locator(":focus")).to_have_count(1)
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    saved(desk, 2)
    # merged with a neighbour
    keys.press("v")
    keys.press("2")
    keys.press("m")
    touching = page.get_by_role("listbox", name="Grids that touch")
    expect(touching.locator(":focus")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    saved(desk, 3)
    expect(page.locator("tr[data-key]")).to_have_count(len(before) - 1)
    for left in (2, 1, 0):
        keys.press("Control+z")
        saved(desk, left)
    assert figures_of(desk, draft) == before
    assert table_of(desk) == before
    keys.press("2")
    keys.press("?")
    expect(page.get_by_role("dialog", name=re.compile("eys"))).to_contain_text("move a vertex in hand")
    assert complaints_of(desk) == []


def test_finger_splits_a_grid_tap_by_tap(open_desk, draft):
    desk = open_desk({"width": 1180, "height": 820}, has_touch=True, is_mobile=True)
    page = desk.page
    page.goto(f"{desk.base}/#/planner?plan={draft}&{VIEW}")
    grid = next(one for one in desk.get(f"/api/v1/plans/{draft}/grids")["grids"] if one["code"] == "990001001001016")
    page.locator("tr[data-key='990001001001016']").tap()
    desk.wait_for_map()
    page.get_by_role("button", name="Split by line").tap()
    expect(page.get_by_text("Tap to tap; tap the last point again to cut", exact=True)).to_be_visible()
    west, south, east, north = grid["bbox"]
    page.evaluate(
        "([x, y]) => window.gridward.map.jumpTo({center: [x, y], zoom: 15.2})", [(west + east) / 2, (south + north) / 2]
    )
    desk.wait_for_map()
    for points, lon in ((1, west - 0.0002), (2, east + 0.0002)):
        page.touchscreen.tap(*desk.pixel_of(lon, (south + north) / 2))
        expect(page.locator(".tool-card")).to_contain_text("1 point" if points == 1 else "2 points")
    page.touchscreen.tap(*desk.pixel_of(east + 0.0002, (south + north) / 2))
    expect(page.locator("tr[data-key]")).to_have_count(25)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_small_screens_look_and_comment_and_say_so(open_desk, draft, lang):
    desk = open_desk({"width": 1023, "height": 800})
    page = desk.page
    words = {
        "en": ("at least 1,024 px", "Pin to a place", "New comment", "Comment", "Comments", "Show map"),
        "zh": ("至少 1024 像素宽", "标到地图", "新意见", "提交意见", "意见", "显示地图"),
    }[lang]
    note, pin, field, send, tab, to_map = words
    desk.open(f"#/planner?plan={draft}&{VIEW}&lang={lang}")
    expect(page.locator(".narrow-note").filter(has_text=note)).to_be_visible()
    desk.wait_for_map()
    expect(page.locator(".tool-rail .rail-tool")).to_have_count(3)
    for letter in "bsmplrdik":
        page.locator("#map-canvas").press(letter)
    expect(page.locator(".tool-card, .edit-panel")).to_have_count(0)
    page.locator("tr[data-key]").first.click()
    expect(page.locator(".selected-grid .edit-only").first).to_be_hidden()
    page.get_by_role("tab", name=tab).click()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".narrow-note").filter(has_text=note)).to_be_visible()
    page.locator("#comment-text").fill("Here?")
    page.get_by_role("button", name=pin).click()
    expect(page.locator("#map-canvas")).to_be_visible()
    desk.wait_for_map()
    page.locator("#map-canvas").click(position={"x": 180, "y": 300})
    # the place is taken, and what was typed is still there
    expect(page.get_by_role("textbox", name=field)).to_have_value("Here?")
    page.locator(".composer").get_by_role("button", name=send, exact=True).click()
    expect(page.locator(".thread .remark-text").filter(has_text="Here?").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.locator(".phone-foot").get_by_role("button", name=to_map).click()
    page.locator(".comment-pin").first.click()
    expect(page.locator(".thread.open")).to_be_visible()
    page.set_viewport_size({"width": 1024, "height": 800})
    expect(page.locator(".tool-rail .rail-tool")).not_to_have_count(3)
    expect(page.locator(".narrow-note").filter(has_text=note)).to_be_hidden()
    assert complaints_of(desk) == []
