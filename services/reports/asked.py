"""What a coverage report was asked, in words: moment, needs, detail, and the area that it is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from gis.errors import NotFoundError
from layers.spec import Lang, Text
from services.coverage_in_area import SUMMED
from services.coverage_spec import CEILING, densities, rate_text
from services.live_scene import spec_of
from store.database import coverage_areas as area_sql
from store.database.models import CoverageRun, Plan
from store.database.work import UnitOfWork

LEVELS: Final = {
    "overview": Text("Overview", "概览"),
    "outline": Text("Outline", "轮廓"),
    "discern": Text("Discern", "辨别"),
    "perceive": Text("Perceive", "感知"),
    "characterise": Text("Characterise", "特征"),
    "validate": Text("Validate", "核验"),
    "scrutinise": Text("Scrutinise", "细察"),
    "detect": Text("Detect (2014)", "探测（2014）"),
    "observe": Text("Observe (2014)", "观察（2014）"),
    "recognise": Text("Recognise (2014)", "识别（2014）"),
    "identify": Text("Identify (2014)", "辨认（2014）"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """An area that a report is of.

    Attributes
    ----------
    name : str
    areas : frozenset of UUID
        It and all below it.
    """

    name: str
    areas: frozenset[UUID]


def scope_of(work: UnitOfWork, plan: Plan, area_id: UUID) -> Scope:
    """Return an area with all below it.

    Raises
    ------
    NotFoundError
        There is no such area, or it is not of those that the account may see.
    """
    tree = [row for row in area_sql.area_tree(work.session, plan.territory_id) if work.actor.covers(row.area_code)]
    root = next((row for row in tree if row.id == area_id), None)
    if root is None:
        raise NotFoundError("There is no such area here.", area=str(area_id))
    inside = {root.id}
    for row in tree:  # parents come before their children
        if row.parent_id in inside:
            inside.add(row.id)
    return Scope(root.name or root.code, frozenset(inside))


def summed(rows: list[Any], gaps: list[Any], unknown: int) -> dict[str, Any]:
    """Add the figures of some grids up, by what a run's summary calls them."""
    found = {name: sum(getattr(row.CoverageGrid, figure) for row in rows) for name, figure in SUMMED.items()}
    return {**found, "cameras_unknown_heading": unknown, "gaps": len(gaps)}


def moment(run: CoverageRun) -> str:
    """Return when a run was computed, on the clocks of its territory."""
    zone = spec_of(run).time_zone
    return f"{run.created_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def availability_note(summary: dict[str, Any], say: dict[str, str]) -> str:
    """Say how available cameras were over the month of a run, and which were below the target, the worst first."""
    from grid_coverage.over_time import SERVICEABLE  # noqa: PLC0415 - brings in compiled kernels

    found = summary.get("availability")
    if not found or found["mean"] is None:
        return ""
    named = ", ".join(f"{each['ref']} {rate_text(each['availability'], SERVICEABLE)}" for each in found["below_target"])
    told = say["availability"].format(
        mean=rate_text(found["mean"], 1.0), below=found["below"], target=f"{SERVICEABLE:.0%}"
    )
    return f"{told} {named}" if named else told


def asked_notes(run: CoverageRun, say: dict[str, str], lang: Lang) -> list[str]:
    """Say what a run was asked where that is not the usual."""
    spec = spec_of(run)
    told = [
        say["day"].format(value=spec.on) if spec.on else "",
        say["month"].format(value=spec.month) if spec.month else "",
        say["needed"].format(value=spec.k) if spec.k > 1 else "",
        say["ptz_now"] if spec.ptz == "now" else "",
    ]
    if spec.level is not None:
        told.append(say["level"].format(name=getattr(LEVELS[spec.level], lang), value=densities()[spec.level]))
        told.append(say["assumed_px"].format(value=f"{spec.assumed_px:,}") if spec.assumed_px else "")
    else:
        told.append(say["level_usual"].format(value=CEILING))
    if spec.named:
        told.append(say["named"].format(value=len(spec.named), reason=spec.reason))
    return [note for note in told if note]
