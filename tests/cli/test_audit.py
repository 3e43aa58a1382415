"""`gridward audit` on a real database."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from store.database.actor import Actor


@pytest.fixture(autouse=True)
def account(gridward):
    code, _, _ = gridward("account", "create", "anna", "--role", "planner")
    assert code in (0, 1, 2)


def test_commands_of_the_machines_owner_are_on_record(gridward):
    code, out, _ = gridward("audit", "list", "--json")
    assert code == 0
    lines = json.loads(out)
    assert {line["account"] for line in lines} == {"system"}
    assert {"account.create", "link.issue", "gridward account create"} <= {line["action"] for line in lines}
    assert "code=" not in out
    code, out, _ = gridward("audit", "list", "--action", "account.", "--limit", 1)
    assert code == 0
    assert "account.create  anna" in out


def test_the_chain_is_proved_and_a_changed_line_is_found(gridward, database):
    code, out, _ = gridward("audit", "verify", "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["intact"]
    assert facts["unsealed"] == 0
    place = f"{facts['head']['seq']}:{facts['head']['digest']}"
    assert gridward("audit", "verify", "--known", place)[0] == 0
    assert gridward("audit", "verify", "--known", f"{facts['head']['seq']}:{'0' * 64}")[0] == 1
    with database.owner_work(Actor.system()) as work:
        work.session.execute(sa.text("alter table audit disable trigger user"))
        work.session.execute(sa.text("update audit set target = 'x' where seq = 2"))
        work.session.execute(sa.text("alter table audit enable trigger user"))
    code, out, _ = gridward("audit", "verify")
    assert code == 1
    assert "Line 2 does not follow" in out


@pytest.mark.parametrize("words", ["12", "x:y", "12:abc", "-1:" + "0" * 64])
def test_a_place_that_is_none(gridward, words):
    code, _, err = gridward("audit", "verify", "--known", words)
    assert code == 2
    assert "audit" in err or "place" in err


def test_it_is_exported_once_to_a_file(gridward, tmp_path):
    file = tmp_path / "audit.csv"
    assert gridward("audit", "export", file)[0] == 0
    assert file.read_bytes()[:3] == b"\xef\xbb\xbf"
    assert b"account.create" in file.read_bytes()
    assert gridward("audit", "export", file)[0] == 2


def test_six_months_always_stay(gridward):
    code, out, _ = gridward("audit", "retire", "--json")
    assert code == 0
    assert json.loads(out) == {"months": 12, "through": None}
    code, _, err = gridward("audit", "retire", "--months", 5)
    assert code == 2
    assert "6 months" in err
