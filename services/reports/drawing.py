"""Layers that several reports draw: ground, grids, cameras, view sheds."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any
from uuid import UUID

import numpy as np

from layers.folium_map import style_of
from layers.palette import PALETTES
from layers.report import ReportLayer
from services.reports.words import grouped_code
from store.database import coverage as sql
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.models import Plan
from store.database.work import UnitOfWork

MOST_GROUND = 4000  # surfaces drawn below the figures: more would make the file slow to open
_LIGHT = PALETTES["light"]
_GROUND = {"water": _LIGHT.water, "green": _LIGHT.green, "building": _LIGHT.building}


def ground_layer(work: UnitOfWork, plan: Plan, say: Mapping[str, str]) -> ReportLayer:
    """Water, green and buildings: drawn, not handed over."""
    ground = sql.read_ground(work.session, plan.territory_id, most=MOST_GROUND)
    styles = [style_of(_GROUND[kind], fill=_GROUND[kind], weight=0.5, fill_opacity=1.0) for kind in ground["kind"]]
    return ReportLayer("", say["ground"], ground["geom"], styles)


def grid_layer(
    work: UnitOfWork,
    plan_id: UUID,
    title: str,
    *,
    share: Callable[[str], float | None] = lambda _code: None,
    tip: Callable[[str], str] = lambda _code: "",
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    grids: Columns | None = None,
) -> ReportLayer:
    """Grids of a plan, filled by a share of 1.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    title : str
    share, tip : callable
        Of a grid's code.
    fields : mapping, optional
        Attribute to its value by code.
    grids : Columns, optional
        Those to draw (`store.database.plans.grid_shapes`); all of the plan when left out.
    """
    grids = grids if grids is not None else plan_sql.grid_shapes(work.session, plan_id)
    codes = [str(code) for code in grids["code"]]
    styles = [
        style_of(_LIGHT.border, fill=_LIGHT.coverage[1], weight=1.5, fill_opacity=round(0.45 * (share(code) or 0.0), 3))
        for code in codes
    ]
    given: dict[str, list[Any]] = {
        "code": codes,
        "name": [str(name) for name in grids["name"]],
        "area_code": [str(code) for code in grids["area_code"]],
        "households": [int(count) for count in grids["households"]],
    }
    given |= {name: [by_code.get(code) for code in codes] for name, by_code in (fields or {}).items()}
    tips = [f"{grouped_code(code)}\n{tip(code)}" for code in codes]
    return ReportLayer("grids", title, grids["geom"], styles, tips, given)


def shed_layers(sheds: Columns, say: Mapping[str, str]) -> list[ReportLayer]:
    """Return what cameras out of service would see and what others may see, both hidden at first, and what is seen."""
    assumed, counted = (np.asarray(sheds[name], dtype=bool) for name in ("assumed", "counted"))
    maybe = {**style_of(_LIGHT.paused), "dashArray": "4 4"}
    seen = style_of(_LIGHT.coverage[2], fill=_LIGHT.coverage[1], fill_opacity=0.45)

    def layer(name: str, title: str, rows: Any, style: Mapping[str, Any], *, shown: bool) -> ReportLayer:  # noqa: ANN401 - a mask
        cameras = [str(camera) for camera in sheds["camera"][rows]]
        fields: dict[str, list[Any]] = {
            "camera": cameras,
            "online": [bool(up) for up in sheds["online"][rows]],
            "area_m2": [float(size) for size in sheds["area_m2"][rows]],
        }
        return ReportLayer(name, title, sheds["geom"][rows], [style] * len(cameras), cameras, fields, shown=shown)

    out = style_of(_LIGHT.paused, fill=_LIGHT.paused, fill_opacity=0.12)
    idle = [layer("view_sheds_out", say["sheds_out"], ~counted, out, shown=False)] if not counted.all() else []
    return [
        *idle,
        layer("view_sheds_unknown", say["sheds_unknown"], assumed & counted, maybe, shown=False),
        layer("view_sheds", say["sheds"], ~assumed & counted, seen, shown=True),
    ]


def grid_labels(
    work: UnitOfWork, plan_id: UUID, *, codes: Container[str] | None = None
) -> list[tuple[float, float, str]]:
    """Where the number of each grid is written, or of those with some codes."""
    return [
        (row.lon, row.lat, str(int(row.code[-3:])))
        for row in plan_sql.plan_grids(work.session, plan_id)
        if codes is None or row.code in codes
    ]
