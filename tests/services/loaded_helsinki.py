"""Central Helsinki in a test database, loaded the way the demo loads it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from services import ingest
from services.demo import helsinki_extract
from services.partition import PlanSpec, propose_plan
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import Area, Staff

SYSTEM = Actor.system()


def load_helsinki(database: Database) -> UUID:
    """Load the extract; return the territory."""
    with database.owner_work(SYSTEM) as work:
        report = ingest.load_osm(work, Path(helsinki_extract()), territory="Helsinki centre")
    assert report.territory_id is not None
    return report.territory_id


def propose(database: Database, **spec: object) -> UUID:
    """Propose a plan of the only territory; return its id."""
    if "grids" in spec:
        spec["target"] = None
    with database.work(SYSTEM) as work:
        return propose_plan(work, PlanSpec(**spec)).plan_id  # type: ignore[arg-type]


def add_staff(database: Database, territory: UUID, count: int, *, post: str = "grid head", first: int = 1) -> None:
    """Add staff of the only leaf area."""
    with database.work(SYSTEM) as work:
        area = work.session.query(Area).order_by(Area.path.desc()).first()
        assert area is not None
        work.session.add_all(
            Staff(territory_id=territory, work_no=f"W-{n}", name=f"Name {n}", post=post, area_id=area.id)
            for n in range(first, first + count)
        )
