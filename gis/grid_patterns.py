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
from dataclasses import dataclass, replace
from itertools import islice

from gis.codes import InvalidCodeError

__all__ = [
    "NESTED",
    "PATTERNS",
    "CodePattern",
    "Numbered",
    "next_codes",
    "parse_pattern",
    "pattern_for",
    "serial_digits",
]

#: Community blocks from here on stand for several communities that were merged into one professional grid.
MERGED_FROM = 601
_PATTERN = re.compile(r"(?:(\d{6})\s+)?(area|grid)(?:\s+([A-Z]))?\s+([2-6])")

#: What each kind is numbered by unless the settings say otherwise.
PATTERNS = {
    "household": "area 3",
    "natural_village": "area 3",
    "cell": "area 3",
    "dedicated": "area D 3",
    "water": "area W 3",
    "police": "990001 area 2",
    "safety": "990002 area 2",
    "micro": "grid 2",
    "ten_household": "grid 3",
}
#: Kinds that lie inside household grids, so that their codes go on from a grid's code.
NESTED = ("micro", "ten_household")


@dataclass(frozen=True, slots=True)
class CodePattern:
    """Blocks of a grid code: an object number, the code of the area or grid above, a letter, a serial.

    Attributes
    ----------
    object_code : str
        Six digits, or empty.
    letter : str
        Capital that tells the kind, or empty.
    digits : int
        Of the serial.
    above : str
        ``area`` (12 digits) or ``grid`` (the whole code of the grid that it lies in).
    """

    object_code: str
    letter: str
    digits: int
    above: str = "area"

    @property
    def length(self) -> int:
        """Signs of a code below an area, or below a unit grid of 15 digits."""
        return len(self.object_code) + (15 if self.above == "grid" else 12) + len(self.letter) + self.digits

    def stem(self, above: str) -> str:
        """Return what stands before the serial.

        Parameters
        ----------
        above : str
            Code of the area (up to 12 digits) or of the grid.
        """
        return f"{self.object_code}{above if self.above == 'grid' else above.ljust(12, '0')}{self.letter}"

    def code(self, above: str, serial: int) -> str:
        """Return one code.

        Examples
        --------
        >>> parse_pattern("990001 area 2").code("440983102001", 7), parse_pattern("grid M 2").code("440983102001003", 1)
        ('99000144098310200107', '440983102001003M01')
        """
        return f"{self.stem(above)}{serial:0{self.digits}d}"


def parse_pattern(text: str) -> CodePattern:
    """Read a pattern.

    Parameters
    ----------
    text : str
        ``area 3`` (15 digits), ``area 2`` (14 digits), ``990001 area 2`` (20 digits), ``area D 3`` or ``grid 2``: an
        object number of six digits where there is one, the word ``area`` (or ``grid`` for grids inside grids), a
        capital where there is one, and the serial's digits.

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
            f"'{text}' is no pattern of grid codes; give one such as 'area 3', '990001 area 2', 'area D 3', 'grid 2'.",
            value=text,
            remedy="give an object number of six digits (or none), the word area (grid for grids inside grids), a"
            " capital (or none), digits 2 to 6",
        )
    return CodePattern(found[1] or "", found[3] or "", int(found[4]), found[2])


def pattern_for(kind: str, chosen: str | None = None) -> CodePattern:
    """Return the pattern of a grid kind: the chosen one, else the usual one.

    Raises
    ------
    InvalidCodeError
        The chosen one is no pattern, or none for this kind: grids inside grids go on from a grid's code, all others
        from an area's.
    """
    pattern = parse_pattern(chosen or PATTERNS.get(kind, PATTERNS["household"]))
    wanted = "grid" if kind in NESTED else "area"
    if pattern.above != wanted:
        usual = PATTERNS.get(kind, PATTERNS["household"])
        raise InvalidCodeError(
            f"'{chosen}' is no pattern for {kind}: its codes go on from the code of the {wanted} that it lies in,"
            f" such as '{usual}'.",
            value=chosen,
            remedy=f"write {wanted} for {pattern.above}",
        )
    return pattern


def serial_digits(code: str, above: str) -> int:
    """Return how many digits of a code are its serial, whatever pattern it follows.

    Parameters
    ----------
    code : str
    above : str
        Code of the area (12 digits) or of the grid that it goes on from.

    Returns
    -------
    int
        0 where the code does not hold the one above, or does not end in digits.

    Examples
    --------
    >>> serial_digits("440983102001D012", "440983102001"), serial_digits("beat 7", "440983102001")
    (3, 0)
    """
    _, found, tail = code.partition(above)
    return len(tail) - len(tail.rstrip("0123456789")) if found else 0


@dataclass(frozen=True, slots=True)
class Numbered:
    """A grid that waits for its code.

    Attributes
    ----------
    area : str
        Code of the area that it belongs to (most of its households or ground); of the grid, for grids inside grids.
    merged : bool
        Whether it covers several areas.
    whole : bool
        Whether it is just that area.
    """

    area: str
    merged: bool = False
    whole: bool = False


def next_codes(
    pattern: CodePattern,
    grids: Sequence[Numbered],
    used: Iterable[str],
    *,
    spoken_for: Iterable[str] = (),
    widen: bool = False,
) -> list[str]:
    """Give the next free codes, in the order of `grids`; a number that was ever used never comes back.

    Parameters
    ----------
    pattern : CodePattern
    grids : sequence of Numbered
    used : iterable of str
        Every code that may not be given: of grids that are or were in force, and of the same plan; those of other
        forms are ignored.
    spoken_for : iterable of str
        Codes of drafts, passed over as long as there are others.
    widen : bool
        Whether an area with many grids takes a longer serial.

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
    >>> next_codes(parse_pattern("area 3"), [Numbered("440983102001")] * 2, [], spoken_for=["440983102001001"])
    ['440983102001002', '440983102001003']
    """
    taken = set(used)
    codes = [""] * len(grids)
    blocks: dict[str, int] = {}
    places_of: dict[str, list[int]] = {}
    for place, grid in enumerate(grids):
        if pattern.object_code and grid.merged:
            codes[place] = _merged(pattern, grid.area.ljust(12, "0")[:9], blocks, taken)
        elif pattern.object_code and grid.whole and pattern.code(grid.area, 0) not in taken:
            codes[place] = pattern.code(grid.area, 0)
            taken.add(codes[place])
        else:
            places_of.setdefault(grid.area, []).append(place)
    drafts = set(spoken_for)
    for area, mine in _by_stem(pattern, places_of, taken).items():
        places = places_of[area]
        serials = _serials(pattern, area, len(places), mine, drafts, widen=widen)
        for place, code in zip(places, serials, strict=True):
            codes[place] = code
    return codes


def _by_stem(pattern: CodePattern, areas: Iterable[str], taken: Iterable[str]) -> dict[str, list[str]]:
    """Sort the codes by the area that they begin with, in one pass: a county has thousands of areas and codes."""
    found: dict[str, list[str]] = {area: [] for area in areas}
    area_of = {pattern.stem(area): area for area in found}
    lengths = sorted({len(stem) for stem in area_of})
    for code in taken:
        for length in lengths:
            area = area_of.get(code[:length])
            if area is not None:
                found[area].append(code)
    return found


def _serials(
    pattern: CodePattern, area: str, count: int, taken: Sequence[str], drafts: set[str], *, widen: bool
) -> list[str]:
    """Return codes of one area above its highest number, without those of drafts unless there are too few."""
    stem = pattern.stem(area)
    first = _highest(taken, len(stem), len(stem) + pattern.digits) + 1
    if widen and first + count > 10**pattern.digits:
        longer = replace(pattern, digits=pattern.digits + 1)
        return _serials(longer, area, count, taken, drafts, widen=True)
    free = 10**pattern.digits - first
    if count > free:
        raise InvalidCodeError(
            f"{'Grid' if pattern.above == 'grid' else 'Area'} {area} has no free grid numbers left below"
            f" {10**pattern.digits}: {count} wanted, {free} left. Divide the area first, or choose a pattern with more"
            " digits (GRIDWARD_GRID_CODES).",
            area=area,
            wanted=count,
            free=free,
        )
    every = range(first, 10**pattern.digits)
    apart = list(islice((code for code in (pattern.code(area, n) for n in every) if code not in drafts), count))
    return apart if len(apart) == count else [pattern.code(area, number) for number in every[:count]]


def _merged(pattern: CodePattern, town: str, blocks: dict[str, int], taken: set[str]) -> str:
    if town not in blocks:
        stem = f"{pattern.object_code}{town}"
        given = [code for code in taken if code.startswith(stem)]
        blocks[town] = max(_highest(given, len(stem), pattern.length, to=len(stem) + 3), MERGED_FROM - 1)
    blocks[town] += 1
    if blocks[town] > 999:
        raise InvalidCodeError(f"Town {town} has no free blocks of merged communities left.", area=town)
    return pattern.code(f"{town}{blocks[town]:03d}", 0)


def _highest(codes: Iterable[str], start: int, length: int, *, to: int | None = None) -> int:
    """Return the highest number that stands at a place in codes of a length; 0 for none."""
    numbers = (code[start:to] for code in codes if len(code) == length)
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)
