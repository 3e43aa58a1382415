"""Areas of Chinese map services land where they belong, or say that they don't."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from gis import crs
from gis.errors import InvalidInputError, UnknownCrsError
from services import ingest
from services.ingest import RejectedRowsError
from store.database.actor import Actor
from store.files.tables import read_table


@pytest.fixture
def load(database):
    def run(path, **options):
        with database.owner_work(Actor.system()) as work:
            return ingest.load_areas(work, path, **options)

    return run


def _stored(database, territory):
    with database.owner.connect() as connection:
        rows = connection.execute(
            sa.text("select code, st_asbinary(geom) from area where territory_id = :t"), {"t": territory}
        ).all()
    return {code: shapely.from_wkb(bytes(data)) for code, data in rows}


def _median_offsets(stored, path):
    twins = read_table(path)
    offsets = []
    for code, name, twin in zip(twins.cells["adcode"], twins.cells["name"], twins.geometry, strict=True):
        srid = crs.suggest_metric_srid(tuple(twin.bounds))
        corners = shapely.points(shapely.get_coordinates(crs.to_metric(stored[code], srid)))
        offsets.append(np.asarray(shapely.distance(corners, shapely.boundary(crs.to_metric(twin, srid)))))
        assert name
    return offsets


def test_gcj02_counties_declared_wgs84_are_suspected_with_and_without_witnesses(load, test_data):
    path = test_data / "china" / "counties_gcj02_datav_2022.geojson"
    alone = load(path, crs="wgs84", territory="Suspects", dry_run=True)
    assert any("--crs gcj02" in warning for warning in alone.warnings)
    load(test_data / "china" / "counties_wgs84_amap_2025.geojson", crs="wgs84", territory="Counties")
    witnessed = load(path, crs="wgs84", territory="Counties", dry_run=True)
    assert any("after undoing the GCJ-02 shift" in warning for warning in witnessed.warnings)


def test_gcj02_counties_land_on_their_wgs84_twins(database, load, test_data):
    china = test_data / "china"
    report = load(china / "counties_gcj02_datav_2022.geojson", crs="gcj02", territory="Counties")
    assert (report.accepted, report.rejected) == (15, [])
    assert not any("GCJ-02" in warning for warning in report.warnings)
    offsets = _median_offsets(_stored(database, report.territory_id), china / "counties_wgs84_amap_2025.geojson")
    assert np.median(np.concatenate(offsets)) <= 1.0
    assert sum(np.median(each) <= 1.0 for each in offsets) >= 13


def test_true_wgs84_counties_are_not_suspected_beside_their_twins(load, test_data):
    china = test_data / "china"
    load(china / "counties_wgs84_amap_2025.geojson", crs="wgs84", territory="Counties")
    report = load(china / "counties_cgcs2000_tianditu_2025.geojson", crs="cgcs2000", territory="Counties", dry_run=True)
    assert not any("GCJ-02" in warning for warning in report.warnings)


def _geojson(path, *features, stated=False):
    member = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}} if stated else {}
    rows = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for code, name, ring in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", **member, "features": rows}, ensure_ascii=False))
    return path


SQUARE = [[25.0, 60.0], [25.1, 60.0], [25.1, 60.1], [25.0, 60.1], [25.0, 60.0]]


def test_geojson_without_a_word_about_its_crs_is_refused(load, tmp_path):
    path = _geojson(tmp_path / "silent.geojson", ("440983102001", "One", SQUARE))
    with pytest.raises(UnknownCrsError, match=r"silent\.geojson"):
        load(path, territory="Silent")


def test_self_crossing_outline_is_refused_with_its_place(load, tmp_path):
    bow = [[25.0, 60.0], [25.1, 60.1], [25.1, 60.0], [25.0, 60.1], [25.0, 60.0]]
    path = _geojson(tmp_path / "bow.geojson", ("440983102001", "Bow", bow), stated=True)
    with pytest.raises(RejectedRowsError) as caught:
        load(path, territory="Bow")
    problem = caught.value.report.rejected[0]
    assert problem.line == 1
    assert "25.05" in problem.value
    assert "60.05" in problem.value


def test_levels_find_their_parents(database, load, tmp_path):
    half = [[25.0, 60.0], [25.05, 60.0], [25.05, 60.1], [25.0, 60.1], [25.0, 60.0]]
    path = _geojson(
        tmp_path / "tree.geojson",
        ("440983102001", "Village", half),
        ("440983", "County", SQUARE),
        ("440983102000", "Town", SQUARE),
        stated=True,
    )
    report = load(path, territory="Tree")
    with database.owner.connect() as connection:
        found = dict(
            connection.execute(
                sa.text("select name, path from area where territory_id = :t"), {"t": report.territory_id}
            ).all()
        )
    assert found == {
        "County": "440983",
        "Town": "440983.440983102",
        "Village": "440983.440983102.440983102001",
    }
    again = load(path, territory="Tree")
    assert again.counts == {"inserted": 0, "updated": 0}


def test_codes_of_another_territory_are_refused_and_an_unnamed_load_finds_its_own(load, tmp_path):
    path = _geojson(tmp_path / "own.geojson", ("440984", "County", SQUARE), stated=True)
    first = load(path, territory="Own")
    with pytest.raises(RejectedRowsError, match="territory Own"):
        load(path, territory="Other")
    assert load(path).territory_id == first.territory_id


def test_plain_table_is_no_areas(load, tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text("code,name\n440983,County\n")
    with pytest.raises(InvalidInputError, match="polygons"):
        load(path, territory="Plain")


def test_real_areas_take_the_place_of_an_extracts_placeholder(database, load, tmp_path):
    building = (
        '<osm version="0.6"><bounds minlat="61.0" minlon="26.0" maxlat="61.1" maxlon="26.1"/>'
        '<node id="1" version="1" lat="61.01" lon="26.01"/><node id="2" version="1" lat="61.01" lon="26.011"/>'
        '<node id="3" version="1" lat="61.011" lon="26.011"/><way id="10" version="1"><nd ref="1"/><nd ref="2"/>'
        '<nd ref="3"/><nd ref="1"/><tag k="building" v="apartments"/></way></osm>'
    )
    (tmp_path / "east.osm").write_text(building, encoding="utf-8")
    with database.owner_work(Actor.system()) as work:
        town = ingest.load_osm(work, tmp_path / "east.osm", territory="East").territory_id
    west = [[26.0, 61.0], [26.05, 61.0], [26.05, 61.1], [26.0, 61.1], [26.0, 61.0]]
    east = [[26.05, 61.0], [26.1, 61.0], [26.1, 61.1], [26.05, 61.1], [26.05, 61.0]]
    path = _geojson(
        tmp_path / "villages.geojson", ("440985102001", "West", west), ("440985102002", "East", east), stated=True
    )
    report = load(path)
    assert report.territory_id == town
    assert report.counts["placeholders_closed"] == 1
    with database.owner.connect() as connection:
        names = connection.execute(
            sa.text("select distinct a.name from dwelling d join area a on a.id = d.area_id where d.territory_id = :t"),
            {"t": town},
        ).scalars()
        assert list(names) == ["West"]
        present = "select count(*) from area where territory_id = :t and upper_inf(valid)"
        assert connection.execute(sa.text(present), {"t": town}).scalar_one() == 2


def test_swapped_outlines_are_told_by_where_they_land(load, tmp_path):
    here = [[9.4, 47.0], [9.7, 47.0], [9.7, 47.3], [9.4, 47.3], [9.4, 47.0]]
    there = [[y, x] for x, y in here]
    alone = load(
        _geojson(tmp_path / "alone.geojson", ("440985", "Alone", there), stated=True), territory="Alone", dry_run=True
    )
    assert any("9.55° N, 47.15° E" in warning and "--swap-axes" in warning for warning in alone.warnings)
    load(_geojson(tmp_path / "known.geojson", ("440986", "Known", here), stated=True), territory="Known")
    swapped = _geojson(tmp_path / "swapped.geojson", ("440987", "Again", there), stated=True)
    with pytest.raises(UnknownCrsError, match="change places"):
        load(swapped, territory="Known")
    with pytest.raises(UnknownCrsError, match="change places"):
        load(swapped)
