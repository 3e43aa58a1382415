"""What-if: equal to the run after the camera was really put up, turned or taken down; privacy zones refuse."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose
from sqlalchemy import event

from gis.crs import to_lonlat, to_metric
from gis.errors import InvalidInputError, NotFoundError
from services import privacy_zones
from services.coverage import run_coverage
from services.coverage_views import newest
from services.proposed_views import Proposed
from services.what_if import what_if
from store.database.engine import Database
from store.database.models import Building, Camera, Territory, ViewShed

CORNER = (24.9432708, 60.1665138)


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    load_helsinki(database)
    made = propose(database)
    with database.work(SYSTEM) as work:
        run_coverage(work, made)
    return made


def proposed(**changes: object) -> Proposed:
    told = {"lon": CORNER[0], "lat": CORNER[1], "azimuth": 40.0, "hfov": 75.0, "sensor_px": 8000, "key": "a"}
    return Proposed(**{**told, **changes})  # type: ignore[arg-type]


def figures(told: dict, code: str) -> dict:
    return next(grid for grid in told["grids"] if grid["code"] == code)


def assert_change_comes_true(answer: dict, before: dict, after: dict) -> None:
    """What was told of every touched grid is what the runs before and after found, and no other grid changed."""
    told = {grid["code"]: grid for grid in answer["grids"]}
    assert told
    for grid in before["grids"]:
        now = figures(after, grid["code"])
        for name in (
            "street_m", "seen_m", "seen_m_upper", "k2_m", "k2_m_upper", "k3_m", "places_seen", "gap_score",
            "gap_score_least",
        ):  # fmt: skip
            if grid["code"] in told:
                assert told[grid["code"]]["before"][name] == pytest.approx(grid[name], abs=1e-6), name
                assert told[grid["code"]]["after"][name] == pytest.approx(now[name], abs=1e-6), name
            else:
                assert now[name] == pytest.approx(grid[name], abs=1e-9)
    for name in ("seen_m", "seen_m_upper"):
        assert answer["change"][name] == pytest.approx(after["summary"][name] - before["summary"][name], abs=1e-5)


def test_a_new_camera_changes_what_it_will_change(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        before = newest(work, plan)
        answer = what_if(work, plan, [proposed()])
        view = answer["cameras"][0]
        assert (view["key"], view["known"], view["allowed"]) == ("a", True, True)
        assert view["range_m"] == pytest.approx(8000 / (2 * 80 * 0.7673269879789604), rel=1e-6)
        assert answer["change"]["seen_m"] > 0
        assert shapely.geometry.shape(view["shed"]).is_valid
        territory = work.session.scalars(sa.select(Territory.id)).one()
        work.session.add(
            Camera(
                territory_id=territory, source_ref="new", point=shapely.Point(CORNER), azimuth=40.0, hfov=75.0,
                max_range=view["range_m"],
            )
        )  # fmt: skip
        work.session.flush()
        run_coverage(work, plan)
        assert_change_comes_true(answer, before, newest(work, plan))
        work.session.rollback()


def test_a_turned_and_a_removed_camera_change_what_they_will_change(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        before = newest(work, plan)
        known = work.session.scalars(
            sa.select(Camera)
            .join(ViewShed, ViewShed.camera_id == Camera.id)
            .where(~ViewShed.assumed)
            .order_by(Camera.fid)
        ).all()
        turned, removed = known[0], known[3]
        place = {"lon": turned.point.x, "lat": turned.point.y, "max_range": turned.max_range}
        azimuth = 130.0
        answer = what_if(work, plan, [proposed(id=turned.id, azimuth=azimuth, hfov=60.0, **place)], remove=[removed.id])
        turned.azimuth, turned.hfov, turned.max_range = azimuth, 60.0, answer["cameras"][0]["range_m"]
        turned.ptz = turned.dome = False
        work.session.delete(removed)
        work.session.flush()
        run_coverage(work, plan)
        assert_change_comes_true(answer, before, newest(work, plan))
        work.session.rollback()


def test_what_other_cameras_see_of_a_view_already_is_told(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        known = sa.select(ViewShed).where(~ViewShed.assumed).order_by(ViewShed.area_m2.desc())
        widest = work.session.scalars(known).first()
        assert widest is not None
        camera = work.session.get_one(Camera, widest.camera_id)
        others = work.session.scalars(
            sa.select(ViewShed.geom).where(
                ~ViewShed.assumed, ViewShed.camera_id != camera.id,
                ViewShed.camera_id.in_(sa.select(Camera.id).where(Camera.online, Camera.networked)),
            )
        ).all()  # fmt: skip
        look = {"lon": camera.point.x, "lat": camera.point.y, "azimuth": camera.azimuth, "hfov": camera.hfov}
        all_round = {"ptz": camera.ptz, "dome": camera.dome, "max_range": camera.max_range}
        twin = what_if(work, plan, [proposed(**look, **all_round, sensor_px=100_000)])["cameras"][0]
        assert twin["already_m2"] == pytest.approx(twin["area_m2"], rel=1e-3)
        instead = what_if(work, plan, [proposed(**look, **all_round, id=camera.id, sensor_px=None)])["cameras"][0]
        shed = shapely.geometry.shape(instead["shed"])
        share = shapely.intersection(shed, shapely.union_all(others)).area / shed.area
        assert instead["already_m2"] == pytest.approx(share * instead["area_m2"], rel=1e-3, abs=0.5)
        assert instead["already_m2"] < twin["already_m2"]
        nowhere = what_if(work, plan, [proposed(lon=24.0, lat=59.9)])
        assert (nowhere["cameras"][0]["already_m2"], nowhere["grids"]) == (None, [])


def test_a_camera_left_as_it_is_changes_nothing(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        cameras = work.session.scalars(sa.select(Camera).where(~Camera.indoor).order_by(Camera.fid).limit(30)).all()
        same = [
            Proposed(
                lon=each.point.x, lat=each.point.y, azimuth=each.azimuth, ptz=each.ptz, dome=each.dome, id=each.id
            )
            for each in cameras
        ]  # fmt: skip
        answer = what_if(work, plan, same)
        assert answer["grids"]
        assert set(answer["change"]) >= {"seen_m", "seen_m_upper", "places_seen", "places_seen_upper", "gap_score"}
        assert set(answer["change"].values()) == {0.0}
        for told, camera in zip(answer["cameras"], cameras, strict=True):
            assert told["range_m"] == camera.max_range


def test_default_detail_is_discern(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        found = what_if(work, plan, [proposed(sensor_px=1920, hfov=60.0)])["cameras"][0]
        assert found["range_m"] == pytest.approx(20.8, abs=0.05)
        wide = what_if(work, plan, [proposed(sensor_px=1920, hfov=60.0)], needs={"level": "detect"})["cameras"][0]
        assert wide["range_m"] == pytest.approx(66.5, abs=0.05)
        with pytest.raises(InvalidInputError, match="discern"):
            what_if(work, plan, [proposed()], needs={"level": "identify"})


def test_a_view_into_a_privacy_zone_is_not_allowed(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        territory = work.session.scalars(sa.select(Territory)).one()
        eye = to_metric(shapely.Point(CORNER), territory.metric_srid)
        garden = to_lonlat(shapely.transform(eye, lambda xy: np.add(xy, (5, 8))).buffer(3), territory.metric_srid)
        privacy_zones.add_zone(
            work, kind="school", reason="Playground of a kindergarten", geometry=shapely.geometry.mapping(garden)
        )
        looking = what_if(work, plan, [proposed()])["cameras"][0]
        assert not looking["allowed"]
        turn = looking["turn_deg"]
        assert f"Turn it {abs(turn):.0f}°" in looking["why_en"]
        assert f"转动 {abs(turn):.0f}°" in looking["why_zh"]
        away, less = what_if(
            work, plan, [proposed(azimuth=40.0 + turn), proposed(azimuth=40.0 + turn - np.sign(turn) * 5.0)]
        )["cameras"]
        assert (away["allowed"], less["allowed"], away["turn_deg"]) == (True, False, None)
        assert looking["privacy"][0]["kind"] == "school"
        assert "Playground" in looking["why_en"]
        assert looking["why_zh"]
        work.session.rollback()


def test_a_view_of_a_home_from_near_is_not_allowed(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        free = what_if(work, plan, [proposed()])["cameras"][0]
        assert (free["allowed"], free["homes"]) == (True, [])
        work.session.execute(sa.update(Building).values(kind="apartments"))
        looking, dome = what_if(work, plan, [proposed(azimuth=220.0), proposed(dome=True, key="b")])["cameras"]
        assert (looking["allowed"], dome["allowed"]) == (False, False)
        home = looking["homes"][0]
        assert home["kind"] == "apartments"
        assert home["facade_m"] > 0
        assert work.session.get_one(Building, home["building_id"])
        assert "at a home" in looking["why_en"]
        assert "住宅立面" in looking["why_zh"]
        assert dome["turn_deg"] is None  # it looks all round
        if looking["turn_deg"] is not None:
            turned = what_if(work, plan, [proposed(azimuth=220.0 + looking["turn_deg"])])["cameras"][0]
            assert turned["allowed"]
        work.session.rollback()


def test_unknown_heading_only_raises_the_upper_bound(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        answer = what_if(work, plan, [proposed(azimuth=None)])
        assert not answer["cameras"][0]["known"]
        assert answer["change"]["seen_m"] == 0
        assert answer["change"]["seen_m_upper"] > 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"lon": 200.0}, "lon"), ({"hfov": 0.0}, "hfov"), ({"max_range": -1.0}, "max_range"), ({"sensor_px": 0}, "sensor_px"),
     ({"azimuth": float("nan")}, "azimuth")],
)  # fmt: skip
def test_cameras_that_are_none_are_refused(database: Database, plan: UUID, changes: dict, field: str) -> None:
    with database.work(SYSTEM) as work, pytest.raises(InvalidInputError) as refused:
        what_if(work, plan, [proposed(**changes)])
    assert refused.value.fields["field"] == field


def test_odd_questions_are_answered(database: Database, plan: UUID) -> None:
    fresh = propose(database, grids=9)
    with database.work(SYSTEM) as work:
        with pytest.raises(NotFoundError, match="coverage run"):
            what_if(work, fresh, [proposed()])
        with pytest.raises(InvalidInputError, match="1 to 200"):
            what_if(work, plan, [])
        sea = what_if(work, plan, [proposed(lon=24.5, lat=59.9)])
        assert sea["grids"] == []
        assert sea["change"]["seen_m"] == 0
        blind = what_if(work, plan, [proposed(max_range=0.0)])
        assert "no_range" in blind["cameras"][0]["flags"]
        assert blind["grids"] == []


def test_an_answer_asks_the_database_a_fixed_number_of_times(database: Database, plan: UUID) -> None:
    """An answer comes while the hand is on the mouse; its time is measured by the benchmark of live coverage."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with database.work(SYSTEM) as work:
        what_if(work, plan, [proposed()])
        event.listen(database.app, "before_cursor_execute", note)
        try:
            what_if(work, plan, [proposed(azimuth=24.0)])
        finally:
            event.remove(database.app, "before_cursor_execute", note)
    assert 0 < len(asked) <= 12, asked
