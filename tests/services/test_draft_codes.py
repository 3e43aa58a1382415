"""Codes of grids: a draft's own until it comes into force, then given for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import geopandas
import pytest
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, add_staff, load_helsinki, propose

from services import plan_edits, plan_files, plans, staff
from services.plan_edits import Wish
from services.plan_edits.refusals import CodeTakenError
from services.plan_life import publishing, states
from services.plan_life.importing import import_plan
from services.plan_life.publishing import Publication
from store.database import plan_edits as edits_sql
from store.database import plans as sql
from store.database.duties import grid_named
from store.database.engine import Database
from store.database.grid_codes import give_codes
from store.database.incident_queue import IncidentFilter, list_incidents
from store.database.locate import find_by_words
from store.database.models import Grid, GridVersion, PlanStep
from store.database.work import UnitOfWork


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    territory = load_helsinki(database)
    add_staff(database, territory, 60)
    return territory


def codes_of(database: Database, plan: UUID) -> list[str]:
    with database.work(SYSTEM) as work:
        return [row.code for row in sql.plan_grids(work.session, plan)]


def publish(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        staff.assign_heads(work, plan, max_grids=50)
        plans.publish(work, plan, basis="minutes 7", single_person=True)


def grid_of(work: UnitOfWork, plan: UUID, code: str) -> UUID:
    return next(row.id for row in sql.plan_grids(work.session, plan) if row.code == code)


def renumbered(database: Database, plan: UUID) -> list[dict[str, str]]:
    with database.work(SYSTEM) as work:
        steps = work.session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan, PlanStep.action == "publish"))
        return next(iter(steps)).facts.get("renumbered", [])


def test_more_proposals_of_one_area_than_it_has_numbers(database: Database, helsinki: UUID) -> None:
    # ten drafts of 150 grids each: 1,500 grids, 999 numbers
    for seed in range(10):
        codes = codes_of(database, propose(database, grids=150, seed=seed))
        assert len(set(codes)) == 150
        assert {code[-3:] for code in codes} == {f"{number:03d}" for number in range(1, 151)}


def test_kinds_that_will_be_in_force_side_by_side_share_no_code(database: Database, helsinki: UUID) -> None:
    household = codes_of(database, propose(database, grids=8, seed=20))
    villages = codes_of(database, propose(database, kind="natural_village"))
    cells = codes_of(database, propose(database, kind="cell", target=400))
    assert not set(household) & set(villages)
    assert not set(villages) & set(cells)


def test_code_that_another_grid_got_meanwhile_gives_way_at_publishing(database: Database, helsinki: UUID) -> None:
    first, second = (propose(database, grids=grids, seed=31) for grids in (12, 13))
    same = sorted(set(codes_of(database, first)) & set(codes_of(database, second)))
    assert same
    publish(database, first)
    with database.work(SYSTEM) as work:
        told = [one for one in plans.check_plan(work, second).problems if one["kind"] == "code-taken"]
    assert [one["place"] for one in told] == same
    assert not any(one["blocks"] for one in told)
    assert all("belongs to a household grid in force" in one["words"]["en"] for one in told)
    assert all("已被现行户籍网格使用" in one["words"]["zh"] for one in told)
    in_force = set(codes_of(database, first))
    publish(database, second)
    moved = renumbered(database, second)
    assert [each["from"] for each in moved] == same
    after = codes_of(database, second)
    assert not set(after) & in_force
    assert len(set(after)) == 13
    assert {each["to"] for each in moved} <= set(after)
    # what was in force never comes back, not even to the next proposal
    third = codes_of(database, propose(database, grids=12, seed=32))
    assert not set(third) & (in_force | set(after))


def test_plan_that_is_withdrawn_before_its_day_frees_its_codes(database: Database, helsinki: UUID) -> None:
    plan = propose(database, grids=9, seed=41)
    codes = codes_of(database, plan)
    ahead = Publication("minutes 9", (datetime.now(UTC) + timedelta(days=9)).date(), single_person=True)
    with database.work(SYSTEM) as work:
        staff.assign_heads(work, plan, max_grids=50)
        publishing.publish(work, plan, ahead)
    assert not set(codes_of(database, propose(database, grids=9, seed=42))) & set(codes)
    with database.work(SYSTEM) as work:
        revision = work.session.get_one(sql.Plan, plan).revision
        publishing.withdraw(work, plan, expected=revision, reason="not yet", now=datetime.now(UTC))
        given = sa.select(sa.func.count()).where(Grid.code.in_(codes), Grid.code_given_at.is_not(None))
        assert work.session.scalar(given) == 0


def test_split_and_recode_look_at_their_own_plan_and_at_what_is_in_force(database: Database, helsinki: UUID) -> None:
    draft, other = (propose(database, grids=grids, seed=51) for grids in (7, 9))
    used = codes_of(database, draft)
    with database.work(SYSTEM) as work:
        grids = edits_sql.grid_ids(work.session, draft)
        beyond = codes_of(database, other)[-1]
        # the other draft has this code, which does not matter
        assert beyond not in used
        answer = plan_edits.recode_grid(work, draft, grids[0], Wish(expected={grids[0]: 1}), code=beyond)
    # undo would bring the old code back, so it stays the plan's
    with pytest.raises(CodeTakenError, match="never reused"), database.work(SYSTEM) as work:
        plan_edits.recode_grid(work, draft, grids[1], Wish(expected={grids[1]: 1}), code=used[0])
    with database.work(SYSTEM) as work:
        version = work.session.scalars(
            sa.select(GridVersion).where(GridVersion.plan_id == draft, GridVersion.grid_id == grids[2])
        ).one()
        west, south, east, north = version.geom.bounds
        line = [[(west + east) / 2, south - 1e-3], [(west + east) / 2, north + 1e-3]]
        wish = Wish(expected={grids[2]: 1}, repair=True)
        split = plan_edits.split_grid(work, draft, grids[2], line, wish, many=True)
    fresh = {grid.code for grid in split.grids} - {*used, beyond}
    assert answer.grids[0].code == beyond
    assert fresh
    assert min(fresh) == f"{beyond[:-3]}{int(beyond[-3:]) + 1:03d}"


def test_a_plan_never_has_one_code_twice(database: Database, helsinki: UUID) -> None:
    plan = propose(database, grids=6, seed=61)
    with pytest.raises(sa.exc.IntegrityError, match="grid_code_once_a_plan"), database.work(SYSTEM) as work:
        version = work.session.scalars(sa.select(GridVersion).where(GridVersion.plan_id == plan)).first()
        assert version is not None
        code = work.session.get_one(Grid, version.grid_id).code
        twin = Grid(id=uuid4(), territory_id=helsinki, kind="household", code=code)
        work.session.add(twin)
        work.session.flush()
        facts = ("area_id", "geom", "label_point", "households", "dwellings", "deviation", "area_m2", "compactness")
        values = {name: getattr(version, name) for name in facts}
        work.session.add(GridVersion(grid_id=twin.id, plan_id=plan, **values))
        work.session.flush()


def test_deleted_draft_leaves_no_grid_behind(database: Database, helsinki: UUID) -> None:
    def count() -> int:
        with database.work(SYSTEM) as work:
            return work.session.scalar(sa.select(sa.func.count()).select_from(Grid)) or 0

    before = count()
    plan = propose(database, grids=6, seed=71)
    with database.work(SYSTEM) as work:
        one, *_ = edits_sql.grid_ids(work.session, plan)
        plan_edits.recode_grid(work, plan, one, Wish(expected={one: 1}), code=codes_of(database, plan)[0][:-3] + "900")
    with database.work(SYSTEM) as work:
        states.delete(work, plan, expected=work.session.get_one(sql.Plan, plan).revision)
    assert count() == before


def test_file_of_a_draft_is_that_draft_again(database: Database, helsinki: UUID, tmp_path: Path) -> None:
    wanted, newer = (propose(database, grids=grids, seed=81) for grids in (10, 5))
    assert set(codes_of(database, newer)) < set(codes_of(database, wanted))
    file = tmp_path / "draft.gpkg"
    with database.work(SYSTEM) as work:
        plan_files.export(work, wanted, file)
        report = import_plan(work, file, crs="wgs84")
        assert report.plan_id is not None
        grids = {plan: set(edits_sql.grid_ids(work.session, plan)) for plan in (wanted, report.plan_id)}
    assert grids[wanted] == grids[report.plan_id]


def test_polygons_without_code_get_none_that_the_file_brings(
    database: Database, helsinki: UUID, tmp_path: Path
) -> None:
    plan = propose(database, grids=4, seed=91)
    file = tmp_path / "mixed.gpkg"
    with database.work(SYSTEM) as work:
        plan_files.export(work, plan, file)
    table = geopandas.read_file(file)
    area = table["code"][0][:12]
    with database.work(SYSTEM) as work:
        given = work.session.scalars(sa.select(Grid.code).where(Grid.code_given_at.is_not(None))).all()
    free = max([int(code[12:]) for code in given if len(code) == 15 and code.startswith(area)], default=0) + 1
    table["code"] = [f"{area}{free:03d}", f"{area}{free + 2:03d}", None, None]
    table.to_file(file, layer="grids")
    with database.work(SYSTEM) as work:
        report = import_plan(work, file, crs="wgs84")
        assert report.plan_id is not None
    codes = codes_of(database, report.plan_id)
    assert len(set(codes)) == 4
    assert {f"{area}{free:03d}", f"{area}{free + 2:03d}"} < set(codes)
    assert report.codes_given == 2


def test_code_names_the_grid_in_force_before_any_draft(database: Database, helsinki: UUID) -> None:
    draft = propose(database, grids=3, seed=95)
    code = codes_of(database, draft)[0]
    newer = propose(database, grids=2, seed=96)
    assert code in codes_of(database, newer)
    with database.work(SYSTEM) as work:
        assert [row.id for row in find_by_words(work.session, "grid_code", code)] == [grid_of(work, newer, code)]
        give_codes(work.session, draft)
        assert [row.id for row in find_by_words(work.session, "grid_code", code)] == [grid_of(work, draft, code)]
        assert grid_named(work.session, helsinki, "household", code) == grid_of(work, draft, code)
        list_incidents(work.session, IncidentFilter(grid=code))
