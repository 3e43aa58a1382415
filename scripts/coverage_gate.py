"""Hold the coverage gate: lines and branches together, each pure tier by itself and everything as a whole."""

from __future__ import annotations

import io
import json
import sys
from collections import defaultdict
from contextlib import redirect_stdout
from typing import TypedDict

from coverage import Coverage

PURE_TIERS = ("gis", "grid_partition", "grid_coverage", "casework", "layers")
PURE_SHARE = 0.95
WHOLE_SHARE = 0.85


class Summary(TypedDict):
    """The figures coverage.py keeps for a file that the gate adds up."""

    covered_lines: int
    num_statements: int
    covered_branches: int
    num_branches: int


def file_summaries() -> dict[str, Summary]:
    """Read each file's figures from the combined data in ``.coverage``."""
    measured = Coverage()
    measured.load()
    report = io.StringIO()
    with redirect_stdout(report):
        measured.json_report(outfile="-")
    files = json.loads(report.getvalue())["files"]
    return {name: entry["summary"] for name, entry in files.items()}


def share(summaries: list[Summary]) -> float:
    """Give the share of lines and branches that ran; an empty tier has nothing that did not."""
    possible = sum(one["num_statements"] + one["num_branches"] for one in summaries)
    ran = sum(one["covered_lines"] + one["covered_branches"] for one in summaries)
    return ran / possible if possible else 1.0


def judge(summaries: dict[str, Summary]) -> tuple[list[str], bool]:
    """Give a line for each tier, and whether every tier and the whole reach their share."""
    tiers: dict[str, dict[str, Summary]] = defaultdict(dict)
    for name, summary in summaries.items():
        tiers[name.split("/")[0]][name] = summary
    lines, holds = [], True
    for tier, files in sorted(tiers.items()):
        reached = share(list(files.values()))
        falls = tier in PURE_TIERS and reached < PURE_SHARE
        lines.append(f"coverage {tier:15} {reached:6.1%}" + (f"  needs {PURE_SHARE:.0%}" if falls else ""))
        if falls:
            holds = False
            by_share = sorted((share([summary]), name) for name, summary in files.items())
            lines += [f"  {part:6.1%}  {name}" for part, name in by_share if part < PURE_SHARE]
    whole = share(list(summaries.values()))
    falls = whole < WHOLE_SHARE
    lines.append(f"coverage {'everything':15} {whole:6.1%}" + (f"  needs {WHOLE_SHARE:.0%}" if falls else ""))
    return lines, holds and not falls


def main() -> int:
    """Print a line for each tier and return 1 where one is below its share."""
    lines, holds = judge(file_summaries())
    print("\n".join(lines))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
