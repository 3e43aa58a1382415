"""How long the database may think about a request, by what kind of route it is."""

from __future__ import annotations

from typing import Final

from api.gates import EXPORTS, QUESTIONS, SAFE_METHODS
from services.settings import DatabaseSettings

# asked by reading, but of whole plans, and answered with a report
REPORTS: Final = (
    "/api/v1/reports", "/api/v1/plans/{plan_id}/check", "/api/v1/plans/{plan_id}/impact",
    "/api/v1/plans/{plan_id}/compare", "/api/v1/plans/{plan_id}/quality", "/api/v1/area-changes", "/api/v1/audit",
)  # fmt: skip


def patience_of(method: str, route: str, settings: DatabaseSettings) -> float:
    """Return the longest single statement of a request, in seconds.

    Parameters
    ----------
    method : str
    route : str
        Template of the route.
    settings : DatabaseSettings
    """
    if "/tiles/" in route:
        return settings.tile_timeout_s
    asked = method in SAFE_METHODS or route in QUESTIONS
    if asked and f"GET {route}" not in EXPORTS and not route.startswith(REPORTS):
        return min(settings.question_timeout_s, settings.statement_timeout_s)
    return settings.statement_timeout_s
