"""Know and end the server's own processes, and nobody else's."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from store.cluster.folders import cluster_name


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What a running server says about itself in ``postmaster.pid``.

    Parameters
    ----------
    pid : int
        Its process id.
    socket : Path
        Folder of its socket, which may differ from the one we would choose today.
    segment : int
        Shared-memory segment that its processes are attached to, -1 when unknown.
    """

    pid: int
    socket: Path
    segment: int


def read_pid_file(data: Path) -> Postmaster | None:
    """Read ``postmaster.pid``, None when there is none or it is not complete yet."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 7 or not lines[0].strip().lstrip("-").isdigit():
        return None
    segment = lines[6].split()
    return Postmaster(abs(int(lines[0])), Path(lines[4]), int(segment[1]) if len(segment) == 2 else -1)


def running_postmaster(data: Path) -> Postmaster | None:
    """Return the live server of this data folder.

    A pid alone proves nothing: it may have been given to another program since.
    """
    found = read_pid_file(data)
    return found if found is not None and serves(found.pid, data) else None


def serves(pid: int, data: Path) -> bool:
    """Whether `pid` is the server that was started for this very data folder, by its command line."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    # by our name for it, or, for one that somebody started with pg_ctl, by the folder itself
    return f"cluster_name={cluster_name(data)}".encode() in arguments or os.fsencode(data) in arguments


def attached_processes(segment: int) -> int:
    """Count the processes that still hold a server's shared memory (orphans after ``kill -9``)."""
    try:
        rows = Path("/proc/sysvipc/shm").read_text("ascii").splitlines()
    except OSError:
        return 0
    columns = rows[0].split()
    shmid, attached = columns.index("shmid"), columns.index("nattch")
    return next((int(row.split()[attached]) for row in rows[1:] if row.split()[shmid] == str(segment)), 0)


def clear_stale_pid_file(data: Path) -> bool:
    """Remove the pid file of a server that is gone for certain.

    PostgreSQL refuses to start while *any* process has the old pid: in a container the pid is soon somebody
    else's, or a zombie's. The shared memory tells the truth.

    Returns
    -------
    bool
        False while orphans of the old server are still alive; the caller waits.
    """
    found = read_pid_file(data)
    if found is None:
        return True
    if serves(found.pid, data) or attached_processes(found.segment) > 0:
        return False
    with contextlib.suppress(FileNotFoundError):
        (data / "postmaster.pid").unlink()
    return True


def end(server: Postmaster, data: Path, *, timeout_s: float) -> bool:
    """Ask a server for a fast shutdown and wait until it is gone.

    Returns
    -------
    bool
        False when it is still there after `timeout_s`.
    """
    if not serves(server.pid, data):
        return True
    with contextlib.suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGINT)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        # A zombie has an empty command line, so this also ends where nobody reaps.
        if not serves(server.pid, data):
            return True
        time.sleep(0.02)
    return False


def lock_holders(path: Path) -> list[int]:
    """Return the pids that hold a flock on a file, as far as the system tells."""
    try:
        wanted = path.stat()
        rows = Path("/proc/locks").read_text("ascii").splitlines()
    except OSError:
        return []
    key = f"{os.major(wanted.st_dev):02x}:{os.minor(wanted.st_dev):02x}:{wanted.st_ino}"
    return sorted({int(row.split()[4]) for row in rows if "FLOCK" in row and row.split()[5] == key})
