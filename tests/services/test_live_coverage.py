"""Figures that follow the cameras: equal to a whole computation, whatever happens to the cameras."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from services import cameras, live_check, live_coverage, nightly
from services.camera_history import State
from services.camera_status import Status, take_statuses
from services.coverage import run_coverage
from services.coverage_views import newest
from services.features import cameras as feature_cameras
from services.ingest import load_cameras
from store.database import coverage as sql
from store.database.engine import Database
from store.database.models import (
    Building,
    Camera,
    CoverageGrid,
    CoverageRun,
    GridVersion,
    JobProgress,
    Outbox,
    Plan,
    Territory,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    load_helsinki(database)
    made = propose(database, grids=24)
    with database.work(SYSTEM) as work:
        run_coverage(work, made)
    return made


def camera_ids(database: Database) -> list[UUID]:
    with database.work(SYSTEM) as work:
        return list(work.session.scalars(sa.select(Camera.id).where(~Camera.indoor).order_by(Camera.fid)))


def change(database: Database, camera: UUID, **changes: object) -> None:
    with database.work(SYSTEM) as work:
        revision = cameras.get_camera(work, str(camera)).revision
        cameras.change_camera(work, str(camera), changes, revision=revision, now=datetime.now(UTC))


def differences(database: Database, plan: UUID) -> list[dict[str, object]]:
    with database.work(SYSTEM) as work:
        found = live_check.check(work, plan, now=datetime.now(UTC))
        assert found.equal == (not found.differences)
        return found.differences


def random_change(choose: random.Random, view: cameras.CameraView) -> dict[str, object]:
    kind = choose.choice(
        ["online", "online", "azimuth", "move", "range", "ptz", "blind", "serviceable", "networked", "lens"]
    )
    metres = 1e-5
    return {
        "online": {"online": not view.online},
        "networked": {"networked": not view.networked},
        "serviceable": {"serviceable": not view.serviceable},
        "azimuth": {"azimuth": choose.uniform(0, 359.9)},
        "lens": {"hfov": choose.uniform(20, 120)},
        "blind": {"azimuth": None},
        "range": {"max_range": choose.choice([0.0, 20.0, 80.0, 150.0])},
        "ptz": {"ptz": not view.ptz},
        "move": {
            "lon": view.lon + choose.uniform(-60, 60) * 2 * metres,
            "lat": view.lat + choose.uniform(-60, 60) * metres,
        },
    }[kind]


def shake(database: Database, count: int, seed: int) -> None:
    choose = random.Random(seed)
    known = camera_ids(database)
    for _ in range(count):
        camera = choose.choice(known)
        with database.work(SYSTEM) as work:
            view = cameras.get_camera(work, str(camera))
            wanted = random_change(choose, view)
            inside = 24.93 < float(wanted.get("lon", 24.94)) < 24.96
            if inside:
                try:
                    cameras.change_camera(work, str(camera), wanted, revision=view.revision, now=datetime.now(UTC))
                except cameras.InvalidInputError:
                    work.session.rollback()


def test_a_camera_that_goes_changes_its_grids_only_and_comes_back_alike(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        finished = sql.newest_run(work.session, plan)
        assert finished is not None
        before = {
            row.grid_id: row
            for row in work.session.scalars(sa.select(CoverageGrid).where(CoverageGrid.run_id == finished.id))
        }
        seeing = work.session.scalars(sa.text("select camera_id from view_shed order by area_m2 desc limit 1")).one()
    change(database, seeing, online=False)
    with database.work(SYSTEM) as work:
        live = sql.newest_run(work.session, plan)
        assert live is not None
        assert live.live
        assert live.id != finished.id
        now = {
            row.grid_id: row
            for row in work.session.scalars(sa.select(CoverageGrid).where(CoverageGrid.run_id == live.id))
        }
        told = work.session.scalars(
            sa.select(Outbox).where(Outbox.kind == "coverage").order_by(Outbox.id.desc())
        ).first()
    other = {
        grid
        for grid in before
        if now[grid].online != before[grid].online or now[grid].seen_m2_upper != before[grid].seen_m2_upper
    }
    assert told is not None
    assert 0 < len(other) <= len(told.payload["grids"]) < len(before)
    assert {str(grid) for grid in other} <= set(told.payload["grids"])
    assert differences(database, plan) == []
    change(database, seeing, online=True)
    with database.work(SYSTEM) as work:
        again = sql.newest_run(work.session, plan)
        assert again is not None
        rows = work.session.scalars(sa.select(CoverageGrid).where(CoverageGrid.run_id == again.id)).all()
    assert {row.grid_id: row.seen_m for row in rows} == pytest.approx(
        {grid: row.seen_m for grid, row in before.items()}
    )
    with database.work(SYSTEM) as work:
        kept = work.session.get_one(CoverageRun, finished.id)
        assert kept.digest != "live"


def test_figures_equal_a_whole_computation_after_random_changes(database: Database, plan: UUID) -> None:
    shake(database, 120, seed=5)
    assert differences(database, plan) == []


def test_counts_of_units_and_of_what_was_done_to_cameras_follow_them(database: Database, plan: UUID) -> None:
    def summary() -> dict:
        with database.work(SYSTEM) as work:
            return newest(work, plan)["summary"]

    def with_camera(told: dict, unit: str) -> int:
        return next(row["with_camera"] for row in told["official"] if row["unit"] == unit)

    with database.work(SYSTEM) as work:
        run = sql.newest_run(work.session, plan)
        assert run is not None
        alone = work.session.execute(
            sa.select(Camera.id, Camera.point)
            .join(GridVersion, sa.func.ST_Intersects(GridVersion.geom, Camera.point))
            .join(CoverageGrid, CoverageGrid.grid_id == GridVersion.grid_id)
            .where(CoverageGrid.run_id == run.id, GridVersion.plan_id == plan, CoverageGrid.online == 1)
            .where(Camera.online, Camera.networked, ~Camera.indoor)
        ).first()
        house = work.session.scalars(sa.select(Building.geom).order_by(sa.func.ST_Area(Building.geom).desc())).first()
    assert alone is not None
    deep = shapely.maximum_inscribed_circle(shapely.get_parts(house)[0]).coords[0]
    before = summary()
    assert "unseeing" not in before
    change(database, alone.id, online=False)
    assert with_camera(summary(), "grid") == with_camera(before, "grid") - 1
    assert differences(database, plan) == []
    change(database, alone.id, online=True, azimuth=None, ptz=False, hfov=90.0)
    assert with_camera(summary(), "grid") == with_camera(before, "grid")
    change(database, alone.id, lon=deep[0], lat=deep[1])
    buried = summary()
    assert buried["cameras_inside_buildings"] == before["cameras_inside_buildings"] + 1
    assert differences(database, plan) == []
    change(database, alone.id, azimuth=10.0)
    assert summary()["cameras_unknown_heading"] == buried["cameras_unknown_heading"] - 1
    change(database, alone.id, lon=alone.point.x, lat=alone.point.y)
    assert summary()["cameras_inside_buildings"] == before["cameras_inside_buildings"]
    assert differences(database, plan) == []
    # what nobody counted would be found
    with database.work(SYSTEM) as work:
        run = sql.newest_run(work.session, plan)
        assert run is not None
        run.summary = {**run.summary, "cameras_moved_out": run.summary["cameras_moved_out"] + 1}
    assert [row["figure"] for row in differences(database, plan)] == ["cameras_moved_out"]
    assert differences(database, plan) == []


def test_a_batch_of_states_is_followed_at_once_or_by_a_job(database: Database, plan: UUID) -> None:
    known = camera_ids(database)
    with database.work(SYSTEM) as work:
        few = [Status(str(camera), NOW, State(online=False)) for camera in known[:5]]
        take_statuses(work, few, now=NOW)
    assert differences(database, plan) == []
    with database.work(SYSTEM) as work:
        many = [
            Status(str(camera), NOW + timedelta(hours=1), State(online=k % 2 == 0)) for k, camera in enumerate(known)
        ]
        take_statuses(work, many, now=NOW + timedelta(hours=2))
        job = work.session.scalars(
            sa.select(JobProgress).where(JobProgress.kind == live_coverage.JOB).order_by(JobProgress.created_at.desc())
        ).first()
        assert job is not None
        live_check.run_live_job(work, job.args, now=datetime.now(UTC))
    assert differences(database, plan) == []


def test_a_register_that_is_loaded_is_followed_by_a_job(database: Database, plan: UUID, tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    file.write_text("ref,lon,lat,azimuth,hfov,max_range\nmore-1,24.9460,60.16762,90,90,50\n", encoding="utf-8")
    for dry_run in (True, False):
        with database.work(SYSTEM) as work:
            work.session.execute(sa.delete(JobProgress).where(JobProgress.kind == live_coverage.JOB))
            territory = work.session.get_one(Plan, plan).territory_id
            name = work.session.get_one(Territory, territory).name
            load_cameras(work, file, territory=name, crs="wgs84", dry_run=dry_run)
            jobs = work.session.scalars(sa.select(JobProgress).where(JobProgress.kind == live_coverage.JOB)).all()
            assert [job.args for job in jobs] == ([] if dry_run else [{"plan": str(plan)}])
            for job in jobs:
                live_check.run_live_job(work, job.args, now=datetime.now(UTC))
    assert differences(database, plan) == []


def test_a_difference_is_kept_told_and_mended(database: Database, plan: UUID) -> None:
    change(database, camera_ids(database)[0], online=False)
    with database.work(SYSTEM) as work:
        run = sql.newest_run(work.session, plan)
        assert run is not None
        victim = work.session.scalars(sa.select(CoverageGrid).where(CoverageGrid.run_id == run.id)).first()
        assert victim is not None
        victim.seen_m += 5.0
    found = differences(database, plan)
    assert [(row["grid"], row["figure"]) for row in found] == [(str(victim.grid_id), "seen_m")]
    with database.work(SYSTEM) as work:
        state = live_check.state(work, plan)
        assert state["checked"]["equal"] is False
        events = work.session.scalars(sa.select(Outbox.kind).order_by(Outbox.id.desc()).limit(20)).all()
        assert "coverage-check" in events
    assert differences(database, plan) == []


def test_checks_are_queued_once_a_night(database: Database, plan: UUID) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with database.work(SYSTEM) as work:
        assert nightly.queue_checks(work, now=tomorrow) == 1
        assert nightly.queue_checks(work, now=tomorrow) == 0
        work.session.rollback()
    with database.work(SYSTEM) as work:
        live_check.check(work, plan, now=tomorrow)
        assert nightly.queue_checks(work, now=tomorrow) == 0
        work.session.rollback()


def test_checks_at_the_same_time_find_what_one_finds(database: Database, plan: UUID) -> None:
    # a difference makes each put a new run in the place of the one that the other may have read
    change(database, camera_ids(database)[0], online=False)
    with database.work(SYSTEM) as work:
        run = sql.newest_run(work.session, plan)
        assert run is not None
        work.session.execute(sa.update(CoverageGrid).where(CoverageGrid.run_id == run.id).values(online=99))
    with ThreadPoolExecutor(2) as pool:
        found = [len(each.result()) for each in [pool.submit(differences, database, plan) for _ in range(2)]]
    assert min(found) == 0, found


def test_what_was_done_to_a_camera_goes_with_it(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        # one that sees something and whose heading nobody knows
        fid = work.session.scalars(
            sa.text(
                "select c.fid from camera c join view_shed s on s.camera_id = c.id"
                " where c.azimuth is null and not c.ptz and not c.dome order by s.area_m2 desc limit 1"
            )
        ).one()
    with database.work(SYSTEM) as work:
        run = sql.newest_run(work.session, plan)
        assert run is not None
        before = run.summary["cameras_unknown_heading"]
        feature_cameras.remove(work, fid, datetime.now(UTC))
    with database.work(SYSTEM) as work:
        run = sql.newest_run(work.session, plan)
        assert run is not None
        assert run.summary["cameras_unknown_heading"] == before - 1
    assert differences(database, plan) == []
