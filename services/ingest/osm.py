"""Load an OpenStreetMap extract: the ground of a territory, with estimated dwellings, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from gis import crs
from gis.errors import ConflictError, InvalidInputError
from grid_partition.barriers import barrier_factor
from grid_partition.doors import Doors, place_doors
from grid_partition.households import ESTIMATOR, EVIDENCE, BuildingEvidence, HouseholdEstimate, estimate_households
from services.ingest.areas_of_extract import ExtractAreas, areas_of
from services.ingest.report import LoadReport
from store.database import ingest as sql
from store.database.bulk import copy_rows, ewkb_hex
from store.database.models import Territory
from store.database.work import UnitOfWork
from store.files.osm import ATTRIBUTION, Cameras, OsmExtract, Places, read_osm

Progress = Callable[[float, str], None]
Geometries = npt.NDArray[Any]

LAYERS = ("areas", "streets", "buildings", "landcover", "waterways", "cameras", "key_places", "dwellings")
#: Range of a camera that nothing is known of: 1,920 pixels over 60° still give 40 px/m (Outline) at this distance.
DEFAULT_RANGE_M = 40.0
#: Water of this size and more is a border that grids keep to.
_SHORE_MIN_M2 = 5000.0


@dataclass(slots=True)
class _Ground:
    """One extract on its way into the database."""

    extract: OsmExtract
    areas: ExtractAreas
    territory_id: UUID
    area_ids: dict[str, UUID]
    building_ids: list[UUID]


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
    report.counts = _save_ground(work, ground)
    tell(0.8, "saving dwellings")
    doors = _doors(extract, estimate)
    report.counts["dwellings"] = _save_dwellings(work, ground, doors, estimate, report)
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
) -> _Ground:
    """Insert the territory and its areas, or clear the ground of the one that is there."""
    sql.lock_codes(work.session)
    building_ids = [uuid4() for _ in range(len(extract.buildings))]
    if known is not None:
        sql.remove_ground(work.session, known.id)
        known.source, known.source_digest = extract.path.name, digest
        work.session.flush()
        kept = sql.read_areas(work.session, known.id)
        ids = dict(zip(kept["code"], kept["id"], strict=True))
        present = ExtractAreas(known.outline, [], from_boundaries=False)
        return _Ground(extract, present, known.id, ids, building_ids)
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
    return _Ground(extract, areas, territory.id, ids, building_ids)


def as_multi(geometry: BaseGeometry) -> BaseGeometry:
    """Wrap a polygon as MultiPolygon, the type that surfaces are stored as."""
    return shapely.MultiPolygon([geometry]) if isinstance(geometry, shapely.Polygon) else geometry


def multi_hex(geometries: Iterable[BaseGeometry]) -> list[str]:
    """Encode surfaces for COPY."""
    wrapped = np.array([as_multi(geometry) for geometry in geometries], dtype=object)
    return ewkb_hex(wrapped) if len(wrapped) else []


def _save_ground(work: UnitOfWork, ground: _Ground) -> dict[str, int]:
    x, session, territory = ground.extract, work.session, ground.territory_id
    counts = {"areas": len(ground.areas.areas) or len(ground.area_ids)}
    streets = zip(x.streets.kind, x.streets.names.name, x.streets.walkable, ewkb_hex(x.streets.geom), strict=True)
    counts["streets"] = copy_rows(
        session, "street", ("territory_id", "kind", "name", "walkable", "geom"), ((territory, *row) for row in streets)
    )
    waters = zip(x.waterways.kind, x.waterways.names.name, _hex(x.waterways.geom), strict=True)
    counts["waterways"] = copy_rows(
        session, "waterway", ("territory_id", "kind", "name", "geom"), ((territory, *row) for row in waters)
    )
    counts["barriers"] = copy_rows(
        session, "barrier", ("territory_id", "kind", "cost", "geom"), ((territory, *row) for row in _barriers(x))
    )
    cover = zip(x.land_cover.kind, x.land_cover.names.name, multi_hex(x.land_cover.geom), strict=True)
    counts["landcover"] = copy_rows(
        session, "landcover", ("territory_id", "kind", "name", "geom"), ((territory, *row) for row in cover)
    )
    counts["buildings"] = _save_buildings(work, ground)
    counts.update(_save_places(work, ground))
    return counts


def _hex(geometries: Geometries) -> list[str]:
    return ewkb_hex(geometries) if len(geometries) else []


def _barriers(x: OsmExtract) -> list[tuple[str, float, str]]:
    kinds = [str(kind) for kind in (*x.rails.kind, *x.barriers.kind)]
    shores = _shores(x)
    kinds += ["riverbank"] * len(shores)
    geoms = np.concatenate([x.rails.geom, x.barriers.geom, shores])
    if not len(geoms):
        return []
    cost = np.nan_to_num(barrier_factor(["barrier"] * len(kinds), kinds), nan=1.0)
    return list(zip(kinds, (float(value) for value in cost), ewkb_hex(geoms), strict=True))


def _shores(x: OsmExtract) -> Geometries:
    """Take the shores of larger waters that no river line already stands for, without the edge of the extract."""
    water = x.land_cover.geom[x.land_cover.kind == "water"]
    metric = np.asarray(crs.to_metric(water, x.metric_srid), dtype=object)
    metric = metric[shapely.area(metric) >= _SHORE_MIN_M2] if len(metric) else metric
    if not len(metric):
        return np.empty(0, dtype=object)
    rivers = np.asarray(crs.to_metric(x.waterways.geom, x.metric_srid), dtype=object)
    if len(rivers):
        run_through = np.unique(shapely.STRtree(rivers).query(metric, predicate="intersects")[0])
        metric = np.delete(metric, run_through)
    inside = shapely.buffer(crs.to_metric(x.outline, x.metric_srid), -0.5)
    parts = shapely.get_parts(shapely.intersection(shapely.boundary(metric), inside))
    lines = parts[(shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & (shapely.length(parts) > 1)]
    return np.asarray(crs.to_lonlat(lines, x.metric_srid), dtype=object) if len(lines) else np.empty(0, dtype=object)


def _save_buildings(work: UnitOfWork, ground: _Ground) -> int:
    table = ground.extract.buildings
    refs = [f"way/{osm_id}" if osm_id > 0 else f"relation/{-osm_id}" for osm_id in table.osm_id]
    rows = zip(
        ground.building_ids,
        refs,
        table.kind,
        (_maybe(value) for value in table.levels),
        (_maybe(value) for value in table.height_m),
        multi_hex(table.geom),
        strict=True,
    )
    columns = ("territory_id", "id", "source_ref", "kind", "levels", "height_m", "geom")
    return copy_rows(work.session, "building", columns, ((ground.territory_id, *row) for row in rows))


def _maybe(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _inside(points: Geometries, outline: shapely.Geometry) -> npt.NDArray[np.bool_]:
    shapely.prepare(outline)
    return np.asarray(shapely.intersects(outline, points), dtype=bool) if len(points) else np.empty(0, dtype=bool)


def _save_places(work: UnitOfWork, ground: _Ground) -> dict[str, int]:
    x, outline, territory = ground.extract, ground.areas.outline, ground.territory_id

    def rows(table: Places) -> list[tuple[Any, ...]]:
        keep = _inside(table.point, outline)
        columns = (table.kind[keep], table.name[keep], table.weight[keep], _hex(table.point[keep]))
        return list(zip(*columns, strict=True))

    counts = {}
    counts["key_places"] = copy_rows(
        work.session,
        "key_place",
        ("territory_id", "kind", "name", "weight", "point"),
        ((territory, *row) for row in rows(x.key_places)),
    )
    counts["facilities"] = copy_rows(
        work.session,
        "facility",
        ("territory_id", "kind", "name", "point"),
        ((territory, kind, name, point) for kind, name, _, point in rows(x.facilities)),
    )
    counts["cameras"] = _save_cameras(work, x.cameras, territory, _inside(x.cameras.point, outline))
    return counts


def _save_cameras(work: UnitOfWork, table: Cameras, territory: UUID, keep: npt.NDArray[np.bool_]) -> int:
    points = _hex(table.point[keep])
    rows = [
        (
            territory,
            table.ref[row],
            table.operator[row],
            table.purpose[row],
            table.mount[row],
            point,
            _maybe(table.height_m[row]),
            _maybe(table.azimuth[row]),
            _maybe(table.hfov[row]),
            DEFAULT_RANGE_M,
            table.kind[row] == "ptz",
            table.kind[row] == "dome",
            table.indoor[row],
        )
        for row, point in zip(np.flatnonzero(keep), points, strict=True)
    ]
    columns = (
        "territory_id source_ref owner purpose mount point height_m azimuth hfov max_range ptz dome indoor".split()
    )
    return copy_rows(work.session, "camera", columns, rows)


def _save_dwellings(
    work: UnitOfWork, ground: _Ground, doors: Doors, estimate: HouseholdEstimate, report: LoadReport
) -> int:
    x = ground.extract
    points = np.asarray(crs.to_lonlat(shapely.points(doors.xy), x.metric_srid), dtype=object)
    areas = sql.read_areas(work.session, ground.territory_id)
    area = leaf_area_rows(points, areas)
    keep = np.flatnonzero(area >= 0)
    lost = int(doors.households.sum() - doors.households[keep].sum())
    if lost:
        report.warnings.append(f"{lost} households lie outside the territory's areas and were left out.")
    report.counts["households"] = int(doors.households[keep].sum())
    rows = (
        (
            ground.territory_id,
            areas["id"][area[row]],
            ground.building_ids[doors.building[row]] if doors.building[row] >= 0 else None,
            _address(x, doors, int(row)),
            int(doors.households[row]),
            True,
            estimate.building_evidence[doors.building[row]] if doors.building[row] >= 0 else "addresses",
            point,
        )
        for row, point in zip(keep, _hex(points[keep]), strict=True)
    )
    columns = "territory_id area_id building_id address households estimated evidence point".split()
    return copy_rows(work.session, "dwelling", columns, rows)


def leaf_area_rows(points: Geometries, areas: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Find the finest area that holds each point.

    Parameters
    ----------
    points : (n,) array of Point
        EPSG:4326.
    areas : dict
        From `store.database.ingest.read_areas`.

    Returns
    -------
    (n,) int array
        Row of `areas`, -1 outside all of them; on a shared border the lower code wins.
    """
    found = np.full(len(points), -1, dtype=np.int64)
    if not len(points) or not len(areas["code"]):
        return found
    parents = {path.rsplit(".", 1)[0] for path in areas["path"] if "." in path}
    leaves = np.array([row for row, path in enumerate(areas["path"]) if path not in parents], dtype=np.int64)
    # the queried side is prepared once, so the few large areas ask the many points
    leaf, source = shapely.STRtree(points).query(areas["geom"][leaves], predicate="intersects")
    order = np.lexsort((-leaf, source))
    found[source[order]] = leaves[leaf[order]]
    return found


def _address(x: OsmExtract, doors: Doors, row: int) -> str:
    address, building, stair = int(doors.address[row]), int(doors.building[row]), int(doors.stair[row])
    text = str(x.addresses.text[address]) if address >= 0 else ""
    if not text and building >= 0:
        text = str(x.buildings.address[building])
    # the first stair keeps the plain address, so that looking it up finds it
    return f"{text} #{stair}".strip() if stair > 1 else text


def _tell_evidence(report: LoadReport, households: dict[str, int]) -> None:
    total = sum(households.values())
    report.evidence = {name: round(households.get(name, 0) / total, 4) for name in EVIDENCE} if total else {}
    report.estimator = {"name": ESTIMATOR, "evidence": report.evidence}
