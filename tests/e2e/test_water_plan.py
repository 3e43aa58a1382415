"""A planner makes a water plan in the page, reads its reaches and its rivers, and sees them on the map."""

from playwright.sync_api import expect


def test_water_plan_is_made_and_read_in_the_page(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    page = desk.page
    page.get_by_role("button", name="Propose grids").click()
    dialog = page.get_by_role("dialog", name="Propose grids")
    dialog.get_by_label("Kind").select_option("water")
    dialog.get_by_label("Metres a reach").fill("50")
    expect(dialog.get_by_text("A reach is 100 to 20,000 m")).to_be_visible()
    dialog.get_by_label("Metres a reach").fill("200")
    dialog.get_by_label("Managed strip on either side, m").fill("20")
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_text("is ready")).to_be_visible(timeout=90_000)
    plan = next(one for one in desk.get("/api/v1/plans")["plans"] if one["kind"] == "water")
    assert plan["spec"]["bank"] == 20
    told = desk.get(f"/api/v1/plans/{plan['id']}/reaches")["reaches"]
    rows = page.locator("tr[data-key]")
    expect(rows).to_have_count(len(told))

    # table and map are in step: the row chosen is the warden's grid on the map
    first = told[0]
    page.locator(f"tr[data-key='{first['code']}']").click()
    chosen = page.get_by_role("region", name="Reach")
    expect(chosen).to_contain_text("Warden")
    expect(chosen).to_contain_text("Land grids")
    chosen.get_by_role("button", name="Zoom to it").click()
    desk.wait_for_map()
    page.wait_for_function(
        "() => window.gridward.map.queryRenderedFeatures({layers: ['reach-line']}).length > 0", timeout=60_000
    )

    page.get_by_role("tab", name="Rivers").click()
    rivers = desk.get(f"/api/v1/plans/{plan['id']}/rivers")
    if rivers["rivers"]:
        expect(page.get_by_text("to fill").first).to_be_visible()
    else:
        expect(page.get_by_text("No water here has a name")).to_be_visible()
    page.get_by_role("tab", name="Check").click()
    expect(page.locator(".checks li")).not_to_have_count(0)
    page.get_by_role("tab", name="Quality").click()
    expect(page.get_by_role("button", name="Fit on long waters")).to_be_visible()
    expect(page.get_by_role("heading", name="Reaches of a fit length")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("tab", name="河段")).to_be_visible()
    # a new plan has no coverage yet, which the browser notes as a page that is not there
    assert [words for words in desk.complaints if "404" not in words] == []
