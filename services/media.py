"""Photos of reports: taken in clean, given to a report, blurred, and erased when the report's time is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError, NotFoundError
from store.database import media as sql
from store.database.models import Media
from store.database.together import read_together
from store.database.work import UnitOfWork
from store.media import PixelBox, blur, clean_photo

__all__ = [
    "MOST_BOXES", "MOST_PHOTOS", "STAGES", "MediaView", "PixelBox", "attach", "blur_photo", "erase", "forget_loose",
    "picture", "take_in", "views",
]  # fmt: skip

STAGES: Final = ("before", "after", "other")
LOOSE_KEPT: Final = timedelta(days=2)
"""So long a photo may wait for its report: a phone without a signal sends both together."""
MOST_PHOTOS: Final = 12
MOST_BOXES: Final = 50


@dataclass(frozen=True, slots=True)
class MediaView:
    """A photo as it is listed; `url` gives the picture, with ``?size=thumb`` the small one."""

    id: UUID
    stage: str
    width: int
    height: int
    url: str
    created_at: datetime
    blurred: bool


def take_in(work: UnitOfWork, content: bytes, *, stage: str = "other") -> MediaView:
    """Keep a photo until a report comes for it.

    Parameters
    ----------
    work : UnitOfWork
    content : bytes
        JPEG, PNG or WebP; what it is is told by its content.
    stage : str
        ``before``, ``after`` or ``other``.

    Raises
    ------
    PhotoError
        It is no photo, or too large a one.
    """
    if stage not in STAGES:
        raise InvalidInputError(f"The stage of a photo is one of {', '.join(STAGES)}.", field="stage")
    photo = clean_photo(content)
    return _view(sql.add(work.session, photo, stage=stage, account_id=work.actor.account_id))


def attach(
    work: UnitOfWork, month: date, incident_id: int, ids: Sequence[UUID], *, stage: str | None = None
) -> list[MediaView]:
    """Give photos to a report; those that it has already stay.

    Parameters
    ----------
    work : UnitOfWork
    month, incident_id
        Key of the incident.
    ids : sequence of UUID
        Photos that the same account sent and that belong to no other report.
    stage : str or None
        Their stage from now on; None leaves what was said when they were sent.

    Raises
    ------
    NotFoundError
        A photo is not there, or is somebody else's.
    ConflictError
        A photo belongs to another report.
    InvalidInputError
        Too many.
    """
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_PHOTOS:
        raise InvalidInputError(f"A report takes at most {MOST_PHOTOS} photos at a time.", field="media")
    known = {row.id: row for row in sql.by_ids(work.session, wanted)} if wanted else {}
    loose = []
    for media_id in wanted:
        row = known.get(media_id)
        if row is None:
            raise _missing(media_id)
        if row.incident_id is None:
            loose.append(media_id)
        elif (row.month, row.incident_id) != (month, incident_id):
            raise ConflictError("This photo belongs to another report.", media=str(media_id))
    if loose:
        account = work.actor.account_id
        given = sql.attach(work.session, loose, month=month, incident_id=incident_id, stage=stage, account_id=account)
        if given != len(loose):
            raise _missing(loose[0])
    return [each for each in views(work, month, incident_id) if each.id in set(wanted)]


def views(work: UnitOfWork, month: date, incident_id: int) -> list[MediaView]:
    """Return the photos of a report, first to last."""
    (rows,) = read_together(work.session, [sql.of_incident_question(month, incident_id)])
    return views_from(rows)


def views_from(rows: Sequence[Any]) -> list[MediaView]:
    """Return photos as they are listed, from their rows."""
    return [
        MediaView(row.id, row.stage, row.width, row.height, _url(row.id), row.created_at, row.blurred_at is not None)
        for row in rows
    ]


def picture(work: UnitOfWork, media_id: UUID, size: str) -> tuple[bytes, str]:
    """Return a photo's JPEG in a size (``full`` or ``thumb``), and a text that changes when the picture does.

    Raises
    ------
    NotFoundError
        There is none, or it is not for this account.
    """
    row = _seen(work, media_id)
    content = sql.content(work.session, media_id, size)
    if content is None:
        raise _missing(media_id)
    changed = row.blurred_at.isoformat() if row.blurred_at else ""
    return content, f"{media_id}-{size}-{changed}"


def blur_photo(work: UnitOfWork, media_id: UUID, boxes: Sequence[PixelBox], *, now: datetime) -> MediaView:
    """Make boxes of a photo unrecognisable for good: neither the old picture nor its small copy is kept.

    Raises
    ------
    PhotoError
        A box lies outside the picture.
    """
    if not 1 <= len(boxes) <= MOST_BOXES:
        raise InvalidInputError(f"Give 1 to {MOST_BOXES} boxes.", field="boxes")
    row = _seen(work, media_id, lock=True)
    if row.account_id != work.actor.account_id or work.actor.account_id is None:
        work.actor.require("intake_officer", "dispatcher", "shift_leader", "inspector")
    content = sql.content(work.session, media_id, "full")
    if content is None:
        raise _missing(media_id)
    sql.replace(work.session, row, blur(content, boxes), at=now)
    _tell(work, row)
    return _view(row)


def erase(work: UnitOfWork, month: date, incident_id: int) -> int:
    """Delete every photo of a report whose time is over; return how many there were."""
    return sql.delete_of_incident(work.session, month, incident_id)


def forget_loose(work: UnitOfWork, *, now: datetime) -> int:
    """Delete photos that no report came for."""
    return sql.delete_loose(work.session, now - LOOSE_KEPT)


def _seen(work: UnitOfWork, media_id: UUID, *, lock: bool = False) -> Media:
    row = sql.get(work.session, media_id, lock=lock)
    # a loose photo is its sender's alone
    if row is None or (row.incident_id is None and row.account_id != work.actor.account_id):
        raise _missing(media_id)
    return row


def _missing(media_id: UUID) -> NotFoundError:
    return NotFoundError("There is no such photo.", media=str(media_id))


def _tell(work: UnitOfWork, row: Media) -> None:
    if row.incident_id is not None:
        no = sql.incident_no(work.session, row.incident_id)
        work.announce("incident", {"no": no, "action": "blur", "state": None})


def _url(media_id: UUID) -> str:
    return f"/api/v1/media/{media_id}"


def _view(row: Media) -> MediaView:
    return MediaView(row.id, row.stage, row.width, row.height, _url(row.id), row.created_at, row.blurred_at is not None)
