"""`gridward case` and `gridward account link-to` on a real database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services.incidents import Report, register
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database.actor import Actor
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def no(database):
    build_town(database)
    lon, lat = lonlat(50, 100)
    with database.work(Actor.system()) as work:
        return register(
            work, StreetGraphs(), Report(Place(lon, lat), "Lamp out"), key="k", now=datetime.now(UTC)
        ).incident.no


def test_a_case_is_shown_acted_on_and_proved(gridward, database, no):
    assert gridward("account", "create", "mei", "--role", "intake_officer", "--role", "handling_unit")[0] == 0
    code, out, _ = gridward("account", "link-to", "mei", "--unit", "990101001U1", "--staff", "990101001W0", "--json")
    assert code == 0
    assert json.loads(out)["unit"]
    assert gridward("account", "link-to", "mei", "--unit", "nowhere")[0] == 2
    code, out, _ = gridward("case", "show", no)
    assert (code, "REPORTED" in out, "register" in out) == (0, True, True)
    code, out, _ = gridward("case", "act", no, "reject", "--as", "mei", "--reason", "no such place")
    assert code == 0
    assert f"{no} is REJECTED now." in out
    assert "#/follow/" in out
    code, _, err = gridward("case", "act", no, "open", "--as", "mei")
    assert code == 2
    assert "not possible in the state REJECTED" in err
    code, out, _ = gridward("case", "verify", no, "--json")
    proof = json.loads(out)
    assert (code, proof["intact"], proof["steps"]) == (0, True, 2)
    assert gridward("case", "verify", no, "--known", proof["head"])[0] == 0
    assert gridward("case", "verify", no, "--known", "0" * 64)[0] == 1
    with database.owner_work(Actor.system()) as work:
        work.session.execute(sa.text("update incident set severity = 'critical' where no = :no"), {"no": no})
    code, out, _ = gridward("case", "verify", no)
    assert (code, "says otherwise in severity" in out) == (1, True)


@pytest.mark.parametrize("field", ["colour=red", "score", "score=x", "review_date=soon", "lon=east"])
def test_fields_that_make_no_sense_are_refused(gridward, no, field):
    assert gridward("case", "act", no, "appeal", "--field", field)[0] == 2


def test_unknown_cases_accounts_and_actions_are_refused(gridward, no):
    assert gridward("case", "show", "2026-01-999999")[0] == 2
    assert gridward("case", "show", no, "--as", "nobody")[0] == 2
    assert gridward("case", "act", no, "teleport")[0] == 2
