"""Write the tables of states and actions on the page about casework from the table that the code runs on.

``python scripts/casework_tables.py`` renews docs/explanation/casework.md between its marks; a test compares.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "casework" / "state_machine.json"
PAGE = ROOT / "docs" / "explanation" / "casework.md"


def states_table(table: dict[str, Any]) -> str:
    """Make the table of states."""
    lines = ["| state | 中文 | clock | time | who owes it | Open311 |", "| --- | --- | --- | --- | --- | --- |"]
    for name, state in table["states"].items():
        owner = (state["timer_owner"] or "–").replace("_", " ")
        lines.append(
            f"| {name} | {state['zh']} | {state['clock']} | {state['timer'] or '–'} | {owner} | {state['open311']} |"
        )
    return "\n".join(lines)


def actions_table(table: dict[str, Any]) -> str:
    """Make the table of actions; ten open states at once are called that."""
    is_open = [name for name, state in table["states"].items() if state["open"]]
    lines = ["| action | 中文 | from → to | roles | only if | needs |", "| --- | --- | --- | --- | --- | --- |"]
    for row in table["actions"]:
        source = "any open" if row["from"] == is_open else ", ".join(row["from"]) or "new"
        roles = ", ".join(role.replace("_", " ") for role in row["roles"])
        cells = (
            f"`{row['action']}`", row["zh"], f"{source} → {row['to'] or 'same'}", roles, "; ".join(row["guard"]) or "–",
            "; ".join(row["needs"]) or "–",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """Return the page with both tables as the state table has them now."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    for name, text in (("states", states_table(table)), ("actions", actions_table(table))):
        mark = f"<!-- {name} -->"
        before, _old, after = page.split(mark)
        page = f"{before}{mark}\n{text}\n{mark}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
