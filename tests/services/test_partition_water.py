"""Water plans on a made-up polder and on real extracts: reaches, wardens' grids, shares."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM
from polder_ground import CANAL_M, SRID, VILLAGES, WEIR, load_polder, place

from gis.crs import to_metric
from gis.errors import InvalidInputError, NotFoundError
from services import ingest
from services.partition import PlanSpec, propose_plan
from services.plan_quality import report_quality
from services.plan_quality_tables import write_quality
from services.plans import check_plan
from store.database import water as sql
from store.database.engine import Database
from store.database.models import Area, Grid, GridVersion, Plan, ReachArea, ReachGrid, RiverArea, RiverReach


@pytest.fixture(scope="module")
def polder(database: Database) -> UUID:
    return load_polder(database)


def propose_water(database: Database, territory: UUID, **spec: object) -> UUID:
    with database.work(SYSTEM) as work:
        return propose_plan(work, PlanSpec(**{"kind": "water", "target": 1000, **spec}), territory=territory).plan_id


def shapes_of(database: Database, plan: UUID, srid: int):
    with database.work(SYSTEM) as work:
        rows = sql.reach_shapes(work.session, plan)
    return rows, np.asarray(to_metric(rows["geom"], srid)), np.asarray(to_metric(rows["strip"], srid))


def test_every_reach_lies_in_its_wardens_grid_and_no_metre_is_lost(database: Database, polder: UUID) -> None:
    plan = propose_water(database, polder)
    rows, lines, strips = shapes_of(database, plan, SRID)
    assert rows["length_m"].sum() == pytest.approx(CANAL_M + 1100 + 2200 + 120, rel=1e-4)
    assert shapely.length(lines).sum() == pytest.approx(rows["length_m"].sum(), rel=1e-6)
    assert shapely.length(shapely.difference(lines, shapely.buffer(strips, 0.05))).max() < 1.0
    assert (shapely.get_num_geometries(strips) == 1).all()
    corridor = shapely.union_all(strips)
    assert shapely.area(strips).sum() == pytest.approx(corridor.area, abs=0.01)
    # the lake belongs to the strip whole, the bank stays beside the line
    lake = to_metric(place(shapely.box(4900, 1450, 5300, 1700)), SRID)
    assert shapely.area(shapely.difference(lake, corridor)) < 1.0
    assert shapely.intersects(corridor, to_metric(place(shapely.Point(2500, 1514)), SRID))
    assert not shapely.intersects(corridor, to_metric(place(shapely.Point(2500, 1517)), SRID))


def test_reaches_are_named_coded_under_their_village_and_told_why_they_miss(database: Database, polder: UUID) -> None:
    plan = propose_water(database, polder)
    with database.work(SYSTEM) as work:
        reaches = work.session.scalars(sa.select(RiverReach).where(RiverReach.plan_id == plan)).all()
        names = work.session.scalars(sa.select(GridVersion.name).where(GridVersion.plan_id == plan)).all()
        codes = set(work.session.scalars(sa.select(Grid.code).where(Grid.kind == "water")))
        row = work.session.get_one(Plan, plan)
        quality, spec = row.quality, row.spec
    assert {reach.code[:12] for reach in reaches} == set(VILLAGES)
    assert {reach.code for reach in reaches} <= codes
    assert {reach.river for reach in reaches} == {"长河", ""}
    assert "长河 1" in names
    assert [reach.unfit_reason for reach in reaches if reach.stub] == ["short-water"]
    assert all(reach.fits == (reach.unfit_reason == "") for reach in reaches)
    assert quality["reaches"] == quality["grids"] == len(reaches)
    assert quality["cut_points"] >= 2
    assert quality["share_within"] >= 0.7
    assert (spec["bank"], spec["tolerance"]) == (15.0, 0.2)


def test_shares_tell_the_areas_of_every_level_and_the_land_grids(database: Database, polder: UUID) -> None:
    with database.work(SYSTEM) as work:
        land = propose_plan(work, PlanSpec(target=45), territory=polder).plan_id
    plan = propose_water(database, polder, seed=1)
    with database.work(SYSTEM) as work:
        by_reach = work.session.execute(
            sa.select(RiverReach.id, sa.func.sum(ReachGrid.share)).join(ReachGrid, ReachGrid.reach_id == RiverReach.id)
            .where(RiverReach.plan_id == plan).group_by(RiverReach.id)
        ).all()  # fmt: skip
        levels = work.session.scalar(sa.select(sa.func.count()).select_from(ReachArea))
        canal = work.session.scalars(
            sa.select(RiverArea.length_m).where(RiverArea.plan_id == plan, RiverArea.river == "长河")
            .order_by(RiverArea.length_m)
        ).all()  # fmt: skip
        row = work.session.get_one(Plan, plan)
        based_on, named = row.based_on_id, row.quality["land_plan"]
    assert based_on == land
    assert named == str(land)
    assert [share for _, share in by_reach] == pytest.approx([1.0] * len(by_reach), abs=1e-6)
    assert levels
    # village 2, village 1, town and county
    assert canal == pytest.approx([2800, 3200, 6000, 6000], abs=5)


def test_water_plan_passes_its_check_but_for_the_wardens(database: Database, polder: UUID) -> None:
    with database.work(SYSTEM) as work:
        found = check_plan(work, propose_water(database, polder))
    assert found.tiling_valid
    assert found.contiguous
    assert found.households == found.households_in_grids
    assert {problem["kind"] for problem in found.problems} == {"no-head"}


def test_check_finds_a_reach_that_left_its_grid(database: Database, polder: UUID) -> None:
    plan = propose_water(database, polder, seed=7)
    away = place(shapely.LineString([(100, 100), (700, 100)]))
    with database.work(SYSTEM) as work:
        reach = work.session.scalars(sa.select(RiverReach).where(RiverReach.plan_id == plan).limit(1)).one()
        reach.geom, code = shapely.MultiLineString([away]), reach.code
    with database.work(SYSTEM) as work:
        found = check_plan(work, plan)
    assert [problem["place"] for problem in found.problems if problem["kind"] == "reach-outside"] == [code]


def test_wider_bank_and_longer_reaches_make_another_plan(database: Database, polder: UUID) -> None:
    plan = propose_water(database, polder, target=2000, bank=30.0)
    assert plan == propose_water(database, polder, target=2000, bank=30.0)
    rows, _, strips = shapes_of(database, plan, SRID)
    first, _, narrow = shapes_of(database, propose_water(database, polder), SRID)
    assert len(rows["code"]) < len(first["code"])
    assert shapely.area(strips).sum() > 1.4 * shapely.area(narrow).sum()


def test_reaches_end_at_every_sluice_and_border_when_told(database: Database, polder: UUID) -> None:
    def ends(plan: UUID) -> np.ndarray:
        _, lines, _ = shapes_of(database, plan, SRID)
        parts = shapely.get_parts(lines)
        return np.concatenate([shapely.get_coordinates(shapely.get_point(parts, at)) for at in (0, -1)])

    weir = shapely.get_coordinates(to_metric(place(WEIR), SRID))
    cut = propose_water(database, polder, cut_at=("sluice", "border"))
    assert np.hypot(*(ends(cut) - weir).T).min() < 1.0
    with database.work(SYSTEM) as work:
        quality = work.session.get_one(Plan, cut).quality
        areas = work.session.execute(
            sa.select(ReachArea.reach_id, sa.func.count()).join(RiverReach, RiverReach.id == ReachArea.reach_id)
            .join(Area, Area.id == ReachArea.area_id)
            .where(RiverReach.plan_id == cut, Area.kind == "village").group_by(ReachArea.reach_id)
        ).all()  # fmt: skip
    assert quality["must_cut"] == 1
    assert quality["contiguous"] is True
    assert quality["tiling_valid"] is True
    assert {villages for _, villages in areas} == {1}


def test_code_of_a_reach_follows_that_of_its_grid(database: Database, polder: UUID) -> None:
    plan = propose_water(database, polder, seed=11)
    with database.work(SYSTEM) as work:
        reach = work.session.scalars(sa.select(RiverReach).where(RiverReach.plan_id == plan).limit(1)).one()
        work.session.get_one(Grid, reach.grid_id).code = "321281100001W777"
        work.session.flush()
        work.session.refresh(reach)
        assert reach.code == "321281100001W777"
        work.session.rollback()


def test_one_village_alone(database: Database, polder: UUID) -> None:
    rows, lines, _ = shapes_of(database, propose_water(database, polder, within=VILLAGES[1]), SRID)
    assert set(rows["area_code"]) == {VILLAGES[1]}
    assert shapely.length(lines).sum() == pytest.approx(2800 + 2200, rel=1e-3)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"bank": 0.0}, "bank"),
        ({"bank": 5000.0}, "bank"),
        ({"kind": "household", "bank": 15.0}, "bank"),
        ({"cut_at": ("ford",)}, "cut_at"),
        ({"kind": "household", "cut_at": ("sluice",)}, "cut_at"),
        ({"target": 0}, "target"),
        ({"target": None, "grids": 4}, "grids"),
    ],
)
def test_spec_that_cannot_be_meant_is_refused(
    database: Database, polder: UUID, spec: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        propose_water(database, polder, **spec)
    assert refused.value.fields["field"] == field


def test_no_water_is_said_plainly(fresh_database: Database) -> None:
    dry = load_polder(fresh_database, waters=False)
    with pytest.raises(InvalidInputError, match="no waterway"):
        propose_water(fresh_database, dry)
    with pytest.raises(NotFoundError):
        propose_water(fresh_database, dry, within="999999")


@pytest.fixture
def fresh_database(fresh_database_urls):
    opened = Database(fresh_database_urls.app, fresh_database_urls.owner)
    yield opened
    opened.dispose()


@pytest.mark.parametrize(
    ("file", "short"),
    [("liechtenstein-2025-09.osm.pbf", 0.12), ("hsinchu-nctu-tw-2022.osm.pbf", 1.0),
     ("guixi-jiangxi-cn-2024-11.osm.pbf", 1.0)],
)  # fmt: skip
def test_real_waters_are_divided_whole(fresh_database: Database, test_data: Path, file: str, short: float) -> None:
    with fresh_database.owner_work(SYSTEM) as work:
        report = ingest.load_osm(work, test_data / "osm" / file, territory="real")
    assert report.territory_id is not None
    plan = propose_water(fresh_database, report.territory_id)
    with fresh_database.work(SYSTEM) as work:
        found = check_plan(work, plan)
        quality = work.session.get_one(Plan, plan).quality
    assert found.tiling_valid
    assert not [problem for problem in found.problems if problem["kind"] != "no-head"]
    assert quality["stubs"] <= short * quality["reaches"]
    assert quality["share_within_feasible"] is None or quality["share_within_feasible"] >= 0.95


def test_quality_report_of_waters(database: Database, polder: UUID, tmp_path: Path) -> None:
    plan = propose_water(database, polder, seed=5)
    with database.work(SYSTEM) as work:
        report = report_quality(work, plan)
        stored = {
            reach.code: reach for reach in work.session.scalars(sa.select(RiverReach).where(RiverReach.plan_id == plan))
        }
        fit = [reach.fits for reach in stored.values() if reach.unfit_reason not in ("short-water", "uneven-water")]
    assert report["measure"] == "metres"
    names = {figure["id"] for figure in report["figures"]}
    assert {grid["code"] for grid in report["grids"]} == set(stored)
    for grid in report["grids"]:
        assert set(grid["values"]) == set(grid["verdicts"]) == names
        assert grid["size"] == pytest.approx(stored[grid["code"]].length_m, abs=0.01)
        assert grid["verdicts"]["length_off"] == ("ok" if stored[grid["code"]].fits else grid["verdicts"]["length_off"])
        assert grid["verdicts"]["heads"] == "bad"
        assert (
            grid["verdicts"]["overlap_m2"] == grid["verdicts"]["outside_m"] == grid["verdicts"]["stray_pieces"] == "ok"
        )
    totals = report["totals"]
    assert totals["long_fit"]["value"] == pytest.approx(np.mean(fit), abs=1e-4)
    assert totals["length_m"]["value"] == pytest.approx(CANAL_M + 1100 + 2200 + 120, rel=1e-3)
    assert {row["code"] for row in report["outside"]} == {code for code, reach in stored.items() if not reach.fits}
    assert all(row["reason"]["en"] and row["reason"]["zh"] for row in report["outside"])
    assert sum(report["histogram"]["counts"]) == len(stored)
    for ending in ("xlsx", "csv", "json"):
        write_quality(tmp_path / f"quality.{ending}", report)
    assert "metres" in (tmp_path / "quality.csv").read_text("utf-8-sig").splitlines()[0]


def test_quality_report_finds_water_outside_its_grid_and_ground_in_two(database: Database, polder: UUID) -> None:
    plan = propose_water(database, polder, seed=6)
    with database.work(SYSTEM) as work:
        first, second = work.session.scalars(
            sa.select(GridVersion)
            .join(Grid, Grid.id == GridVersion.grid_id)
            .where(GridVersion.plan_id == plan)
            .order_by(Grid.code)
            .limit(2)
        ).all()
        first.geom = second.geom
        work.session.flush()
        report = report_quality(work, plan)
        work.session.rollback()
    one, other = report["grids"][:2]
    assert one["values"]["outside_m"] > 100
    assert one["values"]["overlap_m2"] == pytest.approx(other["values"]["overlap_m2"])
    assert report["totals"]["overlap_m2"]["value"] == pytest.approx(one["values"]["overlap_m2"], rel=1e-6)
    assert (one["verdict"], other["verdict"]) == ("bad", "bad")
