"""View sheds of single runs, as a map draws them: of a status, of a past day, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import shapely
import shapely.geometry

from services.coverage import run_coverage
from services.coverage_spec import CoverageSpec
from store.database.actor import Actor
from store.database.models import Camera
from tests.api.conftest import Client
from tests.api.town import Town, build_town

WEST = "990101001.990101001001"
DAY = "2026-03-03"


@pytest.fixture(scope="module")
def town(database) -> Town:
    return build_town(database)


@pytest.fixture(scope="module")
def run_of(database, town):
    """Function that computes a run and returns where its view sheds are."""

    def made(**needs: Any) -> str:
        with database.work(Actor.system()) as work:
            run, _ = run_coverage(work, town.plan, CoverageSpec(**needs))
            return f"/api/v1/coverage/runs/{run.id}/sheds"

    return made


@pytest.fixture(scope="module")
def west(app, town, make_account) -> Iterator[Client]:
    token = make_account("analyst", name="west-analyst", area_path=WEST)
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as opened:
        yield opened


def told(client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return answer.json()


def by_camera(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {feature["properties"]["camera"].removeprefix("node/"): feature for feature in body["features"]}


def named(town: Town, database) -> dict[str, str]:
    """What each camera is called on maps."""
    with database.work(Actor.system()) as work:
        cameras = {name: work.session.get_one(Camera, camera) for name, camera in town.cameras.items()}
        return {name: str(one.gb28181_id or one.source_ref).removeprefix("node/") for name, one in cameras.items()}


def test_sheds_tell_who_counts_and_which_may_be_seen_only(client, database, town, run_of) -> None:
    names = named(town, database)
    online, every = (by_camera(told(client, run_of(k=2, status=status))) for status in ("online", "all"))
    assert online.keys() == every.keys()
    offline, unknown, fixed = names["offline"], names["unknown"], names["fixed"]
    assert [sheds[offline]["properties"]["share"] for sheds in (online, every)] == [0.0, 1.0]
    assert {name: one["properties"]["unknown"] for name, one in every.items()} == {
        name: name == unknown for name in every
    }
    shape = shapely.geometry.shape(online[fixed]["geometry"])
    assert shape.is_valid
    assert max(len(f"{x}".partition(".")[2]) for x, _ in shape.exterior.coords) <= 6
    assert len(shape.exterior.coords) < 60  # arcs no finer than a screen shows


def test_sheds_of_a_day_are_of_who_worked_then(client, database, town, run_of) -> None:
    name = named(town, database)["fixed"]
    report = {"camera": str(town.cameras["fixed"]), "at": f"{DAY}T00:00:00Z", "online": False}
    back = {**report, "at": "2026-03-05T00:00:00Z", "online": True}
    answer = client.post("/api/v1/cameras/status", json={"statuses": [report, back]})
    assert answer.status_code in (200, 202), answer.text
    then, month = (by_camera(told(client, run_of(**asked))) for asked in ({"on": DAY}, {"month": "2026-03"}))
    assert then[name]["properties"]["share"] == 0.0
    assert month[name]["properties"]["share"] == pytest.approx(29 / 31, abs=1e-3)


def test_an_answer_holds_until_what_it_rests_on_changes(client, database, town, run_of) -> None:
    address = run_of(k=3)
    first = client.get(address)
    tag = first.headers["etag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert first.json()["as_then"] is True
    url = f"/api/v1/cameras/{town.cameras['turned']}"
    turned = client.patch(url, json={"azimuth": 170.0}, headers={"If-Match": client.get(url).headers["etag"]})
    assert turned.status_code == 200, turned.text
    after = client.get(address, headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert after.json()["as_then"] is False
    assert after.headers["etag"] != tag


def test_the_newest_answer_to_the_standing_question_has_those_of_the_map(client, run_of) -> None:
    body = told(client, run_of())
    assert body["as_then"] is True
    assert {feature["properties"]["share"] for feature in body["features"]} == {0.0, 1.0}


def test_accounts_of_an_area_get_the_cameras_of_it(west, client, database, town, run_of) -> None:
    address = run_of(k=2, status="all")
    names = named(town, database)
    own, every = (by_camera(told(each, address)) for each in (west, client))
    assert names["far"] in every
    assert own.keys() == every.keys() - {names["far"]}


def test_no_such_run_is_said(client) -> None:
    answer = client.get(f"/api/v1/coverage/runs/{UUID(int=7)}/sheds")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
