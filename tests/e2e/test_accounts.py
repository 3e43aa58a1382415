"""Two administrators at their page: one makes an account, the other gives its role; its holder chooses a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from services import access
from services.deliveries import Outbound, deliver
from store.database.actor import Actor
from store.database.models import Scope, Unit
from tests.api.conftest import serving, settings_for
from tests.api.town import build_town

pytestmark = pytest.mark.e2e
PASSWORD = "correct horse battery"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def base(database, database_urls, tmp_path_factory) -> Iterator[str]:
    from api.app import create_app

    town = build_town(database)
    with database.work(Actor.system()) as work:
        work.session.add(Unit(territory_id=town.territory, code="ROADS", name="Roads and Lamps", kind="department"))
        access.create_account(work, "typist", roles=["system_administrator"], password=PASSWORD)
        for name, role in (("sys", "system"), ("sec", "security"), ("aud", "audit")):
            access.create_account(work, name, roles=[f"{role}_administrator"])
    with serving(create_app(settings_for(database_urls, tmp_path_factory.mktemp("home"), jobs_in_server=False))) as at:
        yield at


@pytest.fixture
def enter(browser: Browser, base: str, database) -> Iterator[Any]:
    """Function that opens the page as an account, by a one-time link."""
    contexts = []

    def opener(name: str, size: dict[str, int] | None = None, **options: Any) -> Page:
        with database.work(Actor.system()) as work:
            code = access.issue_link(work, name, now=datetime.now(UTC))
        context = browser.new_context(viewport=size or {"width": 1280, "height": 800}, locale="en-GB", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{base}/#/sign-in?code={code}")
        return page

    yield opener
    for context in contexts:
        context.close()


def test_an_account_goes_from_one_administrator_to_the_other_and_to_its_holder(enter: Any, browser: Browser) -> None:
    system = enter("sys")
    system.get_by_label("Account name").fill("new-hand")
    system.get_by_label("Account name").press("Enter")
    link = system.locator(".one-time code").inner_text()
    assert system.get_by_role("button", name="Lock").count() == 0
    assert system.get_by_text("Roles and rights").count() == 0

    security = enter("sec", PHONE, color_scheme="dark")
    card = security.get_by_role("listitem").filter(has=security.get_by_role("heading", name="new-hand"))
    expect(card).to_contain_text("No role")
    card.get_by_label("Role or right").select_option("planner")
    card.get_by_label("Area:").press_sequentially("West Vill")
    # what fits is offered by name, and goes in as its code
    expect(card.locator("datalist option[value='990101001001']")).to_have_count(1)
    card.get_by_label("Area:").fill("990101001001")
    card.get_by_role("button", name="Give", exact=True).press("Enter")
    expect(card).to_contain_text("Planner · West Village 西村 (990101001001)")
    expect(card).to_contain_text("no tasks and no grids are its own")
    card.get_by_label("Unit:").fill("ROADS")
    card.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(card).to_contain_text("Roads and Lamps (ROADS)")
    assert security.get_by_role("button", name="Reset").count() == 0
    width = security.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["width"]

    holder = browser.new_context(locale="en-GB").new_page()
    # whichever language the page opens in
    holder.goto(link)
    holder.get_by_label(re.compile("New password|新密码")).fill(PASSWORD)
    holder.get_by_label(re.compile("The same again|再输一次")).fill("something else")
    holder.get_by_role("button", name=re.compile("Save the password|保存密码")).click()
    expect(holder.get_by_role("alert")).to_contain_text(re.compile("differ|不一致"))
    holder.get_by_label(re.compile("The same again|再输一次")).fill(PASSWORD)
    holder.get_by_role("button", name=re.compile("Save the password|保存密码")).click()
    expect(holder.get_by_role("navigation", name=re.compile("desks|工作台", re.IGNORECASE))).to_be_visible()
    holder.context.close()


def test_a_session_that_ends_in_the_middle_of_work_loses_nothing(enter: Any) -> None:
    page = enter("typist")
    page.get_by_label("Account name").fill("half-typed")
    page.context.clear_cookies()
    page.get_by_role("button", name="Make the account").press("Enter")
    door = page.get_by_role("dialog", name="Sign in")
    expect(door).to_contain_text("The session has ended")
    expect(door.get_by_label("Account")).to_have_value("typist")
    door.get_by_label("Password").fill("not this one at all")
    door.get_by_role("button", name="Sign in").press("Enter")
    expect(door.get_by_role("alert")).to_be_visible()
    door.get_by_label("Password").fill(PASSWORD)
    door.get_by_role("button", name="Sign in").press("Enter")
    expect(door).to_have_count(0)
    expect(page.get_by_label("Account name")).to_have_value("half-typed")
    page.get_by_role("button", name="Make the account").press("Enter")
    expect(page.locator(".one-time code")).to_contain_text("/#/sign-in?code=")


def test_the_audit_administrator_sees_no_account_and_everybody_chinese(enter: Any) -> None:
    audit = enter("aud")
    expect(audit.get_by_role("heading", name="Accounts")).to_be_visible()
    assert audit.get_by_role("listitem").count() == 0
    audit.get_by_role("button", name="中文").click()
    expect(audit.get_by_role("heading", name="账号")).to_be_visible()


def test_an_account_with_two_duties_goes_from_one_to_the_other(enter: Any, database) -> None:
    name = f"two-hats-{uuid4().hex[:8]}"  # another try needs an account of its own
    with database.work(Actor.system()) as work:
        account = access.create_account(work, name, roles=["analyst"])
        path = "990101001.990101001001"
        work.session.add(Scope(account_id=account.id, role="planner", area_path=path))
    page = enter(name)
    menu = page.get_by_role("button", name=re.compile(name))
    menu.click()
    duties = page.get_by_role("group", name="Acting as")
    expect(duties.get_by_role("button")).to_have_count(2)
    expect(duties.get_by_role("button", pressed=True)).to_contain_text("everywhere · Analyst")
    other = duties.get_by_role("button", pressed=False)
    expect(other).to_contain_text("West Village")
    with page.expect_navigation():
        other.press("Enter")
    menu.click()
    expect(duties.get_by_role("button", pressed=True)).to_contain_text("West Village")
    expect(duties.get_by_role("button", pressed=True)).to_contain_text("Planner")


@pytest.mark.parametrize("whole", [False, True])
def test_what_concerns_the_whole_territory_is_offered_to_accounts_of_the_whole_territory(
    enter: Any, database, whole
) -> None:
    name = f"reader-{uuid4().hex[:8]}"
    path = None if whole else "990101001.990101001001"
    with database.work(Actor.system()) as work:
        access.create_account(work, name, roles=["analyst"], area_path=path)
    page = enter(name)
    refused = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 403 else None)
    page.get_by_role("navigation", name="Desks").get_by_role("button", name="Reports").click()
    expect(page.get_by_role("button", name="Write", exact=True)).to_be_visible()
    expect(page.get_by_text("No reports kept")).to_be_visible()
    expect(page.get_by_role("button", name="Write every month")).to_have_count(int(whole))
    desks = page.get_by_role("navigation", name="Desks")
    desks.get_by_role("button", name="Coverage").click()
    page.get_by_role("tab", name=re.compile("^Proposals")).click()
    told = page.get_by_text("are for accounts of the whole territory")
    expect(page.get_by_role("button", name="Find places") if whole else told).to_be_visible()
    expect(page.locator(".filterbar").get_by_text("Compare")).to_have_count(int(whole))
    desks.get_by_role("button", name="Areas").click()
    expect(page.get_by_text("accounts of some areas do not see them")).to_have_count(int(not whole))
    assert [url for url in refused if re.search("/reports|/coverage|/area-changes", url)] == []


def test_who_is_told_outside_and_what_became_of_it_stand_in_the_page(enter: Any, database) -> None:
    page = enter("sys")
    told = page.get_by_role("region", name="Told outside the page")
    mailbox = f"desk-{uuid4().hex[:6]}@example.org"  # each try has its own
    form = told.get_by_role("form", name="Tell somebody else, too")
    form.get_by_label("Address (https)").fill("http://127.0.0.1/hook")
    form.get_by_role("button", name="Tell from now on").click()
    expect(form.get_by_role("alert")).to_be_visible()
    form.get_by_label("How").select_option(label="Mail")
    form.get_by_label("Office mailbox").fill(mailbox)
    form.get_by_label("Clocks").check()
    form.get_by_role("button", name="Tell from now on").click()
    told.get_by_role("button", name=f"Send a test to {mailbox}").click()
    ledger = told.get_by_role("list", name=f"Deliveries to {mailbox}")
    expect(ledger).to_contain_text("waiting")
    assert deliver(database, Outbound(), now=datetime.now(UTC)) == 1
    expect(ledger).to_contain_text("No mail server is set")
    expect(ledger).to_contain_text("next try")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    told.get_by_role("button", name=f"Remove {mailbox}").click()
    told.get_by_role("button", name=f"Remove it {mailbox}").click()
    expect(told).not_to_contain_text(mailbox)
