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


def main() -> int:
    """Print a line for each tier and return 1 where one is below its share."""
    tiers: dict[str, dict[str, Summary]] = defaultdict(dict)
    for name, summary in file_summaries().items():
        tiers[name.split("/")[0]][name] = summary
    short = False
    for tier, files in sorted(tiers.items()):
        reached = share(list(files.values()))
        wanted = PURE_SHARE if tier in PURE_TIERS else None
        falls = wanted is not None and reached < wanted
        short |= falls
        print(f"coverage {tier:15} {reached:6.1%}" + (f"  needs {wanted:.0%}" if falls else ""))
        if falls:
            for name, summary in sorted(files.items(), key=lambda item: share([item[1]])):
                if share([summary]) < PURE_SHARE:
                    print(f"  {share([summary]):6.1%}  {name}")
    whole = share([summary for files in tiers.values() for summary in files.values()])
    print(f"coverage {'everything':15} {whole:6.1%}" + (f"  needs {WHOLE_SHARE:.0%}" if whole < WHOLE_SHARE else ""))
    return int(short or whole < WHOLE_SHARE)


if __name__ == "__main__":
    sys.exit(main())
