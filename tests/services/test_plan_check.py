"""A stored plan, broken by hand in every way: the check names each fault and its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from cli import main
from services.plan_check import PlanCheck, check_plan
from store.cluster import ClusterUrls
from store.database.engine import Database


class UndoError(Exception):
    """Leaves nothing behind."""


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    load_helsinki(database)
    return propose(database, grids=16)


@contextmanager
def broken(database: Database, *statements: str, **values: Any) -> Iterator[PlanCheck]:
    """Break the plan as the owner could, give what the check says, and undo it."""
    with pytest.raises(UndoError), database.owner_work(SYSTEM) as work:
        for statement in statements:
            assert work.session.execute(sa.text(statement), values).rowcount > 0
        work.session.flush()
        work.session.expire_all()
        yield check_plan(work, values["plan"])
        raise UndoError


def place_of(database: Database, query: str, **values: Any) -> tuple[float, float]:
    with database.owner_work(SYSTEM) as work:
        row = work.session.execute(sa.text(f"select st_x(p), st_y(p) from ({query}) s"), values).one()
    return float(row[0]), float(row[1])


def of(found: PlanCheck, kind: str) -> list[dict[str, Any]]:
    return [problem for problem in found.problems if problem["kind"] == kind]


ONE = "(select id from grid_version where plan_id = :plan order by fid offset 3 limit 1)"
GRID = "(select grid_id from grid_version where plan_id = :plan order by fid offset 3 limit 1)"
ANOTHER = "(select grid_id from grid_version where plan_id = :plan order by fid offset 9 limit 1)"
ATOM = "(select label from atom where plan_id = :plan and demand > 0 order by label limit 1)"


def test_an_untouched_plan_lacks_only_heads(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        found = check_plan(work, plan)
    assert {problem["kind"] for problem in found.problems} == {"no-head"}
    assert found.tiling_valid
    assert found.contiguous
    assert found.households == found.households_in_grids


def test_a_hole_is_a_gap_and_its_doors_are_lost(database: Database, plan: UUID) -> None:
    door = "select d.point p from dwelling d, grid_version v where v.id = {} and d.households > 0 and st_within(d.point, v.geom) order by d.fid limit 1"
    x, y = place_of(database, door.format(ONE), plan=plan)
    cut = f"update grid_version set geom = st_multi(st_difference(geom, st_buffer(st_point(:x, :y, 4326), 0.0001))) where id = {ONE}"
    with broken(database, cut, plan=plan, x=x, y=y) as found:
        assert not found.tiling_valid
        assert any(gap["place"] == pytest.approx([x, y], abs=2e-4) and gap["grids"] for gap in of(found, "gap"))
        assert any(lost["place"] == pytest.approx([x, y], abs=1e-9) for lost in of(found, "lost-households"))
        assert of(found, "recount")


def test_a_lost_grid_with_its_plots_is_a_gap(database: Database, plan: UUID) -> None:
    x, y = place_of(database, f"select label_point p from grid_version where id = {ONE}", plan=plan)
    atoms = f"delete from atom where plan_id = :plan and grid_id = {GRID}"
    with broken(database, atoms, f"delete from grid_version where id = {ONE}", plan=plan) as found:
        assert of(found, "gap")
        assert any(abs(gap["place"][0] - x) < 0.01 and abs(gap["place"][1] - y) < 0.01 for gap in of(found, "gap"))
        assert of(found, "lost-households")


def test_two_grids_on_one_ground_overlap(database: Database, plan: UUID) -> None:
    grow = f"""update grid_version v set geom = st_multi(st_union(v.geom, st_buffer(o.label_point, 0.0001)))
        from grid_version o where v.id = {ONE} and o.plan_id = :plan and o.grid_id = {ANOTHER}"""
    x, y = place_of(
        database, f"select label_point p from grid_version where plan_id = :plan and grid_id = {ANOTHER}", plan=plan
    )
    with broken(database, grow, plan=plan) as found:
        overlaps = of(found, "overlap")
        assert len(overlaps[0]["grids"]) == 2
        assert overlaps[0]["place"] == pytest.approx([x, y], abs=2e-4)
        assert of(found, "stray-piece")[0]["place"] == pytest.approx([x, y], abs=2e-4)
        assert not found.contiguous


def test_a_thin_piece_is_a_sliver(database: Database, plan: UUID) -> None:
    add = f"""update grid_version v set geom = st_collect(geom, st_makeenvelope(
        st_xmin(geom) - 0.002, st_ymin(geom), st_xmin(geom) - 0.001999, st_ymin(geom) + 0.0005, 4326)),
        exclave = true where id = {ONE}"""
    with broken(
        database,
        add.replace("st_collect(geom,", "st_multi(st_union(geom,").replace("4326)),\n", "4326))),\n"),
        plan=plan,
    ) as found:
        assert len(of(found, "sliver")) == 1
        assert of(found, "sliver")[0]["grids"]


def test_a_grid_of_another_areas_ground_crosses(database: Database, plan: UUID) -> None:
    elsewhere = """insert into area (territory_id, code, kind, name, names, path, area_code, town_code, county_code, geom)
        select territory_id, '990099990001', 'village', 'Elsewhere', '{}', '990099990001', 990099990001, 990099990,
        990099, st_multi(st_translate(geom, 1, 0)) from area limit 1"""
    move = f"update grid_version set area_id = (select id from area where name = 'Elsewhere') where id = {ONE}"
    with broken(database, elsewhere, move, plan=plan) as found:
        [crossing] = of(found, "crossing")
        assert crossing["grids"]
        assert "not of its parent" in crossing["message"]
        # its old area lacks it, and the new one has nothing on its ground
        assert len(of(found, "gap")) == 2


def test_a_grid_over_ground_without_plots_is_told(database: Database, plan: UUID) -> None:
    x, y = place_of(
        database, f"select st_pointonsurface(geom) p from atom where plan_id = :plan and label = {ATOM}", plan=plan
    )
    with broken(database, f"delete from atom where plan_id = :plan and label = {ATOM}", plan=plan) as found:
        assert any(each["place"] == pytest.approx([x, y], abs=1e-3) for each in of(found, "without-plots"))
        assert of(found, "miscounted")


def test_plots_of_no_grid_and_of_a_wrong_grid_are_placed(database: Database, plan: UUID) -> None:
    x, y = place_of(
        database, f"select st_pointonsurface(geom) p from atom where plan_id = :plan and label = {ATOM}", plan=plan
    )
    free = f"update atom set grid_id = null where plan_id = :plan and label = {ATOM}"
    with broken(database, free, plan=plan) as found:
        [one] = of(found, "unassigned")
        assert one["place"] == pytest.approx([x, y], abs=1e-4)
        assert of(found, "miscounted")
    wrong = f"""update atom set grid_id = (select grid_id from grid_version v where plan_id = :plan
        and not st_intersects(v.geom, atom.geom) order by fid limit 1) where plan_id = :plan and label = {ATOM}"""
    with broken(database, wrong, plan=plan) as found:
        [one] = of(found, "misplaced")
        assert one["place"] == pytest.approx([x, y], abs=1e-4)


def test_households_that_a_grid_does_not_count_are_told(database: Database, plan: UUID) -> None:
    with broken(database, f"update grid_version set households = households - 7 where id = {ONE}", plan=plan) as found:
        [one] = of(found, "miscounted")
        assert "households, its plots hold" in one["message"]
        assert not found.ready
        assert found.households - found.households_in_grids == 7


def test_new_households_ask_for_a_recount_but_block_nothing(database: Database, plan: UUID) -> None:
    more = f"""update dwelling set households = households + 40 where id =
        (select d.id from dwelling d, grid_version v where v.id = {ONE} and st_within(d.point, v.geom) limit 1)"""
    with broken(database, more, plan=plan) as found:
        [one] = of(found, "recount")
        assert not one["blocks"]
        assert [problem["kind"] for problem in found.problems if problem["blocks"]] == ["no-head"] * 16


def test_unlike_borders_are_told(database: Database, plan: UUID) -> None:
    shrink = f"update grid_version set geom = st_multi(st_simplify(geom, 0.0003)) where id = {ONE}"
    with broken(database, shrink, plan=plan) as found:
        assert of(found, "mismatched-border")
        assert all(problem["place"] for problem in found.problems)


def test_a_nested_grid_that_leaves_its_grid_crosses(database: Database, plan: UUID) -> None:
    micro = propose(database, kind="micro", target=65)
    with database.work(SYSTEM) as work:
        assert {problem["kind"] for problem in check_plan(work, micro).problems} == {"no-head"}
    other = f"""update grid_version set parent_grid_id = (select grid_id from grid_version w where w.plan_id = :base
        and w.grid_id <> grid_version.parent_grid_id limit 1) where id = {ONE}"""
    with database.work(SYSTEM) as work:
        base = work.session.scalar(sa.text("select based_on_id from plan where id = :plan"), {"plan": micro})
    with broken(database, other, plan=micro, base=base) as found:
        assert len(of(found, "crossing")) >= 1
        assert of(found, "crossing")[0]["grids"]


def test_plan_check_names_the_fault_on_the_command_line(
    database: Database,
    database_urls: ClusterUrls,
    plan: UUID,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", database_urls.app)
    monkeypatch.setenv("GRIDWARD_DATABASE_OWNER_URL", database_urls.owner)
    monkeypatch.setenv("GRIDWARD_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with database.owner_work(SYSTEM) as work:
        work.session.execute(
            sa.text(f"update grid_version set households = households - 1 where id = {ONE}"), {"plan": plan}
        )
    try:
        capsys.readouterr()
        assert main.run(["plan", "check", str(plan), "--json"]) == 1
        problems = json.loads(capsys.readouterr().out)["problems"]
        assert [problem["kind"] for problem in problems if problem["kind"] != "no-head"] == ["miscounted", "recount"]
        assert len(problems[0]["place"]) == 2
    finally:
        with database.owner_work(SYSTEM) as work:
            work.session.execute(
                sa.text(f"update grid_version set households = households + 1 where id = {ONE}"), {"plan": plan}
            )


def test_every_sentence_is_said_in_both_languages() -> None:
    import string

    from services.plan_check_words import SENTENCES

    for english, chinese in SENTENCES.values():
        fields = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in (english, chinese)]
        assert fields[0] - {"kind"} == fields[1] - {"kind"}
        assert any(ord(sign) > 0x3000 for sign in chinese)


def test_problems_carry_code_figures_and_words(database: Database, plan: UUID) -> None:
    with broken(database, f"update grid_version set households = households + 3 where id = {ONE}", plan=plan) as found:
        (wrong,) = of(found, "miscounted")
        assert wrong["params"]["told"] == wrong["params"]["counted"] + 3
        assert wrong["words"]["en"] == wrong["message"]
        assert "户" in wrong["words"]["zh"]
        assert wrong["grids"][0] in wrong["words"]["zh"]
