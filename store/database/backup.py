"""Backup and restore of one database by PostgreSQL's own programs."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gis.errors import ConflictError, InvalidInputError, UnavailableError
from store.cluster.account import clean_environment
from store.cluster.binaries import Binaries, find_binaries
from store.database import schema
from store.database.urls import OWNER_OPTION, connect, libpq_url

MAGIC = b"PGDMP"
# Made by us before the restore: an owner without superuser rights may not touch their comments. Rights of tables to
# come are bound to the name of the owner that was dumped: those of the new owner are given by us afterwards. We add no
# reference system to those of PostGIS, whose table is not the owner's.
SKIPPED_ENTRIES = (
    " EXTENSION ", " COMMENT - EXTENSION ", " SCHEMA - public ", " DEFAULT ACL ", " TABLE DATA public spatial_ref_sys ",
)  # fmt: skip


def backup(owner_url: str, file: Path, *, bin_folder: Path | None = None) -> int:
    """Write the whole database to one compressed file.

    Parameters
    ----------
    owner_url : str
        URL of the role that owns the tables.
    file : Path
        Replaced only when the new backup is complete and on disk.
    bin_folder : Path, optional
        Where PostgreSQL's programs are.

    Returns
    -------
    int
        Size of the file in bytes.

    Raises
    ------
    InvalidInputError
        The folder of `file` does not exist or may not be written to.
    UnavailableError
        No disk space, or the database does not answer.
    """
    part = _new_file_beside(file)
    try:
        programs = _programs_for(owner_url, bin_folder)
        command = [programs.program("pg_dump"), "--format=custom", "--no-owner", "--no-password", f"--file={part}"]
        # Whoever listens starts anew: events of the time before would tell of tiles that are long replaced.
        command.append("--exclude-table-data=outbox")
        # row security is forced on the owner, too; its own policy shows it every row (`_environment`)
        command.append("--enable-row-security")
        _run(command, owner_url, "the backup", file)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def _new_file_beside(file: Path) -> Path:
    if file.is_dir():
        raise InvalidInputError(f"{file} is a folder.", file=str(file), remedy="Name a file for the backup.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    except OSError as error:
        raise InvalidInputError(
            f"Cannot write to {file.parent}: {error.strerror}.", file=str(file), remedy="Name a file in another folder."
        ) from error
    os.close(handle)
    return Path(name)


def restore(owner_url: str, file: Path, *, bin_folder: Path | None = None) -> str:
    """Fill an empty database from a backup, all or nothing.

    Parameters
    ----------
    owner_url : str
        URL of the role that will own the tables.
    file : Path
        Written by `backup`.
    bin_folder : Path, optional
        Where PostgreSQL's programs are.

    Returns
    -------
    str
        Schema revision that the backup had.

    Raises
    ------
    ConflictError
        The database already has tables.
    InvalidInputError
        The file is missing, empty, damaged, or no backup of Gridward.
    UnavailableError
        The backup was made by a newer Gridward, the disk is full, or the database does not answer.
    """
    check_readable(file)
    programs = _programs_for(owner_url, bin_folder)
    revision = _revision_in(programs, file)
    if not schema.is_known(revision):
        raise UnavailableError(
            f"The backup was made by a newer Gridward (schema {revision}).",
            file=str(file),
            schema=revision,
            remedy="Install that version, then restore.",
        )
    with schema.alone(owner_url):
        _refuse_unless_empty(owner_url)
        _load(programs, owner_url, file)
    schema.complete(owner_url)
    return revision


def _load(programs: Binaries, owner_url: str, file: Path) -> None:
    with connect(owner_url) as connection:
        schema.ensure_app_role(connection)
        for extension in ("postgis", "btree_gist", "pgcrypto"):
            connection.execute(f"create extension if not exists {extension}".encode())
    with tempfile.TemporaryDirectory(prefix="gridward-restore-") as folder:
        contents = Path(folder) / "contents"
        contents.write_text(_wanted_entries(programs, file), "utf-8")
        command = [programs.program("pg_restore"), "--single-transaction", "--exit-on-error", "--no-owner"]
        command += ["--no-password", f"--use-list={contents}", "--dbname=", str(file)]
        _run(command, owner_url, "the restore", file)
    with connect(owner_url) as connection:
        schema.give_rights_to_come(connection)


def check_readable(file: Path) -> None:
    """Refuse a file that is no backup before anything is started or touched.

    Raises
    ------
    InvalidInputError
        It is missing, unreadable, empty or of another format.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(len(MAGIC))
    except OSError as error:
        raise InvalidInputError(
            f"Cannot read {file}: {error.strerror}.", file=str(file), remedy="Name a file made by `gridward db backup`."
        ) from error
    if start != MAGIC:
        what = "is empty" if not start else "is not a backup"
        raise InvalidInputError(f"{file} {what}.", file=str(file), remedy="Name a file made by `gridward db backup`.")


def _refuse_unless_empty(owner_url: str) -> None:
    statement = """
        select count(*), min(relname::text) from pg_class c
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    """
    with connect(owner_url) as connection:
        row = connection.execute(statement).fetchone()
        name = connection.info.dbname
    if row and row[0]:
        raise ConflictError(
            f"The database {name} is not empty ({row[0]} tables and the like: {row[1]}, …). Nothing was changed.",
            database=name,
            remedy="Restore into a new GRIDWARD_HOME or an empty database: "
            "GRIDWARD_HOME=FOLDER gridward db restore FILE",
        )


def _programs_for(owner_url: str, bin_folder: Path | None) -> Binaries:
    """Prefer programs of the server's own version: a dump by a newer one may not load into it."""
    with connect(owner_url) as connection:
        major = connection.info.server_version // 10000
    try:
        return find_binaries(bin_folder, major=major)
    except UnavailableError:
        newest = find_binaries(bin_folder)
    if newest.major < major:
        raise UnavailableError(
            f"The server is PostgreSQL {major}; pg_dump here is of version {newest.major} and cannot read it.",
            remedy=f"Install it: sudo apt-get install -y postgresql-client-{major}",
        )
    return newest


def _revision_in(programs: Binaries, file: Path) -> str:
    answer = _run(
        [programs.program("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", str(file)],
        None,
        "reading the backup",
        file,
    )
    lines = iter(answer.splitlines())
    for line in lines:
        if line.startswith("COPY ") and "alembic_version" in line:
            revision = next(lines, "\\.")
            if revision != "\\.":
                return revision.strip()
    raise InvalidInputError(
        f"{file} is a PostgreSQL dump, but not of a Gridward database.",
        file=str(file),
        remedy="Name a file made by `gridward db backup`.",
    )


def _wanted_entries(programs: Binaries, file: Path) -> str:
    contents = _run([programs.program("pg_restore"), "--list", str(file)], None, "reading the backup", file)
    return "".join(f"{line}\n" for line in contents.splitlines() if not any(entry in line for entry in SKIPPED_ENTRIES))


def _run(command: Sequence[str], url: str | None, action: str, file: Path) -> str:
    answer = subprocess.run(  # noqa: S603 - a program found by us
        list(command), capture_output=True, text=True, check=False, env=_environment(url), errors="replace"
    )
    if answer.returncode == 0:
        return answer.stdout
    last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
    if "No space left on device" in answer.stderr:
        raise UnavailableError(
            f"No disk space for {action}; nothing was changed.",
            file=str(file),
            remedy="Free some space or name a file on another disk.",
        )
    if url is None or "archive" in last or "end of file" in last or "input file" in last:
        raise InvalidInputError(
            f"{file} is damaged: {last}. Nothing was changed.",
            file=str(file),
            remedy="Take an earlier backup; this one was cut off or altered.",
        )
    raise UnavailableError(f"PostgreSQL failed during {action}: {last}. Nothing was changed.", file=str(file))


def _environment(url: str | None) -> dict[str, str]:
    """Return the programs' environment with the connection in it: on a command line passwords show."""
    environment = clean_environment()
    if url is None:
        return environment
    names = {option.keyword.decode(): option.envvar for option in psycopg.pq.Conninfo.get_defaults()}
    for keyword, value in conninfo_to_dict(libpq_url(url)).items():
        variable = names.get(keyword)
        if variable and value is not None:
            environment[variable.decode()] = str(value)
    environment["PGOPTIONS"] = f"{environment.get('PGOPTIONS', '')} {OWNER_OPTION}".strip()
    return environment
