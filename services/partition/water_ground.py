"""Read what a water plan is made from: channels, bridges, sluices, water surfaces, areas of every level."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.crs import to_metric
from gis.errors import InvalidInputError
from gis.overlay import GRID, snap_to_grid
from grid_partition.water_bridges import crossing_points
from services.partition.spec import PlanSpec
from store.database import partition as sql
from store.database import plans as plans_sql
from store.database import water as water_sql
from store.database.bulk import Columns
from store.database.models import Territory
from store.database.work import UnitOfWork

Geometries = npt.NDArray[np.object_]
ENGINE = 2  # raise when the answer to equal inputs changes, so that no old plan is taken for a new one
_UNNAMED = "\0"


@dataclass(slots=True)
class WaterGround:
    """Inputs of a water plan, in the territory's metric CRS.

    Attributes
    ----------
    territory : Territory
    areas : dict of str to ndarray
        Leaf areas, that reaches are coded under.
    parents : (p,) array of Polygon or MultiPolygon
    whole : Polygon or MultiPolygon
        All of them.
    lines : (n,) array of LineString
        Channels inside; they meet where they touch or cross.
    channel : (n,) array of str
        What makes lines one channel: their name, or the line in the source that has none (`name_of` tells them apart).
    cuts : (c, 2) float64
        Bridges, sluices, weirs, locks and dams.
    must_cut : (c,) array of bool
        Those that the plan always cuts at.
    surfaces : (s,) array of Polygon or MultiPolygon
    dwellings : dict of str to ndarray
    doors : (d, 2) float64
    land_plan : UUID or None
        Household plan in use.
    land : dict of str to ndarray
        Its grids.
    land_shapes : (g,) array of Polygon or MultiPolygon
    levels : list of (area ids, shapes)
        Areas of each level.
    """

    territory: Territory
    areas: Columns
    parents: Geometries
    whole: shapely.Geometry
    lines: Geometries
    channel: npt.NDArray[np.object_]
    cuts: npt.NDArray[np.float64]
    must_cut: npt.NDArray[np.bool_]
    surfaces: Geometries
    dwellings: Columns
    doors: npt.NDArray[np.float64]
    land_plan: UUID | None
    land: Columns
    land_shapes: Geometries
    levels: list[tuple[npt.NDArray[Any], Geometries]]


def name_of(channel: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return the names of channels; those without one give the empty text."""
    return np.array(["" if str(each).startswith(_UNNAMED) else str(each) for each in channel], dtype=object)


def read_water_ground(work: UnitOfWork, spec: PlanSpec, territory: str | UUID | None) -> WaterGround:
    """Read the channels inside the areas asked for, and everything that reaches end at or are mapped to.

    Raises
    ------
    InvalidInputError
        No waterway runs through the areas.
    """
    place = sql.find_territory(work.session, territory)
    srid = place.metric_srid
    areas = sql.read_leaf_areas(work.session, place.id, spec.within)
    parents = _metric(areas["geom"], srid)
    whole = shapely.union_all(parents, grid_size=GRID)
    lines, channel = _channels(water_sql.read_waterways(work.session, place.id), whole, srid)
    if not len(lines):
        raise InvalidInputError(
            f"{place.name} has no waterway in the chosen area; load some with `gridward load osm FILE`.",
            field="within" if spec.within else "territory",
            territory=place.name,
        )
    roads = _metric(water_sql.read_roads(work.session, place.id)["geom"], srid)
    bridges = crossing_points(lines, roads)
    structures = _metric(water_sql.read_structures(work.session, place.id)["geom"], srid)
    dwellings = sql.read_dwellings(work.session, place.id)
    plan = plans_sql.current_plan(work.session, place.id)
    land = plans_sql.grid_shapes(work.session, plan.id) if plan else {}
    levels = water_sql.read_levels(work.session, place.id)
    level_shapes = _metric(levels["geom"], srid)
    kinds = levels["kind"]
    return WaterGround(
        territory=place,
        areas=areas,
        parents=parents,
        whole=whole,
        lines=lines,
        channel=channel,
        cuts=np.r_[bridges, shapely.get_coordinates(structures)],
        must_cut=np.repeat(["bridge" in spec.cut_at, "sluice" in spec.cut_at], [len(bridges), len(structures)]),
        surfaces=_metric(water_sql.read_water_surfaces(work.session, place.id)["geom"], srid),
        dwellings=dwellings,
        doors=shapely.get_coordinates(_metric(dwellings["point"], srid)),
        land_plan=plan.id if plan else None,
        land=land,
        land_shapes=_metric(land["geom"], srid) if plan else np.empty(0, dtype=object),
        levels=[(levels["id"][kinds == kind], level_shapes[kinds == kind]) for kind in sorted(set(kinds.tolist()))],
    )


def water_digest(spec: PlanSpec, ground: WaterGround) -> str:
    """Return a digest that equal inputs share."""
    named = [str(each) for each in ground.channel]
    parts = hashlib.sha256(orjson.dumps([ENGINE, asdict(spec), named, str(ground.land_plan), ground.land_shapes.size]))
    for geometries in (ground.parents, ground.lines, ground.surfaces, *(shapes for _, shapes in ground.levels)):
        for data in shapely.to_wkb(geometries):
            parts.update(data)
    parts.update(np.ascontiguousarray(ground.cuts).tobytes())
    parts.update(np.ascontiguousarray(ground.doors).tobytes())
    parts.update(np.asarray(ground.dwellings["households"], dtype=np.int64).tobytes())
    return parts.hexdigest()


def _channels(waters: Columns, whole: shapely.Geometry, srid: int) -> tuple[Geometries, npt.NDArray[np.object_]]:
    """Clip the waterways to the areas; a channel without a name is known by its line, so that its stubs find it."""
    lines = _metric(waters["geom"], srid)
    shapely.prepare(whole)
    near = np.flatnonzero(shapely.intersects(whole, lines))
    clipped, row = shapely.get_parts(shapely.intersection(lines[near], whole, grid_size=GRID), return_index=True)
    kept = (shapely.get_type_id(clipped) == shapely.GeometryType.LINESTRING) & (shapely.length(clipped) > 0)
    source = near[row[kept]]
    channel = [str(waters["name"][each]).strip() or f"{_UNNAMED}{each}" for each in source.tolist()]
    return np.asarray(clipped[kept], dtype=object), np.array(channel, dtype=object)


def _metric(geometries: Geometries, srid: int) -> Geometries:
    if not len(geometries):
        return np.empty(0, dtype=object)
    return np.asarray(shapely.transform(to_metric(geometries, srid), snap_to_grid), dtype=object)
