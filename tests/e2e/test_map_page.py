"""The map page on the demo's data: what is really drawn, what a click says, where search goes."""

import re
from urllib.parse import urlparse

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
CENTRE = "map=16.0/60.17020/24.94600"


def number_of(code: str) -> str:
    return str(int(code[-3:]))


def test_sign_in_link_opens_the_desk_and_leaves_no_code(browser, server):
    context = browser.new_context()
    page = context.new_page()
    link = server.fresh_link()
    page.goto(link)
    page.get_by_role("banner").wait_for()
    assert "code=" not in page.url
    context.clear_cookies()
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("no longer good")).to_be_visible()
    context.close()


def test_coverage_desk_draws_grids_cameras_and_gaps_with_the_network_off(open_desk):
    desk = open_desk()
    desk.open(f"#/coverage?{CENTRE}")
    desk.wait_for_map()
    drawn = desk.drawn("grid-border", "grid-label-coverage", "cameras", "gap-hatch", "key-places", "shed-stack")
    assert all(count > 0 for count in drawn.values()), drawn
    assert {urlparse(call).hostname for call in desk.calls if not call.startswith(("data:", "blob:"))} == {"127.0.0.1"}
    assert desk.complaints == []


def test_planner_desk_draws_every_grid_of_the_plan(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    desk.wait_for_map()
    codes = desk.page.evaluate(
        "() => [...new Set(window.gridward.map.queryRenderedFeatures({layers: ['grid-fill']})"
        ".map((grid) => grid.properties.code))].sort()"
    )
    assert codes == sorted(grid["code"] for grid in desk.plan_grids()["grids"])
    assert desk.complaints == []


def test_click_selects_the_grid_and_says_what_is_there(open_desk):
    desk = open_desk()
    desk.open(f"#/coverage?{CENTRE}")
    desk.wait_for_map()
    box = desk.page.locator(".map-pane").bounding_box()
    x, y = box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.6
    lon, lat = desk.page.evaluate(
        "([x, y]) => { const map = window.gridward.map; const box = map.getCanvas().getBoundingClientRect();"
        " const at = map.unproject([x - box.left, y - box.top]); return [at.lng, at.lat] }",
        [x, y],
    )
    expected = desk.send("POST", "/api/v1/locate", {"lon": lon, "lat": lat})["grids"][0]
    desk.page.mouse.click(x, y)
    card = desk.page.get_by_test_id("here")
    expect(card.get_by_role("button", name=re.compile(rf"^{number_of(expected['code'])}\b"))).to_be_visible()
    expect(card.get_by_text(expected["head"]["work_no"]).first).to_be_visible()
    row = desk.page.locator(f"tr[data-key='{expected['code']}']")
    expect(row).to_have_attribute("aria-selected", "true")
    assert desk.drawn("grid-selected")["grid-selected"] > 0
    assert f"grid={expected['code']}" in desk.page.url


def test_row_and_map_are_in_step_when_hovering(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    desk.wait_for_map()
    grid = desk.plan_grids()["grids"][0]
    desk.page.locator(f"tr[data-key='{grid['code']}']").hover()
    state = desk.page.evaluate(
        "(fid) => window.gridward.map.getFeatureState({source: 'grids', sourceLayer: 'grids', id: fid})", grid["fid"]
    )
    assert state == {"hover": True}
    desk.page.mouse.move(*desk.pixel_of(*grid["centre"]))
    expect(desk.page.locator("tr.hovered")).to_have_attribute("data-key", grid["code"])


def test_outside_every_grid_is_said_in_words(open_desk):
    desk = open_desk()
    desk.open("#/coverage?map=13.5/60.1702/24.9460")
    desk.wait_for_map()
    box = desk.page.locator(".map-pane").bounding_box()
    desk.page.mouse.click(box["x"] + 12, box["y"] + 40)
    expect(desk.page.get_by_test_id("here").get_by_text("Outside every grid.")).to_be_visible()


def test_search_goes_to_a_grid_by_its_code(open_desk):
    desk = open_desk()
    desk.open("#/coverage")
    grid = desk.plan_grids()["grids"][3]
    desk.page.keyboard.press("/")
    box = desk.page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    box.fill(grid["code"])
    option = desk.page.get_by_role("option").first
    expect(option).to_contain_text("grid")
    box.press("Enter")
    expect(desk.page.locator(f"tr[data-key='{grid['code']}']")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("typed", ["24.94600, 60.17020", "60.17020 24.94600"])
def test_search_takes_a_coordinate_in_either_order(open_desk, typed):
    desk = open_desk()
    desk.open("#/coverage")
    desk.wait_for_map()
    box = desk.page.get_by_role("combobox", name="Search")
    box.fill(typed)
    expect(desk.page.get_by_role("option").first).to_contain_text("coordinate")
    box.press("Enter")
    expect(desk.page.get_by_test_id("here").get_by_text("24.94600, 60.17020")).to_be_visible()


def test_search_finds_an_address_and_a_camera(open_desk):
    desk = open_desk()
    desk.open("#/coverage")
    box = desk.page.get_by_role("combobox", name="Search")
    box.fill("Mikonkatu 3")
    expect(desk.page.get_by_role("option").first).to_contain_text("Mikonkatu")
    camera = desk.get("/ogc/collections/cameras/items?limit=1")["features"][0]["properties"]
    box.fill(camera["gb28181_id"] or camera["ref"])
    expect(desk.page.get_by_role("option").filter(has_text="camera").first).to_be_visible()
    box.press("Enter")
    expect(desk.page.get_by_test_id("camera")).to_be_visible()


def test_plus_and_minus_are_one_step_on_the_map_where_nothing_may_move(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    desk.wait_for_map()
    page = desk.page

    def zoom():
        return float(page.evaluate("location.hash.match(/map=([0-9.]+)/)?.[1] ?? 'nan'"))

    page.keyboard.press("1")
    expect(page.locator("#map-canvas")).to_be_focused()
    page.keyboard.press("+")
    page.wait_for_function("location.hash.includes('map=')")
    page.wait_for_timeout(1000)
    near = zoom()
    page.keyboard.press("-")
    page.wait_for_function(f"!location.hash.includes('map={near:.2f}')")
    page.wait_for_timeout(1000)
    assert near - zoom() == pytest.approx(1, abs=0.02)
    page.keyboard.press("+")
    page.wait_for_function(f"location.hash.includes('map={near:.2f}')")


def test_layer_switch_hides_what_it_says(open_desk):
    desk = open_desk()
    desk.open(f"#/coverage?{CENTRE}")
    desk.wait_for_map()
    desk.page.get_by_role("button", name="Layers").click()
    desk.page.get_by_role("checkbox", name="Gaps").uncheck()
    desk.page.wait_for_function("() => window.gridward.map.getLayoutProperty('gap-hatch', 'visibility') === 'none'")
    assert "layers=-gaps" in desk.page.url
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator(".legend").get_by_text("gap in street")).to_have_count(0)


def test_phone_shows_the_list_first_and_the_map_on_demand(open_desk):
    desk = open_desk(PHONE, has_touch=True)
    desk.open(f"#/coverage?{CENTRE}")
    expect(desk.page.locator("tr[data-key]").first).to_be_visible()
    expect(desk.page.locator(".map-pane")).to_be_hidden()
    desk.page.get_by_role("button", name="Show map").click()
    desk.wait_for_map()
    drawn = desk.drawn("grid-border", "cameras", "gap-hatch")
    assert all(count > 0 for count in drawn.values()), drawn
    box = desk.page.locator(".map-pane").bounding_box()
    # ground without a camera, whose card would come instead
    desk.page.touchscreen.tap(box["x"] + 250, box["y"] + 190)
    expect(desk.page.get_by_test_id("here").get_by_text("Grid and head")).to_be_visible()
    wide = desk.page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    assert desk.complaints == []
