"""A sheet of plates on A4, ten to a page: the symbol, the code to type, the place, and what it is for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from casework.plate_codes import shown
from layers.palette import PALETTES
from store.printing.text import draw, wrap

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

A4: Final = (595.276, 841.890)  # points
EDGE: Final = 28.0
COLUMNS, ROWS = 2, 5
SYMBOL: Final = 100.0
_LIGHT: Final = PALETTES["light"]
_INVITES: Final = {
    "en": ("Something wrong here?", "Scan, or open the page and type the code."),
    "zh": ("这里有问题？", "扫码上报，或在网页输入编号。"),
}


@dataclass(frozen=True, slots=True)
class PlateSign:
    """What one plate shows.

    Attributes
    ----------
    code : str
    url : str
        What the symbol holds.
    place : str
        The place in words.
    """

    code: str
    url: str
    place: str


def sheet_bytes(signs: Sequence[PlateSign], *, language: str = "en") -> bytes:
    """Return plates as PDF; equal content gives equal bytes.

    Parameters
    ----------
    signs : sequence of PlateSign
    language : str
        ``en`` or ``zh``.

    Raises
    ------
    UnavailableError
        The fonts are not installed.
    """
    from reportlab.pdfgen import canvas as paper  # noqa: PLC0415 - only who prints pays for it

    buffer = io.BytesIO()
    canvas = paper.Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle("Gridward plates")
    canvas.setAuthor("Gridward")
    size = ((A4[0] - 2 * EDGE) / COLUMNS, (A4[1] - 2 * EDGE) / ROWS)
    for number, sign in enumerate(signs):
        place = number % (COLUMNS * ROWS)
        if number and not place:
            canvas.showPage()
        corner = (EDGE + place % COLUMNS * size[0], A4[1] - EDGE - (place // COLUMNS + 1) * size[1])
        _plate(canvas, sign, (*corner, *size), _INVITES.get(language, _INVITES["en"]))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _plate(canvas: Canvas, sign: PlateSign, frame: tuple[float, float, float, float], invite: tuple[str, str]) -> None:
    left, bottom, wide, high = frame
    canvas.setStrokeColor(_LIGHT.text_muted)
    canvas.setLineWidth(0.4)
    canvas.setDash([3, 3])
    canvas.rect(left, bottom, wide, high)
    canvas.setDash([])
    _symbol(canvas, sign.url, (left + 12, bottom + (high - SYMBOL) / 2))
    x, top, room = left + SYMBOL + 22, bottom + high - 28, wide - SYMBOL - 32
    canvas.setFillColor(_LIGHT.text)
    for line in wrap(invite[0], 12, room, bold=True, most=2):
        draw(canvas, (x, top), line, 12, bold=True)
        top -= 15
    for line in wrap(invite[1], 8, room, most=3):
        draw(canvas, (x, top), line, 8)
        top -= 10
    draw(canvas, (x, bottom + 46), shown(sign.code), 13, bold=True)
    canvas.setFillColor(_LIGHT.text_muted)
    low = bottom + 32
    for line in wrap(sign.place, 7.5, room, most=3):
        draw(canvas, (x, low), line, 7.5)
        low -= 9


def _symbol(canvas: Canvas, text: str, corner: tuple[float, float]) -> None:
    """Draw the QR symbol, dark cells as plain squares: sharp at any size."""
    import segno  # noqa: PLC0415 - only who prints pays for it

    # plates get scratched: a quarter of the cells may be lost
    cells = [list(row) for row in segno.make_qr(text, error="q").matrix]
    side = SYMBOL / len(cells)
    canvas.setFillColor("black")
    for number, row in enumerate(cells):
        for start, stop in _runs(row):
            y = corner[1] + SYMBOL - (number + 1) * side
            # a hair of overlap, or viewers show seams
            canvas.rect(corner[0] + start * side, y, (stop - start) * side + 0.05, side + 0.05, stroke=0, fill=1)


def _runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """Return first and last + 1 of each run of dark cells.

    Examples
    --------
    >>> _runs([1, 1, 0, 1])
    [(0, 2), (3, 4)]
    """
    edges = [0, *(1 if cell & 1 else 0 for cell in row), 0]
    changes = [place for place in range(len(edges) - 1) if edges[place] != edges[place + 1]]
    return list(zip(changes[::2], changes[1::2], strict=True))
