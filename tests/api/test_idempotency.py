"""A repeat of a request gets the first answer; two at the same moment act once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.app import create_app
from api.deps import OneTime, Work
from gis.errors import ConflictError
from services import access, idempotency
from store.database.actor import Actor
from store.database.models import Audit
from tests.api.conftest import Client

router = APIRouter(prefix="/once")


class Order(BaseModel):
    what: str


def acting(work: Work, order: Order) -> Callable[[], tuple[int, dict[str, object]]]:
    def act() -> tuple[int, dict[str, object]]:
        access.record(work, "test.once", order.what)
        if order.what == "impossible":
            raise ConflictError("This can't be done.")
        return 201, {"id": uuid4(), "at": datetime.now(UTC), "what": order.what}

    return act


@router.post("/first")
def first(order: Order, once: OneTime, work: Work) -> Response:
    return once.respond(work, acting(work, order))


@router.post("/second")
def second(order: Order, once: OneTime, work: Work) -> Response:
    return once.respond(work, acting(work, order))


@pytest.fixture(scope="module")
def app(settings):
    app = create_app(settings)
    app.include_router(router)
    return app


def times(database, what):
    with database.work(Actor.system()) as work:
        return work.session.scalar(sa.select(sa.func.count()).where(Audit.action == "test.once", Audit.target == what))


def send(client, what, key, path="/once/first"):
    return client.post(path, json={"what": what}, headers={"Idempotency-Key": key} if key is not None else {})


def test_repeat_gets_the_same_answer_and_acts_once(client, database):
    answers = [send(client, "lamp", "k-1") for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 200, 200]
    assert answers[0].content == answers[1].content == answers[2].content
    assert [each.headers.get("idempotent-replay") for each in answers] == [None, "true", "true"]
    assert times(database, "lamp") == 1


def test_key_belongs_to_account_and_route(client, database, make_account):
    other = {"Authorization": f"Bearer {make_account('analyst')}", "Idempotency-Key": "k-2"}
    ids = {
        send(client, "bench", "k-2").json()["id"],
        send(client, "bench", "k-2", "/once/second").json()["id"],
        client.post("/once/first", json={"what": "bench"}, headers=other).json()["id"],
    }
    assert len(ids) == times(database, "bench") == 3


def test_key_with_another_body_is_a_conflict(client, database):
    assert send(client, "tree", "k-3").status_code == 201
    answer = send(client, "hedge", "k-3")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-reused")
    assert times(database, "hedge") == 0


def test_failed_request_leaves_its_key_free(client, database):
    assert send(client, "impossible", "k-4").status_code == 409
    assert send(client, "possible", "k-4").status_code == 201
    assert times(database, "impossible") == 0


def test_two_at_the_same_moment_act_once(app, token, database):
    answers = []

    def run():
        with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
            answers.append(send(client, "race", "k-5"))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.status_code for each in answers) == [200] * 5 + [201]
    assert len({each.content for each in answers}) == 1
    assert times(database, "race") == 1


@pytest.mark.parametrize("key", [None, "", "x" * 201, "sch\xf6n".encode("latin-1"), b"tab\there"])
def test_missing_and_odd_keys_are_bad_input(client, key):
    answer = send(client, "none", key)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")


def test_old_keys_are_forgotten(client, database):
    assert send(client, "old", "k-6").status_code == 201
    with database.work(Actor.system()) as work:
        assert idempotency.forget_old_keys(work, now=datetime.now(UTC)) == 0
        assert idempotency.forget_old_keys(work, now=datetime.now(UTC) + timedelta(days=8)) > 0
    assert send(client, "old", "k-6").status_code == 201
    assert times(database, "old") == 2
