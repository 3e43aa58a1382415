"""Downloading the coverage report."""

from __future__ import annotations

from services.coverage import run_coverage
from store.database.actor import Actor
from tests.api.town import build_town


def test_report_is_one_attachment_without_outside_addresses(client, database):
    town = build_town(database, name="Reportby", prefix="990102001")
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
    answer = client.get(f"/api/v1/reports/coverage?plan={town.plan}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="gridward-coverage.html"'
    assert "Camera coverage: Reportby" in answer.text
    assert 'src="http' not in answer.text
    chinese = client.get(f"/api/v1/reports/coverage?plan={town.plan}&lang=zh")
    assert "摄像机覆盖分析" in chinese.text


def test_unknown_report_and_plan_are_problems(client):
    assert client.get("/api/v1/reports/poems").status_code == 404
    missing = client.get("/api/v1/reports/coverage?plan=00000000-0000-0000-0000-000000000000")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
