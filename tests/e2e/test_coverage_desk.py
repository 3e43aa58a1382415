"""The analyst's desk beyond the first walk: reach on foot, cameras that are there, proposals, reports, live news."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE
from tests.e2e.test_accessibility import AXE, LOOKS, faults

VIEW = "map=17/60.16800/24.94650"
KEPT_NAME = "Two looks at the square"


@pytest.fixture
def opened(open_desk):
    """Function that opens the coverage desk at an address of its own, with its table and its map."""

    def opener(extra="", size=None, with_map=True):
        desk = open_desk(size)
        desk.open(f"#/coverage?{VIEW}&{extra}")
        expect(desk.page.locator(".kpis .figure").first).to_be_visible()
        if with_map:
            desk.wait_for_map()
        return desk

    return opener


def delete(page, name):
    """Delete something: the button asks before it does."""
    button = page.get_by_role("button", name=re.compile(f"^{re.escape(name)}($|: press again)"))
    button.click()
    expect(button).to_have_text("For good?")
    button.click()


def a_camera(desk, *, unknown=False):
    """One camera of the extract, as the register holds it."""
    spot = desk.send("POST", "/api/v1/locate", {"lon": 24.946, "lat": 60.168})["cameras"]
    for one in [*spot["seeing"], *spot["nearest"]]:
        camera = desk.get(f"/api/v1/cameras/{one['id']}")["camera"]
        if (camera["azimuth"] is None and not (camera["ptz"] or camera["dome"])) == unknown:
            return camera
    pytest.skip("the extract has no such camera near")


def change(desk, camera, **fields):
    """Change a camera as somebody else would."""
    now = desk.get(f"/api/v1/cameras/{camera['id']}")["camera"]
    headers = {"If-Match": f'"{now["revision"]}"'}
    return desk.send("PATCH", f"/api/v1/cameras/{camera['id']}", fields, **headers)["camera"]


def plan_of(desk):
    """Id of the plan whose figures are on screen."""
    return desk.get("/api/v1/coverage")["run"]["plan_id"]


def keep_by_hand(desk, name, cameras):
    """Keep a proposal of cameras that are allowed where they stand, as a script would."""
    plan = plan_of(desk)
    told = [{"lon": lon, "lat": lat, "azimuth": azimuth, "max_range": 40} for lon, lat, azimuth in cameras]
    return desk.send("POST", "/api/v1/coverage/placements", {"plan": plan, "name": name, "cameras": told})["placement"]


def a_good_look(desk):
    """A place and heading from which a camera shows a gap in a street and looks at no home and no zone."""
    plan = plan_of(desk)
    gaps = desk.get("/api/v1/coverage/gaps?kind=street&limit=40")["gaps"]
    for gap in sorted(gaps, key=lambda one: -(one["reason"].get("metres") or 0))[:10]:
        for azimuth in range(0, 360, 45):
            camera = {"lon": gap["lon"], "lat": gap["lat"], "azimuth": azimuth, "max_range": 40}
            told = desk.send("POST", "/api/v1/coverage/what-if", {"plan": plan, "cameras": [camera]})
            if told["cameras"][0]["allowed"] and told["change"]["seen_m"] > 5:
                return gap["lon"], gap["lat"], azimuth
    pytest.skip("no camera may show any of the gaps")


def test_reach_on_foot_is_drawn_and_counted_by_kind_and_minutes(opened):
    desk = opened("part=posts&walk=post/5")
    page = desk.page
    plan = plan_of(desk)
    told = desk.get(f"/api/v1/coverage/facilities?plan={plan}&of=post&minutes=5")
    whole = next(one for one in told["areas"] if one["parent_id"] is None)
    row = page.get_by_role("row", name=re.compile("^Any of them"))
    expect(row).to_contain_text(f"{100 * whole['share']:.1f}")
    legend = page.get_by_test_id("reach-legend")
    expect(legend).to_contain_text("Streets within 5 min on foot")
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['walk-street']}).length > 0")
    assert desk.drawn("cameras")["cameras"] == 0  # what cameras see gives way

    page.get_by_role("button", name=re.compile("^Show the reach of grid head")).click()
    expect(page).to_have_url(re.compile("walk=post/5/grid"))
    heads = next(one["count"] for one in told["kinds"] if one["kind"] == "grid head")
    expect(legend).to_contain_text(f"grid head: {heads} places")
    page.get_by_label("within a walk of").select_option("10")
    expect(legend).to_contain_text("10 min")
    page.get_by_role("tab", name=re.compile("^Grids")).click()
    expect(legend).to_have_count(0)
    assert desk.complaints == []


def test_a_camera_is_turned_in_the_hand_and_saved_unless_somebody_was_faster(opened):
    desk = opened(with_map=False)
    page = desk.page
    camera = a_camera(desk, unknown=True)
    page.goto(f"{desk.base}/#/coverage?map=18/{camera['lat']}/{camera['lon']}&camera={camera['id']}")
    page.reload()
    desk.wait_for_map()
    page.get_by_role("button", name="Move or re-aim").click()
    card = page.get_by_test_id("whatif")
    expect(card).to_contain_text("as it could be")
    expect(card.locator("dd").first).to_contain_text("0 m")  # as it is, it changes nothing
    card.get_by_label("Heading, °").fill("90")
    expect(card).to_contain_text("was heading unknown")
    expect(card.locator("dl")).to_contain_text("90°")

    change(desk, camera, max_range=camera["max_range"] + 5)
    card.get_by_role("button", name="Save to camera").click()
    expect(card.get_by_role("alert")).to_contain_text("Nothing was saved")
    assert desk.get(f"/api/v1/cameras/{camera['id']}")["camera"]["azimuth"] is None
    card.get_by_role("button", name="Save mine over it").click()
    expect(card).to_have_count(0)
    saved = desk.get(f"/api/v1/cameras/{camera['id']}")["camera"]
    assert (saved["azimuth"], saved["max_range"]) == (90, camera["max_range"] + 5)

    shown = page.get_by_test_id("camera")
    shown.get_by_role("button", name="Mark as offline").click()
    expect(shown).to_contain_text("offline")
    expect(page.locator(".kpis .figure").nth(3)).to_contain_text("220 of 221")
    shown.get_by_role("button", name="Mark as online").click()
    expect(page.locator(".kpis .figure").nth(3)).to_contain_text("221 of 221")
    change(desk, camera, azimuth=None, max_range=camera["max_range"])
    # the refused save is an answer of the server that the browser notes
    assert [said for said in desk.complaints if "412" not in said] == []


def test_a_camera_is_moved_by_keys_alone_and_put_back(opened):
    desk = opened(with_map=False)
    page = desk.page
    camera = a_camera(desk, unknown=True)
    page.goto(f"{desk.base}/#/coverage?map=18/{camera['lat']}/{camera['lon']}&camera={camera['id']}")
    page.reload()
    desk.wait_for_map()
    page.get_by_role("button", name="Move or re-aim").focus()
    page.keyboard.press("Enter")
    handle = page.locator(".idea-handle")
    expect(handle).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(".")
    card = page.get_by_test_id("whatif")
    expect(card).to_contain_text("was heading unknown")
    expect(card).to_contain_text(f"{camera['lon']:.5f}")
    page.keyboard.press("Escape")
    expect(handle).to_have_count(0)
    expect(page.get_by_test_id("camera")).to_be_visible()
    after = desk.get(f"/api/v1/cameras/{camera['id']}")["camera"]
    assert after["lon"] == camera["lon"]


def test_proposals_are_kept_by_hand_named_compared_and_deleted(opened):
    desk = opened("part=proposals", with_map=False)
    page = desk.page
    look = a_good_look(desk)
    first = keep_by_hand(desk, "North", [look])
    second = keep_by_hand(desk, KEPT_NAME, [look, look])
    page.reload()
    desk.wait_for_map()
    page.get_by_role("button", name=re.compile("^North")).click()
    expect(page).to_have_url(re.compile(f"proposal={first['id']}"))
    expect(page.locator(".idea-handle")).to_have_count(1)

    page.get_by_role("button", name=f"Compare {KEPT_NAME}").click()
    beside = page.get_by_test_id("beside")
    expect(beside.get_by_role("row", name=re.compile("^Cameras"))).to_contain_text("+1")
    metres = second["summary"]["seen_m_after"] - first["summary"]["seen_m_after"]
    assert abs(metres) < 0.5  # the second camera sees what the first one does
    expect(beside.get_by_role("row", name=re.compile("^Street gained")).locator("td").last).to_have_text("0")
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['beside-at']}).length > 0")
    page.get_by_role("button", name="Stop comparing proposals").click()
    expect(beside).to_have_count(0)

    page.get_by_role("button", name="Rename North").click()
    page.get_by_role("textbox", name="Name of the proposal").last.fill("South")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Renamed to South")
    assert desk.get(f"/api/v1/coverage/placements/{first['id']}")["placement"]["name"] == "South"

    # the address of what is on screen opens the same
    address = page.url
    other = opened(with_map=False)
    other.page.goto(address)
    other.page.reload()
    expect(other.page.get_by_text("Open: South")).to_be_visible()

    for name in ("South", KEPT_NAME):
        delete(page, f"Delete {name}")
        expect(page.get_by_role("button", name=f"Delete {name}")).to_have_count(0)
    assert desk.complaints == []


def test_figures_of_the_table_follow_a_proposal_and_come_back(opened):
    desk = opened("part=proposals", with_map=False)
    page = desk.page
    kept = keep_by_hand(desk, "In the table", [a_good_look(desk)])
    summary = desk.get("/api/v1/coverage")["summary"]
    page.reload()
    page.get_by_role("button", name=re.compile("^In the table")).click()
    share = 100 * kept["summary"]["seen_m_after"] / summary["streets_m"]
    before = 100 * summary["seen_m"] / summary["streets_m"]
    expect(page.locator(".kpis .figure").first).to_have_text(f"{share:.1f} %")
    expect(page.locator(".kpis dd").first).to_contain_text(f"{before:.1f} % before")
    page.get_by_role("tab", name=re.compile("^Grids")).click()
    expect(page.locator("tr.pinned").first).to_be_visible()
    page.get_by_role("tab", name=re.compile("^Proposals")).click()
    page.get_by_role("button", name="Discard").last.click()
    expect(page.locator(".kpis .figure").first).to_have_text(f"{before:.1f} %")
    delete(page, "Delete In the table")
    expect(page.get_by_role("button", name="Delete In the table")).to_have_count(0)


def test_a_new_privacy_zone_refuses_what_looks_into_it(opened):
    desk = opened("part=proposals", with_map=False)
    page = desk.page
    lon, lat, azimuth = a_good_look(desk)
    keep_by_hand(desk, "Under a zone", [(lon, lat, azimuth)])
    page.reload()
    page.get_by_role("button", name=re.compile("^Under a zone")).click()
    expect(page.get_by_text(re.compile(r"^Together"))).to_be_visible()
    ring = [[lon + x * 0.0004, lat + y * 0.0002] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    territory = desk.get("/api/v1/territories")["territories"][0]["id"]
    shape = {"type": "Polygon", "coordinates": [ring]}
    body = {"territory": territory, "kind": "yard", "reason": "A yard in the middle", "geometry": shape}
    desk.send("POST", "/api/v1/privacy-zones", body)
    expect(page.get_by_text("not allowed")).to_be_visible()
    page.locator(".panel-scroll button[aria-current]").first.click()
    page.get_by_text("Exact figures").click()
    page.locator("#idea-max_range").fill("39")
    keep = page.get_by_test_id("whatif").get_by_role("button", name="Keep in plan")
    expect(keep).to_have_attribute("title", re.compile("^Camera 1 may not stand"))
    page.get_by_role("tab", name=re.compile("^Privacy zones")).click()
    expect(page.get_by_text("1 proposed looks in")).to_be_visible()
    page.get_by_role("button", name=re.compile("A yard in the middle")).click()
    delete(page, "Delete")
    expect(page.get_by_text("No privacy zones")).to_be_visible()
    page.get_by_role("tab", name=re.compile("^Proposals")).click()
    expect(page.get_by_text("not allowed")).to_have_count(0)
    delete(page, "Delete Under a zone")
    expect(page.get_by_role("button", name="Delete Under a zone")).to_have_count(0)


def test_what_could_go_is_listed_and_ringed_on_the_map(opened):
    desk = opened("part=proposals")
    page = desk.page
    told = desk.get(f"/api/v1/coverage/redundant?plan={plan_of(desk)}&limit=50")
    page.get_by_role("button", name="Look", exact=True).click()
    if not told["removable"] and not told["turnable"]:
        expect(page.get_by_text("Every camera is needed")).to_be_visible()
        return
    first = (told["removable"] or told["turnable"])[0]
    row = page.get_by_role("button", name=first["ref"]).first
    row.click()
    page.wait_for_function("() => Math.abs(window.gridward.map.getZoom() - 18) < 0.01")
    page.wait_for_function("() => window.gridward.map.queryRenderedFeatures({layers: ['mark-spare']}).length > 0")


def test_every_choice_comes_back_from_the_address(opened):
    desk = opened()
    page = desk.page
    # the level first: a run at a level leaves what all others see of the plan as it is
    choices = (("Level", "Outline"), ("Need", "k ⩾ 2"), ("Count", "all cameras"))
    for name, words in choices:
        before = page.url
        page.get_by_role("button", name=re.compile(f"^{name}")).click()
        page.locator(".menu").get_by_role("button", name=re.compile(f"^{words}")).click()
        page.wait_for_function("(before) => location.href !== before", arg=before, timeout=60_000)
    page.get_by_role("button", name=re.compile("^As of")).click()
    month = datetime.now(UTC).strftime("%Y-%m")
    page.get_by_label(re.compile("^Over a month")).fill(month)
    before = page.url
    page.locator(".when-field").last.get_by_role("button", name="Show").click()
    page.wait_for_function("(before) => location.href !== before", arg=before, timeout=60_000)
    page.get_by_role("tab", name=re.compile("^Gaps")).click()
    expect(page).to_have_url(re.compile("part=gaps"))
    words = page.locator(".filterbar .choice").all_inner_texts()
    run = re.search(r"run=([0-9a-f-]+)", page.url)[1]
    spec = desk.get(f"/api/v1/coverage?run={run}")["run"]["spec"]
    assert (spec["k"], spec["status"], spec["level"], spec["month"]) == (2, "all", "outline", month)

    other = opened(with_map=False)
    other.page.goto(page.url)
    other.page.reload()
    expect(other.page.get_by_role("tab", name=re.compile("^Gaps"))).to_have_attribute("aria-selected", "true")
    expect(other.page.locator(".filterbar .choice").nth(2)).to_contain_text("Outline")
    assert other.page.locator(".filterbar .choice").all_inner_texts() == words


def test_detail_above_discern_is_for_named_places_with_a_reason(opened):
    desk = opened(with_map=False)
    page = desk.page
    page.get_by_role("button", name=re.compile("^Level")).click()
    page.get_by_role("button", name=re.compile("^Perceive")).click()
    dialog = page.get_by_role("dialog")
    run = dialog.get_by_role("button", name="Measure these places")
    expect(run).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Why this detail is needed").fill("Counter of the station, by decision 12")
    dialog.get_by_role("checkbox").first.check()
    run.click()
    expect(page).to_have_url(re.compile("run="), timeout=60_000)
    found = re.search(r"run=([0-9a-f-]+)", page.url)[1]
    spec = desk.get(f"/api/v1/coverage?run={found}")["run"]["spec"]
    assert spec["level"] == "perceive"
    assert spec["reason"] == "Counter of the station, by decision 12"
    assert len(spec["named"]) == 1


def test_equal_reports_say_when_they_were_made_and_months_have_local_bounds(open_desk):
    desk = open_desk()
    desk.open("#/reports")
    page = desk.page
    page.get_by_label("Format", exact=True).select_option("csv")
    page.get_by_label("Name", exact=True).fill("Twice the same")
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.get_by_text("Written now.").or_(page.get_by_text("already made on"))).to_be_visible(timeout=120_000)
    page.get_by_label("Name", exact=True).fill("Twice the same, again")
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.get_by_text(re.compile(r"already made on \d+ \w+ \d{4} \d\d:\d\d"))).to_be_visible(timeout=120_000)

    page.get_by_text("When, if every month").click()
    page.get_by_label("Day of the month").fill("5")
    page.get_by_role("button", name="Write every month").click()
    schedule = page.get_by_role("region", name="Written every month").get_by_role("listitem")
    expect(schedule).to_contain_text("not written yet")
    told = desk.get("/api/v1/reports/schedules")["schedules"][-1]
    assert told["day"] == 5
    expect(schedule).to_contain_text(re.compile(r"Next 5 \w+ \d{4} 06:00"))
    expect(schedule).to_contain_text(
        re.compile(rf"About 1 \w+ \d{{4}} – (28|29|30|31) \w+ \d{{4}} \({re.escape(told['time_zone'])}\)")
    )
    schedule.get_by_role("button", name=re.compile("^Pause")).click()
    expect(page.get_by_text("paused")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Stop writing")).click()
    page.get_by_role("button", name=re.compile("^Stop writing.*press again")).click()
    expect(page.get_by_text("paused")).to_have_count(0)

    page.get_by_role("button", name="Rename Twice the same", exact=True).click()
    page.get_by_role("textbox", name="Name").last.fill("Once is enough")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_text("Once is enough", exact=True)).to_be_visible()
    for title in ("Once is enough", "Twice the same, again"):
        delete(page, f"Delete {title}")
        expect(page.get_by_role("button", name=f"Delete {title}")).to_have_count(0)
    assert desk.complaints == []


def test_status_messages_change_table_figures_and_histogram_without_a_reload(opened):
    desk = opened()
    page = desk.page
    page.evaluate("() => { window.samePage = true }")
    expect(page.locator(".kpis .figure").nth(3)).to_contain_text("221 of 221")
    grid = max(desk.get("/api/v1/coverage")["grids"], key=lambda one: one["seen_m"])
    row = page.locator(f"#table tr[data-key='{grid['code']}']")
    seen = row.inner_text()
    bars = page.locator(".histogram .bars").inner_html()
    near = desk.send("POST", "/api/v1/locate", {"grid_code": grid["code"]})["cameras"]
    cameras = [one["id"] for one in [*near["seeing"], *near["nearest"]]]

    def tell(online):
        now = datetime.now(UTC).isoformat()
        body = {"statuses": [{"camera": one, "at": now, "online": online} for one in cameras]}
        return desk.send("POST", "/api/v1/cameras/status", body)

    changed = tell(False)["changed"]
    assert changed == len(cameras) > 0
    expect(page.locator(".kpis .figure").nth(3)).to_contain_text(f"{221 - changed} of 221")
    expect(row).not_to_have_text(seen)
    tell(True)
    expect(page.locator(".kpis .figure").nth(3)).to_contain_text("221 of 221")
    expect(row).to_have_text(seen, use_inner_text=True)
    assert page.locator(".histogram .bars").inner_html() == bars
    assert page.evaluate("() => window.samePage") is True


def test_a_stream_that_is_down_is_said_and_the_figures_go_on(opened):
    desk = opened(with_map=False)
    page = desk.page
    badge = page.get_by_role("banner").locator(".badge[role=status]")
    expect(badge).to_contain_text("Live")
    page.context.route("**/api/v1/events", lambda route: route.abort())
    page.context.set_offline(True)
    expect(badge).to_contain_text("Offline")
    page.context.set_offline(False)
    expect(badge).to_contain_text("Stale")
    camera = a_camera(desk)
    change(desk, camera, online=False)
    try:
        # by asking every ten seconds, the way that is left
        expect(page.locator(".kpis .figure").nth(3)).to_contain_text("220 of 221", timeout=40_000)
    finally:
        change(desk, camera, online=True)
    page.context.unroute("**/api/v1/events")


def test_phone_keeps_one_row_of_choices_and_whole_tables(opened):
    desk = opened(size=PHONE, with_map=False)
    page = desk.page
    assert page.locator(".filterbar").bounding_box()["height"] <= 60
    expect(page.locator("#table tr[data-key]").first).to_be_visible()
    for part in ("grids", "gaps", "posts"):
        page.locator(f"#cov-tab-{part}").click()
        cell = page.locator("#cov-panel tbody tr td:last-child").first
        expect(cell).to_be_visible()
        box = cell.bounding_box()
        assert box["x"] + box["width"] <= PHONE["width"] + 1, part
    page.locator("#cov-tab-grids").click()
    choice = page.get_by_role("button", name=re.compile("^Count"))
    choice.scroll_into_view_if_needed()
    choice.click()
    option = page.get_by_role("button", name=re.compile("^all cameras"))
    box = option.bounding_box()
    assert box["height"] >= 44
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("button", name=re.compile("^GeoPackage"))).to_be_in_viewport()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
@pytest.mark.parametrize(("theme", "lang"), LOOKS)
def test_cameras_in_the_hand_proposals_and_reports_have_no_axe_faults(open_desk, theme, lang):
    desk = open_desk(bypass_csp=True)
    page = desk.page
    look = f"theme={theme}&lang={lang}"
    desk.open(f"#/coverage?{VIEW}&{look}&part=posts&walk=post/5")
    expect(page.get_by_test_id("reach-legend")).to_be_visible()
    desk.wait_for_map()
    found = {"reach": faults(desk)}
    camera = a_camera(desk, unknown=True)
    kept = [keep_by_hand(desk, name, [a_good_look(desk)]) for name in ("Axe one", "Axe two")]
    page.goto(f"{desk.base}/#/coverage?{VIEW}&{look}&part=proposals&proposal={kept[0]['id']}")
    page.reload()
    page.get_by_role("button", name=re.compile("Axe two$")).nth(1).click()
    expect(page.get_by_test_id("beside")).to_be_visible()
    found["proposals"] = faults(desk)
    page.goto(f"{desk.base}/#/coverage?{VIEW}&{look}&camera={camera['id']}")
    page.reload()
    page.get_by_test_id("camera").locator(".button.primary").click()
    expect(page.get_by_test_id("whatif")).to_be_visible()
    found["camera"] = faults(desk)
    for one in kept:
        page.request.delete(
            f"{desk.base}/api/v1/coverage/placements/{one['id']}", headers={"Origin": desk.base, "If-Match": '"1"'}
        )
    page.goto(f"{desk.base}/#/reports?{look}")
    page.reload()
    page.locator("#report-make ~ .row .button:not(.primary)").click()
    expect(page.locator("#report-schedules ~ ul li").first).to_be_visible()
    found["reports"] = faults(desk)
    page.locator("#report-schedules ~ ul li .icon-only").first.click()
    page.locator("#report-schedules ~ ul li .button.danger").click()
    expect(page.locator("#report-schedules")).to_have_count(0)
    assert {part: told for part, told in found.items() if told} == {}
