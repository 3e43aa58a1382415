"""What the columns of tables are, in words: a workbook says it on its last sheet."""

from __future__ import annotations

from typing import Final

from layers.report import ReportContent
from layers.spec import Text
from services.reports.headings import SHEETS, headings
from store.files.sheets import Cell, Sheet

NAME: Final = "about"
COLUMNS: Final = {
    "code": Text("code of the grid", "网格编码"),
    "grid": Text("code of the grid", "网格编码"),
    "grid_code": Text("code of the grid", "网格编码"),
    "name": Text("name", "名称"),
    "street_m": Text("street, m", "街道长度，米"),
    "seen_m": Text("street that is seen, m", "可见街道，米"),
    "seen_m_upper": Text(
        "street that is seen at most, unknown headings counted, m", "可见街道上限（计入方位未知者），米"
    ),
    "k2_m": Text("street seen by 2 cameras or more, m", "两台及以上可见的街道，米"),
    "k2_m_upper": Text("the same at most, m", "同上之上限，米"),
    "k3_m": Text("street seen by 3 cameras or more, m", "三台及以上可见的街道，米"),
    "k3_m_upper": Text("the same at most, m", "同上之上限，米"),
    "open_m2": Text("open ground, m²", "露天面积，平方米"),
    "seen_m2": Text("open ground that is seen, m²", "可见露天面积，平方米"),
    "seen_m2_upper": Text("the same at most, m²", "同上之上限，平方米"),
    "places": Text("key places", "重点部位数"),
    "places_seen": Text("key places that are seen", "可见重点部位数"),
    "places_seen_upper": Text("the same at most", "同上之上限"),
    "cameras": Text("cameras", "摄像机数"),
    "networked": Text("networked cameras", "已联网摄像机数"),
    "online": Text("online", "在线"),
    "serviceable": Text("in working order", "完好"),
    "incidents": Text("incidents a year", "每年事件数"),
    "gap_score": Text("weight of what is not seen", "盲区评分"),
    "gap_score_least": Text("the same at least, if unknown headings looked right", "同上之下限（方位未知者均可见时）"),
    "why": Text("why it is a gap", "原因"),
    "metres": Text("metres of street", "街段米数"),
    "maybe": Text("a camera of unknown heading may see it", "方位未知的摄像机可能可见"),
    "score": Text("weight", "评分"),
    "seen": Text("seen: yes, no, maybe", "可见：是、否、可能"),
    "azimuth": Text("heading, degrees from true north", "方位角，自真北起的度数"),
    "hfov": Text("field of view, degrees", "视场角，度"),
    "max_range": Text("range, m", "作用距离，米"),
    "sensor_px": Text("pixels across the picture", "图像横向像素数"),
    "area_m2": Text("ground in view, m²", "可见面积，平方米"),
    "assumed": Text("heading unknown: from nothing to the area given", "方位未知：可见面积为零至所列值"),
    "heard": Text("last message, UTC", "最近上报时间（UTC）"),
    "advice": Text("what could be done with no loss: remove, turn", "无损失的建议：撤除、调整朝向"),
    "sees_m": Text("street in its view, m", "视域内街道，米"),
    "new_azimuth": Text("heading at which it would see something new", "可见新增内容的方位角"),
    "gain_m": Text("street that nobody sees now, m", "新增可见街道，米"),
    "gain_places": Text("key places that nobody sees now", "新增可见重点部位数"),
    "households": Text("households", "户数"),
    "households_within": Text("households within the walk", "步行范围内户数"),
    "median_min": Text("median walk, minutes", "步行中位数，分钟"),
    "lon": Text("longitude, WGS 84", "经度（WGS 84）"),
    "lat": Text("latitude, WGS 84", "纬度（WGS 84）"),
}


_ZH_HEAD: Final[list[Cell]] = ["栏目", "含义", "字段名"]


def about_sheet(report: ReportContent) -> Sheet:
    """Say what a report is of, its headline figures and notes, and what its columns hold.

    Where headings are Chinese, the third column has the names that the API and GIS layers give to the columns.
    """
    rows: list[list[Cell]] = [["", report.subtitle]]
    rows += [[label, f"{value} ({note})" if note else value] for label, value, note in report.facts]
    rows += [["", note] for note in report.notes]
    if report.lang != "zh":
        used = dict.fromkeys(column for table in report.tables for column in table.columns)
        rows += [[column, COLUMNS[column].en] for column in used if column in COLUMNS]
        return Sheet(NAME, ["", report.title], rows)
    found = {
        (heading, column): COLUMNS[column].zh if column in COLUMNS else ""
        for table in report.tables
        for heading, column in zip(headings(table, "zh"), table.columns, strict=True)
    }
    told: list[list[Cell]] = [[heading, meaning, column] for (heading, column), meaning in found.items()]
    return Sheet(SHEETS[NAME], ["", report.title, ""], [*([*row, ""] for row in rows), _ZH_HEAD, *told])
