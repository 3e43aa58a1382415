"""Build the tables of an extract from its raw rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from gis.crs import Box
from store.files.osm import shape
from store.files.osm import tags as osm_tags
from store.files.osm.addresses import AddressEntry, LinkedAddresses, link_addresses
from store.files.osm.cameras import site_points
from store.files.osm.collect import RawLine, RawNode, RawSurface
from store.files.osm.model import Boundaries, Buildings, LandCover, Lines, Names
from store.files.osm.places import Site
from store.files.report import IngestReport

Geometries = npt.NDArray[Any]

#: Square metres of the largest compound: a block of about 550 m.
MOST_COMPOUND_M2 = 300_000.0
#: Roofs and outhouses carry no address of their own.
_OUTHOUSES = ("roof", "shed", "garage", "garages", "carport", "hut", "greenhouse", "glasshouse", "kiosk", "service")


@dataclass(frozen=True, slots=True)
class Frame:
    """What every table is built within.

    Parameters
    ----------
    box : (west, south, east, north)
    srid : int
        Metric CRS for measures.
    report : IngestReport
        Is added to.
    """

    box: Box
    srid: int
    report: IngestReport


@dataclass(frozen=True, slots=True)
class Surfaces:
    """Areas of the file, sorted by OSM id.

    Parameters
    ----------
    rows : list of RawSurface
    geom : (n,) array of Polygon or MultiPolygon
    cut_ids : set of int
        Those that were mended at the edge.
    """

    rows: list[RawSurface]
    geom: Geometries
    cut_ids: set[int]


def line_geometries(lines: list[RawLine]) -> Geometries:
    """Decode the lines; those cut into runs become MultiLineStrings."""
    out = np.empty(len(lines), dtype=object)
    whole = {row: line.geom for row, line in enumerate(lines) if isinstance(line.geom, str)}
    out[list(whole)] = shapely.from_wkb(list(whole.values()))
    for row, line in enumerate(lines):
        if not isinstance(line.geom, str):
            out[row] = shapely.multilinestrings([shapely.linestrings(run) for run in line.geom])
    return out


def names_of(tags: list[dict[str, str]]) -> Names:
    """Read the names of each."""
    name, english, chinese = (texts([found.get(key, "") for found in tags]) for key in ("name", "name:en", "name:zh"))
    return Names(name, english, chinese, texts([osm_tags.other_names(found) for found in tags]))


def texts(values: list[Any]) -> npt.NDArray[Any]:
    """Make an object array of str, or of dict."""
    return np.array(values, dtype=object)


def line_tables(lines: list[RawLine], frame: Frame) -> dict[str, tuple[Lines, npt.NDArray[np.bool_]]]:
    """Clip streets, railways, waterways and barriers; with each table, which lines are alleys."""
    tables = {}
    for family in ("street", "rail", "waterway", "barrier"):
        rows = sorted((line for line in lines if line.family == family), key=lambda line: line.osm_id)
        geom, source = shape.clip_lines(line_geometries(rows), frame.box, frame.srid)
        picked = [rows[row] for row in source]
        table = Lines(
            geom=geom,
            osm_id=np.array([line.osm_id for line in picked], dtype=np.int64),
            kind=texts([line.kind for line in picked]),
            names=Names(
                texts([line.name for line in picked]),
                texts([line.name_en for line in picked]),
                texts([line.name_zh for line in picked]),
                texts([line.other_names for line in picked]),
            ),
            walkable=np.array([line.walkable for line in picked], dtype=bool),
            motor=np.array([line.motor for line in picked], dtype=bool),
            level=np.array([line.level for line in picked], dtype=np.int64),
        )
        tables[family] = (table, np.array([line.alley for line in picked], dtype=bool))
    return tables


def sites(nodes: list[RawNode], surfaces: Surfaces, frame: Frame) -> list[Site]:
    """List tagged nodes and areas inside the box that may be places, cameras or addresses."""
    west, south, east, north = frame.box
    found = [
        Site(shapely.Point(node.lon, node.lat), node.osm_id, is_area=False, tags=node.tags)
        for node in sorted(nodes, key=lambda node: node.osm_id)
        if west <= node.lon <= east and south <= node.lat <= north
    ]
    lost = len(nodes) - len(found)
    frame.report.note("node-outside", "Tagged nodes outside the box were left out.", count=lost)
    rows = [row for row, surface in enumerate(surfaces.rows) if osm_tags.is_site(surface.tags)]
    points = site_points(surfaces.geom[rows])
    for row, point in zip(rows, points, strict=True):
        if west <= point.x <= east and south <= point.y <= north:
            surface = surfaces.rows[row]
            found.append(Site(point, surface.osm_id, is_area=True, tags=surface.tags))
    return found


def building_table(surfaces: Surfaces, sites: list[Site], frame: Frame) -> tuple[Buildings, LinkedAddresses]:
    """List buildings that touch the box, whole, and tie addresses to them."""
    rows = np.array(
        [row for row, surface in enumerate(surfaces.rows) if osm_tags.is_building(surface.tags)], dtype=np.int64
    )
    geom = shape.polygonal(surfaces.geom[rows])
    rows, geom = _without_twins(rows, geom, frame.report)
    metric = np.asarray(crs.to_metric(geom, frame.srid), dtype=object)
    inside = shapely.intersects(geom, shapely.box(*frame.box)) & (shapely.area(metric) >= shape.MIN_AREA_M2)
    lost = int((~inside).sum())
    frame.report.note("building-outside", "Buildings outside the box, or below 0.5 m², were left out.", count=lost)
    rows, geom, metric = rows[inside], geom[inside], shape.polygonal(metric[inside])
    tags = [surfaces.rows[row].tags for row in rows]
    ids = np.array([surfaces.rows[row].osm_id for row in rows], dtype=np.int64)
    row_of = {int(osm_id): row for row, osm_id in enumerate(ids)}
    entries = [
        AddressEntry(site.point, site.osm_id, row_of.get(site.osm_id, -1) if site.is_area else -1, site.tags)
        for site in sites
        if site.tags.get("addr:housenumber", "").strip()
    ]
    kind = texts([found["building"] for found in tags])
    linked = link_addresses(entries, metric, ~np.isin(kind.astype(str), _OUTHOUSES), frame.srid, frame.report)
    table = Buildings(
        geom=geom,
        osm_id=ids,
        kind=kind,
        use=texts([next((found[key] for key in osm_tags.USE_KEYS if found.get(key)), "") for found in tags]),
        name=texts([found.get("name", "") for found in tags]),
        height_m=np.array([osm_tags.parse_length_m(found.get("height")) for found in tags], dtype=float),
        levels=np.array([osm_tags.parse_number(found.get("building:levels")) for found in tags], dtype=float),
        flats=np.array([osm_tags.parse_number(found.get("building:flats")) for found in tags], dtype=float),
        footprint_m2=np.asarray(shapely.area(metric), dtype=float),
        cut=np.array([int(osm_id) in surfaces.cut_ids for osm_id in ids], dtype=bool),
        addresses=linked.per_building,
        address=linked.first_text,
    )
    return table, linked


def _without_twins(
    rows: npt.NDArray[np.int64], geom: Geometries, report: IngestReport
) -> tuple[npt.NDArray[np.int64], Geometries]:
    """Drop footprints drawn twice (a way and the relation it is the only outline of)."""
    prints = shapely.to_wkb(shapely.normalize(geom))
    _, first = np.unique(prints, return_index=True)
    keep = np.sort(first)
    report.note("building-twice", "Buildings drawn twice were kept once.", count=len(rows) - len(keep))
    return rows[keep], geom[keep]


def boundary_table(surfaces: Surfaces, frame: Frame) -> Boundaries:
    """List the administrative areas that close inside the file, unclipped."""
    rows = []
    for row, surface in enumerate(surfaces.rows):
        if not osm_tags.is_admin(surface.tags):
            continue
        level = osm_tags.parse_number(surface.tags.get("admin_level"))
        if np.isnan(level) or not surface.tags.get("name"):
            frame.report.note("boundary-unnamed", "Administrative areas without name or admin_level were left out.")
            continue
        rows.append(row)
    tags = [surfaces.rows[row].tags for row in rows]
    return Boundaries(
        geom=shape.polygonal(surfaces.geom[rows]),
        osm_id=np.array([surfaces.rows[row].osm_id for row in rows], dtype=np.int64),
        admin_level=np.array([osm_tags.parse_number(found["admin_level"]) for found in tags], dtype=np.int64),
        ref=texts([found.get("ref") or found.get("official_ref") or "" for found in tags]),
        names=names_of(tags),
    )


def compound_table(surfaces: Surfaces, frame: Frame) -> LandCover:
    """Clip residential compounds; a whole quarter that somebody drew as one is none."""
    rows = [row for row, surface in enumerate(surfaces.rows) if osm_tags.is_compound(surface.tags)]
    geom, source = shape.clip_surfaces(surfaces.geom[rows], frame.box, frame.srid)
    small = shapely.area(crs.to_metric(geom, frame.srid)) <= MOST_COMPOUND_M2 if len(geom) else np.zeros(0, dtype=bool)
    large = len(geom) - int(np.sum(small))
    frame.report.note("compound-large", "Residential ground too large for one compound was left out.", count=large)
    kept = [surfaces.rows[rows[at]] for at in source[small]]
    return LandCover(
        geom=geom[small],
        osm_id=np.array([surface.osm_id for surface in kept], dtype=np.int64),
        kind=texts(["compound"] * len(kept)),
        detail=texts([surface.tags.get("residential", "residential") for surface in kept]),
        names=names_of([surface.tags for surface in kept]),
    )


def land_cover_table(surfaces: Surfaces, coast: Geometries, frame: Frame) -> LandCover:
    """Clip water, green and land, and add the sea that coastlines enclose."""
    found = [
        (row, kind)
        for row, surface in enumerate(surfaces.rows)
        if (kind := osm_tags.surface_kind(surface.tags)) is not None
    ]
    rows = [row for row, _ in found]
    geom, source = shape.clip_surfaces(surfaces.geom[rows], frame.box, frame.srid)
    lost = len(rows) - len(geom)
    frame.report.note("surface-outside", "Water, green and land outside the box were left out.", count=lost)
    sea = shape.sea_from_coast(shapely.get_parts(coast), frame.box, frame.srid, frame.report)
    kept = [found[row] for row in source]
    names = names_of([surfaces.rows[row].tags for row, _ in kept] + [{}] * len(sea))
    return LandCover(
        geom=np.concatenate([geom, sea]),
        osm_id=np.array([surfaces.rows[row].osm_id for row, _ in kept] + [0] * len(sea), dtype=np.int64),
        kind=texts([kind for _, (kind, _) in kept] + ["water"] * len(sea)),
        detail=texts([detail for _, (_, detail) in kept] + ["sea"] * len(sea)),
        names=names,
    )
