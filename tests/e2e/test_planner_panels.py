"""Panels and dialogs of the planner desk: quality, nets, long balancing, words of refusals, a server that is away."""

import re
import uuid

import pytest
import shapely
from playwright.sync_api import expect

from tests.e2e.test_accessibility import AXE, LOOKS, faults
from tests.e2e.test_planner_edit import (
    complaints_of,
    draft,
    drag,
    figures_of,
    open_draft,
    saved,
    table_of,
    take_border,
    tool,
)

__all__ = ["draft"]

needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")


def _without_cut_wires(desk):
    # the browser remarks on each request that the test itself keeps from arriving
    return [said for said in complaints_of(desk) if "ERR_INTERNET_DISCONNECTED" not in said]


def ground_of(desk, draft, grid):
    """The parcels of a grid as id, households and shape, those that can be seen apart first."""
    found = desk.get(f"/api/v1/plans/{draft}/atoms?grids={grid['id']}")
    spots = list(zip(found["vertices"][::2], found["vertices"][1::2], strict=True))
    parcels = [(atom[0], atom[3], shapely.Polygon([spots[k] for k in atom[5][0]])) for atom in found["atoms"]]
    return sorted(parcels, key=lambda one: -one[2].area)


def test_brush_saves_what_it_drew_and_counts_what_is_locked(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft)
    desk.wait_for_map()
    page = desk.page
    before = figures_of(desk, draft)
    taker, giver, held = (
        next(one for one in desk.get(f"/api/v1/plans/{draft}/grids")["grids"] if one["code"].endswith(end))
        for end in ("009", "005", "008")
    )
    rim = shapely.union_all([shape for _, _, shape in ground_of(desk, draft, taker)])
    spots = [
        next(
            shape for _, homes, shape in ground_of(desk, draft, grid) if homes and shape.intersection(rim).length > 2e-4
        )
        for grid in (held, giver)
    ]
    page.locator(f"tr[data-key='{held['code']}']").click()
    page.locator(".selected-grid").get_by_role("button", name="Lock").click()
    saved(desk, 1)
    page.locator(f"tr[data-key='{taker['code']}']").click()
    tool(desk, "Brush")
    expect(page.locator(".tool-card")).to_contain_text("9 takes")
    over = [desk.pixel_of(*shape.representative_point().coords[0]) for shape in spots]
    page.mouse.move(*over[0])
    page.mouse.down()
    page.mouse.move(over[1][0], over[1][1], steps=8)
    card = page.get_by_test_id("figures")
    expect(card).to_contain_text("one piece")
    expect(page.locator(".tool-card")).to_contain_text("Parcels of locked grids left out:")
    told = card.locator(".half-figure").all_inner_texts()
    numbers = card.locator(".half .strong").all_inner_texts()
    page.mouse.up()
    saved(desk, 2)
    expect(page.locator(".toast")).to_contain_text("Parcels of locked grids left out:")
    after = figures_of(desk, draft)
    now = {str(int(code[-3:])): str(figures[0]) for code, figures in after.items()}
    assert [now[number] for number in numbers] == told
    assert after[held["code"]] == before[held["code"]]
    assert after[taker["code"]][0] > before[taker["code"]][0]
    assert table_of(desk) == after
    page.keyboard.press("Control+z")
    saved(desk, 1)
    assert table_of(desk) == figures_of(desk, draft) == before
    assert complaints_of(desk) == []


def test_edit_of_a_plan_sent_for_review_meanwhile_is_refused_at_its_place(open_desk, draft):
    desk, other = open_desk(), open_desk()
    open_draft(desk, draft)
    desk.wait_for_map()
    page = desk.page
    place = take_border(desk, "990001001001005")
    drag(desk, desk.pixel_of(*place), 14, 10, release=False)
    page.context.set_offline(True)
    page.mouse.up()
    expect(page.get_by_test_id("unsent")).to_be_visible()
    other.open(f"#/planner?plan={draft}&list=1")
    other.page.locator(".deskbar").get_by_role("button", name="Send for review").click()
    other.page.get_by_role("dialog").get_by_role("button", name="Send for review").click()
    expect(other.page.locator(".deskbar")).to_contain_text("In review")
    page.context.set_offline(False)
    refusal = page.get_by_role("alert").filter(has_text="plan-not-draft")
    expect(refusal).to_contain_text("The plan is in review")
    expect(refusal.get_by_role("button", name="Zoom to it")).to_be_visible()
    # the desk says what the plan is now, and neither the refusal nor what was drawn goes with that
    expect(page.locator(".deskbar")).to_contain_text("In review")
    page.wait_for_timeout(1_000)
    expect(refusal).to_contain_text("The plan is in review")
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['edit-refused']}).length > 0")
    expect(page.get_by_role("region", name="Drawings kept for later")).to_contain_text("Move border")


def test_doors_of_today_are_counted_into_a_draft_and_told(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft, "&list=1")
    page = desk.page
    before = figures_of(desk, draft)
    page.get_by_role("tab", name="Check").click()
    page.get_by_role("button", name="Count today's doors").click()
    told = page.get_by_test_id("doors-report")
    now = desk.get(f"/api/v1/plans/{draft}/grids")["plan"]["households"]
    was = sum(households for households, _ in before.values())
    expect(told).to_contain_text(f"{was:,} → {now:,} households")
    expect(told).to_contain_text("Left the band")
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("region", name="Steps of this plan")).to_contain_text("Doors counted again")
    assert complaints_of(desk) == []


CUT_OFF = """() => [...document.querySelectorAll('#panel > .tabs, #panel .table-box')]
  .filter(({scrollWidth, clientWidth}) => scrollWidth > clientWidth)
  .map(({className, scrollWidth, clientWidth}) => [className, scrollWidth, clientWidth])"""


@pytest.mark.parametrize("width", [880, 1100, 1440])
def test_tabs_and_tables_beside_the_map_are_not_cut_off(open_desk, draft, width):
    desk = open_desk(size={"width": width, "height": 900})
    page = desk.page
    open_draft(desk, draft)
    plan = desk.get("/api/v1/territories")["territories"][0]["plan_id"]
    for compared in ("", f"&compare={plan}"):
        desk.open(f"#/planner?plan={draft}{compared}")
        expect(page.get_by_role("tab")).to_have_count(6 if compared else 5)
        expect(page.locator("#table")).to_be_visible()
        page.evaluate("() => document.fonts.ready")
        assert page.evaluate(CUT_OFF) == []


def test_quality_shows_the_figures_and_keeps_own_limits(open_desk):
    desk = open_desk()
    desk.open("#/planner")
    page = desk.page
    page.get_by_role("tab", name="Quality").click()
    told = desk.get(f"/api/v1/plans/{desk.plan_grids()['plan']['id']}/quality")
    rows = page.locator(".figure-row")
    expect(rows).to_have_count(len(told["figures"]))
    # the grids behind a figure, worst first; table and map have one selection
    walk = rows.filter(has_text="Head's walk, farthest")
    walk.click()
    expect(walk).to_have_attribute("aria-pressed", "true")
    table = page.get_by_role("grid")
    expect(table.locator("tr[data-key]")).to_have_count(len(told["grids"]))
    table.locator("tr[data-key]").first.click()
    expect(page.locator(".quality-grids [role=status]")).to_contain_text("min")
    assert "grid=" in page.url
    page.get_by_role("button", name="Limits").click()
    form = page.get_by_role("form", name="Limits")
    good = form.get_by_role("textbox", name=re.compile("Head's walk, 95 %: Good"))
    usual = good.input_value()
    good.fill("99")
    expect(form.get_by_role("alert")).to_contain_text("Head's walk, 95 %")
    good.fill("12")
    form.get_by_role("button", name="Save").click()
    expect(rows.filter(has_text="Head's walk, 95 %")).to_contain_text("12")
    page.get_by_role("button", name="Limits").click()
    form.get_by_role("button", name="Usual limits").click()
    expect(rows.filter(has_text="Head's walk, 95 %")).to_contain_text(usual)
    assert complaints_of(desk) == []


@needs_axe
@pytest.mark.parametrize(("theme", "lang"), LOOKS)
def test_quality_and_nets_have_no_axe_faults(open_desk, theme, lang):
    desk = open_desk(bypass_csp=True)
    desk.open(f"#/planner?theme={theme}&lang={lang}&list=1")
    page = desk.page
    page.get_by_role("tab", name="Quality" if lang == "en" else "质量").click()
    expect(page.locator(".figure-row").first).to_be_visible()
    page.locator(".quality-tab button[aria-expanded]").click()
    expect(page.locator(".quality-limits")).to_be_visible()
    assert faults(desk) == []
    page.get_by_role("button", name="Nets" if lang == "en" else "专业网格").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(desk) == []


def test_nets_are_made_by_keys_and_named_at_the_grids_they_share(open_desk):
    desk = open_desk()
    desk.open("#/planner?list=1")
    page = desk.page
    home = desk.plan_grids()["plan"]["id"]
    page.get_by_role("button", name="Nets").press("Enter")
    dialog = page.get_by_role("dialog", name="New police, safety or dedicated grids")
    expect(dialog.get_by_label("Kind")).to_be_focused()
    target = dialog.get_by_label("Households a grid")
    target.fill("2")
    expect(dialog.get_by_text(re.compile("5 to 100,000"))).to_be_visible()
    start = dialog.get_by_role("button", name="Start")
    expect(start).to_have_attribute("aria-disabled", "true")
    target.fill("1500")
    target.press("Enter")
    expect(page.get_by_text(re.compile("is saved as a draft"))).to_be_visible(timeout=90_000)
    expect(page.locator(".deskbar")).to_contain_text("Police")
    net = next(plan for plan in desk.get("/api/v1/plans")["plans"] if plan["kind"] == "police")
    rows = page.locator("tr[data-key]")
    expect(rows).to_have_count(net["grids"])
    rows.first.click()
    expect(page.get_by_role("region", name="Household grids here")).to_contain_text("%")
    desk.open(f"#/planner?plan={home}&list=1")
    page.reload()
    rows.first.click()
    expect(page.get_by_role("region", name="Professional grids here")).to_contain_text("Police")
    assert complaints_of(desk) == []


def _halve(desk, plan, code):
    """Cut a grid in two, so that there is something to balance."""
    grid = next(one for one in desk.get(f"/api/v1/plans/{plan}/grids")["grids"] if one["code"] == code)
    west, south, east, north = grid["bbox"]
    middle = (south + north) / 2
    line = {"type": "LineString", "coordinates": [[west - 0.0002, middle], [east + 0.0002, middle]]}
    body = {"line": line, "expected": {grid["id"]: grid["revision"]}}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    desk.send("POST", f"/api/v1/plans/{plan}/grids/{grid['id']}/split", body, **key)


def test_large_neighbourhood_is_balanced_as_a_job_and_kept(open_desk, draft):
    desk = open_desk()
    _halve(desk, draft, "990001001001016")
    open_draft(desk, draft, "&list=1")
    page = desk.page
    page.locator("tr[data-key='990001001001016']").click()
    page.keyboard.press("i")
    marked = page.get_by_role("listbox").get_by_role("option", selected=True)
    expect(marked).not_to_have_count(0)
    for other in page.get_by_role("listbox").get_by_role("option", selected=False).all()[:6]:
        other.click()
    page.get_by_role("button", name="Show proposal").click()
    bar = page.get_by_role("region", name=re.compile("^Balancing"))
    expect(bar.get_by_role("progressbar")).to_be_visible()
    # at once: on a quick machine it is nearly done
    page.evaluate("() => document.querySelector('.jobbar button')?.click()")
    told = page.get_by_text("Stopped; nothing was saved").or_(page.get_by_role("heading", name="Proposal"))
    expect(told.first).to_be_visible(timeout=60_000)
    if page.get_by_role("heading", name="Proposal").count():
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Show proposal").click()
    expect(page.get_by_role("heading", name="Proposal")).to_be_visible(timeout=60_000)
    before = desk.get(f"/api/v1/plans/{draft}/grids")["plan"]["households"]
    page.get_by_role("button", name="Keep it").first.click()
    saved(desk, 2)
    assert desk.get(f"/api/v1/plans/{draft}/grids")["plan"]["households"] == before
    assert complaints_of(desk) == []


def test_edit_made_without_a_connection_is_kept_and_goes_out_by_itself(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft)
    desk.wait_for_map()
    page = desk.page
    place = take_border(desk, "990001001001005")
    drag(desk, desk.pixel_of(*place), 14, 10, release=False)
    page.context.set_offline(True)
    page.mouse.up()
    card = page.get_by_test_id("unsent")
    expect(card).to_contain_text("nothing is saved yet")
    card.get_by_role("button", name="Try again").click()
    expect(card).to_be_visible()
    # it is in this browser's list too: a closed tab would lose nothing
    assert page.evaluate("() => JSON.parse(localStorage.getItem('gridward.kept')).length") == 1
    page.context.set_offline(False)
    expect(card).to_have_count(0, timeout=60_000)
    saved(desk, 1)
    assert page.evaluate("() => JSON.parse(localStorage.getItem('gridward.kept')).length") == 0
    # undo reaches over a new start of the page
    page.reload()
    expect(page.locator("tr[data-key]").first).to_be_visible()
    tool(desk, "Undo")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_have_attribute("aria-disabled", "true")
    assert _without_cut_wires(desk) == []


def test_refusal_and_check_speak_chinese(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft, "&lang=zh&list=1")
    page = desk.page
    page.locator("tr[data-key='990001001001005']").click()
    page.keyboard.press("s")
    field = page.get_by_label("经度, 纬度").or_(page.locator(".coordinates input"))
    for place in ("24.9300, 60.1601", "24.9301, 60.1602"):
        field.first.fill(place)
        field.first.press("Enter")
    page.locator(".edit-lists .button.primary").click()
    refusal = page.get_by_role("alert").filter(has_text="line-misses-grid")
    expect(refusal).to_contain_text("这条线没有切到网格")
    # a grid drawn where the plan has no ground: what to do is said of that, not of changes
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("d")
    for place in ("24.9300, 60.1601", "24.9310, 60.1601", "24.9310, 60.1606"):
        field.first.fill(place)
        field.first.press("Enter")
    page.locator(".edit-lists .button.primary").click()
    refusal = page.get_by_role("alert").filter(has_text="nothing-changes")
    expect(refusal).to_contain_text("请画在方案范围之内")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="校验").click()
    expect(page.locator(".check-tab .note.ok, .check-list").first).to_be_visible()
    for words in page.locator(".check-words").all_inner_texts():
        assert re.search("[一-鿿]", words), words


def test_what_one_does_in_another_window_is_taken_back_here(open_desk, draft):
    here, there = open_desk(), open_desk()
    for desk in (here, there):
        open_draft(desk, draft, "&list=1")
        desk.page.locator("tr[data-key='990001001001005']").click()
    undo = here.page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_have_attribute("aria-disabled", "true")
    there.page.keyboard.press("k")
    saved(there, 1)
    expect(undo).to_have_attribute("aria-disabled", "false")
    undo.click()
    saved(here, 0)
    # and what was taken back here is not to be taken back there
    expect(there.page.get_by_role("button", name="Undo", exact=True)).to_have_attribute("aria-disabled", "true")
    assert complaints_of(here) == []


def test_esc_leads_out_of_the_field_that_a_tool_puts_the_hand_in(open_desk, draft):
    desk = open_desk()
    open_draft(desk, draft, "&list=1")
    page, keys = desk.page, desk.page.keyboard
    page.locator("tr[data-key='990001001001005']").click()
    keys.press("s")
    field = page.get_by_label("Longitude, latitude")
    expect(field).to_be_focused()
    keys.type("24.95, 60.17")
    # what was typed, then the tool
    keys.press("Escape")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    keys.press("Escape")
    expect(field).to_have_count(0)
    keys.press("m")
    expect(page.get_by_role("listbox", name="Grids that touch")).to_be_visible()
    # every key of lists is told
    keys.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    for words in ("first, last row", "twelve rows up, down", "move the edge between the plans"):
        expect(sheet).to_contain_text(words)
    assert complaints_of(desk) == []


TYPED_AT_ONCE = """([selector, text]) => {
  const type = (_, watch) => {
    const field = document.querySelector(selector)
    if (!field) return
    watch.disconnect()
    field.value = text
    field.dispatchEvent(new Event('input', {bubbles: true}))
  }
  new MutationObserver(type).observe(document, {childList: true, subtree: true})
}"""


def test_what_is_typed_before_the_first_frame_stays(open_desk, draft):
    desk = open_desk()
    page = desk.page
    # between putting the field on the page and painting it: where a quick hand on a slow machine types
    page.add_init_script(f"({TYPED_AT_ONCE})(['.topbar .searchbox input', 'Kaivo'])")
    open_draft(desk, draft, "&list=1")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("Kaivo")
    page.locator("tr[data-key='990001001001005']").click()
    page.evaluate(TYPED_AT_ONCE, [".coordinates input", "24.9300, 60.1601"])
    page.keyboard.press("s")
    field = page.locator(".coordinates input")
    expect(page.locator(".edit-lists .button.primary")).to_be_visible()
    # what runs after a frame has run
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(field).to_have_value("24.9300, 60.1601")
    field.press("Enter")
    field.fill("24.9301, 60.1602")
    field.press("Enter")
    expect(page.locator(".edit-lists .points li")).to_have_count(2)
    expect(page.locator(".edit-lists .button.primary")).to_have_attribute("aria-disabled", "false")
    assert complaints_of(desk) == []


def test_selected_grid_keeps_a_label_where_its_middle_is_out_of_view(open_desk):
    desk = open_desk()
    desk.open("#/planner?map=17.6/60.17019/24.94601&grid=990001001001005")
    desk.page.wait_for_function(
        "() => window.gridward?.map.getLayer('selected-label') &&"
        " window.gridward.map.queryRenderedFeatures({layers: ['selected-label']}).length === 1",
        timeout=60_000,
    )
    label = desk.page.evaluate(
        "() => { const map = window.gridward.map; const [one] = map.queryRenderedFeatures({layers: ['selected-label']});"
        " const {x, y} = map.project(one.geometry.coordinates); const box = map.getCanvas().getBoundingClientRect();"
        " const under = map.queryRenderedFeatures([x, y], {layers: ['grid-touch']})[0].properties.code;"
        " return [one.properties.words, under, x > 0 && x < box.width && y > 0 && y < box.height] }"
    )
    assert label[0].startswith("5\n269 · ")
    assert label[1:] == ["990001001001005", True]
    desk.page.evaluate("() => window.gridward.map.jumpTo({zoom: 14})")
    desk.page.wait_for_function(
        "() => window.gridward.map.queryRenderedFeatures({layers: ['selected-label']}).length === 0", timeout=30_000
    )
    assert complaints_of(desk) == []
