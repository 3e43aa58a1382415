"""Area rules with both classes at once: two urban communities by households and three villages kept whole."""

from __future__ import annotations

from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely
from polder_ground import SRID, SYSTEM, place

from gis.crs import to_metric
from services.partition import PlanSpec, ProposedPlan, propose_plan
from services.partition.area_rules import read_rules
from services.plans import check_plan
from store.database import plans as sql
from store.database.engine import Database
from store.database.models import Area, Dwelling, Street, Territory

TOWN = "321281200"
# name, box in metres, doors along x and y, households of a door
AREAS = {
    "东门社区": ((0, 0, 1000, 1000), (20, 20), 3),
    "西门社区": ((0, 1000, 1000, 2000), (15, 20), 2),
    "李村": ((1000, 0, 2500, 1000), (10, 25), 1),
    "小王村": ((1000, 1000, 2500, 2000), (8, 10), 1),
    "大张村": ((2500, 0, 4000, 2000), (18, 25), 2),
}
TOTALS = {name: across * along * each for name, (_, (across, along), each) in AREAS.items()}
URBAN = ("东门社区", "西门社区")


@pytest.fixture(scope="module")
def town(database: Database) -> UUID:
    with database.owner_work(SYSTEM) as work:
        session = work.session
        whole = shapely.MultiPolygon([place(shapely.box(0, 0, 4000, 2000))])
        territory = Territory(id=uuid4(), name="Edge of town", outline=whole, metric_srid=SRID)
        session.add(territory)
        session.flush()
        above = area_row(territory.id, TOWN, "town", "镇", whole, None)
        session.add(above)
        session.flush()
        for number, (name, (box, doors, households)) in enumerate(AREAS.items(), start=1):
            geom = shapely.MultiPolygon([place(shapely.box(*box))])
            session.add(area_row(territory.id, f"{TOWN}{number:03d}", "village", name, geom, above))
            session.add_all(
                Dwelling(territory_id=territory.id, households=households, point=place(shapely.Point(x, y)))
                for x in between(box[0], box[2], doors[0])
                for y in between(box[1], box[3], doors[1])
            )
        session.add_all(
            Street(territory_id=territory.id, kind="residential", geom=place(shapely.LineString(line)))
            for at in range(200, 1000, 200)
            for line in (((at, 0), (at, 2000)), ((0, at), (1000, at)), ((0, at + 1000), (1000, at + 1000)))
        )
        session.flush()
        return territory.id


def between(low: float, high: float, count: int) -> list[float]:
    """Spread places evenly over an interval, none at its ends."""
    step = (high - low) / count
    return [low + step * (n + 0.5) for n in range(count)]


def area_row(territory: UUID, code: str, kind: str, name: str, geom: shapely.Geometry, above: Area | None) -> Area:
    return Area(
        territory_id=territory, code=code, kind=kind, name=name, names={}, parent_id=above.id if above else None,
        path=code if above is None else f"{above.path}.{code}", area_code=int(code.ljust(12, "0")),
        town_code=int(TOWN.ljust(12, "0")), county_code=int(TOWN[:6].ljust(12, "0")), geom=geom,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(database: Database, town: UUID) -> ProposedPlan:
    with database.work(SYSTEM) as work:
        spec = PlanSpec(target=300, tolerance=0.1, rules=read_rules("urban_rural"))
        return propose_plan(work, spec, territory=town)


def shares(database: Database, plan: UUID) -> list[tuple[int, dict[str, float]]]:
    """Households of each grid, and the share of each area that lies in it."""
    with database.work(SYSTEM) as work:
        rows = {row.id: row.households for row in sql.plan_grids(work.session, plan)}
        grids = sql.grid_shapes(work.session, plan)
    shapes = np.asarray(to_metric(grids["geom"], SRID), dtype=object)
    found = []
    for grid, shape in zip(grids["id"], shapes, strict=True):
        held = {}
        for name, (box, _, _) in AREAS.items():
            area = to_metric(place(shapely.box(*box)), SRID)
            share = shapely.intersection(shape, area).area / area.area
            if share > 1e-4:
                held[name] = share
        found.append((int(rows[grid]), held))
    return found


def test_both_classes_make_one_proven_plan(database: Database, made: ProposedPlan) -> None:
    with database.work(SYSTEM) as work:
        found = check_plan(work, made.plan_id)
    assert found.tiling_valid
    assert found.contiguous
    assert found.households == found.households_in_grids == sum(TOTALS.values())
    assert made.quality["areas_by_class"] == {"household": 2, "natural_village": 3}


def test_towns_are_cut_to_the_target_and_never_reach_into_the_country(database: Database, made: ProposedPlan) -> None:
    for name in URBAN:
        sizes = [size for size, held in shares(database, made.plan_id) if name in held]
        assert sum(sizes) == TOTALS[name]
        assert len(sizes) == round(TOTALS[name] / 300)
        assert max(abs(size / np.mean(sizes) - 1.0) for size in sizes) <= 0.1 + 1e-9
    assert all(len(held) == 1 for _, held in shares(database, made.plan_id) if set(held) & set(URBAN))


def test_small_villages_join_and_large_ones_are_cut(database: Database, made: ProposedPlan) -> None:
    rural = [(size, held) for size, held in shares(database, made.plan_id) if not set(held) & set(URBAN)]
    whole = [(size, held) for size, held in rural if "小王村" in held]
    assert whole == [(330, {"李村": pytest.approx(1.0, abs=1e-3), "小王村": pytest.approx(1.0, abs=1e-3)})]
    cut = [size for size, held in rural if set(held) == {"大张村"}]
    assert sum(cut) == 900
    assert len(cut) in (2, 3)
    assert all(120 <= size <= 450 for size in cut)
    assert len(rural) == 1 + len(cut)
