"""Why grids of a proposal are outside, as the partitioner told it, for the report on a plan."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["told_reasons"]

# the figures of the English text stand alone; what a kind means is said in both languages
_ZH: Final = {
    "count": "无合适的网格数",
    "unit": "单个地块已超出上限",
    "fixed": "锁定的网格已超出范围",
    "exclave": "并入飞地",
    "whole units": "整块地块之和均不在范围内",
    "neck": "窄处地块只能整块划入",
    "search": "未找到更好的划分",
}
_EN: Final = {
    "count": "no number of grids fits",
    "unit": "a single atom is too large",
    "fixed": "locked grids are outside",
    "exclave": "an exclave joined",
    "whole units": "no sum of whole atoms fits",
    "neck": "atoms at a neck can only go whole",
    "search": "no better division was found",
}


def told_reasons(quality: dict[str, Any] | None) -> dict[tuple[str, int], dict[str, str]]:
    """Return the reason of each grid outside by its area's name and its households.

    A grid that was edited since has other households, and no reason of the proposal's.
    """
    found: dict[tuple[str, int], dict[str, str]] = {}
    for row in (quality or {}).get("misfits", []):
        for households in row["households"]:
            words = {"en": f"{_EN[row['kind']]} ({row['text']})", "zh": f"{_ZH[row['kind']]}（{row['text']}）"}
            found.setdefault((str(row["area"]), int(households)), words)
    return found
