"""The search box, by code, name, address and position."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely

from services import access
from store.database.actor import Actor
from store.database.models import Dwelling
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat, placed


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def find(client, q, **more):
    answer = client.get("/api/v1/search", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def test_grid_by_code_and_by_its_end(client, town):
    first = find(client, "990101001001005")[0]
    assert (first["kind"], first["label"], first["detail"]) == ("grid", "990101001001005", "Grid 5")
    assert first["id"] == str(town.grids["g5"])
    assert (first["lon"], first["lat"]) == pytest.approx(lonlat(300, 300), abs=1e-6)
    west, south, _, _ = first["bbox"]
    assert (west, south) == pytest.approx(lonlat(200, 200), abs=2e-4)
    assert find(client, "001005")[0]["label"] == "990101001001005"


@pytest.mark.parametrize(
    ("q", "kind", "label"),
    [
        ("main street 3", "address", "Main Street 3"),
        ("3  Main", "address", "Main Street 3"),
        ("Main Street", "street", "Main Street 解放路"),
        ("解", "street", "Main Street 解放路"),
        ("放路", "street", "Main Street 解放路"),
        ("小学", "place", "School 小学"),
        ("market", "place", "Market"),
        ("alley", "place", "Alley"),
        ("西村", "area", "West Village 西村"),
        ("990101001002", "area", "East Village 东村"),
        ("990101 001 002", "area", "East Village 东村"),
        ("990101 001 001 005", "grid", "990101001001005"),
        ("node/far", "camera", "node/far"),
        ("990101001D00", "address", "Main Street 1"),
        ("Grid 4", "grid", "990101001001004"),
    ],
)
def test_names_are_found(client, town, q, kind, label):
    assert (kind, label) in [(hit["kind"], hit["label"]) for hit in find(client, q)], find(client, q)


def test_whole_names_come_before_parts(client, town):
    assert find(client, "Market")[0]["label"] == "Market"
    street = next(hit for hit in find(client, "second street") if hit["kind"] == "street")
    assert street["bbox"] is not None


@pytest.mark.parametrize(
    "form", ["{lon}, {lat}", "{lat} {lon}", "{lat},{lon}", "{lon}，{lat}", "{lat}N {lon}E", "({lon} {lat})"]
)
def test_position_in_either_order(client, town, form):
    lon, lat = lonlat(150, 100)
    (hit,) = find(client, form.format(lon=f"{lon:.6f}", lat=f"{lat:.6f}"))
    assert hit["kind"] == "coordinate"
    assert (hit["lon"], hit["lat"]) == pytest.approx((lon, lat), abs=1e-6)
    assert "Testby" in hit["detail"]


def test_position_outside_every_territory(client, town):
    (beyond,) = find(client, "120.5, 31.25")  # 120.5 is no latitude
    assert (beyond["lon"], beyond["lat"], beyond["detail"]) == (120.5, 31.25, None)
    both = find(client, "10.5 20.5")
    assert [(hit["lon"], hit["lat"]) for hit in both] == [(10.5, 20.5), (20.5, 10.5)]
    assert find(client, "500.5, 600.5") == []
    south = find(client, "33.9S 151.2E")[0]
    assert (south["lon"], south["lat"]) == (151.2, -33.9)


def test_limit_territory_and_signs_taken_literally(client, town):
    assert len(find(client, "Street", limit=2)) == 2
    assert find(client, "%") == []
    assert find(client, "_") == []
    assert find(client, "Market", territory=str(town.run)) == []
    assert find(client, "Market", territory=str(town.territory))
    assert find(client, "'; drop table grid; --") == []


@pytest.mark.parametrize(
    "params", [{}, {"q": "  "}, {"q": "x" * 121}, {"q": "x", "limit": 0}, {"q": "x", "territory": 1}]
)
def test_what_makes_no_sense_is_422(client, town, params):
    assert client.get("/api/v1/search", params=params).status_code == 422


def test_an_account_of_one_village_finds_that_village_s_doors_only(app, client, database, town):
    with database.work(Actor.system()) as work:
        access.create_account(work, "village-west", roles=["dispatcher"], area_path="990101001.990101001001")
        token = access.issue_token(work, "village-west", label="t", now=datetime.now(UTC))
    west = Client(app, headers={"Authorization": f"Bearer {token}"})
    for text in ("Street", "Third Street", "3", "解放路", "9 号", "990101001D20", "9901010010000001"):
        everything = [hit for hit in find(client, text, limit=100) if hit["kind"] in ("address", "component")]
        mine = [hit for hit in find(west, text, limit=100) if hit["kind"] in ("address", "component")]
        assert mine == [hit for hit in everything if hit["lon"] < lonlat(400, 0)[0]]
    assert [hit["label"] for hit in find(west, "9 号") if hit["kind"] == "address"] == ["解放路 9 号"]
    assert west.post("/api/v1/locate", json={"address": "Third Street 1"}).status_code == 404


def test_a_new_door_is_found_at_once(client, database, town):
    assert find(client, "Harbour Way 7") == []
    with database.work(Actor.system()) as work:
        work.session.add(
            Dwelling(
                territory_id=town.territory, address="Harbour Way 7", households=1, point=placed(shapely.Point(30, 30))
            )
        )
        work.touch("dwellings", town.territory)
    assert [hit["label"] for hit in find(client, "harbour way")] == ["Harbour Way 7"]
    assert find(client, "9901010010000001")[0]["kind"] == "component"


def test_codes_of_components_are_found_by_how_they_begin(client: Client, town: object) -> None:
    found = [hit["label"] for hit in find(client, "99010100100000", limit=100) if hit["kind"] == "component"]
    assert found == sorted(found)
    assert found[0] == "9901010010000001"
    assert [hit["label"] for hit in find(client, "9901010010000001") if hit["kind"] == "component"] == found[:1]
    # nowhere but at the beginning, and signs of LIKE are signs
    assert not [hit for hit in find(client, "01010010000001") if hit["kind"] == "component"]
    assert not [hit for hit in find(client, "9901%") if hit["kind"] == "component"]
