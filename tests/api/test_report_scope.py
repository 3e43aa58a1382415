"""Coverage reports show what was asked: the sheds that counted, the needs in words, and an area alone."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa

from services.coverage import run_coverage
from services.coverage_spec import CoverageSpec
from services.reports.coverage_report import ends
from store.database.actor import Actor
from store.database.models import Area, Camera
from tests.api.town import build_town

NEEDS = CoverageSpec(k=2, level="discern", assumed_px=1920, time_zone="Asia/Shanghai")


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database, name="Scopeby", prefix="990104001")
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
    return town


@pytest.fixture(scope="module")
def run(database, town):
    """Id of a run with needs of its own."""
    with database.work(Actor.system()) as work:
        return run_coverage(work, town.plan, NEEDS)[0].id


@pytest.fixture(scope="module")
def village(database, town):
    """Id of the west village, which has four of the six grids."""
    with database.work(Actor.system()) as work:
        found = sa.select(Area.id).where(Area.territory_id == town.territory, Area.name.startswith("West"))
        return work.session.scalars(found).one()


@pytest.fixture
def layer_of(client, town, tmp_path):
    """Function that returns a layer of the GeoPackage of a report."""
    import geopandas

    def read(layer, **asked):
        path = tmp_path / "report.gpkg"
        answer = client.get("/api/v1/reports/coverage", params={"plan": town.plan, "format": "gpkg", **asked})
        assert answer.status_code == 200, answer.text
        path.write_bytes(answer.content)
        return geopandas.read_file(path, layer=layer)

    return read


def page(client, town, **asked):
    answer = client.get("/api/v1/reports/coverage", params={"plan": town.plan, **asked})
    assert answer.status_code == 200, answer.text
    return answer.text


def name_of(database, camera):
    with database.work(Actor.system()) as work:
        found = work.session.get_one(Camera, camera)
        return found.gb28181_id or found.source_ref


def test_what_an_offline_camera_would_see_is_not_drawn_as_seen(database, town, layer_of):
    offline = name_of(database, town.cameras["offline"])
    assert offline not in set(layer_of("view_sheds")["camera"])
    assert set(layer_of("view_sheds_out")["camera"]) == {offline}


def test_report_of_a_run_draws_the_sheds_of_its_level(town, run, layer_of):
    as_given, asked = layer_of("view_sheds"), layer_of("view_sheds", run=run)
    assert set(asked["camera"]) == set(as_given["camera"])
    assert asked["area_m2"].max() < as_given["area_m2"].max()


def test_report_says_what_was_asked_and_when_on_local_clocks(client, town, run):
    text = page(client, town, run=run)
    assert "Needed: 2 cameras" in text
    assert "Discern, 80 pixels a metre" in text
    assert "(Asia/Shanghai)" in text
    assert "as they are registered today" not in text
    assert "每米 80 像素" in page(client, town, run=run, lang="zh")


def test_key_places_that_may_be_seen_are_told_as_such(client, town):
    assert ends(34, 75) == "34–75"
    assert "up to the range of the register" in page(client, town)


def test_report_says_when_the_cameras_are_others_now(client, database, town, run):
    with database.work(Actor.system()) as work:
        turn = sa.update(Camera).where(Camera.id == town.cameras["far"])
        work.session.execute(turn.values(azimuth=90.0))
    assert "as they are registered today" in page(client, town, run=run)
    with database.work(Actor.system()) as work:
        work.session.execute(turn.values(azimuth=180.0))


def test_report_of_an_area_holds_its_grids_alone(client, town, village, layer_of):
    asked = {"plan": town.plan, "area": village, "format": "csv"}
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/reports/coverage", params=asked).text.lstrip("\ufeff"))))
    assert {row["code"][9:12] for row in rows} == {"001"}
    assert len(rows) == 4
    seen, streets = (sum(float(row[name]) for row in rows) for name in ("seen_m", "street_m"))
    text = page(client, town, area=village)
    assert "Scopeby, West Village" in text
    assert f"{100 * seen / streets:.1f} %" in text
    assert len(layer_of("grids", area=village)) == 4


def test_report_of_an_area_is_kept_under_a_title(client, town, village):
    asked = {"name": "coverage", "title": "West", "format": "csv", "plan": str(town.plan), "area": str(village)}
    page(client, town, area=village, format="csv")
    answer = client.post("/api/v1/reports", json=asked)
    assert answer.status_code in (200, 202), answer.text


def test_an_area_that_is_not_there_and_a_report_of_all_are_refused(client, town, village):
    ask = {"plan": town.plan, "area": town.territory}
    assert client.get("/api/v1/reports/coverage", params=ask).status_code == 404
    assert client.get("/api/v1/reports/cameras", params={"plan": town.plan, "area": village}).status_code == 422
