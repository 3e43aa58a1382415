"""The page about casework says what the state table says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_tables_of_the_page_are_those_of_the_code():
    spec = importlib.util.spec_from_file_location("casework_tables", ROOT / "scripts" / "casework_tables.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text(encoding="utf-8")
    assert script.renewed(page) == page, "run python scripts/casework_tables.py"
    table = json.loads(script.TABLE.read_text(encoding="utf-8"))
    assert all(f"`{row['action']}`" in page for row in table["actions"])
    assert all(f"| {name} |" in page for name in table["states"])
