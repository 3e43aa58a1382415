"""Read what a partition is made from: areas, dwellings, and lines that borders may follow."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from uuid import UUID

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.crs import to_metric
from gis.errors import InvalidInputError
from grid_partition.barriers import barrier_factor
from services.partition.spec import PlanSpec
from store.database import partition as sql
from store.database import plan_inputs as inputs
from store.database.bulk import Columns
from store.database.models import Territory
from store.database.work import UnitOfWork

ENGINE = 4  # raise when the engine's answer to equal inputs changes, so that no old plan is taken for a new one


@dataclass(slots=True)
class Ground:
    """Inputs of one partition, in the territory's metric CRS."""

    territory: Territory
    areas: Columns
    parents: npt.NDArray[np.object_]
    dwellings: Columns
    points: npt.NDArray[np.float64]
    lines: npt.NDArray[np.object_]
    factors: npt.NDArray[np.float64]
    compounds: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))


def read_ground(work: UnitOfWork, spec: PlanSpec, territory: str | UUID | None) -> Ground:
    """Read areas, dwellings inside them and lines that borders may follow."""
    place = sql.find_territory(work.session, territory)
    areas = sql.read_leaf_areas(work.session, place.id, spec.within)
    dwellings = sql.read_dwellings(work.session, place.id)
    borders = sql.read_border_lines(work.session, place.id)
    srid = place.metric_srid
    parents = np.asarray(to_metric(areas["geom"], srid), dtype=object)
    points = np.asarray(to_metric(dwellings["point"], srid), dtype=object)
    # a point on an outer border belongs to the area; intersects, unlike within, keeps it
    inside = np.unique(shapely.STRtree(parents).query(points, predicate="intersects")[0])
    kept = {key: values[inside] for key, values in dwellings.items()}
    if not len(inside) or not int(np.sum(kept["households"])):
        raise InvalidInputError(
            f"{place.name} has no household in the chosen area; load some with `gridward load dwellings`.",
            territory=place.name,
        )
    factors = barrier_factor(borders["source"], borders["kind"])
    used = np.isfinite(factors)
    lines = np.asarray(to_metric(borders["geom"][used], srid), dtype=object) if used.any() else np.array([], object)
    compounds = np.asarray(to_metric(inputs.compound_shapes(work.session, place.id)["geom"], srid), dtype=object)
    xy = shapely.get_coordinates(points[inside])
    return Ground(place, areas, parents, kept, xy, lines, factors[used], compounds)


def digest_of(spec: PlanSpec, ground: Ground, *more: bytes) -> str:
    """Return a digest that equal inputs share; `more` is what else the answer depends on."""
    parts = hashlib.sha256(orjson.dumps([ENGINE, asdict(spec)]))
    for geometries in (ground.parents, ground.lines):
        for data in shapely.to_wkb(geometries):
            parts.update(data)
    parts.update(np.ascontiguousarray(ground.points).tobytes())
    parts.update(np.asarray(ground.dwellings["households"], dtype=np.int64).tobytes())
    parts.update(ground.factors.tobytes())
    for data in (*shapely.to_wkb(ground.compounds), *more):
        parts.update(data)
    return parts.hexdigest()
