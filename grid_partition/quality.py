"""The figures by which a partition is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.adjacency import Adjacency, components
from gis.measure import group_sums
from grid_partition.model import Quality

__all__ = ["GridFigures", "measure"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GridFigures:
    """Per-grid sums that quality is made of.

    Attributes
    ----------
    demand, deviation : (k,) float64
        Deviation signed, as a share of the mean of the parent; 0 where the parent has no demand.
    """

    demand: Floats
    deviation: Floats


def measure(
    labels: Ints,
    *,
    unit: tuple[Floats, Floats, Floats],
    pairs: Adjacency,
    on_barrier: Floats | None,
    part: Ints,
    mean: Floats,
    limits: tuple[float, tuple[float, float] | None],
) -> tuple[GridFigures, Quality]:
    """Measure a labelling.

    Parameters
    ----------
    labels : (n,) int64
        0..k-1.
    unit : demand, area, perimeter, each (n,) float64
    pairs : Adjacency
        Neighbours within one parent.
    on_barrier : (e,) float64, optional
        Metres of each shared border that lie on barriers.
    part : (n,) int64
        Connected part of its parent that each unit lies in.
    mean : (k,) float64
        Mean demand per grid in the parent of each grid.
    limits : (tolerance, band or None)

    Returns
    -------
    GridFigures, Quality
    """
    k = len(mean)
    demand, area, perimeter = (group_sums(labels, column, k) for column in unit)
    deviation = np.divide(demand - mean, mean, out=np.zeros(k), where=mean > 0)
    same = labels[pairs.first] == labels[pairs.second]
    inner = group_sums(labels[pairs.first[same]], pairs.length[same], k)
    around = np.maximum(perimeter - 2.0 * inner, 1e-9)
    cut = float(pairs.length[~same].sum())
    followed = np.nan if on_barrier is None or cut == 0.0 else float(on_barrier[~same].sum()) / cut
    tolerance, band = limits
    # a hair of slack: 0.1 is not representable, and 330 of 300 is meant to be within 10 %
    inside = np.abs(deviation) <= tolerance + 1e-9
    if band is not None:
        inside = (demand >= band[0] * (1 - 1e-9)) & (demand <= band[1] * (1 + 1e-9))
    pieces = components(len(labels), pairs.first[same], pairs.second[same])
    whole = int(pieces.max()) + 1 == len(np.unique(np.stack([labels, part]), axis=1).T)
    return GridFigures(demand, deviation), Quality(
        max_deviation=float(np.abs(deviation).max()),
        mean_deviation=float(np.abs(deviation).mean()),
        share_within=float(inside.mean()),
        contiguous=whole,
        compactness=float((4.0 * np.pi * area / around**2).mean()),
        cut_length=cut,
        cut_on_barriers=followed,
    )
