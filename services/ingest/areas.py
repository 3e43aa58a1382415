"""Load administrative areas: codes, names, outlines; a reload brings known areas up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from gis import crs
from gis.codes import AreaCode, parse_area_code
from gis.errors import InvalidInputError, UnknownCrsError
from services.area_shapes import draw_missing
from services.ingest.fields import Field, short_text
from services.ingest.outlines import read_outlines, snap_outlines
from services.ingest.places import sample_box, shift_warning, unproven_datum
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, parse_cells, start_load
from services.ingest.save import save
from services.ingest.shapes import as_multi, multi_hex
from store.database import ingest as sql
from store.database.models import Territory
from store.database.partition import find_territory
from store.database.row_security import recode_places
from store.database.work import UnitOfWork
from store.files.tables import Table, read_table

Geometries = npt.NDArray[Any]

FIELDS = (
    Field(
        "code",
        parse_area_code,
        ("adcode", "area_code", "区划代码", "行政区划代码", "编码", "代码", "gb"),
        required=True,
        unique=True,
    ),
    Field("name", short_text, ("area_name", "名称", "区划名称", "行政区", "村里", "townname"), required=True),
    Field("kind", short_text, ("level", "type", "级别", "类型")),
)
_KINDS = {"county": "county", "city": "county", "district": "county", "town": "town", "street": "town"}
_KINDS |= {"village": "village", "community": "village", "group": "group", "zone": "zone"}
_KINDS |= {"县": "county", "区": "county", "市": "county", "镇": "town", "乡": "town", "街道": "town"}
_KINDS |= {"村": "village", "社区": "village", "小组": "group"}
#: A degree of longitude more than this from the middle, and one UTM zone no longer measures well.
_ONE_ZONE_DEG = 9.0
#: Overlaps between areas of one level below this are rounding.
_OVERLAP_M2 = 1.0
_CODE_LENGTHS = (6, 9, 12)


def load_areas(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load areas into a territory, which is made when it does not exist.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Polygon layer with code and name.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport

    Raises
    ------
    RejectedRowsError, InvalidInputError
        Self-crossing outlines are refused with their place.
    """
    work.actor.require("planner", "system_administrator")
    table = read_table(path, sheet=options.get("sheet"))
    if table.geometry is None:
        raise InvalidInputError(
            f"{table.file} has no outlines. Areas need polygons: GeoJSON, GeoPackage or Shapefile.", file=table.file
        )
    # two loads at once: the second waits here, and then finds what the first has made
    sql.lock_codes(work.session)
    territory, fresh = _territory(work, table, options)
    load = start_load(work, "areas", table, options, territory)
    parse_cells(load, FIELDS)
    _refuse_foreign(load)
    geom = read_outlines(load, _expected_box(work, table, options, territory, fresh=fresh))
    if fresh:
        _tell_place(load, geom)
    _warn_of_shift(load, geom)
    srid = _metric_srid(load, geom, fresh=fresh)
    metric = snap_outlines(load, geom, srid)
    _warn_of_overlaps(load, metric)
    report = save(load, lambda: _save(load, metric, srid, fresh=fresh), layer="areas")
    if not options.get("dry_run"):
        draw_missing(work)
    return report


def _territory(work: UnitOfWork, table: Table, options: LoadOptions) -> tuple[Territory, bool]:
    named = options.get("territory")
    if isinstance(named, UUID):
        return find_territory(work.session, named), False
    name = named or table.file.split(".")[0]
    known = sql.territory_by_name(work.session, name)
    if known is None and named is None:
        cells = (cell for column in table.cells.values() for cell in column[:2000])
        codes = {cell for cell in cells if cell.isdigit() and len(cell) in _CODE_LENGTHS}
        known = sql.territory_of_areas(work.session, sorted(codes)) or _territory_around(work, table, options)
    if known is not None:
        return known, False
    return Territory(id=uuid4(), name=name, source=table.file, demo=bool(options.get("demo"))), True


def _territory_around(work: UnitOfWork, table: Table, options: LoadOptions) -> Territory | None:
    """Find the one known territory that the file's outlines meet; None for none or several."""
    text = options.get("crs") or table.crs
    geometry = table.geometry
    if text is None or geometry is None:
        return None
    try:
        declared = crs.parse_declared_crs(text)
    except UnknownCrsError:
        return None  # said again, with more to say, when the outlines are read
    west, south, east, north = (float(value) for value in shapely.total_bounds(geometry))
    corners = np.array([(west, south), (east, south), (east, north), (west, north)])
    if not np.isfinite(corners).all():
        return None
    lonlat = crs.xy_to_wgs84(corners[:, ::-1] if options.get("swap_axes") else corners, declared)
    if not np.isfinite(lonlat).all():
        return None
    (low_x, low_y), (high_x, high_y) = lonlat.min(axis=0), lonlat.max(axis=0)
    return sql.territory_meeting(work.session, (float(low_x), float(low_y), float(high_x), float(high_y)))


def _expected_box(
    work: UnitOfWork, table: Table, options: LoadOptions, territory: Territory, *, fresh: bool
) -> crs.Box | None:
    """Return where the outlines ought to lie: their territory, or the one they would meet with swapped axes."""
    if fresh:
        swapped = LoadOptions(**options)
        swapped["swap_axes"] = not options.get("swap_axes", False)
        found = _territory_around(work, table, swapped)
        if found is None:
            return None
        territory = found
    west, south, east, north = territory.outline.bounds
    return (west, south, east, north)


def _tell_place(load: RowLoad, geom: Geometries) -> None:
    """Say where on earth a new territory lands: nothing else could show that its axes are swapped."""
    kept = load.kept
    if len(kept):
        west, south, east, north = shapely.total_bounds(geom[kept])
        lon, lat = (west + east) / 2, (south + north) / 2
        place = f"{abs(lat):.2f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.2f}° {'E' if lon >= 0 else 'W'}"
        load.report.warnings.append(
            f"A new territory around {place}. If it lies elsewhere, the axes may be swapped: --swap-axes."
        )


def _refuse_foreign(load: RowLoad) -> None:
    """Refuse codes that an area of another territory holds."""
    codes = [load.values["code"][row].code for row in load.kept]
    present = sql.area_ids(load.work.session, codes)
    names = {territory.id: territory.name for territory in sql.territories(load.work.session)}
    for row in load.kept:
        code = load.values["code"][row].code
        if code in present and present[code][1] != load.territory.id:
            reason = f"belongs to territory {names.get(present[code][1], '?')} already"
            load.reject(int(row), load.column_of("code"), code, reason=reason, remedy="name that one with --territory")


def _warn_of_shift(load: RowLoad, geom: Geometries) -> None:
    kept = load.kept
    if not len(kept) or load.report.crs not in ("wgs84", "cgcs2000"):
        return
    lonlat = shapely.get_coordinates(geom[kept])
    if not crs.in_mainland_china(lonlat[:: max(1, len(lonlat) // 500)]).any():
        return
    session = load.work.session
    known = sql.area_outlines_near(session, sample_box(lonlat))
    codes = {load.values["code"][row].code: row for row in kept}
    same = [index for index, code in enumerate(known["code"]) if code in codes]
    # the same area loaded before is the best witness; streets do where there is none
    if same:
        rows = [codes[known["code"][index]] for index in same]
        witness = shapely.boundary(known["geom"][same])
        found = shift_warning(load, shapely.get_coordinates(geom[rows]), witness, what="the known outlines")
    else:
        inside = sql.street_sample(session, sample_box(lonlat), 60_000)["geom"]
        near = _near(lonlat, inside)
        found = shift_warning(load, near, inside, what="known streets") if len(near) else unproven_datum(load)
    if found is not None:
        load.report.warnings.append(found)


def _near(lonlat: npt.NDArray[np.float64], lines: Geometries) -> npt.NDArray[np.float64]:
    """Keep the points inside the box of the streets: outlines far from every known street say nothing."""
    if not len(lines):
        return np.empty((0, 2))
    west, south, east, north = shapely.total_bounds(lines)
    x, y = lonlat[:, 0], lonlat[:, 1]
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return np.asarray(lonlat[inside], dtype=float)


def _metric_srid(load: RowLoad, geom: Geometries, *, fresh: bool) -> int:
    if not fresh:
        return load.territory.metric_srid
    kept = load.kept
    if not len(kept):
        return 32650
    west, south, east, north = (float(value) for value in shapely.total_bounds(geom[kept]))
    if east - west > _ONE_ZONE_DEG:
        load.report.warnings.append(
            f"The areas span {east - west:.0f}° of longitude; one metric system measures badly so far out."
            " Load each county as a territory of its own for planning."
        )
    return crs.suggest_metric_srid((west, south, east, north))


def _warn_of_overlaps(load: RowLoad, metric: Geometries) -> None:
    by_level: dict[tuple[str, int], list[int]] = {}
    for row in load.kept:
        code: AreaCode = load.values["code"][row]
        # a prefecture (…00) and its counties share six digits but not a level
        by_level.setdefault((code.level, int(code.code.endswith("00"))), []).append(int(row))
    for rows in by_level.values():
        shapes = metric[rows]
        first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        pairs = first < second
        shared = shapely.area(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]]))
        over = int((shared > _OVERLAP_M2).sum())
        if over:
            worst = int(np.argmax(shared))
            names = [load.values["name"][rows[index[pairs][worst]]] for index in (first, second)]
            load.report.warnings.append(
                f"{over} pairs of areas overlap, most {names[0]} and {names[1]} ({shared[worst]:,.0f} m²)."
            )


def _save(load: RowLoad, metric: Geometries, srid: int, *, fresh: bool) -> dict[str, int]:
    kept = load.kept
    session = load.work.session
    shapes = {load.values["code"][row].code: metric[row] for row in kept}
    if fresh:
        territory = load.territory
        territory.metric_srid = srid
        territory.outline = as_multi(crs.to_lonlat(_outline(shapes), srid))
        sql.add(session, territory)
    present = sql.area_ids(session, list(shapes))
    lonlat = dict(zip(shapes, crs.to_lonlat(np.array(list(shapes.values()), dtype=object), srid), strict=True))
    ids = {code: present[code][0] if code in present else uuid4() for code in shapes}
    parents = {**sql.area_ids_of(session, load.territory.id), **ids}
    rows = [_row(load, int(row), ids, parents, lonlat) for row in kept]
    inserted, updated = sql.save_areas(session, rows)
    counts = {"inserted": inserted, "updated": updated}
    if not fresh:
        sql.widen_outline(session, load.territory.id)
        counts["placeholders_closed"] = sql.close_placeholders(session, load.territory.id)
        counts["dwellings_reassigned"] = sql.assign_dwellings(session, load.territory.id)
        recode_places(session, load.territory.id)
    return {name: count for name, count in counts.items() if count or name in ("inserted", "updated")}


def _outline(shapes: dict[str, Any]) -> BaseGeometry:
    outline: BaseGeometry = shapely.union_all(list(shapes.values()), grid_size=0.01)
    return outline


def kind_of(told: str | None, code: AreaCode) -> str:
    """Return the kind of an area: what the file says where that is known, else the level of its code."""
    return kind_named(told or "") or code.level


def kind_named(word: str) -> str | None:
    """Return the kind that a word of the field means, such as ``community`` or ``街道``; None for other words."""
    known = word.strip().lower()
    singular = f"{known[:-3]}y" if known.endswith("ies") else known.removesuffix("s")
    return _KINDS.get(known) or _KINDS.get(singular)


def parent_code(code: AreaCode, known: dict[str, UUID]) -> str | None:
    """Find the closest known area above: the level up, or the prefecture of a county.

    Parameters
    ----------
    code : AreaCode
    known : dict
        Codes that exist.

    Returns
    -------
    str or None
    """
    above: str | None = code.parent
    while above is not None:
        if above in known:
            return above
        above = above[:-3] if len(above) > 6 else None
    prefecture = f"{code.code[:4]}00"
    return prefecture if prefecture in known and prefecture != code.code else None


def _row(
    load: RowLoad, row: int, ids: dict[str, UUID], parents: dict[str, UUID], lonlat: dict[str, Any]
) -> tuple[Any, ...]:
    code: AreaCode = load.values["code"][row]
    above = parent_code(code, parents)
    kind = kind_of(load.values["kind"][row], code)
    prefecture = parent_code(parse_area_code(code.code[:6]), parents)
    path = code.path if prefecture is None else f"{prefecture}.{code.path}"
    return (
        ids[code.code],
        load.territory.id,
        code.code,
        kind,
        load.values["name"][row],
        parents[above] if above is not None else None,
        path,
        code.number,
        code.town_number,
        code.county_number,
        multi_hex([lonlat[code.code]])[0],
    )
