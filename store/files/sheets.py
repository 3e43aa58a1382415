"""Write tables as XLSX and CSV: text stays text, numbers stay numbers."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from gis.errors import InvalidInputError

Cell = str | float | int | None
_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_LONGEST_NAME = 31
_MEASURED = 500  # rows looked at for the widths of columns
_NARROWEST, _WIDEST = 8, 60
# a cell that begins so would be run as a formula by a spreadsheet that opens the CSV
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table.

    Parameters
    ----------
    name : str
    header : sequence of str
    rows : sequence of sequence
        Cells; None is empty.
    """

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def xlsx_bytes(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook; each sheet has a bold first row that stays in view."""
    if not sheets:
        raise InvalidInputError("A workbook needs a sheet.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in _parts(sheets).items():
            # a fixed time: equal tables give equal bytes
            book.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), _HEAD + text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def csv_bytes(sheet: Sheet) -> bytes:
    """Return one table as CSV in UTF-8 with the mark that tells spreadsheets so."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(sheet.header)
    writer.writerows([_harmless(cell) for cell in row] for row in sheet.rows)
    return buffer.getvalue().encode("utf-8-sig")


def write_table(path: Path, sheets: Sequence[Sheet]) -> bytes:
    """Return what belongs into a file of this name: a workbook of all sheets, or the first sheet as CSV.

    Raises
    ------
    InvalidInputError
        The name ends in neither ``.xlsx`` nor ``.csv``.
    """
    ending = path.suffix.lower()
    if ending == ".xlsx":
        return xlsx_bytes(sheets)
    if ending == ".csv":
        return csv_bytes(sheets[0])
    raise InvalidInputError(f"{path.name}: tables can be written as .xlsx or .csv.", file=path.name)


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _parts(sheets: Sequence[Sheet]) -> dict[str, str]:
    numbers = range(1, len(sheets) + 1)
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    styles = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
    types = "".join(f'<Override PartName="/xl/worksheets/sheet{k}.xml" ContentType="{sheet_type}"/>' for k in numbers)
    names = "".join(
        f'<sheet name="{escape(_sheet_name(sheet.name), {chr(34): "&quot;"})}" sheetId="{k}" r:id="rId{k}"/>'
        for k, sheet in zip(numbers, sheets, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{k}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{k}.xml"/>' for k in numbers
    )
    last = len(sheets) + 1
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{styles}"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_NAMESPACE}" xmlns:r="{_DOCUMENT}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f'<Relationship Id="rId{last}" Type="{_DOCUMENT}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_NAMESPACE}"><fonts count="2"><font/><font><b/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        **{f"xl/worksheets/sheet{k}.xml": _sheet(sheet) for k, sheet in zip(numbers, sheets, strict=True)},
    }


def _sheet_name(name: str) -> str:
    return "".join("-" if sign in "[]:*?/\\" else sign for sign in name)[:_LONGEST_NAME]


def _sheet(sheet: Sheet) -> str:
    head = "".join(_cell(text, bold=True) for text in sheet.header)
    body = "".join(f"<row>{''.join(_cell(cell) for cell in row)}</row>" for row in sheet.rows)
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    return (
        f'<worksheet xmlns="{_NAMESPACE}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"{_widths(sheet)}<sheetData><row>{head}</row>{body}</sheetData></worksheet>"
    )


def _widths(sheet: Sheet) -> str:
    """Make columns as wide as what is in them, within reason: Chinese characters take two."""
    columns = zip(sheet.header, *sheet.rows[:_MEASURED], strict=True)
    longest = (max(map(_letters, column)) for column in columns)
    each = (
        f'<col min="{at}" max="{at}" width="{min(max(width + 2, _NARROWEST), _WIDEST)}" customWidth="1"/>'
        for at, width in enumerate(longest, start=1)
    )
    return f"<cols>{''.join(each)}</cols>" if sheet.header else ""


def _letters(value: Cell) -> int:
    return sum(2 if sign >= "\u2e80" else 1 for sign in ("" if value is None else str(value)))


def _cell(value: Cell, *, bold: bool = False) -> str:
    style = ' s="1"' if bold else ""
    if value is None:
        return f"<c{style}/>"
    if isinstance(value, str):
        clean = "".join(sign for sign in value if sign >= " " or sign in "\t\n")
        return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{escape(clean)}</t></is></c>'
    return f"<c{style}><v>{value!r}</v></c>"
