"""Outlines that a table carries as well-known text, in the column that our own CSV export and GDAL's write."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from gis.errors import InvalidInputError
from store.files.tables import Table

COLUMN = "wkt"


def with_outlines(table: Table) -> Table:
    """Return a table with the shapes of its column ``wkt``; a layer, or a table without it, as it is.

    Raises
    ------
    InvalidInputError
        A cell that is no well-known text, with its line.
    """
    column = next((name for name in table.columns if name.strip().lower() == COLUMN), None)
    if table.geometry is not None or column is None:
        return table
    texts = np.array([text.strip() or None for text in table.cells[column]], dtype=object)
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    broken = np.flatnonzero((texts != None) & (shapes == None))  # noqa: E711 - of each element
    if len(broken):
        row = int(broken[0])
        raise InvalidInputError(
            f"{table.file}, {table.named(row)}: {column} holds no well-known text: '{texts[row][:40]}'."
            " It begins like POLYGON ((24.94 60.17, …)).",
            file=table.file, row=int(table.lines[row]), field=column,
        )  # fmt: skip
    others = tuple(name for name in table.columns if name != column)
    cells = {name: table.cells[name] for name in others}
    return replace(table, columns=others, cells=cells, geometry=shapes)
