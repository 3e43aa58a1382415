"""Nets over HTTP: a file becomes a plan or a list of refused rows, shares are read, floors are located."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely

from store.database.actor import Actor
from store.database.models import Plan
from tests.api.town import Town, build_town, placed


@pytest.fixture(scope="module")
def town(database) -> Town:
    return build_town(database)


def net_file(*rows: tuple[str, shapely.Geometry]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"Beat {code}"},
            "geometry": shapely.geometry.mapping(placed(shape)),
        }
        for code, shape in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def upload(client, town: Town, content: bytes, name: str = "net.geojson", **fields: str):
    values = {"kind": "police", "crs": "wgs84", "territory": str(town.territory), **fields}
    return client.post("/api/v1/plans/files", data=values, files={"files": (name, content)})


WEST, EAST = shapely.box(0, 0, 250, 400), shapely.box(250, 0, 600, 400)


@pytest.fixture(scope="module")
def net(client, town: Town) -> str:
    answer = upload(client, town, net_file(("P1", WEST), ("P2", EAST)))
    assert answer.status_code == 201, answer.text
    assert answer.json()["report"]["accepted"] == 2
    return str(answer.json()["plan"]["id"])


def test_a_file_becomes_a_plan_and_its_shares_can_be_read(client, town: Town, net: str):
    plan = client.get(f"/api/v1/plans/{net}").json()["plan"]
    assert (plan["kind"], plan["status"], plan["grids"]) == ("police", "draft", 2)
    shares = client.get(f"/api/v1/plans/{net}/shares").json()["shares"]
    assert len(shares) == 8
    mine = client.get(f"/api/v1/plans/{net}/shares", params={"grid": str(town.grids["g2"])}).json()["shares"]
    assert [(row["net_code"], round(row["share_of_grid"], 6)) for row in mine] == [("P1", 0.25), ("P2", 0.75)]
    assert sum(row["objects"].get("cameras", 0) for row in shares) == 5
    nets = client.get(f"/api/v1/grids/{town.grids['g2']}/nets").json()["nets"]
    assert [(each["kind"], each["code"], each["name"]) for each in nets] == [
        ("police", "P2", "Beat P2"),
        ("police", "P1", "Beat P1"),
    ]
    again = client.post(f"/api/v1/plans/{net}/map").json()["mapped"]
    assert (again["rows"], again["households_outside_net"], again["plan"]) == (8, 0, str(town.plan))
    located = client.post("/api/v1/locate", json={"lon": placed(shapely.Point(50, 50)).x,
                          "lat": placed(shapely.Point(50, 50)).y, "kind": "police"}).json()  # fmt: skip
    assert [grid["code"] for grid in located["grids"]] == ["P1"]


def test_bad_rows_are_a_problem_that_names_each_and_nothing_is_saved(client, town: Town, net: str):
    before = len(client.get("/api/v1/plans").json()["plans"])
    answer = upload(client, town, net_file(("X1", WEST), ("X2", shapely.box(200, 0, 600, 400))))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "rejected-rows"
    (row,) = problem["rejected"]
    assert (row["line"], problem["counted"]) == (2, "feature")
    assert "shares 20,000 m² with feature 1" in row["reason"]
    assert "," in row["value"]
    assert len(client.get("/api/v1/plans").json()["plans"]) == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"crs": ""}, 422, "unknown-crs"),
        ({"kind": "household"}, 422, "invalid-input"),
        ({"name": "x" * 200}, 422, "invalid-input"),
        ({"territory": str(uuid4())}, 404, "not-found"),
        ({"kind": "dedicated"}, 422, "invalid-input"),
        ({"unknown": "field"}, 422, "invalid-input"),
    ],
)
def test_uploads_that_can_not_be_meant_are_refused(client, town: Town, change: dict[str, str], status: int, code: str):
    answer = upload(client, town, net_file(("Y1", WEST)), **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("name", "content"), [("net.txt", b"\x00\x00"), ("net.geojson", b"{"), ("../../net.exe", b"MZ"), ("net.shp", b"x")]
)
def test_files_that_are_none_are_refused(client, town: Town, name: str, content: bytes):
    answer = upload(client, town, content, name)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    assert "/tmp" not in answer.text


def test_uploads_have_a_limit(client, town: Town, monkeypatch):
    monkeypatch.setattr("api.nets.MAX_FILE_MB", 0)
    assert upload(client, town, net_file(("Z1", WEST))).status_code == 413


def test_only_planners_bring_nets(app, make_account, town: Town):
    from tests.api.conftest import Client

    token = make_account("dispatcher")
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        assert upload(client, town, net_file(("Q1", WEST))).status_code == 403


def test_floors_become_dedicated_grids_and_answer_by_floor(client, town: Town):
    rows = "building,lon,lat,floor,companies\n"
    point = placed(shapely.Point(140, 60))
    rows += "".join(f",{point.x},{point.y},{floor},30\n" for floor in range(1, 7))
    answer = upload(client, town, rows.encode(), "floors.csv", kind="dedicated", target="60")
    assert answer.status_code == 201, answer.text
    plan = answer.json()["plan"]["id"]
    grids = client.get(f"/api/v1/plans/{plan}/grids").json()["grids"]
    assert [(grid["floor_low"], grid["floor_high"], grid["load"]) for grid in grids] == [
        (1, 2, 60.0),
        (3, 4, 60.0),
        (5, 6, 60.0),
    ]
    body = {"lon": point.x, "lat": point.y, "kind": "dedicated", "floor": 3}
    located = client.post("/api/v1/locate", json=body).json()
    assert (located["placement"], located["grids"][0]["floors"]) == ("inside", [3, 4])
    bad = upload(client, town, rows.replace("6,30", "5,30").encode(), "floors.csv", kind="dedicated")
    assert bad.json()["rejected"][0]["line"] == 7


def test_nets_are_proposed_as_a_job(client, town: Town):
    answer = client.post("/api/v1/plans", json={"territory": str(town.territory), "kind": "police", "target": 100})
    assert answer.status_code == 202
    assert answer.json()["job"]["kind"] == "partition"


def test_shares_of_a_tiling_are_refused_and_of_nothing_not_found(client, town: Town):
    assert client.get(f"/api/v1/plans/{town.plan}/shares").status_code == 422
    assert client.get(f"/api/v1/plans/{uuid4()}/shares").status_code == 404
    assert client.get(f"/api/v1/grids/{uuid4()}/nets").json() == {"nets": []}


def test_patterns_of_codes_are_a_setting(database_urls, tmp_path, make_account, town: Town, database):
    from api.app import create_app
    from tests.api.conftest import Client, settings_for

    chosen = settings_for(database_urls, tmp_path, jobs_in_server=False, grid_codes={"police": "123456 area 2"})
    token = make_account("planner")
    with Client(create_app(chosen), headers={"Authorization": f"Bearer {token}"}) as client:
        content = net_file(("", WEST), ("", EAST))
        plan = upload(client, town, content).json()["plan"]["id"]
        codes = [grid["code"] for grid in client.get(f"/api/v1/plans/{plan}/grids").json()["grids"]]
    assert {len(code) for code in codes} == {20}
    assert all(code.startswith("123456") for code in codes)
    with database.work(Actor.system()) as work:
        assert work.session.get_one(Plan, UUID(plan)).spec["code_pattern"] == "123456 area 2"
    assert np.unique(codes).size == 2
