"""Coverage for an account that is limited to an area: its camera moves everybody's figures, and nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import shapely

from services import live_check
from services.coverage import run_coverage
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import Town, build_town, lonlat, placed

COVERAGE = "/api/v1/coverage"
WEST = "990101001.990101001001"


@pytest.fixture(scope="module")
def town(database) -> Town:
    town = build_town(database)
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
    return town


@pytest.fixture(scope="module")
def west(app, town, make_account) -> Iterator[Client]:
    token = make_account("camera_administrator", name="west", area_path=WEST)
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as opened:
        yield opened


def change(client, camera: object, **changes: object):
    url = f"/api/v1/cameras/{camera}"
    tag = client.get(url).headers.get("etag", '"1"')
    return client.patch(url, json=changes, headers={"If-Match": tag})


def test_a_camera_of_the_area_moves_the_figures_of_the_whole_town(client, west, database, town) -> None:
    before = client.get(COVERAGE, params={"plan": str(town.plan)}).json()
    # it stands in the west and comes to look over the border into the east
    lon, lat = lonlat(390, 100)
    answer = change(west, town.cameras["fixed"], lon=lon, lat=lat, azimuth=90.0, max_range=150.0)
    assert answer.status_code == 200, answer.text
    after = client.get(COVERAGE, params={"plan": str(town.plan)}).json()
    assert after["run"]["live"]
    seen = {grid["grid_id"]: grid["seen_m2"] for grid in before["grids"]}
    changed = {grid["grid_id"] for grid in after["grids"] if grid["seen_m2"] != seen[grid["grid_id"]]}
    assert str(town.grids["g3"]) in changed
    with database.work(Actor.system()) as work:
        assert live_check.check(work, town.plan, now=datetime.now(UTC)).differences == []


def test_a_camera_of_another_area_is_not_there(west, client, town) -> None:
    before = client.get(COVERAGE, params={"plan": str(town.plan)}).json()
    assert change(west, town.cameras["far"], online=False).status_code == 404
    assert client.get(COVERAGE, params={"plan": str(town.plan)}).json() == before


def test_figures_are_those_of_the_area(west, client, town) -> None:
    asked = {"plan": str(town.plan)}
    own, every = (each.get(COVERAGE, params=asked).json() for each in (west, client))
    east = {str(town.grids["g3"]), str(town.grids["g6"])}
    assert own["grids"]
    assert {grid["grid_id"] for grid in own["grids"]} == {grid["grid_id"] for grid in every["grids"]} - east
    areas = west.get(f"{COVERAGE}/areas", params=asked).json()["areas"]
    assert max(area["grids"] for area in areas) == len(own["grids"])
    assert max(area["street_m"] for area in areas) == pytest.approx(sum(grid["street_m"] for grid in own["grids"]))


def test_questions_about_all_areas_are_refused_in_words(west, town) -> None:
    lon, lat = lonlat(100, 100)
    asked = {"plan": str(town.plan)}
    camera = {"lon": lon, "lat": lat, "azimuth": 0.0}
    for path, body in (
        ("what-if", {**asked, "cameras": [camera]}),
        ("runs", asked),
        ("placements", {**asked, "budget": 1}),
    ):
        answer = west.post(f"{COVERAGE}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "area-limited"), (path, answer.text)


def test_gaps_are_those_of_the_area(west, client, town) -> None:
    asked = {"plan": str(town.plan)}
    own, every = (each.get(f"{COVERAGE}/gaps", params=asked).json()["gaps"] for each in (west, client))
    east = {str(town.grids["g3"]), str(town.grids["g6"])}
    assert own
    assert {gap["grid_id"] for gap in own} == {gap["grid_id"] for gap in every} - east


def test_privacy_zones_are_drawn_in_the_area_only(west, town) -> None:
    def drawn(west_m: float) -> dict[str, object]:
        ground = shapely.geometry.mapping(placed(shapely.box(west_m, 90, west_m + 20, 110)))
        return {"kind": "yard", "reason": "Back gardens of the row houses", "geometry": ground}

    made = west.post("/api/v1/privacy-zones", json=drawn(150))
    assert made.status_code == 201, made.text
    refused = west.post("/api/v1/privacy-zones", json=drawn(500))
    assert refused.status_code in (403, 404, 422), refused.text
    assert len(west.get("/api/v1/privacy-zones").json()["zones"]) == 1
