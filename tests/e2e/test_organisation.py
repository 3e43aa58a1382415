"""The organisation's page: a post ended leaves a vacancy in table and map, is given again, and staffing by the rules."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, PLANNER, Desk
from tests.e2e.test_accessibility import AXE


def faults(desk: Desk) -> list[str]:
    """Run axe on the page as it stands; through the debugger, where the page's own policy does not reach."""
    desk.page.evaluate(AXE.read_text())
    return desk.page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}))"
        ".violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)"
    )


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
def test_a_post_is_ended_found_vacant_and_filled_again(desk_of):
    desk = desk_of(PLANNER, "#/organisation")
    desk.wait_for_map()
    page = desk.page
    expect(page.locator(".org-tree button").first).to_contain_text("Grids")
    assert faults(desk) == []

    page.get_by_role("button", name="Vacancies", exact=True).click()
    expect(page.get_by_text("One head in each grid, of its own village: 0 lacking")).to_be_visible()
    held = desk.get("/api/v1/assignments?role=grid_head&limit=1")["assignments"][0]
    page.get_by_role("button", name="Staff", exact=True).click()
    page.get_by_label("Find staff").fill(held["work_no"])
    row = page.locator("tr[data-key]").filter(has_text=held["work_no"])
    expect(row).to_have_count(1)
    row.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"End grid head {held['grid_code']}").click()
    expect(page.get_by_role("button", name=f"End grid head {held['grid_code']}")).to_have_count(0)
    assert faults(desk) == []

    page.get_by_role("button", name="Vacancies", exact=True).click()
    vacant = page.locator("tr[data-key]").filter(has_text="One head in each grid")
    expect(vacant).to_have_count(1)
    vacant.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"grid={held['grid_code']}"))
    drawn = desk.get("/api/v1/vacancies.geojson")["features"]
    assert [one["properties"]["code"] for one in drawn if one["properties"]["place"] == "grid"] == [held["grid_code"]]
    page.get_by_role("button", name="Give this post").click()
    expect(page.get_by_label("Grid", exact=True)).to_have_value(held["grid_code"])
    page.get_by_role("button", name="Give the post").click()
    expect(page.get_by_role("button", name=f"End grid head {held['grid_code']}")).to_be_visible()

    page.get_by_role("button", name="Staffing", exact=True).click()
    page.get_by_label(re.compile("One head in each grid")).fill("1")
    page.get_by_role("button", name="Work out a proposal").click()
    heads = page.get_by_role("region", name="grid head", exact=True)
    expect(heads).to_contain_text("at most 1 posts each", timeout=60_000)
    expect(heads).to_contain_text("proven best")
    assert faults(desk) == []
    page.get_by_role("button", name="Put in force").click()
    expect(page.get_by_text("In force", exact=True).first).to_be_visible()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
def test_organisation_on_a_phone_in_chinese_and_dark(desk_of):
    desk = desk_of(PLANNER, "#/organisation?part=vacancies&theme=dark&lang=zh", PHONE)
    expect(desk.page.get_by_role("button", name="缺岗", exact=True)).to_have_attribute("aria-current", "page")
    expect(desk.page.get_by_label("截至日期")).to_be_visible()
    # the map, which a skip link leads to, comes on demand here
    assert [fault for fault in faults(desk) if not fault.startswith("skip-link")] == []
    assert desk.page.evaluate("() => document.documentElement.scrollWidth") <= 390
