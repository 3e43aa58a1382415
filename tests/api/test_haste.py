"""How long each kind of request may take, and how many are let in at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

import httpx
import pytest
import sqlalchemy as sa
from starlette.responses import StreamingResponse

from api.app import create_app
from api.deps import Work
from store.database.actor import Actor
from tests.api.conftest import Client, serving, settings_for
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def hurried(database_urls, tmp_path_factory, town):
    """An application that is patient for a second with questions, for longer with changes, and has room for two."""
    chosen = settings_for(
        database_urls, tmp_path_factory.mktemp("home"), jobs_in_server=False, question_timeout_s=0.8, tile_timeout_s=0.5,
        statement_timeout_s=2.0, most_requests=2,
    )  # fmt: skip
    return create_app(chosen)


@contextmanager
def locked(database, table):
    """Hold a table so that whoever reads it waits."""
    with database.owner.connect() as connection:
        connection.execute(sa.text(f"lock table {table} in access exclusive mode"))
        yield
        connection.rollback()


def test_each_kind_of_request_has_its_own_patience(hurried, database, token, town):
    with Client(hurried, headers={"Authorization": f"Bearer {token}"}) as client:
        client.get("/api/v1/territories")
        seconds = {}
        for name, path, table in (
            ("question", "/api/v1/areas", "area"), ("tile", "/ogc/collections/areas/tiles/WebMercatorQuad/14/0/0", "area"),
            ("report", f"/api/v1/plans/{town.plan}/check", "grid_version"),
        ):  # fmt: skip
            started = monotonic()
            with locked(database, table):
                answer = client.get(path)
            seconds[name] = monotonic() - started
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
            assert answer.headers["retry-after"]
        assert 0.4 < seconds["tile"] < seconds["question"] < seconds["report"], seconds
        assert seconds["question"] >= 0.8
        assert seconds["report"] >= 2.0


def test_whoever_finds_too_many_waiting_is_sent_away_and_the_watch_gets_through(hurried, database, token, town):
    with Client(hurried, headers={"Authorization": f"Bearer {token}"}) as client:
        client.get("/api/v1/territories")
        with locked(database, "area"), ThreadPoolExecutor(6) as many:
            answers = list(many.map(lambda _: client.get("/api/v1/areas"), range(6)))
            assert client.get("/health/live").status_code == 200
        told = sorted((answer.status_code, answer.json()["detail"][:17]) for answer in answers)
        assert [code for code, _ in told] == [503] * 6
        assert sum(words == "Too many requests" for _, words in told) == 4
        assert all(answer.headers["retry-after"] for answer in answers)
        assert client.get("/api/v1/areas").status_code == 200


def test_a_request_that_takes_too_long_is_answered_and_changes_nothing(database_urls, tmp_path, database, token, town):
    """Many short steps of which none is too long: no statement's own limit ends that."""
    app = create_app(settings_for(database_urls, tmp_path, jobs_in_server=False, request_timeout_s=1.0))
    steps = []

    @app.post("/api/v1/plods")
    def plod(work: Work) -> None:
        for _ in range(200):
            work.session.execute(
                sa.text("insert into comment (plan_id, text) values (:plan, 'plod')"), {"plan": town.plan}
            )
            work.session.execute(sa.text("select pg_sleep(0.1)"))
            steps.append(monotonic())

    @app.get("/api/v1/drips")
    def drip() -> StreamingResponse:
        return StreamingResponse(b"x" if sleep(0.3) is None else b"" for _ in range(6))

    headers = {"Authorization": f"Bearer {token}"}
    with serving(app) as address, httpx.Client(base_url=address, headers=headers, timeout=20) as client:
        client.get("/api/v1/territories")
        started = monotonic()
        late = client.post("/api/v1/plods")
        assert (late.status_code, late.json()["code"]) == (503, "took-too-long")
        assert 0.9 < monotonic() - started < 15
        assert late.headers["retry-after"]
        # the connection is as good as before, and an answer that has begun may take its time
        assert client.get("/api/v1/drips").content == b"x" * 6
        sleep(0.5)
        before = len(steps)
        sleep(0.5)
        assert len(steps) == before < 150
    with database.owner_work(Actor.system()) as work:
        assert work.session.scalar(sa.text("select count(*) from comment where text = 'plod'")) == 0
