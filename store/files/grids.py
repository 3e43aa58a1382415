"""Write the grids of a plan as GeoJSON, GeoPackage, Shapefile or CSV; codes stay text, borders stay identical."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely

from gis.errors import InvalidInputError, UnavailableError
from store.database.bulk import Columns
from store.types import STORAGE_SRID

DRIVERS = {".geojson": "GeoJSON", ".json": "GeoJSON", ".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".csv": "CSV"}
DIGITS = 9  # 7 break one vertex in eight on the way back to the 1 cm grid, 8 and more none


def write_grids(columns: Columns, path: Path) -> None:
    """Write grids to `path`, whole or not at all; the ending names the format.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``code``, ``name``, ``area_code``, ``households``, ``deviation``, ``exclave``, ``geom`` (EPSG:4326); and
        ``floor_low``, ``floor_high``, ``zone``, ``load`` for dedicated grids.
    path : Path

    Raises
    ------
    InvalidInputError
        The ending is not one that can be written.
    UnavailableError
        The folder is missing or full.
    """
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise InvalidInputError(
            f"{path.name}: grids can be written as {', '.join(sorted(DRIVERS))}.",
            file=path.name,
            endings=sorted(DRIVERS),
        )
    fields = ("code", "name", "area_code", "households", "deviation", "exclave")
    table = geopandas.GeoDataFrame(
        {**{name: columns[name] for name in fields}, **_floors(columns)},
        geometry=shapely.transform(columns["geom"], lambda xy: np.round(xy, DIGITS)),
        crs=STORAGE_SRID,
    )
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            _write(table, Path(folder) / path.name, driver)
            for part in Path(folder).iterdir():
                shutil.move(part, path.parent / part.name)
    except OSError as error:
        raise UnavailableError(f"{path} can't be written: {error.strerror or error}.", file=str(path)) from error


def _floors(columns: Columns) -> dict[str, object]:
    """Return floors, zone and load of dedicated grids; nothing for grids of other kinds."""
    if not any(zone is not None for zone in columns.get("zone", ())):
        return {}
    floors = {name: pd.array(columns[name].tolist(), dtype="Int64") for name in ("floor_low", "floor_high")}
    return {**floors, "zone": columns["zone"], "load": columns["load"].astype(float)}


def _write(table: geopandas.GeoDataFrame, path: Path, driver: str) -> None:
    if driver == "CSV":
        # the mark tells spreadsheets that this is UTF-8; a leading tab would keep codes text but spoil them as data
        plain = table.drop(columns="geometry").assign(
            wkt=shapely.to_wkt(table.geometry.to_numpy(), rounding_precision=9)
        )
        plain.to_csv(path, index=False, encoding="utf-8-sig")
    elif driver == "GeoJSON":
        # rings as RFC 7946 has them; with its option GDAL would leave out in which system the coordinates are, which
        # we ask of every file, since many are silent and shifted
        table.geometry = shapely.orient_polygons(table.geometry.to_numpy())
        table.to_file(path, driver=driver, COORDINATE_PRECISION=DIGITS)
    elif driver == "ESRI Shapefile":
        table.to_file(path, driver=driver, encoding="UTF-8")
    else:
        table.to_file(path, driver=driver, layer="grids")
