"""Files on this machine, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gis.errors import UnavailableError


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    UnavailableError
        The folder is missing or full.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnavailableError(f"{path} can't be written: {error.strerror}.", file=str(path)) from error
