"""`gridward area` as typed: from draft to force, and a hundred communities that become 72 streets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely

from api.app import create_app
from gis.crs import to_lonlat
from services.settings import Settings
from tests.api.conftest import Client

SRID, EAST, NORTH, SIDE = 32635, 385000.0, 6671000.0, 3600.0
TODAY = datetime.now(UTC).date()
DAY = TODAY.isoformat()
BEFORE = (TODAY - timedelta(days=1)).isoformat()


def tiles(across: int, up: int) -> list[shapely.Polygon]:
    """A square of `SIDE` metres cut into rectangles, metric."""
    x, y = np.linspace(0, SIDE, across + 1) + EAST, np.linspace(0, SIDE, up + 1) + NORTH
    return [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for j in range(up) for i in range(across)]


COMMUNITIES, STREETS = tiles(10, 10), tiles(8, 9)
COMMUNITY_CODES = [f"990102{1 + k // 50:03d}{1 + k % 50:03d}" for k in range(100)]
TOWN_CODES, TOWNS = ["990102001", "990102002"], tiles(1, 2)
STREET_CODES = [f"990102{101 + k:03d}" for k in range(72)]


def layer(path, codes, shapes, kind):
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"{kind} {code[-6:]}", "kind": kind},
            "geometry": shapely.geometry.mapping(to_lonlat(shape, SRID)),
        }
        for code, shape in zip(codes, shapes, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("areas")
    rng = np.random.default_rng(7)
    xy = rng.uniform(0, SIDE, (3000, 2)) + np.array([EAST, NORTH])
    households = rng.integers(1, 30, len(xy))
    lonlat = shapely.get_coordinates(to_lonlat(shapely.points(xy), SRID))
    rows = [
        f"D{k:05d},Road {k},{count},{lon:.9f},{lat:.9f}"
        for k, (count, (lon, lat)) in enumerate(zip(households, lonlat, strict=True))
    ]
    doors = folder / "doors.csv"
    doors.write_text("\n".join(["door_code,address,households,lon,lat", *rows]))
    return {
        "folder": folder,
        "county": layer(folder / "county.geojson", ["990102"], tiles(1, 1), "county"),
        "towns": layer(folder / "towns.geojson", TOWN_CODES, TOWNS, "town"),
        "communities": layer(folder / "communities.geojson", COMMUNITY_CODES, COMMUNITIES, "community"),
        "streets": layer(folder / "streets.geojson", STREET_CODES, STREETS, "street"),
        "doors": doors,
        "points": shapely.points(xy),
        "households": households,
    }


@pytest.fixture
def run(gridward):
    """Function that runs a command to its end and returns what --json told."""

    def call(*words):
        code, out, err = gridward(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    return call


@pytest.fixture
def county(run, files):
    if run("area", "list") == []:
        for name in ("county", "towns", "communities"):
            run("load", "areas", files[name], "--territory", "Old County", "--crs", "wgs84")
        run("load", "dwellings", files["doors"], "--crs", "wgs84")


def held(files, shapes):
    """Households by shape, counted by the plain way."""
    return [int(files["households"][shapely.intersects(shape, files["points"])].sum()) for shape in shapes]


def test_bad_input_is_told_and_nothing_is_kept(gridward, run, county, files, tmp_path):
    half = layer(tmp_path / "half.geojson", STREET_CODES[:8], STREETS[:8], "street")
    change = ("area", "change", half, "--name", "Half", "--crs", "wgs84", "--replaces", "village, town")
    code, _, err = gridward(*change)
    assert (code, "in no new area" in err) == (2, True)
    change = ("area", "change", files["streets"], "--name", "Twice", "--crs", "wgs84")
    code, _, err = gridward(*change, "--replaces", "community")
    assert (code, "town 102001 (990102001), town 102002 (990102002) of the same kind" in err) == (2, True), err
    assert "replace that kind too: village, town" in err
    code, _, err = gridward(*change, "--replaces", "planet")
    assert (code, "'planet' is no kind of area" in err) == (2, True)
    code, _, err = gridward("area", "change", files["streets"], "--name", "At once", "--crs", "wgs84", "--publish")
    assert (code, "second person" in err) == (2, True)
    code, _, err = gridward("area", "publish", "Nobody's", "--basis", "x")
    assert (code, "no change set 'Nobody's'" in err) == (2, True)
    assert run("area", "changes") == []


def test_a_hundred_communities_become_72_streets(gridward, run, county, files, settings_of_cli):
    change = ("area", "change", files["streets"], "--name", "Decision 72", "--effective", DAY, "--crs", "wgs84",
              "--replaces", "Communities", "--replaces", "街道")  # fmt: skip
    dry = run(*change, "--dry-run")
    assert (dry["change_set"], dry["counts"]["areas_ended"], dry["counts"]["areas_new"]) == (None, 102, 72)
    made = run(*change)
    assert made["status"] == "draft"
    assert "draft" in gridward("area", "changes")[1]
    assert len(run("area", "list")) == 103
    assert run("area", "review", "Decision 72", "--note", "please")["status"] == "review"
    assert run("area", "comment", "Decision 72", "Good.", "--area", STREET_CODES[0])["text"] == "Good."
    assert run("area", "send-back", "Decision 72", "--reason", "again")["status"] == "draft"
    assert run("area", "redraw", "Decision 72", files["streets"], "--crs", "wgs84")["counts"]["areas_new"] == 72
    assert run("area", "review", made["change_set"])["status"] == "review"
    assert run("area", "approve", "Decision 72")["status"] == "review"
    code, _, err = gridward("area", "publish", "Decision 72")
    assert (code, "rests on" in err) == (2, True)
    done = run("area", "publish", "Decision 72", "--on", DAY, "--basis", "Council 72")
    assert (done["status"], done["effective_on"], done["figures"]["households_lost"]) == ("published", DAY, 0)
    shown = gridward("area", "show", "Decision 72")[1]
    assert "102 areas end, 72 begin" in shown
    assert "send_back" in shown
    assert [len(run("area", "list", "--at", day)) for day in (BEFORE, DAY)] == [103, 73]
    rows = run("area", "lineage", "Decision 72")
    shares = {code: sum(row["area_share"] for row in rows if row["from_code"] == code) for code in COMMUNITY_CODES}
    assert list(shares.values()) == pytest.approx([1.0] * 100)
    _restate_both_ways(run, files)
    _restate_over_http(files, settings_of_cli)


@pytest.fixture
def settings_of_cli(database_urls, tmp_path):
    return Settings.read(
        home=tmp_path, database_url=database_urls.app, database_owner_url=database_urls.owner, jobs_in_server=False
    )


def _restate_both_ways(run, files):
    """Figures counted by place are exact on either set; totals by community add up on streets, and back."""
    total = int(files["households"].sum())
    for on, at, codes, shapes in (
        ("areas:town", DAY, STREET_CODES, STREETS), ("areas:village", BEFORE, COMMUNITY_CODES, COMMUNITIES),
    ):  # fmt: skip
        told = run("plan", "restate", "--on", on, "--at", at)
        assert {row["code"]: row["value"] for row in told["rows"]} == dict(zip(codes, held(files, shapes), strict=True))
        assert (told["total"], told["outside"]) == (total, 0)
    totals = files["folder"] / "old.csv"
    old = held(files, COMMUNITIES)
    totals.write_text("\n".join(f"{code},{value}" for code, value in zip(COMMUNITY_CODES, old, strict=True)))
    there = run(
        "plan", "restate", "--of", "areas:village", "--of-at", BEFORE, "--totals", totals, "--on", "areas:town",
        "--at", DAY,
    )  # fmt: skip
    assert {row["method"] for row in there["rows"]} == {"apportioned"}
    # carried by households, what was households comes out as counted
    assert [row["value"] for row in there["rows"]] == pytest.approx(held(files, STREETS))
    new = files["folder"] / "new.csv"
    new.write_text("\n".join(f"{row['code']},{row['value']}" for row in there["rows"]))
    back = run(
        "plan", "restate", "--of", "areas:town", "--of-at", DAY, "--totals", new, "--on", "areas:village", "--at",
        BEFORE,
    )  # fmt: skip
    assert [row["value"] for row in back["rows"]] == pytest.approx(old)


def _restate_over_http(files, settings):
    from services import access
    from store.database.actor import Actor

    app = create_app(settings)
    with app.state.wiring.database.work(Actor.system()) as work:
        access.create_account(work, "analyst", roles=("analyst",))
        token = access.issue_token(work, "analyst", label="test", now=datetime.now(UTC))
    even = dict.fromkeys(COMMUNITY_CODES, 72.0)
    asked = {"of": "areas:village", "of_at": BEFORE, "on": "areas:town", "at": DAY, "totals": even, "by": "area"}
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        carried = client.post("/api/v1/statistics/restate", json=asked).json()
        counted = client.get("/api/v1/statistics", params={"on": "areas:town", "at": DAY}).json()
    app.state.wiring.database.dispose()
    # every community has the same ground and the same total, so every street gets an equal part
    assert [row["value"] for row in carried["rows"]] == pytest.approx([100.0] * 72)
    assert carried["total"] == pytest.approx(7200)
    assert [row["value"] for row in counted["rows"]] == held(files, STREETS)


def test_a_change_to_come_is_withdrawn_and_one_person_may_where_settings_let_them(
    gridward, run, county, files, monkeypatch, tmp_path
):
    soon = (TODAY + timedelta(days=20)).isoformat()
    north = layer(tmp_path / "north.geojson", STREET_CODES[-8:], STREETS[-8:], "street")
    monkeypatch.setenv("GRIDWARD_PUBLISH_ALONE", "true")
    change = ("area", "change", north, "--crs", "wgs84", "--effective", soon, "--basis", "Council 73", "--publish")
    made = run(*change, "--name", "Decision 73")
    assert made["status"] == "scheduled"
    sooner = (TODAY + timedelta(days=5)).isoformat()
    for day, told in ((sooner, "by 'Decision 73'"), (soon, f"began on {soon}")):
        code, _, err = gridward(*change, "--name", "Decision 74", "--effective", day)
        assert (code, told in err) == (2, True), err
    assert run("area", "withdraw", "Decision 73", "--reason", "not yet")["status"] == "review"
    assert run("area", "recall", "Decision 73")["status"] == "draft"
    assert run("area", "delete", "Decision 73")["deleted"] is True
    assert [each["name"] for each in run("area", "changes")] == ["Decision 72"]
