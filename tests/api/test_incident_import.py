"""Past reports as a file over HTTP: a job, all rows or none."""

from __future__ import annotations

import threading
from importlib import resources
from uuid import UUID, uuid4

import pytest

from services import ingest, jobs
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat

URL = "/api/v1/incidents/import"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def table(*rows):
    lines = [f"{uuid4().hex},2026-05-0{k + 1}T10:00:00Z,{item},{lon},{lat}" for k, (item, lon, lat) in enumerate(rows)]
    return "编号,上报时间,事项,经度,纬度\n" + "\n".join(lines) + "\n"


def send(client, text, name="cases.csv", **fields):
    return client.post(URL, files={"file": (name, text.encode("gb18030"))}, data={"crs": "wgs84", **fields})


def finished(client, database, answer):
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]["id"]
    jobs.run_job(database, UUID(job), 0, threading.Event())
    return client.get(f"/api/v1/jobs/{job}").json()["job"]


def test_table_of_an_office_comes_in_as_a_job(client, database, town):
    job = finished(client, database, send(client, table(("路灯不亮", *lonlat(100, 100)), ("积水", 0, 0))))
    assert job["state"] == "succeeded", job
    assert (job["result"]["counts"]["inserted"], job["result"]["counts"]["not_located"]) == (2, 1)
    assert job["result"]["tallies"]["items"] == {"路灯不亮": 1, "积水": 1}
    found = client.get("/api/v1/incidents").json()["incidents"]
    assert {(each["item"], each["lon"] is None) for each in found} == {("路灯不亮", False), ("积水", True)}


def test_refused_rows_are_listed_and_nothing_is_saved(client, database, town):
    before = len(client.get("/api/v1/incidents").json()["incidents"])
    text = table(("Lamp", *lonlat(100, 100)), ("Lamp", 30.1234, 60.5))
    job = finished(client, database, send(client, text))
    assert (job["state"], job["problem"]["code"]) == ("failed", "rejected-rows")
    (row,) = job["problem"]["rejected"]
    assert (row["line"], "outside the territory" in row["reason"]) == (3, True)
    assert len(client.get("/api/v1/incidents").json()["incidents"]) == before


def test_dry_run_lists_the_dirt_and_what_is_to_be_matched(client, database, town):
    before = len(client.get("/api/v1/incidents").json()["incidents"])
    lon, lat = lonlat(100, 100)
    text = table(("Qualm", lon, lat), ("Qualm", 0, 0), ("积水", lat, lon))
    job = finished(client, database, send(client, text, dry_run="true", skip_rejected="true"))
    found = job["result"]
    assert (found["dry_run"], found["accepted"], found["rejected_rows"], found["flagged_rows"]) == (True, 2, 1, 1)
    assert found["header"] == ["编号", "上报时间", "事项", "经度", "纬度"]
    assert (found["columns"]["key"], found["columns"]["lon"]) == ("编号", "经度")
    assert [(each["line"], each["reason"]) for each in found["rejected"]] == [
        (4, "longitude and latitude changed places")
    ]
    assert sum(found["tallies"]["areas"].values()) == 2
    assert len(client.get("/api/v1/incidents").json()["incidents"]) == before


def test_words_of_a_file_are_matched_with_items_of_the_catalogue(client, database, town):
    with database.work(Actor.system()) as work:
        path = resources.files("casework") / "open_catalogue.csv"
        with resources.as_file(path) as catalogue:
            ingest.load_catalogue(work, catalogue, territory=town.territory)
    text = table(("Qualm", *lonlat(100, 100)), ("Sonstiges", *lonlat(120, 100)))
    tried = finished(client, database, send(client, text, dry_run="true"))["result"]
    assert tried["unmatched"] == {"Sonstiges": 1, "Qualm": 1}
    job = finished(client, database, send(client, text, items='{"qualm": "0104"}'))
    assert (job["result"]["counts"]["with_item"], job["result"]["unmatched"]) == (1, {"Sonstiges": 1})
    assert job["result"]["tallies"]["items"] == {"0104": 1, "Sonstiges": 1}


def test_table_without_a_column_says_which_it_has(client, database, town):
    job = finished(client, database, send(client, "nr,when,what\n1,2026-05-01T10:00:00Z,x\n"))
    assert job["problem"]["columns"] == ["nr", "when", "what"]
    # the file is called as it was sent, not by where it lay on the server
    assert job["problem"]["detail"].startswith("cases.csv has no column")
    assert "key" in job["problem"]["missing"]


def test_broken_workbook_is_told_by_its_own_name(client, database, town):
    job = finished(client, database, send(client, "no workbook", name="周报.xlsx"))
    assert job["state"] == "failed"
    assert job["problem"]["detail"].startswith("周报.xlsx is not a readable workbook")
    assert "/tmp" not in str(job["problem"])


@pytest.mark.parametrize(("name", "fields"), [("cases.exe", {}), ("cases.csv", {"mapping": "[]"}),
                                              ("cases.csv", {"mapping": "{"}), ("cases.csv", {"items": "3"})])  # fmt: skip
def test_what_is_no_table_is_refused_at_once(client, town, name, fields):
    assert send(client, table(), name=name, **fields).status_code == 422


def test_import_is_for_whole_territories(app, make_account, town):
    token = make_account("planner", area_path="990101001.990101001001")
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        assert send(client, table(("Lamp", *lonlat(100, 100)))).status_code == 403
