"""Text in several scripts on a PDF: one font for Latin, one for Chinese, chosen letter by letter."""

from __future__ import annotations

import io
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import orjson

from gis.errors import UnavailableError

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

FONTS = ("inter-latin", "inter-latin-ext", "noto-sans-sc-chinese-simplified")
_FOLDER = ("assets", "fonts")
Align = Literal["left", "right", "centre"]


@cache
def _faces(*, bold: bool) -> tuple[tuple[str, frozenset[int]], ...]:
    """Register the fonts once for the process; return each name with the letters it has."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - only who prints pays for it
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - as above

    found = []
    for family in FONTS:
        name = f"{family}-{'bold' if bold else 'regular'}"
        try:
            font = TTFont(name, _font_file(f"{name}.ttf"))
        except FileNotFoundError as error:
            raise UnavailableError("The reports' fonts are not built; run `make web` once.") from error
        pdfmetrics.registerFont(font)
        found.append((name, frozenset(font.face.charToGlyph)))
    return tuple(found)


def _font_file(*path: str) -> io.BytesIO:
    return io.BytesIO(resources.files("layers").joinpath(*_FOLDER, *path).read_bytes())


@cache
def _slices() -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    """Return the further slices of the Chinese font, each with the ranges of letters it may have."""
    try:
        told = orjson.loads(_font_file("slices", "slices.json").read())
    except FileNotFoundError:  # a wheel without them prints marks
        return ()
    return tuple((name, tuple(_range(part) for part in text.split(","))) for name, text in told.items())


def _range(text: str) -> tuple[int, int]:
    low, _, high = text.strip().removeprefix("U+").partition("-")
    return int(low, 16), int(high or low, 16)


@cache
def _slice(name: str) -> frozenset[int]:
    """Register a slice and return the letters it has."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - only who prints pays for it
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - as above

    font = TTFont(name, _font_file("slices", f"{name}.ttf"))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


@lru_cache(maxsize=20_000)
def _face_of(letter: str, bold: bool) -> str:
    """Return the font that has a letter; "" where none has. Rare letters are never bold."""
    code = ord(letter)
    usual = next((name for name, letters in _faces(bold=bold) if code in letters), "")
    if usual:
        return usual
    near = (name for name, ranges in _slices() if any(low <= code <= high for low, high in ranges))
    return next((name for name in near if code in _slice(name)), "")


def runs(text: str, *, bold: bool = False) -> list[tuple[str, str]]:
    """Split text into (font, letters); of a letter that no font has, its number stands there: ``[U+3666]``.

    A box would leave the reader to guess which of all rare letters is meant.
    """
    plain = FONTS[0] + ("-bold" if bold else "-regular")
    pieces: list[tuple[str, str]] = []
    for face, letters in groupby(text, key=lambda letter: _face_of(letter, bold)):
        word = "".join(letters)
        pieces.append((face, word) if face else (plain, "".join(map(_mark, word))))
    return [piece for piece in pieces if piece[1]]


def _mark(letter: str) -> str:
    """Return what stands for a letter that no font has; what has no shape of its own is left out."""
    shapeless = unicodedata.category(letter) in {"Cc", "Cf", "Mn"}
    return "" if shapeless else f"[U+{ord(letter):04X}]"


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
