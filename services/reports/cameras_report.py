"""The register of cameras: what each is, how it is, what it sees."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import shapely

from layers.folium_map import style_of
from layers.palette import PALETTES
from layers.report import Cell, ReportContent, ReportLayer, ReportTable
from layers.spec import Lang
from services.cameras import kind_of
from services.coverage_spec import rate_text
from services.reports.drawing import grid_labels, grid_layer, ground_layer, shed_layers
from services.reports.words import grouped_code, own_areas, words
from store.database import coverage as coverage_sql
from store.database import plans as plan_sql
from store.database import reports as sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

TARGETS = {"networked": 1.0, "online": 1.0, "serviceable": 0.98}  # shares that offices are held to; see the glossary
COLUMNS = (
    "gb28181_id", "ref", "kind", "owner", "purpose", "mount", "azimuth", "hfov", "max_range", "height_m", "sensor_px",
    "indoor", "networked", "online", "serviceable", "heard", "area_m2", "assumed", "grid_code", "area_name", "lon",
    "lat",
)  # fmt: skip
_LIGHT = PALETTES["light"]


def cameras_content(work: UnitOfWork, plan: Plan, lang: Lang, *, now: datetime) -> ReportContent:
    """Gather what the register of cameras says."""
    territory = work.session.get_one(Territory, plan.territory_id)
    say = words(lang)
    rows = sql.camera_register(work.session, territory.id, plan.id)
    sheds = coverage_sql.shed_rows(work.session, territory.id)
    notes = [*own_areas(work, say), say["states"], *([say["demo"]] if territory.demo else []), territory.attribution]
    return ReportContent(
        name="cameras",
        title=f"{say['cameras_title']}: {territory.name}",
        subtitle=f"{plan.name} · {say['as_of']} {now:%Y-%m-%d} UTC",
        facts=_facts(rows, say),
        tables=[_table(rows, say)],
        layers=[
            ground_layer(work, plan, say),
            grid_layer(work, plan.id, say["grid_borders"]),
            *shed_layers(sheds, say),
            _camera_layer(rows, say),
        ],
        labels=grid_labels(work, plan.id),
        legend=[
            (_LIGHT.ok, say["is_online"]),
            (_LIGHT.late, say["is_offline"]),
            (_LIGHT.paused, say["is_apart"]),
            (_LIGHT.warning, say["is_faulty"]),
            (_LIGHT.coverage[1], say["sheds"]),
        ],
        notes=[note for note in notes if note],
        box=plan_sql.plan_box(work.session, plan.id),
        metric_srid=territory.metric_srid,
        lang=lang,
    )


def state_of(row: Any) -> str:  # noqa: ANN401 - a database row
    """Name the word for how a camera is."""
    if not row.networked:
        return "is_apart"
    if not row.online:
        return "is_offline"
    return "is_online" if row.serviceable else "is_faulty"


def _facts(rows: Any, say: dict[str, str]) -> list[tuple[str, str, str]]:  # noqa: ANN401 - database rows
    count = {
        "networked": sum(row.networked for row in rows),
        "online": sum(row.networked and row.online for row in rows),
        "serviceable": sum(
            row.networked and row.online and row.serviceable and (row.indoor or row.area_m2 is not None) for row in rows
        ),
    }
    facts = []
    for name, target in TARGETS.items():
        share = rate_text(count[name] / len(rows), target) if rows else "–"
        note = say["target"].format(count=count[name], all=len(rows), target=f"{target:.0%}")
        facts.append((say[f"{name}_rate"], share, note))
    unknown = sum(_kind(row) == "unknown" for row in rows)
    return [*facts, (say["unknown_heading"], str(unknown), say["unknown_note"])]


def _kind(row: Any) -> str:  # noqa: ANN401 - a database row
    return kind_of(ptz=row.ptz, dome=row.dome, hfov=row.hfov, azimuth=row.azimuth)


def _cell(row: Any, name: str) -> Cell:  # noqa: ANN401 - a database row
    if name == "kind":
        return _kind(row)
    value = getattr(row, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _table(rows: Any, say: dict[str, str]) -> ReportTable:  # noqa: ANN401 - database rows
    def figure(value: float | None, digits: int = 0) -> str:
        return "–" if value is None else f"{value:,.{digits}f}"

    heads = [
        say[key] for key in ("camera", "kind", "owner", "heading", "lens", "range", "state", "heard", "sees", "grid")
    ]
    shown = [
        [
            row.gb28181_id or row.ref or str(row.id)[:8],
            say[f"kind_{_kind(row)}"],
            row.owner,
            figure(row.azimuth),
            figure(row.hfov),
            figure(row.max_range),
            say[state_of(row)],
            "–" if row.heard is None else f"{row.heard:%Y-%m-%d %H:%M}",
            # a heading that is unknown: from nothing to the full circle
            f"0–{figure(row.area_m2)}" if row.assumed else figure(row.area_m2),
            grouped_code(row.grid_code) if row.grid_code else "–",
        ]
        for row in rows
    ]
    raw = [[_cell(row, name) for name in COLUMNS] for row in rows]
    return ReportTable("cameras", say["cameras_title"], list(COLUMNS), raw, heads, shown)


def _camera_layer(rows: Any, say: dict[str, str]) -> ReportLayer:  # noqa: ANN401 - database rows
    colour = {
        "is_online": _LIGHT.ok, "is_offline": _LIGHT.late, "is_apart": _LIGHT.paused, "is_faulty": _LIGHT.warning,
    }  # fmt: skip
    points = np.array([shapely.Point(row.lon, row.lat) for row in rows], dtype=object)
    return ReportLayer(
        "cameras",
        say["camera"],
        points,
        [style_of(_LIGHT.text, fill=colour[state_of(row)], fill_opacity=1.0) for row in rows],
        [f"{row.gb28181_id or row.ref} {say[state_of(row)]}" for row in rows],
        {name: [_cell(row, name) for row in rows] for name in COLUMNS if name not in ("lon", "lat")},
        point_radius=4,
    )
