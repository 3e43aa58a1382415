"""Checks before anything is started or opened: the file is there and the disk can take a load."""

from __future__ import annotations

from pathlib import Path

from store.files.limits import readable_file, require_disk

#: Rows, indexes and write-ahead log of a load, per byte of file (a PBF of streets and buildings unpacks most).
_DISK_FACTOR = 25


def preflight(path: Path, *, database_folder: Path | None) -> None:
    """Refuse a load that cannot end well, before a database is started for it.

    Parameters
    ----------
    path : Path
        File to load.
    database_folder : Path or None
        Where the private cluster lies; None when the database is elsewhere.

    Raises
    ------
    InvalidInputError
        The file is missing, empty or too big.
    UnavailableError
        The disk is nearly full.
    """
    readable_file(path, what="a file to load", remedy="Split it, or cut it to the territory.")
    if database_folder is None:
        return
    folder = database_folder
    while not folder.exists():
        folder = folder.parent
    require_disk(folder, path.stat().st_size * _DISK_FACTOR)
