"""Turn raw rows into clean geometry: mend cut rings, clip to the box, build the sea from coastlines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from gis.crs import Box
from store.files.report import IngestReport

Geometries = npt.NDArray[Any]
Run = list[tuple[float, float]]

#: Smaller leftovers of clipping and mending are noise.
MIN_AREA_M2 = 0.5
MIN_LENGTH_M = 0.2
#: A coast that ends further from the edge of the extract than this is not prolonged to it.
_COAST_REACH_M = 400.0
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def polygonal(geometries: Geometries) -> Geometries:
    """Make geometries valid and keep their polygons only.

    Parameters
    ----------
    geometries : (n,) array of Geometry

    Returns
    -------
    (n,) array of Polygon or MultiPolygon
        Empty polygons where nothing is left.
    """
    out = np.array(geometries, dtype=object)
    bad = ~shapely.is_valid(out)
    if bad.any():
        out[bad] = shapely.make_valid(out[bad], method="structure", keep_collapsed=False)
    mixed = ~np.isin(shapely.get_type_id(out), _POLYGONAL)
    for row in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(out[row]))
        flat = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
        out[row] = shapely.multipolygons(flat) if flat else shapely.Polygon()
    return out


def ring_from_runs(runs: list[Run]) -> shapely.Geometry | None:
    """Close the located stretches of a cut ring by straight chords.

    Parameters
    ----------
    runs : list of list of (lon, lat)
        Stretches in ring order.

    Returns
    -------
    Polygon, MultiPolygon or None
        None with fewer than three distinct points.
    """
    points = [point for run in runs for point in run]
    if len(set(points)) < 3:
        return None
    mended = polygonal(np.array([shapely.polygons(points)], dtype=object))[0]
    return None if mended.is_empty else mended


def area_from_members(
    members: list[tuple[int, str]], ways: dict[int, tuple[list[Run], dict[str, str]]]
) -> shapely.Geometry | None:
    """Build what can be built of a multipolygon whose ways are only partly in the file.

    Parameters
    ----------
    members : list of (way id, role)
    ways : dict
        way id -> (located runs, tags).

    Returns
    -------
    Polygon, MultiPolygon or None
    """
    built: dict[bool, list[shapely.Geometry]] = {True: [], False: []}
    for inner in (False, True):
        runs = [run for ref, role in members if (role == "inner") is inner for run in ways.get(ref, ([], {}))[0]]
        if not runs:
            continue
        merged = shapely.line_merge(shapely.multilinestrings([shapely.linestrings(run) for run in runs]))
        for line in shapely.get_parts(merged):
            ring = ring_from_runs([[tuple(point) for point in shapely.get_coordinates(line)]])
            if ring is not None:
                built[inner].append(ring)
    if not built[False]:
        return None
    solid = shapely.union_all(built[False])
    holes = shapely.union_all(built[True]) if built[True] else shapely.Polygon()
    result = polygonal(np.array([shapely.difference(solid, holes)], dtype=object))[0]
    return None if result.is_empty else result


def clip(geometries: Geometries, box: Box) -> tuple[Geometries, npt.NDArray[np.bool_]]:
    """Cut geometries at the box, leaving those inside as they are.

    Parameters
    ----------
    geometries : (n,) array of Geometry
        EPSG:4326.
    box : (west, south, east, north)

    Returns
    -------
    geometries : (n,) array
        Possibly empty or multi-part.
    cut : (n,) bool array
        Which ones were cut.
    """
    bounds = shapely.bounds(geometries)
    west, south, east, north = box
    outside = (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)
    out = np.array(geometries, dtype=object)
    if outside.any():
        out[outside] = shapely.intersection(out[outside], shapely.box(*box))
    return out, outside


def clip_lines(geometries: Geometries, box: Box, srid: int) -> tuple[Geometries, npt.NDArray[np.int64]]:
    """Cut lines at the box and list their parts.

    Parameters
    ----------
    geometries : (n,) array of LineString or MultiLineString
    box : (west, south, east, north)
    srid : int
        Metric CRS for the length test.

    Returns
    -------
    lines : (m,) array of LineString
    source : (m,) int array
        Row of the input that each part comes from.
    """
    clipped, _ = clip(geometries, box)
    parts, source = shapely.get_parts(clipped, return_index=True)
    keep = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, source = parts[keep], source[keep]
    long_enough = shapely.length(crs.to_metric(parts, srid)) >= MIN_LENGTH_M
    return parts[long_enough], source[long_enough].astype(np.int64)


def clip_surfaces(geometries: Geometries, box: Box, srid: int) -> tuple[Geometries, npt.NDArray[np.int64]]:
    """Cut surfaces at the box and drop what is left empty.

    Parameters
    ----------
    geometries : (n,) array of Polygon or MultiPolygon
    box : (west, south, east, north)
    srid : int
        Metric CRS for the area test.

    Returns
    -------
    surfaces : (m,) array of Polygon or MultiPolygon
    source : (m,) int array
        Row of the input.
    """
    clipped, _ = clip(polygonal(geometries), box)
    clipped = polygonal(clipped)
    keep = shapely.area(crs.to_metric(clipped, srid)) >= MIN_AREA_M2
    return clipped[keep], np.flatnonzero(keep)


def sea_from_coast(lines: Geometries, box: Box, srid: int, report: IngestReport) -> Geometries:
    """Build the sea inside the box from coastlines, which have the water on their right.

    Parameters
    ----------
    lines : (n,) array of LineString
        Coastlines in drawing direction, EPSG:4326.
    box : (west, south, east, north)
    srid : int
        Metric CRS.
    report : IngestReport
        Is added to.

    Returns
    -------
    (m,) array of Polygon
        EPSG:4326; empty without coastlines.
    """
    if not len(lines):
        return np.empty(0, dtype=object)
    frame = crs.to_metric(shapely.box(*box), srid)
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(crs.to_metric(lines, srid)), directed=True))
    coast = [_prolonged(line, frame, report) for line in merged]
    inside = shapely.intersection(np.array(coast, dtype=object), frame)
    noded = shapely.union_all([shapely.boundary(frame), *inside], grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    wet = _right_of(faces, shapely.get_parts(inside))
    return np.asarray(crs.to_lonlat(faces[wet], srid), dtype=object)


def _prolonged(line: shapely.Geometry, frame: shapely.Geometry, report: IngestReport) -> shapely.Geometry:
    """Lead both loose ends of a coast to the nearest edge of the box, if that is near."""
    if shapely.is_closed(line):
        return line
    points = shapely.get_coordinates(line)
    edge = shapely.boundary(frame)
    for at_end in (False, True):
        end = shapely.points(points[-1 if at_end else 0])
        gap = shapely.distance(end, edge)
        if not shapely.contains(frame, end):
            continue
        if gap > _COAST_REACH_M:
            report.note("coast-open", "Coastlines that end inside the extract were not closed.")
            continue
        touch = shapely.get_coordinates(shapely.shortest_line(end, edge))
        over = touch[1] + (touch[1] - touch[0]) * 0.01
        points = np.vstack([points, over]) if at_end else np.vstack([over, points])
    return shapely.LineString(points)


def _right_of(faces: Geometries, coast: Geometries) -> npt.NDArray[np.bool_]:
    wet = np.zeros(len(faces), dtype=bool)
    tree = shapely.STRtree(faces)
    for line in coast:
        if line.geom_type != "LineString":
            continue
        points = shapely.get_coordinates(line)
        along = np.diff(points, axis=0)
        length = np.hypot(along[:, 0], along[:, 1])
        longest = int(np.argmax(length))
        if length[longest] < 0.1:
            continue
        right = np.array([along[longest, 1], -along[longest, 0]]) / length[longest] * 0.05
        probe = shapely.points((points[longest] + points[longest + 1]) / 2 + right)
        wet[tree.query(probe, predicate="within")] = True
    return wet
