"""The handover sheet of a grid: one printable page with its map, figures, lists, signatures and seal. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["HandoverSheet", "MapDrawing", "draw_map", "handover_page"]

Geometries = npt.NDArray[np.object_]
Placing = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
#: Width and height of the drawing, in its own units.
SIZE: Final = (720.0, 520.0)
MARGIN: Final = 0.12

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "Handover sheet of a grid", "plan": "Plan", "basis": "Basis", "effective": "In force from",
        "area": "Area", "households": "Households", "doors": "Doors", "size": "Size", "kind": "Kind",
        "people": "Who answers for it", "duties": "Responsibilities", "received": "Taken over",
        "given": "Handed over to others", "doors_list": "Doors", "cameras": "Cameras", "places": "Key places",
        "cases": "Open cases", "none": "none", "handing": "Handed over by", "taking": "Taken over by",
        "witness": "Witnessed by", "seal": "Seal", "date": "Date", "more": "and {count} more", "north": "N",
        "not_yet": "not yet in force", "role": "Role", "name": "Name", "work_no": "Work number", "address": "Address",
        "code": "Code", "share": "Share", "duty": "Duty", "source": "Printed", "lead": "Lead unit", "km2": "km²",
        "ha": "ha", "legend": "Legend", "this": "this grid", "others": "other grids", "buildings": "buildings",
        "streets": "streets",
    },
    "zh": {
        "title": "网格交接单", "plan": "方案", "basis": "依据", "effective": "生效日期",
        "area": "所属辖区", "households": "户数", "doors": "门牌数", "size": "面积", "kind": "类型",
        "people": "责任人", "duties": "职责清单", "received": "划入", "given": "划出",
        "doors_list": "门牌", "cameras": "摄像机", "places": "重点部位", "cases": "未结案件", "none": "无",
        "handing": "移交人", "taking": "接收人", "witness": "监交人", "seal": "盖章", "date": "日期",
        "more": "另有 {count} 项", "north": "北", "not_yet": "尚未生效", "role": "岗位", "name": "姓名",
        "work_no": "工号", "address": "地址", "code": "编码", "share": "占比", "duty": "职责", "source": "打印",
        "lead": "牵头单位", "km2": "平方公里", "ha": "公顷", "legend": "图例", "this": "本网格", "others": "相邻网格",
        "buildings": "建筑", "streets": "道路",
    },
}  # fmt: skip
#: Words of grid kinds, English and Chinese.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "household": ("household grid", "户籍网格"), "natural_village": ("natural village grid", "自然村网格"),
    "water": ("water grid", "水域网格"), "micro": ("micro grid", "微网格"),
    "ten_household": ("ten-household group", "十户联防"), "dedicated": ("dedicated grid", "专属网格"),
    "police": ("police grid", "警务网格"), "safety": ("safety grid", "安全网格"), "cell": ("cell", "单元网格"),
}  # fmt: skip
_STYLE: Final = """
@page{size:A4;margin:14mm}*{box-sizing:border-box}
body{font:13px/1.5 Inter,"Noto Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#191E26;margin:0 auto;
max-width:820px;padding:16px;font-feature-settings:"tnum"}
h1{font-size:20px;margin:0}h2{font-size:14px;margin:16px 0 4px}.code{font-size:16px;color:#454E5A}
svg{width:100%;height:auto;border:1px solid #858E9A;background:#F1F0EC}
dl{display:grid;grid-template-columns:max-content 1fr max-content 1fr;gap:2px 12px;margin:8px 0}
dt{color:#5F6977}dd{margin:0}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #DDE1E6;padding:2px 6px;text-align:left;vertical-align:top}
th{background:#F8F9FA;font-weight:500}td.n{text-align:right}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;margin:4px 0;color:#454E5A}
.legend svg{width:22px;height:12px;border:0;background:none;vertical-align:-1px;margin-right:4px}
.sign{display:grid;grid-template-columns:1fr 1fr 1fr;gap:12px;margin-top:24px;break-inside:avoid}
.sign div{border:1px solid #858E9A;height:120px;padding:6px}
.seal{border-style:dashed!important;border-radius:50%;text-align:center}
tr,h2{break-inside:avoid;break-after:auto}h2{break-after:avoid}ul{margin:0;padding-left:18px}
"""


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """What is drawn around a grid, all in one metric CRS.

    Attributes
    ----------
    grid : Polygon or MultiPolygon
    neighbours : (n,) array of Polygon or MultiPolygon
    numbers : sequence of str
        Their numbers.
    streets, buildings : array of geometry
    street_names : sequence of str
    """

    grid: shapely.Geometry
    neighbours: Geometries
    numbers: Sequence[str]
    streets: Geometries
    street_names: Sequence[str]
    buildings: Geometries


@dataclass(frozen=True, slots=True)
class HandoverSheet:
    """What the sheet says; lists are (header, rows) in the language of the sheet.

    Attributes
    ----------
    code, name, area, plan, basis, effective, printed : str
    kind : str
        Key of `KINDS`.
    households, doors : int
    area_m2 : float
    lists : sequence of (title key, header keys, rows)
        Keys of `WORDS`; rows of text.
    left_out : dict
        Title key -> rows that are not printed.
    drawing : MapDrawing
    """

    code: str
    name: str
    area: str
    plan: str
    basis: str
    effective: str
    kind: str
    printed: str
    households: int
    doors: int
    area_m2: float
    drawing: MapDrawing
    lists: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]
    left_out: dict[str, int] = field(default_factory=dict)


def handover_page(sheet: HandoverSheet, *, lang: str = "en") -> str:
    """Return the sheet as one HTML page that asks for nothing from outside.

    Parameters
    ----------
    sheet : HandoverSheet
    lang : {"en", "zh"}

    Returns
    -------
    str
    """
    say = WORDS[lang]
    facts = (
        ("plan", sheet.plan), ("effective", sheet.effective or say["not_yet"]), ("area", sheet.area),
        ("basis", sheet.basis or "–"), ("households", f"{sheet.households:,}"), ("doors", f"{sheet.doors:,}"),
        ("size", _size(sheet.area_m2, say)), ("kind", KINDS[sheet.kind][lang == "zh"]),
    )  # fmt: skip
    rows = "".join(f"<dt>{say[key]}</dt><dd>{escape(value)}</dd>" for key, value in facts)
    lists = "".join(_list(say, key, header, body, sheet.left_out.get(key, 0)) for key, header, body in sheet.lists)
    signs = "".join(f"<div>{say[key]}<br><br><br><br>{say['date']}:</div>" for key in ("handing", "taking"))
    title = f"{say['title']} · {escape(sheet.code)}"
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{say["title"]}</h1><p class="code">{escape(grouped(sheet.code))} {escape(sheet.name)}</p>'
        f"<dl>{rows}</dl>{draw_map(sheet.drawing, north=say['north'])}{_legend(say)}{lists}"
        f'<section class="sign">{signs}<div class="seal"><br><br>{say["seal"]}</div></section>'
        f"<p>{say['source']}: {escape(sheet.printed)}</p></body></html>\n"
    )


#: What the map of a sheet is drawn with: the key of `WORDS`, then fill, stroke and its width; as in `draw_map`.
_LEGEND: Final = (
    ("this", "#E7EFFC", "#1558C4", 2.5), ("others", "#FFFFFF", "#858E9A", 1.0), ("buildings", "#DCD9D3", "none", 0.0),
    ("streets", "none", "#B7BFC9", 2.4),
)  # fmt: skip


def _legend(say: dict[str, str]) -> str:
    """Say what the lines and fills of the map mean."""
    marks = []
    for key, fill, stroke, width in _LEGEND:
        path = "M1 6H21" if fill == "none" else "M2 2H20V10H2Z"
        drawn = f'<path d="{path}" fill="{fill}" stroke="{stroke}" stroke-width="{width}"/>'
        marks.append(f'<span><svg viewBox="0 0 22 12" aria-hidden="true">{drawn}</svg>{say[key]}</span>')
    return f'<p class="legend"><b>{say["legend"]}</b>{"".join(marks)}</p>'


def grouped(code: str) -> str:
    """Write a grid code in the groups that people read.

    Examples
    --------
    >>> grouped("440983102001004")
    '440983 102 001 004'
    """
    if len(code) != 15 or not code.isdigit():
        return code
    return f"{code[:6]} {code[6:9]} {code[9:12]} {code[12:]}"


def draw_map(drawing: MapDrawing, *, north: str = "N") -> str:
    """Draw a grid among its neighbours as inline SVG, with a scale bar; north is up.

    Parameters
    ----------
    drawing : MapDrawing
    north : str
        Letter beside the arrow.

    Returns
    -------
    str
    """
    west, south, east, top = shapely.bounds(drawing.grid)
    pad = MARGIN * max(east - west, top - south, 20.0)
    scale = min(SIZE[0] / (east - west + 2 * pad), SIZE[1] / (top - south + 2 * pad))
    middle = ((west + east) / 2, (south + top) / 2)
    half = (SIZE[0] / scale / 2, SIZE[1] / scale / 2)
    frame = shapely.box(middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])

    def at(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(
            [(xy[:, 0] - middle[0]) * scale + SIZE[0] / 2, SIZE[1] / 2 - (xy[:, 1] - middle[1]) * scale]
        )

    def path(shapes: Geometries) -> str:
        inside = np.asarray(shapely.intersection(np.asarray(shapes, dtype=object), frame), dtype=object)
        return "".join(_path(shape, at) for shape in inside)

    parts = [
        f'<path d="{path(drawing.neighbours)}" fill="#FFFFFF" stroke="#858E9A" stroke-width="1"/>',
        f'<path d="{_path(drawing.grid, at)}" fill="#E7EFFC" fill-rule="evenodd" stroke="none"/>',
        f'<path d="{path(drawing.buildings)}" fill="#DCD9D3" fill-rule="evenodd" stroke="none"/>',
        f'<path d="{path(drawing.streets)}" fill="none" stroke="#B7BFC9" stroke-width="2.4"/>',
        f'<path d="{_path(drawing.grid, at)}" fill="none" stroke="#FFFFFF" stroke-width="5"/>',
        f'<path d="{_path(drawing.grid, at)}" fill="none" stroke="#1558C4" stroke-width="2.5"/>',
        _labels(drawing, frame, at),
        _scale_bar(scale),
        '<path d="M690 46 l7 -24 l7 24 l-7 -6 z" fill="#191E26"/>',
        f'<text x="697" y="60" font-size="12" text-anchor="middle">{escape(north)}</text>',
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE[0]:.0f} {SIZE[1]:.0f}" role="img">'
        f"{''.join(parts)}</svg>"
    )


def _path(shape: shapely.Geometry, at: Placing) -> str:
    out = []
    for part in shapely.get_parts(shape):
        if part.is_empty:
            # a path stops being drawn at an M without a place
            continue
        if part.geom_type == "Polygon":
            rings = [part.exterior, *part.interiors]
        elif part.geom_type in ("LineString", "LinearRing"):
            rings = [part]
        else:
            continue
        for ring in rings:
            xy = at(shapely.get_coordinates(ring))
            text = "L".join(f"{x:.1f} {y:.1f}" for x, y in xy)
            out.append(f"M{text}" + ("Z" if part.geom_type == "Polygon" else ""))
    return "".join(out)


def _labels(drawing: MapDrawing, frame: shapely.Polygon, at: Placing) -> str:
    """Write the neighbours' numbers and each street's name once, where there is most room for them."""
    words = []
    for shape, number in zip(drawing.neighbours, drawing.numbers, strict=True):
        seen = shapely.intersection(shape, frame)
        if shapely.area(seen) > 0.01 * frame.area:
            words.append(_word(at(shapely.get_coordinates(shapely.point_on_surface(seen)))[0], number, 13))
    longest: dict[str, tuple[float, Any]] = {}
    for line, name in zip(drawing.streets, drawing.street_names, strict=True):
        parts = shapely.get_parts(shapely.intersection(line, drawing.grid))
        long = shapely.length(parts)
        if name and len(parts) and long.max() > longest.get(name, (0.0, None))[0]:
            longest[name] = (float(long.max()), parts[int(np.argmax(long))])
    for name, (reach, part) in longest.items():
        middle = shapely.line_interpolate_point(part, reach / 2)
        words.append(_word(at(shapely.get_coordinates(middle))[0], name, 10.5))
    return "".join(words)


def _word(place: npt.NDArray[np.float64], text: str, size: float) -> str:
    return (
        f'<text x="{place[0]:.1f}" y="{place[1]:.1f}" font-size="{size}" text-anchor="middle" fill="#454E5A" '
        f'stroke="#FFFFFF" stroke-width="3" paint-order="stroke">{escape(text)}</text>'
    )


def _scale_bar(scale: float) -> str:
    """Draw a round length of about a fifth of the width."""
    target = SIZE[0] / scale / 5
    power = 10.0 ** np.floor(np.log10(target))
    length = next(step * power for step in (5, 2, 1) if step * power <= target)
    width = length * scale
    told = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    return (
        f'<path d="M16 500v6h{width:.1f}v-6" fill="none" stroke="#191E26" stroke-width="1.5"/>'
        f'<text x="{16 + width / 2:.1f}" y="496" font-size="11" text-anchor="middle">{told}</text>'
    )


def _size(area_m2: float, say: dict[str, str]) -> str:
    return f"{area_m2 / 1e6:,.2f} {say['km2']}" if area_m2 >= 1e6 else f"{area_m2 / 1e4:,.1f} {say['ha']}"


def _list(say: dict[str, str], key: str, header: Sequence[str], rows: Sequence[Sequence[str]], left_out: int) -> str:
    if not rows:
        return f"<h2>{say[key]}</h2><p>{say['none']}</p>"
    head = "".join(f"<th>{say[column]}</th>" for column in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    more = f"<p>{say['more'].format(count=left_out)}</p>" if left_out else ""
    return f"<h2>{say[key]}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
