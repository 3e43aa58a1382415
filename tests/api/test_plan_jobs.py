"""Long work of planners over HTTP: followed as a job, with the answer that a quick one would have got at once."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services import jobs
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.test_plan_edits import Desk
from tests.api.town import build_town

JOB = {"Prefer": "respond-async, wait=10"}


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture
def desk(client, town):
    made = client.post(f"/api/v1/plans/{town.plan}/draft", json={"name": "Next year"})
    return Desk(client, made.json()["plan"]["id"])


@pytest.fixture
def skewed(desk, town, database):
    """A draft in which one grid gave most of its ground to its neighbour."""
    with database.work(Actor.system()) as work:
        labels = work.session.scalars(
            sa.text("select label from atom where plan_id = :plan and grid_id = :grid order by label"),
            {"plan": desk.plan, "grid": town.grids["g1"]},
        ).all()
    answer = desk.edit("reassign", atoms=labels[1:], to=str(town.grids["g2"]))
    assert answer.status_code == 200, answer.text
    return desk


def run(database: Any, client: Client, answer: Any) -> dict[str, Any]:
    """Run the job that an answer names, as a worker would; return how it ended."""
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]
    assert (job["state"], job["result"]) == ("queued", None)
    jobs.run_job(database, UUID(job["id"]), 0, threading.Event())
    ended: dict[str, Any] = client.get(f"/api/v1/jobs/{job['id']}").json()["job"]
    return ended


def improve(desk: Desk, town: Any, *, key: str | None = None, **body: Any) -> Any:
    grids = [str(town.grids[name]) for name in ("g1", "g2", "g4", "g5")]
    headers = {"Idempotency-Key": key or str(uuid4()), **JOB}
    asked = {"grids": grids, "expected": desk.seen(), **body}
    return desk.client.post(f"/api/v1/plans/{desk.plan}/improve", json=asked, headers=headers)


def test_improvement_as_a_job_ends_with_the_answer_of_an_edit(skewed, town, database, client):
    trial = run(database, client, improve(skewed, town, preview=True))
    assert (trial["state"], trial["result"]["edit"]["seq"]) == ("succeeded", None)
    before = skewed.seen()
    direct = skewed.edit("improve", grids=[str(town.grids[name]) for name in ("g1", "g2", "g4", "g5")], preview=True)
    assert direct.json() == trial["result"]
    assert skewed.seen() == before

    ended = run(database, client, improve(skewed, town))
    assert (ended["kind"], ended["state"], ended["done"]) == ("improve", "succeeded", 1.0)
    body = ended["result"]
    assert body["edit"]["kind"] == "improve"
    shown = skewed.grids()
    for grid in body["grids"]:
        assert shown[grid["id"]] == {key: grid[key] for key in shown[grid["id"]]}
    assert skewed.post("undo").status_code == 200


def test_repeated_request_follows_the_same_job(skewed, town):
    key, seen = str(uuid4()), skewed.seen()
    first, second = (improve(skewed, town, key=key, expected=seen) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert second.headers["idempotent-replay"] == "true"


def test_job_finds_grids_that_changed_while_it_waited(skewed, town, database, client):
    asked = improve(skewed, town)
    other = skewed.edit(f"grids/{town.grids['g1']}/rename", name="Renamed meanwhile")
    assert other.status_code == 200, other.text
    ended = run(database, client, asked)
    assert (ended["state"], ended["result"]) == ("failed", None)
    problem = ended["problem"]
    assert (problem["code"], problem["status"], problem["stale"]) == (
        "stale-revision",
        412,
        [str(town.grids["g1"])],
    )
    assert [grid["name"] for grid in problem["current"]["grids"]] == ["Renamed meanwhile"]
    assert "family" not in problem


def test_what_can_be_told_at_once_is_not_left_to_the_job(skewed, town, client):
    stale = improve(skewed, town, expected=dict.fromkeys(skewed.seen(), 99))
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-revision")
    assert stale.json()["current"]["grids"]
    unseen = improve(skewed, town, expected=None)
    assert unseen.status_code == 428
    strange = improve(skewed, town, grids=[str(uuid4()), str(uuid4())])
    assert (strange.status_code, strange.json()["code"]) == (404, "not-found")
    for name in ("g1", "g2"):
        assert skewed.edit(f"grids/{town.grids[name]}/lock").status_code == 200
    held = improve(skewed, town, grids=[str(town.grids["g1"]), str(town.grids["g2"])])
    assert (held.status_code, held.json()["code"]) == (409, "grid-locked")
    twice = improve(skewed, town, grids=[str(town.grids["g4"])] * 2)
    assert (twice.status_code, twice.json()["field"]) == (422, "grids")
    closed = client.post(
        f"/api/v1/plans/{town.plan}/improve",
        json={"grids": [str(town.grids["g1"]), str(town.grids["g2"])], "expected": {}},
        headers={"Idempotency-Key": str(uuid4()), **JOB},
    )
    assert (closed.status_code, closed.json()["code"]) == (409, "plan-not-draft")


def test_stopped_improvement_saves_nothing(skewed, town, database, client):
    before = skewed.grids()
    asked = improve(skewed, town)
    stopped = client.delete(f"/api/v1/jobs/{asked.json()['job']['id']}")
    assert (stopped.status_code, stopped.json()["job"]["state"]) == (202, "cancelled")
    assert skewed.grids() == before
