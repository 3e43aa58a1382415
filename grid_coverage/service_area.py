"""Service areas of facilities and staff posts: who can walk to one, by area.

The same question as of cameras, with walks along streets in the place of lines of sight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidInputError
from gis.network import StreetGraph, nearest_distances


@dataclass(frozen=True, slots=True)
class Reach:
    """Who reaches a post, area by area.

    Attributes
    ----------
    minutes : (n,) float64
        Walk from each door to the nearest post; inf where no street leads there.
    households, reached : (a,) float64
        Households of each area, and those within the walk.
    posts : (a,) int64
        Posts standing in each area.
    """

    minutes: NDArray[np.float64]
    households: NDArray[np.float64]
    reached: NDArray[np.float64]
    posts: NDArray[np.int64]


def reach_by_area(  # noqa: PLR0913 - doors and posts are two tables
    graph: StreetGraph,
    posts: ArrayLike,
    doors: ArrayLike,
    households: ArrayLike,
    *,
    area_of_post: ArrayLike,
    area_of_door: ArrayLike,
    areas: int,
    minutes: float,
    pace: float,
) -> Reach:
    """Count households within a walk of the nearest post.

    Parameters
    ----------
    graph : StreetGraph
    posts : (p, 2) array of float, metric CRS
    doors : (n, 2) array of float
        Dwellings.
    households : (n,) array of float
        Behind each door.
    area_of_post, area_of_door : (p,), (n,) array of int
        Number of the area that each lies in; -1 for none.
    areas : int
        How many areas there are.
    minutes, pace : float
        Longest walk, and metres a minute; above 0.

    Returns
    -------
    Reach

    Raises
    ------
    InvalidInputError
        `minutes` or `pace` is not above 0.

    Examples
    --------
    >>> import shapely
    >>> from gis.network import build_street_graph
    >>> graph = build_street_graph([shapely.LineString([(0, 0), (600, 0)])])
    >>> found = reach_by_area(
    ...     graph, [[0, 0]], [[150, 0], [500, 0]], [10, 20],
    ...     area_of_post=[0], area_of_door=[0, 0], areas=1, minutes=5, pace=75,
    ... )
    >>> found.minutes.round(2).tolist(), found.reached.tolist()
    ([2.0, 6.67], [10.0])
    """
    _above_zero(minutes=minutes, pace=pace)
    load = np.asarray(households, dtype=np.float64)
    walk = nearest_distances(graph, np.asarray(posts, dtype=np.float64).reshape(-1, 2), doors) / pace
    door, post = np.asarray(area_of_door, dtype=np.int64), np.asarray(area_of_post, dtype=np.int64)
    return Reach(
        minutes=walk,
        households=_per_area(door, load, areas),
        reached=_per_area(np.where(walk <= minutes, door, -1), load, areas),
        posts=_per_area(post, np.ones(len(post)), areas).astype(np.int64),
    )


def _above_zero(**numbers: float) -> None:
    for name, value in numbers.items():
        if not (np.isfinite(value) and value > 0):
            raise InvalidInputError(f"{name} must be a number above 0.", field=name)


def _per_area(area: NDArray[np.int64], amount: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Add up amounts by area; what lies in none (-1) is left out."""
    held = area >= 0
    return np.bincount(area[held], weights=amount[held], minlength=count).astype(np.float64)


def weighted_median(values: ArrayLike, weights: ArrayLike) -> float | None:
    """Return the value that half of the weight does not exceed; None without weight.

    Examples
    --------
    >>> weighted_median([1, 2, 9], [1, 3, 1])
    2.0
    """
    amount, weight = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not weight.sum() > 0:
        return None
    order = np.argsort(amount, kind="stable")
    half = np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)
    return float(amount[order][min(int(half), len(order) - 1)])
