"""Reports: files that open anywhere. Equal inputs return the finished one."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import shapely

from gis.errors import InvalidInputError, NotFoundError, UnavailableError
from layers.folium_map import LEAFLET_CSS, LEAFLET_JS, CoverageReport, MapLayer, render_report, style_of
from layers.palette import PALETTES
from layers.spec import LANGS, Lang, Text
from store.database import coverage as sql
from store.database import plans as plan_sql
from store.database.models import CoverageRun, Plan, Territory
from store.database.work import UnitOfWork

ENGINE = 4  # raise when the page of equal figures looks different
DIGITS = 7  # of longitude and latitude: a centimetre
MOST_GROUND = 4000  # surfaces drawn below the figures: more would make the file slow to open

WORDS = {
    "title": Text("Camera coverage", "摄像机覆盖分析"),
    "streets": Text("Streets seen", "街道可见率"),
    "upper": Text("at most {value} if every unknown heading looked right", "若方位未知者均可见，至多 {value}"),
    "places": Text("Key places seen", "可见重点部位"),
    "places_upper": Text("at most {value}", "至多 {value}"),
    "cameras": Text("Cameras online", "在线摄像机"),
    "unknown": Text("{value} of unknown heading", "{value} 台方位未知"),
    "gaps": Text("Gaps", "盲区"),
    "gaps_note": Text("stretches of street of 10 m and more, and key places", "10 米及以上的街段和重点部位"),
    "grid": Text("Grid", "网格"),
    "why": Text("Why", "原因"),
    "unseen": Text("Unseen, m", "不可见，米"),
    "seen": Text("Streets seen, %", "街道可见，%"),
    "seen_upper": Text("At most, %", "至多，%"),
    "key_places": Text("Key places", "重点部位"),
    "online": Text("Cameras online", "在线/总数"),
    "score": Text("Gap score", "盲区评分"),
    "grids": Text("Grids by share of streets seen", "网格（按街道可见率）"),
    "ground": Text("Water, green, buildings", "水域、绿地、建筑"),
    "sheds": Text("Seen by a camera", "摄像机可见范围"),
    "sheds_unknown": Text("Heading unknown: may be seen", "方位未知：可能可见"),
    "street_gaps": Text("Streets not seen", "不可见街段"),
    "place_seen": Text("Key place seen", "重点部位可见"),
    "place_gap": Text("Key place not seen", "重点部位不可见"),
    "camera": Text("Camera", "摄像机"),
    "definition": Text(
        "Geometric coverage: what the view sheds of online cameras reach past buildings. The official count of units "
        "with at least one camera is another figure: {with_camera} of {all_grids} grids have one.",
        "几何覆盖：在线摄像机视域（计入建筑遮挡）所及范围。官方口径“至少有一台摄像机的单元”是另一指标："
        "{all_grids} 个网格中 {with_camera} 个有摄像机。",
    ),
    "estimated": Text("Households are estimates where the source holds no counts.", "来源无户数时，户数为估算值。"),
    "demo": Text("Demo: roster and incidents are made up.", "演示数据：人员名册与事件均为虚构。"),
}


def build(work: UnitOfWork, name: str, plan_id: UUID, *, lang: str = "en") -> bytes:
    """Build a report of a plan's newest coverage run, or return the one already built.

    Raises
    ------
    InvalidInputError
        No such report or language.
    NotFoundError
        There is no coverage run yet.
    """
    if name != "coverage":
        raise InvalidInputError(f"There is no report {name}; there is: coverage.", field="name")
    language = next((known for known in LANGS if known == lang), None)
    if language is None:
        raise InvalidInputError(f"A report is written in en or zh, not {lang}.", field="lang")
    plan = plan_sql.get_plan(work.session, plan_id)
    run = sql.newest_run(work.session, plan_id)
    if run is None:
        raise NotFoundError("There is no coverage run of this plan yet; start one with `gridward coverage run`.")
    digest = hashlib.sha256(orjson.dumps([ENGINE, str(run.id), language])).hexdigest()
    known = sql.find_report(work.session, name, "html", digest)
    if known is not None:
        return known
    page = render_report(_coverage_report(work, plan, run, language), _assets()).encode()
    sql.save_report(work.session, {"name": name, "digest": digest, "format": "html", "run_id": run.id, "content": page})
    return page


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    UnavailableError
        The folder is missing or full.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnavailableError(f"{path} can't be written: {error.strerror}.", file=str(path)) from error


def _assets() -> dict[str, str]:
    folder = resources.files("layers") / "assets"
    try:
        return {name: (folder / name).read_text(encoding="utf-8") for name in (LEAFLET_JS, LEAFLET_CSS)}
    except FileNotFoundError as error:
        raise UnavailableError("The report's map library is not built; run `make web` once.") from error


def _coverage_report(work: UnitOfWork, plan: Plan, run: CoverageRun, lang: Lang) -> CoverageReport:
    territory = work.session.get_one(Territory, plan.territory_id)
    rows = sql.coverage_rows(work.session, run.id)
    box = plan_sql.plan_box(work.session, plan.id)
    say = {key: getattr(text, lang) for key, text in WORDS.items()}
    palette = PALETTES["light"]
    notes = [
        say["definition"].format(with_camera=sum(row.CoverageGrid.cameras > 0 for row in rows), all_grids=len(rows)),
        say["estimated"],
        *([say["demo"]] if territory.demo else []),
        territory.attribution,
    ]
    return CoverageReport(
        title=f"{say['title']}: {territory.name}",
        subtitle=f"{plan.name} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        facts=_facts(run.summary, say),
        columns=[say[key] for key in ("grid", "why", "unseen", "seen", "seen_upper", "key_places", "online", "score")],
        rows=[_row(row, lang) for row in rows],
        layers=[_ground_layer(work, plan, say), *_map_layers(work, plan, run, say)],
        labels=[(row.lon, row.lat, str(int(row.code[-3:]))) for row in plan_sql.plan_grids(work.session, plan.id)],
        legend=[
            (palette.coverage[1], say["sheds"]),
            (palette.gap, say["street_gaps"]),
            (palette.coverage[2], say["place_seen"]),
            (palette.surface, say["place_gap"]),
        ],
        notes=[note for note in notes if note],
        box=box,
        lang=lang,
    )


def _facts(summary: dict[str, Any], say: dict[str, str]) -> list[tuple[str, str, str]]:
    def share(metres: float) -> str:
        return f"{100 * metres / summary['streets_m']:.1f} %" if summary["streets_m"] else "–"

    return [
        (say["streets"], share(summary["seen_m"]), say["upper"].format(value=share(summary["seen_m_upper"]))),
        (
            say["places"],
            f"{summary['key_places_seen']} / {summary['key_places']}",
            say["places_upper"].format(value=summary["key_places_seen_upper"]),
        ),
        (
            say["cameras"],
            f"{summary['cameras_online']} / {summary['cameras']}",
            say["unknown"].format(value=summary["cameras_unknown_heading"]),
        ),
        (say["gaps"], f"{summary['gaps']:,}", say["gaps_note"]),
    ]


def _row(row: Any, lang: Lang) -> list[str]:  # noqa: ANN401 - a database row
    figures = row.CoverageGrid

    def percent(metres: float) -> str:
        return f"{100 * metres / figures.street_m:.1f}" if figures.street_m else "–"

    reasons = "; ".join(str(reason[f"text_{lang}"]) for reason in figures.reasons)
    return [
        f"{grouped_code(row.code)} {row.name}".strip(),
        reasons,
        f"{figures.street_m - figures.seen_m:,.0f}",
        percent(figures.seen_m),
        percent(figures.seen_m_upper),
        f"{figures.places_seen}/{figures.places}" if figures.places else "–",
        f"{figures.online}/{figures.cameras}" if figures.cameras else "–",
        f"{figures.gap_score:.1f}",
    ]


def _map_layers(work: UnitOfWork, plan: Plan, run: CoverageRun, say: dict[str, str]) -> list[MapLayer]:
    palette = PALETTES["light"]
    grids = plan_sql.grid_shapes(work.session, plan.id)
    figures = {row.code: row.CoverageGrid for row in sql.coverage_rows(work.session, run.id)}
    sheds = sql.shed_rows(work.session, plan.territory_id)
    places = sql.place_rows(work.session, run.id)
    gaps = [row for row in sql.gap_rows(work.session, run.id) if row.kind == "street"]
    assumed = np.asarray(sheds["assumed"], dtype=bool)
    seen_style = style_of(palette.coverage[2], fill=palette.coverage[1], fill_opacity=0.45)
    maybe_style = {**style_of(palette.paused), "dashArray": "4 4"}
    return [
        MapLayer(
            say["grids"],
            [
                _feature(
                    shape, f"{grouped_code(code)}\n{_grid_tip(figures.get(code), say)}", _grid_style(figures.get(code))
                )
                for code, shape in zip(grids["code"], grids["geom"], strict=True)
            ],
        ),
        MapLayer(
            say["sheds_unknown"],
            [
                _feature(shape, str(camera), maybe_style)
                for camera, shape in zip(sheds["camera"][assumed], sheds["geom"][assumed], strict=True)
            ],
            shown=False,
        ),
        MapLayer(
            say["sheds"],
            [
                _feature(shape, str(camera), seen_style)
                for camera, shape in zip(sheds["camera"][~assumed], sheds["geom"][~assumed], strict=True)
            ],
        ),
        MapLayer(
            say["street_gaps"],
            [
                _feature(
                    shapely.from_wkb(row.geom),
                    f"{row.reason.get('street', '')} {row.reason['metres']:,.0f} m",
                    style_of(palette.gap, weight=3),
                )
                for row in gaps
            ],
        ),
        MapLayer(
            say["key_places"],
            [
                _feature(
                    point,
                    f"{kind} {name}",
                    style_of(palette.coverage[2], fill=palette.coverage[2], fill_opacity=1)
                    if seen == "yes"
                    else style_of(palette.gap, fill=palette.surface, weight=2, fill_opacity=1),
                )
                for kind, name, seen, point in zip(
                    places["kind"], places["name"], places["seen"], places["point"], strict=True
                )
            ],
            point_radius=5,
        ),
        MapLayer(
            say["camera"],
            [
                _feature(point, str(camera), style_of(palette.text, fill=palette.text, fill_opacity=0.9))
                for camera, point in zip(sheds["camera"], sheds["point"], strict=True)
            ],
            point_radius=3,
        ),
    ]


def _grid_style(figures: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row or nothing
    palette = PALETTES["light"]
    share = figures.seen_m / figures.street_m if figures is not None and figures.street_m else 0.0
    return style_of(palette.border, fill=palette.coverage[1], weight=1.5, fill_opacity=round(0.45 * share, 3))


def _ground_layer(work: UnitOfWork, plan: Plan, say: dict[str, str]) -> MapLayer:
    palette = PALETTES["light"]
    colours = {"water": palette.water, "green": palette.green, "building": palette.building}
    ground = sql.read_ground(work.session, plan.territory_id, most=MOST_GROUND)
    return MapLayer(
        say["ground"],
        [
            _feature(shape, "", style_of(colours[kind], fill=colours[kind], weight=0.5, fill_opacity=1.0))
            for kind, shape in zip(ground["kind"], ground["geom"], strict=True)
        ],
    )


def grouped_code(code: str) -> str:
    """Return a code in groups as people read it.

    Examples
    --------
    >>> grouped_code("990001001001016")
    '990001 001 001 016'
    """
    return " ".join([code[:6], *(code[start : start + 3] for start in range(6, len(code), 3))])


def _grid_tip(figures: Any, say: dict[str, str]) -> str:  # noqa: ANN401 - a database row or nothing
    if figures is None or not figures.street_m:
        return ""
    return f"{say['streets']} {100 * figures.seen_m / figures.street_m:.1f} %"


def _feature(shape: shapely.Geometry, tip: str, style: dict[str, Any]) -> dict[str, Any]:
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DIGITS))
    return {
        "type": "Feature",
        "geometry": orjson.loads(shapely.to_geojson(rounded)),
        "properties": {"tip": tip.strip(), "style": style},
    }
