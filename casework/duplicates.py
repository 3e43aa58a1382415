"""Is it reported already? Earlier reports are scored by distance, time and what they say, each with its reason."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

REACH_M: Final = 150.0
"""Beyond this, plus what both places are unsure by, two reports are about two things."""
SPAN: Final = timedelta(days=30)
"""A case that is older was seen by so many that a new report rather tells that it came back."""
HALF_DISTANCE_M: Final = 40.0
HALF_TIME: Final = timedelta(days=3)
LEAST_SCORE: Final = 0.35
_LEAST_LIKENESS: Final = 0.25
_OTHER_ITEM: Final = 0.15
_SIGNS: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A report as far as it matters here; x and y in metres of one metric CRS.

    Attributes
    ----------
    no : str
        Number of the report; empty for one that is not registered yet.
    accuracy_m : float
        Radius of the error circle.
    item : str
        What it is about, in words.
    item_code : str or None
        Its item of the catalogue.
    """

    no: str
    x: float
    y: float
    at: datetime
    item: str
    item_code: str | None = None
    accuracy_m: float = 0.0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How surely an earlier report is about the same thing.

    Attributes
    ----------
    no : str
        The earlier report.
    score : float
        0 to 1.
    distance_m : float
    hours : float
        From the earlier report to the later one.
    reason : str
        ``same-item``, ``same-words``, ``alike-words`` or ``same-place``.
    """

    no: str
    score: float
    distance_m: float
    hours: float
    reason: str


def likely_duplicates(report: Sighting, earlier: Sequence[Sighting], *, most: int = 5) -> list[Likeness]:
    """Return earlier reports that are likely about the same thing, the likeliest first.

    The score is the product of three shares: by distance (half at `HALF_DISTANCE_M` beyond what both places are
    unsure by), by time (half after `HALF_TIME`), and by item: 1 for the same item of the catalogue or the same words,
    the share of common letter pairs for words that are alike, little for another item.

    Parameters
    ----------
    report : Sighting
    earlier : sequence of Sighting
        Any order; what is too far, too old or the report itself is left out.
    most : int

    Returns
    -------
    list of Likeness

    Examples
    --------
    >>> from datetime import UTC
    >>> day = datetime(2026, 5, 1, tzinfo=UTC)
    >>> lamp = Sighting("1", 0, 0, day, "路灯不亮")
    >>> found = likely_duplicates(Sighting("", 3, 4, day + timedelta(hours=2), "路灯不亮了"), [lamp])
    >>> [(each.no, each.distance_m, each.hours, each.reason) for each in found]
    [('1', 5.0, 2.0, 'alike-words')]
    """
    found = [_likeness(report, other) for other in earlier if other.no != report.no]
    kept = [each for each in found if each is not None and each.score >= LEAST_SCORE]
    return sorted(kept, key=lambda each: (-each.score, each.distance_m, each.no))[:most]


def _likeness(report: Sighting, other: Sighting) -> Likeness | None:
    apart = abs(report.at - other.at)
    distance = math.hypot(report.x - other.x, report.y - other.y)
    unsure = report.accuracy_m + other.accuracy_m
    # places that nobody knows well would make a duplicate of everything
    beyond = max(0.0, distance - min(unsure, REACH_M))
    if apart > SPAN or beyond > REACH_M:
        return None
    share, reason = _same_thing(report, other)
    score = share * 0.5 ** (beyond / HALF_DISTANCE_M) * 0.5 ** (apart / HALF_TIME)
    hours = (report.at - other.at) / timedelta(hours=1)
    return Likeness(other.no, round(score, 3), round(distance, 1), round(hours, 1), reason)


def _same_thing(report: Sighting, other: Sighting) -> tuple[float, str]:
    if report.item_code is not None and report.item_code == other.item_code:
        return 1.0, "same-item"
    if _plain(report.item) == _plain(other.item):
        return 1.0, "same-words"
    # what one calls the thing, the other may tell in its description
    likeness = max(
        common_share(report.item, other.item),
        common_share(report.item, other.description) if other.description else 0.0,
        common_share(report.description, other.item) if report.description else 0.0,
    )
    both_known = report.item_code is not None and other.item_code is not None
    if both_known or likeness < _LEAST_LIKENESS:
        return max(_OTHER_ITEM, 0.5 * likeness), "same-place"
    return likeness, "alike-words"


def common_share(one: str, other: str) -> float:
    """Return how much of the shorter of two texts is found in the other: the share of its pairs of letters.

    Examples
    --------
    >>> common_share("路灯不亮", "小区门口路灯不亮三天了"), common_share("lamp", "tree")
    (1.0, 0.0)
    """
    first, second = _pairs(_plain(one)), _pairs(_plain(other))
    shorter = min(len(first), len(second))
    return len(first & second) / shorter if shorter else 0.0


def _plain(text: str) -> str:
    return _SIGNS.sub("", text).lower()


def _pairs(text: str) -> set[str]:
    return {one + other for one, other in pairwise(text)} or ({text} if text else set())
