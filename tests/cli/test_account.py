"""`gridward account` on a real database."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from cli import main
from services import access
from store.database.actor import Actor

pytestmark = pytest.mark.usefixtures("cli_settings")


@pytest.fixture
def gridward(capsys):
    def call(*words: str):
        code = main.run([*words, "--json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out if code == 0 else captured.err.splitlines()[-1])

    return call


def now() -> datetime:
    return datetime.now(UTC)


def test_an_account_without_a_password_gets_a_link_that_works_once(gridward, database):
    code, facts = gridward("account", "create", "anna", "--role", "planner", "--role", "analyst", "--display", "安娜")
    assert code == 0
    address, _, query = facts["link"].partition("?")
    assert address == "http://127.0.0.1:8000/#/sign-in"
    secret = parse_qs(query)["code"][0]
    with database.work(Actor.system()) as work:
        opened = access.sign_in_with_code(work, secret, now=now(), hours=1)
        assert opened.signed_in.actor.roles == {"planner", "analyst"}
        assert opened.signed_in.display == "安娜"
        assert access.sign_in_with_code(work, secret, now=now(), hours=1) is None


def test_a_password_is_read_from_standard_input(gridward, database, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    code, facts = gridward("account", "create", "carl", "--role", "dispatcher", "--password")
    assert code == 0
    assert "link" not in facts
    with database.work(Actor.system()) as work:
        assert access.sign_in_with_password(work, "carl", "correct horse battery", now=now(), hours=1) is not None
    monkeypatch.setattr("sys.stdin", io.StringIO("another horse battery\n"))
    assert gridward("account", "password", "carl")[0] == 0
    with database.work(Actor.system()) as work:
        assert access.sign_in_with_password(work, "carl", "correct horse battery", now=now(), hours=1) is None
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert gridward("account", "password", "carl")[0] == 2


def test_another_link_may_be_made(gridward, database):
    gridward("account", "create", "lena", "--role", "analyst")
    code, facts = gridward("account", "link", "lena", "--minutes", "5")
    assert (code, facts["minutes"]) == (0, 5.0)
    secret = parse_qs(facts["link"].partition("?")[2])["code"][0]
    with database.work(Actor.system()) as work:
        assert access.sign_in_with_code(work, secret, now=now(), hours=1).signed_in.actor.name == "lena"


def test_a_token_lets_in_until_its_account_is_disabled(gridward, database):
    gridward("account", "create", "tom", "--role", "analyst")
    code, facts = gridward("account", "token", "tom", "--days", "2")
    assert code == 0
    assert facts["token"].startswith("gw_")
    with database.work(Actor.system()) as work:
        assert access.signed_in_by_token(work, facts["token"], now=now()).actor.name == "tom"
    assert gridward("account", "token", "tom", "--duty", "*")[0] == 0
    code, problem = gridward("account", "token", "tom", "--duty", "1.2.3")
    assert (code, problem["field"], problem["known"]) == (2, "duty", ["*"])
    assert gridward("account", "disable", "tom") == (0, {"name": "tom", "disabled": True})
    with database.work(Actor.system()) as work:
        assert access.signed_in_by_token(work, facts["token"], now=now()) is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create", "eve", "--role", "emperor"), "invalid-input"),
        (("create", "x", "--role", "planner"), "invalid-input"),
        (("create", "eve", "--role", "planner", "--area", "nowhere"), "invalid-input"),
        (("token", "nobody-here"), "not-found"),
        (("disable", "nobody-here"), "not-found"),
        (("link", "nobody-here", "--minutes", "0"), "invalid-input"),
        (("create", "eve"), "usage"),
    ],
)
def test_bad_input_changes_nothing_and_says_why(gridward, words, code):
    result, problem = gridward("account", *words)
    assert (result, problem["code"]) == (2, code)


def test_a_name_is_taken_once(gridward):
    assert gridward("account", "create", "zoe", "--role", "planner")[0] == 0
    result, problem = gridward("account", "create", "zoe", "--role", "planner")
    assert (result, problem["code"]) == (2, "conflict")
