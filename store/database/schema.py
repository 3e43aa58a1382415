"""Bring a database to the current schema, and set what migrations and dumps do not carry."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors, sql
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from gis.errors import UnavailableError
from store.database.engine import APP_ROLE, libpq_url, sqlalchemy_url

log = logging.getLogger(__name__)

# `geom && box` under row security may use its index only if the function behind it leaks nothing through errors.
# It compares boxes and cannot. pg_dump does not carry the mark.
BOX_OVERLAP = "geometry_overlaps(geometry, geometry)"


def alembic_config(owner_url: str) -> Config:
    """Return Alembic's configuration, built in code so that it also works from an installed wheel."""
    found = importlib.util.find_spec("migrations")
    if found is None or not found.submodule_search_locations:
        raise UnavailableError(
            "The migrations are missing from this installation.", remedy="Install gridward again from its wheel."
        )
    config = Config()
    config.set_main_option("script_location", str(Path(next(iter(found.submodule_search_locations)))))
    config.attributes["url"] = owner_url
    return config


def upgrade(owner_url: str) -> tuple[str | None, str | None]:
    """Migrate to the newest schema and refresh what lies outside migrations.

    Parameters
    ----------
    owner_url : str
        URL of the role that owns the tables.

    Returns
    -------
    tuple of str or None
        Revision before and after; None means an empty database.

    Raises
    ------
    UnavailableError
        The server has no PostGIS, does not answer, or the schema is newer than this program.
    """
    config = alembic_config(owner_url)
    before = current_revision(owner_url)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise UnavailableError(
            f"The database was made by a newer Gridward (schema {before}).",
            schema=before,
            remedy="Install the newer version, or restore a backup made with this one.",
        )
    _require_postgis(owner_url)
    command.upgrade(config, "head")
    complete(owner_url)
    after = current_revision(owner_url)
    if before != after:
        log.info("schema upgraded", extra={"from": before, "to": after})
    return before, after


def current_revision(owner_url: str) -> str | None:
    """Return the schema's revision, None for a database that was never migrated."""
    engine = create_engine(sqlalchemy_url(owner_url), poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Return the revision that this program works with."""
    return ScriptDirectory.from_config(alembic_config("")).get_current_head()


def complete(owner_url: str) -> bool:
    """Mark the box-overlap function as leakproof; after each upgrade and restore.

    Returns
    -------
    bool
        False on a managed database whose owner is no superuser: lists stay right but are slower for accounts
        that see one area only.
    """
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("alter function {} leakproof").format(sql.SQL(BOX_OVERLAP)))
        except errors.InsufficientPrivilege:
            log.warning("box overlap is not leakproof: the owner is no superuser; area-scoped maps are slower")
            return False
        except errors.UndefinedFunction:
            return False
    return True


def is_leakproof(owner_url: str) -> bool:
    """Whether spatial filters can use their index under row security."""
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as connection:
        row = connection.execute(
            "select proleakproof from pg_proc where oid = to_regprocedure(%s)", (BOX_OVERLAP,)
        ).fetchone()
    return bool(row and row[0])


def ensure_app_role(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Create the application's role when it is missing, so that a dump's rights find their grantee."""
    found = connection.execute("select 1 from pg_roles where rolname = %s", (APP_ROLE,)).fetchone()
    if not found:
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(APP_ROLE)))


def _require_postgis(owner_url: str) -> None:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as connection:
        for extension in ("postgis", "btree_gist"):
            row = connection.execute("select 1 from pg_available_extensions where name = %s", (extension,)).fetchone()
            if row is None:
                major = connection.info.server_version // 10000
                raise UnavailableError(
                    f"The database server has no extension {extension}.",
                    extension=extension,
                    remedy=f"On the server: sudo apt-get install -y postgresql-{major}-postgis-3 postgresql-contrib",
                )
