"""Change sets of areas as drafts and as others see them: drawn boundaries, what they would do, what became of which."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Unpack
from uuid import UUID, uuid4

import numpy as np
import shapely

from gis import crs
from gis.errors import InvalidInputError, NotFoundError
from services.days import local_day
from services.ingest.areas import FIELDS, kind_named, kind_of
from services.ingest.outlines import read_outlines, snap_outlines
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, parse_cells, require_rows, start_load
from services.ingest.shapes import multi_hex
from services.plan_life.area_reckoning import Drawn, Reckoning, reckon
from services.plan_life.area_states import locked, note_step
from store.database import area_changes as sql
from store.database import plan_life as life_sql
from store.database.models import ChangeSet, Territory
from store.database.models.territory import AREA_KINDS
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.files.tables import read_table

NAME_LENGTH = 200
#: Says that areas of the new ones' own kinds end, where saying nothing leaves a draft as it was.
SAME = "same"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a change set is.

    Attributes
    ----------
    name : str
        One for each territory.
    effective_on : datetime.date or None
        First day of the new boundaries, as far as it is known.
    basis : str
        The decision behind it, as far as it is taken.
    replaces : str or None
        Kinds of the areas that end, in the words of the field with commas between; those of the new ones without it.
    """

    name: str
    effective_on: date | None = None
    basis: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSetView:
    """A change set as the list shows it."""

    id: UUID
    territory_id: UUID
    name: str
    basis: str
    status: str
    replaces: str | None
    file: str
    effective_on: date | None
    author: str | None
    approver: str | None
    created_at: datetime
    submitted_at: datetime | None
    approved_at: datetime | None
    published_at: datetime | None
    retired_at: datetime | None
    settled: bool
    figures: dict[str, Any]
    revision: int


@dataclass(frozen=True, slots=True)
class DrawnView:
    """An area of a change set; `area_id` once it is published, `bbox` in EPSG:4326."""

    code: str
    kind: str
    name: str
    area_id: UUID | None
    bbox: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class WholeChange:
    """A change set with all there is to say of it.

    Attributes
    ----------
    change : ChangeSetView
    on : str or None
        Day for which report and lineage hold.
    warnings : list of str
    areas : list of DrawnView
        The new ones.
    ended : list of dict
        ``id``, ``code``, ``name`` of those that end.
    lineage : list of dict
        ``kind``, ``from_code``, ``to_code``, shares of ground and households, ``area_m2``, ``households``.
    actions : list of dict
        What it was made by, as `area_drawing.Action`; empty where a file holds its boundaries.
    """

    change: ChangeSetView
    on: str | None
    warnings: list[str]
    areas: list[DrawnView]
    ended: list[dict[str, Any]]
    lineage: list[dict[str, Any]]
    actions: list[dict[str, Any]]


def draft_areas(
    work: UnitOfWork,
    path: Path | str,
    decision: Decision,
    *,
    time_zone: str = "UTC",
    now: datetime | None = None,
    **options: Unpack[LoadOptions],
) -> tuple[LoadReport, UUID | None]:
    """Keep new boundaries of areas as a draft, and tell what they would do.

    The file holds every area that is new or drawn anew. Present areas whose ground it covers end on the day; an area
    of the same code goes on with its new shape and name. What it leaves out stays as it is. Nothing changes before the
    draft is published (`area_publishing.publish`).

    Parameters
    ----------
    work : UnitOfWork
        The caller commits.
    path : Path or str
        Polygons with code and name.
    decision : Decision
    time_zone : str
        Of the territory: where its days begin.
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
    decision = checked_decision(decision)
    moment = now or datetime.now(UTC)
    territory = find_territory(work.session, options.get("territory"))
    load, drawn = _read(work, path, territory, options)
    found = reckon(work, territory, drawn, decision.replaces, decision.effective_on or local_day(moment, time_zone))
    tell(load.report, found)
    if load.report.dry_run:
        return load.report, None
    change = new_set(work, territory, decision)
    keep_drawn(work, change, territory, found, warnings=load.report.warnings, file=load.table.file)
    note_step(work, change, "draft", at=moment, facts={"file": change.file, "areas": len(drawn.ids)})
    return load.report, change.id


def redraw_areas(
    work: UnitOfWork,
    change_set_id: UUID,
    path: Path | str,
    *,
    expected: int | None = None,
    replaces: str | None = None,
    time_zone: str = "UTC",
    now: datetime | None = None,
    **options: Unpack[LoadOptions],
) -> LoadReport:
    """Put other boundaries into a draft, such as after it was sent back; they may replace other kinds than before."""
    work.actor.require("planner", "system_administrator")
    moment = now or datetime.now(UTC)
    change = locked(work, change_set_id, expected, "draft")
    if replaces is not None and not options.get("dry_run"):
        change.replaces = replaced_kinds(replaces)
    kinds = change.replaces if replaces is None else replaced_kinds(replaces)
    territory = work.session.get_one(Territory, change.territory_id)
    load, drawn = _read(work, path, territory, options)
    found = reckon(work, territory, drawn, kinds, change.effective_on or local_day(moment, time_zone))
    tell(load.report, found)
    if not load.report.dry_run:
        keep_drawn(work, change, territory, found, warnings=load.report.warnings, file=load.table.file)
        note_step(work, change, "redraw", at=moment, facts={"file": change.file, "areas": len(drawn.ids)})
    return load.report


def list_sets(work: UnitOfWork, territory_id: UUID | None = None) -> list[ChangeSetView]:
    """Return change sets, newest first."""
    return [_view(row) for row in sql.list_sets(work.session, territory_id)]


def get_change(work: UnitOfWork, change_set_id: UUID) -> ChangeSetView:
    """Return one change set as the list shows it."""
    sql.get_set(work.session, change_set_id)
    return _view(sql.list_sets(work.session, None, change_set_id)[0])


def whole_change(work: UnitOfWork, change_set_id: UUID) -> WholeChange:
    """Return a change set with its areas, what it does (or would do) and its lineage."""
    report = sql.get_set(work.session, change_set_id).report
    areas = [
        DrawnView(row.code, row.kind, row.name, row.area_id, (row.xmin, row.ymin, row.xmax, row.ymax))
        for row in sql.list_drafted(work.session, change_set_id)
    ]
    return WholeChange(
        get_change(work, change_set_id),
        report.get("on"),
        list(report.get("warnings", [])),
        areas,
        list(report.get("ended", [])),
        lineage_of(work, change_set_id),
        list(report.get("actions", [])),
    )


def shapes_of(work: UnitOfWork, change_set_id: UUID) -> dict[str, Any]:
    """Return the areas before and after a change set as GeoJSON, EPSG:4326: `role`, `code`, `kind`, `name` of each."""
    change = sql.get_set(work.session, change_set_id)
    ended = [UUID(area["id"]) for area in change.report.get("ended", [])]
    features = []
    for role, rows in (
        ("before", sql.shapes_of_areas(work.session, ended)),
        ("after", sql.read_drafted(work.session, change_set_id)),
    ):
        texts = shapely.to_geojson(np.asarray(rows["geom"], dtype=object))
        for at, text in enumerate(np.atleast_1d(texts).tolist()):
            facts = {name: str(rows[name][at]) for name in ("code", "kind", "name")}
            features.append({"type": "Feature", "properties": {"role": role, **facts}, "geometry": json.loads(text)})
    return {"type": "FeatureCollection", "features": features}


def lineage_of(work: UnitOfWork, change_set_id: UUID) -> list[dict[str, Any]]:
    """Return what became of the areas before a change set, or what would become of them."""
    change = sql.get_set(work.session, change_set_id)
    if change.status in ("draft", "review"):
        return list(change.report.get("lineage", []))
    wanted = ("kind", "from_code", "to_code", "area_share", "household_share", "area_m2", "households")
    rows = [row._asdict() for row in life_sql.change_set_lineage(work.session, change_set_id)]
    names = {(row["from_code"], row["to_code"]): row for row in change.report.get("lineage", [])}
    told = []
    for row in rows:
        known = names.get((row["from_code"], row["to_code"]), {})
        named = {name: known.get(name, "") for name in ("from_name", "to_name")}
        told.append({name: row[name] for name in wanted} | named)
    return told


def find_set(work: UnitOfWork, words: str, territory: str | None = None) -> UUID:
    """Return the id of the change set that an id or a name means.

    Raises
    ------
    NotFoundError
        None of that name, or one in several territories.
    """
    try:
        return sql.get_set(work.session, UUID(words)).id
    except ValueError:
        pass
    place = None if territory is None else find_territory(work.session, territory).id
    found = sql.sets_named(work.session, words, place)
    if len(found) != 1:
        how = "There are change sets of that name in several territories; name one." if found else (
            f"There is no change set '{words}'; `gridward area changes` lists them."
        )  # fmt: skip
        raise NotFoundError(how, change_set=words)
    return found[0]


def _read(work: UnitOfWork, path: Path | str, territory: Territory, options: LoadOptions) -> tuple[RowLoad, Drawn]:
    """Read the areas of a file; refused rows are told with their place."""
    table = read_table(path, sheet=options.get("sheet"))
    load = start_load(work, "areas", table, options, territory)
    parse_cells(load, FIELDS)
    west, south, east, north = territory.outline.bounds
    metric = snap_outlines(load, read_outlines(load, (west, south, east, north)), territory.metric_srid)
    require_rows(load)
    codes = [load.values["code"][row] for row in load.kept]
    kinds = [kind_of(load.values["kind"][row], code) for row, code in zip(load.kept, codes, strict=True)]
    names = [str(load.values["name"][row]) for row in load.kept]
    lines = [int(load.table.lines[row]) for row in load.kept]
    return load, Drawn(codes, names, kinds, lines, metric[load.kept])


def checked_decision(decision: Decision) -> Decision:
    """Refuse a change set without a name, or one that replaces areas of no known kind; name the kinds as stored."""
    if not decision.name.strip() or len(decision.name.strip()) > NAME_LENGTH:
        raise InvalidInputError("Name the change set, such as the number of the decision.", field="name")
    return replace(decision, replaces=replaced_kinds(decision.replaces))


def replaced_kinds(words: str | None) -> str | None:
    """Return the kinds that words such as ``community, street`` mean, with commas between; None for none or `SAME`."""
    named = [word.strip() for word in re.split("[,，、;]", words or "") if word.strip()]
    if named == [SAME]:
        return None
    kinds = [kind_named(word) for word in named]
    for word, kind in zip(named, kinds, strict=True):
        if kind is None:
            raise InvalidInputError(
                f"'{word}' is no kind of area. Kinds: county (district, 区), town (street, 街道), village (community,"
                f" 社区), group (小组), zone.",
                field="replaces",
                kinds=list(AREA_KINDS),
            )
    return ",".join(dict.fromkeys(kind for kind in kinds if kind)) or None


def new_set(work: UnitOfWork, territory: Territory, decision: Decision) -> ChangeSet:
    """Make a change set, a draft without areas yet."""
    change = ChangeSet(
        id=uuid4(), territory_id=territory.id, name=decision.name.strip(), basis=decision.basis.strip(),
        replaces=decision.replaces, effective_on=decision.effective_on, author_id=work.actor.account_id, revision=0,
        status="draft",
    )  # fmt: skip
    sql.add_set(work.session, change)
    return change


def tell(report: LoadReport, found: Reckoning) -> None:
    """Put what a change set would do into a report."""
    figures = found.figures
    report.accepted = figures["new"]
    report.counts |= {"areas_ended": figures["ended"], "areas_new": figures["new"], **figures["kinds"]}
    report.warnings += found.warnings


def keep_drawn(
    work: UnitOfWork,
    change: ChangeSet,
    territory: Territory,
    found: Reckoning,
    *,
    warnings: list[str],
    file: str = "",
    actions: list[dict[str, Any]] | None = None,
) -> None:
    """Keep the areas drawn for a change set, what they would do, and the file or the actions that they come from."""
    drawn = found.drawn
    lonlat = multi_hex(crs.to_lonlat(drawn.shapes, territory.metric_srid))
    sql.save_drafted(
        work.session,
        change.id,
        [
            (uuid4(), change.id, drawn.lines[at], code.code, drawn.kinds[at], drawn.names[at], lonlat[at])
            for at, code in enumerate(drawn.codes)
        ],
    )
    change.file = file
    change.figures, change.report = found.figures, found.report | {"warnings": warnings, "actions": actions or []}


def _view(row: Any) -> ChangeSetView:  # noqa: ANN401 - a database row
    return ChangeSetView(
        row.id, row.territory_id, row.name, row.basis, row.status, row.replaces, row.file, row.effective_on,
        row.author, row.approver, row.created_at, row.submitted_at, row.approved_at, row.published_at, row.retired_at,
        row.settled_at is not None, row.figures, row.revision,
    )  # fmt: skip
