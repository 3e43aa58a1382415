"""Refuse files that cannot be read before memory or disk runs out."""

from __future__ import annotations

import shutil
from pathlib import Path

from gis.errors import InvalidInputError, UnavailableError

GIB = 1024**3
MAX_FILE_BYTES = 2 * GIB
#: Below this the database may fail in the middle of a load.
MIN_FREE_BYTES = 200 * 1024**2
#: Tables shrink to a fifth or a fiftieth; what shrinks to less than this was packed to fill a memory.
_MOST_SHRINKING = 300
_SMALL_BYTES = 64 * 1024**2


def readable_file(path: Path, *, what: str, max_bytes: int = MAX_FILE_BYTES, remedy: str) -> Path:
    """Check that a file exists, is a file, holds something and is not too big.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What is expected, for the sentence ("an OpenStreetMap extract").
    max_bytes : int
        Refuse files of this size and more.
    remedy : str
        What to do with a file that is too big.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    InvalidInputError
        Missing, a folder, empty, unreadable or too big.
    """
    name = str(path)
    if not path.exists():
        raise InvalidInputError(f"{path}: no such file. Give the path of {what}.", file=name)
    if not path.is_file():
        raise InvalidInputError(f"{path} is a folder, not a file. Give the path of {what}.", file=name)
    try:
        with path.open("rb") as stream:
            first = stream.read(1)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error.strerror}. Check its permissions.", file=name
        ) from error
    if not first:
        raise InvalidInputError(f"{path} is empty. Fetch {what} again.", file=name)
    size = path.stat().st_size
    if size >= max_bytes:
        raise InvalidInputError(
            f"{path} is {size / GIB:.1f} GiB; the limit is {max_bytes / GIB:.1f} GiB. {remedy}",
            file=name,
            bytes=size,
            limit=max_bytes,
        )
    return path


def available_memory_bytes() -> int | None:
    """Tell how much memory the machine, or the container we run in, can still give; None where nobody says."""
    limits = [limit for limit in (_machine_memory(), _container_memory()) if limit is not None]
    return min(limits, default=None)


def _machine_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _container_memory() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        most = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    # what the kernel caches of files counts as used there, though it would be given back
    return max(int(most) - used, int(most) // 4) if most.isdigit() else None


def require_memory(path: Path, *, factor: float, remedy: str) -> None:
    """Refuse a file whose reading would need more memory than there is.

    Parameters
    ----------
    path : Path
        The file.
    factor : float
        Bytes of memory per byte of file, measured for its format.
    remedy : str
        What to do.

    Raises
    ------
    InvalidInputError
        The estimate exceeds what is available.
    """
    available = available_memory_bytes()
    needed = path.stat().st_size * factor
    if available is not None and needed > 0.8 * available:
        raise InvalidInputError(
            f"{path} would need about {needed / GIB:.1f} GiB of memory to read; {available / GIB:.1f} GiB are free."
            f" {remedy}",
            file=str(path),
            needed=int(needed),
            available=available,
        )


def most_unpacked_bytes(packed: int, *, factor: float) -> int:
    """Tell how much a packed file may hold.

    Parameters
    ----------
    packed : int
        Size of the file in bytes.
    factor : float
        Bytes of memory per unpacked byte, measured for its format.

    Returns
    -------
    int
        Bytes; never more than any file may have.
    """
    available = available_memory_bytes()
    room = MAX_FILE_BYTES if available is None else int(0.8 * available / factor)
    return min(MAX_FILE_BYTES, room, max(_SMALL_BYTES, packed * _MOST_SHRINKING))


def require_disk(folder: Path, needed_bytes: int) -> None:
    """Refuse to start a load that the disk cannot hold.

    Parameters
    ----------
    folder : Path
        Any folder on the disk in question.
    needed_bytes : int
        Estimate of what the load writes.

    Raises
    ------
    UnavailableError
        Not enough room.
    """
    free = shutil.disk_usage(folder).free
    needed = max(needed_bytes, MIN_FREE_BYTES)
    if free < needed:
        raise UnavailableError(
            f"The disk of {folder} has {free / GIB:.2f} GiB free; this load needs about {needed / GIB:.2f} GiB."
            " Free some space and run it again; nothing was saved.",
            folder=str(folder),
            free=free,
            needed=needed,
        )
