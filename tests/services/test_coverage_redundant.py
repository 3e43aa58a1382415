"""Which cameras of a real town could go or be turned: the run without them sees the same."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from services.coverage import run_coverage
from services.coverage_redundant import redundant
from store.database.engine import Database
from store.database.models import Camera


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    load_helsinki(database)
    return propose(database)


def test_town_without_its_redundant_cameras_sees_the_same(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        before, _ = run_coverage(work, plan)
        found = redundant(work, plan, limit=500)
        assert found["count"] == len(found["removable"]) > 0
        gone = [row["id"] for row in found["removable"]]
        work.session.execute(sa.delete(Camera).where(Camera.id.in_(gone)))
        after, _ = run_coverage(work, plan)
        assert after.summary["seen_m"] == pytest.approx(before.summary["seen_m"], abs=0.05 * len(gone))
        assert after.summary["key_places_seen"] == before.summary["key_places_seen"]
        work.session.rollback()


def test_a_camera_that_repeats_another_is_turned_to_what_nobody_sees(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        run_coverage(work, plan)
        every = work.session.scalars(sa.select(Camera)).all()
        for camera in every:
            camera.ptz = camera.dome = False
            camera.azimuth, camera.hfov = 0.0, 60.0
        run_coverage(work, plan)
        found = redundant(work, plan, limit=500)
        best = found["turnable"][0]
        assert {row["id"] for row in found["turnable"]} <= {row["id"] for row in found["removable"]}
        before, _ = run_coverage(work, plan)
        camera = work.session.get_one(Camera, best["id"])
        camera.azimuth = best["new_azimuth"]
        work.session.flush()
        after, _ = run_coverage(work, plan)
        gained = after.summary["seen_m"] - before.summary["seen_m"]
        assert gained == pytest.approx(best["gain_m"], abs=30)
        assert after.summary["key_places_seen"] - before.summary["key_places_seen"] == best["gain_places"]
        work.session.rollback()
