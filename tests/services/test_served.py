"""Commands name the address that the server of their home really has."""

from __future__ import annotations

import socket

import pytest

from services.served import FILE, listening_at, page_address
from services.settings import Settings


@pytest.fixture
def settings(monkeypatch, tmp_path):
    monkeypatch.setenv("GRIDWARD_HOME", str(tmp_path))
    return Settings.read()


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


def address_of(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_links_lead_to_the_server_while_it_serves(settings, listener):
    home, address = settings.database.home, address_of(listener)
    assert page_address(settings) == "http://127.0.0.1:8000"
    with listening_at(home, address):
        assert page_address(settings) == address
    assert page_address(settings) == "http://127.0.0.1:8000"
    assert not (home / FILE).exists()


def test_the_last_of_two_servers_is_told_and_the_first_leaves_its_word_alone(settings, listener):
    home, later = settings.database.home, address_of(listener)
    with listening_at(home, "http://127.0.0.1:9"):
        opened = listening_at(home, later)
        opened.__enter__()
    assert page_address(settings) == later
    opened.__exit__(None, None, None)


def test_the_word_of_a_killed_server_is_not_believed(settings, listener):
    home, address = settings.database.home, address_of(listener)
    (home / FILE).write_text(f'{{"address": "{address}"}}')
    assert page_address(settings) == address
    listener.close()
    assert page_address(settings) == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    "said", ["", "[]", '{"address": 7}', '{"address": "http://[::1"}', '{"address": "no address"}', "\x00"]
)
def test_a_spoiled_word_is_no_address(settings, said):
    (settings.database.home / FILE).write_text(said)
    assert page_address(settings) == "http://127.0.0.1:8000"


def test_the_public_address_goes_before_all(monkeypatch, settings, listener):
    monkeypatch.setenv("GRIDWARD_PUBLIC_URL", "https://grid.example.gov/")
    with listening_at(settings.database.home, address_of(listener)):
        assert page_address(Settings.read()) == "https://grid.example.gov"


def test_a_home_that_cannot_be_written_serves_all_the_same(settings, tmp_path, listener):
    shut = tmp_path / "file"
    shut.write_text("")
    with listening_at(shut / "home", address_of(listener)):
        assert page_address(settings) == "http://127.0.0.1:8000"
