"""Coverage for accounts of some areas: the figures of what lies there, in the place of those of the whole run."""

from __future__ import annotations

from typing import Any, Final

from store.database import coverage_areas as sql
from store.database.cameras import may_name
from store.database.models import CoverageRun
from store.database.work import UnitOfWork

# the sum of each grid's figure, by what a run's summary calls it
SUMMED: Final = {
    "streets_m": "street_m", "seen_m": "seen_m", "seen_m_upper": "seen_m_upper", "k2_m": "k2_m", "k3_m": "k3_m",
    "open_m2": "open_m2", "seen_m2": "seen_m2", "seen_m2_upper": "seen_m2_upper", "key_places": "places",
    "key_places_seen": "places_seen", "key_places_seen_upper": "places_seen_upper", "cameras": "cameras",
    "cameras_networked": "networked", "cameras_online": "online", "cameras_serviceable": "serviceable",
    "k2_m_upper": "k2_m_upper", "k3_m_upper": "k3_m_upper",
}  # fmt: skip


def summary_of(work: UnitOfWork, run: CoverageRun) -> dict[str, Any]:
    """Return a run's summary as the actor may know it: as it was kept, or added up from the grids of their areas.

    A border between two areas changes nothing: what a camera beyond it sees here is in the figures of the grids here.
    What is told of single cameras of the whole run (unknown sensors, mountings) is left out. Whoever ran it may have
    known what cameras are called; where names are not to be told, their ids stand in their place.
    """
    if not work.actor.is_limited:
        kept = run.summary.get("availability")
        if not kept or may_name(work.session):
            return dict(run.summary)
        below = [{**each, "ref": each["camera"]} for each in kept["below_target"]]
        return {**run.summary, "availability": {**kept, "below_target": below}}
    row = sql.figures_in_sight(work.session, run.id, list(SUMMED.values()))
    found: dict[str, Any] = {name: getattr(row, figure) for name, figure in SUMMED.items()}
    status = str(run.spec.get("status", run.spec.get("count", "online")))
    grids, with_camera = sql.grids_with_camera(work.session, run.id, status)
    official = {"unit": "grid", "units": grids, "with_camera": with_camera}
    return {
        **found,
        "cameras_unknown_heading": row.unknown_heading,
        "gaps": row.gaps,
        "official": [{**official, "share": with_camera / grids if grids else None}],
    }
