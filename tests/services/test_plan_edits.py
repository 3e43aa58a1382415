"""Random edits of a draft keep an exact tiling and every household, and the log rebuilds the plan."""

from __future__ import annotations

import threading
from typing import Any, ClassVar
from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gis.crs import to_lonlat, to_metric
from gis.errors import ConflictError, GridwardError, StaleRevisionError
from grid_partition.edits import EditRefusedError
from grid_partition.nesting import check_nesting
from services import access, plan_edits
from services.plan_edits import Wish
from services.plan_edits.refusals import NothingToUndoError, UndoBlockedError
from services.plan_edits.scene import read_images
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import GridVersion
from store.database.plan_edits import grid_ids
from store.database.plans import atom_shapes, grid_shapes
from tests.api.town import EAST, NORTH, SRID, build_town, lonlat

SYSTEM = Actor.system()
IGNORED = ("revision", "id")


@pytest.fixture(scope="module")
def town(database: Database) -> Any:
    town = build_town(database)
    with database.work(SYSTEM) as work:
        # of the five doors in a row through each grid, three lie in its west
        work.session.execute(sa.text("update atom set dwellings = case when label % 2 = 0 then 3 else 2 end"))
        # squares get the vertices of their atoms, as grids of a proposal have them
        atoms = atom_shapes(work.session, town.plan)
        for grid in town.grids.values():
            shape = shapely.coverage_union_all(atoms["geom"][atoms["grid_id"] == grid])
            version = work.session.scalars(
                sa.select(GridVersion).where(GridVersion.plan_id == town.plan, GridVersion.grid_id == grid)
            ).one()
            version.geom = shapely.MultiPolygon([shape])
    return town


@pytest.fixture(scope="module")
def planners(database: Database) -> list[Actor]:
    with database.work(SYSTEM) as work:
        accounts = [access.create_account(work, f"planner-{n}", roles=["planner"]) for n in range(2)]
    return [Actor(account.id, account.name, frozenset({"planner"})) for account in accounts]


def new_draft(database: Database, town: Any) -> UUID:
    with database.work(SYSTEM) as work:
        return plan_edits.make_draft(work, town.plan)


def state_of(work: Any, plan: UUID) -> dict[UUID, dict[str, Any]]:
    return read_images(work, plan, grid_ids(work.session, plan))


def content(state: dict[UUID, dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    shown = {grid: {k: v for k, v in image.items() if not k.startswith("_")} for grid, image in state.items()}
    return {grid: {k: v for k, v in image.items() if k not in IGNORED} for grid, image in shown.items()}


def same_grids(state: dict[UUID, dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    """Leave out what a copy of a plan has of its own."""
    return {grid: {k: v for k, v in image.items() if k != "plan_id"} for grid, image in content(state).items()}


def ribbon(rng: np.random.Generator) -> list[tuple[float, float]]:
    return [lonlat(*place) for place in rng.uniform((-20, -20), (620, 420), (int(rng.integers(2, 5)), 2))]


def proved(database: Database, plan: UUID) -> int:
    """Check the plan from what is stored; return its households."""
    with database.work(SYSTEM) as work:
        grids, atoms = grid_shapes(work.session, plan), atom_shapes(work.session, plan)
        doors = work.session.execute(
            sa.text("select sum(dwellings) from grid_version where plan_id = :plan"), {"plan": plan}
        ).scalar_one()
    number = {area: place for place, area in enumerate(dict.fromkeys(atoms["area_id"]))}
    report = check_nesting(
        to_metric(atoms["geom"], SRID),
        [number[area] for area in atoms["area_id"]],
        to_metric(grids["geom"], SRID),
        [number[area] for area in grids["area_id"]],
    )
    assert report.valid, report.faults[:3]
    assert abs(shapely.area(to_metric(grids["geom"], SRID)).sum() - 240000) < 2.0
    assert doors == 30
    assert set(atoms["grid_id"]) == set(grids["id"])
    assert int(grids["households"].sum()) == int(atoms["demand"].sum())
    return int(grids["households"].sum())


class Edits(RuleBasedStateMachine):
    """Two planners edit one draft by every tool, taking turns."""

    database: ClassVar[Database]
    town: ClassVar[Any]
    planners: ClassVar[list[Actor]]

    @initialize()
    def open(self) -> None:
        self.plan = new_draft(self.database, self.town)
        with self.database.work(SYSTEM) as work:
            self.start = self.looked = state_of(work, self.plan)
        self.depth = [0, 0]

    def edit(self, who: int, run: Any) -> None:
        try:
            with self.database.work(self.planners[who]) as work:
                answer = run(work)
        except (EditRefusedError, ConflictError):
            return
        self.depth[who] += {"undo": -1}.get(answer.kind, 1)
        assert answer.totals.households == 303
        assert answer.totals.can_undo == self.depth[who]

    def seen(self) -> dict[UUID, int]:
        with self.database.work(SYSTEM) as work:
            return {grid: image["revision"] for grid, image in state_of(work, self.plan).items()}

    def pick(self, seed: int, count: int) -> list[UUID]:
        ids = sorted(self.seen())
        return [ids[n] for n in np.random.default_rng(seed).permutation(len(ids))[:count].tolist()]

    @rule(who=st.integers(0, 1), seed=st.integers(0, 999), repair=st.booleans())
    def split(self, who: int, seed: int, repair: bool) -> None:
        (grid,), line = self.pick(seed, 1), ribbon(np.random.default_rng(seed))
        wish = Wish(self.seen(), repair=repair)
        self.edit(who, lambda work: plan_edits.split_grid(work, self.plan, grid, line, wish, many=seed % 3 == 0))

    @rule(who=st.integers(0, 1), seed=st.integers(0, 999))
    def merge(self, who: int, seed: int) -> None:
        self.edit(who, lambda work: plan_edits.merge_grids(work, self.plan, self.pick(seed, 2), Wish(self.seen())))

    @rule(who=st.integers(0, 1), seed=st.integers(0, 999), repair=st.booleans())
    def border(self, who: int, seed: int, repair: bool) -> None:
        first, other = self.pick(seed, 2)
        line = ribbon(np.random.default_rng(seed + 1))
        wish = Wish(self.seen(), repair=repair)
        self.edit(who, lambda work: plan_edits.move_border(work, self.plan, (first, other), line, wish))

    @rule(who=st.integers(0, 1), seed=st.integers(0, 999), cut=st.booleans(), repair=st.booleans())
    def lasso(self, who: int, seed: int, cut: bool, repair: bool) -> None:
        rng = np.random.default_rng(seed)
        middle, (to,) = rng.uniform((0, 0), (600, 400)), self.pick(seed, 1)
        disc = shapely.Point(*middle).buffer(rng.uniform(10, 120), quad_segs=3)
        ring = [[lonlat(*place) for place in shapely.get_coordinates(disc)]]
        wish = Wish(self.seen(), repair=repair)
        self.edit(who, lambda work: plan_edits.reassign(work, self.plan, to, wish, polygon=ring, cut=cut))

    @rule(who=st.integers(0, 1), seed=st.integers(0, 999))
    def draw(self, who: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        west, south = rng.uniform((0, 0), (500, 300))
        box = shapely.box(west, south, west + rng.uniform(10, 150), south + rng.uniform(10, 150))
        ring = [[lonlat(*place) for place in shapely.get_coordinates(box)]]
        wish = Wish(self.seen(), repair=True)
        self.edit(who, lambda work: plan_edits.draw_grid(work, self.plan, ring, wish))

    @rule(who=st.integers(0, 1), seed=st.integers(0, 999), locked=st.booleans())
    def mark(self, who: int, seed: int, locked: bool) -> None:
        (grid,) = self.pick(seed, 1)
        wish = Wish(self.seen())
        if seed % 3:
            self.edit(who, lambda work: plan_edits.lock_grid(work, self.plan, grid, wish, locked=locked))
        else:
            self.edit(who, lambda work: plan_edits.rename_grid(work, self.plan, grid, wish, name=f"Grid {seed}"))

    @rule(who=st.integers(0, 1), back=st.booleans())
    def step(self, who: int, back: bool) -> None:
        self.edit(who, lambda work: (plan_edits.undo if back else plan_edits.redo)(work, self.plan))

    @rule()
    def look(self) -> None:
        with self.database.work(SYSTEM) as work:
            self.looked = state_of(work, self.plan)

    @invariant()
    def tiles_and_counts(self) -> None:
        assert proved(self.database, self.plan) == 303

    def teardown(self) -> None:
        with self.database.work(SYSTEM) as work:
            now = state_of(work, self.plan)
            assert content(plan_edits.replay(work, self.plan, self.start)) == content(now)
            seen = {grid: int(image["revision"]) for grid, image in self.looked.items()}
            copy = plan_edits.make_draft(work, self.plan, as_seen=seen)
            assert same_grids(state_of(work, copy)) == same_grids(self.looked)
        assert proved(self.database, copy) == 303


def test_random_edits_keep_the_plan_whole(database: Database, town: Any, planners: list[Actor]) -> None:
    run_state_machine_as_test(
        type("EditsHere", (Edits,), {"database": database, "town": town, "planners": planners}),
        settings=settings(
            max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.fixture
def plan(database: Database, town: Any) -> UUID:
    return new_draft(database, town)


def split_wish(database: Database, plan: UUID) -> Wish:
    with database.work(SYSTEM) as work:
        return Wish({grid: image["revision"] for grid, image in state_of(work, plan).items()})


def across(column: int, row: int, at: float = 100) -> list[tuple[float, float]]:
    """Return a line that cuts a square of the town from west to east, inside it."""
    return [lonlat(column * 200 + 5, row * 200 + at), lonlat(column * 200 + 195, row * 200 + at)]


def test_two_planners_in_different_places_never_wait(
    database: Database, town: Any, planners: list[Actor], plan: UUID
) -> None:
    wish = split_wish(database, plan)
    with database.work(planners[0]) as first:
        one = plan_edits.split_grid(first, plan, town.grids["g1"], across(0, 0), wish)
        # the first edit is not committed yet: a second one that had to wait for it would run into the timeout
        with database.work(planners[1]) as second:
            second.session.execute(sa.text("set local lock_timeout = '300ms'"))
            other = plan_edits.split_grid(second, plan, town.grids["g6"], across(2, 1), wish)
    assert other.seq is not None
    assert one.seq != other.seq
    assert proved(database, plan) == 303


def test_same_village_at_once_gives_different_codes(
    database: Database, town: Any, planners: list[Actor], plan: UUID
) -> None:
    wish = split_wish(database, plan)
    lines = {"g1": across(0, 0), "g5": across(1, 1)}
    with database.work(planners[0]) as first:
        plan_edits.split_grid(first, plan, town.grids["g1"], lines["g1"], wish)
        with database.work(planners[1]) as second:
            second.session.execute(sa.text("set local lock_timeout = '300ms'"))
            other = plan_edits.split_grid(second, plan, town.grids["g5"], lines["g5"], wish)
    assert other.totals.grids == 7  # the first is not committed yet
    with database.work(SYSTEM) as work:
        grids = grid_shapes(work.session, plan)
    assert len(set(grids["code"])) == 8
    # the mean of the village follows both, for the grids that nobody touched too
    west = np.array([code.startswith("990101001001") for code in grids["code"]])
    assert west.sum() == 6
    assert grids["deviation"][west] == pytest.approx(grids["households"][west] / (200 / 6) - 1)


def test_same_border_twice_is_stale_for_the_second(
    database: Database, town: Any, planners: list[Actor], plan: UUID
) -> None:
    wish = split_wish(database, plan)
    pair = (town.grids["g1"], town.grids["g2"])
    answers: list[object] = []
    ready = threading.Barrier(2)

    def move(who: int, x: float) -> None:
        ready.wait(60)
        try:
            with database.work(planners[who]) as work:
                line = [lonlat(x, -5), lonlat(x, 205)]
                answers.append(plan_edits.move_border(work, plan, pair, line, wish).kind)
        except GridwardError as error:
            answers.append(error)

    threads = [threading.Thread(target=move, args=(who, 150 + 20 * who)) for who in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(type(answer).__name__ for answer in answers) == ["StaleRevisionError", "str"]
    (refused,) = [answer for answer in answers if isinstance(answer, StaleRevisionError)]
    current = refused.fields["current"]
    assert isinstance(current, dict)
    assert {grid.id for grid in current["grids"]} >= set(pair)
    assert proved(database, plan) == 303


def test_undo_is_ones_own_and_stops_at_anothers_later_edit(
    database: Database, town: Any, planners: list[Actor], plan: UUID
) -> None:
    def seen() -> Wish:
        return split_wish(database, plan)

    wish = seen()
    with database.work(planners[0]) as work:
        plan_edits.rename_grid(work, plan, town.grids["g1"], wish, name="mine")
    with pytest.raises(NothingToUndoError), database.work(planners[1]) as work:
        plan_edits.undo(work, plan)
    wish = seen()
    with database.work(planners[1]) as work:
        plan_edits.merge_grids(work, plan, [town.grids["g1"], town.grids["g2"]], wish)
    with pytest.raises(UndoBlockedError) as blocked, database.work(planners[0]) as work:
        plan_edits.undo(work, plan)
    (by,) = blocked.value.fields["by"]  # type: ignore[misc]
    assert (by["author"], by["kind"]) == ("planner-1", "merge")
    # once the other takes back theirs, the way is free
    with database.work(planners[1]) as work:
        plan_edits.undo(work, plan)
    with database.work(planners[0]) as work:
        answer = plan_edits.undo(work, plan)
    assert [grid.name for grid in answer.grids] == ["Grid 1"]
    # the other's merge can't be done again: the grids are not what it began with any more
    with pytest.raises(UndoBlockedError), database.work(planners[1]) as work:
        plan_edits.redo(work, plan)


def test_new_edit_forgets_what_could_be_redone(
    database: Database, town: Any, planners: list[Actor], plan: UUID
) -> None:
    for name in ("a", "b"):
        wish = split_wish(database, plan)
        with database.work(planners[0]) as work:
            plan_edits.rename_grid(work, plan, town.grids["g1"], wish, name=name)
    with database.work(planners[0]) as work:
        assert plan_edits.undo(work, plan).totals.can_redo == 1
    wish = split_wish(database, plan)
    with database.work(planners[0]) as work:
        assert plan_edits.lock_grid(work, plan, town.grids["g3"], wish).totals.can_redo == 0
    with pytest.raises(NothingToUndoError), database.work(planners[0]) as work:
        plan_edits.redo(work, plan)
    with database.work(SYSTEM) as work:
        states = [row.state for row in plan_edits.edit_log(work, plan)]
    assert states == ["live", "live", "dropped", "live"]


def test_log_is_append_only(database: Database, town: Any, planners: list[Actor], plan: UUID) -> None:
    wish = split_wish(database, plan)
    with database.work(planners[0]) as work:
        plan_edits.rename_grid(work, plan, town.grids["g1"], wish, name="x")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.work(SYSTEM) as work:
        work.session.execute(sa.text("update edit set request = '{}' where plan_id = :plan"), {"plan": plan})


def test_improving_balances_a_neighbourhood_and_leaves_locked_grids(
    database: Database, town: Any, planners: list[Actor], plan: UUID
) -> None:
    grids = [town.grids[name] for name in ("g1", "g2", "g4", "g5")]
    with database.work(SYSTEM) as work:
        labels = work.session.execute(
            sa.text("select label from atom where plan_id = :plan and grid_id = :grid order by label"),
            {"plan": plan, "grid": grids[0]},
        ).scalars().all()  # fmt: skip
    wish = split_wish(database, plan)
    with database.work(planners[0]) as work:
        plan_edits.reassign(work, plan, grids[1], wish, atoms=labels[1:])
    wish = split_wish(database, plan)
    with database.work(planners[0]) as work:
        plan_edits.lock_grid(work, plan, grids[3], wish)
    wish = split_wish(database, plan)
    with database.work(planners[0]) as work:
        answer = plan_edits.improve(work, plan, grids, wish)
    assert grids[3] not in {grid.id for grid in answer.grids}
    assert {grid.id: grid.households for grid in answer.grids} == {grids[0]: 48, grids[1]: 49}
    wish = split_wish(database, plan)
    with pytest.raises(EditRefusedError, match="No better"), database.work(planners[0]) as work:
        plan_edits.improve(work, plan, grids, wish)


def test_nine_decimals_bring_a_border_back_to_the_centimetre(database: Database, town: Any, plan: UUID) -> None:
    wish = split_wish(database, plan)
    with database.work(SYSTEM) as work:
        answer = plan_edits.split_grid(work, plan, town.grids["g1"], [lonlat(-5, 70), lonlat(205, 131)], wish)
        stored = {grid: image["geom"] for grid, image in state_of(work, plan).items()}
    for grid in answer.grids:
        back = to_metric(shapely.geometry.shape(grid.geometry), SRID)
        assert shapely.equals_identical(back, to_metric(shapely.from_wkb(stored[grid.id]), SRID))
        assert back.bounds[0] >= EAST - 1
        assert back.bounds[1] >= NORTH - 1
        assert to_lonlat(back, SRID).is_valid
