"""Choose the administrative areas of an OpenStreetMap extract, and number them where nobody else did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from gis import crs
from gis.codes import AreaCode, next_area_codes, parse_area_code, reading_order
from store.files.osm import OsmExtract

Geometries = npt.NDArray[Any]

#: GB/T 2260 gives no region the number 99: local numbers never meet official ones.
_LOCAL_REGION = "99"
#: A level counts as complete when its areas hold this share of the extract's buildings.
_COMPLETE = 0.8
_MOST_LEVELS = 3


@dataclass(slots=True)
class NewArea:
    """An area about to be saved.

    Parameters
    ----------
    code : AreaCode
    kind, name : str
    names : dict
        Language -> name.
    geom : Polygon or MultiPolygon
        EPSG:4326, its metric form on the 1 cm grid.
    """

    code: AreaCode
    kind: str
    name: str
    names: dict[str, str]
    geom: BaseGeometry


@dataclass(slots=True)
class ExtractAreas:
    """The areas of an extract.

    Parameters
    ----------
    outline : Polygon or MultiPolygon
        The territory, EPSG:4326.
    areas : list of NewArea
        Parents before children.
    from_boundaries : bool
        False when no boundary closes and the extract's box is the one area.
    """

    outline: BaseGeometry
    areas: list[NewArea]
    from_boundaries: bool


def areas_of(extract: OsmExtract, name: str, used_codes: Iterable[str]) -> ExtractAreas:
    """Take the finest complete administrative level, or the extract's box.

    Parameters
    ----------
    extract : OsmExtract
    name : str
        Name of the territory.
    used_codes : iterable of str
        Every area code ever given.

    Returns
    -------
    ExtractAreas
        At most three levels; the coarsest is the county.
    """
    used = list(used_codes)
    county = _next_county(used)
    levels = _complete_levels(extract)
    if not levels:
        box = _snapped(extract.outline, extract.metric_srid)
        zone = NewArea(parse_area_code(f"{county}001001"), "zone", name, {}, box)
        return ExtractAreas(box, [zone], from_boundaries=False)
    return _tree(extract, levels, county, name)


def _next_county(used: list[str]) -> str:
    # the village code of a box starts with its county's six digits
    numbers = [int(code[2:6]) for code in used if code.startswith(_LOCAL_REGION)]
    return f"{_LOCAL_REGION}{max(numbers, default=0) + 1:04d}"


def _complete_levels(extract: OsmExtract) -> list[int]:
    """Name the admin levels whose closed areas hold nearly all buildings, coarse to fine."""
    table, buildings = extract.boundaries, extract.buildings
    if not len(table) or not len(buildings):
        return []
    points = shapely.point_on_surface(buildings.geom)
    tree = shapely.STRtree(points)
    complete = []
    for level in np.unique(table.admin_level):
        held = np.unique(tree.query(table.geom[table.admin_level == level], predicate="intersects")[1])
        if len(held) >= _COMPLETE * len(points):
            complete.append(int(level))
    if len(complete) == 1 and int((table.admin_level == complete[0]).sum()) == 1:
        return complete
    return [complete[0], *complete[1:][-(_MOST_LEVELS - 1) :]] if complete else []


def _tree(extract: OsmExtract, levels: list[int], county: str, name: str) -> ExtractAreas:
    table, srid = extract.boundaries, extract.metric_srid
    finest = np.flatnonzero(table.admin_level == levels[-1])
    leaves = np.asarray(crs.to_metric(table.geom[finest], srid), dtype=object)
    outline = shapely.union_all(leaves, grid_size=0.01)
    top = NewArea(parse_area_code(county), "county", name, {}, crs.to_lonlat(outline, srid))
    if len(finest) == 1:
        return ExtractAreas(top.geom, [top], from_boundaries=True)
    middle = np.flatnonzero(table.admin_level == levels[1]) if len(levels) == _MOST_LEVELS else None
    areas = [top]
    if middle is None:
        areas += _numbered(extract, finest, leaves, county, first=100)
        return ExtractAreas(top.geom, areas, from_boundaries=True)
    towns = np.asarray(crs.to_metric(table.geom[middle], srid), dtype=object)
    shared = shapely.area(shapely.intersection(towns[:, None], leaves[None, :]))
    owner = np.argmax(shared, axis=0)
    order = reading_order(shapely.get_coordinates(shapely.centroid(towns)))
    codes = next_area_codes(county, len(towns), (), first=100)
    for place, code in zip(order, codes, strict=True):
        children = np.flatnonzero(owner == place)
        if not len(children):
            continue
        # the town is the union of its villages, so that the levels nest exactly
        joined = shapely.union_all(leaves[children], grid_size=0.01)
        areas.append(_area(extract, int(middle[place]), code, joined))
        areas += _numbered(extract, finest[children], leaves[children], code, first=200)
    return ExtractAreas(top.geom, areas, from_boundaries=True)


def _numbered(
    extract: OsmExtract, rows: npt.NDArray[np.int64], metric: Geometries, parent: str, *, first: int
) -> list[NewArea]:
    order = reading_order(shapely.get_coordinates(shapely.centroid(metric)))
    codes = next_area_codes(parent, len(rows), (), first=first)
    return [_area(extract, int(rows[place]), code, metric[place]) for place, code in zip(order, codes, strict=True)]


def _area(extract: OsmExtract, row: int, code: str, metric: BaseGeometry) -> NewArea:
    names = extract.boundaries.names
    parsed = parse_area_code(code)
    geom = crs.to_lonlat(metric, extract.metric_srid)
    return NewArea(parsed, parsed.level, str(names.name[row]), names.other[row], geom)


def _snapped(geometry: BaseGeometry, srid: int) -> BaseGeometry:
    snapped: BaseGeometry = crs.to_lonlat(crs.to_metric(geometry, srid), srid)
    return snapped
