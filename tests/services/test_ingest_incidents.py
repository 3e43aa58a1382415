"""Past reports in bulk: dirt is listed, places are told from placeholders, nothing is half loaded."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import resources
from uuid import uuid4

import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from services import ingest
from services.cases import Asked, act
from services.ingest import RejectedRowsError
from store.database.actor import Actor
from store.database.models import Area, Grid, GridVersion, Plan, Territory
from tests.api.town import build_town, lonlat

# the city's box: 19 by 16 kilometres
WEST, SOUTH, EAST, NORTH = -76.72, 39.19, -76.52, 39.38
SIDES = 10


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture
def load(database, town, tmp_path):
    def run(text, **options):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        with database.owner_work(Actor.system()) as work:
            return ingest.load_incidents(work, path, territory=town.territory, crs="wgs84", **options)

    return run


def rows(*places, at="2026-05-01T10:00:00Z"):
    key = f"k{uuid4().hex[:6]}"  # 12e345 would be refused as a number that a spreadsheet spoiled
    lines = [f"{key}{k},{at},Lamp,{lon},{lat}" for k, (lon, lat) in enumerate(places)]
    return "key,reported_at,item,lon,lat\n" + "\n".join(lines) + "\n"


HERE = lonlat(100, 100)


def test_rows_find_their_grid_and_those_without_a_place_are_kept_and_flagged(load, database):
    report = load(rows(HERE, (0, 0), ("", ""), (26, 61), lonlat(300, 100)))
    assert report.counts == {"inserted": 5, "known": 0, "not_located": 3}
    assert [(each.line, each.reason.split(":")[0]) for each in report.flagged] == [
        (3, "is a placeholder"), (5, "is a placeholder"), (4, "has no coordinates"),
    ]  # fmt: skip
    with database.work(Actor.system()) as work:
        found = work.session.execute(
            sa.text(
                "select g.code, i.locate_method, i.point is null as unplaced from incident i left join grid_version v"
                " on v.id = i.grid_version_id left join grid g on g.id = v.grid_id where i.channel = 'import' order by i.id"
            )
        ).all()
    assert [row.code and row.code[-1] for row in found] == ["1", None, None, None, "2"]
    assert [row.locate_method for row in found] == ["point", "none", "none", "none", "point"]
    assert [row.unplaced for row in found] == [False, True, True, True, False]


def test_loaded_reports_have_no_clock_before_somebody_takes_a_step_and_the_answer_says_so(load, database):
    report = load(rows(HERE))
    assert "Loaded reports have no clock: it begins with the first step that somebody takes on each." in report.warnings
    assert load(rows(HERE), dry_run=True).warnings == report.warnings
    with database.work(Actor.system()) as work:
        case = work.session.execute(
            sa.text("select month, id, no from incident where channel = 'import' order by id desc limit 1")
        ).one()
        count = sa.text("select count(*) from clock where incident_id = :id and ended_at is null")
        assert work.session.scalar(count, {"id": case.id}) == 0
    with database.work(Actor(None, "officer", frozenset({"intake_officer"}))) as work:
        asked = Asked(reason="theirs", outside_body="Water board")
        act(work, case.no, "refer", asked, revision=1, now=datetime.now(UTC))
    with database.work(Actor.system()) as work:
        assert work.session.scalar(count, {"id": case.id}) == 1


def test_numbers_of_persons_stay_out_of_what_is_kept_of_an_item(load, database):
    assert load(rows(HERE).replace("Lamp", "Lamp of 138 1234 5678")).counts["inserted"] == 1
    with database.work(Actor.system()) as work:
        for told in ("select item from incident", "select facts::text from transition"):
            found = " ".join(work.session.scalars(sa.text(told)))
            assert "Lamp of [phone]" in found
            assert "1234 5678" not in found


@pytest.mark.parametrize(
    "header",
    ["工单编号,登记时间,问题类型,经度,纬度", "案件编号,上报时间,事项名称,东经,北纬", "Ticket #,Opened,Problem type,Lng,Latitude",
     "service_request_id,requested_datetime,service_name,long,lat"],
)  # fmt: skip
def test_columns_are_known_by_the_names_that_other_systems_give_them(load, header):
    assert load(rows(HERE).replace("key,reported_at,item,lon,lat", header)).counts["inserted"] == 1


def test_swapped_rows_are_refused_with_the_fix_and_turned_round_on_request(load):
    places = [lonlat(100 + k, 100) for k in range(8)]
    text = rows(*places, (places[0][1], places[0][0]))
    with pytest.raises(RejectedRowsError) as caught:
        load(text)
    (problem,) = caught.value.report.rejected
    assert (problem.line, problem.reason) == (10, "longitude and latitude changed places")
    assert "--fix-swapped" in problem.remedy
    report = load(text, fix_swapped=True)
    assert (report.counts["inserted"], report.rejected) == (9, [])
    assert [(each.code, each.count) for each in report.findings] == [("swapped", 1)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"at": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}, "future"), ({"at": "1970-01-01T00:00:00Z"}, "1990"),
     ({"item": "La\x07mp"}, "control character U+0007"), ({"item": "=1+1"}, "formula"), ({"lon": "30"}, "outside")],
)  # fmt: skip
def test_row_that_makes_no_sense_is_refused_and_nothing_is_half_loaded(load, database, change, reason):
    row = {"key": "bad", "at": "2026-05-01T10:00:00Z", "item": "Lamp", "lon": HERE[0], "lat": HERE[1]} | change
    text = rows(HERE) + f"bad,{row['at']},{row['item']},{row['lon']},{row['lat']}\n"

    def count():
        with database.work(Actor.system()) as work:
            return work.session.scalar(sa.text("select count(*) from incident"))

    before = count()
    with pytest.raises(RejectedRowsError) as caught:
        load(text)
    (problem,) = caught.value.report.rejected
    assert problem.line == 3
    assert reason in problem.reason
    assert count() == before
    report = load(text, skip_rejected=True)
    assert (report.accepted, len(report.rejected)) == (1, 1)
    assert count() == before + 1


def test_what_happened_after_its_report_is_refused(load):
    text = (
        f"key,reported_at,occurred_at,item,lon,lat\nq,2026-05-01T10:00:00Z,2026-05-02T10:00:00Z,x,{HERE[0]},{HERE[1]}\n"
    )
    with pytest.raises(RejectedRowsError, match="after the report"):
        load(text)


# ---- Baltimore: 10,000 real rows -----------------------------------------------------------------------------------

ITEMS = {
    "SW-Rat Rubout Proactive": "0232", "SW-Bulk Scheduled": "0204", "TRS-Parking Complaint": "0221",
    "SW-Dirty Alley": "0201", "BGE-StLight(s) Out": "0104", "SW-Dirty Street Proactive": "0205",
    "SW-Dirty Street": "0205", "WW-Water Leak (Exterior)": "0120", "TRS-Abandoned Vehicle": "0223",
    "TRM-Pothole Repair": "0106", "WW-Water No Water": "0312", "TRS-48 Hour Parking Complaint": "0221",
    "SW-Mixed Refuse": "0201", "TRM-Pickup Pothole": "0106", "TRM-Snow/Icy Conditions": "0207",
}  # fmt: skip


@pytest.fixture(scope="module")
def baltimore(clone_database):
    """A territory of the whole city: one village with a hundred grids of two kilometres."""
    from store.database.engine import Database

    urls = clone_database()
    opened = Database(urls.app, urls.owner)
    outline = shapely.MultiPolygon([shapely.box(WEST, SOUTH, EAST, NORTH)])
    xs, ys = np.linspace(WEST, EAST, SIDES + 1), np.linspace(SOUTH, NORTH, SIDES + 1)
    with opened.work(Actor.system()) as work:
        session, territory, plan, area = work.session, uuid4(), uuid4(), uuid4()
        session.add(Territory(id=territory, name="Baltimore", outline=outline, metric_srid=32618))
        session.flush()
        session.add(
            Area(
                id=area, territory_id=territory, code="245100001001", kind="village", name="Baltimore", path="245100001001",
                area_code=245100001001, town_code=245100001000, county_code=245100000000, geom=outline,
            )
        )  # fmt: skip
        session.add(
            Plan(
                id=plan, territory_id=territory, kind="household", name="Squares", status="published", spec={},
                spec_digest="x", quality={}, basis="test", published_at=datetime(2014, 1, 1, tzinfo=UTC),
            )
        )  # fmt: skip
        session.flush()
        for k in range(SIDES * SIDES):
            column, row = k % SIDES, k // SIDES
            square = shapely.box(xs[column], ys[row], xs[column + 1], ys[row + 1])
            grid = Grid(id=uuid4(), territory_id=territory, kind="household", code=f"245100001001{k:03d}")
            session.add(grid)
            session.flush()
            session.add(
                GridVersion(
                    grid_id=grid.id, plan_id=plan, area_id=area, name=f"Square {k}", geom=shapely.MultiPolygon([square]),
                    label_point=square.centroid, households=1, dwellings=1, deviation=0.0, area_m2=4e6, compactness=0.8,
                )
            )  # fmt: skip
    yield opened, territory
    opened.dispose()


def test_baltimore_comes_in_with_its_dirt_listed_located_and_counted(baltimore, test_data, tmp_path):
    opened, territory = baltimore
    path = test_data / "incidents" / "baltimore_311_sample_2014_2019.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        raw = list(csv.DictReader(stream))
    placed = [(float(row["Longitude"]), float(row["Latitude"])) for row in raw if row["Latitude"]]
    holders = sum(place in {(-77.0, 39.0), (-76.0, 39.0)} for place in placed)
    empty = len(raw) - len(placed)
    inside = sum(WEST <= lon <= EAST and SOUTH <= lat <= NORTH for lon, lat in placed)
    mapping = {
        "key": "SRRecordID",
        "reported_at": "CreatedDate",
        "item": "SRType",
        "lon": "Longitude",
        "lat": "Latitude",
    }
    options = {"territory": territory, "crs": "wgs84", "mapping": mapping, "timezone": "America/New_York"}
    items = tmp_path / "items.csv"
    items.write_text("words,code\n" + "".join(f"{words},{code}\n" for words, code in ITEMS.items()), encoding="utf-8")
    with opened.work(Actor.system()) as work:
        with resources.as_file(resources.files("casework") / "open_catalogue.csv") as catalogue:
            ingest.load_catalogue(work, catalogue, territory=territory)
        report = ingest.load_incidents(work, path, **options, skip_rejected=True, items=items)
    repeats = sum("repeats" in problem.reason for problem in report.rejected)
    reasons = Counter(problem.reason.split(":")[0] for problem in report.flagged)
    assert reasons["is a placeholder"] == pytest.approx(holders, abs=repeats)
    assert reasons["has no coordinates"] == pytest.approx(empty, abs=repeats)
    assert report.counts["not_located"] == sum(reasons.values())
    assert report.accepted + len(report.rejected) == 10_000
    assert all(problem.line and problem.reason and problem.remedy for problem in report.rejected)
    by_words = Counter(row["SRType"] for row in raw)
    # the catalogue knows some words by itself
    assert report.counts["with_item"] > sum(by_words[words] for words in ITEMS) - 300
    assert report.tallies["items"]["0232"] == pytest.approx(by_words["SW-Rat Rubout Proactive"], abs=50)
    assert set(report.tallies["items"]) >= set(report.names) > set()
    assert not any(code in name for code, name in report.names.items())
    assert sum(report.tallies["months"].values()) == report.accepted
    assert sum(report.tallies["areas"].values()) == report.accepted
    assert report.tallies["areas"]["Baltimore"] == pytest.approx(inside, abs=repeats)
    assert any(finding.code == "no-item" for finding in report.findings)
    with opened.work(Actor.system()) as work:
        located, grids, first, last = work.session.execute(
            sa.text(
                "select count(grid_version_id), count(distinct grid_version_id), min(reported_at), max(reported_at)"
                " from incident where territory_id = :t"
            ),
            {"t": territory},
        ).one()
        again = ingest.load_incidents(work, path, **options, skip_rejected=True)
    assert located == pytest.approx(inside, abs=repeats)
    assert located > 8300
    assert grids > 70
    assert (first.year, last.year) == (2014, 2019)
    assert (again.counts["inserted"], again.counts["known"]) == (0, report.accepted)
