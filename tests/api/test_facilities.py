"""Facilities and posts of the made-up town: villages with one, walks along streets, and odd questions."""

from __future__ import annotations

import pytest
import shapely

from store.database.actor import Actor
from store.database.models import Facility
from tests.api.town import Town, build_town, placed

WHERE = "/api/v1/coverage/facilities"


@pytest.fixture(scope="module")
def town(database) -> Town:
    town = build_town(database)
    with database.work(Actor.system()) as work:
        for kind, x, y in (("clinic", 100, 10), ("clinic", 100, 390), ("service_point", 500, 100)):
            work.session.add(
                Facility(territory_id=town.territory, kind=kind, name=f"{kind} {x}", point=placed(shapely.Point(x, y)))
            )
    return town


def ask(client, town: Town, **asked: object) -> dict:
    answer = client.get(WHERE, params={"plan": str(town.plan), **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_villages_with_one_and_households_within_the_walk(client, town) -> None:
    found = {row["kind"]: row for row in ask(client, town, minutes=2, pace=75)["kinds"]}
    # both clinics stand in the west village; 150 m reach a part of its doors
    assert (found["clinic"]["count"], found["clinic"]["units"], found["clinic"]["units_with"]) == (2, 2, 1)
    assert found["clinic"]["units_share"] == 0.5
    assert 0 < found["clinic"]["households_within"] < found["clinic"]["households"] == 302
    assert found["service_point"]["units_with"] == 1
    everyone = {row["kind"]: row for row in ask(client, town, minutes=60)["kinds"]}
    assert everyone["clinic"]["share"] == 1
    assert everyone["clinic"]["median_min"] > 0


def test_areas_add_up_and_name_who_is_out_of_reach(client, town) -> None:
    found = ask(client, town, minutes=1, pace=75)
    west, east = sorted(found["areas"], key=lambda row: row["code"])
    assert (west["count"], east["count"]) == (2, 1)
    assert west["households"] + east["households"] == 302
    assert sum(row["households"] for row in found["unreached"]) == pytest.approx(
        302 - west["households_within"] - east["households_within"]
    )
    assert "official" in found["definitions"]["units_en"]
    one = ask(client, town, kind="service_point", minutes=1)
    assert [row["kind"] for row in one["kinds"]] == ["service_point"]


def test_posts_of_staff_are_places_without_people(client, town) -> None:
    found = ask(client, town, of="post")
    assert [row["kind"] for row in found["kinds"]] == ["grid worker"]
    reach = client.get(f"{WHERE}/reach", params={"plan": str(town.plan), "of": "post", "minutes": 1}).json()
    assert {post["name"] for post in reach["posts"]} == {""}
    assert shapely.geometry.shape(reach["geometry"]).length > 0


def test_kinds_that_are_not_there_are_an_answer(client, town) -> None:
    found = ask(client, town, kind="opera")
    assert found["kinds"] == []
    assert found["areas"][0]["households_within"] == 0
    empty = client.get(f"{WHERE}/reach", params={"plan": str(town.plan), "kind": "opera"}).json()
    assert empty["posts"] == []


@pytest.mark.parametrize("asked", [{"minutes": 0}, {"minutes": "nan"}, {"pace": 0}, {"of": "shop"}, {"minutes": 1e9}])
def test_walks_that_are_none_are_refused(client, town, asked) -> None:
    assert client.get(WHERE, params={"plan": str(town.plan), **asked}).status_code == 422
