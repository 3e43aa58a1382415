"""The audit administrator reads the trail, narrows it, proves its chain and takes it out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def link_of(server):
    """Function that returns a one-time link of the audit administrator."""
    server.command("account", "create", "aud", "--role", "audit_administrator")

    def link() -> str:
        found = re.search(r"#/sign-in\?code=\S+", server.command("account", "link", "aud"))
        assert found is not None
        return f"{server.base}/{found[0]}"

    return link


@pytest.fixture
def opened(browser, link_of):
    contexts = []

    def open_page(**options):
        context = browser.new_context(locale="en-GB", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(link_of())
        page.get_by_role("heading", name="Audit trail").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_the_trail_is_read_narrowed_proved_and_exported(opened, tmp_path):
    page = opened()
    lines = page.locator(".trail-line")
    expect(lines.first).to_be_visible()
    page.get_by_label("Action begins with").fill("sign-in")
    page.keyboard.press("Enter")
    expect(lines.first).to_contain_text("sign-in")
    expect(lines.first).to_contain_text("from address: 127.0.0.1")
    assert all("sign-in" in text for text in lines.all_inner_texts())
    page.get_by_label("Account", exact=True).fill("nobody-at-all")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No line fits.")).to_be_visible()
    page.get_by_role("button", name="Check the chain").click()
    expect(page.get_by_text("as they were written")).to_be_visible()
    page.get_by_label("Account", exact=True).fill("")
    page.get_by_role("button", name="Show", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    download.value.save_as(tmp_path / "audit.csv")
    assert (tmp_path / "audit.csv").read_bytes()[:3] == b"\xef\xbb\xbf"


def test_it_fits_a_phone_in_chinese_and_dark_colours(opened):
    page = opened(viewport=PHONE, color_scheme="dark")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="审计记录")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.get_by_role("button", name="校验链条")).to_be_visible()
