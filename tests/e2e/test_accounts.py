"""Two administrators at their page: one makes an account, the other gives its role; its holder chooses a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from services import access
from store.database.actor import Actor
from store.database.models import Scope
from tests.api.conftest import serving, settings_for
from tests.api.town import build_town

pytestmark = pytest.mark.e2e
PASSWORD = "correct horse battery"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def base(database, database_urls, tmp_path_factory) -> Iterator[str]:
    from api.app import create_app

    build_town(database)
    with database.work(Actor.system()) as work:
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
    card.get_by_label("Area code").fill("990101001001")
    card.get_by_role("button", name="Give", exact=True).press("Enter")
    expect(card).to_contain_text("Planner · 990101001.990101001001")
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


def test_the_audit_administrator_sees_no_account_and_everybody_chinese(enter: Any) -> None:
    audit = enter("aud")
    expect(audit.get_by_role("heading", name="Accounts")).to_be_visible()
    assert audit.get_by_role("listitem").count() == 0
    audit.get_by_role("button", name="中文").click()
    expect(audit.get_by_role("heading", name="账号")).to_be_visible()


def test_an_account_with_two_duties_goes_from_one_to_the_other(enter: Any, database) -> None:
    with database.work(Actor.system()) as work:
        account = access.create_account(work, "two-hats", roles=["analyst"])
        path = "990101001.990101001001"
        work.session.add(Scope(account_id=account.id, role="planner", area_path=path))
    page = enter("two-hats")
    menu = page.get_by_role("button", name=re.compile("two-hats"))
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
