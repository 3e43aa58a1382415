"""What leaves a line in the audit trail over HTTP, and who may read it."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute

from api.deps import SAFE_METHODS, unit_of_work
from api.one_thread import opens_work
from services import access, audit
from store.database.actor import Actor
from store.database.models import Audit
from tests.api.conftest import Client, serving
from tests.api.town import build_town, lonlat

URL = "/api/v1/audit"
# these open their own transactions, before or beside anybody's work, and their services write the lines
BY_SERVICE = {
    "sign_in": "sign-in, sign-in.refused", "sign_out": "sign-out",
    "use_follow_link": "case.rate, case.reopen, case.appeal",
    "report_at_plate": "POST /api/v1/public/reports/{code}", "open311_post": "POST /open311/v2/requests",
}  # fmt: skip


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def auditor(app, make_account):
    token = make_account("audit_administrator", name="auditor")
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def lines(database, **wanted):
    with database.work(Actor.system()) as work:
        page = audit.read_page(work, audit.Asked(**wanted), limit=500)
    return [(line.account, line.action, line.target) for line in page.lines]


def needs(dependant, called) -> bool:
    return any(each.call is called or needs(each, called) for each in dependant.dependencies)


def routes_of(routes):
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            # an included router, or a mounted application
            inner = getattr(route, "original_router", route)
            yield from routes_of(getattr(inner, "routes", None) or [])


def test_every_route_that_changes_something_works_in_a_unit_of_work_that_leaves_a_line(app):
    changing = [route for route in routes_of(app.routes) if route.methods - SAFE_METHODS]
    assert len(changing) > 60
    working = {
        route.operation_id for route in changing if needs(route.dependant, unit_of_work) or opens_work(route.endpoint)
    }
    loose = {route.operation_id for route in changing} - working
    assert loose <= BY_SERVICE.keys(), f"these change things past the audit trail: {sorted(loose - BY_SERVICE.keys())}"


def test_nothing_else_opens_a_transaction_that_writes(app):
    """Transactions are opened by `Database` alone, whose commit leaves the line; the rest is upkeep, named here."""
    allowed = {
        "store/database/engine.py", "store/database/urls.py", "store/database/schema.py",
        "store/database/row_security.py",  # the doors themselves, and plain upkeep of the schema
        "store/database/read_lane.py",  # read-only connections
        "store/events.py", "store/jobs.py", "store/presence.py",  # listening, the queue, who looks at what
        "store/cluster/private.py", "store/cluster/server.py", "store/cluster/templates.py", "store/cluster/programs.py",
    }  # fmt: skip
    root = Path(__file__).parents[2]
    opened = re.compile(r"psycopg\.connect\(|\bSession\(self\.|create_engine\(|AsyncConnection\.connect")
    found = {
        str(file.relative_to(root))
        for tier in ("api", "cli", "services", "store", "layers")
        for file in (root / tier).rglob("*.py")
        if opened.search(file.read_text("utf-8"))
    }
    assert found <= allowed, sorted(found - allowed)


def test_an_edit_leaves_who_what_and_how_many(client, database, town):
    lon, lat = lonlat(150, 100)
    key = {"Idempotency-Key": str(uuid4()), "X-Request-ID": "audit-edit"}
    assert client.post("/api/v1/incidents", json={"lon": lon, "lat": lat, "item": "x"}, headers=key).status_code == 201
    with database.work(Actor.system()) as work:
        line = audit.read_page(work, audit.Asked(action="POST /api/v1/incidents")).lines[0]
    assert (line.account, line.target, line.request_id) == ("all-rounder", "/api/v1/incidents", "audit-edit")
    assert line.details["changed"]["incident"] == {"insert": 1, "update": 1}  # and the limit of its first clock
    assert "lon" not in str(line.details)


def test_an_edit_of_an_account_of_some_areas_leaves_one_too(app, make_account, database, town):
    with database.work(Actor.system()) as work:
        path = work.session.scalar(sa.text("select path from area where code = '990101001001'")) or work.session.scalar(
            sa.text("select min(path) from area")
        )
    header = {"Authorization": f"Bearer {make_account('intake_officer', name='in-area', area_path=path)}"}
    lon, lat = lonlat(50, 50)
    with Client(app, headers=header) as officer:
        key = {"Idempotency-Key": str(uuid4())}
        answer = officer.post("/api/v1/incidents", json={"lon": lon, "lat": lat, "item": "x"}, headers=key)
        assert answer.status_code == 201, answer.text
    assert lines(database, who="in-area") == [("in-area", "POST /api/v1/incidents", "/api/v1/incidents")]


def test_what_is_refused_or_only_asked_leaves_none(client, database, town):
    before = len(lines(database))
    lon, lat = lonlat(150, 100)
    client.post("/api/v1/locate", json={"lon": lon, "lat": lat})
    client.post("/api/v1/incidents", json={"lon": "x"}, headers={"Idempotency-Key": str(uuid4())})
    client.get("/api/v1/plans")
    assert len(lines(database)) == before


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/ogc/collections/cameras/items?limit=1", "cameras"),
        ("/ogc/collections/incidents/items?limit=1", "incidents"),
        ("/ogc/collections/cameras/tiles/WebMercatorQuad/14/4744/9325", "cameras"),
        ("/ogc/collections/cameras/tiles/xyz/14/9325/4744.pbf", "cameras"),
        ("/api/v1/cameras/node/far", "cameras"),
        ("/api/v1/privacy-zones", "privacy_zones"),
    ],
)
def test_reading_what_is_sensitive_leaves_one_line_in_ten_minutes(app, make_account, database, town, path, target):
    name = f"reader-{uuid4().hex[:8]}"
    header = {"Authorization": f"Bearer {make_account('analyst', 'planner', name=name)}"}
    with Client(app, headers=header) as reader:
        for _ in range(5):
            assert reader.get(path).status_code in (200, 204)
        app.state.wiring.reads = audit.ReadNotes()  # as another process would
        reader.get(path)
    assert lines(database, who=name, action="read") == [(name, "read", target)]


def test_the_same_is_noted_again_after_ten_minutes(app, make_account, database, town):
    name = f"reader-{uuid4().hex[:8]}"
    header = {"Authorization": f"Bearer {make_account('analyst', name=name)}"}
    with Client(app, headers=header) as reader:
        reader.get("/ogc/collections/cameras/items?limit=1")
        notes = app.state.wiring.reads
        notes._seen = {key: at - timedelta(minutes=11) for key, at in notes._seen.items()}
        with database.owner_work(Actor.system()) as work:
            work.session.execute(sa.text("alter table audit disable trigger user"))
            work.session.execute(sa.update(Audit).values(at=datetime.now(UTC) - timedelta(minutes=11)))
            work.session.execute(sa.text("alter table audit enable trigger user"))
        reader.get("/ogc/collections/cameras/items?limit=1")
    assert len(lines(database, who=name, action="read")) == 2


def test_each_export_leaves_a_line(client, database, town):
    path = f"/api/v1/plans/{town.plan}/export"
    for _ in range(2):
        assert client.get(path, params={"format": "geojson"}).status_code < 500
    assert lines(database, action="export", target=path) == [("all-rounder", "export", path)] * 2
    impact = f"/api/v1/plans/{town.plan}/impact"
    for form in ("json", "xlsx"):
        assert client.get(impact, params={"format": form}).status_code == 200
    assert lines(database, action="export", target=impact) == [("all-rounder", "export", impact)]


def test_sign_ins_and_accounts_are_there(anonymous, database):
    with database.work(Actor.system()) as work:
        access.create_account(work, "lu.xun", roles=["planner"], password="a long word to know")
    anonymous.post("/api/v1/session", json={"name": "lu.xun", "password": "wrong"})
    assert (
        anonymous.post("/api/v1/session", json={"name": "lu.xun", "password": "a long word to know"}).status_code == 200
    )
    anonymous.delete("/api/v1/session", headers={"Sec-Fetch-Site": "same-origin"})
    found = {action for _, action, target in lines(database) if target in ("lu.xun", "")}
    assert {"account.create", "sign-in", "sign-in.refused", "sign-out"} <= found
    anonymous.cookies.clear()


def test_only_the_audit_administrator_reads_it(app, client, anonymous, auditor, make_account):
    for path in (URL, f"{URL}/verify", f"{URL}/export"):
        assert anonymous.get(path).status_code == 401
        assert client.get(path).status_code == 403
        for role in ("system_administrator", "security_administrator"):
            header = {"Authorization": f"Bearer {make_account(role)}"}
            assert client.get(path, headers=header).status_code == 403
        assert auditor.get(path).status_code == 200
    assert auditor.get("/api/v1/plans").status_code == 403


def test_pages_filters_and_the_chain(auditor, database):
    with database.work(Actor.system()) as work:
        for number in range(12):
            access.record(work, "page.test", f"t{number}")
    first = auditor.get(URL, params={"action": "page.", "limit": 8}).json()
    rest = auditor.get(URL, params={"action": "page.", "limit": 8, "before": first["next"]}).json()
    assert [line["target"] for line in (*first["lines"], *rest["lines"])] == [f"t{n}" for n in reversed(range(12))]
    assert rest["next"] is None
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert auditor.get(URL, params={"since": future}).json()["lines"] == []
    with database.work(Actor.system()) as work:
        audit.seal(work)
    chain = auditor.get(f"{URL}/verify").json()
    assert chain["intact"]
    assert chain["broken"] is None
    kept = auditor.get(f"{URL}/verify", params=chain["head"]).json()
    assert kept["intact"]
    assert not auditor.get(f"{URL}/verify", params={"seq": chain["head"]["seq"], "digest": "0" * 64}).json()["intact"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "before=0", "before=x", "since=yesterday", "since=2026-01-01T00:00:00", "who=" + "x" * 70,
     "since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "before=99999999999999999999", "action=%00"],
)  # fmt: skip
def test_filters_that_make_no_sense(auditor, query):
    answer = auditor.get(f"{URL}?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_export_is_a_table_with_a_mark_and_is_noted(auditor, database):
    answer = auditor.get(f"{URL}/export", params={"action": "account."})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8-sig")
    assert answer.content[:3] == b"\xef\xbb\xbf"
    assert text.splitlines()[0] == "id,at,account,action,target,request_id,details,seq,digest"
    assert "account.create" in text
    assert lines(database, action="audit.export")[0] == ("auditor", "audit.export", "")


def test_secrets_are_neither_in_the_log_nor_in_the_trail(app, database, make_account, caplog):
    secret_word = "correct horse battery 9"
    with database.work(Actor.system()) as work:
        access.create_account(work, "secretive", roles=["planner"], password=secret_word)
        code = access.issue_link(work, "secretive", now=datetime.now(UTC))
        token = access.issue_token(work, "secretive", label="x", now=datetime.now(UTC))
    with caplog.at_level(logging.DEBUG), serving(app) as address:
        import httpx

        with httpx.Client(base_url=address) as browser:
            assert (
                browser.post("/api/v1/session", json={"name": "secretive", "password": secret_word}).status_code == 200
            )
            cookie = browser.cookies["gridward_session"]
            browser.post("/api/v1/session", json={"code": code})
            second = browser.cookies["gridward_session"]
            browser.post("/api/v1/session", json={"name": "secretive", "password": secret_word + "!"})
            browser.post("/api/v1/session", json={"name": "secretive", "password": {"x": secret_word}})
            browser.get("/api/v1/session", headers={"Authorization": f"Bearer {token}"})
            browser.get("/api/v1/session", headers={"Authorization": f"Bearer {token}x"})
            browser.get(f"/api/v1/plans?access_token={token}", headers={"X-Request-ID": "q"})
    logged = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if not record.name.startswith("http")
    )
    assert "gridward.access" in {record.name for record in caplog.records}
    with database.work(Actor.system()) as work:
        kept = "\n".join(str(row) for row in work.session.execute(sa.select(Audit.__table__)))
    for text in (secret_word, code, token, cookie, second, access.digest_of(token), access.digest_of(cookie)):
        assert text not in logged
        assert text not in kept
