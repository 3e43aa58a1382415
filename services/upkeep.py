"""Looking after the database: start, stop, state, schema, backup and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gis.errors import ConflictError
from services.access import record
from services.settings import DatabaseSettings, database_urls
from store.cluster import ClusterUrls, PrivateCluster
from store.database import backup, schema
from store.database.actor import Actor
from store.database.engine import Database


def start(settings: DatabaseSettings) -> dict[str, Any]:
    """Start the private cluster (nothing to start with a URL) and return its state."""
    database_urls(settings)
    return state(settings)


def stop(settings: DatabaseSettings, *, force: bool = False) -> bool:
    """Stop the private cluster unless others use it.

    Returns
    -------
    bool
        False when it was not running.

    Raises
    ------
    ConflictError
        It is in use, or the database is not ours to stop.
    """
    if settings.database_url is not None:
        raise ConflictError(
            "GRIDWARD_DATABASE_URL names a database of yours; Gridward does not stop it.",
            setting="GRIDWARD_DATABASE_URL",
            remedy="Stop it with its own tools.",
        )
    return PrivateCluster(settings.home, bin_folder=settings.pg_bin).stop(force=force)


def state(settings: DatabaseSettings) -> dict[str, Any]:
    """Describe the database without starting or changing anything.

    Returns
    -------
    dict
        ``state`` (absent, stopped, starting, running, external), where it lives, and, while it answers,
        ``schema``, ``newest_schema``, ``leakproof`` and ``size_bytes``.
    """
    facts: dict[str, Any]
    if settings.database_url is not None:
        urls: ClusterUrls | None = database_urls(settings)
        facts = {"state": "external", "home": str(settings.home)}
    else:
        found = PrivateCluster(settings.home, bin_folder=settings.pg_bin).status()
        urls = found.urls
        facts = {
            "state": found.state,
            "home": str(found.home),
            "data": str(found.data),
            "version": found.version,
            "pid": found.pid,
            "account": found.account,
            "url": found.urls.owner if found.urls else None,
        }
    if urls is not None:
        facts |= schema.facts(urls.owner)
    return facts


def require_schema(urls: ClusterUrls, *, may_create: bool) -> None:
    """Make sure that the database is at the newest schema.

    Parameters
    ----------
    urls : ClusterUrls
        The database.
    may_create : bool
        Migrate an empty database on the spot (the private one).

    Raises
    ------
    ConflictError
        The schema is older; the data should be backed up before it changes.
    UnavailableError
        The database does not answer, or its schema is newer than this program.
    """
    current = schema.current_revision(urls.owner)
    if current is not None and current == schema.newest_revision():
        return
    if current is None and not may_create:
        raise ConflictError(
            "The database is empty: it has no Gridward tables yet.", remedy="Create them: gridward db upgrade"
        )
    if current is not None and schema.is_known(current):
        raise ConflictError(
            f"The database has an older schema ({current}).",
            schema=current,
            remedy="Make a backup (gridward db backup FILE), then run: gridward db upgrade",
        )
    schema.upgrade(urls.owner)


def upgrade(settings: DatabaseSettings) -> dict[str, Any]:
    """Bring the database to the newest schema.

    Returns
    -------
    dict
        ``before`` and ``after`` revision, and whether box filters are ``leakproof``.
    """
    urls = database_urls(settings)
    before, after = schema.upgrade(urls.owner)
    if before != after:
        _note(urls, "db.upgrade", details={"before": before, "after": after})
    return {"before": before, "after": after, "leakproof": schema.is_leakproof(urls.owner)}


def save(settings: DatabaseSettings, file: Path) -> dict[str, Any]:
    """Write a backup; the file appears only when it is complete."""
    urls = database_urls(settings)
    size = backup.backup(urls.owner, file, bin_folder=settings.pg_bin)
    _note(urls, "db.backup", file.name, {"bytes": size})
    return {"file": str(file), "bytes": size}


def restore(settings: DatabaseSettings, file: Path) -> dict[str, Any]:
    """Fill an empty database from a backup and bring it to the newest schema."""
    backup.check_readable(file)
    urls = database_urls(settings)
    found = backup.restore(urls.owner, file, bin_folder=settings.pg_bin)
    _, after = schema.upgrade(urls.owner)
    _note(urls, "db.restore", file.name, {"schema_of_backup": found, "schema": after})
    return {
        "file": str(file),
        "schema_of_backup": found,
        "schema": after,
        "leakproof": schema.is_leakproof(urls.owner),
    }


def _note(urls: ClusterUrls, action: str, target: str = "", details: dict[str, Any] | None = None) -> None:
    """Leave a line in the audit trail; a database with an older schema than the trail's has none yet."""
    database = Database(urls.app, urls.owner)
    try:
        if schema.current_revision(urls.owner) == schema.newest_revision():
            with database.owner_work(Actor.system()) as work:
                record(work, action, target, details)
    finally:
        database.dispose()
