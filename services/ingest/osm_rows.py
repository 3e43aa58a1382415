"""Write the ground of an extract: one COPY a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from grid_partition.barriers import barrier_factor
from grid_partition.doors import Doors
from grid_partition.households import HouseholdEstimate
from services.ingest.areas_of_extract import ExtractAreas
from services.ingest.report import LoadReport
from services.ingest.shapes import leaf_area_rows, multi_hex
from store.database import ingest as sql
from store.database.bulk import copy_rows, ewkb_hex
from store.database.work import UnitOfWork
from store.files.osm import Cameras, OsmExtract, Places

Geometries = npt.NDArray[Any]

#: Range of a camera that nothing is known of: 1,920 pixels over 60° still give 40 px/m (Outline) at this distance.
DEFAULT_RANGE_M = 40.0
#: Water of this size and more is a border that grids keep to.
_SHORE_MIN_M2 = 5000.0


@dataclass(slots=True)
class Ground:
    """One extract on its way into the database."""

    extract: OsmExtract
    areas: ExtractAreas
    territory_id: UUID
    area_ids: dict[str, UUID]
    building_ids: list[UUID]


def save_ground(work: UnitOfWork, ground: Ground) -> dict[str, int]:
    """Write streets, waters, barriers, land cover, buildings, places and cameras.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner.
    ground : Ground

    Returns
    -------
    dict
        Table -> rows written.
    """
    x, session, territory = ground.extract, work.session, ground.territory_id
    counts = {"areas": len(ground.areas.areas) or len(ground.area_ids)}
    named = x.streets.names
    streets = zip(x.streets.kind, named.name, named.other, x.streets.walkable, ewkb_hex(x.streets.geom), strict=True)
    columns = ("territory_id", "kind", "name", "names", "walkable", "geom")
    counts["streets"] = copy_rows(session, "street", columns, ((territory, *row) for row in streets))
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
    compounds = zip(x.compounds.names.name, multi_hex(x.compounds.geom), strict=True)
    counts["compounds"] = copy_rows(
        session, "compound", ("territory_id", "name", "geom"), ((territory, *row) for row in compounds)
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


def _save_buildings(work: UnitOfWork, ground: Ground) -> int:
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


def _save_places(work: UnitOfWork, ground: Ground) -> dict[str, int]:
    x, outline, territory = ground.extract, ground.areas.outline, ground.territory_id

    def rows(table: Places) -> list[tuple[Any, ...]]:
        keep = _inside(table.point, outline)
        named = (table.kind[keep], table.name[keep], table.other_names[keep])
        columns = (*named, table.weight[keep], _hex(table.point[keep]))
        return list(zip(*columns, strict=True))

    counts = {}
    counts["key_places"] = copy_rows(
        work.session,
        "key_place",
        ("territory_id", "kind", "name", "names", "weight", "point"),
        ((territory, *row) for row in rows(x.key_places)),
    )
    counts["facilities"] = copy_rows(
        work.session,
        "facility",
        ("territory_id", "kind", "name", "names", "point"),
        ((territory, kind, name, names, point) for kind, name, names, _, point in rows(x.facilities)),
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


def save_dwellings(
    work: UnitOfWork, ground: Ground, doors: Doors, estimate: HouseholdEstimate, report: LoadReport
) -> int:
    """Write the doors that lie in an area of the territory, with their estimated households.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner.
    ground : Ground
    doors : Doors
    estimate : HouseholdEstimate
    report : LoadReport
        Gets the sum of households, and a warning about those outside.

    Returns
    -------
    int
        Rows written.
    """
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


def _address(x: OsmExtract, doors: Doors, row: int) -> str:
    address, building, stair = int(doors.address[row]), int(doors.building[row]), int(doors.stair[row])
    text = str(x.addresses.text[address]) if address >= 0 else ""
    if not text and building >= 0:
        text = str(x.buildings.address[building])
    # the first stair keeps the plain address, so that looking it up finds it
    return f"{text} #{stair}".strip() if stair > 1 else text
