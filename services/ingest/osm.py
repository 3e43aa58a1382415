"""Load an OpenStreetMap extract: the ground of a territory, with estimated dwellings, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from gis.errors import ConflictError, InvalidInputError
from grid_partition.doors import Doors, place_doors
from grid_partition.households import ESTIMATOR, EVIDENCE, BuildingEvidence, HouseholdEstimate, estimate_households
from services.ingest.areas_of_extract import ExtractAreas, areas_of
from services.ingest.osm_rows import Ground, save_dwellings, save_ground
from services.ingest.report import LoadReport
from services.ingest.shapes import as_multi, multi_hex
from store.database import ingest as sql
from store.database.bulk import copy_rows
from store.database.models import Territory
from store.database.work import UnitOfWork
from store.files.osm import ATTRIBUTION, OsmExtract, read_osm

Progress = Callable[[float, str], None]
Geometries = npt.NDArray[Any]

LAYERS = ("areas", "streets", "buildings", "landcover", "waterways", "cameras", "key_places", "dwellings")


def load_osm(
    work: UnitOfWork,
    path: Path | str,
    *,
    territory: str | None = None,
    replace: bool = False,
    dry_run: bool = False,
    demo: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load an extract as a territory with its ground.

    The territory is the finest administrative level that closes inside the extract and holds nearly all its
    buildings; where there is none, it is the extract's box.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner (COPY); the caller commits.
    path : Path or str
        ``.osm.pbf``, ``.osm`` or ``.osm.gz``.
    territory : str, optional
        Name of the territory; the file's name without endings by default.
    replace : bool
        Replace the ground of a territory of this name; its areas, plans, staff and incidents stay.
    dry_run : bool
        Do everything, then take it back.
    demo : bool
        Mark the territory as demonstration.
    progress : callable, optional
        Takes the share done and a note.

    Returns
    -------
    LoadReport

    Raises
    ------
    InvalidInputError
        The file cannot be read, or nobody could live in it.
    ConflictError
        The territory exists with another file and `replace` is False.
    """
    work.actor.require("planner", "system_administrator")
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading the extract")
    extract = read_osm(path)
    name = territory or extract.path.name.split(".")[0]
    report = LoadReport("osm", extract.path.name, name, crs="wgs84", dry_run=dry_run)
    report.findings = list(extract.report.findings)
    digest = _digest(extract.path)
    # two loads at once: the second waits here, and then finds what the first has made
    sql.lock_codes(work.session)
    known = sql.territory_by_name(work.session, name)
    if known is not None and known.source_digest == digest and not replace:
        return _unchanged(work, report, known)
    if known is not None and not replace:
        raise ConflictError(
            f"Territory {name} is already loaded from another file. Give --replace to load its ground anew,"
            " or --territory with another name.",
            territory=name,
        )
    tell(0.4, "estimating households")
    estimate = _estimate(extract)
    nested = work.session.begin_nested()
    ground = _territory(work, extract, known, name=name, digest=digest, demo=demo)
    report.territory_id = ground.territory_id
    tell(0.5, "saving the ground")
    report.counts = save_ground(work, ground)
    tell(0.8, "saving dwellings")
    doors = _doors(extract, estimate)
    report.counts["dwellings"] = save_dwellings(work, ground, doors, estimate, report)
    _tell_evidence(report, sql.evidence(work.session, ground.territory_id))
    report.accepted = sum(count for name, count in report.counts.items() if name != "households")
    if not ground.areas.from_boundaries and ground.areas.areas:
        report.warnings.append(
            "No administrative level closes inside the extract, so the territory is its bounding box with one area."
        )
    if dry_run:
        nested.rollback()
    else:
        nested.commit()
        for layer in LAYERS:
            work.touch(layer, ground.territory_id, extract.box)
    tell(1.0, "ground saved")
    return report


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unchanged(work: UnitOfWork, report: LoadReport, known: Territory) -> LoadReport:
    report.unchanged = True
    report.territory_id = known.id
    report.counts = sql.count_rows(work.session, known.id)
    report.counts["households"] = sql.households(work.session, known.id)
    _tell_evidence(report, sql.evidence(work.session, known.id))
    report.accepted = sum(report.counts.values()) - report.counts["households"]
    report.warnings.append("The very same file is loaded already; nothing was changed.")
    return report


def _estimate(extract: OsmExtract) -> HouseholdEstimate:
    table, addresses = extract.buildings, extract.addresses
    evidence = BuildingEvidence(
        kind=table.kind,
        use=table.use,
        footprint_m2=table.footprint_m2,
        levels=table.levels,
        height_m=table.height_m,
        flats=table.flats,
        addresses=table.addresses,
    )
    try:
        return estimate_households(evidence, addresses.units[addresses.building < 0])
    except InvalidInputError as error:
        raise InvalidInputError(f"{extract.path.name}: {error.message}", file=str(extract.path)) from error


def _doors(extract: OsmExtract, estimate: HouseholdEstimate) -> Doors:
    srid = extract.metric_srid
    addresses = extract.addresses
    return place_doors(
        np.asarray(crs.to_metric(extract.buildings.geom, srid), dtype=object),
        estimate.buildings,
        address_xy=shapely.get_coordinates(crs.to_metric(addresses.point, srid)),
        address_building=addresses.building,
        loose_households=estimate.addresses,
    )


def _territory(
    work: UnitOfWork, extract: OsmExtract, known: Territory | None, *, name: str, digest: str, demo: bool
) -> Ground:
    """Insert the territory and its areas, or clear the ground of the one that is there."""
    building_ids = [uuid4() for _ in range(len(extract.buildings))]
    if known is not None:
        sql.remove_ground(work.session, known.id)
        known.source, known.source_digest = extract.path.name, digest
        work.session.flush()
        kept = sql.read_areas(work.session, known.id)
        ids = dict(zip(kept["code"], kept["id"], strict=True))
        present = ExtractAreas(known.outline, [], from_boundaries=False)
        return Ground(extract, present, known.id, ids, building_ids)
    areas = areas_of(extract, name, sql.area_codes(work.session))
    territory = Territory(
        id=uuid4(),
        name=name,
        outline=as_multi(areas.outline),
        metric_srid=extract.metric_srid,
        source=extract.path.name,
        source_digest=digest,
        attribution=ATTRIBUTION,
        demo=demo,
    )
    sql.add(work.session, territory)
    ids = {area.code.code: uuid4() for area in areas.areas}
    copy_rows(
        work.session,
        "area",
        ("id territory_id code kind name names parent_id path area_code town_code county_code geom".split()),
        (
            (
                ids[area.code.code],
                territory.id,
                area.code.code,
                area.kind,
                area.name,
                area.names,
                ids.get(area.code.parent or ""),
                area.code.path,
                area.code.number,
                area.code.town_number,
                area.code.county_number,
                multi_hex([area.geom])[0],
            )
            for area in areas.areas
        ),
    )
    return Ground(extract, areas, territory.id, ids, building_ids)


def _tell_evidence(report: LoadReport, households: dict[str, int]) -> None:
    total = sum(households.values())
    report.evidence = {name: round(households.get(name, 0) / total, 4) for name in EVIDENCE} if total else {}
    report.estimator = {"name": ESTIMATOR, "evidence": report.evidence}
