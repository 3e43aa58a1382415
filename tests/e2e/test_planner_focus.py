"""Keys of the planner desk always have a place to go, and what they bring about is said."""

import pytest
from playwright.sync_api import expect

from tests.e2e.test_planner_edit import complaints_of, draft, open_draft, saved

__all__ = ["draft"]

#: A grid in the middle of the demo.
GRID = "990001001001009"


@pytest.fixture
def desk(open_desk, draft):
    """A draft in list mode, with a grid selected and its row in focus."""
    opened = open_desk()
    open_draft(opened, draft, f"&list=1&grid={GRID}")
    opened.page.keyboard.press("2")
    expect(opened.page.locator(f"tr[data-key='{GRID}']")).to_be_focused()
    return opened


def test_digits_lead_to_the_table_and_the_panel_from_any_button(desk):
    page, keys = desk.page, desk.page.keyboard
    keys.press("3")
    expect(page.get_by_role("tab", name="Grids")).to_be_focused()
    keys.press("2")
    expect(page.locator(f"tr[data-key='{GRID}']")).to_be_focused()
    page.locator(".deskbar").get_by_role("button", name="Propose grids").focus()
    keys.press("2")
    expect(page.locator(f"tr[data-key='{GRID}']")).to_be_focused()
    # the table stands behind another tab, and so do the lists of a tool
    keys.press("3")
    keys.press("ArrowRight")
    expect(page.get_by_role("tab", name="Check")).to_be_focused()
    keys.press("2")
    expect(page.locator(f"tr[data-key='{GRID}']")).to_be_focused()
    # in a field, a digit is a digit
    page.get_by_role("combobox", name="Search").focus()
    keys.press("2")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("2")
    assert complaints_of(desk) == []


def test_next_vertex_and_a_border_let_go_keep_the_focus_in_the_lists(desk):
    page, keys = desk.page, desk.page.keyboard
    keys.press("b")
    expect(page.get_by_role("listbox", name="Borders").locator(":focus")).to_have_count(1)
    expect(page.get_by_test_id("told")).to_contain_text("Move border. ")
    keys.press("Tab")
    vertices = page.get_by_role("listbox", name="Vertices")
    expect(vertices.locator(":focus")).to_contain_text("Vertex 1,")
    keys.press(".")
    keys.press(".")
    expect(vertices.locator("[aria-selected='true']:focus")).to_have_count(1)
    keys.press("Escape")
    expect(vertices).to_have_count(0)
    expect(page.get_by_role("listbox", name="Borders").locator(":focus")).to_have_count(1)
    keys.press("Escape")
    expect(page.locator(f"tr[data-key='{GRID}']")).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_test_id("selected-words")).to_have_text("No grid selected")
    assert complaints_of(desk) == []


def test_grid_that_is_marked_stays_under_the_hand(desk):
    page, keys = desk.page, desk.page.keyboard
    keys.press("Escape")
    keys.press("m")
    listed = page.get_by_role("listbox", name="Grids that touch")
    expect(listed.locator(":focus")).to_have_count(1)
    for _ in range(3):
        keys.press("ArrowDown")
    marked = listed.locator(":focus").inner_text()
    keys.press("Enter")
    # what is marked goes to the top, and the list of those that touch is shorter
    expect(listed.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    expect(listed.locator("[tabindex='0']")).to_have_text(marked)
    expect(listed.locator(":focus")).to_have_text(marked)
    keys.press("Tab")
    expect(page.locator(".edit-lists .button.primary")).to_be_focused()
    assert complaints_of(desk) == []


def test_keys_say_what_they_brought_about(desk):
    page, keys = desk.page, desk.page.keyboard
    told, toast = page.get_by_test_id("told"), page.locator(".toast")
    keys.press("Control+z")
    expect(toast).to_have_text("There is nothing to undo.")
    keys.press("Control+Shift+z")
    expect(toast).to_have_text("There is nothing to redo.")
    keys.press("k")
    expect(toast).to_contain_text("locked")
    saved(desk, 1)
    expect(told).to_contain_text("1 edit")
    keys.press("k")
    expect(toast).to_contain_text("unlocked")
    saved(desk, 2)
    for left in (1, 0):
        keys.press("Control+z")
        saved(desk, left)
        expect(toast).to_have_text(f"Undone · {left} edit{'' if left == 1 else 's'}")
        expect(page.locator(f"tr[data-key='{GRID}']")).to_be_focused()
    keys.press("n")
    expect(toast).to_have_text("Snapping off")
    keys.press("n")
    expect(toast).to_have_text("Snapping on")
    keys.press("Escape")
    for key in ("k", "e"):
        expect(toast).to_have_count(0)
        keys.press(key)
        expect(toast).to_have_text("Select a grid in the table first")
    assert complaints_of(desk) == []


def test_focus_survives_a_row_and_a_button_that_go(desk):
    page, keys = desk.page, desk.page.keyboard
    near = desk.get(f"/api/v1/plans/{_plan(page)}/grids")["grids"]
    grid = next(one for one in near if one["code"] == GRID)
    west, south, east, north = grid["bbox"]
    keys.press("s")
    for lon in (west - 0.0002, east + 0.0002):
        keys.press("Control+a")
        keys.type(f"{lon:.6f}, {(south + north) / 2:.6f}")
        keys.press("Enter")
    page.get_by_role("button", name="Cut", exact=True).click()
    saved(desk, 1)
    expect(page.locator("tr[data-key]")).to_have_count(len(near) + 1)
    page.keyboard.press("Escape")
    fresh = next(
        one["code"]
        for one in desk.get(f"/api/v1/plans/{_plan(page)}/grids")["grids"]
        if one["code"] not in {had["code"] for had in near}
    )
    page.locator(f"tr[data-key='{fresh}']").click()
    page.locator(f"tr[data-key='{fresh}']").focus()
    keys.press("Control+z")
    expect(page.locator(f"tr[data-key='{fresh}']")).to_have_count(0)
    expect(page.locator("tr[data-key]:focus")).to_have_count(1)
    keys.press("c")
    expect(page.get_by_role("textbox", name="New comment")).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("tab", name="Comments")).to_be_focused()
    assert complaints_of(desk) == []


def _plan(page):
    return page.url.split("plan=")[1].split("&")[0]
