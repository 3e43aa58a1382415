"""Editing a draft over HTTP: every tool, what it answers, and what it refuses."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.grid_shapes import renew_shapes
from store.database.actor import Actor
from store.database.tiles import EXTENT, WORLD_M
from tests.api.conftest import Client
from tests.api.mvt import polygons_of, read_tile
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


class Desk:
    """A planner at a draft."""

    def __init__(self, client: Client, plan: str) -> None:
        self.client, self.plan = client, plan

    def grids(self) -> dict[str, dict[str, Any]]:
        body = self.client.get(f"/api/v1/plans/{self.plan}/grids").json()
        return {grid["id"]: grid for grid in body["grids"]}

    def seen(self) -> dict[str, int]:
        return {key: grid["revision"] for key, grid in self.grids().items()}

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.client.post(f"/api/v1/plans/{self.plan}/{path}", json=body, headers=headers)

    def edit(self, path: str, **body: Any) -> Any:
        return self.post(path, {"expected": self.seen(), **body})


def line(*places: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [lonlat(*place) for place in places]}


def polygon(*places: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[lonlat(*place) for place in (*places, places[0])]]}


@pytest.fixture
def desk(client, town):
    made = client.post(f"/api/v1/plans/{town.plan}/draft", json={"name": "Next year"})
    assert made.status_code == 201, made.text
    assert (made.json()["plan"]["status"], made.json()["plan"]["name"]) == ("draft", "Next year")
    return Desk(client, made.json()["plan"]["id"])


@pytest.fixture
def g(town):
    return {name: str(grid) for name, grid in town.grids.items()}


def test_split_keeps_the_identity_of_the_larger_part(desk, g):
    answer = desk.edit(f"grids/{g['g1']}/split", line=line((-10, 150), (210, 150)))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["edit"]["kind"] == "split"
    by_id = {grid["id"]: grid for grid in body["grids"]}
    assert g["g1"] in by_id
    assert body["removed"] == []
    (fresh,) = [grid for grid in body["grids"] if grid["id"] not in g.values()]
    assert (by_id[g["g1"]]["households"], fresh["households"]) == (48, 0)
    assert fresh["area_m2"] == pytest.approx(10000, abs=10)
    assert fresh["code"] == "990101001001006"
    assert (by_id[g["g1"]]["name"], fresh["name"]) == ("Grid 1", "Cross Road")  # the street along its north side
    assert body["totals"]["grids"] == 7
    assert set(by_id) >= {g["g2"]}  # its border got a vertex
    assert desk.grids()[fresh["id"]] == {key: fresh[key] for key in desk.grids()[fresh["id"]]}


def test_merge_keeps_the_larger_and_undo_brings_the_other_back(desk, g):
    before = desk.grids()
    body = desk.edit("grids/merge", grids=[g["g1"], g["g2"]]).json()
    assert body["removed"] == [g["g1"]]
    (kept,) = body["grids"]
    assert (kept["id"], kept["households"], kept["name"]) == (g["g2"], 97, "Grid 2")
    assert body["totals"] | {"parents": 0} == {
        "grids": 5, "households": 303, "mean_households": 60.6, "tolerance": 0.1, "edits": 1, "can_undo": 1,
        "can_redo": 0, "parents": 0, "exclaves": 0,
    } | {key: body["totals"][key] for key in ("max_deviation", "mean_deviation", "share_within", "compactness")}  # fmt: skip
    (parent,) = body["totals"]["parents"]
    assert (parent["grids"], parent["households"], parent["mean_households"]) == (3, 200, pytest.approx(200 / 3))
    assert kept["deviation"] == pytest.approx(97 / (200 / 3) - 1)
    # the grids beside it are measured from the new mean too
    assert desk.grids()[g["g4"]]["deviation"] == pytest.approx(51 / (200 / 3) - 1)
    undone = desk.post("undo").json()
    assert (undone["edit"]["kind"], undone["edit"]["undoes"]) == ("undo", body["edit"]["seq"])
    assert undone["removed"] == []
    after = desk.grids()
    for key, grid in before.items():
        same = {name: value for name, value in grid.items() if name not in ("revision", "fid", "deviation")}
        assert {name: after[key][name] for name in same} == same
    assert desk.post("undo").json()["code"] == "nothing-to-undo"
    redone = desk.post("redo").json()
    assert (redone["edit"]["kind"], redone["removed"]) == ("redo", [g["g1"]])
    log = desk.client.get(f"/api/v1/plans/{desk.plan}/edits").json()
    assert [(row["kind"], row["state"]) for row in log["edits"]] == [
        ("redo", "live"), ("undo", "live"), ("merge", "live"),
    ]  # fmt: skip


def test_border_moves_for_both_sides(desk, g):
    body = desk.edit("borders/move", grids=[g["g1"], g["g2"]], line=line((150, -5), (150, 205))).json()
    areas = {grid["id"]: grid["area_m2"] for grid in body["grids"]}
    assert areas[g["g1"]] == pytest.approx(30000, abs=10)
    assert areas[g["g2"]] == pytest.approx(50000, abs=10)
    assert areas[g["g4"]] == pytest.approx(40000, abs=10)
    assert body["removed"] == []


def areas_at(desk, z: int) -> dict[str, float]:
    """Areas of the grids in the tile that holds the town's middle, in square metres of the ground, by code."""
    west, latitude = lonlat(300, 199)
    n = 2**z
    row = int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * n)
    path = f"/ogc/collections/grids/tiles/WebMercatorQuad/{z}/{row}/{int((west + 180) / 360 * n)}"
    answer = desk.client.get(path, params={"plan": desk.plan})
    assert answer.status_code == 200, answer.text
    unit = WORLD_M / n / EXTENT * math.cos(math.radians(latitude))
    features = read_tile(answer.content)["grids"]["features"]
    return {each["properties"]["code"][-1]: polygons_of(each["commands"]).area * unit**2 for each in features}


@pytest.mark.parametrize("z", [11, 13])
def test_low_zoom_tiles_right_after_an_edit_show_its_border(desk, g, database, z):
    with database.work(Actor.system()) as work:
        assert renew_shapes(work, UUID(desk.plan))
    before = areas_at(desk, z)
    assert (before["1"], before["2"]) == (pytest.approx(40000, rel=0.04), pytest.approx(40000, rel=0.04))
    moved = desk.edit("borders/move", grids=[g["g1"], g["g2"]], line=line((150, -5), (150, 205)))
    assert moved.status_code == 200, moved.text
    after = areas_at(desk, z)
    assert (after["1"], after["2"]) == (pytest.approx(30000, rel=0.04), pytest.approx(50000, rel=0.04))
    assert after["4"] == pytest.approx(40000, rel=0.04)
    assert desk.post("undo").status_code == 200
    assert areas_at(desk, z) == before


def test_vertex_of_three_grids_moves_for_all(desk, g):
    place = {"from": lonlat(200, 200), "to": lonlat(190, 195)}
    body = desk.edit("borders/move", grids=[g[k] for k in ("g1", "g2", "g4", "g5")], vertex=place).json()
    assert {grid["id"] for grid in body["grids"]} == {g[k] for k in ("g1", "g2", "g4", "g5")}
    assert sum(grid["area_m2"] for grid in body["grids"]) == pytest.approx(160000, abs=1)


def test_brush_hands_over_atoms(desk, g):
    atoms = desk.client.get(f"/api/v1/plans/{desk.plan}/atoms?grids={g['g1']},{g['g2']}").json()
    assert atoms["grids"] == [g["g1"], g["g2"]]
    assert len(atoms["atoms"]) == 4
    label, grid, _area, demand, _dwellings, rings = atoms["atoms"][1]
    assert (grid, demand) == (0, 24)
    corners = [atoms["vertices"][2 * place : 2 * place + 2] for place in rings[0]]
    assert sorted(corners) == [
        pytest.approx(lonlat(*place), abs=1e-9) for place in ((100, 200), (100, 0), (200, 200), (200, 0))
    ]
    body = desk.edit("reassign", atoms=[label], to=g["g2"]).json()
    assert {grid["id"]: grid["households"] for grid in body["grids"]} == {g["g1"]: 24, g["g2"]: 73}


def test_lasso_takes_only_its_own_village_and_counts_what_it_skips(desk, g):
    shape = polygon((110, 10), (590, 10), (590, 190), (110, 190))
    body = desk.edit("reassign", polygon=shape, to=g["g1"]).json()
    assert body["skipped"] == {"locked": 0, "other_parent": 2}
    assert body["removed"] == [g["g2"]]
    answer = desk.edit("reassign", polygon=polygon((410, 10), (590, 10), (590, 190), (410, 190)), to=g["g1"])
    assert (answer.status_code, answer.json()["code"]) == (422, "crosses-parent")
    assert answer.json()["place"] == pytest.approx(lonlat(450, 100), abs=1e-3)


def test_drawn_grid_takes_its_ground_from_those_below(desk, g):
    shape = polygon((150, 50), (250, 50), (250, 150), (150, 150))
    body = desk.edit("grids", polygon=shape, name="Square").json()
    (fresh,) = [grid for grid in body["grids"] if grid["name"] == "Square"]
    assert fresh["area_m2"] == pytest.approx(10000, abs=5)
    assert fresh["geometry"]["type"] == "MultiPolygon"
    crossing = desk.edit("grids", polygon=polygon((350, 250), (450, 250), (450, 350), (350, 350)))
    assert (crossing.status_code, crossing.json()["code"]) == (422, "crosses-parent")
    clipped = desk.edit("grids", polygon=polygon((340, 250), (450, 250), (450, 350), (340, 350)), repair=True)
    assert clipped.status_code == 200, clipped.text
    assert sum(grid["households"] for grid in desk.grids().values()) == 303


def test_lock_rename_and_recode(desk, g):
    locked = desk.edit(f"grids/{g['g1']}/lock").json()
    assert locked["grids"][0]["locked"] is True
    for path, body in (
        (f"grids/{g['g1']}/split", {"line": line((-10, 100), (210, 100))}),
        ("grids/merge", {"grids": [g["g1"], g["g2"]]}),
        ("borders/move", {"grids": [g["g1"], g["g2"]], "line": line((150, -5), (150, 205))}),
    ):
        answer = desk.edit(path, **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "grid-locked")
        assert answer.json()["grids"] == [g["g1"]]
    assert desk.edit(f"grids/{g['g1']}/lock", locked=False).json()["grids"][0]["locked"] is False
    renamed = desk.edit(f"grids/{g['g1']}/rename", name=" Harbour 码头 ").json()
    assert renamed["grids"][0]["name"] == "Harbour 码头"
    code = desk.grids()[g["g1"]]["code"]
    recoded = desk.edit(f"grids/{g['g1']}/recode", code=code[:-3] + "777").json()
    assert recoded["removed"] == [g["g1"]]
    assert recoded["grids"][0]["code"] == code[:-3] + "777"
    taken = desk.edit(f"grids/{g['g2']}/recode", code=code[:-3] + "777")
    assert (taken.status_code, taken.json()["code"]) == (409, "code-taken")
    wrong = desk.edit(f"grids/{g['g2']}/recode", code="12")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-code")
    for _ in range(4):
        assert desk.post("undo").status_code == 200
    assert (desk.grids()[g["g1"]]["name"], desk.grids()[g["g1"]]["code"]) == ("Grid 1", code)


def test_a_copy_as_seen_leaves_out_what_others_saved_since_and_keeps_what_lies_elsewhere(desk, g):
    drawn_on = desk.seen()
    theirs = desk.edit(f"grids/{g['g1']}/split", line=line((-10, 150), (210, 150)))
    assert theirs.status_code == 200, theirs.text
    elsewhere = desk.post(f"grids/{g['g6']}/rename", {"expected": desk.seen(), "name": "Harbour"})
    assert elsewhere.status_code == 200, elsewhere.text
    as_seen = {g["g1"]: drawn_on[g["g1"]]}
    made = desk.client.post(f"/api/v1/plans/{desk.plan}/draft", json={"name": "Mine", "as_seen": as_seen})
    assert made.status_code == 201, made.text
    copy = Desk(desk.client, made.json()["plan"]["id"])
    assert (made.json()["plan"]["based_on"], made.json()["plan"]["grids"]) == (desk.plan, 6)
    # what was drawn on the grid as it was then can be saved on it, along another line
    mine = copy.edit(f"grids/{g['g1']}/split", line=line((100, -10), (100, 210)))
    assert mine.status_code == 200, mine.text
    names = {grid["id"]: grid["name"] for grid in desk.client.get(f"/api/v1/plans/{copy.plan}/grids").json()["grids"]}
    assert names[g["g6"]] == "Harbour"
    assert (len(names), len(desk.seen())) == (7, 7)
