"""What atoms refer to is there and stays, though no row of theirs is looked up by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services import plan_edits
from store.database.actor import Actor
from tests.api.town import build_town

SYSTEM = Actor.system()
COPY = (
    "insert into atom (plan_id, label, grid_id, area_id, demand, geom)"
    " select plan_id, label + 1000, {grid}, {area}, demand, geom from atom where plan_id = :plan"
)

ANOTHER = {
    "grid": "insert into grid (id, territory_id, kind, code)"
    " select :new, territory_id, kind, left(cast(:new as text), 20) from plan where id = :plan",
    "area": "insert into area (id, territory_id, code, kind, name, path, geom, valid, area_code, town_code, county_code)"
    " select :new, territory_id, code || '9', kind, name, path || '9', geom, valid, area_code, town_code, county_code"
    " from area limit 1",
}


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture
def plan(database, town) -> UUID:
    with database.work(SYSTEM) as work:
        return plan_edits.make_draft(work, town.plan)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (COPY.format(grid=":nobody", area="area_id"), "fk_atom_grid_id_grid"),
        (COPY.format(grid="grid_id", area=":nobody"), "fk_atom_area_id_area"),
        (COPY.format(grid="grid_id", area="area_id").replace("plan_id, label +", ":nobody, label +"), "fk_atom_plan_id_plan"),
        ("update atom set grid_id = :nobody where plan_id = :plan and label = 3", "fk_atom_grid_id_grid"),
        ("update atom set area_id = :nobody where plan_id = :plan and label = 3", "fk_atom_area_id_area"),
    ],
)  # fmt: skip
def test_atom_of_what_is_not_there_is_refused(database, plan, statement, name):
    with pytest.raises(IntegrityError) as refused, database.work(SYSTEM) as work:
        work.session.execute(sa.text(statement), {"plan": plan, "nobody": uuid4()})
    assert refused.value.orig.diag.constraint_name == name
    assert refused.value.orig.sqlstate == "23503"


def test_ground_that_is_in_no_grid_is_let_in(database, plan):
    with database.work(SYSTEM) as work:
        work.session.execute(sa.text(COPY.format(grid="null", area="area_id")), {"plan": plan})


@pytest.mark.parametrize("table", ["grid", "area"])
def test_what_has_atoms_is_not_deleted(database, plan, table):
    values = {"new": uuid4(), "plan": plan}
    with pytest.raises(IntegrityError) as refused, database.work(SYSTEM) as work:
        # nothing else refers to the new one: only the trigger of atoms is asked
        for statement in (
            ANOTHER[table],
            f"update atom set {table}_id = :new where plan_id = :plan and label = 3",
            f"delete from {table} where id = :new",
        ):
            work.session.execute(sa.text(statement), values)
    assert refused.value.orig.diag.constraint_name == f"fk_atom_{table}_id_{table}"


def test_atoms_go_with_their_plan_and_no_others(database, town, plan):
    count = sa.text("select count(*) from atom where plan_id = :plan")
    with database.work(SYSTEM) as work:
        before = work.session.scalar(count, {"plan": town.plan})
        assert work.session.scalar(count, {"plan": plan}) == before > 0
        work.session.execute(sa.text("delete from plan where id = :plan"), {"plan": plan})
        assert work.session.scalar(count, {"plan": plan}) == 0
        assert work.session.scalar(count, {"plan": town.plan}) == before


def test_grid_that_is_just_getting_an_atom_waits_to_be_deleted(database, plan):
    grid = uuid4()
    with database.work(SYSTEM) as work:
        work.session.execute(sa.text(ANOTHER["grid"]), {"new": grid, "plan": plan})

    def delete() -> None:
        with database.work(SYSTEM) as work:
            work.session.execute(sa.text("delete from grid where id = :id"), {"id": grid})

    with ThreadPoolExecutor(1) as pool:
        with database.work(SYSTEM) as work:
            work.session.execute(
                sa.text("update atom set grid_id = :grid where plan_id = :plan and label = 3"),
                {"grid": grid, "plan": plan},
            )
            late = pool.submit(delete)
            assert not late.done()
        with pytest.raises(IntegrityError):
            late.result(timeout=60)


def test_rows_of_a_plan_are_known_to_the_planner_as_soon_as_it_is_written(database, plan):
    with database.work(SYSTEM) as work:
        for table in ("atom", "grid_version"):
            rows = work.session.scalar(sa.text(f"select count(*) from {table} where plan_id = :plan"), {"plan": plan})
            told = work.session.scalar(
                sa.text(f"explain (format json) select from {table} where plan_id = :plan"), {"plan": plan}
            )
            # one that it does not know is taken for a single row, and an edit would walk the whole plan for each grid
            assert abs(told[0]["Plan"]["Plan Rows"] - rows) <= 2 < rows - 2


def test_boxes_of_tiles_have_their_sides_in_both_systems(database):
    from store.database.tile_statements import place_box, tile_box

    box = tile_box(14, 13_720, 7_000, margin=1 / 64)
    with database.work(SYSTEM) as work:
        told = work.session.scalar(
            sa.text("select st_asbinary(st_transform(st_makeenvelope(:w, :s, :e, :n, 3857), 4326))"),
            dict(zip("wsen", box, strict=True)),
        )
    assert shapely.from_wkb(bytes(told)).bounds == pytest.approx(place_box(box), abs=1e-10)
