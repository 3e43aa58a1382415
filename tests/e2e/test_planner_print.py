"""A plan over several villages on paper: village names and a key on the overview, then a sheet for each village."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import PLANNER, Desk, Server

VILLAGES = {"Osterby": 25.51, "Westerby": 25.5}
WIDTH, SOUTH, NORTH = 0.01, 60.3, 60.305


def _two_villages(server: Server, folder: Path) -> str:
    """Load two villages side by side with doors, divide them, and return the plan."""
    ground = []
    for name, west in VILLAGES.items():
        corners = [(west, SOUTH), (west + WIDTH, SOUTH), (west + WIDTH, NORTH), (west, NORTH), (west, SOUTH)]
        code = f"99000200100{1 + list(VILLAGES).index(name)}"
        shape = {"type": "Polygon", "coordinates": [corners]}
        ground.append({"type": "Feature", "properties": {"code": code, "name": name}, "geometry": shape})
    areas, doors = folder / "areas.geojson", folder / "doors.csv"
    areas.write_text(json.dumps({"type": "FeatureCollection", "features": ground}))
    places = [f"{25.5005 + a * 0.001:.6f},{SOUTH + 0.0003 + b * 0.0006:.6f},5" for a in range(20) for b in range(8)]
    doors.write_text("\n".join(["lon,lat,households", *places]) + "\n")
    whole = ("--territory", "Two villages")
    server.command("load", "areas", str(areas), "--crs", "wgs84", *whole)
    server.command("load", "dwellings", str(doors), "--crs", "wgs84", *whole)
    made = json.loads(server.command("partition", "household", "--target", "100", *whole, "--json"))
    return str(made["plan"])


def _numbers(desk: Desk, plan: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in VILLAGES}
    for grid in desk.get(f"/api/v1/plans/{plan}/grids")["grids"]:
        found[grid["area_name"]].append(str(int(grid["code"][-3:])))
    return {name: sorted(numbers, key=int) for name, numbers in found.items()}


def test_every_village_has_a_sheet_with_its_numbers(desk_of, own_server: Server, tmp_path: Path):
    plan = _two_villages(own_server, tmp_path)
    desk = desk_of(PLANNER)
    ground = next(one for one in desk.get("/api/v1/territories")["territories"] if one["name"] == "Two villages")
    desk.open(f"#/planner?territory={ground['id']}&plan={plan}")
    page = desk.page
    page.reload()
    numbers = _numbers(desk, plan)
    assert all(len(each) > 1 for each in numbers.values())
    expect(page.locator("tr[data-key]")).to_have_count(sum(map(len, numbers.values())))
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Print").click()
    sheets = page.locator(".print-tools select").first
    overview = page.get_by_test_id("print-sheet")
    # the overview of several villages has a key of them, also when it is alone
    expect(overview.get_by_test_id("print-key").locator("li:not(.head)")).to_have_count(2)
    # a grid is measured against the mean of its own village
    expect(overview.get_by_test_id("print-legend")).to_contain_text("the mean of each village")

    sheets.select_option("villages")
    expect(page.get_by_text("Ready to print.")).to_be_visible(timeout=120_000)
    villages = page.get_by_test_id("print-village")
    expect(villages).to_have_count(2)
    for at, name in enumerate(VILLAGES):
        line = overview.get_by_test_id("print-key").locator("li", has_text=name)
        expect(line.locator("span").first).to_have_text(str(at + 2))
        sheet = villages.nth(at)
        expect(sheet.get_by_role("heading", name=name)).to_be_visible()
        expect(sheet).to_contain_text(f"sheet {at + 2} of 3")
        for words in ("1 : ", "Drawn by", "Seal", f"in {len(numbers[name])} grids"):
            expect(sheet).to_contain_text(words)
        # every number has room at this scale: nothing is said of one without
        expect(sheet).not_to_contain_text("without room")
        expect(sheet.get_by_test_id("print-legend")).to_contain_text(re.compile(r"mean of \d"))
        expect(sheet.get_by_role("img", name=re.compile("^Scale "))).to_be_visible()
        expect(sheet.get_by_role("img", name="North")).to_be_visible()
        expect(sheet.locator(".print-key li:not(.head) > :first-child")).to_have_text(numbers[name])
    page.emulate_media(media="print")
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) == 3

    page.emulate_media(media="screen")
    sheets.select_option("village")
    page.locator(".print-tools select").nth(1).select_option(label="Westerby")
    expect(page.get_by_text("Ready to print.")).to_be_visible(timeout=120_000)
    expect(villages).to_have_count(1)
    expect(villages.get_by_role("heading", name="Westerby")).to_be_visible()
    expect(overview).to_have_count(0)
