"""The pages to read under /ogc in a browser: the features stand on a map, and a click opens one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, watch

COUNT = "() => window.ogcMap.queryRenderedFeatures({layers: ['shown-fill', 'shown-line', 'shown-point']}).length"
READY = "() => window.ogcMap && window.ogcMap.loaded() && window.ogcMap.areTilesLoaded()"


@pytest.mark.parametrize(
    ("look", "words"),
    [
        ({"viewport": DESK, "color_scheme": "light", "locale": "en-GB"}, ("Features", "Click a feature to open it.")),
        ({"viewport": PHONE, "color_scheme": "dark", "locale": "zh-CN"}, ("要素", "点击要素可查看详情。")),
    ],
)
def test_features_of_a_page_stand_on_a_map(browser, server, signed_in, look, words):
    context = browser.new_context(storage_state=signed_in, **look)
    desk = watch(context, server.base)
    page = desk.page
    page.goto(f"{server.base}/ogc/collections/grids/items?limit=10")
    page.wait_for_function(READY, timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text(words[0])
    expect(page.get_by_text(words[1])).to_be_visible()
    shown = desk.get("/ogc/collections/grids/items?limit=10")["features"]
    assert page.evaluate(COUNT) >= len(shown) == 10
    assert page.evaluate("() => window.ogcMap.querySourceFeatures('areas', {sourceLayer: 'areas'}).length") > 0
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("figure svg[role=img]")).to_have_count(0)
    # somewhere inside of a grid of the page
    page.locator("figure.map canvas").scroll_into_view_if_needed()
    spot = page.evaluate(
        "() => { const map = window.ogcMap; const box = map.getCanvas().getBoundingClientRect();"
        " for (let y = 40; y < box.height - 60; y += 9) for (let x = 20; x < box.width - 60; x += 9) {"
        "   const [hit] = map.queryRenderedFeatures([x, y], {layers: ['shown-fill']});"
        "   if (hit) return [box.left + x, box.top + y] } return null }"
    )
    assert spot is not None
    page.mouse.click(*spot)
    page.wait_for_url("**/ogc/collections/grids/items/*?f=html")
    page.wait_for_function(READY, timeout=60_000)
    assert page.evaluate(COUNT) > 0
    assert desk.complaints == []
    context.close()


def test_outlines_stay_where_nothing_can_draw_a_map(blind_browser, server, signed_in):
    context = blind_browser.new_context(viewport=DESK, locale="en-GB", storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{server.base}/ogc/collections/grids/items?limit=10")
    expect(page.locator("figure svg[role=img]")).to_be_visible()
    expect(page.get_by_text("Click a feature to open it.")).to_be_hidden()
    context.close()
