"""`gridward staff units`: the tree of a day, whole where units above are closed."""

from __future__ import annotations

import json
from datetime import date

import pytest

from services import units
from store.database.actor import Actor
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_a_unit_whose_parent_is_closed_stands_below_the_nearest_one_that_is_there(gridward, database, town):
    with database.work(Actor.system()) as work:
        above = None
        for code in ("L-1", "L-2", "L-3"):
            made = units.add_unit(work, code=code, name=f"Unit {code}", parent=above, territory=town.territory)
            if code == "L-2":
                units.change_unit(work, made.id, {"valid_to": date(2030, 1, 1)}, revision=made.revision)
            above = made.id
        units.add_unit(work, code="M-1", name="Other", kind="team", territory=town.territory)
    code, out, _ = gridward("staff", "units", "--at", "2029-12-31")
    assert (code, [line for line in out.splitlines() if "L-" in line]) == (
        0, ["L-1 Unit L-1 (department)", "  L-2 Unit L-2 (department)", "    L-3 Unit L-3 (department)"])  # fmt: skip
    code, out, _ = gridward("staff", "units", "--at", "2030-01-01")
    assert (code, out.splitlines()[1:]) == (0, [
        "L-1 Unit L-1 (department)", "  L-3 Unit L-3 (department), the unit above it is closed", "M-1 Other (team)"])  # fmt: skip
    code, out, _ = gridward("staff", "units", "--at", "2030-01-01", "--json")
    found = {unit["code"]: unit for unit in json.loads(out)["units"]}
    assert found["L-3"]["above_id"] == found["L-1"]["id"]
    assert gridward("staff", "units", "--at", "soon")[0] == 2
