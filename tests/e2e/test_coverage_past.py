"""The analyst's desk on another day: the map shows what was seen then."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

# what the view sheds on the screen are of; each layer's filter tells which they are
ON_SCREEN = """(layers) => [...new Set(window.gridward.map.queryRenderedFeatures({layers}).map((one) => one.properties.camera))]"""
TILES, OF_RUN = ["shed-line", "shed-unknown"], ["run-shed", "run-shed-unknown"]


def test_the_map_of_another_day_shows_what_was_seen_then(open_desk):
    desk = open_desk()
    page = desk.page
    desk.open("#/coverage")
    near = desk.send("POST", "/api/v1/locate", {"lon": 24.946, "lat": 60.168})["cameras"]["nearest"]
    names = [one["gb28181_id"] or one["ref"] for one in near]
    down = near[0]
    # each try needs a day of its own: what was noted of a day before is there already
    day = datetime.now(UTC).date() - timedelta(days=30 + int(time.time()) % 300)
    noted = [
        {"camera": down["id"], "at": f"{at}T00:00:00Z", "online": online}
        for at, online in ((day - timedelta(days=1), False), (day + timedelta(days=2), True))
    ]
    desk.send("POST", "/api/v1/cameras/status", {"statuses": noted})
    page.goto(f"{desk.base}/#/coverage?map=17/{down['lat']}/{down['lon']}")
    page.reload()
    desk.wait_for_map()
    all_there = f"([layers, names]) => names.every((one) => ({ON_SCREEN})(layers).includes(one))"
    page.wait_for_function(all_there, arg=[TILES, names])

    def show(choose):
        page.get_by_role("button", name=re.compile("^As of")).click()
        choose()
        desk.wait_for_map()

    def that_day():
        field = page.locator(".when-field").first
        field.locator("input").fill(day.isoformat())
        field.get_by_role("button", name="Show").click()
        page.wait_for_function(all_there, arg=[OF_RUN, names[1:]], timeout=60_000)

    show(that_day)
    assert page.evaluate(ON_SCREEN, TILES) == []  # those of now give way
    seen, maybe = (page.evaluate(ON_SCREEN, [layer]) for layer in OF_RUN)
    assert names[0] not in {*seen, *maybe}
    assert maybe  # both ends: cameras of unknown heading are dashed, not filled
    assert not {*seen} & {*maybe}
    expect(page.locator(".legend")).to_contain_text("may be seen, heading unknown")

    show(lambda: page.get_by_role("button", name=re.compile("^now")).click())
    page.wait_for_function(all_there, arg=[TILES, names])
    assert page.evaluate(ON_SCREEN, OF_RUN) == []
    assert desk.complaints == []
