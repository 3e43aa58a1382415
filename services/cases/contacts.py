"""How to reach whoever reported: encrypted with a key outside the database, for one right, erased at archiving."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gis.errors import InvalidInputError, NotFoundError, UnavailableError
from services import incident_views
from services.access import record
from store.database import case_reporters as sql
from store.database import cases as case_sql
from store.database.work import UnitOfWork

CONTACT_LENGTH: Final = 200
RIGHT: Final = "reporter_contact"
KEY_FILE: Final = "contact.key"


@dataclass(frozen=True, slots=True)
class Contact:
    """What whoever reported left: an address or number, and when it was written down."""

    contact: str
    written_at: datetime


def contact_key(home: Path, named: Path | None) -> str:
    """Return the key that contacts are sealed with; without a file of its own one is made under the home folder.

    Parameters
    ----------
    home : Path
        Folder of everything that Gridward keeps.
    named : Path or None
        File with the key, from the settings.

    Raises
    ------
    UnavailableError
        The file can't be read or made, or holds too little.
    """
    file = named or home / KEY_FILE
    try:
        if named is None and not file.exists():
            home.mkdir(parents=True, exist_ok=True)
            # two processes may start at once: the one that comes second reads what the first wrote
            part = file.with_name(f".{KEY_FILE}.{secrets.token_hex(4)}")
            part.touch(mode=0o600)
            part.write_text(secrets.token_hex(32), "ascii")
            try:
                file.hardlink_to(part)
            except FileExistsError:
                pass
            finally:
                part.unlink()
        key = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"The key of reporters' contacts can't be read: {file}.",
            file=str(file),
            remedy="Set GRIDWARD_CONTACT_KEY_FILE.",
        ) from error
    if len(key) < 32:
        raise UnavailableError(
            f"The key in {file} is too short: 32 characters at least.", file=str(file), remedy="Make a longer one."
        )
    return key


def put_contact(work: UnitOfWork, no: str, contact: str, *, key: str, now: datetime) -> None:
    """Seal how to reach whoever reported; for the right to it.

    Raises
    ------
    NotAllowedError
        The account does not hold the right.
    """
    work.actor.require(RIGHT)
    row = incident_views.read_row(work, no)
    keep_contact(work, row.no, contact, key=key, now=now)
    record(work, "contact.write", no)


def keep_contact(work: UnitOfWork, no: str, contact: str, *, key: str, now: datetime) -> None:
    """Seal what somebody without an account left with a report of their own.

    Raises
    ------
    InvalidInputError
        It is empty or too long.
    """
    words = contact.strip()
    if not words or len(words) > CONTACT_LENGTH or not words.isprintable():
        raise InvalidInputError(f"A contact has 1 to {CONTACT_LENGTH} characters on one line.", field="contact")
    found = case_sql.key_of(work.session, no)
    if found is None:
        raise NotFoundError(f"There is no incident {no[:40]}.", no=no[:40])
    sql.seal_contact(work.session, found, words, secret=key, now=now)


def get_contact(work: UnitOfWork, no: str, *, key: str) -> Contact:
    """Return how to reach whoever reported; each reading leaves a line in the audit trail.

    Raises
    ------
    NotFoundError
        None is kept.
    """
    work.actor.require(RIGHT)
    row = incident_views.read_row(work, no)
    record(work, "contact.read", no)
    found = sql.open_contact(work.session, (row.month, row.id), secret=key)
    if found is None:
        raise NotFoundError("No contact is kept for this case.", no=no)
    return Contact(found.contact, found.written_at)


def erase_contact(work: UnitOfWork, no: str) -> None:
    """Erase it before its time, as whoever reported may ask.

    Raises
    ------
    NotFoundError
        None is kept.
    """
    work.actor.require(RIGHT)
    row = incident_views.read_row(work, no)
    if not sql.erase_contact(work.session, (row.month, row.id)):
        raise NotFoundError("No contact is kept for this case.", no=no)
    record(work, "contact.erase", no)
