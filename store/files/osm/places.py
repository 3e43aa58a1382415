"""Key places and facilities: from tags, and junctions and alleys computed from streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from store.files.osm import tags as osm_tags
from store.files.osm.model import Lines, Places
from store.files.osm.nearby import first_of_group, group_near, text_keys
from store.files.report import IngestReport

Geometries = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

#: Carriageways of one crossing lie this close together.
_ONE_JUNCTION_M = 25.0
#: The same school as node and as area, the same station as building and as platform.
_SAME_PLACE_M = 120.0
_MIN_ALLEY_M = 15.0
_MAX_NAMES = 3


@dataclass(frozen=True, slots=True)
class Site:
    """A tagged node or area that may be a place.

    Parameters
    ----------
    point : Point
        EPSG:4326.
    osm_id : int
    is_area : bool
    tags : dict
    """

    point: shapely.Point
    osm_id: int
    is_area: bool
    tags: dict[str, str]


def _empty() -> Places:
    nothing = np.empty(0, dtype=object)
    return Places(nothing, np.empty(0, dtype=np.int64), nothing, nothing, np.empty(0), nothing)


def _concatenate(*tables: Places) -> Places:
    return Places(
        *(
            np.concatenate([getattr(table, name) for table in tables])
            for name in ("point", "osm_id", "kind", "name", "weight", "other_names")
        )
    )


def _name(tags: dict[str, str]) -> str:
    return tags.get("name") or tags.get("name:zh") or tags.get("name:en") or ""


def key_places(
    sites: list[Site], streets: Lines, alleys: npt.NDArray[np.bool_], srid: int, report: IngestReport
) -> Places:
    """List the places that should be seen by cameras.

    Parameters
    ----------
    sites : list of Site
    streets : Lines
    alleys : (n,) bool array
        Which streets are alleys.
    srid : int
        Metric CRS.
    report : IngestReport
        Is added to.

    Returns
    -------
    Places
        Kinds ``junction school hospital market station square alley``.
    """
    rows = []
    for site in sites:
        for key, table in osm_tags.KEY_PLACES.items():
            found = table.get(site.tags.get(key, ""))
            if found is not None:
                rows.append((site, found[0], found[1]))
                break
    tagged = _merged(rows, srid, report, "duplicate-key-place", "Key places that the file holds twice were merged.")
    return _concatenate(tagged, junctions(streets, srid), _alleys(streets, alleys, srid))


def facilities(sites: list[Site], srid: int, report: IngestReport) -> Places:
    """List service points open to the public.

    Parameters
    ----------
    sites : list of Site
    srid : int
        Metric CRS.
    report : IngestReport
        Is added to.

    Returns
    -------
    Places
    """
    rows = []
    for site in sites:
        for key, table in osm_tags.FACILITIES.items():
            kind = table.get(site.tags.get(key, ""))
            if kind is not None:
                rows.append((site, kind, 1.0))
                break
    return _merged(rows, srid, report, "duplicate-facility", "Facilities that the file holds twice were merged.")


def _merged(rows: list[tuple[Site, str, float]], srid: int, report: IngestReport, code: str, sentence: str) -> Places:
    if not rows:
        return _empty()
    points = np.array([site.point for site, _, _ in rows], dtype=object)
    xy = shapely.get_coordinates(crs.to_metric(points, srid))
    names = [_name(site.tags) for site, _, _ in rows]
    ids = np.array([site.osm_id for site, _, _ in rows], dtype=np.int64)
    # unnamed things merge with nothing but themselves: two unnamed schools are two schools
    label = [
        f"{kind}\0{name}" if name else f"{kind}\0\0{i}" for (_, kind, _), name, i in zip(rows, names, ids, strict=True)
    ]
    group = group_near(xy, text_keys(label), radius_m=_SAME_PLACE_M)
    chosen = first_of_group(group, np.array([not site.is_area for site, _, _ in rows]), ids)
    report.note(code, sentence, count=len(rows) - len(chosen))
    weight = np.zeros(len(chosen))
    np.maximum.at(weight, group, np.array([value for _, _, value in rows]))
    return Places(
        points[chosen],
        ids[chosen],
        np.array([rows[row][1] for row in chosen], dtype=object),
        np.array([names[row] for row in chosen], dtype=object),
        weight,
        np.array([osm_tags.other_names(rows[row][0].tags) for row in chosen], dtype=object),
    )


def junctions(streets: Lines, srid: int) -> Places:
    """Find crossings where three or more stretches of named or main streets meet.

    Parallel carriageways give several nodes for one crossing; nodes within 25 m become one junction.

    Parameters
    ----------
    streets : Lines
    srid : int
        Metric CRS.

    Returns
    -------
    Places
        Kind ``junction``; weight 3 on main streets, 2 on tertiary ones, else 1.
    """
    rows = np.flatnonzero(np.isin(streets.kind.astype(str), sorted(osm_tags.JUNCTION_CLASSES)))
    if not len(rows):
        return _empty()
    lonlat, line = shapely.get_coordinates(streets.geom[rows], return_index=True)
    ends = np.r_[True, np.diff(line) > 0] | np.r_[np.diff(line) > 0, True]
    node = _node_numbers(lonlat)
    degree = np.bincount(node, weights=np.where(ends, 1, 2))
    crossing = degree[node] >= 3
    lonlat, street, node = lonlat[crossing], rows[line[crossing]], node[crossing]
    if not len(node):
        return _empty()
    xy = crs.transform_xy(lonlat, crs.STORAGE_SRID, srid)
    group = group_near(xy, np.zeros(len(xy), dtype=np.int64), radius_m=_ONE_JUNCTION_M)
    return _junction_table(group, lonlat, street, streets)


def _node_numbers(lonlat: npt.NDArray[np.float64]) -> Ints:
    # OSM stores whole 1e-7 degrees, so equal coordinates are the same node
    steps = np.round(lonlat * 1e7).astype(np.int64)
    numbers: Ints = np.unique(steps[:, 0] * 3_600_000_007 + steps[:, 1], return_inverse=True)[1].astype(np.int64)
    return numbers.reshape(-1)


def _junction_table(group: Ints, lonlat: npt.NDArray[np.float64], street: Ints, streets: Lines) -> Places:
    count = int(group.max()) + 1
    size = np.bincount(group, minlength=count)
    middle = np.column_stack([np.bincount(group, weights=lonlat[:, axis], minlength=count) / size for axis in (0, 1)])
    kind = streets.kind[street].astype(str)
    rank = np.where(
        np.isin(kind, sorted(osm_tags.MAIN_CLASSES)), 3.0, np.where(np.char.startswith(kind, "tertiary"), 2.0, 1.0)
    )
    weight = np.zeros(count)
    np.maximum.at(weight, group, rank)
    names: list[set[str]] = [set() for _ in range(count)]
    for label, name in zip(group, streets.names.name[street], strict=True):
        if name:
            names[label].add(name)
    keep = np.array([len(found) > 1 for found in names], dtype=bool) | (weight > 1)
    order = np.flatnonzero(keep)
    order = order[np.lexsort((middle[order, 1], middle[order, 0]))]
    return Places(
        np.asarray(shapely.points(middle[order]), dtype=object),
        np.zeros(len(order), dtype=np.int64),
        np.full(len(order), "junction", dtype=object),
        np.array([" / ".join(sorted(names[row])[:_MAX_NAMES]) for row in order], dtype=object),
        weight[order],
        np.array([{} for _ in order], dtype=object),
    )


def _alleys(streets: Lines, alleys: npt.NDArray[np.bool_], srid: int) -> Places:
    rows = np.flatnonzero(alleys)
    if not len(rows):
        return _empty()
    metric = crs.to_metric(streets.geom[rows], srid)
    rows, metric = rows[shapely.length(metric) >= _MIN_ALLEY_M], metric[shapely.length(metric) >= _MIN_ALLEY_M]
    middle = shapely.line_interpolate_point(metric, 0.5, normalized=True)
    return Places(
        np.asarray(crs.to_lonlat(middle, srid), dtype=object),
        streets.osm_id[rows],
        np.full(len(rows), "alley", dtype=object),
        streets.names.name[rows],
        np.ones(len(rows)),
        streets.names.other[rows],
    )
