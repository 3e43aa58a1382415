"""A plan's life in the page: drawn, reviewed by a second person, scheduled, compared, taken out and in, printed."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import DESK, Desk, Server, watch

PLANNER, REVIEWER, DISTRICT = "p-07", "r-12", "p-31"
AREA = "990001001001"


@pytest.fixture(scope="module")
def accounts(server: Server) -> dict[str, str]:
    """Three accounts: who draws, who answers for publishing, and who plans one area."""
    roles = {PLANNER: "planner", REVIEWER: "reviewer"}
    for name, role in roles.items():
        # handover sheets and files need the right beside the role
        server.command("account", "create", name, "--role", role, "--role", "export")
    server.command("account", "create", DISTRICT, "--role", "planner", "--area", AREA)
    return {**roles, DISTRICT: "planner"}


@pytest.fixture
def desk_of(browser: Browser, server: Server, accounts: dict[str, str]) -> Iterator[Callable[[str], Desk]]:
    """Function that signs an account in and returns its desk."""
    contexts: list[BrowserContext] = []

    def opener(name: str) -> Desk:
        assert name in accounts
        context = browser.new_context(viewport=DESK, reduced_motion="reduce", locale="en-GB", accept_downloads=True)
        context.set_default_timeout(30_000)
        contexts.append(context)
        desk = watch(context, server.base)
        code = re.search(r"#/sign-in\?code=\S+", server.command("account", "link", name))
        assert code is not None
        desk.open(code[0])
        return desk

    yield opener
    for context in contexts:
        context.close()


def _faults(desk: Desk) -> list[str]:
    # a plan without a coverage run is answered with 404, a refusal with 4xx: neither is a fault of the page
    return [said for said in desk.complaints if "Failed to load resource" not in said]


def _draft(desk: Desk, name: str) -> str:
    """Make a draft of the plan in use through the page; return its id."""
    page = desk.page
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Make a draft of it").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name of the draft").fill(name)
    dialog.get_by_role("button", name="Make a draft of it").click()
    expect(page.locator(".deskbar")).to_contain_text(name)
    return next(plan["id"] for plan in desk.get("/api/v1/plans")["plans"] if plan["name"] == name)


def _move_one_plot(desk: Desk, plan: str) -> tuple[str, str]:
    """Hand one plot with households to a neighbour; return the codes of who gave and who got."""
    grids = desk.get(f"/api/v1/plans/{plan}/grids")["grids"]
    revision = {grid["id"]: grid["revision"] for grid in grids}
    for giver in grids:
        plots = desk.get(f"/api/v1/plans/{plan}/atoms?grids={giver['id']}")["atoms"]
        for plot in sorted((plot for plot in plots if 3 <= plot[3] <= 40), key=lambda plot: -plot[3])[:4]:
            for taker in grids:
                if taker["id"] == giver["id"] or not _near(giver["bbox"], taker["bbox"]):
                    continue
                answer = desk.page.request.post(
                    f"{desk.base}/api/v1/plans/{plan}/reassign",
                    data=json.dumps(
                        {
                            "to": taker["id"],
                            "atoms": [plot[0]],
                            "expected": {one["id"]: revision[one["id"]] for one in (giver, taker)},
                        }
                    ),
                    headers={
                        "Content-Type": "application/json",
                        "Origin": desk.base,
                        "Idempotency-Key": str(uuid.uuid4()),
                    },
                )
                if answer.ok:
                    return giver["code"], taker["code"]
    pytest.fail("No plot of this plan can be handed over.")


def _near(one: list[float], other: list[float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _step(desk: Desk, name: str, words: tuple[str, str] | None = None, *, menu: bool = False) -> None:
    """Take a step of the plan, with the words that its dialog asks for."""
    page = desk.page
    if menu:
        page.get_by_role("button", name="More").click()
        page.locator(".more-menu").get_by_role("button", name=name).click()
    else:
        page.locator(".deskbar").get_by_role("button", name=name).click()
    dialog = page.get_by_role("dialog")
    if words:
        dialog.get_by_label(words[0]).fill(words[1])
    dialog.get_by_role("button", name=name).click()
    expect(dialog).to_have_count(0)


def test_planner_of_one_area_edits_it_and_reads_what_concerns_it(desk_of):
    author = desk_of(PLANNER)
    author.open("#/planner?list=1")
    plan = _draft(author, "For the district")
    _step(author, "Send for review", ("Note", "Whole town: every border."))
    _step(author, "Take back", menu=True)
    desk = desk_of(DISTRICT)
    desk.open(f"#/planner?plan={plan}&list=1")
    page = desk.page
    expect(page.locator("tr[data-key]").first).to_be_visible()
    # what is for accounts of the whole territory is not offered, or says for whom it is
    for words in ("Propose grids", "Nets", "Send for review"):
        expect(page.locator(".deskbar").get_by_role("button", name=words)).to_have_count(0)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".menu-note")).to_contain_text("whole territory")
    page.keyboard.press("Escape")
    rows = page.locator("tr[data-key]").count()
    page.locator("tr[data-key]").first.click()
    page.keyboard.press("m")
    touching = page.get_by_role("listbox", name="Grids that touch")
    touching.get_by_role("option").nth(1).click()
    page.get_by_role("button", name="Merge 2 grids").click()
    expect(page.locator(".saved")).to_contain_text("1 edit")
    expect(page.locator("tr[data-key]")).to_have_count(rows - 1)
    page.keyboard.press("Control+z")
    expect(page.locator("tr[data-key]")).to_have_count(rows)
    page.get_by_role("tab", name="Check").click()
    expect(page.get_by_text("tiling exact")).to_be_visible()
    # steps are told, remarks about the whole plan are not
    page.get_by_role("tab", name="History").click()
    steps = page.get_by_role("region", name="Steps of this plan")
    expect(steps).to_contain_text("Sent for review")
    expect(steps).not_to_contain_text("every border")
    expect(page.get_by_role("region", name="through the plans")).to_be_visible()
    expect(page.get_by_role("tabpanel").or_(page.locator(".check-tab")).get_by_role("alert")).to_have_count(0)
    assert _faults(desk) == []


def test_conflict_of_a_planner_of_one_area_offers_only_what_such_a_planner_may(desk_of):
    author = desk_of(PLANNER)
    author.open("#/planner?list=1")
    plan = _draft(author, f"Both at once {uuid.uuid4()}")
    desk = desk_of(DISTRICT)
    desk.open(f"#/planner?plan={plan}&list=1")
    page = desk.page
    page.locator("tr[data-key]").first.click()
    page.keyboard.press("b")
    vertices = page.get_by_role("listbox", name="Vertices")
    expect(vertices).to_be_visible()
    for key in (".", ".", "Enter", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.get_by_text("in hand")).to_be_visible()
    code = page.locator("tr[aria-selected='true']").get_attribute("data-key")
    grid = next(one for one in author.get(f"/api/v1/plans/{plan}/grids")["grids"] if one["code"] == code)
    author.send(
        "POST",
        f"/api/v1/plans/{plan}/grids/{grid['id']}/rename",
        {"expected": {grid["id"]: grid["revision"]}, "name": "Meanwhile"},
        **{"Idempotency-Key": str(uuid.uuid4())},
    )
    page.keyboard.press("Enter")
    screen = page.get_by_role("dialog")
    expect(screen).to_contain_text("while you were editing")
    expect(screen.get_by_role("button", name="Keep my drawing for later")).to_be_visible()
    # a copy is of the whole plan: neither its button nor its key is there
    expect(screen.get_by_role("button", name="Save mine as a copy")).to_have_count(0)
    page.keyboard.press("s")
    expect(screen).to_be_visible()
    assert [one["id"] for one in desk.get("/api/v1/plans")["plans"] if one["based_on"] == plan] == []
    assert _faults(desk) == []


def test_planners_see_who_else_has_the_plan_open(desk_of):
    first, second = desk_of(PLANNER), desk_of(REVIEWER)
    chip = first.page.locator(".presence")
    first.open("#/planner?list=1")
    expect(first.page.locator("tr[data-key]").first).to_be_visible()
    expect(chip).to_have_count(0)
    second.open("#/planner?list=1")
    expect(second.page.locator(".presence")).to_have_text(f"{PLANNER} is here too")
    expect(chip).to_have_text(f"{REVIEWER} is here too")
    second.page.close()
    expect(chip).to_have_count(0)


def test_plan_is_reviewed_and_published_by_a_second_person(desk_of):
    planner = desk_of(PLANNER)
    planner.open("#/planner")
    planner.wait_for_map()
    plan = _draft(planner, "Grids of the new year")
    _, taker = _move_one_plot(planner, plan)
    _step(planner, "Send for review", ("Note", "One border follows the street now."))
    expect(planner.page.locator(".deskbar")).to_contain_text("In review")
    planner.page.get_by_role("button", name="More").click()
    expect(planner.page.get_by_role("button", name="Approve")).to_have_attribute("aria-disabled", "true")
    planner.page.keyboard.press("Escape")

    reviewer = desk_of(REVIEWER)
    reviewer.open(f"#/planner?plan={plan}")
    reviewer.wait_for_map()
    page = reviewer.page
    page.get_by_role("tab", name="Comments").click()
    page.get_by_role("button", name="Pin to a place").click()
    page.locator("#map-canvas").click(position={"x": 480, "y": 400})
    page.get_by_role("textbox", name="New comment").fill("Why not along the street?")
    page.locator(".composer").get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment-pin")).to_have_count(1)
    _step(reviewer, "Send back", ("Reason", "See the comment."), menu=True)
    expect(page.locator(".deskbar")).to_contain_text("Draft")

    # the planner hears of it without asking, answers from the pin on the map, and sends it again
    page = planner.page
    expect(page.locator(".deskbar")).to_contain_text("Draft")
    sent_back = page.locator(".sent-back")
    expect(sent_back).to_contain_text(f"{REVIEWER} sent this plan back")
    expect(sent_back).to_contain_text("See the comment.")
    page.locator(".comment-pin").click()
    thread = page.locator("[data-thread]")
    thread.get_by_placeholder("Answer").fill("The yard belongs to it.")
    thread.get_by_role("button", name="Answer", exact=True).click()
    expect(thread).to_contain_text("The yard belongs to it.")
    thread.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Show 1 resolved")).to_be_visible()
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_text("See the comment.")).to_be_visible()
    _step(planner, "Send for review")
    page.get_by_role("tab", name="Grids").click()
    expect(page.locator(".deskbar")).to_contain_text("In review")
    expect(sent_back).to_have_count(0)

    page = reviewer.page
    expect(page.locator(".deskbar")).to_contain_text("In review")
    _step(reviewer, "Approve")
    _publish_for_later(reviewer)
    expect(page.locator(".deskbar")).to_contain_text("Scheduled")

    _see_history(reviewer, plan, taker)
    # the plan in use is that of the other tests, too
    _step(reviewer, "Withdraw", ("Reason", "One more look."), menu=True)
    expect(page.locator(".deskbar")).to_contain_text("In review")
    assert _faults(planner) == []
    assert _faults(reviewer) == []


def _publish_for_later(desk: Desk) -> None:
    page = desk.page
    page.locator(".deskbar").get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Drawn by {PLANNER}. You are the second person")
    expect(dialog.locator("[data-check='boundary'] .good")).to_be_visible()
    expect(dialog.get_by_test_id("impact-totals")).to_contain_text("households change grid")
    expect(dialog.locator(".impact-box tbody tr")).not_to_have_count(0)
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("Name the document or decision")).to_be_visible()
    dialog.get_by_label("Basis").fill("Resolution 12/2026")
    dialog.get_by_label("In force from").fill("2001-01-01")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("must begin after it")).to_be_visible()
    dialog.get_by_label("In force from").fill("2099-01-01")
    with page.expect_popup() as sheet:
        dialog.get_by_role("link", name="Open to print").click()
    expect(sheet.value.locator("svg").first).to_be_visible()
    sheet.value.close()
    dialog.get_by_role("button", name="Publish").click()


def _see_history(desk: Desk, plan: str, taker: str) -> None:
    page = desk.page
    page.get_by_role("tab", name="Grids").click()
    page.locator(f"tr[data-key='{taker}']").click()
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("region", name="through the plans")).to_contain_text("transferred")
    expect(page.get_by_role("region", name="Steps of this plan")).to_contain_text("Resolution 12/2026")
    field = page.locator("#asof-title ~ form input[type=date]")
    field.fill("2099-06-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("will be in force")).to_be_visible()
    assert f"plan={plan}" in page.url
    assert "at=2099-06-01" in page.url
    field.fill("2001-01-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#asof-title ~ .note.error")).to_be_visible()
    page.get_by_role("region", name="As of a day").get_by_role("button", name="Back to now").click()
    page.goto(f"{desk.base}/#/planner?plan={plan}")
    expect(page.locator(".deskbar")).to_contain_text("Scheduled")


def test_exported_file_comes_back_identical(desk_of, tmp_path):
    desk = desk_of(PLANNER)
    desk.open("#/planner")
    page = desk.page
    plan = desk.get("/api/v1/territories")["territories"][0]["plan_id"]
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="GeoPackage").click()
    file = tmp_path / "grids.gpkg"
    download.value.save_as(file)

    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Import grids").click()
    panel = page.get_by_role("form", name="Import grids")
    panel.get_by_label("File of grids").set_input_files(file)
    panel.get_by_label("Name of the plan").fill("From a file")
    panel.get_by_role("button", name="Try it").click()
    report = panel.get_by_test_id("import-report")
    expect(report).to_contain_text("tile exactly")
    before = len(desk.get("/api/v1/plans")["plans"])
    panel.get_by_role("button", name="Import as a draft").click()
    expect(page.get_by_text("grids imported as a draft")).to_be_visible()
    plans = desk.get("/api/v1/plans")["plans"]
    assert len(plans) == before + 1
    copy = next(one["id"] for one in plans if one["name"] == "From a file")
    exports = [
        desk.page.request.get(f"{desk.base}/api/v1/plans/{one}/export?format=geojson").json() for one in (plan, copy)
    ]
    first, second = (_shapes(one) for one in exports)
    assert first.keys() == second.keys()
    strays = {
        code: float(shapely.hausdorff_distance(shape, second[code]))
        for code, shape in first.items()
        if not shape.equals_exact(second[code], 0)
    }
    assert strays == {}

    # a border that was moved on one side only is refused, and every place stands on the map
    broken = exports[0]
    # what a tool wrote that leaves the system of coordinates out
    del broken["crs"]
    outline = broken["features"][0]["geometry"]["coordinates"]
    ring = outline[0] if broken["features"][0]["geometry"]["type"] == "Polygon" else outline[0][0]
    ring[len(ring) // 2][0] += 0.0003
    bad = tmp_path / "broken.geojson"
    bad.write_text(json.dumps(broken))
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Import grids").click()
    panel.get_by_label("File of grids").set_input_files(bad)
    panel.get_by_role("button", name="Try it").click()
    expect(panel.get_by_text("does not say in which coordinate system")).to_be_visible()
    panel.get_by_label("Coordinate system").fill("wgs84")
    panel.get_by_role("button", name="Try it").click()
    panel.locator(".import-list button").first.click()
    expect(page.locator(".fault-words")).to_be_visible()
    expect(page.locator(".place-dot")).not_to_have_count(0)
    assert _faults(desk) == []


def _shapes(collection: dict[str, Any]) -> dict[str, shapely.Geometry]:
    # a ring may begin elsewhere; every corner is the same to the last decimal
    return {
        each["properties"]["code"]: shapely.normalize(shapely.from_geojson(json.dumps(each["geometry"])))
        for each in collection["features"]
    }


def test_two_plans_are_compared_and_printed(desk_of):
    desk = desk_of(PLANNER)
    desk.open("#/planner")
    desk.wait_for_map()
    old = desk.get("/api/v1/territories")["territories"][0]["plan_id"]
    plan = _draft(desk, "One plot moved")
    # a count beside the word takes room, too
    desk.send("POST", f"/api/v1/plans/{plan}/comments", {"text": "As agreed."}, **{"Idempotency-Key": uuid.uuid4().hex})
    _, taker = _move_one_plot(desk, plan)
    page = desk.page
    page.goto(f"{desk.base}/#/planner?plan={plan}&compare={old}")
    page.reload()
    expect(page.locator(f"tr[data-key='{taker}']")).to_contain_text("changed")
    # six tabs, none of them cut off
    expect(page.get_by_role("tab", name="Comments")).to_contain_text("1")
    widths = page.evaluate(
        "() => (({scrollWidth, clientWidth}) => [scrollWidth, clientWidth])(document.querySelector('#panel > .tabs'))"
    )
    assert widths[0] <= widths[1]
    slider = page.get_by_role("slider", name="Edge between the two plans")
    slider.focus()
    expect(slider).to_have_attribute("aria-valuenow", "50")
    page.keyboard.press("Shift+ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "60")
    page.keyboard.press("Home")
    expect(page.locator(".swipe-map")).to_have_attribute("style", re.compile(r"100%"))
    expect(page.locator(".swipe-map canvas")).to_have_count(1)
    page.wait_for_function("() => window.gridward?.map.getLayer('life-moved-fill')")
    page.get_by_role("button", name="End comparison").click()
    expect(slider).to_have_count(0)

    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Print").click()
    expect(page.get_by_text("Ready to print.")).to_be_visible(timeout=60_000)
    page.emulate_media(media="print")
    sheet = page.get_by_test_id("print-sheet")
    expect(sheet.get_by_test_id("print-legend")).to_be_visible()
    expect(sheet.get_by_role("img", name=re.compile("^Scale "))).to_be_visible()
    expect(sheet.get_by_text("Seal", exact=True)).to_be_visible()
    expect(sheet).to_contain_text("1 : ")
    expect(page.locator(".topbar")).to_be_hidden()
    shades = page.evaluate(
        """() => {
          const image = document.querySelector('[data-testid=print-map]')
          const sheet = document.createElement('canvas')
          sheet.width = sheet.height = 64
          const pen = sheet.getContext('2d')
          pen.drawImage(image, 0, 0, 64, 64)
          const { data } = pen.getImageData(0, 0, 64, 64)
          const seen = new Set()
          for (let at = 0; at < data.length; at += 4) seen.add(data.slice(at, at + 3).join())
          return seen.size
        }"""
    )
    assert shades > 50
    pages = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pages)) == 1
    _printed_grid_by_grid(page, len(desk.get(f"/api/v1/plans/{plan}/grids")["grids"]))
    assert _faults(desk) == []


def _printed_grid_by_grid(page: Page, grids: int) -> None:
    """Ask for a sheet of each grid after the overview and stop it halfway; then for the selected grid's alone."""
    page.emulate_media(media="screen")
    page.get_by_label("Sheets").select_option("grids")
    sheets = page.get_by_test_id("print-grid")
    expect(sheets.first).to_be_visible(timeout=120_000)
    expect(page.get_by_text(re.compile(rf"Drawing sheet \d+ of {grids + 1}"))).to_be_visible()
    expect(sheets.first).to_contain_text(f"sheet 2 of {grids + 1}")
    expect(page.get_by_role("button", name="Print", exact=True)).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Escape")
    expect(sheets).to_have_count(0)
    page.locator("tr[data-key]").nth(2).click()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Print").click()
    page.get_by_label("Sheets").select_option("grid")
    expect(sheets).to_have_count(1, timeout=120_000)
    expect(page.get_by_text("Ready to print.")).to_be_visible()
    expect(sheets.get_by_test_id("print-map")).to_be_visible()
    expect(sheets.get_by_test_id("print-legend")).to_be_visible()
    expect(sheets.get_by_role("img", name=re.compile("^Scale "))).to_be_visible()
    expect(sheets.get_by_role("img", name="North")).to_be_visible()
    for words in ("Drawn by", "Taken over by", "Seal", "1 : ", "households (estimated) at"):
        expect(sheets).to_contain_text(words)
    page.emulate_media(media="print")
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) == 1
