"""Who else has a plan open, told from process to process."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from api.app import create_app
from store.database.actor import Actor
from tests.api.conftest import serving
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def until(ask, wanted, seconds=60.0):
    limit = time.monotonic() + seconds
    while (found := ask()) != wanted and time.monotonic() < limit:
        time.sleep(0.05)
    assert found == wanted


def test_two_planners_see_each_other_until_one_leaves(server, settings, token, make_account, town, database):
    url = f"/api/v1/plans/{town.plan}/presence"
    mine, theirs = {"page": "page-mine-1"}, {"page": "page-theirs-1", "grid": "990101001001001"}
    second = {"Authorization": f"Bearer {make_account('reviewer', name='P-12')}"}
    with (
        serving(create_app(settings)) as elsewhere,
        httpx.Client(base_url=server, headers={"Authorization": f"Bearer {token}"}) as client,
        httpx.Client(base_url=elsewhere, headers=second) as other,
    ):
        assert client.put(url, json=mine).json() == {"others": []}
        assert other.put(url, json=theirs).status_code == 200
        them = [{"name": "P-12", "me": False, "grid": "990101001001001"}]
        until(lambda: client.put(url, json=mine).json()["others"], them)
        until(
            lambda: other.put(url, json=theirs).json()["others"], [{"name": "all-rounder", "me": False, "grid": None}]
        )
        until(lambda: client.put(url, json={"page": "page-mine-2"}).json()["others"][-1]["me"], True)
        assert client.delete(f"{url}?page=page-mine-2").status_code == 204
        assert other.delete(f"{url}?page=page-theirs-1").status_code == 204
        until(lambda: client.put(url, json=mine).json()["others"], [])
    with database.work(Actor.system()) as work:
        kept = work.session.scalars(
            sa.text("select count(*) from outbox where payload::text like '%page-theirs%'")
        ).one()
    assert kept == 0


def test_rough_presence_is_refused(client, town):
    url = f"/api/v1/plans/{town.plan}/presence"
    for body in ({}, {"page": "x"}, {"page": "page-mine-1", "grid": "<b>"}, {"page": "page-mine-1", "more": 1}):
        assert client.put(url, json=body).status_code == 422
    assert client.put(f"/api/v1/plans/{uuid4()}/presence", json={"page": "page-mine-1"}).status_code == 404
    assert client.delete(url).status_code == 422
