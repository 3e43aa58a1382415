"""The organisation's page: a post ended leaves a vacancy in table and map, is given again, and staffing by the rules."""

from __future__ import annotations

import json
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
    expect(page.locator(".legend").get_by_text("vacancy", exact=True)).to_be_visible()
    page.get_by_role("button", name="Give this post").click()
    expect(page.get_by_label("Grid", exact=True)).to_have_value(held["grid_code"])
    page.get_by_role("button", name="Give the post").click()
    expect(page.get_by_role("button", name=f"End grid head {held['grid_code']}")).to_be_visible()

    page.get_by_role("button", name="Staffing", exact=True).click()
    page.get_by_label(re.compile("One head in each grid")).fill("1")
    page.get_by_role("button", name="Work out a proposal").click()
    heads = page.get_by_role("region", name="grid head", exact=True)
    expect(heads).to_contain_text("at most 1 post each", timeout=60_000)
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


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
def test_staff_and_their_posts_are_kept_in_the_page(desk_of):
    desk = desk_of(PLANNER, "#/organisation?list=1&part=staff")
    page = desk.page
    page.get_by_role("button", name="Add a member of staff", exact=True).click()
    form = page.get_by_role("form", name="Add a member of staff")
    form.get_by_label("Work number").fill("E2E-77")
    form.get_by_label("Name", exact=True).fill("Li Qing 李青")
    form.get_by_label("Post", exact=True).fill("assistant")
    form.get_by_label("Skills").fill("law, first aid")
    form.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="E2E-77")).to_be_visible()
    expect(page.get_by_text("Holds no post.")).to_be_visible()
    page.get_by_role("button", name="Change E2E-77", exact=True).click()
    form = page.get_by_role("form", name="Change E2E-77")
    form.get_by_label("Post", exact=True).fill("grid assistant")
    form.get_by_label("Posts that one may hold").fill("3")
    form.get_by_label("Full-time").uncheck()
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("first aid, law · part-time · at most 3 posts")).to_be_visible()
    expect(page.get_by_text("grid assistant", exact=False).first).to_be_visible()
    assert faults(desk) == []

    form = page.get_by_role("form", name="Give a post")
    form.get_by_label("Role").select_option(label="assistant")
    form.get_by_label("For", exact=True).select_option(label="an area")
    area = desk.get("/api/v1/organisation")["areas"][0]
    form.get_by_label("Area", exact=True).select_option(label=f"{area['name']} {area['code']}")
    form.get_by_label("From the day").fill("2035-03-05")
    form.get_by_role("button", name="Give the post").click()
    expect(page.get_by_role("button", name=f"Change assistant {area['name']}")).to_be_visible()
    expect(page.get_by_text("since 5 Mar 2035")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Change assistant")).click()
    form = page.get_by_role("form", name=re.compile("^Change assistant"))
    form.get_by_label("First day on which it is held no more").fill("2036-01-01")
    form.get_by_label("Share of working time").fill("40")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("40 % · since 5 Mar 2035 · until 1 Jan 2036")).to_be_visible()
    member = desk.get("/api/v1/staff?q=E2E-77")["staff"][0]
    post = desk.get(f"/api/v1/staff/{member['id']}")["staff"]["assignments"][0]
    assert (post["share"], post["area_code"]) == (0.4, area["code"])


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
def test_items_of_the_catalogue_are_added_changed_and_retired_in_the_page(desk_of):
    desk = desk_of(PLANNER, "#/organisation?list=1&part=catalogue")
    page = desk.page
    page.get_by_role("button", name="Add an item", exact=True).click()
    form = page.get_by_role("form", name="Add an item")
    form.get_by_label("Code of the item").fill("E2E-I")
    form.get_by_label("Code of its class").fill("01")
    form.get_by_label("Name, Chinese").fill("共享单车乱停")
    form.get_by_label("Name, English").fill("Dumped hire bike")
    form.get_by_label("Limit in areas of class 1").fill("soon")
    form.get_by_role("button", name="Add", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("holds no limit")
    form.get_by_label("Limit in areas of class 1").fill("clear 2 work hours; look again 1 work day")
    form.get_by_role("button", name="Add", exact=True).click()
    expect(form).to_have_count(0)
    page.get_by_label("Find an item").fill("gxdcl")
    found = page.get_by_role("list", name="Items")
    found.locator("summary").filter(has_text="E2E-I").click()
    expect(found).to_contain_text("clear 2 work hours · look again 1 work days")
    page.get_by_role("button", name="Change E2E-I", exact=True).click()
    form = page.get_by_role("form", name="Change E2E-I")
    expect(form.get_by_label("Limit in areas of class 1")).to_have_value("clear 2 work hours; look again 1 work days")
    form.get_by_label("Synonyms").fill("dockless bike")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(found).to_contain_text("dockless bike")
    assert faults(desk) == []
    page.get_by_role("button", name="Retire E2E-I", exact=True).click()
    page.get_by_role("form", name="Retire E2E-I").get_by_role("button", name="Retire", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing is called so")).to_be_visible()
    assert [one["code"] for one in desk.get("/api/v1/catalogue/items?q=gxdcl")["items"]] == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
def test_a_shift_leader_puts_a_calendar_in_force(desk_of, own_server):
    own_server.command("account", "create", "e2e-leader", "--role", "shift_leader")
    desk = desk_of("e2e-leader", "#/organisation?list=1&part=calendar")
    page = desk.page
    before = desk.get("/api/v1/calendars")
    form = page.get_by_role("form", name="Work hours")
    form.get_by_label("Work hours").fill("12:00-08:30")
    form.get_by_role("button", name="Put in force").click()
    expect(form.get_by_role("alert")).to_be_visible()
    assert desk.get("/api/v1/calendars")["version"] == before["version"]
    form.get_by_label("Work hours").fill("08:30-12:00, 13:30-17:00")
    yearly = form.get_by_label("Holidays are announced year by year")
    yearly.check()
    form.get_by_label("Announced years").fill("2035")
    form.get_by_role("button", name="Put in force").click()
    expect(page.get_by_text(re.compile("clocks moved"))).to_be_visible()
    form = page.get_by_role("form", name="A day that differs")
    for day, kind, name in (("2035-10-01", "day off", "National Day"), ("2036-02-29", "work day", "Leap day")):
        form.get_by_label("Day", exact=True).fill(day)
        form.get_by_label("On this day").select_option(label=kind)
        form.get_by_label("Name of the day").fill(name)
        form.get_by_role("button", name="Put in force").click()
        expect(page.get_by_role("listitem").filter(has_text=day)).to_contain_text(name)
    expect(page.get_by_role("region", name="2035")).to_contain_text("announced")
    expect(page.get_by_role("region", name="2036")).to_contain_text("provisional")
    assert faults(desk) == []
    now = desk.get("/api/v1/calendars")
    assert (now["hours"], now["announced"], now["version"]) == (
        ["08:30-12:00", "13:30-17:00"], [2035], before["version"] + 3)  # fmt: skip
    form = page.get_by_role("form", name="Load a calendar or a year of holidays")
    wrong = {"name": "days.json", "mimeType": "application/json", "buffer": b"day,name"}
    form.get_by_label("Load a calendar").set_input_files([wrong])
    form.get_by_role("button", name="Put in force").click()
    expect(form.get_by_role("alert")).to_contain_text("no calendar")
    year = {"years": {"2037": {"announced": True, "off": {"2037-05-01/2037-05-03": "Labour Day"}}}}
    form.get_by_label("Load a calendar").set_input_files([wrong | {"buffer": json.dumps(year).encode()}])
    form.get_by_role("button", name="Put in force").click()
    expect(page.get_by_role("region", name="2037")).to_contain_text("Labour Day")
    expect(page.get_by_role("region", name="2036")).to_contain_text("Leap day")
    now = desk.get("/api/v1/calendars")
    assert (now["hours"], now["announced"]) == (["08:30-12:00", "13:30-17:00"], [2035, 2037])
    due = desk.get("/api/v1/calendars/due?start=2036-02-28T12:00:00Z&time_limit=1%20work%20day")
    assert due["provisional"] is True
    assert due["due_at"].startswith("2036-02-29T")
