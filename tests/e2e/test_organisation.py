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


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
def test_units_duty_rules_leads_and_tables_are_changed_in_the_page(desk_of):
    desk = desk_of(PLANNER, "#/organisation?list=1")
    page = desk.page
    for code, name, parent in (("E2E-1", "Works", ""), ("E2E-2", "Roads", "E2E-1 Works")):
        page.get_by_role("button", name="Add a unit", exact=True).click()
        form = page.get_by_role("form", name="Add a unit")
        form.get_by_label("Code").fill(code)
        form.get_by_label("Name").fill(name)
        if parent:
            form.get_by_label("Stands below").select_option(label=parent)
        form.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("button", name=re.compile(f"^{name} {code}"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Works E2E-1")).click()
    form = page.get_by_role("form", name="Change Works")
    form.get_by_label("Stands below").select_option(label="E2E-2 Roads")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("E2E-1 → E2E-2 → E2E-1")
    assert faults(desk) == []

    page.get_by_role("button", name="Staff", exact=True).click()
    page.locator("tr[data-key]").first.focus()
    page.keyboard.press("Enter")
    form = page.get_by_role("form", name="Shifts and absences")
    form.get_by_label("From").fill("2035-03-05T08:00")
    form.get_by_label("To").fill("2035-03-07T18:00")
    form.get_by_role("button", name="Add", exact=True).click()
    away = page.get_by_role("button", name=re.compile("^Take back Away .*2035-03-05 08:00"))
    away.click()
    expect(away).to_have_count(0)

    page.get_by_role("button", name="Rules", exact=True).click()
    page.get_by_role("button", name=re.compile("^At least two officers in each town")).click()
    form = page.get_by_role("form", name="Change the rule")
    form.get_by_label("How many").fill("3")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^At least two officers.*3 per town"))).to_be_visible()
    assert faults(desk) == []

    page.get_by_role("button", name="Catalogue", exact=True).click()
    page.get_by_label("Find an item").fill("jgqs")
    expect(page.get_by_role("list", name="Items")).to_contain_text("0101")
    form = page.get_by_role("form", name="Say who leads")
    form.get_by_label("Item or class").fill("0101")
    form.get_by_label("Lead unit").select_option(label="E2E-1 Works")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("region", name="Who leads", exact=True)).to_contain_text("0101 @ The whole territory")
    assert faults(desk) == []

    page.get_by_role("button", name="Work calendar", exact=True).click()
    expect(page.get_by_text("Shift leaders put another calendar in force.")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    table = {
        "name": "units.csv",
        "mimeType": "text/csv",
        "buffer": b"code,name,parent\nE2E-3,Water,E2E-9\nE2E-4,Lamps,\n",
    }
    page.get_by_label("File").set_input_files(table)
    page.get_by_role("button", name="Check", exact=True).click()
    refused = page.get_by_role("region", name="List of refused rows")
    expect(refused).to_contain_text("E2E-9")
    page.get_by_label("Save the good rows").check()
    page.get_by_label("Only check").uncheck()
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_text("Saved: ", exact=False)).to_be_visible()
    assert faults(desk) == []
    assert "E2E-4" in {unit["code"] for unit in desk.get("/api/v1/units")["units"]}
