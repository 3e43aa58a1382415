"""Jobs over HTTP: started by a route, watched, stopped."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from api.app import create_app
from services import ingest, jobs
from services.demo import helsinki_extract
from services.tasks import TASKS
from store.database.actor import Actor
from store.database.models import Account, Atom, Audit, Grid, Plan
from tests.api.conftest import serving, settings_for


def take_long(work, args, progress):
    for step in range(400):
        progress(step / 400, f"step {step}")
        time.sleep(0.05)


@pytest.fixture
def long_job(database, monkeypatch):
    monkeypatch.setitem(TASKS, "long", take_long)
    with database.work(Actor.system()) as work:
        return jobs.start_job(work, "long", {}).id


def test_waiting_job_is_shown_and_cancelled(client, long_job):
    shown = client.get(f"/api/v1/jobs/{long_job}")
    assert shown.status_code == 200
    job = shown.json()["job"]
    assert (job["id"], job["kind"], job["state"], job["done"]) == (str(long_job), "long", "queued", 0.0)
    stopped = client.delete(f"/api/v1/jobs/{long_job}")
    assert (stopped.status_code, stopped.json()["job"]["state"]) == (202, "cancelled")
    assert client.delete(f"/api/v1/jobs/{long_job}").status_code == 202


def test_job_runs_in_the_server_with_progress_and_stops_on_request(database_urls, tmp_path, token, long_job):
    app = create_app(settings_for(database_urls, tmp_path))
    headers = {"Authorization": f"Bearer {token}"}
    with serving(app) as address, httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        seen = set()
        for _ in range(200):
            job = client.get(f"/api/v1/jobs/{long_job}").json()["job"]
            seen.add(job["done"])
            if len(seen) > 3:
                break
            time.sleep(0.1)
        assert job["state"] == "running"
        assert job["note"].startswith("step")
        assert client.delete(f"/api/v1/jobs/{long_job}").json()["job"]["cancel_asked"]
        for _ in range(50):
            job = client.get(f"/api/v1/jobs/{long_job}").json()["job"]
            if job["state"] == "cancelled":
                break
            time.sleep(0.1)
    assert job["state"] == "cancelled"
    assert job["problem"]["code"] == "cancelled"


def job_when(client, address: str, *, note: str = "", state: str = "", seconds: float = 120) -> dict:
    """Ask for a job until it tells the note or is in the state."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job = client.get(address).json()["job"]
        if (note and note in (job["note"] or "")) or job["state"] == state:
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def test_stopped_proposal_leaves_no_plan(database, database_urls, tmp_path, token):
    with database.owner_work(Actor.system()) as work:
        loaded = ingest.load_osm(work, Path(helsinki_extract()), territory="Helsinki centre")
    app = create_app(settings_for(database_urls, tmp_path))
    headers = {"Authorization": f"Bearer {token}"}
    with serving(app) as address, httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        asked = client.post("/api/v1/plans", json={"territory": str(loaded.territory_id), "target": 100})
        assert asked.status_code == 202, asked.text
        job = f"/api/v1/jobs/{asked.json()['job']['id']}"
        assert job_when(client, job, note="atoms")["state"] == "running"
        stopped = client.delete(job)
        assert (stopped.status_code, stopped.json()["job"]["cancel_asked"]) == (202, True)
        ended = job_when(client, job, state="cancelled")
        assert (ended["result"], ended["problem"]["code"]) == (None, "cancelled")
        assert client.get("/api/v1/plans").json()["plans"] == []
    with database.work(Actor.system()) as work:
        counts = [work.session.scalar(sa.select(sa.func.count()).select_from(each)) for each in (Plan, Grid, Atom)]
    assert counts == [0, 0, 0]


def test_strangers_may_look_but_not_stop(client, make_account, long_job):
    headers = {"Authorization": f"Bearer {make_account('analyst')}"}
    assert client.get(f"/api/v1/jobs/{long_job}", headers=headers).status_code == 200
    assert client.delete(f"/api/v1/jobs/{long_job}", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("name", "status"), [("6f58a37a-0893-42a9-9804-e8c617af05f3", 404), ("7", 422), ("%00", 422), ("x" * 500, 422)]
)
def test_unknown_jobs(client, name, status):
    for method in ("GET", "DELETE"):
        answer = client.request(method, f"/api/v1/jobs/{name}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_changes_are_on_record_and_questions_are_not(client, database, long_job):
    path = f"/api/v1/jobs/{long_job}"
    client.get(path)
    client.delete(path, headers={"X-Request-ID": "audit-1"})
    client.delete(path, headers={"X-Request-ID": "audit-2"})  # changes nothing any more
    client.post("/api/v1/locate", json={"lon": 24.9, "lat": 60.1}, headers={"X-Request-ID": "audit-3"})
    with database.work(Actor.system()) as work:
        rows = work.session.execute(
            sa.select(Audit.action, Audit.target, Account.name)
            .join(Account, Account.id == Audit.account_id)
            .where(Audit.request_id.startswith("audit-"))
        )
        assert [tuple(row) for row in rows] == [("DELETE /api/v1/jobs/{job_id}", path, "all-rounder")]
