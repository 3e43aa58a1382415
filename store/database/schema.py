"""Bring a database to the current schema, and set what migrations and dumps do not carry."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg
from psycopg import errors, sql

from gis.errors import UnavailableError
from store.database.urls import ALL_ROLE, APP_ROLE, AREA_ROLE, OWNER_ROLE, connect

log = logging.getLogger(__name__)

# `geom && box` under row security may use its index only if the function behind it leaks nothing through errors.
# It compares boxes and cannot. pg_dump does not carry the mark.
BOX_OVERLAP = "geometry_overlaps(geometry, geometry)"


# Any number that no other advisory lock of ours uses.
_UPKEEP_LOCK = 7_402_812
_TRANSACTION_ROLES = (sql.Identifier(ALL_ROLE), sql.Identifier(AREA_ROLE))


def migrations_folder() -> Path:
    """Return the folder of the migrations, in a checkout as in an installed wheel."""
    found = importlib.util.find_spec("migrations")
    if found is None or not found.submodule_search_locations:
        raise UnavailableError(
            "The migrations are missing from this installation.", remedy="Install gridward again from its wheel."
        )
    return Path(next(iter(found.submodule_search_locations)))


@cache
def revisions() -> dict[str, str | None]:
    """Return each migration's predecessor, read from the files' text.

    Importing the migrations takes seconds, and every command asks for the newest revision.
    """
    found: dict[str, str | None] = {}
    for file in (migrations_folder() / "versions").glob("*.py"):
        text = file.read_text("utf-8")
        own = re.search(r"""^revision(?::\s*str)?\s*=\s*["'](\w+)["']""", text, re.MULTILINE)
        before = re.search(r"""^down_revision[^=\n]*=\s*["'](\w+)["']""", text, re.MULTILINE)
        if own:
            found[own.group(1)] = before.group(1) if before else None
    return found


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
    # Alembic and the models take a second to import; most commands find nothing to upgrade
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    with alone(owner_url):
        before = current_revision(owner_url)
        if before is not None and not is_known(before):
            raise UnavailableError(
                f"The database was made by a newer Gridward (schema {before}).",
                schema=before,
                remedy="Install the newer version, or restore a backup made with this one.",
            )
        _require_postgis(owner_url)
        _require_rights(owner_url)
        config = Config()
        config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
        config.attributes["url"] = owner_url
        command.upgrade(config, "head")
        complete(owner_url)
    after = current_revision(owner_url)
    if before != after:
        log.info("schema upgraded", extra={"from": before, "to": after})
    return before, after


@contextmanager
def alone(owner_url: str) -> Iterator[None]:
    """Let one process at a time change the schema; two first starts at once are usual (`serve` and `worker`)."""
    with connect(owner_url) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_UPKEEP_LOCK,))
        yield


def current_revision(owner_url: str) -> str | None:
    """Return the schema's revision, None for a database that was never migrated."""
    with connect(owner_url) as connection:
        found = connection.execute("select to_regclass('alembic_version') is not null").fetchone()
        if found != (True,):
            return None
        row = connection.execute("select version_num from alembic_version").fetchone()
    return str(row[0]) if row else None


def newest_revision() -> str:
    """Return the revision that this program works with."""
    before = set(revisions().values())
    return next(revision for revision in revisions() if revision not in before)


def is_known(revision: str) -> bool:
    """Whether this program has the migration that made a schema."""
    return revision in revisions()


def complete(owner_url: str) -> bool:
    """Mark the box-overlap function as leakproof; after each upgrade and restore.

    Returns
    -------
    bool
        False on a managed database whose owner is no superuser: lists stay right but are slower for accounts
        that see one area only.
    """
    with connect(owner_url) as connection:
        _allow_staging(connection)
        try:
            connection.execute(sql.SQL("alter function {} leakproof").format(sql.SQL(BOX_OVERLAP)))
        except errors.InsufficientPrivilege:
            log.warning("box overlap is not leakproof: the owner is no superuser; area-scoped maps are slower")
            return False
        except errors.UndefinedFunction:
            return False
    return True


def _allow_staging(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let both roles make the temporary tables of bulk inserts; dumps do not carry the rights of a database."""
    name = sql.Identifier(connection.info.dbname)
    with suppress(errors.InsufficientPrivilege, errors.UndefinedObject):
        connection.execute(sql.SQL("grant temporary on database {} to {}, {}").format(name, *_TRANSACTION_ROLES))


def is_leakproof(owner_url: str) -> bool:
    """Whether spatial filters can use their index under row security."""
    with connect(owner_url) as connection:
        row = connection.execute(
            "select proleakproof from pg_proc where oid = to_regprocedure(%s)", (BOX_OVERLAP,)
        ).fetchone()
    return bool(row and row[0])


def facts(owner_url: str) -> dict[str, object]:
    """Describe a database: ``server``, ``postgis``, ``size_bytes``, ``schema``, ``newest_schema``, ``leakproof``."""
    with connect(owner_url) as connection:
        row = connection.execute(
            "select version(), pg_database_size(current_database()),"
            " (select extversion from pg_extension where extname = 'postgis')"
        ).fetchone()
    server, size, postgis = row or (None, None, None)
    return {
        "server": str(server).split(" on ")[0],
        "postgis": postgis,
        "size_bytes": size,
        "schema": current_revision(owner_url),
        "newest_schema": newest_revision(),
        "leakproof": is_leakproof(owner_url),
    }


def ensure_app_role(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Create the roles of the application when they are missing, so that a dump's rights find their grantees."""
    for role in (APP_ROLE, ALL_ROLE, AREA_ROLE, OWNER_ROLE):
        found = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
        if not found:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    _tie_roles(connection)


def give_rights_to_come(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Give the roles of the application their rights on tables that the owner will make, as the migrations do."""
    roles = sql.SQL(", ").join(map(sql.Identifier, (APP_ROLE, ALL_ROLE, AREA_ROLE)))
    for rights in ("select, insert, update, delete on tables", "usage, select on sequences"):
        connection.execute(
            sql.SQL("alter default privileges in schema public grant {} to {}").format(sql.SQL(rights), roles)
        )


def _tie_roles(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let the login take the two roles of row security without inheriting what they see."""
    row = connection.execute("select rolinherit from pg_roles where rolname = %s", (APP_ROLE,)).fetchone()
    if row == (True,):
        connection.execute(sql.SQL("alter role {} noinherit").format(sql.Identifier(APP_ROLE)))
    for role in (ALL_ROLE, AREA_ROLE):
        held = connection.execute("select pg_has_role(%s, %s, 'member')", (APP_ROLE, role)).fetchone()
        if held != (True,):
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(APP_ROLE)))
    for role in (ALL_ROLE, AREA_ROLE, OWNER_ROLE):
        held = connection.execute("select pg_has_role(current_user, %s, 'member')", (role,)).fetchone()
        if held != (True,):
            connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


def _require_postgis(owner_url: str) -> None:
    with connect(owner_url) as connection:
        for extension in ("postgis", "btree_gist", "pgcrypto"):
            row = connection.execute("select 1 from pg_available_extensions where name = %s", (extension,)).fetchone()
            if row is None:
                major = connection.info.server_version // 10000
                raise UnavailableError(
                    f"The database server has no extension {extension}.",
                    extension=extension,
                    remedy=f"On the server: sudo apt-get install -y postgresql-{major}-postgis-3 postgresql-contrib",
                )


def _require_rights(owner_url: str) -> None:
    """Say at once what an administrator must do for an owner who is no superuser, as on a managed database."""
    with connect(owner_url) as connection:
        row = connection.execute(
            "select current_user, rolsuper, rolcreaterole from pg_roles where rolname = current_user"
        ).fetchone()
        if row is None or row[1]:
            return
        owner = sql.Identifier(str(row[0])).as_string(connection)
        wanted = []
        for role in (APP_ROLE, ALL_ROLE, AREA_ROLE, OWNER_ROLE):
            found = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
            member = found and connection.execute("select pg_has_role(%s, 'member')", (role,)).fetchone() == (True,)
            if not (member or row[2]):
                wanted += ([] if found else [f"create role {role};"]) + [f"grant {role} to {owner};"]
        if connection.info.server_version >= 150000:
            asked = "select has_parameter_privilege('gridward.owner', 'set')"
            if connection.execute(asked).fetchone() != (True,):
                wanted.append(f'grant set on parameter "gridward.owner" to {owner};')
    if wanted:
        if not row[2]:
            wanted.append(f"alter role {APP_ROLE} noinherit; grant {ALL_ROLE}, {AREA_ROLE} to {APP_ROLE};")
        raise UnavailableError(
            "The owner of the tables is no superuser and lacks some rights.",
            remedy=f"Once, as an administrator of the server: {' '.join(wanted)}",
        )
