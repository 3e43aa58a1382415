"""Coverage over HTTP: runs of a day and a month, lists, comparisons, what-if and proposals, and who may ask."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
import shapely

from services import tasks
from store.database.actor import Actor
from store.database.models import Camera
from tests.api.conftest import Client
from tests.api.town import Town, build_town, lonlat

COVERAGE = "/api/v1/coverage"
SHARED = (COVERAGE, f"{COVERAGE}/gaps", f"{COVERAGE}/places", f"{COVERAGE}/areas")


@pytest.fixture(scope="module")
def town(database) -> Town:
    return build_town(database)


@pytest.fixture(scope="module")
def do(database):
    """Function that runs a job as a worker would, and returns its result."""

    def run(job: dict[str, Any]) -> dict[str, Any]:
        from store.database.models import JobProgress

        with database.work(Actor.system()) as work:
            row = work.session.get_one(JobProgress, UUID(job["id"]))
            return tasks.TASKS[row.kind](work, row.args, lambda _done, _note: None) or {}

    return run


def start(client, town: Town, do, **needs: object) -> str:
    answer = client.post(f"{COVERAGE}/runs", json={"plan": str(town.plan), "needs": needs})
    assert answer.status_code in (200, 202), answer.text
    body = answer.json()
    return body["run"]["id"] if "run" in body else do(body["job"])["run_id"]


def test_runs_are_computed_once_and_listed(client, town, do) -> None:
    first = start(client, town, do)
    assert start(client, town, do) == first
    past = start(client, town, do, on="2026-01-05", status="all")
    listed = client.get(f"{COVERAGE}/runs", params={"plan": str(town.plan)}).json()["runs"]
    assert {first, past} <= {run["id"] for run in listed}
    shown = client.get(COVERAGE, params={"plan": str(town.plan)}).json()
    assert shown["run"]["id"] == first
    assert shown["summary"]["rates"]["serviceable"]["target"] == 0.98
    assert shown["summary"]["definitions"]["official_zh"]
    assert [unit["unit"] for unit in shown["summary"]["official"]] == ["grid", "village"]
    then = client.get(COVERAGE, params={"run": past}).json()
    assert (then["run"]["present"], then["run"]["spec"]["on"]) == (False, "2026-01-05")
    assert then["run"]["begins_at"] == then["run"]["ends_at"]
    assert all(grid["area_name"] for grid in then["grids"])


def test_the_question_of_one_analyst_leaves_the_figures_of_the_others(app, client, town, do, make_account) -> None:
    asked = {"plan": str(town.plan)}
    with (
        Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as curious,
        Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as usual,
    ):
        first = start(curious, town, do)
        before = {path: usual.get(path, params=asked).json() for path in SHARED}
        for needs in ({"k": 2}, {"status": "all"}, {"k": 3, "status": "serviceable"}, {"assumed_px": 1920}):
            own = start(curious, town, do, **needs)
            told = curious.get(COVERAGE, params={"run": own}).json()["run"]
            assert (own == first, told["present"], told["live"]) == (False, False, False)
            assert {name: told["spec"][name] for name in needs} == needs
        assert {path: usual.get(path, params=asked).json() for path in SHARED} == before
        assert start(usual, town, do) == first


def test_figures_that_hold_again_are_shown_again(client, database, town, do) -> None:
    plan = {"plan": str(town.plan)}
    first = start(client, town, do)
    with database.work(Actor.system()) as work:
        camera = work.session.get_one(Camera, town.cameras["far"])
        turned, camera.azimuth = camera.azimuth, 10.0
    second = start(client, town, do)
    assert client.get(COVERAGE, params=plan).json()["run"]["id"] == second != first
    with database.work(Actor.system()) as work:
        work.session.get_one(Camera, town.cameras["far"]).azimuth = turned
    assert start(client, town, do) == first
    assert client.get(COVERAGE, params=plan).json()["run"]["id"] == first
    answer = client.post(f"{COVERAGE}/runs", json={"plan": str(town.plan), "needs": {}})
    assert (answer.status_code, answer.json()["run"]["id"]) == (200, first)


def test_figures_of_areas_are_those_of_their_grids(client, town, do) -> None:
    run = start(client, town, do)
    grids = client.get(COVERAGE, params={"run": run}).json()["grids"]
    found = client.get(f"{COVERAGE}/areas", params={"run": run}).json()
    assert found["targets"] == {"networked": 1.0, "online": 1.0, "serviceable": 0.98}
    assert [area["name"] for area in found["areas"]] == ["West Village 西村", "East Village 东村"]
    for name in ("street_m", "seen_m", "open_m2", "seen_m2", "cameras", "online"):
        assert sum(area[name] for area in found["areas"]) == pytest.approx(sum(grid[name] for grid in grids))
    west = found["areas"][0]
    assert west["rates"]["online"]["rate"] == pytest.approx(west["online"] / west["cameras"])
    assert west["rates"]["online"]["met"] is False
    assert west["units"]["unit"] == "grid"
    # a grid has 200 m x 200 m of ground, less its building
    assert sum(grid["open_m2"] for grid in grids) == pytest.approx(6 * 40_000 - 2 * 1600, rel=1e-6)


def test_gaps_and_places_come_with_reasons_and_shapes(client, town, do) -> None:
    run = start(client, town, do)
    gaps = client.get(f"{COVERAGE}/gaps", params={"run": run, "limit": 5000}).json()["gaps"]
    assert {gap["kind"] for gap in gaps} == {"street", "key_place"}
    assert [gap["score"] for gap in gaps] == sorted((gap["score"] for gap in gaps), reverse=True)
    market = next(gap for gap in gaps if gap["what"] == "Market")
    assert market["reason"]["place_kind"] == "market"
    assert market["geometry"]["type"] == "Point"
    inside = client.get(f"{COVERAGE}/gaps", params={"run": run, "grid": str(town.grids["g3"]), "kind": "street"}).json()
    assert {gap["grid_id"] for gap in inside["gaps"]} == {str(town.grids["g3"])}
    places = client.get(f"{COVERAGE}/places", params={"run": run}).json()["places"]
    assert {place["name"]: place["share"] for place in places}.keys() == {"School 小学", "Market", "Alley"}
    held = Counter(place["grid_id"] for place in places)
    grids = client.get(COVERAGE, params={"run": run}).json()["grids"]
    assert {grid["grid_id"]: grid["places"] for grid in grids if grid["places"]} == held


def test_levels_name_both_editions_and_the_ceiling(client, town, do) -> None:
    found = client.get(f"{COVERAGE}/levels").json()
    levels = {level["name"]: level for level in found["levels"]}
    assert found["ceiling_px_per_m"] == levels["discern"]["px_per_m"] == 80
    assert {name for name, level in levels.items() if not level["public"]} >= {"identify", "recognise", "perceive"}
    body = {"plan": str(town.plan), "needs": {"level": "identify"}}
    refused = client.post(f"{COVERAGE}/runs", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "named")


def test_two_runs_side_by_side(client, town, do) -> None:
    sides = {"a": {"plan": str(town.plan), "needs": {"status": "all"}}, "b": {"plan": str(town.plan)}}
    answer = client.post(f"{COVERAGE}/compare", json=sides)
    if answer.status_code == 202:
        runs = do(answer.json()["job"])
        answer = client.get(f"{COVERAGE}/compare", params=runs)
    found = answer.json().get("comparison") or answer.json()
    figures = {row["figure"]: row for row in found["summary"]}
    assert figures["seen_m"]["change"] <= 0
    assert figures["cameras"]["change"] == 0
    assert found["same_grids"]
    again = client.post(f"{COVERAGE}/compare", json=sides)
    assert again.status_code == 200
    assert client.post(f"{COVERAGE}/compare", json={"a": {}, "b": {}}).status_code == 422
    assert client.get(f"{COVERAGE}/compare", params={"a": str(uuid4()), "b": str(uuid4())}).status_code == 404


def test_what_if_tells_views_and_changes_and_saves_nothing(client, town, do) -> None:
    start(client, town, do)
    lon, lat = lonlat(500, 40)
    camera = {"lon": lon, "lat": lat, "azimuth": 0, "hfov": 60, "sensor_px": 8000, "key": "mouse"}
    before = client.get(COVERAGE, params={"plan": str(town.plan)}).json()
    found = client.post(f"{COVERAGE}/what-if", json={"plan": str(town.plan), "cameras": [camera]}).json()
    assert found["cameras"][0]["key"] == "mouse"
    assert found["change"]["seen_m"] == pytest.approx(80, abs=1)
    assert {grid["grid_id"] for grid in found["grids"]} == {str(town.grids["g3"])}
    assert client.get(COVERAGE, params={"plan": str(town.plan)}).json() == before
    gone = client.post(
        f"{COVERAGE}/what-if", json={"plan": str(town.plan), "remove": [str(town.cameras["far"])]}
    ).json()
    assert gone["change"]["seen_m"] <= 0
    nothing = client.post(f"{COVERAGE}/what-if", json={"plan": str(town.plan)})
    assert (nothing.status_code, nothing.json()["field"]) == (422, "cameras")


def test_proposal_is_made_changed_and_removed(client, town, do) -> None:
    asked = {"plan": str(town.plan), "name": "Two", "budget": 2, "camera": {"sensor_px": 8000}, "certify": True}
    job = client.post(f"{COVERAGE}/placements", json=asked)
    assert job.status_code == 202, job.text
    made = do(job.json()["job"])["placement_id"]
    same = client.post(f"{COVERAGE}/placements", json=asked)
    assert (same.status_code, same.json()["placement"]["id"]) == (200, made)
    where = f"{COVERAGE}/placements/{made}"
    answer = client.get(where)
    told = answer.json()["placement"]
    assert (answer.headers["etag"][:3], told["name"], len(told["cameras"])) == ('"1-', "Two", 2)
    assert told["summary"]["seen_m_after"] > told["summary"]["seen_m_before"]
    assert told["summary"]["gap"] <= 0.2
    assert told["cameras"][0]["grid_code"]
    fields = ("lon", "lat", "azimuth", "hfov", "max_range", "sensor_px", "mount")
    one = [{name: told["cameras"][0][name] for name in fields}]
    changed = client.patch(where, json={"name": "One", "cameras": one}, headers={"If-Match": '"1"'}).json()["placement"]
    assert (changed["name"], changed["edited"], changed["revision"], len(changed["cameras"])) == ("One", True, 2, 1)
    assert client.patch(where, json={"name": "Late"}, headers={"If-Match": '"1"'}).status_code == 412
    zone = {
        "kind": "yard", "reason": "Back yard of a home",
        "geometry": shapely.geometry.mapping(shapely.geometry.shape(changed["cameras"][0]["shed"])),
    }  # fmt: skip
    assert client.post("/api/v1/privacy-zones", json=zone).status_code == 201
    refused = client.patch(where, json={"cameras": one}, headers={"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["code"], refused.json()["row"]) == (422, "privacy", 0)
    listed = client.get(f"{COVERAGE}/placements", params={"plan": str(town.plan)}).json()["placements"]
    assert [row["id"] for row in listed] == [made]
    assert client.delete(where).status_code == 204
    assert client.get(where).status_code == 404
    nothing = client.post(f"{COVERAGE}/placements", json={**asked, "budget": 0})
    assert do(nothing.json()["job"])["placement_id"]
    assert client.post(f"{COVERAGE}/placements", json={**asked, "budget": -1}).status_code == 422


def test_cameras_put_by_hand_are_kept_at_once(client, town) -> None:
    lon, lat = lonlat(500, 40)
    camera = {"lon": lon, "lat": lat, "azimuth": 0, "hfov": 60, "sensor_px": 8000}
    body = {"plan": str(town.plan), "name": "By hand", "cameras": [camera]}
    made = client.post(f"{COVERAGE}/placements", json=body)
    assert made.status_code == 201, made.text
    told = made.json()["placement"]
    assert (made.headers["location"], made.headers["etag"][:3]) == (f"{COVERAGE}/placements/{told['id']}", '"1-')
    assert (told["name"], told["summary"]["cameras"], told["cameras"][0]["mount"]) == ("By hand", 1, "hand")
    assert told["summary"]["seen_m_after"] - told["summary"]["seen_m_before"] == pytest.approx(80, abs=1)
    assert client.get(made.headers["location"]).json()["placement"] == told
    for wrong in ({**body, "budget": 1}, {"plan": str(town.plan)}, {**body, "cameras": []}):
        assert client.post(f"{COVERAGE}/placements", json=wrong).status_code == 422
    blind = {**body, "cameras": [{"lon": lon, "lat": lat}]}
    refused = client.post(f"{COVERAGE}/placements", json=blind)
    assert (refused.status_code, refused.json()["field"]) == (422, "azimuth")
    missing = client.post(f"{COVERAGE}/placements", json={**body, "plan": str(uuid4())})
    assert missing.status_code == 404


def test_prices_are_data(client, town, do) -> None:
    assert client.get(f"{COVERAGE}/costs").json() == {"costs": []}
    body = {"costs": [{"kind": "fixed", "purchase": 29800, "yearly": 900, "currency": "CNY", "source": "2019"}]}
    assert client.put(f"{COVERAGE}/costs", json=body).json() == body
    kinds = {
        row["kind"]: row
        for row in client.get(f"{COVERAGE}/areas", params={"run": start(client, town, do)}).json()["costs"]
    }
    assert kinds["fixed"]["total"] == kinds["fixed"]["cameras"] * 29800
    assert kinds["unknown"]["total"] is None
    areas = client.get(f"{COVERAGE}/areas", params={"run": start(client, town, do)}).json()["areas"]
    costs = [area["cost"] for area in areas if area["cost"] is not None]
    assert sum(cost["purchase"] for cost in costs) == kinds["fixed"]["total"]
    assert sum(cost["yearly"] for cost in costs) == kinds["fixed"]["cameras"] * 900
    assert {cost["currency"] for cost in costs} == {"CNY"}
    assert all(area["cost"]["unpriced"] <= area["cameras"] for area in areas if area["cost"] is not None)
    mixed = [*body["costs"], {"kind": "unknown", "purchase": 5, "yearly": 0, "currency": "EUR", "source": ""}]
    client.put(f"{COVERAGE}/costs", json={"costs": mixed})
    areas = client.get(f"{COVERAGE}/areas", params={"run": start(client, town, do)}).json()["areas"]
    assert None in [area["cost"] for area in areas]
    client.put(f"{COVERAGE}/costs", json=body)
    assert client.put(f"{COVERAGE}/costs", json={"costs": body["costs"] * 2}).status_code == 422


def test_redundant_cameras_are_listed(client, town, do) -> None:
    start(client, town, do)
    found = client.get(f"{COVERAGE}/redundant", params={"plan": str(town.plan)}).json()
    assert found["count"] == len(found["removable"])
    assert all(row["loss_m"] <= 0.05 and row["loss_places"] == 0 for row in found["removable"])
    assert "unknown" not in {row["kind"] for row in found["removable"]}


def test_only_some_roles_compute_and_propose(app, make_account, town) -> None:
    from tests.api.conftest import Client

    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as other:
        plan = str(town.plan)
        assert other.get(COVERAGE, params={"plan": plan}).status_code == 200
        assert other.post(f"{COVERAGE}/runs", json={"plan": plan}).status_code == 403
        assert other.post(f"{COVERAGE}/placements", json={"plan": plan, "budget": 1}).status_code == 403
        assert other.put(f"{COVERAGE}/costs", json={"costs": []}).status_code == 403
