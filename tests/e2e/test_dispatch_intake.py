"""What the desk does beside cases: reports by keyboard, files of past reports, charts, plates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.dispatch_office import LAT, LON, Office, card, open_office


@pytest.fixture(scope="module")
def office(server, browser) -> Iterator[Office]:
    with open_office(server, browser, "i") as opened:
        yield opened


def test_a_new_report_by_keyboard_begins_in_its_place_field_and_not_at_the_case_in_hand(office):
    no = office.report()
    page = office.desk("clerk", f"#/dispatch?report={no}").page
    expect(card(page).get_by_text("Grid and head")).to_be_visible()
    page.locator(f'[role="option"][data-no="{no}"]').focus()
    page.keyboard.press("n")
    form = page.get_by_test_id("report-form")
    place = form.get_by_role("combobox", name="Place")
    expect(place).to_be_focused()
    expect(form.get_by_text("Position")).to_have_count(0)
    # letters go into the field, not to the keys of the desk; numbers in the other order are offered turned round
    page.keyboard.type(f"{LAT} {LON}")
    expect(form.locator("#report-place-list [role=option]")).to_contain_text("lat, lon → lon, lat")
    page.keyboard.press("Enter")
    expect(form.get_by_text("Position 24.94600, 60.17020")).to_be_visible()
    expect(form.get_by_text(re.compile(r"^Grid \d+"))).to_be_visible()
    form.get_by_role("button", name="Cancel").last.click()
    expect(form).to_have_count(0)


def test_a_file_is_checked_matched_and_loaded_and_its_cases_charted(office):
    words, other = f"Qualm {uuid4().hex[:6]}", f"Etwas {uuid4().hex[:6]}"
    rows = [(words, LON, LAT), (words, LAT, LON), (other, 0, 0), ("Et\x07was", LON, LAT)]
    lines = [f"{uuid4().hex};2026-05-0{k + 1} 10:00;{item};{x};{y}" for k, (item, x, y) in enumerate(rows)]
    text = "nr;when;what;x;y\n" + "\n".join(lines) + "\n"
    page = office.desk("clerk", "#/dispatch?list=1").page
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Load a file of reports").click()
    panel = page.get_by_role("region", name="Load a file of reports")
    panel.get_by_label("File").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": text.encode()})
    load = panel.get_by_role("button", name="Load", exact=True)
    expect(load).to_have_attribute("aria-disabled", "true")
    panel.get_by_role("button", name="Check the file").click()
    expect(panel.get_by_role("alert")).to_contain_text("has no column for")
    for label, column in {
        "Number": "nr",
        "Reported at": "when",
        "What it": "what",
        "Longitude": "x",
        "Latitude": "y",
    }.items():
        panel.get_by_label(re.compile(f"^{label}")).select_option(column)
    panel.get_by_role("button", name="Check the file").click()
    expect(panel.get_by_text("2 rows are good, 2 would be refused, 1 lacks a place")).to_be_visible()
    refused = panel.get_by_role("region", name="Refused rows").first
    expect(refused).to_contain_text("longitude and latitude changed places")
    expect(refused).to_contain_text("U+0007")

    panel.get_by_label(re.compile(f"^{words}")).fill("light")
    panel.locator("[role=listbox] [role=option]").first.click()
    panel.get_by_label("Turn rows round").check()
    panel.get_by_label("Leave the refused rows out").check()
    panel.get_by_role("button", name="Check the file").click()
    expect(panel.get_by_text("3 rows are good, 1 would be refused, 1 lacks a place")).to_be_visible()
    load.click()
    expect(panel.get_by_text("3 reports loaded, 1 row refused, 1 without a place")).to_be_visible()
    loaded = [one for one in office.listed(channel="import") if one["item"] in {words, other}]
    assert sorted((one["item"], one["item_code"] is not None, one["lon"] is not None) for one in loaded) == [
        (other, False, False), (words, True, True), (words, True, True),
    ]  # fmt: skip

    panel.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Chart of the cases").click()
    chart = page.get_by_role("region", name="Chart of the cases")
    expect(chart.get_by_role("region", name="By month")).to_contain_text("May 2026")
    chart.get_by_role("region", name="By item").get_by_role("button", name=other).click()
    expect(chart.get_by_text("1 case fits the filters")).to_be_visible()


def test_plates_of_a_grid_are_printed_and_taken_out_of_use(office):
    page = office.desk("sender", "#/dispatch?list=1").page
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Plates of a grid").click()
    panel = page.get_by_role("region", name="Plates of a grid")
    panel.get_by_label("Grid").select_option(index=2)
    with page.expect_download() as download:
        panel.get_by_role("button", name="Print the sheet").click()
    assert download.value.path().read_bytes()[:5] == b"%PDF-"
    rows = panel.get_by_role("listitem")
    many = rows.count()
    rows.first.get_by_role("button", name="Take out of use").click()
    rows.first.get_by_role("button", name="For good: take it out").click()
    expect(rows).to_have_count(many - 1)


def test_a_report_without_a_place_or_turned_round_is_placed_at_the_desk(office):
    lost = office.report(lon=0, lat=0)
    desk = office.desk("clerk", f"#/dispatch?report={lost}")
    page = desk.page
    expect(card(page).get_by_text("Nobody could place this report yet.")).to_be_visible()
    card(page).get_by_role("button", name="Set the place").click()
    form = page.get_by_role("form", name="Set the place")
    form.get_by_role("combobox", name="Place").fill(f"{LON} {LAT}")
    page.keyboard.press("Enter")
    expect(form.get_by_text(re.compile(r"^Grid \d+"))).to_be_visible()
    form.get_by_role("button", name="Save").click()
    expect(card(page).get_by_text("Grid and head")).to_be_visible()
    expect(card(page).get_by_text("Corrected: place")).to_be_visible()
    assert office.see(lost)["incident"]["grid"] is not None

    turned = office.report(lon=LAT, lat=LON)
    desk.open(f"#/dispatch?report={turned}")
    expect(card(page).get_by_text("Longitude and latitude look swapped")).to_be_visible()
    card(page).get_by_role("button", name=re.compile("24.94600")).first.click()
    expect(form.get_by_text(re.compile(r"^Grid \d+"))).to_be_visible()
    form.get_by_role("button", name="Save").click()
    expect(card(page).get_by_text("Longitude and latitude look swapped")).to_have_count(0)
    expect(card(page).get_by_text("Grid and head")).to_be_visible()
    assert office.see(turned)["incident"]["lat"] == LAT


def test_two_people_correct_one_report_and_neither_undoes_the_other(office):
    no = office.report(item="Bin full", description="by the door")
    page = office.desk("clerk", f"#/dispatch?report={no}&list=1").page
    card(page).get_by_role("button", name="More").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Description").fill("by the gate")
    # meanwhile the dispatcher says how grave it is
    answer = office.context("sender").request.patch(
        f"{office.server.base}/api/v1/incidents/{no}",
        data={"severity": "major"},
        headers={"Origin": office.server.base, "If-Match": '"1"'},
    )
    assert answer.ok, answer.text()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("It now says:")).to_be_visible()
    expect(dialog.get_by_label("Severity")).to_have_value("major")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    now = office.see(no)["incident"]
    assert (now["severity"], now["description"]) == ("major", "by the gate")
