"""Where the server of a home listens, so that commands which make links name the address that works."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from services.settings import Settings

FILE: Final = "served.json"
_PATIENCE_S: Final = 0.3


@contextmanager
def listening_at(home: Path, address: str) -> Iterator[None]:
    """Tell commands with the same home where the server listens, until the block ends.

    Of two servers of one home the one that came last is told. A folder that can't be written is no reason not to serve.
    """
    file, told = home / FILE, json.dumps({"address": address})
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        file.write_text(told, encoding="utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            if file.read_text(encoding="utf-8") == told:
                file.unlink()


def page_address(settings: Settings) -> str:
    """Return the address of the page, without a slash at its end.

    It is the setting `GRIDWARD_PUBLIC_URL`, else where a server of this home listens now, else where the settings would
    have it listen.
    """
    http = settings.http
    if http.public_url is not None:
        return http.public_url.rstrip("/")
    told = _told(settings.database.home / FILE)
    if told is not None and _answers(told):
        return told
    host = "127.0.0.1" if http.host in ("0.0.0.0", "::") else http.host  # noqa: S104 - compared, not bound
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if http.tls_cert else 'http'}://{host}:{http.port}"


def _told(file: Path) -> str | None:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, str) else None


def _answers(address: str) -> bool:
    """Whether somebody listens there: a server that was killed leaves its word behind."""
    try:
        parts = urlsplit(address)
        where = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        with socket.create_connection(where, _PATIENCE_S):
            return True
    except (OSError, ValueError):
        return False
