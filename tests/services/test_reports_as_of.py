"""A report belongs to the grid of the moment that it is about, not of the moment when somebody told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services import corrections, ingest
from services.incidents import Report, register
from services.locate import Place
from services.nearest_staff import StreetGraphs
from services.plan_life import publishing
from store.database.actor import Actor
from store.database.models import Plan
from tests.api.test_plan_life import make_draft
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()
BEFORE = datetime.now(UTC) - timedelta(days=5)


@pytest.fixture(scope="module")
def town(database):
    """The town with a second plan in force since three days: g2 has the east half of g1, g3 has ended."""
    built = build_town(database)
    draft = make_draft(database, built)
    with database.work(SYSTEM) as work:
        work.session.execute(sa.update(Plan).where(Plan.id == draft).values(status="review"))
    with database.work(SYSTEM) as work:
        day = (datetime.now(UTC) - timedelta(days=3)).date()
        asked = publishing.Publication(basis="minutes", effective_on=day, expected=None, single_person=True)
        publishing.publish(work, UUID(str(draft)), asked)
    return built


def reported(database, point, **more):
    with database.work(SYSTEM) as work:
        place = Place(*lonlat(*point))
        return register(work, StreetGraphs(), Report(place, "Lamp", **more), key=str(uuid4()), now=datetime.now(UTC))


def grid_of(database, no):
    with database.work(SYSTEM) as work:
        statement = "select v.grid_id, v.plan_id from incident i join grid_version v on v.id = i.grid_version_id where i.no = :no"
        return work.session.execute(sa.text(statement), {"no": no}).one()


def test_a_report_told_late_belongs_to_the_grid_of_when_it_occurred(database, town):
    late = reported(database, (150, 100), occurred_at=BEFORE)
    fresh = reported(database, (150, 100))
    assert grid_of(database, late.incident.no) == (town.grids["g1"], town.plan)
    assert grid_of(database, fresh.incident.no).grid_id == town.grids["g2"]
    assert datetime.fromisoformat(late.located["at"]) == BEFORE
    assert (late.located["grids"][0]["id"], fresh.located["grids"][0]["id"]) == (
        str(town.grids["g1"]), str(town.grids["g2"]))  # fmt: skip


def test_a_grid_that_has_ended_since_hands_on_what_is_told_late(database, town):
    late = reported(database, (450, 100), occurred_at=BEFORE)
    found = grid_of(database, late.incident.no)
    assert found.plan_id != town.plan
    assert found.grid_id not in town.grids.values()


def test_a_place_that_is_corrected_is_looked_up_for_the_same_moment(database, town):
    late = reported(database, (50, 300), occurred_at=BEFORE).incident
    officer = Actor(None, "officer", frozenset({"intake_officer"}))
    with database.work(officer) as work:
        corrections.amend(
            work, StreetGraphs(), late.no, corrections.Correction(place=Place(*lonlat(150, 100))),
            revision=late.revision, now=datetime.now(UTC),
        )  # fmt: skip
    assert grid_of(database, late.no) == (town.grids["g1"], town.plan)


def test_loaded_reports_belong_to_the_grids_of_when_they_occurred(database, town, tmp_path):
    now = datetime.now(UTC)
    rows = {
        "then": (150, 100, now, BEFORE),
        "told": (150, 100, BEFORE, None),
        "fresh": (150, 100, now, None),
        "ended": (450, 100, now, BEFORE),
        "old": (150, 100, BEFORE - timedelta(days=9000), None),
        "nowhere": ("", "", now, BEFORE),
    }
    lines = ["key,reported_at,occurred_at,item,lon,lat"]
    run = uuid4().hex[:6]
    for key, (x, y, reported_at, occurred_at) in rows.items():
        lon, lat = ("", "") if x == "" else lonlat(x, y)
        lines.append(
            f"r{run}{key},{reported_at.isoformat()},{(occurred_at and occurred_at.isoformat()) or ''},x,{lon},{lat}"
        )
    path = tmp_path / "past.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with database.owner_work(SYSTEM) as work:
        report = ingest.load_incidents(work, path, territory=town.territory, crs="wgs84")
    assert report.counts["inserted"] == len(rows)
    with database.work(SYSTEM) as work:
        statement = sa.text(
            "select k.channel_key, v.grid_id, v.plan_id from incident i join intake_key k on k.no = i.no"
            " left join grid_version v on v.id = i.grid_version_id where k.channel_key like :run"
        )
        found = {
            row.channel_key.partition(run)[2]: (row.grid_id, row.plan_id)
            for row in work.session.execute(statement, {"run": f"%:r{run}%"})
        }
    g1, g2 = town.grids["g1"], town.grids["g2"]
    assert found["then"] == found["told"] == (g1, town.plan)
    assert found["fresh"][0] == found["old"][0] == g2, "before the first plan there was none but that of now"
    assert found["ended"][0] not in town.grids.values()
    assert found["ended"][1] == found["fresh"][1] != town.plan
    assert found["nowhere"] == (None, None)
