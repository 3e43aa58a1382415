"""An analyst asks, tries out, keeps and takes away: on a real server, with the network off."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.test_accessibility import AXE, faults

VIEW = "map=17/60.16800/24.94650"
PLUS = re.compile(r"\+\d")


@pytest.fixture
def desk(open_desk):
    """The coverage desk with its table and its map."""
    opened = open_desk()
    opened.open(f"#/coverage?{VIEW}")
    expect(opened.page.locator("#table tr[data-key]").first).to_be_visible()
    opened.wait_for_map()
    return opened


def tab(desk, name):
    """Go to a part of the desk."""
    desk.page.get_by_role("tab", name=re.compile(f"^{name}")).click()


def card(desk):
    """The card of the proposed camera in the hand."""
    return desk.page.get_by_test_id("whatif")


def gained(desk):
    """Metres of street that the proposed cameras would add, as the card says."""
    words = card(desk).locator("dd").first.inner_text()
    found = re.match(r"([+−]?)([\d,]+) m", words)
    assert found, words
    return int(found[2].replace(",", "")) * (-1 if found[1] == "−" else 1)


def middle_of(locator):
    """Where a thing stands on the screen."""
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(desk, locator, to):
    """Drag a thing to a place of the screen, with steps between."""
    mouse = desk.page.mouse
    mouse.move(*middle_of(locator))
    mouse.down()
    mouse.move(*to, steps=8)
    mouse.up()


def worst_place(desk):
    """The gap in a street where a camera that turns would show most."""
    gaps = desk.get("/api/v1/coverage/gaps?kind=street&limit=400")["gaps"]
    worst = sorted(gaps, key=lambda gap: -(gap["reason"].get("metres") or 0))[:12]
    plan = desk.get("/api/v1/coverage")["run"]["plan_id"]

    def shown(gap):
        camera = {"lon": gap["lon"], "lat": gap["lat"], "azimuth": None, "ptz": True}
        body = {"plan": plan, "cameras": [camera]}
        return desk.send("POST", "/api/v1/coverage/what-if", body)["change"]["seen_m"]

    best = max(worst, key=shown)
    return best["lon"], best["lat"]


def export(desk, name, file):
    """Export in a format and return what was written."""
    desk.page.get_by_role("button", name="Export").click()
    with desk.page.expect_download(timeout=120_000) as waiting:
        desk.page.get_by_role("button", name=re.compile(f"^{name}")).click()
    waiting.value.save_as(file)
    return file.read_bytes()


def test_analyst_finds_the_worst_grid_tries_a_camera_and_takes_files_away(desk, browser, tmp_path):
    page = desk.page
    first = page.locator("#table tr[data-key]").first
    worst = max(desk.get("/api/v1/coverage")["grids"], key=lambda grid: grid["unseen_m"])
    assert first.get_attribute("data-key") == worst["code"]
    first.click()
    expect(page.get_by_test_id("reasons")).to_contain_text("street")

    lon, lat = worst_place(desk)
    page.goto(f"{desk.base}/#/coverage?map=18/{lat}/{lon}")
    page.reload()
    desk.wait_for_map()
    tab(desk, "Proposals")
    page.get_by_role("button", name="Add camera").click()
    expect(page.get_by_text("Click where the camera stands")).to_be_visible()
    page.mouse.click(*desk.pixel_of(lon, lat))
    expect(page.locator(".idea-handle")).to_be_visible()
    card(desk).get_by_role("button", name="Best heading").click()
    expect(card(desk).locator("dd").first).to_have_text(PLUS)
    expect(page.locator(".toast")).to_contain_text("Turned to")
    before = gained(desk)
    handle = page.locator(".idea-handle")
    x, y = middle_of(handle)
    drag(desk, handle, (x + 160, y + 120))
    expect(card(desk).locator("dd").first).not_to_have_text(re.compile(rf"^\+{before} m"))
    arm = page.get_by_role("slider", name="Heading")
    heading = arm.get_attribute("aria-valuenow")
    drag(desk, arm, (x, y + 300))
    expect(arm).not_to_have_attribute("aria-valuenow", heading)
    card(desk).get_by_role("button", name="Keep in plan").click()
    expect(page.locator(".toast")).to_contain_text("1 camera kept", timeout=60_000)
    plan = desk.get("/api/v1/coverage")["run"]["plan_id"]
    kept = desk.get(f"/api/v1/coverage/placements?plan={plan}")["placements"][0]
    assert kept["summary"]["cameras"] == 1
    assert kept["edited"]

    page.keyboard.press("Escape")
    page_file = tmp_path / "coverage.html"
    html = export(desk, "Offline map", page_file)
    assert b"<!doctype html" in html[:200].lower()
    assert export(desk, "PDF", tmp_path / "coverage.pdf").startswith(b"%PDF-")
    workbook = tmp_path / "coverage.xlsx"
    export(desk, "Excel", workbook)
    assert "xl/workbook.xml" in zipfile.ZipFile(workbook).namelist()
    opens_without_network(browser, page_file)
    assert desk.complaints == []


def opens_without_network(browser, file: Path) -> None:
    """Open a file with the network off: it draws, asks for nothing, and nothing goes wrong."""
    context = browser.new_context(offline=True)
    asked, wrong = [], []
    page = context.new_page()
    page.on("request", lambda request: request.url.startswith("http") and asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    expect(page.locator(".leaflet-overlay-pane canvas")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    context.close()
    assert (asked, wrong) == ([], [])


def test_keyboard_alone_proposes_moves_turns_and_keeps(desk):
    page = desk.page
    page.keyboard.press("1")
    expect(page.locator("#map-canvas")).to_be_focused()
    page.keyboard.press("a")
    handle = page.locator(".idea-handle")
    expect(handle).to_be_focused()
    expect(card(desk)).to_contain_text("160°")
    name = handle.get_attribute("aria-label")
    page.keyboard.press("Shift+ArrowUp")
    expect(handle).not_to_have_attribute("aria-label", name)
    page.keyboard.press(".")
    expect(card(desk)).to_contain_text("165°")
    page.keyboard.press(",")
    expect(card(desk)).to_contain_text("160°")
    page.keyboard.press("h")
    expect(page.locator(".toast")).to_contain_text("Turned to")
    expect(card(desk)).to_contain_text("none at Discern")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("kept", timeout=60_000)
    handle.focus()
    page.keyboard.press("Delete")
    expect(handle).to_have_count(0)
    assert desk.complaints == []


def test_level_and_need_are_asked_and_the_figures_change(desk):
    page = desk.page
    seen = page.locator(".kpis .figure").first
    before = seen.inner_text()
    page.get_by_role("button", name=re.compile("^Level")).click()
    page.get_by_role("button", name=re.compile("^Discern")).click()
    expect(page).to_have_url(re.compile("run="), timeout=60_000)
    expect(seen).not_to_have_text(before)
    run = re.search(r"run=([0-9a-f-]+)", page.url)[1]
    summary = desk.get(f"/api/v1/coverage?run={run}")["summary"]
    assert seen.inner_text() == f"{100 * summary['seen_m'] / summary['streets_m']:.1f} %"
    # gaps and key places of a run of one's own are drawn by the desk; the legend tells of them all the same
    legend = page.locator(".map-foot .legend")
    expect(legend).to_contain_text("gap in street")
    expect(legend).to_contain_text("not seen")
    page.get_by_role("button", name=re.compile("^Level")).click()
    page.get_by_role("button", name=re.compile("^Identify")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Measure these places")).to_have_attribute("aria-disabled", "true")


def test_area_narrows_table_and_figures(desk):
    page = desk.page
    tab(desk, "Areas")
    row = page.locator("#areas-table tr[data-key]").first
    expect(row).to_be_visible()
    row.click()
    expect(page).to_have_url(re.compile("area="))
    expect(page.locator("#table tr[data-key]").first).to_be_visible()


def test_gap_is_found_in_the_list_and_on_the_map(desk):
    tab(desk, "Gaps")
    row = desk.page.locator("#gaps-table tr[data-key]").first
    expect(row).to_be_visible()
    key = row.get_attribute("data-key")
    gap = next(one for one in desk.get("/api/v1/coverage/gaps?limit=1000")["gaps"] if one["id"] == key)
    row.click()
    desk.page.wait_for_function("() => Math.abs(window.gridward.map.getZoom() - 18) < 0.01")
    assert desk.view() == pytest.approx([18, gap["lat"], gap["lon"]], abs=1e-4)


def test_two_days_are_compared_in_table_and_map(desk):
    page = desk.page
    page.get_by_role("button", name=re.compile("^Compare")).click()
    page.get_by_label(re.compile("^On a day")).fill("2026-01-15")
    page.locator(".when-field").first.get_by_role("button", name="Show").click()
    expect(page.get_by_test_id("change-legend")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("columnheader", name="Change, pp")).to_be_visible()
    desk.wait_for_map()
    assert desk.drawn("change-fill")["change-fill"] > 0
    page.get_by_role("button", name="Stop comparing").click()
    expect(page.get_by_test_id("change-legend")).to_have_count(0)


def test_privacy_zone_is_drawn_by_keys_changed_and_deleted(desk):
    page = desk.page
    tab(desk, "Privacy zones")
    page.get_by_role("button", name="Draw a zone").click()
    expect(page.locator("#map-canvas")).to_be_focused()
    for step in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press("Enter")
        desk.page.evaluate(
            "(way) => { const map = window.gridward.map; const by = {ArrowRight: [80, 0], ArrowDown: [0, 80],"
            " ArrowLeft: [-80, 0]}[way]; map.panBy(by, {duration: 0}) }",
            step,
        )
    expect(page.locator(".corner:not(.between)")).to_have_count(3)
    page.keyboard.press("Shift+Enter")
    page.get_by_label("Reason").fill("Windows of a kindergarten")
    page.get_by_role("button", name="Save zone").click()
    expect(page.locator(".toast")).to_contain_text("Zone saved")
    zone = desk.get("/api/v1/privacy-zones")["zones"][0]
    assert zone["reason"] == "Windows of a kindergarten"

    page.get_by_role("button", name="Change", exact=True).click()
    corner = page.locator("[data-corner='0']")
    corner.focus()
    page.keyboard.press("Shift+ArrowUp")
    page.get_by_role("button", name="Save zone").click()
    expect(page.get_by_role("form", name="Change the zone")).to_have_count(0)
    moved = desk.get(f"/api/v1/privacy-zones/{zone['id']}")["zone"]
    assert moved["area_m2"] != zone["area_m2"]
    page.get_by_role("button", name="Delete", exact=True).click()
    assert desk.get("/api/v1/privacy-zones")["zones"] != []
    page.get_by_role("button", name="Delete: press again to do it for good").click()
    expect(page.locator(".toast")).to_contain_text("Zone deleted")
    assert desk.get("/api/v1/privacy-zones")["zones"] == []


def test_search_for_places_is_shown_and_can_be_taken_over(desk):
    page = desk.page
    tab(desk, "Proposals")
    page.get_by_label("Budget").fill("3")
    page.get_by_role("button", name="Find places").click()
    expect(page.locator(".idea-handle")).to_have_count(3, timeout=120_000)
    expect(page.get_by_text("Open: 3 cameras")).to_be_visible()
    expect(page.get_by_text(re.compile("candidates"))).to_be_visible()
    page.get_by_role("button", name="Discard").last.click()
    expect(page.locator(".idea-handle")).to_have_count(0)

    # the question turned round: the fewest that see enough
    page.locator("#place-aim").select_option("cover")
    page.get_by_label("Enough, in %").fill("4")
    page.get_by_label("Prove how good it is").check()
    page.get_by_role("button", name="Find places").click()
    told = page.get_by_text(re.compile(r"covers \d[\d.]* % of what new cameras could add · no fewer than \d+ could do"))
    expect(told).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Discard").last.click()
    expect(page.locator(".idea-handle")).to_have_count(0)


def test_camera_that_goes_offline_changes_the_figures_without_a_reload(desk):
    page = desk.page
    online = page.locator(".kpis .figure").nth(3)
    expect(online).to_contain_text("221 of 221")
    here = desk.get("/api/v1/search?q=camera&limit=5")["results"] or []
    camera = next((one["id"] for one in here if one["kind"] == "camera"), None)
    if camera is None:
        spot = desk.send("POST", "/api/v1/locate", {"lon": 24.946, "lat": 60.168})["cameras"]
        camera = (spot["seeing"] or spot["nearest"])[0]["id"]
    now = desk.get(f"/api/v1/cameras/{camera}")
    now = now.get("camera", now)
    changed = desk.send("PATCH", f"/api/v1/cameras/{camera}", {"online": False}, **{"If-Match": f'"{now["revision"]}"'})
    expect(online).to_contain_text("220 of 221", timeout=30_000)
    changed = changed.get("camera", changed)
    desk.send("PATCH", f"/api/v1/cameras/{camera}", {"online": True}, **{"If-Match": f'"{changed["revision"]}"'})
    expect(online).to_contain_text("221 of 221", timeout=30_000)


def test_named_report_is_kept_and_downloaded(desk, tmp_path):
    page = desk.page
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("November at a glance")
    dialog.get_by_label("Format").select_option("csv")
    dialog.get_by_role("button", name="Save report").click()
    expect(dialog.get_by_text("Saved as November at a glance.")).to_be_visible(timeout=120_000)
    with page.expect_download() as waiting:
        dialog.get_by_role("button", name="Download").click()
    file = tmp_path / "kept.csv"
    waiting.value.save_as(file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    dialog.get_by_role("button", name="Reports").click()
    expect(page.get_by_text("November at a glance")).to_be_visible()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
@pytest.mark.parametrize(("theme", "lang"), [("light", "en"), ("dark", "zh")])
def test_every_part_of_the_desk_has_no_axe_faults(open_desk, theme, lang):
    desk = open_desk(bypass_csp=True)
    desk.open(f"#/coverage?{VIEW}&theme={theme}&lang={lang}")
    expect(desk.page.locator("#table tr[data-key]").first).to_be_visible()
    desk.wait_for_map()
    found = {}
    for part in ("areas", "gaps", "proposals", "zones", "posts", "grids"):
        desk.page.locator(f"#cov-tab-{part}").click()
        desk.page.wait_for_timeout(500)
        found[part] = faults(desk)
    desk.page.locator("#map-canvas").focus()
    desk.page.keyboard.press("a")
    expect(desk.page.locator(".idea-handle")).to_be_visible()
    found["camera"] = faults(desk)
    assert {part: told for part, told in found.items() if told} == {}, json.dumps(found, indent=1)


def test_phone_asks_and_reads_without_sideways_scroll(open_desk):
    desk = open_desk({"width": 390, "height": 844})
    desk.open("#/coverage")
    page = desk.page
    expect(page.locator("#table tr[data-key]").first).to_be_visible()
    for part in ("areas", "gaps", "proposals", "zones", "posts", "grids"):
        page.locator(f"#cov-tab-{part}").click()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, part
