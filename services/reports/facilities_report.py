"""The report on facilities: where they are, and which villages have none."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from layers.folium_map import style_of
from layers.palette import PALETTES
from layers.report import Cell, ReportContent, ReportLayer, ReportTable
from layers.spec import Lang
from services.reports.drawing import grid_labels, grid_layer, ground_layer
from services.reports.words import grouped_code, words
from store.database import plans as plan_sql
from store.database import reports as sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

COLUMNS = ("kind", "name", "grid_code", "area_name", "lon", "lat")
_LIGHT = PALETTES["light"]


def facilities_content(work: UnitOfWork, plan: Plan, lang: Lang, *, now: datetime) -> ReportContent:
    """Gather what the report on facilities says."""
    territory = work.session.get_one(Territory, plan.territory_id)
    say = words(lang)
    rows = sql.facility_register(work.session, territory.id, plan.id)
    areas = sql.areas_of_plan(work.session, plan.id)
    notes = [say["estimated"], *([say["demo"]] if territory.demo else []), territory.attribution]
    return ReportContent(
        name="facilities",
        title=f"{say['facilities_title']}: {territory.name}",
        subtitle=f"{plan.name} · {say['as_of']} {now:%Y-%m-%d} UTC",
        facts=_facts(rows, areas, say),
        tables=[_table(rows, say), _area_table(rows, areas, say)],
        layers=[
            ground_layer(work, plan, say),
            grid_layer(work, plan.id, say["grid_borders"]),
            _layer(rows, say),
        ],
        labels=grid_labels(work, plan.id),
        legend=[(_LIGHT.accent, say["facility"])],
        notes=[note for note in notes if note],
        box=plan_sql.plan_box(work.session, plan.id),
        metric_srid=territory.metric_srid,
        lang=lang,
    )


def _facts(rows: Any, areas: Any, say: dict[str, str]) -> list[tuple[str, str, str]]:  # noqa: ANN401 - database rows
    grids = sum(area.grids for area in areas)
    held = {row.grid_code for row in rows if row.grid_code}
    served = {row.area_name for row in rows if row.area_name}
    kinds = say["of_kinds"].format(value=len({row.kind for row in rows}))
    return [
        (say["facilities"], f"{len(rows):,}", kinds),
        (say["grids_with"], f"{len(held):,}", say["of"].format(value=grids)),
        (say["villages_with"], f"{len(served):,}", say["of"].format(value=len(areas))),
    ]


def _table(rows: Any, say: dict[str, str]) -> ReportTable:  # noqa: ANN401 - database rows
    raw: list[list[Cell]] = [[getattr(row, name) for name in COLUMNS] for row in rows]
    heads = [say[key] for key in ("facility", "kind", "grid", "area")]
    shown = [
        [row.name or "–", row.kind, grouped_code(row.grid_code) if row.grid_code else "–", row.area_name or "–"]
        for row in rows
    ]
    return ReportTable("facilities", say["facilities_title"], list(COLUMNS), raw, heads, shown)


def _area_table(rows: Any, areas: Any, say: dict[str, str]) -> ReportTable:  # noqa: ANN401 - database rows
    count = Counter(row.area_name for row in rows)
    raw: list[list[Cell]] = [
        [area.code, area.name, area.kind, int(area.grids), int(area.households), count[area.name]] for area in areas
    ]
    heads = [say[key] for key in ("area", "grids_table", "count")]
    shown = [[f"{area.code} {area.name}", str(area.grids), str(count[area.name])] for area in areas]
    columns = ["code", "name", "kind", "grids", "households", "facilities"]
    return ReportTable("areas", say["villages"], columns, raw, heads, shown)


def _layer(rows: Any, say: dict[str, str]) -> ReportLayer:  # noqa: ANN401 - database rows
    return ReportLayer(
        "facilities",
        say["facility"],
        np.array([shapely.Point(row.lon, row.lat) for row in rows], dtype=object),
        [style_of(_LIGHT.text, fill=_LIGHT.accent, fill_opacity=1.0)] * len(rows),
        [f"{row.kind} {row.name}" for row in rows],
        {name: [getattr(row, name) for row in rows] for name in COLUMNS if name not in ("lon", "lat")},
        point_radius=4,
    )
