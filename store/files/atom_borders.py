"""The lines between the atoms of exported grids: a second layer of a GeoPackage, a foreign member of GeoJSON.

Readers that don't know them pass them over. With them a file brings back a plan to the last corner; a Shapefile and a
CSV have no place for them, so an import draws new atoms.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.errors import UnavailableError
from store.files.grids import DIGITS, DRIVERS
from store.files.vector import ATOM_BORDERS
from store.types import STORAGE_SRID

#: Name of the layer, and of the member of a FeatureCollection (RFC 7946, section 6.1).
LAYER = ATOM_BORDERS
#: Endings of the formats that have a place for them.
WITH_ATOMS = frozenset({".gpkg", ".geojson", ".json"})


def write_atom_borders(codes: Sequence[str], borders: npt.NDArray[np.object_], path: Path) -> bool:
    """Write the lines inside grids into the file that `store.files.grids.write_grids` has written.

    Parameters
    ----------
    codes : sequence of str
        Of the grids.
    borders : (k,) array of MultiLineString
        EPSG:4326.
    path : Path

    Returns
    -------
    bool
        Whether the format has a place for them.

    Raises
    ------
    UnavailableError
        The folder is full.
    """
    driver = DRIVERS[path.suffix.lower()]
    lines = shapely.transform(borders, lambda xy: np.round(xy, DIGITS))
    try:
        if driver == "GPKG":
            table = geopandas.GeoDataFrame({"code": list(codes)}, geometry=lines, crs=STORAGE_SRID)
            table.to_file(path, driver=driver, layer=LAYER, mode="a", geometry_type="MultiLineString")
            return True
        if driver == "GeoJSON":
            _add_member(path, dict(zip(codes, (_coordinates(each) for each in lines), strict=True)))
            return True
    except OSError as error:
        raise UnavailableError(f"{path} can't be written: {error.strerror or error}.", file=str(path)) from error
    return False


def read_atom_borders(path: Path) -> dict[str, shapely.MultiLineString]:
    """Return the lines inside grids by code, EPSG:4326; none when the file has none that can be read."""
    ending = path.suffix.lower()
    try:
        if ending == ".gpkg":
            return _of_layer(path)
        if ending in (".geojson", ".json"):
            return _of_member(path)
    except (ValueError, TypeError, KeyError, AttributeError, OSError, RuntimeError, shapely.GEOSException):
        # the lines only help: a file with broken ones is one without
        return {}
    return {}


def _of_layer(path: Path) -> dict[str, shapely.MultiLineString]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as book:
        found = book.execute("select 1 from gpkg_contents where table_name = ?", (LAYER,)).fetchone()
    if found is None:
        return {}
    table = geopandas.read_file(path, layer=LAYER)
    return dict(zip(table["code"].astype(str), table.geometry, strict=True))


def _of_member(path: Path) -> dict[str, shapely.MultiLineString]:
    content = path.read_bytes()
    if f'"{LAYER}"'.encode() not in content:
        return {}
    member = orjson.loads(content)[LAYER]
    return {
        str(code): shapely.multilinestrings([shapely.linestrings(line) for line in lines])
        for code, lines in member.items()
    }


def _add_member(path: Path, member: dict[str, Any]) -> None:
    text = path.read_bytes().rstrip()
    head = text[:-1].rstrip()  # up to the brace that ends the collection
    path.write_bytes(head + f',\n"{LAYER}": '.encode() + orjson.dumps(member) + b"\n}\n")


def _coordinates(lines: shapely.Geometry) -> list[Any]:
    return [shapely.get_coordinates(line).tolist() for line in shapely.get_parts(lines)]
