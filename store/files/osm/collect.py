"""One pass over the file: sort its objects into raw rows, note what cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from gis.crs import Box
from gis.errors import InvalidInputError
from store.files.osm import tags as osm_tags
from store.files.report import IngestReport

_NODE_KEYS = (
    "place",
    "amenity",
    "shop",
    "man_made",
    "railway",
    "public_transport",
    "addr:housenumber",
    "healthcare",
    "building",
    "waterway",
)
_SHAPE_KEYS = (
    "building",
    "highway",
    "railway",
    "waterway",
    "natural",
    "landuse",
    "leisure",
    "place",
    "amenity",
    "shop",
    "man_made",
    "boundary",
    "barrier",
    "addr:housenumber",
    "healthcare",
    "public_transport",
)


@dataclass(frozen=True, slots=True)
class RawLine:
    """A way kept as a line; `geom` is WKB in hex, or a list of located runs when the way left the extract."""

    family: str
    geom: str | list[list[tuple[float, float]]]
    osm_id: int
    kind: str
    name: str
    name_en: str
    name_zh: str
    other_names: dict[str, str]
    walkable: bool
    motor: bool
    level: int
    alley: bool


@dataclass(frozen=True, slots=True)
class RawSurface:
    """An area: building, administrative boundary, water, green, land, or the site of a place."""

    geom: str
    osm_id: int
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class RawNode:
    """A tagged node."""

    lon: float
    lat: float
    osm_id: int
    tags: dict[str, str]


@dataclass(slots=True)
class Collected:
    """Rows as the file gives them, still unclipped."""

    lines: list[RawLine] = field(default_factory=list)
    surfaces: list[RawSurface] = field(default_factory=list)
    nodes: list[RawNode] = field(default_factory=list)
    rings: set[int] = field(default_factory=set)
    relations: dict[int, tuple[list[tuple[int, str]], dict[str, str]]] = field(default_factory=dict)
    assembled: set[int] = field(default_factory=set)
    objects: int = 0

    @property
    def open_rings(self) -> list[int]:
        """Closed ways that should be areas, but whose ring could not be built."""
        return sorted(self.rings - self.assembled)

    @property
    def open_relations(self) -> dict[int, tuple[list[tuple[int, str]], dict[str, str]]]:
        """Relations that should be areas, but could not be built."""
        return {key: value for key, value in sorted(self.relations.items()) if -key not in self.assembled}


def _wanted_area(tags: osm_tags.Tags) -> bool:
    return osm_tags.is_building(tags) or osm_tags.is_admin(tags) or _is_ground(tags) or osm_tags.is_site(tags)


def _is_ground(tags: osm_tags.Tags) -> bool:
    return osm_tags.surface_kind(tags) is not None or osm_tags.is_compound(tags)


def header_box(path: Path) -> Box | None:
    """Read the bounding box from the file's header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (west, south, east, north) or None
        None when the header has none.
    """
    reader = osmium.io.Reader(str(path))
    try:
        box = reader.header().box()
    finally:
        reader.close()
    if not box.valid():
        return None
    return (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)


def collect(path: Path, report: IngestReport) -> Collected:
    """Read every object of interest.

    Parameters
    ----------
    path : Path
        A file that `store.files.limits.readable_file` accepted.
    report : IngestReport
        Is added to.

    Returns
    -------
    Collected

    Raises
    ------
    InvalidInputError
        The file is not OSM data, or is damaged.
    """
    out = Collected()
    entity = osmium.osm.osm_entity_bits
    nodes, shapes = osmium.filter.KeyFilter(*_NODE_KEYS), osmium.filter.KeyFilter(*_SHAPE_KEYS)
    nodes.enable_for(entity.NODE)
    shapes.enable_for(entity.WAY | entity.RELATION | entity.AREA)
    processor: Any = (
        osmium.FileProcessor(str(path)).with_locations().with_areas().with_filter(nodes).with_filter(shapes)
    )
    wkb = osmium.geom.WKBFactory()
    for thing in processor:
        out.objects += 1
        if thing.is_area():
            _take_area(thing, out, wkb)
        elif thing.is_way():
            _take_way(thing, out, report, wkb)
        elif thing.is_node():
            _take_node(thing, out)
        elif thing.is_relation():
            _take_relation(thing, out)
    return out


def _take_node(node: Any, out: Collected) -> None:  # noqa: ANN401 - osmium ships no types
    if osm_tags.is_site(node.tags):
        out.nodes.append(RawNode(node.lon, node.lat, node.id, _kept_tags(node.tags)))


def _take_area(area: Any, out: Collected, wkb: Any) -> None:  # noqa: ANN401 - osmium ships no types
    if not _wanted_area(area.tags):
        return
    try:
        geom = wkb.create_multipolygon(area)
    except RuntimeError:
        return  # is not marked as assembled, so it is tried again from its ways
    osm_id = area.orig_id() if area.from_way() else -area.orig_id()
    out.assembled.add(osm_id)
    out.surfaces.append(RawSurface(geom, osm_id, _kept_tags(area.tags)))


def _take_relation(relation: Any, out: Collected) -> None:  # noqa: ANN401 - osmium ships no types
    tags = relation.tags
    if tags.get("type") not in ("multipolygon", "boundary"):
        return
    if osm_tags.is_admin(tags) or osm_tags.is_building(tags) or _is_ground(tags):
        members = [(member.ref, member.role) for member in relation.members if member.type == "w"]
        out.relations[relation.id] = (members, _kept_tags(tags))


def _take_structure(way: Any, out: Collected) -> None:  # noqa: ANN401 - osmium ships no types
    """Keep a weir or dam that is drawn as a line by its middle node, which is where the water runs."""
    runs = located_runs(way)
    if runs:
        longest = max(runs, key=len)
        lon, lat = longest[len(longest) // 2]
        out.nodes.append(RawNode(lon, lat, way.id, _kept_tags(way.tags)))


def _take_way(way: Any, out: Collected, report: IngestReport, wkb: Any) -> None:  # noqa: ANN401 - osmium ships no types
    tags = way.tags
    closed = way.is_closed()
    if closed and _wanted_area(tags) and tags.get("area") != "no":
        out.rings.add(way.id)
    elif not closed and osm_tags.is_building(tags):
        report.note("open-building", "Building outlines that do not close were left out.", example=f"way/{way.id}")
    elif not closed and tags.get("waterway") in osm_tags.FACILITIES["waterway"]:
        _take_structure(way, out)
    line = _line_of(tags, closed)
    if line is None:
        return
    family, kind = line
    geom: str | list[list[tuple[float, float]]]
    try:
        geom = wkb.create_linestring(way)
    except (RuntimeError, osmium.InvalidLocationError):
        geom = located_runs(way)
        if not geom:
            report.note(
                "line-outside",
                "Ways with fewer than two located nodes in the extract were left out.",
                example=f"way/{way.id}",
            )
            return
        report.note("line-cut", "Ways that leave the extract were kept as far as their nodes are in the file.")
    out.lines.append(
        RawLine(
            family,
            geom,
            way.id,
            kind,
            tags.get("name", ""),
            tags.get("name:en", ""),
            tags.get("name:zh", ""),
            osm_tags.other_names(tags),
            kind not in osm_tags.NOT_WALKABLE and tags.get("foot") != "no",
            kind in osm_tags.MOTOR,
            _level(tags),
            kind == "living_street" or tags.get("service") == "alley",
        )
    )


def _line_of(tags: osm_tags.Tags, closed: bool) -> tuple[str, str] | None:
    for key, family, values in (
        ("highway", "street", osm_tags.STREETS),
        ("railway", "rail", osm_tags.RAILS),
        ("waterway", "waterway", osm_tags.WATERWAYS),
        ("barrier", "barrier", osm_tags.BARRIERS),
    ):
        value = tags.get(key)
        if value is None:
            continue
        if value in values and not (closed and tags.get("area") == "yes"):
            return family, value
    if tags.get("natural") == "coastline":
        return "coastline", "coastline"
    return None


def located_runs(way: Any) -> list[list[tuple[float, float]]]:  # noqa: ANN401 - osmium ships no types
    """List the stretches of a way whose nodes are in the file.

    Parameters
    ----------
    way : osmium way with locations

    Returns
    -------
    list of list of (lon, lat)
        Each with at least two distinct points.
    """
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            point = (node.location.lon, node.location.lat)
            if not runs[-1] or runs[-1][-1] != point:
                runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _level(tags: osm_tags.Tags) -> int:
    text = tags.get("layer")
    if text is None:
        return 0
    value = osm_tags.parse_number(text.lstrip("-"))
    if np.isnan(value):
        return 0
    return -int(value) if text.startswith("-") else int(value)


def _kept_tags(tags: osm_tags.Tags) -> dict[str, str]:
    """Copy the tags; on objects that are kept only, since a copy costs more than a look."""
    return dict(tags)


def read_rings(path: Path, way_ids: set[int]) -> dict[int, tuple[list[list[tuple[float, float]]], dict[str, str]]]:
    """Read named ways again, with the nodes that the file has.

    Parameters
    ----------
    path : Path
    way_ids : set of int

    Returns
    -------
    dict
        way id -> (located runs, tags).
    """
    if not way_ids:
        return {}
    entity = osmium.osm.osm_entity_bits
    processor: Any = (
        osmium.FileProcessor(str(path), entity.NODE | entity.WAY)
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(entity.WAY))
        .with_filter(osmium.filter.IdFilter(sorted(way_ids)))
    )
    return {way.id: (located_runs(way), dict(way.tags)) for way in processor}


def guarded(path: Path, action: Any) -> Any:  # noqa: ANN401 - passes through
    """Run a reading step and turn osmium's errors into a sentence with the file's name.

    Parameters
    ----------
    path : Path
        Named in the sentence.
    action : callable
        Takes nothing.

    Returns
    -------
    object
        What `action` returns.

    Raises
    ------
    InvalidInputError
        The file is damaged or no OSM data.
    """
    try:
        return action()
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise InvalidInputError(
            f"{path} is not a readable OpenStreetMap extract ({error})."
            " Expected .osm.pbf, .osm or .osm.gz; download it again and compare its size.",
            file=str(path),
            reason=str(error),
        ) from error
