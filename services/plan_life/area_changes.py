"""Change sets of areas: new boundaries from a day on, the old ones end, and what became of which is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Unpack
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from gis.codes import AreaCode
from gis.errors import ConflictError, InvalidInputError
from gis.measure import mean_width
from gis.overlay import GRID
from grid_partition.lineage import Lineage, lineage
from services.ingest.areas import FIELDS, kind_of, parent_code
from services.ingest.outlines import read_outlines, snap_outlines
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, parse_cells, require_rows, start_load
from services.ingest.shapes import multi_hex
from services.plan_life.comparing import metric_points
from store.database import area_changes as sql
from store.database import ingest as ingest_sql
from store.database import plan_life as life_sql
from store.database.models import ChangeSet
from store.database.models.territory import AREA_KINDS
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.files.tables import read_table

Geometries = npt.NDArray[Any]
#: Metres of mean width below which two outlines of one border merely differ in sloppiness.
SLOPPY = 5.0


class OpenGroundError(ConflictError):
    """Ground of an area that ends would belong to nobody, or to two."""

    code = "open-ground"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a change set is.

    Attributes
    ----------
    name : str
        One for each territory.
    effective_on : datetime.date
        First day of the new boundaries.
    basis : str
        The decision behind it.
    replaces : str or None
        Kind of the areas that end; that of the new ones without it.
    """

    name: str
    effective_on: date
    basis: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSetView:
    """A change set and what it did."""

    id: UUID
    territory_id: UUID
    name: str
    basis: str
    effective_on: date
    author: str | None
    created_at: datetime
    settled: bool
    figures: dict[str, Any]


@dataclass(slots=True)
class _Old:
    """Areas valid on the day, metric."""

    ids: list[UUID]
    codes: list[str]
    names: list[str]
    shapes: Geometries


@dataclass(slots=True)
class _New:
    """Areas of the file, metric."""

    ids: list[UUID]
    codes: list[AreaCode]
    names: list[str]
    kinds: list[str]
    shapes: Geometries


def change_areas(
    work: UnitOfWork,
    path: Path | str,
    decision: Decision,
    *,
    now: datetime | None = None,
    **options: Unpack[LoadOptions],
) -> tuple[LoadReport, UUID | None]:
    """Put new boundaries of areas in force from a day on.

    The file holds every area that is new or drawn anew. Present areas whose ground it covers end on the day; an area
    of the same code goes on with its new shape and name. What it leaves out stays as it is.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Polygons with code and name.
    decision : Decision
    now : datetime or None
    **options
        See `LoadOptions`.

    Returns
    -------
    report : LoadReport
    change_set : UUID or None
        None after a dry run.

    Raises
    ------
    OpenGroundError
        Part of an area that ends is in no new one; the place is told.
    RejectedRowsError, InvalidInputError
    """
    work.actor.require("planner", "system_administrator")
    if not decision.name.strip():
        raise InvalidInputError("Name the change set, such as the number of the decision.", field="name")
    if decision.replaces is not None and decision.replaces not in AREA_KINDS:
        raise InvalidInputError(f"Kinds of areas: {', '.join(AREA_KINDS)}.", field="replaces")
    table = read_table(path, sheet=options.get("sheet"))
    ingest_sql.lock_codes(work.session)
    territory = find_territory(work.session, options.get("territory"))
    load = start_load(work, "areas", table, options, territory)
    parse_cells(load, FIELDS)
    west, south, east, north = territory.outline.bounds
    metric = snap_outlines(load, read_outlines(load, (west, south, east, north)), territory.metric_srid)
    require_rows(load)
    nested = work.session.begin_nested()
    change_set = _apply(load, metric, decision, now or datetime.now(UTC))
    load.report.accepted = len(load.kept)
    if load.report.dry_run:
        nested.rollback()
        return load.report, None
    nested.commit()
    work.touch("areas", territory.id)
    return load.report, change_set


def settle_areas(work: UnitOfWork, *, now: datetime) -> int:
    """Let change sets whose day has come reach what hangs on areas: children, doors, the outline; return how many."""
    due = sql.due_sets(work.session, now.date())
    for change_set in due:
        _settle(work, change_set, now)
    return len(due)


def list_sets(work: UnitOfWork, territory_id: UUID | None = None) -> list[ChangeSetView]:
    """Return change sets, newest first."""
    return [
        ChangeSetView(
            row.id, row.territory_id, row.name, row.basis, row.effective_on, row.author, row.created_at,
            row.settled_at is not None, row.figures,
        )
        for row in sql.list_sets(work.session, territory_id)
    ]  # fmt: skip


def lineage_of(work: UnitOfWork, change_set_id: UUID) -> Sequence[Any]:
    """Return what became of the areas before a change set."""
    sql.get_set(work.session, change_set_id)
    return life_sql.change_set_lineage(work.session, change_set_id)


def _apply(load: RowLoad, metric: Geometries, decision: Decision, now: datetime) -> UUID:
    """Write change set, areas and lineage."""
    work, territory = load.work, load.territory
    codes: list[AreaCode] = [load.values["code"][row] for row in load.kept]
    new = _New(
        [uuid4() for _ in codes],
        codes,
        [str(load.values["name"][row]) for row in load.kept],
        [kind_of(load.values["kind"][row], code) for row, code in zip(load.kept, codes, strict=True)],
        metric[load.kept],
    )
    old = _old_areas(work, territory.id, territory.metric_srid, decision, set(new.kinds))
    ended = _ending(old, new)
    _refuse_open_ground(ended, new, territory.metric_srid)
    _refuse_overlaps(load, new.shapes)
    _refuse_taken(work, decision, [code.code for code in codes], ended)
    change_set = ChangeSet(
        id=uuid4(), territory_id=territory.id, name=decision.name.strip(), basis=decision.basis.strip(),
        effective_on=decision.effective_on, author_id=work.actor.account_id,
    )  # fmt: skip
    sql.add_set(work.session, change_set)
    sql.end_areas(work.session, ended.ids, decision.effective_on)
    _insert(load, new, decision.effective_on)
    found = _follow(load, ended, new)
    _save_lineage(work, change_set, ended, new.ids, found)
    counts = {str(kind): int(count) for kind, count in zip(*np.unique(found.kind, return_counts=True), strict=True)}
    change_set.figures = {
        "ended": len(ended.ids), "new": len(new.ids), "kinds": counts, "households": int(found.households.sum()),
        "households_lost": int(found.lost_households.sum()),
    }  # fmt: skip
    load.report.counts |= {"areas_ended": len(ended.ids), "areas_new": len(new.ids), **counts}
    _warn_of_grids(load, ended.ids)
    if decision.effective_on <= now.date():
        _settle(work, change_set, now)
    work.session.flush()
    return change_set.id


def _insert(load: RowLoad, new: _New, effective_on: date) -> None:
    """Write the new areas, each below the closest area that its code names."""
    session, territory = load.work.session, load.territory
    parents = {**sql.ids_on(session, territory.id, effective_on)}
    parents |= {code.code: area for code, area in zip(new.codes, new.ids, strict=True)}
    lonlat = multi_hex(crs.to_lonlat(new.shapes, territory.metric_srid))
    since = f"[{effective_on.isoformat()},)"
    rows = []
    for at, code in enumerate(new.codes):
        above = parent_code(code, parents)
        rows.append(
            (
                new.ids[at], territory.id, code.code, new.kinds[at], new.names[at],
                parents[above] if above is not None else None, code.path, code.number, code.town_number,
                code.county_number, lonlat[at], since,
            )
        )  # fmt: skip
    sql.insert_areas(session, rows)


def _old_areas(work: UnitOfWork, territory_id: UUID, srid: int, decision: Decision, kinds: set[str]) -> _Old:
    wanted = [decision.replaces] if decision.replaces else sorted(kinds)
    found = sql.areas_on(work.session, territory_id, wanted, decision.effective_on)
    shapes = np.asarray(crs.to_metric(found["geom"], srid), dtype=object).reshape(-1)
    return _Old(list(found["id"]), [str(c) for c in found["code"]], [str(n) for n in found["name"]], shapes)


def _ending(old: _Old, new: _New) -> _Old:
    """Return the old areas that end: those whose ground the new ones cover, or whose code they take."""
    covered = shapely.union_all(new.shapes, grid_size=GRID)
    overlap = np.asarray(shapely.intersection(old.shapes, covered), dtype=object)
    sloppy = mean_width(overlap) < np.minimum(SLOPPY, mean_width(old.shapes) / 2)
    codes = {code.code for code in new.codes}
    taken = np.array([code in codes for code in old.codes], dtype=bool)
    rows = np.flatnonzero((~sloppy & (shapely.area(overlap) > 0)) | taken)
    return _Old(
        [old.ids[at] for at in rows], [old.codes[at] for at in rows], [old.names[at] for at in rows], old.shapes[rows]
    )


def _refuse_open_ground(ended: _Old, new: _New, srid: int) -> None:
    """Refuse to end an area part of which would be in no area."""
    rest = np.asarray(shapely.difference(ended.shapes, shapely.union_all(new.shapes)), dtype=object)
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


def _refuse_overlaps(load: RowLoad, shapes: Geometries) -> None:
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    shared = np.asarray(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]]), dtype=object)
    for at in np.flatnonzero(mean_width(shared) >= SLOPPY):
        rows = [int(load.kept[index[pairs][at]]) for index in (first, second)]
        place = crs.to_lonlat(shapely.point_on_surface(shared[at]), load.territory.metric_srid)
        names = [str(load.values["name"][row]) for row in rows]
        raise OpenGroundError(
            f"{names[0]} and {names[1]} overlap ({shapely.area(shared[at]):,.0f} m²).",
            rows=[int(load.table.lines[row]) for row in rows],
            place=[place.x, place.y],
        )


def _refuse_taken(work: UnitOfWork, decision: Decision, codes: list[str], ended: _Old) -> None:
    """Refuse codes that another area holds on or after the day, and a day on which an area has not begun."""
    held = sql.holders(work.session, codes, decision.effective_on, ended.ids)
    if held:
        raise ConflictError(
            f"The code {held[0].code} belongs to {held[0].name}, which goes on. Give the new area another code, or"
            " bring that one into the file too.",
            code_taken=held[0].code,
        )
    young = sql.begun_on_or_after(work.session, ended.ids, decision.effective_on)
    if young:
        raise ConflictError(
            f"{young[0].name} began on {young[0].since}; it can't end on {decision.effective_on}.",
            field="effective_on",
            area=young[0].code,
        )


def _follow(load: RowLoad, ended: _Old, new: _New) -> Lineage:
    place = {code.code: at for at, code in enumerate(new.codes)}
    same = [place.get(code, -1) for code in ended.codes]
    lonlat, households = life_sql.doors(load.work.session, load.territory.id)
    return lineage(
        ended.shapes,
        new.shapes,
        same=same,
        renamed=[at >= 0 and new.names[at] != name for at, name in zip(same, ended.names, strict=True)],
        points=metric_points(lonlat, load.territory.metric_srid),
        weight=households,
    )


def _save_lineage(work: UnitOfWork, change_set: ChangeSet, ended: _Old, ids: list[UUID], found: Lineage) -> None:
    at = datetime.combine(change_set.effective_on, time(), UTC)
    life_sql.save_lineage(
        work.session,
        [
            (
                str(found.kind[row]), None, None, ended.ids[found.source[row]], ids[found.target[row]], None, None,
                change_set.id, float(found.area_share[row]), float(found.household_share[row]),
                float(found.area[row]), int(found.households[row]), at,
            )
            for row in range(len(found.source))
        ],
    )  # fmt: skip


def _warn_of_grids(load: RowLoad, ended: list[UUID]) -> None:
    grids = sql.grids_of_areas(load.work.session, ended)
    if grids:
        load.report.warnings.append(
            f"{grids} grids in force belong to areas that end; make a plan on the new areas, or publish a draft of it."
        )


def _settle(work: UnitOfWork, change_set: ChangeSet, now: datetime) -> None:
    sql.adopt_children(work.session, change_set.id)
    reassigned = ingest_sql.assign_dwellings(work.session, change_set.territory_id)
    ingest_sql.widen_outline(work.session, change_set.territory_id)
    change_set.settled_at = now
    change_set.figures = {**(change_set.figures or {}), "dwellings_reassigned": reassigned}
    work.session.flush()
    work.touch("areas", change_set.territory_id)
