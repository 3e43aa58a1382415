"""Reports under a title, and those written each month."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from services.coverage import run_coverage
from services.report_schedules import due_month, next_at, queue_reports
from services.reports.jobs import run_report_job
from store.database.actor import Actor
from store.database.models import CoverageRun, JobProgress, KeptReport, Report, ReportSchedule
from tests.api.conftest import Client
from tests.api.town import build_town

URL = "/api/v1/reports"


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database, name="Keepby", prefix="990106001")
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
    return town


def work_off(database) -> list[str]:
    """Run the queued reports as a worker does."""
    done = []
    with database.work(Actor.system()) as work:
        queued = work.session.scalars(
            sa.select(JobProgress).where(JobProgress.kind == "report", JobProgress.state == "queued")
        ).all()
        for job in queued:
            done.append(run_report_job(work, job.args, lambda _done, _note: None)["report_id"])
            job.state = "succeeded"
    return done


def kept(client):
    return client.get(URL).json()["reports"]


def test_a_report_is_written_kept_and_finished_at_once_the_second_time(client, database, town):
    body = {"name": "coverage", "title": "十一月 November", "format": "pdf", "lang": "zh", "plan": str(town.plan)}
    first = client.post(URL, json=body)
    assert first.status_code == 202, first.text
    assert first.json()["job"]["kind"] == "report"
    (made,) = work_off(database)
    listed = next(report for report in kept(client) if report["id"] == made)
    assert (listed["name"], listed["title"], listed["format"], listed["plan"]) == (
        "coverage", "十一月 November", "pdf", str(town.plan),
    )  # fmt: skip
    file = client.get(f"{URL}/{made}/file")
    assert file.content.startswith(b"%PDF-")
    assert len(file.content) == listed["bytes"]
    assert quote("十一月 November.pdf", safe="") in file.headers["content-disposition"]
    again = client.post(URL, json=body)
    assert again.status_code == 200
    assert again.json()["report"]["id"] == made
    other = client.post(URL, json={**body, "title": "Another title"})
    assert other.status_code == 200
    assert other.json()["report"]["id"] != made
    with database.work(Actor.system()) as work:
        files = work.session.scalars(sa.select(KeptReport.report_id).where(KeptReport.plan_id == town.plan)).all()
        assert len(set(files)) == 1


def test_titles_change_and_reports_go_with_their_file(client, database, town, app, make_account):
    client.post(URL, json={"name": "cameras", "title": "Register", "format": "csv", "plan": str(town.plan)})
    (made,) = work_off(database)
    renamed = client.patch(f"{URL}/{made}", json={"title": "  Register  of cameras "})
    assert renamed.json()["report"]["title"] == "Register of cameras"
    with database.work(Actor.system()) as work:
        file = work.session.scalar(sa.select(KeptReport.report_id).where(KeptReport.id == made))
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        assert analyst.delete(f"{URL}/{made}").status_code == 403
        assert analyst.patch(f"{URL}/{made}", json={"title": "Mine"}).status_code == 403
    assert client.delete(f"{URL}/{made}").status_code == 204
    assert client.get(f"{URL}/{made}/file").status_code == 404
    with database.work(Actor.system()) as work:
        assert work.session.get(Report, file) is None


@pytest.mark.parametrize(
    "body",
    [
        {"name": "poems", "title": "x"},
        {"name": "coverage", "title": ""},
        {"name": "coverage", "title": "   "},
        {"name": "coverage", "title": "x", "format": "docx"},
        {"name": "coverage", "title": "x", "lang": "fi"},
        {"name": "coverage"},
    ],
)
def test_what_makes_no_sense_is_refused(client, town, body):
    assert client.post(URL, json={"plan": str(town.plan), **body}).status_code == 422


def test_a_run_can_be_chosen(client, database, town):
    with database.work(Actor.system()) as work:
        run = work.session.scalars(sa.select(CoverageRun.id).where(CoverageRun.digest == "x")).first()
    body = {"name": "coverage", "title": "Old run", "plan": str(town.plan), "run": str(town.territory)}
    assert client.post(URL, json=body).status_code == 404
    assert run is not None


def test_a_month_is_written_once_when_its_time_has_come(client, database, town):
    asked = {"name": "coverage", "title": "Monthly", "format": "csv", "plan": str(town.plan), "day": 3, "hour": 7,
             "time_zone": "Asia/Shanghai"}  # fmt: skip
    made = client.post(f"{URL}/schedules", json=asked)
    assert made.status_code == 201, made.text
    schedule = made.json()["schedule"]
    assert schedule["next_at"] is not None
    with database.work(Actor.system()) as work:
        work.session.execute(sa.update(ReportSchedule).values(last_month=None))
        # 3 November, 7:00 in Shanghai is 23:00 UTC of the day before
        assert queue_reports(work, now=datetime(2026, 11, 2, 22, 59, tzinfo=UTC)) == 0
        assert queue_reports(work, now=datetime(2026, 11, 2, 23, 0, tzinfo=UTC)) == 1
        assert queue_reports(work, now=datetime(2026, 11, 2, 23, 1, tzinfo=UTC)) == 0
    (report,) = work_off(database)
    facts = next(each for each in kept(client) if each["id"] == report)
    assert (facts["title"], facts["month"]) == ("Monthly 2026-10", "2026-10")
    with database.work(Actor.system()) as work:
        run = work.session.scalars(sa.select(CoverageRun).where(~CoverageRun.present)).one()
        zone = datetime(2026, 9, 30, 16, tzinfo=UTC), datetime(2026, 10, 31, 16, tzinfo=UTC)
        assert (run.begins_at, run.ends_at) == zone
    listed = client.get(f"{URL}/schedules").json()["schedules"]
    assert [each["last_month"] for each in listed] == ["2026-10"]
    url = f"{URL}/schedules/{schedule['id']}"
    rest = client.patch(url, json={"active": False, "title": "Resting"})
    assert (rest.json()["schedule"]["next_at"], rest.json()["schedule"]["title"]) == (None, "Resting")
    assert client.patch(url, json={"day": 31}).status_code == 422
    with database.work(Actor.system()) as work:
        assert queue_reports(work, now=datetime(2027, 2, 5, tzinfo=UTC)) == 0
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 404
    assert report in {each["id"] for each in kept(client)}


def test_schedules_that_make_no_sense_are_refused(client, make_account, app):
    for wrong in ({"day": 0}, {"hour": 24}, {"time_zone": "Mars/Olympus"}, {"name": "poems"}):
        assert client.post(f"{URL}/schedules", json={"name": "coverage", "title": "x", **wrong}).status_code == 422
    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as dispatcher:
        assert dispatcher.post(f"{URL}/schedules", json={"name": "coverage", "title": "x"}).status_code == 403


def schedule(**changes) -> ReportSchedule:
    given = {"day": 1, "hour": 6, "time_zone": "Europe/Helsinki", "active": True, "last_month": None}
    return ReportSchedule(**{**given, **changes})


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (datetime(2026, 12, 1, 3, 59, tzinfo=UTC), None),
        (datetime(2026, 12, 1, 4, 0, tzinfo=UTC), "2026-11"),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), None),  # 1 January at one in the morning there
        (datetime(2027, 1, 1, 4, 0, tzinfo=UTC), "2026-12"),
        (datetime(2026, 7, 1, 3, 0, tzinfo=UTC), "2026-06"),  # summer time
    ],
)
def test_months_are_local(now, month):
    assert due_month(schedule(), now) == month
    if month is not None:
        assert due_month(schedule(last_month=month), now) is None


def test_the_next_time_is_in_the_next_month_once_written():
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    found = next_at(schedule(last_month="2025-12", day=28), now)
    assert (found.month, found.day, found.hour) == (2, 28, 6)
    assert next_at(schedule(active=False), now) is None
