"""The dispatcher's desk: the way of a case through every hand, second thoughts, many at once, the hand-over, a list alone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from services import calendars
from store.database.actor import Actor
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.dispatch_office import LON, Office, card, open_office, short

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}"
HERE = "24.94600, 60.17020"


@pytest.fixture(scope="module")
def office(server, browser) -> Iterator[Office]:
    with open_office(server, browser, "k") as opened:
        yield opened


def picture() -> dict[str, Any]:
    content = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 150, 170)).save(content, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def choose_item(form: Locator, item: str) -> None:
    form.get_by_role("combobox", name="What is wrong").fill(item)
    form.locator("#report-item-list [role=option]").first.click()


def propose_again(clerk: Page, no: str, item: str) -> None:
    """The same report again is proposed as a duplicate while it is written."""
    clerk.get_by_role("button", name="New report").first.click()
    form = clerk.get_by_test_id("report-form")
    form.get_by_role("combobox", name="Place").fill(HERE)
    clerk.keyboard.press("Enter")
    choose_item(form, item)
    expect(form.get_by_role("region", name="Reported near by").get_by_role("button", name=short(no))).to_be_visible()
    form.get_by_role("button", name="Cancel").last.click()


def test_a_case_goes_through_every_hand_to_its_closing_and_back(office):
    sender = office.desk("sender", "#/dispatch?map=16.5/60.1702/24.946").page
    clerk = office.desk("clerk", "#/dispatch?list=1").page
    clerk.get_by_role("button", name="New report").first.click()
    form = clerk.get_by_test_id("report-form")
    form.get_by_role("combobox", name="Place").fill(HERE)
    clerk.keyboard.press("Enter")
    expect(form.get_by_text("Position 24.94600")).to_be_visible()
    choose_item(form, office.item)
    form.get_by_role("button", name="Send report").click()
    expect(card(clerk).get_by_text("Grid and head")).to_be_visible()
    no = re.search(r"report=([\w-]+)", clerk.url)[1]
    card(clerk).get_by_role("button", name="Accept").click()
    expect(card(clerk).get_by_text("Nothing is to be done by you now.")).to_be_visible()

    propose_again(clerk, no, office.item)

    leader = office.desk("leader", f"#/dispatch?list=1&report={no}").page
    card(leader).get_by_role("button", name="Open case").click()
    expect(card(leader).get_by_text("Opened", exact=True).first).to_be_visible()

    # it comes to the dispatcher by itself; D sends after three seconds, and Esc takes it back before
    row = sender.locator(f'[role="option"][data-no="{no}"]')
    expect(row).to_be_visible()
    row.click()
    expect(card(sender).get_by_role("button", name="Dispatch to")).to_be_visible()
    sender.keyboard.press("d")
    expect(sender.get_by_test_id("undo")).to_be_visible()
    sender.keyboard.press("Escape")
    expect(sender.get_by_text("was not sent")).to_be_visible()
    assert office.see(no)["incident"]["state"] == "OPENED"
    sender.keyboard.press("d")
    expect(card(sender).get_by_text("Dispatched", exact=True).first).to_be_visible()
    # the row under the hand stays where it is, though it no longer belongs to the list
    expect(row).to_have_class(re.compile("gone"))

    crew = office.desk("crew", f"#/dispatch?list=1&report={no}").page
    card(crew).get_by_role("button", name="Sign for it").click()
    expect(card(sender).get_by_text("In progress", exact=True).first).to_be_visible()
    eye = office.desk("eye", f"#/dispatch?list=1&report={no}").page
    for verdict in ("Failed, do it again", "Passed"):
        card(crew).get_by_role("button", name="Report done").click()
        crew.get_by_label("Photo after").set_input_files(picture())
        crew.get_by_role("form", name="Report done").get_by_role("button", name="Report done").click()
        expect(card(crew).get_by_text("Resolved", exact=True).first).to_be_visible()
        clerk.goto(f"{office.server.base}/#/dispatch?list=1&report={no}")
        card(clerk).get_by_role("button", name="Send to check").click()
        card(eye).get_by_role("button", name=verdict).click()
        asked = eye.get_by_role("form", name=verdict)
        if verdict != "Passed":
            asked.get_by_role("button", name=verdict).click()
            expect(asked.get_by_text("Needed: Reason")).to_be_visible()
            asked.get_by_label("Reason").fill("The edge is loose")
        asked.get_by_label("Photo", exact=True).set_input_files(picture())
        asked.get_by_role("button", name=verdict).click()
        expect(asked).to_have_count(0)
    card(leader).get_by_role("button", name="Close case").click()
    expect(card(leader).get_by_label("Link for whoever reported")).to_have_value(re.compile("#/follow/"))
    card(eye).get_by_role("button", name="Reopen").click()
    eye.get_by_label("Reason").fill("It is loose again")
    eye.get_by_role("form", name="Reopen").get_by_role("button", name="Reopen").click()
    # and the dispatcher sees all of it without having touched a thing
    expect(card(sender).get_by_text("reopened, round 2")).to_be_visible()
    expect(card(sender).get_by_text("The edge is loose")).to_be_visible()
    expect(row).not_to_have_class(re.compile("gone"))


def test_rows_wait_while_somebody_reads_and_leaving_sends_at_once(office):
    mine = office.opened()
    desk = office.desk("sender", "#/dispatch?list=1")
    page = desk.page
    row = page.locator(f'tr[data-key="{mine}"]')
    row.click()
    expect(card(page).get_by_role("button", name="Dispatch to")).to_be_visible()
    top = row.bounding_box()["y"]
    critical = office.opened(severity="critical", lon=LON + 0.002)
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    assert row.bounding_box()["y"] >= top
    expect(page.locator(f'tr[data-key="{critical}"]')).to_have_count(0)
    expect(page.locator('[aria-live="assertive"]')).to_contain_text("1 critical")
    page.get_by_role("button", name="1 new").click()
    expect(page.locator(f'tr[data-key="{critical}"]')).to_be_visible()
    row.focus()
    page.keyboard.press("d")
    expect(page.get_by_test_id("undo")).to_be_visible()
    page.close()
    assert _until(lambda: office.see(mine)["incident"]["state"]) == "DISPATCHED"
    assert [text for text in desk.complaints if "favicon" not in text] == []


def _until(look, wanted="DISPATCHED"):
    import time

    for _ in range(40):
        found = look()
        if found == wanted:
            break
        time.sleep(0.1)
    return found


def test_many_at_once_by_keyboard_and_the_hand_over(office):
    first, second = office.opened(lon=LON + 0.004), office.opened(lon=LON + 0.006)
    page = office.desk("sender", "#/dispatch?list=1").page
    for no in (first, second):
        page.locator(f'tr[data-key="{no}"]').click()
        page.keyboard.press("x")
    bulk = page.get_by_role("region", name="2 marked")
    bulk.get_by_role("button", name="Pass up").click()
    bulk.get_by_label("Reason").fill("More than we can do")
    # somebody else is quicker with one of them, and the desk hears of it before the reason is sent
    office.act("sender", second, "escalate", reason="first")
    page.wait_for_timeout(2_000)
    bulk.get_by_role("form").get_by_role("button", name="Pass up").click()
    expect(page.get_by_text("Pass up: 1 done, 1 refused")).to_be_visible()
    levels = [office.see(no)["incident"]["handling_level"] for no in (first, second)]
    assert levels[0] == levels[1]

    # the next shift's desk is open already
    leader = office.desk("leader", "#/dispatch?list=1").page
    expect(leader.get_by_role("banner").locator(".badge[role=status]")).to_contain_text("Live")
    page.get_by_role("button", name="Hand over").click()
    sheet = page.get_by_test_id("handover")
    expect(sheet.get_by_text("requests waiting").first).to_be_visible()
    note = f"Crane in the lane {uuid4().hex[:6]}"
    sheet.get_by_label("Note for the next shift").fill(note)
    sheet.get_by_role("button", name="Hand over now").click()
    expect(sheet.get_by_text(note)).to_be_visible()
    expect(sheet.get_by_role("button", name="I have read it")).to_have_count(0)
    leader.get_by_role("button", name=re.compile("to read")).click()
    taking = leader.get_by_test_id("handover")
    expect(taking.get_by_text(note)).to_be_visible()
    taking.get_by_role("button", name="I have read it").first.click()
    expect(taking.get_by_text("Noted by k-leader").first).to_be_visible()


def test_rows_that_left_the_list_show_how_they_stand_now(office):
    marked, held = office.opened(lon=LON + 0.008), office.opened(lon=LON + 0.010)
    page = office.desk("sender", "#/dispatch?list=1").page
    for no in (marked, held):
        page.locator(f'tr[data-key="{no}"]').click()
        page.keyboard.press("x")
    bulk = page.get_by_role("region", name="2 marked")
    row = page.locator(f'tr[data-key="{held}"]')
    expect(row).to_contain_text("Opened")
    expect(bulk.get_by_role("button", name="Dispatch")).not_to_have_count(0)
    # another desk sends both on their way
    for no in (marked, held):
        office.act("sender", no, "dispatch", unit=office.unit)
    expect(card(page)).to_contain_text("Dispatched")
    expect(row).to_contain_text("Dispatched")
    expect(row).not_to_contain_text("Opened")
    expect(bulk).to_be_visible()
    expect(bulk.get_by_role("button", name="Dispatch")).to_have_count(0)


def test_filters_stand_in_the_address_and_a_list_alone_does_every_task(office):
    no = office.opened(description=f"wall {uuid4().hex[:8]}")
    page = office.desk("sender", "#/dispatch?list=1").page
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Number or words").fill(no)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("tr[data-key]")).to_have_count(1)
    assert "q:" in page.url
    page.reload()
    expect(page.locator("tr[data-key]")).to_have_count(1)
    page.locator("tr[data-key]").focus()
    page.keyboard.press("Enter")
    expect(card(page).get_by_text("Place in words")).to_be_visible()
    page.keyboard.press("u")
    unit = page.get_by_label("Unit", exact=True)
    expect(unit).to_be_focused()
    page.wait_for_function("() => document.querySelector('#act-unit').options.length > 1")
    page.keyboard.press("ArrowDown")
    page.get_by_role("form", name="Dispatch").get_by_role("button", name="Dispatch").press("Enter")
    expect(card(page).get_by_text("Dispatched", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Clear filter").first.click()
    assert "q:" not in page.url


def test_words_being_typed_outlive_news_and_take_effect_by_themselves(office):
    no = office.opened(description=f"wall {uuid4().hex[:8]}")
    page = office.desk("sender", "#/dispatch?list=1").page
    page.get_by_role("button", name="Filter").click()
    field = page.get_by_label("Number or words")
    before = page.locator(".filter-fields").inner_text()
    field.press_sequentially(no[:-2], delay=10)
    other = office.opened()
    page.wait_for_function("(was) => document.querySelector('.filter-fields').innerText !== was", arg=before)
    field.press_sequentially(no[-2:], delay=10)
    expect(field).to_have_value(no)
    expect(page.locator("tr[data-key]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filter").first.click()
    page.get_by_role("button", name="Filter").click()
    expect(field).to_have_value("")
    expect(page.locator(f"tr[data-key='{other}']")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "until the work calendar changed"), ("zh", "工作日历变更后重新计算")]
)
def test_a_case_shows_what_its_clocks_were_due_at_before_another_calendar(office, lang, words):
    no = office.opened()
    with office.database.work(Actor.system()) as work:
        before = calendars.show(work).calendar
        calendars.save(work, replace(before, hours=((600, 660),)), now=datetime.now(UTC))
    try:
        page = office.desk("sender", f"#/dispatch?report={no}&list=1&lang={lang}").page
        lines = card(page).locator(".case-clock")
        expect(lines.filter(has_text=words)).to_have_count(1)
        with office.database.work(Actor.system()) as work:
            calendars.save(work, before, now=datetime.now(UTC))
        expect(lines.filter(has_text=words).locator(".muted")).to_have_count(2)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= DESK["width"]
    finally:
        with office.database.work(Actor.system()) as work:
            if calendars.show(work).calendar != before:
                calendars.save(work, before, now=datetime.now(UTC))


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
@pytest.mark.parametrize(("theme", "lang", "size"), [("light", "en", DESK), ("dark", "zh", PHONE)])
def test_a_case_and_the_hand_over_have_no_axe_faults(office, theme, lang, size):
    no = office.opened()
    page = office.desk(
        "sender", f"#/dispatch?report={no}&theme={theme}&lang={lang}&list=1", bypass_csp=True, viewport=size
    ).page
    expect(card(page).locator(".case-history li").first).to_be_visible()
    page.add_script_tag(path=str(AXE))
    look = (
        f"async () => (await axe.run(document, {RULES})).violations"
        ".map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)"
    )
    assert page.evaluate(look) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]
    if size == DESK:
        page.get_by_role("button", name="Hand over").click()
        expect(page.get_by_test_id("handover")).to_be_visible()
        assert page.evaluate(look) == []
