"""The operating-system account that PostgreSQL's processes run as.

PostgreSQL refuses to run as root. Only its own processes change user: the Python process stays what it is,
because an interpreter under root's home could not even be read by another user.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gis.errors import UnavailableError

UNPRIVILEGED_NAMES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class OsAccount:
    """Who owns the data folder and runs the server.

    Parameters
    ----------
    name : str
        Login name, for messages.
    uid, gid : int
        Numeric user and group.
    """

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether children must change user to become this account."""
        return self.uid != os.geteuid()

    def run(
        self, command: Sequence[str], *, keep: Sequence[int] = (), timeout_s: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run one program as this account and wait for it.

        Parameters
        ----------
        command : sequence of str
            Program and arguments.
        keep : sequence of int
            Open file descriptors that the program and its children keep.
        timeout_s : float
            Longest wait in seconds.

        Returns
        -------
        subprocess.CompletedProcess
            With ``stdout`` and ``stderr`` as text; the return code is not checked.
        """
        change: dict[str, object] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}
        return subprocess.run(  # type: ignore[call-overload,no-any-return] # noqa: S603 - programs found by us
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            # The current folder may be unreadable to the account.
            cwd="/",
            env=clean_environment(),
            pass_fds=keep,
            **change,
        )

    def can_enter(self, folder: Path, *, keep: Sequence[int] = ()) -> bool:
        """Whether this account can reach into a folder."""
        if not self.is_other:
            return os.access(folder, os.X_OK)
        return self.run(["/usr/bin/test", "-x", str(folder)], keep=keep).returncode == 0

    def take(self, path: Path, mode: int) -> None:
        """Make this account the owner of something that we just created."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)


def clean_environment() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs.

    ``PG*`` variables of the caller would redirect them to another server, and messages must stay English
    because we read them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def account_for(data: Path) -> OsAccount:
    """Return the account for a data folder: its owner, else ourselves, else an unprivileged one when root.

    Parameters
    ----------
    data : Path
        The data folder; it need not exist yet.

    Raises
    ------
    UnavailableError
        The folder belongs to someone else and we are not root, or root has no unprivileged account to use.
    """
    me = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if owner is not None and owner not in (me, 0):
        if me != 0:
            raise UnavailableError(
                f"The data folder {data} belongs to {_name(owner)}, not to {_name(me)}.",
                folder=str(data),
                remedy=f"Run gridward as {_name(owner)} (or root), or set GRIDWARD_HOME to a folder of your own.",
            )
        entry = pwd.getpwuid(owner)
        return OsAccount(entry.pw_name, owner, entry.pw_gid)
    if me != 0:
        return OsAccount(_name(me), me, os.getegid())
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return OsAccount(name, entry.pw_uid, entry.pw_gid)
    raise UnavailableError(
        "PostgreSQL does not run as root and there is no account `postgres` or `nobody` to run it as.",
        remedy="Run gridward as an ordinary user, or install the postgresql package, which makes the account.",
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
