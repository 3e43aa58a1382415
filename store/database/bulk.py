"""Sets, not rows: whole columns out as arrays, whole tables in by COPY, inside the unit of work's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.orm import Session

from store.database import trail
from store.types import STORAGE_SRID

Columns = dict[str, npt.NDArray[Any]]


def wkb(column: Any) -> Any:  # noqa: ANN401 - a column expression in, a column expression out
    """Select geometry `column` as plain WKB, which `read_columns` turns into shapely objects."""
    return sa.func.ST_AsBinary(column, type_=sa.LargeBinary)


def read_columns(
    session: Session, statement: sa.Select[*tuple[Any, ...]] | sa.TextClause, *, geometry: Sequence[str] = ()
) -> Columns:
    """Run `statement` and return its columns as arrays.

    Parameters
    ----------
    session : Session
    statement : sqlalchemy.Select or sqlalchemy.TextClause
        Every selected column needs a name (``.label``).
    geometry : sequence of str
        Names of the columns selected with `wkb`.

    Returns
    -------
    dict of str to ndarray
        One array per column, of equal length; geometry columns hold shapely objects in EPSG:4326.
    """
    result = session.execute(statement)
    names = list(result.keys())
    rows = result.all()
    columns: Columns = {}
    for place, name in enumerate(names):
        values = [row[place] for row in rows]
        if name in geometry:
            columns[name] = np.asarray(shapely.from_wkb(np.array(values, dtype=object)), dtype=object).reshape(-1)
        elif values and isinstance(values[0], (int, float, bool)) and None not in values:
            columns[name] = np.array(values)
        else:
            column = np.empty(len(values), dtype=object)
            column[:] = values
            columns[name] = column
    return columns


def ewkb_hex(geometries: npt.ArrayLike) -> list[str]:
    """Encode geometries for COPY.

    Parameters
    ----------
    geometries : (n,) array of geometry, EPSG:4326

    Returns
    -------
    list of str
        Hex EWKB with the SRID inside.
    """
    marked = shapely.set_srid(np.asarray(geometries, dtype=object), STORAGE_SRID)
    return [str(text) for text in np.atleast_1d(shapely.to_wkb(marked, hex=True, include_srid=True))]


def text_array(words: Sequence[str]) -> str:
    r"""Encode a text array for COPY, which takes a list for JSON.

    Examples
    --------
    >>> text_array(["first aid", 'so-called "fire"'])
    '{"first aid","so-called \\"fire\\""}'
    """
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "{" + ",".join(f'"{word}"' for word in quoted) + "}"


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append `rows` to `table` by COPY, in the session's transaction.

    Parameters
    ----------
    session : Session
    table : str
    columns : sequence of str
        Names of the columns that each row gives, in order.
    rows : iterable of sequence
        Python values; dicts and lists go in as JSON, geometries as hex EWKB text (`ewkb_hex`), arrays
        as `text_array`.

    Returns
    -------
    int
        Number of rows written.
    """
    session.flush()
    driver: Any = session.connection().connection.driver_connection
    into, names = sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    with driver.cursor() as cursor:
        if not cursor.execute("select row_security_active(to_regclass(%s))", (table,)).fetchone()[0]:
            count = _copy(cursor, into, names, rows)
            trail.note_rows(session, "insert", table, count)
            return count
        # COPY passes by no policy and is refused; an insert from a table of this transaction's own passes by each
        stage = sql.Identifier(f"staged_{table}")
        cursor.execute(sql.SQL("create temp table {} as select {} from {} with no data").format(stage, names, into))
        count = _copy(cursor, stage, names, rows)
        cursor.execute(sql.SQL("insert into {} ({}) select {} from {}").format(into, names, names, stage))
        cursor.execute(sql.SQL("drop table {}").format(stage))
    trail.note_rows(session, "insert", table, count)
    return count


def _copy(cursor: Any, table: sql.Identifier, names: sql.Composed, rows: Iterable[Sequence[Any]]) -> int:  # noqa: ANN401
    count = 0
    with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(table, names)) as copy:
        for row in rows:
            copy.write_row([_plain(value) for value in row])
            count += 1
    return count


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, (dict, list)):
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    if isinstance(value, np.generic):
        return value.item()
    return value
