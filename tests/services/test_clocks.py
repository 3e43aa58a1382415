"""Clocks of cases in the database: they follow the steps, fire once, and keep every result."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from casework.calendars import china, read_calendar
from gis.errors import InvalidInputError
from services import (
    calendars,
    catalogue,
    catalogue_edit,
    clock_recompute,
    clock_sweep,
    clocks,
    housekeeping,
    ingest,
    jobs,
)
from services.deliveries import Outbound
from services.incidents import Report, register
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database import clocks as sql
from store.database.actor import Actor
from store.database.together import read_together
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()
FRIDAY = datetime.fromisoformat("2025-09-26T16:00+08:00")
CATALOGUE = """code,class_code,class_zh,name_zh,name_en,synonyms,severity,urgent,self_handling,limit_1,limit_2
0101,01,设施,井盖破损,Damaged manhole cover,窨井盖,major,no,yes,4 工作时,2 工作日
0102,01,设施,水管爆裂,Burst water main,爆管,critical,yes,no,抢险 3 紧急工作时; 修复 8 紧急工作时; 恢复路面 5 工作日,
0201,02,市容,暴露垃圾,Litter,垃圾,minor,no,yes,5 工作日,
"""


@pytest.fixture(scope="module")
def town(database, tmp_path_factory):
    built = build_town(database)
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.csv"
    path.write_text(CATALOGUE, encoding="utf-8")
    with database.owner_work(SYSTEM) as work:
        ingest.load_catalogue(work, path, territory=built.territory)
    with database.work(SYSTEM) as work:
        calendars.save(work, china(), now=FRIDAY, territory=built.territory)
    return built


@pytest.fixture
def case(database, town):
    """A new case, and a function that takes it to a state."""
    with database.work(SYSTEM) as work:
        lon, lat = lonlat(100, 100)
        made = register(
            work, StreetGraphs(), Report(Place(lon, lat), "井盖破损"), key=f"k-{datetime.now(UTC)}", now=FRIDAY
        ).incident
    key = SimpleNamespace(month=made.month, id=made.id, no=made.no, state="REPORTED", territory=town.territory)

    def go(state, action="any", *, now=FRIDAY, item=None, **changes):
        with database.work(SYSTEM) as work:
            before = SimpleNamespace(state=key.state)
            values = {"state": state, "item_code": item, **changes}
            sets = ", ".join(f"{name} = :{name}" for name, value in values.items() if value is not None)
            work.session.execute(
                sa.text(f"update incident set {sets} where month = :month and id = :id"),
                {
                    **{name: value for name, value in values.items() if value is not None},
                    "month": key.month,
                    "id": key.id,
                },
            )
            key.state = state
            clocks.follow(work, before, key, action, now)

    key.go = go
    return key


def beside_it(database):
    """Another case, so that there is more than one portion."""
    with database.work(SYSTEM) as work:
        place = Place(*lonlat(100, 100))
        register(work, StreetGraphs(), Report(place, "路灯不亮"), key=f"b-{datetime.now(UTC)}", now=FRIDAY)


def seen(database, case, now=FRIDAY):
    with database.work(SYSTEM) as work:
        return clocks.clocks_of(work, [(case.month, case.id)], now=now)[case.month, case.id]


def at(text):
    return datetime.fromisoformat(f"{text}+08:00")


def one(database, statement, **values):
    with database.work(SYSTEM) as work:
        return work.session.execute(sa.text(statement), values).scalar()


def test_clocks_start_with_the_stages_and_the_total_is_their_sum(database, case):
    case.go("ACCEPTED", item="0101")
    assert seen(database, case).stage.due_at == at("2025-09-26T17:00")
    assert seen(database, case).total is None
    case.go("OPENED", "open")
    case.go("DISPATCHED", "dispatch")
    case.go("IN_PROGRESS", "sign")
    found = seen(database, case)
    assert found.stage.due_at == at("2025-09-28T11:00"), "4 work hours with the Sunday that is worked"
    # 30 min to 16:30, then 2 + 4 + 1.5 + 1.5 + 1 work hours
    assert found.total.due_at == at("2025-09-29T10:30")
    assert found.phases == ()
    assert one(database, "select due_at from incident where id = :id", id=case.id) == at("2025-09-28T11:00")
    case.go("RESOLVED", "report_done", now=at("2025-09-28T10:00"))
    again = seen(database, case, at("2025-09-28T10:00"))
    assert again.total.due_at == at("2025-09-29T10:30")
    case.go("CLOSED", "close", now=at("2025-09-28T10:00"))
    ended = seen(database, case)
    assert (ended.stage, ended.total) == (None, None)
    assert one(database, "select due_at from incident where id = :id", id=case.id) is None


def test_a_suspended_case_rests_and_goes_on(database, case):
    case.go("OPENED", "open", item="0101")
    case.go("IN_PROGRESS", "sign")
    case.go("SUSPENDED", "approve_suspension", now=at("2025-09-26T17:00"), review_on=date(2025, 10, 20))
    found = seen(database, case, at("2025-10-09T10:00"))
    assert (found.stage.paused, found.stage.colour, found.stage.due_at, found.stage.share) == (
        True,
        "paused",
        None,
        0.25,
    )
    assert found.total.paused
    assert found.review.due_at == at("2025-10-20T00:00")
    assert one(database, "select due_at from incident where id = :id", id=case.id) is None
    case.go("IN_PROGRESS", "resume", now=at("2025-10-20T09:00"))
    again = seen(database, case, at("2025-10-20T09:00"))
    assert (again.stage.due_at, again.stage.share, again.review) == (at("2025-10-20T12:00"), 0.25, None)


def test_phases_and_extensions(database, case):
    case.go("OPENED", "open", item="0102", urgent=True)
    case.go("IN_PROGRESS", "sign")
    found = seen(database, case)
    assert [(phase.name, phase.due_at) for phase in found.phases] == [
        ("抢险", at("2025-09-26T19:00")), ("修复", at("2025-09-27T03:00")), ("恢复路面", at("2025-10-10T17:30"))]  # fmt: skip
    assert found.stage.due_at == at("2025-10-10T17:30")
    case.go("IN_PROGRESS", "approve_extension", now=at("2025-10-10T10:00"))
    later = seen(database, case, at("2025-10-10T10:00"))
    assert later.stage.due_at == at("2025-10-16T17:30")
    assert [phase.due_at for phase in later.phases][:2] == [phase.due_at for phase in found.phases][:2]
    assert (
        one(
            database,
            "select round from clock where incident_id = :id and kind = 'stage' and ended_at is null",
            id=case.id,
        )
        == 2
    )


def test_a_referral_waits_for_its_acknowledgement(database, case):
    case.go("REFERRED", "refer")
    assert seen(database, case).stage.due_at == at("2025-09-26T17:00")
    case.go("REFERRED", "acknowledge_referral")
    assert seen(database, case).stage is None


def test_the_sweep_fires_each_share_once_whoever_sweeps(database, case):
    case.go("OPENED", "open", item="0101")
    case.go("IN_PROGRESS", "sign")
    with database.work(SYSTEM) as work:
        work.session.execute(
            sa.text("update clock set ended_at = now(), next_at = null where incident_id <> :id"), {"id": case.id}
        )
    mine = "select count(*) from clock_event e join clock c on c.id = e.clock_id where c.incident_id = :id and c.kind = 'stage' and c.ended_at is null"
    soon = at("2025-09-28T10:20")
    assert clock_sweep.sweep(database, now=soon) == 1
    assert clock_sweep.sweep(database, now=soon) == 0
    with ThreadPoolExecutor(4) as pool:
        fired = list(pool.map(lambda _: clock_sweep.sweep(database, now=at("2025-09-28T11:00")), range(4)))
    assert sum(fired) == 1
    assert one(database, mine, id=case.id) == 2
    told = "select count(*) from notification where incident_id = :id and role = :role"
    assert one(database, told, id=case.id, role="handling_unit") == 2
    assert one(database, told, id=case.id, role="shift_leader") == 1
    with database.work(SYSTEM) as work:
        # a sweeper that lost its memory of what fired still can't fire twice
        work.session.execute(
            sa.text(
                "update clock set fired = 0, next_at = soon_at where incident_id = :id and kind = 'stage' and ended_at is null"
            ),
            {"id": case.id},
        )
    clock_sweep.sweep(database, now=at("2025-09-28T11:00"))
    assert one(database, mine, id=case.id) == 2
    assert one(database, told, id=case.id, role="handling_unit") == 2
    assert (
        one(
            database,
            "select count(*) from clock_event e join clock c on c.id = e.clock_id where c.incident_id = :id and e.acted_at is null",
            id=case.id,
        )
        == 1
    )
    assert seen(database, case, at("2025-09-28T11:30")).stage.colour == "late"


SWEEPER = """
import sys
from datetime import datetime
from services import clock_sweep
from store.database.engine import Database
clock_sweep.BATCH = 3
clock_sweep.sweep(Database(sys.argv[1], sys.argv[2]), now=datetime.fromisoformat(sys.argv[3]))
"""


def test_a_sweeper_that_is_killed_loses_nothing_and_nothing_fires_twice(database, database_urls, case):
    case.go("OPENED", "open", item="0101")
    now = at("2025-09-28T11:00")
    with database.work(SYSTEM) as work:
        work.session.execute(sa.text("update clock set ended_at = now(), next_at = null where ended_at is null"))
        work.session.execute(
            sa.text(
                "insert into clock (month, incident_id, kind, seq, state, owes, limits, measure, total_us, started_at,"
                " since, soon_at, due_at, far_at, next_at) select :month, :id, 'phase', n, 'IN_PROGRESS',"
                " 'handling_unit', '[]', 'wall', 1, :now, :now, :now, :now, 'infinity', :now"
                " from generate_series(1, 600) n"
            ),
            {"month": case.month, "id": case.id, "now": now},
        )
    mine = "select count(*) from clock_event e join clock c on c.id = e.clock_id where c.incident_id = :id and c.kind = 'phase'"
    command = [sys.executable, "-c", SWEEPER, database_urls.app, database_urls.owner, now.isoformat()]
    with subprocess.Popen(command) as sweeper:
        while not 0 < one(database, mine, id=case.id) < 1200:
            assert sweeper.poll() is None, "it was to be killed at work"
        sweeper.kill()
    left = one(database, mine, id=case.id)
    assert left < 1200
    assert clock_sweep.sweep(database, now=now) == 600 - left // 2
    assert clock_sweep.sweep(database, now=now) == 0
    fired = f"select count(*) from ({mine.replace('count(*)', 'e.clock_id, e.percent')} group by 1, 2) x"
    assert (one(database, mine, id=case.id), one(database, fired, id=case.id)) == (1200, 1200)
    told = "select count(*) from notification where incident_id = :id and role = 'handling_unit' and facts->>'clock' = 'phase'"
    assert one(database, told, id=case.id) == 600
    one(database, "update clock set ended_at = now(), next_at = null where incident_id = :id returning 1", id=case.id)


def test_another_calendar_moves_due_times_and_keeps_the_first_result(database, case, town):
    case.go("OPENED", "open", item="0201")
    case.go("IN_PROGRESS", "sign", now=at("2025-09-30T10:00"))
    assert seen(database, case).stage.due_at == at("2025-10-14T17:30")
    plain = read_calendar({"code": "plain", "zone": "Asia/Shanghai", "hours": ["08:30-12:00", "14:00-17:30"]})
    with database.work(SYSTEM) as work:
        view, moved = calendars.save(work, plain, now=at("2025-09-30T11:00"), territory=town.territory)
    assert moved >= 1
    assert view.version >= 2
    found = seen(database, case).stage
    assert found.due_at == at("2025-10-07T17:30")
    told = [(one.due_at, one.reason, one.at) for one in found.earlier]
    assert told == [(at("2025-10-14T17:30"), "calendar", at("2025-09-30T11:00"))]
    with database.work(SYSTEM) as work:
        results = [
            row
            for row in clocks.results_of(work, case.month, case.id)
            if row["kind"] == "stage" and row["state"] == "IN_PROGRESS"
        ]
        assert [(row["reason"], row["due_at"]) for row in results] == [
            ("start", at("2025-10-14T17:30")), ("calendar", at("2025-10-07T17:30"))]  # fmt: skip
        calendars.save(work, china(), now=at("2025-09-30T12:00"), territory=town.territory)
    assert seen(database, case).stage.due_at == at("2025-10-14T17:30")


def test_many_clocks_are_left_to_a_job_that_tells_how_far_it_is(database, case, town, monkeypatch):
    case.go("OPENED", "open", item="0201")
    case.go("IN_PROGRESS", "sign", now=at("2025-09-30T10:00"))
    plain = read_calendar({"code": "plain", "zone": "Asia/Shanghai", "hours": ["08:30-12:00", "14:00-17:30"]})
    monkeypatch.setattr(clock_recompute, "AT_ONCE", 1)
    monkeypatch.setattr(clock_recompute, "PORTION", 1)
    beside_it(database)
    with database.work(SYSTEM) as work:
        view, moved = calendars.save(work, plain, now=at("2025-09-30T11:00"), territory=town.territory)
    assert (moved, view.job_id is not None) == (0, True)
    assert seen(database, case).stage.due_at == at("2025-10-14T17:30"), "as before until the job has run"
    jobs.run_job(database, view.job_id, 1, threading.Event())
    assert seen(database, case).stage.due_at == at("2025-10-07T17:30")
    with database.work(SYSTEM) as work:
        job = jobs.get_job(work, view.job_id)
        assert (job.state, job.result["clocks_moved"] >= 1) == ("succeeded", True)
        told: list[float] = []
        assert (
            clock_recompute.recompute(
                work, town.territory, reason="calendar", now=FRIDAY, progress=lambda done, _: told.append(done)
            )
            == 0
        )
        assert told == sorted(told)
        assert told[-1] == 1.0
        assert len(told) > 1
    monkeypatch.undo()
    with database.work(SYSTEM) as work:
        calendars.save(work, china(), now=at("2025-09-30T12:00"), territory=town.territory)


class StopsLater(threading.Event):
    """A worker that is told to stop after some looks."""

    def __init__(self, looks):
        super().__init__()
        self.looks = looks

    def is_set(self):
        self.looks -= 1
        return self.looks < 0


def test_a_job_of_many_clocks_saves_part_by_part_and_goes_on_where_it_stopped(database, case, town, monkeypatch):
    case.go("OPENED", "open", item="0201")
    case.go("IN_PROGRESS", "sign", now=at("2025-09-30T10:00"))
    plain = read_calendar({"code": "plain", "zone": "Asia/Shanghai", "hours": ["08:30-12:00", "14:00-17:30"]})
    monkeypatch.setattr(clock_recompute, "AT_ONCE", 1)
    monkeypatch.setattr(clock_recompute, "PORTION", 1)
    beside_it(database)
    with database.work(SYSTEM) as work:
        view, _ = calendars.save(work, plain, now=at("2025-09-30T11:00"), territory=town.territory)
        beside = "select count(*) from clock where ended_at is null and calendar_id = :id"
    with pytest.raises(jobs.TryAgainError):
        jobs.run_job(database, view.job_id, 1, StopsLater(2))
    waits = "select count(*) from clock where ended_at is null and calendar_id is distinct from :id"
    assert one(database, beside, id=view.id) > 0, "the first portion is saved"
    assert one(database, waits, id=view.id) > 0, "the others wait"
    with database.work(SYSTEM) as work:
        assert jobs.get_job(work, view.job_id).state == "running"
        # a step of a case in between finds its clocks free
        assert sql.open_clocks(work.session, case.month, case.id)
    jobs.run_job(database, view.job_id, 2, threading.Event())
    with database.work(SYSTEM) as work:
        job = jobs.get_job(work, view.job_id)
        total = sql.open_count(work.session, town.territory)
    assert (job.state, one(database, beside, id=view.id)) == ("succeeded", total)
    assert seen(database, case).stage.due_at == at("2025-10-07T17:30")
    monkeypatch.undo()
    with database.work(SYSTEM) as work:
        calendars.save(work, china(), now=at("2025-09-30T12:00"), territory=town.territory)


def test_a_pause_is_gone_through_again_on_another_calendar(database, case, town):
    case.go("OPENED", "open", item="0101")
    case.go("IN_PROGRESS", "sign")
    case.go("SUSPENDED", "approve_suspension", now=at("2025-09-26T17:00"))
    case.go("IN_PROGRESS", "resume", now=at("2025-09-28T09:00"))
    assert seen(database, case).stage.due_at == at("2025-09-28T12:00")
    plain = read_calendar({"code": "plain", "zone": "Asia/Shanghai", "hours": ["08:30-12:00", "14:00-17:30"]})
    with database.work(SYSTEM) as work:
        calendars.save(work, plain, now=at("2025-09-28T09:30"), territory=town.territory)
    assert seen(database, case).stage.due_at == at("2025-09-29T11:30"), "Sunday is not worked in that calendar"
    with database.work(SYSTEM) as work:
        calendars.save(work, china(), now=at("2025-09-28T09:31"), territory=town.territory)


def test_limits_are_frozen_at_opening_until_a_rule_is_applied_on_purpose(database, case, town, tmp_path):
    case.go("OPENED", "open", item="0101")
    newer = tmp_path / "newer.csv"
    newer.write_text(CATALOGUE.replace("4 工作时,2 工作日", "2 工作时,2 工作日"), encoding="utf-8")
    with database.owner_work(SYSTEM) as work:
        assert ingest.load_catalogue(work, newer, territory=town.territory).counts["version"] == 2
    case.go("IN_PROGRESS", "sign")
    assert seen(database, case).stage.due_at == at("2025-09-28T11:00"), "the limit that it was opened with"
    with database.work(SYSTEM) as work:
        assert clock_recompute.apply_rules(work, now=FRIDAY, territory=town.territory)[0] >= 2
    found = seen(database, case)
    assert found.stage.due_at == at("2025-09-28T09:00")
    assert found.total.due_at == at("2025-09-28T17:30")
    assert one(database, "select count(*) from case_limit where incident_id = :id", id=case.id) == 2
    with database.work(SYSTEM) as work:
        assert [row.version for row in catalogue.list_versions(work, town.territory)] == [2, 1]
        assert catalogue_edit.retire_item(work, "0101", version=2, territory=town.territory) == 3
    with database.work(SYSTEM) as work:
        clock_recompute.apply_rules(work, now=FRIDAY, territory=town.territory)
    assert seen(database, case) == found, "a case of a retired item keeps the limits that it has"


def test_bad_calendars_change_nothing(database, town):
    with database.work(SYSTEM) as work:
        before = calendars.show(work, town.territory).version
    with pytest.raises(InvalidInputError), database.work(SYSTEM) as work:
        calendars.save(work, {"code": "x", "zone": "UTC", "hours": []}, now=FRIDAY, territory=town.territory)
    with database.work(SYSTEM) as work:
        assert calendars.show(work, town.territory).version == before
        assert read_together(work.session, [sql.clocks_question([(date(2025, 9, 1), 999999)])]) == [[]]


def test_a_suspended_case_goes_on_at_its_day_of_review(database, case):
    case.go("OPENED", "open", item="0201")
    case.go("IN_PROGRESS", "sign")
    case.go("SUSPENDED", "approve_suspension", now=at("2025-09-26T17:00"), review_on=date(2025, 10, 20))
    with database.work(SYSTEM) as work:
        work.session.execute(
            sa.text("update clock set ended_at = now(), next_at = null where incident_id <> :id"), {"id": case.id}
        )
        work.session.execute(sa.text("update clock_event set acted_at = now() where acted_at is null"))
    assert clock_sweep.sweep(database, now=at("2025-10-19T23:59")) == 1, "its four fifths"
    assert clock_sweep.see_to(database, now=at("2025-10-19T23:59")) == 0
    with database.work(SYSTEM) as work:
        # somebody is taking a step on the case: the sweep does not wait for it
        work.session.execute(sa.text("select 1 from incident where id = :id for update"), {"id": case.id})
        assert clock_sweep.sweep(database, now=at("2025-10-20T08:30")) == 0
    done = housekeeping.run_clocks(database, Outbound(), now=at("2025-10-20T08:30"))
    assert (done["fired"], done["seen_to"]) == (1, 1)
    assert one(database, "select state from incident where id = :id", id=case.id) == "IN_PROGRESS"
    found = seen(database, case, at("2025-10-20T08:30"))
    assert found.review is None
    # an hour and a half of the Friday and five work days, less the hour that was spent
    assert found.stage.due_at == at("2025-10-27T09:00")
    assert one(database, "select outcome from clock_event order by id desc limit 1") == "resume"


def test_a_case_that_fails_keeps_no_other_waiting(database, town, caplog):
    """As a fault of one case's data would, a trigger lets no step of the first case be written."""
    with database.work(SYSTEM) as work:
        work.session.execute(sa.text("update clock set ended_at = now(), next_at = null where ended_at is null"))
        work.session.execute(sa.text("update clock_event set acted_at = now() where acted_at is null"))
        numbers = [
            register(work, StreetGraphs(), Report(Place(*lonlat(100, 100)), "x"), key=f"f-{k}", now=FRIDAY).incident
            for k in range(2)
        ]
    bad = numbers[0]
    with database.owner_work(SYSTEM) as work:
        work.session.execute(
            sa.text(
                "create function refuse_one() returns trigger language plpgsql as $$ begin"
                f" if new.incident_id = {bad.id} then raise exception 'broken'; end if; return new; end $$"
            )
        )
        work.session.execute(
            sa.text("create trigger refuse_one before insert on transition for each row execute function refuse_one()")
        )
    then = at("2025-09-27T23:59")
    try:
        clock_sweep.sweep(database, now=then)
        assert clock_sweep.see_to(database, now=then) == 2, "its 100 and its 150 %"
        assert any(getattr(record, "no", None) == bad.no for record in caplog.records)
        levels = [one(database, "select handling_level from incident where id = :id", id=each.id) for each in numbers]
        assert levels == ["grid", "town"]
    finally:
        with database.owner_work(SYSTEM) as work:
            work.session.execute(sa.text("drop function refuse_one() cascade"))
    assert clock_sweep.see_to(database, now=then) == 2, "tried again"
    assert one(database, "select handling_level from incident where id = :id", id=bad.id) == "town"
