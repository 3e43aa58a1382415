"""The private PostGIS cluster: create, start, stop, look at."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from gis.errors import ConflictError, UnavailableError
from store.cluster.account import OsAccount, account_for, clean_environment
from store.cluster.binaries import Binaries, find_binaries
from store.cluster.configuration import (
    APP_ROLE,
    COMPLETE_DATABASE,
    CREATE_DATABASE,
    CREATE_ROLES,
    DATABASE,
    HBA,
    SUPERUSER,
    server_settings,
)
from store.cluster.folders import (
    PORT,
    Folders,
    check_space,
    cluster_name,
    exclusive,
    failure,
    reachable,
    socket_folder,
    unavailable_os,
)
from store.cluster.process import (
    Postmaster,
    clear_stale_pid_file,
    end,
    lock_holders,
    read_pid_file,
    running_postmaster,
)

log = logging.getLogger(__name__)

LOCK_TIMEOUT_S = 180.0
START_TIMEOUT_S = 120.0
ORPHAN_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 60.0
# Said while the old server's last processes are still going; anything else is final.
PASSING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists', "is starting up")

# Shared locks of this process, one a cluster; the system drops them when the process ends.
_uses: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class ClusterUrls:
    """How to connect: libpq URLs that also fit SQLAlchemy.

    Parameters
    ----------
    owner : str
        Owner of the tables: migrations, bulk loads, backups.
    app : str
        The application's non-owner role.
    """

    owner: str
    app: str

    def named(self, database: str) -> ClusterUrls:
        """Return the URLs of another database of the same server."""
        return ClusterUrls(_other_database(self.owner, database), _other_database(self.app, database))


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What `gridward db status` shows.

    Parameters
    ----------
    state : str
        ``absent`` (never created), ``stopped``, ``starting`` or ``running``.
    home, data : Path
        Where it lives.
    version : int or None
        PostgreSQL's major version of the data.
    pid : int or None
        The server's process.
    account : str
        Who the server runs as.
    urls : ClusterUrls or None
        How to connect, while it runs.
    """

    state: Literal["absent", "stopped", "starting", "running"]
    home: Path
    data: Path
    version: int | None
    pid: int | None
    account: str
    urls: ClusterUrls | None


def _other_database(url: str, database: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{quote(database, safe='')}?{query}"


def _urls(socket: Path) -> ClusterUrls:
    host = quote(str(socket), safe="/")
    return ClusterUrls(*(f"postgresql://{role}@/{DATABASE}?host={host}&port={PORT}" for role in (SUPERUSER, APP_ROLE)))


class PrivateCluster:
    """A PostgreSQL server of our own under one home folder, reached by a socket only.

    Parameters
    ----------
    home : Path
        ``GRIDWARD_HOME``; the data lie in ``home/pg``.
    bin_folder : Path, optional
        Where PostgreSQL's programs are; found by itself otherwise.
    durable : bool
        False only for throw-away test data.
    """

    def __init__(self, home: Path, *, bin_folder: Path | None = None, durable: bool = True) -> None:
        self.folders = Folders.under(home)
        self.bin_folder = bin_folder
        self.durable = durable

    def ensure(self) -> ClusterUrls:
        """Make the cluster exist, run and be complete; quick when it already is.

        Any number of processes may call this at once: one works, the others wait and connect. The calling
        process counts as a user of the cluster until it ends or calls `release`.

        Returns
        -------
        ClusterUrls
            Of the database ``gridward``.

        Raises
        ------
        UnavailableError
            Something is missing or full; the message has the remedy.
        """
        self.folders.make_home()
        with exclusive(self.folders.start_lock, timeout_s=LOCK_TIMEOUT_S):
            account = account_for(self.folders.data)
            version = self.folders.data_version()
            binaries = find_binaries(self.bin_folder, major=version)
            if version is None:
                binaries.require_extensions()
                self._create(binaries, account)
            server = running_postmaster(self.folders.data)
            if server is None or not self._is_ready(binaries, server):
                server = self._start(binaries, account)
            if not self.folders.marker.exists():
                self._complete(binaries, account, server)
            self._count_in()
        return _urls(server.socket)

    def stop(self, *, force: bool = False) -> bool:
        """Stop the server unless somebody else uses it.

        Returns
        -------
        bool
            False when it was not running.

        Raises
        ------
        ConflictError
            Another gridward process or another connection uses it, and `force` was not given.
        """
        if not self.folders.data.is_dir():
            self.release()
            return False
        with exclusive(self.folders.start_lock, timeout_s=LOCK_TIMEOUT_S):
            self.release()
            server = running_postmaster(self.folders.data)
            if server is None:
                return False
            if not force:
                self._refuse_if_used(server)
            if not end(server, self.folders.data, timeout_s=STOP_TIMEOUT_S):
                raise UnavailableError(
                    f"PostgreSQL (process {server.pid}) did not stop within {STOP_TIMEOUT_S:.0f} s.",
                    pid=server.pid,
                    remedy="It is finishing its writes; look again with `gridward db status`.",
                )
            with contextlib.suppress(OSError):
                server.socket.rmdir()
        log.info("private cluster stopped", extra={"folder": str(self.folders.data)})
        return True

    def status(self) -> ClusterStatus:
        """Look without starting anything."""
        data = self.folders.data
        version = self.folders.data_version() if data.is_dir() else None
        account = account_for(data)
        if version is None:
            return ClusterStatus("absent", self.folders.home, data, None, None, account.name, None)
        server = running_postmaster(data)
        if server is None:
            return ClusterStatus("stopped", self.folders.home, data, version, None, account.name, None)
        ready = self._is_ready(find_binaries(self.bin_folder, major=version), server)
        return ClusterStatus(
            "running" if ready else "starting",
            self.folders.home,
            data,
            version,
            server.pid,
            account.name,
            _urls(server.socket) if ready else None,
        )

    def release(self) -> None:
        """Say that this process no longer uses the cluster."""
        handle = _uses.pop(self.folders.use_lock, None)
        if handle is not None:
            os.close(handle)

    def _count_in(self) -> None:
        path = self.folders.use_lock
        if path not in _uses:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(handle, fcntl.LOCK_SH)
            _uses[path] = handle

    def _refuse_if_used(self, server: Postmaster) -> None:
        users = lock_holders(self.folders.use_lock)
        binaries = find_binaries(self.bin_folder, major=self.folders.data_version())
        query = (
            "select coalesce(nullif(application_name, ''), usename) || ' (' || datname || ')' from pg_stat_activity "
            "where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        clients: list[str] = []
        with contextlib.suppress(UnavailableError):
            clients = self._sql(binaries, server, "postgres", query).split("\n")
        clients = sorted({client for client in clients if client})
        if users or clients:
            raise ConflictError(
                "The database is in use and was not stopped.",
                processes=users,
                connections=clients,
                remedy="Stop those first, or cut them off: gridward db stop --force",
            )

    def _create(self, binaries: Binaries, account: OsAccount) -> None:
        """Run initdb aside and move the result in place, so that a killed initdb leaves nothing half-made."""
        home, data = self.folders.home, self.folders.data
        if data.exists() and any(data.iterdir()):
            raise UnavailableError(
                f"{data} exists but is not a PostgreSQL data folder.",
                folder=str(data),
                remedy="Move it away, or set GRIDWARD_HOME to another folder.",
            )
        check_space(home)
        for left in home.glob("pg.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        fresh = home / f"pg.new-{os.getpid()}"
        try:
            fresh.mkdir()
            account.take(fresh, 0o700)
            self._initdb(binaries, account, fresh)
            if data.exists():
                data.rmdir()
            fresh.rename(data)
        except OSError as error:
            raise unavailable_os(error, fresh) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        log.info("private cluster created", extra={"folder": str(data), "version": binaries.major})

    def _initdb(self, binaries: Binaries, account: OsAccount, fresh: Path) -> None:
        options = ["-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        options.append("--data-checksums" if self.durable else "--no-sync")
        with reachable(fresh, account) as reach:
            command = [binaries.program("initdb"), "-D", reach.path, *options]
            answer = account.run(command, keep=reach.keep, timeout_s=600)
        if answer.returncode != 0:
            raise failure("creating the database cluster", answer.stderr + answer.stdout, fresh.with_name("pg"))
        self._write(account, fresh / "pg_hba.conf", HBA)
        settings = (fresh / "postgresql.conf").read_text("utf-8")
        self._write(account, fresh / "postgresql.conf", settings + "\ninclude_if_exists = 'gridward.conf'\n")

    @staticmethod
    def _write(account: OsAccount, path: Path, text: str) -> None:
        path.write_text(text, "utf-8")
        account.take(path, 0o600)

    def _start(self, binaries: Binaries, account: OsAccount) -> Postmaster:
        """Start the server and wait until it answers; a server that was killed a moment ago is waited out."""
        data = self.folders.data
        try:
            self._write(account, data / "gridward.conf", server_settings(durable=self.durable))
            self._write(account, self.folders.log, "")
        except OSError as error:
            raise unavailable_os(error, data) from error
        deadline = time.monotonic() + START_TIMEOUT_S
        orphans_until = time.monotonic() + ORPHAN_TIMEOUT_S
        while time.monotonic() < deadline:
            server = running_postmaster(data)
            if server is not None:
                if self._is_ready(binaries, server):
                    return server
            elif clear_stale_pid_file(data):
                self._launch(binaries, account, passing=time.monotonic() < orphans_until)
            elif time.monotonic() > orphans_until:
                raise self._orphans_left()
            time.sleep(0.02)
        raise UnavailableError(
            f"PostgreSQL did not answer within {START_TIMEOUT_S:.0f} s: {self._log_tail()}",
            folder=str(data),
            remedy="After a crash it may still be replaying its log: look at `gridward db status` and try again.",
        )

    def _launch(self, binaries: Binaries, account: OsAccount, *, passing: bool) -> None:
        data = self.folders.data
        socket = socket_folder(data, account)
        # Only this data folder's server ever uses that folder, and it is known to be gone: a lock left there is
        # stale even when its pid lives on as a zombie or as another program.
        for left in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (socket / left).unlink(missing_ok=True)
        options = f"-c unix_socket_directories='{socket}' -c port={PORT} -c cluster_name={cluster_name(data)}"
        with reachable(data, account) as reach, contextlib.suppress(subprocess.TimeoutExpired):
            command = [binaries.program("pg_ctl"), "start", "-w", "-t", "60", "-s", "-D", reach.path]
            command += ["-l", f"{reach.path}/{self.folders.log.name}", "-o", options]
            answer = account.run(command, keep=reach.keep)
            written = answer.stderr + self._log_tail()
            if answer.returncode != 0 and not (passing and any(words in written for words in PASSING)):
                if running_postmaster(data) is not None:
                    return  # still replaying its log; the caller goes on asking
                raise failure("starting", written, data)

    def _orphans_left(self) -> UnavailableError:
        found = read_pid_file(self.folders.data)
        return UnavailableError(
            "The earlier PostgreSQL server was killed, but processes of it are still working on the data.",
            folder=str(self.folders.data),
            earlier_pid=found.pid if found else None,
            remedy="They end with their statement; wait a moment and start again.",
        )

    def _log_tail(self) -> str:
        texts = [
            self.folders.log,
            *sorted((self.folders.data / "log").glob("*.log"), key=os.path.getmtime)[-1:],
        ]
        with contextlib.suppress(OSError):
            return "\n".join(path.read_text("utf-8", "replace")[-4000:] for path in reversed(texts))
        return ""

    def _is_ready(self, binaries: Binaries, server: Postmaster) -> bool:
        command = [binaries.program("pg_isready"), "-q", "-t", "5", "-h", str(server.socket), "-p", str(PORT)]
        answer = subprocess.run(command, check=False, env=clean_environment(), cwd="/", timeout=30)  # noqa: S603
        return answer.returncode == 0

    def _complete(self, binaries: Binaries, account: OsAccount, server: Postmaster) -> None:
        """Create roles, database and extensions; every step may be repeated after an interruption."""
        binaries.require_extensions()
        self._sql(binaries, server, "postgres", CREATE_ROLES + CREATE_DATABASE)
        self._sql(binaries, server, DATABASE, COMPLETE_DATABASE)
        try:
            self._write(account, self.folders.marker, "")
        except OSError as error:
            raise unavailable_os(error, self.folders.marker) from error

    def _sql(self, binaries: Binaries, server: Postmaster, database: str, statements: str) -> str:
        command = [binaries.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        command += ["-h", str(server.socket), "-p", str(PORT), "-U", SUPERUSER, "-d", database]
        answer = subprocess.run(  # noqa: S603 - a program found by us; our own statements
            command,
            input=statements,
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment() | {"PGOPTIONS": "-c client_min_messages=warning"},
            cwd="/",
            timeout=300,
        )
        if answer.returncode != 0:
            raise failure("completing the database", answer.stderr, self.folders.data)
        return answer.stdout
