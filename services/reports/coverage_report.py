"""The coverage report: what is seen and missed in each grid, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.errors import NotFoundError
from layers.folium_map import style_of
from layers.palette import PALETTES
from layers.report import Cell, ReportContent, ReportLayer, ReportTable
from layers.spec import Lang
from services.coverage_in_area import summary_of
from services.coverage_sheds import sheds_of_run
from services.live_scene import spec_of
from services.reports.asked import Scope, asked_notes, availability_note, moment, scope_of, summed
from services.reports.drawing import grid_labels, grid_layer, ground_layer, shed_layers
from services.reports.kinds import kind_word
from services.reports.spare import spare_table
from services.reports.words import grouped_code, own_areas, words
from store.database import coverage as sql
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.models import CoverageRun, Plan, Territory
from store.database.work import UnitOfWork

FIGURES = (
    "street_m", "seen_m", "seen_m_upper", "k2_m", "k3_m", "open_m2", "seen_m2", "seen_m2_upper", "places",
    "places_seen", "places_seen_upper", "cameras", "networked", "online", "serviceable", "incidents", "gap_score",
    "k2_m_upper", "k3_m_upper", "gap_score_least",
)  # fmt: skip
_LIGHT = PALETTES["light"]


def coverage_content(
    work: UnitOfWork, plan: Plan, run: CoverageRun, lang: Lang, *, area_id: UUID | None = None
) -> ReportContent:
    """Gather what the coverage report of a run says, of all of it or of an area."""
    territory = work.session.get_one(Territory, plan.territory_id)
    say = words(lang)
    scope = scope_of(work, plan, area_id) if area_id is not None else None
    found = _read(work, plan, run, scope)
    spare = spare_table(work, plan, run, say, lang) if scope is None else None
    found.places["kind_name"] = np.array([kind_word(str(kind), lang) for kind in found.places["kind"]], dtype=object)
    return ReportContent(
        name="coverage",
        title=f"{say['title']}: {territory.name}" + (f", {scope.name}" if scope is not None else ""),
        subtitle=f"{plan.name} · {say['as_of']} {moment(run)}",
        facts=_facts(found.summary, spec_of(run).k, say),
        tables=[
            _grid_table(found.rows, say, lang),
            _gap_table(found.gaps, lang),
            _place_table(found.places),
            *([spare[0]] if spare is not None else []),
        ],
        layers=[ground_layer(work, plan, say), *_layers(work, plan, found, say)],
        labels=grid_labels(work, plan.id, codes=None if scope is None else set(found.grids["code"])),
        legend=[
            (_LIGHT.coverage[1], say["sheds"]),
            (_LIGHT.gap, say["street_gaps"]),
            (_LIGHT.coverage[2], say["place_seen"]),
            (_LIGHT.surface, say["place_gap"]),
            *([(_LIGHT.coverage[0], say["place_maybe"])] if "maybe" in set(found.places["seen"]) else []),
            (_LIGHT.text, say["camera"]),
        ],
        notes=[
            *own_areas(work, say),
            *_notes(run, territory, found, say, lang),
            *([spare[1]] if spare is not None else []),
        ],
        box=plan_sql.plan_box(work.session, plan.id) if scope is None else found.box,
        metric_srid=territory.metric_srid,
        lang=lang,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What is read of a run: of all its grids, or of those of an area."""

    rows: list[Any]
    gaps: list[Any]
    places: Columns
    sheds: Columns
    grids: Columns
    as_then: bool
    summary: dict[str, Any]

    @property
    def box(self) -> tuple[float, float, float, float]:
        west, south, east, north = (float(side) for side in shapely.total_bounds(self.grids["geom"]))
        return west, south, east, north


def _read(work: UnitOfWork, plan: Plan, run: CoverageRun, scope: Scope | None) -> _Found:
    rows, gaps = sql.coverage_rows(work.session, run.id), sql.gap_rows(work.session, run.id)
    places, seen = sql.place_rows(work.session, run.id), sheds_of_run(work, plan, run)
    grids = plan_sql.grid_shapes(work.session, plan.id)
    if scope is None:
        return _Found(rows, gaps, places, seen.sheds, grids, seen.as_then, summary_of(work, run))
    grids = _rows_of(grids, [area in scope.areas for area in grids["area_id"]])
    if not len(grids["id"]):
        raise NotFoundError(f"No grid of this plan lies in {scope.name}.", area=scope.name)
    inside = set(grids["id"])
    rows = [row for row in rows if row.area_id in scope.areas]
    gaps = [gap for gap in gaps if gap.grid_id in inside]
    ground = shapely.union_all(grids["geom"])
    standing = shapely.intersects(ground, np.asarray(seen.sheds["point"], dtype=object))
    unknown = int((standing & np.asarray(seen.sheds["assumed"], dtype=bool)).sum())
    return _Found(
        rows,
        gaps,
        _rows_of(places, [grid in inside for grid in places["grid_id"]]),
        _rows_of(seen.sheds, standing | shapely.intersects(ground, np.asarray(seen.sheds["geom"], dtype=object))),
        grids,
        seen.as_then,
        summed(rows, gaps, unknown),
    )


def _rows_of(columns: Columns, mask: Any) -> Columns:  # noqa: ANN401 - a list or array of truth
    kept = np.flatnonzero(np.asarray(mask, dtype=bool))
    return {name: column[kept] for name, column in columns.items()}


def _notes(run: CoverageRun, territory: Territory, found: _Found, say: dict[str, str], lang: Lang) -> list[str]:
    notes = [
        say["definition"].format(
            status=say[f"status_{run.spec.get('status', 'online')}"],
            with_camera=sum(row.CoverageGrid.cameras > 0 for row in found.rows),
            all_grids=len(found.rows),
        ),
        *asked_notes(run, say, lang),
        availability_note(found.summary, say),
        "" if found.as_then else say["sheds_now"],
        say["estimated"],
        *([say["demo"]] if territory.demo else []),
        territory.attribution,
    ]
    return [note for note in notes if note]


def _facts(summary: dict[str, Any], folds: int, say: dict[str, str]) -> list[tuple[str, str, str]]:
    def share(metres: float) -> str:
        return f"{100 * metres / summary['streets_m']:.1f} %" if summary["streets_m"] else "–"

    # the headline answers the need that was asked for
    seen, name = ("seen_m", say["streets"]) if folds == 1 else (f"k{folds}_m", say["streets_by"].format(k=folds))
    return [
        (name, share(summary[seen]), say["upper"].format(value=share(summary[f"{seen}_upper"]))),
        (
            say["places"],
            f"{summary['key_places_seen']:g} / {summary['key_places']}",
            say["places_upper"].format(value=f"{summary['key_places_seen_upper']:g}"),
        ),
        (
            say["cameras"],
            f"{summary['cameras_online']:g} / {summary['cameras']}",
            say["unknown"].format(value=summary["cameras_unknown_heading"]),
        ),
        (say["gaps"], f"{summary['gaps']:,}", say["gaps_note"]),
    ]


def _grid_table(rows: Any, say: dict[str, str], lang: Lang) -> ReportTable:  # noqa: ANN401 - database rows
    heads = [say[key] for key in ("grid", "why", "unseen", "seen", "seen_upper", "key_places", "online", "score")]
    raw: list[list[Cell]] = []
    shown = []
    for row in rows:
        figures = row.CoverageGrid
        reasons = "; ".join(str(reason[f"text_{lang}"]) for reason in figures.reasons)
        raw.append([row.code, row.name, *(round(getattr(figures, name), 2) for name in FIGURES), reasons])
        shown.append(_shown(row, reasons))
    return ReportTable("grids", say["grids_table"], ["code", "name", *FIGURES, "why"], raw, heads, shown)


def ends(known: float, upper: float) -> str:
    """Return a count with what unknown headings may add to it.

    Examples
    --------
    >>> ends(34, 75), ends(2, 2)
    ('34–75', '2')
    """
    return f"{known:g}" if upper <= known else f"{known:g}–{upper:g}"


def _shown(row: Any, reasons: str) -> list[str]:  # noqa: ANN401 - a database row
    figures = row.CoverageGrid

    def percent(metres: float) -> str:
        return f"{100 * metres / figures.street_m:.1f}" if figures.street_m else "–"

    return [
        f"{grouped_code(row.code)} {row.name}".strip(),
        reasons,
        f"{figures.street_m - figures.seen_m:,.0f}",
        percent(figures.seen_m),
        percent(figures.seen_m_upper),
        f"{ends(figures.places_seen, figures.places_seen_upper)}/{figures.places}" if figures.places else "–",
        f"{figures.online:g}/{figures.cameras}" if figures.cameras else "–",
        f"{figures.gap_score:.1f}",
    ]


def _gap_table(gaps: Any, lang: Lang) -> ReportTable:  # noqa: ANN401 - database rows
    rows: list[list[Cell]] = []
    for gap in gaps:
        middle = shapely.point_on_surface(shapely.from_wkb(gap.geom))
        named = gap.place or kind_word(gap.place_kind or "", lang)
        what = named if gap.kind == "key_place" else gap.reason.get("street")
        maybe = "yes" if gap.reason.get("maybe") else "no"
        rows.append([gap.code, gap.kind, what or "", gap.reason.get("metres"), maybe, gap.score, middle.x, middle.y])
    return ReportTable("gaps", "gaps", ["grid", "kind", "what", "metres", "maybe", "score", "lon", "lat"], rows)


def _place_table(places: Columns) -> ReportTable:
    rows: list[list[Cell]] = [
        [kind, word, name, seen, int(cameras), point.x, point.y]
        for kind, word, name, seen, cameras, point in zip(
            *(places[column] for column in ("kind", "kind_name", "name", "seen", "cameras", "point")), strict=True
        )
    ]
    return ReportTable("key_places", "key places", ["kind", "kind_name", "name", "seen", "cameras", "lon", "lat"], rows)


def _layers(work: UnitOfWork, plan: Plan, found: _Found, say: dict[str, str]) -> list[ReportLayer]:
    figures = {row.code: row.CoverageGrid for row in found.rows}

    def share(code: str) -> float | None:
        of = figures.get(code)
        return of.seen_m / of.street_m if of is not None and of.street_m else None

    def tip(code: str) -> str:
        return "" if share(code) is None else f"{say['streets']} {100 * (share(code) or 0.0):.1f} %"

    fields = {name: {code: getattr(of, name) for code, of in figures.items()} for name in FIGURES}
    sheds = found.sheds
    return [
        grid_layer(work, plan.id, say["grids"], share=share, tip=tip, fields=fields, grids=found.grids),
        *shed_layers(sheds, say),
        _gap_layer(found.gaps, say),
        _place_layer(found.places, say),
        ReportLayer(
            "cameras",
            say["camera"],
            sheds["point"],
            [style_of(_LIGHT.text, fill=_LIGHT.text, fill_opacity=0.9)] * len(sheds["point"]),
            [str(camera) for camera in sheds["camera"]],
            {"camera": [str(camera) for camera in sheds["camera"]], "online": [bool(up) for up in sheds["online"]]},
            point_radius=3,
        ),
    ]


def _gap_layer(gaps: Any, say: dict[str, str]) -> ReportLayer:  # noqa: ANN401 - database rows
    streets = [gap for gap in gaps if gap.kind == "street"]
    names = [str(gap.reason.get("street", "")) for gap in streets]
    metres = [float(gap.reason["metres"]) if "metres" in gap.reason else None for gap in streets]
    return ReportLayer(
        "street_gaps",
        say["street_gaps"],
        shapely.from_wkb([gap.geom for gap in streets]),
        [style_of(_LIGHT.gap, weight=3)] * len(streets),
        [f"{name} {length:,.0f} m" if length else name for name, length in zip(names, metres, strict=True)],
        {
            "grid": [gap.code for gap in streets],
            "street": names,
            "metres": metres,
            "score": [gap.score for gap in streets],
        },
    )


def _place_layer(places: Columns, say: dict[str, str]) -> ReportLayer:
    covered = style_of(_LIGHT.coverage[2], fill=_LIGHT.coverage[2], fill_opacity=1)
    missed = style_of(_LIGHT.gap, fill=_LIGHT.surface, weight=2, fill_opacity=1)
    maybe = style_of(_LIGHT.coverage[2], fill=_LIGHT.coverage[0], weight=2, fill_opacity=1)
    looks = {"yes": covered, "maybe": maybe}
    kinds, names = [str(kind) for kind in places["kind"]], [str(name) for name in places["name"]]
    return ReportLayer(
        "key_places",
        say["key_places"],
        places["point"],
        [looks.get(str(seen), missed) for seen in places["seen"]],
        [f"{word} {name}" for word, name in zip(places["kind_name"], names, strict=True)],
        {"kind": kinds, "name": names, "seen": [str(seen) for seen in places["seen"]]},
        point_radius=5,
    )
