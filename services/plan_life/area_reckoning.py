"""What new boundaries of areas would do on a day: which areas end, and where their ground and households go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from gis.codes import AreaCode, parse_area_code
from gis.errors import ConflictError
from gis.measure import mean_width
from gis.overlay import GRID
from grid_partition.lineage import Lineage, lineage
from services.plan_life.comparing import metric_points
from services.plan_life.publishing import TooEarlyError
from store.database import area_changes as sql
from store.database import plan_life as life_sql
from store.database.models import Territory
from store.database.work import UnitOfWork

Geometries = npt.NDArray[Any]
#: Metres of mean width below which two outlines of one border merely differ in sloppiness.
SLOPPY = 5.0


class OpenGroundError(ConflictError):
    """Ground of an area that ends would belong to nobody, or to two."""

    code = "open-ground"


class EndsAlreadyError(ConflictError):
    """An area that would end does so by another change set."""

    code = "area-ends-already"


class AreasRemainError(ConflictError):
    """An area of a new one's kind would stay in force on the same ground; figures would count it twice."""

    code = "areas-remain"


@dataclass(slots=True)
class Present:
    """Areas valid on the day, metric.

    Attributes
    ----------
    ids, codes, names : (n,) list
    shapes : (n,) array of Polygon or MultiPolygon, metric CRS
    """

    ids: list[UUID]
    codes: list[str]
    names: list[str]
    shapes: Geometries


@dataclass(slots=True)
class Drawn:
    """Areas of a change set.

    Attributes
    ----------
    codes, names, kinds, lines : (n,) list
        `lines` of the file.
    shapes : (n,) array of Polygon or MultiPolygon, metric CRS
    ids : (n,) list of UUID
        What they will be known by.
    """

    codes: list[AreaCode]
    names: list[str]
    kinds: list[str]
    lines: list[int]
    shapes: Geometries
    ids: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Give the areas ids."""
        self.ids = self.ids or [uuid4() for _ in self.codes]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What a change set would do on a day."""

    on: date
    ended: Present
    drawn: Drawn
    found: Lineage
    warnings: list[str]

    @property
    def figures(self) -> dict[str, Any]:
        """How many areas end and begin, how they go on, and the households that move with them."""
        kinds = {str(kind): int(n) for kind, n in zip(*np.unique(self.found.kind, return_counts=True), strict=True)}
        return {
            "ended": len(self.ended.ids), "new": len(self.drawn.ids), "kinds": kinds,
            "households": int(self.found.households.sum()),
            "households_lost": int(self.found.lost_households.sum()),
        }  # fmt: skip

    @property
    def report(self) -> dict[str, Any]:
        """What a reviewer reads, as plain data."""
        old, new, found = self.ended, self.drawn, self.found
        ended = [
            {"id": str(area), "code": code, "name": name}
            for area, code, name in zip(old.ids, old.codes, old.names, strict=True)
        ]
        rows = [
            {
                "kind": str(found.kind[row]), "from_code": old.codes[source], "from_name": old.names[source],
                "to_code": new.codes[target].code, "to_name": new.names[target],
                "area_share": float(found.area_share[row]), "household_share": float(found.household_share[row]),
                "area_m2": float(found.area[row]), "households": int(found.households[row]),
            }
            for row, (source, target) in enumerate(zip(found.source, found.target, strict=True))
        ]  # fmt: skip
        return {"on": self.on.isoformat(), "warnings": self.warnings, "ended": ended, "lineage": rows}


def read_drawn(work: UnitOfWork, change_set_id: UUID, territory: Territory) -> Drawn:
    """Return the areas kept for a change set."""
    kept = sql.read_drafted(work.session, change_set_id)
    shapes = np.asarray(crs.to_metric(kept["geom"], territory.metric_srid), dtype=object).reshape(-1)
    codes = [parse_area_code(str(code)) for code in kept["code"]]
    names, kinds = [str(name) for name in kept["name"]], [str(kind) for kind in kept["kind"]]
    return Drawn(codes, names, kinds, [int(line) for line in kept["line"]], shapes)


def reckon(work: UnitOfWork, territory: Territory, drawn: Drawn, replaces: str | None, on: date) -> Reckoning:
    """Find which areas end on a day, where they go, and whether that may be.

    Parameters
    ----------
    work : UnitOfWork
    territory : Territory
    drawn : Drawn
    replaces : str or None
        Kinds of the areas that end, with commas between; those of the new ones without it.
    on : datetime.date

    Returns
    -------
    Reckoning

    Raises
    ------
    OpenGroundError
        Ground of an area that ends would be in no area, or in two; the place is told.
    AreasRemainError
        Areas of a new one's kind on the same ground are not among those that end.
    EndsAlreadyError
        Another change set ends one of them.
    TooEarlyError
        One of them has not begun by then.
    ConflictError
        A code belongs to an area that goes on.
    """
    srid = territory.metric_srid
    own = sorted(set(drawn.kinds))
    wanted = replaces.split(",") if replaces else own
    ended = _ending(_present(work, territory, wanted, on), drawn)
    for kind in own:
        if kind not in wanted:
            _refuse_remaining(_present(work, territory, [kind], on), drawn, kind, wanted, srid)
    _refuse_open_ground(ended, drawn, srid)
    _refuse_overlaps(drawn, srid)
    _refuse_taken(work, on, [code.code for code in drawn.codes], ended)
    return Reckoning(on, ended, drawn, _follow(work, territory, ended, drawn), _warnings(work, ended))


def _present(work: UnitOfWork, territory: Territory, kinds: list[str], on: date) -> Present:
    kept = sql.areas_on(work.session, territory.id, kinds, on)
    shapes = np.asarray(crs.to_metric(kept["geom"], territory.metric_srid), dtype=object).reshape(-1)
    return Present(list(kept["id"]), [str(c) for c in kept["code"]], [str(n) for n in kept["name"]], shapes)


def _ending(old: Present, drawn: Drawn) -> Present:
    """Return the old areas that end: those whose ground the new ones cover, or whose code they take."""
    covered = shapely.union_all(drawn.shapes, grid_size=GRID)
    overlap = np.asarray(shapely.intersection(old.shapes, covered), dtype=object)
    sloppy = mean_width(overlap) < np.minimum(SLOPPY, mean_width(old.shapes) / 2)
    codes = {code.code for code in drawn.codes}
    taken = np.array([code in codes for code in old.codes], dtype=bool)
    rows = np.flatnonzero((~sloppy & (shapely.area(overlap) > 0)) | taken)
    return Present(
        [old.ids[at] for at in rows], [old.codes[at] for at in rows], [old.names[at] for at in rows], old.shapes[rows]
    )


def _refuse_remaining(old: Present, drawn: Drawn, kind: str, wanted: list[str], srid: int) -> None:
    """Refuse areas of a kind over present ones that would stay in force: both would be counted from then on."""
    new = drawn.shapes[[each == kind for each in drawn.kinds]]
    left = _ending(old, Drawn([], [], [], [], new))
    if not left.ids:
        return
    shared = np.asarray(shapely.intersection(left.shapes, shapely.union_all(new, grid_size=GRID)), dtype=object)
    worst = shared[int(np.argmax(shapely.area(shared)))]
    place = crs.to_lonlat(shapely.point_on_surface(worst), srid)
    named = ", ".join(f"{name} ({code})" for name, code in list(zip(left.names, left.codes, strict=True))[:3])
    more = f" and {len(left.ids) - 3} more" if len(left.ids) > 3 else ""
    both = [*wanted, kind]
    raise AreasRemainError(
        f"New areas of kind {kind} lie over {named}{more} of the same kind, which would stay in force: both would be"
        f" counted from then on. Let the change replace that kind too: {', '.join(both)}.",
        areas=left.codes[:50],
        kind=kind,
        replaces=both,
        place=[place.x, place.y],
    )


def _refuse_open_ground(ended: Present, drawn: Drawn, srid: int) -> None:
    """Refuse to end an area part of which would be in no area."""
    rest = np.asarray(shapely.difference(ended.shapes, shapely.union_all(drawn.shapes)), dtype=object)
    for name, code, ground in zip(ended.names, ended.codes, rest, strict=True):
        pieces = shapely.get_parts(ground)
        wide = pieces[mean_width(pieces) >= SLOPPY]
        if not len(wide):
            continue
        worst = wide[int(np.argmax(shapely.area(wide)))]
        place = crs.to_lonlat(shapely.point_on_surface(worst), srid)
        open_m2 = float(shapely.area(wide).sum())
        raise OpenGroundError(
            f"{name} ({code}) would end, but {open_m2:,.0f} m² of it are in no new area."
            " Add the area that takes this ground to the file.",
            area=code,
            place=[place.x, place.y],
            area_m2=open_m2,
        )


def _refuse_overlaps(drawn: Drawn, srid: int) -> None:
    first, second = shapely.STRtree(drawn.shapes).query(drawn.shapes, predicate="intersects")
    pairs = first < second
    shared = np.asarray(shapely.intersection(drawn.shapes[first[pairs]], drawn.shapes[second[pairs]]), dtype=object)
    for at in np.flatnonzero(mean_width(shared) >= SLOPPY):
        rows = [int(index[pairs][at]) for index in (first, second)]
        place = crs.to_lonlat(shapely.point_on_surface(shared[at]), srid)
        names = [drawn.names[row] for row in rows]
        raise OpenGroundError(
            f"{names[0]} and {names[1]} overlap ({shapely.area(shared[at]):,.0f} m²).",
            rows=[drawn.lines[row] for row in rows],
            place=[place.x, place.y],
        )


def _refuse_taken(work: UnitOfWork, on: date, codes: list[str], ended: Present) -> None:
    """Refuse codes that another area holds on or after the day, and a day that other changes leave no room for."""
    young = sql.begun_on_or_after(work.session, ended.ids, on)
    if young:
        raise TooEarlyError(
            f"{young[0].name} began on {young[0].since}; it can't end on {on}.",
            field="effective_on",
            area=young[0].code,
        )
    ending = sql.ending_already(work.session, ended.ids)
    if ending:
        by = f" by '{ending[0].change_set}'" if ending[0].change_set else ""
        raise EndsAlreadyError(
            f"{ending[0].name} ({ending[0].code}) ends on {ending[0].until}{by}; withdraw that, or choose that day or"
            " a later one.",
            area=ending[0].code,
            until=str(ending[0].until),
            change_set=ending[0].change_set,
        )
    held = sql.holders(work.session, codes, on, ended.ids)
    if held:
        raise ConflictError(
            f"The code {held[0].code} belongs to {held[0].name}, which goes on. Give the new area another code, or"
            " bring that one into the file too.",
            code_taken=held[0].code,
        )


def _follow(work: UnitOfWork, territory: Territory, ended: Present, drawn: Drawn) -> Lineage:
    place = {code.code: at for at, code in enumerate(drawn.codes)}
    same = [place.get(code, -1) for code in ended.codes]
    lonlat, households = life_sql.doors(work.session, territory.id)
    return lineage(
        ended.shapes,
        drawn.shapes,
        same=same,
        renamed=[at >= 0 and drawn.names[at] != name for at, name in zip(same, ended.names, strict=True)],
        points=metric_points(lonlat, territory.metric_srid),
        weight=households,
    )


def _warnings(work: UnitOfWork, ended: Present) -> list[str]:
    grids = sql.grids_of_areas(work.session, ended.ids)
    if not grids:
        return []
    return [f"{grids} grids in force belong to areas that end; make a plan on the new areas, or publish a draft of it."]
