"""The ground of the serving figures: 50,176 unit cells, 2,025 grids and 200,000 reports on 30 km by 30 km.

The same rows lie in our tables and, copied, in tables as TiPg finds them in the field: one geometry in EPSG:4326 with
a spatial index and an integer key. A second copy holds Web Mercator, so that the saving of a stored projection can be
told from the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import psycopg
import shapely

CELLS_A_SIDE: Final = 224
GRIDS_A_SIDE: Final = 45
INCIDENTS: Final = 200_000
VILLAGES_A_SIDE: Final = 12
WEST: Final = 120.0
SOUTH: Final = 31.2
METRES: Final = 30_000.0
METRIC_SRID: Final = 32651
DEGREES_LAT: Final = METRES / 111_320.0
DEGREES_LON: Final = DEGREES_LAT / np.cos(np.radians(SOUTH + DEGREES_LAT / 2))
COUNTY: Final = 330_106_000_000
BOX: Final = (WEST, SOUTH, WEST + DEGREES_LON, SOUTH + DEGREES_LAT)


def tiling(side: int, bends: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return side x side crooked squares that share their borders exactly, `4 * (bends + 1)` vertices each."""
    step = np.linspace(0, 1, side + 1)
    x, y = np.meshgrid(step, step)
    inner = np.zeros_like(x, dtype=bool)
    inner[1:-1, 1:-1] = True
    nodes = np.stack([x, y], axis=-1)
    nodes[inner] += rng.uniform(-0.15, 0.15, (int(inner.sum()), 2)) / side

    def edges(start: npt.NDArray[Any], end: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
        share = np.linspace(0, 1, bends + 2)[:-1, None]
        line = start[..., None, :] * (1 - share) + end[..., None, :] * share
        wobble = rng.uniform(-0.05, 0.05, line.shape[:-1]) / side
        wobble[..., 0] = 0.0
        border = (slice(None), [0, -1]) if axis == 0 else ([0, -1],)
        wobble[border] = 0.0  # the outline stays straight
        line[..., axis] += wobble
        return line

    along = edges(nodes[:, :-1], nodes[:, 1:], 1)  # west to east, (side + 1, side, bends + 1, 2)
    up = edges(nodes[:-1], nodes[1:], 0)  # south to north, (side, side + 1, bends + 1, 2)
    back = np.concatenate([nodes[:, 1:, None], along[:, :, :0:-1]], axis=2)
    down = np.concatenate([nodes[1:, :, None], up[:, :, :0:-1]], axis=2)
    rings = np.concatenate([along[:-1], up[:, 1:], back[1:], down[:, :-1]], axis=2)
    rings = np.concatenate([rings, rings[:, :, :1]], axis=2).reshape(side * side, -1, 2)
    return shapely.multipolygons(shapely.polygons(rings * (DEGREES_LON, DEGREES_LAT) + (WEST, SOUTH))[:, None])


def village_of(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the number of the village of each point, row by row from the south-west."""
    share = (points - (WEST, SOUTH)) / (DEGREES_LON, DEGREES_LAT)
    place = np.clip((share * VILLAGES_A_SIDE).astype(int), 0, VILLAGES_A_SIDE - 1)
    return np.asarray(place[:, 1] * VILLAGES_A_SIDE + place[:, 0])


def tiles_over(z: int, most: int = 300, box: tuple[float, float, float, float] = BOX) -> list[tuple[int, int]]:
    """Return columns and rows of tiles that meet a box, `most` of them drawn at random in an order of chance."""
    west, south, east, north = box
    n = 2**z
    rows = ((1 - np.arcsinh(np.tan(np.radians([north, south]))) / np.pi) / 2 * n).astype(int)
    columns = [int((lon + 180) / 360 * n) for lon in (west, east)]
    every = [(x, y) for x in range(columns[0], columns[1] + 1) for y in range(rows[0], rows[1] + 1)]
    return [every[k] for k in np.random.default_rng(z).permutation(len(every))[:most]]


def area_codes(villages: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the 12-digit codes of villages: three rows of villages are a town."""
    towns = villages // (3 * VILLAGES_A_SIDE)
    return np.asarray(COUNTY + (towns + 1) * 1000 + villages % (3 * VILLAGES_A_SIDE) + 1)


def build(owner_url: str, seed: int = 20) -> dict[str, UUID]:
    """Fill an empty database at the newest schema; return the ids of the territory and its two plans."""
    rng = np.random.default_rng(seed)
    territory = uuid4()
    with psycopg.connect(owner_url) as connection:
        outline = shapely.MultiPolygon([shapely.box(*BOX)])
        connection.execute(
            "insert into territory (id, name, outline, metric_srid) values (%s, 'Benchmark', %s::geometry, %s)",
            (territory, hexed(outline), METRIC_SRID),
        )
        villages = build_areas(connection, territory)
        plans = {
            kind: build_plan(connection, territory, kind, shapes, villages)
            for kind, shapes in (("household", tiling(GRIDS_A_SIDE, 24, rng)), ("cell", tiling(CELLS_A_SIDE, 6, rng)))
        }
        build_incidents(connection, territory, rng)
        build_peer(connection, plans)
        # a look at the map reads the layers' revisions: without any, a change of none could not be told
        connection.execute("insert into layer_revision (layer, rev) values ('grids', 1), ('incidents', 1)")
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")
    return {"territory": territory, **plans}


def hexed(shape: shapely.Geometry) -> str:
    return str(shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True))


def build_areas(connection: psycopg.Connection[Any], territory: UUID) -> list[UUID]:
    side = np.arange(VILLAGES_A_SIDE) / VILLAGES_A_SIDE
    county, every = uuid4(), []
    statement = (
        "insert into area (id, territory_id, code, kind, name, names, parent_id, path, area_code, town_code,"
        " county_code, geom) values (%s, %s, %s, %s, %s, '{}', %s, %s, %s, %s, %s, %s::geometry)"
    )
    top = f"{COUNTY:012d}"
    whole = hexed(shapely.MultiPolygon([shapely.box(*BOX)]))
    connection.execute(
        statement, (county, territory, top, "county", "County", None, top, COUNTY, COUNTY, COUNTY, whole)
    )
    for number in range(VILLAGES_A_SIDE**2):
        code = int(area_codes(np.array([number]))[0])
        row, column = divmod(number, VILLAGES_A_SIDE)
        west, south = WEST + side[column] * DEGREES_LON, SOUTH + side[row] * DEGREES_LAT
        box = shapely.box(west, south, west + DEGREES_LON / VILLAGES_A_SIDE, south + DEGREES_LAT / VILLAGES_A_SIDE)
        every.append(uuid4())
        town = code // 1000 * 1000
        connection.execute(
            statement,
            (every[-1], territory, f"{code:012d}", "village", f"Village {number}", county, f"{top}.{code:012d}",
             code, town, COUNTY, hexed(shapely.MultiPolygon([box]))),
        )  # fmt: skip
    return every


def build_plan(
    connection: psycopg.Connection[Any],
    territory: UUID,
    kind: str,
    shapes: npt.NDArray[np.object_],
    villages: list[UUID],
) -> UUID:
    plan = uuid4()
    connection.execute(
        "insert into plan (id, territory_id, kind, name, status, spec, spec_digest, quality, published_at,"
        " effective_at) values (%s, %s, %s, %s, 'published', '{}', %s, '{}', now(), now())",
        (plan, territory, kind, kind, kind),
    )
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    numbers = village_of(points)
    codes = area_codes(numbers)
    digits, letter = (6, "D") if kind == "cell" else (4, "")
    ids = [uuid4() for _ in shapes]
    with connection.cursor() as cursor:
        with cursor.copy("copy grid (id, territory_id, kind, code, code_given_at) from stdin") as copy:
            now = datetime.now(UTC)
            for k, each in enumerate(ids):
                copy.write_row((each, territory, kind, f"{codes[k]:012d}{letter}{k + 1:0{digits}d}", now))
        columns = (
            "grid_id, plan_id, area_id, name, geom, label_point, households, dwellings, deviation, area_m2,"
            " compactness, valid"
        )
        with cursor.copy(f"copy grid_version ({columns}) from stdin") as copy:
            for k, each in enumerate(ids):
                copy.write_row((
                    each, plan, villages[numbers[k]], f"{kind} {k + 1}", hexed(shapes[k]),
                    hexed(shapely.Point(points[k])), 200 + k % 150, 100, (k % 21 - 10) / 100, 17_000.0, 0.7,
                    "[2026-01-01,)",
                ))  # fmt: skip
    return plan


def build_incidents(connection: psycopg.Connection[Any], territory: UUID, rng: np.random.Generator) -> None:
    centres = rng.uniform(0.1, 0.9, (40, 2))
    share = np.clip(centres[rng.integers(0, 40, INCIDENTS)] + rng.normal(0, 0.08, (INCIDENTS, 2)), 0.001, 0.999)
    points = share * (DEGREES_LON, DEGREES_LAT) + (WEST, SOUTH)
    codes = area_codes(village_of(points))
    states = np.array(["REPORTED", "CLOSED", "CLOSED", "ASSIGNED"])[rng.integers(0, 4, INCIDENTS)]
    severities = np.array(["minor", "minor", "major", "critical"])[rng.integers(0, 4, INCIDENTS)]
    months = [f"2026-{m:02d}-01" for m in range(1, 7)]
    for month in months:
        connection.execute("select ensure_incident_month(%s::date)", (month,))
    columns = (
        "month, id, territory_id, no, channel, item, state, severity, reported_at, point, locate_method, area_code,"
        " town_code, county_code"
    )
    blobs = shapely.to_wkb(shapely.set_srid(shapely.points(points), 4326), hex=True, include_srid=True)
    with connection.cursor() as cursor, cursor.copy(f"copy incident ({columns}) from stdin") as copy:
        for k in range(INCIDENTS):
            month = months[k % 6]
            copy.write_row((
                month, k + 1, territory, f"2601-{k + 1:07d}", "phone", f"item {k % 30}", str(states[k]),
                str(severities[k]), f"{month[:8]}{k % 28 + 1:02d}T08:00:00Z", str(blobs[k]), "point",
                int(codes[k]), int(codes[k]) // 1000 * 1000, COUNTY,
            ))  # fmt: skip


def build_peer(connection: psycopg.Connection[Any], plans: dict[str, UUID]) -> None:
    """Copy what our layers show into tables of the plain kind, with the same attributes."""
    connection.execute("create schema peer")
    for name, kind in (("cells", "cell"), ("grids", "household")):
        for suffix, column in (("", "v.geom"), ("_3857", "v.geom_3857")):
            connection.execute(
                f"create table peer.{name}{suffix} as select v.fid as id, g.code, ltrim(right(g.code, 3), '0') as"
                f" number, v.name, v.households, {column} as geom from grid_version v join grid g on g.id = v.grid_id"
                f" where v.plan_id = '{plans[kind]}' order by v.fid"
            )
    for suffix, column in (("", "point"), ("_3857", "geom_3857")):
        connection.execute(
            f"create table peer.incidents{suffix} as select id, no, item, state, severity, {column} as geom"
            " from incident order by id"
        )
    for name in ("cells", "grids", "incidents"):
        for suffix, (kind, srid) in (("", ("Geometry", 4326)), ("_3857", ("Geometry", 3857))):
            connection.execute(f"alter table peer.{name}{suffix} alter geom type geometry({kind}, {srid})")
            connection.execute(f"alter table peer.{name}{suffix} add primary key (id)")
            connection.execute(f"create index on peer.{name}{suffix} using gist (geom)")
