"""Ratio rules as data: how many people a place needs, by whichever way of a rule asks for fewest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gis.errors import InvalidInputError

PER: Final = ("grid", "village", "town", "household", "group")
LARGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Way:
    """One way to meet a rule.

    Attributes
    ----------
    per : {"grid", "village", "town", "household", "group"}
        What is counted: each grid, village or town by itself; households or groups of each village.
    count : int
        People for each of them.
    every : int
        Of households only: so many of them need `count` people.
    """

    per: str
    count: int = 1
    every: int = 1

    def __post_init__(self) -> None:
        """Refuse what no place can be measured by.

        Raises
        ------
        InvalidInputError
        """
        if self.per not in PER:
            raise InvalidInputError(f"A rule counts by one of {', '.join(PER)}, not by '{self.per}'.", field="per")
        if not 1 <= self.count <= LARGEST or not 1 <= self.every <= LARGEST:
            raise InvalidInputError(f"'count' and 'every' are from 1 to {LARGEST}.", field="count")
        if self.every != 1 and self.per != "household":
            raise InvalidInputError("'every' goes with 'household' only.", field="every")


def check_ways(ways: Sequence[Way], *, counts_only: bool = False) -> None:
    """Refuse ways that can't stand together in one rule.

    Raises
    ------
    InvalidInputError
        None is given; a post in each grid stands beside another way; or numbers alone are asked for by grid or town.
    """
    if not ways:
        raise InvalidInputError("A rule needs at least one way to be met.", field="ways")
    places = {way.per for way in ways}
    if "grid" in places and (len(ways) > 1 or ways[0].count > 1):
        raise InvalidInputError("A rule by grid asks for one in each, and stands alone.", field="ways")
    if counts_only and places & {"grid", "town"}:
        raise InvalidInputError("Numbers alone are known by village: by village, household or group.", field="ways")


def people_needed(ways: Sequence[Way], *, households: int, groups: int) -> int:
    """Return how many people a village needs by whichever way asks for fewest; ways by grid and town are left out.

    Parameters
    ----------
    ways : sequence of Way
    households, groups : int
        Of the village. A way by group asks for nobody where there is none known, so it does not count there.

    Examples
    --------
    >>> ways = [Way("household", every=20), Way("group")]
    >>> people_needed(ways, households=300, groups=12), people_needed(ways, households=90, groups=12)
    (12, 5)
    >>> people_needed(ways, households=90, groups=0)
    5
    """
    asked = []
    for way in ways:
        if way.per == "village":
            asked.append(way.count)
        elif way.per == "household":
            asked.append(way.count * -(-households // way.every))
        elif way.per == "group" and groups:
            asked.append(way.count * groups)
    return min(asked, default=0)
