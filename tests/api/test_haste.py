"""How long each kind of request may take, and how many are let in at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic

import pytest
import sqlalchemy as sa

from api.app import create_app
from tests.api.conftest import Client, settings_for
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
