"""Heads for the grids of a plan, over HTTP."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api.conftest import Client
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_heads_are_assigned_and_vacancies_named(app, make_account, client, town):
    url = f"/api/v1/plans/{town.plan}/heads"
    with Client(app, headers={"Authorization": f"Bearer {make_account('reviewer')}"}) as reviewer:
        assert reviewer.post(url, json={}).status_code == 403
    assert client.post(url, json={"max_grids": 0}).status_code == 422
    assert client.post(f"/api/v1/plans/{uuid4()}/heads", json={}).status_code == 404
    answer = client.post(url, json={"max_grids": 50})
    assert answer.status_code == 200
    found = answer.json()
    grids = client.get(f"/api/v1/plans/{town.plan}/grids").json()["grids"]
    assert found["grids"] == len(grids)
    assert set(found["vacancies"]) == {grid["code"] for grid in grids if not grid["head"]}
