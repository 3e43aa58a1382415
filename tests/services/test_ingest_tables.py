"""Tables become rows, or nothing at all: every refused row has its line, column, reason and remedy."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa

from gis import crs
from gis.errors import InvalidInputError, UnknownCrsError
from services import ingest
from services.ingest import RejectedRowsError
from store.database.actor import Actor

SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><bounds minlat="60.0" minlon="25.0" maxlat="60.01" maxlon="25.01"/>
<node id="1" version="1" lat="60.001" lon="25.001"/><node id="2" version="1" lat="60.001" lon="25.0015"/>
<node id="3" version="1" lat="60.0012" lon="25.0015"/><node id="4" version="1" lat="60.0012" lon="25.001"/>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="building" v="apartments"/><tag k="building:levels" v="4"/></way>
</osm>
"""


@pytest.fixture(scope="module")
def town(database, tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "town.osm"
    path.write_text(SMALL, encoding="utf-8")
    with database.owner_work(Actor.system()) as work:
        return ingest.load_osm(work, path, territory="Town").territory_id


@pytest.fixture
def load(database, town, tmp_path):
    def run(loader, text, name="table.csv", encoding="utf-8", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        with database.owner_work(Actor.system()) as work:
            return loader(work, path, territory=town, **options)

    return run


@pytest.fixture
def one(database):
    def ask(statement, **values):
        with database.owner.connect() as connection:
            return connection.execute(sa.text(statement), values).scalar_one()

    return ask


def test_roster_in_gbk_keeps_numbers_names_posts_and_names_the_rest(load, one):
    text = "工号,姓名,岗位,村,年龄\nA-01,王芳,网格长,Town,41\nA-02,李娜,副网格长,Town,39\n"
    report = load(ingest.load_staff, text, encoding="gbk")
    assert (report.encoding, report.encoding_guessed, report.accepted) == ("gbk", True, 2)
    assert any("年龄" in warning for warning in report.warnings)
    assert one("select name from staff where work_no = 'A-01'") == "王芳"
    assert one("select count(*) from staff s join area a on a.id = s.area_id where work_no like 'A-%'") == 2


def test_roster_with_identity_numbers_is_refused_whole(load, one):
    text = "work_no,name,身份证号\nB-01,Somebody,110101199003070000\n"
    with pytest.raises(InvalidInputError, match="身份证号"):
        load(ingest.load_staff, text)
    hidden = "work_no,name,remark\nB-01,Somebody,110101199003071234\n"
    with pytest.raises(InvalidInputError, match="remark"):
        load(ingest.load_staff, hidden)
    assert one("select count(*) from staff where work_no = 'B-01'") == 0


def test_loading_a_roster_twice_updates_instead_of_doubling(load, one):
    load(ingest.load_staff, "work_no,name,post\nC-1,Ann,head\nC-2,Ben,head\n")
    report = load(ingest.load_staff, "work_no,name,post\nC-1,Ann,head\nC-2,Ben,deputy\nC-3,Cid,head\n")
    assert (report.counts["inserted"], report.counts["updated"]) == (1, 1)
    assert one("select revision from staff where work_no = 'C-2'") == 2


def test_bad_rows_stop_the_load_with_line_column_reason_and_remedy(load, one):
    rows = [f"D{i},{i % 4},25.00{i % 9 + 1},60.005" for i in range(10_000)]
    for bad in range(0, 10_000, 100):
        rows[bad] = f"D{bad},many,25.001,60.005"
    text = "door_code,households,lon,lat\n" + "\n".join(rows)
    with pytest.raises(RejectedRowsError) as caught:
        load(ingest.load_dwellings, text, crs="wgs84")
    report = caught.value.report
    assert len(report.rejected) == 100
    first = report.rejected[0]
    assert (first.line, first.column, first.value) == (2, "households", "many")
    assert "number" in first.reason
    assert first.remedy
    assert one("select count(*) from dwelling where door_code like 'D%'") == 0


def test_good_rows_alone_are_loaded_when_asked(load, one):
    text = "door_code,households,lon,lat\nE1,3,25.001,60.005\nE2,x,25.001,60.005\nE3,4,25.002,60.005\n"
    report = load(ingest.load_dwellings, text, crs="wgs84", skip_rejected=True)
    assert (report.accepted, len(report.rejected)) == (2, 1)
    assert one("select sum(households) from dwelling where door_code like 'E%'") == 7


def test_dry_run_of_a_table_saves_nothing(load, one):
    text = "door_code,households,lon,lat\nF1,3,25.001,60.005\n"
    report = load(ingest.load_dwellings, text, crs="wgs84", dry_run=True)
    assert report.accepted == 1
    assert one("select count(*) from dwelling where door_code = 'F1'") == 0


def test_coordinates_without_a_declared_crs_are_refused(load):
    with pytest.raises(UnknownCrsError, match="--crs"):
        load(ingest.load_dwellings, "door_code,lon,lat\nG1,25.001,60.005\n")


def test_swapped_axes_are_asked_about_and_then_obeyed(load, one):
    text = "door_code,lon,lat\nH1,60.005,25.001\nH2,60.006,25.002\n"
    with pytest.raises(UnknownCrsError, match="swap") as caught:
        load(ingest.load_dwellings, text, crs="wgs84")
    assert caught.value.fields["suggestion"] == "swap"
    load(ingest.load_dwellings, text, crs="wgs84", swap_axes=True)
    assert one("select round(st_x(point)::numeric, 3)::float from dwelling where door_code = 'H1'") == 25.001


def test_rows_outside_the_earth_and_outside_the_territory_are_refused(load):
    text = "door_code,lon,lat\nI1,25.001,60.005\nI2,25.001,160.0\nI3,24.0,60.005\nI4,,\n"
    with pytest.raises(RejectedRowsError) as caught:
        load(ingest.load_dwellings, text, crs="wgs84")
    reasons = {problem.line: problem.reason for problem in caught.value.report.rejected}
    assert "outside the earth" in reasons[3]
    assert "outside the territory" in reasons[4]
    assert "no coordinates" in reasons[5]


def test_camera_codes_stay_text_and_scientific_notation_is_refused(load, one):
    head = "国标编码,lon,lat,方位角,类型\n"
    load(ingest.load_cameras, head + "34020000001320000001,25.001,60.005,东北,枪机\n", crs="wgs84")
    assert one("select gb28181_id from camera where azimuth = 45") == "34020000001320000001"
    with pytest.raises(RejectedRowsError) as caught:
        load(ingest.load_cameras, head + "3.2E+19,25.001,60.005,0,枪机\n", crs="wgs84")
    problem = caught.value.report.rejected[0]
    assert "scientific notation" in problem.reason
    assert "text" in problem.remedy


def test_camera_status_keeps_periods(load, one):
    load(ingest.load_cameras, "ref,lon,lat\nP1,25.001,60.005\nP2,25.002,60.005\n", crs="wgs84")
    head = "camera,online,at\n"
    load(ingest.load_camera_status, head + "P1,yes,2026-05-01T00:00:00Z\nP2,yes,2026-05-01T00:00:00Z\n")
    report = load(ingest.load_camera_status, head + "P1,离线,2026-05-03T00:00:00Z\nP2,在线,2026-05-03T00:00:00Z\n")
    assert report.counts == {"periods": 1, "changed": 1}
    assert one("select count(*) from camera_status") == 3
    assert one("select online from camera where source_ref = 'P1'") is False


def test_units_and_components_hang_together(load, one):
    load(ingest.load_units, "code,name,parent\nU1,City management,\nU2,Street lights,U1\n")
    assert one("select p.code from unit u join unit p on p.id = u.parent_id where u.code = 'U2'") == "U1"
    text = "code16,kind,owner_unit,lon,lat\n9900010203000001,street lamp,U2,25.001,60.005\n"
    load(ingest.load_components, text, crs="wgs84")
    with pytest.raises(RejectedRowsError) as caught:
        load(ingest.load_components, text.replace("U2", "U9").replace("00001,", "00002,"), crs="wgs84")
    assert "unit" in caught.value.report.rejected[0].reason


def test_incidents_load_once_and_fall_into_their_month(load, one):
    text = (
        "key,reported_at,item,severity,lon,lat,accuracy_m,description\n"
        "k1,2026-05-31T23:30:00+08:00,Pothole,minor,25.001,60.005,5,demo\n"
        "k2,2026-06-01T09:00:00+08:00,Leak,critical,25.002,60.005,,demo\n"
    )
    assert load(ingest.load_incidents, text, crs="wgs84").counts == {"inserted": 2, "known": 0}
    assert load(ingest.load_incidents, text, crs="wgs84").counts == {"inserted": 0, "known": 2}
    assert str(one("select min(month) from incident")) == "2026-05-01"
    assert one("select count(distinct no) from incident") == 2
    assert one("select count(*) from transition where action = 'register' and digest <> ''") == 2


def test_incidents_fall_into_the_local_month_and_lose_telephone_numbers(load, one):
    text = (
        "key,reported_at,item,lon,lat,description\n"
        "z1,2026-07-31 23:30,Leak,25.001,60.005,请联系13812345678\n"
        "z2,2026-08-01 00:30,Leak,25.001,60.005,x\n"
    )
    load(ingest.load_incidents, text, crs="wgs84", timezone="Asia/Shanghai")
    assert one("select count(*) from incident where month = '2026-08-01' and no like '2026-08-%'") == 1
    assert one("select description from incident where no like '2026-07-%'") == "请联系[phone]"
    with pytest.raises(InvalidInputError, match="Atlantis"):
        load(ingest.load_incidents, text, crs="wgs84", timezone="Europe/Atlantis")


def test_unknown_map_field_and_missing_column_are_named(load):
    with pytest.raises(InvalidInputError, match="work_no"):
        load(ingest.load_staff, "number,who\n1,Ann\n")
    with pytest.raises(InvalidInputError, match="no field 'age'"):
        load(ingest.load_staff, "number,who\n1,Ann\n", mapping={"age": "who"})
    report = load(ingest.load_staff, "number,who\nM-1,Ann\n", mapping={"work_no": "number", "name": "who"})
    assert report.accepted == 1


def test_missing_coordinate_columns_are_named_once_not_row_by_row(load):
    with pytest.raises(InvalidInputError, match="--map lat=COLUMN") as caught:
        load(ingest.load_dwellings, "door_code,lon,breite\nO1,25.001,60.005\n", crs="wgs84")
    assert not isinstance(caught.value, RejectedRowsError)


def test_counted_dwellings_can_take_the_place_of_estimates(load, one):
    text = "door_code,households,lon,lat\nN1,30,25.001,60.005\n"
    kept = load(ingest.load_dwellings, text, crs="wgs84", dry_run=False)
    assert any("--replace-estimates" in warning for warning in kept.warnings)
    report = load(ingest.load_dwellings, text, crs="wgs84", replace_estimates=True)
    assert report.counts["estimates_removed"] >= 1
    assert one("select bool_or(estimated) from dwelling where territory_id = :t", t=report.territory_id) is False


STREETS = """<osm version="0.6"><bounds minlat="28.28" minlon="117.19" maxlat="28.32" maxlon="117.25"/>
<node id="1" version="1" lat="28.30" lon="117.20"/><node id="2" version="1" lat="28.30" lon="117.24"/>
<node id="3" version="1" lat="28.285" lon="117.22"/><node id="4" version="1" lat="28.315" lon="117.22"/>
<node id="5" version="1" lat="28.301" lon="117.201"/><node id="6" version="1" lat="28.301" lon="117.202"/>
<node id="7" version="1" lat="28.302" lon="117.202"/>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="11" version="1"><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/></way>
<way id="12" version="1"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="5"/><tag k="building" v="apartments"/></way>
</osm>
"""


@pytest.fixture
def guixi(database, tmp_path):
    path = tmp_path / "guixi.osm"
    path.write_text(STREETS, encoding="utf-8")
    with database.owner_work(Actor.system()) as work:
        return ingest.load_osm(work, path, territory="Guixi").territory_id


def _cameras(lonlat):
    return "ref,lon,lat\n" + "".join(f"C{i},{lon:.7f},{lat:.7f}\n" for i, (lon, lat) in enumerate(lonlat))


def test_gcj02_declared_wgs84_is_suspected_near_known_streets(database, guixi, tmp_path):
    true = np.column_stack([np.linspace(117.205, 117.235, 40), np.full(40, 28.30005)])
    path = tmp_path / "cameras.csv"
    for lonlat, declared, suspected in (
        (crs.wgs84_to_gcj02(true), "wgs84", True),
        (crs.wgs84_to_gcj02(true), "gcj02", False),
        (crs.gcj02_to_bd09(crs.wgs84_to_gcj02(true)), "bd09", False),
        (true, "wgs84", False),
    ):
        path.write_text(_cameras(lonlat), encoding="utf-8")
        with database.owner_work(Actor.system()) as work:
            report = ingest.load_cameras(work, path, territory=guixi, crs=declared)
        assert any("GCJ-02" in warning for warning in report.warnings) is suspected, declared
    with database.owner.connect() as connection:
        stored = connection.execute(
            sa.text("select st_x(point), st_y(point) from camera where territory_id = :t order by 1"), {"t": guixi}
        ).all()
    assert np.abs(np.array([tuple(row) for row in stored]) - true).max() * 111_320 < 0.1


def test_zone_prefixed_eastings_are_asked_about_and_then_obeyed(database, guixi, tmp_path):
    true = np.array([[117.21, 28.30], [117.22, 28.305]])
    path = tmp_path / "zoned.csv"
    path.write_text(_cameras(crs.transform_xy(true, 4326, 4527)), encoding="utf-8")
    for declared in ("wgs84", "EPSG:4548"):
        with pytest.raises(UnknownCrsError) as caught, database.owner_work(Actor.system()) as work:
            ingest.load_cameras(work, path, territory=guixi, crs=declared)
        assert caught.value.fields["suggestion"] == "EPSG:4527"
    with database.owner_work(Actor.system()) as work:
        assert ingest.load_cameras(work, path, territory=guixi, crs="EPSG:4527").accepted == 2


EMPTY_TABLES = {
    ingest.load_dwellings: "door_code,lon,lat\n",
    ingest.load_cameras: "ref,lon,lat\n",
    ingest.load_components: "code16,kind,lon,lat\n",
    ingest.load_staff: "work_no,name,lon,lat\n",
    ingest.load_units: "code,name\n",
    ingest.load_camera_status: "camera,online,at\n",
    ingest.load_incidents: "key,reported_at,item,lon,lat\n\n , ,\n",
}


@pytest.mark.parametrize("loader", EMPTY_TABLES, ids=lambda loader: loader.__name__)
def test_a_table_without_rows_is_refused_plainly(load, loader):
    with pytest.raises(InvalidInputError, match=r"table\.csv holds no rows"):
        load(loader, EMPTY_TABLES[loader], crs="wgs84")


def test_a_number_beyond_all_numbers_is_a_refused_row(load):
    text = (
        "ref,lon,lat,azimuth,height_m\nINF1,25.001,60.005,1e999,3\nINF2,1e999,60.005,10,3\nINF3,25.001,60.005,10,nan\n"
    )
    with pytest.raises(RejectedRowsError) as caught:
        load(ingest.load_cameras, text, crs="wgs84")
    refused = [(problem.line, problem.column, problem.value) for problem in caught.value.report.rejected]
    assert refused == [(2, "azimuth", "1e999"), (3, "lon", "1e999"), (4, "height_m", "nan")]


def test_a_coordinate_that_no_point_of_its_system_has_is_said_to_be_one(load):
    east, north = crs.transform_xy([[25.001, 60.005]], 4326, 32635)[0]
    good = "".join(f"CRS{row},{east:.2f},{north:.2f}\n" for row in range(20))
    with pytest.raises(RejectedRowsError) as caught:
        load(ingest.load_dwellings, f"door_code,lon,lat\n{good}CRSX,1e30,{north:.2f}\n", crs="EPSG:32635")
    (problem,) = caught.value.report.rejected
    assert (problem.line, problem.column) == (22, "lon")
    assert "EPSG:32635" in problem.reason
    assert "territory" not in problem.reason
