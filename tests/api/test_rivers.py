"""A water plan over HTTP: proposed, looked at, located in, drawn."""

from __future__ import annotations

from math import asinh, pi, radians, tan
from uuid import UUID, uuid4

import pytest
import shapely

from services.partition import PlanSpec, propose_plan
from store.database.actor import Actor
from store.database.engine import Database
from tests.api.mvt import read_tile
from tests.services.polder_ground import COUNTY, TOWN, VILLAGES, add_wardens, load_polder, place

SYSTEM = Actor.system()


@pytest.fixture(scope="module")
def plans(database: Database) -> dict[str, UUID]:
    """Plans of the polder by kind: household, water, cell."""
    territory = load_polder(database)
    add_wardens(database, territory)
    made = {}
    for kind, target in (("household", 45), ("water", 1000), ("cell", 500)):
        with database.work(SYSTEM) as work:
            made[kind] = propose_plan(work, PlanSpec(kind=kind, target=target), territory=territory).plan_id
    return made


def test_reaches_are_listed_with_their_land_grids(client, plans):
    body = client.get(f"/api/v1/plans/{plans['water']}/reaches").json()
    assert (body["target_m"], body["tolerance"]) == (1000.0, 0.2)
    assert body["plan"]["kind"] == "water"
    codes = [reach["code"] for reach in body["reaches"]]
    assert codes == sorted(codes)
    land = {grid["code"] for grid in client.get(f"/api/v1/plans/{plans['household']}/grids").json()["grids"]}
    for reach in body["reaches"]:
        assert {each["code"] for each in reach["land_grids"]} <= land
        assert sum(each["share"] for each in reach["land_grids"]) == pytest.approx(1.0, abs=1e-6)
        assert reach["head"] is None
    one = client.get(f"/api/v1/reaches/{body['reaches'][0]['id']}").json()["reach"]
    assert [area["kind"] for area in one["areas"]][:2] == ["county", "town"]
    assert one["areas"][0]["share"] == pytest.approx(1.0)


def test_rivers_name_the_posts_of_every_level(client, plans):
    body = client.get(f"/api/v1/plans/{plans['water']}/rivers").json()
    (river,) = body["rivers"]
    assert river["name"] == "长河"
    assert river["length_m"] == pytest.approx(6000, abs=5)
    assert [(post["post"], post["area"]["code"]) for post in river["posts"]] == [
        ("county_river_chief", COUNTY),
        ("town_river_chief", TOWN),
        ("village_river_chief", VILLAGES[0]),
        ("village_river_chief", VILLAGES[1]),
    ]
    assert [round(post["area"]["share"], 2) for post in river["posts"]] == [1.0, 1.0, 0.53, 0.47]
    assert [[held["work_no"] for held in post["holders"]] for post in river["posts"]] == [[], [], ["R-2"], []]
    assert (body["posts"], body["filled"]) == (4, 1)
    assert body["unnamed_m"] == pytest.approx(3420, abs=5)


@pytest.mark.parametrize("path", ["reaches", "rivers"])
def test_other_plans_have_no_reaches(client, plans, path):
    for plan in (plans["household"], uuid4()):
        answer = client.get(f"/api/v1/plans/{plan}/{path}")
        assert answer.status_code == 404
        assert "water plan" in answer.json()["detail"]
    assert client.get(f"/api/v1/reaches/{uuid4()}").status_code == 404


def test_locate_answers_with_the_wardens_grid(client, plans):
    by_code = {
        reach["code"]: reach for reach in client.get(f"/api/v1/plans/{plans['water']}/reaches").json()["reaches"]
    }

    def ask(x: float, y: float) -> dict:
        point = place(shapely.Point(x, y))
        body = {"lon": point.x, "lat": point.y, "kind": "water"}
        return client.post("/api/v1/locate", json=body).json()

    inside = ask(500, 1505)
    assert inside["placement"] == "inside"
    assert by_code[inside["grids"][0]["code"]]["river"] == "长河"
    outside = ask(2500, 1600)
    assert outside["placement"] == "outside"
    assert outside["grids"][0]["distance_m"] == pytest.approx(85, abs=1)
    assert outside["grids"][0]["kind"] == "water"


def test_reaches_and_cells_are_layers_of_their_own(client, plans):
    reaches = client.get("/ogc/collections/river_reaches/items?limit=100").json()["features"]
    listed = client.get(f"/api/v1/plans/{plans['water']}/reaches").json()["reaches"]
    assert {each["properties"]["code"] for each in reaches} == {reach["code"] for reach in listed}
    assert {each["properties"]["status"] for each in reaches} <= {"fits", "over", "under"}
    assert {each["id"] for each in reaches} == {reach["fid"] for reach in listed}
    # with another plan on the map the water plan in use is still there; cells come from the cell plan alone
    same = client.get(f"/ogc/collections/river_reaches/items?limit=100&plan={plans['household']}").json()
    assert len(same["features"]) == len(reaches)
    cells = client.get("/ogc/collections/cells/items?limit=1000").json()["features"]
    grids = client.get(f"/api/v1/plans/{plans['cell']}/grids").json()["grids"]
    assert {each["properties"]["code"] for each in cells} == {grid["code"] for grid in grids}
    x, y = place(shapely.Point(2000, 1500)).coords[0]
    tile = _tile(x, y, 13)
    answer = client.get("/ogc/collections/river_reaches/tiles/WebMercatorQuad/{}/{}/{}".format(*tile))
    assert answer.status_code == 200
    names = {each["properties"].get("name") for each in read_tile(answer.content)["river_reaches"]["features"]}
    assert "长河" in names


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int, int]:
    n = 2**zoom
    return zoom, int((1 - asinh(tan(radians(lat))) / pi) / 2 * n), int((lon + 180) / 360 * n)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"kind": "water", "bank": 0.5}, "bank"), ({"kind": "household", "bank": 15}, "bank"),
     ({"kind": "water", "grids": 4}, "grids")],
)  # fmt: skip
def test_proposal_that_cannot_be_meant_is_refused_at_once(client, plans, body, field):
    answer = client.post("/api/v1/plans", json=body)
    assert answer.status_code == 422
    assert field in answer.text


def test_water_plan_is_proposed_as_a_job(client, plans):
    answer = client.post("/api/v1/plans", json={"kind": "water", "bank": 20})
    assert answer.status_code == 202
    assert answer.json()["job"]["kind"] == "partition"


def test_nets_of_a_land_grid_hold_its_waters(client, plans):
    reaches = client.get(f"/api/v1/plans/{plans['water']}/reaches").json()["reaches"]
    reach = next(each for each in reaches if each["land_grids"])
    land = reach["land_grids"][0]
    nets = client.get(f"/api/v1/grids/{land['id']}/nets").json()["nets"]
    waters = {each["code"]: each for each in nets if each["kind"] == "water"}
    assert set(waters) == {each["code"] for each in reaches if land["id"] in [one["id"] for one in each["land_grids"]]}
    mine = waters[reach["code"]]
    assert (mine["id"], mine["plan_id"]) == (reach["grid_id"], str(plans["water"]))
    assert mine["share_of_net"] == pytest.approx(land["share"])
    assert mine["length_m"] == pytest.approx(land["length_m"])
    assert 0 < mine["share_of_grid"] < 1
    assert 0 < mine["area_m2"] <= reach["strip_m2"] * 1.01


def test_quality_of_a_water_plan(client, plans):
    told = client.get(f"/api/v1/plans/{plans['water']}/quality")
    assert told.status_code == 200, told.text
    report = told.json()
    assert report["measure"] == "metres"
    assert {figure["unit"] for figure in report["figures"]} >= {"m", "m2", "share"}
    assert report["totals"]["land_share"]["value"] == pytest.approx(1.0, abs=0.01)
