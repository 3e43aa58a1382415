"""Read rows from CSV, XLSX, GeoJSON, GeoPackage and Shapefile: text cells, line numbers, geometry, encoding."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from gis.wording import counted
from store.files.encodings import Encoding, broken_utf8, guess_encoding
from store.files.limits import most_unpacked_bytes, readable_file, require_memory

TEXT = (".csv", ".tsv", ".txt")
SHEETS = (".xlsx", ".xls", ".xlsb", ".ods")
VECTOR = (".geojson", ".json", ".gpkg", ".shp", ".fgb")
_WHAT = "a table (.csv, .xlsx) or a layer (.geojson, .gpkg, .shp)"
_SPLIT = "Split it into files by town and load them one after the other; each load is one transaction."
#: Bytes of memory per byte of file, reading and parsing together: measured on 480,000 rows of CSV, 60,000 of XLSX and
#: 200,000 points of GeoJSON and GeoPackage, rounded up.
_FACTOR = {".csv": 25.0, ".tsv": 25.0, ".txt": 25.0, ".gz": 120.0, ".xlsx": 60.0, ".geojson": 8.0, ".json": 8.0}
#: Bytes of memory per byte of a sheet's XML.
_SHEET_FACTOR = 6.0
_MIB = 1024**2
_ROUND_DIGITS = 15
_MOST_COLUMNS = 2000
_TITLE_ROWS = 8
# outlines as well-known text fill cells of some 20 characters a corner; the limit as it comes is 131,072
csv.field_size_limit(2**25)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file as text.

    Parameters
    ----------
    file : str
        The file's name.
    columns : tuple of str
        Header, in order.
    cells : dict
        Column -> list of n cells; empty text for nothing.
    lines : (n,) int array
        Line of the text file, row of the sheet, or number of the feature from 1.
    geometry : (n,) array of Geometry or None
        As the file holds it; None for tables.
    crs : str or None
        What the file itself says (``EPSG:4547``); None when it says nothing.
    encoding : Encoding or None
        None where the format leaves no choice.
    notes : list of str
        What a person should know (formula cells, more sheets, lines skipped).
    counted : str
        What ``lines`` count: ``line`` of a text or sheet, ``feature`` of a layer.
    """

    file: str
    columns: tuple[str, ...]
    cells: dict[str, list[str]]
    lines: npt.NDArray[np.int64]
    geometry: npt.NDArray[Any] | None = None
    crs: str | None = None
    encoding: Encoding | None = None
    notes: list[str] = field(default_factory=list)
    counted: str = "line"

    def __len__(self) -> int:
        return len(self.lines)

    def named(self, row: int) -> str:
        """Say where a row stands in the file: ``line 3``, ``feature 2``."""
        return f"{self.counted} {self.lines[row]}"


def read_table(path: Path | str, *, sheet: str | None = None) -> Table:
    """Read a file of rows.

    Parameters
    ----------
    path : Path or str
        CSV (also gzipped), XLSX, GeoJSON, GeoPackage or Shapefile.
    sheet : str, optional
        Sheet or layer; the first by default.

    Returns
    -------
    Table

    Raises
    ------
    InvalidInputError
        Missing, empty, damaged, too big, or of a kind that is not read here.
    """
    path = readable_file(Path(path), what=_WHAT, remedy=_SPLIT)
    suffix = path.suffix.lower()
    require_memory(path, factor=_FACTOR.get(suffix, 5.0), remedy=_SPLIT)
    kind = Path(path.stem).suffix.lower() if suffix == ".gz" else suffix
    if kind in TEXT:
        return _read_text(path)
    if suffix in SHEETS:
        return _read_sheet(path, sheet)
    if suffix in VECTOR:
        from store.files.vector import read_layer

        return read_layer(path, layer=sheet)
    raise InvalidInputError(
        f"{path}: files of kind '{path.suffix or 'none'}' are not read here. Give {_WHAT}.", file=str(path)
    )


def _read_bytes(path: Path) -> bytes:
    if path.suffix.lower() != ".gz":
        return path.read_bytes()
    most = most_unpacked_bytes(path.stat().st_size, factor=_FACTOR[".csv"])
    try:
        with gzip.open(path) as stream:
            data = stream.read(most + 1)
    except (OSError, EOFError) as error:
        raise InvalidInputError(f"{path} is a damaged gzip file ({error}). Fetch it again.", file=str(path)) from error
    if len(data) > most:
        raise InvalidInputError(f"{path} unpacks to more than {most // _MIB:,} MB. {_SPLIT}", file=str(path))
    return data


def _refuse_bomb(path: Path) -> None:
    """Refuse a workbook that unpacks to far more than a sheet ever would, before anything of it is unpacked."""
    most = most_unpacked_bytes(path.stat().st_size, factor=_SHEET_FACTOR)
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(each.file_size for each in archive.infolist())
    if unpacked > most:
        raise InvalidInputError(
            f"{path} unpacks to {unpacked // _MIB:,} MB, more than the {most // _MIB:,} MB that may be. {_SPLIT}",
            file=str(path), bytes=unpacked, limit=most,
        )  # fmt: skip


def _read_text(path: Path) -> Table:
    data = _read_bytes(path)
    encoding = guess_encoding(data)
    if not encoding.name.startswith("utf-16"):
        refuse_broken_utf8(path, data)
    text = data.decode(encoding.name, errors="replace")
    del data
    if "\0" in text[:4096]:
        raise InvalidInputError(
            f"{path} is no text table (it holds zero bytes). Export it as CSV or XLSX.", file=str(path)
        )
    header: tuple[str, ...] = ()
    columns: list[list[str]] = []
    lines: list[int] = []
    notes: list[str] = []
    long = 0
    for line, row in _from_header(_text_rows(path, text), notes):
        if not header:
            header = _header(row, path)
            columns = [[] for _ in header]
            continue
        long += len(row) > len(header)
        for place, column in enumerate(columns):
            column.append(_inert(row[place]) if place < len(row) else "")
        lines.append(line)
    if not header:
        raise InvalidInputError(
            f"{path} holds no header line. Put the column names into the first line.", file=str(path)
        )
    if long:
        notes.append(f"{long} lines have more cells than the header; the surplus cells were ignored.")
    cells = dict(zip(header, columns, strict=True))
    return Table(path.name, header, cells, np.array(lines, dtype=np.int64), encoding=encoding, notes=notes)


def refuse_broken_utf8(path: Path, data: bytes) -> None:
    """Refuse a text that is UTF-8 but for a few bytes: in any other encoding its letters would be wrong ones.

    Parameters
    ----------
    path : Path
    data : bytes

    Raises
    ------
    InvalidInputError
        With the line of the first broken byte.
    """
    place = broken_utf8(data)
    if place is None:
        return
    line = data.count(b"\n", 0, place) + 1
    raise InvalidInputError(
        f"{path}, line {line}: byte 0x{data[place]:02X} breaks the text, which is UTF-8 otherwise. Correct it, or"
        " save the whole file again as UTF-8, GB18030 or GBK.",
        file=str(path),
        row=line,
    )


def _text_rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a text with the line each starts on; an open quote is refused where it opens."""
    delimiter = _delimiter(text)
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter)
    started = 1
    try:
        for row in reader:
            if len(taken) > 1:
                _refuse_open_quote(path, taken, delimiter, started)
            yield started, row
            started = reader.line_num + 1
            taken.clear()
    except csv.Error as error:
        if len(taken) > 1:
            _refuse_open_quote(path, taken, delimiter, started)
        raise InvalidInputError(
            f"{path}, line {started}: not readable as CSV ({error}). Export it again, quoting texts.",
            file=str(path),
            row=started,
        ) from error


def _refuse_open_quote(path: Path, lines: list[str], delimiter: str, first: int) -> None:
    """Refuse a row of several `lines` whose quote is closed by nothing, or by another cell's: it swallows rows."""
    try:
        for _ in csv.reader(lines, delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        raise InvalidInputError(
            f"{path}, line {first}: a quote opens here that nothing closes, so the rows below would be lost in it."
            ' Close it, or write "" for a quote within a text.',
            file=str(path),
            row=first,
        ) from error


def _from_header(rows: Iterable[tuple[int, list[str]]], notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold something, from the header on: a title above it fills one cell, a header several."""
    full = ((line, row) for line, row in rows if any(cell.strip() for cell in row))
    first = list(islice(full, _TITLE_ROWS))
    several = (place for place, (_, row) in enumerate(first) if sum(bool(cell.strip()) for cell in row) > 1)
    start = next(several, 0)
    if start:
        notes.append(f"Line {first[start][0]} was read as the header; the title above it was left out.")
    yield from chain(first[start:], full)


def _delimiter(text: str) -> str:
    lines = [line for line in text[:65536].splitlines()[:-1] or [text] if line.strip()][:_TITLE_ROWS]
    first = next((line for line in lines if any(mark in line for mark in ",;\t|")), "")
    return max(",;\t|", key=lambda mark: (first.count(mark), mark == ","))


def _header(row: list[str], path: Path) -> tuple[str, ...]:
    names = [cell.strip().lstrip("\ufeff") for cell in row]
    while names and not names[-1]:
        names.pop()
    if len(names) > _MOST_COLUMNS:
        raise InvalidInputError(f"{path} has {len(names)} columns; is its delimiter a comma?", file=str(path))
    seen: dict[str, int] = {}
    unique = []
    for place, name in enumerate(names, start=1):
        base = name or f"column {place}"
        seen[base] = seen.get(base, 0) + 1
        unique.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return tuple(unique)


def _inert(cell: str) -> str:
    """Unwrap the spreadsheet's ``="00123"``, the usual way to keep zeros; other text stays as it is."""
    text = cell.strip()
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1]
    return text


def _read_sheet(path: Path, sheet: str | None) -> Table:
    from python_calamine import CalamineWorkbook

    if zipfile.is_zipfile(path):
        _refuse_bomb(path)

    try:
        book = CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        wanted = sheet or names[0]
        rows = book.get_sheet_by_name(wanted).to_python(skip_empty_area=False) if wanted in names else None
        for name in names[1:] if sheet is None else ():
            # a workbook may begin with a page of explanations
            if _holds_table(rows or []):
                break
            wanted, rows = name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except Exception as error:
        raise InvalidInputError(
            f"{path} is not a readable workbook ({error}). Save it again as .xlsx, without a password.", file=str(path)
        ) from error
    if rows is None:
        raise InvalidInputError(f"{path} has no sheet '{wanted}'. It has: {', '.join(names)}.", file=str(path))
    notes = [
        f"Only the sheet '{wanted}' was read; the file also has: {', '.join(name for name in names if name != wanted)}."
    ]
    notes = notes if len(names) > 1 and sheet is None else []
    formulas = _count_formulas(path)
    if formulas:
        notes.append(
            f"{counted(formulas, 'cell holds a formula', 'cells hold formulas')}: the last saved values were read."
        )
    return _sheet_table(path, rows, notes)


def _holds_table(rows: list[list[Any]]) -> bool:
    """Whether there are a header and a row below it, of several cells each."""
    full = (row for row in rows if sum(cell not in (None, "") for cell in row) > 1)
    return len(list(islice(full, 2))) > 1


def _sheet_table(path: Path, rows: list[list[Any]], notes: list[str]) -> Table:
    header: tuple[str, ...] = ()
    columns: list[list[str]] = []
    lines: list[int] = []
    numbered = ((number, [_cell_text(cell) for cell in row]) for number, row in enumerate(rows, start=1))
    for number, texts in _from_header(numbered, notes):
        if not header:
            header = _header(texts, path)
            columns = [[] for _ in header]
            continue
        for place, column in enumerate(columns):
            column.append(texts[place] if place < len(texts) else "")
        lines.append(number)
    if not header:
        raise InvalidInputError(f"{path} has no header row. Put column names into the first row.", file=str(path))
    return Table(
        path.name, header, dict(zip(header, columns, strict=True)), np.array(lines, dtype=np.int64), notes=notes
    )


def _count_formulas(path: Path) -> int:
    if path.suffix.lower() != ".xlsx":
        return 0
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        # a sheet bigger than this is data, not a form; counting would cost more than it tells
        small = [name for name in sheets if archive.getinfo(name).file_size < 64 * 1024**2]
        return sum(archive.read(name).count(b"<f>") + archive.read(name).count(b"<f ") for name in small)


def _cell_text(cell: Any) -> str:  # noqa: ANN401 - whatever a sheet holds
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell).strip()


def number_text(value: float) -> str:
    """Write a spreadsheet number as the text it stood for, in scientific notation once digits are lost.

    Parameters
    ----------
    value : float

    Returns
    -------
    str

    Examples
    --------
    >>> number_text(340881.0), number_text(34020000001320000001.0), number_text(0.5)
    ('340881', '3.402000000132E+19', '0.5')
    """
    if not np.isfinite(value):
        return ""
    if value.is_integer():
        if abs(value) < 10**_ROUND_DIGITS:
            return str(int(value))
        mantissa, exponent = f"{value:.14E}".split("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    return repr(value)
