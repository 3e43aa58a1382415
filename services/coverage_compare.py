"""Two runs side by side: two days or months, two plans, or two ways to count."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from services.coverage_areas import by_area
from services.coverage_views import run_facts
from store.database import coverage as sql
from store.database.models import CoverageRun
from store.database.work import UnitOfWork

SUMMED: Final = (
    "streets_m", "seen_m", "seen_m_upper", "k2_m", "k3_m", "open_m2", "seen_m2", "seen_m2_upper", "key_places",
    "key_places_seen", "key_places_seen_upper", "cameras", "cameras_networked", "cameras_online",
    "cameras_serviceable", "gaps", "k2_m_upper", "k3_m_upper",
)  # fmt: skip
FIGURES: Final = (
    "street_m", "seen_m", "seen_m_upper", "places", "places_seen", "places_seen_upper", "gap_score", "gap_score_least",
)  # fmt: skip


def compare(work: UnitOfWork, first: UUID, second: UUID) -> dict[str, Any]:
    """Set two runs beside each other: everything, areas, grids of equal code, and places that changed.

    Parameters
    ----------
    work : UnitOfWork
    first, second : UUID
        Runs; changes are from the first to the second.

    Raises
    ------
    NotFoundError
        There is no such run.
    """
    runs = [sql.get_run(work.session, first), sql.get_run(work.session, second)]
    return {
        "a": run_facts(runs[0]),
        "b": run_facts(runs[1]),
        "same_grids": runs[0].plan_id == runs[1].plan_id,
        "summary": _summary(runs),
        "grids": _grids(work, runs),
        "areas": _areas(work, runs),
        "places": _places(work, runs),
    }


def _summary(runs: list[CoverageRun]) -> list[dict[str, Any]]:
    found = []
    for name in SUMMED:
        a, b = (run.summary.get(name) for run in runs)
        if a is not None or b is not None:
            found.append({"figure": name, "a": a, "b": b, "change": None if a is None or b is None else b - a})
    return found


def share(figures: dict[str, Any] | None) -> float | None:
    """Return the share of street that is seen; None where there is no street."""
    return figures["seen_m"] / figures["street_m"] if figures and figures["street_m"] else None


def _pair(a: dict[str, Any] | None, b: dict[str, Any] | None) -> dict[str, Any]:
    """Return the figures of both sides and the change of the seen share."""
    shares = share(a), share(b)
    change = None if shares[0] is None or shares[1] is None else shares[1] - shares[0]
    told: dict[str, Any] = {"seen_share_a": shares[0], "seen_share_b": shares[1], "change": change}
    for side, figures in (("a", a), ("b", b)):
        told |= {f"{name}_{side}": figures[name] if figures else None for name in FIGURES}
    return told


def _largest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (-abs(row["change"] or 0.0), row["code"]))


def _grids(work: UnitOfWork, runs: list[CoverageRun]) -> list[dict[str, Any]]:
    sides = []
    for run in runs:
        rows = sql.coverage_rows(work.session, run.id)
        sides.append({row.code: (row, {name: getattr(row.CoverageGrid, name) for name in FIGURES}) for row in rows})
    found = []
    for code in sorted(sides[0].keys() | sides[1].keys()):
        a, b = (side.get(code) for side in sides)
        known = a or b
        found.append(
            {
                "code": code,
                "name": known[0].name if known else "",
                "grid_id_a": a[0].CoverageGrid.grid_id if a else None,
                "grid_id_b": b[0].CoverageGrid.grid_id if b else None,
                **_pair(a[1] if a else None, b[1] if b else None),
            }
        )
    return _largest_first(found)


def _areas(work: UnitOfWork, runs: list[CoverageRun]) -> list[dict[str, Any]]:
    sides = [{row["code"]: row for row in by_area(work, run)["areas"]} for run in runs]
    found = []
    for code in sorted(sides[0].keys() | sides[1].keys()):
        a, b = (side.get(code) for side in sides)
        known = a or b or {}
        found.append({"code": code, "kind": known.get("kind"), "name": known.get("name"), **_pair(a, b)})
    return found


def _places(work: UnitOfWork, runs: list[CoverageRun]) -> list[dict[str, Any]]:
    """List the key places that one run sees and the other doesn't."""
    sides = []
    for run in runs:
        table = sql.place_rows(work.session, run.id)
        sides.append({table["id"][row]: (row, table) for row in range(len(table["id"]))})
    found = []
    for place in sides[0].keys() & sides[1].keys():
        (row, table), (other, beside) = sides[0][place], sides[1][place]
        if table["seen"][row] != beside["seen"][other]:
            point = table["point"][row]
            found.append(
                {
                    "id": place,
                    "kind": table["kind"][row],
                    "name": table["name"][row],
                    "was": table["seen"][row],
                    "is": beside["seen"][other],
                    "share_a": float(table["share"][row]),
                    "share_b": float(beside["share"][other]),
                    "lon": point.x,
                    "lat": point.y,
                }
            )
    return sorted(found, key=lambda row: (row["kind"], row["name"], str(row["id"])))
