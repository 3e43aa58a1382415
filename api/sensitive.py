"""Which requests leave a line in the audit trail although they only read, and which line."""

from __future__ import annotations

import re
from typing import Final

from api import gates

# collections whose rows say where something can be watched, who stands where, or who told what
COLLECTIONS: Final = frozenset({"cameras", "view_sheds", "incidents", "privacy_zones"})
_COLLECTION = re.compile(r"/ogc/collections/([a-z_]+)/(?:items|tiles|queryables)(?:/|$)")
# by the beginning of the path: lists and single ones alike
_PATHS: Final = (
    ("/api/v1/incidents", "incidents"),
    ("/api/v1/cameras", "cameras"),
    ("/api/v1/coverage/cameras", "cameras"),
    ("/api/v1/privacy-zones", "privacy_zones"),
    ("/api/v1/staff", "staff"),
    ("/api/v1/assignments", "staff"),
    ("/api/v1/shifts", "staff"),
    ("/api/v1/responsibilities", "staff"),
    ("/api/v1/accounts", "accounts"),
    ("/api/v1/audit", "audit"),
)


def line_of(method: str, route: str, path: str) -> tuple[str, str, bool] | None:
    """Return what a request that reads leaves: action, target, and whether each time or once in ten minutes.

    Examples
    --------
    >>> line_of("GET", "/ogc/collections/{collection}/tiles/…", "/ogc/collections/cameras/tiles/x/1/2/3")
    ('read', 'cameras', False)
    >>> line_of("GET", "/api/v1/plans/{plan_id}/export", "/api/v1/plans/7/export")
    ('export', '/api/v1/plans/7/export', True)
    >>> line_of("GET", "/api/v1/style", "/api/v1/style") is None
    True
    """
    if method not in ("GET", "HEAD"):
        return None
    if f"GET {route}" in gates.EXPORTS:
        return "export", path, True
    collection = _COLLECTION.match(path)
    if collection:
        return ("read", collection[1], False) if collection[1] in COLLECTIONS else None
    return next((("read", name, False) for start, name in _PATHS if path.startswith(start)), None)
