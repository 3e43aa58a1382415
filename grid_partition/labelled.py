"""A `Partition` from labels that were made elsewhere: figures and all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import components, rook_adjacency
from gis.measure import compactness, group_sums
from gis.overlay import dissolve
from grid_partition.model import Partition, Quality

__all__ = ["partition_of"]

Ints = npt.NDArray[np.int64]


def partition_of(
    geometry: npt.NDArray[np.object_],
    demand: npt.NDArray[np.float64],
    labels: Ints,
    within: Ints,
    *,
    band: tuple[float, float],
) -> Partition:
    """Measure grids given as labels.

    Parameters
    ----------
    geometry : (n,) array of Polygon
        Units that tile their parents, metric CRS.
    demand : (n,) float64
    labels : (n,) int64
        0..k-1, each in one parent.
    within : (n,) int64
    band : (low, high)
        Demand that a grid may have.

    Returns
    -------
    Partition

    Examples
    --------
    >>> two = shapely.box([0, 1], 0, [1, 2], 1)
    >>> partition_of(two, np.array([3.0, 5.0]), np.array([0, 1]), np.array([0, 0]), band=(4, 6)).quality.share_within
    0.5
    """
    k = int(labels.max()) + 1
    parent = np.zeros(k, dtype=np.int64)
    parent[labels] = within
    load = group_sums(labels, demand, k)
    _, of_parent = np.unique(parent, return_inverse=True)
    of_parent = of_parent.ravel().astype(np.int64)
    mean = (group_sums(of_parent, load, k) / np.maximum(np.bincount(of_parent, minlength=k), 1))[of_parent]
    deviation = np.divide(load - mean, mean, out=np.zeros(k), where=mean > 0)
    shapes = dissolve(geometry, labels, k)
    pairs = rook_adjacency(geometry)
    apart = (labels[pairs.first] != labels[pairs.second]) & (within[pairs.first] == within[pairs.second])
    single = np.asarray(shapely.get_num_geometries(shapes) == 1)
    n, same_parent, same_grid = len(labels), within[pairs.first] == within[pairs.second], ~apart
    part = components(n, pairs.first[same_parent], pairs.second[same_parent])
    pieces = components(n, pairs.first[same_parent & same_grid], pairs.second[same_parent & same_grid])
    quality = Quality(
        max_deviation=float(np.abs(deviation).max()),
        mean_deviation=float(np.abs(deviation).mean()),
        share_within=float(((load >= band[0]) & (load <= band[1])).mean()),
        contiguous=int(pieces.max()) + 1 == np.unique(np.stack([labels, part]), axis=1).shape[1],
        compactness=float(compactness(shapes).mean()),
        cut_length=float(pairs.length[apart].sum()),
        cut_on_barriers=float("nan"),
    )
    too_large = np.flatnonzero(demand > band[1])
    return Partition(labels, parent, load, deviation, ~single, too_large, [], quality, geometry)
