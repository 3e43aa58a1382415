"""Where the private cluster keeps things, and the checks that those places are usable."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gis.errors import UnavailableError
from store.cluster.account import OsAccount

PORT = 5432
# sockaddr_un.sun_path holds 108 bytes with its closing NUL.
SOCKET_PATH_BYTES = 107
NEEDED_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Folders:
    """The paths under one ``GRIDWARD_HOME``.

    Parameters
    ----------
    home : Path
        Absolute, resolved.
    """

    home: Path

    @classmethod
    def under(cls, home: Path) -> Folders:
        """Resolve a home folder; two spellings of one folder give one cluster."""
        return cls(Path(home).expanduser().resolve())

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "pg"

    @property
    def start_lock(self) -> Path:
        """Held while one process creates, starts or stops the cluster."""
        return self.home / "pg.lock"

    @property
    def use_lock(self) -> Path:
        """Held shared by every process that uses the cluster."""
        return self.home / "pg.users"

    @property
    def log(self) -> Path:
        """What the server wrote before its own log opened."""
        return self.data / "start.log"

    @property
    def marker(self) -> Path:
        """Exists once roles, database and extensions are complete."""
        return self.data / "gridward.ready"

    def data_version(self) -> int | None:
        """Return the major version that made the data folder, None when there is none."""
        try:
            return int((self.data / "PG_VERSION").read_text("ascii").split(".")[0])
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise UnavailableError(
                f"The data folder {self.data} is damaged: PG_VERSION does not hold a version.",
                folder=str(self.data),
                remedy="Move the folder away and run `gridward db restore FILE` with your last backup.",
            ) from error

    def make_home(self) -> None:
        """Create the home folder; the server's account must be able to pass through it."""
        if self.home.is_dir():
            return
        try:
            self.home.mkdir(parents=True)
            self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except FileExistsError as error:
            raise UnavailableError(
                f"GRIDWARD_HOME {self.home} is a file, not a folder.",
                folder=str(self.home),
                remedy="Choose another.",
            ) from error
        except OSError as error:
            raise unavailable_os(error, self.home) from error


def unavailable_os(error: OSError, path: Path) -> UnavailableError:
    """Turn a refusal of the operating system into a message with its place and remedy."""
    remedy = "Free some space, or set GRIDWARD_HOME to a folder on another disk."
    if not _is_disk_full(str(error)):
        remedy = "Set GRIDWARD_HOME to a folder that you may write to."
    return UnavailableError(f"Cannot use {path}: {error.strerror or error}.", folder=str(path), remedy=remedy)


def _is_disk_full(message: str) -> bool:
    return "No space left on device" in message or "Disk quota exceeded" in message


def check_space(folder: Path) -> None:
    """Refuse to create a cluster on a disk that is about full.

    Raises
    ------
    UnavailableError
        Less than 200 MB are free.
    """
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise UnavailableError(
            f"No disk space: {folder} has {free // 2**20} MB free, a new database needs {NEEDED_BYTES // 2**20} MB.",
            folder=str(folder),
            remedy="Free some space, or set GRIDWARD_HOME to a folder on another disk.",
        )


def failure(action: str, output: str, folder: Path) -> UnavailableError:
    """Describe a failed PostgreSQL program by the lines it wrote.

    Parameters
    ----------
    action : str
        What was tried, as in "creating the database cluster".
    output : str
        The program's stderr and log.
    folder : Path
        The data folder.
    """
    if _is_disk_full(output):
        return UnavailableError(
            f"No disk space: {action} failed in {folder}.",
            folder=str(folder),
            remedy="Free some space, or set GRIDWARD_HOME to a folder on another disk, and start again.",
        )
    lines = [re.sub(r"^\d{4}-\S+ \S+ \w+ \[\d+\] ", "", line.strip()) for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error", "ERROR"))]
    return UnavailableError(
        f"PostgreSQL failed while {action}: {(telling or lines or ['no message'])[-1]}",
        folder=str(folder),
        said=lines[-5:],
        remedy=f"Its whole log is in {folder}; `gridward db status` shows the state.",
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """How the server's account gets at a folder.

    Parameters
    ----------
    path : str
        What to call the folder in the account's programs.
    keep : tuple of int
        File descriptors that those programs must inherit.
    """

    path: str
    keep: tuple[int, ...] = ()


@contextmanager
def reachable(folder: Path, account: OsAccount, *, descriptors: Path = Path("/proc/self/fd")) -> Iterator[Reach]:
    """Let the server's account into its own folder even where a folder above is closed to it.

    Root's home and ``mktemp -d`` are closed to every other account, and opening the user's folders behind his back is
    not ours to do. An open descriptor leads straight to the folder, past those above it; PostgreSQL changes into
    its data folder at once and uses relative names from then on.

    Parameters
    ----------
    folder : Path
        A folder that belongs to `account`.
    account : OsAccount
        Who the server runs as.
    descriptors : Path
        Where the system shows a process its descriptors.

    Raises
    ------
    UnavailableError
        There is no such way on this system; names the closed folder.
    """
    if account.can_enter(folder):
        yield Reach(str(folder))
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        path = descriptors / str(handle)
        if not account.can_enter(path, keep=(handle,)):
            raise _closed(folder, account)
        yield Reach(str(path), (handle,))
    finally:
        os.close(handle)


def _closed(folder: Path, account: OsAccount) -> UnavailableError:
    way = [*reversed(folder.parents), folder]
    closed = next((step for step in way if not account.can_enter(step)), folder)
    mode = stat.S_IMODE(closed.stat().st_mode)
    return UnavailableError(
        f"PostgreSQL runs as `{account.name}`, which cannot enter {closed} (mode {mode:04o}).",
        folder=str(closed),
        remedy="Set GRIDWARD_HOME to a folder that every account may pass through, for instance /var/lib/gridward, "
        f"or run gridward as an ordinary user, or open that folder yourself: chmod o+x {closed}",
    )


def cluster_name(data: Path) -> str:
    """Return the short name of a data folder's server: in its command line, and of its socket's folder."""
    return f"gridward-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"


def socket_folder(data: Path, account: OsAccount) -> Path:
    """Create (or find again) the private folder of the server's socket.

    The name is a hash of the data folder: a socket below a deep project folder would pass the 107 bytes that
    the system allows.

    Returns
    -------
    Path
        A folder of mode 0700 that belongs to `account`.

    Raises
    ------
    UnavailableError
        No place is short enough and reachable, or somebody else owns the name.
    """
    name = cluster_name(data)
    bases = [tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108 - the folder itself is 0700 and its owner checked
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and not account.is_other:
        bases.insert(0, runtime)
    for base in bases:
        folder = Path(base) / name
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES or not Path(base).is_dir():
            continue
        if account.can_enter(Path(base)) and os.access(base, os.W_OK):
            return _own_folder(folder, account)
    raise UnavailableError(
        f"No folder for the database socket: none of {', '.join(bases)} is short and open enough.",
        remedy="Set TMPDIR to a short path such as /tmp.",
    )


def _own_folder(folder: Path, account: OsAccount) -> Path:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
            raise UnavailableError(
                f"{folder} belongs to someone else; the database socket will not be put there.",
                folder=str(folder),
                remedy=f"Remove {folder}, or set TMPDIR to a private folder.",
            ) from None
    except OSError as error:
        raise unavailable_os(error, folder) from error
    account.take(folder, 0o700)
    return folder


@contextmanager
def exclusive(path: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold a lock file alone; the system lets go of it even when the holder is killed.

    Raises
    ------
    UnavailableError
        Another process held it for longer than `timeout_s`.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unavailable_os(error, path) from error
    try:
        wait_for_lock(handle, path, timeout_s)
        yield
    finally:
        os.close(handle)


def wait_for_lock(handle: int, path: Path, timeout_s: float) -> None:
    """Poll for an exclusive flock until a deadline."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"Another gridward process has been starting or stopping the database for {timeout_s:.0f} s.",
                    file=str(path),
                    remedy="Wait for it or stop it, then try again.",
                ) from None
            time.sleep(0.02)
        else:
            return
