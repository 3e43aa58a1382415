"""What an action comes with, as a form sends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from casework.masking import mask_personal_numbers
from gis.errors import InvalidInputError

REASON_LENGTH: Final = 500
TEXT_LENGTH: Final = 4000
MOST_UNITS: Final = 50
MOST_MEDIA: Final = 50
OUTCOMES: Final = ("confirmed", "changed", "not_found")


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields that actions need; each action reads its own and leaves the others alone.

    Attributes
    ----------
    reason, text : str or None
        What somebody writes; numbers of persons are masked, and neither enters the digest chain.
    unit : str or None
        Lead unit by id or code.
    units, departments : tuple of str
        Units that countersign, and those that a street calls in.
    inspector : str or None
        Account by name or id; whoever has the least to do without it.
    worker : str or None
        Member of the unit's staff by work number or id, or a short text; the account itself without it.
    outcome : str or None
        Of a verification.
    lon, lat : float or None
        Place found on verification, EPSG:4326.
    review_date : date or None
    master : str or None
        Number of the case that this one repeats.
    to_level : str or None
    answer_due : datetime or None
    outside_body : str or None
    score : int or None
        1 to 5.
    media : tuple of UUID
        Photos taken up before.
    """

    reason: str | None = None
    text: str | None = None
    unit: str | None = None
    units: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    inspector: str | None = None
    worker: str | None = None
    outcome: str | None = None
    lon: float | None = None
    lat: float | None = None
    review_date: date | None = None
    master: str | None = None
    to_level: str | None = None
    answer_due: datetime | None = None
    outside_body: str | None = None
    score: int | None = None
    media: tuple[UUID, ...] = ()

    def masked_reason(self) -> str | None:
        """Return the reason as it is kept, None for an empty one."""
        return _masked(self.reason, REASON_LENGTH, "reason")

    def masked_text(self) -> str | None:
        """Return the text as it is kept, None for an empty one."""
        return _masked(self.text, TEXT_LENGTH, "text")


def _masked(words: str | None, longest: int, field: str) -> str | None:
    if words is None or not words.strip():
        return None
    if len(words) > longest:
        raise InvalidInputError(f"Say it in at most {longest} characters.", field=field)
    return mask_personal_numbers(words.strip())
