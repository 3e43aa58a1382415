"""Grammar of official codes: areas and grids; things have theirs in `gis.device_codes`. Codes are text, never numbers.

References
----------
GB/T 2260 and GB/T 10114 (areas: 6 + 3 + 3 digits); DB11 unit grids of Beijing (areas + 3 digits, numbered from west
to east and from north to south); CJ/T 349 (professional grids, 20 digits).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError

_SCIENTIFIC = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d+")
_FLOAT_TAIL = re.compile(r"(\d+)\.0+")
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
_GROUPED = re.compile(r"\d{6}(?:[ -]\d{1,3}){2,4}")


class InvalidCodeError(InvalidInputError):
    """A code does not follow its grammar."""

    code = "invalid-code"


def ungrouped(text: str) -> str:
    """Return a code as it is kept where somebody typed or copied it in groups; anything else stays as it is.

    Examples
    --------
    >>> ungrouped("990101 001 001 005"), ungrouped("990101-001-001"), ungrouped("Main Street 3")
    ('990101001001005', '990101001001', 'Main Street 3')
    """
    narrow = text.translate(_WIDE)
    return re.sub("[ -]", "", narrow) if _GROUPED.fullmatch(narrow) else text


def clean_code(text: str, *, what: str) -> str:
    """Bring a code into plain digits and letters, refusing what a spreadsheet has already destroyed.

    Parameters
    ----------
    text : str
        As the file holds it.
    what : str
        Name of the field, for the sentence.

    Returns
    -------
    str
        Without spaces, full-width digits narrowed; ``"123.0"`` gives ``"123"``.

    Raises
    ------
    InvalidCodeError
        Scientific notation: the last digits are gone for good.

    Examples
    --------
    >>> clean_code(" 340881 ", what="code")
    '340881'
    """
    code = re.sub(r"\s+", "", text.translate(_WIDE)).lstrip("'")
    if _SCIENTIFIC.fullmatch(code):
        raise InvalidCodeError(
            f"{what} '{text}' is in scientific notation, so its last digits are lost. Take the original list, format"
            " the column as text before pasting, and export it again.",
            value=text,
            reason="is in scientific notation, so its last digits are lost",
            remedy="format the column as text in the original list and export it again",
        )
    tail = _FLOAT_TAIL.fullmatch(code)
    if tail is None:
        return code
    if len(tail.group(1)) > 15:
        raise InvalidCodeError(
            f"{what} '{text}' went through a number, which keeps only 15 digits. Export the column as text.",
            value=text,
            reason="went through a number, which keeps only 15 digits",
            remedy="export the column as text",
        )
    return tail.group(1)


def digits_code(text: str, *, what: str, lengths: tuple[int, ...], pattern: str) -> str:
    """Bring a code of digits into plain form, refusing any other length.

    Parameters
    ----------
    text : str
    what : str
        Name of the code, for the sentence.
    lengths : tuple of int
        How many digits it may have.
    pattern : str
        Its blocks, for the sentence.

    Returns
    -------
    str

    Raises
    ------
    InvalidCodeError

    Examples
    --------
    >>> digits_code("340881", what="Area code", lengths=(6, 9, 12), pattern="6 + 3 + 3")
    '340881'
    """
    code = clean_code(text, what=what)
    if not (code.isascii() and code.isdigit()) or len(code) not in lengths:
        wanted = " or ".join(str(length) for length in lengths)
        raise InvalidCodeError(
            f"{what} '{text}' must have {wanted} digits ({pattern}).",
            value=text,
            reason=f"is no {what[0].lower() + what[1:]}" if not what.startswith("GB") else f"is no {what}",
            remedy=f"give {wanted} digits: {pattern}",
        )
    return code


@dataclass(frozen=True, slots=True)
class AreaCode:
    """An administrative area code.

    Parameters
    ----------
    code : str
        Without trailing zero blocks: 6, 9 or 12 digits.
    level : str
        ``county``, ``town`` or ``village``.
    """

    code: str
    level: str

    @property
    def number(self) -> int:
        """The 12-digit form as an integer, as row security compares it."""
        return int(self.code.ljust(12, "0"))

    @property
    def town_number(self) -> int:
        """The 12-digit form of the town; the county's own for a county."""
        return int(self.code[:9].ljust(12, "0"))

    @property
    def county_number(self) -> int:
        """The 12-digit form of the county."""
        return int(self.code[:6].ljust(12, "0"))

    @property
    def parent(self) -> str | None:
        """Code one level up; None above the county."""
        return {"county": None, "town": self.code[:6], "village": self.code[:9]}[self.level]

    @property
    def path(self) -> str:
        """Codes from the county down, joined by dots."""
        return ".".join(self.code[:length] for length in (6, 9, 12) if length <= len(self.code))


def parse_area_code(text: str) -> AreaCode:
    """Read an area code of 6, 9 or 12 digits.

    Parameters
    ----------
    text : str
        Blocks of 6 (county), 3 (town or street) and 3 (village or committee); a 12-digit code whose last blocks are
        zero names the level above.

    Returns
    -------
    AreaCode

    Raises
    ------
    InvalidCodeError
        Wrong length, not digits, or scientific notation.

    Examples
    --------
    >>> parse_area_code("440983102001").level, parse_area_code("440983102000").code
    ('village', '440983102')
    """
    code = digits_code(text, what="Area code", lengths=(6, 9, 12), pattern="6 county + 3 town + 3 village")
    if len(code) == 12 and code.endswith("000"):
        code = code[:9]
    if len(code) == 9 and code.endswith("000"):
        code = code[:6]
    return AreaCode(code, {6: "county", 9: "town", 12: "village"}[len(code)])


def parse_grid_code(text: str) -> str:
    """Read a unit grid code.

    Parameters
    ----------
    text : str
        15 digits: 6 county + 3 town + 3 village + 3 serial.

    Returns
    -------
    str

    Raises
    ------
    InvalidCodeError
        Another form.
    """
    return digits_code(text, what="Grid code", lengths=(15,), pattern="6 county + 3 town + 3 village + 3 grid")


@dataclass(frozen=True, slots=True)
class ProfessionalGridCode:
    """A professional (exclusive) grid code of 20 digits.

    Parameters
    ----------
    code : str
    managed_object, county, town, community, serial : str
        Blocks of 6, 6, 3, 3 and 2 digits.
    """

    code: str
    managed_object: str
    county: str
    town: str
    community: str
    serial: str

    @property
    def spans_communities(self) -> bool:
        """Whether it covers two or more communities (their block is then numbered from 601)."""
        return int(self.community) >= 601

    @property
    def whole_community(self) -> bool:
        """Whether the community is not subdivided."""
        return self.serial == "00"


def parse_professional_grid_code(text: str) -> ProfessionalGridCode:
    """Read a professional grid code.

    Parameters
    ----------
    text : str
        20 digits: 6 managed object + 6 county + 3 town + 3 community + 2 serial.

    Returns
    -------
    ProfessionalGridCode

    Raises
    ------
    InvalidCodeError
        Another form.
    """
    pattern = "6 object + 6 county + 3 town + 3 community + 2 serial"
    code = digits_code(text, what="Professional grid code", lengths=(20,), pattern=pattern)
    return ProfessionalGridCode(code, code[:6], code[6:12], code[12:15], code[15:18], code[18:])


def next_area_codes(parent_code: str, count: int, used: Iterable[str], *, first: int) -> list[str]:
    """Give the next free codes one level below an area.

    Parameters
    ----------
    parent_code : str
        6 digits (towns are numbered) or 9 digits (villages are).
    count : int
        How many.
    used : iterable of str
        Every area code ever given.
    first : int
        Where the block starts: 1 street or committee, 100 town, 200 township or village.

    Returns
    -------
    list of str

    Raises
    ------
    InvalidCodeError
        No numbers left.
    """
    length = len(parent_code) + 3
    given = [int(code[-3:]) for code in used if code.startswith(parent_code) and len(code) == length]
    start = max([*given, first - 1]) + 1
    if start + count > 1000:
        raise InvalidCodeError(f"Area {parent_code} has no {count} free numbers left.", area=parent_code)
    return [f"{parent_code}{number:03d}" for number in range(start, start + count)]


def reading_order(centres: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Order places as they are numbered: rows from north to south, each from west to east.

    Parameters
    ----------
    centres : (n, 2) array
        x to the east, y to the north, any unit.

    Returns
    -------
    (n,) int array
        Indices in the order of numbering.

    Examples
    --------
    >>> reading_order([[0, 0], [1, 1.02], [0, 1]]).tolist()
    [2, 1, 0]
    """
    points = np.asarray(centres, dtype=float).reshape(-1, 2)
    if not len(points):
        return np.empty(0, dtype=np.int64)
    x, y = points[:, 0], points[:, 1]
    width, height = float(np.ptp(x)), float(np.ptp(y))
    if width == 0 or height == 0:
        return np.lexsort((-y, x, -y if width == 0 else np.zeros(len(y)))).astype(np.int64)
    # rows R of an even grid with n cells: width / (n / R - 1) = height / (R - 1)
    lean = width - height
    rows = max(2, round((lean + float(np.sqrt(lean**2 + 4 * width * height * len(points)))) / (2 * width)))
    band = np.round((y.max() - y) / height * (rows - 1)).astype(np.int64)
    return np.lexsort((-y, x, band)).astype(np.int64)
