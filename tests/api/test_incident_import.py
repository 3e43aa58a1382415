"""Past reports as a file over HTTP: a job, all rows or none."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest

from services import jobs
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


@pytest.mark.parametrize(("name", "fields"), [("cases.exe", {}), ("cases.csv", {"mapping": "[]"}),
                                              ("cases.csv", {"mapping": "{"})])  # fmt: skip
def test_what_is_no_table_is_refused_at_once(client, town, name, fields):
    assert send(client, table(), name=name, **fields).status_code == 422


def test_import_is_for_whole_territories(app, make_account, town):
    token = make_account("planner", area_path="990101001.990101001001")
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        assert send(client, table(("Lamp", *lonlat(100, 100)))).status_code == 403
