"""Call grids by their streets: those of a proposal, and a new one of a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat, to_metric
from grid_partition.street_names import name_beside, name_grids
from store.database import street_names as sql
from store.database.models import Territory
from store.database.work import UnitOfWork

__all__ = ["Streets", "name_of_new", "read_streets"]


@dataclass(frozen=True, slots=True)
class Streets:
    """The streets of a territory that have a name, in its metric CRS."""

    shapes: npt.NDArray[np.object_]
    names: list[str]

    def digest_part(self) -> bytes:
        """Return what an answer that depends on names and courses depends on."""
        return "\0".join(self.names).encode() + b"".join(shapely.to_wkb(self.shapes))

    def name(self, shapes: npt.NDArray[np.object_], area: Sequence[object], given: Sequence[str]) -> list[str]:
        """Name the grids (metric CRS) that have no name yet, each name once in an area."""
        place = np.unique([str(each) for each in area], return_inverse=True)[1].ravel()
        return name_grids(shapes, place, streets=self.shapes, names=self.names, given=given)


def read_streets(work: UnitOfWork, territory: Territory) -> Streets:
    """Read the streets that grids can be called by."""
    found = sql.named_streets(work.session, territory.id)
    shapes = np.asarray(to_metric(found["geom"], territory.metric_srid), dtype=object)
    return Streets(shapes, [str(name) for name in found["name"]])


def name_of_new(
    work: UnitOfWork, place: tuple[UUID, int], shape: shapely.Geometry, beside: shapely.Geometry, taken: Sequence[str]
) -> str:
    """Name one new grid of a draft.

    Parameters
    ----------
    work : UnitOfWork
    place : (UUID, int)
        Territory and its metric CRS.
    shape, beside : Polygon or MultiPolygon
        The grid, and the one that most of its ground came from; metric CRS.
    taken : sequence of str
        Names of the other grids of its area.
    """
    territory, srid = place
    west, south, east, north = shapely.total_bounds(to_lonlat(shapely.box(*shapely.bounds(shape)), srid)).tolist()
    found = sql.named_streets(work.session, territory, (west, south, east, north))
    if not len(found["name"]):
        return ""
    streets = np.atleast_1d(np.asarray(to_metric(found["geom"], srid), dtype=object))
    return name_beside(shape, beside, streets=streets, names=[str(name) for name in found["name"]], taken=taken)
