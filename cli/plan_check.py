"""What `gridward plan check` prints: problems of one kind together, for a plan of a thousand groups has many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["check_lines"]

#: Places of one kind that are told one by one, and codes that a list names.
SHOWN = 12
NAMED = 3

# kinds that say the same of each grid
_TOGETHER = {
    "no-head": ("Grid {grids} has no head.", "{n} grids have no head: {grids}."),
}


def check_lines(problems: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of a check: what has to be mended first, then what is only good to know.

    Parameters
    ----------
    problems : sequence of dict
        As `services.plan_check` gives them.

    Examples
    --------
    >>> vacant = [{"kind": "no-head", "message": "", "grids": [f"00{n}"], "blocks": True} for n in range(1, 6)]
    >>> check_lines(vacant)
    ['5 grids have no head: 001, 002, 003 and 2 more.']
    """
    lines: list[str] = []
    for blocks in (True, False):
        mine = [problem for problem in problems if problem["blocks"] is blocks]
        if mine and not blocks:
            lines.append("Good to know, but no hindrance:")
        for kind in dict.fromkeys(problem["kind"] for problem in mine):
            told = _told(kind, [problem for problem in mine if problem["kind"] == kind])
            lines += told if blocks else [f"  {line}" for line in told]
    return lines


def _told(kind: str, problems: list[dict[str, Any]]) -> list[str]:
    if kind in _TOGETHER:
        one, several = _TOGETHER[kind]
        codes = [code for problem in problems for code in problem["grids"]]
        rest = f" and {len(codes) - NAMED:,} more" if len(codes) > NAMED else ""
        return [
            (one if len(codes) == 1 else several).format(n=f"{len(codes):,}", grids=", ".join(codes[:NAMED]) + rest)
        ]
    lines = [str(problem["message"]) for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(f"… and {len(problems) - SHOWN:,} more like that; --json lists them all.")
    return lines
