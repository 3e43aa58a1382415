"""Plans of the further kinds on the real extract of central Helsinki."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from gis.crs import to_metric
from gis.errors import InvalidInputError, NotFoundError
from services.partition import TARGETS, PlanSpec, propose_plan
from services.plan_quality import report_quality
from services.plans import check_plan
from store.database import plans as sql
from store.database.engine import Database
from store.database.grid_codes import give_codes
from store.database.models import Dwelling, Grid, GridVersion, Plan

SRID = 32635


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    return load_helsinki(database)


@pytest.fixture(scope="module")
def household_plan(database: Database, helsinki: UUID) -> UUID:
    return propose(database)


def propose_kind(database: Database, kind: str, **spec: object) -> UUID:
    return propose(database, kind=kind, **{"target": TARGETS[kind], **spec})


def test_nested_kinds_need_a_household_plan(database: Database, helsinki: UUID) -> None:
    with database.work(SYSTEM) as work:
        there = work.session.scalar(sa.select(sa.func.count()).select_from(Plan).where(Plan.kind == "household"))
    if there:
        pytest.skip("another test has made the household plan already")
    with pytest.raises(NotFoundError, match="household"):
        propose_kind(database, "micro")


@pytest.mark.parametrize("kind", ["micro", "ten_household", "natural_village", "cell"])
def test_plan_of_each_kind_keeps_every_promise(database: Database, household_plan: UUID, kind: str) -> None:
    plan = propose_kind(database, kind)
    with database.work(SYSTEM) as work:
        found = check_plan(work, plan)
        households = work.session.scalar(sa.select(sa.func.sum(Dwelling.households)))
        codes = work.session.scalars(
            sa.select(Grid.code).join(GridVersion, GridVersion.grid_id == Grid.id).where(GridVersion.plan_id == plan)
        ).all()
        row = work.session.get_one(Plan, plan)
        quality, based_on, stored = row.quality, row.based_on_id, row.kind
    assert stored == kind
    assert found.tiling_valid
    assert found.contiguous
    assert found.households == found.households_in_grids == households
    assert quality["area_error_m2"] < 1e-3
    assert len(set(codes)) == len(codes) == quality["grids"]
    assert based_on == (household_plan if kind in ("micro", "ten_household") else None)


@pytest.mark.parametrize(("kind", "band", "share"), [("micro", (50, 80), 0.9), ("ten_household", (8, 12), 0.9)])
def test_nested_grids_lie_in_their_parent_and_hold_their_band(
    database: Database, household_plan: UUID, kind: str, band: tuple[int, int], share: float
) -> None:
    plan = propose_kind(database, kind)
    with database.work(SYSTEM) as work:
        parents = {row.id: row for row in sql.plan_grids(work.session, household_plan)}
        shapes = sql.grid_shapes(work.session, household_plan)
        above = dict(zip(shapes["id"], to_metric(shapes["geom"], SRID), strict=True))
        rows = sql.grid_shapes(work.session, plan)
        nesting = sa.select(GridVersion.grid_id, GridVersion.parent_grid_id).where(GridVersion.plan_id == plan)
        parent_of = {row.grid_id: row.parent_grid_id for row in work.session.execute(nesting)}
    metric = np.asarray(to_metric(rows["geom"], SRID), dtype=object)
    outside = [
        shapely.area(shapely.difference(shape, above[parent_of[grid]], grid_size=0.01))
        for grid, shape in zip(rows["id"], metric, strict=True)
    ]
    assert max(outside) < 1.0
    for grid, code in zip(rows["id"], rows["code"], strict=True):
        assert code.startswith(parents[parent_of[grid]].code)
    held = np.asarray(rows["households"])
    filled = held > 0
    assert ((held[filled] >= band[0]) & (held[filled] <= band[1])).mean() >= share
    sums: dict[object, int] = {}
    for grid, households in zip(rows["id"], held.tolist(), strict=True):
        sums[parent_of[grid]] = sums.get(parent_of[grid], 0) + households
    assert all(sums[grid] == parents[grid].households for grid in sums)


def test_cells_are_about_the_size_asked_for(database: Database, helsinki: UUID) -> None:
    plan = propose_kind(database, "cell", target=150)
    with database.work(SYSTEM) as work:
        area = np.array([row.area_m2 for row in sql.plan_grids(work.session, plan)])
    assert np.median(area) == pytest.approx(150**2, rel=0.01)
    assert area.min() >= 0.2 * 150**2
    assert area.max() < 2 * 150**2


def test_equal_inputs_return_the_plan_that_is_there(database: Database, household_plan: UUID) -> None:
    assert propose_kind(database, "micro") == propose_kind(database, "micro")


def test_codes_of_nested_grids_never_come_back(database: Database, household_plan: UUID) -> None:
    def codes(plan: UUID) -> set[str]:
        with database.work(SYSTEM) as work:
            return {row.code for row in sql.plan_grids(work.session, plan)}

    first = propose_kind(database, "micro")
    assert codes(first) & codes(propose_kind(database, "micro", seed=3))  # a draft's codes are its own
    with database.work(SYSTEM) as work:
        give_codes(work.session, first)  # as publishing does
    assert not codes(first) & codes(propose_kind(database, "micro", seed=4))


@pytest.mark.parametrize(
    ("kind", "pattern"), [("micro", "grid M 3"), ("ten_household", "grid T 3"), ("cell", "area C 4")]
)
def test_codes_follow_the_pattern_that_an_office_chose(
    database: Database, household_plan: UUID, kind: str, pattern: str
) -> None:
    plan = propose_kind(database, kind, code_pattern=pattern)
    letter, digits = pattern.split()[1:]
    with database.work(SYSTEM) as work:
        codes = [row.code for row in sql.plan_grids(work.session, plan)]
    assert all(code[-int(digits) - 1] == letter and code[-int(digits) :].isdigit() for code in codes)
    with pytest.raises(InvalidInputError, match=f"no pattern for {kind}"):
        propose_kind(database, kind, code_pattern="area 3" if kind != "cell" else "grid 3")


def test_number_of_grids_is_for_household_grids_only(database: Database, helsinki: UUID) -> None:
    with pytest.raises(InvalidInputError) as refused, database.work(SYSTEM) as work:
        propose_plan(work, PlanSpec(kind="micro", target=None, grids=7))
    assert refused.value.fields["field"] == "grids"


@pytest.mark.parametrize("kind", ["micro", "ten_household"])
def test_report_judges_a_kind_by_its_own_band(database: Database, household_plan: UUID, kind: str) -> None:
    made = propose_kind(database, kind)
    with database.work(SYSTEM) as work:
        outside = work.session.get_one(Plan, made).quality["outside_band"]
        report = report_quality(work, made)
    assert {row["code"] for row in report["outside"]} == {row["grid"] for row in outside}
