"""Names of the server: links repeat the name that a request came by, so strange ones are sent away."""

from __future__ import annotations

import pytest

from tests.api.conftest import Client, settings_for


@pytest.fixture(scope="module")
def named(database_urls, tmp_path_factory):
    from api.app import create_app

    told = settings_for(
        database_urls, tmp_path_factory.mktemp("named"), jobs_in_server=False,
        server_names="grid.city.lan, *.desk.lan",
    )  # fmt: skip
    with Client(create_app(told)) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "grid.city.lan",
        "GRID.city.lan:8443",
        "grid.city.lan.",
        "a.desk.lan",
        "localhost:8000",
        "127.0.0.1",
        "[::1]:8000",
    ],
)
def test_own_names_and_the_machine_itself_get_through(named, host):
    answer = named.get("/health/live", headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "grid.city.lan.evil.example", "desk.lan", "city.lan", "[2001:db8::1]"]
)
def test_other_names_are_sent_away(named, host):
    answer = named.get("/ogc/", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown-host")
    assert host not in answer.text


def test_without_names_every_one_is_taken(anonymous):
    assert anonymous.get("/health/live", headers={"Host": "anything.example"}).status_code == 200
