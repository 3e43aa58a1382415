"""Work at the desks: languages, colours, permalinks, keys, lists without a map, reports, renaming."""

import re
import uuid

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
RARE = "禄脿旵冲鲁谼山后山崀"


def test_language_switch_speaks_chinese_everywhere(open_desk):
    desk = open_desk()
    desk.open("#/coverage?map=15.5/60.1702/24.946")
    desk.wait_for_map()
    desk.page.get_by_role("button", name="中文").click()
    expect(desk.page.get_by_role("button", name="网格规划")).to_be_visible()
    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert "lang=zh" in desk.page.url
    desk.page.wait_for_function(
        "() => JSON.stringify(window.gridward.map.getLayoutProperty('grid-label-coverage', 'text-field') ?? '')"
        ".includes('可见')"
    )


def test_rare_place_name_characters_have_a_shipped_font(open_desk):
    desk = open_desk()
    desk.open("#/coverage?lang=zh")
    missing = desk.page.evaluate(
        """async (text) => {
          const families = ['Noto Sans SC', 'Gridward Rare Han']
          await Promise.all(families.map((name) => document.fonts.load(`16px "${name}"`, text)))
          const ink = (family, sign) => {
            const sheet = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
            sheet.font = `40px ${family}`
            sheet.fillText(sign, 5, 45)
            return sheet.getImageData(0, 0, 60, 60).data.join()
          }
          const shipped = families.map((name) => `"${name}"`).join(', ')
          // A sign that no shipped font has looks the same as with the fallback alone.
          return [...text].filter((sign) => ink(`${shipped}, monospace`, sign) === ink('monospace', sign))
        }""",
        RARE,
    )
    assert missing == []


def test_dark_colours_are_kept_in_the_address(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    desk.wait_for_map()
    desk.page.get_by_role("button", name="Dark colours").click()
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert "theme=dark" in desk.page.url
    desk.page.wait_for_function(
        "() => window.gridward.map.isStyleLoaded()"
        " && window.gridward.map.getStyle().metadata['gridward:theme'] === 'dark'"
    )


def test_permalink_brings_back_what_was_on_screen(open_desk):
    desk = open_desk()
    desk.open("#/coverage?map=15.70/60.17020/24.94600")
    desk.wait_for_map()
    code = desk.page.locator("tr[data-key]").nth(2).get_attribute("data-key")
    desk.page.locator(f"tr[data-key='{code}']").click()
    desk.page.get_by_role("columnheader", name="Places").get_by_role("button").click()
    desk.page.get_by_role("button", name="Layers").click()
    desk.page.get_by_role("checkbox", name="Buildings").uncheck()
    desk.page.keyboard.press("Escape")
    address, view = desk.page.url, desk.view()
    other = open_desk()
    other.page.goto(address)
    other.wait_for_map()
    expect(other.page.locator(f"tr[data-key='{code}']")).to_have_attribute("aria-selected", "true")
    expect(other.page.get_by_role("columnheader", name="Places")).to_have_attribute("aria-sort", "descending")
    assert other.view() == pytest.approx(view, abs=1e-3)
    assert other.drawn("buildings") == {"buildings": 0}
    assert other.page.url == address


def test_keyboard_alone_finds_selects_and_steps_back(open_desk):
    desk = open_desk()
    desk.open("#/coverage")
    desk.wait_for_map()
    page = desk.page
    expect(page.locator("tr[data-key]").first).to_be_visible()
    page.keyboard.press("2")
    first = page.locator("tr[data-key]").first
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    second = page.locator("tr[data-key]").nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    expect(second).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#map-canvas")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("here")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("here")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    expect(page.get_by_text("List mode: the map is off.")).to_be_visible()


def test_histogram_filters_the_table(open_desk):
    desk = open_desk()
    desk.open("#/coverage")
    rows = desk.page.locator("tr[data-key]")
    expect(rows.first).to_be_visible()
    whole = rows.count()
    bar = desk.page.locator(".bars > button").first
    expected = int(re.search(r"(\d+) grids", bar.get_attribute("aria-label"))[1])
    bar.click()
    expect(rows).to_have_count(expected)
    desk.page.get_by_role("button", name="Clear filter").click()
    expect(rows).to_have_count(whole)


def test_offline_map_is_downloaded_whole(open_desk, tmp_path):
    desk = open_desk()
    desk.open("#/coverage")
    desk.page.get_by_role("button", name="Export").click()
    with desk.page.expect_download() as waiting:
        desk.page.get_by_role("button", name="Offline map").click()
    file = tmp_path / "report.html"
    waiting.value.save_as(file)
    text = file.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html")
    assert not re.search(r'(?:src=|<link[^>]*href=)"https?://', text)


def test_list_mode_without_webgl_does_every_task(open_desk, blind_browser):
    desk = open_desk(chromium=blind_browser)
    desk.open("#/coverage")
    page = desk.page
    expect(page.get_by_text("this browser cannot draw the map")).to_be_visible()
    expect(page.locator("tr[data-key]").first).to_be_visible()
    page.get_by_role("combobox", name="What is here").fill("24.94600, 60.17020")
    page.keyboard.press("Enter")
    here = page.get_by_test_id("here")
    expect(here.get_by_text("Place in words")).to_be_visible()
    expect(here.get_by_text("24.94600, 60.17020")).to_be_visible()
    page.get_by_role("button", name="Dispatch").click()
    page.get_by_role("button", name="New report").first.click()
    form = page.get_by_test_id("report-form")
    form.get_by_role("combobox", name="Place").fill("24.94600, 60.17020")
    page.keyboard.press("Enter")
    expect(form.get_by_text("Position 24.94600")).to_be_visible()
    item = f"Bench broken {uuid.uuid4().hex[:6]}"
    form.get_by_label("What is wrong").fill(item)
    form.get_by_role("button", name="Send report").click()
    expect(page.get_by_test_id("incident").get_by_role("heading", name=item)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=item)).to_be_visible()


def test_report_from_the_map_is_kept_once_and_seen_by_another_desk(open_desk):
    desk, other = open_desk(), open_desk()
    other.open("#/dispatch")
    desk.open("#/dispatch?map=16.5/60.1702/24.946")
    desk.wait_for_map()
    page = desk.page
    page.get_by_role("button", name="New report").first.click()
    box = page.locator(".map-pane").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    form = page.get_by_test_id("report-form")
    expect(form.get_by_text("Position 24.946")).to_be_visible()
    form.get_by_role("button", name="Send report").click()
    expect(form.get_by_text("Say what is wrong")).to_be_visible()
    item = f"Water on road {uuid.uuid4().hex[:6]}"
    form.get_by_label("What is wrong").fill(item)
    form.get_by_role("button", name="Send report").click()
    card = page.get_by_test_id("incident")
    expect(card.get_by_role("heading", name=item)).to_be_visible()
    expect(card.get_by_text("Grid and head")).to_be_visible()
    expect(other.page.get_by_role("option").filter(has_text=item)).to_be_visible()
    kept = [one for one in desk.get("/api/v1/incidents?limit=100")["incidents"] if one["item"] == item]
    assert len(kept) == 1
    assert kept[0]["accuracy_m"] == 20


def test_phone_takes_a_report(open_desk):
    desk = open_desk(PHONE, has_touch=True)
    desk.open("#/dispatch")
    page = desk.page
    page.locator(".phone-foot").get_by_role("button", name="New report").click()
    form = page.get_by_test_id("report-form")
    form.get_by_role("combobox", name="Place").fill("24.94600, 60.17020")
    page.keyboard.press("Enter")
    expect(form.get_by_text("Position 24.94600")).to_be_visible()
    item = f"Lamp dark {uuid.uuid4().hex[:6]}"
    form.get_by_label("What is wrong").fill(item)
    form.get_by_role("button", name="Send report").click()
    expect(page.get_by_test_id("incident").get_by_role("heading", name=item)).to_be_visible()


def test_rename_of_a_grid_that_changed_meanwhile_asks_whose_to_keep(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    page = desk.page
    grid = desk.plan_grids()["grids"][1]
    page.locator(f"tr[data-key='{grid['code']}']").click()
    page.get_by_role("button", name="Rename").click()
    theirs, mine = f"Theirs {uuid.uuid4().hex[:6]}", f"Mine {uuid.uuid4().hex[:6]}"
    desk.page.route("**/api/v1/events*", lambda route: route.abort())
    desk.send("PATCH", f"/api/v1/grids/{grid['id']}", {"name": theirs, "expected": {grid["id"]: grid["revision"]}})
    page.get_by_role("dialog").get_by_label("Name").fill(mine)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    conflict = page.get_by_role("dialog").filter(has_text="changed while you were editing")
    expect(conflict.get_by_text(theirs)).to_be_visible()
    expect(conflict.get_by_text(mine)).to_be_visible()
    conflict.get_by_role("button", name="Use mine").click()
    expect(page.locator(f"tr[data-key='{grid['code']}']")).to_contain_text(mine)
    names = {one["id"]: one["name"] for one in desk.plan_grids()["grids"]}
    assert names[grid["id"]] == mine


def test_propose_grids_runs_as_a_job_and_opens_the_plan(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    page = desk.page
    page.get_by_role("button", name="Propose grids").click()
    dialog = page.get_by_role("dialog", name="Propose grids")
    dialog.get_by_label("Households a grid").fill("4")
    expect(dialog.get_by_text("Target is 5 to 5,000")).to_be_visible()
    dialog.get_by_label("Households a grid").fill("600")
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_text("is ready")).to_be_visible(timeout=90_000)
    expect(page.locator(".deskbar .chip", has_text="Draft")).to_be_visible()
    assert "plan=" in page.url
    rows = page.locator("tr[data-key]")
    expect(rows.first).to_be_visible()
    assert rows.count() < len(desk.plan_grids()["grids"])


def test_lost_connection_is_said_and_mends(open_desk):
    desk = open_desk()
    desk.open("#/dispatch")
    badge = desk.page.get_by_role("banner").get_by_role("status").filter(has_text=re.compile("Live|Offline|Stale"))
    expect(badge).to_contain_text("Live")
    expect(desk.page.get_by_role("option").first).to_be_visible()
    desk.page.context.set_offline(True)
    expect(badge).to_contain_text("Offline since")
    expect(desk.page.get_by_role("option").first).to_be_visible()
    desk.page.context.set_offline(False)
    expect(badge).to_contain_text("Live", timeout=20_000)
