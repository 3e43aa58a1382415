"""The way of a table into the database: columns, cells, places, refused rows, one transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict
from uuid import UUID

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError
from gis.wording import counted
from services.ingest.fields import Field
from services.ingest.report import LoadReport
from store.database.models import Territory
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.files.report import RowProblem
from store.files.tables import Table, read_table

_SHOWN = 60
#: Columns that name a person beyond the office: a file that has one is refused, not silently trimmed.
_IDENTITY = re.compile(
    r"身份证|证件号|护照|社保号|id.?card|identity.?(?:no|number|card)|national.?id|passport|\bssn\b|social.?security",
    re.IGNORECASE,
)
_IDENTITY_VALUE = re.compile(r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")


class LoadOptions(TypedDict, total=False):
    """What every load of a table may be told.

    ``territory`` name or id (the only one by default); ``crs`` declared system; ``mapping`` field -> column;
    ``replace_estimates`` counted dwellings take the place of estimated ones; ``dry_run`` take everything back;
    ``skip_rejected`` save the good rows of a file with bad ones; ``swap_axes`` the first coordinate is the latitude;
    ``demo`` mark rows as demonstration; ``sheet`` sheet or layer; ``timezone`` IANA name for times without offset;
    ``fix_swapped`` turn single rows round whose longitude and latitude changed places; ``items`` from the words
    of a file to items of the catalogue, as a table or as it is.
    """

    territory: str | UUID | None
    crs: str | None
    mapping: dict[str, str] | None
    dry_run: bool
    skip_rejected: bool
    swap_axes: bool
    demo: bool
    sheet: str | None
    timezone: str | None
    replace_estimates: bool
    fix_swapped: bool
    items: Path | dict[str, str] | None


class RejectedRowsError(InvalidInputError):
    """Rows of a file were refused, so nothing of it was saved."""

    code = "rejected-rows"

    def __init__(self, message: str, report: LoadReport, **fields: object) -> None:
        super().__init__(message, **fields)
        self.report = report


@dataclass(slots=True)
class RowLoad:
    """A table on its way in.

    Parameters
    ----------
    work : UnitOfWork
    table : Table
    options : LoadOptions
    report : LoadReport
    territory : Territory
    values : dict
        Field -> list of n values, None where empty.
    good : (n,) bool array
        Rows not refused so far.
    columns : dict
        Field -> column it is read from.
    """

    work: UnitOfWork
    table: Table
    options: LoadOptions
    report: LoadReport
    territory: Territory
    values: dict[str, list[Any]] = field(default_factory=dict)
    good: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    columns: dict[str, str] = field(default_factory=dict)

    def reject(self, row: int, column: str, value: str, *, reason: str, remedy: str) -> None:
        """Refuse a row; its first problem is listed."""
        if not self.good[row]:
            return
        self.good[row] = False
        shown = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
        self.report.rejected.append(RowProblem(int(self.table.lines[row]), column, shown, reason, remedy))

    def flag(self, row: int, column: str, value: str, *, reason: str, remedy: str) -> None:
        """Keep a row, and list what is missing of it."""
        self.report.flagged.append(RowProblem(int(self.table.lines[row]), column, value[:_SHOWN], reason, remedy))

    @property
    def kept(self) -> npt.NDArray[np.int64]:
        """Rows still good."""
        return np.flatnonzero(self.good)

    def column_of(self, name: str) -> str:
        """Name the column a field is read from, for a refusal."""
        return self.columns.get(name, name)


def open_load(work: UnitOfWork, kind: str, path: Path | str, fields: Sequence[Field], options: LoadOptions) -> RowLoad:
    """Read a file, find its columns, parse its cells.

    Parameters
    ----------
    work : UnitOfWork
    kind : str
        Name of the load.
    path : Path or str
    fields : sequence of Field
    options : LoadOptions

    Returns
    -------
    RowLoad
        Refused rows are in its report.

    Raises
    ------
    InvalidInputError
        The file cannot be read, a required column is missing, or it holds identity numbers.
    NotFoundError
        There is no such territory.
    """
    table = read_table(path, sheet=options.get("sheet"))
    territory = find_territory(work.session, options.get("territory"))
    load = start_load(work, kind, table, options, territory)
    parse_cells(load, fields)
    return load


def start_load(work: UnitOfWork, kind: str, table: Table, options: LoadOptions, territory: Territory) -> RowLoad:
    """Begin a load whose table and territory are known; a table without rows is refused."""
    if not len(table):
        raise InvalidInputError(
            f"{table.file} holds no rows, only a header. Check that it is the file you meant.", file=table.file
        )
    report = LoadReport(kind, table.file, territory.name, territory.id, dry_run=bool(options.get("dry_run")))
    report.counted = table.counted
    if table.encoding is not None:
        report.encoding, report.encoding_guessed = table.encoding.name, table.encoding.guessed
    report.warnings += table.notes
    refuse_identity(table)
    return RowLoad(work, table, options, report, territory, good=np.ones(len(table), dtype=bool))


def refuse_identity(table: Table) -> None:
    """Refuse a file with identity numbers: no table of Gridward may hold a natural person.

    Parameters
    ----------
    table : Table

    Raises
    ------
    InvalidInputError
        A column is named like one, or most of its cells look like one.
    """
    for column in table.columns:
        cells = [cell for cell in table.cells[column][:2000] if cell]
        looks = sum(1 for cell in cells if _IDENTITY_VALUE.fullmatch(cell.lstrip("'")))
        if _IDENTITY.search(column) or (cells and looks > 0.5 * len(cells)):
            raise InvalidInputError(
                f"{table.file}: column '{column}' holds identity numbers of persons. Gridward keeps places, not people:"
                " delete the column and load the file again. Nothing was saved.",
                file=table.file,
                column=column,
                remedy="delete the column from the file",
            )


def parse_cells(load: RowLoad, fields: Sequence[Field]) -> None:
    """Find the columns of `fields` and parse every cell; bad cells refuse their row."""
    load.columns = match_columns(load.table, fields, load.options.get("mapping") or {})
    load.report.columns, load.report.header = dict(load.columns), list(load.table.columns)
    ignored = [name for name in load.table.columns if name not in load.columns.values()]
    if ignored:
        shown = ", ".join(ignored[:12]) + (" …" if len(ignored) > 12 else "")
        load.report.warnings.append(f"Columns that are not loaded: {shown}.")
    for wanted in fields:
        load.values[wanted.name] = _parse_column(load, wanted)
    for wanted in fields:
        if wanted.unique:
            _refuse_repeats(load, wanted)


def match_columns(table: Table, fields: Sequence[Field], mapping: dict[str, str]) -> dict[str, str]:
    """Tell which column gives which field.

    Parameters
    ----------
    table : Table
    fields : sequence of Field
    mapping : dict
        Field -> column, as the user said; wins over names.

    Returns
    -------
    dict
        Field -> column.

    Raises
    ------
    InvalidInputError
        The mapping names an unknown field or column, or a required field has no column.
    """
    known = {wanted.name for wanted in fields}
    for name, column in mapping.items():
        if name not in known:
            raise InvalidInputError(
                f"--map {name}={column}: there is no field '{name}'. Fields: {', '.join(sorted(known))}.", field=name
            )
        if column not in table.columns:
            raise InvalidInputError(
                f"--map {name}={column}: {table.file} has no column '{column}'. Columns: {', '.join(table.columns)}.",
                file=table.file,
                column=column,
                columns=list(table.columns),
            )
    by_name = {_plain(column): column for column in reversed(table.columns)}
    found = dict(mapping)
    for wanted in fields:
        for alias in (wanted.name, *wanted.aliases):
            if wanted.name not in found and _plain(alias) in by_name:
                found[wanted.name] = by_name[_plain(alias)]
    missing = [wanted for wanted in fields if wanted.required and wanted.name not in found]
    if missing:
        names = ", ".join(wanted.name for wanted in missing)
        raise InvalidInputError(
            f"{table.file} has no column for: {names}. Its columns are: {', '.join(table.columns)}."
            f" Say which one it is: --map {missing[0].name}=COLUMN.",
            file=table.file,
            missing=[wanted.name for wanted in missing],
            columns=list(table.columns),
        )
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-./()（）#:：]+", "", name).lower()


def _parse_column(load: RowLoad, wanted: Field) -> list[Any]:
    column = load.columns.get(wanted.name)
    if column is None:
        return [None] * len(load.table)
    parsed: list[Any] = []
    memory: dict[str, Any] = {}
    for row, cell in enumerate(load.table.cells[column]):
        value = None
        if cell.strip():
            try:
                value = memory[cell] if cell in memory else memory.setdefault(cell, wanted.parse(cell))
            except InvalidInputError as error:
                remedy = str(error.fields.get("remedy", "correct the cell"))
                reason = str(error.fields.get("reason", error.message))
                load.reject(row, column, cell, reason=reason, remedy=remedy)
        elif wanted.required:
            load.reject(row, column, "", reason="is empty", remedy=f"give a value for {wanted.name}")
        parsed.append(value)
    return parsed


def _refuse_repeats(load: RowLoad, wanted: Field) -> None:
    first: dict[Any, int] = {}
    for row, value in enumerate(load.values[wanted.name]):
        if value is None or not load.good[row]:
            continue
        before = first.setdefault(value, row)
        if before != row:
            load.reject(
                row,
                load.column_of(wanted.name),
                str(value),
                reason=f"repeats {load.table.named(before)}",
                remedy="keep one of the two rows",
            )


def require_rows(load: RowLoad, *, skippable: bool = True) -> None:
    """Stop a load with refused rows, unless the good ones alone are wanted.

    Parameters
    ----------
    load : RowLoad
    skippable : bool
        Whether this load can be told to save the good rows alone.

    Raises
    ------
    RejectedRowsError
        Every refused row is in its report.
    """
    load.report.rejected.sort(key=lambda problem: problem.line)
    refused = load.report.rejected
    if not refused:
        return
    if load.options.get("skip_rejected") and load.good.any():
        return
    first = refused[0]
    told = f" First: {load.table.counted} {first.line}, {first.column or 'row'}: {first.reason}; {first.remedy}."
    said = f"{len(refused):,} of {counted(len(load.table), 'row')} {'was' if len(refused) == 1 else 'were'} refused"
    them = "it" if len(refused) == 1 else "them"
    otherwise = ", or give --skip-rejected to load the others" if skippable else ""
    raise RejectedRowsError(
        f"{load.table.file}: {said}, so nothing was saved.{told} Correct {them}{otherwise}.",
        load.report,
        file=load.table.file,
        refused=len(refused),
        rows=len(load.table),
    )
