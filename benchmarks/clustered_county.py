"""A made-up county: clustered dwellings in towns whose outlines are a Voronoi diagram, on the 1 cm grid."""

from dataclasses import dataclass

import numpy as np
import shapely

DWELLINGS_PER_TOWN = 667
TOWN_SIDE = 2000


@dataclass(frozen=True)
class County:
    outline: shapely.Polygon
    towns: np.ndarray
    dwellings: np.ndarray
    households: np.ndarray


def county(dwellings: int, seed: int = 0) -> County:
    """Make a county; 70 % of the dwellings lie in four clusters per town, households are 1 to 8."""
    rng = np.random.default_rng(seed)
    towns = max(1, round(dwellings / DWELLINGS_PER_TOWN))
    side = float(round(TOWN_SIDE * np.sqrt(towns)))
    outline = shapely.box(0, 0, side, side)
    seats = shapely.multipoints(rng.uniform(0, side, (towns, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seats, extend_to=outline))
    clustered = int(0.7 * dwellings)
    centre = rng.uniform(0, side, (4 * towns, 2))[rng.integers(0, 4 * towns, clustered)]
    near = centre + rng.normal(0, side / np.sqrt(towns) / 8, (clustered, 2))
    points = np.clip(np.r_[near, rng.uniform(0, side, (dwellings - clustered, 2))], 0.5, side - 0.5)
    order = rng.permutation(dwellings)
    return County(
        outline=outline,
        towns=shapely.intersection(cells, outline, grid_size=0.01),
        dwellings=points[order],
        households=rng.integers(1, 9, dwellings).astype(float),
    )
