"""Coverage of a day and of a month: what the noted states of cameras make of the same ground."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose
from sqlalchemy.dialects.postgresql import Range

from gis.errors import InvalidInputError
from services.coverage import run_coverage
from services.coverage_compare import compare
from services.coverage_scene import camera_times, read_scene
from services.coverage_sides import run_of_side
from services.coverage_spec import CEILING, CoverageSpec, Period
from services.coverage_views import gaps, newest, places
from services.reports.coverage_report import coverage_content
from store.database.engine import Database
from store.database.models import Camera, CameraStatus, CoverageRun, Gap, KeyPlace, ViewShed
from store.database.plans import get_plan

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    load_helsinki(database)
    return propose(database)


@pytest.fixture(scope="module")
def outage(database: Database, plan: UUID) -> UUID:
    """A camera with a known view of some key place, offline 3 November 00:00 to 4 November 12:00, local time."""
    with database.work(SYSTEM) as work:
        run_coverage(work, plan)
        seeing = work.session.scalars(
            sa.select(Camera.id)
            .join(ViewShed, ViewShed.camera_id == Camera.id)
            .join(KeyPlace, sa.func.ST_Covers(ViewShed.geom, KeyPlace.point))
            .where(~ViewShed.assumed)
            .order_by(Camera.fid)
        ).first()
        assert seeing is not None
        start, end = datetime(2025, 11, 3, tzinfo=SHANGHAI), datetime(2025, 11, 4, 12, tzinfo=SHANGHAI)
        # everybody else stays out of it, so that the places of this camera hang on it alone
        work.session.execute(sa.update(Camera).where(Camera.id != seeing).values(networked=False))
        for low, high, online in ((start, end, False), (end, None, True)):
            work.session.add(CameraStatus(camera_id=seeing, online=online, period=Range(low, high)))
        return seeing


def spec(**asked: str) -> CoverageSpec:
    return CoverageSpec(time_zone="Asia/Shanghai", **asked)


def test_november_availability_of_a_camera_off_for_a_day_and_a_half_is_95_percent(
    database: Database, plan: UUID, outage: UUID
) -> None:
    with database.work(SYSTEM) as work:
        run, _ = run_coverage(work, plan, spec(month="2025-11"), now=NOW)
        always, _ = run_coverage(work, plan, spec(month="2025-10"), now=NOW)
        told = run.summary["availability"]
        assert [row["camera"] for row in told["below_target"]] == [str(outage)]
        assert told["mean"] == told["below_target"][0]["availability"] == pytest.approx(0.95, abs=1e-9)
        content = coverage_content(work, get_plan(work.session, plan), run, "en")
        (note,) = (note for note in content.notes if note.startswith("Availability"))
        assert "95.0 % on average; cameras below 98%: 1." in note
        assert note.endswith(f"{told['below_target'][0]['ref']} 95.0 %")
        assert run.summary["cameras_online"] == pytest.approx(0.95)
        # seen by this camera alone: metres, places and ground follow its availability
        for figure in ("seen_m", "key_places_seen", "seen_m2"):
            assert run.summary[figure] == pytest.approx(0.95 * always.summary[figure], rel=1e-9)
        assert run.summary["streets_m"] == pytest.approx(always.summary["streets_m"])
        assert (run.begins_at, run.ends_at) == (
            datetime(2025, 11, 1, tzinfo=SHANGHAI), datetime(2025, 12, 1, tzinfo=SHANGHAI),
        )  # fmt: skip
        missed = [gap for gap in gaps(work, run, kind="key_place", limit=5000) if gap["reason"]["unseen_share"] < 1]
        assert missed
        assert all(gap["reason"]["unseen_share"] == pytest.approx(0.05) for gap in missed)


def test_on_the_third_its_key_places_are_gaps(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        before, _ = run_coverage(work, plan, spec(on="2025-11-02"), now=NOW)
        during, _ = run_coverage(work, plan, spec(on="2025-11-03"), now=NOW)
        after, _ = run_coverage(work, plan, spec(on="2025-11-04"), now=NOW)
        its = {place["id"] for place in places(work, before) if place["seen"] == "yes"}
        assert its
        assert its == {place["id"] for place in places(work, after) if place["seen"] == "yes"}
        assert not any(place["seen"] == "yes" for place in places(work, during))
        named = {gap["what"] for gap in gaps(work, during, kind="key_place", limit=5000)}
        assert {place["name"] or place["kind"] for place in places(work, before) if place["id"] in its} <= named
        assert during.summary["cameras_online"] == 0


def test_runs_of_the_past_leave_the_map_alone(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        present, _ = run_coverage(work, plan)
        shown = work.session.scalar(sa.select(sa.func.count()).select_from(ViewShed))
        past, _ = run_coverage(work, plan, spec(on="2025-11-03"), now=NOW)
        again, reused = run_coverage(work, plan, spec(on="2025-11-03"), now=NOW)
        assert (reused, again.id) == (True, past.id)
        assert not past.present
        assert newest(work, plan)["run"]["id"] == present.id
        assert newest(work, plan, past.id)["summary"]["rates"]["online"]["met"] is False
        assert work.session.scalar(sa.select(sa.func.count()).select_from(ViewShed)) == shown
        assert work.session.get_one(CoverageRun, past.id).begins_at == past.ends_at


def test_months_begin_at_local_midnight() -> None:
    month = spec(month="2025-11").period(NOW)
    assert month is not None
    assert month.begins_at.astimezone(UTC) == datetime(2025, 10, 31, 16, tzinfo=UTC)
    assert (month.ends_at - month.begins_at).days == 30
    running = spec(month="2026-02").period(datetime(2026, 2, 3, 17, tzinfo=UTC))
    assert running is not None
    assert running.ends_at == datetime(2026, 2, 4, tzinfo=SHANGHAI)
    # the night when clocks go back is 25 hours long
    autumn = CoverageSpec(month="2025-10", time_zone="Europe/Helsinki").period(NOW)
    assert autumn is not None
    assert (autumn.ends_at.astimezone(UTC) - autumn.begins_at.astimezone(UTC)).total_seconds() == 31 * 86400 + 3600
    assert spec(on="2026-02-01").period(NOW) is None


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("on", {"on": "yesterday"}),
        ("on", {"on": "2026-02-30"}),
        ("on", {"on": "2026-03-01"}),
        ("month", {"month": "2025-13"}),
        ("month", {"month": "2026-03"}),
        ("month", {"month": "2026-02"}),
    ],
)
def test_days_and_months_that_are_none_or_not_over_are_refused(field: str, asked: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        CoverageSpec(**asked).period(NOW)
    assert refused.value.fields["field"] == field


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("k", {"k": 4}),
        ("status", {"status": "some"}),
        ("level", {"level": "hd"}),
        ("assumed_px", {"assumed_px": 0}),
        ("ptz", {"ptz": "tomorrow"}),
        ("month", {"on": "2025-11-01", "month": "2025-11"}),
        ("named", {"level": "identify"}),
        ("named", {"named": ("gate",)}),
        ("reason", {"level": "perceive", "named": ("0" * 32,), "reason": "why not"}),
    ],
)
def test_spec_that_asks_too_much_is_refused(field: str, asked: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        CoverageSpec(**asked).check()  # type: ignore[arg-type]
    assert refused.value.fields["field"] == field


def test_ceiling_is_discern() -> None:
    from grid_coverage import DORI, OODPCVS

    assert OODPCVS["discern"] == CEILING
    assert not OODPCVS.keys() & DORI.keys()
    CoverageSpec(level="discern").check()
    CoverageSpec(level="identify", named=("0" * 32,), reason="Licence plates at the depot gate").check()


def test_states_fill_the_time_that_nobody_noted(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        scene = read_scene(work, get_plan(work.session, plan))
        period = Period(datetime(2025, 11, 1, tzinfo=SHANGHAI), datetime(2025, 12, 1, tzinfo=SHANGHAI))
        share = camera_times(work, scene.cameras, period).share("online")
        at = np.flatnonzero([camera == outage for camera in scene.cameras["id"]])[0]
        assert share[at] == pytest.approx(0.95)
        assert share[np.arange(len(share)) != at].tolist() == [0.0] * (len(share) - 1)
        # no history at all: as the flag says now, all the time
        work.session.execute(sa.update(Camera).values(networked=True))
        work.session.execute(sa.update(Camera).where(Camera.id != outage).values(online=False))
        scene = read_scene(work, get_plan(work.session, plan))
        share = camera_times(work, scene.cameras, period).share("online")
        assert share.sum() == pytest.approx(0.95)
        work.session.rollback()


def test_of_equal_gaps_the_one_where_more_happens_comes_first(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        run, _ = run_coverage(work, plan, CoverageSpec(status="all"))
        one, two, three = work.session.scalars(
            sa.select(Gap).where(Gap.run_id == run.id, Gap.kind == "key_place")
        ).all()[:3]
        for gap, incidents in ((one, 2), (two, 12), (three, None)):
            gap.score, gap.reason = 1e6, {**gap.reason, "incidents": incidents}
        work.session.flush()
        assert [row["id"] for row in gaps(work, run, limit=3)] == [two.id, one.id, three.id]
        work.session.rollback()


def test_headline_of_a_report_answers_the_need(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        twice, _ = run_coverage(work, plan, CoverageSpec(status="all", k=2))
        name, value, note = coverage_content(work, get_plan(work.session, plan), twice, "en").facts[0]
        assert name == "Streets seen by 2 or more"
        assert value == f"{100 * twice.summary['k2_m'] / twice.summary['streets_m']:.1f} %"
        assert f"{100 * twice.summary['k2_m_upper'] / twice.summary['streets_m']:.1f} %" in note
        work.session.rollback()


def test_levels_shorten_ranges_and_unknown_sensors_widen_the_interval(
    database: Database, plan: UUID, outage: UUID
) -> None:
    with database.work(SYSTEM) as work:
        whole, _ = run_coverage(work, plan, CoverageSpec(status="all"))
        blind, _ = run_coverage(work, plan, CoverageSpec(status="all", level="discern"))
        assumed, _ = run_coverage(work, plan, CoverageSpec(status="all", level="discern", assumed_px=1920))
        coarse, _ = run_coverage(work, plan, CoverageSpec(status="all", level="detect", assumed_px=1920))
        assert blind.summary["cameras_unknown_sensor"] == 221
        assert blind.summary["seen_m"] == 0
        assert blind.summary["seen_m_upper"] == pytest.approx(whole.summary["seen_m_upper"])
        assert 0 < assumed.summary["seen_m"] < coarse.summary["seen_m"] <= whole.summary["seen_m"]
        assert not assumed.present


def test_detail_is_discern_unless_another_is_asked(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        work.session.execute(sa.update(Camera).values(networked=True))
        registered, _ = run_coverage(work, plan)
        work.session.execute(sa.update(Camera).values(sensor_px=1920))
        usual, _ = run_coverage(work, plan)
        named, _ = run_coverage(work, plan, CoverageSpec(level="discern"))
        assert (registered.present, usual.present, named.present) == (True, True, False)
        for figure in ("seen_m", "seen_m_upper", "seen_m2"):
            assert usual.summary[figure] == pytest.approx(named.summary[figure])
            assert 0 < usual.summary[figure] < registered.summary[figure]
        coarse, _ = run_coverage(work, plan, CoverageSpec(level="overview"))
        assert usual.summary["seen_m"] < coarse.summary["seen_m"] <= registered.summary["seen_m"] + 1e-6
        work.session.rollback()


def test_detail_above_discern_measures_the_named_places_alone(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        one = str(work.session.scalars(sa.select(KeyPlace.id).order_by(KeyPlace.fid)).first())
        close = CoverageSpec(level="identify", named=(one,), reason="Number plates at this gate", assumed_px=3840)
        run, _ = run_coverage(work, plan, close)
        assert run.summary["streets_m"] == 0
        assert run.summary["key_places"] == 1
        assert run.spec["reason"] == "Number plates at this gate"
        with pytest.raises(InvalidInputError, match="not in this territory"):
            run_coverage(work, plan, CoverageSpec(level="identify", named=("0" * 32,), reason="Number plates here"))


def test_turning_cameras_count_all_they_reach_or_their_pose(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        work.session.execute(sa.update(Camera).values(ptz=True, dome=False, azimuth=90.0, hfov=60.0, networked=True))
        reached, _ = run_coverage(work, plan)
        pose, _ = run_coverage(work, plan, CoverageSpec(ptz="now"))
        assert 0 < pose.summary["seen_m2"] < 0.5 * reached.summary["seen_m2"]
        assert (reached.present, pose.present) == (True, False)
        work.session.execute(sa.update(Camera).values(azimuth=None))
        unknown, _ = run_coverage(work, plan, CoverageSpec(ptz="now"))
        assert unknown.summary["seen_m2"] == 0
        assert unknown.summary["seen_m2_upper"] > 0
        work.session.rollback()


def test_status_nests_from_all_to_serviceable(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        work.session.execute(sa.update(Camera).values(networked=True, online=True, serviceable=True))
        ids = work.session.scalars(sa.select(Camera.id).order_by(Camera.fid)).all()
        work.session.execute(sa.update(Camera).where(Camera.id.in_(ids[:60])).values(serviceable=False))
        work.session.execute(sa.update(Camera).where(Camera.id.in_(ids[:40])).values(online=False))
        work.session.execute(sa.update(Camera).where(Camera.id.in_(ids[:20])).values(networked=False))
        found = {
            status: run_coverage(work, plan, CoverageSpec(status=status))[0].summary
            for status in ("all", "networked", "online", "serviceable")
        }
        metres = [found[status]["seen_m_upper"] for status in ("all", "networked", "online", "serviceable")]
        assert metres == sorted(metres, reverse=True)
        counts = found["all"]
        assert counts["cameras_networked"] == counts["cameras"] - 20
        assert counts["cameras_online"] == counts["cameras"] - 40
        assert counts["cameras_serviceable"] <= counts["cameras"] - 60
        assert {row["unit"] for row in counts["official"]} >= {"grid"}
        work.session.rollback()


def test_two_days_side_by_side_tell_what_changed(database: Database, plan: UUID, outage: UUID) -> None:
    with database.work(SYSTEM) as work:
        asked = spec()
        runs = [run_of_side(work, day, plan, asked) for day in ("2025-11-02", "2025-11-03")]
        found = compare(work, *runs)
        figures = {row["figure"]: row for row in found["summary"]}
        assert found["same_grids"]
        assert figures["seen_m"]["b"] == 0
        assert figures["seen_m"]["change"] == pytest.approx(-figures["seen_m"]["a"])
        assert {(row["was"], row["is"]) for row in found["places"]} >= {("yes", "no")}
        assert found["grids"][0]["change"] < 0
        assert abs(found["grids"][0]["change"]) == max(abs(row["change"] or 0) for row in found["grids"])
        assert found["areas"][0]["seen_m_a"] == pytest.approx(figures["seen_m"]["a"])
        back = compare(work, *reversed(runs))
        assert {row["figure"]: row["change"] for row in back["summary"]}["seen_m"] == -figures["seen_m"]["change"]
        assert run_of_side(work, str(runs[0]), plan, asked) == runs[0]
        assert run_of_side(work, "now", plan, asked) == run_of_side(work, str(plan), plan, asked)
        month = run_of_side(work, "2025-11", plan, asked)
        assert compare(work, month, month)["places"] == []
        with pytest.raises(InvalidInputError, match="Name a run"):
            run_of_side(work, "last week", plan, asked)


def test_plans_with_other_grids_are_compared_by_area(database: Database, plan: UUID, outage: UUID) -> None:
    other = propose(database, grids=7)
    with database.work(SYSTEM) as work:
        found = compare(work, run_of_side(work, "now", plan, spec()), run_of_side(work, str(other), plan, spec()))
        assert not found["same_grids"]
        for row in found["areas"]:
            assert row["street_m_a"] == pytest.approx(row["street_m_b"])
            assert row["change"] == pytest.approx(0, abs=1e-9)
