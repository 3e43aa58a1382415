"""The impact sheet as a workbook and as text."""

from __future__ import annotations

from typing import Any

from gis.wording import counted
from store.files.sheets import Cell, Sheet, xlsx_bytes

_WORDS = {
    "en": {
        "summary": "summary", "moves": "moves", "heads": "heads", "cases": "open cases", "cameras": "cameras",
        "checklist": "checklist", "from": "from", "to": "to", "head_from": "head now", "head_to": "head then",
        "kind": "kind", "households": "households", "area": "area (m²)", "grid": "grid", "before": "now",
        "after": "then", "no": "case", "item": "item", "severity": "severity", "camera": "camera", "line": "line",
        "ok": "passed", "open": "open points", "figure": "figure", "value": "value", "yes": "yes", "no_": "no",
    },
    "zh": {
        "summary": "摘要", "moves": "划转", "heads": "网格长变动", "cases": "未结案件", "cameras": "摄像机",
        "checklist": "校验", "from": "原网格", "to": "新网格", "head_from": "现网格长", "head_to": "新网格长",
        "kind": "类型", "households": "户数", "area": "面积(平方米)", "grid": "网格", "before": "现任",
        "after": "新任", "no": "案件号", "item": "事项", "severity": "等级", "camera": "摄像机", "line": "项目",
        "ok": "通过", "open": "未通过", "figure": "指标", "value": "数值", "yes": "是", "no_": "否",
    },
}  # fmt: skip


def workbook(found: dict[str, Any], *, lang: str = "en") -> bytes:
    """Return the impact sheet as XLSX: summary, moves, heads, cases, cameras, checklist.

    Parameters
    ----------
    found : dict
        Of `services.plan_life.impact.impact`.
    lang : {"en", "zh"}
    """
    say = _WORDS[lang]
    totals: list[list[Cell]] = [[name, _cell(value)] for name, value in found["totals"].items()]
    moves = [
        [move["from"]["code"], move["to"]["code"], move["kind"], move["households"], round(move["area_m2"], 1),
         move["cases"], move["cameras"], _head(move["from"]["head"]), _head(move["to"]["head"])]
        for move in found["moves"]
    ]  # fmt: skip
    heads = [[row["grid"]["code"], _head(row["before"]), _head(row["after"])] for row in found["heads"]]
    cases = [[row["no"], row["item"], row["severity"], _code(row["from"]), _code(row["to"])] for row in found["cases"]]
    cameras = [[row["name"], _code(row["from"]), _code(row["to"])] for row in found["cameras"]]
    checks = [
        [line[f"text_{lang}"], say["yes"] if line["ok"] else say["no_"], line["count"]] for line in found["checklist"]
    ]
    return xlsx_bytes(
        [
            Sheet(say["summary"], [say["figure"], say["value"]], totals),
            Sheet(
                say["moves"],
                [say["from"], say["to"], say["kind"], say["households"], say["area"], say["cases"], say["cameras"],
                 say["head_from"], say["head_to"]],
                moves,
            ),
            Sheet(say["heads"], [say["grid"], say["before"], say["after"]], heads),
            Sheet(say["cases"], [say["no"], say["item"], say["severity"], say["from"], say["to"]], cases),
            Sheet(say["cameras"], [say["camera"], say["from"], say["to"]], cameras),
            Sheet(say["checklist"], [say["line"], say["ok"], say["open"]], checks),
        ]
    )  # fmt: skip


def text(found: dict[str, Any]) -> str:
    """Return the impact sheet as lines for a terminal."""
    totals = found["totals"]
    before = found["before"]["name"] if found["before"] else "nothing"
    moved, others = totals["households_moved"], totals["households_with_another_head"]
    cases, cameras = counted(totals["cases_moved"], "open case"), counted(totals["cameras_moved"], "camera")
    lines = [
        f"{found['plan']['name']} follows {before}.",
        f"  {moved:,} of {totals['households']:,} households change their grid, {others:,} get another head.",
        f"  {cases} and {cameras} change hands.",
        f"  {counted(totals['heads_changed'], 'grid changes its head', 'grids change their head')}.",
    ]
    lines += [
        f"  {move['from']['code']} → {move['to']['code']}  {move['households']:>6,} households  {move['kind']}"
        for move in found["moves"][:20]
    ]
    if len(found["moves"]) > 20:
        lines.append(f"  … and {len(found['moves']) - 20} more")
    for line in found["checklist"]:
        sign = "ok  " if line["ok"] else "OPEN" if line["blocking"] else "note"
        lines.append(f"  [{sign}] {line['text_en']}" + (f" ({line['count']} open)" if line["count"] else ""))
    return "\n".join(lines)


def _cell(value: Any) -> Cell:  # noqa: ANN401 - a figure
    return value if isinstance(value, (int, float, str)) else str(value)


def _head(head: dict[str, str] | None) -> str | None:
    return None if head is None else f"{head['work_no']} {head['name']}"


def _code(grid: dict[str, Any] | None) -> str | None:
    return None if grid is None else str(grid["code"])
