"""Write what a water plan has beside its grids: reaches as a map layer, rivers as a table."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import geopandas
import numpy as np
import shapely

from gis.errors import UnavailableError
from store.database.bulk import Columns
from store.files.grids import DIGITS, DRIVERS
from store.files.sheets import Cell, Sheet, write_table
from store.types import STORAGE_SRID

LAYER = "river_reaches"
_FIELDS = ("code", "river", "area_code", "length_m", "deviation", "stub", "fits", "unfit_reason")


def write_reaches(columns: Columns, path: Path) -> Path:
    """Write reaches beside exported grids: a second layer of a GeoPackage, else a second file.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``code``, ``river``, ``area_code``, ``length_m``, ``deviation``, ``stub``, ``fits``, ``unfit_reason``, ``geom``
        (EPSG:4326).
    path : Path
        The file that `store.files.grids.write_grids` has written.

    Returns
    -------
    Path
        ``path`` for a GeoPackage, else ``…_reaches`` beside it.

    Raises
    ------
    UnavailableError
        The folder is missing or full.
    """
    driver = DRIVERS[path.suffix.lower()]
    lines = shapely.transform(columns["geom"], lambda xy: np.round(xy, DIGITS))
    table = geopandas.GeoDataFrame({name: columns[name] for name in _FIELDS}, geometry=lines, crs=STORAGE_SRID)
    target = path if driver == "GPKG" else path.with_name(f"{path.stem}_reaches{path.suffix}")
    try:
        if driver == "GPKG":
            table.to_file(target, driver=driver, layer=LAYER, mode="a")
            return target
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            _write(table, Path(folder) / target.name, driver)
            for part in Path(folder).iterdir():
                shutil.move(part, path.parent / part.name)
    except OSError as error:
        raise UnavailableError(f"{target} can't be written: {error.strerror or error}.", file=str(target)) from error
    return target


def _write(table: geopandas.GeoDataFrame, path: Path, driver: str) -> None:
    if driver == "CSV":
        wkt = shapely.to_wkt(table.geometry.to_numpy(), rounding_precision=DIGITS)
        table.drop(columns="geometry").assign(wkt=wkt).to_csv(path, index=False, encoding="utf-8-sig")
    elif driver == "GeoJSON":
        table.to_file(path, driver=driver, COORDINATE_PRECISION=DIGITS, RFC7946="YES")
    else:
        table.rename(columns={"unfit_reason": "reason"}).to_file(path, driver=driver, encoding="UTF-8")


def write_rivers(path: Path, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Write the table of rivers and their chiefs as XLSX or CSV, by the ending.

    Raises
    ------
    InvalidInputError
        Another ending.
    UnavailableError
        The folder is missing or full.
    """
    data = write_table(path, [Sheet("rivers", header, rows)])
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UnavailableError(f"{path} can't be written: {error.strerror or error}.", file=str(path)) from error
