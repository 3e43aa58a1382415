"""The analyst's desk says what its files hold and where prices come from."""

from __future__ import annotations

from playwright.sync_api import expect


def test_the_export_menu_says_that_a_filter_narrows_the_csv_only(open_desk):
    desk = open_desk()
    page = desk.page
    desk.open("#/coverage?filter=places&part=grids")
    page.get_by_role("button", name="Export").click()
    rows = sum(one["places"] > one["places_seen"] for one in desk.get("/api/v1/coverage")["grids"])
    expect(page.get_by_role("group", name="Export")).to_contain_text(
        f"The filter of the table ({rows} grids) narrows the CSV only"
    )
    desk.open("#/coverage?part=areas")
    page.reload()
    expect(page.locator("#cov-panel")).to_contain_text("gridward coverage costs --set")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("group", name="Export")).to_contain_text("CSV")
    expect(page.get_by_role("group", name="Export")).not_to_contain_text("narrows the CSV only")
    assert desk.complaints == []
