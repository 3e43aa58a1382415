"""Police, safety and dedicated plans on the real extract of central Helsinki: made, mapped, checked, published."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import python_calamine
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, add_staff, load_helsinki, propose
from sqlalchemy.exc import IntegrityError

from gis.crs import to_lonlat, to_metric
from gis.errors import ConflictError, InvalidInputError, NotFoundError, UnknownCrsError
from services import plans, staff
from services.ingest import RejectedRowsError
from services.locate import Place, locate
from services.nearest_staff import StreetGraphs
from services.partition import PlanSpec, explain
from services.partition.dedicated import _broken_runs, propose_floors
from services.partition.floors import Floors
from services.partition.net_files import load_net
from services.partition.net_shares import export_shares, list_nets, list_shares, map_plan
from services.plan_check import check_plan
from services.plan_files import export
from store.database import nets as sql
from store.database import plans as plan_sql
from store.database.engine import Database
from store.database.grid_codes import give_codes
from store.database.models import Building, Dwelling, Grid, GridFloor, GridVersion, NetShare, Plan, Territory

SRID = 32635


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    return load_helsinki(database)


@pytest.fixture(scope="module")
def household_plan(database: Database, helsinki: UUID) -> UUID:
    return propose(database)


@pytest.fixture(scope="module")
def ground(database: Database, helsinki: UUID) -> shapely.Geometry:
    with database.work(SYSTEM) as work:
        return to_metric(np.array([work.session.get_one(Territory, helsinki).outline]), SRID)[0]


def layer(path: Path, *rows: tuple[str | None, str, shapely.Geometry]) -> Path:
    """Write polygons in metres as GeoJSON that says its CRS."""
    features = [
        {
            "type": "Feature",
            "properties": {"kennung": code, "station": name},
            "geometry": shapely.geometry.mapping(to_lonlat(np.array([shape]), SRID)[0]),
        }
        for code, name, shape in rows
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


def halves(ground: shapely.Geometry, share: float = 0.5) -> list[shapely.Geometry]:
    west, south, east, north = ground.bounds
    middle = west + share * (east - west)
    return [ground & shapely.box(west, south, middle, north), ground & shapely.box(middle, south, east, north)]


def take(database: Database, path: Path, kind: str = "police", **options: Any) -> Any:
    mapping = {"code": "kennung", "name": "station"}
    with database.work(SYSTEM) as work:
        return load_net(work, path, PlanSpec(kind=kind, target=3000), **{"mapping": mapping, **options})


def totals(database: Database, plan: UUID) -> tuple[int, dict[str, int]]:
    with database.work(SYSTEM) as work:
        rows = list_shares(work, plan)
    objects: dict[str, int] = {}
    for row in rows:
        for kind, count in row.objects.items():
            objects[kind] = objects.get(kind, 0) + count
    return sum(row.households for row in rows), objects


def counted(database: Database) -> tuple[int, dict[str, int]]:
    with database.work(SYSTEM) as work:
        households = int(work.session.scalar(sa.select(sa.func.sum(Dwelling.households))) or 0)
        territory = work.session.scalars(sa.select(Territory.id)).one()
        kinds, counts = np.unique(sql.read_objects(work.session, territory)["kind"].astype(str), return_counts=True)
    return households, {str(kind): int(count) for kind, count in zip(kinds, counts, strict=True)}


def test_merging_needs_a_household_plan(database: Database, helsinki: UUID) -> None:
    with database.work(SYSTEM) as work:
        there = work.session.scalar(sa.select(sa.func.count()).select_from(Plan).where(Plan.kind == "household"))
    if there:
        pytest.skip("another test has made the household plan already")
    with pytest.raises(NotFoundError, match="household plan"):
        propose(database, kind="police", target=3000)


@pytest.mark.parametrize(("kind", "target"), [("police", 3000), ("safety", 1000)])
def test_merged_nets_nest_exactly_and_lose_nobody(
    database: Database, household_plan: UUID, kind: str, target: int
) -> None:
    plan = propose(database, kind=kind, target=target)
    with database.work(SYSTEM) as work:
        found = check_plan(work, plan)
        shares = list_shares(work, plan)
        row = work.session.get_one(Plan, plan)
        codes = [each.code for each in plan_sql.plan_grids(work.session, plan)]
        grids = {each.id for each in plan_sql.plan_grids(work.session, household_plan)}
    assert found.problems == []
    assert found.tiling_valid
    assert row.based_on_id == household_plan
    assert {each.grid_id for each in shares} == grids
    assert {each.share_of_grid for each in shares} == {1.0}
    assert len(shares) == len(grids)
    assert {len(code) for code in codes} == {20}
    assert totals(database, plan) == counted(database)
    assert propose(database, kind=kind, target=target) == plan


def test_merged_grids_outside_the_tolerance_have_reasons(database: Database, household_plan: UUID) -> None:
    plan = propose(database, kind="safety", target=1000, seed=7, tolerance=0.02)
    with database.work(SYSTEM) as work:
        quality = work.session.get_one(Plan, plan).quality
    outside = round((1.0 - quality["share_within"]) * quality["grids"])
    assert outside > 0
    assert sum(reason["grids"] for reason in quality["misfits"]) >= outside
    told = explain(quality["infeasible"], quality)
    assert told
    assert {line.split(":")[0] for line in told} == {reason["area"] for reason in quality["misfits"]}


def test_net_from_a_file_is_mapped_with_everything_counted_once(
    database: Database, household_plan: UUID, ground: shapely.Geometry, tmp_path: Path
) -> None:
    west, east = halves(ground, 0.4)
    path = layer(tmp_path / "police.geojson", ("P-1", "West", west), (None, "East", shapely.buffer(east, -150)))
    made = take(database, path)
    with database.work(SYSTEM) as work:
        found = check_plan(work, made.plan_id)
        names = {row.code: row.name for row in plan_sql.plan_grids(work.session, made.plan_id)}
        shares = list_shares(work, made.plan_id)
        mapped = work.session.get_one(Plan, made.plan_id).quality["mapped"]
    assert found.problems == []
    assert names.pop("P-1") == "West"
    assert [len(code) for code in names] == [20]
    assert totals(database, made.plan_id) == counted(database)
    outside = sum(row.households for row in shares if row.net_grid_id is None)
    assert mapped["households_outside_net"] == outside > 0
    by_grid: dict[UUID | None, float] = {}
    for row in shares:
        if row.grid_id is not None:
            by_grid[row.grid_id] = by_grid.get(row.grid_id, 0.0) + (row.share_of_grid or 0.0)
    assert list(by_grid.values()) == pytest.approx([1.0] * len(by_grid))
    again = take(database, path)
    assert (again.plan_id, again.reused) == (made.plan_id, True)


def test_nets_of_a_household_grid_are_named_with_their_shares(database: Database, household_plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        grid = plan_sql.plan_grids(work.session, household_plan)[0].id
        nets = list_nets(work, grid)
    assert {net.kind for net in nets} >= {"police", "safety"}
    safety = [net for net in nets if net.kind == "safety"]
    assert [net.share_of_grid for net in safety] == [1.0]


def bad_rows(ground: shapely.Geometry) -> dict[str, tuple[list[tuple[str | None, str, shapely.Geometry]], str]]:
    west, east = halves(ground)
    x, y = ground.centroid.x, ground.centroid.y
    bow = shapely.Polygon([(x, y), (x + 90, y + 90), (x + 90, y), (x, y + 90)])
    far = shapely.transform(west, lambda xy: xy + np.array([90_000, 0]))
    return {
        "overlap": ([("A-1", "one", west), ("A-2", "two", shapely.buffer(west, -20))], "shares"),
        "broken ring": ([("A-1", "one", west), ("A-2", "two", bow)], "Self-intersection"),
        "outside": ([("A-1", "one", west), ("A-2", "two", far)], "outside the territory"),
        "repeated code": ([("A-1", "one", west), ("A-1", "two", east)], "repeats feature 1"),
        "bad code": ([("A-1", "one", west), ("A 2;drop", "two!" * 60, east)], "is"),
    }


@pytest.mark.parametrize("case", ["overlap", "broken ring", "outside", "repeated code", "bad code"])
def test_bad_polygons_are_refused_with_row_place_and_reason_and_nothing_is_saved(
    database: Database, household_plan: UUID, ground: shapely.Geometry, tmp_path: Path, case: str
) -> None:
    rows, words = bad_rows(ground)[case]
    path = layer(tmp_path / "bad.geojson", *rows)

    def count() -> tuple[int | None, ...]:
        with database.work(SYSTEM) as work:
            return tuple(
                work.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Plan, Grid, NetShare)
            )

    before = count()
    with pytest.raises(RejectedRowsError) as caught:
        take(database, path)
    problem = caught.value.report.rejected[0]
    assert problem.line == 2
    assert words.lower() in problem.reason.lower()
    assert problem.remedy
    if case in ("overlap", "broken ring", "outside"):
        assert "," in problem.value
    assert count() == before
    assert take(database, path, dry_run=True, skip_rejected=True).plan_id is None


def test_a_net_says_its_crs_and_brings_polygons(database: Database, household_plan: UUID, tmp_path: Path) -> None:
    silent = tmp_path / "silent.geojson"
    square = shapely.geometry.mapping(shapely.box(24.94, 60.16, 24.95, 60.17))
    feature = {"type": "Feature", "properties": {"kennung": "1", "station": ""}, "geometry": square}
    silent.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(UnknownCrsError, match="silent"):
        take(database, silent)
    table = tmp_path / "net.csv"
    table.write_text("kennung,station\n1,x\n")
    with pytest.raises(InvalidInputError, match="polygons"):
        take(database, table)
    with pytest.raises(InvalidInputError, match="police or safety"):
        take(database, silent, kind="cell")


def publish(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        plans.publish(work, plan, basis="minutes 7", single_person=True)


@pytest.mark.parametrize("kind", ["police", "safety"])
def test_code_of_an_ended_grid_never_comes_back(
    database: Database, household_plan: UUID, ground: shapely.Geometry, tmp_path: Path, kind: str
) -> None:
    west, east = halves(ground, 0.3)
    code = f"{kind}-old"
    first = take(database, layer(tmp_path / "1.geojson", (code, "old", west), (None, "x", east)), kind).plan_id
    publish(database, first)
    west, east = halves(ground, 0.6)
    second = take(database, layer(tmp_path / "2.geojson", (None, "new", west), (None, "x", east)), kind).plan_id
    with database.work(SYSTEM) as work:
        old = {row.code for row in plan_sql.plan_grids(work.session, first)}
        new = {row.code for row in plan_sql.plan_grids(work.session, second)}
    assert not old & new
    # while its grid is in use, the code names the same grid again
    with database.work(SYSTEM) as work:
        was = work.session.scalar(sa.select(Grid.id).where(Grid.code == code))
    same = take(database, layer(tmp_path / "3.geojson", (code, "old, moved", west)), kind).plan_id
    with database.work(SYSTEM) as work:
        assert [row.id for row in plan_sql.plan_grids(work.session, same)] == [was]
    publish(database, second)
    with pytest.raises(RejectedRowsError) as caught:
        take(database, layer(tmp_path / "4.geojson", (code, "back", east)), kind)
    assert "ended" in caught.value.report.rejected[0].reason
    with database.work(SYSTEM) as work:
        give_codes(work.session, household_plan)  # as publishing does
        taken = plan_sql.plan_grids(work.session, household_plan)[0].code
    with pytest.raises(RejectedRowsError) as caught:
        take(database, layer(tmp_path / "5.geojson", (taken, "mine", east)), kind)
    assert "household grid" in caught.value.report.rejected[0].reason


# --- dedicated grids


@pytest.fixture(scope="module")
def towers(database: Database, helsinki: UUID) -> list[tuple[str, shapely.Geometry]]:
    """References and footprints (lon/lat) of the three largest office buildings."""
    with database.work(SYSTEM) as work:
        rows = work.session.execute(
            sa.select(Building.source_ref, Building.geom).where(Building.kind == "office").order_by(
                sa.func.ST_Area(Building.geom).desc()
            ).limit(3)
        ).all()  # fmt: skip
    return [(row.source_ref, row.geom) for row in rows]


def floors_file(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["building", "lon", "lat", "floor", "companies", "zone"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def tower_rows(towers: list[tuple[str, shapely.Geometry]]) -> list[dict[str, object]]:
    point = towers[1][1].representative_point()
    rows: list[dict[str, object]] = [
        {"building": towers[0][0], "floor": f, "companies": 20, "zone": "Harbour"} for f in range(1, 10)
    ]
    rows += [{"lon": point.x, "lat": point.y, "floor": f"{f}F", "companies": 15, "zone": "Harbour"} for f in (1, 2)]
    rows += [{"building": towers[2][0].upper(), "floor": "B1", "companies": 25, "zone": "Harbour"}]
    return rows


def take_floors(database: Database, path: Path, **options: Any) -> Any:
    with database.work(SYSTEM) as work:
        return propose_floors(work, path, PlanSpec(kind="dedicated", target=60), crs="wgs84", **options)


def test_floors_become_grids_that_stack_over_one_footprint(
    database: Database, household_plan: UUID, helsinki: UUID, towers: list[Any], tmp_path: Path
) -> None:
    made = take_floors(database, floors_file(tmp_path / "floors.csv", tower_rows(towers)))
    with database.work(SYSTEM) as work:
        rows = work.session.execute(
            sa.select(GridVersion.floor_low, GridVersion.floor_high, GridVersion.load, GridVersion.zone).where(
                GridVersion.plan_id == made.plan_id
            ).order_by(GridVersion.floor_low)
        ).all()  # fmt: skip
        found = check_plan(work, made.plan_id)
        shares = list_shares(work, made.plan_id)
        held = work.session.scalar(
            sa.select(sa.func.count()).select_from(GridFloor).where(GridFloor.plan_id == made.plan_id)
        )
    assert [tuple(row) for row in rows] == [
        (1, 3, 60.0, "Harbour"), (4, 6, 60.0, "Harbour"), (7, 9, 60.0, "Harbour"), (None, None, 55.0, "Harbour"),
    ]  # fmt: skip
    assert held == 5
    assert [problem for problem in found.problems if problem["kind"] != "no-head"] == []
    assert len(found.without_head) == 4
    households, objects = counted(database)
    assert sum(row.households for row in shares) <= households
    assert all(sum(row.objects.values()) <= sum(objects.values()) for row in shares)
    assert {row.net_grid_id is None for row in shares} == {False}


def test_floors_that_are_no_run_are_noticed() -> None:
    floors = Floors(
        np.array([1, 1, 1, 2]), np.array([1, 2, 3, 1]), np.ones(4), [None] * 4, {}, np.empty(0, object), False, []
    )
    assert _broken_runs(floors, np.array([0, 0, 1, 1])) == 0
    assert _broken_runs(floors, np.array([0, 1, 0, 1])) == 1


def test_place_and_floor_answer_the_grid_of_that_floor(
    database: Database, household_plan: UUID, helsinki: UUID, towers: list[Any], tmp_path: Path
) -> None:
    take_floors(database, floors_file(tmp_path / "floors.csv", tower_rows(towers)), name="to ask")
    point = towers[0][1].representative_point()

    def ask(kind: str, floor: int | None) -> dict[str, Any]:
        with database.work(SYSTEM) as work:
            place = Place(point.x, point.y, kind=kind, floor=floor, territory=helsinki)
            return locate(work, StreetGraphs(), place, now=datetime.now(UTC)).answer

    by_floor = ask("dedicated", 5)
    assert (by_floor["placement"], [grid["floors"] for grid in by_floor["grids"]]) == ("inside", [[4, 6]])
    without = ask("dedicated", None)
    assert without["placement"] == "ambiguous"
    assert [grid["floors"] for grid in without["grids"]] == [[1, 3], [4, 6], [7, 9]]
    assert ask("dedicated", 99)["placement"] == "outside"
    propose(database, kind="police", target=3000)
    propose(database, kind="safety", target=1000)
    for kind in ("police", "safety", "household"):
        assert ask(kind, None)["grids"][0]["kind"] == kind


def test_two_grids_can_not_hold_one_floor(
    database: Database, household_plan: UUID, towers: list[Any], tmp_path: Path
) -> None:
    plan = take_floors(database, floors_file(tmp_path / "floors.csv", tower_rows(towers))).plan_id
    with database.work(SYSTEM) as work:
        first = work.session.scalars(sa.select(GridFloor).where(GridFloor.plan_id == plan)).first()
        assert first is not None
        copy = GridFloor(
            plan_id=plan, grid_id=first.grid_id, building_id=first.building_id, floors=first.floors, load=1.0
        )
    with pytest.raises(IntegrityError, match="ex_grid_floor_once"), database.work(SYSTEM) as work:
        work.session.add(copy)
    with database.work(SYSTEM) as work:
        lowest = work.session.scalars(
            sa.select(GridVersion).where(GridVersion.plan_id == plan, GridVersion.floor_low == 1)
        ).one()
        lowest.floor_high = 5
        work.session.flush()
        problems = [problem["kind"] for problem in check_plan(work, plan).problems]
        work.session.rollback()
    assert problems.count("floors") == 1


@pytest.mark.usefixtures("household_plan")
@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"building": "no such place 7"}, "building", "names no loaded building"),
        ({"building": ""}, "building", "is empty"),
        ({"building": "", "lon": 24.0, "lat": 59.0}, "lon", "no loaded building"),
        ({"floor": "roof"}, "floor", "no floor"),
        ({"floor": 2}, "floor", "repeats line 3"),
        ({"companies": -1}, "companies", "outside"),
        ({"companies": ""}, "companies", "empty"),
        ({"zone": "Elsewhere"}, "zone", "puts the building into 'Harbour'"),
    ],
)
def test_rows_that_do_not_match_are_refused_with_line_column_and_reason(
    database: Database,
    towers: list[Any],
    tmp_path: Path,
    change: dict[str, object],
    column: str,
    words: str,
) -> None:
    rows = tower_rows(towers)
    rows.insert(4, {"building": towers[0][0], "floor": 30, "companies": 5, "zone": "Harbour", **change})
    with pytest.raises((RejectedRowsError, UnknownCrsError)) as caught:
        take_floors(database, floors_file(tmp_path / "bad.csv", rows))
    assert isinstance(caught.value, RejectedRowsError)
    problem = caught.value.report.rejected[0]
    assert (problem.line, problem.column) == (6, column)
    assert words in problem.reason
    assert problem.remedy


def test_dedicated_grids_of_loaded_buildings_say_that_the_load_is_estimated(
    database: Database, household_plan: UUID
) -> None:
    plan = propose(database, kind="dedicated", target=60)
    with database.work(SYSTEM) as work:
        quality = work.session.get_one(Plan, plan).quality
        codes = [row.code for row in plan_sql.plan_grids(work.session, plan)]
    assert quality["load_estimated"] is True
    assert quality["left_out"]
    assert all("D" in code for code in codes)
    with database.work(SYSTEM) as work:
        give_codes(work.session, plan)  # as publishing does
    smaller = propose(database, kind="dedicated", target=30)
    with database.work(SYSTEM) as work:
        fresh = [row.code for row in plan_sql.plan_grids(work.session, smaller)]
    assert not set(codes) & set(fresh)
    with pytest.raises(InvalidInputError, match="office or trade"), database.work(SYSTEM) as work:
        work.session.execute(sa.update(Building).values(levels=None))
        from services.partition.dedicated import propose_dedicated

        propose_dedicated(work, PlanSpec(kind="dedicated", target=60))


# --- publishing, mapping, writing


def test_a_published_household_plan_is_what_nets_lie_on(
    database: Database, household_plan: UUID, helsinki: UUID
) -> None:
    net = propose(database, kind="safety", target=1000)
    finer = propose(database, target=150)
    add_staff(database, helsinki, 60)
    with database.work(SYSTEM) as work:
        staff.assign_heads(work, finer, max_grids=4)
    publish(database, finer)
    with database.work(SYSTEM) as work:
        bases = set(work.session.scalars(sa.select(NetShare.base_plan_id).where(NetShare.plan_id == net)))
        mapped = work.session.get_one(Plan, net).quality["mapped"]
    assert bases == {finer}
    assert mapped["plan"] == str(finer)
    assert totals(database, net) == counted(database)


def test_a_net_is_mapped_anew_on_request_and_only_nets_are(database: Database, household_plan: UUID) -> None:
    net = propose(database, kind="safety", target=1000)
    with database.work(SYSTEM) as work:
        assert map_plan(work, net).rows > 0
        with pytest.raises(InvalidInputError, match="not mapped"):
            map_plan(work, household_plan)
        with pytest.raises(InvalidInputError, match="tiles the ground"):
            list_shares(work, household_plan)


def test_shares_are_written_for_offices(database: Database, household_plan: UUID, tmp_path: Path) -> None:
    net = propose(database, kind="safety", target=1000)
    with database.work(SYSTEM) as work:
        rows = export_shares(work, net, tmp_path / "shares.csv")
        assert export_shares(work, net, tmp_path / "shares.xlsx") == rows
        with pytest.raises(InvalidInputError, match="csv or"):
            export_shares(work, net, tmp_path / "shares.doc")
    with (tmp_path / "shares.csv").open(encoding="utf-8-sig") as stream:
        lines = list(csv.DictReader(stream))
    sheet = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "shares.xlsx")).get_sheet_by_index(0).to_python()
    assert len(lines) == len(sheet) - 1 == rows
    assert sheet[0] == list(lines[0])
    assert sheet[1][0] == lines[0]["net_code"]
    assert sum(int(line["households"]) for line in lines) == counted(database)[0]


def test_export_holds_floors_and_zone(
    database: Database, household_plan: UUID, towers: list[Any], tmp_path: Path
) -> None:
    plan = take_floors(database, floors_file(tmp_path / "floors.csv", tower_rows(towers))).plan_id
    with database.work(SYSTEM) as work:
        export(work, plan, tmp_path / "dedicated.csv")
        export(work, plan, tmp_path / "dedicated.geojson")
    with (tmp_path / "dedicated.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted((row["floor_low"], row["floor_high"], row["zone"]) for row in rows) == [
        ("", "", "Harbour"), ("1", "3", "Harbour"), ("4", "6", "Harbour"), ("7", "9", "Harbour"),
    ]  # fmt: skip
    features = json.loads((tmp_path / "dedicated.geojson").read_text())["features"]
    assert {feature["properties"]["zone"] for feature in features} == {"Harbour"}


def test_mapping_without_a_household_plan_is_refused(fresh_database_urls: Any, tmp_path: Path) -> None:
    opened = Database(fresh_database_urls.app, fresh_database_urls.owner)
    territory = load_helsinki(opened)
    with opened.work(SYSTEM) as work:
        outline = to_metric(np.array([work.session.get_one(Territory, territory).outline]), SRID)[0]
    made = take(opened, layer(tmp_path / "net.geojson", ("N-1", "all", outline)))
    assert any("no household plan" in warning for warning in made.report.warnings)
    with pytest.raises(ConflictError, match="household plan"), opened.work(SYSTEM) as work:
        map_plan(work, made.plan_id)
    opened.dispose()


def test_door_codes_and_addresses_name_buildings(
    database: Database, helsinki: UUID, towers: list[Any], tmp_path: Path
) -> None:
    with database.work(SYSTEM) as work:
        for row, (_, shape) in enumerate(towers[:2]):
            point = shape.representative_point()
            work.session.add(
                Dwelling(
                    territory_id=helsinki, door_code=f"Door-{row}", address="Tornikatu 1", households=0, point=point
                )
            )
    rows: list[dict[str, object]] = [{"building": "door-0", "floor": 1, "companies": 50}]
    made = take_floors(database, floors_file(tmp_path / "door.csv", rows), dry_run=True)
    assert (made.plan_id, made.report.accepted, made.report.rejected) == (None, 1, [])
    rows.append({"building": "Tornikatu 1", "floor": 2, "companies": 50})
    with pytest.raises(RejectedRowsError) as caught:
        take_floors(database, floors_file(tmp_path / "address.csv", rows))
    assert "several buildings" in caught.value.report.rejected[0].reason


def test_loads_are_told_in_the_unit_of_the_table_and_flags_are_measured(
    database: Database, household_plan: UUID, helsinki: UUID, towers: list[Any], tmp_path: Path
) -> None:
    rows = [{"building": towers[0][0], "floor": f, "zone": "Pier", "desks": 20 if f != 3 else 400} for f in (1, 2, 3)]
    path = tmp_path / "desks.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["building", "floor", "desks", "zone"])
        writer.writeheader()
        writer.writerows(rows)
    made = take_floors(database, path)
    assert made.quality["load_unit"] == "desks"
    assert (made.quality["tiling_valid"], made.quality["contiguous"], made.quality["apart"]) == (True, True, 0)
    assert made.quality["outside_band"]
    assert all(" desks" in item["why"] for item in made.quality["outside_band"])
