"""Surveillance cameras of OpenStreetMap: position, kind and, rarely, direction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from store.files.osm import tags as osm_tags
from store.files.osm.model import Cameras
from store.files.osm.places import Site
from store.files.report import IngestReport

_DIRECTION_KEYS = ("camera:direction", "direction", "surveillance:direction")
_NOT_A_CAMERA = frozenset(("guard", "gunshot_detector"))


def cameras(sites: list[Site], report: IngestReport) -> Cameras:
    """List the cameras, one row for each direction that is tagged.

    Parameters
    ----------
    sites : list of Site
    report : IngestReport
        Is added to.

    Returns
    -------
    Cameras
        Sorted by OSM id.
    """
    rows: list[tuple[Any, ...]] = []
    for site in sorted(sites, key=lambda site: (site.osm_id, site.is_area)):
        if site.tags.get("man_made") != "surveillance":
            continue
        if site.tags.get("surveillance:type") in _NOT_A_CAMERA:
            report.note("no-camera", "Guards and other surveillance without a camera were left out.")
            continue
        rows.extend(_rows(site, report))
    unknown = sum(1 for row in rows if math.isnan(row[4]) and row[3] != "dome")
    report.note(
        "camera-without-direction", "Cameras without a tagged direction: what they see is an interval.", count=unknown
    )
    return _table(rows)


def _rows(site: Site, report: IngestReport) -> list[tuple[Any, ...]]:
    tags = site.tags
    text = next((tags[key] for key in _DIRECTION_KEYS if tags.get(key)), None)
    lenses = osm_tags.parse_directions(text) if text else []
    if text and not lenses:
        report.note(
            "camera-direction-unreadable", "Camera directions that are neither degrees nor a cardinal.", example=text
        )
    kind = _kind(tags, bool(lenses))
    ref = f"{'way' if site.is_area else 'node'}/{site.osm_id}"
    height = osm_tags.parse_length_m(tags.get("height") or tags.get("est_height"))
    common = (
        height,
        osm_tags.parse_number(tags.get("camera:angle")),
        tags.get("camera:mount", ""),
        tags.get("operator", ""),
        tags.get("surveillance:zone") or tags.get("surveillance", ""),
        tags.get("surveillance") == "indoor" or tags.get("indoor") == "yes",
    )
    found = lenses or [(math.nan, math.nan)]
    return [
        (site.point, site.osm_id, ref if index == 0 else f"{ref}#{index + 1}", kind, azimuth, hfov, *common)
        for index, (azimuth, hfov) in enumerate(found)
    ]


def _kind(tags: dict[str, str], directed: bool) -> str:
    tagged = tags.get("camera:type", "")
    if tagged == "dome":
        return "dome"
    if tagged in ("panning", "ptz") or tags.get("revolving") == "yes":
        return "ptz"
    return "fixed" if tagged == "fixed" or directed else "unknown"


def _table(rows: list[tuple[Any, ...]]) -> Cameras:
    def objects(index: int) -> npt.NDArray[Any]:
        return np.array([row[index] for row in rows], dtype=object)

    def floats(index: int) -> npt.NDArray[np.float64]:
        return np.array([row[index] for row in rows], dtype=float)

    return Cameras(
        point=objects(0) if rows else np.empty(0, dtype=object),
        osm_id=np.array([row[1] for row in rows], dtype=np.int64),
        ref=objects(2),
        kind=objects(3),
        azimuth=floats(4),
        hfov=floats(5),
        height_m=floats(6),
        tilt=floats(7),
        mount=objects(8),
        operator=objects(9),
        purpose=objects(10),
        indoor=np.array([row[11] for row in rows], dtype=bool),
    )


def site_points(geometries: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give each area a point inside it.

    Parameters
    ----------
    geometries : (n,) array of Polygon or MultiPolygon

    Returns
    -------
    (n,) array of Point
    """
    return np.asarray(shapely.point_on_surface(geometries), dtype=object)
