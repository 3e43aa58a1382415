"""Accounts with several duties: one at a time, chosen by whoever acts, and kept by what they leave behind."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services import access, jobs
from services.tasks import TASKS
from store.database.actor import Actor
from store.database.models import Account, Audit, Scope
from tests.api.conftest import Client
from tests.api.town import build_town

SESSION, PASSWORD = "/api/v1/session", "correct horse battery"
WEST, EAST = "990101001.990101001001", "990101001.990101001002"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def many(database, town):
    """An account that analyses the whole town, plans one village and dispatches in the other."""
    with database.work(Actor.system()) as work:
        account = access.create_account(work, "many", roles=["analyst", "export"], password=PASSWORD)
        work.session.add_all(
            Scope(account_id=account.id, role=role, area_path=path)
            for role, path in (("planner", WEST), ("dispatcher", EAST), ("camera_network", EAST))
        )
    return "many"


@pytest.fixture
def client(app, many):
    with Client(app, headers={"Sec-Fetch-Site": "same-origin"}) as client:
        assert client.post(SESSION, json={"name": many, "password": PASSWORD}).status_code == 200
        yield client


def act_in(client, duty):
    answer = client.put(f"{SESSION}/duty", json={"duty": duty})
    return answer.status_code, answer.json().get("account", answer.json())


def grids(client):
    return {each["id"] for each in client.get("/ogc/collections/grids/items?limit=1000").json()["features"]}


def test_an_account_acts_in_one_duty_at_a_time(app, database, client, town):
    told = client.get(f"{SESSION}/duties").json()["duties"]
    assert [(each["key"], each["current"]) for each in told] == [("*", True), (WEST, False), (EAST, False)]
    assert [each["roles"] for each in told] == [
        ["analyst", "export"], ["analyst", "export", "planner"], ["analyst", "camera_network", "dispatcher", "export"],
    ]  # fmt: skip
    assert told[0]["areas"] is None
    assert [each["path"] for each in told[1]["areas"]] == [WEST]
    assert told[1]["areas"][0]["name"]
    whole, cookie = grids(client), client.cookies["gridward_session"]
    status, account = act_in(client, WEST)
    assert (status, account["duty"], account["area_path"]) == (200, WEST, WEST)
    assert account["roles"] == ["analyst", "export", "planner"]
    west = grids(client)
    assert act_in(client, EAST)[1]["roles"] == ["analyst", "camera_network", "dispatcher", "export"]
    east = grids(client)
    assert west
    assert east
    assert west | east <= whole
    assert not west & east
    # the secret of the first duty is none any more
    with Client(app, headers={"Cookie": f"gridward_session={cookie}"}) as before:
        assert before.get(SESSION).status_code == 401
    assert act_in(client, "990101001.990101001009")[0] == 422
    with database.work(Actor.system()) as work:
        lines = work.session.scalars(sa.select(Audit).where(Audit.action == "duty.switch").order_by(Audit.id)).all()
        assert [(line.target, line.details["from"], line.details["to"]) for line in lines] == [
            ("many", None, WEST), ("many", WEST, EAST),
        ]  # fmt: skip


def test_a_duty_is_chosen_when_signing_in(app, many):
    with Client(app) as client:
        wrong = client.post(SESSION, json={"name": many, "password": PASSWORD, "duty": "nowhere"})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "duty")
        assert "set-cookie" not in wrong.headers
        chosen = client.post(SESSION, json={"name": many, "password": PASSWORD, "duty": EAST})
        assert chosen.json()["account"]["duty"] == EAST


def test_a_token_keeps_the_duty_it_was_made_in(app, client):
    act_in(client, WEST)
    made = client.post("/api/v1/account/tokens", json={"label": "west", "roles": ["planner"]})
    assert made.status_code == 201, made.text
    act_in(client, EAST)
    with Client(app, headers={"Authorization": f"Bearer {made.json()['token']}"}) as program:
        told = program.get(SESSION).json()["account"]
        assert (told["duty"], told["roles"], told["area_path"]) == (WEST, ["planner"], WEST)
        assert act_in(program, EAST)[0] == 403


def test_a_job_does_no_more_than_who_asked_for_it(app, database, client, monkeypatch):
    """A program that may do little must not get more by having the work done later."""
    monkeypatch.setitem(TASKS, "tell", lambda work, _args, _progress: {
        "roles": sorted(work.actor.roles), "areas": work.actor.area_path, "duty": work.actor.duty,
        "grids": work.session.scalar(sa.text("select count(*) from grid")),
    })  # fmt: skip
    act_in(client, WEST)
    made = client.post("/api/v1/account/tokens", json={"label": "little", "roles": ["planner"]}).json()["token"]
    with database.work(Actor.system()) as work:
        little = access.signed_in_by_token(work, made, now=datetime.now(UTC)).actor
        whole = access.actor_of_account(work, little.account_id, now=datetime.now(UTC))
    told = []
    for actor in (little, whole):
        with database.work(actor) as work:
            job = jobs.start_job(work, "tell", {})
        jobs.run_job(database, job.id, 0, threading.Event())
        with database.work(actor) as work:
            told.append(jobs.get_job(work, job.id).result)
    assert {**told[0], "grids": 0} == {"roles": ["planner"], "areas": WEST, "duty": WEST, "grids": 0}
    assert {**told[1], "grids": 0} == {"roles": ["analyst", "export"], "areas": None, "duty": "*", "grids": 0}
    assert 0 < told[0]["grids"] < told[1]["grids"]


def test_a_duty_that_is_over_lets_do_nothing_until_another_is_chosen(app, database, client, many):
    act_in(client, EAST)
    with database.work(Actor.system()) as work:
        account = work.session.scalar(sa.select(Account.id).where(Account.name == many))
        work.session.execute(
            sa.text(
                "update scope set valid = tstzrange(null, now() - interval '1 minute')"
                " where account_id = :account and area_path = :path"
            ),
            {"account": account, "path": EAST},
        )
    app.state.wiring.credentials._known.clear()
    refused = client.get("/ogc/collections/grids/items")
    assert (refused.status_code, refused.json()["code"]) == (403, "duty-over")
    assert [each["key"] for each in client.get(f"{SESSION}/duties").json()["duties"]] == ["*", WEST]
    assert act_in(client, "*")[0] == 200
    assert client.get("/ogc/collections/grids/items").status_code == 200
