"""Text in several scripts on a PDF: one font for Latin, one for Chinese, chosen letter by letter."""

from __future__ import annotations

import io
from functools import cache, lru_cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from gis.errors import UnavailableError

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

FONTS = ("inter-latin", "inter-latin-ext", "noto-sans-sc-chinese-simplified")
UNKNOWN = "□"
Align = Literal["left", "right", "centre"]


@cache
def _faces(*, bold: bool) -> tuple[tuple[str, frozenset[int]], ...]:
    """Register the fonts once for the process; return each name with the letters it has."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - only who prints pays for it
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - as above

    found = []
    for family in FONTS:
        name = f"{family}-{'bold' if bold else 'regular'}"
        file = resources.files("layers") / "assets" / "fonts" / f"{name}.ttf"
        try:
            font = TTFont(name, io.BytesIO(file.read_bytes()))
        except FileNotFoundError as error:
            raise UnavailableError("The reports' fonts are not built; run `make web` once.") from error
        pdfmetrics.registerFont(font)
        found.append((name, frozenset(font.face.charToGlyph)))
    return tuple(found)


@lru_cache(maxsize=20_000)
def _face_of(letter: str, bold: bool) -> str:
    faces = _faces(bold=bold)
    return next((name for name, letters in faces if ord(letter) in letters), "")


def runs(text: str, *, bold: bool = False) -> list[tuple[str, str]]:
    """Split text into (font, letters); a letter that no font has becomes a box."""
    if not text:
        return []
    last = FONTS[-1] + ("-bold" if bold else "-regular")
    pieces = []
    for face, letters in groupby(text, key=lambda letter: _face_of(letter, bold)):
        word = "".join(letters)
        pieces.append((face or last, word if face else _box(bold=bold) * len(word)))
    return pieces


def _box(*, bold: bool) -> str:
    return UNKNOWN if _face_of(UNKNOWN, bold) else "?"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is, points."""
    from reportlab.pdfbase.pdfmetrics import stringWidth  # noqa: PLC0415 - as above

    return float(sum(stringWidth(word, face, size) for face, word in runs(text, bold=bold)))


def draw(
    canvas: Canvas, place: tuple[float, float], text: str, size: float, *, bold: bool = False, align: Align = "left"
) -> None:
    """Write a line of text at `place` (points from the lower left corner)."""
    x, y = place
    if align != "left":
        x -= width(text, size, bold=bold) * (1.0 if align == "right" else 0.5)
    line = canvas.beginText(x, y)
    for face, word in runs(text, bold=bold):
        line.setFont(face, size)
        line.textOut(word)
    canvas.drawText(line)


def wrap(text: str, size: float, room: float, *, bold: bool = False, most: int = 0) -> list[str]:
    """Break text into lines of at most `room` points: at spaces, and between any two Chinese letters.

    Parameters
    ----------
    text : str
    size, room : float
        Points.
    bold : bool
    most : int
        Lines; the last ends with … when there is more. 0: as many as it takes.
    """
    lines, line = [], ""
    for word in _words(text):
        if line and width(line + word.rstrip(), size, bold=bold) > room:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
        while width(line.rstrip(), size, bold=bold) > room and len(line) > 1:
            kept = next(k for k in range(len(line) - 1, 0, -1) if k == 1 or width(line[:k], size, bold=bold) <= room)
            lines.append(line[:kept])
            line = line[kept:]
    lines.append(line.rstrip())
    if most and len(lines) > most:
        lines = lines[:most]
        lines[-1] = lines[-1][:-1] + "…"
    return lines


def _words(text: str) -> list[str]:
    words, word = [], ""
    for letter in text:
        if letter == " ":
            words.append(word + letter)
            word = ""
        elif ord(letter) > 0x2E7F:
            words += [word, letter] if word else [letter]
            word = ""
        else:
            word += letter
    return [*words, word] if word else words
