"""What an account has no right to stands in no file that it is handed, PDFs included, and in no event that it hears."""

from __future__ import annotations

import io
import sqlite3
import threading
import time
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from services import access
from services.coverage import run_coverage
from services.jobs import run_job
from store.database.actor import Actor
from store.database.models import Camera, JobProgress
from tests.api.conftest import Client
from tests.api.pdf_text import pdf_text
from tests.api.test_tile_export import tiles_of
from tests.api.town import build_town, lonlat

CONTACT = "13812345678"
FORMATS = ("pdf", "csv", "html", "xlsx", "gpkg")


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database)
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
    return town


@pytest.fixture(scope="module")
def secrets_of_cameras(database, town):
    """Codes and references by which the cameras are reached on their network."""
    with database.work(Actor.system()) as work:
        rows = work.session.execute(sa.select(Camera.gb28181_id, Camera.source_ref)).all()
    return {value for row in rows for value in row if value}


@pytest.fixture(scope="module")
def keys(database, town):
    """A token of an account with every right, and one of an account that may export and nothing else beside its roles."""
    found = {}
    with database.work(Actor.system()) as work:
        for name, rights in (("knows", ("camera_network", "reporter_contact")), ("plain", ())):
            roles = ["analyst", "planner", "dispatcher", "intake_officer", "shift_leader", "export", *rights]
            access.create_account(work, name, roles=roles)
            found[name] = access.issue_token(work, name, label="test", now=datetime.now(UTC))
    return found


@pytest.fixture
def by(app, keys):
    opened = {name: Client(app, headers={"Authorization": f"Bearer {key}"}) for name, key in keys.items()}
    yield opened
    for client in opened.values():
        client.close()


def words(content: bytes, form: str) -> str:
    """Everything that a file tells: its text, that of its packed parts, every value of its tables."""
    if form == "pdf":
        return pdf_text(content)
    if form in {"xlsx", "shp"}:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "\n".join(parts.read(name).decode("utf-8", errors="replace") for name in parts.namelist())
    if form == "gpkg":
        database = sqlite3.connect(":memory:")
        database.deserialize(content)
        # indexes of geometries ask for functions that are not here, and hold numbers only
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        plain = [name for name in tables if not name.startswith("rtree_")]
        return "\n".join(str(row) for name in plain for row in database.execute(f'select * from "{name}"'))
    if form == "pmtiles":
        return b"".join(tiles_of(content).values()).decode("utf-8", errors="replace")
    return content.decode()


def kept_report(client, database, town, name: str, form: str, title: str) -> bytes:
    """Have a report written, run its job as a worker does, and return the file."""
    asked = {"name": name, "title": title, "format": form, "plan": str(town.plan)}
    answer = client.post("/api/v1/reports", json=asked)
    assert answer.status_code in {200, 202}, answer.text
    if answer.status_code == 202:
        job = answer.json()["job"]["id"]
        run_job(database, job, 0, threading.Event())
        with database.work(Actor.system()) as work:
            assert work.session.get(JobProgress, job).state == "succeeded"
    (made,) = [each for each in client.get("/api/v1/reports").json()["reports"] if each["title"] == title]
    file = client.get(f"/api/v1/reports/{made['id']}/file")
    assert file.status_code == 200, file.text
    return file.content


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["cameras", "coverage"])
def test_reports_hold_no_data_of_the_network_for_who_may_not_see_them(
    by, database, town, secrets_of_cameras, name, form
):
    asked = {"format": form, "plan": str(town.plan)}
    for who, client in by.items():
        answer = client.get(f"/api/v1/reports/{name}", params=asked)
        assert answer.status_code == 200, answer.text
        contents = [answer.content, kept_report(client, database, town, name, form, f"{name} {form} for {who}")]
        for content in contents:
            told = words(content, form)
            assert len(told) > 200
            seen = {each for each in secrets_of_cameras if each in told}
            if who == "plain":
                assert not seen, f"{name}.{form} tells {sorted(seen)}"
            elif name == "cameras":
                assert seen, "the reader of files finds what is there"


class Listener(threading.Thread):
    """Keeps every byte that an event stream brings."""

    def __init__(self, address: str, key: str) -> None:
        super().__init__(daemon=True)
        self.address, self.key, self.heard, self.leave = address, key, b"", threading.Event()
        self.start()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.address}/api/v1/events"
        # the server ends the stream when it is told to stop
        with suppress(httpx.RemoteProtocolError), httpx.stream("GET", url, headers=headers, timeout=30) as answer:
            for part in answer.iter_raw():
                self.heard += part
                if self.leave.is_set():
                    break

    def until(self, sought: bytes, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while sought not in self.heard and time.monotonic() < end:
            time.sleep(0.02)
        assert sought in self.heard, self.heard[-500:]


def test_streams_carry_no_contact_and_no_data_of_the_network(server, keys, by, database, town, secrets_of_cameras):
    listeners = {name: Listener(server, key) for name, key in keys.items()}
    for listener in listeners.values():
        listener.until(b"event: ready")
    client = by["knows"]
    lon, lat = lonlat(50, 100)
    body = {"lon": lon, "lat": lat, "item": "Lamp out", "description": "behind the school"}
    made = client.post("/api/v1/incidents", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.text
    no = made.json()["incident"]["no"]
    assert client.put(f"/api/v1/incidents/{no}/contact", json={"contact": CONTACT}).status_code == 204
    camera = f"/api/v1/cameras/{town.cameras['fixed']}"
    revision = client.get(camera).headers["etag"]
    changed = client.patch(camera, json={"online": False}, headers={"If-Match": revision})
    assert changed.status_code == 200, changed.text
    with database.work(Actor.system()) as work:
        work.announce("masking-test-is-over", {})
    for name, listener in listeners.items():
        listener.until(b"masking-test-is-over")
        listener.leave.set()
        told = listener.heard.decode()
        assert no in told
        assert '"cameras"' in told
        assert CONTACT not in told
        assert not [each for each in secrets_of_cameras if each in told], name
        polled = by[name].get("/api/v1/events/poll", params={"after": 0})
        assert CONTACT not in polled.text
        assert not [each for each in secrets_of_cameras if each in polled.text], name
    assert by["plain"].get(f"/api/v1/incidents/{no}/contact").status_code == 403
    assert CONTACT not in by["plain"].get(f"/api/v1/incidents/{no}").text


@pytest.fixture
def reported(by, town) -> str:
    """A report in a grid of the plan, with a way to reach who reported."""
    lon, lat = lonlat(50, 100)
    body = {"lon": lon, "lat": lat, "item": "Lamp out"}
    made = by["knows"].post("/api/v1/incidents", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.text
    no = made.json()["incident"]["no"]
    contact = f"/api/v1/incidents/{no}/contact"
    assert by["knows"].put(contact, json={"contact": CONTACT}).status_code == 204
    assert CONTACT in by["knows"].get(contact).text
    return no


@pytest.mark.parametrize("form", ["gpkg", "geojson", "shp", "csv", "pmtiles"])
def test_exports_of_a_plan_hold_neither_contacts_nor_data_of_the_network(by, town, secrets_of_cameras, reported, form):
    for who, client in by.items():
        answer = client.get(f"/api/v1/plans/{town.plan}/export", params={"format": form})
        assert answer.status_code == 200, answer.text
        told = words(answer.content, form)
        assert "990101001001001" in told, "the reader of files finds what is there"
        assert CONTACT not in told
        assert not [each for each in secrets_of_cameras if each in told], who


def test_printed_sheets_and_workbooks_hold_neither_contacts_nor_data_of_the_network(
    by, town, secrets_of_cameras, reported
):
    plan = f"/api/v1/plans/{town.plan}"
    assert by["knows"].post("/api/v1/plates", json={"grid": "990101001001001"}).status_code in {200, 201}
    found = {}
    for who, client in by.items():
        for path, form in (
            (f"{plan}/handover/{town.grids['g1']}", "html"), ("/api/v1/plates/sheet?grid=990101001001001", "pdf"),
            (f"{plan}/impact?format=xlsx", "xlsx"),
        ):  # fmt: skip
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            told = words(answer.content, form)
            assert len(told) > 200
            assert CONTACT not in told
            found[who, path] = {each for each in secrets_of_cameras if each in told}
    assert not [(path, seen) for (who, path), seen in found.items() if who == "plain" and seen]
    assert any(seen for (who, _), seen in found.items() if who == "knows"), "the reader of files finds what is there"


def test_tiles_in_a_file_hold_neither_contacts_nor_data_of_the_network(
    by, database, town, secrets_of_cameras, reported
):
    told = {}
    for who, client in by.items():
        asked = {"collections": ["cameras", "incidents", "grids"], "max_zoom": 15}
        job = client.post("/api/v1/layers/export", json=asked).json()["job"]["id"]
        run_job(database, job, 0, threading.Event())
        answer = client.get(f"/api/v1/jobs/{job}/file")
        assert answer.status_code == 200, answer.text
        told[who] = words(answer.content, "pmtiles")
        assert CONTACT not in told[who]
    assert not [each for each in secrets_of_cameras if each in told["plain"]]
    assert [each for each in secrets_of_cameras if each in told["knows"]], "the reader of files finds what is there"
