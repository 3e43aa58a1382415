"""Files of grids that cannot be taken in: the page says why, and the map where."""

from __future__ import annotations

import json
import math

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Desk

LON, LAT = 24.945, 60.170
TOO_MANY = 200_001
WORDS = {
    "en": ("Import grids", "File of grids", "Try it", "at most 200,000", "cannot be read as a layer. Export it"),
    "zh": ("导入网格", "网格文件", "试运行", "顶点过多", "文件无法读取"),
}


def _outline() -> str:
    """Return a layer of one ring with more corners than are taken."""
    turns = (2 * math.pi * k / TOO_MANY for k in range(TOO_MANY))
    ring = [[round(LON + 0.002 * math.cos(turn), 8), round(LAT + 0.001 * math.sin(turn), 8)] for turn in turns]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return json.dumps(
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": shape}]}
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_file_that_is_not_taken_in_says_why_and_where(open_desk, tmp_path, lang):
    desk: Desk = open_desk()
    page = desk.page
    title, file, run, corners, unread = WORDS[lang]
    desk.open(f"#/planner?lang={lang}")
    desk.wait_for_map()
    page.get_by_role("button", name={"en": "More", "zh": "更多"}[lang], exact=True).click()
    page.get_by_role("button", name=title).click()
    panel = page.get_by_role("form", name=title)

    # above 50 MB nothing is sent
    large, broken, many = (tmp_path / f"{name}.geojson" for name in ("large", "broken", "many"))
    large.write_bytes(b" " * (50 * 2**20 + 1))
    broken.write_text('{"type":"FeatureColl')
    many.write_text(_outline())
    panel.get_by_label(file).set_input_files(large)
    expect(panel).to_contain_text("50 MB")
    expect(panel.get_by_role("button", name=run)).to_have_attribute("aria-disabled", "true")
    panel.locator("#import-crs").fill("wgs84")

    panel.get_by_label(file).set_input_files(broken)
    panel.get_by_role("button", name=run).click()
    expect(panel.get_by_role("alert")).to_contain_text(unread)
    expect(panel.get_by_role("alert")).not_to_contain_text("vsimem")

    panel.get_by_label(file).set_input_files(many)
    panel.get_by_role("button", name=run).click()
    expect(panel.get_by_role("alert")).to_contain_text(corners, timeout=60_000)
    mark = page.locator(".fault-mark.bad")
    expect(mark).to_contain_text(corners)
    box = mark.bounding_box()
    assert box is not None
    x, y = desk.pixel_of(LON + 0.002, LAT)
    assert (box["x"], box["y"]) == pytest.approx((x, y), abs=40)
    page.keyboard.press("Escape")
