"""Change sets of areas on their page: one person draws, another publishes; by keys; figures on boundaries of a day."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, PLANNER, REVIEWER, Desk, Server

DAY = datetime.now(UTC).date() + timedelta(days=40)
LATER = str(DAY + timedelta(days=1))
WHOLE, PART = "990001001001", "990001001002"


def _take_back_what_waits(server: Server) -> None:
    """Take back every change set that waits for its day: the demo has one area, and its ground ends only once."""
    for change in json.loads(server.command("area", "changes", "--json")):
        if change["status"] == "scheduled":
            server.command("area", "withdraw", change["id"], "--reason", "The ground is needed again.")


@pytest.fixture
def whole_ground(own_server: Server) -> Iterator[None]:
    """Present areas that go on, also where a try stopped between publishing and taking back."""
    _take_back_what_waits(own_server)
    yield
    _take_back_what_waits(own_server)


def _step(page: Page, name: str, *, reason: str = "") -> None:
    page.locator(".deskbar").get_by_role("button", name=name, exact=True).click()
    dialog = page.get_by_role("dialog")
    if reason:
        dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=name, exact=True).click()
    expect(dialog).to_have_count(0)


def _step_of_menu(page: Page, name: str, reason: str) -> None:
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name=name).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=name, exact=True).click()
    expect(dialog).to_have_count(0)


def _box(desk: Desk) -> list[float]:
    return desk.get("/api/v1/territories")["territories"][0]["bbox"]


def _kept(desk: Desk) -> dict[str, Any]:
    """Return the change set whose page is open."""
    expect(desk.page).to_have_url(re.compile(r"part=[0-9a-f-]{36}"))
    found = re.search(r"part=([0-9a-f-]{36})", desk.page.url)
    assert found is not None
    return desk.get(f"/api/v1/area-changes/{found[1]}")


def _split_by_hand(author: Desk) -> dict[str, Any]:
    """Cut the demo's one area in two with the pointer and keep that as a draft."""
    author.wait_for_map()
    page = author.page
    west, south, east, north = _box(author)
    page.get_by_role("button", name="New change set").click()
    page.get_by_label("Name of the decision").fill(f"Decision 9/{uuid4()}")
    page.get_by_label("First day").fill(str(DAY))
    page.mouse.click(*author.pixel_of((west + east) / 2, (south + north) / 2))
    expect(page.get_by_role("checkbox", name="Helsinki centre")).to_be_checked()
    page.get_by_role("button", name="Split", exact=True).click()
    page.get_by_label("Name of the smaller part").fill("Kaisaniemi")
    page.get_by_role("button", name="Draw on the map").click()
    author.wait_for_map()
    for corner, share in enumerate((0.1, 0.9), start=1):
        page.mouse.click(*author.pixel_of(west + (east - west) * share, south + (north - south) * 0.55))
        expect(page.get_by_text(f"Corners: {corner}")).to_be_visible()
    page.get_by_role("button", name="Add action").click()
    expect(page.get_by_text("Areas that would end: 1; that would begin: 2.")).to_be_visible()
    page.get_by_role("button", name="Keep as draft").click()
    return _kept(author)


def _shown_before_and_after(author: Desk, made: dict[str, Any]) -> None:
    page = author.page
    expect(page.get_by_role("row", name=re.compile("Helsinki centre: split to Kaisaniemi"))).to_be_visible()
    shares = {row["to_code"]: row["area_share"] for row in made["lineage"]}
    assert shares[PART] == pytest.approx(0.45, abs=0.02)
    assert sum(shares.values()) == pytest.approx(1, abs=1e-6)
    assert sum(row["households"] for row in made["lineage"]) == made["change"]["figures"]["households"]
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['change-after']}).length >= 2")
    page.get_by_role("button", name="Before", exact=True).click()
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['change-after']}).length === 0")


def _renamed_in_the_draft(page: Page) -> None:
    expect(page.locator(".change-head .chip")).to_have_text("Draft")
    page.get_by_role("button", name="Draw anew").click()
    page.get_by_role("checkbox", name="Kaisaniemi").check()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Kluuvi")
    page.get_by_role("button", name="Add action").click()
    expect(page.get_by_text("Rename Kaisaniemi to Kluuvi")).to_be_visible()
    page.get_by_role("button", name="Keep as draft").click()
    expect(page.get_by_role("row", name=re.compile("split to Kluuvi"))).to_be_visible()
    _step(page, "Send for review")


def _published(other: Page) -> None:
    expect(other.locator(".change-head .chip")).to_have_text("In review")
    _step(other, "Approve")
    other.locator(".deskbar").get_by_role("button", name="Publish").click()
    dialog = other.get_by_role("dialog")
    expect(dialog.get_by_label("First day")).to_have_value(str(DAY))
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("required").or_(dialog.locator(".error")).first).to_be_visible()
    dialog.get_by_label("Basis").fill("Council 12/2026")
    dialog.get_by_role("button", name="Publish").click()
    expect(other.locator(".change-head .chip")).to_have_text("Scheduled")
    other.get_by_role("tab", name="History").click()
    expect(other.locator(".passage").first).to_contain_text("Council 12/2026")


def _figures_follow(second: Desk, folder: Path) -> None:
    """Ask for figures as of a day after the change: counted on the new areas, and carried over from the old one."""
    other = second.page
    other.get_by_role("button", name="Figures").click()
    other.locator("#figure-at").fill(LATER)
    other.get_by_role("button", name="Compute").click()
    expect(other.locator("#table tbody tr")).to_have_count(2)
    expect(other.locator("#table tbody")).to_contain_text("Kluuvi")
    with other.expect_download() as saving:
        other.get_by_role("button", name="Table (CSV)").click()
    path = folder / "figures.csv"
    saving.value.save_as(path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["code"] for row in rows] == [WHOLE, PART, ""]
    told = second.get(f"/api/v1/statistics?on=areas:zone&measure=households&at={LATER}")
    assert sum(float(row["value"]) for row in rows) == told["total"]

    # totals of the old area, carried over to the new ones
    totals = folder / "totals.csv"
    totals.write_text(f"code,total\n{WHOLE},1000\n")
    other.get_by_label("Figure", exact=True).select_option("totals")
    other.get_by_label("Totals by code").set_input_files(totals)
    expect(other.get_by_text("Totals read: 1")).to_be_visible()
    other.locator("#figure-of-at").fill(str(DAY - timedelta(days=1)))
    other.get_by_role("button", name="Compute").click()
    expect(other.locator("#table tfoot")).to_contain_text("1,000")
    expect(other.locator("#table tbody")).to_contain_text("carried over")


def _areas_of_a_day(second: Desk) -> None:
    """See the areas of a day after the change and of one before it, on the map and by the address."""
    page = second.page
    second.open(f"#/areas?at={LATER}")
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(2)
    expect(page.locator("#table")).to_contain_text("Kluuvi")
    second.wait_for_map()
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['change-after']}).length >= 2")
    rows.filter(has_text="Kluuvi").click()
    # one area, in as many parts as the tiles cut it into
    bright = "window.gridward.map.queryRenderedFeatures({layers: ['change-bright']}).map((one) => one.properties.code)"
    page.wait_for_function(f"() => new Set({bright}).size === 1")
    page.get_by_label("Areas as of").fill(str(DAY - timedelta(days=1)))
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(f"at={DAY - timedelta(days=1)}"))
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_label("Areas as of")).to_have_value("")
    expect(page.get_by_text("Areas valid today: 1")).to_be_visible()


@pytest.mark.usefixtures("whole_ground")
def test_an_area_is_split_by_hand_and_published_by_a_second_person(desk_of, tmp_path):
    author = desk_of(PLANNER, "#/areas")
    page = author.page
    made = _split_by_hand(author)
    _shown_before_and_after(author, made)
    _step(page, "Send for review")

    second = desk_of(REVIEWER, f"#/areas?part={made['change']['id']}")
    other = second.page
    other.get_by_role("tab", name="Comments").click()
    other.get_by_label("New comment").fill("Who keeps the station?")
    other.get_by_label("About").select_option(PART)
    other.get_by_role("button", name="Comment", exact=True).click()
    expect(other.locator(".thread")).to_contain_text("Kaisaniemi")
    _step_of_menu(other, "Send back", "Call it by its old name.")

    _renamed_in_the_draft(page)
    _published(other)
    _figures_follow(second, tmp_path)
    _areas_of_a_day(second)

    # taken back before its day: the present areas go on
    second.open(f"#/areas?part={made['change']['id']}")
    _step_of_menu(other, "Withdraw", "The council met again.")
    expect(other.locator(".change-head .chip")).to_have_text("In review")
    areas = second.get(f"/api/v1/areas?at={LATER}")["areas"]
    assert [area["code"] for area in areas] == [WHOLE]
    assert author.complaints == []
    assert second.complaints == []
    assert all(url.startswith((author.base, "blob:", "data:")) for url in author.calls + second.calls)


def test_the_whole_way_by_keys(desk_of):
    desk = desk_of(PLANNER, "#/areas?list=1")
    page = desk.page
    west, south, east, north = _box(desk)
    page.get_by_role("button", name="New change set").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name of the decision").focus()
    page.keyboard.type(f"Decision by keys {uuid4()}")
    page.get_by_role("checkbox", name="Helsinki centre").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Split", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code of the smaller part")).to_be_focused()
    expect(page.get_by_label("Code of the smaller part")).to_have_value(PART)
    page.keyboard.press("Tab")
    page.keyboard.type("North")
    page.keyboard.press("Tab")
    middle = (south + north) / 2
    # first a line that misses: refused, and nothing typed is lost
    page.keyboard.type(f"{east + 0.01:.6f} {middle:.6f}, {east + 0.02:.6f} {middle:.6f}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not cut the area")
    expect(page.get_by_label("Name of the smaller part")).to_have_value("North")
    page.get_by_label("Corners").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(f"{west:.6f} {middle + 0.001:.6f}, {east:.6f} {middle + 0.001:.6f}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("that would begin: 2")).to_be_visible()
    page.get_by_role("button", name="Keep as draft").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name=re.compile("split to North"))).to_be_visible()
    page.locator(".deskbar").get_by_role("button", name="Send for review").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Note")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".change-head .chip")).to_have_text("In review")
    page.get_by_role("tab", name="What it does").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Comments")).to_be_focused()
    page.get_by_role("button", name="More", exact=True).focus()
    page.keyboard.press("Enter")
    # the menu puts the focus on its first item a frame after it opens
    expect(page.locator(".more-menu button").first).to_be_focused()
    page.get_by_role("button", name="Take back to draft").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Note")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".change-head .chip")).to_have_text("Draft")
    assert [said for said in desk.complaints if "Failed to load resource" not in said] == []


def test_a_corner_is_put_on_the_map_by_keys(desk_of):
    desk = desk_of(PLANNER, "#/areas?part=new")
    desk.wait_for_map()
    page = desk.page
    page.get_by_role("checkbox", name="Helsinki centre").check()
    page.get_by_role("button", name="Split", exact=True).click()
    page.get_by_role("button", name="Draw on the map").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#map-canvas")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Corners: 1")).to_be_visible()
    centre = desk.view()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(lng) => { const map = window.gridward.map; return map.getCenter().lng > lng && !map.isMoving() }",
        arg=centre[2],
    )
    page.keyboard.press("Enter")
    expect(page.get_by_text("Corners: 2")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(page.get_by_text("Corners: 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Draw on the map")).to_be_visible()
    expect(page.get_by_text("Corners: 1")).to_be_visible()


def test_boundaries_come_from_a_file_and_a_gap_is_shown(desk_of, tmp_path: Path):
    desk = desk_of(PLANNER, "#/areas?part=new")
    desk.wait_for_map()
    page = desk.page
    west, south, east, north = _box(desk)

    def ring(top: float) -> dict[str, Any]:
        return {
            "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, top], [west, top], [west, south]]],
        }

    def layer(top: float) -> str:
        one = {"code": WHOLE, "name": "Centre", "kind": "zone"}
        feature = {"type": "Feature", "properties": one, "geometry": ring(top)}
        return json.dumps({"type": "FeatureCollection", "features": [feature]})

    half, full = tmp_path / "half.geojson", tmp_path / "whole.geojson"
    half.write_text(layer((south + north) / 2))
    full.write_text(layer(north))
    page.get_by_label("Name of the decision").fill(f"From a file {uuid4()}")
    page.get_by_role("button", name="From a file").click()
    page.get_by_label("Boundary file").set_input_files(half)
    page.get_by_label("Coordinates").select_option("wgs84")
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_role("alert")).to_contain_text("are in no new area")
    desk.wait_for_map()
    assert desk.drawn("edit-refused")["edit-refused"] >= 1
    page.get_by_label("Boundary file").set_input_files(full)
    page.get_by_role("group", name="Replaces").get_by_role("checkbox", name="Zone").check()
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_text("that would begin: 1")).to_be_visible()
    page.get_by_role("button", name="Keep as draft").click()
    made = _kept(desk)
    assert [row["kind"] for row in made["lineage"]] == ["rename"]
    assert made["change"]["replaces"] == "zone"
    expect(page.locator(".change-head")).to_contain_text("whole.geojson")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Delete draft").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete draft").click()
    expect(page.locator(".change-head")).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_a_phone_one_looks_and_comments(desk_of, lang):
    desk = desk_of(REVIEWER, f"#/areas?lang={lang}&theme=dark", PHONE)
    page = desk.page
    page.locator("tr[data-key]").first.click()
    expect(page.locator(".change-head")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("tab", name={"en": "Comments", "zh": "意见"}[lang]).click()
    expect(page.locator("#area-comment")).to_be_visible()
    words = page.locator("#panel").inner_text()
    assert "areas." not in words
    if lang == "zh":
        assert page.locator("html").get_attribute("lang") == "zh-CN"
