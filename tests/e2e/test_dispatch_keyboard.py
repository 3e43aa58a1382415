"""The dispatcher's desk with the keyboard alone: a joint call from the whistle to the score."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from services import access
from services.cases.posts import link_account
from store.database.actor import Actor
from tests.e2e.dispatch_office import LON, Office, card, open_office, short


@pytest.fixture(scope="module")
def office(server, browser) -> Iterator[Office]:
    with open_office(server, browser, "y", lat=60.1668) as opened:
        with opened.database.work(Actor.system()) as work:
            helper = work.session.execute(
                sa.text(
                    "select code from unit where upper_inf(valid) and code not in (select u.code from unit u"
                    " join lead_unit l on l.unit_id = u.id join catalogue_item i on l.item in (i.code, i.class_code)"
                    " where i.code = :item) order by code limit 1"
                ),
                {"item": opened.item},
            ).scalar_one()
            for name, role in (("street", "street_office"), ("helper", "handling_unit")):
                access.create_account(work, f"y-{name}", roles=[role], display=f"y-{name}")
                opened.codes[name] = access.issue_link(work, f"y-{name}", now=datetime.now(UTC))
            link_account(work, "y-helper", unit=helper, staff=None)
            opened.helper = work.session.execute(  # type: ignore[attr-defined]
                sa.text("select name from unit where code = :code"), {"code": helper}
            ).scalar_one()
            # an item of another unit, and one that two units claim
            opened.other_item, opened.contested = work.session.execute(  # type: ignore[attr-defined]
                sa.text(
                    "select distinct on (l.unit_id) i.code from catalogue_item i"
                    " join lead_unit l on l.item = i.class_code and l.area = '*'"
                    " where not exists (select from lead_unit o where o.item = i.code) and l.unit_id not in"
                    " (select o.unit_id from lead_unit o join catalogue_item m on o.item in (m.code, m.class_code)"
                    " where m.code = :item) order by l.unit_id, i.code desc limit 2"
                ),
                {"item": opened.item},
            ).scalars()
            work.session.execute(
                sa.text(
                    "insert into lead_unit (territory_id, item, area, unit_id)"
                    " select territory_id, :item, '*', unit_id from"
                    " (select distinct territory_id, unit_id from lead_unit) u order by unit_id limit 2"
                ),
                {"item": opened.contested},
            )
        yield opened


def at_foot(page: Page) -> None:
    """The focus is at what can be done next, never lost."""
    expect(card(page).get_by_role("group", name="What can be done now")).to_be_focused()


def open_by_number(page: Page, no: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(no)
    page.keyboard.press("Enter")
    expect(card(page).get_by_role("heading", level=2)).to_be_focused()


def test_a_joint_call_by_keyboard_never_loses_the_focus(office):
    no = office.opened(lon=LON + 0.0031)
    street = office.desk("street", "#/dispatch?list=1").page
    open_by_number(street, no)
    card(street).get_by_role("button", name="More").focus()
    street.keyboard.press("Enter")
    expect(street.get_by_role("button", name="Joint call")).to_be_focused()
    street.keyboard.press("Enter")
    form = street.get_by_role("form", name="Joint call")
    expect(form.get_by_role("checkbox").first).to_be_focused()
    street.keyboard.press("Escape")
    expect(form).to_have_count(0)
    at_foot(street)

    card(street).get_by_role("button", name="More").focus()
    street.keyboard.press("Enter")
    street.keyboard.press("Enter")
    expect(form.get_by_role("checkbox").first).to_be_focused()
    form.get_by_role("checkbox", name=office.helper).focus()
    street.keyboard.press("Space")
    street.keyboard.press("Enter")
    expect(form).to_have_count(0)
    at_foot(street)

    # who is called finds the next step at the foot of the card, though the tasks stand far below
    helper = office.desk("helper", "#/dispatch?list=1").page
    row = helper.locator(f'tr[data-key="{no}"]')
    row.focus()
    helper.keyboard.press("Enter")
    expect(card(helper).get_by_role("heading", level=2)).to_be_visible()
    helper.keyboard.press("Enter")
    expect(card(helper).get_by_role("heading", level=2)).to_be_focused()
    helper.keyboard.press("Escape")
    expect(row).to_be_focused()
    foot = card(helper).get_by_role("group", name="What can be done now")
    for step in ("Report in", "Report done", "Sign off"):
        foot.get_by_role("button", name=step).focus()
        helper.keyboard.press("Enter")
        expect(foot.get_by_role("button", name=step)).to_have_count(0)
        at_foot(helper)
    expect(foot.get_by_text("Nothing is to be done by you now.")).to_be_visible()

    rate = card(street).get_by_role("group", name="What can be done now").get_by_role("button", name="Rate")
    rate.focus()
    street.keyboard.press("Enter")
    score = card(street).get_by_label("Score, 1 to 5")
    expect(score).to_be_focused()
    score.select_option("4")
    card(street).locator("form").get_by_role("button", name="Rate").press("Enter")
    expect(card(street).get_by_text("rated 4 of 5")).to_be_visible()
    at_foot(street)
    expect(card(street).get_by_text(re.compile("^Task rated"))).to_be_visible()


def test_a_form_that_a_key_opened_gives_the_focus_back_to_the_row(office):
    no = office.opened(lon=LON + 0.0062)
    page = office.desk("sender", "#/dispatch?list=1").page
    row = page.locator(f'tr[data-key="{no}"]')
    row.click()
    expect(card(page).get_by_role("button", name="Dispatch to")).to_be_visible()
    page.keyboard.press("u")
    unit = page.get_by_label("Unit", exact=True)
    expect(unit).to_be_focused()
    page.keyboard.press("Escape")
    expect(unit).to_have_count(0)
    expect(row).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert short(no) in row.inner_text()


def test_links_of_a_storm_are_taken_back_together(office):
    first, *others = [office.report(item_code=office.item, lon=LON + 0.0093 + k * 0.00003) for k in range(4)]
    page = office.desk("clerk", f"#/dispatch?list=1&report={first}").page
    card(page).get_by_role("button", name=re.compile("^Link all")).click()
    card(page).get_by_role("button", name=re.compile(r"^Link \d+$")).click()
    card(page).get_by_role("button", name=re.compile("^Unlink all")).click()
    page.keyboard.type("Two streets, not one")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^Unlink duplicate: \d+ done, 0 refused"))).to_be_visible()
    at_foot(page)
    assert {office.see(no)["incident"]["state"] for no in others} == {"REPORTED"}


def test_the_next_shift_finds_what_the_last_one_left_to_read(office):
    note = f"Crane {uuid4().hex[:6]}"
    sender = office.context("sender")
    territory = sender.request.get(f"{office.server.base}/api/v1/territories").json()["territories"][0]["id"]
    answer = sender.request.post(
        f"{office.server.base}/api/v1/handovers?territory={territory}",
        data={"note": note},
        headers={"Origin": office.server.base},
    )
    assert answer.ok, answer.text()
    page = office.desk("leader", "#/dispatch?list=1").page
    page.get_by_role("button", name=re.compile(r"^\d+ to read$")).click()
    sheet = page.get_by_test_id("handover")
    expect(sheet.get_by_text(note)).to_be_visible()
    # those of other tests wait, too: all are read
    while sheet.get_by_role("button", name="I have read it").count():
        waiting = sheet.get_by_role("button", name="I have read it").count()
        sheet.get_by_role("button", name="I have read it").first.click()
        expect(sheet.get_by_role("button", name="I have read it")).to_have_count(waiting - 1)
    expect(page.get_by_role("button", name=re.compile(r"^\d+ to read$"))).to_have_count(0)


def test_the_figures_of_the_shift_follow_what_is_dispatched(office):
    no = office.opened(lon=LON + 0.0124)
    page = office.desk("sender", "#/dispatch?list=1").page
    foot = page.locator(".shift-foot")
    expect(foot).to_contain_text("dispatched")
    before = int(re.search(r"([\d,]+) dispatched", foot.inner_text())[1].replace(",", ""))
    page.locator(f'tr[data-key="{no}"]').click()
    expect(card(page).get_by_role("button", name="Dispatch to")).to_be_visible()
    page.keyboard.press("d")
    expect(card(page).get_by_text("Dispatched", exact=True).first).to_be_visible()
    expect(foot).to_contain_text(re.compile(rf"\b{before + 1:,} dispatched"))


def mark(page: Page, *numbers: str) -> None:
    for no in numbers:
        page.locator(f'tr[data-key="{no}"]').click()
        page.keyboard.press("x")


def test_marked_cases_go_each_to_the_unit_that_leads_and_can_be_called_back(office):
    first = office.opened(lon=LON + 0.0155)
    other = office.report(item_code=office.other_item, lon=LON + 0.0186)
    contested = office.report(item_code=office.contested, lon=LON + 0.0217)
    for no in (other, contested):
        office.act("clerk", no, "accept")
        office.act("leader", no, "open")
    page = office.desk("sender", "#/dispatch?list=1").page
    mark(page, first, other, contested)
    bulk = page.get_by_role("region", name="3 marked")
    each = bulk.get_by_role("button", name="Each to its leading unit")
    expect(each).to_be_visible()
    expect(bulk).to_contain_text(f"no single leading unit: {short(contested)}")

    # D is for what is marked; Esc takes all of it back
    page.keyboard.press("d")
    expect(page.get_by_test_id("undo")).to_contain_text("2 cases go to their leading units")
    page.keyboard.press("Escape")
    expect(page.get_by_text("2 cases were not sent")).to_be_visible()
    expect(bulk).to_be_visible()
    assert {office.see(no)["incident"]["state"] for no in (first, other, contested)} == {"OPENED"}

    each.press("Enter")
    expect(page.get_by_text("Dispatch: 2 done, 1 refused")).to_be_visible()
    left = page.get_by_role("region", name="1 marked")
    expect(left).to_contain_text(f"{short(contested)}: No single unit leads for it here")
    expect(left.get_by_role("button", name="Choose unit")).to_be_focused()
    sent = [office.see(no)["incident"] for no in (first, other, contested)]
    assert [one["state"] for one in sent] == ["DISPATCHED", "DISPATCHED", "OPENED"]
    assert sent[0]["unit"]["code"] != sent[1]["unit"]["code"]

    # what is left is sent where one says: U asks
    page.locator(f'tr[data-key="{contested}"]').focus()
    page.keyboard.press("u")
    unit = left.get_by_label("Unit", exact=True)
    expect(unit).to_be_focused()
    unit.select_option(label=office.helper)
    left.get_by_role("form").get_by_role("button", name="Dispatch").press("Enter")
    expect(page.get_by_text("Dispatch: 1 done, 0 refused")).to_be_visible()
    assert office.see(contested)["incident"]["unit"]["name"] == office.helper


def test_marked_cases_on_their_way_are_sent_when_the_page_is_left(office):
    mine = [office.opened(lon=LON + 0.0248 + k * 0.0031) for k in range(2)]
    page = office.desk("sender", "#/dispatch?list=1").page
    mark(page, *mine)
    expect(page.get_by_role("region", name="2 marked").get_by_role("button", name="Dispatch to")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_test_id("undo")).to_be_visible()
    page.close()
    for _ in range(40):
        states = {office.see(no)["incident"]["state"] for no in mine}
        if states == {"DISPATCHED"}:
            break
        time.sleep(0.1)
    assert states == {"DISPATCHED"}


def test_a_pointer_that_rests_where_the_toast_appears_keeps_nothing_back(office):
    no = office.opened(lon=LON + 0.0403)
    page = office.desk("sender", "#/dispatch?list=1").page
    page.locator(f'tr[data-key="{no}"]').click()
    expect(card(page).get_by_role("button", name="Dispatch to")).to_be_visible()
    page.keyboard.press("d")
    box = page.get_by_test_id("undo").bounding_box()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("undo")).to_have_count(0)
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2)
    page.keyboard.press("d")
    expect(card(page).get_by_text("Dispatched", exact=True).first).to_be_visible()


def test_esc_from_a_case_opened_by_its_address_goes_to_its_row_or_else_to_the_list(office):
    listed = office.opened(lon=LON + 0.031)
    hidden = office.report(item_code=office.item, lon=LON + 0.0341)
    page = office.desk("sender", f"#/dispatch?list=1&report={listed}").page
    expect(card(page).get_by_role("heading", level=2)).to_be_visible()
    expect(page.locator(f'tr[data-key="{listed}"]')).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f'tr[data-key="{listed}"]')).to_be_focused()
    expect(card(page)).to_be_visible()

    # a case that waits for the clerk is none of the dispatcher's list
    page = office.desk("sender", f"#/dispatch?list=1&report={hidden}").page
    expect(card(page).get_by_role("heading", level=2)).to_be_visible()
    expect(page.locator("tr[data-key]").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("tr[data-key]:focus")).to_have_count(1)
    expect(card(page)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(card(page)).to_have_count(0)
    expect(page.locator("tr[data-key]:focus")).to_have_count(1)


def test_a_referral_that_was_acknowledged_says_by_whom_and_when(office):
    no = office.report(item_code=office.item, lon=LON + 0.0372)
    office.act("clerk", no, "refer", outside_body="Water board", reason="Their pipe")
    page = office.desk("clerk", f"#/dispatch?list=1&report={no}").page
    foot = card(page).get_by_role("group", name="What can be done now")
    foot.get_by_role("button", name="Acknowledge referral").click()
    expect(card(page).get_by_text(re.compile(r"^Acknowledged by y-clerk, "))).to_be_visible()
    # once more is allowed, but no longer the next step
    expect(foot.get_by_text("Nothing is to be done by you now.")).to_be_visible()
    expect(foot.get_by_role("button", name="Acknowledge referral")).to_have_count(0)
    foot.get_by_role("button", name="More").click()
    expect(page.get_by_role("button", name="Acknowledge referral")).to_be_visible()
    expect(page.get_by_role("button", name="Refuse referral")).to_be_visible()


def test_a_form_that_is_left_and_another_view_of_the_list_keep_the_focus_on_the_row(office):
    no = office.opened(lon=LON + 0.0434)
    page = office.desk("sender", f"#/dispatch?list=1&report={no}").page
    row = page.locator(f'tr[data-key="{no}"]')
    row.focus()
    page.keyboard.press("n")
    expect(page.get_by_test_id("report-form").get_by_role("combobox", name="Place")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("report-form")).to_have_count(0)
    expect(row).to_be_focused()
    page.keyboard.press("g")
    expect(page.locator(f'[role="option"][data-key="{no}"]')).to_be_focused()
    page.keyboard.press("g")
    expect(row).to_be_focused()


def test_the_button_that_clears_the_filter_leaves_the_focus_at_the_tabs(office):
    page = office.desk("sender", "#/dispatch?list=1&filter=todo;q:nothing-is-called-so").page
    clear = page.get_by_role("button", name="Clear filter").first
    expect(clear).to_be_visible()
    # an empty list is still where the link to it leads
    page.get_by_role("link", name="Skip to the table").press("Enter")
    expect(page.locator("#table")).to_be_focused()
    clear.press("Enter")
    expect(page.get_by_role("button", name="Clear filter")).to_have_count(0)
    expect(page.get_by_role("tab", selected=True)).to_be_focused()
