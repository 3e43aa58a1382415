"""What a plan is asked to spread evenly besides households: read, put to the atoms, and told with the state before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.index import first_holding
from gis.measure import group_sums
from grid_partition import Atoms
from grid_partition.walking import walk_metres, walking_minutes
from services.partition.ground import Ground
from services.partition.spec import PlanSpec
from services.partition.today import Today
from store.database import plan_inputs as inputs
from store.database.work import UnitOfWork

__all__ = ["Evenly", "read_evenly", "told_even"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evenly:
    """What a spec wants spread evenly over the grids of a ground.

    Attributes
    ----------
    spec : PlanSpec
    ground : Ground
    points : dict of (n, 2) float64
        Places in the metric CRS, by what they are.
    """

    spec: PlanSpec
    ground: Ground
    points: dict[str, Floats]

    def of_atoms(self, atoms: Atoms) -> dict[str, Floats]:
        """Return what is to be spread, atom by atom; what there is nothing of is left out."""
        found: dict[str, Floats] = {}
        if "area" in self.spec.even:
            found["area"] = np.asarray(shapely.area(atoms.geometry))
        for what, xy in self.points.items():
            at = first_holding(atoms.geometry, np.asarray(shapely.points(xy), dtype=object))
            if (at >= 0).any():
                found[what] = np.bincount(at[at >= 0], minlength=len(atoms)).astype(np.float64)
        return found

    def now(self, soft: dict[str, Floats], label: Ints, of_dwelling: Ints) -> dict[str, Any]:
        """Tell how evenly new grids share it.

        Parameters
        ----------
        soft : dict of (n,) float64
            As `of_atoms` gives them.
        label, of_dwelling : (n,), (d,) int64
            Grid of each atom and of each dwelling.

        Returns
        -------
        dict
            By what was asked for: ``mean``, and ``spread`` (standard deviation as a share of the mean); for ``walk``
            the mean minutes.
        """
        k = int(label.max(initial=-1)) + 1
        told = {what: _spread(group_sums(label, amount, k)) for what, amount in soft.items()}
        if "walk" in self.spec.even:
            told["walk"] = _walk(self.ground, of_dwelling, k)
        return told

    def today(self, today: Today) -> dict[str, Any]:
        """Tell the same of the plan in use."""
        k = len(today.shapes)
        told: dict[str, Any] = {}
        if "area" in self.spec.even:
            told["area"] = _spread(np.asarray(shapely.area(today.shapes)))
        for what, xy in self.points.items():
            at = first_holding(today.shapes, np.asarray(shapely.points(xy), dtype=object))
            told[what] = _spread(np.bincount(at[at >= 0], minlength=k).astype(np.float64))
        if "walk" in self.spec.even:
            told["walk"] = _walk(self.ground, today.of_dwelling, k)
        return told


def read_evenly(work: UnitOfWork, spec: PlanSpec, ground: Ground) -> Evenly:
    """Read the points that the spec wants spread evenly."""
    readers = {"incidents": inputs.incident_points, "cameras": inputs.camera_points}
    place = ground.territory
    points: dict[str, Floats] = {
        str(what): shapely.get_coordinates(to_metric(readers[what](work.session, place.id)["point"], place.metric_srid))
        for what in dict.fromkeys(spec.even)
        if what in readers
    }
    return Evenly(spec, ground, points)


def told_even(now: dict[str, Any], before: dict[str, Any], *, of: str) -> dict[str, Any]:
    """Put the state before beside the state now.

    Parameters
    ----------
    now, before : dict
        As `Evenly.now` and `Evenly.today` give them.
    of : str
        What the state before is of: ``plan in use`` or ``without the wish``.

    Examples
    --------
    >>> told_even({"area": {"mean": 2.0, "spread": 0.1}}, {"area": {"mean": 3.0, "spread": 0.4}}, of="plan in use")
    {'area': {'mean': 2.0, 'spread': 0.1, 'before': 0.4, 'before_of': 'plan in use'}}
    """
    told = {}
    for what, figures in now.items():
        told[what] = dict(figures)
        if what in before:
            told[what] |= {"before": before[what]["spread" if "spread" in figures else "mean"], "before_of": of}
    return told


def _spread(each: Floats) -> dict[str, float]:
    mean = float(each.mean())
    return {"mean": mean, "spread": float(each.std() / max(mean, 1e-9))}


def _walk(ground: Ground, of_dwelling: Ints, grids: int) -> dict[str, float]:
    """Return the mean minutes from the middle of the households, as a plan's own ``walk_minutes``."""
    known = of_dwelling >= 0
    households = np.asarray(ground.dwellings["households"], dtype=np.float64)[known]
    metres, _ = walk_metres(ground.points[known], households, of_dwelling[known], grids)
    load = group_sums(of_dwelling[known], households, grids)
    return {"mean": float(np.average(walking_minutes(metres), weights=np.maximum(load, 1e-9)))}
