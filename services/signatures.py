"""Detached signatures of files that cross a one-way gate: HMAC-SHA-256 with a key that both sides hold.

A file that reaches the map network on a disc or through an optical gate has no session behind it; the signature says
that the video network wrote it and nobody changed it on the way. An old file played again does no harm: statuses carry
their times.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gis.errors import InvalidInputError

SHORTEST_KEY = 32  # bytes, as long as the digest
_HEX = re.compile(rb"([0-9a-fA-F]{64})\s*\Z")


class BadSignatureError(InvalidInputError):
    """A file is not what was signed, or nobody who has the key signed it."""

    code = "bad-signature"


def read_key(path: Path) -> bytes:
    """Read a key: hexadecimal digits, at least 64 of them.

    Raises
    ------
    InvalidInputError
        The file can't be read, or holds no such key.
    """
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise InvalidInputError(
            f"The key file {path} can't be read: {error.strerror}.", file=str(path), field="status_key_file"
        ) from error
    except ValueError:
        key = b""
    if len(key) < SHORTEST_KEY:
        raise InvalidInputError(
            f"{path} holds no key: it takes {2 * SHORTEST_KEY} hexadecimal digits or more.",
            file=str(path),
            field="status_key_file",
            remedy="Make one with: openssl rand -hex 32",
        )
    return key


def sign(content: bytes, key: bytes) -> str:
    """Return the signature of `content` as 64 hexadecimal digits.

    Examples
    --------
    >>> sign(b"camera,online,at", bytes(32))[:16]
    'b3caaca8c779706c'
    """
    return hmac.new(key, content, hashlib.sha256).hexdigest()


@contextmanager
def verified(path: Path, signature: Path, key: bytes) -> Iterator[Path]:
    """Check a file and hand out a copy of exactly the bytes that were checked.

    Parameters
    ----------
    path : Path
    signature : Path
        The digits alone, or a line that ends with them, as `openssl dgst` writes it.
    key : bytes

    Raises
    ------
    BadSignatureError
        The signature is missing, is none, or does not fit.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path} can't be read: {error.strerror}.", file=str(path)) from error
    try:
        found = _HEX.search(signature.read_bytes().strip())
    except OSError as error:
        raise BadSignatureError(
            f"{path.name} has no signature: {signature} can't be read. Nothing was saved.", file=path.name
        ) from error
    if found is None:
        raise BadSignatureError(
            f"{signature.name} is no signature: it should end with 64 hexadecimal digits. Nothing was saved.",
            file=signature.name,
        )
    if not hmac.compare_digest(sign(content, key), found[1].decode().lower()):
        raise BadSignatureError(
            f"{path.name} is not what was signed, or was signed with another key. Nothing was saved.",
            file=path.name,
            remedy="fetch the file and its signature again",
        )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(content)
        yield copy
