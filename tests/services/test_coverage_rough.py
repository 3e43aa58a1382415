"""Cameras and ground as registers really have them: every figure stays a number, and the summary says what was done."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from services import coverage_views
from services.coverage import run_coverage
from services.coverage_redundant import redundant
from store.database.engine import Database
from store.database.models import Building, Camera, Territory, ViewShed

SEA = (24.95, 60.10)
STREET = (24.9432708, 60.1665138)


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    load_helsinki(database)
    return propose(database)


def numbers(told: Any) -> list[float]:
    """All numbers in nested lists and tables."""
    if isinstance(told, dict):
        return [number for each in told.values() for number in numbers(each)]
    if isinstance(told, (list, tuple)):
        return [number for each in told for number in numbers(each)]
    return [float(told)] if isinstance(told, (int, float)) else []


def rough_cameras(territory: UUID, wall: shapely.Point, deep: shapely.Point) -> list[Camera]:
    facts: dict[str, dict[str, Any]] = {
        "no heading": {"azimuth": None, "hfov": None},
        "no range": {"azimuth": 0.0, "max_range": 0.0},
        "at sea": {"azimuth": 0.0, "point": shapely.Point(SEA)},
        "in a wall": {"azimuth": 90.0, "point": wall},
        "deep in a building": {"azimuth": 90.0, "point": deep},
        **{f"copy {k}": {"azimuth": 45.0} for k in range(300)},
    }
    common = {"territory_id": territory, "hfov": 60.0, "max_range": 80.0, "point": shapely.Point(STREET)}
    return [Camera(source_ref=f"rough/{name}", **{**common, **own}) for name, own in facts.items()]


def test_no_figure_of_rough_cameras_is_nan(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        before, _ = run_coverage(work, plan)
        territory = work.session.scalars(sa.select(Territory.id)).one()
        largest = work.session.scalars(sa.select(Building.geom).order_by(sa.func.ST_Area(Building.geom).desc())).first()
        wall = shapely.Point(largest.geoms[0].exterior.coords[0])
        deep = shapely.Point(shapely.maximum_inscribed_circle(largest).coords[0])
        work.session.add_all(rough_cameras(territory, wall, deep))
        house = shapely.MultiPolygon([shapely.Point(STREET).buffer(0.0002).envelope])
        flat = shapely.transform(house, lambda xy: np.add(xy, (0.0001, 0.0002)))
        for shape in (house, house, flat):
            work.session.add(Building(territory_id=territory, kind="yes", geom=shape))
        work.session.flush()
        run, reused = run_coverage(work, plan)
        assert not reused
        told = coverage_views.newest(work, plan, run.id)
        every = [*numbers(told["summary"]), *numbers(told["grids"]), *numbers(coverage_views.areas(work, run))]
        every += numbers(coverage_views.places(work, run)) + numbers(coverage_views.gaps(work, run, limit=5000))
        assert all(math.isfinite(number) for number in every)
        assert run.summary["cameras"] == before.summary["cameras"] + 305
        assert run.summary["cameras_unknown_heading"] == before.summary["cameras_unknown_heading"] + 1
        assert run.summary["cameras_inside_buildings"] > before.summary["cameras_inside_buildings"]
        assert run.summary["cameras_serviceable"] < run.summary["cameras_online"]
        sheds = sa.select(sa.func.bool_and(sa.func.ST_IsValid(ViewShed.geom)), sa.func.min(ViewShed.area_m2))
        valid, least = work.session.execute(sheds).one()
        assert valid
        assert least >= 0
        assert all(math.isfinite(number) for number in numbers(redundant(work, plan, limit=5000)))
        work.session.rollback()


def test_areas_are_metres_on_the_earth_and_not_degrees(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        run_coverage(work, plan)
        shares = sa.text("select area_m2 / st_area(geom::geography) from view_shed where area_m2 > 1")
        found = work.session.scalars(shares).all()
        assert len(found) > 100
        assert found == pytest.approx([1.0] * len(found), rel=3e-3)
