"""How the grids of a kind are numbered: a pattern that an office may choose, and the next free codes under it.

References
----------
DB11 unit grids (15 digits: area and 3 digits); CJ/T 349 (professional grids, 20 digits: managed object, area, 2 digits;
a grid over merged communities takes a community block from 601, a whole community the serial 00). The object numbers
below are local ones: put in those of your own list of managed objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from gis.codes import InvalidCodeError

__all__ = ["PATTERNS", "CodePattern", "Numbered", "next_codes", "parse_pattern", "pattern_for"]

#: Community blocks from here on stand for several communities that were merged into one professional grid.
MERGED_FROM = 601
_PATTERN = re.compile(r"(?:(\d{6})\s+)?area(?:\s+([A-Z]))?\s+([2-6])")

#: What each kind is numbered by unless the settings say otherwise.
PATTERNS = {
    "household": "area 3",
    "natural_village": "area 3",
    "cell": "area 3",
    "dedicated": "area D 3",
    "water": "area W 3",
    "police": "990001 area 2",
    "safety": "990002 area 2",
}


@dataclass(frozen=True, slots=True)
class CodePattern:
    """Blocks of a grid code: an object number, the 12 digits of the area, a letter, a serial.

    Attributes
    ----------
    object_code : str
        Six digits, or empty.
    letter : str
        Capital that tells the kind, or empty.
    digits : int
        Of the serial.
    """

    object_code: str
    letter: str
    digits: int

    @property
    def length(self) -> int:
        """Signs of a code."""
        return len(self.object_code) + 12 + len(self.letter) + self.digits

    def code(self, area_code: str, serial: int) -> str:
        """Return one code.

        Examples
        --------
        >>> parse_pattern("990001 area 2").code("440983102001", 7)
        '99000144098310200107'
        """
        return f"{self.object_code}{area_code.ljust(12, '0')}{self.letter}{serial:0{self.digits}d}"


def parse_pattern(text: str) -> CodePattern:
    """Read a pattern.

    Parameters
    ----------
    text : str
        ``area 3`` (15 digits), ``area 2`` (14 digits), ``990001 area 2`` (20 digits) or ``area D 3``: an object number
        of six digits where there is one, the word ``area``, a capital where there is one, and the serial's digits.

    Returns
    -------
    CodePattern

    Raises
    ------
    InvalidCodeError

    Examples
    --------
    >>> parse_pattern("area 3").length, parse_pattern("990001 area 2").length
    (15, 20)
    """
    found = _PATTERN.fullmatch(" ".join(text.split()))
    if found is None:
        raise InvalidCodeError(
            f"'{text}' is no pattern of grid codes; give one such as 'area 3', '990001 area 2' or 'area D 3'.",
            value=text,
            remedy="give an object number of six digits (or none), the word area, a capital (or none), digits 2 to 6",
        )
    return CodePattern(found[1] or "", found[2] or "", int(found[3]))


def pattern_for(kind: str, chosen: str | None = None) -> CodePattern:
    """Return the pattern of a grid kind: the chosen one, else the usual one."""
    return parse_pattern(chosen or PATTERNS.get(kind, PATTERNS["household"]))


@dataclass(frozen=True, slots=True)
class Numbered:
    """A grid that waits for its code.

    Attributes
    ----------
    area : str
        Code of the area that it belongs to (most of its households or ground).
    merged : bool
        Whether it covers several areas.
    whole : bool
        Whether it is just that area.
    """

    area: str
    merged: bool = False
    whole: bool = False


def next_codes(pattern: CodePattern, grids: Sequence[Numbered], used: Iterable[str]) -> list[str]:
    """Give the next free codes, in the order of `grids`; a number that was ever used never comes back.

    Parameters
    ----------
    pattern : CodePattern
    grids : sequence of Numbered
    used : iterable of str
        Every grid code ever given, retired ones included; those of other forms are ignored.

    Returns
    -------
    list of str

    Raises
    ------
    InvalidCodeError
        An area has no free numbers left.

    Examples
    --------
    >>> police = parse_pattern("990001 area 2")
    >>> wanted = [Numbered("440983102001"), Numbered("440983102001", merged=True), Numbered("440983102002", whole=True)]
    >>> next_codes(police, wanted, ["99000144098310200104"])
    ['99000144098310200105', '99000144098310260100', '99000144098310200200']
    """
    taken = {code for code in used if len(code) == pattern.length and code.startswith(pattern.object_code)}
    serials: dict[str, count[int]] = {}
    blocks: dict[str, count[int]] = {}
    given: list[str] = []
    for grid in grids:
        area = grid.area.ljust(12, "0")
        if pattern.object_code and grid.merged:
            code = _merged(pattern, area[:9], blocks, taken)
        elif pattern.object_code and grid.whole and pattern.code(area, 0) not in taken:
            code = pattern.code(area, 0)
        else:
            code = _serial(pattern, area, serials, taken)
        taken.add(code)
        given.append(code)
    return given


def _serial(pattern: CodePattern, area: str, serials: dict[str, count[int]], taken: set[str]) -> str:
    if area not in serials:
        stem = pattern.code(area, 0)[: -pattern.digits]
        serials[area] = count(_highest(taken, stem, slice(len(stem), None)) + 1)
    number = next(serials[area])
    if number >= 10**pattern.digits:
        raise InvalidCodeError(
            f"Area {area} has no free grid numbers left below {10**pattern.digits}; divide the area first, or choose"
            " a pattern with more digits.",
            area=area,
        )
    return pattern.code(area, number)


def _merged(pattern: CodePattern, town: str, blocks: dict[str, count[int]], taken: set[str]) -> str:
    if town not in blocks:
        stem = f"{pattern.object_code}{town}"
        blocks[town] = count(max(_highest(taken, stem, slice(len(stem), len(stem) + 3)), MERGED_FROM - 1) + 1)
    block = next(blocks[town])
    if block > 999:
        raise InvalidCodeError(f"Town {town} has no free blocks of merged communities left.", area=town)
    return pattern.code(f"{town}{block:03d}", 0)


def _highest(taken: Iterable[str], stem: str, part: slice) -> int:
    numbers = (code[part] for code in taken if code.startswith(stem))
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)
