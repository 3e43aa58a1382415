"""Real ground, from the extract to a proven draft: a country with exclaves, dense towns, a sparsely mapped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from services import ingest
from services.partition import PlanSpec, ProposedPlan, propose_plan
from services.partition.net_shares import list_shares
from services.plans import check_plan
from store.database.actor import Actor
from store.database.engine import Database
from store.database.plans import plan_grids

SYSTEM = Actor.system()


def proposed(database: Database, extract: Path, target: int) -> ProposedPlan:
    """Load an extract, divide it, and hold the stored plan against every gate."""
    with database.owner_work(SYSTEM) as work:
        report = ingest.load_osm(work, extract, territory=extract.name)
    with database.work(SYSTEM) as work:
        made = propose_plan(work, PlanSpec(target=target), territory=report.territory_id)
    with database.work(SYSTEM) as work:
        found = check_plan(work, made.plan_id)
    assert found.tiling_valid
    assert found.contiguous
    assert found.households == found.households_in_grids > 0
    return made


def test_country_with_exclaves_follows_barriers_and_is_balanced(database: Database, test_data: Path) -> None:
    made = proposed(database, test_data / "osm" / "liechtenstein-2025-09.osm.pbf", 300)
    assert made.quality["grids"] > 60
    assert made.quality["cut_on_barriers"] >= 0.80
    assert made.quality["share_within"] >= 0.98
    for kind, target in (("police", 3000), ("police", 1500), ("safety", 600), ("safety", 800)):
        with database.work(SYSTEM) as work:
            net = propose_plan(work, PlanSpec(kind=kind, target=target))
        with database.work(SYSTEM) as work:
            found = check_plan(work, net.plan_id)
            grids, shares = plan_grids(work.session, net.plan_id), list_shares(work, net.plan_id)
        assert found.problems == []
        assert found.contiguous
        # exclaves of a municipality follow their grid, flagged, into whatever net it joins
        assert sum(grid.exclave for grid in grids) == net.quality["exclaves"] > 0
        assert len({share.grid_id for share in shares}) == len(shares) == made.quality["grids"]


@pytest.mark.parametrize(
    "name", ["hsinchu-nctu-tw-2022", "baltimore-inner-2015-02", "guixi-jiangxi-cn-2024-11"], ids=lambda name: name[:7]
)
def test_town_is_tiled_and_balanced_however_well_it_is_mapped(database: Database, test_data: Path, name: str) -> None:
    made = proposed(database, test_data / "osm" / f"{name}.osm.pbf", 300)
    assert made.quality["share_within"] >= 0.98 or made.infeasible
