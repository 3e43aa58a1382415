"""Write what a net shares with household grids as CSV or XLSX; codes stay text, formulas stay inert."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from gis.errors import InvalidInputError, UnavailableError

COLUMNS = (
    "net_code", "net_name", "grid_code", "grid_name", "area_m2", "share_of_net", "share_of_grid", "households",
)  # fmt: skip
_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)}
_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="shares" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_shares(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write share rows; objects become one column for each kind.

    Parameters
    ----------
    rows : sequence of dict
        Fields of `services.partition.net_shares.ShareView`.
    path : Path
        The ending names the format: ``.csv`` or ``.xlsx``.

    Raises
    ------
    InvalidInputError
        Another ending.
    UnavailableError
        The file can't be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise InvalidInputError(f"{path.name}: shares can be written as .csv or .xlsx.", file=path.name)
    kinds = sorted({kind for row in rows for kind in row["objects"]})
    table = [[row[name] for name in COLUMNS] + [row["objects"].get(kind, 0) for kind in kinds] for row in rows]
    header = [*COLUMNS, *kinds]
    data = _csv(header, table) if suffix == ".csv" else _xlsx(header, table)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UnavailableError(f"{path} can't be written: {error.strerror or error}.", file=str(path)) from error


def _csv(header: Sequence[str], table: Iterable[Sequence[Any]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows([_inert(cell) for cell in row] for row in table)
    # the mark tells spreadsheets that this is UTF-8
    return stream.getvalue().encode("utf-8-sig")


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@") else cell


def _xlsx(header: Sequence[str], table: Iterable[Sequence[Any]]) -> bytes:
    """Build a workbook of one sheet whose texts are inline: nothing in it is ever computed."""
    rows = "".join(f"<row>{''.join(_cell(cell) for cell in row)}</row>" for row in (header, *table))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{content}')
    return target.getvalue()


def _cell(cell: object) -> str:
    if cell is None:
        return "<c/>"
    if isinstance(cell, (int, float)):
        return f"<c><v>{cell!r}</v></c>"
    text = escape(str(cell).translate(_ILLEGAL))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
