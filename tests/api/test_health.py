"""Alive, ready, figures; request ids, log lines and security headers on every answer."""

from __future__ import annotations

import logging

import httpx
import pytest

from api.app import create_app
from services.settings import Settings
from tests.api.conftest import Client, settings_for


def test_live_needs_no_sign_in_and_no_database(anonymous):
    answer = anonymous.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_ready_names_every_part(anonymous):
    answer = anonymous.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "checks": {"database": "ok", "schema": "ok", "row_security": "ok", "worker": "away"},
    }


def test_ready_with_a_worker_in_the_server(database_urls, tmp_path):
    from tests.api.conftest import serving

    app = create_app(settings_for(database_urls, tmp_path, jobs_in_server=True))
    with serving(app) as address:
        for _ in range(50):
            answer = httpx.get(f"{address}/health/ready")
            if answer.json()["status"] == "ready":
                break
        assert answer.json()["checks"] == {"database": "ok", "schema": "ok", "row_security": "ok", "worker": "ok"}


def test_not_ready_when_the_schema_is_old_or_the_database_away(cluster_urls, tmp_path):
    empty = create_app(settings_for(cluster_urls.named("postgres"), tmp_path))
    with Client(empty) as client:
        answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["schema"].startswith("at nothing, needs")
    nowhere = "postgresql://gridward@127.0.0.1:1/gridward"
    away = create_app(Settings.read(home=tmp_path, database_url=nowhere, database_owner_url=nowhere))
    with Client(away) as client:
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "does not answer" in answer.json()["checks"]["database"]
        # everything else says so too, instead of failing
        refused = client.get("/api/v1/session", headers={"Authorization": "Bearer gw_x"})
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) > 0


def test_metrics_count_requests_by_route_and_stay_on_this_machine(app, anonymous, client):
    client.get("/api/v1/jobs/00000000-0000-0000-0000-000000000000")
    text = anonymous.get("/metrics").text
    assert 'gridward_http_requests_total{method="GET",route="/api/v1/jobs/{job_id}",status="404"}' in text
    assert "00000000-0000" not in text
    assert "gridward_database_connections" in text
    assert anonymous.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 403
    with Client(app) as elsewhere:
        elsewhere._inner = httpx.ASGITransport(app=app, client=("10.1.2.3", 5))
        assert elsewhere.get("/metrics").status_code == 403


@pytest.mark.parametrize("path", ["/health/live", "/nowhere", "/api/v1/session", "/metrics"])
def test_every_answer_has_an_id_and_security_headers(anonymous, path):
    answer = anonymous.get(path)
    assert answer.headers["x-request-id"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(("given", "kept"), [("abc-1.2_3", True), ("x" * 65, False), ("a b", False), ("a\tb", False)])
def test_request_id_comes_back_when_it_is_harmless(anonymous, given, kept):
    answer = anonymous.get("/health/live", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) is kept


def test_access_log_has_the_facts_but_not_the_query(client, caplog):
    with caplog.at_level(logging.INFO, "gridward.access"):
        client.get("/api/v1/search?q=secret-street", headers={"X-Request-ID": "log-1"})
    (record,) = [r for r in caplog.records if r.name == "gridward.access"]
    facts = (record.method, record.route, record.status, record.account)
    assert facts == ("GET", "/api/v1/search", 200, "all-rounder")
    assert "secret" not in str(vars(record))


def test_secure_deployments_insist_on_tls(database_urls, tmp_path):
    app = create_app(settings_for(database_urls, tmp_path, behind_proxy=True))
    with Client(app) as client:
        assert "max-age" in client.get("/health/live").headers["strict-transport-security"]


def test_ready_tells_of_row_security_that_is_slow_or_open(app, anonymous, fresh_database_urls, tmp_path):
    import psycopg

    from api.app import create_app
    from tests.api.conftest import Client, settings_for

    settings = settings_for(fresh_database_urls, tmp_path, jobs_in_server=False)
    steps = (
        ("alter function geometry_overlaps(geometry, geometry) not leakproof", "slow", 200),
        ("alter table camera no force row level security", "open", 503),
    )
    with Client(create_app(settings)) as client, psycopg.connect(fresh_database_urls.owner, autocommit=True) as owner:
        for statement, word, status in steps:
            owner.execute(statement)
            answer = client.get("/health/ready")
            assert (answer.status_code, answer.json()["checks"]["row_security"].split(":")[0]) == (status, word)
