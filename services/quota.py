"""How often somebody may use a door that is open without signing in: counted in the database, for all processes.

An address is not kept: a bucket is a digest of door, address and window, and is deleted when the window is over.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from gis.errors import GridwardError
from store.database import quota as sql
from store.database.work import UnitOfWork

WINDOW: Final = timedelta(minutes=15)


class TooManyReportsError(GridwardError):
    """An open door was used too often; ``retry_after_s`` says how long to wait."""

    code = "too-many-reports"


def take(work: UnitOfWork, door: str, most: Mapping[str, int], *, now: datetime) -> TooManyReportsError | None:
    """Count one use of a door; commit it also when it is one too many.

    Parameters
    ----------
    work : UnitOfWork
        Of its own, so that a refused request is counted too.
    door : str
    most : mapping of str to int
        For each of those that are counted (an address, a plate, everybody), how many there may be in a window.
    now : datetime

    Returns
    -------
    TooManyReportsError or None
        What to refuse the request with.
    """
    since = now.astimezone(UTC) - (now.astimezone(UTC) - datetime.min.replace(tzinfo=UTC)) % WINDOW
    buckets = {_bucket(door, who, since): limit for who, limit in most.items()}
    taken = sql.take(work.session, list(buckets), since=since)
    if all(taken[bucket] <= limit for bucket, limit in buckets.items()):
        return None
    wait = max(1, round((since + WINDOW - now).total_seconds()))
    return TooManyReportsError("Too many requests came in through this door; try again later.", retry_after_s=wait)


def household_of(address: str) -> str:
    """Return what an address is counted under: networks give out IPv6 addresses by the million.

    Examples
    --------
    >>> household_of("192.0.2.7"), household_of("2001:db8:1:2:3:4:5:6"), household_of("testclient")
    ('192.0.2.7', '2001:db8:1:2::/64', 'testclient')
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(known) if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


def forget(work: UnitOfWork, *, now: datetime) -> int:
    """Delete the counters of windows that are over."""
    return sql.forget(work.session, now - WINDOW)


def _bucket(door: str, who: str, since: datetime) -> str:
    return hashlib.sha256(f"{door}|{who}|{since.isoformat()}".encode()).hexdigest()
