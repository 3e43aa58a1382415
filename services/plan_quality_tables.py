"""The quality report as tables for a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from gis.errors import InvalidInputError
from services.reports import write
from store.files.sheets import Cell, Sheet, write_table

ENDINGS = (".xlsx", ".csv", ".json")


def write_quality(path: Path, report: dict[str, Any], *, lang: str = "en") -> None:
    """Write a quality report, whole or not at all; the ending names the format.

    Parameters
    ----------
    path : Path
        ``.xlsx`` has a sheet of grids, one of the plan and one of grids outside the band; ``.csv`` the grids only;
        ``.json`` everything as the server says it.
    report : dict
        Of `services.plan_quality.report_quality`.
    lang : {"en", "zh"}
        Language of the headers.

    Raises
    ------
    InvalidInputError
        Another ending.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InvalidInputError(
            f"{path.name}: a quality report can be written as {', '.join(ENDINGS)}.", file=path.name, endings=ENDINGS
        )
    if ending == ".json":
        write(path, orjson.dumps(report, option=orjson.OPT_INDENT_2))
        return
    write(path, write_table(path, [_grids(report, lang), _totals(report, lang), _outside(report, lang)]))


def _grids(report: dict[str, Any], lang: str) -> Sheet:
    figures = report["figures"]
    zh = lang == "zh"
    size = _size(report, lang)
    header = ["网格", "名称", "辖区", size, "总评"] if zh else ["grid", "name", "area", size, "verdict"]
    for figure in figures:
        header.append(figure["title"][lang] + _unit(figure["unit"]))
        if figure["better"] is not None:
            header.append(figure["title"][lang] + (" 评价" if zh else " verdict"))
    rows: list[list[Cell]] = []
    for grid in report["grids"]:
        row: list[Cell] = [grid["code"], grid["name"], grid["area_name"], grid["size"], grid["verdict"]]
        for figure in figures:
            row.append(grid["values"][figure["id"]])
            if figure["better"] is not None:
                row.append(grid["verdicts"][figure["id"]])
        rows.append(row)
    return Sheet("网格" if zh else "grids", header, rows)


def _totals(report: dict[str, Any], lang: str) -> Sheet:
    zh = lang == "zh"
    header = (
        ["原则", "指标", "全方案", "评价", "达标界限", "关注界限", "达标网格", "关注网格", "不达标网格"]
        if zh
        else ["principle", "figure", "plan", "verdict", "good at", "watch at", "grids ok", "grids watch", "grids bad"]
    )
    rows = []
    for figure in report["figures"]:
        total = report["totals"][figure["id"]]
        rows.append(
            [
                figure["principle"], figure["title"][lang] + _unit(figure["unit"]), total["value"], total["verdict"],
                figure["ok"], figure["watch"], total["ok"], total["watch"], total["bad"],
            ]
        )  # fmt: skip
    return Sheet("方案" if zh else "plan", header, rows)


def _outside(report: dict[str, Any], lang: str) -> Sheet:
    zh = lang == "zh"
    size = _size(report, lang)
    header = ["网格", size, "下限", "上限", "原因"] if zh else ["grid", size, "from", "to", "reason"]
    rows = [[row["code"], row["size"], row["low"], row["high"], row["reason"][lang]] for row in report["outside"]]
    return Sheet("区间外" if zh else "outside the band", header, rows)


def _size(report: dict[str, Any], lang: str) -> str:
    names = {"households": ("households", "户数"), "metres": ("metres", "米")}
    return names[report["measure"]][lang == "zh"]


def _unit(unit: str) -> str:
    return {"share": " (0-1)", "min": " (min)", "m": " (m)", "m2": " (m²)", "km2": " (km²)"}.get(unit, "")
