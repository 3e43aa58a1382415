"""Cameras that could go or be turned with no loss, as a table of the coverage report."""

from __future__ import annotations

from typing import Any, Final

from layers.report import Cell, ReportTable
from layers.spec import Lang
from services.coverage_redundant import redundant
from store.database import coverage as sql
from store.database.models import CoverageRun, Plan
from store.database.work import UnitOfWork

MOST: Final = 1000
"""Cameras that are listed."""
COLUMNS: Final = (
    "ref", "kind", "advice", "sees_m", "azimuth", "new_azimuth", "gain_m", "gain_places", "lon", "lat",
)  # fmt: skip


def spare_table(
    work: UnitOfWork, plan: Plan, run: CoverageRun, say: dict[str, str], lang: Lang
) -> tuple[ReportTable, str] | None:
    """Return the table and what it comes to in words; None for a run that is not of how things stand now.

    A camera that could be turned could go as well: it is told once, with where it would see something new.
    """
    newest = sql.newest_run(work.session, plan.id)
    if work.actor.is_limited or newest is None or newest.id != run.id:
        return None
    found = redundant(work, plan.id, limit=MOST)
    turned = {each["id"]: each for each in found["turnable"]}
    rows = [{**each, **turned.get(each["id"], {})} for each in found["removable"]]
    rows.sort(key=lambda row: (-row.get("gain_places", 0), -row.get("gain_m", 0.0), row["ref"]))
    raw: list[list[Cell]] = [[_advice(row) if name == "advice" else row.get(name) for name in COLUMNS] for row in rows]
    heads = [say[key] for key in ("camera", "kind", "advice", "sees_street", "heading", "gains")]
    shown = [_shown(row, say) for row in rows]
    note = say["spare_note"].format(go=found["count"], turn=len(turned)) + found[f"note_{lang}"]
    return ReportTable("spare", say["spare"], list(COLUMNS), raw, heads if shown else [], shown), note


def _advice(row: dict[str, Any]) -> str:
    return "turn" if "new_azimuth" in row else "remove"


def _shown(row: dict[str, Any], say: dict[str, str]) -> list[str]:
    advice = _advice(row)
    turned = advice == "turn"
    return [
        row["ref"],
        say[f"kind_{row['kind']}"],
        say[f"advice_{advice}"],
        f"{row['sees_m']:,.0f}",
        f"{row['azimuth']:.0f} → {row['new_azimuth']:.0f}" if turned else "–",
        f"{row['gain_m']:,.0f} + {row['gain_places']}" if turned else "–",
    ]
