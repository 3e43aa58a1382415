"""Write several layers into one GeoPackage."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import numpy.typing as npt
import shapely

from store.files.grids import DIGITS
from store.types import STORAGE_SRID


@dataclass(frozen=True, slots=True)
class FileLayer:
    """One layer of a file: shapes in EPSG:4326 with attributes."""

    name: str
    geometry: npt.NDArray[Any]
    fields: Mapping[str, Sequence[Any]]


def geopackage_bytes(layers: Sequence[FileLayer]) -> bytes:
    """Return a GeoPackage of the layers that have shapes; codes stay text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.gpkg"
        for layer in layers:
            if not len(layer.geometry):
                continue
            shapes = shapely.transform(layer.geometry, lambda xy: np.round(xy, DIGITS))
            table = geopandas.GeoDataFrame(dict(layer.fields), geometry=shapes, crs=STORAGE_SRID)
            table.to_file(path, driver="GPKG", layer=layer.name)
        return path.read_bytes()
