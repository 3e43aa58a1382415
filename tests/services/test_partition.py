"""Proposing plans on the real extract of central Helsinki."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from gis.crs import to_metric
from gis.errors import CancelledError, InvalidInputError, NotAllowedError, NotFoundError
from services.partition import PlanSpec, propose_plan
from services.plans import check_plan
from store.database import plans as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.grid_codes import give_codes
from store.database.models import Atom, Dwelling, Grid, GridVersion, LayerRevision, Plan, Street


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    return load_helsinki(database)


def test_proposed_plan_keeps_every_promise(database: Database, helsinki: UUID) -> None:
    plan = propose(database)
    with database.work(SYSTEM) as work:
        found = check_plan(work, plan)
        households = work.session.scalar(sa.select(sa.func.sum(Dwelling.households)))
        rows = sql.grid_shapes(work.session, plan)
        quality = work.session.get_one(Plan, plan).quality
    assert found.tiling_valid
    assert found.contiguous
    assert found.households == found.households_in_grids == households
    assert len(rows["code"]) >= 10
    assert quality["share_within"] >= 0.95
    assert quality["area_error_m2"] < 1e-3
    shapes = np.asarray(to_metric(rows["geom"], 32635))
    # the figures told are those of the stored shapes
    assert shapely.area(shapes).sum() == pytest.approx(quality["territory_area_m2"], rel=1e-9)


def test_proposed_grids_are_called_by_their_streets(database: Database, helsinki: UUID) -> None:
    plan = propose(database)
    with database.work(SYSTEM) as work:
        rows = work.session.execute(
            sa.select(GridVersion.area_id, GridVersion.name).where(GridVersion.plan_id == plan)
        ).all()
        streets = set(work.session.scalars(sa.select(Street.name).where(Street.name != "")))
    named = [(area, name) for area, name in rows if name]
    assert len(named) == len(set(named)) >= 0.9 * len(rows)
    endings = ("", *(f" {word}" for word in ("north", "south", "west", "east", "middle", *range(1, 30))))
    assert all(any(name.removesuffix(ending) in streets for ending in endings) for _, name in named)


def test_households_of_a_grid_are_those_of_the_dwellings_inside(database: Database, helsinki: UUID) -> None:
    plan = propose(database)
    inside = sa.text(
        "select v.households, sum(d.households) from grid_version v"
        " join dwelling d on st_intersects(v.geom, d.point) where v.plan_id = :plan group by v.id, v.households"
    )
    with database.work(SYSTEM) as work:
        pairs = work.session.execute(inside, {"plan": plan}).all()
    assert pairs
    assert all(told == counted for told, counted in pairs)


def test_equal_inputs_return_the_plan_that_is_there(database: Database, helsinki: UUID) -> None:
    first = propose(database, seed=5)
    with database.work(SYSTEM) as work:
        again = propose_plan(work, PlanSpec(seed=5))
    assert again.reused
    assert again.plan_id == first
    assert propose(database, seed=6) != first


def test_codes_run_in_reading_order_and_never_come_back(database: Database, helsinki: UUID) -> None:
    first = propose(database, grids=10)
    with database.work(SYSTEM) as work:
        give_codes(work.session, first)  # as publishing does
    second = propose(database, grids=11)
    with database.work(SYSTEM) as work:
        old = [row.code for row in sql.plan_grids(work.session, first)]
        new = [row.code for row in sql.plan_grids(work.session, second)]
        rows = sql.plan_grids(work.session, first)
    assert all(len(code) == 15 for code in old + new)
    assert not set(old) & set(new)
    assert rows[0].lat > rows[-1].lat


def test_cancelled_proposal_leaves_nothing(database: Database, helsinki: UUID) -> None:
    def stop(done: float, _note: str) -> None:
        if done > 0.5:
            raise CancelledError("stopped")

    def counts() -> list[int | None]:
        with database.work(SYSTEM) as work:
            return [
                work.session.scalar(sa.select(sa.func.count()).select_from(model))
                for model in (Plan, Grid, GridVersion, Atom)
            ]

    before = counts()
    with pytest.raises(CancelledError), database.work(SYSTEM) as work:
        propose_plan(work, PlanSpec(seed=99), progress=stop)
    assert counts() == before


def test_saved_plan_raises_the_layers_revisions(database: Database, helsinki: UUID) -> None:
    def revision() -> int:
        with database.work(SYSTEM) as work:
            found = work.session.get(LayerRevision, "grids")
            return found.rev if found else 0

    before = revision()
    propose(database, seed=123)
    assert revision() == before + 1


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (PlanSpec(target=None), "target"),
        (PlanSpec(target=300, grids=4), "target"),
        (PlanSpec(target=0), "target"),
        (PlanSpec(tolerance=0), "tolerance"),
        (PlanSpec(kind="hexagon"), "kind"),
    ],
)
def test_spec_that_cannot_be_meant_is_refused(database: Database, helsinki: UUID, spec: PlanSpec, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused, database.work(SYSTEM) as work:
        propose_plan(work, spec)
    assert refused.value.fields["field"] == field


def test_unknown_territory_and_area_name_what_there_is(database: Database, helsinki: UUID) -> None:
    with pytest.raises(NotFoundError, match="Helsinki centre"), database.work(SYSTEM) as work:
        propose_plan(work, PlanSpec(), territory="Atlantis")
    with pytest.raises(NotFoundError, match="123"), database.work(SYSTEM) as work:
        propose_plan(work, PlanSpec(within="123"))


def test_an_analyst_may_not_propose(database: Database, helsinki: UUID) -> None:
    analyst = Actor(None, "anna", frozenset({"analyst"}))
    with pytest.raises(NotAllowedError, match="planner"), database.work(analyst) as work:
        propose_plan(work, PlanSpec())
