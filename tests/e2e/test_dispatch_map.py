"""The dispatcher's desk: its map, storms of repeats, long lists, notices, and a line that is down."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from store.database.actor import Actor
from tests.e2e.dispatch_office import LON, Office, card, open_office, short

# all that the source holds: what it has cut into tiles is only what lies in view
MARKS = """async () => { const source = window.gridward && window.gridward.map.getSource('case-in-hand')
  if (!source) return []
  return (await source.getData()).features.map((one) => `${one.properties.role} ${one.properties.image}`) }"""
LAT = 60.1732  # clear of the cases of other files
PROBE = "Paging probe"
ROWS = 250


@pytest.fixture(scope="module")
def office(server, browser) -> Iterator[Office]:
    with open_office(server, browser, "m", lat=LAT) as opened:
        yield opened


def marks(page: Page, *wanted: str) -> set[str]:
    """Return roles and images of what the map shows of the case in hand, once what is wanted stands there."""
    for _ in range(100):
        shown = set(page.evaluate(MARKS))
        if shown >= set(wanted):
            return shown
        page.wait_for_timeout(200)
    pytest.fail(f"The map shows {shown}.")


def test_the_map_tells_clocks_people_and_repeats_and_a_repeat_is_linked_and_freed(office):
    lon = LON + 0.0031
    mine, other = (office.opened(lon=lon, description="a hole by the kerb") for _ in range(2))
    desk = office.desk("sender", f"#/dispatch?map=17/{LAT}/{lon}&report={mine}")
    page = desk.page
    expect(card(page).get_by_text("Possible duplicates")).to_be_visible()
    shown = marks(page, "pin gw-pin-ok", "duplicate gw-duplicate")
    answer = desk.get(f"/api/v1/incidents/{mine}/answer")["located"]
    on_shift = [one for one in answer["staff"] if one["on_duty"]]
    assert ("person gw-on-shift" in shown) == bool(on_shift)
    # pins of the tiles take the colours of clocks too
    page.wait_for_function(
        "() => JSON.stringify(window.gridward.map.getLayoutProperty('incident-pins', 'icon-image')).includes('pin-late')"
    )
    expect(page.locator(".legend")).to_contain_text("may be the same")

    # L asks which; likely ones are offered before anything is typed
    page.locator(f'[data-no="{mine}"]').focus()
    page.keyboard.press("l")
    asked = page.get_by_role("form", name="Link duplicate")
    field = asked.get_by_role("combobox", name="Number of the case it repeats")
    expect(field).to_be_focused()
    expect(field).to_have_value(other)
    field.fill("")
    expect(asked.get_by_role("option").filter(has_text=short(other))).to_be_visible()
    field.fill(other[-6:])
    expect(asked.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field).to_have_value(other)
    page.keyboard.press("Enter")
    expect(card(page).get_by_role("button", name=f"Linked to {other}")).to_be_visible()
    office.act("leader", mine, "unlink_duplicate", reason="Another hole")
    expect(card(page).get_by_text("that time is in no clock")).to_be_visible()
    assert [text for text in desk.complaints if "favicon" not in text] == []


storms = itertools.count(1)


def test_a_storm_of_repeats_is_linked_at_once(office):
    place = {"lon": LON, "lat": LAT + 0.002 * next(storms)}  # another try must not find this one's cases
    master, *rest = (office.opened(**place, description="the lane is under water") for _ in range(4))
    page = office.desk("sender", f"#/dispatch?list=1&report={master}").page
    card(page).get_by_role("button", name="Link all 3").click()
    card(page).get_by_role("button", name="Link 3", exact=True).click()
    expect(page.get_by_text("Link duplicate: 3 done, 0 refused")).to_be_visible()
    expect(card(page).get_by_text("Linked to this case")).to_be_visible()
    assert {office.see(no)["incident"]["state"] for no in rest} == {"DUPLICATE"}


def test_the_queue_is_narrowed_to_the_map_and_a_long_list_loads_as_it_is_scrolled(office):
    lon = LON + 0.0071
    no = office.opened(lon=lon)
    page = office.desk("sender", f"#/dispatch?map=17.5/{LAT}/{lon}").page
    narrow = page.get_by_role("button", name=re.compile(r"^Search this area: \d+ open"))
    expect(narrow).to_be_visible()
    narrow.click()
    expect(page.locator(f'.queue [data-no="{no}"]')).to_be_visible()
    assert "box:" in page.url
    inside = page.locator(".queue [data-no]").count()
    page.get_by_role("button", name="Search everywhere again").first.click()
    expect(page.get_by_role("button", name="Search everywhere again")).to_have_count(0)
    page.wait_for_function("(n) => document.querySelectorAll('.queue [data-no]').length > n", arg=inside)

    with office.database.owner_work(Actor.system()) as work:
        work.session.execute(
            sa.text(
                "insert into incident (month, id, territory_id, no, channel, item, state, state_at, reported_at, point,"
                " locate_method, area_code, town_code, county_code) select i.month, 9000000000 + n, i.territory_id,"
                " 'P-' || n, 'desk', :item, 'VOIDED', now(), i.reported_at - n * interval '1 second', i.point, 'point',"
                " i.area_code, i.town_code, i.county_code from incident i, generate_series(1, :rows) n where i.no = :no"
                " on conflict do nothing"  # a second try finds them there
            ),
            {"item": PROBE, "rows": ROWS, "no": no},
        )
    for list_only in ("&list=1", ""):
        page.goto("about:blank")
        page.goto(f"{office.server.base}/#/dispatch?filter=closed;item:{PROBE}{list_only}")
        foot = page.locator(".table-foot").first
        expect(foot).to_contain_text("200 cases")
        page.evaluate("() => { const box = document.querySelector('.queue-box, .table-box'); box.scrollTop = 1e6 }")
        expect(foot).to_contain_text(f"{ROWS} cases")
        expect(foot.get_by_role("button", name="Show more")).to_have_count(0)
        # far rows are drawn when they are seen
        page.evaluate("() => { const box = document.querySelector('.queue-box, .table-box'); box.scrollTop = 1e6 }")
        expect(page.locator(f'[data-key="P-{ROWS}"]')).to_be_visible()
        assert page.locator("[data-key]").count() < ROWS


def test_notices_come_live_and_are_read_by_keyboard(office):
    crew = office.desk("crew", "#/reports").page
    crew.get_by_role("button", name="Notices").click()
    everything = crew.get_by_role("button", name="Mark all as read")
    if everything.get_attribute("aria-disabled") != "true":
        everything.click()
    expect(everything).to_have_attribute("aria-disabled", "true")
    crew.keyboard.press("Escape")
    expect(crew.get_by_role("button", name="Notices", exact=True)).to_be_focused()

    no = office.opened(lon=LON + 0.0091)
    unit = office.see(no)
    lead = (
        office.context("sender").request.get(f"{office.server.base}/api/v1/incidents/{no}/answer").json()["lead_unit"]
    )
    assert unit["incident"]["state"] == "OPENED"
    office.act("sender", no, "dispatch", unit=lead["code"])
    bell = crew.get_by_role("button", name="Notices, 1 unread")
    expect(bell).to_be_visible()
    bell.focus()
    crew.keyboard.press("Enter")
    line = crew.get_by_role("button").filter(has_text=no)
    expect(line).to_contain_text("Sent to your unit")
    for _ in range(4):
        if line.evaluate("(one) => one === document.activeElement"):
            break
        crew.keyboard.press("ArrowDown")
    crew.keyboard.press("Enter")
    expect(card(crew).get_by_role("button", name="Sign for it")).to_be_visible()
    expect(crew.get_by_role("button", name="Notices", exact=True)).to_be_visible()


def test_without_the_stream_the_desk_asks_and_says_so(office):
    page = office.context("sender").new_page()
    page.route(re.compile(r"/api/v1/events($|\?)"), lambda route: route.abort())
    page.goto(f"{office.server.base}/#/dispatch?list=1")
    expect(page.get_by_role("status").filter(has_text="asking every 10 s")).to_be_visible()
    no = office.opened(lon=LON + 0.011)
    expect(page.locator(f'tr[data-key="{no}"]')).to_be_visible()


def test_a_case_is_opened_by_its_number_from_the_search_box_of_any_desk(office):
    no = office.opened(lon=LON + 0.0127)
    page = office.desk("sender", "#/reports").page
    for number in (no, short(no)):
        page.get_by_role("button", name="Reports", exact=True).click()
        page.keyboard.press("/")
        page.get_by_role("combobox", name="Search", exact=True).fill(number)
        expect(page.get_by_role("option").first).to_contain_text(f"{no}")
        expect(page.get_by_role("option").first).to_contain_text("case")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(rf"#/dispatch.*report={no}"))
        expect(card(page).get_by_text(short(no)).first).to_be_visible()


def test_what_keeps_the_map_away_is_told_beside_the_cards_on_it(office):
    desk = office.desk("sender", "#/dispatch")
    page = desk.page
    page.route(re.compile(r"/api/v1/style\?"), lambda route: route.abort())
    page.reload()
    told = page.locator(".map-failure")
    expect(told).to_contain_text("The server does not answer. Check that it runs, then try again.")
    card_box, told_box = page.get_by_text("Map follows the queue").bounding_box(), told.bounding_box()
    assert card_box is not None
    assert told_box is not None
    assert told_box["y"] >= card_box["y"] + card_box["height"]
    page.unroute(re.compile(r"/api/v1/style\?"))
    told.get_by_role("button", name="Try again").click()
    expect(told).to_have_count(0)
