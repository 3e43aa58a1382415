"""A planner of one area edits its grids in a draft: the plan stays whole, and nothing of another area is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from grid_partition.edits import NothingChangesError
from services import access, plan_edits, plans
from services.plan_edits import Wish
from services.plan_edits.refusals import NothingToUndoError
from store.database.actor import Actor, AreaLimitedError
from store.database.engine import Database
from store.database.work import UnitOfWork
from tests.api.town import lonlat
from tests.services import test_plan_edits as whole
from tests.services.test_plan_edits import SYSTEM, content, new_draft, proved, state_of

VILLAGES = {"west": 990101001001, "east": 990101001002}
town = whole.town
planners = whole.planners


@pytest.fixture(scope="module")
def west(database: Database) -> Actor:
    return limited(database, "west")


@pytest.fixture(scope="module")
def east(database: Database) -> Actor:
    return limited(database, "east")


def limited(database: Database, side: str) -> Actor:
    code, path = VILLAGES[side], f"990101001.{VILLAGES[side]}"
    with database.work(SYSTEM) as work:
        account = access.create_account(work, f"planner-{side}", roles=["planner"], area_path=path)
        return Actor(account.id, account.name, frozenset({"planner"}), path, ((code, code),), (990101001,))


@pytest.fixture
def plan(database: Database, town: Any) -> UUID:
    return new_draft(database, town)


def seen_by(database: Database, actor: Actor, plan: UUID) -> dict[UUID, int]:
    with database.work(actor) as work:
        return {grid: image["revision"] for grid, image in state_of(work, plan).items()}


Edit = Callable[[UnitOfWork, Wish], Any]


def to_the_rim() -> list[tuple[float, float]]:
    """Return a line that cuts g2 to where g3 of the other village begins, so that g3's border gets a vertex."""
    return [lonlat(190, 103), lonlat(410, 103)]


def tools(plan: UUID, grids: dict[str, UUID]) -> dict[str, Edit]:
    """Return an edit of each kind that lies in the western village."""
    g1, g2, g4, g5 = (grids[name] for name in ("g1", "g2", "g4", "g5"))
    lasso = [[lonlat(150, 190), lonlat(210, 190), lonlat(210, 410), lonlat(150, 410), lonlat(150, 190)]]
    drawn = [[lonlat(20, 20), lonlat(120, 20), lonlat(120, 120), lonlat(20, 120), lonlat(20, 20)]]
    border = [lonlat(200, -5), lonlat(180, 100), lonlat(200, 205)]
    return {
        "split": lambda work, wish: plan_edits.split_grid(work, plan, g2, to_the_rim(), wish),
        "merge": lambda work, wish: plan_edits.merge_grids(work, plan, [g1, g4], wish),
        "border": lambda work, wish: plan_edits.move_border(work, plan, (g1, g2), border, wish),
        "reassign": lambda work, wish: plan_edits.reassign(work, plan, g5, wish, polygon=lasso, cut=True),
        "draw": lambda work, wish: plan_edits.draw_grid(work, plan, drawn, wish, name="Drawn"),
        "rename": lambda work, wish: plan_edits.rename_grid(work, plan, g1, wish, name="Ours"),
        "lock": lambda work, wish: plan_edits.lock_grid(work, plan, g1, wish, locked=True),
        "recode": lambda work, wish: plan_edits.recode_grid(work, plan, g1, wish, code="990101001001077"),
    }


@pytest.mark.parametrize("kind", ["split", "merge", "border", "reassign", "draw", "rename", "lock", "recode"])
def test_every_tool_works_in_the_own_area_and_is_undone(
    database: Database, town: Any, plan: UUID, west: Actor, kind: str
) -> None:
    edit = tools(plan, town.grids)[kind]
    with database.work(SYSTEM) as work:
        start = state_of(work, plan)
    wish = Wish(seen_by(database, west, plan))
    assert len(wish.expected or {}) == 4
    with database.work(west) as work:
        answer = edit(work, wish)
    shown = {str(grid.id) for grid in answer.grids}
    assert shown
    assert shown.isdisjoint({str(town.grids["g3"]), str(town.grids["g6"])})
    assert answer.totals.households == 200  # of what the account sees
    assert (answer.totals.can_undo, answer.totals.can_redo) == (1, 0)
    assert proved(database, plan) == 303
    with database.work(SYSTEM) as work:
        moved = state_of(work, plan)
    with database.work(west) as work:
        log = plan_edits.edit_log(work, plan)
        assert [(row.kind, row.mine) for row in log] == [(kind, True)]
        assert set(log[0].grids).isdisjoint({town.grids["g3"], town.grids["g6"]})
        assert plan_edits.undo(work, plan).totals.can_redo == 1
    with database.work(SYSTEM) as work:
        assert content(state_of(work, plan)) == content(start)
    with database.work(west) as work:
        plan_edits.redo(work, plan)
    with database.work(SYSTEM) as work:
        assert content(state_of(work, plan)) == content(moved)
    assert proved(database, plan) == 303


def test_own_grids_are_balanced(database: Database, town: Any, plan: UUID, west: Actor) -> None:
    grids = [town.grids["g1"], town.grids["g2"]]
    # the town's squares are as even as their atoms let them be
    with pytest.raises(NothingChangesError), database.work(west) as work:
        plan_edits.improve(work, plan, grids, Wish(seen_by(database, west, plan)), tolerance=0.05)


def test_the_neighbour_beyond_gets_the_vertex_and_is_not_shown(
    database: Database, town: Any, plan: UUID, west: Actor, east: Actor
) -> None:
    with database.work(SYSTEM) as work:
        before = state_of(work, plan)[town.grids["g3"]]
    with database.work(west) as work:
        plan_edits.split_grid(work, plan, town.grids["g2"], to_the_rim(), Wish(seen_by(database, west, plan)))
    with database.work(SYSTEM) as work:
        after = state_of(work, plan)[town.grids["g3"]]
    assert after["revision"] > before["revision"]
    assert (after["households"], after["name"]) == (before["households"], before["name"])
    # the other village's planner edits on from there, and neither sees the other's log
    with database.work(east) as work:
        assert plan_edits.edit_log(work, plan) == []
        with pytest.raises(NothingToUndoError):
            plan_edits.undo(work, plan)
    with database.work(east) as work:
        answer = plan_edits.rename_grid(
            work, plan, town.grids["g3"], Wish(seen_by(database, east, plan)), name="Theirs"
        )
        assert [grid.name for grid in answer.grids] == ["Theirs"]
    assert proved(database, plan) == 303


def test_grids_outside_are_refused_by_name(database: Database, town: Any, plan: UUID, west: Actor) -> None:
    with database.work(SYSTEM) as work:
        all_seen = {grid: image["revision"] for grid, image in state_of(work, plan).items()}
        start = state_of(work, plan)
    g2, g3, g6 = (town.grids[name] for name in ("g2", "g3", "g6"))
    over = [[lonlat(350, 20), lonlat(450, 20), lonlat(450, 120), lonlat(350, 120), lonlat(350, 20)]]
    wish, own = Wish(all_seen), Wish(seen_by(database, west, plan))
    line = [lonlat(405, 100), lonlat(595, 100)]
    refused: list[tuple[Edit, set[str]]] = [
        (lambda work, _: plan_edits.split_grid(work, plan, g3, line, wish), {str(g3), str(g6)}),
        (lambda work, _: plan_edits.split_grid(work, plan, g3, line, Wish({g3: 1})), {str(g3)}),
        (lambda work, _: plan_edits.merge_grids(work, plan, [g2, g3], own), {str(g3)}),
        (lambda work, _: plan_edits.move_border(work, plan, (g2, g3), line, own), {str(g3)}),
        (lambda work, _: plan_edits.reassign(work, plan, g3, own, polygon=over), {str(g3)}),
        (lambda work, _: plan_edits.rename_grid(work, plan, g3, Wish({g3: 1}), name="Mine"), {str(g3)}),
        (lambda work, _: plan_edits.lock_grid(work, plan, g3, Wish({g3: 1}), locked=True), {str(g3)}),
        (lambda work, _: plan_edits.improve(work, plan, [g2, g3], own), {str(g3)}),
        (lambda work, _: plan_edits.draw_grid(work, plan, over, own), set()),
    ]  # fmt: skip
    for edit, named in refused:
        with pytest.raises(AreaLimitedError) as refusal, database.work(west) as work:
            edit(work, wish)
        assert set(refusal.value.fields.get("grids", [])) == named
    with database.work(SYSTEM) as work:
        assert content(state_of(work, plan)) == content(start)
    # with a repair what lies beyond is left out
    with database.work(west) as work:
        plan_edits.draw_grid(work, plan, over, Wish(own.expected, repair=True))
    assert proved(database, plan) == 303


def test_an_edit_made_with_wider_eyes_is_not_taken_back(database: Database, town: Any, plan: UUID, west: Actor) -> None:
    wider = Actor(west.account_id, west.name, west.roles)
    with database.work(wider) as work:
        plan_edits.rename_grid(work, plan, town.grids["g3"], Wish(seen_by(database, wider, plan)), name="Wide")
    with pytest.raises(AreaLimitedError), database.work(west) as work:
        plan_edits.undo(work, plan)


def test_the_check_is_of_what_the_account_sees(database: Database, town: Any, plan: UUID, west: Actor) -> None:
    with database.work(west) as work:
        found = plans.check_plan(work, plan)
    assert found.tiling_valid
    assert found.households_in_grids == found.households == 200
    told = str(found.problems) + str(found.without_head)
    assert "990101001002" not in told


def test_row_security_is_the_net_under_a_forged_write(database: Database, town: Any, plan: UUID, west: Actor) -> None:
    with database.work(west) as work:
        done = work.session.execute(
            sa.text("update grid_version set name = 'x' where grid_id = :g"), {"g": town.grids["g3"]}
        )
        assert done.rowcount == 0  # type: ignore[attr-defined]
