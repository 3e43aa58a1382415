"""Floors of office buildings on their way into dedicated grids: from a table, or estimated from loaded buildings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.errors import InvalidInputError
from gis.index import first_holding
from services.ingest.fields import LAT, LON, Field, bounded, short_text, text
from services.ingest.places import locate_rows
from services.ingest.rows import LoadOptions, RowLoad, open_load, require_rows
from store.database import dedicated as sql
from store.database.bulk import Columns
from store.database.models import Territory
from store.database.work import UnitOfWork

Geometries = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]

#: Kinds of buildings (OpenStreetMap) that hold offices and trade.
OFFICE_KINDS = frozenset(("office", "commercial", "retail", "hotel", "supermarket", "mall", "kiosk", "bank"))
#: Square metres of floor that one company takes, where nothing better is known: a small office of five desks.
M2_A_COMPANY = 100.0
_FLOOR = re.compile(r"(?:地下|B|b|-|−)?\s*(\d{1,3})\s*(?:F|f|层|楼|/F)?")
_UNDER = ("地下", "B", "b", "-", "−")


def floor_number(cell: str) -> int:
    """Take a floor: ``12``, ``12F``, ``12层``; ``B2``, ``-2`` and ``地下2层`` are below ground.

    Examples
    --------
    >>> [floor_number(cell) for cell in ("12", "3F", "B2", "-1", "地下1层", "5.0")]
    [12, 3, -2, -1, -1, 5]
    """
    value = cell.strip().removesuffix(".0")
    found = _FLOOR.fullmatch(value)
    if found is None or not int(found[1]) <= 200:
        raise InvalidInputError(
            f"'{cell}' is no floor.", reason="is no floor", remedy="give a whole number such as 12, or B2 below ground"
        )
    return -int(found[1]) if value.startswith(_UNDER) else int(found[1])


BUILDING = Field(
    "building", text, ("door_code", "address", "building_id", "source_ref", "楼宇", "楼栋", "门牌", "地址")
)
FLOOR = Field("floor", floor_number, ("level", "storey", "楼层", "层"), required=True)
LOAD = Field(
    "load",
    bounded(0, 100_000, "on a floor"),
    ("companies", "households", "desks", "enterprises", "企业数", "单位数", "户数"),
    required=True,
)
#: What a column of loads counts, by what its heading holds; companies are usual.
UNITS = {"household": "households", "户": "households", "desk": "desks", "工位": "desks"}
ZONE = Field("zone", short_text, ("zone_name", "片区", "区域"))
FIELDS = (BUILDING, FLOOR, LOAD, ZONE, LON, LAT)


@dataclass(slots=True)
class Floors:
    """Floors that dedicated grids are made of; one entry a floor.

    Attributes
    ----------
    building : (n,) int64
        Row of `buildings`.
    floor : (n,) int64
    load : (n,) float64
    zone : list of str or None
        As the table says.
    buildings : dict of str to ndarray
        Id, reference, kind, levels, geom.
    footprints : (b,) array of Polygon or MultiPolygon
        Of `buildings`, metric CRS.
    estimated : bool
        The load is estimated from floor area.
    left_out : list of str
        Sentences about buildings that could not be used.
    unit : str
        What the load counts: ``companies``, ``households`` or ``desks``.
    """

    building: Ints
    floor: Ints
    load: npt.NDArray[np.float64]
    zone: list[str | None]
    buildings: Columns
    footprints: Geometries
    estimated: bool
    left_out: list[str]
    unit: str = "companies"


def floors_of_buildings(work: UnitOfWork, territory: Territory) -> Floors:
    """Estimate the floors of loaded office and trade buildings with known levels: companies by floor area.

    Raises
    ------
    InvalidInputError
        No such building has levels.
    """
    buildings = sql.read_buildings(work.session, territory.id)
    footprints = _metric(buildings["geom"], territory)
    kind = np.array([str(each) in OFFICE_KINDS for each in buildings["kind"]], dtype=bool)
    levels = np.array([float(each) if each is not None else np.nan for each in buildings["levels"]])
    known = kind & np.isfinite(levels) & (levels >= 1)
    if not known.any():
        raise InvalidInputError(
            f"{territory.name} has no office or trade building with a number of levels; give a table of floors with"
            " --floors.",
            territory=territory.name,
        )
    rows = np.flatnonzero(known)
    count = np.floor(np.minimum(levels[rows], 200)).astype(np.int64)
    building = np.repeat(rows, count)
    floor = np.concatenate([np.arange(1, each + 1) for each in count.tolist()]).astype(np.int64)
    load = np.maximum(shapely.area(footprints)[building] / M2_A_COMPANY, 0.1).round(1)
    unknown = int((kind & ~known).sum())
    left_out = [f"{unknown} office and trade buildings have no known levels and were left out."] if unknown else []
    return Floors(building, floor, load, [None] * len(floor), buildings, footprints, True, left_out)


def load_floors(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> tuple[RowLoad, Floors]:
    """Read a table of floors and find the building of each row.

    Parameters
    ----------
    work : UnitOfWork
    path : Path or str
        CSV or XLSX: building (door code, address or source id) or lon and lat, floor, load, zone.
    **options
        See `LoadOptions`.

    Returns
    -------
    load : RowLoad
    floors : Floors
        Of the rows that were kept.

    Raises
    ------
    RejectedRowsError, InvalidInputError
        Nothing is saved.
    """
    load = open_load(work, "floors", path, FIELDS, options)
    buildings = sql.read_buildings(work.session, load.territory.id)
    footprints = _metric(buildings["geom"], load.territory)
    building = _match(load, buildings, footprints)
    _refuse_repeats(load, building)
    _refuse_torn_zones(load, building)
    require_rows(load)
    kept = load.kept
    floors = Floors(
        building[kept],
        np.array([load.values["floor"][row] for row in kept], dtype=np.int64),
        np.array([load.values["load"][row] for row in kept], dtype=np.float64),
        [load.values["zone"][row] for row in kept],
        buildings,
        footprints,
        False,
        [],
        unit_of(load.column_of("load")),
    )
    load.report.accepted = len(kept)
    return load, floors


def unit_of(heading: str) -> str:
    """Tell what a column of loads counts by its heading.

    Examples
    --------
    >>> [unit_of(heading) for heading in ("Households", "户数", "desks", "企业数", "load")]
    ['households', 'households', 'desks', 'companies', 'companies']
    """
    said = heading.lower()
    return next((unit for word, unit in UNITS.items() if word in said), "companies")


def _metric(geometry: npt.NDArray[Any], territory: Territory) -> Geometries:
    if not len(geometry):
        return np.empty(0, dtype=object)
    return np.asarray(to_metric(geometry, territory.metric_srid), dtype=object)


def _match(load: RowLoad, buildings: Columns, footprints: Geometries) -> Ints:
    """Return the building of each row, -1 for rows that are refused: by point, else by id, door code or address."""
    found = np.full(len(load.table), -1, dtype=np.int64)
    points = locate_rows(load, required=False)
    placed = [row for row in load.kept.tolist() if points[row] is not None]
    if placed:
        metric = _metric(points[placed], load.territory)
        found[placed] = first_holding(footprints, metric) if len(footprints) else -1
    by_word = _by_words(load, buildings, footprints)
    for row in load.kept.tolist():
        word = (load.values["building"][row] or "").lower()
        if points[row] is not None:
            if found[row] < 0:
                place = f"{points[row].x:.6f}, {points[row].y:.6f}"
                reason, remedy = "lies in no loaded building", "correct the point, or name the building by door code"
                load.reject(row, load.column_of("lon"), place, reason=reason, remedy=remedy)
            continue
        known = by_word.get(word, set())
        if len(known) == 1:
            found[row] = next(iter(known))
            continue
        reason = "names several buildings" if known else "names no loaded building"
        reason = reason if word else "is empty, and there are no coordinates"
        remedy = "give its door code, full address or source id (way/123), or lon and lat inside its outline"
        load.reject(row, load.column_of("building"), word, reason=reason, remedy=remedy)
    return found


def _by_words(load: RowLoad, buildings: Columns, footprints: Geometries) -> dict[str, set[int]]:
    """Return the buildings (rows) that each word means: by its own id or reference, else door code, else address."""
    words = sorted({word.lower() for row in load.kept if (word := load.values["building"][row])})
    found: dict[str, set[int]] = {}
    row_of_id = {each: row for row, each in enumerate(buildings["id"])}
    for row in range(len(buildings["id"])):
        for called in (buildings["id"][row], buildings["source_ref"][row]):
            if called is not None:
                found.setdefault(str(called).lower(), set()).add(row)
    doors = sql.doors_called(load.work.session, load.territory.id, [word for word in words if word not in found])
    if not doors:
        return found
    points = _metric(np.asarray(shapely.from_wkb([door.point for door in doors]), dtype=object), load.territory)
    around = first_holding(footprints, points) if len(footprints) else np.full(len(doors), -1)
    by_code = {door.word for door in doors if door.by_code}
    for door, place in zip(doors, around.tolist(), strict=True):
        row = row_of_id.get(door.building_id, place)
        if row >= 0 and (door.by_code or door.word not in by_code):
            found.setdefault(door.word, set()).add(row)
    return found


def _refuse_repeats(load: RowLoad, building: Ints) -> None:
    first: dict[tuple[int, int], int] = {}
    for row in load.kept.tolist():
        floor = load.values["floor"][row]
        before = first.setdefault((int(building[row]), floor), row)
        if before != row:
            reason = f"repeats {load.table.named(before)}: floor {floor} of the same building"
            load.reject(row, load.column_of("floor"), str(floor), reason=reason, remedy="keep one of the two rows")


def _refuse_torn_zones(load: RowLoad, building: Ints) -> None:
    first: dict[int, int] = {}
    for row in load.kept.tolist():
        zone = load.values["zone"][row]
        before = first.setdefault(int(building[row]), row)
        if load.values["zone"][before] != zone:
            told = f"{load.table.named(before)} puts the building into '{load.values['zone'][before] or ''}'"
            load.reject(
                row, load.column_of("zone"), str(zone or ""), reason=told, remedy="give all its floors one zone"
            )
