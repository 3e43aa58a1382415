"""The coverage report: what is seen and missed in each grid, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from layers.folium_map import style_of
from layers.palette import PALETTES
from layers.report import Cell, ReportContent, ReportLayer, ReportTable
from layers.spec import Lang
from services.coverage_in_area import summary_of
from services.reports.drawing import grid_labels, grid_layer, ground_layer, shed_layers
from services.reports.kinds import kind_word
from services.reports.words import grouped_code, own_areas, words
from store.database import coverage as sql
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.models import CoverageRun, Plan, Territory
from store.database.work import UnitOfWork

FIGURES = (
    "street_m", "seen_m", "seen_m_upper", "k2_m", "k3_m", "open_m2", "seen_m2", "seen_m2_upper", "places",
    "places_seen", "places_seen_upper", "cameras", "networked", "online", "serviceable", "incidents", "gap_score",
)  # fmt: skip
_LIGHT = PALETTES["light"]


def coverage_content(work: UnitOfWork, plan: Plan, run: CoverageRun, lang: Lang) -> ReportContent:
    """Gather what the coverage report of a run says."""
    territory = work.session.get_one(Territory, plan.territory_id)
    rows = sql.coverage_rows(work.session, run.id)
    say = words(lang)
    gaps = sql.gap_rows(work.session, run.id)
    places = sql.place_rows(work.session, run.id)
    places["kind_name"] = np.array([kind_word(str(kind), lang) for kind in places["kind"]], dtype=object)
    return ReportContent(
        name="coverage",
        title=f"{say['title']}: {territory.name}",
        subtitle=f"{plan.name} · {say['as_of']} {run.created_at:%Y-%m-%d %H:%M} UTC",
        facts=_facts(summary_of(work, run), say),
        tables=[_grid_table(rows, say, lang), _gap_table(gaps, lang), _place_table(places)],
        layers=[ground_layer(work, plan, say), *_layers(work, plan, rows, gaps, places, say)],
        labels=grid_labels(work, plan.id),
        legend=[
            (_LIGHT.coverage[1], say["sheds"]),
            (_LIGHT.gap, say["street_gaps"]),
            (_LIGHT.coverage[2], say["place_seen"]),
            (_LIGHT.surface, say["place_gap"]),
            (_LIGHT.text, say["camera"]),
        ],
        notes=[*own_areas(work, say), *_notes(run, territory, rows, say)],
        box=plan_sql.plan_box(work.session, plan.id),
        metric_srid=territory.metric_srid,
        lang=lang,
    )


def _notes(run: CoverageRun, territory: Territory, rows: Any, say: dict[str, str]) -> list[str]:  # noqa: ANN401 - database rows
    spec = run.spec
    notes = [
        say["definition"].format(
            status=say[f"status_{spec.get('status', 'online')}"],
            with_camera=sum(row.CoverageGrid.cameras > 0 for row in rows),
            all_grids=len(rows),
        ),
        *(
            say[name].format(value=spec[given])
            for name, given in (("day", "on"), ("month", "month"))
            if spec.get(given)
        ),
        say["estimated"],
        *([say["demo"]] if territory.demo else []),
        territory.attribution,
    ]
    return [note for note in notes if note]


def _facts(summary: dict[str, Any], say: dict[str, str]) -> list[tuple[str, str, str]]:
    def share(metres: float) -> str:
        return f"{100 * metres / summary['streets_m']:.1f} %" if summary["streets_m"] else "–"

    return [
        (say["streets"], share(summary["seen_m"]), say["upper"].format(value=share(summary["seen_m_upper"]))),
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
        f"{figures.places_seen:g}/{figures.places}" if figures.places else "–",
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


def _layers(
    work: UnitOfWork,
    plan: Plan,
    rows: Any,  # noqa: ANN401 - database rows
    gaps: Any,  # noqa: ANN401 - database rows
    places: Columns,
    say: dict[str, str],
) -> list[ReportLayer]:
    figures = {row.code: row.CoverageGrid for row in rows}

    def share(code: str) -> float | None:
        found = figures.get(code)
        return found.seen_m / found.street_m if found is not None and found.street_m else None

    def tip(code: str) -> str:
        return "" if share(code) is None else f"{say['streets']} {100 * (share(code) or 0.0):.1f} %"

    fields = {name: {code: getattr(found, name) for code, found in figures.items()} for name in FIGURES}
    sheds = sql.shed_rows(work.session, plan.territory_id)
    return [
        grid_layer(work, plan.id, say["grids"], share=share, tip=tip, fields=fields),
        *shed_layers(sheds, say),
        _gap_layer(gaps, say),
        _place_layer(places, say),
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
    kinds, names = [str(kind) for kind in places["kind"]], [str(name) for name in places["name"]]
    return ReportLayer(
        "key_places",
        say["key_places"],
        places["point"],
        [covered if seen == "yes" else missed for seen in places["seen"]],
        [f"{word} {name}" for word, name in zip(places["kind_name"], names, strict=True)],
        {"kind": kinds, "name": names, "seen": [str(seen) for seen in places["seen"]]},
        point_radius=5,
    )
