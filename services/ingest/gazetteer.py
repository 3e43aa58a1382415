"""Load names that places go by: landmarks, and other names of what is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Unpack

import numpy as np
import numpy.typing as npt

from casework.name_sounds import sounds_of
from gis.codes import parse_area_code
from services.ingest.fields import LAT, LON, Field, bounded, short_text, text
from services.ingest.places import locate_rows, refuse_outside, warn_of_shift_to_streets
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load
from services.ingest.save import areas_of_points, hex_points, save
from store.database import gazetteer as sql
from store.database.bulk import Columns
from store.database.work import UnitOfWork

PLACE_FIELDS = (
    Field("name", short_text, ("place", "landmark", "名称", "地名", "地标", "标准名称", "小区名称"), required=True),
    Field("aliases", text, ("alias", "alt_name", "other_names", "别名", "曾用名", "俗称", "简称")),
    Field("reach_m", bounded(0, 50_000, "m"), ("reach", "radius", "radius_m", "范围", "半径")),
    LON,
    LAT,
)
LONGEST_NAME: Final = 120
_BETWEEN: Final = re.compile(r"[;；、,，|/]")


def load_places(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load landmarks and other names of places; a place of the same name close by is brought up to date.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        Table or layer: name, aliases (several with ``;`` or ``、`` between them), reach in metres.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadReport

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require("planner", "system_administrator")
    load = open_load(work, "places", path, PLACE_FIELDS, options)
    points = locate_rows(load)
    areas, area = areas_of_points(load, points)
    refuse_outside(load, points, area)
    warn_of_shift_to_streets(load, points)
    _refuse_long(load)
    place = hex_points(points)

    def write() -> dict[str, int]:
        return {"names": sql.add_names(work.session, load.territory.id, "file", _rows(load, areas, area, place))}

    # names are no layer of the map: nothing is drawn anew
    return save(load, write, layer=None)


def _refuse_long(load: RowLoad) -> None:
    for row in load.kept:
        for name in _names(load, int(row)):
            if len(name) > LONGEST_NAME:
                reason, remedy = f"is longer than {LONGEST_NAME} signs", "give a name, not a description"
                load.reject(int(row), load.column_of("aliases"), name, reason=reason, remedy=remedy)


def _names(load: RowLoad, row: int) -> list[str]:
    aliases = (part.strip() for part in _BETWEEN.split(load.values["aliases"][row] or ""))
    return list(dict.fromkeys((load.values["name"][row], *(each for each in aliases if each))))


def _rows(
    load: RowLoad, areas: Columns, area: npt.NDArray[np.int64], place: list[str | None]
) -> Iterator[tuple[Any, ...]]:
    for row in load.kept:
        official = load.values["name"][row]
        for name in _names(load, int(row)):
            yield (
                "place", None, name, official, areas["name"][area[row]], *sounds_of(name), place[row],
                load.values["reach_m"][row] or 0.0, parse_area_code(areas["code"][area[row]]).number,
            )  # fmt: skip
