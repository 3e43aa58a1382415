"""`gridward plan draft|undo|redo|log` on a real database."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from services import plan_edits
from store.database.actor import Actor
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_draft_is_made_edited_and_walked_through(gridward, database, town):
    code, out, _ = gridward("plan", "draft", town.plan, "--name", "Next year", "--json")
    assert code == 0
    draft = json.loads(out)["plan"]
    code, out, _ = gridward("plan", "log", draft)
    assert (code, out.strip()) == (0, "Nobody has edited this plan.")
    with database.work(Actor.system()) as work:
        wish = plan_edits.Wish({town.grids["g1"]: 1, town.grids["g2"]: 1})
        plan_edits.merge_grids(work, draft, [town.grids["g1"], town.grids["g2"]], wish)
    code, out, _ = gridward("plan", "list", "--json")
    (mine,) = [plan for plan in json.loads(out) if plan["id"] == draft]
    assert (mine["name"], mine["status"]) == ("Next year", "draft")
    assert {key: mine["quality"][key] for key in ("grids", "households", "edits")} == {
        "grids": 5, "households": 303, "edits": 1,
    }  # fmt: skip
    code, out, _ = gridward("plan", "undo", draft)
    assert code == 0
    assert "0 more to undo" in out
    code, out, _ = gridward("plan", "redo", draft, "--json")
    assert (json.loads(out)["can_undo"], json.loads(out)["removed"]) == (1, [str(town.grids["g1"])])
    code, out, _ = gridward("plan", "log", draft, "--json")
    assert [row["kind"] for row in json.loads(out)] == ["redo", "undo", "merge"]
    assert "merge" in gridward("plan", "log", draft)[1]


def test_nothing_to_undo_and_unknown_plans_are_said(gridward, town):
    code, out, _ = gridward("plan", "draft", town.plan, "--json")
    draft = json.loads(out)["plan"]
    code, _, err = gridward("plan", "undo", draft)
    assert code != 0
    assert "no edit of this plan to undo" in err
    for command in ("draft", "undo", "redo", "log"):
        code, _, err = gridward("plan", command, uuid4())
        assert code != 0
        assert "There is no plan" in err
