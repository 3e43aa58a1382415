"""The report on facilities: where they are, and which villages have none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import shapely

from layers.folium_map import style_of
from layers.palette import PALETTES
from layers.report import Cell, ReportContent, ReportLayer, ReportTable
from layers.spec import Lang
from services.facilities import coverage_of
from services.nearest_staff import StreetGraphs
from services.reports.drawing import grid_labels, grid_layer, ground_layer
from services.reports.kinds import kind_word
from services.reports.words import grouped_code, own_areas, words
from store.database import plans as plan_sql
from store.database import reports as sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

COLUMNS = ("kind", "kind_name", "name", "grid_code", "area_name", "lon", "lat")
_LIGHT = PALETTES["light"]


def facilities_content(work: UnitOfWork, plan: Plan, lang: Lang, *, now: datetime, minutes: float) -> ReportContent:
    """Gather what the report on facilities says, of walks of so many minutes."""
    territory = work.session.get_one(Territory, plan.territory_id)
    say = words(lang)
    rows = sql.facility_register(work.session, territory.id, plan.id)
    found = coverage_of(work, plan.id, StreetGraphs(), minutes=minutes)
    defined = [found["definitions"][f"{name}_{lang}"] for name in ("units", "reach")]
    demo = [say["demo"]] if territory.demo else []
    notes = [*own_areas(work, say), *defined, say["estimated"], *demo, territory.attribution]
    return ReportContent(
        name="facilities",
        title=f"{say['facilities_title']}: {territory.name}",
        subtitle=f"{plan.name} · {say['as_of']} {now:%Y-%m-%d} UTC",
        facts=_facts(rows, found, say),
        tables=[
            _table(rows, say, lang),
            _kind_table(found, say, lang),
            _area_table(found, say),
            _unreached(found, say),
        ],
        layers=[
            ground_layer(work, plan, say),
            grid_layer(work, plan.id, say["grid_borders"]),
            _layer(rows, say, lang),
        ],
        labels=grid_labels(work, plan.id),
        legend=[(_LIGHT.accent, say["facility"])],
        notes=[note for note in notes if note],
        box=plan_sql.plan_box(work.session, plan.id),
        metric_srid=territory.metric_srid,
        lang=lang,
    )


def _facts(rows: Any, found: dict[str, Any], say: dict[str, str]) -> list[tuple[str, str, str]]:  # noqa: ANN401 - database rows
    leaves = _leaves(found)
    served = sum(area["count"] > 0 for area in leaves)
    households = sum(area["households"] for area in leaves)
    within = sum(area["households_within"] for area in leaves)
    kinds = say["of_kinds"].format(value=len(found["kinds"]))
    share = f"{100 * within / households:.1f} %" if households else "–"
    return [
        (say["facilities"], f"{len(rows):,}", kinds),
        (say["villages_with"], f"{served:,}", say["of"].format(value=len(leaves))),
        (say["within"].format(minutes=found["minutes"]), share, f"{within:,.0f} / {households:,.0f}"),
    ]


def _leaves(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Areas that have none below them: each household is in one."""
    parents = {area["parent_id"] for area in found["areas"]}
    return [area for area in found["areas"] if area["id"] not in parents]


def _cell(row: Any, name: str, lang: Lang) -> Cell:  # noqa: ANN401 - a database row
    return kind_word(row.kind, lang) if name == "kind_name" else getattr(row, name)


def _table(rows: Any, say: dict[str, str], lang: Lang) -> ReportTable:  # noqa: ANN401 - database rows
    raw: list[list[Cell]] = [[_cell(row, name, lang) for name in COLUMNS] for row in rows]
    heads = [say[key] for key in ("facility", "kind", "grid", "area")]
    shown = [
        [
            row.name or "–",
            kind_word(row.kind, lang),
            grouped_code(row.grid_code) if row.grid_code else "–",
            row.area_name or "–",
        ]
        for row in rows
    ]
    return ReportTable("facilities", say["facilities_title"], list(COLUMNS), raw, heads, shown)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def _kind_table(found: dict[str, Any], say: dict[str, str], lang: Lang) -> ReportTable:
    columns = ["kind", "kind_name", "count", "units", "units_with", "units_share", "households", "households_within",
               "share", "median_min"]  # fmt: skip
    named = [{**kind, "kind_name": kind_word(str(kind["kind"]), lang)} for kind in found["kinds"]]
    raw: list[list[Cell]] = [[kind[name] for name in columns] for kind in named]
    within = say["within"].format(minutes=found["minutes"])
    heads = [say["kind"], say["count"], say["villages_with"], within, say["share"], say["median"]]
    shown = [
        [
            kind["kind_name"],
            str(kind["count"]),
            f"{kind['units_with']}/{kind['units']}",
            f"{kind['households_within']:,.0f}",
            _percent(kind["share"]),
            "–" if kind["median_min"] is None else f"{kind['median_min']:.1f}",
        ]
        for kind in named
    ]
    return ReportTable("kinds", say["kinds"], columns, raw, heads, shown)


def _area_table(found: dict[str, Any], say: dict[str, str]) -> ReportTable:
    columns = ["code", "kind", "name", "count", "households", "households_within", "share"]
    raw: list[list[Cell]] = [[area[name] for name in columns] for area in found["areas"]]
    heads = [say["area"], say["count"], say["households"], say["within"].format(minutes=found["minutes"]), say["share"]]
    shown = [
        [
            f"{area['code']} {area['name']}",
            str(area["count"]),
            f"{area['households']:,.0f}",
            f"{area['households_within']:,.0f}",
            _percent(area["share"]),
        ]
        for area in found["areas"]
    ]
    return ReportTable("areas", say["villages"], columns, raw, heads, shown)


def _unreached(found: dict[str, Any], say: dict[str, str]) -> ReportTable:
    raw: list[list[Cell]] = [[grid["code"], grid["name"], grid["households"]] for grid in found["unreached"]]
    shown = [
        [f"{grouped_code(grid['code'])} {grid['name']}", f"{grid['households']:,.0f}"] for grid in found["unreached"]
    ]
    heads = [say["grid"], say["households"]] if shown else []
    return ReportTable("unreached", say["unreached"], ["code", "name", "households"], raw, heads, shown)


def _layer(rows: Any, say: dict[str, str], lang: Lang) -> ReportLayer:  # noqa: ANN401 - database rows
    return ReportLayer(
        "facilities",
        say["facility"],
        np.array([shapely.Point(row.lon, row.lat) for row in rows], dtype=object),
        [style_of(_LIGHT.text, fill=_LIGHT.accent, fill_opacity=1.0)] * len(rows),
        [f"{kind_word(row.kind, lang)} {row.name}" for row in rows],
        {name: [_cell(row, name, lang) for row in rows] for name in COLUMNS if name not in ("lon", "lat")},
        point_radius=4,
    )
