"""Whether this process can do its work: database, schema, a living worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gis.errors import GridwardError
from store.database import health as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.schema import newest_revision

WORKER_SEEN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found.

    Attributes
    ----------
    ready : bool
        Whether requests can be served.
    checks : dict of str
        ``ok`` or what is wrong, by part: ``database``, ``schema``, ``row_security``, ``worker``. Row security that is
        ``slow`` serves, one that is ``open`` does not. A worker that is away delays long
        work but stops no request, so it does not count against `ready`.
    """

    ready: bool
    checks: dict[str, str]


def check(database: Database) -> Readiness:
    """Look at the database, its schema and the workers."""
    checks = {"database": "ok", "schema": "unknown", "worker": "unknown"}
    try:
        with database.work(Actor.system()) as work:
            current = sql.schema_revision(work.session)
            newest = newest_revision()
            checks["schema"] = "ok" if current == newest else f"at {current or 'nothing'}, needs {newest}"
            if checks["schema"] == "ok":
                checks["row_security"] = sql.row_security(work.session)
                seen = sql.worker_seen(work.session)
                alive = seen is not None and seen > datetime.now(UTC) - WORKER_SEEN
                checks["worker"] = "ok" if alive else "away"
    except GridwardError as error:
        checks["database"] = error.message
    safe = not checks.get("row_security", "ok").startswith("open")
    return Readiness(checks["database"] == checks["schema"] == "ok" and safe, checks)
