"""Tables as a Chinese office reads them: headings, sheets and fixed words; figures, codes and names stay."""

from __future__ import annotations

from typing import Final

from layers.report import ReportTable
from layers.spec import Lang
from services.reports.words import WORDS
from store.files.sheets import Cell, Sheet

SHEETS: Final = {
    "grids": "网格",
    "gaps": "盲区",
    "key_places": "重点部位",
    "cameras": "摄像机",
    "facilities": "设施",
    "kinds": "分类型",
    "areas": "分区域",
    "unreached": "最难到达的网格",
    "spare": "可撤或可调",
    "about": "说明",
}
HEADINGS: Final = {
    "code": "网格编码", "grid": "网格编码", "grid_code": "网格编码", "name": "名称", "area_name": "所属区域",
    "street_m": "街道长度（米）", "seen_m": "可见街道（米）", "seen_m_upper": "可见街道上限（米）",
    "k2_m": "两台及以上可见（米）", "k2_m_upper": "两台及以上可见上限（米）",
    "k3_m": "三台及以上可见（米）", "k3_m_upper": "三台及以上可见上限（米）",
    "open_m2": "露天面积（平方米）", "seen_m2": "可见露天面积（平方米）", "seen_m2_upper": "可见露天面积上限（平方米）",
    "places": "重点部位数", "places_seen": "可见重点部位数", "places_seen_upper": "可见重点部位数上限",
    "cameras": "摄像机数", "networked": "已联网", "online": "在线", "serviceable": "完好",
    "incidents": "年事件数", "gap_score": "盲区评分", "gap_score_least": "盲区评分下限", "why": "原因",
    "kind": "类型", "kind_name": "类型", "what": "街道或部位", "metres": "街段长度（米）", "maybe": "可能可见",
    "score": "评分", "seen": "是否可见", "lon": "经度", "lat": "纬度",
    "gb28181_id": "国标编码", "ref": "来源编号", "owner": "权属", "purpose": "用途", "mount": "安装方式",
    "azimuth": "方位角（度）", "hfov": "视场角（度）", "max_range": "作用距离（米）", "height_m": "安装高度（米）",
    "sensor_px": "横向像素数", "indoor": "室内", "heard": "最近上报（UTC）", "area_m2": "可见面积（平方米）",
    "assumed": "方位未知", "count": "数量", "units": "村（社区）数", "units_with": "有设施的村（社区）数",
    "units_share": "有设施的村（社区）占比", "households": "户数", "households_within": "步行可达户数",
    "advice": "建议", "sees_m": "可见街道（米）", "new_azimuth": "建议方位角（度）", "gain_m": "新增可见街道（米）",
    "gain_places": "新增可见部位数", "share": "可达户数占比", "median_min": "步行中位数（分钟）",
}  # fmt: skip
_OF_TABLE: Final = {("areas", "code"): "区域编码", ("areas", "kind"): "级别", ("cameras", "name"): "名称"}
_ANSWERS: Final = {"yes": "是", "no": "否", "maybe": "可能"}
_ANSWERED: Final = ("maybe", "seen", "indoor", "networked", "online", "serviceable", "assumed")
_KINDS: Final = {
    "gaps": {"street": "街段", "key_place": "重点部位"},
    "cameras": {kind: WORDS[f"kind_{kind}"].zh for kind in ("fixed", "ptz", "dome", "unknown")},
    "spare": {kind: WORDS[f"kind_{kind}"].zh for kind in ("fixed", "ptz", "dome", "unknown")},
    "areas": {"county": "县", "town": "镇", "village": "村", "group": "组", "zone": "片区"},
}


def headings(table: ReportTable, lang: Lang) -> list[str]:
    """Return what stands over the columns of a table: the names of the API and of GIS layers, or Chinese words.

    No two are equal: where the word for a kind stands beside its name, that name is its code.
    """
    if lang != "zh":
        return list(table.columns)
    own = {(table.name, "kind"): "类型代码"} if "kind_name" in table.columns else {}
    found = {**_OF_TABLE, **own}
    return [found.get((table.name, column), HEADINGS[column]) for column in table.columns]


def sheet_of(table: ReportTable, lang: Lang) -> Sheet:
    """Return a table as it is written into a workbook or a CSV."""
    if lang != "zh":
        return Sheet(table.name, table.columns, table.rows)
    said = [_words(table, column) for column in table.columns]
    rows: list[list[Cell]] = [
        [
            words.get(cell, cell) if isinstance(cell, str) and words else cell
            for cell, words in zip(row, said, strict=True)
        ]
        for row in table.rows
    ]
    return Sheet(SHEETS.get(table.name, table.name), headings(table, lang), rows)


def _words(table: ReportTable, column: str) -> dict[str, str]:
    if column == "advice":
        return {advice: WORDS[f"advice_{advice}"].zh for advice in ("remove", "turn")}
    if column in _ANSWERED:
        return _ANSWERS
    # beside the word for it a kind stays the code that it is
    return _KINDS.get(table.name, {}) if column == "kind" and "kind_name" not in table.columns else {}
