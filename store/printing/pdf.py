"""A report on A4: a sheet with the map, then the tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.palette import PALETTES
from layers.report import ReportContent, ReportTable
from store.printing.map_sheet import draw_map
from store.printing.text import draw, width, wrap

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

A4 = (595.276, 841.890)  # points
EDGE = 36.0
FOOT = 30.0
BODY, SMALL, HEAD = 7.5, 7.0, 16.0
LINE = 10.0
MOST_LINES = 3  # of a cell
_LIGHT = PALETTES["light"]
_ROOM = A4[0] - 2 * EDGE


@dataclass(frozen=True, slots=True)
class _Page:
    """Rows of one table on one sheet: (row, lines of each cell, height)."""

    table: ReportTable
    widths: Sequence[float]
    rows: Sequence[tuple[Sequence[Sequence[str]], float]]


def pdf_bytes(report: ReportContent) -> bytes:
    """Return a report as PDF; equal content gives equal bytes.

    Parameters
    ----------
    report : ReportContent

    Raises
    ------
    UnavailableError
        The fonts are not installed.
    """
    from reportlab.pdfgen import canvas as paper  # noqa: PLC0415 - only who prints pays for it

    buffer = io.BytesIO()
    canvas = paper.Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(report.title)
    canvas.setAuthor("Gridward")
    canvas.setSubject(report.subtitle)
    pages = [page for table in report.tables if table.heads for page in _paginate(table)]
    _map_page(canvas, report)
    _foot(canvas, report, 1, len(pages) + 1)
    canvas.showPage()
    for number, page in enumerate(pages, start=2):
        _table_page(canvas, page)
        _foot(canvas, report, number, len(pages) + 1)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _map_page(canvas: Canvas, report: ReportContent) -> None:
    top = A4[1] - EDGE
    canvas.setFillColor(_LIGHT.text)
    for line in wrap(report.title, HEAD, _ROOM, bold=True, most=2):
        top -= HEAD
        draw(canvas, (EDGE, top), line, HEAD, bold=True)
    top -= 13
    canvas.setFillColor(_LIGHT.text_muted)
    draw(canvas, (EDGE, top), report.subtitle, 8.5)
    top = _facts(canvas, report, top - 8)
    below = _below(report)
    bottom = EDGE + FOOT + below[0]
    frame = draw_map(canvas, report, (EDGE, bottom, _ROOM, top - bottom - 6))
    canvas.setFillAlpha(1.0)
    canvas.setFillColor(_LIGHT.text_muted)
    said = f"EPSG:{report.metric_srid} · 1 : {frame.denominator:,}"
    draw(canvas, (A4[0] - EDGE, A4[1] - EDGE - HEAD), said, SMALL, align="right")
    _legend(canvas, below, bottom - 12)


def _facts(canvas: Canvas, report: ReportContent, top: float) -> float:
    """Write headline figures side by side; return where they end."""
    if not report.facts:
        return top
    room = _ROOM / len(report.facts)
    low = top
    for place, (label, value, note) in enumerate(report.facts):
        x, y = EDGE + place * room, top - 9
        canvas.setFillColor(_LIGHT.text_muted)
        draw(canvas, (x, y), label, SMALL)
        canvas.setFillColor(_LIGHT.text)
        draw(canvas, (x, y - 15), value, 13, bold=True)
        canvas.setFillColor(_LIGHT.text_muted)
        y -= 15
        for line in wrap(note, 6.5, room - 8, most=3):
            y -= 8.5
            draw(canvas, (x, y), line, 6.5)
        low = min(low, y)
    return low - 4


def _below(report: ReportContent) -> tuple[float, list[list[tuple[str, str]]], list[str]]:
    """Lay out legend and notes; return their height, the legend's lines and the notes' lines."""
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for colour, label in report.legend:
        need = width(label, SMALL) + 28
        if used + need > _ROOM and lines[-1]:
            lines.append([])
            used = 0.0
        lines[-1].append((colour, label))
        used += need
    notes = [line for note in report.notes for line in wrap(note, SMALL, _ROOM)]
    return 12.0 * len(lines) + 9.0 * len(notes) + 14, lines, notes


def _legend(canvas: Canvas, below: tuple[float, list[list[tuple[str, str]]], list[str]], y: float) -> None:
    _, lines, notes = below
    canvas.setDash([])
    for line in lines:
        x = EDGE
        for colour, label in line:
            canvas.setStrokeColor(_LIGHT.text_muted)
            canvas.setLineWidth(0.5)
            canvas.setFillColor(colour)
            canvas.rect(x, y - 1.5, 9, 8, stroke=1, fill=1)
            canvas.setFillColor(_LIGHT.text)
            draw(canvas, (x + 13, y), label, SMALL)
            x += width(label, SMALL) + 28
        y -= 12
    canvas.setFillColor(_LIGHT.text_muted)
    for text in notes:
        draw(canvas, (EDGE, y), text, SMALL)
        y -= 9


def _foot(canvas: Canvas, report: ReportContent, number: int, count: int) -> None:
    canvas.setFillColor(_LIGHT.text_muted)
    draw(canvas, (EDGE, EDGE - 8), f"Gridward · {report.title}"[:110], SMALL)
    draw(canvas, (A4[0] - EDGE, EDGE - 8), f"{number} / {count}", SMALL, align="right")


def _paginate(table: ReportTable) -> list[_Page]:
    """Break a table into sheets."""
    widths = _widths(table)
    free = A4[1] - 2 * EDGE - FOOT - 40
    pages: list[list[tuple[Sequence[Sequence[str]], float]]] = [[]]
    used = 0.0
    for row in table.shown:
        cells = [wrap(cell, BODY, room - 6, most=MOST_LINES) for cell, room in zip(row, widths, strict=True)]
        height = LINE * max(map(len, cells)) + 3
        if used + height > free and pages[-1]:
            pages.append([])
            used = 0.0
        pages[-1].append((cells, height))
        used += height
    return [_Page(table, widths, rows) for rows in pages]


def _widths(table: ReportTable) -> list[float]:
    """Share the sheet among columns by what they hold; no cell takes more than two fifths."""
    sample = [table.heads, *list(table.shown)[:200]]
    wanted = [
        min(max(width(row[k], BODY, bold=row is table.heads) for row in sample) + 8, 0.4 * _ROOM)
        for k in range(len(table.heads))
    ]
    spare = _ROOM - sum(wanted)
    widest = wanted.index(max(wanted))
    if spare >= 0:
        wanted[widest] += spare
        return wanted
    return [part * _ROOM / sum(wanted) for part in wanted]


def _table_page(canvas: Canvas, page: _Page) -> None:
    y = A4[1] - EDGE - 12
    canvas.setFillColor(_LIGHT.text)
    draw(canvas, (EDGE, y), page.table.title, 11, bold=True)
    y -= 16
    heads = [
        wrap(head, SMALL, room - 6, bold=True, most=2) for head, room in zip(page.table.heads, page.widths, strict=True)
    ]
    height = 9 * max(map(len, heads)) + 5
    canvas.setFillColor(_LIGHT.land)
    canvas.rect(EDGE, y - height + 8, _ROOM, height, stroke=0, fill=1)
    _cells(canvas, heads, page.widths, y, bold=True)
    y -= height
    canvas.setStrokeColor(_LIGHT.street_case)
    canvas.setLineWidth(0.4)
    for cells, row_height in page.rows:
        _cells(canvas, cells, page.widths, y)
        y -= row_height
        canvas.line(EDGE, y + 8, EDGE + _ROOM, y + 8)


def _cells(
    canvas: Canvas, cells: Sequence[Sequence[str]], widths: Sequence[float], y: float, *, bold: bool = False
) -> None:
    canvas.setFillColor(_LIGHT.text)
    x = EDGE
    for lines, room in zip(cells, widths, strict=True):
        for step, line in enumerate(lines):
            draw(canvas, (x + 3, y - step * LINE * (0.9 if bold else 1)), line, SMALL if bold else BODY, bold=bold)
        x += room
