"""A country on real ground: eleven municipalities with exclaves, from its extract to a proven draft."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from services import ingest
from services.partition import PlanSpec, propose_plan
from services.plans import check_plan
from store.database.actor import Actor
from store.database.engine import Database

SYSTEM = Actor.system()


@pytest.fixture(scope="module")
def liechtenstein(database: Database, test_data: Path) -> UUID:
    with database.owner_work(SYSTEM) as work:
        extract = test_data / "osm" / "liechtenstein-2025-09.osm.pbf"
        report = ingest.load_osm(work, extract, territory="Liechtenstein")
    assert report.territory_id is not None
    return report.territory_id


def test_household_grids_follow_barriers_and_are_balanced(database: Database, liechtenstein: UUID) -> None:
    with database.work(SYSTEM) as work:
        made = propose_plan(work, PlanSpec(target=300), territory=liechtenstein)
    with database.work(SYSTEM) as work:
        found = check_plan(work, made.plan_id)
    assert found.tiling_valid
    assert found.contiguous
    assert found.households == found.households_in_grids
    assert made.quality["cut_on_barriers"] >= 0.80
    assert made.quality["share_within"] >= 0.98
