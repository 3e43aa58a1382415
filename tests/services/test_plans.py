"""Checking and publishing plans, and giving their grids heads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, add_staff, load_helsinki, propose

from gis.errors import ConflictError, InvalidInputError, NotFoundError
from services import access, staff
from services.current_plan import current_plan_id
from services.plans import NotReadyError, check_plan, publish
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import Assignment, GridVersion, Plan


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    return load_helsinki(database)


@pytest.fixture(scope="module")
def staffed(database: Database, helsinki: UUID) -> UUID:
    plan = propose(database)
    add_staff(database, helsinki, 9)
    with database.work(SYSTEM) as work:
        report = staff.assign_heads(work, plan)
    assert report.vacancies == []
    return plan


def test_check_names_grids_without_a_head(database: Database, helsinki: UUID) -> None:
    plan = propose(database, grids=12)
    with database.work(SYSTEM) as work:
        found = check_plan(work, plan)
    assert not found.ready
    assert {problem["kind"] for problem in found.problems} == {"no-head"}
    assert len(found.without_head) == 12


def test_check_finds_a_hole_with_its_place(database: Database, staffed: UUID) -> None:
    with pytest.raises(ZeroDivisionError), database.work(SYSTEM) as work:
        version = work.session.scalars(sa.select(GridVersion).where(GridVersion.plan_id == staffed)).first()
        assert version is not None
        middle = version.label_point
        version.geom = shapely.MultiPolygon([version.geom.geoms[0].difference(middle.buffer(0.0002))])
        work.session.flush()
        found = check_plan(work, staffed)
        assert not found.tiling_valid
        hole = next(problem for problem in found.problems if problem["kind"] == "gap")
        assert hole["place"] == pytest.approx([middle.x, middle.y], abs=1e-3)
        raise ZeroDivisionError  # leave nothing behind


def test_staff_serve_at_most_so_many_grids_each(database: Database, staffed: UUID) -> None:
    with database.work(SYSTEM) as work:
        held = work.session.execute(
            sa.select(Assignment.staff_id, sa.func.count()).where(Assignment.is_head).group_by(Assignment.staff_id)
        ).all()
        codes = staff.vacancies(work, staffed)
    assert codes == []
    assert max(count for _staff, count in held) <= 4


def test_too_few_staff_leave_vacancies_by_code(database: Database, helsinki: UUID) -> None:
    plan = propose(database, grids=50)
    with database.work(SYSTEM) as work:
        report = staff.assign_heads(work, plan, max_grids=4)
        assert len(report.vacancies) == 50 - 9 * 4
        assert report.violations
        assert {code for item in report.violations for code in item["grids"]} <= set(report.vacancies)


def test_assigning_again_keeps_who_is_there(database: Database, staffed: UUID) -> None:
    with database.work(SYSTEM) as work:
        report = staff.assign_heads(work, staffed)
    assert report.kept == report.grids


def test_one_head_at_any_time_is_held_by_the_database(database: Database, staffed: UUID) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="one_head"), database.work(SYSTEM) as work:
        one = work.session.scalars(sa.select(Assignment).where(Assignment.is_head)).first()
        assert one is not None
        work.session.add(
            Assignment(staff_id=one.staff_id, role="grid_head", grid_id=one.grid_id, is_head=True, valid=one.valid)
        )
        work.session.flush()


def test_publish_needs_a_basis_a_head_each_and_a_second_person(
    database: Database, helsinki: UUID, staffed: UUID
) -> None:
    with database.work(SYSTEM) as work:
        author = access.create_account(work, "author", roles=["planner"])
        work.session.get_one(Plan, staffed).author_id = author.id
    planner = Actor(author.id, "author", frozenset({"planner"}))
    with pytest.raises(InvalidInputError, match="rests on"), database.work(SYSTEM) as work:
        publish(work, staffed, basis=" ")
    with pytest.raises(NotReadyError, match="second person"), database.work(planner) as work:
        publish(work, staffed, basis="decision 1")
    bare = propose(database, grids=12)
    with pytest.raises(NotReadyError, match="no head"), database.work(SYSTEM) as work:
        publish(work, bare, basis="decision 1")
    with database.work(SYSTEM) as work:
        assert work.session.get_one(Plan, bare).status == "draft"


def test_publishing_retires_the_plan_before_it(database: Database, helsinki: UUID, staffed: UUID) -> None:
    moment = datetime.now(UTC)
    with database.work(SYSTEM) as work:
        publish(work, staffed, basis="decision 1", now=moment)
    successor = propose(database, grids=20)
    with database.work(SYSTEM) as work:
        staff.assign_heads(work, successor)
    later = moment + timedelta(seconds=30)
    with database.work(SYSTEM) as work:
        publish(work, successor, basis="decision 2", now=later)
    with database.work(SYSTEM) as work:
        assert work.session.get_one(Plan, staffed).status == "retired"
        assert current_plan_id(work) == successor
        ranges = work.session.execute(
            sa.select(GridVersion.plan_id, GridVersion.valid).where(GridVersion.plan_id.in_([staffed, successor]))
        ).all()
        with pytest.raises(ConflictError, match="retired"):
            publish(work, staffed, basis="again")
    for plan, valid in ranges:
        assert valid.lower == (moment if plan == staffed else later)
        assert valid.upper == (later if plan == staffed else None)


def test_unknown_plan_is_said(database: Database) -> None:
    with pytest.raises(NotFoundError, match="plan list"), database.work(SYSTEM) as work:
        check_plan(work, UUID(int=0))
