"""Write grids that no atoms stand behind: professional nets from files, and dedicated grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat
from gis.measure import compactness
from services.grid_shapes import renew_shapes
from store.database import partition as sql
from store.database.bulk import copy_rows, ewkb_hex
from store.database.models import Plan, Territory
from store.database.plans import plan_box
from store.database.work import UnitOfWork

COLUMNS = (*sql.VERSION_COLUMNS, "floor_low", "floor_high", "zone", "load")


@dataclass(slots=True)
class NetGrids:
    """Grids of a net as they will be stored; one entry a grid in every column.

    Attributes
    ----------
    ids : list of UUID
    fresh : list of bool
        Whether the grid gets its code now; False for a grid that had it already.
    codes, names : list of str
    area_ids : list of UUID
    shapes : (k,) array of Polygon or MultiPolygon
        Metric CRS.
    households, dwellings : (k,) int64
    deviation : (k,) float64
    floors : list of (lowest, highest) or None
    zones : list of str or None
    loads : list of float or None
    """

    ids: list[UUID]
    fresh: list[bool]
    codes: list[str]
    names: list[str]
    area_ids: list[UUID]
    shapes: npt.NDArray[np.object_]
    households: npt.NDArray[np.int64]
    dwellings: npt.NDArray[np.int64]
    deviation: npt.NDArray[np.float64]
    floors: list[tuple[int, int] | None]
    zones: list[str | None]
    loads: list[float | None]


def save_net_grids(work: UnitOfWork, plan: Plan, territory: Territory, made: NetGrids) -> None:
    """Write the grids of a net's plan and tell the map."""
    session = work.session
    count = len(made.ids)
    identities = ((made.ids[i], territory.id, plan.kind, made.codes[i]) for i in range(count) if made.fresh[i])
    copy_rows(session, "grid", sql.GRID_COLUMNS, identities)
    shapes = np.asarray(to_lonlat(made.shapes, territory.metric_srid), dtype=object)
    whole = np.array([shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes], dtype=object)
    labels = to_lonlat(shapely.point_on_surface(made.shapes), territory.metric_srid)
    facts = {
        "grid_id": made.ids,
        "plan_id": [plan.id] * count,
        "area_id": made.area_ids,
        "geom": ewkb_hex(whole),
        "label_point": ewkb_hex(labels),
        "exclave": (shapely.get_num_geometries(made.shapes) > 1).tolist(),
        "households": made.households.tolist(),
        "dwellings": made.dwellings.tolist(),
        "deviation": made.deviation.tolist(),
        "area_m2": shapely.area(made.shapes).tolist(),
        "compactness": compactness(made.shapes).tolist(),
        "name": made.names,
        "parent_grid_id": [None] * count,
        "floor_low": [span[0] if span else None for span in made.floors],
        "floor_high": [span[1] if span else None for span in made.floors],
        "zone": made.zones,
        "load": made.loads,
    }
    columns = [name for name in COLUMNS if name in facts]
    rows: Any = zip(*(facts[name] for name in columns), strict=True)
    copy_rows(session, "grid_version", columns, rows)
    renew_shapes(work, plan.id)
    box = plan_box(session, plan.id)
    for layer in ("grids", "grid_labels"):
        work.touch(layer, territory.id, box)


def spread(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the signed deviation of each value from the mean of all, as a fraction; 0 where the mean is 0."""
    mean = float(values.mean()) if len(values) else 0.0
    return (values - mean) / mean if mean > 0 else np.zeros(len(values))
