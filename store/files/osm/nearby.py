"""Merge things that the file holds twice: equal key, close together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def group_near(xy: Floats, key: Ints, *, radius_m: float) -> Ints:
    """Label things of equal key that are chained together by steps of at most `radius_m`.

    Parameters
    ----------
    xy : (n, 2) array
        Metric CRS.
    key : (n,) int array
        Only equal keys meet.
    radius_m : float
        Longest step, metres.

    Returns
    -------
    (n,) int array
        Group of each thing, 0..g-1.
    """
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    # the key becomes a third dimension, further apart than the radius: one tree serves all keys
    space = np.column_stack([xy, key.astype(float) * radius_m * 4])
    pairs = cKDTree(space).query_pairs(radius_m, output_type="ndarray")
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def first_of_group(group: Ints, *order: npt.ArrayLike) -> Ints:
    """Pick the first row of each group.

    Parameters
    ----------
    group : (n,) int array
        Labels 0..g-1.
    *order : (n,) arrays
        Sort keys, most important first; small comes first.

    Returns
    -------
    (g,) int array
        Rows, in order of the label.
    """
    ranked = np.lexsort((*(np.asarray(column) for column in reversed(order)), group))
    starts = np.flatnonzero(np.r_[True, np.diff(group[ranked]) > 0]) if len(ranked) else np.empty(0, dtype=np.int64)
    return ranked[starts].astype(np.int64)


def text_keys(texts: list[str]) -> Ints:
    """Give equal texts equal numbers.

    Parameters
    ----------
    texts : list of str

    Returns
    -------
    (n,) int array
        From 0, in alphabetical order.
    """
    return np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64).reshape(-1)
