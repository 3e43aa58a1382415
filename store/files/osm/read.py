"""Read an extract: collect, mend, clip, link, count."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path

import numpy as np
import shapely

from gis import crs
from gis.crs import Box
from gis.errors import InvalidInputError
from store.files.limits import readable_file, require_memory
from store.files.osm import shape
from store.files.osm import tags as osm_tags
from store.files.osm.cameras import cameras
from store.files.osm.collect import Collected, RawSurface, collect, guarded, header_box, read_rings
from store.files.osm.model import OsmExtract
from store.files.osm.places import facilities, key_places
from store.files.osm.tables import (
    Frame,
    Surfaces,
    boundary_table,
    building_table,
    compound_table,
    land_cover_table,
    line_geometries,
    line_tables,
    sites,
)
from store.files.report import IngestReport

_WHAT = "an OpenStreetMap extract (.osm.pbf, .osm or .osm.gz)"
_TOO_BIG = "Cut the extract to the territory first: osmium extract --bbox W,S,E,N big.osm.pbf -o town.osm.pbf"
#: Bytes of memory per byte of file, measured on Liechtenstein as PBF (36), gzipped XML (16) and XML (1.8), rounded up.
_MEMORY_FACTOR = {".pbf": 40.0, ".gz": 20.0, ".bz2": 40.0}
_MEMORY_FACTOR_XML = 2.5
#: Share of the header's box that the data must reach over, in one direction at least.
_BOX_FILLED = 0.02


def read_osm(path: Path | str) -> OsmExtract:
    """Read an OpenStreetMap extract of any size that fits memory.

    Parameters
    ----------
    path : Path or str
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.

    Returns
    -------
    OsmExtract
        Everything in EPSG:4326, lines and surfaces clipped to the extract's box, with a report of what was
        kept, mended and left out.

    Raises
    ------
    InvalidInputError
        The file is missing, empty, damaged, too big or not OSM data.
    """
    path = readable_file(Path(path), what=_WHAT, remedy=_TOO_BIG)
    require_memory(path, factor=_MEMORY_FACTOR.get(path.suffix, _MEMORY_FACTOR_XML), remedy=_TOO_BIG)
    report = IngestReport(path.name)
    box = guarded(path, lambda: header_box(path))
    raw: Collected = guarded(path, lambda: collect(path, report))
    mended, cut_ids = guarded(path, lambda: _mend(path, raw, report))
    rows = sorted([*raw.surfaces, *mended], key=lambda surface: surface.osm_id)
    if not raw.lines and not rows and not raw.nodes:
        raise InvalidInputError(
            f"{path} holds no streets, buildings or places. Check that it is the extract you meant.", file=str(path)
        )
    box, box_source = _chosen_box(box, _data_box(raw, rows), report)
    srid = crs.suggest_metric_srid(box)
    surfaces = Surfaces(rows, shapely.from_wkb([surface.geom for surface in rows]), cut_ids)
    extract = _assemble(path, raw, surfaces, Frame(box, srid, report), box_source)
    _count(extract)
    return extract


def _chosen_box(header: Box | None, data: Box, report: IngestReport) -> tuple[Box, str]:
    """Trust the header's box unless it has little to do with what the file holds."""
    if header is None:
        return data, "data"
    wide = data[2] - data[0] >= _BOX_FILLED * (header[2] - header[0])
    high = data[3] - data[1] >= _BOX_FILLED * (header[3] - header[1])
    if wide or high:
        return header, "header"
    report.note("box-empty", "The header's box is far larger than the data; the box around the data is used instead.")
    return data, "data"


def _data_box(raw: Collected, surfaces: list[RawSurface]) -> Box:
    geometries = [shapely.Point(node.lon, node.lat) for node in raw.nodes]
    geometries += list(line_geometries(raw.lines))
    geometries += list(shapely.from_wkb([surface.geom for surface in surfaces]))
    west, south, east, north = (float(value) for value in shapely.total_bounds(np.array(geometries, dtype=object)))
    return west, south, east, north


def _mend(path: Path, raw: Collected, report: IngestReport) -> tuple[list[RawSurface], set[int]]:
    """Build areas that osmium could not: rings cut at the edge, relations with members outside."""
    relations = {}
    for osm_id, (members, tags) in raw.open_relations.items():
        if osm_tags.is_admin(tags):
            report.note(
                "boundary-open",
                "Administrative boundaries that do not close inside the extract were left out.",
                example=tags.get("name", f"relation/{osm_id}"),
            )
        else:
            relations[osm_id] = (members, tags)
    rings = raw.open_rings
    wanted = set(rings) | {ref for members, _ in relations.values() for ref, _ in members}
    ways = read_rings(path, wanted)
    mended, cut = [], set()
    for osm_id in rings:
        runs, tags = ways.get(osm_id, ([], {}))
        built = None if osm_tags.is_admin(tags) else shape.ring_from_runs(runs)
        _note_ring(built, f"way/{osm_id}", report)
        if built is not None:
            mended.append(RawSurface(shapely.to_wkb(built, hex=True), osm_id, tags))
            cut.add(osm_id)
    for osm_id, (members, tags) in relations.items():
        built = shape.area_from_members(members, ways)
        _note_ring(built, f"relation/{osm_id}", report)
        if built is not None:
            mended.append(RawSurface(shapely.to_wkb(built, hex=True), -osm_id, tags))
            cut.add(-osm_id)
    return mended, cut


def _note_ring(built: shapely.Geometry | None, name: str, report: IngestReport) -> None:
    if built is None:
        report.note("ring-lost", "Areas with fewer than three nodes in the extract were left out.", example=name)
    else:
        report.note("ring-cut", "Areas cut by the edge of the extract were closed along it.", example=name)


def _assemble(path: Path, raw: Collected, surfaces: Surfaces, frame: Frame, box_source: str) -> OsmExtract:
    families = line_tables(raw.lines, frame)
    streets, alley = families["street"]
    coast = line_geometries([line for line in raw.lines if line.family == "coastline"])
    found = sites(raw.nodes, surfaces, frame)
    buildings, linked = building_table(surfaces, found, frame)
    return OsmExtract(
        path=path,
        box=frame.box,
        box_source=box_source,
        metric_srid=frame.srid,
        streets=streets,
        rails=families["rail"][0],
        waterways=families["waterway"][0],
        barriers=families["barrier"][0],
        land_cover=land_cover_table(surfaces, coast, frame),
        compounds=compound_table(surfaces, frame),
        buildings=buildings,
        addresses=linked.addresses,
        boundaries=boundary_table(surfaces, frame),
        facilities=facilities(found, frame.srid, frame.report),
        cameras=cameras(found, frame.report),
        key_places=key_places(found, streets, alley, frame.srid, frame.report),
        report=frame.report,
    )


def _count(extract: OsmExtract) -> None:
    tables: dict[str, Sized] = {
        "streets": extract.streets,
        "rails": extract.rails,
        "waterways": extract.waterways,
        "barriers": extract.barriers,
        "land_cover": extract.land_cover,
        "compounds": extract.compounds,
        "buildings": extract.buildings,
        "addresses": extract.addresses,
        "boundaries": extract.boundaries,
        "facilities": extract.facilities,
        "cameras": extract.cameras,
        "key_places": extract.key_places,
    }
    extract.report.kept.update({name: len(table) for name, table in tables.items()})
    if not len(extract.addresses):
        extract.report.note("no-addresses", "The extract has no addresses; dwellings come from residential buildings.")
