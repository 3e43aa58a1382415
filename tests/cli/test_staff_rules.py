"""`gridward staff rules`: rules of posts as data that a command lists, changes and adds."""

from __future__ import annotations

import json

import pytest

from cli.staff_rules import read_changes
from gis.errors import InvalidInputError
from tests.api.town import build_town


@pytest.fixture(scope="module", autouse=True)
def town(database):
    return build_town(database)


def rules(gridward):
    code, out, _ = gridward("staff", "rules", "list", "--json")
    assert code == 0
    return {rule["code"]: rule for rule in json.loads(out)["rules"]}


def test_a_rule_that_gridward_starts_with_is_made_the_towns_own(gridward):
    before = rules(gridward)
    first = next(rule for rule in before.values() if not rule["own"] and rule["role"] == "grid_head")
    code, out, _ = gridward("staff", "rules", "set", first["code"], "max_posts=3", "max_distance_m=2500.5", "skill=")
    assert (code, out.splitlines()[0]) == (0, f"{first['code']} is changed.")
    after = rules(gridward)[first["code"]]
    assert (after["own"], after["max_posts"], after["max_distance_m"], after["skill"]) == (True, 3, 2500.5, None)
    assert after["ways"] == first["ways"]
    assert gridward("staff", "rules", "set", first["code"], "max_distance_m=")[0] == 0
    assert rules(gridward)[first["code"]]["max_distance_m"] is None


def test_a_rule_is_added_with_ways_as_they_are_printed(gridward):
    fields = ["ways=1 per village or 2 per 20 households", "role=grid_head", "posts=Village Head; 村长", "optional=yes"]
    code, out, err = gridward("staff", "rules", "set", "own-rule", *fields)
    assert (code, "own-rule is added" in out) == (0, True), err
    made = rules(gridward)["own-rule"]
    assert [(way["count"], way["every"], way["per"]) for way in made["ways"]] == [
        (1, 1, "village"),
        (2, 20, "household"),
    ]
    assert (made["posts"], made["optional"]) == (["village head", "村长"], True)
    code, out, _ = gridward("staff", "rules", "list")
    printed = next(part for part in out.split("\n\n") if part.startswith("[own-rule]"))
    # what is printed can be sent back as it is
    assert gridward("staff", "rules", "set", "own-rule", *(line.strip() for line in printed.splitlines()[1:]))[0] == 0
    again = rules(gridward)["own-rule"]
    assert {**again, "revision": 0} == {**made, "revision": 0}


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["max_posts"], "values"), (["seq=4"], "values"), (["max_posts=two"], "max_posts"), (["max_posts=0"], "max_posts"),
        (["ways=some"], "ways"), (["ways=1 per planet"], "ways"), (["optional=perhaps"], "optional"),
        (["within=here"], "within"), (["role=king"], "role"), (["max_distance_m=-1"], "max_distance_m"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(gridward, words, field):
    before = rules(gridward)
    code, _, err = gridward("staff", "rules", "set", next(iter(before)), *words, "--json")
    assert (code, json.loads(err)["field"]) == (2, field)
    assert rules(gridward) == before


def test_infinite_and_unreadable_numbers_are_no_distance():
    for text in ("nan", "inf", "far"):
        with pytest.raises(InvalidInputError):
            read_changes([f"max_distance_m={text}"])


def test_a_preview_names_the_rules_that_only_count(gridward, town):
    assert "Only counted" not in gridward("staff", "assign", "--plan", str(town.plan), "--preview")[1]
    assert gridward("staff", "rules", "set", "contacts-by-households", "active=yes")[0] == 0
    code, out, err = gridward("staff", "assign", "--plan", str(town.plan), "--preview")
    assert code == 0, err
    assert "Only counted, filled by nobody: A contact for each 20 households, or one in each group." in out
