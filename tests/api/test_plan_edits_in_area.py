"""Planners of one village at a draft over HTTP: their grids, their comments, their part of the file, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services import plan_edits
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.test_plan_edits import Desk, line
from tests.api.town import build_town, lonlat

WEST, EAST = "990101001.990101001001", "990101001.990101001002"


@pytest.fixture(scope="module")
def town(database: Any) -> Any:
    return build_town(database)


@pytest.fixture(scope="module")
def draft(database: Any, town: Any) -> str:
    with database.work(Actor.system()) as work:
        return str(plan_edits.make_draft(work, town.plan, name="Next year"))


@pytest.fixture(scope="module")
def people(app: Any, make_account: Any) -> Iterator[dict[str, Client]]:
    opened = {}
    for name, path in (("west", WEST), ("east", EAST)):
        token = make_account("planner", "export", name=f"area-{name}", area_path=path)
        opened[name] = Client(app, headers={"Authorization": f"Bearer {token}"})
    with opened["west"], opened["east"]:
        yield opened


def test_a_village_edits_its_part_of_a_draft(people: dict[str, Client], town: Any, draft: str) -> None:
    west, east = (Desk(people[name], draft) for name in ("west", "east"))
    g = {name: str(grid) for name, grid in town.grids.items()}
    assert set(west.seen()) == {g["g1"], g["g2"], g["g4"], g["g5"]}
    assert draft in {plan["id"] for plan in people["west"].get("/api/v1/plans").json()["plans"]}
    split = west.edit(f"grids/{g['g2']}/split", line=line((190, 103), (410, 103)))
    assert split.status_code == 200, split.text
    assert g["g3"] not in split.text
    assert split.json()["totals"]["households"] == 200
    # a neighbour beyond that got a vertex is no conflict for its own planner, who sees the new revision
    renamed = east.edit(f"grids/{g['g3']}/rename", name="Theirs")
    assert renamed.status_code == 200, renamed.text
    assert {row["kind"] for row in people["west"].get(f"/api/v1/plans/{draft}/edits").json()["edits"]} == {"split"}
    refused = west.post(f"grids/{g['g3']}/rename", {"expected": {g["g3"]: 1}, "name": "Mine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "area-limited")
    assert refused.json()["grids"] == [g["g3"]]
    check = people["west"].get(f"/api/v1/plans/{draft}/check")
    assert check.status_code == 200, check.text
    assert check.json()["households_in_grids"] == 200
    assert "990101001002" not in check.text
    files = {name: people[name].get(f"/api/v1/plans/{draft}/export", params={"format": "csv"}) for name in people}
    assert "990101001001" in files["west"].text
    assert "990101001002" not in files["west"].text
    assert "990101001001" not in files["east"].text
    assert people["west"].get(f"/api/v1/plans/{draft}/export", params={"format": "gpkg"}).status_code == 200
    # what a neighbour did to one's border afterwards is told without naming anybody
    blocked = west.post("undo")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "undo-blocked")
    assert g["g3"] not in blocked.text
    assert "area-east" not in blocked.text


def test_comments_are_settled_and_steps_of_the_whole_plan_stay_shut(
    people: dict[str, Client], town: Any, draft: str
) -> None:
    west = people["west"]
    lon, lat = lonlat(100, 100)
    said = west.post(f"/api/v1/plans/{draft}/comments", json={"text": "Why here?", "point": [lon, lat]})
    assert said.status_code == 201, said.text
    comment = said.json()["comment"]
    done = west.post(
        f"/api/v1/plans/{draft}/comments/{comment['id']}/resolve", headers={"If-Match": f'"{comment["revision"]}"'}
    )
    assert done.status_code == 200, done.text
    for path in ("submit", "draft", "publish", "approve"):
        answer = west.post(f"/api/v1/plans/{draft}/{path}", json={}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["code"]) == (403, "area-limited"), path


def test_a_copy_as_seen_is_refused_to_a_village_and_nothing_is_made(
    people: dict[str, Client], town: Any, draft: str
) -> None:
    west = Desk(people["west"], draft)
    plans = {plan["id"] for plan in people["west"].get("/api/v1/plans").json()["plans"]}
    asked = {"name": "Mine", "as_seen": {str(town.grids["g1"]): 1}}
    answer = west.client.post(f"/api/v1/plans/{draft}/draft", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "area-limited")
    assert {plan["id"] for plan in people["west"].get("/api/v1/plans").json()["plans"]} == plans
