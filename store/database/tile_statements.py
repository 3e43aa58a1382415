"""The one statement that cuts a tile, for each layer and zoom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import atan, degrees, radians, sinh
from typing import Any, Final

import sqlalchemy as sa

from store.database.grid_shapes import level_for
from store.database.layer_sources import SOURCES, LayerSource

Box = tuple[float, float, float, float]

EXTENT: Final = 4096
BUFFER: Final = 64
WORLD_M: Final = 40075016.6855784
"""Width of the Web Mercator square, metres at the equator."""
RAW_INCIDENTS_FROM: Final = 13
"""Zoom from which incidents are single points; below, cells of an eighth of a tile carry their count."""
CELL_ZOOM: Final = 15
"""Zoom whose columns and rows the counted cells have: an eighth of a tile of the deepest zoom that shows them."""
MOST_POINTS: Final = 4000
"""A tile with more incidents than this shows their count by small cells: everybody is there, in half a megabyte."""
_SMALL_CELLS: Final = 48
_FAR: Final = 2**52
"""Ids of counted cells begin here: above those of incidents, and still whole numbers to a browser."""
_CLOSED: Final = "('CLOSED','REJECTED','DUPLICATE','REFERRED','VOIDED','ARCHIVED')"
_TILE: Final = "st_makeenvelope(:west, :south, :east, :north, 3857)"
_GROWN: Final = "st_makeenvelope(:w, :s, :e, :n, 3857)"
_GROWN_PLACE: Final = "st_makeenvelope(:place_w, :place_s, :place_e, :place_n, 4326)"


def tile_box(z: int, x: int, y: int, *, margin: float = 0.0) -> Box:
    """Return the box of a tile of the Web Mercator quad.

    Parameters
    ----------
    z, x, y : int
        Zoom, column from the west, row from the north.
    margin : float
        Fraction of the tile's width added on each side.

    Returns
    -------
    tuple of float
        West, south, east, north in EPSG:3857.

    Examples
    --------
    >>> tile_box(0, 0, 0)
    (-20037508.3427892, -20037508.3427892, 20037508.3427892, 20037508.3427892)
    """
    width = WORLD_M / 2**z
    west, north = -WORLD_M / 2 + x * width, WORLD_M / 2 - y * width
    grown = margin * width
    return (west - grown, north - width - grown, west + width + grown, north + grown)


def place_box(box: Box) -> Box:
    """Return a box of EPSG:3857 in EPSG:4326; both have their sides along meridians and parallels.

    Examples
    --------
    >>> [round(side, 6) for side in place_box(tile_box(1, 1, 0))]
    [0.0, 0.0, 180.0, 85.051129]
    """
    west, south, east, north = box
    per_degree = WORLD_M / 360
    low, high = (degrees(atan(sinh(radians(side / per_degree)))) for side in (south, north))
    return (west / per_degree, low, east / per_degree, high)


def tile_values(layer: str, scope: Sequence[object], runs: Sequence[object], z: int, x: int, y: int) -> dict[str, Any]:
    """Return the values of `tile_text`."""
    source = SOURCES[layer]
    west, south, east, north = tile_box(z, x, y)
    values: dict[str, Any] = {
        "layer": layer,
        "scope": list(scope),
        "west": west, "south": south, "east": east, "north": north,
    }  # fmt: skip
    if layer == "incidents" and z < RAW_INCIDENTS_FROM:
        across = 2 ** (CELL_ZOOM - z)
        return values | {
            "shift": RAW_INCIDENTS_FROM - 1 - z,
            "left": x * across, "right": (x + 1) * across, "top": y * across, "bottom": (y + 1) * across,
        }  # fmt: skip
    grown = tile_box(z, x, y, margin=BUFFER / EXTENT)
    if source.tile_found is None:
        values |= dict(zip("wsen", grown, strict=True))
    else:
        values |= dict(zip(("place_w", "place_s", "place_e", "place_n"), place_box(grown), strict=True))
    if layer == "incidents":
        values |= {"most": MOST_POINTS, "cell": (east - west) / _SMALL_CELLS, "far": _FAR}
    if ":runs" in (source.tile_tables or source.tables):
        values["runs"] = list(runs)
    if source.simple_shape is not None and level_for(z) is not None:
        values["level"] = level_for(z)
    return values


@cache
def tile_text(layer: str, z: int, *, masked: bool) -> sa.TextClause:
    """Build the text of a tile once: reading its parameters anew would cost as much as a small tile.

    Parameters
    ----------
    layer : str
    z : int
    masked : bool
        For an account without the right to see data of the camera network.
    """
    source = SOURCES[layer]
    if layer != "incidents":
        inner = _features(source, z, masked=masked)
    else:
        inner = _counted() if z < RAW_INCIDENTS_FROM else _points(source)
    # what falls away at this scale has no geometry and st_asmvt leaves it out: a condition would draw everything twice
    return sa.text(f"select st_asmvt(f, :layer, {EXTENT}, 'geom', 'fid') from ({inner}) f")  # noqa: S608


def _drawn(shape: str) -> str:
    return f"st_asmvtgeom({shape}, {_TILE}, {EXTENT}, {BUFFER}, true) as geom"


def _columns(source: LayerSource, *, masked: bool) -> str:
    shown = {**source.columns, **source.tile_columns, **(source.masked if masked else {})}
    return "".join(f'{expression} as "{name}", ' for name, expression in shown.items())


def _features(source: LayerSource, z: int, *, masked: bool) -> str:
    thin = "".join(f" and {condition}" for below, condition in source.thinned if z < below)
    shape, tables = source.tile_shape or source.tile_geom, source.tile_tables or source.tables
    if source.simple_shape is not None and level_for(z) is not None:
        # the box is still compared with the exact grid: half a pixel is well within the tile's margin
        shape, tables = source.simple_shape, tables + source.simple_tables
    there = f"{source.tile_geom} && {_GROWN}" if source.tile_found is None else f"{source.tile_found} && {_GROWN_PLACE}"
    return (
        f"select {source.fid} as fid, {_columns(source, masked=masked)}{_drawn(shape)} from {tables} "  # noqa: S608
        f"where {there} and {source.scope}{thin} order by 1"
    )


def _counted() -> str:
    """Add up the counted cells of a tile, which no incident is in twice; one alone is told by its number."""
    place = "st_setsrid(st_makepoint(c.x_dm / 10.0 / c.n, c.y_dm / 10.0 / c.n), 3857)"
    return (
        f"select {_FAR} + c.cy::bigint * 65536 + c.cx as fid, c.n::int as count, i.no, i.item, "  # noqa: S608 - constants
        "case when c.open > 0 then 'open' else 'closed' end as state, "
        "case when c.critical > 0 then 'critical' when c.major > 0 then 'major' else 'minor' end as severity, "
        f"{_drawn(place)} from ("
        "select cell_x >> :shift as cx, cell_y >> :shift as cy, sum(incidents) as n, sum(open) as open, "
        "sum(critical) as critical, sum(major) as major, sum(ids) as ids, sum(months) as months, "
        "sum(x_dm) as x_dm, sum(y_dm) as y_dm from incident_cell "
        "where territory_id = any(:scope) and cell_x >= :left and cell_x < :right and cell_y >= :top "
        "and cell_y < :bottom group by 1, 2 having sum(incidents) > 0) c "
        "left join lateral (select t.no, t.item from incident t where c.n = 1 and t.id = c.ids "
        "and t.month = date '2000-01-01' + c.months::int) i on true order by 1"
    )


def _points(source: LayerSource) -> str:
    """Draw single incidents; in a tile with too many, count them by small cells that are aligned with the tile."""
    x, y = "st_x(shape)", "st_y(shape)"
    cell = f"floor(({x} - :west) / :cell)", f"floor(({y} - :south) / :cell)"
    return (
        f"with m as materialized (select {source.fid} as fid, {_columns(source, masked=False)}"  # noqa: S608 - constants
        f"{source.tile_geom} as shape from {source.tables} where {source.tile_geom} && {_GROWN} and {source.scope}), "
        "crowd as materialized (select count(*) > :most as dense from m) "
        f"select fid, no, item, state, severity, null::int as count, due, soon, {_drawn('shape')} from m "
        "where not (select dense from crowd) union all "
        "select * from (select case when count(*) = 1 then min(fid) "
        f"else :far + ({cell[1]} * {_SMALL_CELLS} + {cell[0]})::bigint end as fid, "
        "case when count(*) = 1 then min(no) end as no, case when count(*) = 1 then min(item) end as item, "
        f"case when bool_or(state not in {_CLOSED}) then 'open' else 'closed' end as state, "
        "case when bool_or(severity = 'critical') then 'critical' when bool_or(severity = 'major') then 'major' "
        "else 'minor' end as severity, count(*)::int as count, "
        "case when count(*) = 1 then min(due) end as due, case when count(*) = 1 then min(soon) end as soon, "
        f"{_drawn(f'st_setsrid(st_makepoint(avg({x}), avg({y})), 3857)')} from m "
        f"where (select dense from crowd) and {x} >= :west and {x} < :east and {y} >= :south and {y} < :north "
        f"group by {cell[0]}, {cell[1]}) small order by 1"
    )
