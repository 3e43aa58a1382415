"""Links for whoever reported: made here, kept as digests, used in `services.cases.follow`."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from gis.errors import NotFoundError
from services import incident_views
from store.database import case_reporters as sql
from store.database import cases as case_sql
from store.database.work import UnitOfWork

LONGEST: Final = timedelta(days=400)
"""A link given with a report lasts for its case, and no longer than this."""


def issue(work: UnitOfWork, no: str, *, now: datetime, lasts: timedelta = LONGEST) -> str:
    """Make a link for whoever reported; the returned token is shown once and kept only as a digest.

    Parameters
    ----------
    work : UnitOfWork
    no : str
    now : datetime
    lasts : timedelta
        How long it works.

    Raises
    ------
    NotFoundError
        No incident of this number.
    """
    key = case_sql.key_of(work.session, no)
    if key is None:
        raise NotFoundError(f"There is no incident {no[:40]}.", no=no[:40])
    token = secrets.token_urlsafe(24)
    sql.add_link(work.session, key, digest_of(token), now=now, expires_at=now + min(lasts, LONGEST))
    return token


def hand_over(work: UnitOfWork, no: str, *, now: datetime) -> str:
    """Make a link that the desk hands to whoever reported."""
    work.actor.require("intake_officer", "shift_leader", "dispatcher")
    return issue(work, incident_views.read_row(work, no).no, now=now)


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
