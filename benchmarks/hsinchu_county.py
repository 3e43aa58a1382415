"""A county of 480,000 households in 1,600 grids over the real outline and villages of Hsinchu, in a database.

Villages and their share of the households are real; doors and streets are made up, with a fixed seed.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa

from gis.crs import to_lonlat, to_metric
from services.partition import PlanSpec, propose_plan
from store.database.actor import Actor
from store.database.bulk import copy_rows, ewkb_hex
from store.database.engine import Database
from store.database.models import Area, Territory

SRID = 3826
HOUSEHOLDS = 480_000
DOORS = 120_000
BLOCK_M = 85.0


def build_county(database: Database, data: Path, *, households: int = HOUSEHOLDS, grids: int = 1600) -> UUID:
    """Write the county and divide it; return the plan, a draft."""
    rng = np.random.default_rng(4)
    villages = gpd.read_file(data / "taiwan-hsinchu" / "hsinchu_villages_2021_households.geojson")
    shapes = _tiled(np.asarray(to_metric(villages.geometry.values, SRID), dtype=object))
    doors = round(DOORS * households / HOUSEHOLDS)
    xy, home = _doors(rng, shapes, villages["households"].to_numpy(), doors)
    count = _counts(rng, doors, households)
    with database.owner_work(Actor.system()) as work:
        session = work.session
        place = Territory(id=uuid4(), name="Hsinchu county", metric_srid=SRID, outline=_many(shapely.union_all(shapes)))
        session.add(place)
        session.flush()
        areas = []
        for row, shape in enumerate(shapes):
            code = f"10018{row // 90 + 1:01d}{row // 90 + 1:03d}{row % 90 + 1:03d}"
            area = Area(
                id=uuid4(), territory_id=place.id, code=code, kind="village", name=villages["VILLNAME"][row],
                path=code, area_code=int(code), town_code=int(code[:9].ljust(12, "0")),
                county_code=int(code[:6].ljust(12, "0")), geom=_many(shape),
            )  # fmt: skip
            session.add(area)
            areas.append(area.id)
        session.flush()
        points = ewkb_hex(to_lonlat(shapely.points(xy), SRID))
        rows = ((uuid4(), place.id, areas[home[n]], int(count[n]), points[n]) for n in range(doors))
        copy_rows(session, "dwelling", ("id", "territory_id", "area_id", "households", "point"), rows)
        lines = ewkb_hex(to_lonlat(_streets(shapely.union_all(shapes)), SRID))
        copy_rows(
            session,
            "street",
            ("id", "territory_id", "kind", "geom"),
            ((uuid4(), place.id, "residential", line) for line in lines),
        )
        territory = place.id
    with database.work(Actor.system()) as work:
        plan = propose_plan(work, PlanSpec(target=None, grids=grids), territory=territory).plan_id
    with database.owner_work(Actor.system()) as work:
        work.session.execute(sa.text("analyze"))
    return plan


def _tiled(shapes: np.ndarray) -> np.ndarray:
    """Put the villages on the 1 cm grid with equal borders on both sides."""
    lines = shapely.union_all(shapely.boundary(shapes), grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    face, village = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), predicate="within")
    return np.array([shapely.union_all(faces[face[village == row]]) for row in range(len(shapes))], dtype=object)


def _doors(
    rng: np.random.Generator, shapes: np.ndarray, weight: np.ndarray, doors: int
) -> tuple[np.ndarray, np.ndarray]:
    share = np.floor(weight / weight.sum() * doors).astype(int)
    share[np.argmax(share)] += doors - share.sum()
    xy = []
    for shape, wanted in zip(shapes, share, strict=True):
        west, south, east, north = shape.bounds
        found = np.empty((0, 2))
        while len(found) < wanted:
            tries = rng.uniform((west, south), (east, north), (4 * wanted + 50, 2)).round(2)
            found = np.r_[found, tries[shapely.contains_xy(shape, tries)]]
        xy.append(found[:wanted])
    return np.vstack(xy), np.repeat(np.arange(len(shapes)), share)


def _counts(rng: np.random.Generator, doors: int, households: int) -> np.ndarray:
    count = np.ones(doors, dtype=int)
    np.add.at(count, rng.integers(0, doors, households - doors), 1)
    return count


def _streets(outline: shapely.Geometry) -> np.ndarray:
    """Lay streets of a made-up town, turned against the axes, over the outline."""
    west, south, east, north = shapely.bounds(outline)
    middle, reach = ((west + east) / 2, (south + north) / 2), (east - west + north - south)
    offset = np.arange(-reach, reach, BLOCK_M)
    lines = [shapely.LineString([(-reach, each), (reach, each)]) for each in offset]
    lines += [shapely.LineString([(each, -reach), (each, reach)]) for each in offset]
    turn = np.radians(17.0)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    turned = shapely.transform(np.array(lines, dtype=object), lambda xy: xy @ spin + middle)
    parts = shapely.get_parts(shapely.intersection(turned, outline))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]


def _many(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return to_lonlat(shapely.MultiPolygon(list(shapely.get_parts(shape))), SRID)
