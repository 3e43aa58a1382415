"""Editing a draft over HTTP: every tool, what it answers, and what it refuses."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Client
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
    assert g["g1"] in by_id and body["removed"] == []
    (fresh,) = [grid for grid in body["grids"] if grid["id"] not in g.values()]
    assert by_id[g["g1"]]["households"] == 48 and fresh["households"] == 0
    assert fresh["area_m2"] == pytest.approx(10000, abs=10)
    assert fresh["code"] == "990101001001006"
    assert body["totals"]["grids"] == 7
    assert set(by_id) >= {g["g2"]}  # its border got a vertex
    assert desk.grids()[fresh["id"]] == {key: fresh[key] for key in desk.grids()[fresh["id"]]}
